// What Sybils do. They are nodes like all others to the router and to both engines; they serve nothing, sign nothing and are not
// measured. At every heartbeat a Sybil asks each peer for a place in its mesh that it does not have, as soon as the last
// refusal's backoff allows, and gives none back: it wants to be where messages pass. What it then does with them is its
// `Misconduct`, as of any adversary: nothing until the attack, afterwards it drops them. It looks at what it passes on before it
// does, so that nobody can blame it for a bad one; its own time is not modelled, an attacker has what it needs.
//
// After libp2p/gossipsub-hardening's attackers, which regraft within the backoff; that is `graftSpam` here. Their connections stand
// from the beginning.

import AVS
import Basics
import Gossip

/// Which nodes are Sybils, and of what swarm.
struct SwarmBook {
  let swarms: [Swarm]
  /// By node: its swarm. Empty without swarms.
  private let swarmOf: [Int?]

  init(_ swarms: [Swarm], nodes: Int) {
    self.swarms = swarms
    var swarmOf: [Int?] = swarms.isEmpty ? [] : Array(repeating: nil, count: nodes)
    for (k, swarm) in swarms.enumerated() { for node in swarm.nodes { swarmOf[node] = k } }
    self.swarmOf = swarmOf
  }

  var isEmpty: Bool { swarmOf.isEmpty }
  func contains(_ node: NodeID) -> Bool { !swarmOf.isEmpty && swarmOf[node.index] != nil }
  func swarm(of node: NodeID) -> Swarm? {
    swarmOf.isEmpty ? nil : swarmOf[node.index].map { swarms[$0] }
  }
}

extension Participants {
  /// A heartbeat in a network with Sybils: one of them comes or goes, everybody else says who sits in its meshes. Before the
  /// router's own work.
  mutating func heartbeatAmongSybils(_ node: NodeID, _ now: Instant, _ effects: inout Effects) {
    guard let swarm = swarms.swarm(of: node) else { return tellMeshes(node, now, &effects) }
    let isThere = now >= swarm.enters && now < swarm.leaves
    for service in swarm.services {
      let topic = topic(service)
      // Both do nothing where it is so already.
      if isThere {
        _ = router.join(node, topic, at: now, outbox: &effects.outbox)
      } else {
        _ = router.leave(node, topic, at: now, outbox: &effects.outbox)
      }
    }
  }

  /// How many places there are in the meshes of an honest node, and how many Sybils have.
  private mutating func tellMeshes(_ node: NodeID, _ now: Instant, _ effects: inout Effects) {
    var held: UInt64 = 0
    var places: UInt64 = 0
    for service in roles.topicsOf[node.index] {
      for slot in router.mesh(node, topic(service)) {
        places += 1
        if swarms.contains(router.neighbor(slot)) { held += 1 }
      }
    }
    effects.facts.append(Fact(.meshed, node: node, at: now, value: held, extra: places))
  }

  /// A message has reached a Sybil for the first time.
  mutating func admit(
    _ message: MessageHandle, atSybil node: NodeID, on slot: UInt32, _ now: Instant, _ effects: inout Effects
  ) {
    let isGood = preliminary(store[message], message, at: node, now) == .check && isValid(message)
    let passes = isGood && passesOn(message, at: node, now)
    settle(message, at: node, from: slot, passes ? .accept : .ignore, now, &effects)
  }
}
