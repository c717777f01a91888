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

  mutating func begin(_ name: String) { troubles.append(name) }
  mutating func end(_ name: String) {
    if let k = troubles.firstIndex(of: name) { troubles.remove(at: k) }
  }
}

extension Participants {
  /// A fault came into force that concerns what nodes are or see, apart from links and processes, which are the driver's.
  public mutating func begin(_ fault: Fault, _ now: Instant) {
    conditions.begin(fault.name)
    guard case .node(let nodes, let effect) = fault.kind else { return }
    for node in nodes where isHosted[node.index] {
      switch effect {
      case .clock(let offset, let drift): conditions.setClock(node, offset: offset, drift: drift, now)
      case .keyDuplication(let chance): conditions.setTwin(node, chance: chance)
      case .faultySoftware(let services): conditions.setFaulty(node, services, true)
      case .pause, .throttle: break
      }
    }
  }

  /// It ended. Of two faults of one kind on one node the later one's end ends both.
  public mutating func end(_ fault: Fault, _ now: Instant) {
    conditions.end(fault.name)
    guard case .node(let nodes, let effect) = fault.kind else { return }
    for node in nodes where isHosted[node.index] {
      switch effect {
      case .clock: conditions.setClock(node, offset: 0, drift: 0, now)
      case .keyDuplication: conditions.setTwin(node, chance: nil)
      case .faultySoftware: conditions.setFaulty(node, nil, false)
      case .pause, .throttle: break
      }
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
