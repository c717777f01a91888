// Topics' names on the wire and their dense ids.

internal import Basics
public import Gossip

/// The topics of a run, by id. Fixed for its lifetime, so that no peer can make it grow.
public struct TopicNames: Sendable {
  /// UTF-8 of each name, by `TopicID`.
  public let names: [[UInt8]]
  /// Open addressing by a hash of the name; -1 is empty.
  private let places: [Int32]

  /// Requires distinct names, at most 65,535.
  public init(_ names: [String]) {
    precondition(names.count < 1 << 16, "\(names.count) topics")
    precondition(Set(names).count == names.count, "two topics of one name")
    let bytes = names.map { Array($0.utf8) }
    var size = 8
    while size < names.count * 2 + 1 { size *= 2 }
    var places = Array(repeating: Int32(-1), count: size)
    for (index, name) in bytes.enumerated() {
      var place = Self.hash(name.span) & (size - 1)
      while places[place] >= 0 { place = (place + 1) & (size - 1) }
      places[place] = Int32(index)
    }
    self.names = bytes
    self.places = places
  }

  /// As the router wants them.
  public var topics: [Topic] { names.map { Topic(nameBytes: $0.count) } }

  /// The topic of this name. Cost: linear in the name.
  public func id(_ name: Span<UInt8>) -> TopicID? {
    var place = Self.hash(name) & (places.count - 1)
    while places[place] >= 0 {
      let index = Int(places[place])
      let known = names[index]
      if isEqual(known.span, name) { return TopicID(index) }
      place = (place + 1) & (places.count - 1)
    }
    return nil
  }

  private static func hash(_ name: Span<UInt8>) -> Int {
    var state: UInt64 = 0
    for k in name.indices { state = (state ^ UInt64(name[k])) &* 0x0000_0100_0000_01B3 }
    return Int(truncatingIfNeeded: avalanche(state) >> 1)
  }

  private func isEqual(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
    guard a.count == b.count else { return false }
    for k in a.indices where a[k] != b[k] { return false }
    return true
  }
}
