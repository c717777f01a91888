import Basics
import Simulator
import Testing

/// The queue against a sorted list, over every range it has.
@Suite struct EventQueueTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var bits: Int
    var seed: UInt64
    var testDescription: String { "buckets of 2^\(bits) ns, seed \(seed)" }
  }
  static let cases = [12, 14, 16, 18, 20, 21].flatMap { bits in
    ([1, 2, 3] as [UInt64]).map { Case(bits: bits, seed: $0) }
  }

  /// Distances that reach the open bucket, the near wheel, the far wheel and the heap.
  private func distance(_ random: inout RandomStream) -> UInt64 {
    let exponent = [0, 4, 10, 14, 18, 20, 22, 24, 27, 28, 29, 31, 34, 36, 37, 40, 45][random.below(17)]
    return random.next() & (1 << UInt64(exponent) - 1)
  }

  @Test(arguments: cases) func itEqualsASortedList(_ given: Case) {
    var random = RandomStream(seed: given.seed)
    let slots = 1000
    var queue = EventQueue(slots: slots, bucketBits: given.bits)
    var expected: [Event] = []
    var now = Instant.zero
    // Payloads up to 2^32 - 1: some do not fit a key.
    let payloads: [UInt32] = [0, 1, 7, 70_000, 1 << 30, .max]
    for round in 0..<4000 {
      let pushes = round < 2000 ? random.below(5) : random.below(2)
      for _ in 0..<pushes {
        let event = Event(
          time: now + TimeSpan(nanoseconds: distance(&random)), slot: UInt32(random.below(slots)),
          payload: payloads[random.below(payloads.count)])
        queue.push(event)
        let place = expected.firstIndex { event < $0 } ?? expected.count
        expected.insert(event, at: place)
      }
      let pops = random.below(4)
      for _ in 0..<pops where !expected.isEmpty {
        let event = queue.pop()
        let wanted = expected.removeFirst()
        guard event == wanted else {
          Issue.record("round \(round): \(String(describing: event)) instead of \(wanted)")
          return
        }
        now = wanted.time
      }
      if round % 97 == 0 {
        let next = queue.nextTime()
        #expect(next == expected.first?.time ?? .never)
      }
    }
    while let wanted = expected.first {
      expected.removeFirst()
      let event = queue.pop()
      #expect(event == wanted)
    }
    let isEmpty = queue.isEmpty
    #expect(isEmpty)
    let none = queue.pop()
    #expect(none == nil)
  }

  @Test(arguments: cases) func manyEventsOfOneBucketAreSorted(_ given: Case) {
    var random = RandomStream(seed: given.seed)
    for count in [1, 2, 39, 40, 41, 200, 509, 510, 511, 512, 3000, 60_000] {
      var queue = EventQueue(slots: 5000, bucketBits: given.bits)
      var events: [Event] = []
      for _ in 0..<count {
        let event = Event(
          time: Instant(nanoseconds: 1 << 27 + random.next() & (1 << UInt64(given.bits) - 1)),
          slot: UInt32(random.below(5000)), payload: UInt32(random.below(1 << 20)))
        queue.push(event)
        events.append(event)
      }
      events.sort()
      var popped: [Event] = []
      while let event = queue.pop() { popped.append(event) }
      #expect(popped == events, "\(count) events")
    }
  }

  /// Equal latencies everywhere: whole waves fall on one instant. Payloads from 2^30 on do not fit a key.
  @Test(arguments: [14, 20, 21], [0, 1 << 30]) func tiesAreOrderedBySlotAndPayload(bits: Int, payload: UInt32)
  {
    var random = RandomStream(seed: UInt64(bits))
    for instants in [1, 3, 50] {
      var queue = EventQueue(slots: 100_000, bucketBits: bits)
      var events: [Event] = []
      for _ in 0..<20_000 {
        let event = Event(
          time: Instant(nanoseconds: 5_000_000 + UInt64(random.below(instants))),
          slot: UInt32(random.below(100_000)), payload: payload + UInt32(random.below(9)))
        queue.push(event)
        events.append(event)
      }
      events.sort()
      var popped: [Event] = []
      while let event = queue.pop() { popped.append(event) }
      #expect(popped == events)
    }
  }

  @Test func theOrderDoesNotDependOnTheWidth() {
    var orders: [[Event]] = []
    for bits in [12, 15, 20, 21] {
      var random = RandomStream(seed: 8)
      var queue = EventQueue(slots: 64, bucketBits: bits)
      for _ in 0..<500 {
        queue.push(
          Event(
            time: Instant(nanoseconds: distance(&random)), slot: UInt32(random.below(64)),
            payload: UInt32(random.below(4))))
      }
      var order: [Event] = []
      while let event = queue.pop() { order.append(event) }
      orders.append(order)
    }
    #expect(orders.allSatisfy { $0 == orders[0] })
  }

  /// A timer set long ago falls due in the first bucket of a span, where a message set just now lies a little later.
  @Test(arguments: [12, 16, 20, 21]) func aSpansFirstBucketIsFilledFromEveryRange(bits: Int) {
    for exponent in [30, 36, 40, 50] as [UInt64] {
      let span = UInt64(1) << exponent
      var queue = EventQueue(slots: 2, bucketBits: bits)
      queue.push(Event(time: Instant(nanoseconds: span + 5), slot: 0, payload: 0))
      queue.push(Event(time: Instant(nanoseconds: span - 5_000_000), slot: 0, payload: 1))
      let first = queue.pop()
      #expect(first?.payload == 1)
      queue.push(Event(time: Instant(nanoseconds: span + 100), slot: 1, payload: 2))
      queue.push(Event(time: Instant(nanoseconds: span), slot: 1, payload: 3))
      var order: [UInt32] = []
      while let event = queue.pop() { order.append(event.payload) }
      #expect(order == [3, 0, 2])
    }
  }

  @Test func popStopsAtItsLimit() {
    var queue = EventQueue(slots: 1, bucketBits: 20)
    for time in [5, 10, 15, 1 << 40] as [UInt64] {
      queue.push(Event(time: Instant(nanoseconds: time), slot: 0, payload: 0))
    }
    var times: [UInt64] = []
    while let event = queue.pop(before: Instant(nanoseconds: 15)) { times.append(event.time.nanoseconds) }
    #expect(times == [5, 10])
    while let event = queue.pop(before: Instant(nanoseconds: 1 << 40)) {
      times.append(event.time.nanoseconds)
    }
    #expect(times == [5, 10, 15])
    // Looking ahead has not closed the time between.
    queue.push(Event(time: Instant(nanoseconds: 1 << 39), slot: 0, payload: 9))
    while let event = queue.pop() { times.append(event.time.nanoseconds) }
    #expect(times == [5, 10, 15, 1 << 39, 1 << 40])
  }

  @Test func timeRunningBackwardIsATrap() async {
    await #expect(processExitsWith: .failure) {
      var queue = EventQueue(slots: 1)
      queue.push(Event(time: Instant(nanoseconds: 100), slot: 0, payload: 0))
      _ = queue.pop()
      queue.push(Event(time: Instant(nanoseconds: 99), slot: 0, payload: 0))
    }
    await #expect(processExitsWith: .failure) {
      var queue = EventQueue(slots: 1)
      queue.push(Event(time: Instant(nanoseconds: 1 << 40), slot: 0, payload: 0))
      _ = queue.pop()
      queue.push(Event(time: Instant(nanoseconds: 1 << 39), slot: 0, payload: 0))
    }
  }

  @Test func theWidthFollowsRateAndDelay() {
    #expect(EventQueue.bucketBits(eventsPerSecond: 1000) == 21)
    #expect(EventQueue.bucketBits(eventsPerSecond: 7e7) < 20)
    #expect(EventQueue.bucketBits(eventsPerSecond: 1e12) == 14)
    #expect(EventQueue.bucketBits(eventsPerSecond: 1000, shortestDelay: .microseconds(100)) == 16)
    #expect(EventQueue.bucketBits(eventsPerSecond: 1000, shortestDelay: .zero) == 21)
  }
}
