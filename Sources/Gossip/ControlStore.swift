// Control RPCs while they travel. A slab of RPCs, items and id sets with reference counts: one IHAVE's ids are stored
// once for all the peers it goes to, and one subscription announcement is one RPC for all neighbours.
//
// The wire's bytes are made elsewhere, from these readers (`firstItem`, `item`, `item(after:)`, `identifiers`) and
// builders (`create`, `append`); sizes are exact all the time.

public import Basics

/// The control RPCs of one router's population.
public struct ControlStore: ~Copyable {
  enum Kind: UInt8 {
    case subscribe, unsubscribe, graft, prune, ihave, iwant, idontwant, extensions, partial
    @inline(__always) var hasIdentifiers: Bool { self == .ihave || self == .iwant || self == .idontwant }
    /// Whether it lies beside the ControlMessage, not in it.
    @inline(__always) var isOuter: Bool { self == .subscribe || self == .unsubscribe || self == .partial }
  }

  struct RPC: BitwiseCopyable {
    var references: UInt32
    /// First item, or the next free RPC.
    var head: UInt32
    var tail: UInt32
    var items: UInt32
    /// Subscriptions and partial messages.
    var outerBytes: UInt32
    var controlBytes: UInt32
    var subscriptions: UInt32
  }

  struct Item: BitwiseCopyable {
    var kind: Kind
    var topic: TopicID
    /// Backoff seconds, block, extensions, place in `partials`, or for subscriptions whether parts are wanted.
    var value: UInt32
    var next: UInt32
    /// First of the peers that a PRUNE names.
    var peers: UInt32 = ControlStore.none
  }

  /// A peer named by a PRUNE.
  struct NamedPeer: BitwiseCopyable {
    var node: UInt32
    var next: UInt32
  }

  /// Ids shared by several items.
  struct Block: BitwiseCopyable {
    var references: UInt32
    /// First entry in `sets`, or the next free block.
    var head: UInt32
    var count: UInt32
  }

  static let none = UInt32.max

  private let topicNameBytes: [Int]
  private let identifierBytes: Int
  private let recordBytes: Int
  let maximum: Int
  private var rpcs: Table<RPC>
  var items: Table<Item>
  var blocks: Table<Block>
  var sets: HandleSets
  private var freeRPC = none
  private var freeItem = none
  var freeBlock = none
  private var peers = Table<NamedPeer>()
  private var freePeer = none
  private var peersUsed = 0
  private var partials = Table<PartialParts>()
  /// Places of `partials` to be used again.
  private var freePartials = Table<UInt32>()
  /// RPCs, items and blocks in use.
  public private(set) var count = 0
  private var itemsUsed = 0
  var blocksUsed = 0

  /// A store with at most `maximum` RPCs, blocks and four times as many items and id entries.
  init(topics: [Topic], maximum: Int, identity: MessageIdentity = .content, recordBytes: Int = 0) {
    topicNameBytes = topics.map(\.nameBytes)
    identifierBytes = identity.byteCount
    self.recordBytes = recordBytes
    self.maximum = min(maximum, 1 << 29)
    rpcs = Table(capacity: 64)
    items = Table(capacity: 64)
    blocks = Table(capacity: 64)
    sets = HandleSets(maximum: 4 * self.maximum)
  }

  /// Memory held, bytes.
  var storageBytes: Int {
    rpcs.storageBytes + items.storageBytes + blocks.storageBytes + sets.entries.storageBytes
  }

  // MARK: Life

  /// An empty RPC with one reference; nil when the store is full.
  public mutating func create() -> ControlHandle? {
    guard count < maximum else { return nil }
    let empty = RPC(
      references: 1, head: Self.none, tail: Self.none, items: 0, outerBytes: 0, controlBytes: 0,
      subscriptions: 0)
    count += 1
    if freeRPC != Self.none {
      let index = freeRPC
      freeRPC = rpcs[index].head
      rpcs[index] = empty
      return ControlHandle(rawValue: index)
    }
    rpcs.append(empty)
    return ControlHandle(rawValue: UInt32(rpcs.count - 1))
  }

  /// One more holder.
  public mutating func retain(_ handle: ControlHandle) {
    precondition(isLive(handle), "control RPC \(handle.rawValue) is not in use")
    rpcs[handle.rawValue].references += 1
  }

