// Every message of the population once, and what each node did with it: the seen cache of all nodes in two bits a
// node and message.
//
// Rows are given out in sequence and recycled first in, first out in segments of 256, when the youngest message of
// the oldest segment is older than the seen TTL, or when the table reaches its bound (counted). A handle whose row was
// recycled is *stale* and recognised as such.
//
// With scoring a third bit says that copies which come later may still move a score: the message's near-first window is open
// (P3), or the node rejected the message (P4). It lies beside the other two, so that of ten duplicates nine are done with
// after the one cache line that every copy needs; and so does the window that was opened last (`LineWindow`).
//
// Departure from the specification: a copy that arrives after the seen TTL is dropped as stale, where other
// implementations would deliver the message a second time.

public import Basics

/// What a node did with a message so far.
@frozen public enum Phase: UInt8, Sendable {
  /// Not heard of, but perhaps in somebody's IHAVE.
  case unseen
  /// Received, being validated.
  case pending
  /// Accepted, and in the message cache.
  case cached
  /// Settled, and not or no longer in the message cache.
  case done
}

/// The messages of one router's population.
public struct MessageTable: ~Copyable {
  /// What is known of a message.
  @frozen public struct Message: BitwiseCopyable, Sendable {
    /// The application's word: what this message is to it.
    public var tag: UInt64
    /// The node that published it, or `MessageTable.unknownOrigin`.
    public var origin: NodeID
    /// Length of the data, bytes.
    public var dataBytes: UInt32
    /// Length of an RPC that carries it, protobuf bytes.
    public var wireBytes: UInt32
    public var topic: TopicID
    /// What it shows of its author.
    public var authorship: Authorship
    /// Bit 0: a placeholder. Bit 1: some node rejected it.
    var flags: UInt8
    /// Announced by a peer, its data not received yet.
    public var isPlaceholder: Bool { flags & 1 != 0 }
    var wasRejected: Bool { flags & 2 != 0 }
  }

  /// The origin of messages that do not tell it (StrictNoSign).
  public static let unknownOrigin = NodeID(UInt32.max)

  static let segmentBits: UInt32 = 8
  static let segmentSize = 256
  /// Words of handles in a segment.
  private static let segmentWords: UInt32 = 4
  /// Bit planes side by side for each word of handles, as a shift: two; or with scoring three and a `LineWindow`.
  private let planeShift: Int
  /// Words of one node's line in a segment.
  private let lineWords: Int

  let nodes: Int
  let life: TimeSpan
  let segmentsMaximum: Int
  let placeholdersMaximum: Int
  private let topicNameBytes: [Int]
  /// What messages show of their author when `register` is not told.
  private let usualAuthorship: Authorship

  private var rows: Table<Message>
  /// Bit planes, by segment, node, word of handles, plane. (first, second) is (0, 0) unseen, (0, 1) pending, (1, 1) cached,
  /// (1, 0) done; third: late copies matter. The fourth word is no plane but a `LineWindow`.
  var lines: Table<UInt64>
  /// By segment: when its youngest message was registered, nanoseconds.
  private var youngest: Table<UInt64>
  /// Places in the ring of segments, a power of two.
  private var segments: Int
  private var first: UInt32 = 0
  private var next: UInt32 = 0
  /// Empty and unused when contents are not indexed.
  private var contents: ContentIndex
  private let indexesContents: Bool
  private var placeholders = 0
  /// Messages recycled before their time.
  private(set) var evicted: UInt64 = 0

