// Which messages of a node are inside their near-first window (P3), and which peers were counted for each.
//
// Of 64 messages in a row one is noted beside what the node has seen of them, in the cache line that every copy needs: the one
// whose window opened last while no other was open. When windows overlap, the others go to a small table a node, addressed by the
// message's number. It starts with eight places and grows while messages inside their windows collide, up to
// `deliveryRecordsMaximum`; then the older of two is given up and counted.
//
// Only messages that were accepted are here, and only for the window: a copy after it finds nothing and counts nothing.

internal import Basics

/// A window noted in the fourth word of a message's line, for nodes of up to 32 links. From the low end: a bit that is always
/// set; in 6 bits the message among the word's 64; in 25 bits the window's end, in units of 2^16 ns and modulo 36 minutes; in
/// 32 bits the links that were counted.
enum LineWindow {
  @inline(__always)
  static func word(_ message: MessageHandle, end: UInt32) -> UInt64 {
    UInt64(end &<< 7 | (message.rawValue & 63) &<< 1 | 1)
  }

  /// Whether the word notes the message's window, given that it is of the message's line.
  @inline(__always)
  static func isOf(_ message: MessageHandle, _ word: UInt64) -> Bool {
    UInt32(truncatingIfNeeded: word) & 0x7F == (message.rawValue & 63) &<< 1 | 1
  }

  @inline(__always)
  static func isOpen(_ word: UInt64, _ now: UInt32) -> Bool {
    Int32(bitPattern: (UInt32(truncatingIfNeeded: word) &>> 7 &- now) &<< 7) >= 0
  }

  /// The message among the word's 64, as a bit.
  @inline(__always)
  static func bit(_ word: UInt64) -> UInt64 { 1 &<< (word &>> 1 & 63) }
}

extension RouterState {
  /// Where it is noted who was counted for a message.
  enum Record {
    case line(Int)
    case table(Int)
  }

  // A record of a node with up to 32 links is one word: which links were counted in its high half, the head in its low
  // half. Other nodes have the head in one word and the links in the following ones.
  //
  // The head: in 21 bits the end of the window, in units of 2^16 ns and modulo 137 s; in 10 bits the message's number beyond
  // its place; and one bit that is always set. So a window is up to 66 microseconds longer than it is said to be; and a
  // copy finds the record of another message only when the own record was given up and the numbers are 8,192 or more apart.

  @inline(__always) private func recordStride(_ node: Int) -> Int {
    let links = offsets[node &+ 1] &- offsets[node]
    return links <= 32 ? 1 : 1 &+ wordCount(node)
  }

  @inline(__always)
  private static func mark(_ message: MessageHandle, _ placeMask: UInt32) -> UInt32 {
    let beyond = message.rawValue &>> UInt32(truncatingIfNeeded: placeMask.nonzeroBitCount)
    return (beyond & 0x3FF) &<< 1 | 1
  }

  @inline(__always)
  static func units(_ instant: Instant) -> UInt32 {
    UInt32(truncatingIfNeeded: instant.nanoseconds &>> 16)
  }

  @inline(__always)
  private static func head(_ mark: UInt32, _ end: UInt32) -> UInt64 { UInt64(end &<< 11 | mark) }

  /// Whether the window of a record is open.
  @inline(__always)
  private static func isOpen(_ record: UInt64, _ now: UInt32) -> Bool {
    Int32(bitPattern: (UInt32(truncatingIfNeeded: record) &>> 11 &- now) &<< 11) >= 0
  }

  @inline(__always)
  private func recordPlace(_ message: MessageHandle, _ node: Int) -> Int {
    let own = scores.nodes[node]
    return Int(own.records) &+ Int(message.rawValue & own.recordMask) &* recordStride(node)
  }

  /// Gives every node of up to 32 links its first eight places, a cache line by the node's number.
  mutating func placeRecords() {
    scores.records = Table(repeating: 0, count: nodeCount * 8)
    for node in 0..<nodeCount where recordStride(node) == 1 {
      scores.nodes[node].records = UInt32(node * 8)
      scores.nodes[node].recordMask = 7
    }
  }

