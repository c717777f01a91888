// The state of a population of GossipSub nodes, flat. A *cell* is a (node, topic) pair; sets of a node's links are rows
// of bits over its local slots, one word for up to 64 links, so that "topic peers outside the mesh that are not backed
// off" is two word operations. Mechanisms are extensions in files of their own; nothing here decides anything.
//
// Memory a cell, at up to 64 links a node and six cache windows: 3 x 8 bytes of link sets, 12 of backoff and fanout,
// 24 of cache heads, 1 of standing; then 16 bytes for each backoff and for each word of cached messages. With scoring 24
// bytes more for each link of a joined topic, and 8 for each message inside the near-first window.

internal import Basics

/// Whether a node takes part in a topic.
enum Standing: UInt8 {
  case idle
  /// Publishes without having joined: the link set is the fanout.
  case fanout
  /// Subscribed: the link set is the mesh.
  case joined
}

struct RouterState: ~Copyable {
  /// What a node keeps of a peer, seldom touched.
  struct Link: BitwiseCopyable {
    /// The owner's heartbeat that `ihaves` and `asked` belong to.
    var tick: UInt32 = 0
    /// IHAVE RPCs taken, and ids asked for, in this heartbeat.
    var ihaves: UInt16 = 0
    var asked: UInt16 = 0
    /// IDONTWANT parts taken in this heartbeat.
    var idontwants: UInt16 = 0
    /// Promises this peer broke.
    var broken: UInt16 = 0
    /// What the two sides speak with each other.
    var version = ProtocolVersion.v1_2
    /// What the peer's Extensions message named.
    var extensions: ExtensionSet = []
    var flags: LinkFlags = []
  }

  struct LinkFlags: OptionSet, BitwiseCopyable {
    var rawValue: UInt8
    /// A control RPC came on this connection; so did an Extensions message.
    static var heard: Self { Self(rawValue: 1) }
    static var extended: Self { Self(rawValue: 2) }
    /// The owner asked for a dial that has not ended.
    static var dialing: Self { Self(rawValue: 4) }
    static var blacklisted: Self { Self(rawValue: 8) }
    /// The score is below the graylist threshold; the `deaf` bit of `ends` follows, but not for direct peers.
    static var graylisted: Self { Self(rawValue: 16) }
  }

  /// Sets of a node's links, one word of local slots each; one cache line.
  struct Masks: BitwiseCopyable {
    /// Dialed by the owner (D_out counts these).
    var outbound: UInt64 = 0
    /// Direct peers; peers that speak floodsub with the owner.
    var direct: UInt64 = 0
    var flood: UInt64 = 0
    /// Peers that understand IDONTWANT.
    var understands12: UInt64 = 0
    /// Score below zero, below the gossip threshold, below the publish threshold.
    var negative: UInt64 = 0
    var gossipless: UInt64 = 0
    var publishless: UInt64 = 0
    /// Connected.
    var connected: UInt64 = 0

    /// Peers that get every message of their topics, mesh or not.
    @inline(__always) var always: UInt64 { direct | (flood & ~publishless) }
    /// Peers that are never in a mesh.
    @inline(__always) var meshless: UInt64 { direct | flood }
  }

  struct Node: BitwiseCopyable {
    /// Heartbeats since the start of the run, crashes included; numbers the node's random choices.
    var tick: UInt32 = 0
    /// First promise.
    var promises: UInt32 = RouterState.none
    /// Messages in validation that a second peer has sent.
    var resent: UInt32 = 0
    /// Links with parts that a full queue refused.
    var parked: UInt32 = 0
    /// First entry of the IDONTWANTs of the node's peers.
    var unwanted: UInt32 = RouterState.none
    /// Which row of `degrees` holds for it.
    var degreeClass: UInt16 = 0
    /// Dials under way because of peer exchange.
    var dials: UInt16 = 0
    var version = ProtocolVersion.v1_2
    var signing = SigningPolicy.strictNoSign
    var isUp = true
  }

  struct Backoff: BitwiseCopyable {
    var expires: UInt64
    var local: UInt32
    var next: UInt32
  }