  init(
    nodes: Int, topics: [Topic], life: TimeSpan, bytesMaximum: Int, placeholdersMaximum: Int,
    indexesContents: Bool, seed: UInt64, usualAuthorship: Authorship = .absent, marksLate: Bool = false
  ) {
    self.nodes = nodes
    planeShift = marksLate ? 2 : 1
    lineWords = Int(Self.segmentWords) << planeShift
    self.usualAuthorship = usualAuthorship
    self.life = life
    self.placeholdersMaximum = placeholdersMaximum
    topicNameBytes = topics.map(\.nameBytes)
    let segmentBytes = max(nodes, 1) * lineWords * 8 + Self.segmentSize * MemoryLayout<Message>.stride
    var ring = 2
    while ring * 2 * segmentBytes <= bytesMaximum, ring * 2 <= 1 << 20 { ring *= 2 }
    segmentsMaximum = ring
    segments = min(4, ring)
    let none = Message(
      tag: 0, origin: Self.unknownOrigin, dataBytes: 0, wireBytes: 0, topic: TopicID(0),
      authorship: .absent, flags: 0)
    rows = Table(repeating: none, count: segments * Self.segmentSize)
    lines = Table(repeating: 0, count: segments * nodes * lineWords)
    youngest = Table(repeating: 0, count: segments)
    self.indexesContents = indexesContents
    contents = ContentIndex(capacity: indexesContents ? segments * Self.segmentSize : 1, seed: seed)
  }

  // MARK: Registering

  /// Gives the message a handle. Origin is a node of the population, or `unknownOrigin`. Authorship is what the signing
  /// policy's own messages show, unless told.
  /// Cost: constant but for one line a node every 256 messages.
  public mutating func register(
    topic: TopicID, dataBytes: Int, origin: NodeID = unknownOrigin, tag: UInt64 = 0,
    authorship: Authorship? = nil, at instant: Instant
  ) -> MessageHandle {
    let handle = allocate(at: instant)
    rows[row(handle)] = describe(
      topic: topic, dataBytes: dataBytes, origin: origin, tag: tag, authorship: authorship ?? usualAuthorship)
    return handle
  }

  /// Gives the message with this content a handle, or finds the one it has. A message that was only announced so far
  /// gets its facts. Requires the content index.
  public mutating func register(
    _ content: ContentID, topic: TopicID, dataBytes: Int, origin: NodeID = unknownOrigin, tag: UInt64 = 0,
    authorship: Authorship? = nil, at instant: Instant
  ) -> MessageHandle {
    if let known = handle(of: content) {
      if rows[row(known)].isPlaceholder {
        placeholders -= 1
        rows[row(known)] = describe(
          topic: topic, dataBytes: dataBytes, origin: origin, tag: tag,
          authorship: authorship ?? usualAuthorship)
      }
      return known
    }
    let handle = register(
      topic: topic, dataBytes: dataBytes, origin: origin, tag: tag, authorship: authorship, at: instant)
    contents.insert(content, handle, row: row(handle), rowMask: rowMask)
    return handle
  }

  /// The handle of a content that a peer announced: known, or a placeholder. Nil when no more placeholders are
  /// allowed. Requires the content index.
  public mutating func announce(_ content: ContentID, topic: TopicID, at instant: Instant) -> MessageHandle? {
    if let known = handle(of: content) { return known }
    guard placeholders < placeholdersMaximum else { return nil }
    let handle = register(content, topic: topic, dataBytes: 0, at: instant)
    rows[row(handle)].flags |= 1
    placeholders += 1
    return handle
  }

  /// For tests: the next handle of an empty table, at a segment's start.
  mutating func skip(to handle: UInt32) {
    precondition(count == 0)
    precondition(handle & UInt32(Self.segmentSize - 1) == 0)
    (first, next) = (handle, handle)
  }

  private func describe(
    topic: TopicID, dataBytes: Int, origin: NodeID, tag: UInt64, authorship: Authorship
  ) -> Message {
    precondition(topic.index < topicNameBytes.count, "message for a topic the router does not know")
    precondition(dataBytes >= 0)
    precondition(dataBytes < 1 << 30)
    let wire = WireSize.publish(
      dataBytes: dataBytes, topicNameBytes: topicNameBytes[topic.index], authorship: authorship)
    return Message(
      tag: tag, origin: origin, dataBytes: UInt32(dataBytes), wireBytes: UInt32(wire), topic: topic,
      authorship: authorship, flags: 0)
  }

