// The reverts of the RewardsCoordinator, by the contract's names.

/// Why the RewardsCoordinator refuses. A refused operation changes nothing.
///
/// Source: `IRewardsCoordinator`, `Merkle`, `PermissionControllerMixin` of eigenlayer-contracts v1.12.0.
public enum RewardsError: String, Error, Sendable, Equatable {
  // Callers
  /// The caller is neither the account, nor its admin, nor its appointee for the function.
  case invalidPermissions = "InvalidPermissions"
  /// The caller does not have the role: updater, submitter of rewards for all, claimer.
  case unauthorizedCaller = "UnauthorizedCaller"
  case notOwner = "Error(Ownable: caller is not the owner)"
  /// A claimer is set by others only for operators and for AVSs with an operator set.
  case invalidEarner = "InvalidEarner"
  case invalidOperatorSet = "InvalidOperatorSet"

  // Submissions
  /// No strategies, or no operators.
  case inputArrayLengthZero = "InputArrayLengthZero"
  case durationExceedsMax = "DurationExceedsMax"
  /// The duration is not a multiple of the calculation interval.
  case invalidDurationRemainder = "InvalidDurationRemainder"
  case durationIsZero = "DurationIsZero"
  /// The start is not a multiple of the calculation interval.
  case invalidStartTimestampRemainder = "InvalidStartTimestampRemainder"
  /// Before genesis, or longer ago than the maximum.
  case startTimestampTooFarInPast = "StartTimestampTooFarInPast"
  case startTimestampTooFarInFuture = "StartTimestampTooFarInFuture"
  case strategyNotWhitelisted = "StrategyNotWhitelisted"
  case strategiesNotInAscendingOrder = "StrategiesNotInAscendingOrder"
  case amountIsZero = "AmountIsZero"
  case amountExceedsMax = "AmountExceedsMax"
  /// Operator-directed rewards pay for what is over.
  case submissionNotRetroactive = "SubmissionNotRetroactive"
  case operatorsNotInAscendingOrder = "OperatorsNotInAscendingOrder"
  case invalidAddressZero = "InvalidAddressZero"

  // Splits
  /// Above 10000 bips.
  case splitExceedsMax = "SplitExceedsMax"
  /// A change waits for its activation.
  case previousSplitPending = "PreviousSplitPending"

  // Roots and claims
  case newRootMustBeForNewCalculatedPeriod = "NewRootMustBeForNewCalculatedPeriod"
  case rewardsEndTimestampNotElapsed = "RewardsEndTimestampNotElapsed"
  case invalidRootIndex = "InvalidRootIndex"
  case rootDisabled = "RootDisabled"
  case rootAlreadyActivated = "RootAlreadyActivated"
  case rootNotActivated = "RootNotActivated"
  case inputArrayLengthMismatch = "InputArrayLengthMismatch"
  /// The index is not below two to the length of the proof.
  case invalidEarnerLeafIndex = "InvalidEarnerLeafIndex"
  case invalidTokenLeafIndex = "InvalidTokenLeafIndex"
  /// A proof is no whole number of words.
  case invalidProofLength = "InvalidProofLength"
  /// A tree without root proves nothing.
  case emptyRoot = "EmptyRoot"
  case invalidClaimProof = "InvalidClaimProof"
  /// Nothing to pay beyond what was claimed.
  case earningsNotGreaterThanClaimed = "EarningsNotGreaterThanClaimed"
  /// The coordinator holds less of the token than the root promises. OpenZeppelin's ERC-20.
  case transferExceedsBalance = "Error(ERC20: transfer amount exceeds balance)"

  /// Checked arithmetic beyond its type.
  case arithmeticOverflow = "Panic(0x11)"
  /// A root index past the end.
  case indexOutOfBounds = "Panic(0x32)"

  /// The name under which the contract reverts.
  public var name: String { rawValue }
}
