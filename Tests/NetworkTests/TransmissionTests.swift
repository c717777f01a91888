import Basics
import Network
import Testing

@Suite struct TransmissionTests {
  private func pair(_ conditions: LinkConditions, uplinks: [Bandwidth?] = [], seed: UInt64 = 1) -> LinkTable {
    LinkTable(
      nodes: 2, edges: [LinkEdge(NodeID(0), NodeID(1))], conditions: [conditions], uplinks: uplinks,
      seed: seed)
  }
  private func at(_ milliseconds: UInt64) -> Instant { .zero + .milliseconds(milliseconds) }

  @Test func aPlainLinkAddsItsLatency() {
    var links = pair(LinkConditions(latency: .constant(.milliseconds(30))))
    same(links.transmit(slot: 0, key: 1, bytes: 100, at: at(5)), .delivered(at: at(35)))
    #expect(links.counters.sent == 1)
    #expect(links.counters.lost + links.counters.cut + links.counters.queueDrops == 0)
  }

  @Test func aLatencyOfManySecondsIsExact() {
    for span in [TimeSpan.seconds(4), .seconds(5), .seconds(3600), TimeSpan(nanoseconds: 0xFFFF_FFFF)] {
      var links = pair(LinkConditions(latency: .constant(span)))
      #expect(links.latency(0) == span)
      same(links.transmit(slot: 1, key: 1, bytes: 100, at: at(5)), .delivered(at: at(5) + span))
    }
  }

