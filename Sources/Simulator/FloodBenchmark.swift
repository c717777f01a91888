// The flood workload of Tests/Benchmarks/reference/WORKLOAD.md on the engine that runs scenarios: same queue, same link
// table, same fault flags. Its counts and checksum are exact for any seed, so a fast wrong engine is found out.

import Basics
import Network

/// One case of the flood workload.
public struct FloodBenchmark: Sendable {
  /// How latencies vary.
  public enum Latency: String, Sendable, CaseIterable {
    /// One value for each link.
    case const
    /// One value for each message and direction.
    case jit
  }

  /// 2 ..< 2^31, more than `degree`.
  public var nodes: Int
  /// Links of each node: even, at least 2.
  public var degree: Int
  public var messages: Int
  public var latency: Latency
  public var seed: UInt64
  /// Puts one fault without effect on one link, to measure what its flag costs.
  public var noopFault: Bool

  public init(
    nodes: Int = 1000, degree: Int = 8, messages: Int = 1000, latency: Latency = .const, seed: UInt64 = 1,
    noopFault: Bool = false
  ) {
    self.nodes = nodes
    self.degree = degree
    self.messages = messages
    self.latency = latency
    self.seed = seed
    self.noopFault = noopFault
  }

  /// What a run counted.
  public struct Result: Equatable, Sendable {
    /// Link messages delivered, duplicates included.
    public var events: UInt64
    /// First receipts by nodes other than the publisher.
    public var first: UInt64
    /// Sum over first receipts of receipt time less publish time, in nanoseconds.
    public var checksum: UInt64
    public var digest: UInt64
    /// Wall time from the first event to the last.
    public var wallSeconds: Double
  }

  /// Parameters of which no such graph exists.
  public enum ParameterError: Error, Equatable, CustomStringConvertible {
    case degree(Int)
    case nodes(Int, degree: Int)
    case messages(Int)

    public var description: String {
      switch self {
      case .degree(let degree): "degree \(degree): allowed are even numbers from 2 to 254"
      case .nodes(let nodes, let degree):
        "\(nodes) nodes of degree \(degree): allowed are \(2 * degree + 1) to 100000000"
      case .messages(let messages): "\(messages) messages: allowed are 1 to 16777216"
      }
    }
  }

  public func validate() throws(ParameterError) {
    if degree < 2 || degree > 254 || degree % 2 != 0 { throw .degree(degree) }
    if nodes <= 2 * degree || nodes > 100_000_000 { throw .nodes(nodes, degree: degree) }
    if messages < 1 || messages > 1 << 24 { throw .messages(messages) }
  }

  /// Builds the graph and floods it. Traps on parameters that `validate` refuses.
  public func run() -> Result {
    let graph = FloodGraph(nodes: nodes, degree: degree, seed: seed)
    var network = EventNetwork(
      links: graph.links(jittered: latency == .jit), inputs: nodes, bucketBits: bucketBits)
    if noopFault { network.links.begin(.nothing, slots: [0]) }
    let population = FloodNodes(nodes: nodes, messages: messages, publishKey: graph.publishKey, network.links)
    network.schedule(at: .zero, slot: network.links.slots + population.source(0), payload: 0)
    var engine = Engine(population, network)
    let clock = ContinuousClock()
    let start = clock.now
    engine.run(until: .never)
    let elapsed = start.duration(to: clock.now)
    return Result(
      events: engine.events - UInt64(messages), first: engine.population.first,
      checksum: engine.population.checksum, digest: engine.digest.value,
      wallSeconds: Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18)
  }

  /// A message comes every 10 ms and causes `nodes * (degree - 1)` events.
  private var bucketBits: Int {
    EventQueue.bucketBits(eventsPerSecond: 100 * Double(nodes) * Double(degree - 1))
  }
}

/// The workload's graph: a union of random Hamiltonian cycles.
struct FloodGraph {
  let nodes: Int
  let seed: UInt64
  private(set) var edges: [LinkEdge] = []

  /// Salt of the workload's latencies and of its publishers.
  private var latencyKey: UInt64 { mix(seed ^ 0x4C41_5400_0000_0000) }
  var publishKey: UInt64 { mix(seed ^ 0x5055_4200_0000_0000) }

  init(nodes: Int, degree: Int, seed: UInt64) {
    self.nodes = nodes
    self.seed = seed
    var random = RandomStream(seed: seed)
    var cycle = [UInt32](repeating: 0, count: nodes)
    var adjacent = [UInt32](repeating: 0, count: nodes * degree)
    var filled = 0
    edges.reserveCapacity(nodes * degree / 2)
    for _ in 0..<degree / 2 {
      for k in 0..<nodes { cycle[k] = UInt32(k) }
      random.shuffle(&cycle)
      var changed = true
      while changed {
        changed = false
        for k in 0..<nodes {
          let following = k + 1 == nodes ? 0 : k + 1
          while true {
            let row = Int(cycle[k]) * degree
            if !adjacent[row..<row + filled].contains(cycle[following]) { break }
            cycle.swapAt(following, random.below(nodes))
            changed = true
          }
        }
      }
      for k in 0..<nodes {
        let u = cycle[k]
        let v = cycle[k + 1 == nodes ? 0 : k + 1]
        // On a cycle every node is once first and once second.
        adjacent[Int(u) * degree + filled] = v
        adjacent[Int(v) * degree + filled + 1] = u
        edges.append(LinkEdge(NodeID(u), NodeID(v)))
      }
      filled += 2
    }
  }

