// The dense names of this module: topics, messages, control RPCs, and the payload of one transmission.
// A *slot* is a plain UInt32: the directed link of a node, in CSR order (node u owns offsets[u] ..< offsets[u + 1]).

/// A pubsub topic. Dense, from zero, in the order in which the router was given them.
@frozen public struct TopicID: Hashable, Comparable, Sendable, BitwiseCopyable {
  public var rawValue: UInt16
  @inlinable public init(_ rawValue: UInt16) { self.rawValue = rawValue }
  @inlinable public init(_ index: Int) { rawValue = UInt16(truncatingIfNeeded: index) }
  /// The id as an array index.
  @inlinable public var index: Int { Int(rawValue) }
  @inlinable public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// What the router must know of a topic.
public struct Topic: Sendable, Hashable {
  /// Length of the topic's name on the wire, UTF-8 bytes.
  public var nameBytes: Int
  /// Mesh degrees of its own (rust, *per-topic mesh parameters*); nil: those of the router's parameters.
  public var degrees: MeshDegrees?
  public init(nameBytes: Int, degrees: MeshDegrees? = nil) {
    self.nameBytes = nameBytes
    self.degrees = degrees
  }
}

/// The degrees of a mesh, peers. What they mean and their bounds: `Parameters`.
@frozen public struct MeshDegrees: Sendable, Hashable, BitwiseCopyable {
  /// D, D_lo, D_hi, D_out, D_score.
  public var degree, low, high, outbound, score: UInt16
  public init(degree: Int, low: Int, high: Int, outbound: Int, score: Int) {
    self.degree = UInt16(degree)
    self.low = UInt16(low)
    self.high = UInt16(high)
    self.outbound = UInt16(outbound)
    self.score = UInt16(score)
  }

  /// No mesh: every GRAFT is refused and every peer pruned (a bootstrapper that only exchanges peers).
  public static var none: MeshDegrees { MeshDegrees(degree: 0, low: 0, high: 0, outbound: 0, score: 0) }
}

/// A registered message. Sequential, 30 bits, so that two bits of a word stay free for its users; goes stale when
/// the message's row is recycled.
@frozen public struct MessageHandle: Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
  @usableFromInline static let mask: UInt32 = 1 << 30 - 1
}

/// A control RPC in the `ControlStore`. 31 bits.
@frozen public struct ControlHandle: Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// What travels over a link: an RPC with one published message, or a control RPC.
@frozen public struct Payload: Hashable, Sendable, BitwiseCopyable {
  /// Top bit: 0 a message handle, 1 a control handle.
  public var rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
  @inlinable public init(_ message: MessageHandle) { rawValue = message.rawValue }
  @inlinable public init(_ control: ControlHandle) { rawValue = control.rawValue | 1 << 31 }

  @inlinable public var isControl: Bool { rawValue >> 31 == 1 }
  /// The message; meaningful when `isControl` is false.
  @inlinable public var message: MessageHandle { MessageHandle(rawValue: rawValue) }
  /// The control RPC; meaningful when `isControl` is true.
  @inlinable public var control: ControlHandle { ControlHandle(rawValue: rawValue & ~(1 << 31)) }
}

/// A message's identity on the wire: 20 opaque bytes (Ethereum consensus p2p, *message-id*: the first 20 bytes of a
/// SHA-256).
@frozen public struct ContentID: Hashable, Sendable, BitwiseCopyable {
  /// Bytes on the wire.
  public static let byteCount = 20
  /// Bytes 0 to 7, 8 to 15 and 16 to 19, big-endian.
  public var high: UInt64, middle: UInt64, low: UInt32

  @inlinable public init(high: UInt64, middle: UInt64, low: UInt32) {
    self.high = high
    self.middle = middle
    self.low = low
  }

  /// Nil when `bytes` is not exactly 20 bytes long.
  public init?(bytes: RawSpan) {
    guard bytes.byteCount == Self.byteCount else { return nil }
    self.init(high: 0, middle: 0, low: 0)
    for k in 0..<8 { high = high << 8 | UInt64(unsafe bytes.unsafeLoad(fromByteOffset: k, as: UInt8.self)) }
    for k in 8..<16 {
      middle = middle << 8 | UInt64(unsafe bytes.unsafeLoad(fromByteOffset: k, as: UInt8.self))
    }
    for k in 16..<20 { low = low << 8 | UInt32(unsafe bytes.unsafeLoad(fromByteOffset: k, as: UInt8.self)) }
  }

  /// Byte `k` of the 20.
  @inlinable public subscript(k: Int) -> UInt8 {
    precondition(k >= 0)
    precondition(k < Self.byteCount)
    if k < 8 { return UInt8(truncatingIfNeeded: high >> UInt64(56 - 8 * k)) }
    if k < 16 { return UInt8(truncatingIfNeeded: middle >> UInt64(120 - 8 * k)) }
    return UInt8(truncatingIfNeeded: low >> UInt32(152 - 8 * k))
  }
}
