// One scenario, two engines: what must agree does. Each is run as a user would, by `avsim run`, and the two folders are compared by
// what `avsim compare` looks at. Scenarios lie beside this file.
//
// The latencies of a busy machine are no property of the program: distances of distributions are demanded where links are much
// slower than any machine, and measured by scripts/compare-engines and scripts/agreement everywhere else.

import Foundation
import Reporting
import TestKit
import Testing

/// A finished command.
private struct Ended {
  var code: Int32
  var output: String
}

/// `avsim` under way; `wait` gives its exit code and what it printed.
private final class Running {
  private let process = Process()
  private let output = Pipe()

  init(_ arguments: [String]) throws {
    process.executableURL = Checkout.avsim
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = output
    try process.run()
  }

  func wait() throws -> Ended {
    let told = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return Ended(code: process.terminationStatus, output: String(decoding: told, as: UTF8.self))
  }
}

/// A folder that is removed with the value that holds it.
private final class Scratch: Sendable {
  let path: String
  init() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "avsim-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    path = folder.path
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Both engines' runs of every scenario, made once: those on sockets at the same time, since they mostly wait.
private struct BothEngines: Sendable {
  static let names = ["calm", "near", "equivocators", "partition"]
  let scratch: Scratch

  init() throws {
    scratch = try Scratch()
    let folder = Checkout.root.appending(path: "Tests/AgreementTests/Scenarios").path
    var sockets: [(String, Running)] = []
    for name in Self.names {
      let inputs = name == "partition" ? ["--set", "observe.inputs=true"] : []
      sockets.append(
        (
          name,
          try Running(
            [
              "run", "\(folder)/\(name).yaml", "--engine", "cluster", "--quiet", "--out",
              directory(name, "cluster"),
            ]
              + inputs)
        ))
    }
    for name in Self.names {
      let run = try Running([
        "run", "\(folder)/\(name).yaml", "--quiet", "--out", directory(name, "simulator"),
      ])
      try Self.check(run, name)
    }
    for (name, run) in sockets { try Self.check(run, name) }
  }

  private static func check(_ run: Running, _ name: String) throws {
    let ended = try run.wait()
    #expect(ended.code == 0, "\(name): \(ended.output)")
  }

  func directory(_ name: String, _ engine: String) -> String { "\(scratch.path)/\(name)-\(engine)" }

  func agreement(_ name: String) throws -> RunAgreement {
    try RunAgreement(
      RunDirectory(path: directory(name, "simulator")), RunDirectory(path: directory(name, "cluster")))
  }

  func summaries(_ name: String) throws -> [JSONValue] {
    try ["simulator", "cluster"].map { try RunDirectory(path: directory(name, $0)).readSummary() }
  }
}

@Suite(.serialized, .enabled(if: Checkout.avsim != nil)) struct AgreementTests {
  private static let runs = Result { try BothEngines() }

  /// The same tasks certified, the same slashes executed, and some of them where the scenario has offenders.
  @Test(arguments: BothEngines.names) func bothEnginesDecideTheSame(name: String) throws {
    let agreement = try Self.runs.get().agreement(name)
    #expect(agreement.tasks > 0 && agreement.tasksAlike == agreement.tasks, "\(agreement.table)")
    #expect(agreement.slashes.first == 0 && agreement.slashes.second == 0, "\(agreement.table)")
    #expect((agreement.slashes.both > 0) == (name != "calm"))
  }

  @Test func latenciesAreSpreadTheSameWay() throws {
    let agreement = try Self.runs.get().agreement("calm")
    #expect(agreement.distributions.map(\.measure).prefix(2) == ["propagation", "quorum"])
    let propagation = try #require(agreement.distributions.first)
    #expect(propagation.counts.0 == propagation.counts.1 && propagation.counts.0 > 3_000)
    #expect(propagation.distance <= 0.1, "\(agreement.table)")
    #expect(abs(propagation.p50.1 / propagation.p50.0 - 1) < 0.1, "\(agreement.table)")
    // Twenty tasks make steps of a twentieth, which a late wake-up moves by one.
    #expect(agreement.distributions[1].distance <= 0.1, "\(agreement.table)")
  }

  @Test(arguments: ["calm", "equivocators"]) func redundancyIsTheSame(name: String) throws {
    let ratios = try Self.runs.get().summaries(name).map {
      try #require($0.value(at: "gossip.duplicateRatio")?.double)
    }
    #expect(abs(ratios[1] / ratios[0] - 1) < 0.1, "\(ratios)")
  }

  /// What the command says of the two, and that its exit code tells a far pair from a near one.
  @Test func compareTellsHowFarTheyAre() throws {
    let runs = try Self.runs.get()
    let far = try Running([
      "compare", runs.directory("calm", "simulator"), runs.directory("near", "cluster"), "--distance", "0.1",
    ]).wait()
    #expect(far.code == 1)
    let near = try Running([
      "compare", runs.directory("equivocators", "simulator"), runs.directory("equivocators", "cluster"),
    ]).wait()
    #expect(near.output.contains("10 of 10 tasks ended alike"), "\(near.output)")
    #expect(near.output.contains("0 only in the first, 0 only in the second"), "\(near.output)")
  }

  /// What came into the nodes on sockets goes through the same router once more, in virtual time.
  @Test func aRecordedRunOnSocketsDecidesTheSameWhenItIsReplayed() throws {
    let replay = try Running(["replay", try Self.runs.get().directory("partition", "cluster")]).wait()
    #expect(replay.code == 0, "\(replay.output)")
  }
}
