// Parameters of GossipSub in a scenario, by the names of its specification. Meanings, bounds and defaults are those of
// `Gossip.Parameters`, which judges the combination.

public import Basics
public import Gossip

/// Parameters of GossipSub.
public struct GossipPlan: Sendable, Equatable, Codable {
  public enum Version: String, CaseIterable, Sendable, Codable {
    case v1_1 = "1.1"
    case v1_2 = "1.2"
  }
  /// Highest version that nodes speak. 1.2 adds IDONTWANT for messages of 1 KiB and more; such messages are refused
  /// under 1.2, since the router does not send it yet, and smaller ones travel as under 1.1.
  public var version: Version
  public var d, dLow, dHigh, dOut, dLazy: Int
  public var heartbeat, heartbeatDelay: TimeSpan
  public var mcacheLength, gossipWindows: Int
  public var gossipFactor: Share
  public var maxIHaveLength, maxIHaveMessages, gossipRetransmission: Int
  public var iwantFollowup: TimeSpan
  public var floodPublish: Bool
  public var fanoutTTL, seenTTL, pruneBackoff, unsubscribeBackoff: TimeSpan
  public var backoffSlack: Int
  public var maxTransmitSize: ByteCount

  /// The router's own form.
  public var parameters: Parameters {
    var p = Parameters()
    (p.degree, p.degreeLow, p.degreeHigh) = (d, dLow, dHigh)
    (p.degreeOutbound, p.degreeLazy) = (dOut, dLazy)
    (p.heartbeatInterval, p.heartbeatDelay) = (heartbeat, heartbeatDelay)
    (p.cacheWindows, p.gossipWindows) = (mcacheLength, gossipWindows)
    p.gossipFactor = gossipFactor.fraction
    (p.ihaveIdentifiersMaximum, p.ihaveMessagesMaximum) = (maxIHaveLength, maxIHaveMessages)
    p.retransmissionsMaximum = gossipRetransmission
    p.promiseLife = iwantFollowup
    p.floodPublish = floodPublish
    (p.fanoutLife, p.seenLife) = (fanoutTTL, seenTTL)
    (p.pruneBackoff, p.unsubscribeBackoff) = (pruneBackoff, unsubscribeBackoff)
    p.backoffSlackHeartbeats = backoffSlack
    p.rpcBytesMaximum = Int(maxTransmitSize.bytes)
    p.version = version == .v1_1 ? .v1_1 : .v1_2
    return p
  }
}

