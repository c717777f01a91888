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
    for slot in 0..<linkSlots { participants.connected(slot, .zero, &effects) }
    carryOut(.zero, &network)
  }

  mutating func begin(_ index: Int, _ now: Instant, _ network: inout EventNetwork) {
    let fault = blueprint.faults[index]
    switch fault.kind {
    case .partition(let sides):
      linkFaults[index] = network.links.begin(.cut) { !Fault.connects(sides[$0], sides[$1]) }
      participants.partitioned(fault.id, sides: sides, now)
      record.partitioned(fault.id, sides: sides, now)
    case .loss(let links, let share):
      linkFaults[index] = network.links.begin(.loss(share)) {
        links.contains(NodeID($0), NodeID($1))
      }
    case .latency(let links, let add, let scale):
      linkFaults[index] = network.links.begin(.delay(add: add, scale: scale)) {
        links.contains(NodeID($0), NodeID($1))
      }
    case .crash(let nodes, let losesState):
      for node in nodes { crash(node, losesState, now) }
    case .slowCPU(let nodes, let factor):
      for node in nodes {
        let nominal = blueprint.deployment.nodes[node.index].slownessPermille
        participants.setSlowness(node, permille: nominal * factor / 1_000)
      }
    }
  }

  mutating func end(_ index: Int, _ now: Instant, _ network: inout EventNetwork) {
    let fault = blueprint.faults[index]
    if let id = linkFaults[index] {
      network.links.heal(id)
      linkFaults[index] = nil
    }
    switch fault.kind {
    case .partition:
      participants.mended(fault.id, now)
      record.mended(fault.id, now)
    case .crash(let nodes, _):
      for node in nodes { restart(node, now) }
    case .slowCPU(let nodes, _):
      for node in nodes {
        participants.setSlowness(node, permille: blueprint.deployment.nodes[node.index].slownessPermille)
      }
    case .loss, .latency: break
    }
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
    guard !participants.isUp(node) else { return }
    participants.restart(node, now, &effects)
    for slot in participants.router.slots(of: node)
    where participants.isUp(participants.router.neighbor(slot)) {
      participants.connected(slot, now, &effects)
      participants.connected(blueprint.deployment.reverse[Int(slot)], now, &effects)
    }
  }
}
