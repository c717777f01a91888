import Basics
import Network
import Simulator
import Testing

/// Nodes that pass every message on to a neighbour drawn by hash, and set a timer now and then. They record what they
/// handle.
struct Wanderers: Population, ~Copyable {
  let linkSlots: Int
  let hops: UInt32
  let random: HashRandom
  var handled: [Event] = []
  var undelivered: [Fate] = []
  /// Handling this event sends one message less: a difference to be found.
  var fault: Event?

  mutating func handle(_ event: Event, _ network: inout EventNetwork) {
    handled.append(event)
    if event == fault { return }
    let isTimer = Int(event.slot) >= linkSlots
    let node = isTimer ? Int(event.slot) - linkSlots : network.links.owner(Int(event.slot))
    if event.payload >= hops { return }
    let bits = random.bits(UInt64(event.slot), event.time.nanoseconds, UInt64(event.payload))
    if bits % 5 == 0 {
      // Short and long timers: the open bucket, the near and the far wheel.
      let delay = TimeSpan(nanoseconds: (bits >> 8) & ((1 << ((bits >> 3) & 31)) - 1))
      network.schedule(at: event.time + delay, slot: linkSlots + node, payload: event.payload + 1)
      return
    }
    let row = network.links.slots(of: node)
    let slot = row.lowerBound + Int(bits % UInt64(row.count))
    let fate = network.send(slot: slot, payload: event.payload + 1, key: bits, bytes: 100, at: event.time)
    if fate.arrival == nil { undelivered.append(fate) }
  }
}

@Suite struct EngineTests {
  static func edges(_ nodes: Int) -> [LinkEdge] {
    (0..<nodes).flatMap { k in
      [LinkEdge(NodeID(k), NodeID((k + 1) % nodes)), LinkEdge(NodeID(k), NodeID((k + 5) % nodes))]
    }
  }

  static func engine(
    _ conditions: LinkConditions = LinkConditions(
      latency: .uniform(low: .microseconds(20), high: .milliseconds(60))),
    bits: Int = 20, hops: UInt32 = 60, seed: UInt64 = 1, fault: Event? = nil,
    firstPayload: UInt32 = 0
  ) -> Engine<Wanderers> {
    let nodes = 40
    let links = LinkTable(nodes: nodes, edges: edges(nodes), conditions: [conditions], seed: seed)
    let linkSlots = links.slots
    var network = EventNetwork(links: links, inputs: nodes, bucketBits: bits)
    for node in 0..<nodes {
      network.schedule(
        at: Instant(nanoseconds: UInt64(node) * 1000), slot: linkSlots + node, payload: firstPayload)
    }
    return Engine(
      Wanderers(
        linkSlots: linkSlots, hops: firstPayload + hops, random: HashRandom(seed: seed, .publication),
        fault: fault), network
    )
  }

  @Test(arguments: [1, 2, 3] as [UInt64]) func eventsComeInTotalOrderForEveryWidth(seed: UInt64) {
    var digests: [UInt64] = []
    for bits in [12, 14, 17, 20, 21] {
      var engine = Self.engine(bits: bits, seed: seed)
      engine.run(until: .never)
      let handled = engine.population.handled
      #expect(zip(handled, handled.dropFirst()).allSatisfy { $0 <= $1 })
      #expect(handled.count == 40 * 61)
      #expect(engine.events == UInt64(handled.count))
      let isIdle = engine.isIdle
      #expect(isIdle)
      #expect(engine.now == handled.last!.time)
      digests.append(engine.digest.value)
    }
    #expect(Set(digests).count == 1)
  }