  /// Opens the window of a message whose line is there, and returns its record.
  @inline(__always)
  mutating func openRecord(
    _ message: MessageHandle, _ line: Int, _ node: Int, until end: Instant, at instant: Instant
  ) -> Record {
    let now = Self.units(instant)
    if recordStride(node) == 1 {
      let held = messages.lines[line &+ 3]
      if held == 0 || !LineWindow.isOpen(held, now) {
        // What still comes of the message that was noted here is late.
        if held != 0 { messages.lines[line &+ 2] &= ~LineWindow.bit(held) }
        messages.lines[line &+ 3] = LineWindow.word(message, end: Self.units(end))
        return .line(line &+ 3)
      }
    }
    return .table(openTableRecord(message, node, until: end, now))
  }

  @inline(never)
  private mutating func openTableRecord(
    _ message: MessageHandle, _ node: Int, until end: Instant, _ now: UInt32
  ) -> Int {
    if scores.nodes[node].records == Self.none { takeRecords(node, places: 8) }
    var place = recordPlace(message, node)
    if _slowPath(scores.records[place] != 0 && Self.isOpen(scores.records[place], now)) {
      place = makeRoom(message, node, now, window: Self.units(end) &- now)
    }
    let mark = Self.mark(message, scores.nodes[node].recordMask)
    scores.records[place] = Self.head(mark, Self.units(end))
    for k in 1..<recordStride(node) { scores.records[place &+ k] = 0 }
    return place
  }

  /// Grows the node's table until the message's place is free, or gives up the record there. It grows to what the window
  /// will hold at the pace of the messages since the record that is in the way: blocks given up on the way would stay.
  @inline(never)
  private mutating func makeRoom(
    _ message: MessageHandle, _ node: Int, _ now: UInt32, window: UInt32
  ) -> Int {
    var place = recordPlace(message, node)
    while scores.records[place] != 0, Self.isOpen(scores.records[place], now) {
      let places = Int(scores.nodes[node].recordMask) &+ 1
      guard places < parameters.deliveryRecordsMaximum else {
        counters.deliveryRecordsEvicted &+= 1
        break
      }
      let record = scores.records[place]
      let other = Self.number(
        of: record, at: Int(message.rawValue) & (places &- 1), of: places, near: message)
      let between = (message.rawValue &- other.rawValue) & MessageHandle.mask
      let left = (UInt32(truncatingIfNeeded: record) &>> 11 &- now) & 0x1F_FFFF
      let age = window > left ? window &- left : 1
      var wanted = 2 &* places
      if between < 1 << 20 {
        let pace = Int(between) &* Int(window) / Int(age)
        while wanted < min(pace, parameters.deliveryRecordsMaximum) { wanted &*= 2 }
      }
      growRecords(node, now, near: message, places: min(wanted, parameters.deliveryRecordsMaximum))
      place = recordPlace(message, node)
    }
    return place
  }

  /// The message of a record. Place and mark are its number but for the highest bits, and those are the present message's,
  /// or next to them.
  private static func number(
    of record: UInt64, at place: Int, of places: Int, near message: MessageHandle
  ) -> MessageHandle {
    let mark = UInt32(truncatingIfNeeded: record) >> 1 & 0x3FF
    let known = mark &* UInt32(places) &+ UInt32(place)
    let free = UInt32(max(0, 32 - 10 - places.trailingZeroBitCount))
    let distance = Int32(bitPattern: (known &- message.rawValue) << free) >> Int32(free)
    return MessageHandle(rawValue: (message.rawValue &+ UInt32(bitPattern: distance)) & MessageHandle.mask)
  }

