// The storage of buckets: chunks of equal, aligned size, chained backwards. A bucket is one number, the address where
// its next word goes; when that address is a multiple of the chunk size, the chunk is full (zero: there is none), so
// appending needs neither count nor capacity. Chunks of drained buckets are used again first, while they are in cache, and
// memory in use follows the events that are pending, not the sum of every bucket's largest size.

import Basics
import CMemory

/// Hands out and takes back chunks. Memory grows by slabs and is given back at the end.
@safe struct ChunkPool: ~Copyable {
  /// A power of two. The first two words of a chunk are its link to the previous chunk and unused.
  static var bytes: UInt { 1024 }
  static var headerBytes: UInt { 16 }
  /// Words of 8 bytes that a chunk holds.
  static var words: Int { Int(bytes - headerBytes) / 8 }
  private static var slabChunks: Int { 2048 }

  private var free: UInt = 0
  private var fresh: UInt = 0
  private var freshEnd: UInt = 0
  /// Addresses of the slabs.
  private var slabs = Table<UInt>()

  deinit {
    for k in 0..<slabs.count { unsafe UnsafeMutableRawPointer(bitPattern: slabs[k])?.deallocate() }
  }

  /// The first word's address of a chunk that comes after the one whose end is `tail` (zero: after none).
  @inline(never) mutating func extend(_ tail: UInt) -> UInt {
    let chunk: UInt
    if free != 0 {
      chunk = free
      free = Self.link(of: chunk)
    } else {
      if fresh == freshEnd { addSlab() }
      chunk = fresh
      fresh += Self.bytes
    }
    unsafe Self.word(chunk).pointee = tail == 0 ? 0 : UInt64(tail - Self.bytes)
    return chunk + Self.headerBytes
  }

  /// Takes back the chunk at `chunk`. The result is the address of its predecessor, zero when it was the first.
  @inline(__always) mutating func giveBack(_ chunk: UInt) -> UInt {
    let previous = Self.link(of: chunk)
    unsafe Self.word(chunk).pointee = UInt64(free)
    free = chunk
    return previous
  }

  private mutating func addSlab() {
    let size = Int(Self.bytes) * Self.slabChunks
    let slab = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 1 << 21)
    // Each pending bucket writes to a page of its own: with small pages every push misses the first-level TLB.
    unsafe avsim_prefer_large_pages(slab, size)
    fresh = UInt(bitPattern: slab)
    slabs.append(fresh)
    freshEnd = fresh + UInt(size)
  }

  /// The chunk that holds the word before `tail`.
  @inline(__always) static func chunk(before tail: UInt) -> UInt { (tail &- 8) & ~(bytes &- 1) }

  @inline(__always) static func word(_ address: UInt) -> UnsafeMutablePointer<UInt64> {
    unsafe UnsafeMutablePointer<UInt64>(bitPattern: address).unsafelyUnwrapped
  }

  @inline(__always) private static func link(of chunk: UInt) -> UInt { unsafe UInt(word(chunk).pointee) }

  /// Appends a whole event, two words, to the chain that ends at `tail`.
  mutating func append(_ event: Event, to tail: inout UInt) {
    var address = tail
    if address & (Self.bytes - 1) == 0 { address = extend(address) }
    unsafe Self.word(address).pointee = event.time.nanoseconds
    unsafe Self.word(address + 8).pointee = event.rank
    tail = address + 16
  }

  /// Takes the last event off a chain of whole events; nil when none is left. Drained chunks are taken back.
  mutating func takeEvent(_ tail: inout UInt) -> Event? {
    if tail == 0 { return nil }
    let address = tail - 16
    let time = unsafe Self.word(address).pointee
    let rank = unsafe Self.word(address + 8).pointee
    let chunk = Self.chunk(before: tail)
    if address > chunk + Self.headerBytes {
      tail = address
    } else {
      let previous = giveBack(chunk)
      tail = previous == 0 ? 0 : previous + Self.bytes
    }
    return Event(
      time: Instant(nanoseconds: time), slot: UInt32(rank >> 32), payload: UInt32(truncatingIfNeeded: rank))
  }
}