  private mutating func allocate(at instant: Instant) -> MessageHandle {
    if next & UInt32(Self.segmentSize - 1) == 0 { openSegment(at: instant) }
    let handle = MessageHandle(rawValue: next)
    youngest[Int(next >> Self.segmentBits) & (segments - 1)] = instant.nanoseconds
    next = (next &+ 1) & MessageHandle.mask
    return handle
  }

  private mutating func openSegment(at instant: Instant) {
    retire(before: instant)
    if liveSegments == segments {
      if segments < segmentsMaximum { grow() } else { retireOldest(tooEarly: true) }
    }
    let place = Int(next >> Self.segmentBits) & (segments - 1)
    let width = nodes * lineWords
    lines.fill(place * width..<(place + 1) * width, with: 0)
  }

  private var liveSegments: Int { Int((next &- first) & MessageHandle.mask) / Self.segmentSize }

  /// Recycles what is older than the seen TTL. Called by every 256th registration; calling it earlier is harmless.
  public mutating func retire(before instant: Instant) {
    while liveSegments > 0 {
      let oldest = youngest[Int(first >> Self.segmentBits) & (segments - 1)]
      guard Instant(nanoseconds: oldest) + life <= instant else { return }
      retireOldest(tooEarly: false)
    }
  }

  private mutating func retireOldest(tooEarly: Bool) {
    for k in 0..<UInt32(Self.segmentSize) {
      let handle = MessageHandle(rawValue: first &+ k)
      let row = row(handle)
      if rows[row].isPlaceholder {
        placeholders -= 1
        rows[row].flags &= ~1
      }
      if indexesContents { contents.remove(row: row, rowMask: rowMask) }
    }
    if tooEarly { evicted += UInt64(Self.segmentSize) }
    first = (first &+ UInt32(Self.segmentSize)) & MessageHandle.mask
  }

  private mutating func grow() {
    let none = rows[0]
    let width = nodes * lineWords
    let larger = segments * 2
    var newRows = Table(repeating: none, count: larger * Self.segmentSize)
    var newLines = Table<UInt64>(repeating: 0, count: larger * width)
    let newYoungest = Table<UInt64>(repeating: 0, count: larger)
    var segment = first >> Self.segmentBits
    for _ in 0..<liveSegments {
      let from = Int(segment) & (segments - 1)
      let to = Int(segment) & (larger - 1)
      newRows.replace(
        from: to * Self.segmentSize, with: rows, from * Self.segmentSize..<(from + 1) * Self.segmentSize)
      newLines.replace(from: to * width, with: lines, from * width..<(from + 1) * width)
      newYoungest[to] = youngest[from]
      segment = (segment &+ 1) & (MessageHandle.mask >> Self.segmentBits)
    }
    let (old, start, count) = (segments * Self.segmentSize, first, (next &- first) & MessageHandle.mask)
    if indexesContents {
      contents.grow(from: old, to: larger * Self.segmentSize, first: start, count: count)
    }
    rows = newRows
    lines = newLines
    youngest = newYoungest
    segments = larger
  }

  // MARK: Looking up

  private var rowMask: Int { segments &* Self.segmentSize &- 1 }

  /// The row of a live message, below `rowCapacity`. Rows move only when the table grows.
  func row(_ handle: MessageHandle) -> Int { Int(handle.rawValue) & rowMask }

  /// Memory held, bytes.
  var storageBytes: Int {
    rows.storageBytes + lines.storageBytes + youngest.storageBytes + contents.storageBytes
  }

  /// Messages that are not recycled yet.
  public var count: Int { Int((next &- first) & MessageHandle.mask) }

  /// Whether the handle names a registered message that was not recycled.
  @inline(__always)
  public func isLive(_ handle: MessageHandle) -> Bool {
    (handle.rawValue &- first) & MessageHandle.mask < (next &- first) & MessageHandle.mask
      && handle.rawValue <= MessageHandle.mask
  }