  /// Notes that the peer was counted, or needs not be.
  @inline(__always)
  mutating func note(_ local: UInt32, in record: Record, _ node: Int) {
    switch record {
    case .line(let place): messages.lines[place] |= Self.bit(local &+ 32)
    case .table(let place):
      if recordStride(node) == 1 {
        scores.records[place] |= Self.bit(local &+ 32)
      } else {
        scores.records[place &+ 1 &+ Int(local &>> 6)] |= Self.bit(local)
      }
    }
  }

  /// The message's record, if its window is open.
  @inline(__always)
  func openedRecord(_ message: MessageHandle, _ line: Int, _ node: Int, at instant: Instant) -> Record? {
    let held = messages.lines[line &+ 3]
    if LineWindow.isOf(message, held) {
      return LineWindow.isOpen(held, Self.units(instant)) ? .line(line &+ 3) : nil
    }
    guard scores.nodes[node].records != Self.none else { return nil }
    let place = recordPlace(message, node)
    let record = scores.records[place]
    let mark = Self.mark(message, scores.nodes[node].recordMask)
    guard UInt32(truncatingIfNeeded: record) & 0x7FF == mark, Self.isOpen(record, Self.units(instant))
    else { return nil }
    return .table(place)
  }

  /// Whether the peer was not counted yet; it is now.
  @inline(__always)
  mutating func takes(_ local: UInt32, in record: Record, _ node: Int) -> Bool {
    let place: Int
    switch record {
    case .line(let word):
      let bit = Self.bit(local &+ 32)
      guard messages.lines[word] & bit == 0 else { return false }
      messages.lines[word] |= bit
      return true
    case .table(let found): place = found
    }
    let isNarrow = recordStride(node) == 1
    let word = isNarrow ? place : place &+ 1 &+ Int(local &>> 6)
    let bit = Self.bit(isNarrow ? local &+ 32 : local)
    guard scores.records[word] & bit == 0 else { return false }
    scores.records[word] |= bit
    return true
  }

  /// Forgets the node's records; the places stay.
  mutating func forgetRecords(_ node: Int) {
    guard scores.isOn, scores.nodes[node].records != Self.none else { return }
    let start = Int(scores.nodes[node].records)
    let words = (Int(scores.nodes[node].recordMask) + 1) * recordStride(node)
    scores.records.fill(start..<start + words, with: 0)
  }

  /// Gives the node new, empty places: a block that another node has outgrown, or the end of the table.
  private mutating func takeRecords(_ node: Int, places: Int) {
    let words = places * recordStride(node)
    let size = places.trailingZeroBitCount
    var start = scores.freeRecords[size]
    if recordStride(node) == 1, start != Self.none {
      scores.freeRecords[size] = UInt32(truncatingIfNeeded: scores.records[start])
      scores.records.fill(Int(start)..<Int(start) + words, with: 0)
    } else {
      start = UInt32(scores.records.count)
      ScoreState.extend(&scores.records, by: words, with: 0)
    }
    scores.nodes[node].records = start
    scores.nodes[node].recordMask = UInt32(places - 1)
  }

  /// More places; records whose window is over are left behind.
  private mutating func growRecords(
    _ node: Int, _ now: UInt32, near message: MessageHandle, places more: Int
  ) {
    let stride = recordStride(node)
    let old = Int(scores.nodes[node].records)
    let places = Int(scores.nodes[node].recordMask) + 1
    takeRecords(node, places: more)
    for k in 0..<places {
      let from = old + k * stride
      let record = scores.records[from]
      guard record != 0, Self.isOpen(record, now) else { continue }
      let other = Self.number(of: record, at: k, of: places, near: message)
      let to = recordPlace(other, node)
      for word in 0..<stride { scores.records[to + word] = scores.records[from + word] }
      let head = UInt64(Self.mark(other, scores.nodes[node].recordMask))
      scores.records[to] = scores.records[to] & ~0x7FF | head
    }
    // Blocks of wider nodes are not used again: there are few.
    guard stride == 1 else { return }
    let size = places.trailingZeroBitCount
    scores.records[old] = UInt64(scores.freeRecords[size])
    scores.freeRecords[size] = UInt32(old)
  }
}
