// What a Symbiotic slasher remembers of each operator in each subnetwork, and how much of a past stake that leaves.
//
// Source: `BaseSlasher` of symbioticfi/core.

/// Cumulative slashes with their history, and the latest capture that was slashed.
public struct SlashRecordBook: Sendable {
  private struct Place: Hashable {
    var subnetwork: Subnetwork
    var account: AccountID
  }
  private var cumulative: [Place: History<UInt128>] = [:]
  private var latestCapture: [Place: Timestamp] = [:]

  public init() {}

  /// All that was slashed so far.
  public func cumulativeSlash(_ subnetwork: Subnetwork, _ account: AccountID) -> UInt128 {
    cumulative[Place(subnetwork: subnetwork, account: account)]?.latest ?? 0
  }
  /// All that had been slashed at a time.
  public func cumulativeSlash(_ subnetwork: Subnetwork, _ account: AccountID, at time: Timestamp) -> UInt128 {
    cumulative[Place(subnetwork: subnetwork, account: account)]?.value(at: time) ?? 0
  }
  /// Captures must not go back behind this.
  public func latestSlashedCapture(_ subnetwork: Subnetwork, _ account: AccountID) -> Timestamp {
    latestCapture[Place(subnetwork: subnetwork, account: account)] ?? 0
  }

  mutating func record(
    _ amount: UInt128, _ subnetwork: Subnetwork, _ account: AccountID, capture: Timestamp, at now: Timestamp
  ) {
    let place = Place(subnetwork: subnetwork, account: account)
    latestCapture[place] = max(latestCapture[place] ?? 0, capture)
    cumulative[place, default: History(0)].push((cumulative[place]?.latest ?? 0) + amount, at: now)
  }
}

/// When a stake was captured, and what has happened since: all that decides how much of it can be slashed.
public struct CapturedStake: Sendable, Equatable {
  public var now: Timestamp
  public var capture: Timestamp
  public var epochDuration: Timestamp
  public var latestSlashedCapture: Timestamp
  public var stakeAtCapture: UInt128
  public var cumulativeSlashNow: UInt128
  public var cumulativeSlashAtCapture: UInt128

  public init(
    now: Timestamp, capture: Timestamp, epochDuration: Timestamp, latestSlashedCapture: Timestamp,
    stakeAtCapture: UInt128, cumulativeSlashNow: UInt128, cumulativeSlashAtCapture: UInt128
  ) {
    self.now = now
    self.capture = capture
    self.epochDuration = epochDuration
    self.latestSlashedCapture = latestSlashedCapture
    self.stakeAtCapture = stakeAtCapture
    self.cumulativeSlashNow = cumulativeSlashNow
    self.cumulativeSlashAtCapture = cumulativeSlashAtCapture
  }

  /// The capture lies before now and at most an epoch back. The stake may have left otherwise.
  public var isInWindow: Bool { capture < now && now - capture <= epochDuration }

  /// The stake at the capture, less what was slashed since, so that one stake is not slashed twice. 0 outside the window
  /// and for captures before the latest that was slashed.
  public var slashable: UInt128 {
    guard isInWindow, capture >= latestSlashedCapture else { return 0 }
    return stakeAtCapture - min(cumulativeSlashNow - cumulativeSlashAtCapture, stakeAtCapture)
  }
}
