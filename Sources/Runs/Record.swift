// The truth of a run and what was made of it, side by side: every duty as its operator did or did not do it, every offence
// as it was meant, every message's fate; and every task, case and payment as the chain decided. The truth side hears facts
// that participants append at the source, before any network effect; it never looks at the configuration of misconduct.

import AVS
public import Basics
import Contracts
public import Participants
public import Reporting

/// What became of one duty: one operator's attestation for one task.
struct Duty: BitwiseCopyable {
  /// Nanoseconds; `.max` for never.
  var publishedAt: UInt64 = .max
  /// When an aggregator first held it valid, within the response window.
  var collectedAt: UInt64 = .max
  /// Raw `DutyMiss`; 0 while none is known.
  var miss: UInt8 = 0
  /// A watcher that does not look away had it valid in time.
  var isHeard = false
  /// Subscribers that could have received its messages, those that did, over all its messages.
  var expected: UInt32 = 0
  var received: UInt32 = 0
}

/// What became of one task.
struct TaskOutcome {
  var quorumAt: Instant?
  var certifiedAt: Instant?
  var isWrong = false
  var signers = 0
  var signedBips = 0
}

/// Truth recorder and account of decisions. One a run, with one owner; in a cluster of several processes the parent's. (A class:
/// as a noncopyable struct its hundreds of nested fields cost the compiler's ownership checks a minute and a half.)
public final class Record {
  public let deployment: Deployment
  public let schedule: TaskSchedule
  let rules: [[SlashingRule]]
  let subscribers: [[NodeID]]
  let lifetime: TimeSpan

  var duties: [Duty]
  var tasks: [TaskOutcome]
  var availability: Availability
  /// Messages on the network whose lifetime has not ended.
  var underWay: [(publisher: NodeID, service: ServiceID, task: TaskID, at: Instant)] = []
  var underWayHead = 0

  public internal(set) var quorumLatency = Histogram()
  public internal(set) var certificateLatency = Histogram()
  /// The same one by one: there are as many as tasks.
  var quorumWaits: [UInt64] = []
  var certificateWaits: [UInt64] = []
  /// Deliveries of a message whose lifetime ends then.
  struct Delivered {
    var end: Instant
    var nodes: Int
  }
  /// Told of before what could be expected was counted.
  var early: [Delivered] = []
  /// Messages whose lifetime ended by then are counted.
  var audited = Instant.zero
  var expectedDeliveries = 0
  var unreachableDeliveries = 0
  var firstDeliveries = 0
  var certifiedAttestations = 0

  /// Offences by identity; walked over only in order of `offences`.
  var offenceIndex: [OffenceKey: Int] = [:]
  /// By duty: why its operator signed a wrong result. Asked, never walked over.
  var wrongSigners: [Int: WrongCause] = [:]
  /// Duties whose attestation an aggregator left out by intent. Asked, never walked over.
  var omitted: Set<Int> = []
  /// Faults as the engine applied them.
  var troubles: [Trouble] = []
  /// By number of a fault: where it strikes, in words.
  public var faultPlaces: [String] = []
  /// Services whose certificates are judged for lateness, and who signed them: by duty.
  var inCertificate: Set<Int> = []
  public internal(set) var offences: [OffenceRecord] = []
  /// Cases by id, as the chain opened them.
  var cases: [CaseFact] = []
  public internal(set) var slashes: [SlashRecord] = []
  var slashIndex: [CaseID: Int] = [:]
  /// What EigenLayer's part of a slash took, by position in `slashes`.
  var layerTaken: [Int: UInt128] = [:]
  /// The share that the chain's penalty asked for, a WAD, by position in `slashes`.
  var askedShares: [Int: UInt64] = [:]
  /// Slashes by the contracts' numbers, for burn and redistribution, which come later.
  var slashNumbers: [SlashNumber: Int] = [:]
  /// Forks of services' tokens, as the chain opened and decided them.
  var forks: [ForkRow] = []
  /// Certificates that a reorg undid, and who was in them: by duty. Asked, never walked over.
  var orphanedSignatures: Set<Int> = []
  /// The end of traffic: tasks that fall due later never happened.
  var horizon = Instant.never
  /// When it ends of itself.
  var trafficEnd = Instant.never
  /// The transaction whose consequences are being told.
  var inclusion: InclusionFact?
  /// When each aggregator first held a quorum.
  var quorumHeld: [QuorumKey: Instant] = [:]
  /// What watchers brought and the chain has not decided on.
  var pendingEvidence: [EvidenceKey: EvidenceRow] = [:]
  var evidenceMade = 0
  /// What may never happen, watched from outside.
  var checkers: Checkers

