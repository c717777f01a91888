// The reverts of Symbiotic's core contracts, by the contracts' names.

/// Why a Symbiotic contract refuses a call. A refused call changes nothing.
///
/// Source: error declarations of symbioticfi/core (`IVault`, `IBaseDelegator`, `IBaseSlasher`, `IVetoSlasher`,
/// `IOptInService`) and symbioticfi/rewards (`IDefaultStakerRewards`).
public enum SymbioticError: String, Error, Sendable, Equatable {
  // Vault
  /// Nothing was deposited.
  case insufficientDeposit = "InsufficientDeposit"
  /// The vault would hold more active stake than its limit.
  case depositLimitReached = "DepositLimitReached"
  case insufficientWithdrawal = "InsufficientWithdrawal"
  /// More than the account's active shares are worth.
  case tooMuchWithdraw = "TooMuchWithdraw"
  case tooMuchRedeem = "TooMuchRedeem"
  /// The shares are worth nothing.
  case insufficientRedemption = "InsufficientRedemption"
  /// Withdrawals of an epoch are claimed once the epoch has ended.
  case invalidEpoch = "InvalidEpoch"
  case alreadyClaimed = "AlreadyClaimed"
  case insufficientClaim = "InsufficientClaim"
  /// The capture lies before the previous epoch, or in the future.
  case invalidCaptureEpoch = "InvalidCaptureEpoch"
  /// A time before the vault existed.
  case invalidTimestamp = "InvalidTimestamp"

  // Delegator
  case alreadySet = "AlreadySet"
  /// The vault's limit for a network may not exceed the network's own.
  case exceedsMaxNetworkLimit = "ExceedsMaxNetworkLimit"
  /// The delegator serves another network.
  case invalidNetwork = "InvalidNetwork"
  case alreadyOptedIn = "AlreadyOptedIn"
  case notOptedIn = "NotOptedIn"
  /// Not in the second of the last change.
  case optOutCooldown = "OptOutCooldown"
  /// The delegator has no such limit or shares.
  case wrongDelegatorType = "WrongDelegatorType"

  // Slasher
  /// Not in the window: before now, and not longer ago than the rule allows.
  case invalidCaptureTimestamp = "InvalidCaptureTimestamp"
  /// Nothing can be taken.
  case insufficientSlash = "InsufficientSlash"
  case slashRequestNotExist = "SlashRequestNotExist"
  /// Executed or vetoed already.
  case slashRequestCompleted = "SlashRequestCompleted"
  case vetoPeriodNotEnded = "VetoPeriodNotEnded"
  case vetoPeriodEnded = "VetoPeriodEnded"
  /// More than an epoch has gone by since the capture.
  case slashPeriodEnded = "SlashPeriodEnded"
  case noResolver = "NoResolver"
  case notResolver = "NotResolver"
  /// The veto must be shorter than an epoch.
  case invalidVetoDuration = "InvalidVetoDuration"
  /// A change of resolver must take three epochs at least.
  case invalidResolverSetEpochsDelay = "InvalidResolverSetEpochsDelay"
  /// The vault has another slasher, or none.
  case notSlasher = "NotSlasher"

  // Rewards
  /// Not in the past, or nobody had stake then.
  case invalidRewardTimestamp = "InvalidRewardTimestamp"
  /// The fee is above what the network accepts.
  case highAdminFee = "HighAdminFee"
  /// Above 10000 bips.
  case invalidAdminFee = "InvalidAdminFee"
  case insufficientReward = "InsufficientReward"
  case noRewardsToClaim = "NoRewardsToClaim"
  case insufficientAdminFee = "InsufficientAdminFee"

  /// A value beyond 128 bits, where this model ends and the contracts' 256 bits would go on.
  case exceeds128Bits = "Exceeds128Bits"

  /// The name under which the contracts revert.
  public var name: String { rawValue }
}

/// Floor of `a * b / d`, refused beyond 128 bits. `d` is not zero.
func symbioticMulDiv(_ a: UInt128, _ b: UInt128, _ d: UInt128) throws(SymbioticError) -> UInt128 {
  let product = a.multipliedFullWidth(by: b)
  guard product.high < d else { throw .exceeds128Bits }
  return d.dividingFullWidth(product).quotient
}

/// Ceiling of `a * b / d`, refused beyond 128 bits. `d` is not zero.
func symbioticMulDivUp(_ a: UInt128, _ b: UInt128, _ d: UInt128) throws(SymbioticError) -> UInt128 {
  let product = a.multipliedFullWidth(by: b)
  guard product.high < d else { throw .exceeds128Bits }
  let (quotient, remainder) = d.dividingFullWidth(product)
  return remainder == 0 ? quotient : quotient + 1
}
