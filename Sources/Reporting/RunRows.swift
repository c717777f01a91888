// The rows of `run.sqlite`, as plain values. What each column means stands in the schema itself (`RunSchema.swift`).

public import AVS
public import Basics

/// A row of `nodes`.
public struct NodeRow: Sendable {
  public var id: NodeID
  public var name: String
  /// Empty without regions.
  public var region: String
  /// `operator`, `aggregator`, `watcher`, `full`; several joined by `+`.
  public var role: String
  public var stakeWei: UInt128
  /// Nil when the node's processor is not modelled.
  public var cores: Double?
  /// How many services it serves.
  public var services: Int
  public init(
    id: NodeID, name: String, region: String, role: String, stakeWei: UInt128, cores: Double?, services: Int
  ) {
    self.id = id
    self.name = name
    self.region = region
    self.role = role
    self.stakeWei = stakeWei
    self.cores = cores
    self.services = services
  }
}

/// A row of `services`.
public struct ServiceRow: Sendable {
  public var id: ServiceID
  public var name: String
  public var operators: Int
  public var stakeWei: UInt128
  public var quorumBips: Int
  public var window: TimeSpan
  public init(
    id: ServiceID, name: String, operators: Int, stakeWei: UInt128, quorumBips: Int, window: TimeSpan
  ) {
    self.id = id
    self.name = name
    self.operators = operators
    self.stakeWei = stakeWei
    self.quorumBips = quorumBips
    self.window = window
  }
}

/// What became of a task.
public enum TaskState: String, Sendable, Codable {
  /// Undecided when the row was written.
  case open
  case certified
  case missed
  /// Certified with a result that is not the truth.
  case wrong
}

/// A row of `tasks`. Written again under the same id, it replaces the former.
public struct TaskRow: Sendable {
  public var id: TaskID
  public var service: ServiceID
  public var due: Instant
  public var deadline: Instant
  public var state: TaskState
  /// When an aggregator first held a quorum.
  public var quorumAt: Instant?
  /// When the certificate's transaction was included.
  public var certificateAt: Instant?
  /// Stake in the certificate (or, without one, the best tally), in hundredths of a percent of the operator set's.
  public var signedBips: Int
  public init(
    id: TaskID, service: ServiceID, due: Instant, deadline: Instant, state: TaskState, quorumAt: Instant?,
    certificateAt: Instant?, signedBips: Int
  ) {
    self.id = id
    self.service = service
    self.due = due
    self.deadline = deadline
    self.state = state
    self.quorumAt = quorumAt
    self.certificateAt = certificateAt
    self.signedBips = signedBips
  }
}

/// Why an attestation that was owed is missing or late.
public enum MissCause: String, Sendable, Codable {
  /// The operator chose not to.
  case silent
  case crashed
  case overloaded
  case partitioned
  /// By its own clock the deadline had passed.
  case clock
  /// Published, but too late or too slowly.
  case late
}

/// A row of `attestations`: one for each (task, operator) that owed one. Written again, it replaces the former.
public struct AttestationRow: Sendable {
  public var task: TaskID
  public var operatorID: NodeID
  /// Nil when nothing was published.
  public var publishedAt: Instant?
  /// When an aggregator first had it.
  public var receivedAt: Instant?
  /// Received by an aggregator inside the response window.
  public var onTime: Bool
  /// Subscribers that ran and were not cut off for the whole of its lifetime.
  public var expected: Int
  /// How many of those had it.
  public var receivedBy: Int
  /// Nil when it came on time.
  public var cause: MissCause?
  public init(
    task: TaskID, operatorID: NodeID, publishedAt: Instant?, receivedAt: Instant?, onTime: Bool,
    expected: Int = 0, receivedBy: Int = 0, cause: MissCause? = nil
  ) {
    self.task = task
    self.operatorID = operatorID
    self.publishedAt = publishedAt
    self.receivedAt = receivedAt
    self.onTime = onTime
    self.expected = expected
    self.receivedBy = receivedBy
    self.cause = cause
  }
}

/// A row of `certificates`: one for each certificate transaction.
public struct CertificateRow: Sendable {
  public var task: TaskID
  public var service: ServiceID
  public var aggregator: NodeID
  public var signers: Int
  public var signedBips: Int
  /// When this aggregator first held a quorum; nil when it never told.
  public var quorumAt: Instant?
  public var submittedAt: Instant
  public var includedAt: Instant?
  public var block: UInt64?
  /// `accepted`, `pending`, or why the coordinator refused it.
  public var outcome: String
  public init(
    task: TaskID, service: ServiceID, aggregator: NodeID, signers: Int, signedBips: Int, quorumAt: Instant?,
    submittedAt: Instant, includedAt: Instant?, block: UInt64?, outcome: String
  ) {
    self.task = task
    self.service = service
    self.aggregator = aggregator
    self.signers = signers
    self.signedBips = signedBips
    self.quorumAt = quorumAt
    self.submittedAt = submittedAt
    self.includedAt = includedAt
    self.block = block
    self.outcome = outcome
  }
}

