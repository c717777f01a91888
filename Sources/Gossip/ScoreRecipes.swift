// Score parameters that others published: rust-libp2p's defaults, the attack runs of the GossipSub v1.1 evaluation, and
// lighthouse's recipe, which derives a topic's parameters from the traffic that one expects on it.

public import Basics

extension ScoreParameters {
  /// rust-libp2p's default peer score parameters; the topics are the caller's.
  public static var rust: ScoreParameters {
    var p = ScoreParameters()
    p.topicScoreCap = 3600
    p.applicationWeight = 10
    p.colocationWeight = -5
    p.colocationThreshold = 10
    p.behaviourWeight = -10
    p.behaviourDecay = 0.2
    p.decayToZero = 0.1
    p.slowPeerWeight = -0.2
    p.slowPeerDecay = 0.2
    return p
  }

  /// What the Protocol Labs' attack runs of 2020 used: one topic of 120 messages a second, decay every second.
  /// - Parameter colocationWeight: w6. 0 in most runs, -10 in the co-location one (the report says -100).
  public static func attackRuns(colocationWeight: Double = 0) -> ScoreParameters {
    var p = ScoreParameters()
    p.otherTopics = .attackRuns
    p.colocationWeight = colocationWeight
    p.colocationThreshold = 1
    p.behaviourWeight = -10
    p.behaviourDecay = 0.9
    p.retention = .seconds(30)
    p.thresholds.gossip = -4000
    p.thresholds.publish = -5000
    p.thresholds.graylist = -10_000
    p.thresholds.acceptPeerExchange = 0
    p.thresholds.opportunisticGraft = 0
    return p
  }
}

extension TopicScoreParameters {
  /// The topic of `ScoreParameters.attackRuns`.
  public static var attackRuns: TopicScoreParameters {
    var p = TopicScoreParameters()
    p.weight = 0.25
    p.timeInMeshWeight = 0.0027
    p.timeInMeshQuantum = .seconds(1)
    p.timeInMeshCap = 3600
    p.firstDeliveriesWeight = 0.664
    p.firstDeliveriesDecay = 0.9916
    p.firstDeliveriesCap = 1500
    p.meshDeliveriesWeight = -0.25
    p.meshDeliveriesDecay = 0.997
    p.meshDeliveriesCap = 400
    p.meshDeliveriesThreshold = 10
    p.meshDeliveriesActivation = .seconds(60)
    p.meshDeliveriesWindow = .milliseconds(5)
    p.meshFailureWeight = -0.25
    p.meshFailureDecay = 0.997
    p.invalidWeight = -99
    p.invalidDecay = 0.9994
    return p
  }
}

/// What one expects of a topic's traffic, for lighthouse's recipe.
public struct TopicTraffic: Sendable, Equatable {
  /// w_t. Lighthouse: 0.5 for blocks and aggregates, 1/64 for each attestation subnet.
  public var weight: Double
  /// Messages in a slot (the decay interval) on the topic.
  public var messagesPerSlot: Double
  /// Time in which P2's counter falls to `decayToZero`. Lighthouse: 20 epochs for blocks, 1 for aggregates and, with
  /// several bursts an epoch, attestations.
  public var firstDeliveriesLife: TimeSpan
  /// P3, or nil to leave it off.
  public var meshDeliveries: MeshDeliveries?

  public struct MeshDeliveries: Sendable, Equatable {
    /// Time in which P3's counter falls to `decayToZero`.
    public var life: TimeSpan
    /// The cap as a multiple of the threshold.
    public var capFactor: Double
    /// From GRAFT to the first deficit.
    public var activation: TimeSpan
    public init(life: TimeSpan, capFactor: Double, activation: TimeSpan) {
      self.life = life
      self.capFactor = capFactor
      self.activation = activation
    }
  }

  public init(
    weight: Double, messagesPerSlot: Double, firstDeliveriesLife: TimeSpan, meshDeliveries: MeshDeliveries?
  ) {
    self.weight = weight
    self.messagesPerSlot = messagesPerSlot
    self.firstDeliveriesLife = firstDeliveriesLife
    self.meshDeliveries = meshDeliveries
  }
}

extension TopicTraffic {
  /// Of attestations that come in several bursts an epoch, as on lighthouse's attestation subnets.
  public static func attestations(_ messagesPerSlot: Double, weight: Double, _ recipe: LighthouseRecipe)
    -> Self
  {
    Self(
      weight: weight, messagesPerSlot: messagesPerSlot, firstDeliveriesLife: recipe.slot * 32,
      meshDeliveries: .init(life: recipe.slot * 128, capFactor: 16, activation: recipe.slot * 17))
  }
}