  /// One holder less; the last one frees the RPC and what only it holds.
  public mutating func release(_ handle: ControlHandle) {
    precondition(isLive(handle), "control RPC \(handle.rawValue) is not in use")
    rpcs[handle.rawValue].references -= 1
    guard rpcs[handle.rawValue].references == 0 else { return }
    var index = rpcs[handle.rawValue].head
    while index != Self.none {
      let item = items[index]
      if item.kind.hasIdentifiers { release(block: item.value) }
      if item.kind == .partial { freePartials.append(item.value) }
      var peer = item.peers
      while peer != Self.none {
        let next = peers[peer].next
        peers[peer].next = freePeer
        freePeer = peer
        peersUsed -= 1
        peer = next
      }
      items[index].next = freeItem
      freeItem = index
      itemsUsed -= 1
      index = item.next
    }
    rpcs[handle.rawValue].head = freeRPC
    freeRPC = handle.rawValue
    count -= 1
  }

  public func isLive(_ handle: ControlHandle) -> Bool {
    handle.rawValue < rpcs.count && rpcs[handle.rawValue].references > 0
  }

  // MARK: Reading

  /// Exact protobuf size of the RPC, without the frame's length prefix.
  public func encodedSize(_ handle: ControlHandle) -> Int {
    let rpc = rpcs[handle.rawValue]
    return Int(rpc.outerBytes) + (rpc.controlBytes == 0 ? 0 : WireSize.field(Int(rpc.controlBytes)))
  }

  /// How many items the RPC has.
  public func itemCount(_ handle: ControlHandle) -> Int { Int(rpcs[handle.rawValue].items) }

  /// Length of the embedded ControlMessage, protobuf bytes; zero when the RPC has none.
  public func controlMessageSize(_ handle: ControlHandle) -> Int { Int(rpcs[handle.rawValue].controlBytes) }

  /// Whether it holds anything beside the ControlMessage.
  func hasOuter(_ handle: ControlHandle) -> Bool { rpcs[handle.rawValue].outerBytes > 0 }
  /// Whether it tells what its sender subscribes to.
  public func announces(_ handle: ControlHandle) -> Bool { rpcs[handle.rawValue].subscriptions > 0 }
  func subscriptionCount(_ handle: ControlHandle) -> Int { Int(rpcs[handle.rawValue].subscriptions) }

  /// Kind, topic and number of ids of the RPC's last item; nil when it has no ids.
  @inline(__always)
  func lastIdentifiers(_ handle: ControlHandle) -> (Kind, TopicID, Int)? {
    let tail = rpcs[handle.rawValue].tail
    guard tail != Self.none else { return nil }
    let item = items[tail]
    guard item.kind.hasIdentifiers else { return nil }
    return (item.kind, item.topic, Int(blocks[item.value].count))
  }

  /// The RPC's first item, in the order in which they were appended.
  public func firstItem(_ handle: ControlHandle) -> ControlItemIndex? {
    let head = rpcs[handle.rawValue].head
    return head == Self.none ? nil : ControlItemIndex(rawValue: head)
  }

  public func item(after index: ControlItemIndex) -> ControlItemIndex? {
    let next = items[index.rawValue].next
    return next == Self.none ? nil : ControlItemIndex(rawValue: next)
  }

  public func item(_ index: ControlItemIndex) -> ControlItem {
    let item = items[index.rawValue]
    switch item.kind {
    case .subscribe: return .subscription(item.topic, subscribes: true)
    case .unsubscribe: return .subscription(item.topic, subscribes: false)
    case .graft: return .graft(item.topic)
    case .prune: return .prune(item.topic, backoffSeconds: item.value)
    case .ihave: return .ihave(item.topic, identifiers: Int(blocks[item.value].count))
    case .iwant: return .iwant(identifiers: Int(blocks[item.value].count))
    case .idontwant: return .idontwant(identifiers: Int(blocks[item.value].count))
    case .extensions: return .extensions(ExtensionSet(rawValue: UInt8(truncatingIfNeeded: item.value)))
    case .partial: return .partial(item.topic, partials[item.value])
    }
  }