/// A row of `evidence`: one for each case that a watcher made.
/// Written again under the same id, it replaces the former.
public struct EvidenceRow: Sendable {
  public var id: Int
  public var offenceClass: OffenceClass
  public var operatorID: NodeID
  public var service: ServiceID
  public var key: UInt64
  public var watcher: NodeID
  public var firstSeenAt: Instant
  public var submittedAt: Instant?
  public var includedAt: Instant?
  /// `accepted`, `duplicate`, `pending`, or why the coordinator refused it.
  public var outcome: String
  public init(
    id: Int, offenceClass: OffenceClass, operatorID: NodeID, service: ServiceID, key: UInt64,
    watcher: NodeID, firstSeenAt: Instant, submittedAt: Instant?, includedAt: Instant?, outcome: String
  ) {
    self.id = id
    self.offenceClass = offenceClass
    self.operatorID = operatorID
    self.service = service
    self.key = key
    self.watcher = watcher
    self.firstSeenAt = firstSeenAt
    self.submittedAt = submittedAt
    self.includedAt = includedAt
    self.outcome = outcome
  }
}

/// A row of `rewards`: one payment.
public struct RewardRow: Sendable {
  public var epoch: UInt64
  public var service: ServiceID
  /// `operator`, `staker`, `issuer`, `holder`.
  public var role: String
  public var account: String
  public var wei: UInt128
  public init(epoch: UInt64, service: ServiceID, role: String, account: String, wei: UInt128) {
    self.epoch = epoch
    self.service = service
    self.role = role
    self.account = account
    self.wei = wei
  }
}

/// A row of `blocks`.
public struct BlockRow: Sendable {
  public var number: UInt64
  public var at: Instant
  public var transactions: Int
  public var gas: UInt64
  /// Gas of the chain's other users; zero without a fee market.
  public var othersGas: UInt64
  /// In wei a gas; nil without a fee market.
  public var baseFee: UInt64?
  /// What became of the slot.
  public enum Fate: String, Sendable { case canonical, missed, orphaned }
  public var fate: Fate
  /// Gas of certificates, of evidence, and of other transactions; keepers used the rest of `gas`.
  public var certificateGas: UInt64 = 0
  public var evidenceGas: UInt64 = 0
  public var otherGas: UInt64 = 0
  /// Certificates and evidence left waiting, and all transactions.
  public var waitingCertificates = 0
  public var waitingEvidence = 0
  public var waiting = 0
  /// Transactions that fitted and that the builder left out.
  public var censored = 0
  public init(
    number: UInt64, at: Instant, transactions: Int, gas: UInt64, othersGas: UInt64 = 0,
    baseFee: UInt64? = nil, fate: Fate = .canonical
  ) {
    self.number = number
    self.at = at
    self.transactions = transactions
    self.gas = gas
    self.othersGas = othersGas
    self.baseFee = baseFee
    self.fate = fate
  }
}

/// A row of `undone`: a transaction of a block that a reorg undid. Written again under the same id, it replaces the former.
public struct UndoneRow: Sendable {
  public var id: Int
  public var reorgAt: Instant
  public var transaction: UInt64
  /// `certificate`, `evidence`, ...
  public var kind: String
  public var sender: NodeID
  public var block: UInt64
  /// Nobody had it any more.
  public var isLost: Bool
  /// When its sender sent it again.
  public var resubmittedAt: Instant?
  public var includedAt: Instant?
  /// `pending`, `replayed`, `resubmitted`, `refused`, `lost`.
  public var outcome: String
  public init(
    id: Int, reorgAt: Instant, transaction: UInt64, kind: String, sender: NodeID, block: UInt64, isLost: Bool
  ) {
    self.id = id
    self.reorgAt = reorgAt
    self.transaction = transaction
    self.kind = kind
    self.sender = sender
    self.block = block
    self.isLost = isLost
    outcome = isLost ? "lost" : "pending"
  }
}

/// A row of `faults`. Written again under the same id, it replaces the former.
public struct FaultRow: Sendable {
  public var id: Int
  public var kind: String
  /// Whom it hit, in words.
  public var place: String
  public var at: Instant
  public var healedAt: Instant?
  public init(id: Int, kind: String, place: String, at: Instant, healedAt: Instant?) {
    self.id = id
    self.kind = kind
    self.place = place
    self.at = at
    self.healedAt = healedAt
  }
}

/// A row of `samples`: what happened in one interval, counted in virtual time.
public struct SampleRow: Sendable {
  /// The interval's end.
  public var at: Instant
  public var interval: TimeSpan
  /// Attestations that fell due in the interval (the offered load).
  public var offered = 0
  /// Attestations published in the interval.
  public var published = 0
  /// Attestations in certificates that were completed in the interval.
  public var certified = 0
  public var tasksDue = 0
  public var tasksCertified = 0
  /// Tasks whose response window ended in the interval while no aggregator held a quorum.
  public var tasksMissed = 0
  /// Copies of messages received, first and later ones.
  public var copies = 0
  public var bytes = 0
  /// Of the tasks that reached their quorum in the interval, from their due instant.
  public var quorumP50: TimeSpan?
  public var quorumP99: TimeSpan?
  /// Mean share of busy cores over operators; nil when processors are not modelled.
  public var cpuUtilisation: Double?
  public var nodesUp = 0
  /// Share of the places in honest nodes' meshes that Sybils have; nil in a network without.
  public var sybilMeshShare: Double?
  public init(at: Instant, interval: TimeSpan) {
    self.at = at
    self.interval = interval
  }
}

/// The fingerprint of a simulation's events up to the end of one window; see `Simulator/TraceDigest`.
public struct TraceWindowRow: Sendable, Equatable {
  /// Number of the window: instants from `window << 23` nanoseconds.
  public var window: UInt64
  public var events: UInt64
  /// Sixteen hexadecimal digits, over everything up to the window's end.
  public var digest: String
  public init(window: UInt64, events: UInt64, digest: String) {
    self.window = window
    self.events = events
    self.digest = digest
  }
}
