// Every parameter of the router: the specification's letter, meaning, unit, default, bounds, and why. A set of values
// is checked as a whole by `violations`, which names every mistake with its numbers.
//
// Defaults follow Ethereum's consensus specification where it says something (D, D_lo, D_hi, D_lazy, heartbeat, message
// cache, fanout), then the GossipSub v1.1 specification (flood publishing), then go-libp2p-pubsub. `Parameters.go`,
// `.rust` and `.specification` are the other implementations' sets. Parameters of peer scoring, IDONTWANT and peer
// exchange come with those mechanisms.

public import Basics

/// The router's parameters. One set serves all nodes and topics of a router.
public struct Parameters: Sendable, Equatable {
  // MARK: Mesh

  /// D: mesh degree to aim at. Peers. Ethereum 8 (go, rust, specification 6). 1 ... 1,000: each peer costs a copy of
  /// every message.
  public var degree = 8
  /// D_lo: below this the mesh is filled up to D. Peers. Ethereum 6 (go and rust 5, specification 4). 1 ... D.
  public var degreeLow = 6
  /// D_hi: at this size the mesh is cut to D (go; the v1.0 text cuts above it), and GRAFTs of inbound peers are
  /// refused. Peers. 12 everywhere. D ... 1,000.
  public var degreeHigh = 12
  /// D_out: how many mesh peers must be ones this node dialed, so that strangers cannot fill the mesh. Peers.
  /// 2 everywhere. Below D_lo and at most D/2 (v1.1).
  public var degreeOutbound = 2
  /// prune backoff: how long a pruned peer may not GRAFT again. 60 s everywhere. Whole seconds, 1 s ... 1 h: the wire
  /// carries seconds.
  public var pruneBackoff = TimeSpan.seconds(60)
  /// unsubscribe backoff: the same after LEAVE, shorter as the node may soon want to return. 10 s everywhere. Whole
  /// seconds, 1 s ... 1 h.
  public var unsubscribeBackoff = TimeSpan.seconds(10)
  /// The longest backoff a peer's PRUNE can impose. 1 h; others take any value, which lets a peer ban itself from a
  /// mesh for the life of the process. 1 s ... 1 d.
  public var backoffMaximum = TimeSpan.seconds(3600)
  /// backoff slack: how long after a backoff's end this node waits before it GRAFTs, as clocks and links differ.
  /// Heartbeats. go 2 (rust 1). 0 ... 100.
  public var backoffSlackHeartbeats = 2

  // MARK: Heartbeat

  /// heartbeat interval. Ethereum 0.7 s (others 1 s). 1 ms ... 1 h.
  public var heartbeatInterval = TimeSpan.milliseconds(700)
  /// Time from a node's start to the earliest first heartbeat; a node adds its own phase within one interval, since
  /// nodes do not start together. go 100 ms (rust 5 s). 0 ... 1 h.
  public var heartbeatDelay = TimeSpan.milliseconds(100)

  // MARK: Gossip

  /// D_lazy: how many peers outside the mesh get IHAVE at least. Peers. Ethereum, go and rust 6 (specification: D).
  /// 0 ... 1,000; zero together with factor zero switches gossip off.
  public var degreeLazy = 6
  /// gossip factor: share of the eligible peers outside the mesh that get IHAVE when that is more than D_lazy.
  /// 0.25 everywhere: three rounds reach a peer with probability 0.578. 0 ... 1.
  public var gossipFactor = 0.25
  /// mcache_len: heartbeats for which a message is served to IWANT. Ethereum 6 (others 5). 1 ... 255.
  public var cacheWindows = 6
  /// mcache_gossip: heartbeats for which a message is announced by IHAVE. 3 everywhere. 1 ... mcache_len: what is
  /// announced must be there when asked for.
  public var gossipWindows = 3
  /// IHAVE RPCs taken from one peer in a heartbeat. go and rust 10. 1 ... 65,535.
  public var ihaveMessagesMaximum = 10
  /// max_ihave_length: ids in one IHAVE, and ids asked from one peer in a heartbeat. go and rust 5,000.
  /// 1 ... 65,535.
  public var ihaveIdentifiersMaximum = 5000
  /// gossip retransmission: how often one id is served to one peer by IWANT. go and rust 3. 1 ... 1,000.
  public var retransmissionsMaximum = 3
  /// IWANT follow-up time: how long a peer has to deliver what it announced. go and rust 3 s. 1 ms ... 1 h.
  public var promiseLife = TimeSpan.seconds(3)

  // MARK: Publishing

