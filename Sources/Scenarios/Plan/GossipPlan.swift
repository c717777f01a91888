// Parameters of GossipSub in a scenario, by the names of its specification. Meanings, bounds and defaults are those of
// `Gossip.Parameters`, which judges the combination.

public import Basics
public import Gossip

/// Parameters of GossipSub.
public struct GossipPlan: Sendable, Equatable, Codable {
  public enum Version: String, CaseIterable, Sendable, Codable {
    case v1_0 = "1.0"
    case v1_1 = "1.1"
    case v1_2 = "1.2"
    case v1_3 = "1.3"

    var protocolVersion: ProtocolVersion {
      switch self {
      case .v1_0: .v1_0
      case .v1_1: .v1_1
      case .v1_2: .v1_2
      case .v1_3: .v1_3
      }
    }
  }
  /// Highest version that nodes speak. 1.0 has neither backoff nor outbound quota nor scores; 1.2 adds IDONTWANT; 1.3 an
  /// Extensions message, which nodes without extensions do not send.
  public var version: Version
  public var d, dLow, dHigh, dOut, dScore, dLazy: Int
  public var heartbeat, heartbeatDelay: TimeSpan
  public var mcacheLength, gossipWindows: Int
  public var gossipFactor: Share
  public var maxIHaveLength, maxIHaveMessages, gossipRetransmission: Int
  public var iwantFollowup: TimeSpan
  public var idontwantThreshold: ByteCount
  public var maxIDontWantMessages, maxIDontWantLength, idontwantLife: Int
  public var idontwantOnPublish: Bool
  public var floodPublish: Bool
  public var fanoutTTL, seenTTL, pruneBackoff, unsubscribeBackoff, graftFloodThreshold: TimeSpan
  public var backoffSlack, opportunisticGraftTicks, opportunisticGraftPeers: Int
  public var maxTransmitSize: ByteCount
  /// PX: PRUNE names peers, of whom up to `prunePeers` are dialed.
  public var peerExchange: Bool
  public var prunePeers: Int
  /// Nodes that each node can dial when it hears of them, beside those it is linked with; drawn by the seed.
  public var reach: Int
  /// Groups of nodes that are direct peers of each other, by name or number. A pair without a link gets one.
  public var directPeers: [[String]]
  /// Heartbeats between two attempts to connect a direct peer that is away.
  public var directConnectTicks: Int
  public var signing: SigningPlan
  public var messageID: MessageIDPlan
  /// The outbound queue of each link; nil: the link's own queue takes what it has room for.
  public var queue: Queue?
  public enum Queue: String, CaseIterable, Sendable, Codable {
    /// go: 32 RPCs, the newest is dropped in silence.
    case go
    /// rust: 5,000, control first, messages that waited too long are dropped, and the peer is blamed for drops.
    case rust

    var policy: QueuePolicy {
      switch self {
      case .go: .go
      case .rust: .rust
      }
    }
  }
  /// Peer scoring; nil: off.
  public var score: ScorePlan?

