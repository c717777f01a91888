// Deposits, exchange rates and deposit scaling factors. StrategyManager, StrategyBase, EigenPodManager, SlashingLib.

import Basics

extension RestakingLedger {
  /// StrategyBase, SHARES_OFFSET and BALANCE_OFFSET: virtual shares and tokens that make inflation attacks dear.
  static let offset: UInt128 = 1_000
  /// StrategyBase, MAX_TOTAL_SHARES.
  static let totalSharesMaximum: UInt128 = 99_999_999_999_999_999_999_999_999_999_999_999_999
  /// StrategyManager, MAX_STAKER_STRATEGY_LIST_LENGTH.
  static let stakerStrategiesMaximum = 32

  /// Deposits `amount` tokens, which come from outside the ledger.
  ///
  /// Effects: shares = floor(amount * (T + 1000) / (B + 1000)), T total shares and B tokens before; they are added to the
  /// staker's deposit shares and, if it is delegated, to its operator's shares; the scaling factor is set so that
  /// earlier slashing is not felt by new shares. Shares round down: the pool never owes more than it holds.
  /// Errors: newSharesZero, totalSharesExceedsMax, maxStrategiesExceeded, fullySlashed, invalidDepositScalingFactor;
  /// invalidStrategy for native ETH, which enters by `recordBeaconBalance`.
  @discardableResult
  public mutating func deposit(
    _ staker: AccountID, _ strategy: StrategyID, amount: UInt128, at block: BlockNumber
  ) throws(RestakingError) -> UInt128 {
    guard strategy.index < strategies.count, !strategies[strategy.index].isNativeETH else {
      throw .invalidStrategy
    }
    let pool = strategies[strategy.index]
    let shares = try checkedMulDiv(
      amount, pool.totalShares + Self.offset, pool.balance + Self.offset, .depositedShares)
    if shares == 0 { throw .newSharesZero }
    let total = try checkedSum(pool.totalShares, shares)
    if total > Self.totalSharesMaximum { throw .totalSharesExceedsMax }
    let balance = try checkedSum(pool.balance, amount)
    try addShares(staker, strategy, shares)
    strategies[strategy.index].totalShares = total
    strategies[strategy.index].balance = balance
    return shares
  }

  /// Tokens appear in the pool without shares: the exchange rate rises. Effects: the balance. Requires: nothing; anybody can
  /// send tokens to the contract. Rounds nothing. Errors: invalidStrategy (native ETH has no pool), exceeds128Bits.
  public mutating func donate(_ strategy: StrategyID, amount: UInt128) throws(RestakingError) {
    guard strategy.index < strategies.count, !strategies[strategy.index].isNativeETH else {
      throw .invalidStrategy
    }
    strategies[strategy.index].balance = try checkedSum(strategies[strategy.index].balance, amount)
  }

  /// What `shares` are worth now, in tokens: floor((B + 1000) * shares / (T + 1000)). Native ETH: one wei a share.
  public func tokens(for shares: UInt128, _ strategy: StrategyID) -> UInt128 {
    let pool = strategies[strategy.index]
    if pool.isNativeETH { return shares }
    return mulDiv(pool.balance + Self.offset, shares, pool.totalShares + Self.offset, .paidTokens)
  }

  /// Takes `shares` out of the pool and returns their tokens. The tokens round down: the rest stays with the pool.
  mutating func takeTokens(for shares: UInt128, _ strategy: StrategyID) -> UInt128 {
    let amount = tokens(for: shares, strategy)
    strategies[strategy.index].totalShares -= shares
    strategies[strategy.index].balance -= amount
    return amount
  }

  // MARK: - Factors

  /// Slashing factor of the staker in a strategy: the operator's maximum magnitude, WAD when undelegated; for native ETH
  /// times the staker's beacon-chain factor.
  /// Rounding: the product down, against the staker, as every factor of what it can withdraw.
  public func slashingFactor(_ staker: AccountID, _ strategy: StrategyID) -> UInt128 {
    let magnitude = delegateMagnitude(accounts[staker.index].delegatedTo, strategy)
    guard strategies[strategy.index].isNativeETH else { return magnitude }
    return mulWad(magnitude, accounts[staker.index].beaconSlashingFactor, .nativeSlashingFactor)
  }

