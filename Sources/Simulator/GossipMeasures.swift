// What a gossip-only simulation measured: deliveries and their latency at the routers, copies and control by the
// routers' own counters, and the meshes as they stood at each look.

public import Basics
public import Gossip

/// The outcome of a gossip-only simulation.
public struct GossipMeasures: Sendable {
  /// Deliveries of the messages published in one window of time, at nodes other than the publisher.
  public struct Window: Sendable {
    public var published = 0
    public var delivered: UInt64 = 0
    public var latency = Histogram()
  }

  /// All routers' meshes at an instant.
  public struct Sample: Sendable, Equatable {
    public var at: Instant
    /// Links in meshes, by the books of the router that holds them, over all topics.
    public var meshLinks = 0
    /// Of these, links to strangers.
    public var strangerLinks = 0
    /// The same in the watched topic.
    public var watchedLinks = 0
    public var watchedStrangerLinks = 0
    /// Of all links, those that the other router has not in its mesh.
    public var oneSided = 0
    /// Over all routers that are up.
    public var degreeLeast = Int.max
    public var degreeMost = 0
    /// Links on which the owner's score of an honest peer, or of a stranger, is below the graylist threshold.
    public var honestGraylisted = 0
    public var strangersGraylisted = 0
    /// Open links of routers to strangers.
    public var strangerPeers = 0
    /// Routers whose mesh holds nobody but strangers.
    public var surrounded = 0
    /// Routers that are up.
    public var up = 0
    /// Since the beginning: messages published in the measured time, their first deliveries, copies received, bytes sent.
    public var published = 0
    public var delivered: UInt64 = 0
    public var copies: UInt64 = 0
    public var bytes: UInt64 = 0

    public var strangerShare: Double { meshLinks == 0 ? 0 : Double(strangerLinks) / Double(meshLinks) }
    public var watchedStrangerShare: Double {
      watchedLinks == 0 ? 0 : Double(watchedStrangerLinks) / Double(watchedLinks)
    }
    public var meanDegree: Double { up == 0 ? 0 : Double(meshLinks) / Double(up) }
  }

  /// Messages published in the measured time.
  public var published = 0
  /// Other routers than the publisher, by message.
  public var expected: UInt64 = 0
  /// First deliveries there.
  public var delivered: UInt64 = 0
  /// From publication to first delivery, nanoseconds.
  public var latency = Histogram()
  /// The same in buckets of 100 ms, the last for everything beyond.
  public var hundredths = [UInt64](repeating: 0, count: 101)
  public var windows: [Window] = []
  /// Messages that some router never got, and the most routers that one message missed.
  public var incomplete = 0
  public var worstMissing = 0
  /// What the watched node got, and could have got.
  public var watchedDelivered: UInt64 = 0
  public var watchedExpected: UInt64 = 0
  public var watchedLatency = Histogram()
  /// Deliveries of the watched node's own messages at the others.
  public var fromWatchedDelivered: UInt64 = 0
  public var fromWatchedExpected: UInt64 = 0
  public var fromWatchedLatency = Histogram()
  /// Deliveries in the watched topic.
  public var topicDelivered: UInt64 = 0
  public var topicExpected: UInt64 = 0
  public var topicLatency = Histogram()
  /// Copies that reached strangers.
  public var strangerCopies: UInt64 = 0
  /// Copies that strangers sent.
  public var strangerSent: UInt64 = 0
  public var strangerGrafts: UInt64 = 0
  public var samples: [Sample] = []
  /// Links that opened, those of the beginning included.
  public var connections: UInt64 = 0
  /// Pairs (message, peer outside the mesh) over which an IHAVE went, and all such pairs.
  public var announced: UInt64 = 0
  public var announceable: UInt64 = 0
  /// Sum over all links of P2's counter, when it is tracked.
  public var credit = 0.0
  public var counters = Counters()
  public var events: UInt64 = 0
  /// Fingerprint of every event.
  public var digest: UInt64 = 0

  public var deliveryRatio: Double { expected == 0 ? 1 : Double(delivered) / Double(expected) }
  /// Full copies sent over links a delivery, the publisher's own counted as one.
  public var copiesPerDelivery: Double {
    Double(counters.copiesSent) / Double(counters.accepted + counters.published)
  }

  /// A percentile of latency in milliseconds; NaN when nothing was delivered.
  public func percentile(_ share: Double) -> Double {
    latency.percentile(share).map { Double($0) / 1e6 } ?? .nan
  }
}