  struct Promise: BitwiseCopyable {
    var expires: UInt64
    var message: MessageHandle
    var slot: UInt32
    var next: UInt32
  }

  /// A further sender of a message in validation.
  struct Sender: BitwiseCopyable {
    var local: UInt32
    var next: UInt32
  }

  /// A message that a peer does not want.
  struct Unwanted: BitwiseCopyable {
    var message: MessageHandle
    var slot: UInt32
    var tick: UInt32
    var next: UInt32
  }

  static let none = UInt32.max
  static let connectedBit: UInt32 = 1 << 31
  /// The owner hears nothing from the peer: graylisted or blacklisted.
  static let deafBit: UInt32 = 1 << 30
  static let ownerMask: UInt32 = 1 << 30 - 1

  var parameters: Parameters
  let topicCount: Int
  let nodeCount: Int
  let windows: Int

  /// By node, and one more: first slot; first word in a set of links.
  let offsets: Table<UInt32>
  let wordOffsets: Table<UInt32>

  // By slot.
  /// The owner, and in the top bits whether the link is up and whether the owner is deaf to the peer: one load tells all
  /// three for every copy received.
  var ends: Table<UInt32>
  /// The node at the other end, in the id space of message origins.
  let peers: Table<UInt32>
  var links: Table<Link>
  var nodes: Table<Node>

  // By cell.
  var standing: Table<Standing>
  /// When a fanout is given up, nanoseconds.
  var fanoutExpires: Table<UInt64>
  var backoffHeads: Table<UInt32>
  /// By cell and heartbeat modulo the number of windows: messages accepted then.
  var windowHeads: Table<UInt32>
  // By cell and word of local slots.
  var mesh: Table<UInt64>
  var announced: Table<UInt64>
  /// Local slots with an entry in the cell's backoff list.
  var backedOff: Table<UInt64>
  // By node and word.
  var masks: Table<Masks>
  /// Whether any link anywhere has a peer in `Masks.always`.
  var hasAlways = false
  /// Mesh degrees, by class and topic; class 0 is the parameters'.
  var degrees: Table<MeshDegrees>
  /// By cell: topics that the node's subscription filter does not allow. Empty until one is set.
  var filtered = Table<Bool>()
  /// By node: wants to be in every mesh (`Misuse`). Empty without such nodes.
  var greedy = Table<Bool>()

  var backoffs = Table<Backoff>()
  var freeBackoff = none
  var promises = Table<Promise>()
  var freePromise = none
  var senders = Table<Sender>()
  var freeSender = none
  /// (node, message in validation) to the list of its further senders.
  var resent = FlatHash()
  /// (slot, message) that are promised.
  var owed = FlatHash()
  /// (slot, message) to how often it was served.
  var served = FlatHash()
  var servedSweep = 4096
  /// (slot, message) that the peer does not want.
  var unwantedIndex = FlatHash()
  var unwanted = Table<Unwanted>()
  var freeUnwanted = none
  /// Peer scoring; empty when it is off.
  var scores: ScoreState
  var partials: PartialState
  var queues: OutboundQueues
  /// By slot: an RPC with the parts a full queue refused.
  var parked: Table<UInt32>

  var messages: MessageTable
  var control: ControlStore
  var cache: HandleSets
  var counters = Counters()

  // For the length of one input.
  /// By local slot: the RPC being put together.
  var drafts: Table<UInt32>
  var drafted = Table<UInt32>()
  var scratch = Table<UInt32>()
  var excluded: Table<UInt64>

  let meshChoice: HashRandom
  let gossipChoice: HashRandom
  let fanoutChoice: HashRandom
  let promiseChoice: HashRandom
  let exchangeChoice: HashRandom
  let heartbeatPhase: HashRandom

