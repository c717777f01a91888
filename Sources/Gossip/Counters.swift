// What the router did, as sums over all its nodes since the start. Counting is all a handler does on top of its work:
// no event log, no per-peer statistics. Differences of two readings give any interval.

/// Sums over the population. Counts of RPC parts are parts sent unless the name says otherwise.
public struct Counters: Sendable, Equatable, Codable {
  // Data
  /// Messages published here, and copies sent (by publishing, forwarding and IWANT answers) and received.
  public var published: UInt64 = 0
  public var copiesSent: UInt64 = 0
  public var copiesReceived: UInt64 = 0
  /// First copies, copies of something seen, copies for a topic the receiver has not joined, copies whose message
  /// row was recycled (later than the seen TTL).
  public var fresh: UInt64 = 0
  public var duplicates: UInt64 = 0
  public var unsubscribed: UInt64 = 0
  public var stale: UInt64 = 0
  /// Verdicts of the application.
  public var accepted: UInt64 = 0
  public var ignored: UInt64 = 0
  public var rejected: UInt64 = 0

  // Control
  public var controlSent: UInt64 = 0
  public var controlReceived: UInt64 = 0
  public var subscriptions: UInt64 = 0
  public var graft: UInt64 = 0
  public var prune: UInt64 = 0
  public var ihave: UInt64 = 0
  public var ihaveIdentifiers: UInt64 = 0
  public var iwant: UInt64 = 0
  public var iwantIdentifiers: UInt64 = 0
  public var idontwant: UInt64 = 0
  /// Messages sent in answer to IWANT.
  public var iwantServed: UInt64 = 0
  /// IWANT ids not served: no longer cached (or never had), and asked for too often.
  public var iwantUnknown: UInt64 = 0
  public var iwantExhausted: UInt64 = 0
  /// IHAVE RPCs or ids ignored because of the limits of a heartbeat, and IHAVE for topics not joined.
  public var ihaveOverLimit: UInt64 = 0
  public var ihaveIdentifiersOverLimit: UInt64 = 0
  public var ihaveUnsubscribed: UInt64 = 0
  /// GRAFTs received: accepted, refused as the mesh was full, inside a backoff, for a topic not joined.
  public var graftAccepted: UInt64 = 0
  public var graftFull: UInt64 = 0
  public var graftInBackoff: UInt64 = 0
  public var graftUnsubscribed: UInt64 = 0
  /// PRUNEs received that asked for a longer backoff than the router grants.
  public var backoffCut: UInt64 = 0
  /// Ids promised by IHAVE, asked for, and not seen when the follow-up time was over.
  public var promises: UInt64 = 0
  public var promisesBroken: UInt64 = 0

  // Versions 1.1 to 1.3
  /// Ids in IDONTWANT sent.
  public var idontwantIdentifiers: UInt64 = 0
  /// IDONTWANT parts and ids ignored because of the limits.
  public var idontwantOverLimit: UInt64 = 0
  /// Copies not sent because the peer had said IDONTWANT.
  public var idontwantSpared: UInt64 = 0
  /// Peers grafted because the mesh's median score was low.
  public var opportunisticGrafts: UInt64 = 0
  /// Mesh peers pruned for a score below zero.
  public var prunedForScore: UInt64 = 0
  /// GRAFTs refused for a score below zero, and of direct peers.
  public var graftNegative: UInt64 = 0
  public var graftDirect: UInt64 = 0
  /// GRAFTs within the flood threshold of the PRUNE.
  public var graftFlood: UInt64 = 0
  /// RPCs of graylisted or blacklisted peers not heard.
  public var graylisted: UInt64 = 0
  /// Messages refused for their author fields, or that came back to their author from outside.
  public var refused: UInt64 = 0
  /// Verdicts without a judgement: the application had no room.
  public var throttled: UInt64 = 0
  /// IHAVE and IWANT parts of peers below the gossip threshold.
  public var gossipRefused: UInt64 = 0
  /// Peers named in PRUNEs sent; named by peers that are not believed; dials asked for; named peers without a link here, or over the limit of dials.
  public var peersExchanged: UInt64 = 0
  public var peersNotBelieved: UInt64 = 0
  public var dials: UInt64 = 0
  public var dialsRefused: UInt64 = 0
  /// What moved scores: first deliveries, near-first deliveries of mesh peers, invalid messages, deficits at leaving a mesh, behavioural penalties.
  public var firstDeliveries: UInt64 = 0
  public var nearFirstDeliveries: UInt64 = 0
  public var invalidDeliveries: UInt64 = 0
  public var meshFailures: UInt64 = 0
  public var behaviourPenalties: UInt64 = 0
  /// Times that a peer fell below the graylist threshold.
  public var graylistings: UInt64 = 0
  /// Messages whose near-first window was given up early, as there were too many at once.
  public var deliveryRecordsEvicted: UInt64 = 0
  /// Extensions messages sent; received too late or twice.
  public var extensions: UInt64 = 0
  public var extensionsMisused: UInt64 = 0
  /// Partial-message parts of RPCs sent; groups given up for want of room.
  public var partials: UInt64 = 0
  public var partialsRefused: UInt64 = 0
  /// Subscriptions not taken: the filter forbids the topic, or the RPC had too many.
  public var subscriptionsFiltered: UInt64 = 0
  /// RPCs that found no room in an outbound queue, that waited too long there, and that were taken off it by IDONTWANT.
  public var queueDropped: UInt64 = 0
  public var queueExpired: UInt64 = 0
  public var queueUnwanted: UInt64 = 0

