// What faults make of a node from within: its clock, a second instance of its key, software that computes wrong results. Cost
// nothing as long as no such fault was ever in force.

public import Basics
import Gossip

/// Conditions of the hosted nodes.
struct NodeConditions: ~Copyable {
  private struct Clock: BitwiseCopyable {
    /// Nanoseconds that the clock is ahead at `since`, and what it gains a second.
    var offset: Int64 = 0
    var drift: Int64 = 0
    var since: UInt64 = 0
  }
  private var clocks: [Clock] = []
  /// Chance of 65,536 that the second instance disagrees; nil: there is none.
  private var twins: [UInt32?] = []
  /// Services in which the software is wrong; empty: in none.
  private var faulty: [[Bool]] = []
  private let nodes: Int
  private let services: Int
  /// Names of the faults in force anywhere, as often as they are: what an adversary can see of the network's state.
  private(set) var troubles: [String] = []

  init(nodes: Int, services: Int) {
    self.nodes = nodes
    self.services = services
  }

  mutating func setClock(_ node: NodeID, offset: Int64, drift: Int64, _ now: Instant) {
    if clocks.isEmpty { clocks = Array(repeating: Clock(), count: nodes) }
    clocks[node.index] = Clock(offset: offset, drift: drift, since: now.nanoseconds)
  }

  /// What the node's own clock shows at `now`. Never before the run's start.
  func clock(_ node: NodeID, _ now: Instant) -> Instant {
    if clocks.isEmpty { return now }
    let clock = clocks[node.index]
    if clock.offset == 0, clock.drift == 0 { return now }
    let seconds = Int64(clamping: (now.nanoseconds - min(clock.since, now.nanoseconds)) / 1_000_000_000)
    let shown = Int64(clamping: now.nanoseconds) &+ clock.offset &+ clock.drift &* seconds
    return Instant(nanoseconds: UInt64(max(shown, 0)))
  }

  mutating func setTwin(_ node: NodeID, chance: UInt32?) {
    if twins.isEmpty { twins = Array(repeating: nil, count: nodes) }
    twins[node.index] = chance
  }
  func twin(_ node: NodeID) -> UInt32? { twins.isEmpty ? nil : twins[node.index] }

  mutating func setFaulty(_ node: NodeID, _ list: [ServiceID]?, _ isFaulty: Bool) {
    if faulty.isEmpty { faulty = Array(repeating: [], count: nodes) }
    guard isFaulty else {
      faulty[node.index] = []
      return
    }
    var flags = Array(repeating: list == nil, count: services)
    for service in list ?? [] { flags[service.index] = true }
    faulty[node.index] = flags
  }
  func isFaulty(_ node: NodeID, _ service: ServiceID) -> Bool {
    !faulty.isEmpty && !faulty[node.index].isEmpty && faulty[node.index][service.index]
  }

  /// Faults of nodes that are in force, in the order in which they began.
  private var inForce: [Fault] = []

  mutating func begin(_ fault: Fault) {
    troubles.append(fault.name)
    switch fault.kind {
    case .crash, .slowCPU, .node: inForce.append(fault)
    default: break
    }
  }
  mutating func end(_ fault: Fault) {
    if let k = troubles.firstIndex(of: fault.name) { troubles.remove(at: k) }
    inForce.removeAll { $0.id == fault.id }
  }

  /// What faults add to the delay of the node's RPC, all together.
  func rpcExtra(_ node: NodeID) -> TimeSpan {
    inForce.reduce(.zero) { $0 + $1.rpcExtra(node) }
  }

  /// Whether a crash that is in force keeps the node down.
  func isDown(_ node: NodeID) -> Bool {
    inForce.contains { if case .crash(let nodes, _) = $0.kind { nodes.contains(node) } else { false } }
  }

  /// The factor of the last fault that slows the node down, of 1,000.
  func slowdown(_ node: NodeID) -> UInt64 {
    for fault in inForce.reversed() {
      if case .slowCPU(let nodes, let factor) = fault.kind, nodes.contains(node) { return factor }
    }
    return 1_000
  }

  /// The last effect of the same name on the node.
  func latest(like effect: NodeFault, on node: NodeID) -> NodeFault? {
    for fault in inForce.reversed() {
      if case .node(let nodes, let other) = fault.kind, other.name == effect.name, nodes.contains(node) {
        return other
      }
    }
    return nil
  }
}

extension Participants {
  /// A fault came into force that concerns what nodes are or see, apart from links and processes, which are the driver's.
  public mutating func begin(_ fault: Fault, _ now: Instant) {
    conditions.begin(fault)
    apply(fault, now)
  }

  /// It ended. Of several faults of one kind on one node the last that began counts; when it ends, the last of those that are
  /// still in force.
  public mutating func end(_ fault: Fault, _ now: Instant) {
    conditions.end(fault)
    apply(fault, now)
  }

  /// What faults add to the delay of the node's RPC, in either direction.
  public func rpcExtra(_ node: NodeID) -> TimeSpan { conditions.rpcExtra(node) }

  /// Whether a crash that is still in force keeps the node down: the driver does not start it then.
  public func isKeptDown(_ node: NodeID) -> Bool { conditions.isDown(node) }

  /// Makes the nodes of a fault that began or ended what the faults in force say.
  private mutating func apply(_ fault: Fault, _ now: Instant) {
    switch fault.kind {
    case .slowCPU(let nodes, _):
      for node in nodes {
        let nominal = deployment.nodes[node.index].slownessPermille
        processors.setSlowness(node, permille: nominal * conditions.slowdown(node) / 1_000)
      }
    case .node(let nodes, let effect):
      for node in nodes where isHosted[node.index] { apply(effect, node, now) }
    default: break
    }
  }

  private mutating func apply(_ effect: NodeFault, _ node: NodeID, _ now: Instant) {
    switch (effect, conditions.latest(like: effect, on: node)) {
    case (.clock, .clock(let offset, let drift)):
      conditions.setClock(node, offset: offset, drift: drift, now)
    case (.clock, _): conditions.setClock(node, offset: 0, drift: 0, now)
    case (.keyDuplication, .keyDuplication(let chance)): conditions.setTwin(node, chance: chance)
    case (.keyDuplication, _): conditions.setTwin(node, chance: nil)
    case (.faultySoftware, .faultySoftware(let services)): conditions.setFaulty(node, services, true)
    case (.faultySoftware, _): conditions.setFaulty(node, nil, false)
    case (.pause, _), (.throttle, _), (.rpcDelay, _): break
    }
  }

  /// An unreadable frame has arrived on `slot`. True when a running node took it: the driver then closes the connection.
  public mutating func arriveDamaged(on slot: UInt32, _ now: Instant) -> Bool {
    let node = NodeID(slotOwner[slot])
    guard availability.isUp(node) else {
      measures.lostToDownNodes += 1
      return false
    }
    processors.spend(node, at: now, cost: deployment.receiveCost)
    router.countInvalid()
    return true
  }

  /// The time by the node's own clock.
  func clock(_ node: NodeID, _ now: Instant) -> Instant { conditions.clock(node, now) }
}
