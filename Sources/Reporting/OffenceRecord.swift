// What happened and what was decided, as the drivers hand it over: the truth recorder's offences and the coordinator's
// slashes. Both go into `run.sqlite` as they are, and both go into `SlashAccuracy`; nothing else does.

public import AVS
public import Basics

/// An offence as the truth recorder wrote it at its source, before any network effect.
///
/// An instance is (operator, service, class, key). Drivers record only what the service's rules made slashable at that time.
public struct OffenceRecord: Sendable, Hashable {
  public var operatorID: NodeID
  public var service: ServiceID
  public var offenceClass: OffenceClass
  /// The task, by its number; for rules over a window (`liveness`) the number of the window.
  public var key: UInt64
  public var at: Instant
  /// The rule was broken.
  public var violated: Bool
  /// The node chose to break it. A crash, an overload or a partition breaks an SLA without this.
  public var culpable: Bool
  /// The evidence reached an honest, running watcher inside the window.
  public var observable: Bool
  /// When the first honest watcher held the evidence; nil when none ever did.
  public var evidenceAt: Instant?
  /// How bad it is, a WAD: for `liveness` the share of the window's duties that were missed, else 10^18.
  public var severityWad: UInt64 = 1_000_000_000_000_000_000
  /// For rules over a window, its tasks, from the first to the last number (those of the service); nil: the task `key`.
  public var tasks: ClosedRange<UInt64>?
  /// What the rule takes for it, in wei: by the truth, of the stake at the moment of the offence that earlier rightful slashes
  /// left.
  public var dueWei: UInt128
  /// Why it happened: `equivocates`, `crashed`, `overloaded`, `partitioned`, `late`, and so on. And, for what stayed
  /// unobservable, why it did.
  public var cause: String

  public init(
    operatorID: NodeID, service: ServiceID, offenceClass: OffenceClass, key: UInt64, at: Instant,
    violated: Bool, culpable: Bool, observable: Bool, evidenceAt: Instant? = nil, dueWei: UInt128,
    cause: String = ""
  ) {
    self.operatorID = operatorID
    self.service = service
    self.offenceClass = offenceClass
    self.key = key
    self.at = at
    self.violated = violated
    self.culpable = culpable
    self.observable = observable
    self.evidenceAt = evidenceAt
    self.dueWei = dueWei
    self.cause = cause
  }
}

/// How far a slashing request came.
public enum SlashState: String, Sendable, Codable, CaseIterable {
  /// Requested; its dispute or veto window was open, or its delay running, when the run ended.
  case pending
  case executed
  /// A resolver cancelled it inside the veto window.
  case vetoed
  /// A dispute overturned it.
  case disputed
  /// It came too late to be executed: the stake had left, or the slashable period was over.
  case expired
}

/// A slashing request as the coordinator decided it.
public struct SlashRecord: Sendable, Hashable {
  public var operatorID: NodeID
  public var service: ServiceID
  public var offenceClass: OffenceClass
  /// The task, or the number of the window, that the request names.
  public var key: UInt64
  /// As in `OffenceRecord`.
  public var tasks: ClosedRange<UInt64>?
  public var requestedAt: Instant
  /// When it was executed; nil in every other state.
  public var executedAt: Instant?
  public var state: SlashState
  /// What the chain's penalty asked for, in wei, of the stake that earlier rightful slashes left; of a slash that punishes
  /// nothing, of the stake that it was accused with.
  public var dueWei: UInt128
  /// What was taken.
  public var takenWei: UInt128
  /// Of what was taken: destroyed.
  public var burnedWei: UInt128
  /// Of what was taken: paid to the recipient that the rule names.
  public var redistributedWei: UInt128
  /// Of what was taken: carried by stakers who had not chosen this operator (a vault that spreads its losses).
  public var collateralWei: UInt128
  /// Of a slash that punished nobody's choice: what hit the operator, from the recorded facts (`UnjustCause`, or the
  /// offence's own cause). Empty for the others.
  public var cause = ""
  /// Of a slash that punished no offence: what the operator did and what was seen of it; and what would have saved it.
  public var account = ""
  public var remedy = ""
  /// Of a slash for an offence that nobody chose: what made the operator commit it. Nil for all others.
  public var unchosen: UnjustCause?

