// The way of a message through a node: publish, receive, validate, forward (GossipSub v1.0 *Message processing*, v1.1
// *Flood publishing*, *Extended validators*).
//
// Author fields are checked before a message counts as seen, the application's verdict comes after; IDONTWANT leaves before
// the verdict.
//
// Departures from go-libp2p-pubsub: a forwarded message also spares the mesh peers that sent it while it was being
// validated (as rust does); copies leave in link order from a random start, not shuffled.

internal import Basics

/// What became of a received copy.
@frozen public enum Reception: UInt8, Sendable {
  /// The first copy: the application validates it and calls `settle` exactly once.
  case fresh
  /// Seen before.
  case duplicate
  /// Its row was recycled: older than the seen TTL.
  case stale
  /// The node has not joined the topic.
  case unsubscribed
  /// The node is down, the link closed, or the slot unknown.
  case unreachable
  /// The node does not hear the peer: its score is below the graylist threshold, or it is blacklisted.
  case graylisted
  /// The signing policy refuses the message, or it claims to be the receiver's own: held against the sender.
  case refused
}

/// The application's judgement of a message (consensus p2p: ACCEPT, IGNORE, REJECT).
@frozen public enum Verdict: UInt8, Sendable {
  /// Valid: forward.
  case accept
  /// Of no use, nobody's fault: do not forward.
  case ignore
  /// Invalid: do not forward; the senders are to blame.
  case reject
  /// Not judged, for want of room: as `ignore`, and nobody's fault.
  case throttled
}

/// What became of a verdict.
@frozen public enum Settlement: Hashable, Sendable {
  case forwarded(copies: Int)
  /// Ignored or rejected.
  case dropped
  /// Nothing to settle: recycled, settled before, or forgotten in a crash.
  case stale
}

/// What became of a publication.
@frozen public enum PublishResult: Hashable, Sendable {
  case sent(copies: Int)
  /// The node published or received it before.
  case duplicate
  /// The handle's row was recycled.
  case stale
  /// Longer than an RPC may be.
  case tooLarge(bytes: Int, limit: Int)
  /// The node is down.
  case crashed
}

extension RouterState {
  mutating func receive(
    _ message: MessageHandle, on slot: UInt32, at instant: Instant, _ outbox: inout Outbox
  ) -> Reception {
    guard Int(slot) < ends.count else {
      counters.invalid &+= 1
      return .unreachable
    }
    let end = ends[slot]
    guard end & ~Self.ownerMask == Self.connectedBit else { return unheard(end) }
    counters.copiesReceived &+= 1
    guard messages.isLive(message) else {
      counters.stale &+= 1
      return .stale
    }
    let node = Int(truncatingIfNeeded: end & Self.ownerMask)
    let place = messages.place(message, node)
    let bit = MessageTable.bit(message)
    let first = messages.lines[place]
    if (first | messages.lines[place &+ 1]) & bit != 0 {
      counters.duplicates &+= 1
      if first & bit == 0 {
        noteResent(message, slot, node)
      } else if scores.isOn, messages.lines[place &+ 2] & bit != 0 {
        lateDuplicate(message, place, slot, node, at: instant)
      }
      return .duplicate
    }
    let fact = messages.fact(message)
    guard standing[cell(node, fact.topic)] == .joined else {
      counters.unsubscribed &+= 1
      return .unsubscribed
    }
    if fact.authorship != .absent || nodes[node].signing != .strictNoSign {
      if !takesAuthor(fact, slot, node, at: instant) { return .refused }
    }
    messages.lines[place &+ 1] |= bit
    counters.fresh &+= 1
    if fact.dataBytes >= UInt32(truncatingIfNeeded: parameters.idontwantBytes) {
      declineCopies(message, fact.topic, node, from: slot, at: instant, &outbox)
    }
    return .fresh
  }

  /// A copy over a closed link, or from a peer the node is deaf to.
  private mutating func unheard(_ end: UInt32) -> Reception {
    if end & Self.connectedBit == 0 {
      counters.unreachable &+= 1
      return .unreachable
    }
    counters.graylisted &+= 1
    return .graylisted
  }

  /// Whether the author fields are as the policy wants them; if not, the sender is to blame (v1.1, P4).
  private mutating func takesAuthor(
    _ fact: MessageTable.Message, _ slot: UInt32, _ node: Int, at instant: Instant
  ) -> Bool {
    if !nodes[node].signing.accepts(fact.authorship) {
      counters.refused &+= 1
      blame(slot, fact.topic, .badAuthor, at: instant)
      return false
    }
    if parameters.rejectsSelfOrigin, fact.authorship != .absent, fact.origin.rawValue == UInt32(node) {
      counters.refused &+= 1
      blame(slot, fact.topic, .selfOrigin, at: instant)
      return false
    }
    return true
  }

