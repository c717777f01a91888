// Magnitudes: which part of an operator's stake which set may slash. AllocationManager.

import Basics

/// One entry of `modifyAllocations`.
public struct AllocationChange: Sendable, Equatable {
  public var set: OperatorSetID
  public var strategy: StrategyID
  public var magnitude: UInt64
  public init(set: OperatorSetID, strategy: StrategyID, magnitude: UInt64) {
    self.set = set
    self.strategy = strategy
    self.magnitude = magnitude
  }
}

extension RestakingLedger {
  /// Sets magnitudes, entry by entry. Neither registration nor the strategy's being in the set is required.
  ///
  /// Effects: clears the finished part of the strategy's deallocation queue first. A decrease of a slashable allocation
  /// (strategy in the set, operator slashable, magnitude not zero) takes force at block + deallocation delay + 1 and
  /// stays slashable and encumbered until then; any other decrease is applied at once. An increase encumbers at once
  /// and is slashable from block + the operator's allocation delay.
  /// Rounds nothing: magnitudes are added and subtracted. When one entry is refused, all are.
  /// Errors: uninitializedAllocationDelay; for each entry invalidOperatorSet, modificationAlreadyPending, sameMagnitude,
  /// insufficientMagnitude.
  public mutating func modifyAllocations(
    _ account: AccountID, _ changes: [AllocationChange], at block: BlockNumber
  ) throws(RestakingError) {
    guard let op = operatorIndex(account) else { throw .uninitializedAllocationDelay }
    if changes.count == 1 {
      try modify(op, changes[0], at: block)
      return
    }
    let savedRow = operators[op]
    let savedMemberships = savedRow.memberships.map { $0 < 0 ? nil : memberships[Int($0)] }
    let count = memberships.count
    do throws(RestakingError) {
      for change in changes { try modify(op, change, at: block) }
    } catch {
      while memberships.count > count {
        let last = memberships.removeLast()
        sets[last.set.index].memberships.removeLast()
      }
      for (slot, row) in zip(savedRow.memberships, savedMemberships) {
        if let row { memberships[Int(slot)] = row }
      }
      operators[op] = savedRow
      throw error
    }
  }

  /// One entry: validates first, then writes.
  private mutating func modify(
    _ op: Int, _ change: AllocationChange, at block: BlockNumber
  ) throws(RestakingError) {
    guard change.set.index < sets.count else { throw .invalidOperatorSet }
    guard change.strategy.index < strategies.count else { throw .invalidStrategy }
    let strategy = change.strategy
    let existing = membership(op, change.set)
    let place = existing.flatMap { allocationIndex($0, strategy) }
    var allocation = Allocation(strategy: strategy)
    if let existing, let place { allocation = applied(memberships[existing].allocations[place], at: block) }
    if allocation.effectBlock != 0 { throw .modificationAlreadyPending(effectBlock: allocation.effectBlock) }
    if change.magnitude == allocation.current { throw .sameMagnitude }
    if change.magnitude > allocation.current {
      let encumbered = encumbered(op, strategy, at: block)
      let (needed, overflow) = encumbered.addingReportingOverflow(change.magnitude - allocation.current)
      let maximum = maxMagnitude(op, strategy)
      if overflow || needed > maximum {
        throw .insufficientMagnitude(needed: overflow ? .max : needed, maximum: maximum)
      }
    }

    makeRow(op, strategy)
    clearFinished(op, strategy, most: .max, at: block)
    if change.magnitude < allocation.current {
      let freed = allocation.current - change.magnitude
      let slashable =
        sets[change.set.index].strategies.contains(strategy) && isSlashable(op, change.set, at: block)
      if slashable {
        allocation.pendingDiff = -Int64(freed)
        allocation.effectBlock = block + delays.deallocation + 1
        guard let existing else { preconditionFailure("a decrease without allocation") }
        operators[op].strategies[strategy.index].deallocations.append(existing)
      } else {
        allocation.current = change.magnitude
        operators[op].strategies[strategy.index].encumbered -= freed
      }
    } else {
      let added = change.magnitude - allocation.current
      operators[op].strategies[strategy.index].encumbered += added
      allocation.pendingDiff = Int64(added)
      allocation.effectBlock = block + BlockNumber(allocationDelay(op, at: block))
      allocation = applied(allocation, at: block)
    }
    let slot = makeMembership(op, change.set)
    if let place {
      memberships[slot].allocations[place] = allocation
    } else {
      memberships[slot].allocations.append(allocation)
    }
  }

