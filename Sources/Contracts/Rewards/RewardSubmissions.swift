// Submitting rewards: the checks of each kind, the protocol's fee, the hash.

public import BigInt
public import Signatures

/// The kinds of submission, by whom they reward and how it is divided.
public enum SubmissionKind: String, Sendable, CaseIterable {
  /// All stakers of an AVS's operators, by stake. v1.
  case avs = "AVSRewardsSubmissionCreated"
  /// All stakers. Permissioned.
  case forAll = "RewardsSubmissionForAllCreated"
  /// All stakers and operators that earn. Permissioned.
  case forAllEarners = "RewardsSubmissionForAllEarnersCreated"
  /// Operators of an AVS, as directed. v2.
  case operatorDirectedAVS = "OperatorDirectedAVSRewardsSubmissionCreated"
  /// Operators of a set, as directed. v2.1.
  case operatorDirectedSet = "OperatorDirectedOperatorSetRewardsSubmissionCreated"
  /// Operators of a set, by the stake allocated to it. v2.2.
  case uniqueStake = "UniqueStakeRewardsSubmissionCreated"
  /// Operators of a set, by all their stake. v2.2.
  case totalStake = "TotalStakeRewardsSubmissionCreated"

  /// The contract's event.
  public var event: String { rawValue }
}

/// An accepted submission.
public struct SubmissionReceipt: Sendable, Equatable {
  public var kind: SubmissionKind
  public var submitter: AccountID
  public var nonce: UInt64
  /// Over the amounts after the fee.
  public var hash: Hash256
  /// After the fee; of operator-directed ones the sum.
  public var amount: BigUInt
  /// After the fee, by operator; empty for pools.
  public var operatorAmounts: [BigUInt]
}

extension RewardsCoordinator {
  /// v1: `caller` is the AVS. Effects: the amount, less the fee (rounded down, for the submitter), waits for earners; the AVS's nonce
  /// rises. Errors: those of pools (see `submitPool`).
  @discardableResult
  public mutating func submitForAVS(
    _ submission: RewardSubmission, by caller: AccountID, at now: UInt64
  ) throws(RewardsError) -> SubmissionReceipt {
    try submitPool(submission, .avs, submitter: caller, by: caller, at: now)
  }

  /// For everybody; without fee. Effects: as of `submitForAVS`. Errors, in order: unauthorizedCaller, those of pools.
  @discardableResult
  public mutating func submitForAll(
    _ submission: RewardSubmission, earnersOnly: Bool = false, by caller: AccountID, at now: UInt64
  ) throws(RewardsError) -> SubmissionReceipt {
    guard isForAllSubmitter(caller) else { throw .unauthorizedCaller }
    return try submitPool(
      submission, earnersOnly ? .forAllEarners : .forAll, submitter: caller, by: caller, at: now)
  }

  /// Unique or total stake of an operator set. Effects: as of `submitForAVS`. Errors, in order: invalidPermissions, invalidOperatorSet, those of pools.
  @discardableResult
  public mutating func submitByStake(
    _ submission: RewardSubmission, unique: Bool, for set: OperatorSetID, avs: AccountID,
    by caller: AccountID,
    at now: UInt64, _ permissions: borrowing PermissionController, _ ledger: borrowing RestakingLedger
  ) throws(RewardsError) -> SubmissionReceipt {
    try check(
      caller, for: avs, unique ? .createUniqueStakeRewardsSubmission : .createTotalStakeRewardsSubmission,
      permissions)
    guard set.index < ledger.setCount else { throw .invalidOperatorSet }
    return try submitPool(
      submission, unique ? .uniqueStake : .totalStake, submitter: avs, by: caller, at: now)
  }

  /// v2, operator by operator. Effects: as of `submitForAVS`, with the fee taken of each amount. Errors, in order: invalidPermissions, those of `submitDirected`.
  @discardableResult
  public mutating func submitDirected(
    _ submission: RewardSubmission, avs: AccountID, by caller: AccountID, at now: UInt64,
    _ permissions: borrowing PermissionController
  ) throws(RewardsError) -> SubmissionReceipt {
    try check(caller, for: avs, .createOperatorDirectedAVSRewardsSubmission, permissions)
    return try submitDirected(submission, .operatorDirectedAVS, submitter: avs, by: caller, at: now)
  }

  /// v2.1, for an operator set. Effects: as of v2. Errors, in order: invalidPermissions, invalidOperatorSet, those of `submitDirected`.
  @discardableResult
  public mutating func submitDirected(
    _ submission: RewardSubmission, set: OperatorSetID, avs: AccountID, by caller: AccountID, at now: UInt64,
    _ permissions: borrowing PermissionController, _ ledger: borrowing RestakingLedger
  ) throws(RewardsError) -> SubmissionReceipt {
    try check(caller, for: avs, .createOperatorDirectedOperatorSetRewardsSubmission, permissions)
    guard set.index < ledger.setCount else { throw .invalidOperatorSet }
    return try submitDirected(submission, .operatorDirectedSet, submitter: avs, by: caller, at: now)
  }

  // MARK: - Pools