  mutating func settle(
    _ message: MessageHandle, _ node: Int, from slot: UInt32, _ verdict: Verdict, at instant: Instant,
    _ outbox: inout Outbox
  ) -> Settlement {
    precondition(owner(slot) == node, "slot \(slot) is not one of node \(node)")
    let others = nodes[node].resent == 0 ? Self.none : takeResent(message, node)
    defer { releaseSenders(others) }
    guard messages.isLive(message) else { return .stale }
    let place = messages.place(message, node)
    let bit = MessageTable.bit(message)
    guard messages.lines[place] & bit == 0, messages.lines[place &+ 1] & bit != 0 else { return .stale }
    messages.lines[place] |= bit
    guard verdict == .accept else {
      messages.lines[place &+ 1] &= ~bit
      switch verdict {
      case .reject:
        counters.rejected &+= 1
        if scores.isOn {
          let topic = messages.fact(message).topic
          rejectedMessage(message, place, topic, node, from: slot, others: others, at: instant)
        }
      case .throttled:
        counters.throttled &+= 1
        forgetPromises(of: message, node)
      default: counters.ignored &+= 1
      }
      return .dropped
    }
    counters.accepted &+= 1
    let fact = messages.fact(message)
    let cell = cell(node, fact.topic)
    if scores.isOn { delivered(message, place, fact.topic, node, from: slot, others: others, at: instant) }
    if !keep(message, cell, node) { messages.lines[place &+ 1] &= ~bit }
    guard standing[cell] == .joined else { return .forwarded(copies: 0) }

    let base = wordBase(node, fact.topic)
    let words = wordCount(node)
    let local = slot &- offsets[node]
    for k in 0..<words { excluded[k] = 0 }
    excluded[Int(local &>> 6)] = Self.bit(local)
    var index = others
    while index != Self.none {
      let sender = senders[index]
      excluded[Int(sender.local &>> 6)] |= Self.bit(sender.local)
      index = sender.next
    }
    if nodes[node].unwanted != Self.none { excludeUnwanting(message, base, node) }
    if partials.isOn { excludePartial(fact.topic, node) }
    let start = orderStart(message, node)
    var copies = 0
    for k in 0..<words {
      let word = turned(start, k, words)
      var peers = mesh[base &+ word]
      if hasAlways { peers |= announced[base &+ word] & masks[Int(wordOffsets[node]) &+ word].always }
      copies &+= send(
        message, fact, peers & ~excluded[word], offsets[node] &+ UInt32(word &<< 6), start, &outbox)
    }
    account(copies, fact)
    return .forwarded(copies: copies)
  }

  mutating func publish(
    _ message: MessageHandle, _ topic: TopicID, _ node: Int, at instant: Instant, _ outbox: inout Outbox
  ) -> PublishResult {
    guard nodes[node].isUp else { return .crashed }
    guard messages.isLive(message) else { return .stale }
    let fact = messages.fact(message)
    precondition(fact.topic == topic, "the message was registered for topic \(fact.topic.rawValue)")
    guard fact.wireBytes <= parameters.rpcBytesMaximum else {
      return .tooLarge(bytes: Int(fact.wireBytes), limit: parameters.rpcBytesMaximum)
    }
    let place = messages.place(message, node)
    let bit = MessageTable.bit(message)
    guard (messages.lines[place] | messages.lines[place &+ 1]) & bit == 0 else { return .duplicate }
    messages.lines[place] |= bit
    let cell = cell(node, topic)
    if keep(message, cell, node) { messages.lines[place &+ 1] |= bit }
    counters.published &+= 1

    if scores.isOn { publishedOwn(message, place, topic, node, at: instant) }
    let base = wordBase(node, topic)
    let words = wordCount(node)
    if !parameters.floodPublish, nodes[node].version > .floodsub, standing[cell] != .joined {
      standing[cell] = .fanout
      fanoutExpires[cell] = (instant + parameters.fanoutLife).nanoseconds
      if count(mesh, base, words) == 0 { fillFanout(node, topic) }
    }
    if parameters.idontwantOnPublish, fact.dataBytes >= UInt32(truncatingIfNeeded: parameters.idontwantBytes)
    {
      declineCopies(message, topic, node, from: nil, at: instant, &outbox)
    }
    for k in 0..<words { excluded[k] = 0 }
    if nodes[node].unwanted != Self.none { excludeUnwanting(message, base, node) }
    if partials.isOn { excludePartial(topic, node) }
    let own = Int(wordOffsets[node])
    let start = orderStart(message, node)
    var copies = 0
    for k in 0..<words {
      let word = turned(start, k, words)
      var peers = mesh[base &+ word]
      if parameters.floodPublish {
        peers = announced[base &+ word] & (~masks[own &+ word].publishless | masks[own &+ word].direct)
      } else if hasAlways {
        peers |= announced[base &+ word] & masks[own &+ word].always
      }
      copies &+= send(
        message, fact, peers & ~excluded[word], offsets[node] &+ UInt32(word &<< 6), start, &outbox)
    }
    account(copies, fact)
    return .sent(copies: copies)
  }

