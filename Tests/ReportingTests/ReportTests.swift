// report.html: everything in one file, nothing from a scenario file taken for markup, and a browser that does not complain.

import Basics
import Foundation
import Testing

@testable import Reporting

@Suite struct ReportTests {
  @Test func theReportComesFromTheFolderAlone() throws {
    let folder = try TemporaryFolder()
    let directory = try SampleRun.write(to: folder.path + "/sample-7")
    try Report.write(for: directory, assets: nil)
    let page = try String(contentsOfFile: directory.reportPath, encoding: .utf8)
    for text in [
      "operator-3", "service-39", "equivocates to disjoint peers", "slash vetoed", "nobody could see it",
      "another offence than the one that happened", "europe | rest", "every wei accounted for",
      "scripts/fetch-report-assets",
    ] {
      #expect(page.contains(text), "\(text)")
    }
    #expect(!page.contains("http://"))
    #expect(!page.contains("src=\"") && !page.contains("@import"))
  }

  @Test func namesFromFilesAreNeverMarkup() throws {
    let folder = try TemporaryFolder()
    let hostile = SampleRun.hostile
    let directory = try SampleRun.write(to: folder.path + "/run", name: hostile, extra: hostile)
    let page = try Report(of: directory, assets: nil).page
    #expect(!page.contains("<img"))
    #expect(!page.contains("<b>"))
    #expect(page.contains("&lt;img src=x onerror=console.error(&#39;broke-out&#39;)&gt;"))
    // Two scripts, the data and the drawing, each opened and closed once.
    #expect(page.components(separatedBy: "<script").count == 3)
    #expect(page.components(separatedBy: "</script").count == 3)
  }

  @Test func aRunThatWasKilledHasAReportThatSaysSo() throws {
    let folder = try TemporaryFolder()
    let directory = try RunDirectory.create(
      at: folder.path + "/run", manifest: SampleRun.manifest(),
      summary: RunSummary(name: "sample", engine: "simulator", seed: 7))
    let database = try RunDatabase(creatingAt: directory.databasePath)
    try Report.write(for: directory, assets: nil)
    #expect(
      try String(contentsOfFile: directory.reportPath, encoding: .utf8).contains("This run did not end"))
    try database.close()
  }

  @Test func aFolderWithoutARunIsRefused() throws {
    let folder = try TemporaryFolder()
    let directory = RunDirectory(path: folder.path)
    #expect(throws: RunDirectory.Refusal.missing(directory.manifestPath)) {
      try Report.write(for: directory, assets: nil)
    }
  }

  @Test func aRampIsToldByWhatFellDue() throws {
    let folder = try TemporaryFolder()
    let flat = try RunRecord(of: SampleRun.write(to: folder.path + "/flat"))
    let ramp = try RunRecord(of: SampleRun.write(to: folder.path + "/ramp", ramp: true))
    #expect(ReportChartData(record: flat).ramp.isEmpty)
    #expect(ReportChartData(record: ramp).ramp.count == 30)
    // Everything that was offered is in it, and what became of it: five of six before saturation, half of that afterwards.
    let points = ramp.ramp
    // A few of the sample's attestations are drawn twice.
    #expect((11_500...12_000).contains(points.reduce(0) { $0 + $1.offered }))
    #expect(zip(points, points.dropFirst()).count { $0.offeredRate < $1.offeredRate } >= 26)
    #expect(points[5].certifiedRate > 0.75 * points[5].offeredRate)
    #expect(points[28].certifiedRate < 0.5 * points[28].offeredRate)
    #expect((points[28].quorumP99Milliseconds ?? 0) > 3 * (points[5].quorumP99Milliseconds ?? .infinity))
  }

  @Test func theLibraryIsFoundAboveTheExecutable() throws {
    let folder = try TemporaryFolder()
    let assets = folder.path + "/.build-assets"
    try FileManager.default.createDirectory(
      atPath: folder.path + "/.build/release", withIntermediateDirectories: true)
    let executable = folder.path + "/.build/release/avsim"
    #expect(ReportAssets.find(environment: [:], executable: executable) == nil)
    try FileManager.default.createDirectory(atPath: assets, withIntermediateDirectories: true)
    try "library".write(toFile: assets + "/vega.js", atomically: true, encoding: .utf8)
    #expect(ReportAssets.find(environment: [:], executable: executable)?.vega == "library")
    #expect(ReportAssets.find(environment: ["AVSIM_ASSETS": assets], executable: nil)?.vega == "library")
    #expect(ReportAssets.find(environment: ["AVSIM_ASSETS": "/nowhere"], executable: executable) == nil)
  }
}
