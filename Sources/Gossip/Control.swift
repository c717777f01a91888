// What a node does with its peers' control RPCs (GossipSub v1.0 *Control messages*, v1.1 *Prune backoff*, *Spam
// protection*). The answer, one RPC when there is any, leaves with the same input.
//
// Bounds on what a peer may cause: `takesIHave`, `ask`, `mayServe`, `declined`. Peers below the gossip threshold are not
// listened to, peers below the graylist threshold not heard (v1.1 *Score thresholds*).
//
// Departures from go-libp2p-pubsub: a GRAFT counts as the peer's subscription (as in rust), so that the two may arrive in
// either order; a PRUNE's backoff is cut to `backoffMaximum`.

internal import Basics

/// What became of a control RPC.
@frozen public enum ControlReception: UInt8, Sendable {
  case handled
  /// The node is down, the link closed, or the slot unknown.
  case unreachable
  /// The node does not hear the peer but for its subscriptions: its score is below the graylist threshold, or it is
  /// blacklisted.
  case graylisted
}

extension RouterState {
  mutating func receive(
    _ rpc: ControlHandle, on slot: UInt32, at instant: Instant, _ outbox: inout Outbox
  ) -> ControlReception {
    guard slot < UInt32(truncatingIfNeeded: links.count) else {
      counters.invalid += 1
      return .unreachable
    }
    precondition(control.isLive(rpc), "control RPC \(rpc.rawValue) is not in use")
    guard isConnected(slot) else {
      counters.unreachable += 1
      return .unreachable
    }
    counters.controlReceived += 1
    let node = owner(slot)
    let isFirst = !links[slot].flags.contains(.heard)
    links[slot].flags.insert(.heard)
    let isDeaf = ends[slot] & Self.deafBit != 0
    if isDeaf { counters.graylisted += 1 }
    if isDeaf, links[slot].flags.contains(.blacklisted) { return .graylisted }
    // A graylisted peer's subscriptions count, so that its topics are known when it recovers.
    if control.hasOuter(rpc) { receiveOuter(rpc, slot, node, isDeaf: isDeaf, at: instant, &outbox) }
    if isDeaf { return .graylisted }
    guard control.controlMessageSize(rpc) > 0 else {
      flush(&outbox)
      return .handled
    }
    guard links[slot].version > .floodsub else {
      counters.invalid += 1
      return .handled
    }
    var wanted: UInt32?
    var countsIHave = true
    var exchanges = true
    let ignoresGossip = scores.isOn && isGossipless(slot, node, at: instant)
    var cursor = control.firstItem(rpc)
    while let index = cursor {
      let item = control.rawItem(index)
      switch item.kind {
      case .subscribe, .unsubscribe, .partial: break
      case .graft: grafted(slot, node, item.topic, exchanges: &exchanges, at: instant, &outbox)
      case .prune:
        pruned(slot, node, item.topic, seconds: item.value, at: instant)
        if item.peers != ControlStore.none { exchanged(index, slot, node, at: instant, &outbox) }
      case .ihave:
        if ignoresGossip {
          counters.gossipRefused += 1
          break
        }
        if countsIHave {
          countsIHave = false
          if !takesIHave(slot, node) { break }
          wanted = control.createBlock()
          if wanted == nil { counters.controlFull += 1 }
        }
        if let wanted { collectUnseen(item, node, into: wanted) }
      case .iwant:
        if ignoresGossip { counters.gossipRefused += 1 } else { serve(item, slot, node, &outbox) }
      case .idontwant: declined(item, slot, node)
      case .extensions: extended(item, slot, isFirst: isFirst, at: instant)
      }
      cursor = control.item(after: index)
    }
    if let wanted { ask(for: wanted, slot, node, at: instant, &outbox) }
    flush(&outbox)
    return .handled
  }

  /// Subscriptions and partial messages.
  private mutating func receiveOuter(
    _ rpc: ControlHandle, _ slot: UInt32, _ node: Int, isDeaf: Bool, at instant: Instant,
    _ outbox: inout Outbox
  ) {
    let takes = control.subscriptionCount(rpc) <= parameters.subscriptionsMaximum
    if !takes { counters.subscriptionsFiltered += UInt64(control.subscriptionCount(rpc)) }
    var cursor = control.firstItem(rpc)
    while let index = cursor {
      let item = control.rawItem(index)
      switch item.kind {
      case .subscribe where takes:
        subscribed(slot, node, item.topic)
        if partials.isOn { partials.setWish(item.value != 0, wordBase(node, item.topic), local(slot)) }
      case .unsubscribe where takes: unsubscribed(slot, node, item.topic, at: instant)
      case .partial where !isDeaf: receivePartial(index, slot, node, item.topic, &outbox)
      default: break
      }
      cursor = control.item(after: index)
    }
  }