extension GossipPlan {
  init(_ o: ObjectReader) {
    let p = Parameters()
    version = o.value("version", "highest version that nodes speak", or: .v1_1) {
      $0.word(["1.1", "1.2"], absent: ["1.0", "1.3", "1.4", "2.0"]).flatMap { Version(rawValue: $0) }
    }
    o.afterwards("version") { scenario in
      guard scenario.network.gossip.version == .v1_2,
        let large = scenario.services.first(where: { $0.task.size.bytes >= 1_024 })
      else { return nil }
      return "1.2 sends IDONTWANT for messages of 1 KiB and more, which is not modelled by this version, and "
        + "'\(large.name)' has tasks of \(large.task.size); write 1.1"
    }
    let d = o.value("D", "wanted mesh degree", or: p.degree) { $0.integer(1...1_000) }
    self.d = d
    let low = o.value("D_lo", "mesh degree below which peers are grafted", or: min(p.degreeLow, d)) {
      $0.integer(1...1_000)
    }
    dLow = low
    dHigh = o.value("D_hi", "mesh degree at which peers are pruned", or: max(p.degreeHigh, d)) {
      $0.integer(1...1_000)
    }
    let out = min(p.degreeOutbound, max(0, low - 1), d / 2)
    dOut = o.value("D_out", "outbound connections kept in the mesh", or: out) { $0.integer(0...1_000) }
    dLazy = o.value("D_lazy", "peers that hear IHAVE at least", or: p.degreeLazy) { $0.integer(0...1_000) }
    heartbeat = o.value("heartbeat", "time between two upkeeps of the mesh", or: p.heartbeatInterval) {
      $0.duration(.milliseconds(1) ... .seconds(3_600))
    }
    heartbeatDelay = o.value(
      "heartbeatDelay", "from a node's start to its first heartbeat", or: p.heartbeatDelay
    ) {
      $0.duration(.zero ... .seconds(3_600))
    }
    let length = o.value(
      "mcacheLength", "heartbeats for which a message is served to IWANT", or: p.cacheWindows
    ) {
      $0.integer(1...255)
    }
    mcacheLength = length
    gossipWindows = o.value(
      "gossipWindows", "heartbeats for which it is announced by IHAVE", or: min(p.gossipWindows, length)
    ) {
      $0.integer(1...255)
    }
    gossipFactor = o.value(
      "gossipFactor", "share of peers outside the mesh that hear IHAVE", or: .percent(25)
    ) {
      $0.share()
    }
    maxIHaveLength = o.value(
      "maxIHaveLength", "ids asked from one peer in a heartbeat", or: p.ihaveIdentifiersMaximum
    ) {
      $0.integer(1...65_535)
    }
    maxIHaveMessages = o.value(
      "maxIHaveMessages", "IHAVE messages taken from one peer in a heartbeat", or: p.ihaveMessagesMaximum
    ) {
      $0.integer(1...65_535)
    }
    gossipRetransmission = o.value(
      "gossipRetransmission", "times one id is served to one peer by IWANT", or: p.retransmissionsMaximum
    ) {
      $0.integer(1...1_000)
    }
    iwantFollowup = o.value(
      "iwantFollowup", "time that a peer has to deliver what it announced", or: p.promiseLife
    ) {
      $0.duration(.milliseconds(1) ... .seconds(3_600))
    }
    floodPublish = o.value("floodPublish", "own messages go to every peer of the topic", or: p.floodPublish) {
      $0.bool()
    }
    fanoutTTL = o.value("fanoutTTL", "life of a fanout without publishing", or: p.fanoutLife) {
      $0.duration(.milliseconds(1) ... .seconds(86_400))
    }
    seenTTL = o.value("seenTTL", "how long a message is remembered", or: p.seenLife) {
      $0.duration(.milliseconds(1) ... .seconds(86_400))
    }
    pruneBackoff = o.value("pruneBackoff", "how long a pruned peer may not GRAFT again", or: p.pruneBackoff) {
      $0.duration(.seconds(1) ... .seconds(3_600))
    }
    unsubscribeBackoff = o.value(
      "unsubscribeBackoff", "the same after leaving a topic", or: p.unsubscribeBackoff
    ) {
      $0.duration(.seconds(1) ... .seconds(3_600))
    }
    backoffSlack = o.value(
      "backoffSlack", "heartbeats waited after a backoff's end", or: p.backoffSlackHeartbeats
    ) {
      $0.integer(0...100)
    }
    maxTransmitSize = o.value("maxTransmitSize", "longest RPC", or: ByteCount(UInt64(p.rpcBytesMaximum))) {
      $0.size(ByteCount(512)...ByteCount(64 << 20))
    }
    o.refuse(["D_score", "idontwantThreshold", "opportunisticGraft", "score", "peerExchange"])
    // A value out of its own bounds was refused above and fell back to its default, so this judges the combination.
    for violation in parameters.violations { o.mistake(violation.key(in: o), violation.words) }
  }
}

extension ParameterViolation {
  /// The key to blame, among those that are written.
  func key(in o: ObjectReader) -> String {
    let keys: [String] =
      switch self {
      case .lowAboveDegree: ["D_lo", "D"]
      case .degreeAboveHigh: ["D_hi", "D"]
      case .outboundNotBelowLow: ["D_out", "D_lo", "D"]
      case .outboundAboveHalf: ["D_out", "D"]
      case .gossipWindowsAboveCache: ["gossipWindows", "mcacheLength"]
      case .seenLifeBelowCache: ["seenTTL", "mcacheLength", "heartbeat"]
      case .gossipFactorOutside: ["gossipFactor"]
      case .backoffNotWholeSeconds(let parameter, _): [parameter]
      case .outside(let parameter, _, _, _), .negative(let parameter, _): [parameter]
      case .aboveDegree(let parameter, _, _), .notInVersion(let parameter, _, _),
        .notPowerOfTwo(let parameter, _):
        [parameter]
      case .graftFloodAboveBackoff: ["graftFloodThreshold", "pruneBackoff"]
      case .score(let violation): [violation.parameter]
      }
    return keys.first { o.has($0) } ?? keys[0]
  }

  /// In the specification's names.
  var words: String {
    switch self {
    case .lowAboveDegree(let low, let degree): "D_lo is \(low) and D is \(degree); D_lo may be at most D"
    case .degreeAboveHigh(let degree, let high): "D_hi is \(high) and D is \(degree); D_hi must be at least D"
    case .outboundNotBelowLow(let outbound, let low): "D_out is \(outbound); it must be below D_lo, \(low)"
    case .outboundAboveHalf(let outbound, let degree):
      "D_out is \(outbound); it may be at most half of D, \(degree)"
    case .gossipWindowsAboveCache(let gossip, let cache):
      "gossipWindows is \(gossip); it may be at most mcacheLength, \(cache)"
    case .seenLifeBelowCache(let seenLife, let cache):
      "seenTTL is \(seenLife); it must be at least mcacheLength heartbeats, \(cache)"
    default: "\(self)"
    }
  }
}
