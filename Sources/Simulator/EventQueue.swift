// The queue is the simulator: what an event costs is mostly what putting it in and taking it out costs.
//
// Three ranges, by how far ahead an event lies:
//   near  a wheel of buckets, 2^bucketBits ns each, together 2^28 ns (268 ms). A bucket is sorted when it comes due.
//   far   a second wheel of 256 spans of 2^28 ns (69 s), spread over the near wheel when the first of it comes due.
//   else  a 4-ary heap, for timers of minutes to months.
// An event for the bucket that is being drained goes to a small heap, merged while draining.
//
// In the near wheel an event is one 64-bit key: the low 21 bits of its time, slot, payload, from the highest bits down.
// Within a bucket the order of keys is the order of events, so ties need no second look, and half the memory moves. An
// event whose payload does not fit (bits(slots) + bits(payload) > 43) is kept whole in a chain of its own, sorted by itself
// and merged while draining: right, at about twice the price.
//
// Order: time, slot, payload. Events equal in all three are the same event twice.

public import Basics

/// Pending events of one simulation. Time running backward is a trap.
@safe public struct EventQueue: ~Copyable {
  /// log2 of a bucket's nanoseconds.
  public let bucketBits: Int
  /// Slots are below this.
  public let slots: Int

  let width: UInt64
  let payloadBits: UInt64
  let payloadMask: UInt64
  /// Buckets of the near wheel less one.
  private let wheelMask: UInt64
  /// Bits of a bucket index inside a span of the far wheel.
  private let spanBits: UInt64

  /// Ends of the buckets' chains of keys, see ChunkPool; then, by the same index, of events kept whole.
  let tails: UnsafeMutablePointer<UInt>
  private let wholeTails: UnsafeMutablePointer<UInt>
  private let farTails: UnsafeMutablePointer<UInt>
  /// A bit a bucket that holds something.
  private let occupied: UnsafeMutablePointer<UInt64>
  private let farOccupied: UnsafeMutablePointer<UInt64>
  private var farCount = 0
  private var heap = EventHeap()
  private var pool = ChunkPool()
  private var sorter: BucketSort

  /// The first bucket that was never opened.
  private var next: UInt64 = 0 { didSet { horizonStart = next &<< width } }
  /// Its first instant.
  private(set) var horizonStart: UInt64 = 0
  /// The open bucket: the last multiple of 2^21 ns before it, its number, its sorted keys, how many are taken.
  var base: UInt64 = 0
  private var openBucket: UInt64 = 0
  var keys: UnsafeMutablePointer<UInt64>
  var taken = 0
  var count = 0
  /// What else lies before `next`: the open bucket's whole events, and events that came after it was opened.
  private var whole: WholeEvents
  private var late = EventHeap()
  /// The instant of the first of these; the largest number when there is none.
  private(set) var othersTime = UInt64.max
  /// No event may come before this.
  var floor: UInt64 = 0

  private static var farMask: UInt64 { 255 }
  /// log2 of the near wheel's nanoseconds.
  static var horizonBits: Int { 28 }
  /// Where the time begins in a key.
  static var keyShift: UInt64 { 43 }
  static var horizonMask: UInt64 { 1 << 28 - 1 }
  private static var keyTimeBits: UInt64 { 21 }

