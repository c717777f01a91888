// Every parameter of the router: the specification's letter, meaning, unit, default, bounds, and why. A set of values
// is checked as a whole by `violations`, which names every mistake with its numbers.
//
// Defaults follow Ethereum's consensus specification where it says something (D, D_lo, D_hi, D_lazy, heartbeat, message
// cache, fanout), then the GossipSub v1.1 specification (flood publishing), then go-libp2p-pubsub. `Parameters.go`,
// `.rust`, `.specification` and `.version1_0` are other sets. Peer scoring has parameters of its own (`ScoreParameters`),
// outbound queues too (`QueuePolicy`).

public import Basics

/// The router's parameters. One set serves all nodes and topics of a router; a topic or a node can have mesh degrees of
/// its own (`Topic.degrees`, `Router.setDegrees`), a node a version of its own (`Router.setVersion`).
public struct Parameters: Sendable, Equatable {
  // MARK: Protocol

  /// Highest version that nodes speak; two nodes speak the highest they share. 1.2. 1.0 knows neither backoff nor scores
  /// nor peer exchange, which must be off then.
  public var version = ProtocolVersion.v1_2
  /// Extensions (1.3) that nodes offer. None.
  public var extensions: ExtensionSet = []
  /// Whether messages tell and prove their author. StrictNoSign, as Ethereum (go's and rust's default is StrictSign).
  public var signing = SigningPolicy.strictNoSign
  /// What message ids are made of, which is how long they are in IHAVE, IWANT and IDONTWANT. Of the content, as Ethereum.
  public var identity = MessageIdentity.content
  /// Whether a message that names the receiver as its author and came from outside is rejected and held against its
  /// sender (go). On; without effect under policies that do not tell the author.
  public var rejectsSelfOrigin = true
  /// Most subscriptions that one RPC may hold; an RPC with more has none of them (go, *subscription filter*).
  /// 65,535 (go: no limit unless asked for). 1 ... 65,535.
  public var subscriptionsMaximum = 65_535

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
  /// D_score: how many mesh peers are kept for their score when the mesh is cut; the others are chosen at random, so that
  /// an attacker cannot fill a mesh by good scores alone. Peers. go and rust 4 (hardening 6). 0 ... D.
  public var degreeScore = 4
  /// prune backoff: how long a pruned peer may not GRAFT again. 60 s everywhere. Whole seconds, as on the wire;
  /// 0 ... 1 h. Zero: no backoff, which is v1.0.
  public var pruneBackoff = TimeSpan.seconds(60)
  /// unsubscribe backoff: the same after LEAVE, shorter as the node may soon want to return. 10 s everywhere. Whole
  /// seconds, 0 ... 1 h.
  public var unsubscribeBackoff = TimeSpan.seconds(10)
  /// The longest backoff a peer's PRUNE can impose. 1 h; others take any value, which lets a peer ban itself from a
  /// mesh for the life of the process. 1 s ... 1 d.
  public var backoffMaximum = TimeSpan.seconds(3600)
  /// backoff slack: how long after a backoff's end this node waits before it GRAFTs, as clocks and links differ.
  /// Heartbeats. go 2 (rust 1). 0 ... 100.
  public var backoffSlackHeartbeats = 2
  /// graft flood threshold: a GRAFT sooner after the PRUNE than this costs a second behavioural penalty. go and rust
  /// 10 s. 0 ... prune backoff.
  public var graftFloodThreshold = TimeSpan.seconds(10)
  /// Heartbeats between two opportunistic grafts. go and rust 60. 1 ... 65,535. Only with scoring.
  public var opportunisticGraftTicks = 60
  /// Peers grafted then, all better than the mesh's median. go and rust 2. 0 ... D.
  public var opportunisticGraftPeers = 2

  // MARK: Peer exchange and direct peers