/// Lighthouse's recipe (`gossipsub_scoring_parameters.rs`).
public struct LighthouseRecipe: Sendable, Equatable {
  /// Also the decay interval. 12 s.
  public var slot = TimeSpan.seconds(12)
  public var slotsPerEpoch = 32
  /// D of the mesh, for a peer's share of the first deliveries. 8.
  public var degree = 8
  /// Most that P1 may add in a topic of weight one. 10.
  public var mostInMesh = 10.0
  /// Most that P2 may add in a topic of weight one. 40.
  public var mostFirstDeliveries = 40.0
  public var decayToZero = 0.01
  /// -4000, -8000, -16000, 100, 5.
  public var thresholds: ScoreThresholds = {
    var t = ScoreThresholds()
    (t.gossip, t.publish, t.graylist) = (-4000, -8000, -16_000)
    (t.acceptPeerExchange, t.opportunisticGraft) = (100, 5)
    return t
  }()

  public init() {}

  private var epoch: TimeSpan { slot * UInt64(slotsPerEpoch) }
  func decay(over life: TimeSpan) -> Double {
    ScoreParameters.decay(over: life, interval: slot, decayToZero: decayToZero)
  }

  /// Where a counter settles that gets `rate` a slot and decays by `decay`: rate / (1 - decay).
  private func steadyState(_ rate: Double, _ decay: Double) -> Double { rate / (1 - decay) }

  /// Parameters for these topics, by `TopicID`. Requires at least one topic of a weight and a rate above zero.
  public func parameters(_ traffic: [TopicTraffic]) -> ScoreParameters {
    var p = ScoreParameters()
    p.decayInterval = slot
    p.decayToZero = decayToZero
    p.retention = epoch * 100
    p.thresholds = thresholds
    let most = mostPositive(traffic)
    p.topicScoreCap = most / 2
    p.applicationWeight = 1
    p.colocationWeight = -p.topicScoreCap
    p.colocationThreshold = 8
    p.behaviourThreshold = 6
    p.behaviourDecay = decay(over: epoch * 10)
    // Ten penalties an epoch bring a peer to the gossip threshold.
    let steady = steadyState(10 / Double(slotsPerEpoch), p.behaviourDecay) - p.behaviourThreshold
    p.behaviourWeight = thresholds.gossip / (steady * steady)
    p.slowPeerWeight = -10
    p.topics = traffic.map { topic($0, mostPositive: most) }
    return p
  }

  /// The highest score that a peer can reach in all topics together, without the cap.
  public func mostPositive(_ traffic: [TopicTraffic]) -> Double {
    var sum = 0.0
    for topic in traffic { sum += topic.weight }
    return (mostInMesh + mostFirstDeliveries) * sum
  }

  private func topic(_ traffic: TopicTraffic, mostPositive: Double) -> TopicScoreParameters? {
    guard traffic.weight > 0, traffic.messagesPerSlot > 0 else { return nil }
    var p = TopicScoreParameters()
    p.weight = traffic.weight
    p.timeInMeshQuantum = slot
    p.timeInMeshCap = 3600 * 1e9 / Double(slot.nanoseconds)
    p.timeInMeshWeight = mostInMesh / p.timeInMeshCap
    p.firstDeliveriesDecay = decay(over: traffic.firstDeliveriesLife)
    p.firstDeliveriesCap = steadyState(
      2 * traffic.messagesPerSlot / Double(degree), p.firstDeliveriesDecay)
    p.firstDeliveriesWeight = mostFirstDeliveries / p.firstDeliveriesCap
    if let mesh = traffic.meshDeliveries {
      p.meshDeliveriesDecay = decay(over: mesh.life)
      // A fiftieth of the traffic: an honest mesh peer is far above.
      p.meshDeliveriesThreshold =
        steadyState(traffic.messagesPerSlot / 50, p.meshDeliveriesDecay) * p.meshDeliveriesDecay
      p.meshDeliveriesWeight = -traffic.weight
      p.meshDeliveriesCap = max(mesh.capFactor * p.meshDeliveriesThreshold, 2)
      p.meshDeliveriesActivation = mesh.activation
      p.meshDeliveriesWindow = .seconds(2)
      p.meshFailureDecay = p.meshDeliveriesDecay
      p.meshFailureWeight = p.meshDeliveriesWeight
    }
    p.invalidWeight = -mostPositive / traffic.weight
    p.invalidDecay = decay(over: epoch * 50)
    return p
  }
}
