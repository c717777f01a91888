// Partial messages (GossipSub v1.3 extension, as merged in go and rust): peers of a topic exchange parts of large messages by
// group instead of whole messages. Here a group has up to 64 parts, a bit each; the metadata is the bits that a node
// has.
//
// A node that gets parts tells its mesh what it has; a peer that lacks some of them says so by its own metadata and is
// sent exactly those. Peers that asked for parts get no full messages, IHAVE or IDONTWANT of the topic. A group is
// forgotten when nothing happened to it for a few heartbeats.
//
// Not here: parts larger than an RPC, proofs for parts (the application judges what it assembled), and eager pushing.

internal import Basics

/// The parts that the nodes of a router hold. Empty tables until a node asks for parts.
struct PartialState: ~Copyable {
  struct Group: BitwiseCopyable {
    var node: UInt32
    var topic: TopicID
    var id: UInt64
    var held: UInt64
    var partBytes: UInt32
    /// Heartbeats since something happened.
    var age: UInt32
    /// First of what its peers have.
    var peers: UInt32
    var next: UInt32
  }

  struct Peer: BitwiseCopyable {
    var local: UInt32
    /// What the peer said it has or was sent.
    var held: UInt64
    /// What it was told that we have.
    var told: UInt64
    var next: UInt32
  }

  static let none = UInt32.max
  /// Groups of one node; more are refused.
  static let groupsMaximum = 256

  private(set) var isOn = false
  var groups = Table<Group>()
  var peers = Table<Peer>()
  private var freeGroup = none
  private var freePeer = none
  /// By node: first group, and how many.
  private var heads = Table<UInt32>()
  private var counts = Table<UInt32>()
  /// By cell: whether the node asks for parts.
  private var asks = Table<Bool>()
  /// By cell and word: peers that asked for parts.
  private var wishWords = Table<UInt64>()

  init() {}

  var storageBytes: Int {
    isOn
      ? groups.storageBytes + peers.storageBytes + heads.storageBytes + counts.storageBytes
        + asks.storageBytes + wishWords.storageBytes : 0
  }

  mutating func turnOn(nodes: Int, cells: Int, words: Int) {
    guard !isOn else { return }
    isOn = true
    heads = Table(repeating: Self.none, count: nodes)
    counts = Table(repeating: 0, count: nodes)
    asks = Table(repeating: false, count: cells)
    wishWords = Table(repeating: 0, count: words)
  }

  /// The value of a SUBSCRIBE of the cell: one when parts are asked for.
  func wants(_ cell: Int) -> UInt32 { isOn && asks[cell] ? 1 : 0 }
  mutating func setAsks(_ cell: Int, _ value: Bool) { asks[cell] = value }

  func wishes(_ word: Int) -> UInt64 { wishWords[word] }

  mutating func setWish(_ value: Bool, _ base: Int, _ local: UInt32) {
    let word = base + Int(local >> 6)
    if value {
      wishWords[word] |= RouterState.bit(local)
    } else {
      wishWords[word] &= ~RouterState.bit(local)
    }
  }

  func find(_ node: Int, _ topic: TopicID, _ id: UInt64) -> UInt32? {
    guard isOn else { return nil }
    var index = heads[node]
    while index != Self.none {
      if groups[index].id == id, groups[index].topic == topic { return index }
      index = groups[index].next
    }
    return nil
  }

  /// The group, new when it is not there; nil when the node has too many.
  mutating func open(_ node: Int, _ topic: TopicID, _ id: UInt64, partBytes: UInt32) -> UInt32? {
    if let known = find(node, topic, id) { return known }
    guard counts[node] < UInt32(Self.groupsMaximum) else { return nil }
    let group = Group(
      node: UInt32(node), topic: topic, id: id, held: 0, partBytes: partBytes, age: 0, peers: Self.none,
      next: heads[node])
    var index = freeGroup
    if index != Self.none {
      freeGroup = groups[index].next
      groups[index] = group
    } else {
      index = UInt32(groups.count)
      groups.append(group)
    }
    heads[node] = index
    counts[node] += 1
    return index
  }

  /// What is known of a peer in a group.
  mutating func peer(_ group: UInt32, _ local: UInt32) -> UInt32 {
    var index = groups[group].peers
    while index != Self.none {
      if peers[index].local == local { return index }
      index = peers[index].next
    }
    let entry = Peer(local: local, held: 0, told: 0, next: groups[group].peers)
    index = freePeer
    if index != Self.none {
      freePeer = peers[index].next
      peers[index] = entry
    } else {
      index = UInt32(peers.count)
      peers.append(entry)
    }
    groups[group].peers = index
    return index
  }

  /// One heartbeat: groups to which nothing happened for `life` of them are forgotten.
  mutating func age(_ node: Int, life: Int) {
    var previous = Self.none
    var index = heads[node]
    while index != Self.none {
      let next = groups[index].next
      groups[index].age += 1
      if groups[index].age >= UInt32(life) {
        if previous == Self.none { heads[node] = next } else { groups[previous].next = next }
        release(index)
        counts[node] -= 1
      } else {
        previous = index
      }
      index = next
    }
  }

  private mutating func release(_ group: UInt32) {
    var index = groups[group].peers
    while index != Self.none {
      let next = peers[index].next
      peers[index].next = freePeer
      freePeer = index
      index = next
    }
    groups[group].next = freeGroup
    freeGroup = group
  }

  /// The node forgets all groups.
  mutating func forget(_ node: Int) {
    guard isOn else { return }
    var index = heads[node]
    while index != Self.none {
      let next = groups[index].next
      release(index)
      index = next
    }
    heads[node] = Self.none
    counts[node] = 0
  }

