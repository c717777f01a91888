// `avsim sweep SWEEP`: runs a scenario over values and seeds, and averages.

import ArgumentParser
import Exploration
import Foundation
import Reporting
import Scenarios

struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep", abstract: "Runs a scenario over values of its keys and over seeds.",
    discussion: """
      OUT gets sweep.sqlite (every run's summary), sweep.csv (means over the seeds with 95 % intervals: Student's t, and \
      Wilson's for precision and recall) and sweep.html (the curves). Called again, it runs only what is missing. Exit code \
      70 when a run broke a checker.
      """)

  @Argument(help: "A sweep file.") var sweep: String
  @Option(help: "Directory for the results; default sweeps/NAME.") var out: String?
  @Option(help: "Runs side by side; default: one a processor.") var jobs: Int?
  @Option(help: "local, on this machine.") var launcher = Launcher.local
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Change one key of the scenario in every run.", valueName: "key.path=value"))
  var overrides: [String] = []
  @Option(help: "Replaces the file's seeds by so many, from 1.") var seeds: Int?
  @Flag(help: "No progress.") var quiet = false

  enum Launcher: String, ExpressibleByArgument, CaseIterable {
    case local, slurm
  }

  func validate() throws {
    if let jobs, jobs < 1 || jobs > 1_024 { throw ValidationError("--jobs \(jobs): 1 to 1024") }
    if let seeds, seeds < 1 || seeds > 1_000_000 { throw ValidationError("--seeds \(seeds): 1 to 1000000") }
  }

  func run() throws {
    if launcher == .slurm {
      complain("avsim: --launcher slurm is not in this version; use --launcher local")
      throw Exit.usage
    }
    try diagnosing {
      let interruption = Interruption()
      var plan = try SweepPlan.load(sweep)
      if let seeds { plan.seeds = (1...UInt64(seeds)).map { $0 } }
      let directory = out ?? "sweeps/\(plan.name)"
      do {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try carryOut(plan, directory, interruption)
      } catch let error as SweepStore.Failure {
        complain("avsim: \(error)")
        throw Exit.inputOutput
      } catch let error as CocoaError {
        complain("avsim: \(directory): \(error.localizedDescription)")
        throw Exit.inputOutput
      }
    }
  }

  private func carryOut(_ plan: SweepPlan, _ directory: String, _ interruption: Interruption) throws {
    let store = try SweepStore(at: directory + "/sweep.sqlite")
    let sweep = Sweep(plan, at: sweep, overrides: overrides, version: avsimVersion, store: store)
    let started = Date()
    let state = InterruptionState(interruption)
    let shows = !quiet
    let isTerminal = isatty(STDERR_FILENO) == 1
    let count = jobs ?? ProcessInfo.processInfo.activeProcessorCount
    let (progress, rows) = try sweep.run(jobs: count, whileTrue: { !state.isRequested }) { progress in
      if shows { Self.show(progress, started, isTerminal) }
    }
    if shows && isTerminal { complain("") }
    try write(sweep.csv(rows), directory + "/sweep.csv")
    let page = SweepReport(
      name: plan.name, description: plan.description, points: sweep.curves(rows), isDrawn: plan.draw != nil
    ).page
    try write(page, directory + "/sweep.html")
    for failure in progress.failures {
      complain("avsim: \(failure.point), seed \(failure.seed): \(failure.what)")
    }
    print("\(progress.run) runs made, \(progress.known) known, \(progress.failures.count) failed")
    print("results: \(directory)/sweep.csv")
    print("report: \(directory)/sweep.html")
    if interruption.isRequested { throw Exit.interrupted }
    if progress.failures.contains(where: \.isBreach) { throw Exit.invariant }
    if !progress.failures.isEmpty { throw Exit.content }
  }

  private func write(_ text: String, _ path: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
  }

  @Sendable private static func show(_ progress: SweepProgress, _ started: Date, _ isTerminal: Bool) {
    let seconds = Date().timeIntervalSince(started)
    let left = progress.total - progress.done
    let each = progress.run > 0 ? seconds / Double(progress.run) : 0
    let text =
      "sweep: \(progress.done) of \(progress.total) runs (\(progress.known) known), about \(Int(each * Double(left))) s left"
    FileHandle.standardError.write(Data((isTerminal ? "\r\(text)" : "\(text)\n").utf8))
  }
}
