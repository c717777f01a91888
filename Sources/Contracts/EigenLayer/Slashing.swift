// slashOperator, and where the shares go. AllocationManager, DelegationManager, StrategyManager, SlashingLib.

import AVS
import Basics

/// What a slash did.
public struct SlashReceipt: Sendable, Equatable {
  /// Number of the slash in its set, from 1.
  public var slashID: UInt64
  /// By strategy as given: shares taken from the operator and from its queue; zero where nothing was allocated.
  public var shares: [UInt128]
  /// By strategy: the slashed share of the operator's whole stake, a WAD.
  public var wadSlashed: [UInt64]
}

extension RestakingLedger {
  /// Slashes an operator's allocation to a set: `wads[k]` of it in `strategies[k]`.
  ///
  /// Effects, for each strategy with a magnitude c > 0: slashed = ceil(c * wad / WAD), rounded against the operator so
  /// that a slash is never nothing; c, the encumbered and the maximum magnitude lose it; a pending decrease shrinks by
  /// its own ceil(size * wad / WAD); a pending increase is not slashable yet and stays. The operator's shares, and the
  /// scaled shares queued in the last `withdrawal` blocks, lose what `slashedAmount` says; both together wait for
  /// burning or redistribution under (set, slash id, strategy). The slash id is used even if nothing was allocated.
  /// Errors, in order: invalidOperatorSet, operatorNotSlashable, invalidCaller; then for each strategy
  /// strategiesMustBeInAscendingOrder, invalidWadToSlash, strategyNotInOperatorSet.
  public mutating func slashOperator(
    _ account: AccountID, in set: OperatorSetID, by caller: AccountID, strategies slashed: [StrategyID],
    wads: [UInt64], at block: BlockNumber
  ) throws(RestakingError) -> SlashReceipt {
    guard slashed.count == wads.count else { throw .inputArrayLengthMismatch }
    guard set.index < sets.count else { throw .invalidOperatorSet }
    guard let op = operatorIndex(account), isSlashable(op, set, at: block) else {
      throw .operatorNotSlashable
    }
    guard caller == slasher(of: set, at: block) else { throw .invalidCaller }
    for k in slashed.indices {
      if k > 0 && slashed[k] <= slashed[k - 1] { throw .strategiesMustBeInAscendingOrder }
      if wads[k] == 0 || wads[k] > UInt64(wad) { throw .invalidWadToSlash(wads[k]) }
      if !sets[set.index].strategies.contains(slashed[k]) { throw .strategyNotInOperatorSet }
    }

    sets[set.index].slashCount += 1
    var receipt = SlashReceipt(slashID: sets[set.index].slashCount, shares: [], wadSlashed: [])
    var pending: [SlashedShares] = []
    receipt.shares.reserveCapacity(slashed.count)
    receipt.wadSlashed.reserveCapacity(slashed.count)
    pending.reserveCapacity(slashed.count)
    for (strategy, share) in zip(slashed, wads) {
      guard let slot = membership(op, set), let place = allocationIndex(slot, strategy) else {
        receipt.shares.append(0)
        receipt.wadSlashed.append(0)
        continue
      }
      let (taken, event) = slashAllocation(op, slot, place, share, at: block)
      receipt.shares.append(taken ?? 0)
      receipt.wadSlashed.append(event)
      guard let taken else { continue }
      if strategies[strategy.index].isNativeETH {
        burnableETHShares += taken
      } else {
        pending.append(SlashedShares(strategy: strategy, shares: taken))
      }
    }
    sets[set.index].slashed.append(pending)
    return receipt
  }

