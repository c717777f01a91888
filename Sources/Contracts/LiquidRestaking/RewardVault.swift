// A vault of reward tokens with fungible shares, in the manner of LRT² (King Protocol): several issuers put their rewards
// in, and each share is worth the same part of the basket whoever put it in.
//
// Source: King-Protocol/LRT2-protocol, `LRTSquaredCore`; tokens of 18 decimals. Left out: whitelists, position limits and
// the rate limit.

/// Why the vault refuses. A refused call changes nothing.
public enum RewardVaultError: Error, Sendable, Equatable {
  /// A deposit worth nothing, or a redemption of no share.
  case sharesZero
  /// More shares than the account has.
  case insufficientShares(asked: UInt128, held: UInt128)
  /// The vault holds tokens that are worth nothing at these prices, and shares that stand for them.
  case worthless
  /// A value beyond 128 bits.
  case exceeds128Bits
}

/// Balances by token, shares by account.
public struct RewardVault: Sendable {
  /// Bips of the shares minted, and of those redeemed, that go to the treasury.
  public let depositFeeBips: UInt64
  public let redeemFeeBips: UInt64
  public let treasury: AccountID
  /// By token.
  public private(set) var balances: [UInt128]
  public private(set) var totalShares: UInt128 = 0
  private var sharesOf: [AccountID: UInt128] = [:]

  /// - Parameter tokens: how many kinds of token it can hold.
  public init(tokens: Int, depositFeeBips: UInt64, redeemFeeBips: UInt64, treasury: AccountID) {
    precondition(depositFeeBips <= 10_000)
    precondition(redeemFeeBips <= 10_000)
    self.depositFeeBips = depositFeeBips
    self.redeemFeeBips = redeemFeeBips
    self.treasury = treasury
    balances = [UInt128](repeating: 0, count: tokens)
  }

  public func shares(of account: AccountID) -> UInt128 { sharesOf[account] ?? 0 }

  /// Wei of ETH that `amounts` (by token) are worth at WAD prices: each token's value rounds down.
  /// Changes nothing. Errors: exceeds128Bits. The rounding is against the depositor: a deposit never buys shares with a fraction that
  /// the vault does not hold.
  public static func value(_ amounts: [UInt128], prices: [UInt128]) throws(RewardVaultError) -> UInt128 {
    var sum: UInt128 = 0
    for (amount, price) in zip(amounts, prices) {
      let (next, overflow) = sum.addingReportingOverflow(try product(amount, price, over: wad))
      if overflow { throw .exceeds128Bits }
      sum = next
    }
    return sum
  }

  /// Puts tokens in. Mints shares for their value: at first as many as wei, then floor(value * shares / value of the vault
  /// before, at the same prices), so that a deposit never lowers what a share is worth. The fee's shares go to the treasury.
  /// Effects: balances and shares. Errors: exceeds128Bits, worthless, sharesZero.
  @discardableResult public mutating func deposit(
    _ amounts: [UInt128], by account: AccountID, prices: [UInt128]
  ) throws(RewardVaultError) -> (minted: UInt128, fee: UInt128) {
    let value = try Self.value(amounts, prices: prices)
    var shares = value
    if totalShares > 0 {
      let held = try Self.value(balances, prices: prices)
      if held == 0 { throw .worthless }
      shares = try Self.product(value, totalShares, over: held)
    }
    if shares == 0 { throw .sharesZero }
    let fee = try Self.product(shares, UInt128(depositFeeBips), over: 10_000)
    var after = balances
    for (token, amount) in amounts.enumerated() {
      let (sum, overflow) = after[token].addingReportingOverflow(amount)
      if overflow { throw .exceeds128Bits }
      after[token] = sum
    }
    let (total, overflow) = totalShares.addingReportingOverflow(shares)
    if overflow { throw .exceeds128Bits }
    balances = after
    totalShares = total
    sharesOf[account, default: 0] += shares - fee
    sharesOf[treasury, default: 0] += fee
    return (shares - fee, fee)
  }

  /// Takes the account's part of every token out, rounded down (the rest stays with those who stay), less the fee, whose shares go
  /// to the treasury. Effects: balances and shares. Errors, in order: sharesZero, insufficientShares, exceeds128Bits.
  @discardableResult public mutating func redeem(_ shares: UInt128, by account: AccountID)
    throws(RewardVaultError) -> (assets: [UInt128], fee: UInt128)
  {
    let held = self.shares(of: account)
    if shares == 0 { throw .sharesZero }
    guard shares <= held else { throw .insufficientShares(asked: shares, held: held) }
    let fee = try Self.product(shares, UInt128(redeemFeeBips), over: 10_000)
    let burned = shares - fee
    var assets: [UInt128] = []
    for balance in balances { assets.append(try Self.product(burned, balance, over: totalShares)) }
    sharesOf[account] = held - shares
    sharesOf[treasury, default: 0] += fee
    totalShares -= burned
    for token in balances.indices { balances[token] -= assets[token] }
    return (assets, fee)
  }

  private static func product(_ a: UInt128, _ b: UInt128, over d: UInt128) throws(RewardVaultError) -> UInt128
  {
    let product = a.multipliedFullWidth(by: b)
    guard product.high < d else { throw .exceeds128Bits }
    return d.dividingFullWidth(product).quotient
  }
}
