// Links that routers ask for and links that make them wait: dials of peer exchange, and the outbound queue of each link.
//
// A dial takes a round trip and succeeds when both ends are up and no partition lies between them then. A link that was
// dialed once is one of the node's links from then on: it comes back after a crash as the others do.

import Basics
import Gossip
import Network
import Participants
import Runs

extension World {
  /// By slot: whether its link waits for somebody to dial. Such edges come last.
  static func potential(_ blueprint: Blueprint, _ slots: Int) -> Table<Bool> {
    guard blueprint.openEdges < blueprint.edges.count else { return Table() }
    var next = blueprint.deployment.nodes.indices.map { Int(blueprint.deployment.offsets[$0]) }
    let potential = Table(repeating: false, count: slots)
    for (index, edge) in blueprint.edges.enumerated() {
      for node in [edge.a.index, edge.b.index] {
        potential[next[node]] = index >= blueprint.openEdges
        next[node] += 1
      }
    }
    return potential
  }

  func isOpen(_ slot: UInt32) -> Bool { isPotential.count == 0 || !isPotential[slot] }

  // MARK: Dials

  mutating func dial(_ now: Instant, _ network: inout EventNetwork) {
    for k in 0..<effects.outbox.dials.count {
      let slot = Int(effects.outbox.dials[k])
      network.schedule(
        at: now + network.links.latency(slot) * 2, slot: Int(worldSlot), payload: Input.dialed.payload(slot))
    }
  }

  mutating func endDial(_ index: Int, _ now: Instant, _ network: inout EventNetwork) {
    let slot = UInt32(index)
    let (node, other) = (NodeID(network.links.owner(index)), NodeID(network.links.neighbor(index)))
    guard participants.isUp(node), participants.isUp(other), !isParted(node, other),
      !participants.router.isConnected(slot: slot)
    else { return participants.router.dialFailed(slot: slot) }
    let back = UInt32(network.links.reverse(index))
    if isPotential.count > 0 { (isPotential[slot], isPotential[back]) = (false, false) }
    participants.connected(slot, now, &effects)
    participants.connected(back, now, &effects)
  }

  /// Whether a partition in force lies between two nodes.
  private func isParted(_ a: NodeID, _ b: NodeID) -> Bool {
    for (index, fault) in blueprint.faults.enumerated() where linkFaults[index] != nil {
      if case .partition(let sides) = fault.kind, !Fault.connects(sides[a.index], sides[b.index]) {
        return true
      }
    }
    return false
  }

  // MARK: Queues

  /// Moves what the last input wants sent into the outbound queues, and sends what finds its link free.
  mutating func queue(_ now: Instant, _ network: inout EventNetwork) {
    guard effects.outbox.count > 0 else { return }
    let slots = (0..<effects.outbox.count).map { Int(effects.outbox[$0].slot) }
    let lane = participants.router.lane(of: effects.outbox)
    _ = participants.router.enqueue(&effects.outbox, as: lane, at: now)
    for slot in slots { sendNext(slot, now, &network, isDue: false) }
  }

  /// Sends from a link's queue as long as the link is free; then waits for it.
  mutating func sendNext(
    _ slot: Int, _ now: Instant, _ network: inout EventNetwork, isDue: Bool = true
  ) {
    if isDue { awaitsLink[slot] = false }
    if awaitsLink[slot] { return }
    while participants.router.queueLength(slot: UInt32(slot)) > 0 {
      let free = network.links.freeAt(slot)
      if free > now {
        awaitsLink[slot] = true
        return network.schedule(at: free, slot: Int(worldSlot), payload: Input.linkFree.payload(slot))
      }
      guard let next = participants.router.dequeue(slot: UInt32(slot), at: now) else { return }
      send(next, now, &network)
    }
  }
}
