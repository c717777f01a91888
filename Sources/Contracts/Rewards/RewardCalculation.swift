// Who earns how much of a submission, day by day: the off-chain half of rewards.
//
// Source: Layr-Labs/sidecar, pkg/rewards, the SQL of steps 1-21 as after all of its hard forks; excluded addresses, which
// count again since the Panama fork, are left out. Quotients follow PostgreSQL's `numeric` (`PostgresNumeric`); remainders
// of rounding are not distributed.

/// A submission as the calculation sees it.
public struct RewardTerms: Sendable, Equatable {
  /// By whom the amount is divided.
  public enum Kind: String, Sendable, CaseIterable {
    /// All stakers of the AVS's operators share a pool; each operator takes its cut of its stakers' parts. v1.
    case avs
    /// Each operator has an amount, shared with its stakers. v2.
    case operatorDirectedAVS
    /// The same in an operator set; only the set's strategies count. v2.1.
    case operatorDirectedSet
    /// A pool by the stake that operators allocated to the set. v2.2.
    case uniqueStake
    /// A pool by all stake of the set's operators. v2.2.
    case totalStake
    /// A pool by the stake of all stakers, delegated or not. Step 4; `avs` is who submitted it.
    case forAll
    /// A pool by the stake of all stakers whose operator is registered anywhere; each operator takes its cut. Steps 5 and 6.
    case forAllEarners
  }
  /// An operator's amount for the whole duration.
  public struct Directed: Sendable, Equatable {
    public var account: AccountID
    public var amount: UInt128
    public init(account: AccountID, amount: UInt128) {
      self.account = account
      self.amount = amount
    }
  }

  public var kind: Kind
  public var avs: AccountID
  /// Nil where the kind has none.
  public var set: OperatorSetID?
  /// Days since 1970. The start day itself earns nothing.
  public var startDay: Int
  public var days: Int
  public var strategies: [StrategyMultiplier]
  /// After the protocol's fee. Zero where the amounts are the operators'.
  public var pool: UInt128
  public var operators: [Directed]

  public init(
    kind: Kind, avs: AccountID, set: OperatorSetID? = nil, startDay: Int, days: Int,
    strategies: [StrategyMultiplier], pool: UInt128 = 0, operators: [Directed] = []
  ) {
    precondition(days > 0, "a reward lasts a day at least")
    self.kind = kind
    self.avs = avs
    self.set = set
    self.startDay = startDay
    self.days = days
    self.strategies = strategies
    self.pool = pool
    self.operators = operators
  }
}

/// Where the calculation's rows go. A row that is not reported does not exist; one of zero tokens may.
public protocol RewardSink {
  /// What a day has to distribute.
  mutating func pool(_ reward: Int, day: Int, _ tokens: UInt128)
  /// What an operator and its stakers share on a day.
  mutating func operatorPool(_ reward: Int, day: Int, _ account: AccountID, _ tokens: UInt128)
  /// An operator's cut.
  mutating func operatorTokens(_ reward: Int, day: Int, _ account: AccountID, _ tokens: UInt128)
  mutating func stakerTokens(
    _ reward: Int, day: Int, _ account: AccountID, staker: AccountID, _ tokens: UInt128)
  /// What goes back to the AVS.
  mutating func refund(_ reward: Int, day: Int, _ tokens: UInt128)
}

/// The calculation over a span of days.
public struct RewardCalculation: Sendable {
  /// In force where neither set nor AVS has a split. Bips.
  public var defaultSplitBips: UInt16
  /// No later day counts; unique and total stake end a day before it.
  public var cutoffDay: Int
  private var snapshots: [Int: RewardSnapshot]

  /// Days without a snapshot have nobody in them.
  public init(snapshots: [RewardSnapshot], defaultSplitBips: UInt16, cutoffDay: Int) {
    self.snapshots = [:]
    self.defaultSplitBips = defaultSplitBips
    self.cutoffDay = cutoffDay
    for snapshot in snapshots { self.snapshots[snapshot.day] = snapshot }
  }

  func snapshot(_ day: Int) -> RewardSnapshot { snapshots[day] ?? RewardSnapshot(day: day) }

  /// The days that earn.
  func days(of terms: RewardTerms) -> ClosedRange<Int>? {
    let byStake = terms.kind == .uniqueStake || terms.kind == .totalStake
    let last = min(terms.startDay + terms.days, byStake ? cutoffDay - 1 : cutoffDay)
    return last > terms.startDay ? terms.startDay + 1...last : nil
  }

  /// Calculates one submission; `reward` names it in the rows.
  ///
  /// Cost: for each day, linear in the stakers of the operators that take part, and in their strategies.
  ///
  /// From another module it runs unspecialised; `CumulativeEarnings.add` is the fast way.
  @specialized(where Sink == CumulativeEarnings)
  public func calculate<Sink: RewardSink>(_ terms: RewardTerms, as reward: Int, into sink: inout Sink) {
    guard let days = days(of: terms) else { return }
    var scratch = RewardScratch(terms)
    switch terms.kind {
    case .avs:
      let pool = postgresFloor(terms.pool, dividedBy: UInt128(terms.days))
      for day in days {
        sink.pool(reward, day: day, pool)
        shareByStaker(terms, reward, pool, snapshot(day), &scratch, &sink)
      }
    case .forAll, .forAllEarners:
      let pool = postgresFloor(terms.pool, dividedBy: UInt128(terms.days))
      for day in days {
        sink.pool(reward, day: day, pool)
        if terms.kind == .forAll {
          shareAmongAll(terms, reward, pool, snapshot(day), &scratch, &sink)
        } else {
          shareByStaker(terms, reward, pool, snapshot(day), &scratch, &sink)
        }
      }
    case .operatorDirectedAVS, .operatorDirectedSet:
      direct(terms, reward, days, &scratch, &sink)
    case .uniqueStake, .totalStake:
      let pool = postgresFloor(terms.pool, dividedBy: UInt128(terms.days))
      for day in days {
        sink.pool(reward, day: day, pool)
        shareByOperator(terms, reward, pool, snapshot(day), &scratch, &sink)
      }
    }
  }

  /// An operator's cut of what it earned with vaults, by the same arithmetic.
  public static func operatorCut(_ amount: UInt128, bips: UInt64) -> UInt128 {
    cut(amount, UInt16(min(bips, 10_000)))
  }

  /// An operator's cut: floor(amount * bips / 10000), the quotient as in SQL. Rounds down, in favour of the stakers, but for
  /// quotients from 10^16 on, which SQL rounds half up.
  static func cut(_ amount: UInt128, _ bips: UInt16) -> UInt128 {
    let (product, overflow) = amount.multipliedReportingOverflow(by: UInt128(bips))
    if overflow {
      return UInt128((PostgresNumeric(amount) * PostgresNumeric(UInt128(bips)) / 10_000).rounded(.sqlFloor))
    }
    // From 2 * 10^20 on the quotient keeps no decimals; below it keeps four at least, in which ten-thousandths are exact.
    if product < 200_000_000_000_000_000_000 { return mulDiv(product, 1, 10_000, .sqlFloor) }
    let (quotient, remainder) = UInt256(product).dividedBy(10_000 as UInt64)
    return Rounding.sqlQuotient.isHalfUp && remainder >= 5_000 ? quotient.low + 1 : quotient.low
  }
}

extension PostgresNumeric: ExpressibleByIntegerLiteral {
  init(integerLiteral value: UInt64) { self.init(UInt128(value)) }
}