  /// Extensions (v1.3): once, in the first RPC of the connection. A second one is misuse (go: ten penalties).
  private mutating func extended(
    _ item: ControlStore.Item, _ slot: UInt32, isFirst: Bool, at instant: Instant
  ) {
    if links[slot].flags.contains(.extended) {
      counters.extensionsMisused += 1
      penalise(slot, by: 10, .extensionsMisuse, at: instant)
      return
    }
    guard isFirst else {
      counters.extensionsMisused += 1
      return
    }
    links[slot].flags.insert(.extended)
    links[slot].extensions = ExtensionSet(rawValue: UInt8(truncatingIfNeeded: item.value))
  }

  // MARK: Subscriptions

  private mutating func subscribed(_ slot: UInt32, _ node: Int, _ topic: TopicID) {
    if filtered.count > 0, filtered[cell(node, topic)] {
      counters.subscriptionsFiltered += 1
      return
    }
    let local = local(slot)
    announced[wordBase(node, topic) + Int(local >> 6)] |= Self.bit(local)
  }

  private mutating func unsubscribed(_ slot: UInt32, _ node: Int, _ topic: TopicID, at instant: Instant) {
    let local = local(slot)
    let place = wordBase(node, topic) + Int(local >> 6)
    announced[place] &= ~Self.bit(local)
    if mesh[place] & Self.bit(local) != 0, standing[cell(node, topic)] == .joined {
      leftMesh(node, topic, local, at: instant)
    }
    mesh[place] &= ~Self.bit(local)
  }

  // MARK: GRAFT and PRUNE

  private mutating func grafted(
    _ slot: UInt32, _ node: Int, _ topic: TopicID, exchanges: inout Bool, at instant: Instant,
    _ outbox: inout Outbox
  ) {
    subscribed(slot, node, topic)
    let cell = cell(node, topic)
    guard standing[cell] == .joined else {
      // Silence: an answer would help whoever probes for topics, and GRAFT to a leaving node is no fault. Nor does
      // the rest of the RPC learn of our peers (go).
      counters.graftUnsubscribed += 1
      exchanges = false
      return
    }
    let local = local(slot)
    let base = wordBase(node, topic)
    if contains(mesh, base, local) { return }
    let backoff = parameters.pruneBackoff
    if masks[maskPlace(node, local)].direct & Self.bit(local) != 0 {
      counters.graftDirect += 1
      prune(node, topic, local, backoff: backoff, exchange: false, at: instant, &outbox)
      return
    }
    if let end = backoffEnd(cell, base, local), instant < end {
      counters.graftInBackoff += 1
      penalise(slot, by: 1, .graftInBackoff, at: instant)
      if instant + backoff < end + parameters.graftFloodThreshold {
        counters.graftFlood += 1
        penalise(slot, by: 1, .graftFlood, at: instant)
      }
      // A peer that has just fallen below the graylist threshold gets no answer.
      if ends[slot] & Self.deafBit == 0 {
        prune(node, topic, local, backoff: backoff, exchange: false, at: instant, &outbox)
      } else {
        backOff(cell, base, local, until: instant + backoff)
      }
      return
    }
    if scores.isOn, isNegative(slot, node, at: instant) {
      counters.graftNegative += 1
      prune(node, topic, local, backoff: backoff, exchange: false, at: instant, &outbox)
      return
    }
    let isFull = count(mesh, base, wordCount(node)) >= Int(degrees(node, topic).high)
    if isFull, !isOutbound(node, local), !isGreedy(node) {
      counters.graftFull += 1
      prune(node, topic, local, backoff: backoff, exchange: exchanges, at: instant, &outbox)
      return
    }
    counters.graftAccepted += 1
    mesh[base + Int(local >> 6)] |= Self.bit(local)
    enteredMesh(cell, local, at: instant)
  }

  private mutating func pruned(
    _ slot: UInt32, _ node: Int, _ topic: TopicID, seconds: UInt32, at instant: Instant
  ) {
    let cell = cell(node, topic)
    guard standing[cell] == .joined else { return }
    let local = local(slot)
    let base = wordBase(node, topic)
    if contains(mesh, base, local) { leftMesh(node, topic, local, at: instant) }
    mesh[base + Int(local >> 6)] &= ~Self.bit(local)
    var backoff = seconds == 0 ? parameters.pruneBackoff : TimeSpan.seconds(UInt64(seconds))
    if backoff > parameters.backoffMaximum {
      counters.backoffCut += 1
      backoff = parameters.backoffMaximum
    }
    backOff(cell, base, local, until: instant + backoff)
  }

  // MARK: IHAVE

