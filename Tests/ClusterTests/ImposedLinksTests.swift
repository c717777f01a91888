import Basics
import Network
import Testing
import UV

@testable import Cluster

/// A transport of four nodes in a row of links, with conditions.
final class Imposed {
  let mesh: Mesh
  let imposed: ImposedLinks
  init(_ conditions: LinkConditions) throws {
    let pairs = [(0, 1), (1, 2), (2, 3)]
    let links = LinkTable(
      nodes: 4, edges: pairs.map { (a: NodeID($0.0), b: NodeID($0.1), conditions: conditions) }, seed: 1)
    mesh = try Mesh(Wiring(links), processes: 1)
    imposed = try ImposedLinks(mesh.transports[0], links, epoch: Loop.monotonicNanoseconds)
  }
  var receiver: Receiver { mesh.receivers[0] }

  @discardableResult func send(_ byte: UInt8, slot: Int) -> Fate {
    let frame = imposed.frame(1) { $0.append(byte) }
    defer { imposed.release(frame) }
    return imposed.send(frame, slot: slot, .message, key: UInt64(byte), bytes: 1, at: imposed.now)
  }

  func end() {
    imposed.close()
    mesh.end()
  }
}

@Suite struct ImposedLinksTests {
  @Test func aFrameNeverArrivesBeforeItsLatencyHasPassed() throws {
    let setup = try Imposed(LinkConditions(latency: .constant(.milliseconds(3))))
    var sent: [UInt64] = []
    for k in 0..<50 {
      sent.append(Loop.monotonicNanoseconds)
      let fate = setup.send(UInt8(k), slot: k % 6)
      #expect(fate.arrival != nil)
    }
    #expect(setup.receiver.frames.isEmpty)
    #expect(setup.mesh.loop.run { setup.receiver.frames.count == 50 })
    for (frame, instant) in zip(setup.receiver.frames, setup.receiver.instants) {
      #expect(instant >= sent[Int(frame.bytes[0])] + 3_000_000)
    }
    #expect(setup.imposed.counters.delayed == 50)
    #expect(setup.imposed.counters.lateness.count == 50)
    #expect(setup.imposed.waitingCount == 0)
    setup.end()
  }

  @Test func withoutLatencyFramesDoNotWait() throws {
    let setup = try Imposed(LinkConditions(latency: .constant(.zero)))
    for k in 0..<10 { setup.send(UInt8(k), slot: 0) }
    #expect(setup.imposed.waitingCount == 0)
    #expect(setup.mesh.loop.run { setup.receiver.frames.count == 10 })
    setup.end()
  }

  @Test func aCutDropsUntilItIsHealed() throws {
    let setup = try Imposed(LinkConditions(latency: .constant(.milliseconds(1))))
    let id = setup.imposed.links.partition(sides: [0, 0, 1, 1])
    let across = try #require(setup.mesh.wiring.slot(from: 1, to: 2))
    let inside = try #require(setup.mesh.wiring.slot(from: 0, to: 1))
    #expect(setup.send(1, slot: across) == .cut)
    #expect(setup.send(2, slot: inside) != .cut)
    #expect(setup.mesh.loop.run { setup.receiver.frames.count == 1 })
    setup.imposed.links.heal(id)
    #expect(setup.send(3, slot: across) != .cut)
    #expect(setup.mesh.loop.run { setup.receiver.frames.count == 2 })
    #expect(setup.receiver.frames.map(\.bytes) == [[2], [3]])
    #expect(setup.imposed.links.counters.cut == 1)
    setup.end()
  }

  @Test func certainLossLosesEverything() throws {
    let setup = try Imposed(LinkConditions(latency: .constant(.milliseconds(1))))
    setup.imposed.links.begin(.loss(1)) { _, _ in true }
    for k in 0..<20 { #expect(setup.send(UInt8(k), slot: 0) == .lost) }
    #expect(setup.imposed.waitingCount == 0)
    #expect(setup.imposed.links.counters.lost == 20)
    setup.end()
  }

  @Test func aFullLineDropsAndSaysSo() throws {
    let setup = try Imposed(LinkConditions(latency: .constant(.seconds(3_600))))
    setup.imposed.framesMaximum = 5
    let fates = (0..<8).map { setup.send(UInt8($0), slot: 0) }
    #expect(fates.filter { $0 == .queueFull }.count == 3)
    #expect(setup.imposed.counters.dropped == 3)
    setup.imposed.discard { $0 == 0 }
    #expect(setup.imposed.waitingCount == 0)
    setup.end()
  }

  @Test(arguments: 0..<50 as Range<UInt64>) func theHeapGivesWhatASortWouldGive(seed: UInt64) {
    var random = RandomStream(seed: seed)
    var heap = DueHeap<Int32>()
    var expected: [(due: UInt64, element: Int32)] = []
    for k in 0..<1 + random.below(500) {
      let due = UInt64(random.below(100))
      heap.insert(Int32(k), due: due)
      expected.append((due, Int32(k)))
    }
    expected.sort { $0.due != $1.due ? $0.due < $1.due : $0.element < $1.element }
    var got: [Int32] = []
    let half = heap.popDue(at: 49)
    if let half { got.append(half) }
    while let element = heap.popDue(at: 49) { got.append(element) }
    #expect(got == expected.filter { $0.due <= 49 }.map(\.element))
    while let element = heap.popFirst() { got.append(element) }
    #expect(got == expected.map(\.element))
    let left = heap.count
    #expect(left == 0)
  }
}
