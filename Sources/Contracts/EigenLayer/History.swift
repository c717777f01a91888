// Values by block, as the contracts' Snapshots library keeps them.

/// A value that changed at some blocks. Lookups at any block; writes only at the latest or later blocks.
public struct History<Value: Sendable & Equatable>: Sendable, Equatable {
  struct Entry: Sendable, Equatable {
    var block: BlockNumber
    var value: Value
  }
  let initial: Value
  private(set) var entries: [Entry] = []

  init(_ initial: Value) { self.initial = initial }

  /// The newest value.
  var latest: Value { entries.last?.value ?? initial }

  /// Sets the value from `block` on; a second write in a block replaces the first.
  mutating func push(_ value: Value, at block: BlockNumber) {
    if let last = entries.last {
      precondition(last.block <= block, "history is written backwards")
      if last.block == block {
        entries[entries.count - 1].value = value
        return
      }
    }
    entries.append(Entry(block: block, value: value))
  }

  /// The value in force at the end of `block`. Cost: logarithmic in the number of changes.
  func value(at block: BlockNumber) -> Value {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].block <= block { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? initial : entries[low - 1].value
  }
}