  /// Errors, in order: those of `checkCommon`; amountIsZero, amountExceedsMax, startTimestampTooFarInFuture.
  ///
  /// Effects: the whole amount comes in; where the *caller* opted in, floor(amount * 2000 / 10000) of it goes to the fee
  /// recipient. The fee rounds down: what is submitted is never charged a part of a unit.
  private mutating func submitPool(
    _ submission: RewardSubmission, _ kind: SubmissionKind, submitter: AccountID, by caller: AccountID,
    at now: UInt64
  ) throws(RewardsError) -> SubmissionReceipt {
    guard case .pool(let amount) = submission.amount else { throw .inputArrayLengthMismatch }
    try checkCommon(submission, at: now)
    if amount == 0 { throw .amountIsZero }
    if amount > RewardsParameters.amountMaximum { throw .amountExceedsMax }
    guard UInt64(submission.start) <= now + UInt64(parameters.futureMaximum) else {
      throw .startTimestampTooFarInFuture
    }
    var charged = submission
    var fee: BigUInt = 0
    if kind != .forAll && kind != .forAllEarners && paysFee(caller) { fee = protocolFee(of: amount) }
    charged.amount = .pool(amount - fee)
    let nonce = nonce(of: submitter)
    let hash = charged.hash(submitter: submitter, nonce: nonce, addresses)
    mint(amount, submission.token)
    if fee > 0 { pay(fee, submission.token, to: feeRecipient) }
    useNonce(submitter)
    return SubmissionReceipt(
      kind: kind, submitter: submitter, nonce: nonce, hash: hash, amount: amount - fee, operatorAmounts: [])
  }

  /// floor(amount * 2000 / 10000).
  private func protocolFee(of amount: BigUInt) -> BigUInt {
    mulDiv(
      amount, RewardsParameters.protocolFeeBips, BigUInt(RewardsParameters.wholeBips), .protocolFee)
  }

  // MARK: - Operator-directed

  /// Errors, in order: those of `checkCommon`; inputArrayLengthZero without operators, submissionNotRetroactive; for each
  /// operator invalidAddressZero, operatorsNotInAscendingOrder, amountIsZero; amountExceedsMax for the sum.
  ///
  /// Effects: as of a pool; the fee is taken operator by operator, each rounded down.
  private mutating func submitDirected(
    _ submission: RewardSubmission, _ kind: SubmissionKind, submitter: AccountID, by caller: AccountID,
    at now: UInt64
  ) throws(RewardsError) -> SubmissionReceipt {
    guard case .operators(let rewards, let description) = submission.amount else {
      throw .inputArrayLengthMismatch
    }
    try checkCommon(submission, at: now)
    if rewards.isEmpty { throw .inputArrayLengthZero }
    let (end, overflow) = submission.start.addingReportingOverflow(submission.duration)
    if overflow { throw .arithmeticOverflow }
    guard UInt64(end) < now else { throw .submissionNotRetroactive }
    var charged: [OperatorReward] = []
    var before: BigUInt = 0
    var after: BigUInt = 0
    var last = Address.zero
    for reward in rewards {
      let address = addresses.accounts[reward.account.index]
      if address == .zero { throw .invalidAddressZero }
      guard last < address else { throw .operatorsNotInAscendingOrder }
      last = address
      if reward.amount == 0 { throw .amountIsZero }
      before += reward.amount
      // uint256, checked: the sum, and the product that the fee is made of even when nobody pays it.
      if before >= .wordLimit || reward.amount * RewardsParameters.protocolFeeBips >= .wordLimit {
        throw .arithmeticOverflow
      }
      let fee = paysFee(caller) ? protocolFee(of: reward.amount) : 0
      charged.append(OperatorReward(account: reward.account, amount: reward.amount - fee))
      after += reward.amount - fee
    }
    if before > RewardsParameters.amountMaximum { throw .amountExceedsMax }
    var net = submission
    net.amount = .operators(charged, description: description)
    let nonce = nonce(of: submitter)
    let hash = net.hash(submitter: submitter, nonce: nonce, addresses)
    mint(before, submission.token)
    if after != before { pay(before - after, submission.token, to: feeRecipient) }
    useNonce(submitter)
    return SubmissionReceipt(
      kind: kind, submitter: submitter, nonce: nonce, hash: hash, amount: after,
      operatorAmounts: charged.map(\.amount))
  }

  // MARK: - Checks

  /// Errors, in order: inputArrayLengthZero, durationExceedsMax, invalidDurationRemainder, durationIsZero,
  /// invalidStartTimestampRemainder, startTimestampTooFarInPast; for each strategy strategyNotWhitelisted (one that the
  /// address book does not know), strategiesNotInAscendingOrder.
  private func checkCommon(_ submission: RewardSubmission, at now: UInt64) throws(RewardsError) {
    if submission.strategies.isEmpty { throw .inputArrayLengthZero }
    if submission.duration > parameters.durationMaximum { throw .durationExceedsMax }
    if submission.duration % parameters.interval != 0 { throw .invalidDurationRemainder }
    if submission.duration == 0 { throw .durationIsZero }
    if submission.start % parameters.interval != 0 { throw .invalidStartTimestampRemainder }
    guard now >= UInt64(parameters.retroactiveMaximum) else { throw .arithmeticOverflow }
    guard now - UInt64(parameters.retroactiveMaximum) <= UInt64(submission.start),
      parameters.genesis <= submission.start
    else { throw .startTimestampTooFarInPast }
    var last = Address.zero
    for one in submission.strategies {
      guard one.strategy.index < addresses.strategies.count else { throw .strategyNotWhitelisted }
      let address = addresses.strategies[one.strategy.index]
      guard last < address else { throw .strategiesNotInAscendingOrder }
      last = address
    }
  }
}