  // MARK: Copies

  /// Where the copies of a message begin their round over a node's links. Pairs here, triples for the mesh: the draws
  /// of the two uses of this purpose do not meet.
  @inline(__always) private func orderStart(_ message: MessageHandle, _ node: Int) -> UInt64 {
    meshChoice.bits(UInt64(truncatingIfNeeded: node), UInt64(message.rawValue))
  }

  @inline(__always) private func turned(_ start: UInt64, _ k: Int, _ words: Int) -> Int {
    if words == 1 { return 0 }
    return (Int(truncatingIfNeeded: scale(start, UInt64(truncatingIfNeeded: words))) &+ k) % words
  }

  /// Sends to the links of one word of local slots, the origin spared.
  @inline(__always)
  private mutating func send(
    _ message: MessageHandle, _ fact: MessageTable.Message, _ bits: UInt64, _ first: UInt32, _ start: UInt64,
    _ outbox: inout Outbox
  ) -> Int {
    let turn = start & 63
    var rest = bits &>> turn | bits &<< ((64 &- turn) & 63)
    if turn == 0 { rest = bits }
    let payload = Payload(message)
    var copies = 0
    while rest != 0 {
      let bit = UInt64(truncatingIfNeeded: rest.trailingZeroBitCount)
      rest &= rest &- 1
      let slot = first &+ UInt32(truncatingIfNeeded: (bit &+ turn) & 63)
      if peers[slot] == fact.origin.rawValue { continue }
      outbox.append(slot: slot, payload)
      copies &+= 1
    }
    return copies
  }

  @inline(__always)
  mutating func account(_ copies: Int, _ fact: MessageTable.Message) {
    counters.copiesSent &+= UInt64(truncatingIfNeeded: copies)
    counters.dataBytes &+= UInt64(truncatingIfNeeded: copies) &* UInt64(fact.wireBytes)
  }

  // MARK: Senders during validation

  private func resentKey(_ message: MessageHandle, _ node: Int) -> UInt64 {
    UInt64(truncatingIfNeeded: node) &<< 32 | UInt64(message.rawValue)
  }

  /// A mesh peer, or with scoring any peer, sent a message that is being validated. At most one entry a link.
  @inline(never)
  private mutating func noteResent(_ message: MessageHandle, _ slot: UInt32, _ node: Int) {
    let local = slot &- offsets[node]
    guard scores.isOn || contains(mesh, wordBase(node, messages.fact(message).topic), local) else { return }
    let key = resentKey(message, node)
    let known = resent[key]
    var index = known ?? Self.none
    while index != Self.none {
      if senders[index].local == local { return }
      index = senders[index].next
    }
    if known == nil { nodes[node].resent += 1 }
    let entry = Sender(local: local, next: known ?? Self.none)
    if freeSender != Self.none {
      index = freeSender
      freeSender = senders[index].next
      senders[index] = entry
    } else {
      index = UInt32(senders.count)
      senders.append(entry)
    }
    resent.set(key, index)
  }

  private mutating func takeResent(_ message: MessageHandle, _ node: Int) -> UInt32 {
    guard let head = resent.remove(resentKey(message, node)) else { return Self.none }
    nodes[node].resent -= 1
    return head
  }

  private mutating func releaseSenders(_ head: UInt32) {
    var index = head
    while index != Self.none {
      let next = senders[index].next
      senders[index].next = freeSender
      freeSender = index
      index = next
    }
  }

  /// Forgets the notes on a node's messages in validation. Cost: the size of the hash, when there are any.
  mutating func forgetResent(_ node: Int) {
    guard nodes[node].resent > 0 else { return }
    var keys = Table<UInt64>()
    for place in 0..<resent.places {
      if let key = resent.key(at: place), key >> 32 == UInt64(node) { keys.append(key) }
    }
    for k in 0..<keys.count {
      if let head = resent.remove(keys[k]) { releaseSenders(head) }
    }
    nodes[node].resent = 0
  }
}