  /// The router's own form.
  public var parameters: Parameters {
    var p = Parameters()
    p.version = version.protocolVersion
    (p.degree, p.degreeLow, p.degreeHigh) = (d, dLow, dHigh)
    (p.degreeOutbound, p.degreeScore, p.degreeLazy) = (dOut, dScore, dLazy)
    (p.heartbeatInterval, p.heartbeatDelay) = (heartbeat, heartbeatDelay)
    (p.cacheWindows, p.gossipWindows) = (mcacheLength, gossipWindows)
    p.gossipFactor = gossipFactor.fraction
    (p.ihaveIdentifiersMaximum, p.ihaveMessagesMaximum) = (maxIHaveLength, maxIHaveMessages)
    p.retransmissionsMaximum = gossipRetransmission
    p.promiseLife = iwantFollowup
    p.idontwantBytes = Int(idontwantThreshold.bytes)
    (p.idontwantMessagesMaximum, p.idontwantIdentifiersMaximum) = (maxIDontWantMessages, maxIDontWantLength)
    (p.idontwantLifeHeartbeats, p.idontwantOnPublish) = (idontwantLife, idontwantOnPublish)
    p.floodPublish = floodPublish
    (p.fanoutLife, p.seenLife) = (fanoutTTL, seenTTL)
    (p.pruneBackoff, p.unsubscribeBackoff) = (pruneBackoff, unsubscribeBackoff)
    p.graftFloodThreshold = graftFloodThreshold
    p.backoffSlackHeartbeats = backoffSlack
    p.opportunisticGraftTicks = opportunisticGraftTicks
    p.opportunisticGraftPeers = opportunisticGraftPeers
    p.rpcBytesMaximum = Int(maxTransmitSize.bytes)
    (p.peerExchange, p.prunePeers) = (peerExchange, prunePeers)
    p.directConnectTicks = directConnectTicks
    (p.signing, p.identity) = (signing.policy.policy, messageID.identity)
    p.queue = queue?.policy
    p.score = score?.parameters
    return p
  }
}

