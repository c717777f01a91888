// The network part of a scenario: which nodes and links, what a link does to a message, how gossip is tuned.

public import Basics
public import Network

/// Nodes, links and gossip.
public struct NetworkPlan: Sendable, Equatable, Codable {
  public var topology: TopologyPlan
  /// Where nodes stand, and the latency between places; nil when links carry their own latency or `links.latency`.
  public var regions: RegionTable?
  public var links: LinkPlan
  /// How many members of each of its topics a node makes sure to be connected to, as subnet peer search does.
  public var topicPeers: Int
  public var gossip: GossipPlan
}

/// Where the graph comes from.
public enum TopologyPlan: Sendable, Equatable, Codable {
  /// A topology file, read and inlined; its name for messages.
  case graph(Graph, file: String)
  /// A generator. `nodes` nil: as many as the scenario has participants.
  case generated(GraphGenerator, nodes: Int?)
}

/// What a link does to a message, where neither a region matrix nor the link itself says otherwise.
public struct LinkPlan: Sendable, Equatable, Codable {
  /// One-way latency of links for which no region pair and no own value is known.
  public var latency: DelayPlan
  /// Added to each message's latency.
  public var jitter: DelayPlan
  /// Probability that a message is lost.
  public var loss: Share
  /// Rate of each direction of each link; nil: unbounded.
  public var bandwidth: Bandwidth?
  /// Messages that may wait for a link of finite bandwidth; more are dropped and counted.
  public var queue: Int
}

/// Parameters of GossipSub, by the names of its specification. Defaults: consensus-specs' values for attestation
/// subnets where they differ (D = 8), go-libp2p-pubsub's otherwise.
public struct GossipPlan: Sendable, Equatable, Codable {
  public enum Version: String, CaseIterable, Sendable, Codable {
    case v1_0 = "1.0"
    case v1_1 = "1.1"
    case v1_2 = "1.2"
  }
  public var version: Version
  /// Wanted mesh degree, and its lower and upper bounds.
  public var d, dLow, dHigh: Int
  /// Outbound connections kept in the mesh; below `dLow`, at most half of `d`.
  public var dOut: Int
  /// Peers that hear IHAVE at least.
  public var dLazy: Int
  /// Peers kept by score when the mesh is cut down.
  public var dScore: Int
  public var heartbeat: TimeSpan
  /// History windows kept for IWANT, and those announced by IHAVE; one window a heartbeat.
  public var mcacheLength, gossipWindows: Int
  /// Share of the non-mesh peers that hear IHAVE.
  public var gossipFactor: Share
  public var floodPublish: Bool
  public var fanoutTTL, seenTTL, pruneBackoff, unsubscribeBackoff: TimeSpan
  /// Ids asked for in one heartbeat from one peer; IHAVE messages heard from one peer in one heartbeat.
  public var maxIHaveLength, maxIHaveMessages: Int
  /// How often one message is sent to one peer on IWANT.
  public var gossipRetransmission: Int
  /// Messages at least this large are announced by IDONTWANT (1.2).
  public var idontwantThreshold: ByteCount
  /// Most ids that one peer may name by IDONTWANT in one heartbeat.
  public var idontwantLength: Int
  /// Time within which an IWANT must be answered.
  public var iwantFollowup: TimeSpan
  /// Largest message accepted.
  public var maxTransmitSize: ByteCount
}

extension NetworkPlan {
  init(_ o: ObjectReader) {
    topology = o.value(
      "topology", "a topology file, or a generator", or: .generated(.randomRegular(degree: 20), nodes: nil)
    ) {
      TopologyPlan.read($0)
    }
    regions = o.optional("regions", "'ethereum', a file, or a table of region weights and one-way latencies")
    {
      RegionTable.read($0)
    }
    links = o.object("links", "what a link does to a message") { LinkPlan($0) }
    let gossip = o.object("gossip", "parameters of GossipSub, by the names of its specification") {
      GossipPlan($0)
    }
    self.gossip = gossip
    topicPeers = o.value(
      "topicPeers", "members of each of its topics that a node makes sure to be connected to",
      or: gossip.dHigh
    ) { $0.integer(1...10_000) }
  }
}

extension LinkPlan {
  init(_ o: ObjectReader) {
    latency = o.value(
      "latency", "one-way latency where no region and no link gives one", or: .constant(.milliseconds(50))
    ) {
      DelayPlan.read($0, longest: .seconds(600))
    }
    jitter = o.value("jitter", "added to each message's latency", or: .constant(.zero)) {
      DelayPlan.read($0, longest: .seconds(600))
    }
    loss = o.value("loss", "probability that a message is lost", or: .zero) { $0.share() }
    bandwidth = o.optional("bandwidth", "rate of each direction of each link; absent: unbounded") {
      $0.bandwidth(Bandwidth(bitsPerSecond: 1_000)...Bandwidth(bitsPerSecond: 1_000_000_000_000))
    }
    queue = o.value("queue", "messages that may wait for a link of finite bandwidth", or: 1_024) {
      $0.integer(1...1_000_000)
    }
    if o.has("queue"), bandwidth == nil {
      o.mistake("queue", "means nothing without a bandwidth; add links.bandwidth or remove it")
    }
  }
}