  /// A queue for slots 0 ..< `slots`. `bucketBits` from 12 to 21; see `bucketBits(eventsPerSecond:)`.
  public init(slots: Int, bucketBits: Int = 20) {
    precondition(bucketBits >= 12 && bucketBits <= 21, "buckets of 2^\(bucketBits) ns")
    precondition(slots >= 0 && slots <= 1 << 32, "\(slots) slots")
    self.bucketBits = bucketBits
    self.slots = slots
    let slotBits = slots <= 1 ? 1 : Int.bitWidth - (slots - 1).leadingZeroBitCount
    width = UInt64(bucketBits)
    payloadBits = UInt64(min(32, Int(Self.keyShift) - slotBits))
    payloadMask = 1 << payloadBits - 1
    let buckets = 1 << (Self.horizonBits - bucketBits)
    wheelMask = UInt64(buckets - 1)
    spanBits = UInt64(Self.horizonBits - bucketBits)
    unsafe tails = .allocate(capacity: buckets)
    unsafe tails.initialize(repeating: 0, count: buckets)
    unsafe wholeTails = .allocate(capacity: buckets)
    unsafe wholeTails.initialize(repeating: 0, count: buckets)
    unsafe farTails = .allocate(capacity: 256)
    unsafe farTails.initialize(repeating: 0, count: 256)
    let words = buckets / 64
    unsafe occupied = .allocate(capacity: words)
    unsafe occupied.initialize(repeating: 0, count: words)
    unsafe farOccupied = .allocate(capacity: 4)
    unsafe farOccupied.initialize(repeating: 0, count: 4)
    let sorter = BucketSort()
    unsafe keys = sorter.result
    self.sorter = sorter
    whole = WholeEvents()
  }

  deinit {
    unsafe tails.deallocate()
    unsafe wholeTails.deallocate()
    unsafe farTails.deallocate()
    unsafe occupied.deallocate()
    unsafe farOccupied.deallocate()
  }

  /// A good width, 14 ... 21. Not so wide that a bucket holds far more than `eventsPerSecond` of virtual time makes it
  /// sort at once from the second-level cache; not wider than `shortestDelay`, when that is above 16 us, since an event for
  /// the open bucket takes the slower way.
  public static func bucketBits(eventsPerSecond: Double, shortestDelay: TimeSpan = .forever) -> Int {
    var bits = 21
    while bits > 14 {
      let width = UInt64(1) << UInt64(bits)
      let isDense = eventsPerSecond * Double(width) * 1e-9 > 40_000
      let isWide = width > shortestDelay.nanoseconds && shortestDelay.nanoseconds >= 1 << 14
      if !isDense && !isWide { break }
      bits -= 1
    }
    return bits
  }
}

// MARK: - Putting in

extension EventQueue {
  /// Adds an event. Traps when it lies before what was already handled, or its slot is out of range (debug builds).
  @inline(__always) public mutating func push(_ event: Event) {
    assert(Int(event.slot) < slots, "slot \(event.slot) of \(slots)")
    if _slowPath(!inlet(for: event.payload).put(event)) { pushElsewhere(event) }
  }

  /// What a push needs of the queue, in registers for a handler's loop over several. Valid until the next bucket opens.
  @safe struct Inlet {
    let tails: UnsafeMutablePointer<UInt>
    let width: UInt64
    let payloadUnit: UInt64
    let start: UInt64

    /// Puts the event into the near wheel, unless it lies outside or its bucket needs a chunk.
    @inline(__always) func put(_ event: Event) -> Bool {
      let time = event.time.nanoseconds
      if _slowPath((time &- start) &>> UInt64(EventQueue.horizonBits) != 0) { return false }
      let tail = unsafe tails + Int((time & EventQueue.horizonMask) &>> width)
      let address = unsafe tail.pointee
      if _slowPath(address & (ChunkPool.bytes &- 1) == 0) { return false }
      unsafe ChunkPool.word(address).pointee =
        time &<< EventQueue.keyShift | (UInt64(event.slot) &* payloadUnit &+ UInt64(event.payload))
      unsafe tail.pointee = address &+ 8
      return true
    }
  }

  /// An inlet for events of one payload.
  @inline(__always) func inlet(for payload: UInt32) -> Inlet {
    // A payload that does not fit finds every instant outside the wheel.
    unsafe Inlet(
      tails: tails, width: width, payloadUnit: payloadMask &+ 1,
      start: UInt64(payload) <= payloadMask ? horizonStart : horizonStart &+ 1 &<< 63)
  }