  /// Whether the sender of a subscription wants parts instead of messages.
  public func requestsPartial(of index: ControlItemIndex) -> Bool {
    let item = items[index.rawValue]
    return item.kind == .subscribe && item.value != 0
  }

  /// The peers that a PRUNE names; empty for others.
  public func peers(of index: ControlItemIndex) -> PeerCursor {
    PeerCursor(entry: items[index.rawValue].peers)
  }

  /// The next named peer, or nil at the end.
  public func next(_ cursor: inout PeerCursor) -> NodeID? {
    guard cursor.entry != Self.none else { return nil }
    let peer = peers[cursor.entry]
    cursor.entry = peer.next
    return NodeID(peer.node)
  }

  /// The ids of an IHAVE or IWANT item; empty for the others. Ids may have gone stale since.
  public func identifiers(of index: ControlItemIndex) -> IdentifierCursor {
    let item = items[index.rawValue]
    guard item.kind.hasIdentifiers else {
      return IdentifierCursor(entry: Self.none, mask: 0)
    }
    let head = blocks[item.value].head
    return IdentifierCursor(entry: head, mask: head == Self.none ? 0 : sets[head].mask)
  }

  /// The next id, or nil at the end.
  public func next(_ cursor: inout IdentifierCursor) -> MessageHandle? {
    while cursor.entry != Self.none {
      if cursor.mask != 0 {
        let bit = UInt32(cursor.mask.trailingZeroBitCount)
        cursor.mask &= cursor.mask &- 1
        return MessageHandle(rawValue: sets[cursor.entry].word &<< 6 | bit)
      }
      cursor.entry = sets[cursor.entry].next
      if cursor.entry != Self.none { cursor.mask = sets[cursor.entry].mask }
    }
    return nil
  }

  // MARK: Building

  /// Appends an item; false when the store is full. IHAVE and IWANT begin without ids (the count is ignored) and get
  /// them by `append(_:to:)`. The RPC has one holder, its builder.
  public mutating func append(_ item: ControlItem, to handle: ControlHandle) -> Bool {
    switch item {
    case .subscription(let topic, let subscribes):
      return add(subscribes ? .subscribe : .unsubscribe, topic, value: 0, to: handle)
    case .graft(let topic):
      return add(.graft, topic, value: 0, to: handle)
    case .prune(let topic, let backoffSeconds):
      return add(.prune, topic, value: backoffSeconds, to: handle)
    case .ihave(let topic, _):
      return startIdentifiers(.ihave, topic, in: handle)
    case .iwant:
      return startIdentifiers(.iwant, TopicID(0), in: handle)
    case .idontwant:
      return startIdentifiers(.idontwant, TopicID(0), in: handle)
    case .extensions(let set):
      return add(.extensions, TopicID(0), value: UInt32(set.rawValue), to: handle)
    case .partial(let topic, let parts):
      return add(topic, parts, to: handle)
    }
  }

  /// Appends a part of a partial message; false when the store is full.
  mutating func add(_ topic: TopicID, _ parts: PartialParts, to handle: ControlHandle) -> Bool {
    let place: UInt32
    if let free = freePartials.popLast() {
      place = free
      partials[place] = parts
    } else {
      guard partials.count < maximum else { return false }
      place = UInt32(partials.count)
      partials.append(parts)
    }
    guard add(.partial, topic, value: place, to: handle) else {
      freePartials.append(place)
      return false
    }
    return true
  }

  /// Names a peer in the RPC's last item, a PRUNE. False when the store is full. The RPC has one holder, its builder.
  public mutating func append(peer node: NodeID, to handle: ControlHandle) -> Bool {
    let index = rpcs[handle.rawValue].tail
    precondition(index != Self.none, "a peer needs an item to be in")
    precondition(items[index].kind == .prune, "only PRUNE names peers")
    guard peersUsed < 4 * maximum else { return false }
    let before = size(items[index])
    let entry = NamedPeer(node: node.rawValue, next: items[index].peers)
    var place = freePeer
    if place != Self.none {
      freePeer = peers[place].next
      peers[place] = entry
    } else {
      place = UInt32(peers.count)
      peers.append(entry)
    }
    peersUsed += 1
    items[index].peers = place
    rpcs[handle.rawValue].controlBytes += UInt32(size(items[index]) - before)
    return true
  }