  @Test(arguments: [1, 2, 3] as [UInt64]) func theLossShareIsMet(seed: UInt64) {
    for share in [0.001, 0.1, 0.7] {
      var links = pair(LinkConditions(latency: .constant(.milliseconds(1)), loss: share), seed: seed)
      let n = 50_000
      for key in 0..<UInt64(n) { _ = links.transmit(slot: 0, key: key, bytes: 10, at: at(key)) }
      let error = 4 * (share * (1 - share) * Double(n)).squareRoot()
      #expect(
        (Double(links.counters.lost) - share * Double(n)).magnitude <= error, "\(links.counters.lost) of \(n)"
      )
      #expect(links.counters.sent == UInt64(n))
    }
    var never = pair(LinkConditions(latency: .constant(.zero), loss: 1), seed: seed)
    for key in 0..<1000 as Range<UInt64> {
      same(never.transmit(slot: 0, key: key, bytes: 1, at: .zero), .lost)
    }
  }

  @Test func theSameTransmissionHasTheSameFateAndALaterOneItsOwn() {
    let law = LinkConditions(
      latency: .constant(.milliseconds(10)), jitter: .uniform(low: .zero, high: .milliseconds(10)), loss: 0.3)
    var one = pair(law)
    var two = pair(law)
    var fates: [Fate] = []
    for key in 0..<500 as Range<UInt64> {
      let fate = one.transmit(slot: 0, key: key, bytes: 1, at: at(7))
      _ = two.transmit(slot: 1, key: key, bytes: 1, at: at(3))
      same(two.transmit(slot: 0, key: key, bytes: 999, at: at(7)), fate)
      fates.append(fate)
    }
    var again = 0
    for key in 0..<500 as Range<UInt64> {
      let later = one.transmit(slot: 0, key: key, bytes: 1, at: at(8))
      if (later == .lost) != (fates[Int(key)] == .lost) { again += 1 }
    }
    // 2 x 0.3 x 0.7 of them differ.
    #expect(again > 140 && again < 280)
  }

  @Test func jitterStaysInItsBoundsAndNeverTravelsBack() {
    var links = pair(
      LinkConditions(
        latency: .constant(.milliseconds(10)), jitter: .uniform(low: .milliseconds(1), high: .milliseconds(4))
      ))
    var spans: Set<UInt64> = []
    for key in 0..<2000 as Range<UInt64> {
      let span = links.transmit(slot: 0, key: key, bytes: 1, at: at(100)).arrival! - at(100)
      #expect(span >= .milliseconds(11) && span <= .milliseconds(14))
      spans.insert(span.nanoseconds)
    }
    #expect(spans.count > 1900)
    var wild = pair(
      LinkConditions(
        latency: .constant(.milliseconds(1)), jitter: .normal(mean: .zero, deviation: .milliseconds(5))))
    var atOnce = 0
    for key in 0..<2000 as Range<UInt64> {
      let arrival = wild.transmit(slot: 0, key: key, bytes: 1, at: at(100)).arrival!
      #expect(arrival >= at(100))
      if arrival == at(100) { atOnce += 1 }
    }
    #expect(atOnce > 600 && atOnce < 1100)
  }

  @Test func messagesQueueForTheLink() {
    // 1 Mbit/s: 1,000 bytes take 8 ms. Room for 2,500 bytes.
    var links = pair(
      LinkConditions(
        latency: .constant(.milliseconds(100)),
        bandwidth: Bandwidth(bitsPerSecond: 1_000_000, queueBytes: 2500)))
    same(links.transmit(slot: 0, key: 1, bytes: 1000, at: at(0)), .delivered(at: at(108)))
    same(links.transmit(slot: 0, key: 2, bytes: 1000, at: at(0)), .delivered(at: at(116)))
    // 2,000 bytes wait: 501 more are one too many, 500 just fit.
    same(links.transmit(slot: 0, key: 3, bytes: 501, at: at(0)), .queueFull)
    same(links.transmit(slot: 0, key: 4, bytes: 500, at: at(0)), .delivered(at: at(120)))
    // At 12 ms 1,000 bytes are left.
    same(links.transmit(slot: 0, key: 5, bytes: 1501, at: at(12)), .queueFull)
    same(links.transmit(slot: 0, key: 6, bytes: 1500, at: at(12)), .delivered(at: at(132)))
    // The other direction has its own.
    same(links.transmit(slot: 1, key: 7, bytes: 1000, at: at(12)), .delivered(at: at(120)))
    // Idle: any size.
    same(links.transmit(slot: 0, key: 8, bytes: 10_000, at: at(1000)), .delivered(at: at(1180)))
    #expect(links.counters.queueDrops == 2)
    #expect(links.counters.sent == 8)
  }

  @Test func aTransmissionIsRoundedUp() {
    // 3 bit/s: one byte takes 2,666,666,666.7 ns.
    var links = pair(LinkConditions(latency: .constant(.zero), bandwidth: Bandwidth(bitsPerSecond: 3)))
    same(
      links.transmit(slot: 0, key: 1, bytes: 1, at: .zero),
      .delivered(at: Instant(nanoseconds: 2_666_666_667)))
  }

  @Test func linksShareTheUplinkOfTheirNode() {
    let uplink = Bandwidth(bitsPerSecond: 8_000_000, queueBytes: 3000)  // 1 byte a microsecond
    var links = LinkTable(
      nodes: 3, edges: [LinkEdge(NodeID(0), NodeID(1)), LinkEdge(NodeID(0), NodeID(2))],
      conditions: [LinkConditions(latency: .constant(.milliseconds(10)))], uplinks: [uplink, nil, nil],
      seed: 1)
    let first = links.slot(from: 0, to: 1)!
    let second = links.slot(from: 0, to: 2)!
    same(links.transmit(slot: first, key: 1, bytes: 1000, at: .zero), .delivered(at: at(11)))
    same(links.transmit(slot: second, key: 1, bytes: 2000, at: .zero), .delivered(at: at(13)))
    same(links.transmit(slot: first, key: 2, bytes: 1, at: .zero), .queueFull)
    // The others have no limit.
    same(
      links.transmit(slot: links.slot(from: 1, to: 0)!, key: 1, bytes: 1 << 20, at: .zero),
      .delivered(at: at(10)))
  }

  @Test func theUplinkFeedsTheLink() {
    // Uplink 1 byte/us, link 1 byte/2 us with room for 1,000 bytes.
    var links = pair(
      LinkConditions(
        latency: .constant(.zero), bandwidth: Bandwidth(bitsPerSecond: 4_000_000, queueBytes: 1000)),
      uplinks: [Bandwidth(bitsPerSecond: 8_000_000), nil])
    let micro = { (n: UInt64) in Instant.zero + TimeSpan.microseconds(n) }
    same(links.transmit(slot: 0, key: 1, bytes: 600, at: .zero), .delivered(at: micro(1800)))
    // Leaves the uplink at 1,200: the link still holds 300 bytes.
    same(links.transmit(slot: 0, key: 2, bytes: 600, at: .zero), .delivered(at: micro(3000)))
    // Would leave at 1,900 and find 550 waiting: 700 do not fit, and a dropped message holds no uplink.
    same(links.transmit(slot: 0, key: 3, bytes: 700, at: .zero), .queueFull)
    same(links.transmit(slot: 0, key: 4, bytes: 100, at: .zero), .delivered(at: micro(3200)))
  }
}
