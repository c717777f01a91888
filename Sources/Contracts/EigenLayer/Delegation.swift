// Who stakes with whom. DelegationManager; approvers' signatures are outside.

import Basics

extension RestakingLedger {
  /// Makes an account an operator, delegated to itself for ever.
  ///
  /// Effects: its allocation delay is in force at once (since v1.9); its own deposits count as operator shares, as in `delegate`.
  /// Requires: it is delegated to nobody. Errors: activelyDelegated.
  public mutating func registerOperator(
    _ account: AccountID, allocationDelay: UInt32, at block: BlockNumber
  ) throws(RestakingError) {
    if accounts[account.index].delegatedTo != nil { throw .activelyDelegated }
    accounts[account.index].operatorIndex = operators.count
    operators.append(Operator(account: account, allocationDelay: allocationDelay))
    try attach(account, to: account)
  }

  /// Proposes another allocation delay.
  ///
  /// Effects: in force after the configuration delay, plus one block. A due proposal is folded in first; one that is
  /// still pending is replaced, and the wait starts anew. Requires: an operator. Errors: invalidOperator.
  public mutating func setAllocationDelay(
    _ account: AccountID, delay: UInt32, at block: BlockNumber
  ) throws(RestakingError) {
    guard let op = operatorIndex(account) else { throw .invalidOperator }
    operators[op].allocationDelay = allocationDelay(op, at: block)
    operators[op].pendingDelay = delay
    operators[op].pendingDelayBlock = block + delays.configuration + 1
  }

  func allocationDelay(_ op: Int, at block: BlockNumber) -> UInt32 {
    if let due = operators[op].pendingDelayBlock, due <= block { return operators[op].pendingDelay }
    return operators[op].allocationDelay
  }

  /// The operator's allocation delay in force, in blocks; nil for somebody who is no operator.
  public func allocationDelay(of account: AccountID, at block: BlockNumber) -> UInt32? {
    operatorIndex(account).map { allocationDelay($0, at: block) }
  }

  /// Delegates all of a staker's stake to an operator.
  ///
  /// Effects: operator shares gain each strategy's deposit shares; scaling factors absorb the operator's earlier slashes,
  /// so that the staker does not pay for them. Native ETH counts as mulWad(mulWad(deposit shares, k), beacon factor), rounded
  /// down: an operator gains no more than is left of the balance. The factor k = k * WAD / maximum magnitude rounds down: the
  /// shares are worth no more than before.
  /// Errors, in order: activelyDelegated, operatorNotRegistered, fullySlashed.
  public mutating func delegate(
    _ staker: AccountID, to target: AccountID, at block: BlockNumber
  ) throws(RestakingError) {
    if accounts[staker.index].delegatedTo != nil { throw .activelyDelegated }
    guard operatorIndex(target) != nil else { throw .operatorNotRegistered }
    try attach(staker, to: target)
  }

  /// Adds the staker's deposits to the operator. Validates first, then writes.
  private mutating func attach(_ staker: AccountID, to target: AccountID) throws(RestakingError) {
    guard let op = operatorIndex(target) else { throw .operatorNotRegistered }
    var account = accounts[staker.index]
    var gains: [(StrategyID, UInt128)] = []
    for k in account.holdings.indices {
      let held = account.holdings[k]
      let factor = try factorOnDelegating(held, added: held.depositShares, op)
      account.holdings[k].scalingFactor = factor
      gains.append((held.strategy, held.depositShares))
    }
    if let held = account.native {
      guard let added = held.shares(at: account.beaconSlashingFactor, .nativeDelegatedShares) else {
        throw .exceeds128Bits
      }
      account.native?.scalingFactor = try factorOnDelegating(held, added: added, op)
      gains.append((held.strategy, added))
    }
    for (strategy, added) in gains { _ = try checkedSum(shares(op, strategy), added) }
    account.delegatedTo = target
    account.place = operators[op].stakers.count
    accounts[staker.index] = account
    operators[op].stakers.append(staker)
    for (strategy, added) in gains { try raiseOperatorShares(target, strategy, by: added) }
  }