extension GossipPlan {
  init(_ o: ObjectReader) {
    let version: Version =
      o.value("version", "highest version that nodes speak", or: .v1_1) {
        $0.word(["1.0", "1.1", "1.2", "1.3"], absent: ["1.4", "2.0"]).flatMap { Version(rawValue: $0) }
      }
    self.version = version
    // What 1.0 does not have is off by default under it.
    let p = version == .v1_0 ? Parameters.ethereum1_0 : Parameters()
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
    dScore = o.value(
      "D_score", "mesh peers kept for their score when the mesh is cut", or: min(p.degreeScore, d)
    ) {
      $0.integer(0...1_000)
    }
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
      "gossipFactor", "share of peers outside the mesh that hear IHAVE",
      or: version == .v1_0 ? .zero : .percent(25)
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
    idontwantThreshold = o.value(
      "idontwantThreshold", "data of a message for which IDONTWANT is sent",
      or: ByteCount(UInt64(p.idontwantBytes))
    ) {
      $0.size(ByteCount(0)...ByteCount(64 << 20))
    }
    maxIDontWantMessages = o.value(
      "maxIDontWantMessages", "IDONTWANTs taken from one peer in a heartbeat", or: p.idontwantMessagesMaximum
    ) {
      $0.integer(1...65_535)
    }
    maxIDontWantLength = o.value(
      "maxIDontWantLength", "ids taken from one IDONTWANT", or: p.idontwantIdentifiersMaximum
    ) {
      $0.integer(1...65_535)
    }
    idontwantLife = o.value(
      "idontwantLife", "heartbeats for which a peer's IDONTWANT is obeyed", or: p.idontwantLifeHeartbeats
    ) {
      $0.integer(1...255)
    }
    idontwantOnPublish = o.value(
      "idontwantOnPublish", "IDONTWANT is sent for own messages too", or: p.idontwantOnPublish
    ) {
      $0.bool()
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
    let backoff = o.value(
      "pruneBackoff", "how long a pruned peer may not GRAFT again; 0: no backoff", or: p.pruneBackoff
    ) {
      $0.duration(.zero ... .seconds(3_600))
    }
    pruneBackoff = backoff
    graftFloodThreshold = o.value(
      "graftFloodThreshold", "a GRAFT sooner after the PRUNE is penalised twice",
      or: min(p.graftFloodThreshold, backoff)
    ) {
      $0.duration(.zero ... .seconds(3_600))
    }
    opportunisticGraftTicks = o.value(
      "opportunisticGraftTicks", "heartbeats between two opportunistic grafts", or: p.opportunisticGraftTicks
    ) {
      $0.integer(1...65_535)
    }
    opportunisticGraftPeers = o.value(
      "opportunisticGraftPeers", "peers grafted then", or: min(p.opportunisticGraftPeers, d)
    ) {
      $0.integer(0...1_000)
    }
    unsubscribeBackoff = o.value(
      "unsubscribeBackoff", "the same after leaving a topic", or: p.unsubscribeBackoff
    ) {
      $0.duration(.zero ... .seconds(3_600))
    }
    backoffSlack = o.value(
      "backoffSlack", "heartbeats waited after a backoff's end", or: p.backoffSlackHeartbeats
    ) {
      $0.integer(0...100)
    }
    maxTransmitSize = o.value("maxTransmitSize", "longest RPC", or: ByteCount(UInt64(p.rpcBytesMaximum))) {
      $0.size(ByteCount(512)...ByteCount(64 << 20))
    }
    let exchanges = o.value("peerExchange", "PRUNE names other peers, who are dialed", or: false) {
      $0.bool()
    }
    peerExchange = exchanges
    prunePeers = o.value("prunePeers", "peers named in one PRUNE, and dialed after one", or: p.prunePeers) {
      $0.integer(1...1_000)
    }
    reach = o.value(
      "reach", "nodes that each node can dial when it hears of them, beside its links", or: exchanges ? d : 0
    ) {
      $0.integer(0...10_000)
    }
    if !exchanges {
      for key in ["prunePeers", "reach"] where o.has(key) {
        o.mistake(key, "means nothing without peerExchange; add peerExchange: true or remove it")
      }
    }
    queue = o.optional(
      "queue", "what waits on each link: go (32 RPCs, drops) or rust (5,000, drops and blames slow peers)"
    ) {
      $0.choice()
    }
    score = o.optional("score", "peer scoring; without it every score is zero") {
      $0.object { ScorePlan($0) }
    }
    directPeers = o.list(
      "directPeers", "groups of nodes that are direct peers of each other: [[0, 1], [4, 5, 6]]"
    ) { group in
      group.list(2...1_000) { $0.string("write a node's number or name") }
    }
    directConnectTicks = o.value(
      "directConnectTicks", "heartbeats between two attempts to connect a direct peer",
      or: p.directConnectTicks
    ) { $0.integer(1...65_535) }
    let signing = o.value(
      "signing", "whether messages tell and prove their author: a policy, or one and exceptions from it",
      or: SigningPlan(.strictNoSign)
    ) { SigningPlan.read($0) }
    self.signing = signing
    messageID = o.value("messageId", "what a message's id is made of", or: .content) { $0.choice() }
    checkPeering(o)
    // A value out of its own bounds was refused above and fell back to its default, so this judges the combination.
    for violation in parameters.violations { o.mistake(violation.key(in: o), violation.words) }
  }
}

extension GossipPlan {
  /// What direct peers and authors ask for beside their own forms.
  private func checkPeering(_ o: ObjectReader) {
    if o.has("directConnectTicks"), !o.has("directPeers") {
      o.mistake("directConnectTicks", "means nothing without directPeers; add them or remove it")
    }
    if messageID == .author, signing.policies.contains(.strictNoSign) {
      o.mistake(
        "messageId",
        "author ids are made of author and sequence number, which StrictNoSign leaves out; write content, or another policy under signing"
      )
    }
    let groups = directPeers
    o.afterwards("directPeers") { scenario in
      if let wrong = scenario.wrong(NodeChoice.list(groups.flatMap { $0 })) { return wrong }
      for group in groups where Set(group.compactMap { scenario.nodeIndex(named: $0) }).count < group.count {
        return "a node is named twice in [\(group.prefix(20).joined(separator: ", "))]; write each once"
      }
      return nil
    }
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
      case .score: ["score"]
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

extension Parameters {
  /// The defaults without what came after v1.0.
  fileprivate static var ethereum1_0: Parameters {
    var p = Parameters()
    let old = Parameters.version1_0
    p.version = .v1_0
    p.degreeOutbound = old.degreeOutbound
    (p.pruneBackoff, p.unsubscribeBackoff) = (old.pruneBackoff, old.unsubscribeBackoff)
    p.backoffSlackHeartbeats = old.backoffSlackHeartbeats
    p.floodPublish = old.floodPublish
    p.gossipFactor = old.gossipFactor
    return p
  }
}
