// The attacks of Protocol Labs' GossipSub v1.1 evaluation (2020): 1,000 honest nodes of which 100 publish, up to 4,000
// Sybils. Setups are those of libp2p/gossipsub-hardening's scripts/configs: 30 s of warm-up, 3 minutes of traffic (5 for
// covert flash), 30 s of cooling down. One-way latency is 50 ms + 0 to 10 %, as the report's RTT of 100 ms has it.

public import Basics
import Gossip
import Network
public import Simulator

/// One attack, and the network it is made on.
public struct Attack: Sendable, Equatable {
  /// Whom the Sybils dial.
  public enum Target: String, Sendable, CaseIterable { case all, publishers, one }

  public var name: String
  public var honest = 1000
  public var publishers = 100
  /// Links that each honest node opens to other honest ones.
  public var degree = 20
  /// Messages a second over all publishers, and their length in bytes.
  public var rate = 120.0
  public var bytes = 2048
  /// Topics, one a service; messages go to each in turn.
  public var topics = 1
  public var warmup = TimeSpan.seconds(30)
  public var run = TimeSpan.seconds(180)
  public var cool = TimeSpan.seconds(30)
  /// When the honest nodes start.
  public var honestStart = Instant.zero
  public var latency = TimeSpan.milliseconds(50)
  /// Share of the latency.
  public var jitter = 0.1

  public var sybils = 0
  /// Links that each Sybil opens.
  public var dials = 20
  /// When the Sybils connect.
  public var sybilStart = Instant.zero
  public var target = Target.all
  /// When they begin to misbehave.
  public var attacksFrom = Instant.zero
  /// Share of messages they drop.
  public var drops = 1.0
  /// Whether they drop the messages of one publisher only.
  public var censorsOne = false
  /// Whether they drop every message of the first topic, and only those.
  public var starvesOne = false
  /// Sybils that share an address; nil: none do.
  public var sharingAddress: Int?
  /// w6, the weight of co-location.
  public var colocationWeight = 0.0
  /// Opportunistic grafting: heartbeats between, and the score under which the median must lie.
  public var opportunisticTicks = 60
  public var opportunisticThreshold = 0.0
  public var gossipFactor = 0.25
  public var scores = Scores.evaluation
  /// D_hi; a mesh of this size is cut.
  public var degreeHigh = 12

  public init(_ name: String) { self.name = name }

  /// How the honest nodes defend themselves.
  public enum Defence: String, Sendable, CaseIterable {
    /// GossipSub v1.0.
    case none = "v1.0"
    /// GossipSub v1.1 without scores.
    case flooding = "v1.1 unscored"
    /// GossipSub v1.1 with scores, flood publishing and outbound quotas.
    case scores = "v1.1"
  }

  /// Where the scores' parameters come from.
  public enum Scores: String, Sendable, CaseIterable {
    /// The topic parameters of the evaluation, for one topic of 120 messages a second.
    case evaluation
    /// The same with P3 as in the baseline template beside them: decay 0.97, threshold 100, active after 30 s. Under the
    /// runs' own (0.997, threshold 10) a counter at its cap of 400 takes 1,230 s to fall into deficit, so that nobody
    /// who delivered before could be found silent within a run.
    case template
    /// Lighthouse's recipe from the traffic, every topic weighing what an attestation subnet does, 1/64.
    case recipe
    /// The same with P3 so heavy that a starved topic outweighs all credit.
    case repaired
  }

  /// The attacked or censored node: the first publisher.
  public var victim: NodeID { NodeID(0) }

  // MARK: The set

  public static var baseline: Attack { Attack("baseline") }

  public static var eclipseOne: Attack {
    var attack = Attack("eclipse-one")
    (attack.sybils, attack.dials, attack.target) = (1000, 1, .one)
    attack.sybilStart = .zero + .seconds(60)
    return attack
  }

  public static var eclipseNetwork: Attack {
    var attack = Attack("eclipse-network")
    (attack.sybils, attack.dials) = (4000, 100)
    attack.sybilStart = .zero + .seconds(60)
    return attack
  }

  public static var eclipsePublishers: Attack {
    var attack = Attack("eclipse-publishers")
    (attack.sybils, attack.dials, attack.target) = (4000, 100, .publishers)
    attack.sybilStart = .zero + .seconds(60)
    return attack
  }

  public static var censorOne: Attack {
    var attack = Attack("censor-one")
    (attack.sybils, attack.dials, attack.drops, attack.censorsOne) = (2000, 100, 0, true)
    attack.sybilStart = .zero + .seconds(60)
    return attack
  }

  public static var degrade: Attack {
    var attack = Attack("degrade")
    (attack.sybils, attack.dials, attack.drops) = (2000, 100, 0.5)
    attack.sybilStart = .zero + .seconds(60)
    return attack
  }

  public static var coldBoot: Attack {
    var attack = Attack("cold-boot")
    attack.sybils = 4000
    return attack
  }

  public static var covertFlash: Attack {
    var attack = Attack("covert-flash")
    attack.sybils = 4000
    attack.attacksFrom = .zero + .seconds(120)
    attack.run = .seconds(300)
    attack.scores = .template
    return attack
  }

  public static var dawn: Attack {
    var attack = Attack("dawn")
    attack.sybils = 4000
    attack.honestStart = .zero + .seconds(10)
    return attack
  }

  public static var colocation: Attack {
    var attack = Attack("colocation")
    attack.sybils = 4000
    attack.sharingAddress = 160
    attack.colocationWeight = -10
    return attack
  }

  /// All of them, in the report's order.
  public static var all: [Attack] {
    [
      baseline, eclipseOne, eclipseNetwork, eclipsePublishers, censorOne, degrade, coldBoot, covertFlash,
      dawn,
      colocation,
    ]
  }

