// The liveness rule, judged from the chain's own record at the end of each window.

import AVS
public import Basics

/// A member's breach of the liveness rule over one window.
public struct LivenessBreach: Sendable, Equatable {
  public var member: Int
  public var duties: UInt32
  public var missed: UInt32
  /// Stake that stood behind the member: the mean over its certified duties, or of the latest table.
  public var stake: UInt128
}

/// The verdict on one liveness window.
public struct LivenessVerdict: Sendable, Equatable {
  public var index: UInt64
  public var end: Instant
  public var breaches: [LivenessBreach]
}

extension ServiceBook {
  /// Judges the windows that are over and complete at `at`, in order: who is to be accused.
  ///
  /// A member is in breach when it missed *more* than the threshold of its duties: missed * 10000 > threshold * duties.
  /// With the guard only certified tasks are duties, and the breach counts only if the other members signed at least the
  /// guard's share of their own stake over the window: a partition or an outage that stops the service accuses nobody.
  /// Without it a task that was never certified is missed by all. A breach must last: see `SlashingRule.grace`. A window
  /// without breach, or without duties, ends it.
  ///
  /// Also returns when to come again for a window that is over and waits for outcomes.
  /// Effects: those windows are judged and judged no more. Rounding: none in the threshold, both sides are multiplied out.
  public mutating func judgeWindows(at: Instant) -> (verdicts: [LivenessVerdict], again: Instant?) {
    guard let rule = rule(for: .liveness) else { return ([], nil) }
    var verdicts: [LivenessVerdict] = []
    while let first = windows.first, first.end <= at {
      if first.open > 0 { return (verdicts, first.lastExpiry + TimeSpan(nanoseconds: 1)) }
      windows.removeFirst()
      verdicts.append(judge(first, rule))
    }
    return (verdicts, nil)
  }

  private mutating func judge(_ window: LivenessWindow, _ rule: SlashingRule) -> LivenessVerdict {
    var verdict = LivenessVerdict(index: window.index, end: window.end, breaches: [])
    if let lastJudged, lastJudged + 1 != window.index { breachSince = [] }
    lastJudged = window.index
    while breachSince.count < window.record.rows.count { breachSince.append(nil) }
    for member in breachSince.indices {
      let row = member < window.record.rows.count ? window.record.rows[member] : DutyRecord.Row()
      guard isBreach(row, window.record, rule) else {
        breachSince[member] = nil
        continue
      }
      let began = breachSince[member] ?? window.end
      breachSince[member] = began
      guard window.end - began >= rule.grace || plant == .graceIgnored else { continue }
      let duties = counted(row, rule)
      let certified = row.duties - row.uncertified
      verdict.breaches.append(
        LivenessBreach(
          member: member, duties: duties, missed: duties - row.fulfilled,
          stake: certified > 0 ? row.stakeDue / UInt128(certified) : stake.latest?.weight(of: member) ?? 0))
    }
    return verdict
  }

  private func counted(_ row: DutyRecord.Row, _ rule: SlashingRule) -> UInt32 {
    rule.guardShareBips == nil ? row.duties : row.duties - row.uncertified
  }

  private func isBreach(_ row: DutyRecord.Row, _ record: DutyRecord, _ rule: SlashingRule) -> Bool {
    let duties = UInt64(counted(row, rule))
    guard duties > 0 else { return false }
    let missed = duties - UInt64(row.fulfilled)
    guard missed * 10_000 > rule.thresholdBips * duties else { return false }
    guard let share = rule.guardShareBips, plant != .unguardedLiveness else { return true }
    let due = record.stakeDue - row.stakeDue
    let signed = record.stakeSigned - row.stakeSigned
    return due > 0 && signed >= mulDivUp(due, UInt128(share), 10_000)
  }
}
