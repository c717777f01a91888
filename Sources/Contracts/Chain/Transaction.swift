// What can be sent to the chain, and what the chain answers.

public import Basics

/// A transaction, in order of reaching the mempool.
@frozen public struct TransactionID: Hashable, Comparable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32
  @inlinable public init(_ rawValue: UInt32) { self.rawValue = rawValue }
  @inlinable public init(_ index: Int) { rawValue = UInt32(truncatingIfNeeded: index) }
  @inlinable public var index: Int { Int(rawValue) }
  @inlinable public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// What an operator or a staker asks of the restaking contracts.
public enum StakeAction: Sendable, Equatable {
  /// The sender, an operator, joins or leaves the service's operator set.
  case register(ServiceID)
  case deregister(ServiceID)
  /// The sender, an operator, sets the magnitude of `strategy` that the service may slash.
  case allocate(ServiceID, strategy: StrategyID, magnitude: UInt64)
  /// `staker` brings new tokens (or new validators, for native ETH, in whole gwei).
  case deposit(staker: AccountID, strategy: StrategyID, amount: UInt128)
  case delegate(staker: AccountID, operator: NodeID)
  case undelegate(staker: AccountID)
  case queueWithdrawal(staker: AccountID, strategy: StrategyID, depositShares: UInt128)
  case completeWithdrawal(staker: AccountID, WithdrawalID, asTokens: Bool)
}

/// Something for the mempool.
public struct Transaction: Sendable, Equatable {
  public enum Body: Sendable, Equatable {
    /// A service issues a task on chain. (A service with its own sequencer uses `Coordinator.announce` instead.)
    case createTask(TaskRecord)
    case certificate(Certificate)
    case evidence(Evidence)
    /// The accused, or anybody, asks the contract to examine a case's evidence again.
    case dispute(CaseID)
    /// The rule's resolver cancels a case.
    case veto(CaseID)
    /// The sender, a holder of the service's stake, goes over to the fork that the challenge of this task made.
    case join(ServiceID, TaskID)
    case stake(StakeAction)
  }

  /// The node that sends it.
  public var sender: NodeID
  /// Tip a gas, in wei: builders include the highest first.
  public var tip: UInt64
  /// Most that it pays a gas, base fee and tip, in wei; nil: whatever it costs. Nothing without a fee market.
  public var maxFee: UInt64?
  public var body: Body

  public init(sender: NodeID, tip: UInt64 = 1_000_000_000, maxFee: UInt64? = nil, body: Body) {
    self.sender = sender
    self.tip = tip
    self.maxFee = maxFee
    self.body = body
  }

  /// Kind of a transaction: for gas, for tables.
  public enum Kind: String, Sendable, CaseIterable, Codable {
    case createTask, certificate, evidence, dispute, veto, stake
  }

  public var kind: Kind {
    switch body {
    case .createTask: .createTask
    case .certificate: .certificate
    case .evidence: .evidence
    case .dispute: .dispute
    case .veto: .veto
    // Taking sides is what a dispute is, by gas and in tables.
    case .join: .dispute
    case .stake: .stake
    }
  }
}

/// Why a dispute or a veto was refused.
public enum CaseActionRefusal: Error, Sendable, Equatable {
  case unknownCase(CaseID)
  /// The case has been executed, vetoed, dismissed or has expired.
  case closed(CaseID)
  /// The dispute window ended at `end` (exclusive).
  case disputeWindowOver(end: Instant)
  /// The evidence stands.
  case evidenceStands
  /// The rule has no veto.
  case noVeto
  /// Only `resolver` may veto.
  case notResolver(NodeID)
  /// Vetoes count from the end of the dispute window (inclusive) to the end of the veto window (exclusive).
  case outsideVetoWindow(start: Instant, end: Instant)
}

/// Why an included transaction was refused (reverted). It has used its gas and changed nothing else.
public enum TransactionRefusal: Error, Sendable, Equatable {
  case certificate(CertificateRefusal)
  case evidence(EvidenceRefusal)
  case caseAction(CaseActionRefusal)
  case fork(ForkRefusal)
  case stake(RestakingError)
  /// The sender, or the operator named, is not an operator.
  case notAnOperator(NodeID)
  /// A task with this id exists, or its service or reference block does not.
  case invalidTask(TaskID)
}
