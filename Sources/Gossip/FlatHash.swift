// A flat hash from 64-bit keys to 32-bit values, for the few sparse relations of the router (who else sent a message
// that is being validated; how often an id was served to a peer). Never walked to decide anything.

internal import Basics

/// Open addressing with linear probing and backward-shift deletion; at most half full. Keys may be anything but
/// `UInt64.max`.
struct FlatHash: ~Copyable {
  private static let empty = UInt64.max
  private var keys: Table<UInt64>
  private var values: Table<UInt32>
  private var mask: Int
  private(set) var count = 0

  init() {
    mask = 63
    keys = Table(repeating: Self.empty, count: 64)
    values = Table(repeating: 0, count: 64)
  }

  private func home(_ key: UInt64) -> Int { Int(truncatingIfNeeded: mix(key)) & mask }

  /// The place of `key`, or nil.
  private func find(_ key: UInt64) -> Int? {
    var k = home(key)
    while true {
      let found = keys[k]
      if found == key { return k }
      if found == Self.empty { return nil }
      k = (k &+ 1) & mask
    }
  }

  subscript(key: UInt64) -> UInt32? {
    guard let k = find(key) else { return nil }
    return values[k]
  }

  /// Sets the value of `key`, adding the key when it is new.
  mutating func set(_ key: UInt64, _ value: UInt32) {
    precondition(key != Self.empty)
    if (count &+ 1) &* 2 > mask { grow() }
    var k = home(key)
    while keys[k] != Self.empty {
      if keys[k] == key {
        values[k] = value
        return
      }
      k = (k &+ 1) & mask
    }
    keys[k] = key
    values[k] = value
    count &+= 1
  }

  /// Takes `key` out and returns its value.
  mutating func remove(_ key: UInt64) -> UInt32? {
    guard var hole = find(key) else { return nil }
    let value = values[hole]
    count &-= 1
    var k = hole
    while true {
      k = (k &+ 1) & mask
      let moved = keys[k]
      if moved == Self.empty { break }
      // An entry may fill the hole when its home is not after the hole, cyclically.
      if (k &- home(moved)) & mask >= (k &- hole) & mask {
        keys[hole] = moved
        values[hole] = values[k]
        hole = k
      }
    }
    keys[hole] = Self.empty
    return value
  }

  private mutating func grow() {
    var larger = FlatHash(capacity: (mask &+ 1) &* 2)
    for k in 0...mask where keys[k] != Self.empty { larger.set(keys[k], values[k]) }
    self = larger
  }

  private init(capacity: Int) {
    mask = capacity &- 1
    keys = Table(repeating: Self.empty, count: capacity)
    values = Table(repeating: 0, count: capacity)
  }

  var storageBytes: Int { keys.storageBytes + values.storageBytes }

  /// How many places there are; for sweeps by their owner.
  var places: Int { mask &+ 1 }

  /// The key at a place, or nil.
  func key(at place: Int) -> UInt64? { keys[place] == Self.empty ? nil : keys[place] }
  func value(at place: Int) -> UInt32 { values[place] }
}
