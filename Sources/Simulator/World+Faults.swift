// Faults come and go: what a fault of the vocabulary means in a simulation.

import AVS
import Basics
import Gossip
import Network
import Participants
import Runs

extension World {
  /// All nodes start at once; every link is up.
  mutating func start(_ network: inout EventNetwork) {
    participants.start(.zero, &effects)
    for slot in 0..<linkSlots where isOpen(slot) { participants.connected(slot, .zero, &effects) }
    carryOut(.zero, &network)
  }

  mutating func begin(_ index: Int, _ now: Instant, _ network: inout EventNetwork) {
    let fault = blueprint.faults[index]
    record.began(fault, now)
    participants.begin(fault, now)
    switch fault.kind {
    case .partition(let sides):
      linkFaults[index] = network.links.begin(.cut) { !Fault.connects(sides[$0], sides[$1]) }
      participants.partitioned(fault.id, sides: sides, now)
    case .oneWay(let sides):
      linkFaults[index] = network.links.begin(.cut) { !Fault.passes(sides[$0], to: sides[$1]) }
      participants.partitioned(fault.id, sides: sides, isOneWay: true, now)
    case .loss(let links, let share):
      linkFaults[index] = network.links.begin(.loss(share), key: fault.key) {
        links.contains(NodeID($0), NodeID($1))
      }
    case .latency(let links, let add, let scale):
      linkFaults[index] = network.links.begin(.delay(add: add, scale: scale)) {
        links.contains(NodeID($0), NodeID($1))
      }
    case .link(let links, let effect):
      linkFaults[index] = network.links.begin(effect, key: fault.key) {
        links.contains(NodeID($0), NodeID($1))
      }
    case .eclipse(_, let cut):
      linkFaults[index] = network.links.begin(.cut) { cut.contains(NodeID($0), NodeID($1)) }
    case .node(let nodes, .throttle(let rate)):
      linkFaults[index] = network.links.begin(.uplink(rate), key: fault.key) { from, _ in
        nodes.contains(NodeID(from))
      }
    case .node(let nodes, .pause): for node in nodes { standstill.begin(node.index) }
    case .node: break
    case .crash(let nodes, let losesState):
      for node in nodes { crash(node, losesState, now) }
    case .slowCPU: break
    case .chain(let chain):
      coordinator.begin(chain, id: fault.id, at: now, until: fault.until, facts: &chainFacts)
      moveChain(now, &network)
    }
  }

  mutating func end(_ index: Int, _ now: Instant, _ network: inout EventNetwork) {
    let fault = blueprint.faults[index]
    if let id = linkFaults[index] {
      network.links.heal(id)
      linkFaults[index] = nil
    }
    record.ended(fault, now)
    participants.end(fault, now)
    switch fault.kind {
    case .partition, .oneWay: participants.mended(fault.id, now)
    case .crash(let nodes, _):
      for node in nodes { restart(node, now) }
    case .chain:
      coordinator.end(faultOf: fault.id, at: now, facts: &chainFacts)
      moveChain(now, &network)
    case .node(let nodes, .pause): for node in nodes { resume(node, now, &network) }
    case .loss, .latency, .link, .eclipse, .node, .slowCPU: break
    }
  }

  /// The node goes on: everything that waited for it happens now, in order.
  private mutating func resume(_ node: NodeID, _ now: Instant, _ network: inout EventNetwork) {
    for input in standstill.end(node.index) {
      if input.slot == .max {
        participants.wake(WakeUp(rawValue: input.payload), at: node, now, &effects)
      } else if eras.isAny, eras.isStale(Payload(rawValue: input.payload), on: input.slot) {
        participants.lose(Payload(rawValue: input.payload))
      } else {
        participants.arrive(Payload(rawValue: input.payload), on: input.slot, now, &effects)
      }
      carryOut(now, &network)
    }
  }

  // MARK: - Copies and damage

  /// What else became of a transmission: a copy of it, or its unreadable remains, are on their way.
  mutating func follow(_ aftermath: Aftermath, _ transmission: Transmission, _ network: inout EventNetwork) {
    let receiver = network.links.reverse(Int(transmission.slot))
    if let at = aftermath.copyAt {
      participants.router.retain(transmission.payload)
      network.schedule(at: at, slot: receiver, payload: transmission.payload.rawValue)
    }
    if let at = aftermath.damagedAt {
      network.schedule(at: at, slot: Int(worldSlot), payload: Input.damaged.payload(receiver))
    }
  }

  /// A node takes an unreadable frame: it closes the connection, as it would on a socket, and its peer dials again.
  mutating func damaged(_ slot: UInt32, _ now: Instant, _ network: inout EventNetwork) {
    guard !broken.contains(slot), participants.arriveDamaged(on: slot, now) else { return }
    let back = blueprint.deployment.reverse[Int(slot)]
    broken.insert(slot)
    broken.insert(back)
    participants.disconnected(slot, now)
    participants.disconnected(back, now)
    let roundTrip = network.links.latency(Int(slot)) * 2
    network.schedule(
      at: now + Self.redial + roundTrip, slot: Int(worldSlot), payload: Input.mended.payload(Int(slot)))
  }

  /// The pause before a redial, that of the cluster's transport.
  private static var redial: TimeSpan { .milliseconds(50) }

  mutating func mend(_ slot: UInt32, _ now: Instant) {
    let back = blueprint.deployment.reverse[Int(slot)]
    broken.remove(slot)
    broken.remove(back)
    eras.connected(slot, back)
    participants.connected(slot, now, &effects)
    participants.connected(back, now, &effects)
  }

  /// The node's process ends; its peers see their connections close at once.
  private mutating func crash(_ node: NodeID, _ losesState: Bool, _ now: Instant) {
    guard participants.isUp(node) else { return }
    participants.crash(node, losingState: losesState, now, &effects)
    if blueprint.deployment.plant == .restartUnheard { return }
    for slot in participants.router.slots(of: node) {
      participants.disconnected(blueprint.deployment.reverse[Int(slot)], now)
    }
  }

  /// The node's process starts; it connects to the peers that are up.
  private mutating func restart(_ node: NodeID, _ now: Instant) {
    guard !participants.isUp(node), !participants.isKeptDown(node) else { return }
    participants.restart(node, now, &effects)
    for slot in participants.router.slots(of: node)
    where isOpen(slot) && participants.isUp(participants.router.neighbor(slot)) {
      eras.connected(slot, blueprint.deployment.reverse[Int(slot)])
      participants.connected(slot, now, &effects)
      participants.connected(blueprint.deployment.reverse[Int(slot)], now, &effects)
    }
  }
}
