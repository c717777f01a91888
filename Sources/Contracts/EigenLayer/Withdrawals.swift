// The withdrawal queue. DelegationManager.

import Basics

extension RestakingLedger {
  /// Queues one withdrawal of deposit shares.
  ///
  /// Effects, for each strategy in order: scaled = mulWad(shares, k); the operator's shares lose
  /// mulWad(scaled, slashing factor), and its queue history gains `scaled`, which stays slashable for the withdrawal
  /// delay; the deposit shares go, and k returns to WAD when none are left. Both products round down: the operator never loses
  /// more than the staker takes along, and the withdrawal is never worth more than what was given up.
  /// Errors: arithmeticUnderflow when the operator has fewer shares than asked for (checked before the staker's own),
  /// sharesAmountZero, sharesAmountTooHigh; for native ETH sharesNegative, and zero is accepted.
  @discardableResult
  public mutating func queueWithdrawal(
    _ staker: AccountID, _ strategies: [StrategyID], depositShares: [UInt128], at block: BlockNumber
  ) throws(RestakingError) -> WithdrawalID {
    guard strategies.count == depositShares.count else { throw .inputArrayLengthMismatch }
    if strategies.isEmpty { throw .inputArrayLengthZero }
    for strategy in strategies where strategy.index >= self.strategies.count { throw .invalidStrategy }
    let saved = Saved(self, staker)
    do throws(RestakingError) {
      return try queue(
        staker, from: accounts[staker.index].delegatedTo, strategies, depositShares: depositShares, at: block)
    } catch {
      restore(saved)
      throw error
    }
  }

  /// As `queueWithdrawal`, charged to `delegate`. May leave the staker's and the operator's rows half changed when it
  /// throws: the caller restores them.
  mutating func queue(
    _ staker: AccountID, from delegate: AccountID?, _ strategies: [StrategyID], depositShares: [UInt128],
    at block: BlockNumber
  ) throws(RestakingError) -> WithdrawalID {
    var scaled: [ScaledShares] = []
    for (strategy, shares) in zip(strategies, depositShares) {
      let held = holding(staker, strategy)
      // Beyond 256 bits the contract's mulDiv reverts.
      guard let one = ScaledShares(shares, scaledBy: held.scalingFactor) else { throw .arithmeticUnderflow }
      scaled.append(one)
      if let delegate {
        var factor = delegateMagnitude(delegate, strategy)
        if self.strategies[strategy.index].isNativeETH {
          factor = mulWad(
            factor, accounts[staker.index].beaconSlashingFactor, .nativeSlashingFactor)
        }
        recordQueued(delegate, strategy, one, at: block)
        // More than 128 bits is more than any operator has.
        guard let removed = one.shares(at: factor, .queuedOperatorShares) else { throw .arithmeticUnderflow }
        try lowerOperatorShares(delegate, strategy, by: removed)
      }
      try removeDepositShares(staker, strategy, shares)
    }
    withdrawals.append(
      Withdrawal(
        staker: staker, delegatedTo: delegate, startBlock: block, strategies: strategies, scaledShares: scaled
      ))
    return WithdrawalID(withdrawals.count - 1)
  }

  private mutating func recordQueued(
    _ delegate: AccountID, _ strategy: StrategyID, _ scaled: ScaledShares, at block: BlockNumber
  ) {
    guard scaled != .zero, let op = operatorIndex(delegate) else { return }
    makeRow(op, strategy)
    let sum = operators[op].strategies[strategy.index].queuedHistory.latest + scaled
    operators[op].strategies[strategy.index].queuedHistory.push(sum, at: block)
  }

  private mutating func removeDepositShares(
    _ staker: AccountID, _ strategy: StrategyID, _ shares: UInt128
  ) throws(RestakingError) {
    if strategies[strategy.index].isNativeETH {
      let held = holding(staker, strategy)
      guard shares <= held.depositShares else { throw .sharesNegative }
      accounts[staker.index].native =
        shares == held.depositShares
        ? nil
        : Holding(
          strategy: strategy, depositShares: held.depositShares - shares, scalingFactor: held.scalingFactor)
      return
    }
    if shares == 0 { throw .sharesAmountZero }
    guard let k = accounts[staker.index].holdings.firstIndex(where: { $0.strategy == strategy }) else {
      throw .sharesAmountTooHigh(asked: shares, held: 0)
    }
    let held = accounts[staker.index].holdings[k].depositShares
    guard shares <= held else { throw .sharesAmountTooHigh(asked: shares, held: held) }
    if shares < held {
      accounts[staker.index].holdings[k].depositShares = held - shares
    } else {
      accounts[staker.index].holdings.swapAt(k, accounts[staker.index].holdings.count - 1)
      accounts[staker.index].holdings.removeLast()
    }
  }