  /// flood publish: own messages go to every peer of the topic, not only to the mesh. On in the v1.1 specification
  /// and in rust; go has it off unless asked for.
  public var floodPublish = true
  /// fanout TTL: how long the peers chosen for a topic that is published to but not joined are kept after the last
  /// publish. 60 s everywhere. 1 ms ... 1 d.
  public var fanoutLife = TimeSpan.seconds(60)

  // MARK: Bounds

  /// seen TTL: how long a message is remembered. go and specification 120 s (rust 60 s; Ethereum 768 s, two epochs,
  /// during which its attestations are valid). At least the message cache's life; at most 1 d.
  public var seenLife = TimeSpan.seconds(120)
  /// Memory for messages and what nodes have seen of them. When it is used up the oldest messages are forgotten before
  /// their time. Bytes. 1 GiB: 400,000 live messages among 10,000 nodes. 64 KiB ... 1 TiB.
  public var seenBytesMaximum = 1 << 30
  /// Longest RPC; a longer one is split. Bytes. go 1 MiB (rust 64 KiB). 512 ... 64 MiB.
  public var rpcBytesMaximum = 1 << 20
  /// Control RPCs in flight, on average over the links. RPCs a link. 32, go's outbound queue. 1 ... 4,096.
  public var controlPerLinkMaximum = 32
  /// Entries of the message caches, on average over (node, topic); an entry holds up to 64 messages. 1,024 serves
  /// a thousand messages a second a topic. 1 ... 1,048,576.
  public var cacheEntriesMaximum = 1024
  /// Ids heard of from IHAVE before their message, in a process that meets messages as bytes. 65,536.
  /// 1 ... 16,777,216.
  public var placeholdersMaximum = 1 << 16

  /// The defaults named above.
  public init() {}

  /// go-libp2p-pubsub's values.
  public static var go: Parameters {
    var p = Parameters()
    (p.degree, p.degreeLow, p.degreeHigh) = (6, 5, 12)
    p.heartbeatInterval = .seconds(1)
    p.cacheWindows = 5
    p.floodPublish = false
    return p
  }

  /// rust-libp2p's values.
  public static var rust: Parameters {
    var p = Parameters.go
    p.heartbeatDelay = .seconds(5)
    p.seenLife = .seconds(60)
    p.floodPublish = true
    p.rpcBytesMaximum = 1 << 16
    p.backoffSlackHeartbeats = 1
    return p
  }

  /// The values of the GossipSub v1.1 text, go's where it leaves them open.
  public static var specification: Parameters {
    var p = Parameters.go
    p.degreeLow = 4
    p.floodPublish = true
    return p
  }
}

/// One thing wrong with a set of parameters. Numbers are in the parameter's unit, times in nanoseconds.
public enum ParameterViolation: Error, Hashable, Sendable {
  /// A value outside its own bounds.
  case outside(parameter: String, value: UInt64, least: UInt64, most: UInt64)
  /// A negative value.
  case negative(parameter: String, value: Int)
  /// The gossip factor is not within 0 ... 1.
  case gossipFactorOutside(Double)
  /// D_lo above D.
  case lowAboveDegree(low: Int, degree: Int)
  /// D above D_hi.
  case degreeAboveHigh(degree: Int, high: Int)
  /// D_out not below D_lo.
  case outboundNotBelowLow(outbound: Int, low: Int)
  /// D_out above D/2.
  case outboundAboveHalf(outbound: Int, degree: Int)
  /// Messages would be announced longer than they are served.
  case gossipWindowsAboveCache(gossip: Int, cache: Int)
  /// A message would be forgotten while it is still served.
  case seenLifeBelowCache(seenLife: TimeSpan, cache: TimeSpan)
  /// A backoff that the wire, which has whole seconds, cannot carry.
  case backoffNotWholeSeconds(parameter: String, value: TimeSpan)
}

extension ParameterViolation: CustomStringConvertible {
  public var description: String {
    switch self {
    case .outside(let parameter, let value, let least, let most):
      "\(parameter) is \(value), allowed is \(least) ... \(most)"
    case .negative(let parameter, let value): "\(parameter) is \(value), below zero"
    case .gossipFactorOutside(let value): "gossipFactor is \(value), allowed is 0 ... 1"
    case .lowAboveDegree(let low, let degree): "degreeLow (D_lo) is \(low), above degree (D) \(degree)"
    case .degreeAboveHigh(let degree, let high): "degree (D) is \(degree), above degreeHigh (D_hi) \(high)"
    case .outboundNotBelowLow(let outbound, let low):
      "degreeOutbound (D_out) is \(outbound), must be below degreeLow (D_lo) \(low)"
    case .outboundAboveHalf(let outbound, let degree):
      "degreeOutbound (D_out) is \(outbound), must be at most half of degree (D) \(degree)"
    case .gossipWindowsAboveCache(let gossip, let cache):
      "gossipWindows is \(gossip), must be at most cacheWindows \(cache)"
    case .seenLifeBelowCache(let seenLife, let cache):
      "seenLife is \(seenLife), must be at least \(cache), the message cache's life"
    case .backoffNotWholeSeconds(let parameter, let value): "\(parameter) is \(value), must be whole seconds"
    }
  }
}