  @inline(never) private mutating func pushElsewhere(_ event: Event) {
    precondition(
      event.time.nanoseconds >= floor, "time runs backward: \(event.time.nanoseconds) after \(floor)")
    let bucket = event.time.nanoseconds &>> width
    // Bits are set and cleared by plain assignment: on `occupied[k] |= x` the compiler (6.3) breaks when it builds for the
    // thread sanitizer.
    if bucket < next {
      late.push(event)
      othersTime = min(othersTime, event.time.nanoseconds)
    } else if bucket - next <= wheelMask && UInt64(event.payload) <= payloadMask {
      let index = Int(bucket & wheelMask)
      unsafe occupied[index / 64] = occupied[index / 64] | 1 << UInt64(index % 64)
      unsafe tails[index] = pool.extend(tails[index])
      let isPut = inlet(for: event.payload).put(event)
      assert(isPut)
    } else if bucket - next <= wheelMask {
      let index = Int(bucket & wheelMask)
      unsafe occupied[index / 64] = occupied[index / 64] | 1 << UInt64(index % 64)
      // The place first: the thread sanitizer's build takes `&wholeTails[index]` for a second access to the queue.
      let tail = unsafe wholeTails + index
      unsafe pool.append(event, to: &tail.pointee)
    } else if bucket >> spanBits - next >> spanBits <= Self.farMask {
      let index = Int(bucket >> spanBits & Self.farMask)
      unsafe farOccupied[index / 64] = farOccupied[index / 64] | 1 << UInt64(index % 64)
      let tail = unsafe farTails + index
      unsafe pool.append(event, to: &tail.pointee)
      farCount += 1
    } else {
      heap.push(event)
    }
  }
}

// MARK: - Taking out

extension EventQueue {
  /// Whether nothing is pending.
  public var isEmpty: Bool { taken == count && othersTime == .max && upcoming() == nil }

  /// When the earliest pending event is, or `never`. Cost: that of sorting its bucket, once.
  public mutating func nextTime() -> Instant {
    if taken == count && othersTime == .max && !open(before: .max) { return .never }
    return earliestOpen
  }

  /// Takes out the earliest event when it lies before `limit`. For tests and tools; the engine drains whole buckets.
  public mutating func pop(before limit: Instant = .never) -> Event? {
    while true {
      if taken < count || othersTime < .max {
        guard earliestOpen < limit else { return nil }
        var event: Event
        if taken < count, case let key = unsafe layout.unpack(keys[taken]), !othersPrecede(key) {
          event = key
          taken += 1
        } else {
          event = takeOther()
        }
        floor = event.time.nanoseconds
        return event
      }
      if !open(before: limit.nanoseconds) { return nil }
    }
  }

  /// Whether something that is not a key comes before `event`, which is not earlier than `othersTime`. (Mutating, as all
  /// that the engine's loop calls: to borrow a part of itself for a plain method, the compiler copies the queue.)
  @inline(never) mutating func othersPrecede(_ event: Event) -> Bool {
    othersTime < .max && firstOther < event
  }

  /// The first event that is not a key. Requires one.
  private var firstOther: Event {
    if whole.isEmpty { return late.top }
    return late.isEmpty || whole.first < late.top ? whole.first : late.top
  }

  /// Takes it out.
  @inline(never) mutating func takeOther() -> Event {
    let event: Event
    if whole.isEmpty || (!late.isEmpty && late.top < whole.first) {
      event = late.pop()
    } else {
      event = whole.take()
    }
    othersTime = whole.isEmpty && late.isEmpty ? .max : firstOther.time.nanoseconds
    return event
  }

  /// The window of the trace digest that the open bucket lies in.
  var openWindow: UInt64 { (openBucket << width) >> TraceDigest.windowBits }

  /// How the keys of the open bucket read.
  struct Layout {
    let base: UInt64
    let payloadBits: UInt64
    let payloadMask: UInt64

    @inline(__always) func unpack(_ key: UInt64) -> Event {
      Event(
        time: Instant(nanoseconds: base &+ key &>> EventQueue.keyShift),
        slot: UInt32(truncatingIfNeeded: (key & (1 &<< EventQueue.keyShift &- 1)) &>> payloadBits),
        payload: UInt32(truncatingIfNeeded: key & payloadMask))
    }
  }

  var layout: Layout {
    @inline(__always) get { Layout(base: base, payloadBits: payloadBits, payloadMask: payloadMask) }
  }

  private var earliestOpen: Instant {
    let other = Instant(nanoseconds: othersTime)
    return taken < count ? unsafe min(layout.unpack(keys[taken]).time, other) : other
  }

