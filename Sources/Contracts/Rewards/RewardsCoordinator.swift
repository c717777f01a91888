// The on-chain half of rewards: roles, fees, splits, and the tables behind submissions, roots and claims.
// RewardsCoordinator of eigenlayer-contracts v1.12.0. Pausing is outside; tokens are plain ERC-20s, and submitters have
// as many as they want.

public import BigInt
public import Signatures

/// The functions of the RewardsCoordinator that an appointee can be given.
public enum RewardsFunction: UInt32, Sendable, CaseIterable {
  case createOperatorDirectedAVSRewardsSubmission = 1
  case createOperatorDirectedOperatorSetRewardsSubmission
  case createUniqueStakeRewardsSubmission
  case createTotalStakeRewardsSubmission
  case setClaimerFor
  case setOperatorAVSSplit
  case setOperatorPISplit
  case setOperatorSetSplit
  case setOptInForProtocolFee
}

/// The state of the RewardsCoordinator. One value, one owner; operations name the second in which they run, and seconds
/// never decrease. An operation that throws has changed nothing.
public struct RewardsCoordinator: Sendable {
  /// A root of cumulative earnings.
  public struct DistributionRoot: Sendable, Equatable {
    public let root: Hash256
    /// Earnings until then are in it.
    public let calculationEnd: UInt32
    /// Claims are paid from then on.
    public let activatedAt: UInt32
    public internal(set) var isDisabled = false
  }

  struct Split: Sendable {
    /// Nil: no split was in force before, the default was.
    var old: UInt16?
    var new: UInt16
    var activatedAt: UInt32
  }
  enum SplitKey: Hashable {
    case avs(AccountID, AccountID)
    case programmatic(AccountID)
    case operatorSet(AccountID, OperatorSetID)
  }
  struct Holding: Hashable {
    var account: AccountID
    var token: TokenID
  }

  public private(set) var parameters: RewardsParameters
  public let addresses: AddressBook
  /// The coordinator's own address, whose functions appointees may call.
  public let account: AccountID
  public let owner: AccountID
  public private(set) var updater: AccountID
  public private(set) var feeRecipient: AccountID
  public internal(set) var roots: [DistributionRoot] = []

  private var forAllSubmitters: Set<AccountID> = []
  private var payingFee: Set<AccountID> = []
  private var splits: [SplitKey: Split] = [:]
  private var claimers: [AccountID: AccountID] = [:]
  private var nonces: [AccountID: UInt64] = [:]
  private var balances: [Holding: BigUInt] = [:]
  var claimed: [Holding: BigUInt] = [:]

  public init(
    parameters: RewardsParameters, addresses: AddressBook, account: AccountID, owner: AccountID,
    updater: AccountID, feeRecipient: AccountID
  ) {
    self.parameters = parameters
    self.addresses = addresses
    self.account = account
    self.owner = owner
    self.updater = updater
    self.feeRecipient = feeRecipient
  }

  // MARK: - Views

  /// Submissions so far; of all kinds.
  public func nonce(of submitter: AccountID) -> UInt64 { nonces[submitter] ?? 0 }
  /// Tokens that the coordinator, the fee recipient or a recipient of claims holds.
  public func balance(of holder: AccountID, _ token: TokenID) -> BigUInt {
    balances[Holding(account: holder, token: token)] ?? 0
  }
  /// What the earner has claimed since ever.
  public func cumulativeClaimed(by earner: AccountID, _ token: TokenID) -> BigUInt {
    claimed[Holding(account: earner, token: token)] ?? 0
  }
  /// Who may claim for the earner: itself, unless it named somebody.
  public func claimer(for earner: AccountID) -> AccountID { claimers[earner] ?? earner }
  public func paysFee(_ submitter: AccountID) -> Bool { payingFee.contains(submitter) }
  public func isForAllSubmitter(_ account: AccountID) -> Bool { forAllSubmitters.contains(account) }

  /// The newest root that can be claimed from; nil when there is none.
  public func currentClaimableRoot(at now: UInt64) -> DistributionRoot? {
    roots.last { !$0.isDisabled && now >= UInt64($0.activatedAt) }
  }

  // MARK: - Money

