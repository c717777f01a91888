// What a run amounts to: the values behind `summary.json`, schema 1. Drivers fill it in, `RunSummary+JSON.swift` gives it the
// form that users rely on. Everything here is a plain value; what is undefined is nil, never zero.

public import Basics

/// The summary of a run.
public struct RunSummary: Sendable, Equatable {
  /// The version of the form; readers refuse a later one.
  public static let schema = 1

  public var name: String
  /// `simulator` or `cluster`.
  public var engine: String
  public var seed: UInt64
  /// False for a run that was interrupted or killed.
  public var complete = false
  public var virtualSeconds = 0.0
  /// The only figure that a wall clock decides; see `wallClockKeys`.
  public var wallSeconds = 0.0
  /// Digest over every event, in hex; nil in the cluster.
  public var traceDigest: String?

  public var nodes = 0
  public var operators = 0
  public var services = 0

  public var tasks = Tasks()
  public var attestations = Attestations()
  public var latency = Latency()
  public var gossip = Gossip()
  public var load = Load()
  /// Nil in virtual time, and when nodes are spread over processes.
  public var process: Process?
  public var slashing: SlashAccuracy
  public var chain = Chain()
  public var stake = Stake()
  public var rewards = Rewards()
  public var challenges = Challenges()
  /// Nil when no service has a rule that its holders decide on.
  public var forks: Forks?
  /// Nil in a network without Sybils.
  public var sybils: Sybils?
  /// In scenario order.
  public var issuers: [Issuer] = []
  /// Nil without issuers.
  public var holders: Holders?
  /// Nil when no service's users are insured.
  public var insurance: Insurance?
  /// Nil when no service buys security.
  public var market: Market?
  /// Nil when no issuer's token is traded.
  public var lending: Lending?
  /// Nil when no service registers during the run.
  public var entries: Entries?
  public var risk = Risk()
  /// Of a run of `kind: attack`; nil in others.
  public var attack: Attack?
  public var faults: [Fault] = []
  public var expectations: [Expectation] = []
  public var checks: [Check] = []

  public init(name: String, engine: String, seed: UInt64) {
    self.name = name
    self.engine = engine
    self.seed = seed
    slashing = SlashAccuracy(offences: [], slashes: [])
  }
}

extension RunSummary {
  public struct Tasks: Sendable, Equatable {
    public var issued = 0
    /// With a result that is the truth.
    public var certified = 0
    public var missed = 0
    /// Undecided when the run was ended early; zero when it is complete.
    public var open = 0
    /// Certified with a result that is not the truth; not among `certified`.
    public var wrong = 0
    /// Certified of those that were decided; nil without any.
    public var certifiedRatio: Double? { share(certified, of: issued - open) }
    public init() {}
  }

  public struct Attestations: Sendable, Equatable {
    /// What operator sets owed.
    public var due = 0
    public var signed = 0
    /// Received by an aggregator inside the response window.
    public var onTime = 0
    /// Counted in a certificate.
    public var certified = 0
    public var firstDeliveries = 0
    /// Messages x subscribers that ran and were not cut off for the whole of the message's lifetime.
    public var expectedDeliveries = 0
    /// Messages x the other subscribers.
    public var unreachableDeliveries = 0
    /// First deliveries to expected subscribers, of expected ones; nil without any.
    public var deliveryRatio: Double? { share(firstDeliveries, of: expectedDeliveries) }
    /// Certified attestations per virtual second after warm-up; nil when nothing was measured.
    public var perSecond: Double?
    public init() {}
  }

  public struct Latency: Sendable, Equatable {
    /// From the publish instant to first receipt, per (message, other subscriber).
    public var propagation = LatencySummary()
    /// From the instant the task fell due to the instant an aggregator first holds a quorum, per task.
    public var quorum = LatencySummary()
    /// From the instant the task fell due to inclusion of the certificate's transaction, per task.
    public var certificate = LatencySummary()
    public init() {}
  }

