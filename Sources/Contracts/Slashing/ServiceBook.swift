// A service as the chain knows it: its operator set, its rules, its stake tables, and the record of duties.

public import AVS
public import Basics

/// One service's state on chain, apart from its tasks and its cases.
public struct ServiceBook: Sendable {
  public let id: ServiceID
  public let set: OperatorSetID
  /// The account that is AVS and slasher of the set.
  public let account: AccountID
  public let quorumBips: UInt64
  public let certificateWindow: TimeSpan
  public let rules: [SlashingRule]
  public let rewards: RewardPolicy?
  public var stake = StakeHistory()
  /// Duties of the liveness window `window`; empty when there were none yet.
  public internal(set) var liveness = DutyRecord()
  public internal(set) var window: UInt64?
  /// Duties of the reward epoch `epoch`.
  public internal(set) var earned = DutyRecord()
  public internal(set) var epoch: UInt64?
  /// By member: end of the window in which the present breach of the liveness rule began.
  var breachSince: [Instant?] = []

  public init(
    id: ServiceID, set: OperatorSetID, account: AccountID, quorumBips: UInt64, certificateWindow: TimeSpan,
    rules: [SlashingRule], rewards: RewardPolicy?
  ) {
    self.id = id
    self.set = set
    self.account = account
    self.quorumBips = quorumBips
    self.certificateWindow = certificateWindow
    self.rules = rules
    self.rewards = rewards
  }

  /// The rule for a class; there is at most one.
  public func rule(for offence: OffenceClass) -> SlashingRule? { rules.first { $0.offence == offence } }

  /// What has to be looked at later because duties were entered.
  public struct Opened: Sendable, Equatable {
    /// A liveness window that now has duties, and its end.
    public var window: (index: UInt64, end: Instant)?
    /// A reward epoch that now has duties, and its end.
    public var epoch: (index: UInt64, end: Instant)?

    public static func == (a: Self, b: Self) -> Bool {
      a.window?.index == b.window?.index && a.epoch?.index == b.epoch?.index
    }
  }

  /// Enters a task's outcome at `at`: certified with these signers, or (nil) not certified in time.
  ///
  /// Windows and epochs are half open, [k * length, (k + 1) * length), and a task belongs to the one in which its outcome
  /// was settled on chain, so that nothing is missing when it is judged at its end.
  public mutating func enter(
    _ table: StakeTable, signers: [UInt64]?, signed: UInt128, at: Instant, epochLength: TimeSpan
  ) -> Opened {
    var opened = Opened()
    if let rule = rule(for: .liveness) {
      let index = at.nanoseconds / rule.window.nanoseconds
      if window != index {
        precondition(window == nil, "liveness window \(window ?? 0) was not closed")
        window = index
        opened.window = (index, Instant.zero + rule.window * (index + 1))
      }
      Self.enter(table, signers, signed, into: &liveness)
    }
    if rewards != nil {
      let index = at.nanoseconds / epochLength.nanoseconds
      if epoch != index {
        precondition(epoch == nil, "epoch \(epoch ?? 0) was not closed")
        epoch = index
        opened.epoch = (index, Instant.zero + epochLength * (index + 1))
      }
      Self.enter(table, signers, signed, into: &earned)
    }
    return opened
  }

  private static func enter(
    _ table: StakeTable, _ signers: [UInt64]?, _ signed: UInt128, into record: inout DutyRecord
  ) {
    if let signers {
      record.add(table, signers: signers, signed: signed)
    } else {
      record.addUncertified(table)
    }
  }

  /// Ends the current epoch and returns its record.
  public mutating func closeEpoch() -> DutyRecord {
    defer {
      earned.removeAll()
      epoch = nil
    }
    return earned
  }
}
