// Connections by a dense index, for senders that write to thousands of them: looking one up and writing costs no
// reference counting and no exclusivity check.

/// A fixed number of places, each empty or holding a connection, which it keeps alive.
@safe public struct ConnectionTable: ~Copyable {
  /// What became of a write.
  @frozen public enum Written: Sendable {
    case taken
    /// The connection's buffer has reached its bound, or it is closing.
    case refused
    /// The place is empty.
    case absent
  }

  private let places: UnsafeMutablePointer<Unmanaged<Connection>?>
  public let count: Int

  public init(count: Int) {
    self.count = count
    unsafe places = .allocate(capacity: max(count, 1))
    unsafe places.initialize(repeating: nil, count: max(count, 1))
  }

  deinit {
    for index in 0..<count { unsafe places[index]?.release() }
    unsafe places.deallocate()
  }

  public subscript(index: Int) -> Connection? {
    get {
      precondition(index >= 0 && index < count)
      return unsafe places[index]?.takeUnretainedValue()
    }
    nonmutating set {
      precondition(index >= 0 && index < count)
      let old = unsafe places[index]
      unsafe places[index] = newValue.map { unsafe Unmanaged.passRetained($0) }
      unsafe old?.release()
    }
  }

  /// Whether place `index` is empty.
  public func isEmpty(_ index: Int) -> Bool {
    precondition(index >= 0 && index < count)
    return unsafe places[index] == nil
  }

  /// `Connection.write` of `count` bytes to the connection at `index`.
  @inline(__always)
  public func write(_ index: Int, _ count: Int, _ fill: (inout OutputSpan<UInt8>) -> Void) -> Written {
    precondition(index >= 0 && index < self.count)
    guard let connection = unsafe places[index] else { return .absent }
    return unsafe connection._withUnsafeGuaranteedRef { $0.write(count, fill) } ? .taken : .refused
  }
}
