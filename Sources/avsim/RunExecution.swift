// What every command that carries out a scenario does: blueprint, run directory, engine, summary, exit code.

import AVS
import ArgumentParser
import Basics
import Cluster
import Foundation
import Reporting
import Runs
import Scenarios
import Simulator

/// One scenario on its way through an engine into a run directory.
struct RunExecution {
  let scenario: Scenario
  let engine: EngineChoice
  let blueprint: Blueprint
  let path: String
  let writer: RunWriter
  /// Whether progress is shown on stderr.
  let isQuiet: Bool

  /// Resolves the scenario and creates the directory.
  ///
  /// `plant` is a defect put in on purpose, to see the checkers find it.
  init(
    _ scenario: Scenario, _ engine: EngineChoice, at path: String, force: Bool, isQuiet: Bool,
    plant: PlantedDefect? = nil
  ) throws {
    self.scenario = scenario
    self.engine = engine
    self.path = path
    self.isQuiet = isQuiet
    var blueprint = try Blueprint(scenario, engine: engine)
    blueprint.plant = plant
    self.blueprint = blueprint
    let manifest = try RunManifest(
      name: scenario.name, scenario: JSONValue(parsing: JSONEncoder().encode(scenario)), seed: scenario.seed,
      engine: engine.rawValue, version: avsimVersion, commandLine: CommandLine.arguments,
      startedAt: ISO8601DateFormatter().string(from: Date()), plant: plant?.rawValue)
    writer = try RunWriter(at: path, blueprint, manifest: manifest, force: force)
  }

  /// Runs on the chosen engine and writes the results. `cluster` is for the cluster engine alone.
  func carryOut(_ interruption: Interruption, _ cluster: ClusterOptions) throws -> RunSummary {
    switch engine {
    case .simulator:
      var simulation = try Simulation(blueprint)
      return try finish(&simulation, slice: blueprint.slice) { !interruption.isRequested }
    case .cluster:
      let run = try ClusterRun(scenario, blueprint, cluster)
      defer { run.close() }
      run.noticed = { complain("avsim: \($0)") }
      return try carryOut(run, interruption)
    }
  }

  /// The same for a cluster that exists already.
  func carryOut(_ cluster: ClusterRun, _ interruption: Interruption) throws -> RunSummary {
    var run = cluster
    try run.connect()
    let summary = try finish(&run, slice: .milliseconds(200)) {
      !interruption.isRequested && !cluster.isEndRequested
    }
    return summary
  }

  private func finish<Run: EngineRun & ~Copyable>(
    _ run: inout Run, slice: TimeSpan, whileTrue goesOn: () -> Bool
  ) throws -> RunSummary {
    let started = Date()
    var lastWrite = started
    var meter = Meter(end: blueprint.trafficEnd, isQuiet: isQuiet)
    var conclusion = try run.finish(slice: slice, whileTrue: goesOn) { run in
      meter.show(run.now)
      guard Date().timeIntervalSince(lastWrite) > 0.5 else { return }
      try writer.write(run.takeRows())
      lastWrite = Date()
    }
    meter.finish()
    try writer.write(run.takeRows())
    conclusion.summary.wallSeconds = Date().timeIntervalSince(started)
    let breach = run.firstBreach
    conclusion.summary.complete = goesOn() && breach == nil
    if let breach { complain("avsim: checker \(breach.check) broke at \(breach.at): \(breach.what)") }
    conclusion.judge(blueprint.expectations)
    try writer.finish(conclusion)
    return conclusion.summary
  }
}

extension RunSummary {
  /// The exit code that the results amount to.
  var exitCode: ExitCode {
    if checks.contains(where: { !$0.holds }) { return Exit.invariant }
    if expectations.contains(where: { !$0.holds }) { return Exit.expectationFailed }
    return ExitCode.success
  }
}