  public init(
    operatorID: NodeID, service: ServiceID, offenceClass: OffenceClass, key: UInt64, requestedAt: Instant,
    executedAt: Instant?, state: SlashState, dueWei: UInt128, takenWei: UInt128, burnedWei: UInt128 = 0,
    redistributedWei: UInt128 = 0, collateralWei: UInt128 = 0
  ) {
    self.operatorID = operatorID
    self.service = service
    self.offenceClass = offenceClass
    self.key = key
    self.requestedAt = requestedAt
    self.executedAt = executedAt
    self.state = state
    self.dueWei = dueWei
    self.takenWei = takenWei
    self.burnedWei = burnedWei
    self.redistributedWei = redistributedWei
    self.collateralWei = collateralWei
  }
}

/// What the comparison with the truth says of an offence.
public enum OffenceVerdict: String, Sendable {
  case truePositive = "true_positive"
  case falseNegative = "false_negative"
  /// `violated` is false: an intent that broke no rule.
  case noViolation = "no_violation"
}

/// What the comparison with the truth says of a slash.
public enum SlashVerdict: String, Sendable {
  case truePositive = "true_positive"
  /// Executed without an offence of its own left to punish: nothing happened, or it had been punished already.
  case falsePositive = "false_positive"
  /// Executed for another class than the offence that did happen. Counted among the false positives too.
  case wrongClass = "wrong_class"
  /// Never executed.
  case notExecuted = "not_executed"
}

/// Why somebody was slashed who had broken no rule, as the recorded facts have it.
public enum UnjustCause: String, Sendable, CaseIterable {
  /// It published, and was cut off from every aggregator.
  case partition
  /// Its messages were lost or late on disturbed links.
  case network
  /// It could not finish in time.
  case overload
  case clock
  /// A quorum certified something else than the truth, and the honest were not in it.
  case quorumCapture
  /// It signed another result than the quorum: by choice, since its software was wrong, or since two instances had its key.
  case minority
  case faultySoftware
  case keyDuplication
  /// An aggregator left it out by intent.
  case aggregatorCensorship
  /// An aggregator had its attestation in time, and certified without it: it came after the quorum and the grace.
  case aggregation
  /// It was in a certificate that a reorg undid, and in none that stayed.
  case reorg
  /// The service slashed without cause.
  case maliciousService
  /// Its process was down.
  case crash
  case unknown

  /// What would have saved the operator.
  public var remedy: String {
    switch self {
    case .partition:
      "A guard: count misses only while the others sign (guard: {othersSigned: ...}), or a grace longer than the partition."
    case .network: "A longer response window or aggregation grace, or a threshold above what such links lose."
    case .overload:
      "A grace period and a threshold above the share that queueing makes late; fewer services a core."
    case .clock: "A tolerance: a response window longer than the clock's error."
    case .quorumCapture:
      "A higher quorum, a rule against wrong quorums, a veto; never slash a minority for differing."
    case .minority: "Never slash for differing from a quorum alone: judge the result against a fact."
    case .faultySoftware:
      "A veto by a resolver when many are accused at once, and a dispute window as long as a software fix takes."
    case .keyDuplication:
      "Slashing protection shared by all instances of a key, and no fail-over without proof that the other is gone."
    case .aggregatorCensorship:
      "More aggregators that take turns, and a threshold above one aggregator's share of the tasks."
    case .aggregation: "A longer aggregation grace, so that certificates wait for who has signed in time."
    case .reorg:
      "Judging by final blocks alone, and aggregators that send again what a reorg undid; a guard, where others were hit too."
    case .maliciousService: "Less magnitude allocated to the service, and a resolver who may veto."
    case .crash: "A grace as long as a restart takes, or a second machine that takes over."
    case .unknown: "Nothing on record tells."
    }
  }
}
