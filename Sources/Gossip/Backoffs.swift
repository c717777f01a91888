// Who may not be grafted, or GRAFT, until when (GossipSub v1.1, *Prune backoff*). One list a cell, one entry a peer, with
// a bit set beside it; so the bound is the number of links.
//
// An entry outlives its backoff by the slack: until then this node does not GRAFT, but it accepts a GRAFT.
// Backoffs survive a disconnect (links keep their slot), not a crash.

internal import Basics

extension RouterState {
  /// Backs the peer off for `span`; never shortens a backoff.
  mutating func backOff(_ cell: Int, _ base: Int, _ local: UInt32, until expires: Instant) {
    guard parameters.pruneBackoff > .zero else { return }
    if contains(backedOff, base, local) {
      var index = backoffHeads[cell]
      while backoffs[index].local != local { index = backoffs[index].next }
      backoffs[index].expires = max(backoffs[index].expires, expires.nanoseconds)
      return
    }
    backedOff[base + Int(local >> 6)] |= Self.bit(local)
    let entry = Backoff(expires: expires.nanoseconds, local: local, next: backoffHeads[cell])
    if freeBackoff != Self.none {
      let index = freeBackoff
      freeBackoff = backoffs[index].next
      backoffs[index] = entry
      backoffHeads[cell] = index
    } else {
      backoffHeads[cell] = UInt32(backoffs.count)
      backoffs.append(entry)
    }
  }

  /// When the peer's backoff ends or ended; nil when there is none on the list.
  @inline(__always)
  func backoffEnd(_ cell: Int, _ base: Int, _ local: UInt32) -> Instant? {
    guard contains(backedOff, base, local) else { return nil }
    var index = backoffHeads[cell]
    while backoffs[index].local != local { index = backoffs[index].next }
    return Instant(nanoseconds: backoffs[index].expires)
  }

  /// Takes entries off the list whose backoff and slack are over.
  mutating func expireBackoffs(_ cell: Int, _ base: Int, at instant: Instant) {
    let slack = parameters.heartbeatInterval * UInt64(parameters.backoffSlackHeartbeats)
    var previous = Self.none
    var index = backoffHeads[cell]
    while index != Self.none {
      let entry = backoffs[index]
      if Instant(nanoseconds: entry.expires) + slack <= instant {
        backedOff[base + Int(entry.local >> 6)] &= ~Self.bit(entry.local)
        if previous == Self.none {
          backoffHeads[cell] = entry.next
        } else {
          backoffs[previous].next = entry.next
        }
        backoffs[index].next = freeBackoff
        freeBackoff = index
      } else {
        previous = index
      }
      index = entry.next
    }
  }

  /// Empties the list.
  mutating func forgetBackoffs(_ cell: Int, _ base: Int) {
    var index = backoffHeads[cell]
    while index != Self.none {
      let entry = backoffs[index]
      backedOff[base + Int(entry.local >> 6)] &= ~Self.bit(entry.local)
      backoffs[index].next = freeBackoff
      freeBackoff = index
      index = entry.next
    }
    backoffHeads[cell] = Self.none
  }
}
