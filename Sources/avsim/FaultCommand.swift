// `avsim fault inject|heal|list DIR`: breaks a running cluster, and mends it.

import ArgumentParser
import Cluster
import Foundation

struct FaultCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fault", abstract: "Faults on a running cluster.",
    subcommands: [Inject.self, Heal.self, List.self])

  struct Inject: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Begins one fault, or those of a file, and prints an id each.",
      discussion:
        """
        A fault is written as under `faults:` of a scenario, without `at`: '{crash: {nodes: [3]}}'. Nodes may be chosen by their \
        process: '{pause: {nodes: {process: 0}}}'. A crash, a pause or a slow CPU that strikes all nodes of a process is real: \
        SIGKILL, SIGSTOP, a process stopped in turn; nodes that share their process with others are struck inside it. What a \
        crash by command strikes forgets, unless `state: kept` is written.
        """)
    @Argument(help: "The cluster's state directory.") var dir: String
    @Argument(help: "One fault, as YAML.") var fault: String?
    @Option(name: .shortAndLong, help: "A file with one fault or a list of them.") var file: String?

    func validate() throws {
      if (fault == nil) == (file == nil) { throw ValidationError("give either a fault or -f FILE") }
    }

    func run() throws {
      var yaml = fault ?? ""
      if let file {
        guard let data = FileManager.default.contents(atPath: file) else {
          complain("\(file): cannot be read")
          throw ExitCode(66)
        }
        guard data.count <= 1 << 20, let text = String(validating: data, as: UTF8.self) else {
          complain("\(file): has to be UTF-8 text of at most 1 MiB")
          throw ExitCode(65)
        }
        yaml = text
      }
      try ask(.inject(yaml: yaml), of: StateDirectory(dir))
    }
  }

  struct Heal: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Ends a fault, or all of them.")
    @Argument(help: "The cluster's state directory.") var dir: String
    @Argument(help: "The fault's id, or `all`.") var id: String

    func validate() throws {
      if id != "all", UInt32(id) == nil { throw ValidationError("\(id): neither a fault's id nor `all`") }
    }

    func run() throws { try ask(.heal(id: UInt32(id)), of: StateDirectory(dir)) }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists the faults in force.")
    @Argument(help: "The cluster's state directory.") var dir: String
    func run() throws { try ask(.faults, of: StateDirectory(dir)) }
  }
}
