// Peer scoring in a scenario: `network.gossip.score`. Meanings, bounds and defaults are those of `Gossip.ScoreParameters`,
// which judges the combination. One set of topic parameters serves all services, but for the preset `lighthouse`, which
// derives each service's own from its traffic.
//
// Nodes of one `host` of the topology share an address (P6). Not here: the application's score, since no participant gives one.

public import Basics
public import Gossip

/// The components of every service's topic.
public struct TopicScorePlan: Sendable, Equatable, Codable {
  public var weight: Double
  public var timeInMeshWeight: Double
  public var timeInMeshQuantum: TimeSpan
  public var timeInMeshCap: Double
  public var firstDeliveriesWeight: Double
  public var firstDeliveriesDecay: Double
  public var firstDeliveriesCap: Double
  public var meshDeliveriesWeight: Double
  public var meshDeliveriesDecay: Double
  public var meshDeliveriesCap: Double
  public var meshDeliveriesThreshold: Double
  public var meshDeliveriesWindow: TimeSpan
  public var meshDeliveriesActivation: TimeSpan
  public var meshFailureWeight: Double
  public var meshFailureDecay: Double
  public var invalidWeight: Double
  public var invalidDecay: Double

  init(_ o: ObjectReader, or p: TopicScoreParameters) {
    weight = o.value("weight", "w_t: weight of the topic in the sum over topics", or: p.weight) {
      $0.number(0...1e6)
    }
    timeInMeshWeight = o.value("timeInMeshWeight", "w1: P1, per quantum in the mesh", or: p.timeInMeshWeight)
    { $0.number(0...1e6) }
    timeInMeshQuantum = o.value("timeInMeshQuantum", "unit of time in the mesh", or: p.timeInMeshQuantum) {
      $0.duration(.milliseconds(1) ... .seconds(86_400))
    }
    timeInMeshCap = o.value("timeInMeshCap", "most quanta that count", or: p.timeInMeshCap) {
      $0.number(1e-9...1e9)
    }
    firstDeliveriesWeight = o.value(
      "firstDeliveriesWeight", "w2: P2, per first delivery", or: p.firstDeliveriesWeight
    ) { $0.number(0...1e6) }
    firstDeliveriesDecay = o.value(
      "firstDeliveriesDecay", "factor on the counter each decay interval", or: p.firstDeliveriesDecay
    ) { $0.number(0...1) }
    firstDeliveriesCap = o.value("firstDeliveriesCap", "where the counter stops", or: p.firstDeliveriesCap) {
      $0.number(1e-9...1e9)
    }
    meshDeliveriesWeight = o.value(
      "meshDeliveriesWeight", "w3: P3, on the squared deficit", or: p.meshDeliveriesWeight
    ) { $0.number(-1e6...0) }
    meshDeliveriesDecay = o.value(
      "meshDeliveriesDecay", "factor on the counter each decay interval", or: p.meshDeliveriesDecay
    ) { $0.number(0...1) }
    meshDeliveriesCap = o.value("meshDeliveriesCap", "where the counter stops", or: p.meshDeliveriesCap) {
      $0.number(1e-9...1e9)
    }
    meshDeliveriesThreshold = o.value(
      "meshDeliveriesThreshold", "deliveries below which a mesh peer is in deficit",
      or: p.meshDeliveriesThreshold
    ) { $0.number(1e-9...1e9) }
    meshDeliveriesWindow = o.value(
      "meshDeliveriesWindow", "how long after validation a copy is near-first", or: p.meshDeliveriesWindow
    ) { $0.duration(.zero ... .seconds(60)) }
    meshDeliveriesActivation = o.value(
      "meshDeliveriesActivation", "time in the mesh before a deficit counts", or: p.meshDeliveriesActivation
    ) { $0.duration(.seconds(1) ... .seconds(86_400)) }
    meshFailureWeight = o.value(
      "meshFailureWeight", "w3b: P3b, on squared deficits at leaving the mesh", or: p.meshFailureWeight
    ) { $0.number(-1e6...0) }
    meshFailureDecay = o.value(
      "meshFailureDecay", "factor on the counter each decay interval", or: p.meshFailureDecay
    ) { $0.number(0...1) }
    invalidWeight = o.value(
      "invalidWeight", "w4: P4, on the squared count of invalid messages", or: p.invalidWeight
    ) { $0.number(-1e6...0) }
    invalidDecay = o.value("invalidDecay", "factor on the counter each decay interval", or: p.invalidDecay) {
      $0.number(0...1)
    }
  }