  /// 64 bits for the undirected link between `u` and `v`.
  private func bits(_ u: Int, _ v: Int) -> UInt64 {
    mix(latencyKey ^ (UInt64(min(u, v)) << 32 | UInt64(max(u, v))))
  }

  /// Its links with the workload's latencies: 10 to 150 ms.
  func links(jittered: Bool) -> LinkTable {
    let least: UInt64 = 10_000_000
    let span: UInt64 = 140_000_000
    let low = LatencyLaw.constant(TimeSpan(nanoseconds: least))
    if jittered {
      let jitter = LatencyLaw.uniform(low: .zero, high: TimeSpan(nanoseconds: span))
      var links = LinkTable(
        nodes: nodes, edges: edges, conditions: [LinkConditions(latency: low, jitter: jitter)], seed: seed)
      links.keyJitterByMessage { from, to in bits(from, to) &+ (from < to ? 0 : 1) }
      return links
    }
    var links = LinkTable(nodes: nodes, edges: edges, conditions: [LinkConditions(latency: low)], seed: seed)
    for u in 0..<nodes {
      for slot in links.slots(of: u) {
        let draw = scale(bits(u, links.neighbor(slot)), span + 1)
        links.setLatency(TimeSpan(nanoseconds: least + draw), slot: slot)
      }
    }
    return links
  }
}

/// The nodes of the workload: who has seen which message.
struct FloodNodes: Population, ~Copyable {
  private static var interval: UInt64 { 10_000_000 }

  private let nodes: Int
  private let messages: Int
  private let linkSlots: UInt32
  private let publishKey: UInt64
  private let words: Int
  /// A row of bits for each message, a bit for each node.
  private let seen: Table<UInt64>
  private(set) var first: UInt64 = 0
  private(set) var checksum: UInt64 = 0
  let prefetchDistance: Int

  init(nodes: Int, messages: Int, publishKey: UInt64, _ links: borrowing LinkTable) {
    self.nodes = nodes
    self.messages = messages
    self.publishKey = publishKey
    linkSlots = UInt32(links.slots)
    words = (nodes + 63) / 64
    seen = Table(repeating: 0, count: words * messages)
    // The rows of links leave the second-level cache.
    prefetchDistance = links.slots > 1 << 15 ? 12 : 0
  }

  /// Who publishes message `m`.
  func source(_ m: Int) -> Int {
    Int(scale(mix(publishKey ^ UInt64(m)), UInt64(nodes)))
  }

  @inline(__always)
  mutating func handle(_ event: Event, _ network: inout EventNetwork) {
    if _slowPath(event.slot >= linkSlots) { return publish(event, &network) }
    let slot = Int(event.slot)
    let node = network.links.owner(slot)
    let word = Int(event.payload) &* words &+ (node &>> 6)
    let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: node & 63)
    let old = seen[word]
    if old & bit != 0 { return }
    seen[word] = old | bit
    first &+= 1
    checksum &+= event.time.nanoseconds &- UInt64(event.payload) &* Self.interval
    network.sendToOthers(
      of: network.links.slots(of: node), except: slot, payload: event.payload,
      key: 2 &* UInt64(event.payload),
      bytes: 256, at: event.time)
  }

  @inline(never)
  private mutating func publish(_ event: Event, _ network: inout EventNetwork) {
    let node = Int(event.slot - linkSlots)
    let message = Int(event.payload)
    let word = message * words + node / 64
    // No `|=`: see `EventQueue.pushElsewhere`.
    seen[word] = seen[word] | 1 << UInt64(node % 64)
    for slot in network.links.slots(of: node) {
      network.send(
        slot: slot, payload: event.payload, key: 2 &* UInt64(event.payload), bytes: 256, at: event.time)
    }
    if message + 1 < messages {
      network.schedule(
        at: Instant(nanoseconds: UInt64(message + 1) * Self.interval),
        slot: Int(linkSlots) + source(message + 1), payload: event.payload + 1)
    }
  }

  @inline(__always)
  func prefetch(_ event: Event, _ network: borrowing EventNetwork) {
    if _slowPath(event.slot >= linkSlots) { return }
    let node = network.links.owner(Int(event.slot))
    unsafe touch(network.links.rowAddress(network.links.offset(node)))
    unsafe touch(UnsafeRawPointer(seen.unsafeBase + (Int(event.payload) &* words &+ (node &>> 6))))
  }
}
