// Who else may act for an operator or an AVS: admins and appointees of the PermissionController, function by function. The
// operations without `by` are those of the account itself.
//
// Source: `PermissionControllerMixin` of eigenlayer-contracts v1.12.0 and its uses in AllocationManager and DelegationManager.
// Which error refuses a stranger differs by function, and is named at each.

import Basics

/// Functions of the core contracts that an appointee can be given.
public enum RestakingFunction: UInt32, Sendable, CaseIterable {
  case modifyAllocations = 1
  case registerForOperatorSets
  case deregisterFromOperatorSets
  case setAllocationDelay
  case updateSlasher
  case undelegate
}

extension RestakingLedger {
  /// Stands for AllocationManager and DelegationManager in the rights of appointees; no account has this id.
  public static let contracts = AccountID(UInt32.max)

  /// The right to call `function` for an account that sets it as its appointee's.
  public static func right(_ function: RestakingFunction) -> CallRight {
    CallRight(target: contracts, selector: function.rawValue)
  }

  func canCall(_ caller: AccountID, for account: AccountID, _ function: RestakingFunction) -> Bool {
    permissions.canCall(caller, for: account, Self.right(function))
  }

  /// As the operator's `modifyAllocations`: its effects, for the operator or whom it lets call. Errors, in order: invalidCaller, those of the operator's.
  /// Requires, and rounds, as that. Changes nothing when it throws.
  public mutating func modifyAllocations(
    _ account: AccountID, _ changes: [AllocationChange], by caller: AccountID, at block: BlockNumber
  ) throws(RestakingError) {
    guard canCall(caller, for: account, .modifyAllocations) else { throw .invalidCaller }
    try modifyAllocations(account, changes, at: block)
  }

  /// As the operator's `register`: its effects, for the operator or whom it lets call. Errors, in order: invalidPermissions, those of the operator's.
  /// Requires, and rounds, as that. Changes nothing when it throws.
  public mutating func register(
    _ account: AccountID, in set: OperatorSetID, by caller: AccountID, at block: BlockNumber
  ) throws(RestakingError) {
    guard canCall(caller, for: account, .registerForOperatorSets) else { throw .invalidPermissions }
    try register(account, in: set, at: block)
  }

  /// As the operator's `setAllocationDelay`: its effects, for the operator or whom it lets call. Errors, in order: invalidCaller, those of the operator's.
  /// Requires, and rounds, as that. Changes nothing when it throws.
  public mutating func setAllocationDelay(
    _ account: AccountID, delay: UInt32, by caller: AccountID, at block: BlockNumber
  ) throws(RestakingError) {
    guard canCall(caller, for: account, .setAllocationDelay) else { throw .invalidCaller }
    try setAllocationDelay(account, delay: delay, at: block)
  }

  /// As the AVS's `updateSlasher`: its effects, for the AVS or whom it lets call. Errors, in order: invalidPermissions, those of the AVS's.
  /// Requires, and rounds, as that. Changes nothing when it throws.
  public mutating func updateSlasher(
    _ set: OperatorSetID, to slasher: AccountID, by caller: AccountID, at block: BlockNumber
  ) throws(RestakingError) {
    guard set.index < sets.count else { throw .invalidOperatorSet }
    guard canCall(caller, for: sets[set.index].avs, .updateSlasher) else { throw .invalidPermissions }
    try updateSlasher(set, to: slasher, at: block)
  }
}
