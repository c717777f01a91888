// What falls due, in order.

public import Basics

/// A queue of items by instant; items of one instant in the order in which they were put in.
public struct Agenda<Item: Sendable>: Sendable {
  struct Entry: Sendable {
    var at: Instant
    var sequence: UInt64
    var item: Item

    func precedes(_ other: Entry) -> Bool { at != other.at ? at < other.at : sequence < other.sequence }
  }
  private var heap: [Entry] = []
  private var sequence: UInt64 = 0

  public init() {}

  public var count: Int { heap.count }
  /// The earliest instant; nil when nothing is due ever.
  public var next: Instant? { heap.first?.at }
  /// Every item, in no particular order.
  public var items: some Sequence<Item> { heap.lazy.map(\.item) }

  /// Puts `item` on the agenda for `instant`, behind those of the same instant. Cost: logarithmic.
  /// Effects: `take` gives it out once its instant has come.
  public mutating func add(_ item: Item, at instant: Instant) {
    heap.append(Entry(at: instant, sequence: sequence, item: item))
    sequence += 1
    var k = heap.count - 1
    while k > 0 {
      let parent = (k - 1) / 2
      if !heap[k].precedes(heap[parent]) { break }
      heap.swapAt(k, parent)
      k = parent
    }
  }

  /// Takes the earliest item due at or before `instant`.
  /// Effects: it is on the agenda no more. Nil changes nothing.
  public mutating func take(dueBy instant: Instant) -> (at: Instant, item: Item)? {
    guard let first = heap.first, first.at <= instant else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      var k = 0
      while true {
        var least = k
        for child in [2 * k + 1, 2 * k + 2] where child < heap.count && heap[child].precedes(heap[least]) {
          least = child
        }
        if least == k { break }
        heap.swapAt(k, least)
        k = least
      }
    }
    return (first.at, first.item)
  }
}
