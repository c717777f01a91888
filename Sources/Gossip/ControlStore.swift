// Control RPCs while they travel. A slab of RPCs, items and id sets with reference counts: one IHAVE's ids are stored
// once for all the peers it goes to, and one subscription announcement is one RPC for all neighbours.
//
// The wire's bytes are made elsewhere, from these readers (`firstItem`, `item`, `item(after:)`, `identifiers`) and
// builders (`create`, `append`); sizes are exact all the time.

internal import Basics

/// One part of a control RPC.
@frozen public enum ControlItem: Hashable, Sendable {
  /// SubOpts: the sender subscribes to or unsubscribes from the topic.
  case subscription(TopicID, subscribes: Bool)
  case graft(TopicID)
  /// Backoff in whole seconds; zero when the sender named none.
  case prune(TopicID, backoffSeconds: UInt32)
  /// The ids are read with `identifiers(of:)`.
  case ihave(TopicID, identifiers: Int)
  case iwant(identifiers: Int)
}

/// Position of an item inside the store.
@frozen public struct ControlItemIndex: Hashable, Sendable, BitwiseCopyable {
  let rawValue: UInt32
}

/// Position inside the ids of an item; advanced by `ControlStore.next`.
@frozen public struct IdentifierCursor: Sendable, BitwiseCopyable {
  var entry: UInt32
  var mask: UInt64
}

/// The control RPCs of one router's population.
public struct ControlStore: ~Copyable {
  enum Kind: UInt8 { case subscribe, unsubscribe, graft, prune, ihave, iwant }

  struct RPC: BitwiseCopyable {
    var references: UInt32
    /// First item, or the next free RPC.
    var head: UInt32
    var tail: UInt32
    var items: UInt32
    var subscriptionBytes: UInt32
    var controlBytes: UInt32
  }

  struct Item: BitwiseCopyable {
    var kind: Kind
    var topic: TopicID
    /// Backoff seconds or block.
    var value: UInt32
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
  private let maximum: Int
  private var rpcs: Table<RPC>
  private var items: Table<Item>
  private var blocks: Table<Block>
  var sets: HandleSets
  private var freeRPC = none
  private var freeItem = none
  private var freeBlock = none
  /// RPCs, items and blocks in use.
  public private(set) var count = 0
  private var itemsUsed = 0
  private var blocksUsed = 0

  /// A store with at most `maximum` RPCs, blocks and four times as many items and id entries.
  init(topics: [Topic], maximum: Int) {
    topicNameBytes = topics.map(\.nameBytes)
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
      references: 1, head: Self.none, tail: Self.none, items: 0, subscriptionBytes: 0, controlBytes: 0)
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
      if item.kind == .ihave || item.kind == .iwant { release(block: item.value) }
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
    return Int(rpc.subscriptionBytes) + (rpc.controlBytes == 0 ? 0 : WireSize.field(Int(rpc.controlBytes)))
  }

  /// How many items the RPC has.
  public func itemCount(_ handle: ControlHandle) -> Int { Int(rpcs[handle.rawValue].items) }

  /// Length of the embedded ControlMessage, protobuf bytes; zero when the RPC has none.
  public func controlMessageSize(_ handle: ControlHandle) -> Int { Int(rpcs[handle.rawValue].controlBytes) }

  func hasSubscriptions(_ handle: ControlHandle) -> Bool { rpcs[handle.rawValue].subscriptionBytes > 0 }

