// The report in a real browser, offline: every chart is drawn and the console stays silent. Skipped, with the reason, where there
// is no Chromium or no chart library.

import Basics
import Foundation
import Testing

@testable import Reporting

/// Chromium without a screen.
enum Browser {
  static let executable = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  /// The page's markup after its scripts ran, and what the browser wrote to its log.
  static func load(_ path: String, flags: [String] = []) throws -> (page: String, log: String) {
    let folder = try TemporaryFolder()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(executable))
    process.arguments =
      [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--enable-logging=stderr",
        "--v=0",
        "--user-data-dir=\(folder.path)/profile", "--host-resolver-rules=MAP * ~NOTFOUND",
        "--window-size=900,1200", "--virtual-time-budget=20000",
      ] + flags + ["--dump-dom", "file://\(path)"]
    // Into files, since the page is larger than a pipe holds.
    let page = folder.path + "/page", log = folder.path + "/log"
    for file in [page, log] { try Data().write(to: URL(fileURLWithPath: file)) }
    process.standardOutput = FileHandle(forWritingAtPath: page)
    process.standardError = FileHandle(forWritingAtPath: log)
    try process.run()
    process.waitUntilExit()
    return (
      try String(contentsOfFile: page, encoding: .utf8), try String(contentsOfFile: log, encoding: .utf8)
    )
  }

  /// What scripts, styles and policies wrote to the console.
  static func console(_ log: String) -> [Substring] {
    log.split(separator: "\n").filter { $0.contains("CONSOLE") }
  }
}

@Suite struct BrowserTests {
  static let assets = ReportAssets.find()

  @Test(
    .enabled(if: Browser.executable != nil, "needs Chromium: apt-get install -y chromium"),
    .enabled(if: assets != nil, "needs the chart library: scripts/fetch-report-assets"),
    arguments: [false, true])
  func everyChartIsDrawnAndTheConsoleStaysSilent(ramp: Bool) throws {
    let folder = try TemporaryFolder()
    let directory = try SampleRun.write(
      to: folder.path + "/run", name: SampleRun.hostile, ramp: ramp, extra: SampleRun.hostile)
    try Report.write(for: directory, assets: Self.assets)
    let (page, log) = try Browser.load(directory.reportPath)
    #expect(Browser.console(log) == [])
    let charts = page.components(separatedBy: "data-chart=\"").dropFirst().map { $0.prefix { $0 != "\"" } }
    #expect(charts.count == (ramp ? 12 : 10))
    // Each holds its drawing.
    #expect(page.components(separatedBy: "<svg").count - 1 >= charts.count)
    #expect(page.components(separatedBy: "vega-embed").count - 1 >= charts.count)
  }

  @Test(.enabled(if: Browser.executable != nil, "needs Chromium: apt-get install -y chromium"))
  func withoutTheLibraryAndWithoutDataItIsSilentToo() throws {
    let folder = try TemporaryFolder()
    let directory = try RunDirectory.create(
      at: folder.path + "/run", manifest: SampleRun.manifest(),
      summary: RunSummary(name: "sample", engine: "simulator", seed: 7))
    try RunDatabase(creatingAt: directory.databasePath).close()
    for assets in [nil, Self.assets] {
      try Report.write(for: directory, assets: assets)
      #expect(Browser.console(try Browser.load(directory.reportPath).log) == [])
    }
  }

  @Test(
    .enabled(if: Browser.executable != nil, "needs Chromium: apt-get install -y chromium"),
    .enabled(if: assets != nil, "needs the chart library: scripts/fetch-report-assets"),
    arguments: [["1s", "2s"], ["none", "{othersSigned: 67%}"]])
  func everyCurveOfASweepIsDrawn(values: [String]) throws {
    var points: [SweepCurvePoint] = []
    for measure in ["precision", "honestLossWei"] {
      for (k, value) in values.enumerated() {
        for line in ["a", "b"] {
          points.append(
            SweepCurvePoint(
              values: [("faults[0].for", value), ("guard", line)], measure: measure, runs: 5, mean: Double(k),
              low: line == "a" ? Double(k) - 0.5 : nil, high: Double(k) + 0.5))
        }
      }
    }
    let folder = try TemporaryFolder()
    let path = folder.path + "/sweep.html"
    try SweepReport(name: "s", description: "", points: points, assets: Self.assets).page
      .write(toFile: path, atomically: true, encoding: .utf8)
    let (page, log) = try Browser.load(path)
    #expect(Browser.console(log) == [])
    #expect(page.components(separatedBy: "class=\"marks\"").count - 1 == 2)
  }

  /// One node, one task, one sample, one bucket: no axis has a length.
  @Test(
    .enabled(if: Browser.executable != nil, "needs Chromium: apt-get install -y chromium"),
    .enabled(if: assets != nil, "needs the chart library: scripts/fetch-report-assets"),
    arguments: [0, 1] as [UInt64])
  func theSmallestRunIsDrawnToo(latency: UInt64) throws {
    let folder = try TemporaryFolder()
    var summary = RunSummary(name: "one", engine: "cluster", seed: 1)
    summary.complete = true
    summary.load.byOperatorServices = [.init(services: 1, operators: 1, lateRatio: 0)]
    let directory = try RunDirectory.create(
      at: folder.path + "/run", manifest: SampleRun.manifest(), summary: summary)
    let database = try RunDatabase(creatingAt: directory.databasePath)
    try database.insert([
      NodeRow(id: NodeID(0), name: "o", region: "", role: "operator", stakeWei: 0, cores: nil, services: 1)
    ])
    try database.insert([
      AttestationRow(
        task: TaskID(0), operatorID: NodeID(0), publishedAt: .zero, receivedAt: .zero, onTime: true)
    ])
    var sample = SampleRow(at: Sample.seconds(1), interval: .seconds(1))
    sample.offered = 1
    try database.insert([sample])
    try database.insert([
      FaultRow(id: 0, kind: "crash", place: "o", at: .zero, healedAt: nil),
      FaultRow(id: 1, kind: "crash", place: "o", at: Sample.seconds(99), healedAt: nil),
    ])
    var histogram = Histogram()
    histogram.record(latency * 5_000_000)
    try database.replace(histogram: histogram, of: "propagation")
    try database.close()
    try directory.write(summary)
    try Report.write(for: directory, assets: Self.assets)
    let (page, log) = try Browser.load(directory.reportPath)
    #expect(Browser.console(log) == [])
    #expect(!page.contains("MNaN"))
  }

  @Test(.enabled(if: Browser.executable != nil, "needs Chromium: apt-get install -y chromium"))
  func aBrokenPageWouldBeNoticed() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/broken.html"
    try "<script>undefinedFunction()</script>".write(toFile: path, atomically: true, encoding: .utf8)
    #expect(!Browser.console(try Browser.load(path).log).isEmpty)
  }

  /// With AVSIM_SAMPLE_REPORT=DIR: writes the sample runs there, to look at.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["AVSIM_SAMPLE_REPORT"] != nil))
  func sampleReportsToLookAt() throws {
    let folder = ProcessInfo.processInfo.environment["AVSIM_SAMPLE_REPORT"]!
    for ramp in [false, true] {
      let path = folder + (ramp ? "/ramp" : "/sample")
      try? FileManager.default.removeItem(atPath: path)
      let directory = try SampleRun.write(to: path, ramp: ramp)
      try Report.write(for: directory, assets: Self.assets)
      print(SummaryTable(json: try directory.readSummary(), isColoured: false).text)
    }
  }
}
