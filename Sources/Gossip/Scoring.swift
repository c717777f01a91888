// The score function (GossipSub v1.1, *Peer Scoring*): computing a score from the books, and the decay of the books.
//
// A computed score is kept as bits in the node's masks (negative, below the gossip and the publish threshold) and in
// `deafBit`; the number itself is computed again where somebody asks. Between two computations a score can only rise: whatever
// lowers it (an invalid message, a penalty, leaving a mesh, decay, other parameters) computes it again at once. So a bit that is
// not set is right, and a bit that is set is checked where it decides.
//
// Departures from go-libp2p-pubsub: counters decay at the first heartbeat after they are due, not by a timer of their
// own; several intervals passed are decayed one by one.

internal import Basics

extension RouterState {
  // MARK: The score function

  /// Nanoseconds in the mesh at the last refresh.
  @inline(__always)
  func meshTime(_ book: ScoreState.Book, _ refreshed: UInt64) -> UInt64 {
    book.grafted != 0 && refreshed >= book.grafted ? refreshed &- book.grafted &+ 1 : 0
  }

  @inline(__always)
  static func quanta(_ time: UInt64, _ t: ScoreState.Topic) -> Double {
    min(Double(time / t.quantum), t.timeInMeshCap)
  }

  @inline(__always)
  func isActive(_ book: ScoreState.Book, _ t: ScoreState.Topic, _ refreshed: UInt64) -> Bool {
    meshTime(book, refreshed) > t.activation
  }

  /// A topic's part of a score, without the topic's weight.
  @inline(__always)
  func topicValue(_ place: Int, _ t: ScoreState.Topic, _ refreshed: UInt64) -> Double {
    let book = scores.books[place]
    let credit = scores.credits[place]
    var sum = Double(credit.first) * t.firstDeliveries
    if book.grafted != 0 {
      let time = meshTime(book, refreshed)
      if t.timeInMesh != 0 { sum += Self.quanta(time, t) * t.timeInMesh }
      if time > t.activation {
        let deficit = max(0, t.meshDeliveriesThreshold - Double(credit.mesh))
        sum += deficit * deficit * t.meshDeliveries
      }
    }
    sum += Double(book.failure) * t.meshFailure
    sum += Double(book.invalid) * Double(book.invalid) * t.invalid
    return sum
  }

  @inline(__always)
  func capped(_ sum: Double) -> Double {
    let cap = scores.parameters.topicScoreCap
    return cap > 0 && sum > cap ? cap : sum
  }

  @inline(__always)
  func surplus(_ ledger: ScoreState.Ledger) -> Double {
    Double(max(0, Int(ledger.colocated) - scores.parameters.colocationThreshold))
  }

  /// The whole score for a sum over topics.
  @inline(__always)
  func total(_ slot: UInt32, topicSum: Double) -> Double {
    let ledger = scores.ledgers[slot]
    var score = capped(topicSum) + ledger.application * scores.parameters.applicationWeight
    if ledger.colocated > 0 {
      let surplus = surplus(ledger)
      score += surplus * surplus * scores.parameters.colocationWeight
    }
    if ledger.behaviour > 0 {
      let excess = max(0, Double(ledger.behaviour) - scores.parameters.behaviourThreshold)
      score += excess * excess * scores.parameters.behaviourWeight
    }
    if ledger.slow > 0 {
      let excess = max(0, Double(ledger.slow) - scores.parameters.slowPeerThreshold)
      score += excess * scores.parameters.slowPeerWeight
    }
    return score
  }

  // MARK: Computing

  /// Computes the score of one peer. Cost: the topics of the router.
  @discardableResult
  mutating func rescore(_ slot: UInt32, at instant: Instant) -> Double {
    let node = owner(slot)
    let local = Int(local(slot))
    let refreshed = scores.nodes[node].refreshed
    var sum = 0.0
    for k in 0..<topicCount {
      let row = scores.rows[node &* topicCount &+ k]
      guard row != Self.none else { continue }
      sum +=
        topicValue(Int(row) &+ local, scores.topics[k], refreshed) * scores.topics[k].weight
    }
    weigh(slot, node)
    let score = total(slot, topicSum: sum)
    keep(score, slot, node, at: instant)
    return score
  }

