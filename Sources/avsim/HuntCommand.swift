// `avsim hunt SCENARIO`: searches for a run that breaks an expectation or a checker, and leaves the smallest one found as a
// scenario file.

import AVS
import ArgumentParser
import Exploration
import Foundation
import Reporting
import Runs
import Scenarios

struct HuntCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hunt",
    abstract: "Searches for faults and misbehaviour that break an expectation or a checker.",
    discussion: """
      Starts from the scenario as it is and varies seed, faults and adversaries; runs that show something new are varied \
      further. What breaks is shrunk to the fewest faults and nodes and the shortest time that still break the same thing, \
      and written to OUT/found.yaml with the command that replays it. The same scenario, --seed and --budget find the same \
      with any number of --jobs. Exit code 1 when something was found, 0 when not.
      """)

  @Argument(help: "A scenario file.") var scenario: String
  @Option(help: "Runs of the search at most.") var budget = 1_000
  @Option(help: "Runs side by side; default: one a processor.") var jobs: Int?
  @Option(help: "Seed of the search.") var seed: UInt64 = 1
  @Option(help: "Directory for what is found; default hunts/NAME.") var out: String?
  @Flag(help: "Replace what an earlier hunt found there.") var force = false
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Change one key of the scenario.", valueName: "key.path=value"))
  var overrides: [String] = []
  @Flag(help: "Look at the checkers alone, not at the scenario's expectations.") var checkersOnly = false
  @Flag(help: "Draw every run afresh instead of varying those that showed something new.") var unguided =
    false
  @Flag(help: "Print the outcome as JSON on stdout.") var json = false
  @Flag(help: "No progress.") var quiet = false
  @Option(help: .hidden) var plant: PlantedDefect?

  func validate() throws {
    if budget < 1 { throw ValidationError("--budget \(budget): at least 1") }
    if let jobs, jobs < 1 || jobs > 1_024 { throw ValidationError("--jobs \(jobs): 1 to 1024") }
  }

  func run() throws {
    try diagnosing {
      let interruption = Interruption()
      let template = try ScenarioTemplate(scenario, overrides: overrides)
      let base = try template.scenario()
      let directory = out ?? "hunts/\(base.name)"
      let path = directory + "/found.yaml"
      if !force, FileManager.default.fileExists(atPath: path) {
        complain(
          "avsim: \(path) holds what an earlier hunt found: choose another --out, or replace it with --force")
        throw Exit.usage
      }
      var options = HuntOptions()
      options.budget = budget
      options.jobs = jobs ?? ProcessInfo.processInfo.activeProcessorCount
      options.seed = seed
      options.isGuided = !unguided
      options.properties = HuntedProperties(expectations: !checkersOnly, plant: plant)
      // A run that traps ends the program: what was running then is in these files.
      let diary = directory + "/running"
      try? FileManager.default.createDirectory(atPath: diary, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: diary) }
      options.diary = diary
      let hunt = try Hunt(template, options)
      let started = Date()
      let state = InterruptionState(interruption)
      let report = hunt.search(whileTrue: { !state.isRequested }) { report in
        if !quiet { show(report, started) }
      }
      if !quiet { complain("") }
      let seconds = Date().timeIntervalSince(started)
      if let finding = report.finding {
        try write(finding, to: path, directory)
        try confirm(finding, path)
      }
      tell(report, seconds, path)
      if report.isInterrupted { throw Exit.interrupted }
      if report.finding != nil { throw Exit.expectationFailed }
    }
  }

  private func write(_ finding: Finding, to path: String, _ directory: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      let text = finding.file(at: path, plant: plant?.rawValue, hunted: scenario)
      try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      complain("avsim: \(path): \(error.localizedDescription)")
      throw Exit.inputOutput
    }
  }

  /// The file, read back, does the same thing event by event: or the hunt is wrong.
  private func confirm(_ finding: Finding, _ path: String) throws {
    let again = try Hunt.replay(
      try Scenario.load(path), HuntedProperties(expectations: !checkersOnly, plant: plant))
    guard again.digest == finding.digest, again.violations.contains(finding.violation) else {
      complain(
        "avsim: \(path) does not replay: digest \(again.digest) instead of \(finding.digest). This is a defect of avsim."
      )
      throw Exit.invariant
    }
  }

  private func show(_ report: HuntReport, _ started: Date) {
    let seconds = Date().timeIntervalSince(started)
    let rate = seconds > 0 ? Double(report.runs) / seconds : 0
    let text =
      "hunt: \(report.runs) of \(budget) runs, \(Int(rate)) a second, \(report.features) features, \(report.kept) kept"
    FileHandle.standardError.write(Data((isatty(STDERR_FILENO) == 1 ? "\r\(text)" : "\(text)\n").utf8))
  }

  private func tell(_ report: HuntReport, _ seconds: Double, _ path: String) {
    let finding = report.finding
    if json {
      let value: JSONValue = [
        "schema": .integer(1), "scenario": JSONValue(scenario), "plant": JSONValue(plant?.rawValue),
        "runs": JSONValue(report.runs), "wallSeconds": JSONValue(seconds),
        "features": JSONValue(report.features),
        "found": JSONValue(finding?.violation.label), "detail": JSONValue(finding?.violation.detail),
        "file": JSONValue(finding.map { _ in path }), "digest": JSONValue(finding?.digest),
        "troubles": JSONValue(finding?.troubles.count), "nodes": JSONValue(finding?.nodes),
        "shrinkRuns": JSONValue(finding?.shrinkRuns),
        "replay": JSONValue(finding?.command(path, plant?.rawValue)),
      ]
      print(value.text(pretty: true))
      return
    }
    guard let finding else {
      print("nothing found in \(report.runs) runs")
      return
    }
    let kind = finding.violation.isChecker ? "the checker" : "the expectation"
    print(
      """
      \(path)
      breaks \(kind) \(finding.violation.label): \(finding.violation.detail)
      found in run \(finding.run), shrunk in \(finding.shrinkRuns) more to \(finding.troubles.count) faults and adversaries on \(finding.nodes) nodes
      replay: \(finding.command(path, plant?.rawValue))
      """)
  }
}

/// An interruption as threads see it.
struct InterruptionState: @unchecked Sendable {
  private let interruption: Interruption
  init(_ interruption: Interruption) { self.interruption = interruption }
  /// Locked inside.
  var isRequested: Bool { interruption.isRequested }
}
