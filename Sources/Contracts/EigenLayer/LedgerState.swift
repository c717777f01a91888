// The tables of the restaking ledger. State only: what may happen to it is in the files named after the contracts.

public import AVS
import Basics

/// A strategy: the pool of one asset, its shares and its tokens. StrategyBase.
public struct Strategy: Sendable, Equatable {
  /// Native ETH: shares are wei of beacon-chain balance, there is no pool and no exchange rate. EigenPodManager.
  public let isNativeETH: Bool
  /// Shares outstanding. For native ETH always zero here.
  public internal(set) var totalShares: UInt128 = 0
  /// Tokens in the pool.
  public internal(set) var balance: UInt128 = 0
  /// Tokens that left to the burn address.
  public internal(set) var burned: UInt128 = 0
}

/// A staker's deposit in one strategy.
public struct Holding: Sendable, Equatable {
  public internal(set) var strategy: StrategyID
  /// Moved only by deposits and queued withdrawals, never by a slash.
  public internal(set) var depositShares: UInt128
  /// Deposit scaling factor k, a WAD.
  public internal(set) var scalingFactor: UInt256

  /// mulWad(mulWad(deposit shares, k), factor); nil beyond 128 bits.
  @inline(__always) func shares(at factor: UInt128, _ place: Rounding) -> UInt128? {
    ScaledShares(depositShares, scaledBy: scalingFactor)?.shares(at: factor, place)
  }
}

/// Anybody. DelegationManager's and EigenPodManager's tables by staker.
public struct Account: Sendable, Equatable {
  public internal(set) var delegatedTo: AccountID?
  /// Index in the ledger's table of operators; nil for other people.
  public internal(set) var operatorIndex: Int?
  /// Token strategies in the order of first deposit; the last takes the place of one that is emptied.
  public internal(set) var holdings: [Holding] = []
  /// Native ETH.
  public internal(set) var native: Holding?
  /// What the beacon chain's own slashing left of the account's native ETH, a WAD.
  public internal(set) var beaconSlashingFactor: UInt128 = wad
  /// Tokens received from the ledger, by strategy: withdrawals and redistribution.
  public internal(set) var received: [UInt128] = []
  /// Position in the operator's list of stakers.
  var place = 0

  mutating func receive(_ amount: UInt128, _ strategy: StrategyID) {
    while received.count <= strategy.index { received.append(0) }
    received[strategy.index] += amount
  }
}

/// An operator in one strategy.
struct OperatorStrategy: Sendable, Equatable {
  /// Never rises; 10^18 at the start. UInt64 as in the contracts.
  var maxMagnitude: UInt64 = 1_000_000_000_000_000_000
  /// Allocated magnitude, including finished deallocations that nobody has cleared yet.
  var encumbered: UInt64 = 0
  /// Delegated shares, after slashing.
  var shares: UInt128 = 0
  var maxMagnitudeHistory = History<UInt64>(1_000_000_000_000_000_000)
  /// Cumulative scaled shares that entered the withdrawal queue.
  var queuedHistory = History<ScaledShares>(.zero)
  /// Memberships with a pending deallocation, first in first out; those before `queueHead` are gone.
  var deallocations: [Int] = []
  var queueHead = 0
}

/// An operator. AllocationManager's and DelegationManager's tables by operator.
struct Operator: Sendable, Equatable {
  var account: AccountID
  /// Blocks until an increased allocation is slashable.
  var allocationDelay: UInt32
  var pendingDelay: UInt32 = 0
  /// When the pending delay takes force; nil: none is pending.
  var pendingDelayBlock: BlockNumber?
  /// By strategy id; grows on first use.
  var strategies: [OperatorStrategy] = []
  /// Index of the membership by set id; -1: none yet. Grows on first use.
  var memberships: [Int32] = []
  /// Its delegated stakers, itself included.
  var stakers: [AccountID] = []
}

/// One operator's magnitude for one strategy of one set.
public struct Allocation: Sendable, Equatable {
  public internal(set) var strategy: StrategyID
  public internal(set) var current: UInt64 = 0
  public internal(set) var pendingDiff: Int64 = 0
  /// Zero: no change is pending.
  public internal(set) var effectBlock: BlockNumber = 0
}

/// One operator and one set: registration and allocations. An operator may allocate without being registered.
struct Membership: Sendable, Equatable {
  var operatorIndex: Int
  var set: OperatorSetID
  /// Position in the set's list of members.
  var place: Int
  var registered = false
  /// Last block of slashability after deregistration.
  var slashableUntil: BlockNumber = 0
  var allocations: [Allocation] = []
}

