// Which messages of a node are inside their near-first window (P3), and which peers were counted for each: a small table a
// node, addressed by the message's number. It starts with eight places and grows while messages inside their windows
// collide, up to `deliveryRecordsMaximum`; then the older of two is given up and counted.
//
// Only messages that were accepted are here, and only for the window: a copy after it finds nothing and counts nothing.

internal import Basics

extension RouterState {
  /// Words of a record: message and mark, end of the window, and a bit for each link of the node.
  @inline(__always) private func recordStride(_ node: Int) -> Int { 2 &+ wordCount(node) }

  private static let recordMark: UInt64 = 1 &<< 32

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
    var place = recordPlace(message, node)
    while scores.records[place] != 0, scores.records[place &+ 1] > instant.nanoseconds {
      guard Int(scores.nodes[node].recordMask) &+ 1 < parameters.deliveryRecordsMaximum else {
        counters.deliveryRecordsEvicted &+= 1
        break
      }
      growRecords(node, at: instant)
      place = recordPlace(message, node)
    }
    scores.records[place] = UInt64(message.rawValue) | Self.recordMark
    scores.records[place &+ 1] = end.nanoseconds
    for k in 2..<recordStride(node) { scores.records[place &+ k] = 0 }
    return place
  }

  /// Notes that the peer was counted, or needs not be.
  @inline(__always)
  mutating func note(_ local: UInt32, in record: Int) {
    scores.records[record &+ 2 &+ Int(local &>> 6)] |= Self.bit(local)
  }

  /// Whether a copy from the peer is the first near-first one of the message.
  @inline(__always)
  mutating func takesNearFirst(
    _ message: MessageHandle, _ node: Int, _ local: UInt32, at instant: Instant
  ) -> Bool {
    guard scores.nodes[node].records != Self.none else { return false }
    let place = recordPlace(message, node)
    guard scores.records[place] == UInt64(message.rawValue) | Self.recordMark,
      instant.nanoseconds <= scores.records[place &+ 1]
    else { return false }
    let word = place &+ 2 &+ Int(local &>> 6)
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

  private mutating func takeRecords(_ node: Int, places: Int) {
    let start = scores.records.count
    scores.records.append(repeating: 0, count: places * recordStride(node))
    scores.nodes[node].records = UInt32(start)
    scores.nodes[node].recordMask = UInt32(places - 1)
  }

  /// Twice the places; records whose window is over are left behind, and so are the old places.
  private mutating func growRecords(_ node: Int, at instant: Instant) {
    let stride = recordStride(node)
    let old = Int(scores.nodes[node].records)
    let places = Int(scores.nodes[node].recordMask) + 1
    takeRecords(node, places: 2 * places)
    for k in 0..<places {
      let from = old + k * stride
      guard scores.records[from] != 0, scores.records[from + 1] > instant.nanoseconds else { continue }
      let message = MessageHandle(rawValue: UInt32(truncatingIfNeeded: scores.records[from]))
      let to = recordPlace(message, node)
      for word in 0..<stride { scores.records[to + word] = scores.records[from + word] }
    }
  }
}
