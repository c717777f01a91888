// What waits for an instant: a 4-ary heap. Equal instants come out in the order in which they went in.

internal import Basics

/// A place of the heap.
struct DueEntry<Element: BitwiseCopyable>: BitwiseCopyable {
  var due: UInt64
  var order: UInt64
  var element: Element

  static func < (a: Self, b: Self) -> Bool { a.due != b.due ? a.due < b.due : a.order < b.order }
}

/// Plain values ordered by due instant, in nanoseconds of the monotonic clock.
struct DueHeap<Element: BitwiseCopyable>: ~Copyable {
  private var entries = Table<DueEntry<Element>>(capacity: 64)
  private var added: UInt64 = 0

  var count: Int { entries.count }

  /// The earliest instant; nil when nothing waits.
  var earliest: UInt64? { entries.count == 0 ? nil : entries[0].due }

  mutating func insert(_ element: Element, due: UInt64) {
    let entry = DueEntry(due: due, order: added, element: element)
    added += 1
    entries.append(entry)
    var hole = entries.count - 1
    while hole > 0 {
      let parent = (hole - 1) / 4
      guard entry < entries[parent] else { break }
      entries[hole] = entries[parent]
      hole = parent
    }
    entries[hole] = entry
  }

  /// Takes out the earliest, when it is due at `now`.
  mutating func popDue(at now: UInt64) -> Element? {
    guard entries.count > 0, entries[0].due <= now else { return nil }
    return popFirst()
  }

  /// Takes out the earliest, due or not.
  mutating func popFirst() -> Element? {
    guard entries.count > 0 else { return nil }
    let first = entries[0].element
    guard let last = entries.popLast() else { return first }
    let count = entries.count
    if count == 0 { return first }
    var hole = 0
    while true {
      let child = hole * 4 + 1
      if child >= count { break }
      var least = child
      for k in child + 1..<max(child + 1, min(child + 4, count)) where entries[k] < entries[least] {
        least = k
      }
      guard entries[least] < last else { break }
      entries[hole] = entries[least]
      hole = least
    }
    entries[hole] = last
    return first
  }
}