  public struct Gossip: Sendable, Equatable {
    /// Copies of messages received, first and later ones.
    public var messageCopies = 0
    /// Copies that were not first ones, of all copies; nil without any.
    public var duplicateRatio: Double?
    public var ihave = 0
    public var iwant = 0
    public var graft = 0
    public var prune = 0
    public var idontwant = 0
    /// Messages rejected by validation.
    public var invalid = 0
    /// Messages that a peer announced, was asked for, and nobody brought in time.
    public var brokenPromises = 0
    /// IHAVEs over the limits of a heartbeat, ids of IWANTs served too often, GRAFTs inside a backoff.
    public var ihaveRefused = 0
    public var iwantRefused = 0
    public var graftRefused = 0
    /// Times that a peer fell below the graylist threshold.
    public var graylistings = 0
    public var bytesSent = 0
    /// Mean over nodes and measured time; nil when nothing was measured.
    public var bytesPerNodePerSecond: Double?
    public init() {}
  }

  /// The event loop of the process that hosted all nodes, by its own clock. The costs are in microseconds, and what
  /// `network.process` of a scenario takes.
  public struct Process: Sendable, Equatable {
    /// Share of the traffic's time in which the loop was not asleep.
    public var busyShare: Double
    /// System calls that sent and received, and frames sent and received.
    public var writes: UInt64
    public var reads: UInt64
    public var frames: UInt64
    /// Microseconds of one more sending and of one more receiving call in a pass of the loop.
    public var write: Double?
    public var read: Double?
    /// CPU microseconds of one more frame sent or received, or timer, beside the calls: coding, routing, signatures.
    public var frame: Double?
    /// Microseconds of a pass beside these.
    public var pass: Double?
    /// Median time from an alarm's instant until a sleeping loop serves it.
    public var wake: Double?
    public init(
      busyShare: Double, writes: UInt64, reads: UInt64, frames: UInt64, write: Double?, read: Double?,
      frame: Double?, pass: Double?, wake: Double?
    ) {
      self.busyShare = busyShare
      self.writes = writes
      self.reads = reads
      self.frames = frames
      self.write = write
      self.read = read
      self.frame = frame
      self.pass = pass
      self.wake = wake
    }
  }

  /// Identities that adversaries brought, and how far they got into the meshes of honest nodes.
  public struct Sybils: Sendable, Equatable {
    public var count: Int
    /// Of all places in the meshes of honest nodes, by their own word at each heartbeat: the largest share at a sample, and the
    /// last. Nil: there was no mesh.
    public var meshSharePeak: Double?
    public var meshShareEnd: Double?
    /// Nodes with nobody but Sybils in their meshes: the most at one sample, and at the last.
    public var surroundedPeak: Int
    public var surroundedEnd: Int
    public init(
      count: Int, meshSharePeak: Double?, meshShareEnd: Double?, surroundedPeak: Int, surroundedEnd: Int
    ) {
      self.surroundedEnd = surroundedEnd
      self.count = count
      self.meshSharePeak = meshSharePeak
      self.meshShareEnd = meshShareEnd
      self.surroundedPeak = surroundedPeak
    }
  }

  public struct Load: Sendable, Equatable {
    /// Share of the time in which operators' cores were busy, over operators.
    public var cpuUtilisationP50: Double?
    public var cpuUtilisationP99: Double?
    public var cpuUtilisationMax: Double?
    public var queueDrops = 0
    /// Attestations that were published but not received by an aggregator inside the response window.
    public var lateAttestations = 0
    /// Ascending by `services`.
    public var byOperatorServices: [OperatorGroup] = []
    public init() {}

    /// Operators that serve equally many services.
    public struct OperatorGroup: Sendable, Equatable {
      public var services: Int
      public var operators: Int
      /// Share of what they owed that came late or not at all; nil when they owed nothing.
      public var lateRatio: Double?
      public init(services: Int, operators: Int, lateRatio: Double?) {
        self.services = services
        self.operators = operators
        self.lateRatio = lateRatio
      }
    }

    /// Sets the utilisation figures to nearest-rank percentiles over operators.
    ///
    /// - Parameter utilisation: one share in 0 ... 1 for each operator.
    public mutating func setUtilisation(_ utilisation: [Double]) {
      let sorted = utilisation.sorted()
      cpuUtilisationP50 = nearestRank(sorted, hundredths: 50)
      cpuUtilisationP99 = nearestRank(sorted, hundredths: 99)
      cpuUtilisationMax = sorted.last
    }
  }

