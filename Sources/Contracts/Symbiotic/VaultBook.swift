// A Symbiotic vault's stake: who has how many shares, and what is on its way out, by epoch.
//
// Source: `Vault` and `VaultStorage` of symbioticfi/core; share arithmetic as its `ERC4626Math` (one virtual share and one
// virtual token, against inflation attacks). Left out: roles, the deposit whitelist, fee-on-transfer tokens.

import Basics

/// Seconds since any epoch; the vault's own clock.
public typealias Timestamp = UInt64

/// The epochs of a vault: epoch e lasts from `start + e * duration` on.
public struct EpochClock: Sendable, Equatable {
  public let start: Timestamp
  /// Seconds, at least 1.
  public let duration: Timestamp

  public init(start: Timestamp, duration: Timestamp) {
    precondition(duration > 0, "an epoch lasts at least a second")
    self.start = start
    self.duration = duration
  }

  /// Refused before the start.
  /// Errors: invalidTimestamp.
  public func epoch(at time: Timestamp) throws(SymbioticError) -> UInt64 {
    guard time >= start else { throw .invalidTimestamp }
    return (time - start) / duration
  }

  /// The first second of the epoch.
  public func start(of epoch: UInt64) -> Timestamp { start + epoch * duration }
}

/// Active stake and shares with their history, and withdrawals by the epoch in which they stop being at risk.
///
/// A withdrawal asked for in epoch c lies in the bucket c + 1: it can be slashed until that epoch's end and is claimed from
/// then on.
public struct VaultBook: Sendable {
  /// Withdrawals of one epoch, with shares of their own: a slash takes from all alike.
  struct Bucket: Sendable {
    var amount: UInt128 = 0
    var shares: UInt128 = 0
    var sharesOf: [AccountID: UInt128] = [:]
    var claimed: Set<AccountID> = []
  }

  public let clock: EpochClock
  /// The most active stake that a deposit may lead to; nil: no limit.
  public var depositLimit: UInt128?
  private var stakes = History<UInt128>(0)
  private var shares = History<UInt128>(0)
  private var sharesOf: [AccountID: History<UInt128>] = [:]
  private var buckets: [UInt64: Bucket] = [:]
  /// Collateral that the contract holds.
  public private(set) var balance: UInt128 = 0
  /// Collateral that went to the burner.
  public private(set) var burned: UInt128 = 0

  public init(clock: EpochClock, depositLimit: UInt128? = nil) {
    self.clock = clock
    self.depositLimit = depositLimit
  }

  /// A book that stands as given, all of it one holder's, with a share for every unit.
  ///
  /// - Parameter withdrawals: by the epoch whose end frees them.
  public init(
    clock: EpochClock, activeStake: UInt128, withdrawals: [UInt64: UInt128], holder: AccountID,
    depositLimit: UInt128? = nil
  ) {
    self.init(clock: clock, depositLimit: depositLimit)
    stakes.push(activeStake, at: clock.start)
    shares.push(activeStake, at: clock.start)
    setShares(of: holder, activeStake, at: clock.start)
    balance = activeStake
    for (epoch, amount) in withdrawals {
      buckets[epoch] = Bucket(amount: amount, shares: amount, sharesOf: [holder: amount])
      balance += amount
    }
  }

  // MARK: - Views

  public var activeStake: UInt128 { stakes.latest }
  public var activeShares: UInt128 { shares.latest }
  public func activeStake(at time: Timestamp) -> UInt128 { stakes.value(at: time) }
  public func activeShares(at time: Timestamp) -> UInt128 { shares.value(at: time) }
  public func activeShares(of account: AccountID) -> UInt128 { sharesOf[account]?.latest ?? 0 }
  public func activeShares(of account: AccountID, at time: Timestamp) -> UInt128 {
    sharesOf[account]?.value(at: time) ?? 0
  }

  /// What the account's active shares are worth, rounded down.
  /// Changes nothing. Errors: exceeds128Bits. Rounding: against the account, so that all balances never sum to more than the stake.
  public func activeBalance(of account: AccountID) throws(SymbioticError) -> UInt128 {
    try symbioticMulDiv(activeShares(of: account), activeStake + 1, activeShares + 1)
  }