  /// Slashes one allocation; nil shares when its magnitude is zero.
  private mutating func slashAllocation(
    _ op: Int, _ slot: Int, _ place: Int, _ share: UInt64, at block: BlockNumber
  ) -> (shares: UInt128?, wadSlashed: UInt64) {
    let stored = memberships[slot].allocations[place]
    var allocation = applied(stored, at: block)
    if allocation.current == 0 { return (nil, 0) }
    let strategy = allocation.strategy
    let previous = operators[op].strategies[strategy.index].maxMagnitude
    // The planted defect takes the direction of a place that rounds down.
    let rounding: Rounding = plant == .roundingForOperator ? .slashableShare : .slashedMagnitude
    let magnitude = UInt64(mulWad(UInt128(allocation.current), UInt128(share), rounding))
    let event = UInt64(divWad(UInt128(magnitude), UInt128(previous), .slashedShareOfStake))
    allocation.current -= magnitude
    if allocation.pendingDiff < 0 {
      let size = UInt64(-allocation.pendingDiff)
      allocation.pendingDiff += Int64(mulWad(UInt128(size), UInt128(share), .slashedPendingMagnitude))
    }
    let freed = freed(by: stored, at: block)
    memberships[slot].allocations[place] = allocation
    operators[op].strategies[strategy.index].encumbered -= freed + magnitude
    let new = previous - magnitude
    operators[op].strategies[strategy.index].maxMagnitude = new
    operators[op].strategies[strategy.index].maxMagnitudeHistory.push(new, at: block)

    let shares = operators[op].strategies[strategy.index].shares
    let own = slashedAmount(shares, previous: previous, new: new, .keptOperatorShares)
    operators[op].strategies[strategy.index].shares = shares - own
    let queued = queuedShares(op, strategy, magnitude: previous, at: block)
    return (own + slashedAmount(queued, previous: previous, new: new, .keptQueuedShares), event)
  }

  /// Shares in the queue that can still be slashed: queued in blocks block - withdrawal delay ... block, inclusive at
  /// both ends. A withdrawal becomes completable one block after it has left this window.
  func queuedShares(_ op: Int, _ strategy: StrategyID, magnitude: UInt64, at block: BlockNumber) -> UInt128 {
    guard strategy.index < operators[op].strategies.count else { return 0 }
    let now = operators[op].strategies[strategy.index].queuedHistory.latest
    let before =
      block > delays.withdrawal
      ? operators[op].strategies[strategy.index].queuedHistory.value(at: block - delays.withdrawal - 1)
      : ScaledShares.zero
    return (now - before).shares(at: UInt128(magnitude), .slashableQueuedShares) ?? .max
  }

  /// Shares of the operator in the withdrawal queue that a slash would reach.
  public func slashableSharesInQueue(
    _ account: AccountID, _ strategy: StrategyID, at block: BlockNumber
  ) -> UInt128 {
    guard let op = operatorIndex(account) else { return 0 }
    return queuedShares(op, strategy, magnitude: maxMagnitude(op, strategy), at: block)
  }

  /// Takes the shares of one slash out of their strategies, to the set's recipient or the burn address. Anybody may
  /// call. Unknown or cleared ids do nothing. Returns the tokens moved by strategy. `onward`: the recipient of a redistributing set
  /// is a contract that passes on at once what it receives, to an account or the burn address; nil: it keeps it.
  ///
  /// Effects: the pools lose shares and tokens, the recipient receives them. Tokens round down: the rest stays with the pool.
  /// Error: withdrawalAmountExceedsTotalDeposits, when rounding left a strategy short.
  @discardableResult
  public mutating func clearSlashedShares(
    _ set: OperatorSetID, slashID: UInt64, onward: RecipientChoice? = nil
  ) throws(RestakingError) -> [(strategy: StrategyID, tokens: UInt128)] {
    guard set.index < sets.count, slashID >= 1, slashID <= UInt64(sets[set.index].slashed.count) else {
      return []
    }
    let pending = sets[set.index].slashed[Int(slashID - 1)]
    for one in pending where one.shares > strategies[one.strategy.index].totalShares {
      throw .withdrawalAmountExceedsTotalDeposits
    }
    sets[set.index].slashed[Int(slashID - 1)] = []
    var moved: [(strategy: StrategyID, tokens: UInt128)] = []
    for one in pending {
      let amount = takeTokens(for: one.shares, one.strategy)
      let misdirected = plant == .slashMisdirected ? sets[set.index].avs : nil
      var recipient = misdirected ?? sets[set.index].recipient
      if let onward, recipient != nil, misdirected == nil {
        if case .account(let account) = onward { recipient = account } else { recipient = nil }
      }
      if let recipient {
        accounts[recipient.index].receive(amount, one.strategy)
      } else {
        strategies[one.strategy.index].burned += amount
      }
      moved.append((one.strategy, amount))
    }
    return moved
  }

  /// What waits for burning or redistribution under a slash id.
  public func slashedShares(_ set: OperatorSetID, slashID: UInt64) -> [SlashedShares] {
    guard set.index < sets.count, slashID >= 1, slashID <= UInt64(sets[set.index].slashed.count) else {
      return []
    }
    return sets[set.index].slashed[Int(slashID - 1)]
  }
}
