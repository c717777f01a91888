// The sweeps that come with the program: one for each trade-off that is drawn, each a valid file over a scenario that runs, with
// several seeds, so that there is an interval, and measures that a summary has. And the program itself: how it ends when a checker
// breaks.

import Foundation
import Scenarios
import TestKit
import Testing

@Suite struct PresetTests {
  static let directory = Checkout.root.path + "/topologies/sweeps/"

  /// What is drawn, and the key that is turned.
  static let presets: [(axis: String, file: String, key: String)] = [
    ("liveness window", "window", "services[0].rules[1].window"),
    ("evidence window", "evidence-window", "services[0].rules[0].window"),
    ("grace", "grace", "services[0].rules[1].grace"), ("quorum", "quorum", "services[0].quorum"),
    ("watchers", "watchers", "watchers.count"), ("loss", "loss", "network.links.loss"),
    ("partition length", "partition", "faults[0].for"),
    ("services an operator", "services", "services[0].count"),
    ("Sybil share", "sybil-share", "adversaries[0].do.sybil.count"),
    ("several at once", "drawn", "network.links.loss"),
  ]

  @Test(arguments: presets.map(\.file)) func aPresetDrawsItsAxis(file: String) throws {
    let plan = try SweepPlan.load(Self.directory + file + ".yaml")
    let key = try #require(Self.presets.first { $0.file == file }?.key)
    let values = Set(plan.combinations.flatMap(\.overrides).filter { $0.hasPrefix(key + "=") })
    #expect(values.count >= 4, "\(values)")
    #expect(plan.seeds.count >= 5, "an interval needs several")
    #expect(plan.measures.count >= 4)
    for measure in ["precision", "recall"] {
      #expect(plan.measures.contains { $0.hasPrefix("slashing.") && $0.hasSuffix(measure) })
    }
  }

  @Test func noPresetIsForgotten() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.directory).filter {
      try String(contentsOfFile: Self.directory + $0, encoding: .utf8).contains("kind: sweep")
    }
    #expect(Set(files) == Set(Self.presets.map { $0.file + ".yaml" }))
  }
}

@Suite(.enabled(if: Checkout.avsim != nil)) struct BrokenCheckerTests {
  /// Exit code 70, the first event on stderr, an incomplete run; the same without the defect ends well.
  @Test func aBrokenCheckerEndsTheRun() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/avsim-broken-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func run(_ more: String...) throws -> (code: Int32, out: String, complaint: String) {
      let process = Process()
      process.executableURL = Checkout.avsim
      process.arguments =
        [
          "run", PlantedTests.directory + "late-certificate.yaml", "--out", folder, "--force", "--quiet",
          "--json",
        ]
        + more
      let (out, complaint) = (Pipe(), Pipe())
      (process.standardOutput, process.standardError) = (out, complaint)
      try process.run()
      let text = String(decoding: out.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      let error = String(decoding: complaint.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      return (process.terminationStatus, text, error)
    }
    let broken = try run("--plant", "late-certificate")
    #expect(broken.code == 70)
    #expect(
      broken.complaint.contains(
        "checker certificates-proper broke at 20s: the certificate of task 2 of rollup"))
    #expect(broken.out.contains("\"complete\": false"))
    #expect(try run().code == 0)
  }
}