  init(
    parameters: Parameters, topics: [Topic], offsets: [UInt32], neighbors: [NodeID], outbound: [Bool],
    seed: UInt64, indexesContents: Bool
  ) {
    let violations = parameters.violations
    precondition(violations.isEmpty, "parameters: \(violations)")
    precondition(!offsets.isEmpty, "offsets has one entry more than there are nodes")
    precondition(offsets.first == 0)
    precondition(Int(offsets.last!) == neighbors.count)
    precondition(neighbors.count == outbound.count)
    precondition(topics.count <= Int(UInt16.max))
    precondition(offsets.count <= Int(Self.deafBit))
    let count = offsets.count - 1
    nodeCount = count
    topicCount = topics.count
    self.parameters = parameters
    windows = parameters.cacheWindows

    var wordStarts = Table<UInt32>(capacity: count + 1)
    var ends = Table<UInt32>(capacity: neighbors.count)
    var words = 0
    var degree = 0
    for node in 0..<count {
      precondition(offsets[node] <= offsets[node + 1], "offsets must not decrease")
      wordStarts.append(UInt32(words))
      let own = Int(offsets[node + 1] - offsets[node])
      words += (own + 63) / 64
      degree = max(degree, own)
      for _ in 0..<own { ends.append(UInt32(node)) }
    }
    wordStarts.append(UInt32(words))
    let masks = Table<Masks>(repeating: Masks(), count: words)
    for slot in 0..<ends.count where outbound[slot] {
      let local = UInt32(slot) - offsets[Int(ends[slot])]
      masks[wordStarts[ends[slot]] + local >> 6].outbound |= 1 << UInt64(local & 63)
    }

    let cells = count * topics.count
    self.offsets = Table(offsets)
    wordOffsets = wordStarts
    self.ends = ends
    peers = Table(neighbors.map(\.rawValue))
    links = Table(repeating: Link(), count: neighbors.count)
    var node = Node()
    node.version = parameters.version
    node.signing = parameters.signing
    nodes = Table(repeating: node, count: count)
    standing = Table(repeating: .idle, count: cells)
    fanoutExpires = Table(repeating: 0, count: cells)
    backoffHeads = Table(repeating: Self.none, count: cells)
    windowHeads = Table(repeating: HandleSets.none, count: cells * windows)
    mesh = Table(repeating: 0, count: words * topics.count)
    announced = Table(repeating: 0, count: words * topics.count)
    backedOff = Table(repeating: 0, count: words * topics.count)
    self.masks = masks
    degrees = Table(topics.map { $0.degrees ?? parameters.degrees })
    scores = ScoreState(
      parameters, topics: topics.count, nodes: count, cells: cells, slots: neighbors.count,
      words: words, peers: max(count, Int(neighbors.map(\.rawValue).max() ?? 0) + 1), degree: degree)
    partials = PartialState()
    queues = OutboundQueues(parameters.queue, slots: neighbors.count)
    parked = Table(repeating: Self.none, count: neighbors.count)
    messages = MessageTable(
      nodes: count, topics: topics, life: parameters.seenLife, bytesMaximum: parameters.seenBytesMaximum,
      placeholdersMaximum: parameters.placeholdersMaximum, indexesContents: indexesContents, seed: seed,
      usualAuthorship: parameters.signing.ownAuthorship, marksLate: parameters.score != nil)
    control = ControlStore(
      topics: topics, maximum: max(1024, neighbors.count * parameters.controlPerLinkMaximum),
      identity: parameters.identity, recordBytes: parameters.peerRecordBytes)
    cache = HandleSets(maximum: max(1024, cells * parameters.cacheEntriesMaximum))
    drafts = Table(repeating: Self.none, count: degree)
    excluded = Table(repeating: 0, count: (degree + 63) / 64)
    meshChoice = HashRandom(seed: seed, .meshChoice)
    gossipChoice = HashRandom(seed: seed, .gossipChoice)
    fanoutChoice = HashRandom(seed: seed, .fanout)
    promiseChoice = HashRandom(seed: seed, .promise)
    exchangeChoice = HashRandom(seed: seed, .peerExchange)
    heartbeatPhase = HashRandom(seed: seed, .heartbeat)
    if scores.isOn { placeRecords() }
  }

