// From content ids to handles, for processes that meet messages as bytes. The simulator does not use it.

internal import Basics

/// Open addressing over the rows of the message table; whole ids are compared, and the hash is seeded, so that ids
/// made to collide cost their sender more than us.
struct ContentIndex: ~Copyable {
  private static let empty = UInt32.max
  private let seed: UInt64
  /// By row.
  private var ids: Table<ContentID>
  private var indexed: Table<Bool>
  /// Handles by hash; four places a row.
  private var places: Table<UInt32>
  private var mask: Int

  init(capacity: Int, seed: UInt64) {
    self.seed = mix(seed)
    ids = Table(repeating: ContentID(high: 0, middle: 0, low: 0), count: capacity)
    indexed = Table(repeating: false, count: capacity)
    places = Table(repeating: Self.empty, count: capacity * 4)
    mask = capacity * 4 - 1
  }

  var storageBytes: Int { ids.storageBytes + indexed.storageBytes + places.storageBytes }

  private func home(_ id: ContentID) -> Int {
    Int(truncatingIfNeeded: mix(mix(seed ^ id.high) ^ id.middle ^ UInt64(id.low) << 17)) & mask
  }

  func find(_ id: ContentID, rowMask: Int) -> MessageHandle? {
    var k = home(id)
    while places[k] != Self.empty {
      if ids[Int(places[k]) & rowMask] == id { return MessageHandle(rawValue: places[k]) }
      k = (k + 1) & mask
    }
    return nil
  }

  func content(row: Int) -> ContentID {
    precondition(indexed[row], "the message was registered without its content")
    return ids[row]
  }

  /// Adds an id that is not in the index.
  mutating func insert(_ id: ContentID, _ handle: MessageHandle, row: Int, rowMask: Int) {
    ids[row] = id
    indexed[row] = true
    place(id, handle)
  }

  private mutating func place(_ id: ContentID, _ handle: MessageHandle) {
    var k = home(id)
    while places[k] != Self.empty { k = (k + 1) & mask }
    places[k] = handle.rawValue
  }

  /// Takes out the id of a row; nothing happens when the row has none.
  mutating func remove(row: Int, rowMask: Int) {
    guard indexed[row] else { return }
    indexed[row] = false
    var hole = home(ids[row])
    while Int(places[hole]) & rowMask != row { hole = (hole + 1) & mask }
    var k = hole
    while true {
      k = (k + 1) & mask
      let moved = places[k]
      if moved == Self.empty { break }
      if (k - home(ids[Int(moved) & rowMask])) & mask >= (k - hole) & mask {
        places[hole] = moved
        hole = k
      }
    }
    places[hole] = Self.empty
  }

  /// Follows the message table to a larger ring; `count` messages live from `first` on.
  mutating func grow(from old: Int, to new: Int, first: UInt32, count: UInt32) {
    let newIDs = Table(repeating: ContentID(high: 0, middle: 0, low: 0), count: new)
    let newIndexed = Table(repeating: false, count: new)
    places = Table(repeating: Self.empty, count: new * 4)
    mask = new * 4 - 1
    for k in 0..<count {
      let handle = MessageHandle(rawValue: (first &+ k) & MessageHandle.mask)
      let from = Int(handle.rawValue) & (old - 1)
      guard indexed[from] else { continue }
      let to = Int(handle.rawValue) & (new - 1)
      newIDs[to] = ids[from]
      newIndexed[to] = true
      place(ids[from], handle)
    }
    ids = newIDs
    indexed = newIndexed
  }
}