/// An operator set.
struct OperatorSet: Sendable, Equatable {
  var avs: AccountID
  /// Sorted ascending.
  var strategies: [StrategyID]
  var slasher: AccountID
  var pendingSlasher: AccountID?
  var pendingSlasherBlock: BlockNumber = 0
  /// Nil: slashed shares are burned.
  var recipient: AccountID?
  var slashCount: UInt64 = 0
  /// Pending burns by slash id - 1; each emptied when cleared.
  var slashed: [[SlashedShares]] = []
  /// Memberships in order of first registration or allocation.
  var memberships: [Int] = []
}

/// Shares taken by a slash that wait to be burned or redistributed.
public struct SlashedShares: Sendable, Equatable {
  public var strategy: StrategyID
  public var shares: UInt128
}

/// A withdrawal in the queue.
public struct Withdrawal: Sendable, Equatable {
  public let staker: AccountID
  /// To whom the staker was delegated when it was queued.
  public let delegatedTo: AccountID?
  public let startBlock: BlockNumber
  public internal(set) var strategies: [StrategyID]
  /// Deposit shares times the scaling factor at queueing.
  public internal(set) var scaledShares: [ScaledShares]
  public internal(set) var isPending = true
}

/// The restaking contracts' state: strategies, stakers, operators, operator sets, withdrawals, slashed shares.
///
/// One value, one owner, integers only. Operations name the block they run in; blocks never decrease. An operation that
/// throws has changed nothing. Source: eigenlayer-contracts v1.12.0.
public struct RestakingLedger: Sendable, Equatable {
  public let delays: ProtocolDelays
  public internal(set) var strategies: [Strategy] = []
  public internal(set) var accounts: [Account] = []
  public internal(set) var withdrawals: [Withdrawal] = []
  /// Native ETH slashed by services: it stays in the pods and is worth nothing. EigenPodManager.
  public internal(set) var burnableETHShares: UInt128 = 0
  /// Who may act for whom.
  public var permissions = PermissionController()
  var operators: [Operator] = []
  var memberships: [Membership] = []
  var sets: [OperatorSet] = []

  /// A defect put in on purpose; nil: none.
  let plant: PlantedDefect?

  public init(delays: ProtocolDelays, plant: PlantedDefect? = nil) {
    self.delays = delays
    self.plant = plant
  }

  /// Adds a strategy, empty; add them in ascending order of their addresses. Requires: fewer than 65,535 of them.
  /// Effects: its id is the next. Errors: none.
  public mutating func addStrategy(isNativeETH: Bool = false) -> StrategyID {
    precondition(strategies.count < Int(UInt16.max))
    strategies.append(Strategy(isNativeETH: isNativeETH))
    return StrategyID(strategies.count - 1)
  }

  /// Adds somebody, with nothing and delegated to nobody.
  /// Effects: its id is the next. Requires: fewer than 2^32 of them. Errors: none.
  public mutating func addAccount() -> AccountID {
    precondition(accounts.count < Int(UInt32.max))
    accounts.append(Account())
    return AccountID(accounts.count - 1)
  }

  public var setCount: Int { sets.count }

  // MARK: - Rows

  /// The operator's row for a strategy, made on first use.
  mutating func makeRow(_ op: Int, _ strategy: StrategyID) {
    while operators[op].strategies.count <= strategy.index {
      operators[op].strategies.append(OperatorStrategy())
    }
  }

  /// The operator's shares without copying the row.
  func shares(_ op: Int, _ strategy: StrategyID) -> UInt128 {
    strategy.index < operators[op].strategies.count ? operators[op].strategies[strategy.index].shares : 0
  }

  /// The maximum magnitude without copying the row.
  func maxMagnitude(_ op: Int, _ strategy: StrategyID) -> UInt64 {
    strategy.index < operators[op].strategies.count
      ? operators[op].strategies[strategy.index].maxMagnitude : 1_000_000_000_000_000_000
  }

  func membership(_ op: Int, _ set: OperatorSetID) -> Int? {
    guard set.index < operators[op].memberships.count else { return nil }
    let slot = operators[op].memberships[set.index]
    return slot < 0 ? nil : Int(slot)
  }

  /// The membership of an operator in a set, made on first use. Indices in a set are never reused.
  mutating func makeMembership(_ op: Int, _ set: OperatorSetID) -> Int {
    if let slot = membership(op, set) { return slot }
    while operators[op].memberships.count <= set.index { operators[op].memberships.append(-1) }
    memberships.append(Membership(operatorIndex: op, set: set, place: sets[set.index].memberships.count))
    operators[op].memberships[set.index] = Int32(memberships.count - 1)
    sets[set.index].memberships.append(memberships.count - 1)
    return memberships.count - 1
  }

  func allocationIndex(_ slot: Int, _ strategy: StrategyID) -> Int? {
    memberships[slot].allocations.firstIndex { $0.strategy == strategy }
  }

  func operatorIndex(_ account: AccountID) -> Int? { accounts[account.index].operatorIndex }
}
