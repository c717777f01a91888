// What moves a score (GossipSub v1.1, *Peer Scoring*, P2 to P7): deliveries, invalid messages, entering and leaving a mesh,
// penalties, addresses, and the books of peers that come and go.

internal import Basics

extension RouterState {
  // MARK: Rows

  /// Gives the cell its row of books, at the first JOIN of a scored topic.
  mutating func openBooks(_ node: Int, _ topic: TopicID) {
    let cell = cell(node, topic)
    guard scores.isOn, scores.topics[topic.index].isScored, scores.rows[cell] == Self.none else { return }
    scores.rows[cell] = UInt32(scores.books.count)
    let links = Int(offsets[node &+ 1] &- offsets[node])
    ScoreState.extend(&scores.books, by: links, with: ScoreState.Book())
    ScoreState.extend(&scores.credits, by: links, with: ScoreState.Credit())
  }

  // MARK: Mesh

  /// The peer entered the mesh of a joined topic.
  @inline(__always)
  mutating func enteredMesh(_ cell: Int, _ local: UInt32, at instant: Instant) {
    guard scores.isOn, scores.rows[cell] != Self.none else { return }
    scores.books[Int(scores.rows[cell]) &+ Int(local)].grafted = instant.nanoseconds &+ 1
  }

  /// The peer left the mesh of a joined topic: a deficit becomes a failure (P3b), time in mesh ends (P1).
  mutating func leftMesh(_ node: Int, _ topic: TopicID, _ local: UInt32, at instant: Instant) {
    guard scores.isOn else { return }
    let row = scores.rows[cell(node, topic)]
    guard row != Self.none else { return }
    let place = Int(row) &+ Int(local)
    guard scores.books[place].grafted != 0 else { return }
    let t = scores.topics[topic.index]
    let slot = offsets[node] &+ local
    if isActive(scores.books[place], t, scores.nodes[node].refreshed) {
      let deficit = t.meshDeliveriesThreshold - Double(scores.credits[place].mesh)
      if deficit > 0, t.meshDeliveries != 0 || t.meshFailure != 0 {
        scores.books[place].failure += Float(deficit * deficit)
        counters.meshFailures &+= 1
        move(slot, topic, .meshFailure, .leftInDeficit, deficit * deficit, at: instant)
      }
    }
    scores.books[place].grafted = 0
    rescore(slot, at: instant)
  }

  // MARK: Deliveries

  /// A message was accepted: P2 for the peer that brought it first, P3 for it and the mesh peers that brought it while it
  /// was validated; its near-first window opens.
  ///
  /// Cost: a line of credits beside those that forwarding needs, while windows do not overlap; so who is in the mesh is asked
  /// of the mesh itself, not of the books.
  @inline(__always)
  mutating func delivered(
    _ message: MessageHandle, _ line: Int, _ topic: TopicID, _ node: Int, from slot: UInt32, others: UInt32,
    at instant: Instant
  ) {
    let cell = cell(node, topic)
    let row = scores.rows[cell]
    guard row != Self.none else { return }
    let local = slot &- offsets[node]
    let place = Int(row) &+ Int(local)
    let cap = scores.topics[topic.index].firstCap
    let more = scores.credits[place].first + 1
    scores.credits[place].first = more > cap ? cap : more
    counters.firstDeliveries &+= 1
    if scores.observes { scores.causes[slot].first &+= 1 }
    guard scores.topics[topic.index].watchesMesh else { return }
    let base = wordBase(node, topic)
    let hasMesh = standing[cell] == .joined
    if hasMesh, contains(mesh, base, local) { credit(place, topic) }
    messages.lines[line &+ 2] |= MessageTable.bit(message)
    let record = openRecord(
      message, line, node, until: instant + scores.topics[topic.index].window, at: instant)
    note(local, in: record, node)
    var index = others
    while index != Self.none {
      let sender = senders[index]
      if sender.local != local {
        if hasMesh, contains(mesh, base, sender.local) {
          credit(Int(row) &+ Int(sender.local), topic)
          counters.nearFirstDeliveries &+= 1
          if scores.observes { scores.causes[offsets[node] &+ sender.local].nearFirst &+= 1 }
        }
        note(sender.local, in: record, node)
      }
      index = sender.next
    }
  }

  /// One more delivery of a mesh peer (P3).
  @inline(__always)
  private mutating func credit(_ place: Int, _ topic: TopicID) {
    let cap = scores.topics[topic.index].meshCap
    let more = scores.credits[place].mesh + 1
    scores.credits[place].mesh = more > cap ? cap : more
  }