  private func peerCount(_ item: Item) -> Int {
    var sum = 0
    var index = item.peers
    while index != Self.none {
      sum += 1
      index = peers[index].next
    }
    return sum
  }

  private mutating func startIdentifiers(_ kind: Kind, _ topic: TopicID, in handle: ControlHandle) -> Bool {
    guard let block = createBlock() else { return false }
    let added = add(kind, topic, value: block, to: handle)
    release(block: block)
    return added
  }

  /// Appends an id to the RPC's last item, an IHAVE or IWANT that shares its ids with nobody. False when the store is
  /// full. An id given twice may be held twice, and is then asked for or served twice within the limits.
  public mutating func append(_ identifier: MessageHandle, to handle: ControlHandle) -> Bool {
    let index = rpcs[handle.rawValue].tail
    precondition(index != Self.none, "an id needs an item to be in")
    let item = items[index]
    precondition(item.kind.hasIdentifiers, "only IHAVE, IWANT and IDONTWANT have ids")
    precondition(blocks[item.value].references == 1, "the ids are shared")
    let before = size(item)
    guard insert(identifier, into: item.value) else { return false }
    rpcs[handle.rawValue].controlBytes += UInt32(size(item) - before)
    return true
  }

  /// Appends an item; the value is the backoff in seconds or a block, of which the item becomes a holder.
  mutating func add(_ kind: Kind, _ topic: TopicID, value: UInt32, to handle: ControlHandle) -> Bool {
    precondition(isLive(handle))
    precondition(topic.index < topicNameBytes.count, "control for a topic the router does not know")
    let item = Item(kind: kind, topic: topic, value: value, next: Self.none)
    var index = freeItem
    if index != Self.none {
      freeItem = items[index].next
      items[index] = item
    } else {
      guard itemsUsed < 4 * maximum else { return false }
      index = UInt32(items.count)
      items.append(item)
    }
    itemsUsed += 1
    if kind.hasIdentifiers { blocks[value].references += 1 }
    let tail = rpcs[handle.rawValue].tail
    if tail == Self.none { rpcs[handle.rawValue].head = index } else { items[tail].next = index }
    rpcs[handle.rawValue].tail = index
    rpcs[handle.rawValue].items += 1
    let bytes = UInt32(size(item))
    if kind.isOuter {
      rpcs[handle.rawValue].outerBytes += bytes
      if kind != .partial { rpcs[handle.rawValue].subscriptions += 1 }
    } else {
      rpcs[handle.rawValue].controlBytes += bytes
    }
    return true
  }

  /// Size of an item with its tag and length. For a PRUNE `identifiers` are the peers it names.
  @inline(__always)
  func size(_ kind: Kind, _ topic: TopicID, value: UInt32, identifiers: Int) -> Int {
    let name = topicNameBytes[topic.index]
    switch kind {
    case .subscribe, .unsubscribe:
      return WireSize.subscription(topicNameBytes: name, partial: kind == .subscribe && value != 0)
    case .graft: return WireSize.graft(topicNameBytes: name)
    case .prune:
      return WireSize.prune(
        topicNameBytes: name, backoffSeconds: value, peers: identifiers, recordBytes: recordBytes)
    case .ihave:
      return WireSize.ihave(
        topicNameBytes: name, identifiers: identifiers, identifierBytes: identifierBytes)
    case .iwant, .idontwant:
      return WireSize.iwant(identifiers: identifiers, identifierBytes: identifierBytes)
    case .extensions:
      return WireSize.extensions(ExtensionSet(rawValue: UInt8(truncatingIfNeeded: value)))
    case .partial:
      let parts = partials[value]
      return WireSize.partial(
        topicNameBytes: name, partsBytes: parts.carried.nonzeroBitCount * Int(parts.partBytes))
    }
  }

  func nameBytes(_ topic: TopicID) -> Int { topicNameBytes[topic.index] }

  /// Bytes of one id with its tag and length.
  var identifierSize: Int { WireSize.field(identifierBytes) }

  @inline(__always)
  private func size(_ item: Item) -> Int {
    let count =
      item.kind.hasIdentifiers
      ? Int(blocks[item.value].count) : item.peers == Self.none ? 0 : peerCount(item)
    return size(item.kind, item.topic, value: item.value, identifiers: count)
  }
}
