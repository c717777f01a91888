// What the coordinator tells: one typed fact for everything that happened on chain, in order.

public import AVS
public import Basics
public import Contracts
public import Economy

/// A block that was produced. Empty blocks in which nothing could change are not produced and not told.
public struct BlockFact: Sendable, Equatable {
  public var number: BlockNumber
  public var at: Instant
  public var transactions: Int
  /// By keepers and the transactions included.
  public var gasUsed: UInt64
  /// By the other users of the chain; zero without a fee market.
  public var othersGas: UInt64
  /// In wei a gas; nil without a fee market.
  public var baseFee: UInt64?
  /// Transactions that fitted and that the builder left out.
  public var censored: Int
  /// Transactions left in the mempool; of them, certificates and evidence.
  public var waiting: Int
  public var waitingCertificates = 0
  public var waitingEvidence = 0
}

/// Slots in a row in which something waited for a block and none came. Quiet slots are not told.
public struct MissedSlotsFact: Sendable, Equatable {
  public var first: BlockNumber
  public var count: UInt64
  /// The first one's time.
  public var at: Instant
  public var blockTime: TimeSpan

  public init(first: BlockNumber, count: UInt64, at: Instant, blockTime: TimeSpan) {
    self.first = first
    self.count = count
    self.at = at
    self.blockTime = blockTime
  }
}

/// A transaction that was included.
public struct InclusionFact: Sendable, Equatable {
  public var transaction: TransactionID
  public var kind: Transaction.Kind
  public var sender: NodeID
  public var submittedAt: Instant
  public var at: Instant
  public var block: BlockNumber
  public var gas: UInt64
  /// What its sender paid: gas times base fee and tip; zero without a fee market.
  public var feeWei: UInt128
  /// What a transaction of kind `evidence` brought.
  public var evidence: Evidence?
  /// What a transaction of kind `certificate` brought.
  public var certificate: Certificate?
  /// Nil when it did what it asked for.
  public var refusal: TransactionRefusal?
}

/// A certificate that the chain accepted.
public struct CertificateFact: Sendable, Equatable {
  public var transaction: TransactionID
  public var service: ServiceID
  public var task: TaskID
  public var result: Digest
  /// As counted by the chain at the reference block.
  public var signedStake: UInt128
  public var totalStake: UInt128
  public var signers: Int
  public var at: Instant
  public var block: BlockNumber
  /// By member index, 64 a word.
  public var signerBits: [UInt64] = []
}

/// A slashing case, at its opening.
public struct CaseFact: Sendable, Equatable {
  public var id: CaseID
  public var service: ServiceID
  public var operatorNode: NodeID
  public var offence: OffenceClass
  public var subject: CaseSubject
  /// When the offence happened: the task's due instant, or the end of the liveness window.
  public var offenceAt: Instant
  public var openedAt: Instant
  /// Who brought the evidence; nil for the chain's own record.
  public var accuser: NodeID?
  public var disputeEnds: Instant
  /// Equal to `disputeEnds` when the rule has no veto.
  public var vetoEnds: Instant
}

/// How a case ended without a slash.
public enum CaseEnd: Sendable, Equatable {
  case vetoed(by: NodeID)
  /// A dispute showed that the evidence does not hold any more.
  case dismissed
  /// At execution the operator could not be slashed any more.
  case expired(RestakingError)
}

/// An executed slash.
public struct SlashFact: Sendable, Equatable {
  public var id: CaseID
  public var service: ServiceID
  public var operatorNode: NodeID
  public var offence: OffenceClass
  public var subject: CaseSubject
  public var at: Instant
  public var block: BlockNumber
  /// Share of the allocation, as the penalty demanded.
  public var wad: UInt64
  /// Value that the penalty demanded of the stake allocated to the service, at the moment of the slash, in wei.
  public var dueWei: UInt128
  /// Value of the shares that the contracts took, from the operator and from its queued withdrawals, in wei.
  public var takenWei: UInt128
  /// The number of this slash in its operator set, as in the contracts.
  public var slashID: UInt64
  /// The operator's magnitude allocated to the service, by strategy.
  public var allocations: [SlashedAllocation]
}