  mutating func mint(_ amount: BigUInt, _ token: TokenID) {
    balances[Holding(account: account, token: token), default: 0] += amount
  }

  /// Moves tokens from the coordinator. The caller has checked the balance.
  mutating func pay(_ amount: BigUInt, _ token: TokenID, to recipient: AccountID) {
    let own = Holding(account: account, token: token)
    guard let held = balances[own], held >= amount else { preconditionFailure("paid without balance") }
    balances[own] = held - amount
    balances[Holding(account: recipient, token: token), default: 0] += amount
  }

  mutating func useNonce(_ submitter: AccountID) { nonces[submitter, default: 0] += 1 }

  /// Whether `caller` may act for `account` in this function.
  func check(
    _ caller: AccountID, for account: AccountID, _ function: RewardsFunction,
    _ permissions: borrowing PermissionController
  ) throws(RewardsError) {
    let right = CallRight(target: self.account, selector: function.rawValue)
    guard permissions.canCall(caller, for: account, right) else { throw .invalidPermissions }
  }

  func checkOwner(_ caller: AccountID) throws(RewardsError) {
    guard caller == owner else { throw .notOwner }
  }

  // MARK: - The owner's settings

  /// Effects: roots and splits from now on wait that long; those that wait already are not touched. Errors: notOwner.
  public mutating func setActivationDelay(_ seconds: UInt32, by caller: AccountID) throws(RewardsError) {
    try checkOwner(caller)
    parameters.activationDelay = seconds
  }

  /// The operator's cut where it set none. Effects: in force at once, also for those whose first split is not active yet. Errors: notOwner, splitExceedsMax.
  public mutating func setDefaultSplit(_ bips: UInt16, by caller: AccountID) throws(RewardsError) {
    try checkOwner(caller)
    guard bips <= RewardsParameters.wholeBips else { throw .splitExceedsMax }
    parameters.defaultSplitBips = bips
  }

  /// Who gets protocol fees. Effects: from the next submission on. Errors, in order: notOwner, invalidAddressZero.
  public mutating func setFeeRecipient(_ account: AccountID, by caller: AccountID) throws(RewardsError) {
    try checkOwner(caller)
    if addresses.accounts[account.index] == .zero { throw .invalidAddressZero }
    feeRecipient = account
  }

  /// Who may post roots. Effects: at once. Errors: notOwner.
  public mutating func setUpdater(_ account: AccountID, by caller: AccountID) throws(RewardsError) {
    try checkOwner(caller)
    updater = account
  }

  /// Lets somebody submit rewards for everybody, or ends that. Effects: at once. Errors: notOwner.
  public mutating func setForAllSubmitter(
    _ account: AccountID, _ isAllowed: Bool, by caller: AccountID
  ) throws(RewardsError) {
    try checkOwner(caller)
    if isAllowed { forAllSubmitters.insert(account) } else { forAllSubmitters.remove(account) }
  }

  // MARK: - Submitters and earners

  /// Whether a submitter's rewards pay the protocol's fee. Effects: from its next submission on. Errors: invalidPermissions.
  public mutating func setOptInForProtocolFee(
    _ submitter: AccountID, _ optsIn: Bool, by caller: AccountID,
    _ permissions: borrowing PermissionController
  ) throws(RewardsError) {
    try check(caller, for: submitter, .setOptInForProtocolFee, permissions)
    if optsIn { payingFee.insert(submitter) } else { payingFee.remove(submitter) }
  }

  /// The caller lets somebody claim for it; the zero address ends it.
  /// Effects: from now on only the claimer can claim for it. Errors: none. Changes no sum.
  public mutating func setClaimer(_ claimer: AccountID, by earner: AccountID) {
    claimers[earner] = addresses.accounts[claimer.index] == .zero ? nil : claimer
  }

  /// Somebody with the right names the claimer of an operator, or of an AVS with a set.
  /// Errors: invalidPermissions, invalidEarner.
  /// Effects: from now on only the claimer can claim for it. Changes nothing when it throws. (The contract's name: setClaimerFor.)
  public mutating func setClaimer(
    _ claimer: AccountID, for earner: AccountID, by caller: AccountID,
    _ permissions: borrowing PermissionController, _ ledger: borrowing RestakingLedger
  ) throws(RewardsError) {
    try check(caller, for: earner, .setClaimerFor, permissions)
    guard ledger.isOperator(earner) || ledger.hasOperatorSet(earner) else { throw .invalidEarner }
    setClaimer(claimer, by: earner)
  }