  /// An own message was published: mesh peers that send it back inside the window have delivered it too.
  mutating func publishedOwn(
    _ message: MessageHandle, _ line: Int, _ topic: TopicID, _ node: Int, at instant: Instant
  ) {
    guard scores.topics[topic.index].watchesMesh, scores.rows[cell(node, topic)] != Self.none else { return }
    messages.lines[line &+ 2] |= MessageTable.bit(message)
    _ = openRecord(message, line, node, until: instant + scores.topics[topic.index].window, at: instant)
  }

  /// A copy of a message that was settled before and is marked: near-first inside the window, and to blame when it was
  /// rejected. The first copy after the window takes the mark away.
  @inline(never)
  mutating func lateDuplicate(
    _ message: MessageHandle, _ line: Int, _ slot: UInt32, _ node: Int, at instant: Instant
  ) {
    let fact = messages.fact(message)
    if fact.wasRejected { blameLate(message, fact.topic, slot, node, at: instant) }
    guard let record = openedRecord(message, line, node, at: instant) else {
      if !fact.wasRejected { messages.lines[line &+ 2] &= ~MessageTable.bit(message) }
      return
    }
    let row = scores.rows[cell(node, fact.topic)]
    guard scores.topics[fact.topic.index].watchesMesh, row != Self.none else { return }
    let local = slot &- offsets[node]
    guard contains(mesh, wordBase(node, fact.topic), local) else { return }
    guard takes(local, in: record, node) else { return }
    credit(Int(row) &+ Int(local), fact.topic)
    counters.nearFirstDeliveries &+= 1
    if scores.observes { scores.causes[slot].nearFirst &+= 1 }
  }

  // MARK: Invalid messages

  /// P4: the peer brought an invalid message.
  mutating func blame(_ slot: UInt32, _ topic: TopicID, _ cause: ScoreCause, at instant: Instant) {
    guard scores.isOn else { return }
    let node = owner(slot)
    let row = scores.rows[cell(node, topic)]
    guard row != Self.none else { return }
    scores.books[Int(row) &+ Int(local(slot))].invalid += 1
    counters.invalidDeliveries &+= 1
    move(slot, topic, .invalid, cause, 1, at: instant)
    rescore(slot, at: instant)
  }

  /// The application rejected a message: everybody who brought it so far is to blame, and who brings it later.
  mutating func rejectedMessage(
    _ message: MessageHandle, _ line: Int, _ topic: TopicID, _ node: Int, from slot: UInt32, others: UInt32,
    at instant: Instant
  ) {
    if scores.rejected.count >= scores.rejectedSweep { sweepRejected() }
    if scores.rejected.count < scores.rejectedSweep {
      messages.noteRejected(message)
      messages.lines[line &+ 2] |= MessageTable.bit(message)
      scores.rejected.set(UInt64(node) &<< 32 | UInt64(message.rawValue), 1)
      scores.rejected.set(blameKey(message, slot), 1)
    }
    blame(slot, topic, .rejected, at: instant)
    var index = others
    while index != Self.none {
      let sender = senders[index]
      let other = offsets[node] &+ sender.local
      if other != slot {
        if scores.rejected.count < scores.rejectedSweep { scores.rejected.set(blameKey(message, other), 1) }
        blame(other, topic, .rejected, at: instant)
      }
      index = sender.next
    }
  }

  private func blameKey(_ message: MessageHandle, _ slot: UInt32) -> UInt64 {
    UInt64(slot) &<< 32 | UInt64(message.rawValue) | 1 &<< 31
  }

  private mutating func blameLate(
    _ message: MessageHandle, _ topic: TopicID, _ slot: UInt32, _ node: Int, at instant: Instant
  ) {
    guard scores.rejected[UInt64(node) &<< 32 | UInt64(message.rawValue)] != nil else { return }
    let key = blameKey(message, slot)
    guard scores.rejected[key] == nil, scores.rejected.count < scores.rejectedSweep else { return }
    scores.rejected.set(key, 1)
    blame(slot, topic, .rejected, at: instant)
  }

  /// Forgets rejections of messages that are recycled.
  private mutating func sweepRejected() {
    var kept = FlatHash()
    for place in 0..<scores.rejected.places {
      guard let key = scores.rejected.key(at: place) else { continue }
      let message = MessageHandle(rawValue: UInt32(truncatingIfNeeded: key) & MessageHandle.mask)
      if messages.isLive(message) { kept.set(key, 1) }
    }
    scores.rejected = kept
    if scores.rejected.count > scores.rejectedSweep / 2, scores.rejectedSweep < 1 << 24 {
      scores.rejectedSweep *= 2
    }
  }

  // MARK: Penalties and what the driver says