  /// PX: whether PRUNE names other peers. go and rust: off but for bootstrappers. Needs scoring in an open network: a peer
  /// that is believed can eclipse who believes it.
  public var peerExchange = false
  /// Peers named in one PRUNE, and dialed after one. go 16, rust 0 (off). 0 ... 1,000.
  public var prunePeers = 16
  /// Bytes of a signed peer record beside each named peer's id. 0: none (go adds those it has, some 210 bytes).
  /// 0 ... 1,024.
  public var peerRecordBytes = 0
  /// Dials that a node has under way because of PX; more are given up, counted. go 128. 1 ... 65,535.
  public var dialsPendingMaximum = 128
  /// Heartbeats between two attempts to connect direct peers. go and rust 300 (specification: 5 min). 1 ... 65,535.
  public var directConnectTicks = 300

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
  /// Heartbeats that a message waits before its first IHAVE, so that the mesh has time to deliver it. 0 everywhere: the next
  /// heartbeat announces it. 0 ... mcache_len - mcache_gossip.
  public var gossipDelayWindows = 0
  /// IHAVE RPCs taken from one peer in a heartbeat. go and rust 10. 1 ... 65,535.
  public var ihaveMessagesMaximum = 10
  /// max_ihave_length: ids in one IHAVE, and ids asked from one peer in a heartbeat. go and rust 5,000.
  /// 1 ... 65,535.
  public var ihaveIdentifiersMaximum = 5000
  /// gossip retransmission: how often one id is served to one peer by IWANT. go and rust 3. 1 ... 1,000.
  public var retransmissionsMaximum = 3
  /// IWANT follow-up time: how long a peer has to deliver what it announced. go and rust 3 s. 1 ms ... 1 h.
  public var promiseLife = TimeSpan.seconds(3)

  // MARK: IDONTWANT

  /// IDONTWANT is sent for messages with at least so much data. Bytes. go 1,024 (rust 1,000). 0 ... 64 MiB; below the
  /// size of an IDONTWANT times the duplicates it saves, it costs more than it saves.
  public var idontwantBytes = 1024
  /// IDONTWANT parts taken from one peer in a heartbeat. go 1,000. 1 ... 65,535.
  public var idontwantMessagesMaximum = 1000
  /// Ids taken from one IDONTWANT. go 10. 1 ... 65,535.
  public var idontwantIdentifiersMaximum = 10
  /// Heartbeats for which a peer's IDONTWANT is obeyed. go 3. 1 ... 255.
  public var idontwantLifeHeartbeats = 3
  /// Whether the mesh is told before an own message is published, too. go since 2025 on, rust off.
  public var idontwantOnPublish = true

  // MARK: Publishing

  /// flood publish: own messages go to every peer of the topic, not only to the mesh. On in the v1.1 specification
  /// and in rust; go has it off unless asked for.
  public var floodPublish = true
  /// fanout TTL: how long the peers chosen for a topic that is published to but not joined are kept after the last
  /// publish. 60 s everywhere. 1 ms ... 1 d.
  public var fanoutLife = TimeSpan.seconds(60)

  // MARK: Scoring and queues

  /// Peer scoring; nil: off, every score is zero.
  public var score: ScoreParameters?
  /// The outbound queue of each link; nil: the driver takes everything at once, and says with `dropped` what it could
  /// not.
  public var queue: QueuePolicy?
  /// Heartbeats for which the parts of a group of partial messages are kept. rust 5. 1 ... 255.
  public var partialLifeHeartbeats = 5

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
  /// Messages of a node whose near-first deliveries (P3) are watched at once; when more are inside the window the oldest
  /// is given up, counted. 128: 2 KB a node, if ever used. A power of two, 8 ... 65,536.
  public var deliveryRecordsMaximum = 128

  /// The defaults named above.
  public init() {}

  /// The mesh degrees of topics and nodes without their own.
  public var degrees: MeshDegrees {
    MeshDegrees(
      degree: degree, low: degreeLow, high: degreeHigh, outbound: degreeOutbound,
      score: min(degreeScore, degree))
  }
}
