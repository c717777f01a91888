// Reading protobuf's wire format in place. Nothing is copied, nothing is allocated, no input traps: a field is a range
// of the frame, and what is wrong is an error with the place where it is wrong.

/// Why bytes are no protobuf message, or none that we take.
public enum WireError: Error, Equatable, Sendable {
  /// The message ends inside a field.
  case truncated(at: Int)
  /// A varint has more than ten bytes or more than 64 bits.
  case varintTooLong(at: Int)
  /// A length runs past the end of its message.
  case lengthBeyondEnd(at: Int, length: UInt64, room: Int)
  /// Field number 0, or beyond 2^29 - 1.
  case fieldNumber(at: Int, UInt64)
  /// A wire type that does not exist, or a group (deprecated, never sent by libp2p).
  case wireType(at: Int, field: UInt32, type: UInt8)
}

/// A part of a frame.
@frozen public struct ByteRange: Hashable, Sendable, BitwiseCopyable {
  public var start: UInt32
  public var count: UInt32
  @inlinable init(_ start: Int, _ count: Int) {
    self.start = UInt32(truncatingIfNeeded: start)
    self.count = UInt32(truncatingIfNeeded: count)
  }
  /// As indices of the frame.
  @inlinable public var indices: Range<Int> { Int(start)..<Int(start) + Int(count) }
}

/// One field of a message.
@frozen public enum WireValue: Equatable, Sendable, BitwiseCopyable {
  /// Wire types 0, 1 and 5.
  case integer(UInt64)
  /// Wire type 2.
  case bytes(ByteRange)
}

/// A position in a message that lies in a frame of at most 4 GiB.
@frozen public struct WireCursor: Sendable, BitwiseCopyable {
  public private(set) var position: Int
  public let end: Int

  /// Over a whole frame.
  public init(_ frame: Span<UInt8>) {
    position = 0
    end = frame.count
  }

  /// Over a message inside the frame.
  public init(_ range: ByteRange) {
    position = range.indices.lowerBound
    end = range.indices.upperBound
  }

  public var isAtEnd: Bool { position >= end }

  /// The next varint.
  public mutating func varint(_ frame: Span<UInt8>) throws(WireError) -> UInt64 {
    guard position < end else { throw .truncated(at: position) }
    let first = frame[position]
    if first < 0x80 {
      position += 1
      return UInt64(first)
    }
    let start = position
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      guard position < end else { throw .truncated(at: position) }
      let byte = frame[position]
      // The tenth byte holds the 64th bit and nothing else.
      if shift == 63 && byte > 1 { throw .varintTooLong(at: start) }
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
  }

  /// The next field's number and value; nil at the end of the message.
  public mutating func next(_ frame: Span<UInt8>) throws(WireError) -> (field: UInt32, value: WireValue)? {
    guard position < end else { return nil }
    let start = position
    let tag = try varint(frame)
    let number = tag >> 3
    guard number > 0 && number < 1 << 29 else { throw .fieldNumber(at: start, number) }
    let field = UInt32(number)
    switch tag & 7 {
    case 0: return (field, .integer(try varint(frame)))
    case 1: return (field, .integer(try fixed(frame, 8)))
    case 2:
      let place = position
      let length = try varint(frame)
      guard length <= UInt64(end - position) else {
        throw .lengthBeyondEnd(at: place, length: length, room: end - position)
      }
      let range = ByteRange(position, Int(length))
      position += Int(length)
      return (field, .bytes(range))
    case 5: return (field, .integer(try fixed(frame, 4)))
    case let type: throw .wireType(at: start, field: field, type: UInt8(type))
    }
  }

  private mutating func fixed(_ frame: Span<UInt8>, _ count: Int) throws(WireError) -> UInt64 {
    guard end - position >= count else { throw .truncated(at: end) }
    var value: UInt64 = 0
    for k in 0..<count { value |= UInt64(frame[position + k]) << UInt64(8 * k) }
    position += count
    return value
  }
}
