// One event: 16 bytes, no reference, copied freely.

public import Basics

/// Something that happens to a slot at an instant. Slots below the link table's count are links at their receiver; the
/// population gives meaning to those above (timers, inputs from outside).
@frozen public struct Event: Hashable, Sendable, BitwiseCopyable {
  public var time: Instant
  public var slot: UInt32
  /// An index into what the population keeps: a message, a timer's kind.
  public var payload: UInt32

  @inlinable @inline(__always) public init(time: Instant, slot: UInt32, payload: UInt32) {
    self.time = time
    self.slot = slot
    self.payload = payload
  }

  /// Slot and payload as one number, in the order of ties.
  @inlinable @inline(__always) var rank: UInt64 { UInt64(slot) &<< 32 | UInt64(payload) }
}

extension Event: Comparable {
  /// The total order of a run: time, slot, payload. Events equal in all three cannot be told apart.
  @inlinable @inline(__always) public static func < (a: Self, b: Self) -> Bool {
    a.time != b.time ? a.time < b.time : a.rank < b.rank
  }
}
