// `avsim cluster status|logs|wait|down`: looks at a background cluster and ends it. What they ask is answered by the
// cluster's daemon. `up` is in ClusterDaemon.

import ArgumentParser
import Basics
import Cluster
import Foundation

struct ClusterCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cluster", abstract: "Clusters in the background.",
    subcommands: [
      Up.self, Status.self, Logs.self, Transactions.self, Addresses.self, Wait.self, Down.self, Daemon.self,
      Part.self,
    ])

  struct Place: ParsableArguments {
    @Option(help: "The cluster's state directory.") var dir: String
    var directory: StateDirectory { StateDirectory(dir) }
  }

  struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Nodes, connections, rates and faults in force.")
    @OptionGroup var place: Place
    func run() throws { try ask(.status, of: place.directory) }
  }

  struct Transactions: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "What the coordinator included so far: block, nanoseconds, kind, sender, task.")
    @OptionGroup var place: Place
    func run() throws { try ask(.transactions, of: place.directory) }
  }

  struct Addresses: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Where libp2p peers find the nodes: a multiaddr each, and the topics.",
      discussion: """
        With `cluster up --open` a peer of any implementation may dial these. Messages are those of StrictNoSign; their id is \
        SHA-256 over 01000000, the topic's length (8 bytes, little-endian), topic and data, cut to 20 bytes.
        """)
    @OptionGroup var place: Place
    func run() throws { try ask(.addresses, of: place.directory) }
  }

  struct Wait: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Waits until the run has ended.")
    @OptionGroup var place: Place
    func run() throws { try ask(.wait, of: place.directory, limit: nil) }
  }

  struct Down: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Ends the cluster, with its results written.")
    @OptionGroup var place: Place
    func run() throws { try ask(.down, of: place.directory, limit: .seconds(120)) }
  }

  struct Logs: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Prints the cluster's log.")
    @OptionGroup var place: Place
    @Flag(name: .shortAndLong, help: "Goes on until the cluster ends.") var follow = false

    func run() throws {
      let directory = place.directory
      guard let file = FileHandle(forReadingAtPath: directory.log) else {
        complain("\(directory.log): there is no log")
        throw ExitCode(66)
      }
      while true {
        // Asked before reading: what was written before the end is read after it.
        var isLive = false
        if case .live = directory.condition { isLive = true }
        while let data = try file.read(upToCount: 65_536), !data.isEmpty {
          FileHandle.standardOutput.write(data)
        }
        if !follow || !isLive { return }
        Thread.sleep(forTimeInterval: 0.2)
      }
    }
  }
}

/// Asks, prints the answer, and ends with its code.
func ask(_ request: ClusterRequest, of directory: StateDirectory, limit: TimeSpan? = .seconds(30)) throws {
  let response: ClusterResponse
  do { response = try ControlClient.ask(request, of: directory, limit: limit) } catch let error
    as StateDirectoryError
  {
    complain(error.description)
    if case .notRunning = error { throw ExitCode(66) }
    throw ExitCode(74)
  }
  if response.code <= 1 {
    if !response.text.isEmpty { print(response.text) }
  } else {
    complain(response.text)
  }
  if response.code != 0 { throw ExitCode(response.code) }
}
