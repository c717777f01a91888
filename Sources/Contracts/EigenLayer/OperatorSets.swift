// Operator sets: creation, strategies, slasher, registration. AllocationManager.

import Basics

extension RestakingLedger {
  /// Where a set's slashed shares go.
  public enum RecipientChoice: Sendable, Equatable {
    /// A set without recipient: slashed shares are burned.
    case burn
    /// A redistributing set.
    case account(AccountID)
    /// A redistributing set with the burn address as recipient: refused.
    case burnAddress
  }

  /// Creates an operator set with its slasher, in force at once; the recipient is fixed for ever.
  ///
  /// Effects: a set without members, its strategies in ascending order. Requires: a recipient that is no burn address.
  /// Errors: invalidRedistributionRecipient, invalidStrategy (native ETH in a redistributing set, or unknown),
  /// strategyAlreadyInOperatorSet. (That a set's name is new is for whoever holds the names: invalidOperatorSet.)
  public mutating func createOperatorSet(
    avs: AccountID, strategies: [StrategyID], slasher: AccountID, recipient: RecipientChoice = .burn
  ) throws(RestakingError) -> OperatorSetID {
    var account: AccountID?
    switch recipient {
    case .burn: break
    case .burnAddress: throw .invalidRedistributionRecipient
    case .account(let to): account = to
    }
    var sorted: [StrategyID] = []
    for strategy in strategies {
      try Self.insert(strategy, into: &sorted, redistributing: account != nil, of: self.strategies)
    }
    sets.append(OperatorSet(avs: avs, strategies: sorted, slasher: slasher, recipient: account))
    return OperatorSetID(sets.count - 1)
  }

  private static func insert(
    _ strategy: StrategyID, into sorted: inout [StrategyID], redistributing: Bool, of all: [Strategy]
  ) throws(RestakingError) {
    guard strategy.index < all.count else { throw .invalidStrategy }
    if redistributing && all[strategy.index].isNativeETH { throw .invalidStrategy }
    if sorted.contains(strategy) { throw .strategyAlreadyInOperatorSet }
    let place = sorted.firstIndex { $0 > strategy } ?? sorted.count
    sorted.insert(strategy, at: place)
  }

  /// Effects: allocations to the set in these strategies, made before, are slashable from now on. Requires: no native ETH in a
  /// redistributing set. Errors: invalidOperatorSet, invalidStrategy, strategyAlreadyInOperatorSet.
  public mutating func addStrategies(_ added: [StrategyID], to set: OperatorSetID) throws(RestakingError) {
    guard set.index < sets.count else { throw .invalidOperatorSet }
    var sorted = sets[set.index].strategies
    for strategy in added {
      try Self.insert(
        strategy, into: &sorted, redistributing: sets[set.index].recipient != nil, of: strategies)
    }
    sets[set.index].strategies = sorted
  }

  /// Effects: a removed strategy is not slashable from this block on; deallocations that were pending still wait their full time.
  /// When one is refused, all are. Errors: invalidOperatorSet, strategyNotInOperatorSet.
  public mutating func removeStrategies(_ removed: [StrategyID], from set: OperatorSetID)
    throws(RestakingError)
  {
    guard set.index < sets.count else { throw .invalidOperatorSet }
    var left = sets[set.index].strategies
    for strategy in removed {
      guard let k = left.firstIndex(of: strategy) else { throw .strategyNotInOperatorSet }
      left.remove(at: k)
    }
    sets[set.index].strategies = left
  }

  /// Proposes another slasher. Effects: in force after the configuration delay plus one block; a due proposal is folded in first,
  /// and one that is pending is replaced, with a new wait; proposing the pending one again does nothing.
  /// Errors: invalidOperatorSet.
  public mutating func updateSlasher(
    _ set: OperatorSetID, to slasher: AccountID, at block: BlockNumber
  ) throws(RestakingError) {
    guard set.index < sets.count else { throw .invalidOperatorSet }
    if let pending = sets[set.index].pendingSlasher {
      if block >= sets[set.index].pendingSlasherBlock {
        sets[set.index].slasher = pending
      } else if pending == slasher {
        return
      }
    }
    sets[set.index].pendingSlasher = slasher
    sets[set.index].pendingSlasherBlock = block + delays.configuration + 1
  }

  /// The slasher in force.
  public func slasher(of set: OperatorSetID, at block: BlockNumber) -> AccountID {
    let row = sets[set.index]
    if let pending = row.pendingSlasher, block >= row.pendingSlasherBlock { return pending }
    return row.slasher
  }