  /// How many keys of the open bucket, from the first, lie before `limit`.
  mutating func openCount(before limit: UInt64) -> Int {
    if limit >> width > openBucket { return count }
    if limit >> width < openBucket { return 0 }
    let bound = (limit - base) << Self.keyShift
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if unsafe keys[middle] < bound { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Opens the next bucket that holds an event, when it begins before `limit`. Requires that the open one is drained.
  mutating func open(before limit: UInt64) -> Bool {
    assert(taken == count && othersTime == .max)
    while true {
      guard let (bucket, source) = upcoming(), bucket << width < limit else { return false }
      switch source {
      case .near:
        openNear(bucket)
        return true
      case .far:
        // Nothing lies before this span: begin there and spread it over the near wheel.
        next = max(next, bucket)
        let index = Int(bucket >> spanBits & Self.farMask)
        let tail = unsafe farTails[index]
        unsafe farTails[index] = 0
        unsafe farOccupied[index / 64] = farOccupied[index / 64] & ~(1 << UInt64(index % 64))
        spread(tail)
      case .heap:
        next = max(next, bucket)
        let last = next >> spanBits + Self.farMask
        while !heap.isEmpty && heap.top.time.nanoseconds >> UInt64(Self.horizonBits) <= last {
          push(heap.pop())
        }
      }
    }
  }

  private enum Source { case near, far, heap }

  /// The range to look into next, and its first bucket.
  private func upcoming() -> (bucket: UInt64, Source)? {
    var found: (UInt64, Source)?
    let buckets = Int(wheelMask) + 1
    if let distance = unsafe Self.distance(occupied, from: Int(next & wheelMask), of: buckets) {
      found = (next + UInt64(distance), .near)
    }
    let span = next >> spanBits
    if farCount > 0, let distance = unsafe Self.distance(farOccupied, from: Int(span & Self.farMask), of: 256)
    {
      let bucket = max(next, (span + UInt64(distance)) << spanBits)
      if found == nil || bucket <= found!.0 { found = (bucket, .far) }
    }
    if !heap.isEmpty {
      let bucket = max(next, (heap.top.time.nanoseconds >> UInt64(Self.horizonBits)) << spanBits)
      if found == nil || bucket <= found!.0 { found = (bucket, .heap) }
    }
    return found
  }

  /// Steps from bit `start`, around, to the first bit that is set.
  private static func distance(_ bits: UnsafeMutablePointer<UInt64>, from start: Int, of size: Int) -> Int? {
    let words = size / 64
    var word = start / 64
    let low = UInt64.max << UInt64(start % 64)
    var value = unsafe bits[word] & low
    for step in 1...words + 1 {
      if value != 0 {
        let found = word * 64 + value.trailingZeroBitCount
        return found >= start ? found - start : found + size - start
      }
      word = word + 1 == words ? 0 : word + 1
      // The first word once more, for the bits before `start`.
      value = unsafe bits[word] & (step == words ? ~low : .max)
    }
    return nil
  }

  private mutating func openNear(_ bucket: UInt64) {
    let index = Int(bucket & wheelMask)
    let tail = unsafe tails[index]
    let whole = unsafe wholeTails[index]
    unsafe tails[index] = 0
    unsafe wholeTails[index] = 0
    unsafe occupied[index / 64] = occupied[index / 64] & ~(1 << UInt64(index % 64))
    next = bucket + 1
    openBucket = bucket
    base = (bucket << width) & ~(1 << Self.keyTimeBits - 1)
    taken = 0
    if whole != 0 {
      self.whole.sort(chain: whole, &pool)
      othersTime = self.whole.first.time.nanoseconds
    }
    if tail != 0 {
      unsafe (keys, count) = sorter.sort(chain: tail, top: Self.keyShift + width, &pool)
    } else {
      count = 0
    }
  }

  /// Moves the events of a far span to the near wheel.
  private mutating func spread(_ tail: UInt) {
    var tail = tail
    while let event = pool.takeEvent(&tail) {
      farCount -= 1
      push(event)
    }
  }
}
