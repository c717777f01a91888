// What faults do to links, each against the numbers that its model predicts.

import Basics
import Network
import Testing

@Suite struct LinkEffectsTests {
  private func fixture() -> LinkTable {
    LinkTable(
      nodes: 12, edges: ring(12), conditions: [LinkConditions(latency: .constant(.milliseconds(10)))], seed: 1
    )
  }

  /// Sends `count` messages a millisecond apart over one slot.
  private func send(_ fault: LinkFault, _ count: Int, bytes: Int = 100, key: UInt64 = 0) -> [Fate] {
    var links = fixture()
    links.begin(fault, key: 5) { _, _ in true }
    return (0..<UInt64(count)).map {
      links.transmit(slot: 3, key: key | $0, bytes: bytes, at: .zero + .milliseconds($0))
    }
  }

  @Test func burstsHaveTheShareAndTheLengthOfTheirChain() {
    let chain = BurstLoss(worsen: 0.02, recover: 0.2, lossGood: 0, lossBad: 1)
    let lost = send(.bursts(chain), 20_000).map { $0 == .lost }
    let share = Double(lost.count { $0 }) / 20_000
    #expect(abs(share - chain.share) < 0.01, "\(share) of \(chain.share)")
    let bursts = zip([false] + lost, lost).count { !$0 && $1 }
    let length = Double(lost.count { $0 }) / Double(bursts)
    // About 360 bursts: 0.23 is the deviation of their mean.
    #expect(abs(length - 5) < 0.7, "bursts end with probability 1/5: \(length) messages")
  }

  @Test func jitterVariesBetweenNothingAndItsMost() throws {
    let waits = send(.jitter(most: .milliseconds(100), correlation: 0), 2_000).enumerated().compactMap {
      index, fate in fate.arrival.map { ($0 - (.zero + .milliseconds(UInt64(index)))).milliseconds - 10 }
    }
    #expect(waits.count == 2_000)
    let mean = waits.reduce(0, +) / 2_000
    #expect(abs(mean - 50) < 3)
    #expect((waits.min() ?? -1) >= 0 && (waits.max() ?? 0) <= 100)
    let smooth = send(.jitter(most: .milliseconds(100), correlation: 0.9), 2_000).enumerated().compactMap {
      index, fate in fate.arrival.map { ($0 - (.zero + .milliseconds(UInt64(index)))).milliseconds }
    }
    func roughness(_ x: [Double]) -> Double {
      zip(x, x.dropFirst()).reduce(0) { $0 + abs($1.0 - $1.1) } / Double(x.count)
    }
    #expect(roughness(smooth) < roughness(waits) / 4)
  }

  @Test func aRateHasItsQueue() {
    // 1,000 bytes a millisecond of queue; each message takes 2 ms.
    let rate = Bandwidth(bitsPerSecond: 400_000, queueBytes: 500)
    let fates = send(.rate(rate), 100)
    #expect(fates[0] == .delivered(at: .zero + .milliseconds(12)))
    #expect(fates.contains(.queueFull))
    let delivered = fates.count { $0.arrival != nil }
    #expect(delivered > 48 && delivered < 58, "one message in two fits")
  }

  @Test func anUplinkIsSharedByTheLinksOfItsSender() {
    var links = fixture()
    links.begin(.uplink(Bandwidth(bitsPerSecond: 400_000))) { from, _ in from == 3 }
    let own = Array(links.slots(of: 3))
    let first = links.transmit(slot: own[0], key: 1, bytes: 100, at: .zero)
    let second = links.transmit(slot: own[1], key: 2, bytes: 100, at: .zero)
    #expect(first == .delivered(at: .zero + .milliseconds(12)))
    #expect(second == .delivered(at: .zero + .milliseconds(14)))
    let other = links.transmit(slot: links.slots(of: 5).lowerBound, key: 3, bytes: 100, at: .zero)
    #expect(other == .delivered(at: .zero + .milliseconds(10)))
  }

  @Test func trafficIsToldApartByKindAndSize() {
    let control = send(.someLoss(1, Traffic(.control)), 10, key: LinkTable.controlKey)
    #expect(control.allSatisfy { $0 == .lost })
    #expect(send(.someLoss(1, Traffic(.control)), 10).allSatisfy { $0 != .lost })
    #expect(send(.someLoss(1, Traffic(.messages)), 10).allSatisfy { $0 == .lost })
    #expect(send(.someLoss(1, Traffic(bytesMinimum: 101)), 10).allSatisfy { $0 != .lost })
    #expect(send(.someLoss(1, Traffic(bytesMinimum: 100)), 10).allSatisfy { $0 == .lost })
  }

  @Test func copiesAndDamageAreTold() {
    var links = fixture()
    let copies = links.begin(.duplicate(1), key: 1) { _, _ in true }
    let fate = links.transmit(slot: 0, key: 1, bytes: 1, at: .zero)
    let twice = links.takeAftermath()
    #expect(fate == .delivered(at: .zero + .milliseconds(10)))
    #expect(twice?.copyAt == .zero + .milliseconds(15))
    let nothing = links.takeAftermath()
    #expect(nothing == nil)
    links.heal(copies)
    links.begin(.damage(1, .truncated), key: 1) { _, _ in true }
    let lost = links.transmit(slot: 0, key: 1, bytes: 1, at: .zero)
    let damaged = links.takeAftermath()
    #expect(lost == .lost)
    #expect(damaged?.damagedAt == .zero + .milliseconds(10) && damaged?.damage == .truncated)
    let counters = links.counters
    #expect(counters.damaged == 1 && counters.duplicated == 1)
  }

  @Test func heldMessagesComeAfterTheEnd() {
    let fates = send(.hold(until: .zero + .seconds(1)), 3)
    #expect(fates.allSatisfy { $0 == .delivered(at: .zero + .milliseconds(1_010)) })
  }

  @Test func someAreOvertaken() {
    let late = send(.reorder(0.25, by: .milliseconds(50)), 4_000).enumerated().count {
      $1 == .delivered(at: .zero + .milliseconds(UInt64($0) + 60))
    }
    #expect(abs(Double(late) / 4_000 - 0.25) < 0.03)
  }

  @Test func flappingLinksAreDownForTheirShareOfTheTimeBothWays() {
    var links = fixture()
    links.begin(.flap(since: .zero, up: .milliseconds(300), down: .milliseconds(100)), key: 9) { _, _ in true
    }
    var down = 0
    for k in 0..<4_000 as Range<UInt64> {
      let at = Instant.zero + .milliseconds(k)
      let there = links.transmit(slot: 3, key: k, bytes: 1, at: at)
      let back = links.transmit(slot: links.reverse(3), key: k, bytes: 1, at: at)
      #expect((there == .cut) == (back == .cut))
      if there == .cut { down += 1 }
    }
    #expect(down == 1_000)
  }

  @Test func clogsEndWithinTheirLongest() {
    let fates = send(
      .clog(since: .zero, every: .milliseconds(200), longest: .milliseconds(80)), 2_000)
    let waits = fates.enumerated().compactMap { index, fate in
      fate.arrival.map { ($0 - (.zero + .milliseconds(UInt64(index)))).milliseconds - 10 }
    }
    #expect(waits.count == 2_000)
    #expect((waits.max() ?? 0) > 20 && (waits.max() ?? 100) <= 80)
    #expect(waits.count { $0 > 0 } < 1_000)
  }
}
