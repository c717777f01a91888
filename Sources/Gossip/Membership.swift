// Links and topics that come and go: hello, JOIN, LEAVE, disconnect, crash (GossipSub v1.0 *Topic membership*).

internal import Basics

/// What became of a call that a crashed node, or one in the wrong state, cannot obey.
@frozen public enum MembershipResult: UInt8, Sendable {
  case done
  /// It is so already.
  case unchanged
  /// The node is down.
  case crashed
}

extension RouterState {
  mutating func connected(_ slot: UInt32, _ outbox: inout Outbox) -> MembershipResult {
    let node = owner(slot)
    guard nodes[node].isUp else { return .crashed }
    if isConnected(slot) { return .unchanged }
    ends[slot] |= Self.connectedBit
    for topic in 0..<topicCount where standing[node * topicCount + topic] == .joined {
      add(.subscribe, TopicID(topic), to: slot, &outbox)
    }
    flush(&outbox)
    return .done
  }

  mutating func disconnected(_ slot: UInt32) -> MembershipResult {
    let node = owner(slot)
    guard isConnected(slot) else { return .unchanged }
    ends[slot] &= ~Self.connectedBit
    discardParked(slot, releasing: true)
    let local = local(slot)
    let bit = Self.bit(local)
    var place = Int(wordOffsets[node]) * topicCount + Int(local >> 6)
    for _ in 0..<topicCount {
      announced[place] &= ~bit
      mesh[place] &= ~bit
      place += wordCount(node)
    }
    return .done
  }

  mutating func join(_ topic: TopicID, _ node: Int, at instant: Instant, _ outbox: inout Outbox)
    -> MembershipResult
  {
    guard nodes[node].isUp else { return .crashed }
    let cell = cell(node, topic)
    if standing[cell] == .joined { return .unchanged }
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
    for k in 0..<scratch.count {
      prune(node, topic, scratch[k], backoff: parameters.unsubscribeBackoff, at: instant, &outbox)
    }
    standing[cell] = .idle
    announce(topic, subscribes: false, node, &outbox)
    flush(&outbox)
    return .done
  }

  mutating func crash(_ node: Int) -> MembershipResult {
    guard nodes[node].isUp else { return .unchanged }
    for slot in slots(node) { _ = disconnected(slot) }
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
