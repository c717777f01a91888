// The whole events of the open bucket, in order: those whose payload does not fit a key.

import Basics

/// Filled when a bucket opens, then emptied from the front.
struct WholeEvents: ~Copyable {
  private var unordered = Table<Event>()
  private var ordered = Table<Event>()
  private var taken = 0
  private var sorter: BucketSort?

  init() {}

  var isEmpty: Bool { taken == ordered.count }
  /// The smallest event. Requires one.
  var first: Event { ordered[taken] }

  mutating func take() -> Event {
    taken += 1
    return ordered[taken - 1]
  }

  /// Takes the events of a chain and gives its chunks back. Requires that none is left from before, and that their times
  /// agree in all bits but the lowest 21.
  mutating func sort(chain tail: UInt, _ pool: inout ChunkPool) {
    assert(isEmpty)
    var tail = tail
    unordered.removeAll()
    ordered.removeAll()
    taken = 0
    // By time, as keys whose low bits are the place in `unordered`.
    var places: UInt = 0
    while let event = pool.takeEvent(&tail) {
      if places & (ChunkPool.bytes - 1) == 0 { places = pool.extend(places) }
      unsafe ChunkPool.word(places).pointee =
        event.time.nanoseconds << EventQueue.keyShift | UInt64(unordered.count)
      places += 8
      unordered.append(event)
    }
    if sorter == nil { sorter = BucketSort() }
    let (keys, count) = unsafe sorter!.sort(chain: places, top: 64, &pool)
    for k in 0..<count {
      let event = unsafe unordered[Int(keys[k] & (1 << EventQueue.keyShift - 1))]
      ordered.append(event)
    }
    sortTies()
  }

  /// Puts each run of equal times in order of slot and payload.
  private mutating func sortTies() {
    var begin = 0
    while begin < ordered.count {
      var end = begin + 1
      while end < ordered.count && ordered[end].time == ordered[begin].time { end += 1 }
      if end - begin > 1 {
        var run = unsafe UnsafeMutableBufferPointer(start: ordered.unsafeBase + begin, count: end - begin)
        unsafe run.sort()
      }
      begin = end
    }
  }
}