  /// The allocation with a due change applied.
  func applied(_ allocation: Allocation, at block: BlockNumber) -> Allocation {
    guard allocation.effectBlock != 0, allocation.effectBlock <= block else { return allocation }
    var next = allocation
    next.current = UInt64(Int64(next.current) + next.pendingDiff)
    next.pendingDiff = 0
    next.effectBlock = 0
    return next
  }

  /// Writes a due change of an allocation; a decrease frees its magnitude.
  func freed(by allocation: Allocation, at block: BlockNumber) -> UInt64 {
    guard allocation.effectBlock != 0, allocation.effectBlock <= block, allocation.pendingDiff < 0 else {
      return 0
    }
    return UInt64(-allocation.pendingDiff)
  }

  /// Applies up to `most` finished deallocations of one strategy, in order, stopping at the first unfinished one.
  mutating func clearFinished(_ op: Int, _ strategy: StrategyID, most: Int, at block: BlockNumber) {
    var cleared = 0
    while cleared < most {
      let head = operators[op].strategies[strategy.index].queueHead
      guard head < operators[op].strategies[strategy.index].deallocations.count else { break }
      let slot = operators[op].strategies[strategy.index].deallocations[head]
      guard let place = allocationIndex(slot, strategy) else {
        preconditionFailure("queued without allocation")
      }
      let allocation = memberships[slot].allocations[place]
      if block < allocation.effectBlock { break }
      operators[op].strategies[strategy.index].encumbered -= freed(by: allocation, at: block)
      memberships[slot].allocations[place] = applied(allocation, at: block)
      operators[op].strategies[strategy.index].queueHead = head + 1
      cleared += 1
    }
    let head = operators[op].strategies[strategy.index].queueHead
    if head > 0 && head == operators[op].strategies[strategy.index].deallocations.count {
      operators[op].strategies[strategy.index].deallocations.removeAll(keepingCapacity: true)
      operators[op].strategies[strategy.index].queueHead = 0
    }
  }

  /// Frees up to `most` finished deallocations of a strategy, over all sets, first in first out, and stops at the first that is
  /// not finished. Effects: their magnitude can be allocated anew. Anybody may call. Errors: none; nothing to do is fine.
  public mutating func clearDeallocationQueue(
    _ account: AccountID, _ strategy: StrategyID, most: Int, at block: BlockNumber
  ) {
    guard let op = operatorIndex(account) else { return }
    makeRow(op, strategy)
    clearFinished(op, strategy, most: most, at: block)
  }

  // MARK: - Views

  /// Maximum magnitude; 10^18 for an account that never was an operator.
  public func maxMagnitude(_ account: AccountID, _ strategy: StrategyID) -> UInt64 {
    operatorIndex(account).map { maxMagnitude($0, strategy) } ?? 1_000_000_000_000_000_000
  }

  /// Magnitude in use, as if finished deallocations were cleared.
  public func encumberedMagnitude(_ account: AccountID, _ strategy: StrategyID, at block: BlockNumber)
    -> UInt64
  {
    operatorIndex(account).map { encumbered($0, strategy, at: block) } ?? 0
  }

  func encumbered(_ op: Int, _ strategy: StrategyID, at block: BlockNumber) -> UInt64 {
    guard strategy.index < operators[op].strategies.count else { return 0 }
    var encumbered = operators[op].strategies[strategy.index].encumbered
    var next = operators[op].strategies[strategy.index].queueHead
    while next < operators[op].strategies[strategy.index].deallocations.count {
      let slot = operators[op].strategies[strategy.index].deallocations[next]
      next += 1
      guard let place = allocationIndex(slot, strategy) else { continue }
      let allocation = memberships[slot].allocations[place]
      if block < allocation.effectBlock { break }
      encumbered -= freed(by: allocation, at: block)
    }
    return encumbered
  }

  /// The allocation in force at `block`.
  public func allocation(
    _ account: AccountID, _ set: OperatorSetID, _ strategy: StrategyID, at block: BlockNumber
  ) -> Allocation {
    guard let op = operatorIndex(account), let slot = membership(op, set),
      let place = allocationIndex(slot, strategy)
    else { return Allocation(strategy: strategy) }
    return applied(memberships[slot].allocations[place], at: block)
  }

  public func operatorShares(_ account: AccountID, _ strategy: StrategyID) -> UInt128 {
    operatorIndex(account).map { shares($0, strategy) } ?? 0
  }

  /// The operator's stakers, itself included, in no particular order (the order is deterministic).
  public func stakers(of account: AccountID) -> [AccountID] {
    operatorIndex(account).map { operators[$0].stakers } ?? []
  }
}
