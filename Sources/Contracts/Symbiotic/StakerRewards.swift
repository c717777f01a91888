// Rewards to a Symbiotic vault's stakers by their shares at a past time.
//
// Source: `DefaultStakerRewards` of symbioticfi/rewards. Since shares at that time decide, a deposit just before it earns as
// much as one of long standing. Left out: roles and fee-on-transfer tokens.

/// One payment: what is left after the fee, and the time whose shares divide it.
public struct StakerReward: Sendable, Equatable {
  public var amount: UInt128
  public var timestamp: Timestamp
}

/// The reward contract of one vault.
public struct StakerRewards: Sendable {
  /// Bips of every payment that go to the vault's administrator.
  public private(set) var adminFeeBips: UInt64
  private struct Source: Hashable {
    var token: StrategyID
    var network: AccountID
  }
  private struct Claimer: Hashable {
    var source: Source
    var account: AccountID
  }
  private var rewards: [Source: [StakerReward]] = [:]
  private var next: [Claimer: Int] = [:]
  private var fees: [StrategyID: UInt128] = [:]

  /// Error: invalidAdminFee, above 10000 bips.
  public init(adminFeeBips: UInt64) throws(SymbioticError) {
    guard adminFeeBips <= 10_000 else { throw .invalidAdminFee }
    self.adminFeeBips = adminFeeBips
  }

  /// Effects: the fee of payments from now on. Errors, in order: alreadySet, invalidAdminFee.
  public mutating func setAdminFee(bips: UInt64) throws(SymbioticError) {
    if bips == adminFeeBips { throw .alreadySet }
    guard bips <= 10_000 else { throw .invalidAdminFee }
    adminFeeBips = bips
  }

  /// Effects: a network pays `amount` of a token for the stake at `timestamp`, which lies in the past. The fee is
  /// floor(amount * bips / 10000). Returns both parts.
  ///
  /// Errors, in order: invalidRewardTimestamp (not past), highAdminFee, invalidRewardTimestamp (nobody had stake),
  /// insufficientReward. The fee rounds down, for the stakers.
  @discardableResult public mutating func distribute(
    _ amount: UInt128, token: StrategyID, from network: AccountID, for timestamp: Timestamp,
    maxAdminFeeBips: UInt64 = 10_000, vault: borrowing VaultBook, at now: Timestamp
  ) throws(SymbioticError) -> (distributed: UInt128, fee: UInt128) {
    guard timestamp < now else { throw .invalidRewardTimestamp }
    guard adminFeeBips <= maxAdminFeeBips else { throw .highAdminFee }
    guard vault.activeShares(at: timestamp) > 0, vault.activeStake(at: timestamp) > 0 else {
      throw .invalidRewardTimestamp
    }
    guard amount > 0 else { throw .insufficientReward }
    let fee = try symbioticMulDiv(amount, UInt128(adminFeeBips), 10_000)
    fees[token, default: 0] += fee
    if amount > fee {
      rewards[Source(token: token, network: network), default: []].append(
        StakerReward(amount: amount - fee, timestamp: timestamp))
    }
    return (amount - fee, fee)
  }

  /// What the next `most` payments are worth to the account: floor(shares then * amount / all shares then) of each.
  /// Changes nothing. Errors: exceeds128Bits. Rounding: down, so that payments never sum to more than was paid in.
  public func claimable(
    _ account: AccountID, token: StrategyID, from network: AccountID, most: Int = .max,
    vault: borrowing VaultBook
  ) throws(SymbioticError) -> UInt128 {
    let source = Source(token: token, network: network)
    let first = next[Claimer(source: source, account: account)] ?? 0
    var sum: UInt128 = 0
    for reward in (rewards[source] ?? []).dropFirst(first).prefix(most) {
      sum += try symbioticMulDiv(
        vault.activeShares(of: account, at: reward.timestamp), reward.amount,
        vault.activeShares(at: reward.timestamp))
    }
    return sum
  }

  /// Effects: pays them, once.
  ///
  /// Errors: noRewardsToClaim. Each payment's part rounds down: parts never add up to more than the payment.
  @discardableResult public mutating func claim(
    _ account: AccountID, token: StrategyID, from network: AccountID, most: Int = .max,
    vault: borrowing VaultBook
  ) throws(SymbioticError) -> UInt128 {
    let claimer = Claimer(source: Source(token: token, network: network), account: account)
    let all = rewards[claimer.source]?.count ?? 0
    let first = next[claimer] ?? 0
    let count = min(most, all - first)
    guard count > 0 else { throw .noRewardsToClaim }
    let amount = try claimable(account, token: token, from: network, most: most, vault: vault)
    next[claimer] = first + count
    return amount
  }

  /// Effects: pays the administrator what has gathered.
  /// Errors: insufficientAdminFee.
  @discardableResult public mutating func claimAdminFee(token: StrategyID) throws(SymbioticError) -> UInt128 {
    let amount = fees[token] ?? 0
    guard amount > 0 else { throw .insufficientAdminFee }
    fees[token] = 0
    return amount
  }
}