  /// The router's own form.
  var parameters: TopicScoreParameters {
    var p = TopicScoreParameters()
    p.weight = weight
    p.timeInMeshWeight = timeInMeshWeight
    p.timeInMeshQuantum = timeInMeshQuantum
    p.timeInMeshCap = timeInMeshCap
    p.firstDeliveriesWeight = firstDeliveriesWeight
    p.firstDeliveriesDecay = firstDeliveriesDecay
    p.firstDeliveriesCap = firstDeliveriesCap
    p.meshDeliveriesWeight = meshDeliveriesWeight
    p.meshDeliveriesDecay = meshDeliveriesDecay
    p.meshDeliveriesCap = meshDeliveriesCap
    p.meshDeliveriesThreshold = meshDeliveriesThreshold
    p.meshDeliveriesWindow = meshDeliveriesWindow
    p.meshDeliveriesActivation = meshDeliveriesActivation
    p.meshFailureWeight = meshFailureWeight
    p.meshFailureDecay = meshFailureDecay
    p.invalidWeight = invalidWeight
    p.invalidDecay = invalidDecay
    return p
  }
}

/// Peer scoring.
public struct ScorePlan: Sendable, Equatable, Codable {
  public enum Preset: String, CaseIterable, Sendable, Codable {
    /// Every weight is zero.
    case none
    /// rust-libp2p's defaults, without topics.
    case rust
    /// The Protocol Labs' attack runs of 2020.
    case attackRuns = "attack-runs"
    /// Lighthouse's recipe: each service's topic from the traffic that its tasks will cause, all services of equal weight.
    case lighthouse
  }
  /// Where the values that are not written come from.
  public var preset: Preset
  public var topic: TopicScorePlan
  public var thresholdGossip, thresholdPublish, thresholdGraylist, thresholdOpportunisticGraft: Double
  public var thresholdAcceptPeerExchange: Double
  public var topicScoreCap: Double
  public var colocationWeight: Double
  public var colocationThreshold: Int
  public var behaviourWeight: Double
  public var behaviourThreshold: Double
  public var behaviourDecay: Double
  public var slowPeerWeight: Double
  public var slowPeerThreshold: Double
  public var slowPeerDecay: Double
  public var decayInterval: TimeSpan
  public var decayToZero: Double
  public var retention: TimeSpan

