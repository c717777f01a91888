// How fast full validator logic runs: routers with their statistics on one topic, over the graph and the latencies of the
// flood workload. A *link message* is one RPC delivered: a copy of a message, or control.

import Gossip
import Basics
import Network

/// One case of the gossip benchmark.
public struct GossipBenchmark: Sendable {
  public var nodes = 10_000
  /// Links of each node: even.
  public var degree = 20
  /// One every 20 ms.
  public var messages = 300
  /// Data of a message, bytes: a signed attestation.
  public var bytes = 256
  public var seed: UInt64 = 1
  /// Whether peers are scored, with the attack runs' parameters.
  public var isScored = false

  public init() {}

  /// What a run counted. Times are of the part after the meshes formed.
  public struct Result: Sendable {
    public var linkMessages: UInt64
    public var copies: UInt64
    public var control: UInt64
    public var deliveries: UInt64
    public var expected: UInt64
    public var digest: UInt64
    public var wallSeconds: Double
    /// Router state, bytes a node.
    public var stateBytesPerNode: Int
  }

  /// Forms the meshes, then floods the messages. Traps on what `FloodBenchmark.validate` refuses.
  public func run() -> Result {
    let graph = FloodGraph(nodes: nodes, degree: degree, seed: seed)
    let warmup = Instant.zero + .seconds(10)
    var parameters = Parameters()
    if isScored { parameters.score = .attackRuns() }
    var setup = GossipSetup(
      seed: seed, routers: nodes, edges: graph.edges,
      conditions: [LinkConditions(latency: .uniform(low: .milliseconds(10), high: .milliseconds(150)))],
      parameters: parameters,
      traffic: [
        GossipSetup.Traffic(
          publishers: (0..<nodes).map { NodeID($0) }, from: warmup, every: .milliseconds(20), count: messages,
          bytes: bytes)
      ],
      end: warmup + TimeSpan.milliseconds(20) * UInt64(messages) + .seconds(5))
    setup.measureFrom = warmup
    var simulation = GossipSimulation(setup)
    simulation.run(until: warmup)
    let before = simulation.measures()
    let clock = ContinuousClock()
    let start = clock.now
    simulation.run(until: setup.end)
    let elapsed = start.duration(to: clock.now)
    let after = simulation.measures()
    let copies = after.counters.copiesReceived - before.counters.copiesReceived
    let control = after.counters.controlReceived - before.counters.controlReceived
    return Result(
      linkMessages: copies + control, copies: copies, control: control, deliveries: after.delivered,
      expected: after.expected, digest: after.digest,
      wallSeconds: Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18,
      stateBytesPerNode: simulation.stateBytes / nodes)
  }
}
