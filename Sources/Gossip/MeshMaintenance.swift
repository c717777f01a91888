// The mesh of a topic and its keep (GossipSub v1.0 *Mesh construction and maintenance*; v1.1 *Outbound mesh quotas*):
// who is grafted at JOIN, who is added and pruned at the heartbeat, and the fanout of topics not joined.
//
// Rules are go-libp2p-pubsub's where the texts leave room: pruning starts at D_hi, not above it; after pruning to D at
// least D_out outbound peers stay when there are that many. Peers are chosen at random until there are scores; what
// scoring will decide (whom to drop first, D_score, opportunistic grafting) has its place in `maintain`.

internal import Basics

extension RouterState {
  /// Fills `scratch` with topic peers outside the cell's mesh or fanout that are not backed off, or whatever their backoff;
  /// all of them or those dialed.
  mutating func collectCandidates(_ node: Int, _ base: Int, evenBackedOff: Bool, outboundOnly: Bool) {
    scratch.removeAll()
    let own = Int(wordOffsets[node])
    for k in 0..<wordCount(node) {
      var bits = announced[base &+ k] & ~mesh[base &+ k]
      if !evenBackedOff { bits &= ~backedOff[base &+ k] }
      if outboundOnly { bits &= outbound[own &+ k] }
      collect(bits, word: k)
    }
  }

  /// Grafts up to `wanted` random candidates.
  private mutating func graftRandom(
    _ wanted: Int, _ node: Int, _ topic: TopicID, outboundOnly: Bool, at instant: Instant,
    _ random: inout RandomStream, _ outbox: inout Outbox
  ) {
    let base = wordBase(node, topic)
    expireBackoffs(cell(node, topic), base, at: instant)
    collectCandidates(node, base, evenBackedOff: false, outboundOnly: outboundOnly)
    choose(wanted, &random)
    for k in 0..<min(wanted, scratch.count) {
      let local = scratch[k]
      mesh[base &+ Int(local >> 6)] |= Self.bit(local)
      add(.graft, topic, to: offsets[node] + local, &outbox)
    }
  }

  /// Takes the peer out of the mesh and tells it.
  mutating func prune(
    _ node: Int, _ topic: TopicID, _ local: UInt32, backoff: TimeSpan, at instant: Instant,
    _ outbox: inout Outbox
  ) {
    let base = wordBase(node, topic)
    mesh[base &+ Int(local >> 6)] &= ~Self.bit(local)
    backOff(cell(node, topic), base, local, until: instant + backoff)
    let seconds = UInt32(backoff.nanoseconds / 1_000_000_000)
    add(.prune, topic, value: seconds, to: offsets[node] + local, &outbox)
  }

  /// JOIN: the fanout's peers that are not backed off become the mesh, random ones fill it to D.
  mutating func fillMeshAtJoin(_ node: Int, _ topic: TopicID, at instant: Instant, _ outbox: inout Outbox) {
    let base = wordBase(node, topic)
    let words = wordCount(node)
    expireBackoffs(cell(node, topic), base, at: instant)
    for k in 0..<words { mesh[base &+ k] &= ~backedOff[base &+ k] }
    collectMesh(base, words)
    for k in 0..<scratch.count { add(.graft, topic, to: offsets[node] + scratch[k], &outbox) }
    let size = scratch.count
    guard size < parameters.degree else { return }
    var random = RandomStream(
      seed: meshChoice.bits(UInt64(node), UInt64(topic.rawValue) | 1 << 32, UInt64(nodes[node].tick)))
    graftRandom(
      parameters.degree - size, node, topic, outboundOnly: false, at: instant, &random, &outbox)
  }

  /// The heartbeat's work on the mesh of one joined topic.
  mutating func maintain(_ node: Int, _ topic: TopicID, at instant: Instant, _ outbox: inout Outbox) {
    let base = wordBase(node, topic)
    let words = wordCount(node)
    let size = count(mesh, base, words)
    let outboundSize = countOutbound(node, base, words)
    if size >= parameters.degreeLow, size < parameters.degreeHigh, outboundSize >= parameters.degreeOutbound {
      return
    }
    var random = RandomStream(
      seed: meshChoice.bits(UInt64(node), UInt64(topic.rawValue), UInt64(nodes[node].tick)))
    if size < parameters.degreeLow {
      graftRandom(
        parameters.degree - size, node, topic, outboundOnly: false, at: instant, &random, &outbox)
    }
    if size >= parameters.degreeHigh, size > parameters.degree {
      cut(node, topic, at: instant, &random, &outbox)
    }
    if size >= parameters.degreeLow {
      let missing = parameters.degreeOutbound - countOutbound(node, base, words)
      if missing > 0 {
        graftRandom(missing, node, topic, outboundOnly: true, at: instant, &random, &outbox)
      }
    }
  }

  private func countOutbound(_ node: Int, _ base: Int, _ words: Int) -> Int {
    let own = Int(wordOffsets[node])
    var sum = 0
    for k in 0..<words { sum &+= (mesh[base &+ k] & outbound[own &+ k]).nonzeroBitCount }
    return sum
  }

  /// Cuts the mesh to D: random peers stay, among them D_out outbound ones when there are that many.
  private mutating func cut(
    _ node: Int, _ topic: TopicID, at instant: Instant, _ random: inout RandomStream, _ outbox: inout Outbox
  ) {
    collectMesh(wordBase(node, topic), wordCount(node))
    choose(scratch.count, &random)
    let degree = parameters.degree
    var kept = 0
    for k in 0..<degree where isOutbound(node, scratch[k]) { kept += 1 }
    var place = degree - 1
    var k = degree
    while kept < parameters.degreeOutbound, k < scratch.count {
      if isOutbound(node, scratch[k]) {
        while isOutbound(node, scratch[place]) { place -= 1 }
        let stays = scratch[k]
        scratch[k] = scratch[place]
        scratch[place] = stays
        kept += 1
      }
      k += 1
    }
    for k in degree..<scratch.count {
      prune(node, topic, scratch[k], backoff: parameters.pruneBackoff, at: instant, &outbox)
    }
  }

  // MARK: Fanout

  /// Fills the fanout of a cell to D with random topic peers.
  mutating func fillFanout(_ node: Int, _ topic: TopicID) {
    let base = wordBase(node, topic)
    let missing = parameters.degree - count(mesh, base, wordCount(node))
    guard missing > 0 else { return }
    collectCandidates(node, base, evenBackedOff: true, outboundOnly: false)
    guard scratch.count > 0 else { return }
    var random = RandomStream(
      seed: fanoutChoice.bits(UInt64(node), UInt64(topic.rawValue), UInt64(nodes[node].tick)))
    choose(missing, &random)
    for k in 0..<min(missing, scratch.count) {
      mesh[base &+ Int(scratch[k] >> 6)] |= Self.bit(scratch[k])
    }
  }

  /// The heartbeat's work on a fanout: gives it up after its TTL, else fills it again.
  mutating func maintainFanout(_ node: Int, _ topic: TopicID, at instant: Instant) {
    let cell = cell(node, topic)
    if fanoutExpires[cell] <= instant.nanoseconds {
      standing[cell] = .idle
      let base = wordBase(node, topic)
      for k in 0..<wordCount(node) { mesh[base &+ k] = 0 }
      return
    }
    fillFanout(node, topic)
  }
}
