// `avsim run` of a file of `kind: attack`: routers and Sybils alone, on the simulator's engine.

import ArgumentParser
import Basics
import Experiments
import Foundation
import Reporting
import Runs
import Scenarios
import Simulator
import Gossip

/// One attack on its way through the engine into a run directory like every other run's.
struct AttackExecution {
  let plan: AttackPlan
  let path: String
  let isQuiet: Bool

  /// Runs it and writes the results, whole or as far as they go.
  func carryOut(_ interruption: Interruption, force: Bool) throws -> RunSummary {
    let attack = Attack(plan)
    var setup = attack.setup(Attack.defence(plan), seed: plan.seed)
    setup.observesScores = plan.observe.scores
    let mistakes = setup.parameters.violations
    guard mistakes.isEmpty else {
      for mistake in mistakes { complain("avsim: defence: \(mistake)") }
      throw Exit.content
    }
    var summary = RunSummary(name: plan.name, engine: "simulator", seed: plan.seed)
    let manifest = try RunManifest(
      name: plan.name, scenario: JSONValue(parsing: JSONEncoder().encode(plan)), seed: plan.seed,
      engine: "simulator", version: avsimVersion, commandLine: CommandLine.arguments,
      startedAt: ISO8601DateFormatter().string(from: Date()))
    let directory = try RunDirectory.create(at: path, manifest: manifest, summary: summary, force: force)
    let database = try RunDatabase(creatingAt: directory.databasePath)
    try database.insert(attack.nodeRows(setup))
    try database.insert(attack.serviceRows(setup))
    let started = Date()
    var meter = Meter(end: setup.end, isQuiet: isQuiet)
    var simulation = GossipSimulation(setup)
    let slice = max(TimeSpan(nanoseconds: setup.end.nanoseconds / 1000), .milliseconds(10))
    while simulation.now < setup.end, !interruption.isRequested {
      simulation.run(until: simulation.now + slice)
      meter.show(simulation.now)
      if setup.observesScores { try write(simulation.takeScores(), to: database) }
    }
    meter.finish()
    let measures = simulation.measures()
    try write(simulation.takeScores(isLast: true), to: database)
    try database.insert(attack.sampleRows(measures))
    try database.insert(attack.meshRows(measures))
    try database.replace(histogram: measures.latency, of: "propagation")
    try database.close()
    attack.summarise(measures, setup, into: &summary)
    summary.virtualSeconds = simulation.now.seconds
    summary.wallSeconds = Date().timeIntervalSince(started)
    summary.traceDigest = simulation.digest
    summary.complete = !interruption.isRequested
    summary.judge(plan.expect)
    try directory.write(summary)
    try directory.write(manifest, complete: summary.complete)
    try Report.write(for: directory)
    return summary
  }

  private func write(
    _ scores: (changes: [ScoreChange], moves: [ScoreMoveNote]), to database: RunDatabase
  ) throws {
    try database.insert(scores.changes.map { ScoreRow($0) })
    try database.insert(scores.moves.map { ScoreMoveRow($0) })
  }

  /// The measures that people look at first.
  static func table(_ summary: RunSummary) -> String {
    guard let attack = summary.attack else { return "" }
    func percent(_ value: Double?) -> String { value.map { Experiments.text(100 * $0, 3) + " %" } ?? "-" }
    func milliseconds(_ value: Double?) -> String { value.map { Experiments.text($0, 0) + " ms" } ?? "-" }
    var rows = [
      ("delivery", percent(summary.attestations.deliveryRatio)),
      ("messages that somebody missed", "\(attack.incomplete) of \(attack.messages)"),
      (
        "latency p50, p99, max",
        [summary.latency.propagation.p50, summary.latency.propagation.p99, summary.latency.propagation.max]
          .map(milliseconds).joined(separator: ", ")
      ),
      (
        "p99 of the worst and the last 10 s",
        "\(milliseconds(attack.worstWindowP99)), \(milliseconds(attack.lastWindowP99))"
      ),
      (
        "Sybils in meshes, peak and end",
        "\(percent(attack.sybilMeshSharePeak)), \(percent(attack.sybilMeshShareEnd))"
      ),
      ("nodes with only Sybils in their mesh, peak", "\(attack.surroundedPeak)"),
    ]
    if let honest = attack.honestGraylisted, let sybils = attack.sybilsGraylisted {
      rows.append(("links graylisted: honest, Sybil", "\(honest), \(sybils)"))
    }
    if let mesh = attack.meshRecovery, let latency = attack.latencyRecovery {
      rows.append(
        (
          "recovery of meshes, of latency",
          "\(Experiments.text(mesh, 0)) s, \(Experiments.text(latency, 0)) s"
        ))
    }
    if let share = attack.starvedMeshShareEnd {
      rows.append(
        (
          "starvers in the starved mesh, start and end",
          "\(percent(attack.starvedMeshShareBefore)), \(percent(share))"
        ))
    }
    let width = rows.map(\.0.count).max() ?? 0
    var lines = ["\(summary.name): seed \(summary.seed), digest \(summary.traceDigest ?? "-")"]
    for (what, value) in rows {
      lines.append("  " + what + String(repeating: " ", count: width - what.count + 2) + value)
    }
    for expectation in summary.expectations {
      lines.append(
        "  \(expectation.holds ? "holds" : "DOES NOT HOLD"): \(expectation.expression) (\(expectation.value.text()))"
      )
    }
    return lines.joined(separator: "\n")
  }
}
