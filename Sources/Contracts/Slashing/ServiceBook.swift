// A service as the chain knows it: its operator set, its rules, its stake tables, and the record of duties.

public import AVS
public import Basics

/// A span of the liveness rule: the duties of the tasks that fell due in it.
public struct LivenessWindow: Sendable {
  /// The n-th since the start of the run.
  public var index: UInt64
  public var end: Instant
  public var record = DutyRecord()
  /// Tasks whose outcome is not settled yet, and when the last of them will be.
  public var open: Int
  public var lastExpiry: Instant
}

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
  /// Liveness windows that have tasks and are not judged yet, in order.
  public internal(set) var windows: [LivenessWindow] = []
  /// Duties of the reward epoch `epoch`.
  public internal(set) var earned = DutyRecord()
  public internal(set) var epoch: UInt64?
  /// By member: end of the window in which the present breach of the liveness rule began.
  var breachSince: [Instant?] = []
  var lastJudged: UInt64?
  /// A defect put in on purpose; nil: none.
  public var plant: PlantedDefect?

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

  /// Takes note of a task whose outcome will be entered by `expiry`. Returns the end of its liveness window when the window
  /// is new: it has to be judged then.
  /// Effects: the window of the task is complete only with its outcome.
  public mutating func expect(_ task: TaskRecord, expiry: Instant) -> Instant? {
    guard let rule = rule(for: .liveness) else { return nil }
    let index = window(of: task, rule)
    if let k = windows.firstIndex(where: { $0.index == index }) {
      windows[k].open += 1
      windows[k].lastExpiry = max(windows[k].lastExpiry, expiry)
      return nil
    }
    let end = Instant.zero + rule.window * (index + 1)
    let place = windows.firstIndex { $0.index > index } ?? windows.count
    windows.insert(LivenessWindow(index: index, end: end, open: 1, lastExpiry: expiry), at: place)
    return end
  }

  /// What has to be looked at because an outcome was entered.
  public struct Entered: Sendable, Equatable {
    /// The last outcome of a liveness window that is over: it can be judged.
    public var isWindowComplete = false
    /// A reward epoch that had no duties before: its end.
    public var epochEnd: Instant?
  }

  /// Enters a task's outcome at `at`: certified with these signers, or (nil) not certified in time.
  ///
  /// A task belongs to the liveness window in which it fell due, and to the reward epoch in which its outcome was settled.
  /// Both are half open, [k * length, (k + 1) * length). `settledAt`: by when it was settled, where the block that noticed may lie in
  /// the next epoch; nil: at `at`.
  /// Effects: the duties of the task are in its window's and its epoch's records. Errors: none.
  public mutating func enter(
    _ task: TaskRecord, _ table: StakeTable, signers: [UInt64]?, signed: UInt128, at: Instant,
    settledAt: Instant? = nil, epochLength: TimeSpan
  ) -> Entered {
    var entered = Entered()
    if let rule = rule(for: .liveness) {
      let index = window(of: task, rule)
      if let k = windows.firstIndex(where: { $0.index == index }) {
        enter(table, signers, signed, into: &windows[k].record)
        windows[k].open -= 1
        entered.isWindowComplete = windows[k].open == 0 && windows[k].end <= at
      }
    }
    if rewards != nil {
      let index = (settledAt ?? at).nanoseconds / epochLength.nanoseconds
      if epoch != index {
        precondition(epoch == nil, "epoch \(epoch ?? 0) was not closed")
        epoch = index
        entered.epochEnd = Instant.zero + epochLength * (index + 1)
      }
      enter(table, signers, signed, into: &earned)
    }
    return entered
  }

  /// The liveness window in which a task fell due.
  private func window(of task: TaskRecord, _ rule: SlashingRule) -> UInt64 {
    let early: UInt64 = plant == .windowOffByOne && task.dueAt > .zero ? 1 : 0
    return (task.dueAt.nanoseconds - early) / rule.window.nanoseconds
  }

  private func enter(
    _ table: StakeTable, _ signers: [UInt64]?, _ signed: UInt128, into record: inout DutyRecord
  ) {
    let all = plant == .nonMembersCounted
    if let signers {
      record.add(table, signers: signers, signed: signed, all: all)
    } else {
      record.addUncertified(table, all: all)
    }
  }

  /// Ends the current epoch and returns its record.
  /// Effects: the next outcome opens the next epoch with an empty record. Errors: none.
  public mutating func closeEpoch() -> DutyRecord {
    defer {
      earned.removeAll()
      epoch = nil
    }
    return earned
  }
}
