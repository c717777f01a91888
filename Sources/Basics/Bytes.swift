// Bytes in and out of spans.

extension OutputSpan<UInt8> {
  /// Appends all of `bytes`. Traps when there is no room.
  @inlinable public mutating func append(bytes: Span<UInt8>) {
    let count = bytes.count
    precondition(count <= freeCapacity, "\(count) bytes for \(freeCapacity) bytes of room")
    unsafe withUnsafeMutableBufferPointer { room, used in
      unsafe bytes.withUnsafeBufferPointer { source in
        if let from = source.baseAddress, let to = room.baseAddress {
          unsafe (to + used).update(from: from, count: count)
        }
      }
      used += count
    }
  }
}