  /// What one strategy of a queued withdrawal would pay at `block`, in shares: by the operator's magnitude at the end
  /// of the withdrawal delay (or now, if that is earlier), and for native ETH today's beacon-chain factor.
  /// Rounding: down, so that payments never exceed what slashes left.
  public func payableShares(_ id: WithdrawalID, _ position: Int, at block: BlockNumber) -> UInt128 {
    let withdrawal = withdrawals[id.index]
    let strategy = withdrawal.strategies[position]
    var factor = wad
    if let delegate = withdrawal.delegatedTo, let op = operatorIndex(delegate) {
      let until = min(withdrawal.startBlock + delays.withdrawal, block)
      if strategy.index < operators[op].strategies.count {
        factor = UInt128(operators[op].strategies[strategy.index].maxMagnitudeHistory.value(at: until))
      }
    }
    if strategies[strategy.index].isNativeETH {
      factor = mulWad(
        factor, accounts[withdrawal.staker.index].beaconSlashingFactor, .nativeSlashingFactor)
    }
    return withdrawal.scaledShares[position].shares(at: factor, .payableShares) ?? .max
  }

  /// The first block in which a withdrawal can be completed.
  public func completable(_ id: WithdrawalID) -> BlockNumber {
    withdrawals[id.index].startBlock + delays.withdrawal + 1
  }

  /// Completes a withdrawal; only its staker may.
  ///
  /// Effects: pays each strategy's shares as tokens, or deposits them anew with the current operator. A strategy that
  /// pays zero shares is skipped silently. Returns the tokens paid, by position. Shares = mulWad(scaled, factor) round down, with
  /// the operator's magnitude at the end of the delay: a withdrawal pays no more than was left to it; so do their tokens: the
  /// rest of a unit stays with the pool.
  /// Errors, in order: withdrawalNotQueued (unknown), withdrawerNotCaller, withdrawalNotQueued, withdrawalDelayNotElapsed;
  /// withdrawalAmountExceedsTotalDeposits when paid in tokens; those of adding shares when not.
  @discardableResult
  public mutating func completeWithdrawal(
    _ id: WithdrawalID, by caller: AccountID, asTokens: Bool, at block: BlockNumber
  ) throws(RestakingError) -> [UInt128] {
    guard id.index < withdrawals.count else { throw .withdrawalNotQueued }
    let withdrawal = withdrawals[id.index]
    guard withdrawal.staker == caller else { throw .withdrawerNotCaller }
    guard withdrawal.isPending else { throw .withdrawalNotQueued }
    guard block >= completable(id) else { throw .withdrawalDelayNotElapsed(earliest: completable(id)) }
    var tokens: [UInt128] = []
    let payable = withdrawal.strategies.indices.map { payableShares(id, $0, at: block) }
    if asTokens {
      for (strategy, shares) in zip(withdrawal.strategies, payable)
      where !strategies[strategy.index].isNativeETH {
        guard shares <= strategies[strategy.index].totalShares else {
          throw .withdrawalAmountExceedsTotalDeposits
        }
      }
      for (strategy, shares) in zip(withdrawal.strategies, payable) {
        let native = strategies[strategy.index].isNativeETH
        let amount = shares == 0 ? 0 : native ? shares : takeTokens(for: shares, strategy)
        accounts[caller.index].receive(amount, strategy)
        tokens.append(amount)
      }
    } else {
      let saved = Saved(self, caller)
      do throws(RestakingError) {
        for (strategy, shares) in zip(withdrawal.strategies, payable) {
          tokens.append(0)
          if shares != 0 { try addShares(caller, strategy, shares) }
        }
      } catch {
        restore(saved)
        throw error
      }
    }
    withdrawals[id.index].isPending = false
    return tokens
  }
}
