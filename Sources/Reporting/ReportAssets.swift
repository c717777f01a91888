// Where the chart library is. It is not part of the sources: `scripts/fetch-report-assets` writes it once into `.build-assets`
// at the root of the project, and the report carries a copy of it, so that the page works anywhere.

import Foundation

/// The JavaScript that draws charts.
public struct ReportAssets: Sendable {
  /// Vega, Vega-Lite and Vega-Embed in one script that defines `vegaEmbed`.
  var vega: String

  /// The file looked for.
  static let fileName = "vega.js"

  /// Looks in the folder that the environment variable `AVSIM_ASSETS` names, then for a folder `.build-assets` beside the
  /// executable and in every folder above it. Nil when the library is nowhere.
  public static func find() -> ReportAssets? {
    find(environment: ProcessInfo.processInfo.environment, executable: Bundle.main.executablePath)
  }

  static func find(environment: [String: String], executable: String?) -> ReportAssets? {
    if let folder = environment["AVSIM_ASSETS"], !folder.isEmpty {
      return ReportAssets(readingFrom: URL(fileURLWithPath: folder))
    }
    guard let executable else { return nil }
    var folder = URL(fileURLWithPath: executable).resolvingSymlinksInPath().deletingLastPathComponent()
    while true {
      if let found = ReportAssets(readingFrom: folder.appending(path: ".build-assets")) { return found }
      let above = folder.deletingLastPathComponent()
      if above.path == folder.path || folder.path == "/" { return nil }
      folder = above
    }
  }

  /// Nil when the folder does not hold the library.
  init?(readingFrom folder: URL) {
    guard let data = try? Data(contentsOf: folder.appending(path: ReportAssets.fileName)) else { return nil }
    vega = String(decoding: data, as: UTF8.self)
  }
}
