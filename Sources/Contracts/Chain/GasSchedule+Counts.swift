// The counts behind the figures of `GasSchedule`: what each call of the deployed contracts reads, writes and calls, for one
// strategy, one operator set, and people who have done something of the kind before, where nothing else is said.
//
// Source: Layr-Labs/eigenlayer-contracts, src/contracts/core (AllocationManager, DelegationManager, StrategyManager) and
// strategies/StrategyBase. Pause flags are one word, a guard against reentrance is an update, an enumerable set's entry two fresh
// words and an update of its length, the entry of an empty one three fresh words.

extension GasSchedule {
  /// Counts by call.
  public enum Counts {
    /// depositIntoStrategy by a staker who is delegated and holds shares of the strategy. Calls: token, strategy, DelegationManager,
    /// AllocationManager. Reads: pause flags twice, the whitelist, the strategy's token, delegatedTo, the history of the maximum
    /// magnitude. Updates: two guards, two balances and an allowance, total shares, deposit shares, scaling factor, operator shares.
    public static let deposit = GasCount(hops: 4, reads: 7, updates: 9, events: 5, calldataWords: 3)
    /// The same as the first of a staker in the strategy: shares, the list of strategies with its length, the factor.
    public static let firstDeposit = GasCount(
      hops: 4, reads: 7, updates: 7, fresh: 4, events: 5, calldataWords: 3)
    /// delegateTo with one strategy held, to an operator that was never slashed. Calls: StrategyManager, EigenPodManager,
    /// AllocationManager. Fresh: delegatedTo. Update: operator shares.
    public static let delegate = GasCount(
      hops: 3, reads: 10, updates: 1, fresh: 1, events: 3, calldataWords: 6)
    /// queueWithdrawals for a part of the shares. Calls: AllocationManager, StrategyManager, strategy. Fresh: an entry of the
    /// history of queued shares, the flag of the root, nine words of the withdrawal kept whole, the staker's set of roots. Updates:
    /// two guards, the history's length, operator shares, deposit shares, nonce, the set's length.
    public static let queueWithdrawal = GasCount(
      hops: 3, reads: 6, updates: 7, fresh: 13, events: 4, calldataWords: 9)
    /// undelegate: the same for everything, with the EigenPodManager asked besides, and delegatedTo, the list and the factor
    /// cleared.
    public static let undelegate = GasCount(
      hops: 4, reads: 10, updates: 10, fresh: 13, cleared: 3, events: 6, calldataWords: 1)
    /// completeQueuedWithdrawal as tokens. Calls: AllocationManager, StrategyManager, strategy, token. Updates: two guards, the
    /// set of roots (4), the withdrawal (9), its flag, total shares, two balances.
    public static let completeWithdrawal = GasCount(
      hops: 4, reads: 12, updates: 19, cleared: 13, events: 3, calldataWords: 17)
    /// registerForOperatorSets for one set. Calls: PermissionController, DelegationManager, the service's registrar, whose own
    /// work is not counted. Fresh: the status, and an entry in each of two sets. Updates: their lengths.
    public static let register = GasCount(
      hops: 3, reads: 6, updates: 2, fresh: 5, events: 1, calldataWords: 9)
    /// deregisterFromOperatorSets. Updates: the status, and four words of each of two sets, the last entry moved.
    public static let deregister = GasCount(
      hops: 3, reads: 6, updates: 9, cleared: 4, events: 1, calldataWords: 9)
    /// modifyAllocations to a set that has none yet. Fresh: the allocation, the set's strategies (3), the operator's sets (2).
    /// Updates: encumbered magnitude, the length of the operator's sets.
    public static let allocate = GasCount(
      hops: 1, reads: 11, updates: 2, fresh: 6, events: 2, calldataWords: 11)
    /// slashOperator while earlier slashes of the set wait. Calls: DelegationManager, StrategyManager. Fresh: an entry of the
    /// history of the maximum magnitude, the slash's map of shares (4), the set of pending slashes. Updates: slash count,
    /// encumbered magnitude, allocation, two lengths, two guards, operator shares.
    public static let slash = GasCount(
      hops: 2, reads: 10, updates: 8, fresh: 7, events: 7, calldataWords: 15)
    /// The first slash of a set: its count, the history's length and the pending sets are empty.
    public static let firstSlash = GasCount(
      hops: 2, reads: 10, updates: 6, fresh: 12, events: 7, calldataWords: 15)
    /// clearBurnOrRedistributableShares of one strategy. Calls: strategy, token. Updates: a guard, the map (4) and the pending
    /// sets (6) cleared, total shares, two balances.
    public static let clearSlash = GasCount(
      hops: 2, reads: 4, updates: 14, cleared: 8, events: 3, calldataWords: 3)

    /// Evidence of two attestations before a service's own contract, as here: two recoveries, fourteen words of calldata; reads the
    /// task (3), the rule (2), membership and stake at the reference block (3) and whether a case is open; keeps a case of three
    /// words.
    public static let evidence = GasCount(
      reads: 9, fresh: 3, events: 1, calldataWords: 14, precompiled: 6_000)
    /// A task as here: service, window and reference block in one word, the commitments to result and bait, the counter.
    public static let createTask = GasCount(reads: 2, updates: 1, fresh: 3, events: 1, calldataWords: 6)
    /// A task as in incredible-squaring-avs, `createNewTask`: its hash and the counter.
    public static let createTaskHash = GasCount(reads: 2, updates: 1, fresh: 1, events: 1, calldataWords: 8)
    /// A case examined again: the evidence with what it is read against, and the case's state.
    public static let dispute = GasCount(
      reads: 9, updates: 1, events: 1, calldataWords: 14, precompiled: 6_000)
    /// Taking sides: the holder's side and the side's sum, which is fresh for the first.
    public static let join = GasCount(reads: 3, updates: 1, fresh: 1, events: 1, calldataWords: 2)
    public static let firstJoin = GasCount(reads: 3, fresh: 2, events: 1, calldataWords: 2)
  }
}
