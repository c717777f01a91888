// Parameters of peer scoring (GossipSub v1.1, *Peer scoring*): every component with the specification's letter, its unit,
// default, bounds and consequence. Combinations that a router must not run with are refused by `violations`.
//
// The score of a peer, by the books of one node:
//
//   cap( sum over topics of w_t (w1 P1 + w2 P2 + w3 P3 + w3b P3b + w4 P4) ) + w5 P5 + w6 P6 + w7 P7 + slow peer
//
// P1 and P2 reward (weights >= 0), P3 to P7 punish (weights <= 0), P5 is the application's and may be either. The cap
// bounds the sum of the topics from above only.
//
// All of it is arithmetic with + - x /, so that scores are the same bits everywhere.

public import Basics

/// The components of a topic's score (P1 to P4), with weights, decays and caps. The defaults score nothing: every weight
/// is zero but the topic's own.
public struct TopicScoreParameters: Sendable, Equatable {
  /// w_t: weight of the topic within the sum over topics. 1. 0 ... 1e6. A small weight makes the topic unable to
  /// punish: a peer may withhold it and keep a positive score from other topics (CVE-2022-47547).
  public var weight = 1.0

  // MARK: P1, time in mesh

  /// w1, per quantum. 0. 0 ... 1e6; keep it small, it rewards mere presence.
  public var timeInMeshWeight = 0.0
  /// The unit in which time in the mesh counts; whole quanta count. 1 s. 1 ms ... 1 d.
  public var timeInMeshQuantum = TimeSpan.seconds(1)
  /// Most quanta that count. 3,600. Above 0 ... 1e9.
  public var timeInMeshCap = 3600.0

  // MARK: P2, first message deliveries

  /// w2, per message that the peer, in the mesh or not, delivered first and that was valid. 0. 0 ... 1e6.
  public var firstDeliveriesWeight = 0.0
  /// Factor on the counter each decay interval. 0.5. Above 0, below 1.
  public var firstDeliveriesDecay = 0.5
  /// Where the counter stops. 2,000. Above 0 ... 1e9.
  public var firstDeliveriesCap = 2000.0

  // MARK: P3, mesh message delivery rate

  /// w3, on the square of the deficit below the threshold. 0 (off). -1e6 ... 0. Needs a topic with a known rate: a mesh
  /// peer that could not deliver what nobody published is punished too.
  public var meshDeliveriesWeight = 0.0
  /// Factor on the counter each decay interval. 0.5. Above 0, below 1.
  public var meshDeliveriesDecay = 0.5
  /// Where the counter stops. 100. At least the threshold ... 1e9.
  public var meshDeliveriesCap = 100.0
  /// Deliveries below which a mesh peer is in deficit. 20. Above 0.
  public var meshDeliveriesThreshold = 20.0
  /// How long after validation a copy from a mesh peer still counts as near-first. 10 ms. 0 ... 1 min; a small multiple
  /// of the network's jitter, else a peer can echo what it was sent.
  public var meshDeliveriesWindow = TimeSpan.milliseconds(10)
  /// How long a peer must be in the mesh before its deficit counts. 5 s. 1 s ... 1 d (v1.1: at least 1 s).
  public var meshDeliveriesActivation = TimeSpan.seconds(5)

  // MARK: P3b, mesh message delivery failure

  /// w3b, on the sum of the squared deficits with which the peer left the mesh. 0 (off). -1e6 ... 0. Makes re-GRAFTing
  /// after a deficit costly.
  public var meshFailureWeight = 0.0
  /// Factor on the counter each decay interval. 0.5. Above 0, below 1.
  public var meshFailureDecay = 0.5

  // MARK: P4, invalid messages

  /// w4, on the square of the counter of rejected messages. 0 (off). -1e6 ... 0.
  public var invalidWeight = 0.0
  /// Factor on the counter each decay interval. 0.3. Above 0, below 1.
  public var invalidDecay = 0.3

  public init() {}
}