  /// Joins a set. Effects: the operator is slashable by the set from now on, in what it allocated to it.
  /// Errors, in order: invalidOperator, invalidOperatorSet, alreadyMemberOfSet (also while still slashable after leaving).
  public mutating func register(
    _ account: AccountID, in set: OperatorSetID, at block: BlockNumber
  ) throws(RestakingError) {
    guard let op = operatorIndex(account) else { throw .invalidOperator }
    guard set.index < sets.count else { throw .invalidOperatorSet }
    if isSlashable(op, set, at: block) { throw .alreadyMemberOfSet }
    let slot = makeMembership(op, set)
    memberships[slot].registered = true
  }

  /// Leaves a set. Effects: stays slashable for the deallocation delay, inclusive; allocations stay as they are. `caller` is the operator, the AVS, or
  /// somebody who may call this for one of them.
  /// Errors, in order: invalidCaller, invalidOperatorSet, notMemberOfSet.
  public mutating func deregister(
    _ account: AccountID, from set: OperatorSetID, by caller: AccountID, at block: BlockNumber
  ) throws(RestakingError) {
    let avs = set.index < sets.count ? sets[set.index].avs : nil
    let mayCall =
      canCall(caller, for: account, .deregisterFromOperatorSets)
      || avs.map { canCall(caller, for: $0, .deregisterFromOperatorSets) } ?? false
    guard mayCall else { throw .invalidCaller }
    guard set.index < sets.count else { throw .invalidOperatorSet }
    guard let op = operatorIndex(account), let slot = membership(op, set), memberships[slot].registered else {
      throw .notMemberOfSet
    }
    memberships[slot].registered = false
    memberships[slot].slashableUntil = block + delays.deallocation
  }

  func isSlashable(_ op: Int, _ set: OperatorSetID, at block: BlockNumber) -> Bool {
    guard let slot = membership(op, set) else { return false }
    return memberships[slot].registered || block <= memberships[slot].slashableUntil
  }

  public func isMember(_ account: AccountID, of set: OperatorSetID) -> Bool {
    guard let op = operatorIndex(account), let slot = membership(op, set) else { return false }
    return memberships[slot].registered
  }

  /// Registered, or not longer than the deallocation delay ago.
  public func isSlashable(_ account: AccountID, by set: OperatorSetID, at block: BlockNumber) -> Bool {
    guard let op = operatorIndex(account) else { return false }
    return isSlashable(op, set, at: block)
  }

  /// Strategies of a set, ascending.
  public func strategies(of set: OperatorSetID) -> [StrategyID] { sets[set.index].strategies }

  /// Slashes that the set has made; also those that found nothing to take.
  public func slashCount(of set: OperatorSetID) -> UInt64 { sets[set.index].slashCount }

  /// The AVS of a set.
  public func avs(of set: OperatorSetID) -> AccountID { sets[set.index].avs }

  /// Whether an AVS has an operator set. Cost: the number of sets.
  public func hasOperatorSet(_ avs: AccountID) -> Bool { sets.contains { $0.avs == avs } }

  /// Whether the account is an operator.
  public func isOperator(_ account: AccountID) -> Bool { operatorIndex(account) != nil }

  // MARK: - Members

  /// Operators that ever registered in the set or allocated to it. Their index in it never changes.
  public func memberCount(of set: OperatorSetID) -> Int { sets[set.index].memberships.count }

  public func member(_ index: Int, of set: OperatorSetID) -> AccountID {
    operators[memberships[sets[set.index].memberships[index]].operatorIndex].account
  }

  /// The operator's index in the set; nil when it has none.
  public func memberIndex(_ account: AccountID, in set: OperatorSetID) -> Int? {
    guard let op = operatorIndex(account), let slot = membership(op, set) else { return nil }
    return memberships[slot].place
  }

  /// Sets in which the operator has an index, ascending.
  public func sets(of account: AccountID) -> [OperatorSetID] {
    guard let op = operatorIndex(account) else { return [] }
    return operators[op].memberships.indices.filter { operators[op].memberships[$0] >= 0 }
      .map { OperatorSetID($0) }
  }

  /// When the operator's slashability by the set ends; nil while it is registered or was never in it.
  public func slashableUntil(_ account: AccountID, by set: OperatorSetID) -> BlockNumber? {
    guard let op = operatorIndex(account), let slot = membership(op, set), !memberships[slot].registered,
      memberships[slot].slashableUntil > 0
    else { return nil }
    return memberships[slot].slashableUntil
  }
}