  private func factorOnDelegating(
    _ held: Holding, added: UInt128, _ op: Int
  ) throws(RestakingError) -> UInt256 {
    let magnitude = UInt128(maxMagnitude(op, held.strategy))
    if magnitude == 0 { throw .fullySlashed }
    if added == 0 { return held.scalingFactor }
    guard let factor = mulDiv(held.scalingFactor, wad, magnitude, .delegationScalingFactor) else {
      throw .arithmeticUnderflow
    }
    return factor
  }

  /// Takes the staker from its operator's list.
  mutating func detach(_ staker: AccountID) {
    guard let delegate = accounts[staker.index].delegatedTo, let op = operatorIndex(delegate) else { return }
    let place = accounts[staker.index].place
    let last = operators[op].stakers.removeLast()
    if last != staker {
      operators[op].stakers[place] = last
      accounts[last.index].place = place
    }
    accounts[staker.index].delegatedTo = nil
  }

  /// Ends a delegation and queues a withdrawal of everything, one for each strategy: tokens in list order, then native
  /// ETH. `caller` is the staker, its operator, or somebody who may call this for the operator; approvers are not modelled.
  ///
  /// Effects: the staker is nobody's; the operator loses its shares, and each withdrawal belongs to that operator until it is
  /// completed: slashes of the delay reach it. Rounding: as of `queueWithdrawal`. Returns the withdrawals, in order.
  /// Errors, in order: notActivelyDelegated, operatorsCannotUndelegate, callerCannotUndelegate, and those of queueing.
  @discardableResult
  public mutating func undelegate(
    _ staker: AccountID, by caller: AccountID, at block: BlockNumber
  ) throws(RestakingError) -> [WithdrawalID] {
    guard let delegate = accounts[staker.index].delegatedTo else { throw .notActivelyDelegated }
    if accounts[staker.index].operatorIndex != nil { throw .operatorsCannotUndelegate }
    guard caller == staker || canCall(caller, for: delegate, .undelegate) else {
      throw .callerCannotUndelegate
    }
    var deposits: [(StrategyID, UInt128)] = []
    for held in accounts[staker.index].holdings { deposits.append((held.strategy, held.depositShares)) }
    if let native = accounts[staker.index].native { deposits.append((native.strategy, native.depositShares)) }
    let saved = Saved(self, staker)
    var queued: [WithdrawalID] = []
    do throws(RestakingError) {
      detach(staker)
      for (strategy, shares) in deposits {
        queued.append(
          try queue(staker, from: delegate, [strategy], depositShares: [shares], at: block))
      }
    } catch {
      withdrawals.removeLast(queued.count)
      restore(saved)
      throw error
    }
    return queued
  }

  /// Undelegates and delegates anew in one call.
  ///
  /// Effects: those of `undelegate`, then of `delegate` with nothing deposited; the queued withdrawals still belong to the old
  /// operator. Rounding: as of `queueWithdrawal`. Errors, in order: notActivelyDelegated, operatorsCannotUndelegate,
  /// operatorNotRegistered, those of queueing.
  @discardableResult
  public mutating func redelegate(
    _ staker: AccountID, to target: AccountID, at block: BlockNumber
  ) throws(RestakingError) -> [WithdrawalID] {
    guard accounts[staker.index].delegatedTo != nil else { throw .notActivelyDelegated }
    if accounts[staker.index].operatorIndex != nil { throw .operatorsCannotUndelegate }
    guard operatorIndex(target) != nil else { throw .operatorNotRegistered }
    let queued = try undelegate(staker, by: staker, at: block)
    try attach(staker, to: target)  // nothing is left to add: cannot fail
    return queued
  }

  // MARK: - Undo

  /// The rows that an operation on one staker may touch.
  struct Saved {
    var staker: AccountID
    var account: Account
    var operatorIndex: Int?
    var operatorRow: Operator?

    init(_ ledger: borrowing RestakingLedger, _ staker: AccountID) {
      self.staker = staker
      account = ledger.accounts[staker.index]
      operatorIndex = account.delegatedTo.flatMap { ledger.accounts[$0.index].operatorIndex }
      operatorRow = operatorIndex.map { ledger.operators[$0] }
    }
  }

  mutating func restore(_ saved: Saved) {
    if let op = saved.operatorIndex, let row = saved.operatorRow {
      operators[op] = row
      for (place, staker) in row.stakers.enumerated() { accounts[staker.index].place = place }
    }
    accounts[saved.staker.index] = saved.account
  }
}
