// `avsim run SCENARIO`: runs it on an engine, writes its directory, judges its expectations.

import ArgumentParser
import Basics
import Cluster
import Foundation
import Reporting
import Runs
import Scenarios
import Simulator

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Runs a scenario and writes its results.",
    discussion: """
      Results go to runs/NAME-SEED: summary.json, run.sqlite, report.html, manifest.json. Exit code 0 when every \
      expectation of the scenario holds, 1 when one does not.
      """)

  @Argument(help: "A scenario file.") var scenario: String
  @Option(help: "simulator or cluster; default from the file.") var engine: Engine?
  @Option(help: "Replaces the file's seed.") var seed: UInt64?
  @Option(help: "Directory for the results; default runs/NAME-SEED.") var out: String?
  @Flag(help: "Overwrite a finished run.") var force = false
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Change one key of the scenario.", valueName: "key.path=value"))
  var overrides: [String] = []
  @Flag(help: "Print the summary as JSON on stdout.") var json = false
  @Flag(help: "No progress and no table.") var quiet = false

  enum Engine: String, ExpressibleByArgument, CaseIterable {
    case simulator, cluster
  }

  func run() throws {
    try diagnosing {
      var changes = overrides
      if let seed { changes.append("seed=\(seed)") }
      let scenario = try Scenario.load(scenario, overrides: changes)
      let chosen = engine.flatMap { EngineChoice(rawValue: $0.rawValue) } ?? scenario.engine
      let blueprint = try Blueprint(scenario, engine: chosen)
      let path = out ?? RunDirectory.defaultPath(name: scenario.name, seed: scenario.seed)
      let manifest = try RunManifest(
        name: scenario.name, scenario: JSONValue(parsing: JSONEncoder().encode(scenario)),
        seed: scenario.seed,
        engine: chosen.rawValue, version: avsimVersion, commandLine: CommandLine.arguments,
        startedAt: ISO8601DateFormatter().string(from: Date()))
      let writer = try RunWriter(at: path, blueprint, manifest: manifest, force: force)
      let started = Date()
      let interruption = Interruption()
      var conclusion = try carryOut(blueprint, chosen, writer, interruption)
      conclusion.summary.wallSeconds = Date().timeIntervalSince(started)
      conclusion.summary.complete = !interruption.isRequested
      conclusion.judge(blueprint.expectations)
      try writer.finish(conclusion)
      try show(conclusion.summary, path)
      if interruption.isRequested { throw Exit.interrupted }
      if conclusion.summary.checks.contains(where: { !$0.holds }) { throw Exit.invariant }
      if conclusion.summary.expectations.contains(where: { !$0.holds }) { throw Exit.expectationFailed }
    }
  }

  private func carryOut(
    _ blueprint: Blueprint, _ engine: EngineChoice, _ writer: RunWriter, _ interruption: Interruption
  ) throws -> Conclusion {
    switch engine {
    case .simulator:
      var simulation = try Simulation(blueprint)
      let slice = max(TimeSpan(nanoseconds: blueprint.trafficEnd.nanoseconds / 1_000), .milliseconds(10))
      return try finish(&simulation, slice: slice, writer, interruption)
    case .cluster:
      var cluster = try ClusterRun(blueprint)
      defer { cluster.close() }
      try cluster.connect()
      return try finish(&cluster, slice: .milliseconds(200), writer, interruption)
    }
  }

  private func finish<Run: EngineRun & ~Copyable>(
    _ run: inout Run, slice: TimeSpan, _ writer: RunWriter, _ interruption: Interruption
  ) throws -> Conclusion {
    var lastWrite = Date()
    let conclusion = try run.finish(slice: slice) {
      !interruption.isRequested
    } after: { run in
      guard Date().timeIntervalSince(lastWrite) > 0.5 else { return }
      try writer.write(run.takeRows())
      lastWrite = Date()
    }
    try writer.write(run.takeRows())
    return conclusion
  }

  private func show(_ summary: RunSummary, _ path: String) throws {
    if json { print(summary.json.text(pretty: true)) }
    if quiet || json { return }
    print(summary.json.text(pretty: true))
  }
}