  /// What lies in an epoch's bucket.
  public func withdrawals(_ epoch: UInt64) -> UInt128 { buckets[epoch]?.amount ?? 0 }

  /// All that was asked for and not claimed yet, as far as it would be paid: each part rounded down. Cost: linear.
  public var pendingWithdrawals: UInt128 {
    var sum: UInt128 = 0
    for bucket in buckets.values {
      for (account, shares) in bucket.sharesOf where !bucket.claimed.contains(account) {
        sum += mulDiv(shares, bucket.amount + 1, bucket.shares + 1)
      }
    }
    return sum
  }

  /// What the account has in an epoch's bucket, rounded down.
  /// Errors: as `activeBalance`. Rounding: against the account.
  public func withdrawals(_ epoch: UInt64, of account: AccountID) throws(SymbioticError) -> UInt128 {
    guard let bucket = buckets[epoch] else { return 0 }
    return try symbioticMulDiv(bucket.sharesOf[account] ?? 0, bucket.amount + 1, bucket.shares + 1)
  }

  /// All of the account's stake that can still be slashed.
  /// Errors: as of its parts. Rounding: each part down.
  public func slashableBalance(of account: AccountID, at now: Timestamp) throws(SymbioticError) -> UInt128 {
    let epoch = try clock.epoch(at: now)
    return try activeBalance(of: account) + withdrawals(epoch, of: account)
      + withdrawals(epoch + 1, of: account)
  }

  // MARK: - Deposits and withdrawals

  /// Effects: deposits `amount` of collateral and returns the shares minted, rounded down: existing holders never lose by a deposit.
  ///
  /// Errors, in order: invalidTimestamp, insufficientDeposit, exceeds128Bits, depositLimitReached.
  @discardableResult public mutating func deposit(
    _ amount: UInt128, for account: AccountID, at now: Timestamp
  )
    throws(SymbioticError) -> UInt128
  {
    _ = try clock.epoch(at: now)
    guard amount > 0 else { throw .insufficientDeposit }
    let (after, overflow) = activeStake.addingReportingOverflow(amount)
    if overflow { throw .exceeds128Bits }
    if let depositLimit, after > depositLimit { throw .depositLimitReached }
    let minted = try symbioticMulDiv(amount, activeShares + 1, activeStake + 1)
    shares.push(activeShares + minted, at: now)
    stakes.push(after, at: now)
    setShares(of: account, activeShares(of: account) + minted, at: now)
    balance += amount
    return minted
  }

  /// Effects: sends `amount` on its way out; it is claimable after the end of the next epoch. The shares burnt are rounded up.
  /// Returns them, and the shares of the bucket minted.
  ///
  /// Errors, in order: insufficientWithdrawal, tooMuchWithdraw. Burning rounds up and minting down: those who stay never lose
  /// by somebody's leaving.
  @discardableResult public mutating func withdraw(
    _ amount: UInt128, by account: AccountID, for claimer: AccountID? = nil, at now: Timestamp
  ) throws(SymbioticError) -> (burned: UInt128, minted: UInt128) {
    guard amount > 0 else { throw .insufficientWithdrawal }
    let burned = try symbioticMulDivUp(amount, activeShares + 1, activeStake + 1)
    guard burned <= activeShares(of: account) else { throw .tooMuchWithdraw }
    let minted = try queue(amount, burning: burned, by: account, for: claimer ?? account, at: now)
    return (burned, minted)
  }

  /// Effects: sends what `burned` active shares are worth, rounded down, on its way out. Returns the amount, and the shares of the
  /// bucket minted.
  ///
  /// Errors, in order: tooMuchRedeem, insufficientRedemption.
  @discardableResult public mutating func redeem(
    shares burned: UInt128, by account: AccountID, for claimer: AccountID? = nil, at now: Timestamp
  ) throws(SymbioticError) -> (amount: UInt128, minted: UInt128) {
    guard burned <= activeShares(of: account) else { throw .tooMuchRedeem }
    let amount = try symbioticMulDiv(burned, activeStake + 1, activeShares + 1)
    guard amount > 0 else { throw .insufficientRedemption }
    let minted = try queue(amount, burning: burned, by: account, for: claimer ?? account, at: now)
    return (amount, minted)
  }

