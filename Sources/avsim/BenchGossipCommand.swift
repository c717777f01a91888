// `avsim bench gossip`: link messages a second with full validator logic.

import ArgumentParser
import Simulator

struct BenchGossipCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gossip",
    abstract: "Runs GossipSub routers with their statistics on one topic, on one thread.",
    discussion: """
      Prints one line: tool, N, degree, M, scoring, link_messages, copies, control, deliveries, expected, digest, run_s, \
      proc_cpu_s, link_messages_per_s, state_bytes_per_node, peak_rss_kb. The counts are exact for every seed.
      """)

  @Option(help: "Number of nodes.") var nodes = 10_000
  @Option(help: "Links of each node, an even number.") var degree = 20
  @Option(help: "Number of messages, one every 20 ms.") var messages = 300
  @Option(help: "Seed of graph, latencies and publishers.") var seed: UInt64 = 1

  @Flag(inversion: .prefixedNo, help: "Score peers, P1 to P7, as in the attack runs of the v1.1 evaluation.")
  var scoring = false

  func validate() throws {
    do {
      try FloodBenchmark(nodes: nodes, degree: degree, messages: messages).validate()
    } catch {
      throw ValidationError("\(error)")
    }
  }

  func run() {
    var benchmark = GossipBenchmark()
    (benchmark.nodes, benchmark.degree, benchmark.messages) = (nodes, degree, messages)
    benchmark.seed = seed
    benchmark.isScored = scoring
    let result = benchmark.run()
    let process = ProcessMeasures.current
    let microseconds = UInt64(result.wallSeconds * 1e6)
    print(
      "tool=avsim N=\(nodes) degree=\(degree) M=\(messages) scoring=\(scoring ? "on" : "off") link_messages=\(result.linkMessages)",
      "copies=\(result.copies) control=\(result.control) deliveries=\(result.deliveries)",
      "expected=\(result.expected) digest=\(String(result.digest, radix: 16)) run_s=\(Double(microseconds) / 1e6)",
      "proc_cpu_s=\(process.cpuSeconds)",
      "link_messages_per_s=\(UInt64(Double(result.linkMessages) / result.wallSeconds))",
      "state_bytes_per_node=\(result.stateBytesPerNode) peak_rss_kb=\(process.peakResidentKilobytes)")
  }
}