  /// Slots that a reorg may undo: what the chain told of their blocks is taken in when it no more can.
  let reorgDepth: UInt64
  var unsettled: [(block: BlockNumber, facts: [CoordinatorFact])] = []
  var gathering: [CoordinatorFact] = []
  var chain = ChainTally()
  /// Gas of the block that is being told, by kind of transaction.
  var blockGas = BlockGas()
  /// What reorgs undid, and what became of it.
  var undone = UndoneBook()

  /// Issuers, holders and the market over time, and the stake graph's gauges.
  var economy = EconomyRecord()
  /// Rows finished since they were last taken.
  public internal(set) var rows = FreshRows()
  /// Sums since the last sample.
  var sample: SampleSums
  /// Nil in a network without Sybils.
  var sybils: SybilShare?

  struct OffenceKey: Hashable {
    var operatorID: NodeID
    var service: ServiceID
    var offence: OffenceClass
    var key: UInt64
  }
  struct QuorumKey: Hashable {
    var task: TaskID
    var aggregator: NodeID
  }
  struct EvidenceKey: Hashable {
    var watcher: NodeID
    var operatorID: NodeID
    var service: ServiceID
    var offence: OffenceClass
    var key: UInt64
  }
  struct SlashNumber: Hashable {
    var service: ServiceID
    var number: UInt64
  }

  /// - Parameter chain: what the coordinator starts from.
  public init(_ deployment: Deployment, chain: CoordinatorConfiguration, lifetime: TimeSpan) {
    reorgDepth = chain.chain.reorgDepth
    self.deployment = deployment
    rules = chain.services.map(\.rules)
    self.lifetime = lifetime
    schedule = TaskSchedule(
      services: deployment.services, duration: deployment.duration, seed: deployment.seed)
    checkers = Checkers(chain, schedule)
    duties = Array(repeating: Duty(), count: schedule.dutyCount)
    tasks = Array(repeating: TaskOutcome(), count: schedule.tasks.count)
    availability = Availability(nodes: deployment.nodes.count)
    subscribers = deployment.services.map { service in
      Array(Set(service.members + service.aggregators + service.watchers)).sorted()
    }
    sample = SampleSums()
    if !deployment.swarms.isEmpty { sybils = SybilShare(nodes: deployment.nodes.count) }
  }

  /// A fault that was in force.
  struct Trouble {
    var fault: Fault
    var from: Instant
    var until: Instant?
  }
  /// What broke first, as far as it is known before the end.
  public var firstBreach: Breach? { checkers.breaches.all.first }

  func isMeasured(_ at: Instant) -> Bool { at.nanoseconds >= deployment.warmup.nanoseconds }
  func duty(_ task: TaskID, _ member: UInt64) -> Int {
    Int(schedule.dutyBase[task.index]) + Int(member)
  }
}

/// Rows that became final or new since the last time somebody took them.
public struct FreshRows: Sendable {
  public var tasks: [TaskRow] = []
  public var attestations: [AttestationRow] = []
  public var certificates: [CertificateRow] = []
  public var evidence: [EvidenceRow] = []
  public var blocks: [BlockRow] = []
  public var undone: [UndoneRow] = []
  /// Written again when they end.
  public var faults: [FaultRow] = []
  public var rewards: [RewardRow] = []
  public var samples: [SampleRow] = []
  public var economy: [EconomyRow] = []
  public var scores: [ScoreRow] = []
  public var scoreMoves: [ScoreMoveRow] = []
  public init() {}
}

extension Record {
  /// Hands out the fresh rows.
  public func takeRows() -> FreshRows {
    defer { rows = FreshRows() }
    return rows
  }
}