  func delegateMagnitude(_ delegate: AccountID?, _ strategy: StrategyID) -> UInt128 {
    guard let delegate, let op = operatorIndex(delegate) else { return wad }
    return UInt128(maxMagnitude(op, strategy))
  }

  /// The staker's deposit in a strategy; no shares at factor WAD when there is none.
  public func holding(_ staker: AccountID, _ strategy: StrategyID) -> Holding {
    let account = accounts[staker.index]
    if strategies[strategy.index].isNativeETH {
      return account.native ?? Holding(strategy: strategy, depositShares: 0, scalingFactor: UInt256(wad))
    }
    return account.holdings.first { $0.strategy == strategy }
      ?? Holding(strategy: strategy, depositShares: 0, scalingFactor: UInt256(wad))
  }

  /// What the staker could withdraw now, in shares: mulWad(mulWad(deposit shares, k), slashing factor).
  public func withdrawableShares(_ staker: AccountID, _ strategy: StrategyID) -> UInt128 {
    let held = holding(staker, strategy)
    return held.shares(at: slashingFactor(staker, strategy), .withdrawableShares) ?? .max
  }

  /// The scaling factor after `added` shares join `held` at factor `f`. SlashingLib, `DepositScalingFactor.update`.
  ///
  /// Every quotient rounds down, so the withdrawable shares never exceed what was there plus what was added.
  func scalingFactor(
    of held: Holding, adding added: UInt128, at f: UInt128
  ) throws(RestakingError) -> UInt256 {
    if f == 0 { throw .fullySlashed }
    if added == 0 { return held.scalingFactor }
    if held.depositShares == 0 {
      guard let factor = mulDiv(held.scalingFactor, wad, f, .firstScalingFactor) else {
        throw .arithmeticUnderflow
      }
      return factor
    }
    guard let current = held.shares(at: f, .withdrawableShares) else { throw .exceeds128Bits }
    let shares = try checkedSum(held.depositShares, added)
    let sum = UInt256(try checkedSum(current, added))
    guard let mean = mulDiv(sum, wad, shares, .meanScalingFactor),
      let factor = mulDiv(mean, wad, f, .nextScalingFactor)
    else { throw .arithmeticUnderflow }
    if factor.isZero { throw .invalidDepositScalingFactor }
    return factor
  }

  /// Adds shares to a staker and to its operator. Validates first, then writes.
  mutating func addShares(
    _ staker: AccountID, _ strategy: StrategyID, _ added: UInt128
  ) throws(RestakingError) {
    let native = strategies[strategy.index].isNativeETH
    let position = native ? nil : accounts[staker.index].holdings.firstIndex { $0.strategy == strategy }
    var held = holding(staker, strategy)
    if !native, position == nil, accounts[staker.index].holdings.count >= Self.stakerStrategiesMaximum {
      throw .maxStrategiesExceeded
    }
    held.scalingFactor = try scalingFactor(of: held, adding: added, at: slashingFactor(staker, strategy))
    held.depositShares = try checkedSum(held.depositShares, added)
    if let delegate = accounts[staker.index].delegatedTo {
      try raiseOperatorShares(delegate, strategy, by: added)
    }
    if native {
      accounts[staker.index].native = held.depositShares == 0 ? nil : held
    } else if let position {
      accounts[staker.index].holdings[position] = held
    } else {
      accounts[staker.index].holdings.append(held)
    }
  }

  mutating func raiseOperatorShares(
    _ delegate: AccountID, _ strategy: StrategyID, by added: UInt128
  ) throws(RestakingError) {
    guard let op = operatorIndex(delegate) else {
      preconditionFailure("delegated to somebody who is no operator")
    }
    let sum = try checkedSum(shares(op, strategy), added)
    makeRow(op, strategy)
    operators[op].strategies[strategy.index].shares = sum
  }

  mutating func lowerOperatorShares(
    _ delegate: AccountID, _ strategy: StrategyID, by removed: UInt128
  ) throws(RestakingError) {
    guard let op = operatorIndex(delegate) else {
      preconditionFailure("delegated to somebody who is no operator")
    }
    guard shares(op, strategy) >= removed else { throw .arithmeticUnderflow }
    makeRow(op, strategy)
    operators[op].strategies[strategy.index].shares -= removed
  }
}
