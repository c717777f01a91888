// Flat storage with one owner: the arrays behind the router's, the engine's and the participants' state. No reference
// counting, no copy on write, no exclusivity checks on the hot path; indices are checked in debug builds.

/// A growable array of plain values, addressed by dense ids. Indices are checked in debug builds only.
@safe @frozen public struct Table<Element: BitwiseCopyable>: ~Copyable {
  @usableFromInline var base: UnsafeMutablePointer<Element>
  @usableFromInline var used: Int
  /// How many elements it holds.
  @inlinable public var count: Int { used }
  @usableFromInline var capacity: Int

  /// An empty table that holds `capacity` elements before it grows.
  @inlinable public init(capacity: Int = 0) {
    self.capacity = max(capacity, 1)
    used = 0
    unsafe base = Self.allocate(self.capacity)
  }

  /// Storage that begins at a cache line when it is longer than a few of them, so that a row of 32 or 64 bytes lies in one.
  @inlinable static func allocate(_ capacity: Int) -> UnsafeMutablePointer<Element> {
    let bytes = capacity * MemoryLayout<Element>.stride
    guard bytes >= 1024 else { return .allocate(capacity: capacity) }
    let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    return unsafe raw.bindMemory(to: Element.self, capacity: capacity)
  }

  @inlinable public init(repeating value: Element, count: Int) {
    precondition(count >= 0)
    self.init(capacity: count)
    unsafe base.initialize(repeating: value, count: count)
    used = count
  }

  @inlinable public init(_ elements: some Sequence<Element>) {
    self.init()
    for element in elements { append(element) }
  }

  deinit { unsafe base.deallocate() }

  @inlinable public subscript(index: Int) -> Element {
    get {
      assert(index >= 0 && index < count, "index \(index) out of 0 ..< \(count)")
      return unsafe base[index]
    }
    nonmutating _modify {
      assert(index >= 0 && index < count, "index \(index) out of 0 ..< \(count)")
      yield unsafe &base[index]
    }
  }

  @inlinable public subscript(index: UInt32) -> Element {
    get { self[Int(index)] }
    nonmutating _modify { yield &self[Int(index)] }
  }

  @inlinable public mutating func append(_ element: Element) {
    if count == capacity { grow(toHold: count + 1) }
    unsafe (base + count).initialize(to: element)
    used &+= 1
  }

  /// Adds `n` copies of `value` at the end.
  @inlinable public mutating func append(repeating value: Element, count n: Int) {
    if count + n > capacity { grow(toHold: count + n) }
    unsafe (base + count).initialize(repeating: value, count: n)
    used += n
  }

  @inlinable public mutating func popLast() -> Element? {
    guard count > 0 else { return nil }
    used &-= 1
    return unsafe base[count]
  }

  /// Forgets the elements and keeps the storage.
  @inlinable public mutating func removeAll() { used = 0 }

  /// Shortens to `n` elements.
  @inlinable public mutating func truncate(to n: Int) {
    precondition(n >= 0 && n <= count)
    used = n
  }

  /// Sets every element of `range` to `value`.
  @inlinable public mutating func fill(_ range: Range<Int>, with value: Element) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    unsafe (base + range.lowerBound).update(repeating: value, count: range.count)
  }

  /// Copies `range` of `other` over the elements from `start` on.
  @inlinable public mutating func replace(from start: Int, with other: borrowing Self, _ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= other.count)
    precondition(start >= 0 && start + range.count <= count)
    unsafe (base + start).update(from: other.base + range.lowerBound, count: range.count)
  }

  @usableFromInline @inline(never) mutating func grow(toHold needed: Int) {
    let larger = max(needed, capacity * 2, 16)
    let moved = unsafe Self.allocate(larger)
    unsafe moved.update(from: base, count: count)
    unsafe base.deallocate()
    unsafe base = moved
    capacity = larger
  }

  /// Room, in elements, before the table grows.
  public var storageCapacity: Int { capacity }

  /// Memory held, bytes.
  public var storageBytes: Int { capacity * MemoryLayout<Element>.stride }

  /// The elements as an array, for tests and reports.
  public var elements: [Element] { unsafe Array(UnsafeBufferPointer(start: base, count: count)) }

  /// The storage for a tight loop. The pointer is valid until the table grows or ends.
  @unsafe @inlinable public var unsafeBase: UnsafeMutablePointer<Element> { unsafe base }
}

extension Table: @unchecked Sendable where Element: Sendable {}

/// Rows of bits in one allocation, for seen-sets and membership matrices.
@safe @frozen public struct BitRows: ~Copyable {
  @usableFromInline var words: Table<UInt64>
  /// 64-bit words a row.
  public let stride: Int
  /// Bits a row.
  public let columns: Int

  /// `rows` rows of `columns` zero bits.
  @inlinable public init(rows: Int, columns: Int) {
    precondition(rows >= 0 && columns >= 0)
    self.columns = columns
    stride = max((columns + 63) / 64, 1)
    words = Table(repeating: 0, count: rows * stride)
  }

  @inlinable public var rows: Int { words.count / stride }

  @inlinable public func contains(_ row: Int, _ column: Int) -> Bool {
    assert(column >= 0 && column < columns)
    return words[row &* stride &+ (column &>> 6)] &>> UInt64(truncatingIfNeeded: column & 63) & 1 == 1
  }

  /// Sets the bit; true when it was not set before.
  @inlinable public mutating func insert(_ row: Int, _ column: Int) -> Bool {
    assert(column >= 0 && column < columns)
    let word = row &* stride &+ (column &>> 6)
    let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: column & 63)
    let old = words[word]
    if old & bit != 0 { return false }
    words[word] = old | bit
    return true
  }

  @inlinable public mutating func remove(_ row: Int, _ column: Int) {
    words[row &* stride &+ (column &>> 6)] &= ~(1 &<< UInt64(truncatingIfNeeded: column & 63))
  }

  @inlinable public mutating func clear(row: Int) {
    words.fill(row &* stride..<row &* stride &+ stride, with: 0)
  }

  @inlinable public func count(row: Int) -> Int {
    var sum = 0
    for k in 0..<stride { sum &+= words[row &* stride &+ k].nonzeroBitCount }
    return sum
  }

  /// One 64-bit word of a row, bit k of word w being column 64 w + k.
  @inlinable public func word(_ row: Int, _ index: Int) -> UInt64 { words[row &* stride &+ index] }

  /// Adds `rows` rows of zeros.
  @inlinable public mutating func append(rows: Int) { words.append(repeating: 0, count: rows * stride) }
}
