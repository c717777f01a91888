// Which messages of a node are inside their near-first window (P3), and which peers were counted for each: a small table a
// node, addressed by the message's number. It starts with eight places and grows while messages inside their windows
// collide, up to `deliveryRecordsMaximum`; then the older of two is given up and counted.
//
// Only messages that were accepted are here, and only for the window: a copy after it finds nothing and counts nothing.

internal import Basics

extension RouterState {
  // A record is a word with the message, marked as there, and the end of its window, then a bit for each link of the
  // node. Ends are kept in units of 2^16 ns, modulo 281 s: a window is up to 66 microseconds longer than it is said to
  // be, and a copy that comes a multiple of 281 s late would count.

  @inline(__always) private func recordStride(_ node: Int) -> Int { 1 &+ wordCount(node) }

  @inline(__always)
  private static func mark(_ message: MessageHandle) -> UInt32 { message.rawValue | 1 &<< 31 }

  @inline(__always)
  private static func units(_ instant: Instant) -> UInt32 {
    UInt32(truncatingIfNeeded: instant.nanoseconds &>> 16)
  }

  /// Whether the window of a record is open.
  @inline(__always)
  private static func isOpen(_ record: UInt64, _ now: UInt32) -> Bool {
    Int32(bitPattern: UInt32(truncatingIfNeeded: record &>> 32) &- now) >= 0
  }

  @inline(__always)
  private func recordPlace(_ message: MessageHandle, _ node: Int) -> Int {
    let own = scores.nodes[node]
    return Int(own.records) &+ Int(message.rawValue & own.recordMask) &* recordStride(node)
  }

  /// Opens the window of a message and returns the place of its record.
  mutating func openRecord(
    _ message: MessageHandle, _ node: Int, until end: Instant, at instant: Instant
  ) -> Int {
    if scores.nodes[node].records == Self.none { takeRecords(node, places: 8) }
    let now = Self.units(instant)
    var place = recordPlace(message, node)
    while scores.records[place] != 0, Self.isOpen(scores.records[place], now) {
      guard Int(scores.nodes[node].recordMask) &+ 1 < parameters.deliveryRecordsMaximum else {
        counters.deliveryRecordsEvicted &+= 1
        break
      }
      growRecords(node, now)
      place = recordPlace(message, node)
    }
    scores.records[place] = UInt64(Self.mark(message)) | UInt64(Self.units(end)) &<< 32
    for k in 1..<recordStride(node) { scores.records[place &+ k] = 0 }
    return place
  }

  /// Notes that the peer was counted, or needs not be.
  @inline(__always)
  mutating func note(_ local: UInt32, in record: Int) {
    scores.records[record &+ 1 &+ Int(local &>> 6)] |= Self.bit(local)
  }

  /// Whether a copy from the peer is the first near-first one of the message.
  @inline(__always)
  mutating func takesNearFirst(
    _ message: MessageHandle, _ node: Int, _ local: UInt32, at instant: Instant
  ) -> Bool {
    guard scores.nodes[node].records != Self.none else { return false }
    let place = recordPlace(message, node)
    let record = scores.records[place]
    guard UInt32(truncatingIfNeeded: record) == Self.mark(message), Self.isOpen(record, Self.units(instant))
    else { return false }
    let word = place &+ 1 &+ Int(local &>> 6)
    let bit = Self.bit(local)
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
    if recordStride(node) == 2, start != Self.none {
      scores.freeRecords[size] = UInt32(truncatingIfNeeded: scores.records[start])
      scores.records.fill(Int(start)..<Int(start) + words, with: 0)
    } else {
      start = UInt32(scores.records.count)
      ScoreState.extend(&scores.records, by: words, with: 0)
    }
    scores.nodes[node].records = start
    scores.nodes[node].recordMask = UInt32(places - 1)
  }

  /// Twice the places; records whose window is over are left behind.
  private mutating func growRecords(_ node: Int, _ now: UInt32) {
    let stride = recordStride(node)
    let old = Int(scores.nodes[node].records)
    let places = Int(scores.nodes[node].recordMask) + 1
    takeRecords(node, places: 2 * places)
    for k in 0..<places {
      let from = old + k * stride
      guard scores.records[from] != 0, Self.isOpen(scores.records[from], now) else { continue }
      let message = MessageHandle(
        rawValue: UInt32(truncatingIfNeeded: scores.records[from]) & MessageHandle.mask)
      let to = recordPlace(message, node)
      for word in 0..<stride { scores.records[to + word] = scores.records[from + word] }
    }
    // Blocks of wider nodes are not used again: there are few.
    guard stride == 2 else { return }
    let size = places.trailingZeroBitCount
    scores.records[old] = UInt64(scores.freeRecords[size])
    scores.freeRecords[size] = UInt32(old)
  }
}
