// The state of a day, as far as rewards ask for it: who was delegated to whom with how much, and which operator was
// where. The state at the last event of a day counts for the next one.

/// One day's state. Filled row by row, then sealed; read by the calculation.
public struct RewardSnapshot: Sendable {
  struct Key: Hashable, Sendable {
    var account: AccountID
    /// An AVS or a set.
    var other: UInt32
  }
  struct Allocated: Sendable {
    var strategy: StrategyID
    var magnitude: UInt64
    var maximum: UInt64
  }
  struct Shares: Sendable {
    var strategy: StrategyID
    var amount: UInt128
  }
  struct Staker: Sendable {
    var account: AccountID
    var shares: Range<Int>
  }

  /// Days since 1970.
  public let day: Int

  // As entered.
  private var delegations: [(staker: AccountID, to: AccountID)] = []
  private var held: [[Shares]] = []

  // Sealed: the stakers of an operator lie side by side, and so do their shares.
  private(set) var stakers: [Staker] = []
  private(set) var shares: [Shares] = []
  private var stakersByOperator: [Range<Int>] = []

  private var operatorShares: [[Shares]] = []
  private var avsMembers: [AccountID: [AccountID]] = [:]
  private var setMembers: [[AccountID]] = []
  private var avsStrategies: [Key: [StrategyID]] = [:]
  private var setStrategies: [[StrategyID]] = []
  private var allocations: [Key: [Allocated]] = [:]
  private var avsSplits: [Key: UInt16] = [:]
  private var setSplits: [Key: UInt16] = [:]
  private var programmaticSplits: [AccountID: UInt16] = [:]
  /// Operators registered with an AVS or in a set, ascending.
  private(set) var registered: [AccountID] = []

  public init(day: Int) { self.day = day }

  // MARK: - Filling

  private static func grow<T>(_ table: inout [[T]], _ index: Int) {
    while table.count <= index { table.append([]) }
  }

  /// A staker is delegated to one operator at most.
  /// Effects: the staker has its part of that operator's earnings. Requires: the snapshot is not sealed. Errors: none.
  public mutating func addDelegation(_ staker: AccountID, to account: AccountID) {
    delegations.append((staker, account))
  }
  /// Adds a staker's withdrawable shares.
  /// Effects: they weigh in the staker's part, whole. Requires: the snapshot is not sealed. Errors: none.
  public mutating func addShares(_ staker: AccountID, _ strategy: StrategyID, _ amount: UInt128) {
    if amount == 0 { return }
    Self.grow(&held, staker.index)
    held[staker.index].append(Shares(strategy: strategy, amount: amount))
  }
  /// Adds an operator's delegated shares.
  /// Effects: they weigh in the operator's part, whole. Requires: the snapshot is not sealed. Errors: none.
  public mutating func addOperatorShares(_ account: AccountID, _ strategy: StrategyID, _ amount: UInt128) {
    Self.grow(&operatorShares, account.index)
    operatorShares[account.index].append(Shares(strategy: strategy, amount: amount))
  }
  /// The operator is registered with the AVS.
  /// Effects: it has part in the AVS's submissions of that day. Requires: the snapshot is not sealed. Errors: none.
  public mutating func addRegistration(_ account: AccountID, avs: AccountID) {
    avsMembers[avs, default: []].append(account)
  }
  /// The operator is registered in the set.
  /// Effects: it has part in the set's submissions of that day. Requires: the snapshot is not sealed. Errors: none.
  public mutating func addRegistration(_ account: AccountID, set: OperatorSetID) {
    Self.grow(&setMembers, set.index)
    setMembers[set.index].append(account)
  }
  /// The operator restakes the strategy for the AVS.
  /// Effects: it weighs in the AVS's submissions. Requires: the snapshot is not sealed. Errors: none.
  public mutating func addStrategy(_ strategy: StrategyID, _ account: AccountID, avs: AccountID) {
    avsStrategies[Key(account: account, other: avs.rawValue), default: []].append(strategy)
  }
  /// The strategy is one of the set's.
  /// Effects: it weighs in the set's submissions. Requires: the snapshot is not sealed. Errors: none.
  public mutating func addStrategy(_ strategy: StrategyID, set: OperatorSetID) {
    Self.grow(&setStrategies, set.index)
    setStrategies[set.index].append(strategy)
  }
  /// The operator's magnitude for a strategy of the set, and its maximum.
  /// Effects: unique stake is weighed by magnitude / maximum, rounded where the calculation divides. Requires: the snapshot is not sealed. Errors: none.
  public mutating func addAllocation(
    _ account: AccountID, set: OperatorSetID, _ strategy: StrategyID, magnitude: UInt64, maximum: UInt64
  ) {
    allocations[Key(account: account, other: set.rawValue), default: []].append(
      Allocated(strategy: strategy, magnitude: magnitude, maximum: maximum))
  }
  /// The operator's cut with the AVS, in bips; absent: the default.
  /// Effects: the operator's part of that day is cut by it. Requires: the snapshot is not sealed. Errors: none.
  public mutating func setSplit(_ bips: UInt16, _ account: AccountID, avs: AccountID) {
    avsSplits[Key(account: account, other: avs.rawValue)] = bips
  }
  /// The operator's cut with the set, in bips; absent: the default.
  /// Effects: the operator's part of that day is cut by it. Requires: the snapshot is not sealed. Errors: none.
  public mutating func setSplit(_ bips: UInt16, _ account: AccountID, set: OperatorSetID) {
    setSplits[Key(account: account, other: set.rawValue)] = bips
  }

