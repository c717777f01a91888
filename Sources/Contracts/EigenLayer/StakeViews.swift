// How much stake stands behind an operator's word. AllocationManager, `getMinimumSlashableStake`, `getAllocatedStake`.

import Basics

extension RestakingLedger {
  /// Shares that the set could slash at every block from `block` to `future`, if nothing else happened: magnitude (less a
  /// pending decrease due by then) over maximum magnitude, of the operator's shares; zero when the operator is not
  /// slashable or has been slashed fully. Queued withdrawals are slashable too and not counted.
  ///
  /// Both divisions round down: never more than a slash could take.
  public func minimumSlashableStake(
    _ account: AccountID, _ set: OperatorSetID, _ strategy: StrategyID, until future: BlockNumber,
    at block: BlockNumber
  ) -> UInt128 {
    guard let op = operatorIndex(account), isSlashable(op, set, at: block) else { return 0 }
    return stake(op, set, strategy, until: future, at: block)
  }

  /// The same for the current block, whether or not the operator is slashable.
  public func allocatedStake(
    _ account: AccountID, _ set: OperatorSetID, _ strategy: StrategyID, at block: BlockNumber
  ) -> UInt128 {
    operatorIndex(account).map { stake($0, set, strategy, until: block, at: block) } ?? 0
  }

  func stake(
    _ op: Int, _ set: OperatorSetID, _ strategy: StrategyID, until future: BlockNumber, at block: BlockNumber
  ) -> UInt128 {
    guard let slot = membership(op, set), let place = allocationIndex(slot, strategy) else { return 0 }
    let allocation = applied(memberships[slot].allocations[place], at: block)
    var magnitude = allocation.current
    if allocation.pendingDiff < 0 && allocation.effectBlock <= future {
      magnitude -= UInt64(-allocation.pendingDiff)
    }
    let maximum = maxMagnitude(op, strategy)
    if maximum == 0 || magnitude == 0 { return 0 }
    let share = divWad(UInt128(magnitude), UInt128(maximum), .slashableShare)
    return mulWad(operators[op].strategies[strategy.index].shares, share, .slashableStake)
  }
}
