// The on-chain model as a participant.

public import AVS
public import Basics
public import Contracts

/// Stake totals for `summary.json`, in wei by the assets' prices.
public struct StakeTotals: Sendable, Equatable {
  public var deposited: UInt128 = 0
  public var restaked: UInt128 = 0
  public var queued: UInt128 = 0
  public var withdrawn: UInt128 = 0
  public var burned: UInt128 = 0
  public var redistributed: UInt128 = 0
  /// Slashed, not yet burned or redistributed.
  public var slashedPending: UInt128 = 0
  /// What rounding left in the strategies; may be short by single wei, hence signed.
  public var dust: Int128 = 0
  public init() {}
}

/// Reward totals for `summary.json`, in wei. `submitted = operators + stakers + dust + refunded`.
public struct RewardTotals: Sendable, Equatable {
  public var submitted: UInt128 = 0
  public var operators: UInt128 = 0
  public var stakers: UInt128 = 0
  public var dust: UInt128 = 0
  public var refunded: UInt128 = 0
  public init() {}
}

public struct Coordinator: Sendable {
  public let configuration: CoordinatorConfiguration

  /// - Parameter isValid: whether an attestation's signature is its operator's.
  public init(
    _ configuration: CoordinatorConfiguration, isValid: @escaping @Sendable (SignedAttestation) -> Bool
  ) throws(CoordinatorConfigurationError) {
    self.configuration = configuration
  }

  /// A service's own sequencer issues a task: known at once, without a transaction.
  public mutating func announce(_ task: TaskRecord, at: Instant) throws(TransactionRefusal) {}
  /// The transaction has just reached the mempool. Nil: the mempool is full; counted in `droppedTransactions`.
  @discardableResult public mutating func submit(_ transaction: Transaction, at: Instant) -> TransactionID? {
    nil
  }
  /// The next instant at which anything can change without further input; nil: never.
  public var nextEvent: Instant? { nil }
  /// Produces every block up to `to`, inclusive, in which something can change.
  public mutating func advance(to: Instant, facts: inout [CoordinatorFact]) {}
  public private(set) var droppedTransactions: UInt64 = 0
  public var headBlock: BlockNumber { 0 }
  public var finalizedBlock: BlockNumber { 0 }
  public func memberIndex(of node: NodeID, in service: ServiceID) -> Int? { nil }
  /// Members by index; nodes that left keep their index.
  public func members(of service: ServiceID) -> [NodeID] { [] }
  /// Weight by member index at the head of the chain: minimum slashable stake summed over the assets, in wei.
  public func stake(of service: ServiceID) -> (weights: [UInt128], total: UInt128) { ([], 0) }
  public func openCases() -> Int { 0 }
  public func openTasks() -> Int { 0 }
  public func stakeTotals() -> StakeTotals { StakeTotals() }
  public var rewardTotals: RewardTotals { RewardTotals() }
  public func account(named: String) -> AccountID? { nil }
}

/// The configuration is impossible.
public struct CoordinatorConfigurationError: Error, Sendable, Equatable {
  public var mistakes: [String]
}
