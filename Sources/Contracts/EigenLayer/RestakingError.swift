// The reverts of the restaking contracts, by the contracts' names.

/// Why the restaking contracts refuse an operation. A refused operation changes nothing.
///
/// Source: error declarations of eigenlayer-contracts v1.12.0 (`IAllocationManager`, `IDelegationManager`,
/// `IStrategyManager`, `IStrategy`, `IEigenPodManager`).
public enum RestakingError: Error, Sendable, Equatable {
  // Operators and delegation
  /// The account is delegated already.
  case activelyDelegated
  /// The account is not delegated.
  case notActivelyDelegated
  /// An operator is delegated to itself for ever.
  case operatorsCannotUndelegate
  /// Only the staker and its operator may undelegate the staker.
  case callerCannotUndelegate
  /// The target of a delegation is not an operator.
  case operatorNotRegistered
  /// The account is not an operator.
  case invalidOperator
  /// The operator has no allocation delay yet.
  case uninitializedAllocationDelay

  // Operator sets
  /// The set does not exist; at creation: exists already.
  case invalidOperatorSet
  /// The caller has no right to the call.
  case invalidCaller
  /// The caller is neither the account, its admin, nor its appointee for this function.
  case invalidPermissions
  /// A redistributing set cannot contain native ETH; or there is no such strategy.
  case invalidStrategy
  /// The burn address cannot be a redistribution recipient.
  case invalidRedistributionRecipient
  case strategyAlreadyInOperatorSet
  case strategyNotInOperatorSet
  /// Registered, or still slashable after deregistration.
  case alreadyMemberOfSet
  case notMemberOfSet

  // Allocation and slashing
  case inputArrayLengthMismatch
  /// A withdrawal without strategies.
  case inputArrayLengthZero
  /// The allocation has a change that takes force at `effectBlock`.
  case modificationAlreadyPending(effectBlock: BlockNumber)
  /// The new magnitude is the current one.
  case sameMagnitude
  /// The increase would encumber `needed` of at most `maximum`.
  case insufficientMagnitude(needed: UInt64, maximum: UInt64)
  case operatorNotSlashable
  case strategiesMustBeInAscendingOrder
  /// Not in 1 ... 10^18.
  case invalidWadToSlash(UInt64)

  // Shares
  case newSharesZero
  case totalSharesExceedsMax
  /// The staker's slashing factor is zero: new shares would be worth nothing.
  case fullySlashed
  case invalidDepositScalingFactor
  /// At most 32 strategies a staker.
  case maxStrategiesExceeded
  case sharesAmountZero
  case sharesAmountTooHigh(asked: UInt128, held: UInt128)
  /// Native ETH: more deposit shares than held.
  case sharesNegative
  /// Native ETH comes in whole gwei.
  case sharesNotMultipleOfGwei
  /// More shares than the strategy has.
  case withdrawalAmountExceedsTotalDeposits

  /// A token's transfer of more than is there. (ERC-20)
  case exceedsBalance(asked: UInt128, held: UInt128)

  // Withdrawals
  case withdrawerNotCaller
  case withdrawalNotQueued
  /// Completable from block `earliest` on.
  case withdrawalDelayNotElapsed(earliest: BlockNumber)

  /// The contracts' checked arithmetic: `Panic(0x11)`.
  case arithmeticUnderflow
  /// A value beyond 128 bits, where this ledger ends and the contracts' 256 bits would go on.
  case exceeds128Bits

  /// The name under which the contracts revert.
  public var name: String {
    switch self {
    case .activelyDelegated: "ActivelyDelegated"
    case .notActivelyDelegated: "NotActivelyDelegated"
    case .operatorsCannotUndelegate: "OperatorsCannotUndelegate"
    case .callerCannotUndelegate: "CallerCannotUndelegate"
    case .operatorNotRegistered: "OperatorNotRegistered"
    case .invalidOperator: "InvalidOperator"
    case .uninitializedAllocationDelay: "UninitializedAllocationDelay"
    case .invalidOperatorSet: "InvalidOperatorSet"
    case .invalidCaller: "InvalidCaller"
    case .invalidPermissions: "InvalidPermissions"
    case .invalidStrategy: "InvalidStrategy"
    case .invalidRedistributionRecipient: "InvalidRedistributionRecipient"
    case .strategyAlreadyInOperatorSet: "StrategyAlreadyInOperatorSet"
    case .strategyNotInOperatorSet: "StrategyNotInOperatorSet"
    case .alreadyMemberOfSet: "AlreadyMemberOfSet"
    case .notMemberOfSet: "NotMemberOfSet"
    case .inputArrayLengthMismatch: "InputArrayLengthMismatch"
    case .inputArrayLengthZero: "InputArrayLengthZero"
    case .modificationAlreadyPending: "ModificationAlreadyPending"
    case .sameMagnitude: "SameMagnitude"
    case .insufficientMagnitude: "InsufficientMagnitude"
    case .operatorNotSlashable: "OperatorNotSlashable"
    case .strategiesMustBeInAscendingOrder: "StrategiesMustBeInAscendingOrder"
    case .invalidWadToSlash: "InvalidWadToSlash"
    case .newSharesZero: "NewSharesZero"
    case .totalSharesExceedsMax: "TotalSharesExceedsMax"
    case .fullySlashed: "FullySlashed"
    case .invalidDepositScalingFactor: "InvalidDepositScalingFactor"
    case .maxStrategiesExceeded: "MaxStrategiesExceeded"
    case .sharesAmountZero: "SharesAmountZero"
    case .sharesAmountTooHigh: "SharesAmountTooHigh"
    case .sharesNegative: "SharesNegative"
    case .sharesNotMultipleOfGwei: "SharesNotMultipleOfGwei"
    case .withdrawalAmountExceedsTotalDeposits: "WithdrawalAmountExceedsTotalDeposits"
    case .exceedsBalance: "ERC20InsufficientBalance"
    case .withdrawerNotCaller: "WithdrawerNotCaller"
    case .withdrawalNotQueued: "WithdrawalNotQueued"
    case .withdrawalDelayNotElapsed: "WithdrawalDelayNotElapsed"
    case .arithmeticUnderflow: "Panic(0x11)"
    case .exceeds128Bits: "Exceeds128Bits"
    }
  }
}
