// Frames on a byte stream: an unsigned varint with the length, then as many bytes (libp2p's delimited messages).
//
// Frames are handed out in place, from the bytes just read; only a frame that is cut by the end of a read is copied,
// once. The memory for such a frame grows with the bytes that have come, not with the length that was promised.

public import Basics

/// Why a byte stream cannot be cut into frames.
public enum FrameError: Error, Equatable, Sendable {
  /// The length is above the bound.
  case tooLong(length: UInt64, maximum: Int)
  /// The length has more than ten bytes or more than 64 bits.
  case lengthMalformed
}

/// What one `feed` came to.
public enum FrameOutcome: Equatable, Sendable {
  /// All bytes are taken; more may come.
  case open
  /// The receiver of frames did not want more; `consumed` of the bytes are taken, the rest may be fed again.
  case stopped(consumed: Int)
  /// The stream is broken for good.
  case failed(FrameError)
}

/// Cuts a byte stream into frames.
public struct FrameStream: ~Copyable {
  /// Bytes of the largest frame accepted, its length prefix not counted. May be raised between frames.
  public var frameBytesMaximum: Int
  /// The beginning of a frame whose end has not come: its prefix, or its bytes without the prefix.
  private var partial: [UInt8] = []
  /// The length of the frame in `partial`, once its prefix is complete.
  private var promised: Int?
  private var failure: FrameError?

  public init(frameBytesMaximum: Int) { self.frameBytesMaximum = frameBytesMaximum }

  /// Bytes kept for a frame that has not ended.
  public var pendingBytes: Int { partial.count }
  /// Whether a frame has begun and not ended.
  public var isInsideFrame: Bool { promised != nil || !partial.isEmpty }

  /// Takes `bytes` and hands out each frame that is complete now; `frame` returns whether it wants more.
  /// Cost: linear in the bytes.
  @inline(__always)
  public mutating func feed(_ bytes: Span<UInt8>, _ frame: (Span<UInt8>) -> Bool) -> FrameOutcome {
    if let failure { return .failed(failure) }
    var position = 0
    if promised != nil || !partial.isEmpty {
      switch complete(bytes, &position, frame) {
      case .open: break
      case let other: return other
      }
    }
    let end = bytes.count
    while position < end {
      // The prefix, in place.
      let start = position
      var length = UInt64(bytes[position])
      position += 1
      if length >= 0x80 {
        length &= 0x7F
        var shift: UInt64 = 7
        while true {
          guard position < end else {
            keep(bytes, from: start)
            return .open
          }
          let byte = bytes[position]
          if shift == 63 && byte > 1 { return fail(.lengthMalformed) }
          position += 1
          length |= UInt64(byte & 0x7F) << shift
          if byte < 0x80 { break }
          shift += 7
        }
      }
      guard length <= UInt64(frameBytesMaximum) else {
        return fail(.tooLong(length: length, maximum: frameBytesMaximum))
      }
      let count = Int(truncatingIfNeeded: length)
      guard end - position >= count else {
        promised = count
        keep(bytes, from: position)
        return .open
      }
      let body = bytes.extracting(position..<position + count)
      position += count
      if !frame(body) { return .stopped(consumed: position) }
    }
    return .open
  }

  /// Goes on with a frame whose beginning came in an earlier read.
  @inline(never)
  private mutating func complete(
    _ bytes: Span<UInt8>, _ position: inout Int, _ frame: (Span<UInt8>) -> Bool
  ) -> FrameOutcome {
    while promised == nil {
      guard position < bytes.count else { return .open }
      let byte = bytes[position]
      position += 1
      if partial.count == 9 && byte > 1 { return fail(.lengthMalformed) }
      partial.append(byte)
      guard byte < 0x80 else { continue }
      var length: UInt64 = 0
      for k in partial.indices { length |= UInt64(partial[k] & 0x7F) << UInt64(7 * k) }
      guard length <= UInt64(frameBytesMaximum) else {
        return fail(.tooLong(length: length, maximum: frameBytesMaximum))
      }
      partial.removeAll(keepingCapacity: true)
      promised = Int(length)
    }
    guard let promised else { return .open }
    let taken = min(promised - partial.count, bytes.count - position)
    append(bytes, from: position, to: position + taken)
    position += taken
    guard partial.count == promised else { return .open }
    self.promised = nil
    // Taken out while the receiver looks at it, so that nothing here is borrowed meanwhile.
    var body: [UInt8] = []
    swap(&body, &partial)
    let wantsMore = frame(body.span)
    if body.capacity <= 4_096 {
      body.removeAll(keepingCapacity: true)
      swap(&body, &partial)
    }
    return wantsMore ? .open : .stopped(consumed: position)
  }

  private mutating func keep(_ bytes: Span<UInt8>, from start: Int) {
    append(bytes, from: start, to: bytes.count)
  }

  private mutating func append(_ bytes: Span<UInt8>, from start: Int, to end: Int) {
    partial.append(addingCapacity: end - start) { $0.append(bytes: bytes.extracting(start..<end)) }
  }

  private mutating func fail(_ error: FrameError) -> FrameOutcome {
    failure = error
    partial = []
    return .failed(error)
  }
}

extension OutputSpan<UInt8> {
  /// Appends an unsigned varint; its length is `WireSize.varint`.
  @inlinable public mutating func append(varint value: Int) {
    var rest = UInt64(truncatingIfNeeded: value)
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(truncatingIfNeeded: rest))
  }

  /// Appends a frame of `bytes`; its length is `WireSize.framed`.
  @inlinable public mutating func append(frame bytes: Span<UInt8>) {
    append(varint: bytes.count)
    append(bytes: bytes)
  }
}