  /// The operator's cut of programmatic incentives, in bips; absent: the default.
  /// Effects: the operator's part of that day is cut by it. Requires: the snapshot is not sealed. Errors: none.
  public mutating func setProgrammaticSplit(_ bips: UInt16, _ account: AccountID) {
    programmaticSplits[account] = bips
  }

  /// Lays the rows out for reading. Cost: linear, and a sort of the registrations.
  /// Effects: the snapshot can be read and not be added to any more. Errors: none.
  public mutating func seal() {
    let people = (delegations.map { $0.to.index }.max() ?? -1) + 1
    var counts = [Int](repeating: 0, count: people + 1)
    for delegation in delegations { counts[delegation.to.index + 1] += 1 }
    for k in 0..<people { counts[k + 1] += counts[k] }
    stakersByOperator = (0..<people).map { counts[$0]..<counts[$0 + 1] }
    var next = counts
    var order = [AccountID](repeating: AccountID(0), count: delegations.count)
    for delegation in delegations {
      order[next[delegation.to.index]] = delegation.staker
      next[delegation.to.index] += 1
    }
    stakers = []
    shares = []
    stakers.reserveCapacity(order.count)
    for staker in order {
      let start = shares.count
      if staker.index < held.count { shares += held[staker.index] }
      stakers.append(Staker(account: staker, shares: start..<shares.count))
    }
    for k in setMembers.indices { setMembers[k].sort() }
    avsMembers = avsMembers.mapValues { $0.sorted() }
    registered = Set(avsMembers.values.joined()).union(setMembers.joined()).sorted()
  }

  // MARK: - Reading

  func stakers(of account: AccountID) -> ArraySlice<Staker> {
    account.index < stakersByOperator.count ? stakers[stakersByOperator[account.index]] : []
  }
  func programmaticSplit(_ account: AccountID) -> UInt16? { programmaticSplits[account] }
  /// Everybody with shares, ascending, delegated or not.
  var holders: some Sequence<(AccountID, [Shares])> {
    held.enumerated().lazy.filter { !$0.element.isEmpty }.map { (AccountID($0.offset), $0.element) }
  }
  func shares(ofOperator account: AccountID, _ strategy: StrategyID) -> UInt128 {
    guard account.index < operatorShares.count else { return 0 }
    return operatorShares[account.index].first { $0.strategy == strategy }?.amount ?? 0
  }
  /// Ascending by id.
  func members(avs: AccountID) -> [AccountID] { avsMembers[avs] ?? [] }
  func members(of set: OperatorSetID) -> [AccountID] {
    set.index < setMembers.count ? setMembers[set.index] : []
  }
  func strategies(_ account: AccountID, avs: AccountID) -> [StrategyID] {
    avsStrategies[Key(account: account, other: avs.rawValue)] ?? []
  }
  func strategies(of set: OperatorSetID) -> [StrategyID] {
    set.index < setStrategies.count ? setStrategies[set.index] : []
  }
  func allocations(_ account: AccountID, set: OperatorSetID) -> [Allocated] {
    allocations[Key(account: account, other: set.rawValue)] ?? []
  }
  func split(_ account: AccountID, avs: AccountID) -> UInt16? {
    avsSplits[Key(account: account, other: avs.rawValue)]
  }
  func split(_ account: AccountID, set: OperatorSetID) -> UInt16? {
    setSplits[Key(account: account, other: set.rawValue)]
  }
}

extension RewardSnapshot {
  /// The snapshot of a running ledger. An operator registered in a set counts as restaking the set's strategies for its AVS.
  /// Cost: linear in stakers, and in operators times their sets.
  public init(of ledger: borrowing RestakingLedger, day: Int, at block: BlockNumber) {
    self.init(day: day)
    for k in ledger.accounts.indices {
      let staker = AccountID(k)
      let row = ledger.accounts[k]
      for held in row.holdings {
        addShares(staker, held.strategy, ledger.withdrawableShares(staker, held.strategy))
      }
      if let native = row.native {
        addShares(staker, native.strategy, ledger.withdrawableShares(staker, native.strategy))
      }
      if let target = row.delegatedTo { addDelegation(staker, to: target) }
      guard row.operatorIndex != nil else { continue }
      for strategy in ledger.strategies.indices {
        addOperatorShares(
          staker, StrategyID(strategy), ledger.operatorShares(staker, StrategyID(strategy)))
      }
      for set in ledger.sets(of: staker) { addMember(staker, set, ledger, block) }
    }
    for set in 0..<ledger.setCount {
      for strategy in ledger.strategies(of: OperatorSetID(set)) {
        addStrategy(strategy, set: OperatorSetID(set))
      }
    }
    seal()
  }

  private mutating func addMember(
    _ account: AccountID, _ set: OperatorSetID, _ ledger: borrowing RestakingLedger, _ block: BlockNumber
  ) {
    if ledger.isMember(account, of: set) {
      addRegistration(account, set: set)
      let avs = ledger.avs(of: set)
      // Accounts come one after the other: if it is there, it is the last.
      if members(avs: avs).last != account { addRegistration(account, avs: avs) }
      for strategy in ledger.strategies(of: set) where !strategies(account, avs: avs).contains(strategy) {
        addStrategy(strategy, account, avs: avs)
      }
    }
    for strategy in ledger.strategies.indices {
      let allocation = ledger.allocation(account, set, StrategyID(strategy), at: block)
      if allocation.current == 0 { continue }
      addAllocation(
        account, set: set, StrategyID(strategy), magnitude: allocation.current,
        maximum: ledger.maxMagnitude(account, StrategyID(strategy)))
    }
  }
}
