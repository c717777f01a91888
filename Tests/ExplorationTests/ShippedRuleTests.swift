// The rules that come with the program, run as a user runs them: their expectations hold, and the report has a page for each
// operator that a careless rule wronged.

import Foundation
import TestKit
import Testing

@Suite(.serialized, .enabled(if: Checkout.avsim != nil)) struct ShippedRuleTests {
  /// Runs a file of `topologies/misbehaviour`; how it ended, and its report.
  private func run(_ name: String, _ changes: [String] = []) throws -> (code: Int32, report: String) {
    let folder = FileManager.default.temporaryDirectory.path + "/avsim-rule-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let process = Process()
    process.executableURL = Checkout.avsim
    process.arguments =
      [
        "run", Checkout.root.path + "/topologies/misbehaviour/\(name).yaml", "--out", folder,
        "--quiet",
      ] + changes.flatMap { ["--set", $0] }
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

  /// The same run and rule with the guard added, however long the partition lasts: only who fell silent by choice is slashed.
  @Test(arguments: ["58s", "110s"]) func theGuardedRuleDoesNot(lasting: String) throws {
    let long = ["faults.0.for=\(lasting)"]
    #expect(try run("partition-default-rule", long).report.contains("Whom slashing wronged"))
    // The silent one falls silent in the second minute: a guard that is shut spares it too, so that is not asked of the long one.
    let (code, report) = try run(
      "partition-guarded-rule", lasting == "58s" ? long : long + ["expect=[\(Self.nobodyWronged)]"])
    #expect(code == 0)
    #expect(!report.contains("Whom slashing wronged"))
  }

  private static let nobodyWronged = "slashing.amounts.honestLossWei == 0ETH"

  /// It is the guard that spares them, and nothing else: put into the one file it does, taken out of the other they are slashed.
  @Test func theGuardAloneDecides() throws {
    let added = try run("partition-default-rule", ["services.0.rules.0.guard={othersSigned: 90%}"])
    #expect(added.code == 1 && !added.report.contains("Whom slashing wronged"))
    let removed = try run("partition-guarded-rule", ["services.0.rules.0.guard=none"])
    #expect(removed.code == 1 && removed.report.contains("Whom slashing wronged"))
    // The quorum's own share is met by the large side alone.
    let low = try run("partition-guarded-rule", ["services.0.rules.0.guard={othersSigned: 67%}"])
    #expect(low.code == 1 && low.report.contains("Whom slashing wronged"))
  }

  /// The two files differ in the guard of the rule, and in what is said and expected of it.
  @Test func thePairDiffersInTheGuardAlone() throws {
    func body(_ name: String) throws -> [String] {
      let path = Checkout.root.path + "/topologies/misbehaviour/\(name).yaml"
      let text = try String(contentsOfFile: path, encoding: .utf8)
      return text.split(separator: "expect:")[0].split(separator: "\n").map(String.init).filter { line in
        !["#", "name:", "description:"].contains { line.hasPrefix($0) }
      }
    }
    let guarded = try body("partition-guarded-rule")
    #expect(guarded.contains { $0.contains("guard: {othersSigned: 90%}") })
    #expect(
      try body("partition-default-rule")
        == guarded.map { $0.replacing("guard: {othersSigned: 90%}", with: "guard: none") })
  }

  /// What no contract can judge: wrong results, and silence.
  @Test(arguments: ["rule-fork", "rule-withholding"]) func holdersDecide(name: String) throws {
    #expect(try run(name).code == 0)
  }
}