  // MARK: - Splits

  /// The operator's cut for an AVS, in bips.
  public func avsSplit(_ account: AccountID, _ avs: AccountID, at now: UInt64) -> UInt16 {
    split(.avs(account, avs), at: now)
  }
  /// The operator's cut of programmatic incentives, in bips.
  public func programmaticSplit(_ account: AccountID, at now: UInt64) -> UInt16 {
    split(.programmatic(account), at: now)
  }
  /// The operator's cut for an operator set, in bips.
  public func operatorSetSplit(_ account: AccountID, _ set: OperatorSetID, at now: UInt64) -> UInt16 {
    split(.operatorSet(account, set), at: now)
  }

  private func split(_ key: SplitKey, at now: UInt64) -> UInt16 {
    guard let held = splits[key] else { return parameters.defaultSplitBips }
    if now >= UInt64(held.activatedAt) { return held.new }
    return held.old ?? parameters.defaultSplitBips
  }

  /// The operator's cut of an AVS's rewards, in bips. Effects: in force after the activation delay; before the first one the
  /// default holds. Requires: none is pending. Errors, in order: invalidPermissions, splitExceedsMax, previousSplitPending.
  public mutating func setAVSSplit(
    _ bips: UInt16, of account: AccountID, for avs: AccountID, by caller: AccountID, at now: UInt64,
    _ permissions: borrowing PermissionController
  ) throws(RewardsError) {
    try check(caller, for: account, .setOperatorAVSSplit, permissions)
    try setSplit(.avs(account, avs), bips, at: now)
  }

  /// The same for programmatic incentives. Errors: as of `setAVSSplit`.
  /// Effects: the split holds once its activation delay is over, the old one until then. Rounding: none, bips are exact.
  public mutating func setProgrammaticSplit(
    _ bips: UInt16, of account: AccountID, by caller: AccountID, at now: UInt64,
    _ permissions: borrowing PermissionController
  ) throws(RewardsError) {
    try check(caller, for: account, .setOperatorPISplit, permissions)
    try setSplit(.programmatic(account), bips, at: now)
  }

  /// The same for an operator set's rewards. Errors, in order: invalidPermissions, invalidOperatorSet, splitExceedsMax, previousSplitPending.
  /// Effects: the split holds once its activation delay is over, the old one until then. Rounding: none, bips are exact.
  public mutating func setOperatorSetSplit(
    _ bips: UInt16, of account: AccountID, for set: OperatorSetID, by caller: AccountID, at now: UInt64,
    _ permissions: borrowing PermissionController, _ ledger: borrowing RestakingLedger
  ) throws(RewardsError) {
    try check(caller, for: account, .setOperatorSetSplit, permissions)
    guard set.index < ledger.setCount else { throw .invalidOperatorSet }
    try setSplit(.operatorSet(account, set), bips, at: now)
  }

  /// Effects: in force from now + activation delay on; until then the one before, or the default. No other change is taken
  /// until the second after that.
  private mutating func setSplit(_ key: SplitKey, _ bips: UInt16, at now: UInt64) throws(RewardsError) {
    let activatedAt = try activation(at: now)
    guard bips <= RewardsParameters.wholeBips else { throw .splitExceedsMax }
    let held = splits[key]
    guard now > UInt64(held?.activatedAt ?? 0) else { throw .previousSplitPending }
    // The contract marks "never set" by an activation at second zero.
    let old = held.flatMap { $0.activatedAt == 0 ? nil : $0.new }
    splits[key] = Split(old: old, new: bips, activatedAt: activatedAt)
  }

  /// uint32(now) + activation delay, in checked arithmetic.
  func activation(at now: UInt64) throws(RewardsError) -> UInt32 {
    let (sum, overflow) = UInt32(truncatingIfNeeded: now).addingReportingOverflow(parameters.activationDelay)
    if overflow { throw .arithmeticOverflow }
    return sum
  }
}
