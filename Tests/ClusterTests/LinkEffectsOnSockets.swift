// What each effect of a link does to frames that really cross a socket: forty of them, handed over a millisecond apart, on a link
// of two milliseconds.

import Basics
import Network
import Testing
import UV

@testable import Cluster

/// What became of the frames, by their number.
private struct Crossing {
  var fates: [Fate] = []
  /// Instants of arrival by the run's clock, milliseconds after the frame was handed over; a frame may arrive twice.
  var delays: [[Double]] = []
  /// Numbers in order of arrival.
  var order: [Int] = []
  /// Frames that are not what was sent.
  var damaged: [[UInt8]] = []

  static let frames = 40

  init(_ effect: (Instant) -> LinkFault, bytes: Int = 1_000, slots: Int = 1) throws {
    let setup = try Imposed(LinkConditions(latency: .constant(.milliseconds(2))))
    let start = setup.imposed.now + .milliseconds(5)
    // Node 1's slots: to node 0 and to node 2.
    var used = [try #require(setup.mesh.wiring.slot(from: 1, to: 2))]
    if slots == 2 { used.append(try #require(setup.mesh.wiring.slot(from: 1, to: 0))) }
    let id = setup.imposed.links.begin(effect(start), key: 7, slots: used)
    delays = Array(repeating: [], count: Self.frames)
    for k in 0..<Self.frames {
      let content: [UInt8] = [UInt8(k), 1, 2, 3]
      let frame = setup.imposed.frame(4) { $0.append(bytes: content.span) }
      fates.append(
        setup.imposed.send(
          frame, slot: used[k % used.count], .message, key: UInt64(k), bytes: bytes,
          at: start + .milliseconds(UInt64(k))))
      setup.imposed.release(frame)
    }
    #expect(setup.mesh.loop.run { setup.imposed.waitingCount == 0 })
    // What was written last is still on its way; one more frame on each slot, untouched, says when it is through.
    let isHealed = setup.imposed.links.heal(id)
    #expect(isHealed)
    for slot in used {
      let last = setup.imposed.frame(1) { $0.append(255) }
      _ = setup.imposed.send(last, slot: slot, .message, key: 255, bytes: 1, at: setup.imposed.now)
      setup.imposed.release(last)
    }
    #expect(
      setup.mesh.loop.run { setup.receiver.frames.count { $0.bytes == [255] } == used.count })
    let epoch = setup.imposed.epoch
    for (frame, instant) in zip(setup.receiver.frames, setup.receiver.instants) where frame.bytes != [255] {
      guard frame.bytes.count == 4, frame.bytes[0] < Self.frames, frame.bytes.dropFirst() == [1, 2, 3] else {
        damaged.append(frame.bytes)
        continue
      }
      let k = Int(frame.bytes[0])
      order.append(k)
      let sent = start + .milliseconds(UInt64(k))
      delays[k].append((Double(instant - epoch) - Double(sent.nanoseconds)) / 1e6)
    }
    setup.end()
  }

  var arrived: Int { delays.count { !$0.isEmpty } }
  var lost: Int { fates.count { $0 == .lost } }
}

@Suite struct LinkEffectsOnSockets {
  @Test func delay() throws {
    let crossing = try Crossing { _ in .delay(add: .milliseconds(20), scale: 3) }
    #expect(crossing.delays.allSatisfy { ($0.first ?? 0) >= 26 })
  }

  @Test func jitterLetsFramesOvertakeEachOther() throws {
    let crossing = try Crossing { _ in .jitter(most: .milliseconds(40), correlation: 0) }
    #expect(crossing.arrived == Crossing.frames && crossing.order != crossing.order.sorted())
    let planned = crossing.fates.compactMap(\.arrival)
    #expect(Set(planned).count > 20)
  }

  @Test func reorderingHoldsSomeBack() throws {
    let crossing = try Crossing { _ in .reorder(0.3, by: .milliseconds(20)) }
    #expect(crossing.arrived == Crossing.frames && crossing.order != crossing.order.sorted())
    let back = crossing.delays.count { ($0.first ?? 0) >= 22 }
    #expect(back >= 4)
  }

  @Test func aRateSpacesAndItsQueueOverflows() throws {
    // Two milliseconds a frame, room for five.
    let crossing = try Crossing { _ in .rate(Bandwidth(bitsPerSecond: 4_000_000, queueBytes: 5_000)) }
    #expect(crossing.fates.contains(.queueFull))
    #expect(crossing.arrived == crossing.fates.count { $0.arrival != nil })
    #expect((crossing.delays.compactMap(\.first).max() ?? 0) >= 8)
  }

  @Test func anUplinkIsSharedByItsLinks() throws {
    let bandwidth = Bandwidth(bitsPerSecond: 4_000_000, queueBytes: 100_000)
    let each = try Crossing({ _ in .rate(bandwidth) }, slots: 2)
    let shared = try Crossing({ _ in .uplink(bandwidth) }, slots: 2)
    #expect(each.arrived == Crossing.frames && shared.arrived == Crossing.frames)
    // Forty frames of two milliseconds over one line end forty milliseconds late; over two lines they keep up.
    let last = { (crossing: Crossing) in crossing.fates.last?.arrival ?? .zero }
    #expect((shared.delays[39].first ?? 0) >= 38)
    #expect(last(shared) > last(each))
  }

  @Test func lossByChanceByBurstAndByKind() throws {
    let half = try Crossing { _ in .loss(0.5) }
    #expect(half.lost > 5 && half.lost < 35 && half.arrived == Crossing.frames - half.lost)
    let burst = try Crossing { _ in
      .bursts(BurstLoss(worsen: 1, recover: 1e-9, lossGood: 0, lossBad: 1))
    }
    #expect(burst.lost >= Crossing.frames - 1 && burst.arrived <= 1)
    let large = try Crossing({ _ in .someLoss(1, Traffic(.all, bytesMinimum: 500)) }, bytes: 499)
    #expect(large.arrived == Crossing.frames)
    let control = try Crossing { _ in .someLoss(1, Traffic(.control)) }
    #expect(control.arrived == Crossing.frames)
    let messages = try Crossing { _ in .someLoss(1, Traffic(.messages)) }
    #expect(messages.arrived == 0 && messages.lost == Crossing.frames)
  }

  @Test func copiesArriveTwice() throws {
    let crossing = try Crossing { _ in .duplicate(1) }
    #expect(crossing.delays.allSatisfy { $0.count == 2 })
  }

  @Test(arguments: [Damage.corrupted, .truncated])
  func damagedFramesArriveAsSomethingElse(damage: Damage) throws {
    let crossing = try Crossing { _ in .damage(1, damage) }
    #expect(crossing.arrived == 0 && crossing.damaged.count == Crossing.frames)
    #expect(crossing.damaged.allSatisfy { $0.count == (damage == .truncated ? 2 : 4) })
  }

  @Test func aCutAndAFlapDrop() throws {
    #expect(try Crossing { _ in .cut }.arrived == 0)
    let crossing = try Crossing { .flap(since: $0, up: .milliseconds(10), down: .milliseconds(10)) }
    #expect(crossing.arrived > 10 && crossing.arrived < 30)
  }

  @Test func whatIsHeldArrivesAfterwards() throws {
    let crossing = try Crossing { .hold(until: $0 + .milliseconds(60)) }
    #expect(crossing.arrived == Crossing.frames)
    for (k, delay) in crossing.delays.enumerated() {
      #expect((delay.first ?? 0) + Double(k) >= 62, "frame \(k)")
    }
  }

  @Test func aClogDeliversAtItsEnd() throws {
    let crossing = try Crossing {
      .clog(since: $0, every: .milliseconds(20), longest: .milliseconds(20))
    }
    #expect(crossing.arrived == Crossing.frames)
    let planned = crossing.fates.compactMap(\.arrival)
    #expect(Set(planned).count < Crossing.frames, "several wait for the same instant")
  }
}