  /// Keeps the scores of all peers of a node for their sums over topics, which are in `sums`.
  private mutating func keepAll(_ node: Int, at instant: Instant) {
    let first = offsets[node]
    let count = offsets[node &+ 1] &- first
    var start: UInt32 = 0
    while start < count {
      let place = maskPlace(node, start)
      let end = min(count, start &+ 64)
      var below: UInt64 = 0
      for local in start..<end where scores.sums[local] < 0 { below |= Self.bit(local) }
      // Nearly always: good they were and good they are.
      var bits = below | masks[place].negative | scores.burdened[place]
      while bits != 0 {
        let local = start &+ UInt32(truncatingIfNeeded: bits.trailingZeroBitCount)
        bits &= bits &- 1
        keep(total(first &+ local, topicSum: scores.sums[local]), first &+ local, node, at: instant)
      }
      start = end
    }
  }

  /// Notes whether the ledger adds to the score.
  @inline(__always)
  private mutating func weigh(_ slot: UInt32, _ node: Int) {
    let local = slot &- offsets[node]
    let place = maskPlace(node, local)
    let ledger = scores.ledgers[slot]
    if ledger.behaviour != 0 || ledger.slow != 0 || ledger.application != 0 || ledger.keptUntil != 0
      || Int(ledger.colocated) > scores.parameters.colocationThreshold
    {
      scores.burdened[place] |= Self.bit(local)
    } else {
      scores.burdened[place] &= ~Self.bit(local)
    }
  }

  /// What follows from a computed score, as bits.
  @inline(__always)
  private mutating func keep(_ score: Double, _ slot: UInt32, _ node: Int, at instant: Instant) {
    let local = slot &- offsets[node]
    let place = maskPlace(node, local)
    let bit = Self.bit(local)
    // Nearly always: good it was and good it is.
    if score >= 0, masks[place].negative & bit == 0 { return }
    let limits = scores.parameters.thresholds
    if score < 0 { masks[place].negative |= bit } else { masks[place].negative &= ~bit }
    if score < limits.gossip { masks[place].gossipless |= bit } else { masks[place].gossipless &= ~bit }
    if score < limits.publish { masks[place].publishless |= bit } else { masks[place].publishless &= ~bit }
    let isGray = score < limits.graylist
    if isGray != links[slot].flags.contains(.graylisted) {
      if isGray {
        links[slot].flags.insert(.graylisted)
        counters.graylistings &+= 1
      } else {
        links[slot].flags.remove(.graylisted)
      }
      setDeafness(slot)
      move(
        slot, ScoreMove.noTopic, .behaviour, isGray ? .graylisted : .ungraylisted, score, at: instant)
    }
  }

  /// The bit that makes the owner deaf to the peer, from its reasons.
  mutating func setDeafness(_ slot: UInt32) {
    let node = owner(slot)
    let local = local(slot)
    let isDirect = masks[maskPlace(node, local)].direct & Self.bit(local) != 0
    let flags = links[slot].flags
    if flags.contains(.blacklisted) || (flags.contains(.graylisted) && !isDirect) {
      ends[slot] |= Self.deafBit
    } else {
      ends[slot] &= ~Self.deafBit
    }
  }

  /// Whether the peer's score is below zero, now.
  @inline(__always)
  mutating func isNegative(_ slot: UInt32, _ node: Int, at instant: Instant) -> Bool {
    let local = slot &- offsets[node]
    guard masks[maskPlace(node, local)].negative & Self.bit(local) != 0 else { return false }
    return rescore(slot, at: instant) < 0
  }

  /// Whether the peer's score is below the gossip threshold, now.
  @inline(__always)
  mutating func isGossipless(_ slot: UInt32, _ node: Int, at instant: Instant) -> Bool {
    let local = slot &- offsets[node]
    guard masks[maskPlace(node, local)].gossipless & Self.bit(local) != 0 else { return false }
    return rescore(slot, at: instant) < scores.parameters.thresholds.gossip
  }

  /// The score as it is now; zero without scoring.
  func score(_ slot: UInt32) -> Double {
    guard scores.isOn else { return 0 }
    let node = owner(slot)
    let local = Int(local(slot))
    let refreshed = scores.nodes[node].refreshed
    var sum = 0.0
    for k in 0..<topicCount {
      let row = scores.rows[node &* topicCount &+ k]
      guard row != Self.none else { continue }
      sum +=
        topicValue(Int(row) &+ local, scores.topics[k], refreshed) * scores.topics[k].weight
    }
    return total(slot, topicSum: sum)
  }

