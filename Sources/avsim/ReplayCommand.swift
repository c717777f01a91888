// `avsim replay RUNDIR`: runs it again from its manifest; with `--verify`, says whether it did the same.

import ArgumentParser
import Cluster
import Exploration
import Foundation
import Reporting
import Runs
import Scenarios

struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Runs a recorded run again, from its manifest.",
    discussion: """
      Without --verify the results go to RUNDIR-replay. With it nothing is written: the trace of every window of 8.4 ms, \
      and then every key of the summary, is compared with what the directory holds. Exit code 0 when all are the same, 1 \
      with the first window that differs.

      Of a run of the cluster engine with `observe: {inputs: true}` what came into the nodes is played once more through \
      the same router in virtual time: exit code 0 when they decide the same, 1 with the first input after which they do not.
      """)

  @Argument(help: "Folder of a run.") var rundir: String
  @Flag(help: "Compare with what the folder holds, and write nothing.") var verify = false
  @Option(help: "Directory for the results; default RUNDIR-replay.") var out: String?
  @Flag(help: "Overwrite a finished run.") var force = false
  @Flag(help: "No progress and no table.") var quiet = false
  @Option(help: .hidden) var until: String?
  @Option(help: .hidden) var state: String?

  func run() throws {
    if until != nil || state != nil {
      complain("avsim: replay --until and --state, a node's state at an instant, are not in this version")
      throw Exit.usage
    }
    if verify, out != nil {
      complain("avsim: replay --verify writes nothing; leave --out away")
      throw Exit.usage
    }
    try diagnosing {
      let recordings = InputReplay.recordings(in: rundir)
      if !recordings.isEmpty { return try replayInputs(recordings) }
      do {
        let recorded = try RecordedRun(rundir, comparing: verify)
        if verify { try compare(recorded) } else { try runAgain(recorded) }
      } catch let error as RecordedRun.Refusal {
        complain("avsim: \(error)")
        switch error {
        case .cluster: throw Exit.usage
        case .unreadable, .unfinished: throw Exit.content
        }
      }
    }
  }

  private func compare(_ recorded: RecordedRun) throws {
    let replayed = try recorded.replay()
    if let difference = recorded.difference(replayed) {
      print("\(rundir): different: \(difference)")
      throw Exit.expectationFailed
    }
    if !quiet {
      print(
        "\(rundir): the same in \(recorded.trace.count) windows, digest \(recorded.trace.last?.digest ?? "")")
    }
  }

  /// A run of the cluster engine that kept its inputs (`observe.inputs`): the nodes of each process decide once more.
  private func replayInputs(_ recordings: [String]) throws {
    var isSame = true
    for path in recordings {
      let replay = try InputReplay(path)
      let what = "\(replay.inputs) inputs, \(replay.frames) of them frames, \(replay.transmissions) RPCs sent"
      if let difference = replay.difference {
        isSame = false
        print("\(path): different: \(difference) (\(what))")
      } else if !quiet {
        print("\(path): the same decisions (\(what)\(replay.isCut ? "; the recording was cut off" : ""))")
      }
    }
    if !isSame { throw Exit.expectationFailed }
  }

  private func runAgain(_ recorded: RecordedRun) throws {
    var path = rundir
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    let target = out ?? "\(path)-replay"
    let interruption = Interruption()
    let execution = try RunExecution(
      recorded.scenario, .simulator, at: target, force: force, isQuiet: quiet, plant: recorded.plant)
    let summary = try execution.carryOut(interruption, ClusterOptions())
    if !quiet { print(SummaryTable(summary, isColoured: isatty(STDOUT_FILENO) == 1).text) }
    print("results: \(target)")
    if interruption.isRequested { throw Exit.interrupted }
    if summary.exitCode != .success { throw summary.exitCode }
  }
}
