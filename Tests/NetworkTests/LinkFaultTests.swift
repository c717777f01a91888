import Basics
import Network
import Testing

@Suite struct LinkFaultTests {
  private func fixture(_ nodes: Int = 12) -> LinkTable {
    LinkTable(
      nodes: nodes, edges: ring(nodes), conditions: [LinkConditions(latency: .constant(.milliseconds(10)))],
      seed: 1)
  }
  private func at(_ milliseconds: UInt64) -> Instant { .zero + .milliseconds(milliseconds) }

  @Test func overlappingFaultsHealByThemselves() {
    var links = fixture()
    let slot = links.slot(from: 3, to: 4)!
    let other = links.slot(from: 8, to: 9)!
    let cut = links.begin(.cut, slots: [slot])
    let secondCut = links.begin(.cut, slots: [slot, other])
    let delay = links.begin(.delay(add: .milliseconds(5), scale: 2), slots: [slot])
    #expect(links.faultsInForce.map(\.id) == [cut, secondCut, delay])
    same(links.transmit(slot: slot, key: 1, bytes: 1, at: .zero), .cut)
    same(links.heal(cut), true)
    same(links.transmit(slot: slot, key: 1, bytes: 1, at: .zero), .cut)
    same(links.isCut(other), true)
    same(links.heal(secondCut), true)
    same(links.transmit(slot: slot, key: 1, bytes: 1, at: .zero), .delivered(at: at(25)))
    same(links.transmit(slot: other, key: 1, bytes: 1, at: .zero), .delivered(at: at(10)))
    same(links.heal(delay), true)
    same(links.transmit(slot: slot, key: 1, bytes: 1, at: .zero), .delivered(at: at(10)))
    same(links.heal(delay), false)
    same(links.heal(cut), false)
    #expect(links.faultsInForce.isEmpty)
    #expect(links.counters.cut == 2)
  }

  @Test func onlySelectedLinksLeaveTheFastPath() {
    var links = fixture()
    let slot = links.slot(from: 3, to: 4)!
    let before = (0..<links.slots).map { links.fastRow($0).latency }
    let fault = links.begin(.nothing, slots: [slot])
    for k in 0..<links.slots { #expect((links.fastRow(k).latency == UInt64(UInt32.max)) == (k == slot)) }
    same(links.transmit(slot: slot, key: 1, bytes: 1, at: .zero), .delivered(at: at(10)))
    links.heal(fault)
    #expect((0..<links.slots).map { links.fastRow($0).latency } == before)
  }

  @Test func aPartitionCutsBetweenSidesAndNowhereElse() {
    var links = LinkTable(
      nodes: 30, edges: randomEdges(nodes: 30, share: 0.4, seed: 2),
      conditions: [LinkConditions(latency: .constant(.milliseconds(10)))], seed: 1)
    let sides = (0..<30).map { UInt8($0 < 10 ? 0 : $0 < 25 ? 1 : 255) }
    let fault = links.partition(sides: sides)
    for node in 0..<30 {
      for slot in links.slots(of: node) {
        let a = sides[node]
        let b = sides[links.neighbor(slot)]
        #expect(links.isCut(slot) == (a != b && a != 255 && b != 255))
      }
    }
    links.heal(fault)
    for slot in 0..<links.slots { same(links.isCut(slot), false) }
  }

  @Test func aCutCanBeOneWay() {
    var links = fixture()
    links.begin(.cut) { from, to in from == 3 && to == 4 }
    same(links.transmit(slot: links.slot(from: 3, to: 4)!, key: 1, bytes: 1, at: .zero), .cut)
    same(
      links.transmit(slot: links.slot(from: 4, to: 3)!, key: 1, bytes: 1, at: .zero), .delivered(at: at(10)))
  }

  @Test func delaysApplyInTheOrderOfTheirBeginning() {
    var links = fixture()
    let add = links.begin(.delay(add: .milliseconds(5), scale: 1), slots: [0])
    links.begin(.delay(add: .zero, scale: 3), slots: [0])
    same(links.transmit(slot: 0, key: 1, bytes: 1, at: .zero), .delivered(at: at(45)))
    links.heal(add)
    links.begin(.delay(add: .milliseconds(5), scale: 1), slots: [0])
    same(links.transmit(slot: 0, key: 1, bytes: 1, at: .zero), .delivered(at: at(35)))
  }

  @Test func lossesOfFaultsAreIndependent() {
    var links = fixture()
    let first = links.begin(.loss(0.5), slots: [0])
    links.begin(.loss(0.5), slots: [0])
    let n = 20_000
    for key in 0..<UInt64(n) { _ = links.transmit(slot: 0, key: key, bytes: 1, at: .zero) }
    #expect(links.counters.lost > 14_700 && links.counters.lost < 15_300)
    links.heal(first)
    let before = links.counters.lost
    for key in 0..<UInt64(n) { _ = links.transmit(slot: 0, key: key, bytes: 1, at: .zero) }
    #expect(links.counters.lost - before > 9700 && links.counters.lost - before < 10_300)
    links.begin(.loss(1), slots: [0])
    same(links.transmit(slot: 0, key: 1, bytes: 1, at: .zero), .lost)
  }

  @Test func aFaultChangesNoDrawElsewhere() {
    let law = LinkConditions(latency: .constant(.milliseconds(10)), loss: 0.5)
    var quiet = LinkTable(nodes: 12, edges: ring(12), conditions: [law], seed: 1)
    var faulty = LinkTable(nodes: 12, edges: ring(12), conditions: [law], seed: 1)
    faulty.begin(.loss(0.9), slots: [0])
    for key in 0..<500 as Range<UInt64> {
      _ = faulty.transmit(slot: 0, key: key, bytes: 1, at: .zero)
      same(
        quiet.transmit(slot: 5, key: key, bytes: 1, at: .zero),
        faulty.transmit(slot: 5, key: key, bytes: 1, at: .zero))
    }
  }

  /// Begins and heals at random, and compares with a list of what should be in force.
  @Test(arguments: [1, 2, 3, 4, 5] as [UInt64]) func anyScheduleEqualsItsFaultsInForce(seed: UInt64) {
    var links = LinkTable(
      nodes: 20, edges: randomEdges(nodes: 20, share: 0.3, seed: seed),
      conditions: [LinkConditions(latency: .constant(.milliseconds(10)))], seed: seed)
    var random = RandomStream(seed: seed)
    var inForce: [(id: LinkFaultID, fault: LinkFault, slots: Set<Int>)] = []
    for _ in 0..<120 {
      if !inForce.isEmpty && random.below(2) == 0 {
        let gone = inForce.remove(at: random.below(inForce.count))
        same(links.heal(gone.id), true)
      } else {
        var slots: Set<Int> = []
        for slot in 0..<links.slots where random.below(3) == 0 { slots.insert(slot) }
        let fault: LinkFault =
          switch random.below(3) {
          case 0: .cut
          case 1: .delay(add: .milliseconds(UInt64(random.below(9))), scale: 1)
          default: .nothing
          }
        inForce.append((links.begin(fault, slots: slots.sorted()), fault, slots))
      }
      for slot in 0..<links.slots {
        var expected = Fate.delivered(at: at(10))
        for entry in inForce where entry.slots.contains(slot) {
          switch (entry.fault, expected) {
          case (.cut, _): expected = .cut
          case (.delay(let add, _), .delivered(let arrival)): expected = .delivered(at: arrival + add)
          default: break
          }
        }
        same(links.transmit(slot: slot, key: 1, bytes: 1, at: .zero), expected)
      }
    }
  }
}
