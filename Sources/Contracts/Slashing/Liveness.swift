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

extension ServiceBook {
  /// Ends the current window: who is to be accused.
  ///
  /// A member is in breach when it missed *more* than the threshold of its duties: missed * 10000 > threshold * duties.
  /// With the guard only certified tasks are duties, and the breach counts only if the other members signed at least the
  /// guard's share of their own stake over the window: a partition or an outage that stops the service accuses nobody.
  /// Without it a task that was never certified is missed by all. A breach must last: see `SlashingRule.grace`. A window
  /// without breach, or without duties of the member, ends it.
  public mutating func closeWindow(end: Instant) -> [LivenessBreach] {
    guard let rule = rule(for: .liveness) else { return [] }
    var breaches: [LivenessBreach] = []
    while breachSince.count < liveness.rows.count { breachSince.append(nil) }
    for member in breachSince.indices {
      let row = member < liveness.rows.count ? liveness.rows[member] : DutyRecord.Row()
      guard isBreach(row, rule) else {
        breachSince[member] = nil
        continue
      }
      let began = breachSince[member] ?? end
      breachSince[member] = began
      guard end - began >= rule.grace else { continue }
      let duties = counted(row, rule)
      let certified = row.duties - row.uncertified
      breaches.append(
        LivenessBreach(
          member: member, duties: duties, missed: duties - row.fulfilled,
          stake: certified > 0 ? row.stakeDue / UInt128(certified) : stake.latest?.weight(of: member) ?? 0))
    }
    liveness.removeAll()
    window = nil
    return breaches
  }

  private func counted(_ row: DutyRecord.Row, _ rule: SlashingRule) -> UInt32 {
    rule.guardShareBips == nil ? row.duties : row.duties - row.uncertified
  }

  private func isBreach(_ row: DutyRecord.Row, _ rule: SlashingRule) -> Bool {
    let duties = UInt64(counted(row, rule))
    guard duties > 0 else { return false }
    let missed = duties - UInt64(row.fulfilled)
    guard missed * 10_000 > rule.thresholdBips * duties else { return false }
    guard let share = rule.guardShareBips else { return true }
    let due = liveness.stakeDue - row.stakeDue
    let signed = liveness.stakeSigned - row.stakeSigned
    return due > 0 && signed >= mulDivUp(due, UInt128(share), 10_000)
  }
}