extension GossipPlan {
  init(_ o: ObjectReader) {
    let second = TimeSpan.seconds(1)
    version = o.value("version", "version of the protocol", or: .v1_1) { $0.choice() }
    let d = o.value("D", "wanted mesh degree", or: 8) { $0.integer(1...1_000) }
    self.d = d
    dLow = o.value("D_lo", "mesh degree below which peers are grafted", or: min(6, d)) {
      $0.integer(1...1_000)
    }
    dHigh = o.value("D_hi", "mesh degree above which peers are pruned", or: max(12, d)) {
      $0.integer(1...1_000)
    }
    dOut = o.value("D_out", "outbound connections kept in the mesh", or: min(2, max(0, dLow - 1), d / 2)) {
      $0.integer(0...1_000)
    }
    dLazy = o.value("D_lazy", "peers that hear IHAVE at least", or: 6) { $0.integer(0...1_000) }
    dScore = o.value("D_score", "peers kept by score when the mesh is cut down", or: min(4, d)) {
      $0.integer(0...1_000)
    }
    heartbeat = o.value("heartbeat", "time between two upkeeps of the mesh", or: .milliseconds(700)) {
      $0.duration(.milliseconds(10) ... .seconds(3_600))
    }
    mcacheLength = o.value("mcacheLength", "history windows kept for IWANT", or: 6) { $0.integer(1...255) }
    gossipWindows = o.value("gossipWindows", "history windows announced by IHAVE", or: min(3, mcacheLength)) {
      $0.integer(1...255)
    }
    gossipFactor = o.value("gossipFactor", "share of non-mesh peers that hear IHAVE", or: .percent(25)) {
      $0.share()
    }
    floodPublish = o.value("floodPublish", "own messages go to every peer of the topic", or: true) {
      $0.bool()
    }
    fanoutTTL = o.value("fanoutTTL", "life of a fanout without publishing", or: .seconds(60)) {
      $0.duration(second ... .seconds(86_400))
    }
    seenTTL = o.value("seenTTL", "life of an id in the seen cache", or: .seconds(120)) {
      $0.duration(second ... .seconds(86_400))
    }
    pruneBackoff = o.value("pruneBackoff", "time after PRUNE without GRAFT", or: .seconds(60)) {
      $0.duration(second ... .seconds(86_400))
    }
    unsubscribeBackoff = o.value("unsubscribeBackoff", "the same after leaving a topic", or: .seconds(10)) {
      $0.duration(second ... .seconds(86_400))
    }
    maxIHaveLength = o.value("maxIHaveLength", "ids asked for from one peer in one heartbeat", or: 5_000) {
      $0.integer(1...1_000_000)
    }
    maxIHaveMessages = o.value(
      "maxIHaveMessages", "IHAVE messages heard from one peer in one heartbeat", or: 10
    ) {
      $0.integer(1...1_000_000)
    }
    gossipRetransmission = o.value(
      "gossipRetransmission", "times one message is sent to one peer on IWANT", or: 3
    ) {
      $0.integer(1...1_000)
    }
    idontwantThreshold = o.value(
      "idontwantThreshold", "messages at least this large are announced by IDONTWANT", or: ByteCount(1_024)
    ) {
      $0.size(ByteCount(0)...ByteCount(1 << 30))
    }
    idontwantLength = o.value(
      "idontwantLength", "ids that one peer may name by IDONTWANT in one heartbeat", or: 1_000
    ) {
      $0.integer(1...1_000_000)
    }
    iwantFollowup = o.value("iwantFollowup", "time within which an IWANT must be answered", or: .seconds(3)) {
      $0.duration(.milliseconds(1) ... .seconds(86_400))
    }
    maxTransmitSize = o.value("maxTransmitSize", "largest message accepted", or: ByteCount(1 << 20)) {
      $0.size(ByteCount(1_024)...ByteCount(1 << 30))
    }
    check(o)
  }

  /// GossipSub v1.0 and v1.1, *Parameters*: D_lo <= D <= D_hi, D_out < D_lo and D_out <= D/2, windows <= length.
  private func check(_ o: ObjectReader) {
    if dLow > d {
      o.mistake(o.has("D_lo") ? "D_lo" : "D", "D_lo is \(dLow) and D is \(d); D_lo may be at most D")
    }
    if dHigh < d {
      o.mistake(o.has("D_hi") ? "D_hi" : "D", "D_hi is \(dHigh) and D is \(d); D_hi must be at least D")
    }
    if dOut > 0, dOut >= dLow || dOut > d / 2 {
      o.mistake("D_out", "D_out is \(dOut); it must be below D_lo (\(dLow)) and at most half of D (\(d))")
    }
    if dScore > d { o.mistake("D_score", "D_score is \(dScore); it may be at most D (\(d))") }
    if gossipWindows > mcacheLength {
      o.mistake(
        o.has("gossipWindows") ? "gossipWindows" : "mcacheLength",
        "gossipWindows is \(gossipWindows); it may be at most mcacheLength (\(mcacheLength))")
    }
  }
}