  /// Memory held for links, topics, meshes, backoffs, promises and caches, bytes.
  var stateBytes: Int {
    let byNode = offsets.storageBytes + wordOffsets.storageBytes + nodes.storageBytes + masks.storageBytes
    let bySlot =
      ends.storageBytes + peers.storageBytes + links.storageBytes + parked.storageBytes + drafts.storageBytes
    let byCell =
      standing.storageBytes + fanoutExpires.storageBytes + backoffHeads.storageBytes
      + windowHeads.storageBytes + mesh.storageBytes + announced.storageBytes + backedOff.storageBytes
    let lists =
      backoffs.storageBytes + promises.storageBytes + senders.storageBytes + cache.entries.storageBytes
    let sparse =
      resent.storageBytes + owed.storageBytes + served.storageBytes + unwantedIndex.storageBytes
      + unwanted.storageBytes + filtered.storageBytes
    return byNode + bySlot + byCell + lists + sparse + scores.storageBytes + partials.storageBytes
      + queues.storageBytes
  }

  // MARK: Places

  @inline(__always) func cell(_ node: Int, _ topic: TopicID) -> Int {
    node &* topicCount &+ topic.index
  }

  /// Words in a set of the node's links.
  @inline(__always) func wordCount(_ node: Int) -> Int {
    Int(truncatingIfNeeded: wordOffsets[node &+ 1] &- wordOffsets[node])
  }

  /// Where a cell's sets of links begin.
  @inline(__always) func wordBase(_ node: Int, _ topic: TopicID) -> Int {
    Int(truncatingIfNeeded: wordOffsets[node]) &* topicCount &+ topic.index &* wordCount(node)
  }

  @inline(__always) func slots(_ node: Int) -> Range<UInt32> { offsets[node]..<offsets[node &+ 1] }

  @inline(__always) func owner(_ slot: UInt32) -> Int {
    Int(truncatingIfNeeded: ends[slot] & Self.ownerMask)
  }

  @inline(__always) func isConnected(_ slot: UInt32) -> Bool { ends[slot] >= Self.connectedBit }

  @inline(__always) func isOutbound(_ node: Int, _ local: UInt32) -> Bool {
    masks[Int(wordOffsets[node]) &+ Int(local &>> 6)].outbound & Self.bit(local) != 0
  }

  /// Where the masks of a slot's word lie.
  @inline(__always) func maskPlace(_ node: Int, _ local: UInt32) -> Int {
    Int(truncatingIfNeeded: wordOffsets[node]) &+ Int(truncatingIfNeeded: local &>> 6)
  }

  @inline(__always) func degrees(_ node: Int, _ topic: TopicID) -> MeshDegrees {
    degrees[Int(nodes[node].degreeClass) &* topicCount &+ topic.index]
  }

  @inline(__always) func local(_ slot: UInt32) -> UInt32 { slot &- offsets[owner(slot)] }

  @inline(__always) static func bit(_ local: UInt32) -> UInt64 { 1 &<< UInt64(local & 63) }

  func contains(_ set: borrowing Table<UInt64>, _ base: Int, _ local: UInt32) -> Bool {
    set[base &+ Int(local &>> 6)] & Self.bit(local) != 0
  }

  func count(_ set: borrowing Table<UInt64>, _ base: Int, _ words: Int) -> Int {
    var sum = 0
    for k in 0..<words { sum &+= set[base &+ k].nonzeroBitCount }
    return sum
  }

  /// Fills `scratch` with the local slots of a cell's mesh or fanout.
  mutating func collectMesh(_ base: Int, _ words: Int) {
    scratch.removeAll()
    for k in 0..<words { collect(mesh[base &+ k], word: k) }
  }

  mutating func collect(_ bits: UInt64, word: Int) {
    var bits = bits
    while bits != 0 {
      scratch.append(UInt32(truncatingIfNeeded: word &<< 6 &+ bits.trailingZeroBitCount))
      bits &= bits &- 1
    }
  }

  /// Moves a random choice of `wanted` elements of `scratch` to its front; fewer when it has fewer.
  mutating func choose(_ wanted: Int, _ random: inout RandomStream) {
    let n = scratch.count
    var k = 0
    while k < wanted, k < n &- 1 {
      let j = k &+ random.below(n &- k)
      let chosen = scratch[j]
      scratch[j] = scratch[k]
      scratch[k] = chosen
      k &+= 1
    }
  }
}