/// What a slash left of an allocation.
public struct SlashedAllocation: Sendable, Equatable {
  public var strategy: StrategyID
  public var before: UInt64
  public var after: UInt64
}

/// Slashed shares that left their strategies.
public struct SlashedStakeFact: Sendable, Equatable {
  public var service: ServiceID
  public var slashID: UInt64
  public var recipient: SlashRecipient
  public var wei: UInt128
  public var at: Instant
}

/// Rewards of one operator from one service for one epoch.
public struct RewardFact: Sendable, Equatable {
  public var service: ServiceID
  public var epoch: UInt32
  public var operatorNode: NodeID
  public var at: Instant
  /// Duties of the epoch: certified tasks of which it was a member; and those that it signed.
  public var duties: UInt32
  public var fulfilled: UInt32
  public var stake: UInt128
  public var operatorWei: UInt128
  public var stakersWei: UInt128
  /// To curators of vaults behind it.
  public var curatorsWei: UInt128 = 0
}

/// A service's books at the end of an epoch: submitted = paid + dust + refunded.
public struct EpochFact: Sendable, Equatable {
  public var service: ServiceID
  public var epoch: UInt32
  public var at: Instant
  public var submittedWei: UInt128
  public var paidWei: UInt128
  public var dustWei: UInt128
  public var refundedWei: UInt128
}

/// What a vault lost for a case.
public struct VaultSlashFact: Sendable, Equatable {
  public var id: CaseID
  public var vault: String
  public var recipient: SlashRecipient
  public var takenWei: UInt128
  /// Of it, what was behind the vault's other operators.
  public var collateralWei: UInt128
  public var at: Instant
}

/// One fact.
public enum CoordinatorFact: Sendable, Equatable {
  case block(BlockFact)
  /// Told before the block that came at last.
  case missedSlots(MissedSlotsFact)
  /// Everything told of the orphaned blocks is undone.
  case reorg(ReorgFact)
  /// A transaction waited longer than transactions live.
  case transactionDropped(TransactionID, Transaction.Kind, at: Instant)
  case included(InclusionFact)
  case certificateAccepted(CertificateFact)
  case certificateRefused(TransactionID, ServiceID, TaskID, CertificateRefusal, at: Instant)
  /// The task's certificate did not come in time.
  case taskExpired(ServiceID, TaskID, at: Instant)
  case evidenceAccepted(TransactionID, CaseID, at: Instant)
  case evidenceRefused(TransactionID, sender: NodeID, EvidenceRefusal, at: Instant)
  case caseOpened(CaseFact)
  case caseEnded(CaseID, CaseEnd, at: Instant)
  /// A challenge that no contract can judge; told before its cases. `challenged`: the result that is called wrong.
  case forkOpened(Fork, challenged: Digest)
  case forkJoined(ServiceID, TaskID, by: NodeID, at: Instant)
  /// Told before the slashes that follow from it.
  case forkDecided(Fork, bondLost: UInt128, at: Instant)
  case slashExecuted(SlashFact)
  case slashedStakeMoved(SlashedStakeFact)
  /// Told after the case's `slashExecuted`.
  case vaultSlashed(VaultSlashFact)
  /// The vault's resolver cancelled its part.
  case vaultSlashVetoed(String, CaseID, VetoReason, at: Instant)
  case vaultSlashRefused(String, CaseID, SymbioticError, at: Instant)
  case vaultWithdrawalRefused(String, SymbioticError, at: Instant)
  /// What a scenario asked of the stake, and the contracts refused.
  case stakeEventRefused(RestakingError, at: Instant)
  /// Weights by member index, in force from the end of `since` on. The tables of the start come first of all facts.
  case stakeTable(ServiceID, StakeTable)
  case withdrawalQueued(WithdrawalID, AccountID, at: Instant)
  case withdrawalCompleted(WithdrawalID, AccountID, at: Instant)
  case rewardsPaid(RewardFact)
  case epochEnded(EpochFact)
  /// What issuers, holders and the market came to.
  case economy(EconomyFact)
  case checkBroken(Finding, at: Instant)

  /// Operators' weights in quorums may differ from now on.
  public var movesWeights: Bool {
    switch self {
    case .slashExecuted, .economy(.price(_)), .economy(.moved(_)): true
    default: false
    }
  }
}
