// `avsim cluster up` and the processes behind it: the daemon, which holds chain and record and answers commands, and the
// processes that host nodes.

import ArgumentParser
import Basics
import Cluster
import Foundation
import Reporting
import Runs
import Scenarios
import UV

extension ClusterCommand {
  struct Up: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Starts a cluster in the background; returns when every node is connected.",
      discussion: """
        The directory holds the control socket (for this user alone), the log, and in the end the run's results in \
        its folder `run`.
        """)
    @Argument(help: "A scenario file.") var scenario: String
    @OptionGroup var place: Place
    @OptionGroup var changes: Changes

    func run() throws {
      try diagnosing {
        // What is wrong with the file is told here, not in a log.
        let scenario = try changes.load(self.scenario)
        _ = try Blueprint(scenario, engine: .cluster)
        let directory = place.directory
        do { try directory.prepare() } catch let error as StateDirectoryError {
          complain(error.description)
          if case .live = error { throw Exit.usage }
          throw Exit.inputOutput
        }
        try start(directory)
        print(
          "\(scenario.name): \(scenario.nodeCountWithSybils) nodes run; see: avsim cluster status --dir \(directory.path)"
        )
      }
    }

    private func start(_ directory: StateDirectory) throws {
      guard FileManager.default.createFile(atPath: directory.log, contents: nil),
        let log = FileHandle(forWritingAtPath: directory.log)
      else {
        complain("\(directory.log): cannot be written")
        throw Exit.inputOutput
      }
      let loop = try Loop()
      defer { loop.close() }
      var exit: UV.Process.Exit?
      let output = UV.Process.Stream.inherit(log.fileDescriptor)
      let daemon = try UV.Process.spawn(
        loop, UV.Process.ownExecutable,
        ["cluster", "daemon", scenario, "--dir", directory.path] + changes.arguments,
        streams: [.none, output, output], detached: true
      ) { exit = $0 }
      var answer: ClusterResponse?
      while answer == nil, exit == nil {
        if FileManager.default.fileExists(atPath: directory.controlSocket) {
          answer = try? ControlClient.ask(.ready, of: directory, limit: .seconds(180))
        }
        if answer == nil { _ = loop.run(limit: .milliseconds(50)) { exit != nil } }
      }
      guard exit == nil, answer?.code == 0 else {
        complain("the cluster did not start; the end of \(directory.log):")
        let text = FileManager.default.contents(atPath: directory.log).map {
          String(decoding: $0, as: UTF8.self)
        }
        for line in (text ?? "").split(separator: "\n").suffix(20) { complain(String(line)) }
        if case .code(let code) = exit, code != 0 { throw ExitCode(Int32(truncatingIfNeeded: code)) }
        throw Exit.inputOutput
      }
      // It lives on without us.
      daemon.keepsLoopAlive = false
    }
  }

  /// What may be changed of a scenario on the command line.
  struct Changes: ParsableArguments {
    @Option(help: "Processes that host the nodes; default from the file, else 1.") var processes: Int?
    @Option(help: "Replaces the file's seed.") var seed: UInt64?
    @Flag(
      help:
        "Takes up to 8 peers beside the topology's nodes, whoever they are (cluster.guests; needs network.wire: libp2p)."
    )
    var open = false
    @Option(
      name: .customLong("set"),
      help: ArgumentHelp("Change one key of the scenario.", valueName: "key.path=value"))
    var overrides: [String] = []

    func load(_ path: String) throws -> Scenario {
      var changes = open ? ["cluster.guests=8"] : []
      changes += overrides
      if let seed { changes.append("seed=\(seed)") }
      if let processes { changes.append("cluster.processes=\(processes)") }
      return try Scenario.load(path, overrides: changes)
    }

    var arguments: [String] {
      var words: [String] = []
      if let processes { words += ["--processes", "\(processes)"] }
      if open { words.append("--open") }
      if let seed { words += ["--seed", "\(seed)"] }
      for change in overrides { words += ["--set", change] }
      return words
    }
  }

  /// The background process of `up`.
  struct Daemon: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "A cluster's own process.", shouldDisplay: false)
    @Argument var scenario: String
    @OptionGroup var place: Place
    @OptionGroup var changes: Changes

    func run() throws {
      // What the caller's process left open is not ours: a pipe that somebody reads would not end before the cluster.
      for descriptor in Int32(3)..<1_024 { _ = close(descriptor) }
      try diagnosing {
        let directory = place.directory
        let scenario = try changes.load(self.scenario)
        let execution = try RunExecution(scenario, .cluster, at: directory.run, force: true, isQuiet: true)
        var options = ClusterOptions()
        options.processes = scenario.cluster.processes
        options.controlSocket = directory.controlSocket
        if scenario.observe.inputs { options.recording = directory.run }
        do {
          try directory.claim(scenario: scenario.name, processes: options.processes)
        } catch let error as StateDirectoryError {
          complain(error.description)
          throw Exit.inputOutput
        }
        log("\(scenario.name): \(scenario.nodeCountWithSybils) nodes in \(options.processes) processes")
        let run = try ClusterRun(scenario, execution.blueprint, options)
        defer { run.close() }
        run.noticed = { log($0) }
        let interruption = Interruption()
        do {
          let summary = try execution.carryOut(run, interruption)
          log("results are in \(directory.run)")
          // A run that was asked to end is no failed one.
          let code = summary.complete ? summary.exitCode.rawValue : 0
          run.answerWaiters(ClusterResponse(code: code, Self.verdict(summary, directory)))
          if code != 0 { throw ExitCode(code) }
        } catch let error as ClusterError {
          run.answerWaiters(ClusterResponse(code: Exit.inputOutput.rawValue, error.description))
          throw error
        }
      }
    }

    private func log(_ text: String) {
      complain("\(ISO8601DateFormatter().string(from: Date())) \(text)")
    }

    private static func verdict(_ summary: RunSummary, _ directory: StateDirectory) -> String {
      var lines = [
        "\(summary.complete ? "complete" : "ended early"): \(summary.tasks.certified) of \(summary.tasks.issued) tasks certified"
      ]
      for one in summary.expectations { lines.append("\(one.holds ? "holds" : "FAILS")  \(one.expression)") }
      lines.append("results: \(directory.run)")
      return lines.joined(separator: "\n")
    }
  }

  /// A process that hosts nodes.
  struct Part: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "process", abstract: "A process that hosts nodes.", shouldDisplay: false)
    @Argument var socket: String
    @Argument var number: Int
    func run() throws { try NodeProcess.run(parentAt: socket, process: number) }
  }
}
