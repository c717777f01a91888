// Links and topics that come and go: hello, JOIN, LEAVE, disconnect, crash (GossipSub v1.0 *Topic membership*).

internal import Basics

/// What became of a call that a crashed node, or one in the wrong state, cannot obey.
@frozen public enum MembershipResult: UInt8, Sendable {
  case done
  /// It is so already.
  case unchanged
  /// The node is down.
  case crashed
  /// The node's subscription filter forbids the topic.
  case filtered
}

extension RouterState {
  mutating func connected(_ slot: UInt32, at instant: Instant, _ outbox: inout Outbox) -> MembershipResult {
    let node = owner(slot)
    guard nodes[node].isUp else { return .crashed }
    endDial(slot, node)
    if isConnected(slot) { return .unchanged }
    ends[slot] |= Self.connectedBit
    negotiate(slot, node)
    openLedger(slot, at: instant)
    if links[slot].version >= .v1_3, !parameters.extensions.isEmpty {
      add(.extensions, TopicID(0), value: UInt32(parameters.extensions.rawValue), to: slot, &outbox)
    }
    for topic in 0..<topicCount where standing[node * topicCount + topic] == .joined {
      let topic = TopicID(topic)
      add(.subscribe, topic, value: partials.wants(cell(node, topic)), to: slot, &outbox)
    }
    flush(&outbox)
    return .done
  }

  /// Says once more what `slot`'s owner subscribes to: a peer hears it only when a connection begins, and what the network
  /// lost of it nobody else would say again.
  mutating func announceAgain(_ slot: UInt32, _ outbox: inout Outbox) -> MembershipResult {
    let node = owner(slot)
    guard nodes[node].isUp, isConnected(slot) else { return .crashed }
    for topic in 0..<topicCount where standing[node * topicCount + topic] == .joined {
      let topic = TopicID(topic)
      add(.subscribe, topic, value: partials.wants(cell(node, topic)), to: slot, &outbox)
    }
    flush(&outbox)
    return .done
  }

  /// What the two sides speak: the higher of no version that one of them does not know.
  private mutating func negotiate(_ slot: UInt32, _ node: Int) {
    let peer = Int(peers[slot])
    let theirs = peer < nodeCount ? nodes[peer].version : parameters.version
    let version = min(nodes[node].version, theirs)
    links[slot].version = version
    links[slot].extensions = []
    links[slot].flags.remove(.heard)
    links[slot].flags.remove(.extended)
    let local = local(slot)
    let place = maskPlace(node, local)
    let bit = Self.bit(local)
    masks[place].connected |= bit
    if version == .floodsub {
      masks[place].flood |= bit
      hasAlways = true
    } else {
      masks[place].flood &= ~bit
    }
    if version >= .v1_2 { masks[place].understands12 |= bit } else { masks[place].understands12 &= ~bit }
  }

  mutating func disconnected(_ slot: UInt32, at instant: Instant) -> MembershipResult {
    let node = owner(slot)
    guard isConnected(slot) else { return .unchanged }
    let wasPositive = scores.isOn && score(slot) > 0
    ends[slot] &= ~Self.connectedBit
    discardParked(slot, releasing: true)
    let local = local(slot)
    let bit = Self.bit(local)
    masks[maskPlace(node, local)].connected &= ~bit
    var place = Int(wordOffsets[node]) * topicCount + Int(local >> 6)
    for k in 0..<topicCount {
      announced[place] &= ~bit
      if mesh[place] & bit != 0, standing[node * topicCount + k] == .joined {
        leftMesh(node, TopicID(k), local, at: instant)
      }
      mesh[place] &= ~bit
      place += wordCount(node)
    }
    partials.forget(local, node, words: wordCount(node), base: Int(wordOffsets[node]) * topicCount)
    if queues.isOn { forgetQueue(slot) }
    closeLedger(slot, node, wasPositive: wasPositive, at: instant)
    return .done
  }

  mutating func join(_ topic: TopicID, _ node: Int, at instant: Instant, _ outbox: inout Outbox)
    -> MembershipResult
  {
    guard nodes[node].isUp else { return .crashed }
    let cell = cell(node, topic)
    if filtered.count > 0, filtered[cell] { return .filtered }
    if standing[cell] == .joined { return .unchanged }
    openBooks(node, topic)
    standing[cell] = .joined
    fillMeshAtJoin(node, topic, at: instant, &outbox)
    announce(topic, subscribes: true, node, &outbox)
    flush(&outbox)
    return .done
  }

  mutating func leave(_ topic: TopicID, _ node: Int, at instant: Instant, _ outbox: inout Outbox)
    -> MembershipResult
  {
    guard nodes[node].isUp else { return .crashed }
    let cell = cell(node, topic)
    guard standing[cell] == .joined else { return .unchanged }
    collectMesh(wordBase(node, topic), wordCount(node))
    let leaving = scratch.elements
    for local in leaving {
      prune(
        node, topic, local, backoff: parameters.unsubscribeBackoff, exchange: true, at: instant, &outbox)
    }
    standing[cell] = .idle
    announce(topic, subscribes: false, node, &outbox)
    flush(&outbox)
    return .done
  }

  mutating func crash(_ node: Int, at instant: Instant) -> MembershipResult {
    guard nodes[node].isUp else { return .unchanged }
    for slot in slots(node) {
      _ = disconnected(slot, at: instant)
      links[slot].flags.remove(.dialing)
      if scores.isOn { forgetBooks(slot, at: instant) }
    }
    nodes[node].dials = 0
    for k in 0..<topicCount {
      let topic = TopicID(k)
      let cell = cell(node, topic)
      let base = wordBase(node, topic)
      standing[cell] = .idle
      for word in 0..<wordCount(node) { mesh[base + word] = 0 }
      forgetBackoffs(cell, base)
      forgetCache(cell, node)
    }
    forgetPromises(node)
    forgetResent(node)
    forgetUnwanted(node)
    forgetRecords(node)
    partials.forget(node)
    messages.forget(node)
    nodes[node].isUp = false
    return .done
  }

  mutating func restart(_ node: Int) -> MembershipResult {
    if nodes[node].isUp { return .unchanged }
    nodes[node].isUp = true
    return .done
  }
}
