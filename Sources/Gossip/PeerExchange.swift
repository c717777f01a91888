// Links that are not there yet: peers named in a PRUNE (GossipSub v1.1, *Peer exchange*), and direct peers (*Explicit peering
// agreements*), whose link is dialed again and again.
//
// A node can only dial what it has a slot for: links of the table that are not connected are the links that could be.
// The router says whom it wants in `Outbox.dials`; connecting is the driver's, which also decides how many dials run
// at once and how long one may take (go: 8, and 30 s). At most `dialsPendingMaximum` are under way.

internal import Basics

extension RouterState {
  /// Names random topic peers with a score of at least zero in the PRUNE that was just added for `local`.
  mutating func namePeers(_ node: Int, _ topic: TopicID, _ local: UInt32, at instant: Instant) {
    guard let rpc = draft(local), parameters.prunePeers > 0 else { return }
    if scores.isOn, isNegative(offsets[node] &+ local, node, at: instant) { return }
    scratch.removeAll()
    let base = wordBase(node, topic)
    let own = Int(wordOffsets[node])
    for k in 0..<wordCount(node) {
      var bits = announced[base &+ k] & ~masks[own &+ k].negative
      if k == Int(local >> 6) { bits &= ~Self.bit(local) }
      collect(bits, word: k)
    }
    var random = RandomStream(
      seed: exchangeChoice.bits(
        UInt64(offsets[node] &+ local), UInt64(topic.rawValue), UInt64(nodes[node].tick)))
    choose(parameters.prunePeers, &random)
    for k in 0..<min(parameters.prunePeers, scratch.count) {
      guard control.append(peer: NodeID(peers[offsets[node] &+ scratch[k]]), to: rpc) else {
        counters.controlFull += 1
        return
      }
      counters.peersExchanged += 1
    }
  }

  /// A peer's PRUNE named others: dials some of them when the peer's score is good enough to be believed.
  mutating func exchanged(
    _ index: ControlItemIndex, _ slot: UInt32, _ node: Int, at instant: Instant, _ outbox: inout Outbox
  ) {
    if scores.isOn, score(slot) < scores.parameters.thresholds.acceptPeerExchange {
      counters.peersNotBelieved += 1
      return
    }
    scratch.removeAll()
    var cursor = control.peers(of: index)
    while let peer = control.next(&cursor) {
      guard peer.index != node else { continue }
      if let other = slotTo(peer, node) {
        if !isConnected(other) { scratch.append(local(other)) }
      } else {
        counters.dialsRefused += 1
      }
    }
    var random = RandomStream(
      seed: exchangeChoice.bits(UInt64(slot), 1 << 32, UInt64(nodes[node].tick)))
    let wanted = parameters.prunePeers > 0 ? parameters.prunePeers : scratch.count
    choose(wanted, &random)
    for k in 0..<min(wanted, scratch.count) { dial(offsets[node] &+ scratch[k], node, &outbox) }
  }

  /// The node's slot that leads to a peer. Cost: the node's links.
  private func slotTo(_ peer: NodeID, _ node: Int) -> UInt32? {
    for slot in slots(node) where peers[slot] == peer.rawValue { return slot }
    return nil
  }

  private mutating func dial(_ slot: UInt32, _ node: Int, _ outbox: inout Outbox) {
    guard !links[slot].flags.contains(.dialing) else { return }
    guard Int(nodes[node].dials) < parameters.dialsPendingMaximum else {
      counters.dialsRefused += 1
      return
    }
    links[slot].flags.insert(.dialing)
    nodes[node].dials += 1
    counters.dials += 1
    let local = local(slot)
    masks[maskPlace(node, local)].outbound |= Self.bit(local)
    outbox.dials.append(slot)
  }

  /// The dial over the slot, if there was one, has ended.
  mutating func endDial(_ slot: UInt32, _ node: Int) {
    guard links[slot].flags.contains(.dialing) else { return }
    links[slot].flags.remove(.dialing)
    nodes[node].dials -= 1
  }

  /// Asks for the links of direct peers that are not there.
  mutating func dialDirect(_ node: Int, _ outbox: inout Outbox) {
    let own = Int(wordOffsets[node])
    for k in 0..<wordCount(node) {
      var bits = masks[own &+ k].direct & ~masks[own &+ k].connected
      while bits != 0 {
        let local = UInt32(truncatingIfNeeded: k &<< 6 &+ bits.trailingZeroBitCount)
        bits &= bits &- 1
        dial(offsets[node] &+ local, node, &outbox)
      }
    }
  }

  mutating func setDirect(_ slot: UInt32, _ isDirect: Bool, at instant: Instant) {
    let node = owner(slot)
    let local = local(slot)
    let place = maskPlace(node, local)
    let bit = Self.bit(local)
    if isDirect {
      hasAlways = true
      masks[place].direct |= bit
      for k in 0..<topicCount {
        let topic = TopicID(k)
        let base = wordBase(node, topic)
        guard contains(mesh, base, local) else { continue }
        if standing[cell(node, topic)] == .joined { leftMesh(node, topic, local, at: instant) }
        mesh[base &+ Int(local >> 6)] &= ~bit
      }
    } else {
      masks[place].direct &= ~bit
    }
    setDeafness(slot)
  }
}
