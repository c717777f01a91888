// Encoded frames that wait for several links: stored once, counted, and their memory used again.

internal import Basics

/// Names a frame in the store.
@frozen public struct FrameHandle: Hashable, Sendable, BitwiseCopyable {
  let rawValue: UInt32
}

/// Frames by handle, each with a number of holders.
struct FrameStore: ~Copyable {
  private var frames: [[UInt8]] = []
  private var holders = Table<UInt32>()
  private var free = Table<UInt32>()
  /// Bytes of the frames held.
  private(set) var bytes = 0
  /// Frames held.
  var count: Int { frames.count - free.count }

  /// A frame larger than this gives its memory back when the last holder lets go.
  private static let keptBytes = 4_096

  /// Stores `count` bytes that `fill` writes, with one holder.
  mutating func add(_ count: Int, _ fill: (inout OutputSpan<UInt8>) -> Void) -> FrameHandle {
    let index: UInt32
    if let reused = free.popLast() {
      index = reused
    } else {
      index = UInt32(frames.count)
      frames.append([])
      holders.append(0)
    }
    frames[Int(index)].append(addingCapacity: count) { fill(&$0) }
    precondition(frames[Int(index)].count == count, "a frame of another size than promised")
    holders[index] = 1
    bytes += count
    return FrameHandle(rawValue: index)
  }

  mutating func retain(_ frame: FrameHandle) {
    precondition(holders[frame.rawValue] > 0)
    holders[frame.rawValue] += 1
  }

  mutating func release(_ frame: FrameHandle) {
    precondition(holders[frame.rawValue] > 0)
    holders[frame.rawValue] -= 1
    guard holders[frame.rawValue] == 0 else { return }
    let index = Int(frame.rawValue)
    bytes -= frames[index].count
    if frames[index].capacity > Self.keptBytes {
      frames[index] = []
    } else {
      frames[index].removeAll(keepingCapacity: true)
    }
    free.append(frame.rawValue)
  }

  func size(_ frame: FrameHandle) -> Int { frames[Int(frame.rawValue)].count }

  /// The frame's bytes; a copy of a reference, not of the bytes.
  func bytes(_ frame: FrameHandle) -> [UInt8] {
    precondition(holders[frame.rawValue] > 0)
    return frames[Int(frame.rawValue)]
  }
}