  @Test(arguments: [1, 2, 3] as [UInt64]) func stoppingInBetweenChangesNothing(seed: UInt64) {
    var whole = Self.engine(seed: seed)
    whole.run(until: .never)
    for step in [TimeSpan.microseconds(7), .microseconds(700), .milliseconds(33), .seconds(3)] {
      var parts = Self.engine(seed: seed)
      var until = Instant.zero
      while !parts.isIdle {
        // Short steps only for the first second.
        until += until > Instant(nanoseconds: 1_000_000_000) ? .seconds(1) : step
        let before = parts.population.handled.count
        parts.run(until: until)
        #expect(parts.now == until)
        for event in parts.population.handled[before...] { #expect(event.time < until) }
      }
      #expect(parts.digest.value == whole.digest.value)
      #expect(parts.digest.history == whole.digest.history)
      #expect(parts.population.handled == whole.population.handled)
    }
  }

  @Test func oneChangedEventShowsInItsWindow() {
    var one = Self.engine()
    one.run(until: .never)
    let fault = one.population.handled[one.population.handled.count / 2]
    var two = Self.engine(fault: fault)
    two.run(until: .never)
    #expect(one.digest.value != two.digest.value)
    let difference = TraceDigest.firstDifference(one.digest.history, two.digest.history)
    // The event itself happens in both; what it did not send is missing later.
    let a = Set(one.population.handled)
    let missing = one.population.handled.first { !Set(two.population.handled).contains($0) }!
    #expect(a.contains(fault))
    #expect(difference == missing.time.nanoseconds >> TraceDigest.windowBits)
    #expect(TraceDigest.firstDifference(one.digest.history, one.digest.history) == nil)
  }

  @Test func windowsAddUpToTheEvents() {
    var engine = Self.engine()
    engine.run(until: .never)
    var counts: [UInt64: UInt64] = [:]
    for event in engine.population.handled {
      counts[event.time.nanoseconds >> TraceDigest.windowBits, default: 0] += 1
    }
    #expect(engine.digest.history.count == counts.count)
    for window in engine.digest.history { #expect(counts[window.index] == window.events) }
    #expect(engine.digest.history.last?.digest == engine.digest.value)
    #expect(engine.digest.description.count == 16)
  }

  @Test func thePopulationHearsOfWhatIsDropped() {
    var engine = Self.engine(LinkConditions(latency: .constant(.milliseconds(5)), loss: 0.05))
    engine.run(until: .never)
    let lost = engine.population.undelivered.count { $0 == .lost }
    #expect(lost > 0)
    #expect(UInt64(lost) == engine.network.links.counters.lost)
  }

  @Test func whatIsUnderWayWhenACutBeginsStillArrives() {
    let links = LinkTable(
      nodes: 2, edges: [LinkEdge(NodeID(0), NodeID(1))],
      conditions: [LinkConditions(latency: .constant(.milliseconds(50)))], seed: 1)
    var network = EventNetwork(links: links, inputs: 2)
    network.send(slot: 0, payload: 7, key: 7, bytes: 1, at: .zero)
    var engine = Engine(Wanderers(linkSlots: 2, hops: 0, random: HashRandom(seed: 1, .publication)), network)
    engine.run(until: .zero + .milliseconds(20))
    let cut = engine.network.links.begin(.cut, slots: [0, 1])
    let during = engine.network.send(slot: 0, payload: 8, key: 8, bytes: 1, at: engine.now)
    #expect(during == .cut)
    engine.run(until: .zero + .milliseconds(70))
    engine.network.links.heal(cut)
    engine.network.send(slot: 0, payload: 9, key: 9, bytes: 1, at: engine.now)
    engine.run(until: .never)
    #expect(engine.population.handled.map(\.payload) == [7, 9])
    #expect(engine.now == .zero + .milliseconds(120))
  }

  /// Inputs of a driver at the limit of the last run come in their place.
  @Test func inputsAtTheLimitAreAccepted() {
    var engine = Self.engine()
    let limit = Instant.zero + .milliseconds(100)
    engine.run(until: limit)
    let slot = engine.network.links.slots
    engine.network.schedule(at: limit, slot: slot, payload: 1000)
    engine.run(until: .never)
    let index = engine.population.handled.firstIndex(
      of: Event(time: limit, slot: UInt32(slot), payload: 1000))!
    #expect(engine.population.handled[index - 1].time <= limit)
    #expect(engine.population.handled[index + 1].time >= limit)
  }

  /// Looking for the next event moves the queue, not the run.
  @Test func lookingAheadChangesNothing() {
    var plain = Self.engine()
    var curious = Self.engine()
    for step in 1...200 as ClosedRange<UInt64> {
      let limit = Instant.zero + .milliseconds(7) * step
      plain.run(until: limit)
      curious.run(until: limit)
      _ = curious.network.queue.nextTime()
      // Into the time before the bucket that was looked at, and some into windows of the digest before it.
      for k in 0..<4 as Range<UInt64> {
        let at = limit + .milliseconds(3 * k)
        plain.network.schedule(at: at, slot: plain.network.links.slots, payload: 1000)
        curious.network.schedule(at: at, slot: curious.network.links.slots, payload: 1000)
      }
    }
    plain.run(until: .never)
    curious.run(until: .never)
    #expect(plain.population.handled == curious.population.handled)
    #expect(plain.digest.history == curious.digest.history)
  }

  /// Payloads too large for a key take another way to the same order.
  @Test(arguments: [12, 17, 20, 21]) func largePayloadsKeepTheOrder(bits: Int) {
    var engine = Self.engine(bits: bits, firstPayload: .max - 60)
    engine.run(until: .never)
    let handled = engine.population.handled
    #expect(handled.count == 40 * 61)
    #expect(zip(handled, handled.dropFirst()).allSatisfy { $0 <= $1 })
    var other = Self.engine(bits: 16, firstPayload: .max - 60)
    other.run(until: .never)
    #expect(other.population.handled == handled)
    #expect(other.digest.value == engine.digest.value)
  }

  /// A queue that looked ahead for a far event has not lost the time in between.
  @Test func nearInputsAfterAFarEventComeFirst() {
    var network = EventNetwork(
      links: LinkTable(nodes: 1, edges: [], conditions: [], seed: 1), inputs: 1)
    network.schedule(at: .zero + .seconds(100), slot: 0, payload: 3)
    var engine = Engine(Wanderers(linkSlots: 0, hops: 0, random: HashRandom(seed: 1, .publication)), network)
    engine.run(until: .zero + .seconds(99) + .milliseconds(950))
    engine.network.schedule(at: .zero + .seconds(99) + .milliseconds(951), slot: 0, payload: 1)
    engine.network.schedule(at: .zero + .seconds(99) + .milliseconds(999), slot: 0, payload: 2)
    engine.run(until: .never)
    #expect(engine.population.handled.map(\.payload) == [1, 2, 3])
  }
}
