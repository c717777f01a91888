// Sizes of unsigned varints and of frames.

/// Unsigned varints of at most 64 bits (multiformats *unsigned-varint*, protobuf *varint*).
public enum Uvarint {
  /// Bytes of `value`: 1 to 10.
  @inlinable public static func size(_ value: Int) -> Int {
    (70 &- UInt64(truncatingIfNeeded: value | 1).leadingZeroBitCount) / 7
  }

  /// Bytes of a frame with `count` bytes inside.
  @inlinable public static func framed(_ count: Int) -> Int { size(count) &+ count }
}