  /// Kind, topic and number of ids of the RPC's last item; nil when it has no ids.
  @inline(__always)
  func lastIdentifiers(_ handle: ControlHandle) -> (Kind, TopicID, Int)? {
    let tail = rpcs[handle.rawValue].tail
    guard tail != Self.none else { return nil }
    let item = items[tail]
    guard item.kind == .ihave || item.kind == .iwant else { return nil }
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
    }
  }

  /// The ids of an IHAVE or IWANT item; empty for the others. Ids may have gone stale since.
  public func identifiers(of index: ControlItemIndex) -> IdentifierCursor {
    let item = items[index.rawValue]
    guard item.kind == .ihave || item.kind == .iwant else {
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
    }
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
    precondition(item.kind == .ihave || item.kind == .iwant, "only IHAVE and IWANT have ids")
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
    if kind == .ihave || kind == .iwant { blocks[value].references += 1 }
    let tail = rpcs[handle.rawValue].tail
    if tail == Self.none { rpcs[handle.rawValue].head = index } else { items[tail].next = index }
    rpcs[handle.rawValue].tail = index
    rpcs[handle.rawValue].items += 1
    let bytes = UInt32(size(item))
    if kind == .subscribe || kind == .unsubscribe {
      rpcs[handle.rawValue].subscriptionBytes += bytes
    } else {
      rpcs[handle.rawValue].controlBytes += bytes
    }
    return true
  }

  /// Size of an item with its tag and length.
  @inline(__always)
  func size(_ kind: Kind, _ topic: TopicID, value: UInt32, identifiers: Int) -> Int {
    let name = topicNameBytes[topic.index]
    switch kind {
    case .subscribe, .unsubscribe: return WireSize.subscription(topicNameBytes: name)
    case .graft: return WireSize.graft(topicNameBytes: name)
    case .prune: return WireSize.prune(topicNameBytes: name, backoffSeconds: value)
    case .ihave: return WireSize.ihave(topicNameBytes: name, identifiers: identifiers)
    case .iwant: return WireSize.iwant(identifiers: identifiers)
    }
  }

  @inline(__always)
  private func size(_ item: Item) -> Int {
    let hasBlock = item.kind == .ihave || item.kind == .iwant
    return size(
      item.kind, item.topic, value: item.value, identifiers: hasBlock ? Int(blocks[item.value].count) : 0)
  }

  // MARK: Blocks of ids

  /// An empty block with one holder; nil when the store is full.
  mutating func createBlock() -> UInt32? {
    guard blocksUsed < maximum else { return nil }
    blocksUsed += 1
    let empty = Block(references: 1, head: Self.none, count: 0)
    if freeBlock != Self.none {
      let index = freeBlock
      freeBlock = blocks[index].head
      blocks[index] = empty
      return index
    }
    blocks.append(empty)
    return UInt32(blocks.count - 1)
  }

  mutating func release(block: UInt32) {
    blocks[block].references -= 1
    guard blocks[block].references == 0 else { return }
    sets.release(blocks[block].head)
    blocks[block].head = freeBlock
    freeBlock = block
    blocksUsed -= 1
  }

  /// Adds the handles of a mask, none of which is in the block.
  mutating func add(mask: UInt64, word: UInt32, toBlock block: UInt32) -> Bool {
    guard sets.add(mask: mask, word: word, to: &blocks[block].head) else { return false }
    blocks[block].count += UInt32(mask.nonzeroBitCount)
    return true
  }

  mutating func insert(_ handle: MessageHandle, into block: UInt32) -> Bool {
    switch sets.insert(handle, into: &blocks[block].head) {
    case .added: blocks[block].count += 1
    case .present: break
    case .full: return false
    }
    return true
  }

  /// A random choice of `wanted` ids of a larger block, as a block of its own in the same order; nil when the store is
  /// full. Selection sampling: one draw an id.
  mutating func sample(_ wanted: Int, ofBlock block: UInt32, _ random: inout RandomStream) -> UInt32? {
    guard let part = createBlock() else { return nil }
    var left = Int(blocks[block].count)
    var missing = wanted
    var index = blocks[block].head
    while index != Self.none, missing > 0 {
      let entry = sets[index]
      var source = entry.mask
      var chosen: UInt64 = 0
      while source != 0 {
        let bit = source & (0 &- source)
        source &= source &- 1
        if random.below(left) < missing {
          chosen |= bit
          missing -= 1
        }
        left -= 1
        if left == 0 { break }
      }
      if chosen != 0, !add(mask: chosen, word: entry.word, toBlock: part) {
        release(block: part)
        return nil
      }
      index = entry.next
    }
    return part
  }

  /// The `k`-th id of a block.
  @inline(__always)
  func identifier(_ k: Int, ofBlock block: UInt32) -> MessageHandle {
    var left = k
    var index = blocks[block].head
    while true {
      var mask = sets[index].mask
      let n = mask.nonzeroBitCount
      if left < n {
        for _ in 0..<left { mask &= mask &- 1 }
        return MessageHandle(rawValue: sets[index].word &<< 6 | UInt32(mask.trailingZeroBitCount))
      }
      left -= n
      index = sets[index].next
    }
  }

  func cursor(ofBlock block: UInt32) -> IdentifierCursor {
    let head = blocks[block].head
    return IdentifierCursor(entry: head, mask: head == Self.none ? 0 : sets[head].mask)
  }

  func identifierCount(ofBlock block: UInt32) -> Int { Int(blocks[block].count) }
  func head(ofBlock block: UInt32) -> UInt32 { blocks[block].head }
  func rawItem(_ index: ControlItemIndex) -> Item { items[index.rawValue] }
}
