// The mesh of a topic and its keep (GossipSub v1.0 *Mesh construction and maintenance*; v1.1 *Outbound mesh quotas*):
// who is grafted at JOIN, who is added and pruned at the heartbeat, and the fanout of topics not joined.
//
// Rules are go-libp2p-pubsub's where the texts leave room: pruning starts at D_hi, not above it; after pruning to D at
// least D_out outbound peers stay when there are that many. With scoring a peer below zero leaves first, without peer
// exchange; the best D_score survive a cut (v1.1 *Peer Scoring*); and now and then peers better than the median are added
// (v1.1 *Opportunistic Grafting*). Direct peers and peers that speak floodsub are never in a mesh.

internal import Basics

/// What peers outside the mesh are looked for.
enum MeshUse { case graft, graftOutbound, gossip, publish }

extension RouterState {
  /// Fills `scratch` with topic peers outside the cell's mesh or fanout whom the score allows what is intended: GRAFT
  /// (neither backed off nor below zero), gossip, or publishing.
  mutating func collectCandidates(_ node: Int, _ base: Int, for use: MeshUse) {
    scratch.removeAll()
    let own = Int(wordOffsets[node])
    for k in 0..<wordCount(node) {
      let mask = masks[own &+ k]
      var bits = announced[base &+ k] & ~mesh[base &+ k] & ~mask.meshless
      switch use {
      case .graft: bits &= ~(backedOff[base &+ k] | mask.negative)
      case .graftOutbound: bits &= ~(backedOff[base &+ k] | mask.negative) & mask.outbound
      case .gossip: bits &= ~mask.gossipless
      case .publish: bits &= ~mask.publishless
      }
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
    collectCandidates(node, base, for: outboundOnly ? .graftOutbound : .graft)
    choose(wanted, &random)
    for k in 0..<min(wanted, scratch.count) { graft(node, topic, scratch[k], at: instant, &outbox) }
  }

  /// Takes the peer into the mesh and tells it.
  private mutating func graft(
    _ node: Int, _ topic: TopicID, _ local: UInt32, at instant: Instant, _ outbox: inout Outbox
  ) {
    mesh[wordBase(node, topic) &+ Int(local >> 6)] |= Self.bit(local)
    enteredMesh(cell(node, topic), local, at: instant)
    add(.graft, topic, to: offsets[node] + local, &outbox)
  }

  /// Takes the peer out of the mesh, backs it off, and tells it, naming other peers when `exchange` allows. Uses
  /// `scratch` when it does.
  mutating func prune(
    _ node: Int, _ topic: TopicID, _ local: UInt32, backoff: TimeSpan, exchange: Bool, at instant: Instant,
    _ outbox: inout Outbox
  ) {
    let base = wordBase(node, topic)
    let slot = offsets[node] + local
    leftMesh(node, topic, local, at: instant)
    mesh[base &+ Int(local >> 6)] &= ~Self.bit(local)
    backOff(cell(node, topic), base, local, until: instant + backoff)
    // v1.0 knows neither field.
    let speaks11 = links[slot].version >= .v1_1
    let seconds = speaks11 ? UInt32(backoff.nanoseconds / 1_000_000_000) : 0
    guard add(.prune, topic, value: seconds, to: slot, &outbox) else { return }
    if exchange, parameters.peerExchange, speaks11 { namePeers(node, topic, local, at: instant) }
  }

  /// JOIN: the fanout's peers that are not backed off become the mesh, random ones fill it to D.
  mutating func fillMeshAtJoin(_ node: Int, _ topic: TopicID, at instant: Instant, _ outbox: inout Outbox) {
    let base = wordBase(node, topic)
    let words = wordCount(node)
    expireBackoffs(cell(node, topic), base, at: instant)
    let own = Int(wordOffsets[node])
    for k in 0..<words { mesh[base &+ k] &= ~(backedOff[base &+ k] | masks[own &+ k].negative) }
    collectMesh(base, words)
    for k in 0..<scratch.count { graft(node, topic, scratch[k], at: instant, &outbox) }
    let size = scratch.count
    let degree = Int(degrees(node, topic).degree)
    guard size < degree else { return }
    var random = RandomStream(
      seed: meshChoice.bits(UInt64(node), UInt64(topic.rawValue) | 1 << 32, UInt64(nodes[node].tick)))
    graftRandom(degree - size, node, topic, outboundOnly: false, at: instant, &random, &outbox)
  }

  /// The heartbeat's work on the mesh of one joined topic.
  mutating func maintain(_ node: Int, _ topic: TopicID, at instant: Instant, _ outbox: inout Outbox) {
    let base = wordBase(node, topic)
    let words = wordCount(node)
    let degrees = degrees(node, topic)
    let degree = Int(degrees.degree)
    let (low, high, quota) = (Int(degrees.low), Int(degrees.high), Int(degrees.outbound))
    if isGreedy(node) { return graftAll(node, topic, at: instant, &outbox) }
    if scores.isOn { dropNegative(node, topic, at: instant, &outbox) }
    let size = count(mesh, base, words)
    let outboundSize = countOutbound(node, base, words)
    let isOpportune =
      scores.isOn && (Int(nodes[node].tick) + 1) % parameters.opportunisticGraftTicks == 0 && size > 1
    if size >= low, size < high, outboundSize >= quota, !isOpportune { return }
    var random = RandomStream(
      seed: meshChoice.bits(UInt64(node), UInt64(topic.rawValue), UInt64(nodes[node].tick)))
    if size < low {
      graftRandom(degree - size, node, topic, outboundOnly: false, at: instant, &random, &outbox)
    }
    if size >= high, size > degree {
      cut(node, topic, degrees, at: instant, &random, &outbox)
    }
    if size >= low {
      let missing = quota - countOutbound(node, base, words)
      if missing > 0 {
        graftRandom(missing, node, topic, outboundOnly: true, at: instant, &random, &outbox)
      }
    }
    if isOpportune { graftOpportunely(node, topic, at: instant, &random, &outbox) }
  }

  /// What a greedy node does instead (`Misuse`).
  private mutating func graftAll(_ node: Int, _ topic: TopicID, at instant: Instant, _ outbox: inout Outbox) {
    let base = wordBase(node, topic)
    expireBackoffs(cell(node, topic), base, at: instant)
    collectCandidates(node, base, for: .graft)
    for k in 0..<scratch.count { graft(node, topic, scratch[k], at: instant, &outbox) }
  }

  /// Prunes mesh peers whose score is below zero, without peer exchange.
  private mutating func dropNegative(
    _ node: Int, _ topic: TopicID, at instant: Instant, _ outbox: inout Outbox
  ) {
    let base = wordBase(node, topic)
    let own = Int(wordOffsets[node])
    var negative: UInt64 = 0
    for k in 0..<wordCount(node) { negative |= mesh[base &+ k] & masks[own &+ k].negative }
    if negative == 0 { return }
    scratch.removeAll()
    for k in 0..<wordCount(node) { collect(mesh[base &+ k] & masks[own &+ k].negative, word: k) }
    for k in 0..<scratch.count {
      counters.prunedForScore &+= 1
      prune(
        node, topic, scratch[k], backoff: parameters.pruneBackoff, exchange: false, at: instant, &outbox)
    }
  }

  /// When the mesh's median score is below the threshold, grafts some peers that are better than the median.
  private mutating func graftOpportunely(
    _ node: Int, _ topic: TopicID, at instant: Instant, _ random: inout RandomStream, _ outbox: inout Outbox
  ) {
    let base = wordBase(node, topic)
    collectMesh(base, wordCount(node))
    guard scratch.count > 1 else { return }
    sortScratchByScore(node, from: 0)
    let median = scores.sums[scratch[scratch.count / 2]]
    guard median < scores.parameters.thresholds.opportunisticGraft else { return }
    expireBackoffs(cell(node, topic), base, at: instant)
    collectCandidates(node, base, for: .graft)
    var better = 0
    for k in 0..<scratch.count where score(offsets[node] + scratch[k]) > median {
      scratch[better] = scratch[k]
      better += 1
    }
    scratch.truncate(to: better)
    choose(parameters.opportunisticGraftPeers, &random)
    for k in 0..<min(parameters.opportunisticGraftPeers, scratch.count) {
      counters.opportunisticGrafts &+= 1
      graft(node, topic, scratch[k], at: instant, &outbox)
    }
  }

  /// Sorts `scratch` from a place on by falling score; equal scores keep their order. Insertion: meshes are short.
  private func sortScratchByScore(_ node: Int, from start: Int) {
    for k in start..<scratch.count { scores.sums[scratch[k]] = score(offsets[node] + scratch[k]) }
    var k = start + 1
    while k < scratch.count {
      let local = scratch[k]
      let score = scores.sums[local]
      var place = k
      while place > start, scores.sums[scratch[place - 1]] < score {
        scratch[place] = scratch[place - 1]
        place -= 1
      }
      scratch[place] = local
      k += 1
    }
  }

  private func countOutbound(_ node: Int, _ base: Int, _ words: Int) -> Int {
    let own = Int(wordOffsets[node])
    var sum = 0
    for k in 0..<words { sum &+= (mesh[base &+ k] & masks[own &+ k].outbound).nonzeroBitCount }
    return sum
  }

  /// Cuts the mesh to D: with scoring the best D_score stay, then random peers; among all of them D_out outbound ones when
  /// there are that many.
  private mutating func cut(
    _ node: Int, _ topic: TopicID, _ degrees: MeshDegrees, at instant: Instant, _ random: inout RandomStream,
    _ outbox: inout Outbox
  ) {
    collectMesh(wordBase(node, topic), wordCount(node))
    choose(scratch.count, &random)
    let degree = Int(degrees.degree)
    let quota = Int(degrees.outbound)
    if scores.isOn {
      sortScratchByScore(node, from: 0)
      shuffleScratch(from: Int(degrees.score), &random)
    }
    var kept = 0
    for k in 0..<degree where isOutbound(node, scratch[k]) { kept += 1 }
    var place = degree - 1
    var k = degree
    while kept < quota, k < scratch.count {
      if isOutbound(node, scratch[k]) {
        while isOutbound(node, scratch[place]) { place -= 1 }
        let stays = scratch[k]
        scratch[k] = scratch[place]
        scratch[place] = stays
        kept += 1
      }
      k += 1
    }
    let leaving = scratch.elements[degree...]
    for local in leaving {
      prune(
        node, topic, local, backoff: parameters.pruneBackoff, exchange: true, at: instant, &outbox)
    }
  }

  private func shuffleScratch(from start: Int, _ random: inout RandomStream) {
    var k = start
    while k < scratch.count &- 1 {
      let j = k &+ random.below(scratch.count &- k)
      let chosen = scratch[j]
      scratch[j] = scratch[k]
      scratch[k] = chosen
      k &+= 1
    }
  }

  // MARK: Fanout

  /// Fills the fanout of a cell to D with random topic peers.
  mutating func fillFanout(_ node: Int, _ topic: TopicID) {
    let base = wordBase(node, topic)
    let missing = Int(degrees(node, topic).degree) - count(mesh, base, wordCount(node))
    guard missing > 0 else { return }
    collectCandidates(node, base, for: .publish)
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
    if scores.isOn {
      let base = wordBase(node, topic)
      let own = Int(wordOffsets[node])
      for k in 0..<wordCount(node) { mesh[base &+ k] &= ~masks[own &+ k].publishless }
    }
    fillFanout(node, topic)
  }
}