/// Scores below or above which a peer is treated differently (v1.1, *Score thresholds*). A score below zero always means:
/// not in the mesh, no peer exchange to it.
public struct ScoreThresholds: Sendable, Equatable {
  /// gossipThreshold: below it IHAVE and IWANT are ignored, and none is sent. -10 (rust). -1e12 ... 0.
  public var gossip = -10.0
  /// publishThreshold: below it own messages are not sent to the peer, not even by flood. -50 (rust). At most `gossip`.
  public var publish = -50.0
  /// graylistThreshold: below it every RPC is dropped but for its subscriptions. -80 (rust). At most `publish`.
  public var graylist = -80.0
  /// acceptPXThreshold: from it on peers named in a PRUNE are dialed. 10 (rust). 0 ... 1e12; should be reached by
  /// bootstrappers and other trusted peers only.
  public var acceptPeerExchange = 10.0
  /// opportunisticGraftThreshold: a mesh whose median is below it gets better peers now and then. 20 (rust).
  /// 0 ... 1e12.
  public var opportunisticGraft = 20.0
  public init() {}
}

/// Peer scoring as one node does it; one set serves all nodes of a router.
public struct ScoreParameters: Sendable, Equatable {
  /// By `TopicID`; nil, and topics beyond the end, take `otherTopics`.
  public var topics: [TopicScoreParameters?] = []
  /// For the topics that `topics` does not name; nil: they do not count.
  public var otherTopics: TopicScoreParameters?
  /// Most that all topics together can add to a score; 0: no cap. 0 ... 1e12. Without it a peer that serves many topics
  /// can afford to starve one.
  public var topicScoreCap = 0.0

  // MARK: P5 to P7

  /// w5: on the application's own score of the peer. 1. 0 ... 1e6.
  public var applicationWeight = 1.0
  /// w6: on the square of the surplus of peers that share the peer's address. 0 (off). -1e6 ... 0.
  public var colocationWeight = 0.0
  /// Peers on one address that are no surplus. 1. 1 ... 1e6. Behind one NAT there may be several honest ones.
  public var colocationThreshold = 1
  /// Addresses that never count, as the driver numbers them.
  public var colocationExempt: [AddressGroup] = []
  /// w7: on the square of the behavioural penalty above the threshold. 0 (off). -1e6 ... 0. One is added for a GRAFT in
  /// backoff, one more for one soon after the PRUNE, one for each broken promise, ten for a second Extensions message.
  public var behaviourWeight = 0.0
  /// Penalties that are forgiven. 0. 0 ... 1e6.
  public var behaviourThreshold = 0.0
  /// Factor each decay interval. 0.9. Above 0, below 1.
  public var behaviourDecay = 0.9

  // MARK: Slow peers (rust and nim; not in the specification)

  /// On the surplus of RPCs dropped or timed out in the queue to the peer. 0 (off; rust -0.2, lighthouse -10).
  /// -1e6 ... 0.
  public var slowPeerWeight = 0.0
  /// Drops that are forgiven. 0. 0 ... 1e6.
  public var slowPeerThreshold = 0.0
  /// Factor each decay interval. 0.2 (rust). Above 0, below 1.
  public var slowPeerDecay = 0.2

  // MARK: Time

  /// Between two decays of every counter; done at the first heartbeat that is due. 1 s. 1 s ... 1 h (lighthouse: a slot).
  public var decayInterval = TimeSpan.seconds(1)
  /// A counter below it becomes zero. 0.01. Above 0, below 1. `decay` derives factors from it.
  public var decayToZero = 0.01
  /// How long the books of a peer with a score of zero or less are kept, undecayed, after it disconnected, so that it
  /// cannot wash itself by reconnecting. 1 h (rust). 0 ... 1 d.
  public var retention = TimeSpan.seconds(3600)

  public var thresholds = ScoreThresholds()

  /// No component has a weight: every score is zero.
  public init() {}

  /// The components of a topic, or nil when it does not count.
  public func topic(_ topic: TopicID) -> TopicScoreParameters? {
    if topic.index < topics.count, let own = topics[topic.index] { return own }
    return otherTopics
  }

  /// The factor by which a counter falls to `decayToZero` of itself within `life`, when it is applied every `interval`
  /// (v1.1: `decayToZero^(interval / life)`). Above 0, below 1. Requires both spans above zero.
  public static func decay(
    over life: TimeSpan, interval: TimeSpan = .seconds(1), decayToZero: Double = 0.01
  ) -> Double {
    precondition(life > .zero)
    precondition(interval > .zero)
    let exponent = Double(interval.nanoseconds) / Double(life.nanoseconds)
    return PortableMath.pow(decayToZero, exponent)
  }
}

/// An address, or whatever else the driver counts co-located peers by; from 1. Zero: unknown, never co-located.
@frozen public struct AddressGroup: Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32
  @inlinable public init(_ rawValue: UInt32) { self.rawValue = rawValue }
  @inlinable public static var unknown: AddressGroup { AddressGroup(0) }
}
