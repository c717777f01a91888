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
  /// What one process that hosts all nodes needs to carry frames; nil: no time. Only the simulator models it: the
  /// cluster engine has the process itself.
  public var process: ProcessPlan?
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
  public var bandwidth: BitRate?
  /// Messages that may wait for a link of finite bandwidth; more are dropped and counted.
  public var queue: Int
}

extension NetworkPlan {
  init(_ o: ObjectReader) {
    topology = o.value(
      "topology", "a topology file, or a generator; absent: each node dials 10 others",
      or: .generated(.kOut(dials: 10), nodes: nil)
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
    process = o.optional(
      "process", "the event loop of one process that all nodes share, as they do in the cluster engine"
    ) { $0.object { ProcessPlan($0) } }
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
      $0.bandwidth(BitRate(bitsPerSecond: 1_000)...BitRate(bitsPerSecond: 1_000_000_000_000))
    }
    queue = o.value("queue", "messages that may wait for a link of finite bandwidth", or: 1_024) {
      $0.integer(1...1_000_000)
    }
    if o.has("queue"), bandwidth == nil {
      o.mistake("queue", "means nothing without a bandwidth; add links.bandwidth or remove it")
    }
  }
}

/// What the event loop of the process needs that hosts all nodes.
public struct ProcessPlan: Sendable, Equatable, Codable {
  public var write: TimeSpan
  public var read: TimeSpan
  public var frame: TimeSpan
  public var pass: TimeSpan
  public var wake: TimeSpan

  init(_ o: ObjectReader) {
    write = o.value("write", "CPU time of a write to a socket", or: .zero) {
      $0.duration(.zero ... .seconds(1))
    }
    read = o.value("read", "CPU time of a read from a socket", or: .zero) {
      $0.duration(.zero ... .seconds(1))
    }
    frame = o.value("frame", "CPU time of a frame beside these, at each end", or: .zero) {
      $0.duration(.zero ... .seconds(1))
    }
    pass = o.value("pass", "CPU time of a pass of the event loop beside these", or: .zero) {
      $0.duration(.zero ... .seconds(1))
    }
    wake = o.value("wake", "time that a sleeping process needs to begin", or: .zero) {
      $0.duration(.zero ... .seconds(1))
    }
  }
}
