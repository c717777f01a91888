// `avsim bench cluster`: the transport's rate, beside Tests/Benchmarks/reference/uv_gossip.c.

import ArgumentParser
import Basics
import Cluster
import Foundation
import UV

struct BenchClusterCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cluster", abstract: "Link messages a second over real sockets, on a known workload.")

  @Option(help: "Nodes.") var nodes = 50
  @Option(help: "Links a node; even.") var degree = 8
  @Option(help: "Messages published.") var messages = 8_000
  @Option(help: "Messages in flight.") var window = 64
  @Option(help: "Bytes of a message.") var size = 256
  @Option(help: "Processes that share the nodes.") var processes = 1
  @Option(help: .hidden) var join: Int?
  @Option(help: .hidden) var directory: String?

  func run() throws {
    var options = FloodBenchOptions()
    options.nodes = nodes
    options.degree = degree
    options.messages = messages
    options.window = window
    options.size = size
    options.processes = processes
    if let mistake = options.mistake { throw ValidationError(mistake) }
    if let join, let directory {
      guard try FloodBench.join(options, process: join, directory: directory) else { throw ExitCode(1) }
      return
    }
    let place = FileManager.default.temporaryDirectory.appendingPathComponent(
      "avsim-bench-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: place, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(at: place) }
    let same = [
      "bench", "cluster", "--nodes", "\(nodes)", "--degree", "\(degree)", "--messages", "\(messages)",
      "--window",
      "\(window)", "--size", "\(size)", "--processes", "\(processes)", "--directory", place.path,
    ]
    let result = try FloodBench.run(options, directory: place.path) { same + ["--join", "\($0)"] }
    guard let result else {
      FileHandle.standardError.write(Data("bench cluster: the run did not end\n".utf8))
      throw ExitCode(1)
    }
    print(result.line)
    if !result.isExact {
      FileHandle.standardError.write(
        Data("bench cluster: events or first receipts differ from the workload's exact counts\n".utf8))
      throw ExitCode(1)
    }
  }
}