  /// P7: adds to the behavioural penalty.
  mutating func penalise(_ slot: UInt32, by count: Double, _ cause: ScoreCause, at instant: Instant) {
    guard scores.isOn else { return }
    counters.behaviourPenalties &+= 1
    scores.ledgers[slot].behaviour += Float(count)
    move(slot, ScoreMove.noTopic, .behaviour, cause, count, at: instant)
    rescore(slot, at: instant)
  }

  /// RPCs to the peer were dropped or expired in its queue, the driver's or the router's.
  mutating func blameSlow(_ slot: UInt32, _ drops: Int, at instant: Instant) {
    guard scores.isOn, scores.parameters.slowPeerWeight != 0, parameters.queue?.blamesSlowPeers ?? true else {
      return
    }
    scores.ledgers[slot].slow += Float(drops)
    move(slot, ScoreMove.noTopic, .slowPeer, .queueDrops, Double(drops), at: instant)
    rescore(slot, at: instant)
  }

  mutating func setApplicationScore(_ slot: UInt32, _ value: Double, at instant: Instant) {
    guard scores.isOn else { return }
    move(
      slot, ScoreMove.noTopic, .application, .applicationScore,
      value - scores.ledgers[slot].application, at: instant)
    scores.ledgers[slot].application = value
    rescore(slot, at: instant)
  }

  // MARK: Addresses (P6)

  private func group(_ slot: UInt32) -> UInt32 {
    let group = scores.addresses[peers[slot]]
    if group == 0 { return 0 }
    for exempt in scores.parameters.colocationExempt where exempt.rawValue == group { return 0 }
    return group
  }

  /// Counts again who of the node's peers, present or kept, shares an address with the peer on `slot`.
  mutating func countColocated(_ slot: UInt32, at instant: Instant) {
    let node = owner(slot)
    let group = group(slot)
    scores.ledgers[slot].colocated = 0
    guard group != 0 else { return }
    var count: UInt32 = 0
    for other in slots(node) where scores.addresses[peers[other]] == group {
      if isConnected(other) || scores.ledgers[other].keptUntil != 0 { count += 1 }
    }
    for other in slots(node) where scores.addresses[peers[other]] == group {
      let isThere = isConnected(other) || scores.ledgers[other].keptUntil != 0
      let now = isThere ? count : 0
      if scores.ledgers[other].colocated != now {
        scores.ledgers[other].colocated = now
        if scores.parameters.colocationWeight != 0, Int(now) > scores.parameters.colocationThreshold {
          move(other, ScoreMove.noTopic, .colocation, .sharedAddress, Double(now), at: instant)
        }
        rescore(other, at: instant)
      }
    }
  }

  // MARK: Peers that come and go

  /// A connected peer keeps the books it left, or starts with new ones.
  mutating func openLedger(_ slot: UInt32, at instant: Instant) {
    guard scores.isOn else { return }
    let kept = scores.ledgers[slot].keptUntil
    if kept != 0, kept <= instant.nanoseconds { forgetBooks(slot, at: instant) }
    scores.ledgers[slot].keptUntil = 0
    countColocated(slot, at: instant)
    rescore(slot, at: instant)
  }

  /// The peer is gone: a positive scorer is forgotten at once, so that nobody hoards a score; the others' books are kept
  /// undecayed, without first deliveries.
  mutating func closeLedger(_ slot: UInt32, _ node: Int, wasPositive: Bool, at instant: Instant) {
    guard scores.isOn else { return }
    if wasPositive || scores.parameters.retention == .zero {
      forgetBooks(slot, at: instant)
      return
    }
    let local = Int(slot &- offsets[node])
    for k in 0..<topicCount {
      let row = scores.rows[node &* topicCount &+ k]
      if row != Self.none { scores.credits[Int(row) &+ local].first = 0 }
    }
    scores.ledgers[slot].keptUntil = (instant + scores.parameters.retention).nanoseconds
    rescore(slot, at: instant)
  }

  /// Forgets all about the peer.
  mutating func forgetBooks(_ slot: UInt32, at instant: Instant) {
    let node = owner(slot)
    let local = Int(slot &- offsets[node])
    for k in 0..<topicCount {
      let row = scores.rows[node &* topicCount &+ k]
      if row != Self.none {
        scores.books[Int(row) &+ local] = ScoreState.Book()
        scores.credits[Int(row) &+ local] = ScoreState.Credit()
      }
    }
    let application = scores.ledgers[slot].application
    scores.ledgers[slot] = ScoreState.Ledger()
    scores.ledgers[slot].application = application
    countColocated(slot, at: instant)
    rescore(slot, at: instant)
  }
}
