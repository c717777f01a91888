// What a gossip-only simulation is made of: who runs a router, who only pretends to, the links and when they open, what
// is published, and who is away when. Nothing of services, stake or chain: those are `Blueprint`'s.

public import Basics
public import Gossip
public import Network

/// A node that subscribes and GRAFTs like a router and is none: the Sybil of the GossipSub v1.1 evaluation.
///
/// It answers every subscription with its own and a GRAFT, takes every GRAFT, comes back to whoever pruned it after a wait,
/// and forwards what it receives to its mesh as long as it behaves. It never sends IHAVE and never answers IWANT.
public struct Stranger: Sendable, Equatable {
  /// Until then it forwards everything.
  public var attacksFrom: Instant
  /// Afterwards the share of messages that it drops: 1 for silence. Each message is dropped for all or for none.
  public var drops: Double
  /// Afterwards it drops every message of this origin.
  public var censors: NodeID?
  /// Afterwards it drops every message of this topic.
  public var starves: TopicID?
  /// From a PRUNE to the next GRAFT: this, and up to `graftDelay` more.
  public var graftBackoff: TimeSpan
  public var graftDelay: TimeSpan

  public init(
    attacksFrom: Instant = .zero, drops: Double = 1, censors: NodeID? = nil, starves: TopicID? = nil,
    graftBackoff: TimeSpan = .seconds(60), graftDelay: TimeSpan = .seconds(15)
  ) {
    self.attacksFrom = attacksFrom
    self.drops = drops
    self.censors = censors
    self.starves = starves
    self.graftBackoff = graftBackoff
    self.graftDelay = graftDelay
  }
}

/// A gossip-only simulation before it starts.
public struct GossipSetup: Sendable {
  /// A stream of publications.
  public struct Traffic: Sendable {
    public var topic: TopicID
    /// Each message is published by a random one of these, if it is up then.
    public var publishers: [NodeID]
    public var from: Instant
    public var every: TimeSpan
    public var count: Int
    /// Length of the data, bytes.
    public var bytes: Int

    public init(
      topic: TopicID = TopicID(0), publishers: [NodeID], from: Instant, every: TimeSpan, count: Int,
      bytes: Int
    ) {
      self.topic = topic
      self.publishers = publishers
      self.from = from
      self.every = every
      self.count = count
      self.bytes = bytes
    }
  }

  /// A node crashes, losing what it knew, and returns as new. Outages of a node do not overlap.
  public struct Outage: Sendable, Equatable {
    public var node: NodeID
    public var from: Instant
    public var until: Instant
    public init(_ node: NodeID, from: Instant, until: Instant) {
      self.node = node
      self.from = from
      self.until = until
    }
  }

  public var seed: UInt64
  /// Nodes 0 ..< routers run the router and subscribe to every topic.
  public var routers: Int
  /// Nodes routers ..< routers + strangers.count.
  public var strangers: [Stranger] = []
  /// `a` dials `b`. A link opens when both ends have started.
  public var edges: [LinkEdge]
  /// Links that are not there at the beginning and that a router may dial (peer exchange).
  public var potentialEdges: [LinkEdge] = []
  public var conditions: [LinkConditions]
  /// By node, from 1: which address it has, for co-location; empty: unknown.
  public var addresses: [AddressGroup] = []
  /// By node; empty: unlimited.
  public var uplinks: [Bandwidth?] = []
  /// By node; empty: all at the beginning.
  public var starts: [Instant] = []
  public var parameters: Parameters
  public var topics: [Topic] = [Topic(nameBytes: 16)]
  public var traffic: [Traffic]
  public var outages: [Outage] = []
  /// From first receipt to verdict, at every router. Zero: at once.
  public var validation = TimeSpan.zero
  /// Nothing happens from here on.
  public var end: Instant
  /// Between two looks at all meshes; nil: one look, at the end.
  public var sampleEvery: TimeSpan?
  /// A node whose deliveries are also counted apart.
  public var watched: NodeID?
  /// A topic whose deliveries and meshes are also counted apart.
  public var watchedTopic: TopicID?
  /// Messages published before this are not measured.
  public var measureFrom = Instant.zero
  /// Width of the windows, by publication instant, in which latency is counted apart; nil: no windows.
  public var window: TimeSpan?
  /// Counts for each link whether an IHAVE went over it, for messages of the measured time. Costs a walk over every
  /// control RPC.
  public var tracksAnnouncements = false
  /// Keeps every change of a peer's standing and every move of its counters; see `GossipSimulation.takeScores`.
  public var observesScores = false
  /// Adds up P2's counters at the end; requires scoring.
  public var tracksCredit = false

  public init(
    seed: UInt64, routers: Int, edges: [LinkEdge], conditions: [LinkConditions], parameters: Parameters,
    traffic: [Traffic], end: Instant
  ) {
    self.seed = seed
    self.routers = routers
    self.edges = edges
    self.conditions = conditions
    self.parameters = parameters
    self.traffic = traffic
    self.end = end
  }
}
