// Tokens in people's hands, outside of strategies: what withdrawals and redistribution paid out, and what was brought from outside to be
// passed on. Plain ERC-20 transfers; the ledger keeps them so that conservation can follow a slash to whoever has it in the end.

extension RestakingLedger {
  /// Tokens come into an account's hands from outside the ledger.
  /// Errors: invalidStrategy (native ETH is no token, or unknown).
  /// Effects: the account holds so much more, in no pool. Requires: the owner counts it (`Conservation.recordFunded`). Rounding: none.
  public mutating func fund(_ account: AccountID, _ strategy: StrategyID, amount: UInt128)
    throws(RestakingError)
  {
    guard strategy.index < strategies.count, !strategies[strategy.index].isNativeETH else {
      throw .invalidStrategy
    }
    accounts[account.index].receive(amount, strategy)
  }

  /// Tokens change hands.
  /// Errors: invalidStrategy; exceedsBalance with nothing moved.
  /// Effects: one holds so much less, the other so much more. Requires: nothing else; both may be the same. Rounding: none.
  public mutating func transfer(
    _ strategy: StrategyID, from: AccountID, to: AccountID, amount: UInt128
  ) throws(RestakingError) {
    guard strategy.index < strategies.count, !strategies[strategy.index].isNativeETH else {
      throw .invalidStrategy
    }
    let held = wallet(of: from, strategy)
    guard held >= amount else { throw .exceedsBalance(asked: amount, held: held) }
    accounts[from.index].received[strategy.index] -= amount
    accounts[to.index].receive(amount, strategy)
  }

  /// Tokens in an account's hands.
  public func wallet(of account: AccountID, _ strategy: StrategyID) -> UInt128 {
    let list = accounts[account.index].received
    return strategy.index < list.count ? list[strategy.index] : 0
  }
}
