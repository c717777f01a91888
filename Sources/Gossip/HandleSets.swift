// Sets of message handles as short lists of 64-bit masks. Handles are sequential, so the messages of a few seconds
// share few words: a set of a thousand ids is some twenty entries, and testing a whole IHAVE against what a node has
// seen is twenty word operations. The message cache and the control store each own one slab of entries.

internal import Basics

/// A slab of mask entries with a free list. A set is the index of its first entry, `none` when empty.
struct HandleSets: ~Copyable {
  /// Up to 64 handles: bit k of `mask` is handle `64 word + k`.
  struct Entry: BitwiseCopyable {
    var mask: UInt64
    var word: UInt32
    var next: UInt32
  }

  static let none = UInt32.max
  /// How far an insertion looks for its word: messages of one moment touch a handful of words.
  private static let reach = 4

  private(set) var entries: Table<Entry>
  private var free = none
  let maximum: Int

  /// An empty slab that never holds more than `maximum` entries.
  init(maximum: Int) {
    self.maximum = min(maximum, Int(UInt32.max) - 1)
    entries = Table(capacity: 64)
  }

  subscript(index: UInt32) -> Entry { entries[index] }

  /// Adds a whole entry before `head`; false when the slab is full.
  mutating func add(mask: UInt64, word: UInt32, to head: inout UInt32) -> Bool {
    let entry = Entry(mask: mask, word: word, next: head)
    if free != Self.none {
      let index = free
      free = entries[index].next
      entries[index] = entry
      head = index
      return true
    }
    guard entries.count < maximum else { return false }
    head = UInt32(truncatingIfNeeded: entries.count)
    entries.append(entry)
    return true
  }

  enum Insertion { case added, present, full }

  /// Adds one handle. Looks for it in the few entries at the front only: a set that is given the same handle twice may
  /// hold it twice.
  mutating func insert(_ handle: MessageHandle, into head: inout UInt32) -> Insertion {
    let word = handle.rawValue &>> 6
    let bit: UInt64 = 1 &<< UInt64(handle.rawValue & 63)
    var index = head
    var left = Self.reach
    while index != Self.none, left > 0 {
      if entries[index].word == word {
        if entries[index].mask & bit != 0 { return .present }
        entries[index].mask |= bit
        return .added
      }
      index = entries[index].next
      left &-= 1
    }
    return add(mask: bit, word: word, to: &head) ? .added : .full
  }

  func count(_ head: UInt32) -> Int {
    var sum = 0
    var index = head
    while index != Self.none {
      sum &+= entries[index].mask.nonzeroBitCount
      index = entries[index].next
    }
    return sum
  }

  /// Gives the set's entries back.
  mutating func release(_ head: UInt32) {
    var index = head
    while index != Self.none {
      let next = entries[index].next
      entries[index].next = free
      free = index
      index = next
    }
  }
}