  /// CVE-2022-47547's shape: 16 services share one score, the Sybils serve 15 of them and starve one.
  public static var starveOneService: Attack {
    var attack = Attack("starve-one-service")
    (attack.honest, attack.publishers, attack.degree) = (200, 200, 10)
    (attack.topics, attack.rate, attack.bytes) = (16, 32, 512)
    (attack.sybils, attack.dials, attack.drops, attack.starvesOne) = (60, 20, 0, true)
    attack.run = .seconds(900)
    attack.scores = .repaired
    return attack
  }

  // MARK: As a simulation

  /// When traffic begins.
  public var trafficFrom: Instant { honestStart + warmup }

  public func setup(_ defence: Defence, seed: UInt64) -> GossipSetup {
    var known: Set<UInt64> = []
    var edges = Dialing.dial(from: 0..<honest, to: 0..<honest, count: degree, seed: seed, known: &known)
    let victims: Range<Int> =
      switch target {
      case .all: 0..<honest
      case .publishers: 0..<publishers
      case .one: 0..<1
      }
    edges += Dialing.dial(
      from: honest..<honest + sybils, to: victims, count: dials, seed: seed, known: &known)
    let every = TimeSpan(nanoseconds: UInt64(1e9 / rate))
    let count = Int(Double(run.nanoseconds) / Double(every.nanoseconds))
    let jitter = TimeSpan(nanoseconds: UInt64(Double(latency.nanoseconds) * self.jitter))
    let traffic = (0..<topics).map { topic in
      GossipSetup.Traffic(
        topic: TopicID(topic), publishers: (0..<publishers).map { NodeID($0) },
        from: trafficFrom + every * UInt64(topic), every: every * UInt64(topics),
        count: (count + topics - 1 - topic) / topics, bytes: bytes)
    }
    var setup = GossipSetup(
      seed: seed, routers: honest, edges: edges,
      conditions: [
        LinkConditions(
          latency: .constant(latency), jitter: jitter == .zero ? nil : .uniform(low: .zero, high: jitter))
      ],
      parameters: parameters(defence), traffic: traffic, end: trafficFrom + run + cool)
    setup.topics = Array(repeating: Topic(nameBytes: 16), count: topics)
    let stranger = Stranger(
      attacksFrom: attacksFrom, drops: drops, censors: censorsOne ? victim : nil,
      starves: starvesOne ? TopicID(0) : nil)
    setup.watchedTopic = starvesOne ? TopicID(0) : nil
    setup.strangers = Array(repeating: stranger, count: sybils)
    setup.starts =
      Array(repeating: honestStart, count: honest) + Array(repeating: sybilStart, count: sybils)
    if sharingAddress != nil || colocationWeight != 0 {
      let own = (0..<honest).map { AddressGroup(UInt32($0 + 1)) }
      let shared = (0..<sybils).map { AddressGroup(UInt32(honest + 1 + $0 / (sharingAddress ?? 1))) }
      setup.addresses = own + shared
    }
    setup.measureFrom = trafficFrom
    setup.window = .seconds(10)
    setup.sampleEvery = .seconds(5)
    setup.watched = victim
    return setup
  }

  /// The routers' parameters: D 8/6/12 as in the runs.
  func parameters(_ defence: Defence) -> Parameters {
    var p = defence == .none ? Parameters.version1_0 : Parameters.go
    (p.degree, p.degreeLow, p.degreeHigh) = (8, 6, degreeHigh)
    switch defence {
    case .none: p.degreeLazy = 8
    case .flooding, .scores:
      p.version = .v1_1
      p.floodPublish = true
      p.degreeLazy = 12
      p.gossipFactor = gossipFactor
      p.degreeScore = 6
      p.opportunisticGraftTicks = opportunisticTicks
    }
    if defence == .scores {
      p.score = scoreParameters
      // The recipe's window of 2 s holds this many messages.
      let inWindow = scores == .recipe || scores == .repaired ? Int(rate * 4) : 0
      while p.deliveryRecordsMaximum < inWindow { p.deliveryRecordsMaximum *= 2 }
    }
    return p
  }

  private var scoreParameters: ScoreParameters {
    var score: ScoreParameters
    switch scores {
    case .evaluation: score = .attackRuns()
    case .template:
      score = .attackRuns()
      var topic = TopicScoreParameters.attackRuns
      topic.meshDeliveriesDecay = 0.97
      topic.meshDeliveriesThreshold = 100
      topic.meshDeliveriesActivation = .seconds(30)
      score.otherTopics = topic
    case .recipe, .repaired:
      let recipe = LighthouseRecipe()
      let slot = recipe.slot.seconds
      let traffic = TopicTraffic.attestations(rate * slot / Double(topics), weight: 1 / 64, recipe)
      let all = Array(repeating: traffic, count: topics)
      score = recipe.parameters(all)
      if scores == .repaired {
        let most = recipe.mostPositive(all)
        for k in score.topics.indices {
          guard var topic = score.topics[k] else { continue }
          let deficit = topic.meshDeliveriesThreshold * topic.meshDeliveriesThreshold
          // A tenth more than all that P1 and P2 can add up to in every topic.
          topic.meshDeliveriesWeight = -1.1 * most / (topic.weight * deficit)
          topic.meshFailureWeight = topic.meshDeliveriesWeight
          score.topics[k] = topic
        }
      }
    }
    score.colocationWeight = min(score.colocationWeight, colocationWeight)
    score.thresholds.opportunisticGraft = max(score.thresholds.opportunisticGraft, opportunisticThreshold)
    return score
  }
}
