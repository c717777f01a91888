// When and whether a message arrives. Order of effects: cut; the sender's uplink and its queue; the link's queue and
// its rate; loss (a lost message has used the rate); latency, jitter, then the faults in force (LinkEffects.swift).
//
// Randomness is hash(link, message key, instant of handing over): the same message sent again later is drawn again.

public import Basics

extension LinkTable {
  /// Hands a message over to the link `slot` at `now`. `key` names the message for random draws, `bytes` is its size on
  /// the wire (at most 2^31). Instants of one sender must not decrease where bandwidth is limited.
  @inlinable @inline(__always)
  public mutating func transmit(slot: Int, key: UInt64, bytes: Int, at now: Instant) -> Fate {
    assert(slot >= 0 && slot < slots, "slot \(slot) of \(slots)")
    let latency = unsafe rows[slot].latency
    if _fastPath(latency != Self.slow) {
      tally.sent &+= 1
      return .delivered(at: Instant(nanoseconds: now.nanoseconds &+ UInt64(latency)))
    }
    return transmitSpecial(slot: slot, key: key, bytes: bytes, at: now)
  }

  /// For a driver's own fast path: latency in nanoseconds, 2^32 - 1 when `transmit` must be asked, and the receiver's slot.
  @inlinable @inline(__always) package func fastRow(_ slot: Int) -> (latency: UInt64, receiver: UInt32) {
    assert(slot >= 0 && slot < slots, "slot \(slot) of \(slots)")
    let row = unsafe rows[slot]
    return (UInt64(row.latency), row.reverse)
  }

  /// Counts transmissions that went by `fastRow`.
  @inlinable @inline(__always) package mutating func count(sent: Int) {
    tally.sent &+= UInt64(truncatingIfNeeded: sent)
  }

  @usableFromInline @inline(never)
  mutating func transmitSpecial(slot: Int, key: UInt64, bytes: Int, at now: Instant) -> Fate {
    tally.sent &+= 1
    let flags = special.flags[slot]
    // (Mutating, like all that is called here: to borrow a part of itself for a plain method the compiler may copy it.)
    if flags.contains(.fault) && isDown(slot, at: now) {
      tally.cut &+= 1
      return .cut
    }
    let linkClass = Int(special.classes[slot])
    var departure = now.nanoseconds
    if flags.contains(.uplink) {
      let node = owner(slot)
      let uplink = special.uplinks[node]
      let end = Self.enqueue(
        uplink.bandwidth, uplink.queueNanoseconds, freeAt: uplink.freeAt, at: departure, bytes)
      guard let end else { return dropped() }
      if flags.contains(.bandwidth) && linkIsFull(slot, at: end, bytes) { return dropped() }
      special.uplinks[node].freeAt = end
      departure = end
    }
    if flags.contains(.bandwidth) {
      let link = special.conditions[linkClass]
      let end = Self.enqueue(
        link.bandwidth, link.queueNanoseconds, freeAt: special.freeAt[slot], at: departure, bytes)
      guard let end else { return dropped() }
      special.freeAt[slot] = end
      departure = end
    }
    let keyed = mix(special.keys[slot] &+ key)
    let bits = special.ignoresDeparture ? keyed : mix(keyed &+ now.nanoseconds)
    if flags.contains(.loss) {
      let link = special.conditions[linkClass]
      if mix(bits ^ Purpose.loss.rawValue) < link.lossThreshold || link.certain { return vanished() }
    }
    var latency = special.bases[slot]
    if flags.contains(.jitter), let law = special.conditions[linkClass].jitter {
      latency = UInt64(max(0, Int64(min(latency, 1 << 60)) + law.draw(bits)))
    }
    guard flags.contains(.fault) else {
      return .delivered(at: Instant(nanoseconds: departure) + TimeSpan(nanoseconds: latency))
    }
    var disturbed = Disturbance(departure: departure, latency: latency)
    disturb(slot, key: key, bits: bits, bytes: bytes, at: now, &disturbed)
    switch disturbed.end {
    case .lost: return vanished()
    case .full: return dropped()
    case .passes: break
    }
    let leaves = Instant(nanoseconds: max(disturbed.departure, disturbed.heldUntil))
    let arrival = leaves + TimeSpan(nanoseconds: disturbed.latency)
    if let damage = disturbed.damage {
      aftermath = Aftermath(damagedAt: arrival, damage: damage)
      tally.damaged &+= 1
      return vanished()
    }
    if disturbed.isCopied {
      // The copy is a little behind: what a retransmission that crossed its acknowledgement looks like.
      aftermath = Aftermath(copyAt: arrival + TimeSpan(nanoseconds: disturbed.latency / 2))
      tally.duplicated &+= 1
    }
    return .delivered(at: arrival)
  }

  private mutating func vanished() -> Fate {
    tally.lost &+= 1
    return .lost
  }

  private mutating func dropped() -> Fate {
    tally.queueDrops &+= 1
    return .queueFull
  }

  /// Whether the queue of `slot` would refuse a message that reaches it then.
  private mutating func linkIsFull(_ slot: Int, at arrival: UInt64, _ bytes: Int) -> Bool {
    let link = special.conditions[Int(special.classes[slot])]
    return Self.enqueue(
      link.bandwidth, link.queueNanoseconds, freeAt: special.freeAt[slot], at: arrival, bytes)
      == nil
  }

  /// When the last byte has left, or nil when the queue is too full. An idle sender accepts any size.
  static func enqueue(
    _ bandwidth: Bandwidth, _ queue: UInt64, freeAt: UInt64, at arrival: UInt64, _ bytes: Int
  ) -> UInt64? {
    let time = bandwidth.transmission(bytes)
    if freeAt <= arrival { return arrival &+ time }
    let waiting = freeAt - arrival
    if waiting > queue || time > queue - waiting { return nil }
    return freeAt &+ time
  }
}