extension Parameters {
  /// Everything that is wrong with these values; empty when a router can run with them.
  public var violations: [ParameterViolation] {
    var found: [ParameterViolation] = []
    func check(_ name: String, _ value: Int, _ bounds: ClosedRange<UInt64>) {
      guard value >= 0 else { return found.append(.negative(parameter: name, value: value)) }
      guard bounds.contains(UInt64(value)) else {
        let value = UInt64(value)
        return found.append(
          .outside(parameter: name, value: value, least: bounds.lowerBound, most: bounds.upperBound))
      }
    }
    func check(_ name: String, _ value: TimeSpan, _ least: TimeSpan, _ most: TimeSpan) {
      guard value < least || value > most else { return }
      let (value, least, most) = (value.nanoseconds, least.nanoseconds, most.nanoseconds)
      found.append(.outside(parameter: name, value: value, least: least, most: most))
    }
    let hour = TimeSpan.seconds(3600)
    let day = TimeSpan.seconds(86_400)
    check("degree", degree, 1...1000)
    check("degreeLow", degreeLow, 1...1000)
    check("degreeHigh", degreeHigh, 1...1000)
    check("degreeOutbound", degreeOutbound, 0...1000)
    check("degreeLazy", degreeLazy, 0...1000)
    check("backoffSlackHeartbeats", backoffSlackHeartbeats, 0...100)
    check("cacheWindows", cacheWindows, 1...255)
    check("gossipWindows", gossipWindows, 1...255)
    check("ihaveMessagesMaximum", ihaveMessagesMaximum, 1...65_535)
    check("ihaveIdentifiersMaximum", ihaveIdentifiersMaximum, 1...65_535)
    check("retransmissionsMaximum", retransmissionsMaximum, 1...1000)
    check("seenBytesMaximum", seenBytesMaximum, 1 << 16...1 << 40)
    check("rpcBytesMaximum", rpcBytesMaximum, 512...1 << 26)
    check("controlPerLinkMaximum", controlPerLinkMaximum, 1...4096)
    check("cacheEntriesMaximum", cacheEntriesMaximum, 1...1 << 20)
    check("placeholdersMaximum", placeholdersMaximum, 1...1 << 24)
    check("pruneBackoff", pruneBackoff, .seconds(1), hour)
    check("unsubscribeBackoff", unsubscribeBackoff, .seconds(1), hour)
    check("backoffMaximum", backoffMaximum, .seconds(1), day)
    check("heartbeatInterval", heartbeatInterval, .milliseconds(1), hour)
    check("heartbeatDelay", heartbeatDelay, .zero, hour)
    check("promiseLife", promiseLife, .milliseconds(1), hour)
    check("fanoutLife", fanoutLife, .milliseconds(1), day)
    check("seenLife", seenLife, .milliseconds(1), day)
    if !(0...1).contains(gossipFactor) { found.append(.gossipFactorOutside(gossipFactor)) }
    if degreeLow > degree { found.append(.lowAboveDegree(low: degreeLow, degree: degree)) }
    if degree > degreeHigh { found.append(.degreeAboveHigh(degree: degree, high: degreeHigh)) }
    if degreeOutbound >= degreeLow {
      found.append(.outboundNotBelowLow(outbound: degreeOutbound, low: degreeLow))
    }
    if degreeOutbound > degree / 2 {
      found.append(.outboundAboveHalf(outbound: degreeOutbound, degree: degree))
    }
    if gossipWindows > cacheWindows {
      found.append(.gossipWindowsAboveCache(gossip: gossipWindows, cache: cacheWindows))
    }
    if cacheWindows > 0 {
      let cache = heartbeatInterval * UInt64(cacheWindows)
      if seenLife < cache { found.append(.seenLifeBelowCache(seenLife: seenLife, cache: cache)) }
    }
    for (name, value) in [("pruneBackoff", pruneBackoff), ("unsubscribeBackoff", unsubscribeBackoff)]
    where value.nanoseconds % 1_000_000_000 != 0 {
      found.append(.backoffNotWholeSeconds(parameter: name, value: value))
    }
    return found
  }
}
