// The heartbeat (GossipSub v1.0 and v1.1 *Heartbeat*), in go-libp2p-pubsub's order: promises, IDONTWANTs, direct peers,
// scores, then by topic the mesh and its gossip or the fanout and its gossip, then everything for a peer in one RPC, then
// the cache shifts.

public import Basics

/// What became of a heartbeat.
@frozen public enum HeartbeatResult: Hashable, Sendable {
  /// Done; the node's next one is due then.
  case beaten(next: Instant)
  /// The node is down: no next one until it restarts.
  case crashed
}

extension RouterState {
  /// Heartbeats between two walks over all backoffs (go-libp2p-pubsub: 15); the others look only where they GRAFT.
  private static let backoffTicks: UInt32 = 15

  mutating func heartbeat(_ node: Int, at instant: Instant, _ outbox: inout Outbox) -> HeartbeatResult {
    guard nodes[node].isUp else { return .crashed }
    if nodes[node].promises != Self.none { settlePromises(node, at: instant) }
    if nodes[node].unwanted != Self.none { expireUnwanted(node) }
    if hasAlways, Int(nodes[node].tick) % parameters.directConnectTicks == 0 { dialDirect(node, &outbox) }
    if queues.isOn { reportSlow(node) }
    if partials.isOn { partials.age(node, life: parameters.partialLifeHeartbeats) }
    if scores.isOn { refreshIfDue(node, at: instant) }
    let expires = nodes[node].tick % Self.backoffTicks == 0
    for k in 0..<topicCount {
      let topic = TopicID(k)
      let cell = cell(node, topic)
      if expires, backoffHeads[cell] != Self.none {
        expireBackoffs(cell, wordBase(node, topic), at: instant)
      }
      switch standing[cell] {
      case .idle: break
      case .joined:
        maintain(node, topic, at: instant, &outbox)
        emitGossip(node, topic, &outbox)
      case .fanout:
        maintainFanout(node, topic, at: instant)
        if standing[cell] == .fanout { emitGossip(node, topic, &outbox) }
      }
    }
    if nodes[node].parked > 0 {
      for slot in slots(node) where parked[slot] != Self.none { unpark(slot, &outbox) }
    }
    flush(&outbox)
    shiftCache(node)
    return .beaten(next: instant + parameters.heartbeatInterval)
  }

  /// From a node's start to its first heartbeat: the delay and the node's own phase.
  @inline(__always)
  func firstHeartbeat(_ node: Int) -> TimeSpan {
    let phase = unit(heartbeatPhase.bits(UInt64(node))) * Double(parameters.heartbeatInterval.nanoseconds)
    return parameters.heartbeatDelay + TimeSpan(nanoseconds: UInt64(phase))
  }
}
