// Unsigned varints as multiformats write them: little-endian groups of seven bits, at most nine bytes, no longer than
// needed. (Protobuf's varints, which may be padded and have ten bytes, are read by `WireCursor`.)

internal import Basics

/// Why bytes are no unsigned varint.
public enum VarintError: Error, Equatable, Sendable {
  /// The bytes end inside the number.
  case truncated
  /// More than nine bytes, or padded with zeroes.
  case malformed
}

/// Unsigned varints of multiformats.
public enum Varint {
  /// The shortest form of `value`, which has to be below 2^63.
  public static func encoded(_ value: UInt64) -> [UInt8] {
    precondition(value < 1 << 63, "an unsigned varint has 63 bits")
    var bytes: [UInt8] = []
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
    return bytes
  }

  /// Reads the number at `position` and moves behind it.
  public static func decode(_ bytes: Span<UInt8>, at position: inout Int) throws(VarintError) -> UInt64 {
    var value: UInt64 = 0
    var index = position
    var shift: UInt64 = 0
    while true {
      guard index < bytes.count else { throw .truncated }
      let byte = bytes[index]
      index += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 {
        guard byte != 0 || shift == 0 else { throw .malformed }
        position = index
        return value
      }
      shift += 7
      guard shift < 63 else { throw .malformed }
    }
  }
}

extension [UInt8] {
  /// A copy of `bytes`.
  @inline(__always) package init(_ bytes: Span<UInt8>) {
    self.init(capacity: bytes.count) { $0.append(bytes: bytes) }
  }

  /// Appends `bytes`.
  @inline(__always) mutating func append(_ bytes: Span<UInt8>) {
    append(addingCapacity: bytes.count) { $0.append(bytes: bytes) }
  }

  /// Appends a protobuf field of wire type 2. Field numbers below 16.
  mutating func append(field: UInt8, _ bytes: [UInt8]) {
    append(field << 3 | 2)
    append(contentsOf: Varint.encoded(UInt64(bytes.count)))
    append(contentsOf: bytes)
  }
}
