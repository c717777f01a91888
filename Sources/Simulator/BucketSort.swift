// Sorts the packed events of one bucket, which comes due as a chain of chunks of unordered 64-bit keys.
//
// Two radix passes over the top bits put nearly all keys in place; how many bits depends on the number of keys, so that a
// bucket of some hundreds does not clear and add up two thousand counters. An insertion pass over whole keys then sets
// right the few pairs that agree in those bits. When many agree (equal latencies everywhere, for instance), it gives up
// and passes over all 64 bits follow, so the cost stays linear.

import Basics

/// Two arrays that the passes swap, and the counters. The result stays valid until the next sort.
@safe struct BucketSort: ~Copyable {
  private static var digitMaximum: Int { 11 }

  private var a: UnsafeMutablePointer<UInt64>
  private var b: UnsafeMutablePointer<UInt64>
  private var capacity: Int
  private let counts: UnsafeMutablePointer<UInt32>

  init() {
    capacity = 1 << 12
    unsafe a = .allocate(capacity: capacity)
    unsafe b = .allocate(capacity: capacity)
    unsafe counts = .allocate(capacity: 2 << Self.digitMaximum)
  }

  deinit {
    unsafe a.deallocate()
    unsafe b.deallocate()
    unsafe counts.deallocate()
  }

  /// Where the last result lies.
  var result: UnsafeMutablePointer<UInt64> { unsafe a }

  /// Sorts the words of the chain that ends at `tail`, which agree in bit `top` and above, gives its chunks back, and returns where the result lies.
  mutating func sort(chain tail: UInt, top: UInt64, _ pool: inout ChunkPool) -> (
    keys: UnsafeMutablePointer<UInt64>, count: Int
  ) {
    let n = Self.count(tail)
    if n > capacity { grow(n) }
    if n <= 40 {
      var filled = 0
      var end = tail
      while end != 0 {
        let chunk = ChunkPool.chunk(before: end)
        let first = unsafe ChunkPool.word(chunk &+ ChunkPool.headerBytes)
        let words = Int((end &- chunk &- ChunkPool.headerBytes) / 8)
        for k in 0..<words { unsafe insert(first[k], after: &filled) }
        let previous = pool.giveBack(chunk)
        end = previous == 0 ? 0 : previous &+ ChunkPool.bytes
      }
      return unsafe (a, n)
    }
    let digit = Self.digit(n)
    let size = 1 << digit
    let high = top - UInt64(digit)
    let low = high - UInt64(digit)
    let mask = UInt64(size - 1)
    let lows = unsafe counts
    let highs = unsafe counts + size
    unsafe lows.update(repeating: 0, count: 2 * size)
    var end = tail
    while end != 0 {
      let chunk = ChunkPool.chunk(before: end)
      let first = unsafe ChunkPool.word(chunk &+ ChunkPool.headerBytes)
      let words = Int((end &- chunk &- ChunkPool.headerBytes) / 8)
      for k in 0..<words {
        let key = unsafe first[k]
        unsafe lows[Int((key &>> low) & mask)] &+= 1
        unsafe highs[Int((key &>> high) & mask)] &+= 1
      }
      let previous = unsafe UInt(ChunkPool.word(chunk).pointee)
      end = previous == 0 ? 0 : previous &+ ChunkPool.bytes
    }
    var lowSum: UInt32 = 0
    var highSum: UInt32 = 0
    for k in 0..<size {
      let lowCount = unsafe lows[k]
      let highCount = unsafe highs[k]
      unsafe lows[k] = lowSum
      unsafe highs[k] = highSum
      lowSum &+= lowCount
      highSum &+= highCount
    }
    end = tail
    let middle = unsafe b
    while end != 0 {
      let chunk = ChunkPool.chunk(before: end)
      let first = unsafe ChunkPool.word(chunk &+ ChunkPool.headerBytes)
      let words = Int((end &- chunk &- ChunkPool.headerBytes) / 8)
      for k in 0..<words {
        let key = unsafe first[k]
        let place = Int((key &>> low) & mask)
        unsafe middle[Int(lows[place])] = key
        unsafe lows[place] &+= 1
      }
      let previous = pool.giveBack(chunk)
      end = previous == 0 ? 0 : previous &+ ChunkPool.bytes
    }
    let result = unsafe a
    for k in 0..<n {
      let key = unsafe middle[k]
      let place = Int((key &>> high) & mask)
      unsafe result[Int(highs[place])] = key
      unsafe highs[place] &+= 1
    }
    if !settle(n) { sortAllBits(n) }
    return unsafe (a, n)
  }

  /// Enough bits that keys rarely agree in them: about 16 values for each key, in two passes.
  private static func digit(_ n: Int) -> Int {
    let bits = Int.bitWidth - (n - 1).leadingZeroBitCount + 4
    return min(max((bits + 1) / 2, 5), digitMaximum)
  }

  private static func count(_ tail: UInt) -> Int {
    if tail == 0 { return 0 }
    var chunk = ChunkPool.chunk(before: tail)
    var n = Int((tail &- chunk &- ChunkPool.headerBytes) / 8)
    while true {
      let previous = unsafe UInt(ChunkPool.word(chunk).pointee)
      if previous == 0 { return n }
      n += ChunkPool.words
      chunk = previous
    }
  }

  @inline(__always) private mutating func insert(_ key: UInt64, after filled: inout Int) {
    var k = filled
    while k > 0, unsafe a[k &- 1] > key {
      unsafe a[k] = a[k &- 1]
      k &-= 1
    }
    unsafe a[k] = key
    filled &+= 1
  }

  /// Insertion over nearly sorted keys; false, with the keys in some order, when they are not nearly sorted.
  private mutating func settle(_ n: Int) -> Bool {
    var moves = 0
    var k = 1
    var last = unsafe a[0]
    while k < n {
      let key = unsafe a[k]
      if _slowPath(key < last) {
        var hole = k
        while hole > 0, unsafe a[hole &- 1] > key {
          unsafe a[hole] = a[hole &- 1]
          hole &-= 1
        }
        unsafe a[hole] = key
        moves &+= k &- hole
        if moves > 2 * n { return false }
      } else {
        last = key
      }
      k &+= 1
    }
    return true
  }

  /// Radix passes over all bits, from the lowest; a digit that all keys share takes no pass.
  @inline(never) private mutating func sortAllBits(_ n: Int) {
    var shift: UInt64 = 0
    while shift < 64 {
      let bits = min(UInt64(Self.digitMaximum), 64 - shift)
      let mask: UInt64 = 1 &<< bits &- 1
      unsafe counts.update(repeating: 0, count: 1 << Int(bits))
      for k in 0..<n { unsafe counts[Int((a[k] &>> shift) & mask)] &+= 1 }
      if unsafe counts[Int((a[0] &>> shift) & mask)] != UInt32(n) {
        var sum: UInt32 = 0
        for k in 0..<(1 << Int(bits)) {
          let count = unsafe counts[k]
          unsafe counts[k] = sum
          sum &+= count
        }
        for k in 0..<n {
          let key = unsafe a[k]
          let place = Int((key &>> shift) & mask)
          unsafe b[Int(counts[place])] = key
          unsafe counts[place] &+= 1
        }
        unsafe swap(&a, &b)
      }
      shift += bits
    }
  }

  @inline(never) private mutating func grow(_ n: Int) {
    while capacity < n { capacity *= 2 }
    unsafe a.deallocate()
    unsafe b.deallocate()
    unsafe a = .allocate(capacity: capacity)
    unsafe b = .allocate(capacity: capacity)
  }
}
