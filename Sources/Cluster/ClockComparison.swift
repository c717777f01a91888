// How far another host's monotonic clock is from ours: asked some times over the control channel, the quickest answer
// counts, and its way is taken to be as long in both directions (as NTP does, RFC 5905 section 8). The error is at most half
// of that answer's round trip. Clocks are compared once, before the run; what they drift afterwards is not seen.

/// Questions and answers about one clock.
struct ClockComparison {
  /// Questions asked.
  static let rounds = 8

  private var answers = 0
  private var quickest = UInt64.max
  /// The other clock minus ours.
  private(set) var offset: Int64 = 0

  var isOver: Bool { answers == Self.rounds }

  /// An answer to a question asked at `asked` came at `now`, both by our clock; the other's said `own`. False for an answer
  /// that cannot be one.
  mutating func note(asked: UInt64, own: UInt64, now: UInt64) -> Bool {
    guard !isOver, asked <= now, own < 1 << 62 else { return false }
    answers += 1
    let way = now - asked
    guard way < quickest else { return true }
    quickest = way
    offset = Int64(own) - Int64(asked + way / 2)
    return true
  }

  /// An instant of the other clock by ours.
  func ours(_ instant: UInt64) -> UInt64 { UInt64(max(Int64(min(instant, 1 << 61)) - offset, 0)) }
  /// An instant of ours by the other clock.
  func theirs(_ instant: UInt64) -> UInt64 { UInt64(max(Int64(instant) + offset, 0)) }
}