  // MARK: Decay

  /// Decays what is due, or else looks again at the peers below zero. Called by the heartbeat.
  mutating func refreshIfDue(_ node: Int, at instant: Instant) {
    let interval = scores.parameters.decayInterval.nanoseconds
    if scores.nodes[node].due == 0 {
      scores.nodes[node].due = instant.nanoseconds &+ interval
    }
    var steps = 0
    while scores.nodes[node].due <= instant.nanoseconds, steps < 1000 {
      scores.nodes[node].due &+= interval
      steps += 1
    }
    if scores.nodes[node].due <= instant.nanoseconds {
      scores.nodes[node].due = instant.nanoseconds &+ interval
    }
    if steps > 0 {
      refresh(node, steps: steps, at: instant)
    } else {
      for word in 0..<wordCount(node) {
        var bits = masks[Int(wordOffsets[node]) &+ word].negative
        while bits != 0 {
          let local = UInt32(truncatingIfNeeded: word &<< 6 &+ bits.trailingZeroBitCount)
          bits &= bits &- 1
          rescore(offsets[node] &+ local, at: instant)
        }
      }
    }
  }

  /// Decays every counter of the node's peers, forgets peers that stayed away too long, and computes all scores. Cost: the
  /// node's links times the topics it ever joined, in one walk over their books.
  mutating func refresh(_ node: Int, steps: Int = 1, at instant: Instant) {
    scores.nodes[node].refreshed = instant.nanoseconds
    let first = offsets[node]
    let count = Int(offsets[node &+ 1] &- first)
    let keepsAny = decayLedgers(node, steps: steps, at: instant)
    scores.sums.fill(0..<count, with: 0)
    for k in 0..<topicCount {
      let row = scores.rows[node &* topicCount &+ k]
      guard row != Self.none else { continue }
      let t = scores.topics[k]
      for local in 0..<count {
        let place = Int(row) &+ local
        if !keepsAny || scores.ledgers[first &+ UInt32(truncatingIfNeeded: local)].keptUntil == 0 {
          decay(place, t, steps: steps)
        }
        scores.sums[local] += topicValue(place, t, instant.nanoseconds) * t.weight
      }
    }
    keepAll(node, at: instant)
  }

  /// Decays what belongs to no topic; whether books of peers that are away are kept, which do not decay.
  private mutating func decayLedgers(_ node: Int, steps: Int, at instant: Instant) -> Bool {
    var keepsAny = false
    for word in 0..<wordCount(node) {
      var bits = scores.burdened[Int(wordOffsets[node]) &+ word]
      while bits != 0 {
        let slot = offsets[node] &+ UInt32(truncatingIfNeeded: word &<< 6 &+ bits.trailingZeroBitCount)
        bits &= bits &- 1
        let kept = scores.ledgers[slot].keptUntil
        if kept != 0 {
          keepsAny = true
          if kept <= instant.nanoseconds { forgetBooks(slot, at: instant) }
          continue
        }
        guard scores.ledgers[slot].behaviour != 0 || scores.ledgers[slot].slow != 0 else { continue }
        for _ in 0..<steps {
          Self.decay(&scores.ledgers[slot].behaviour, scores.behaviourDecay, scores.decayToZero)
          Self.decay(&scores.ledgers[slot].slow, scores.slowDecay, scores.decayToZero)
        }
        weigh(slot, node)
      }
    }
    return keepsAny
  }

  @inline(__always)
  private mutating func decay(_ place: Int, _ t: ScoreState.Topic, steps: Int) {
    let zero = scores.decayToZero
    for _ in 0..<steps {
      Self.decay(&scores.credits[place].first, t.firstDecay, zero)
      Self.decay(&scores.credits[place].mesh, t.meshDecay, zero)
    }
    // Nearly always there is nothing to forgive.
    guard scores.books[place].failure != 0 || scores.books[place].invalid != 0 else { return }
    for _ in 0..<steps {
      Self.decay(&scores.books[place].failure, t.failureDecay, zero)
      Self.decay(&scores.books[place].invalid, t.invalidDecay, zero)
    }
  }

  @inline(__always)
  private static func decay(_ counter: inout Float, _ factor: Float, _ zero: Float) {
    let smaller = counter * factor
    counter = smaller < zero ? 0 : smaller
  }
}