  /// Whether the limits of this heartbeat allow one more RPC with IHAVE from this peer.
  private mutating func takesIHave(_ slot: UInt32, _ node: Int) -> Bool {
    startCounts(slot, node)
    guard Int(links[slot].ihaves) < parameters.ihaveMessagesMaximum else {
      counters.ihaveOverLimit += 1
      return false
    }
    links[slot].ihaves += 1
    guard Int(links[slot].asked) < parameters.ihaveIdentifiersMaximum else {
      counters.ihaveOverLimit += 1
      return false
    }
    return true
  }

  /// Begins a peer's counts of this heartbeat.
  mutating func startCounts(_ slot: UInt32, _ node: Int) {
    guard links[slot].tick != nodes[node].tick else { return }
    links[slot].tick = nodes[node].tick
    links[slot].ihaves = 0
    links[slot].asked = 0
    links[slot].idontwants = 0
  }

  private mutating func collectUnseen(_ item: ControlStore.Item, _ node: Int, into wanted: UInt32) {
    guard standing[cell(node, item.topic)] == .joined else {
      counters.ihaveUnsubscribed += 1
      return
    }
    var index = control.head(ofBlock: item.value)
    while index != HandleSets.none {
      let entry = control.sets[index]
      let unseen = messages.unseen(entry.mask, word: entry.word, at: node)
      if unseen != 0, !control.add(mask: unseen, word: entry.word, toBlock: wanted) {
        counters.controlFull += 1
      }
      index = entry.next
    }
  }

  /// Asks for the collected ids, a random part of them when the heartbeat's limit is near, and holds the peer to one.
  private mutating func ask(
    for wanted: UInt32, _ slot: UInt32, _ node: Int, at instant: Instant, _ outbox: inout Outbox
  ) {
    defer { control.release(block: wanted) }
    let count = control.identifierCount(ofBlock: wanted)
    guard count > 0 else { return }
    let key = UInt64(nodes[node].tick) << 16 | UInt64(links[slot].ihaves)
    var random = RandomStream(seed: promiseChoice.bits(UInt64(slot), key))
    let allowed = parameters.ihaveIdentifiersMaximum - Int(links[slot].asked)
    if count <= allowed {
      links[slot].asked += UInt16(count)
      promise(control.identifier(random.below(count), ofBlock: wanted), from: slot, at: instant)
      add(.iwant, TopicID(0), block: wanted, to: slot, &outbox)
      return
    }
    counters.ihaveIdentifiersOverLimit += UInt64(count - allowed)
    guard let part = control.sample(allowed, ofBlock: wanted, &random) else {
      counters.controlFull += 1
      return
    }
    links[slot].asked += UInt16(allowed)
    promise(control.identifier(random.below(allowed), ofBlock: part), from: slot, at: instant)
    add(.iwant, TopicID(0), block: part, to: slot, &outbox)
    control.release(block: part)
  }

  // MARK: IWANT

  private mutating func serve(_ item: ControlStore.Item, _ slot: UInt32, _ node: Int, _ outbox: inout Outbox)
  {
    var index = control.head(ofBlock: item.value)
    while index != HandleSets.none {
      let entry = control.sets[index]
      var held = messages.cached(entry.mask, word: entry.word, at: node)
      counters.iwantUnknown += UInt64((entry.mask & ~held).nonzeroBitCount)
      while held != 0 {
        let bit = UInt32(held.trailingZeroBitCount)
        held &= held &- 1
        let message = MessageHandle(rawValue: entry.word &<< 6 | bit)
        if nodes[node].unwanted != Self.none, isUnwanted(message, slot) {
          counters.idontwantSpared += 1
          continue
        }
        guard mayServe(message, slot) else {
          counters.iwantExhausted += 1
          continue
        }
        counters.iwantServed += 1
        account(1, messages.fact(message))
        outbox.append(slot: slot, Payload(message))
      }
      index = entry.next
    }
  }

  /// Counts one more service of a message to a peer; false when there were enough, or no place is left to count.
  private mutating func mayServe(_ message: MessageHandle, _ slot: UInt32) -> Bool {
    let key = UInt64(slot) << 32 | UInt64(message.rawValue)
    let times = served[key] ?? 0
    guard times < parameters.retransmissionsMaximum else { return false }
    if times == 0, served.count >= servedSweep {
      sweepServed()
      guard served.count < servedSweep else { return false }
    }
    served.set(key, times + 1)
    return true
  }

  /// Forgets how often messages were served that are served no more.
  private mutating func sweepServed() {
    var kept = FlatHash()
    for place in 0..<served.places {
      guard let key = served.key(at: place) else { continue }
      let message = MessageHandle(rawValue: UInt32(truncatingIfNeeded: key))
      guard messages.isLive(message) else { continue }
      let owner = NodeID(owner(UInt32(key >> 32)))
      if messages.phase(message, at: owner) == .cached { kept.set(key, served.value(at: place)) }
    }
    served = kept
    if served.count > servedSweep / 2, servedSweep < 1 << 24 { servedSweep *= 2 }
  }
}