  init(_ o: ObjectReader) {
    let preset: Preset = o.value("preset", "where the values that are not written come from", or: .none) {
      $0.choice()
    }
    self.preset = preset
    let slot = o.value(
      "decayInterval", "between two decays of all counters",
      or: preset == .lighthouse ? LighthouseRecipe().slot : ScoreParameters().decayInterval
    ) { $0.duration(.seconds(1) ... .seconds(3_600)) }
    decayInterval = slot
    let p: ScoreParameters =
      switch preset {
      case .none: ScoreParameters()
      case .rust: .rust
      case .attackRuns: .attackRuns()
      // But for the topics nothing depends on the traffic, since the weights add up to one.
      case .lighthouse: Self.recipe(slot).parameters([.attestations(1, weight: 1, Self.recipe(slot))])
      }
    if preset == .lighthouse, o.has("topic") {
      o.mistake(
        "topic",
        "lighthouse's recipe derives it from each service's traffic; remove it, or write another preset")
    }
    topic = o.object("topic", "components of the topics' scores, P1 to P4") {
      TopicScorePlan($0, or: p.otherTopics ?? TopicScoreParameters())
    }
    let t = o.object("thresholds", "scores at which a peer is treated differently") { o in
      var t = p.thresholds
      t.gossip = o.value("gossip", "below it no IHAVE and IWANT either way", or: t.gossip) {
        $0.number(-1e12...0)
      }
      t.publish = o.value("publish", "below it own messages are not sent", or: t.publish) {
        $0.number(-1e12...0)
      }
      t.graylist = o.value("graylist", "below it the peer is not heard", or: t.graylist) {
        $0.number(-1e12...0)
      }
      t.acceptPeerExchange = o.value(
        "acceptPeerExchange", "below it the peers that a PRUNE names are not dialed", or: t.acceptPeerExchange
      ) { $0.number(0...1e12) }
      t.opportunisticGraft = o.value(
        "opportunisticGraft", "a mesh with a lower median gets better peers", or: t.opportunisticGraft
      ) { $0.number(0...1e12) }
      return t
    }
    (thresholdGossip, thresholdPublish, thresholdGraylist) = (t.gossip, t.publish, t.graylist)
    thresholdOpportunisticGraft = t.opportunisticGraft
    thresholdAcceptPeerExchange = t.acceptPeerExchange
    topicScoreCap = o.value(
      "topicScoreCap", "most that all topics together add; 0: no cap", or: p.topicScoreCap
    ) { $0.number(0...1e12) }
    colocationWeight = o.value(
      "colocationWeight", "w6: P6, on the squared surplus of peers on one host", or: p.colocationWeight
    ) { $0.number(-1e6...0) }
    colocationThreshold = o.value(
      "colocationThreshold", "peers on one host that are forgiven", or: p.colocationThreshold
    ) { $0.integer(1...1_000_000) }
    behaviourWeight = o.value(
      "behaviourWeight", "w7: P7, on the squared penalty above the threshold", or: p.behaviourWeight
    ) { $0.number(-1e6...0) }
    behaviourThreshold = o.value(
      "behaviourThreshold", "penalties that are forgiven", or: p.behaviourThreshold
    ) { $0.number(0...1e6) }
    behaviourDecay = o.value("behaviourDecay", "factor each decay interval", or: p.behaviourDecay) {
      $0.number(0...1)
    }
    slowPeerWeight = o.value("slowPeerWeight", "on RPCs that a full link refused", or: p.slowPeerWeight) {
      $0.number(-1e6...0)
    }
    slowPeerThreshold = o.value(
      "slowPeerThreshold", "refused RPCs that are forgiven", or: p.slowPeerThreshold
    ) { $0.number(0...1e6) }
    slowPeerDecay = o.value("slowPeerDecay", "factor each decay interval", or: p.slowPeerDecay) {
      $0.number(0...1)
    }
    decayToZero = o.value("decayToZero", "a counter below it is zero", or: p.decayToZero) { $0.number(0...1) }
    retention = o.value("retention", "how long a bad score is kept after a disconnect", or: p.retention) {
      $0.duration(.zero ... .seconds(86_400))
    }
    o.refuse(["applicationWeight"])
  }

  /// The router's own form.
  public var parameters: ScoreParameters {
    var p = ScoreParameters()
    p.otherTopics = topic.parameters
    p.thresholds.gossip = thresholdGossip
    p.thresholds.publish = thresholdPublish
    p.thresholds.graylist = thresholdGraylist
    p.thresholds.opportunisticGraft = thresholdOpportunisticGraft
    p.thresholds.acceptPeerExchange = thresholdAcceptPeerExchange
    (p.colocationWeight, p.colocationThreshold) = (colocationWeight, colocationThreshold)
    p.topicScoreCap = topicScoreCap
    p.behaviourWeight = behaviourWeight
    p.behaviourThreshold = behaviourThreshold
    p.behaviourDecay = behaviourDecay
    p.slowPeerWeight = slowPeerWeight
    p.slowPeerThreshold = slowPeerThreshold
    p.slowPeerDecay = slowPeerDecay
    p.decayInterval = decayInterval
    p.decayToZero = decayToZero
    p.retention = retention
    return p
  }

  private static func recipe(_ slot: TimeSpan) -> LighthouseRecipe {
    var recipe = LighthouseRecipe()
    recipe.slot = slot
    return recipe
  }

  /// The topics of services on which so many messages are expected in a decay interval; none unless the preset derives them.
  public func topics(messagesPerInterval: [Double], degree: Int) -> [TopicScoreParameters?] {
    guard preset == .lighthouse else { return [] }
    var recipe = Self.recipe(decayInterval)
    (recipe.degree, recipe.decayToZero) = (degree, decayToZero)
    let weight = 1 / Double(max(messagesPerInterval.count, 1))
    return recipe.parameters(messagesPerInterval.map { .attestations($0, weight: weight, recipe) }).topics
  }
}