  /// A peer is gone: its wishes, and what it has.
  mutating func forget(_ local: UInt32, _ node: Int, words: Int, base: Int) {
    guard isOn else { return }
    var word = base + Int(local >> 6)
    while word < base + asks.count / heads.count * words {
      wishWords[word] &= ~RouterState.bit(local)
      word += words
    }
    var group = heads[node]
    while group != Self.none {
      var index = groups[group].peers
      while index != Self.none {
        if peers[index].local == local { (peers[index].held, peers[index].told) = (0, 0) }
        index = peers[index].next
      }
      group = groups[group].next
    }
  }
}

extension RouterState {
  mutating func setPartial(_ node: Int, _ topic: TopicID, _ asks: Bool) {
    partials.turnOn(nodes: nodeCount, cells: nodeCount * topicCount, words: mesh.count)
    partials.setAsks(cell(node, topic), asks)
  }

  /// Adds parts to what the node has of a group and tells its mesh; false when the node has too many groups.
  mutating func publishPartial(
    _ node: Int, _ topic: TopicID, _ id: UInt64, _ parts: UInt64, partBytes: UInt32, _ outbox: inout Outbox
  ) -> Bool {
    guard partials.isOn, nodes[node].isUp,
      let group = partials.open(node, topic, id, partBytes: partBytes)
    else {
      counters.partialsRefused += 1
      return false
    }
    partials.groups[group].held |= parts
    partials.groups[group].age = 0
    tell(group, node, topic, except: nil, &outbox)
    flush(&outbox)
    return true
  }

  /// A peer sent parts, or what it has.
  mutating func receivePartial(
    _ index: ControlItemIndex, _ slot: UInt32, _ node: Int, _ topic: TopicID, _ outbox: inout Outbox
  ) {
    guard case .partial(_, let parts) = control.item(index), partials.isOn,
      standing[cell(node, topic)] == .joined, canExchangeParts(slot)
    else {
      counters.partialsRefused += 1
      return
    }
    guard let group = partials.open(node, topic, parts.group, partBytes: parts.partBytes) else {
      counters.partialsRefused += 1
      return
    }
    let peer = partials.peer(group, local(slot))
    partials.peers[peer].held |= parts.held | parts.carried
    let new = parts.carried & ~partials.groups[group].held
    partials.groups[group].held |= new
    if new != 0 || partials.groups[group].held & ~partials.peers[peer].held != 0 {
      partials.groups[group].age = 0
    }
    answer(group, peer, slot, topic, &outbox)
    if new != 0 { tell(group, node, topic, except: slot, &outbox) }
  }

  private func canExchangeParts(_ slot: UInt32) -> Bool {
    parameters.extensions.contains(.partialMessages) && links[slot].extensions.contains(.partialMessages)
  }

  /// Sends the peer what it lacks, or tells it what the node has when the peer has something the node lacks and does not
  /// know that.
  private mutating func answer(
    _ group: UInt32, _ peer: UInt32, _ slot: UInt32, _ topic: TopicID, _ outbox: inout Outbox
  ) {
    let own = partials.groups[group]
    let theirs = partials.peers[peer]
    let lacking = own.held & ~theirs.held
    let offers = theirs.held & ~own.held
    guard lacking != 0 || (offers != 0 && theirs.told != own.held) else { return }
    send(group, peer, lacking, slot, topic, &outbox)
  }

  /// Tells the mesh peers that exchange parts what the node has, with the parts that it knows they lack.
  private mutating func tell(
    _ group: UInt32, _ node: Int, _ topic: TopicID, except: UInt32?, _ outbox: inout Outbox
  ) {
    let base = wordBase(node, topic)
    for k in 0..<wordCount(node) {
      var bits = mesh[base &+ k] & partials.wishes(base &+ k)
      while bits != 0 {
        let local = UInt32(truncatingIfNeeded: k &<< 6 &+ bits.trailingZeroBitCount)
        bits &= bits &- 1
        let slot = offsets[node] &+ local
        if slot == except || !canExchangeParts(slot) { continue }
        let peer = partials.peer(group, local)
        // Nothing is known of a peer that has not spoken: it gets the metadata alone.
        let known = partials.peers[peer].held != 0
        send(
          group, peer, known ? partials.groups[group].held & ~partials.peers[peer].held : 0, slot, topic,
          &outbox)
      }
    }
  }

  private mutating func send(
    _ group: UInt32, _ peer: UInt32, _ carried: UInt64, _ slot: UInt32, _ topic: TopicID,
    _ outbox: inout Outbox
  ) {
    let own = partials.groups[group]
    add(
      topic, PartialParts(group: own.id, carried: carried, held: own.held, partBytes: own.partBytes),
      to: slot, &outbox)
    partials.peers[peer].held |= carried
    partials.peers[peer].told = own.held
  }

  /// Takes peers that asked for parts out of the receivers of a full message.
  mutating func excludePartial(_ topic: TopicID, _ node: Int) {
    let base = wordBase(node, topic)
    for k in 0..<wordCount(node) { excluded[k] |= partials.wishes(base &+ k) }
  }

  /// Takes them out of `scratch`.
  mutating func dropPartialScratch(_ topic: TopicID, _ node: Int) {
    let base = wordBase(node, topic)
    var kept = 0
    for k in 0..<scratch.count
    where partials.wishes(base &+ Int(scratch[k] >> 6)) & Self.bit(scratch[k]) == 0 {
      scratch[kept] = scratch[k]
      kept += 1
    }
    scratch.truncate(to: kept)
  }
}