  public struct Stake: Sendable, Equatable {
    public var depositedWei: UInt128 = 0
    public var restakedWei: UInt128 = 0
    public var slashedWei: UInt128 = 0
    public var withdrawnWei: UInt128 = 0
    public var queuedWei: UInt128 = 0
    /// Lost by validators on the beacon chain.
    public var lostWei: UInt128 = 0
    /// Every wei was accounted for after every transaction; nil when nobody checked.
    public var conserved: Bool?
    public init() {}
  }

  /// What accusing cost those who accused without ground.
  public struct Challenges: Sendable, Equatable {
    public var forfeitedWei: UInt128 = 0
    /// Evidence refused since its sender had nothing left for a bond.
    public var turnedAway = 0
  }

  public struct Rewards: Sendable, Equatable {
    public var submittedWei: UInt128 = 0
    /// Claimed by those who earned it.
    public var paidWei: UInt128 = 0
    /// Earned, in a root that cannot be claimed from yet.
    public var unclaimedWei: UInt128 = 0
    public var dustWei: UInt128 = 0
    public var refundedWei: UInt128 = 0
    public var operatorsWei: UInt128 = 0
    public var stakersWei: UInt128 = 0
    public var issuersWei: UInt128 = 0
    public var holdersWei: UInt128 = 0
    /// Fees of vault curators.
    public var curatorsWei: UInt128 = 0
    public var conserved: Bool?
    public init() {}
  }

  public struct Fault: Sendable, Equatable {
    public var at: Instant
    /// Nil while in force.
    public var healedAt: Instant?
    /// `partition`, `crash`, `latency`, and so on, as in the scenario.
    public var kind: String
    /// Whom it hit, in words.
    public var place: String
    public init(at: Instant, healedAt: Instant?, kind: String, place: String) {
      self.at = at
      self.healedAt = healedAt
      self.kind = kind
      self.place = place
    }
  }

  /// One line of `expect:` and what became of it.
  public struct Expectation: Sendable, Equatable {
    public var expression: String
    /// The measure's value, in the measure's unit.
    public var value: JSONValue
    public var holds: Bool
    public init(expression: String, value: JSONValue, holds: Bool) {
      self.expression = expression
      self.value = value
      self.holds = holds
    }
  }

  /// An invariant of avsim itself, judged by a checker that stands outside.
  public struct Check: Sendable, Equatable {
    public var name: String
    public var holds: Bool
    public var detail: String
    public init(name: String, holds: Bool, detail: String) {
      self.name = name
      self.holds = holds
      self.detail = detail
    }
  }
}

/// A latency distribution in milliseconds; nil without samples.
public struct LatencySummary: Sendable, Equatable {
  public var count = 0
  public var p50: Double?
  public var p90: Double?
  public var p99: Double?
  public var max: Double?

  public init() {}

  /// From single values in nanoseconds: percentiles are nearest-rank, exact.
  public init(_ nanoseconds: [UInt64]) {
    let sorted = nanoseconds.sorted()
    count = sorted.count
    func milliseconds(percent: Int) -> Double? {
      count == 0 ? nil : Double(sorted[(count * percent + 99) / 100 - 1]) / 1e6
    }
    p50 = milliseconds(percent: 50)
    p90 = milliseconds(percent: 90)
    p99 = milliseconds(percent: 99)
    max = milliseconds(percent: 100)
  }

  /// From nanoseconds in buckets: percentiles are nearest-rank, to the bucket's middle (below 1.6 % off); the maximum is
  /// exact.
  public init(_ nanoseconds: Histogram) {
    count = Int(nanoseconds.count)
    func milliseconds(_ value: UInt64?) -> Double? { value.map { Double($0) / 1e6 } }
    p50 = milliseconds(nanoseconds.percentile(0.5))
    p90 = milliseconds(nanoseconds.percentile(0.9))
    p99 = milliseconds(nanoseconds.percentile(0.99))
    max = count == 0 ? nil : milliseconds(nanoseconds.maximum)
  }
}

private func share(_ part: Int, of whole: Int) -> Double? {
  whole == 0 ? nil : Double(part) / Double(whole)
}