  /// The facts of a live message.
  public subscript(handle: MessageHandle) -> Message {
    precondition(isLive(handle), "stale message handle \(handle.rawValue)")
    return rows[row(handle)]
  }

  @inline(__always)
  func fact(_ handle: MessageHandle) -> Message { rows[row(handle)] }

  /// Remembers that some node rejected a live message.
  mutating func noteRejected(_ handle: MessageHandle) { rows[row(handle)].flags |= 2 }

  /// The live message with this content. Requires the content index.
  public func handle(of content: ContentID) -> MessageHandle? {
    precondition(indexesContents, "the router was made without a content index")
    return contents.find(content, rowMask: rowMask)
  }

  /// The content of a live message. Requires the content index.
  public func content(of handle: MessageHandle) -> ContentID {
    precondition(isLive(handle))
    precondition(indexesContents, "the router was made without a content index")
    return contents.content(row: row(handle))
  }

  /// Exact size of an RPC with this one message (StrictNoSign), protobuf bytes.
  public func encodedSize(of handle: MessageHandle) -> Int { Int(self[handle].wireBytes) }

  // MARK: Phases

  /// Where the first plane's word of a message and node lies; the other planes' follow.
  @inline(__always)
  func place(_ handle: MessageHandle, _ node: Int) -> Int { place(word: handle.rawValue &>> 6, node) }

  @inline(__always)
  func place(word: UInt32, _ node: Int) -> Int {
    let segment = Int(truncatingIfNeeded: word &>> 2) & (segments &- 1)
    let line = (segment &* nodes &+ node) &* Int(Self.segmentWords)
    return (line &+ Int(truncatingIfNeeded: word & (Self.segmentWords &- 1))) &<< planeShift
  }

  @inline(__always)
  static func bit(_ handle: MessageHandle) -> UInt64 { 1 &<< UInt64(handle.rawValue & 63) }

  /// What `node` did with a live message.
  public func phase(_ handle: MessageHandle, at node: NodeID) -> Phase {
    precondition(isLive(handle))
    let place = place(handle, node.index)
    let bit = Self.bit(handle)
    switch (lines[place] & bit != 0, lines[place &+ 1] & bit != 0) {
    case (false, false): return .unseen
    case (false, true): return .pending
    case (true, true): return .cached
    case (true, false): return .done
    }
  }

  /// Whether all of a word's messages were registered and none recycled, but for the youngest word's open end.
  @inline(__always)
  func isLive(word: UInt32) -> Bool {
    let handle = word &<< 6
    return (handle &- first) & MessageHandle.mask < (next &- first) & MessageHandle.mask
  }

  /// Of `mask`, the messages of a word that `node` has not heard of.
  @inline(__always)
  func unseen(_ mask: UInt64, word: UInt32, at node: Int) -> UInt64 {
    guard isLive(word: word) else { return 0 }
    let place = place(word: word, node)
    return mask & ~(lines[place] | lines[place &+ 1])
  }

  /// Of `mask`, the messages of a word in the cache of `node`.
  @inline(__always)
  func cached(_ mask: UInt64, word: UInt32, at node: Int) -> UInt64 {
    guard isLive(word: word) else { return 0 }
    let place = place(word: word, node)
    return mask & lines[place] & lines[place &+ 1]
  }

  /// Takes the messages of `mask`, cached until now, out of the cache of `node`.
  mutating func uncache(_ mask: UInt64, word: UInt32, at node: Int) {
    guard isLive(word: word) else { return }
    lines[place(word: word, node) &+ 1] &= ~mask
  }

  /// `node` forgets everything it has seen. Cost: one line a live segment.
  mutating func forget(_ node: Int) {
    var word = first >> 6
    for _ in 0..<(count + Self.segmentSize - 1) / Self.segmentSize {
      let start = place(word: word, node)
      lines.fill(start..<start + lineWords, with: 0)
      word = (word &+ Self.segmentWords) & (MessageHandle.mask >> 6)
    }
  }
}
