// The rules that come with the program, run as a user runs them: their expectations hold, and the report has a page for each
// operator that a careless rule wronged.

import Foundation
import TestKit
import Testing

@Suite(.serialized, .enabled(if: Checkout.avsim != nil)) struct ShippedRuleTests {
  /// Runs a file of `topologies/misbehaviour`; how it ended, and its report.
  private func run(_ name: String) throws -> (code: Int32, report: String) {
    let folder = FileManager.default.temporaryDirectory.path + "/avsim-rule-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let process = Process()
    process.executableURL = Checkout.avsim
    process.arguments = [
      "run", Checkout.root.path + "/topologies/misbehaviour/\(name).yaml", "--out", folder,
      "--quiet",
    ]
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    let report = try String(contentsOfFile: folder + "/report.html", encoding: .utf8)
    return (process.terminationStatus, report)
  }

  /// A rule that looks sensible slashes the honest side of a partition, and the report says what would have saved them.
  @Test func aRuleWithoutAGuardSlashesTheHonest() throws {
    let (code, report) = try run("partition-default-rule")
    #expect(code == 0)
    #expect(
      report.contains("Whom slashing wronged") && report.contains("cut off from every aggregator"))
    #expect(report.contains("By the record, "))
  }

  @Test func theGuardedRuleDoesNot() throws {
    let (code, report) = try run("partition-guarded-rule")
    #expect(code == 0)
    #expect(!report.contains("Whom slashing wronged"))
  }

  /// What no contract can judge: wrong results, and silence.
  @Test(arguments: ["rule-fork", "rule-withholding"]) func holdersDecide(name: String) throws {
    #expect(try run(name).code == 0)
  }
}