  private mutating func queue(
    _ amount: UInt128, burning burned: UInt128, by account: AccountID, for claimer: AccountID,
    at now: Timestamp
  ) throws(SymbioticError) -> UInt128 {
    let epoch = try clock.epoch(at: now) + 1
    var bucket = buckets[epoch] ?? Bucket()
    let minted = try symbioticMulDiv(amount, bucket.shares + 1, bucket.amount + 1)
    // floor(S * (A + 1) / (S + 1)) is at most A: all shares together are never worth more than the stake.
    precondition(amount <= activeStake, "\(amount) of \(activeStake) active stake")
    setShares(of: account, activeShares(of: account) - burned, at: now)
    shares.push(activeShares - burned, at: now)
    stakes.push(activeStake - amount, at: now)
    bucket.amount += amount
    bucket.shares += minted
    bucket.sharesOf[claimer, default: 0] += minted
    buckets[epoch] = bucket
    return minted
  }

  /// Effects: pays the account's withdrawals of an epoch that has ended, by its shares of that epoch, rounded down: the rest stays
  /// with the vault.
  /// Errors, in order: invalidEpoch, alreadyClaimed, insufficientClaim. Rounds down, in favour of the bucket.
  @discardableResult public mutating func claim(_ epoch: UInt64, by account: AccountID, at now: Timestamp)
    throws(SymbioticError) -> UInt128
  {
    guard epoch < (try clock.epoch(at: now)) else { throw .invalidEpoch }
    if buckets[epoch]?.claimed.contains(account) ?? false { throw .alreadyClaimed }
    let amount = try withdrawals(epoch, of: account)
    guard amount > 0 else { throw .insufficientClaim }
    buckets[epoch]?.claimed.insert(account)
    balance -= amount
    return amount
  }

  // MARK: - Slashing

  /// Effects: takes up to `amount` for an offence at `capture`, from everybody alike, and returns what was taken; it goes to the
  /// burner.
  ///
  /// A capture in the current epoch is borne by active stake and the next epoch's withdrawals; one in the previous epoch by
  /// the current epoch's withdrawals too, since they were active then. Shares round down but for one part, which bears the
  /// rest: the next epoch's withdrawals in the first case, the current epoch's in the second; what those cannot bear falls
  /// on the next epoch's.
  ///
  /// Errors: invalidCaptureEpoch, invalidTimestamp.
  public mutating func slash(_ amount: UInt128, capture: Timestamp, at now: Timestamp)
    throws(SymbioticError) -> UInt128
  {
    let current = try clock.epoch(at: now)
    let captured = try clock.epoch(at: capture)
    if current > 0 && captured < current - 1 || captured > current { throw .invalidCaptureEpoch }
    let next = withdrawals(current + 1)
    let leaving = captured == current ? 0 : withdrawals(current)
    let slashable = activeStake + leaving + next
    let taken = min(amount, slashable)
    if taken == 0 { return 0 }
    let fromActive = try symbioticMulDiv(taken, activeStake, slashable)
    if captured == current {
      take(taken - fromActive, from: current + 1)
    } else {
      var fromNext = try symbioticMulDiv(taken, next, slashable)
      var fromLeaving = taken - fromActive - fromNext
      if leaving < fromLeaving {
        fromNext += fromLeaving - leaving
        fromLeaving = leaving
      }
      take(fromNext, from: current + 1)
      take(fromLeaving, from: current)
    }
    stakes.push(activeStake - fromActive, at: now)
    balance -= taken
    burned += taken
    return taken
  }

  private mutating func take(_ amount: UInt128, from epoch: UInt64) {
    if amount > 0 { buckets[epoch]?.amount -= amount }
  }

  private mutating func setShares(of account: AccountID, _ value: UInt128, at now: Timestamp) {
    sharesOf[account, default: History(0)].push(value, at: now)
  }
}
