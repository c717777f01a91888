// `avsim run SCENARIO`: runs it on an engine, writes its directory, judges its expectations.

public import AVS
public import ArgumentParser
import Basics
import Cluster
import Foundation
import Reporting
import Runs
import Scenarios

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
  @Option(help: "Processes that host the nodes, on the cluster engine.") var processes: Int?
  @Option(help: .hidden) var plant: PlantedDefect?
  @Flag(help: "Print the summary as JSON on stdout.") var json = false
  @Flag(help: "No progress and no table.") var quiet = false

  enum Engine: String, ExpressibleByArgument, CaseIterable {
    case simulator, cluster
  }

  func run() throws {
    try diagnosing {
      // From the first moment on: what is there when the user gives up is written.
      let interruption = Interruption()
      var changes = overrides
      if let seed { changes.append("seed=\(seed)") }
      if AttackPlan.isOne(scenario) { return try runAttack(changes, interruption) }
      if let processes { changes.append("cluster.processes=\(processes)") }
      let scenario = try Scenario.load(scenario, overrides: changes)
      let chosen = engine.flatMap { EngineChoice(rawValue: $0.rawValue) } ?? scenario.engine
      if plant != nil, chosen == .cluster {
        complain("avsim: --plant: defects are planted in the simulator alone")
        throw Exit.usage
      }
      let path = out ?? RunDirectory.defaultPath(name: scenario.name, seed: scenario.seed)
      let execution = try RunExecution(
        scenario, chosen, at: path, force: force, isQuiet: quiet, plant: plant)
      var options = ClusterOptions()
      options.processes = scenario.cluster.processes
      if scenario.observe.inputs { options.recording = path }
      let summary = try execution.carryOut(interruption, options)
      show(summary, path)
      if interruption.isRequested { throw Exit.interrupted }
      if summary.exitCode != .success { throw summary.exitCode }
    }
  }

  /// A file of `kind: attack`.
  private func runAttack(_ changes: [String], _ interruption: Interruption) throws {
    if plant != nil {
      complain("avsim: --plant: an attack has no part that a defect could be planted in")
      throw Exit.usage
    }
    if engine == .cluster || processes != nil {
      complain("avsim: \(scenario): an attack runs on the simulator alone")
      throw Exit.usage
    }
    let plan = try AttackPlan.load(scenario, overrides: changes)
    let path = out ?? RunDirectory.defaultPath(name: plan.name, seed: plan.seed)
    let summary = try AttackExecution(plan: plan, path: path, isQuiet: quiet).carryOut(
      interruption, force: force)
    if json { print(summary.json.text(pretty: true)) }
    if !quiet && !json {
      print(AttackExecution.table(summary))
      print("results: \(path)/summary.json")
    }
    if interruption.isRequested { throw Exit.interrupted }
    if summary.exitCode != .success { throw summary.exitCode }
  }

  private func show(_ summary: RunSummary, _ path: String) {
    if json { print(summary.json.text(pretty: true)) }
    if quiet || json { return }
    print(SummaryTable(summary, isColoured: isatty(STDOUT_FILENO) == 1).text)
    print("report: \(path)/report.html")
  }
}

extension PlantedDefect: ExpressibleByArgument {}