  // Bytes sent (protobuf, without the frame's length prefix)
  public var dataBytes: UInt64 = 0
  /// All of the control RPCs; the three parts below are within it, without the envelope.
  public var controlBytes: UInt64 = 0
  public var subscriptionBytes: UInt64 = 0
  public var meshBytes: UInt64 = 0
  public var gossipBytes: UInt64 = 0

  // Refusals and bounds
  /// Malformed or impossible input from a peer: unknown slot or topic, a stranger's handle, hostile counts.
  public var invalid: UInt64 = 0
  /// Input for a crashed node or over a closed link.
  public var unreachable: UInt64 = 0
  /// Messages whose row was recycled before the seen TTL, because the table reached its bound.
  public var seenEvicted: UInt64 = 0
  /// Messages not cached because the message cache reached its bound.
  public var cacheFull: UInt64 = 0
  /// Control parts given up because the control store reached its bound.
  public var controlFull: UInt64 = 0
  /// RPCs the driver reported as dropped.
  public var dataDropped: UInt64 = 0
  public var controlDropped: UInt64 = 0
  /// GRAFT and PRUNE parts sent again after a drop, and given up as no longer true.
  public var controlRetried: UInt64 = 0
  public var controlRetiredUnsent: UInt64 = 0
  /// Ids in a peer's IHAVE for which no place was left.
  public var placeholdersRefused: UInt64 = 0

  public init() {}

  public var bytesSent: UInt64 { dataBytes + controlBytes }

  /// Adds what another process counted.
  public mutating func merge(_ other: Counters) {
    published &+= other.published
    copiesSent &+= other.copiesSent
    copiesReceived &+= other.copiesReceived
    fresh &+= other.fresh
    duplicates &+= other.duplicates
    unsubscribed &+= other.unsubscribed
    stale &+= other.stale
    accepted &+= other.accepted
    ignored &+= other.ignored
    rejected &+= other.rejected
    controlSent &+= other.controlSent
    controlReceived &+= other.controlReceived
    subscriptions &+= other.subscriptions
    graft &+= other.graft
    prune &+= other.prune
    ihave &+= other.ihave
    ihaveIdentifiers &+= other.ihaveIdentifiers
    iwant &+= other.iwant
    iwantIdentifiers &+= other.iwantIdentifiers
    idontwant &+= other.idontwant
    iwantServed &+= other.iwantServed
    iwantUnknown &+= other.iwantUnknown
    iwantExhausted &+= other.iwantExhausted
    ihaveOverLimit &+= other.ihaveOverLimit
    ihaveIdentifiersOverLimit &+= other.ihaveIdentifiersOverLimit
    ihaveUnsubscribed &+= other.ihaveUnsubscribed
    graftAccepted &+= other.graftAccepted
    graftFull &+= other.graftFull
    graftInBackoff &+= other.graftInBackoff
    graftUnsubscribed &+= other.graftUnsubscribed
    backoffCut &+= other.backoffCut
    idontwantIdentifiers &+= other.idontwantIdentifiers
    idontwantOverLimit &+= other.idontwantOverLimit
    idontwantSpared &+= other.idontwantSpared
    opportunisticGrafts &+= other.opportunisticGrafts
    prunedForScore &+= other.prunedForScore
    graftNegative &+= other.graftNegative
    graftDirect &+= other.graftDirect
    graftFlood &+= other.graftFlood
    graylisted &+= other.graylisted
    refused &+= other.refused
    throttled &+= other.throttled
    gossipRefused &+= other.gossipRefused
    peersExchanged &+= other.peersExchanged
    peersNotBelieved &+= other.peersNotBelieved
    dials &+= other.dials
    dialsRefused &+= other.dialsRefused
    firstDeliveries &+= other.firstDeliveries
    nearFirstDeliveries &+= other.nearFirstDeliveries
    invalidDeliveries &+= other.invalidDeliveries
    meshFailures &+= other.meshFailures
    behaviourPenalties &+= other.behaviourPenalties
    graylistings &+= other.graylistings
    deliveryRecordsEvicted &+= other.deliveryRecordsEvicted
    extensions &+= other.extensions
    extensionsMisused &+= other.extensionsMisused
    partials &+= other.partials
    partialsRefused &+= other.partialsRefused
    subscriptionsFiltered &+= other.subscriptionsFiltered
    queueDropped &+= other.queueDropped
    queueExpired &+= other.queueExpired
    queueUnwanted &+= other.queueUnwanted
    promises &+= other.promises
    promisesBroken &+= other.promisesBroken
    dataBytes &+= other.dataBytes
    controlBytes &+= other.controlBytes
    subscriptionBytes &+= other.subscriptionBytes
    meshBytes &+= other.meshBytes
    gossipBytes &+= other.gossipBytes
    invalid &+= other.invalid
    unreachable &+= other.unreachable
    seenEvicted &+= other.seenEvicted
    cacheFull &+= other.cacheFull
    controlFull &+= other.controlFull
    dataDropped &+= other.dataDropped
    controlDropped &+= other.controlDropped
    controlRetried &+= other.controlRetried
    controlRetiredUnsent &+= other.controlRetiredUnsent
    placeholdersRefused &+= other.placeholdersRefused
  }
}
