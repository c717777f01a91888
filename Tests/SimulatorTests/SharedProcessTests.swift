import Basics
import Network
import Testing

@testable import Simulator

/// The event loop of one process, step by step.
@Suite struct SharedProcessTests {
  let costs = ProcessCosts(
    write: .microseconds(10), read: .microseconds(4), frame: .microseconds(1), pass: .microseconds(20),
    wake: .microseconds(50))

  private func at(_ microseconds: UInt64) -> Instant { .zero + .microseconds(microseconds) }

  @Test func aSleepingLoopWakesWritesAndReads() {
    var process = SharedProcess(costs, links: 4)
    var served: [UInt64] = []
    #expect(process.fallsDue(.init(slot: 2, payload: 7), at: at(100)) == at(150))
    // Pass and write: 20 + 10 + 1.
    let second = process.pass(at: at(150)) { _, _ in Issue.record("nothing lies in a socket yet") }
    #expect(second == at(181))
    // Pass and read: 20 + 4 + 1.
    let third = process.pass(at: at(181)) { item, instant in
      #expect(item.slot == 2 && item.payload == 7)
      served.append(instant.nanoseconds / 1_000)
    }
    #expect(served == [206])
    #expect(third == at(206))
    #expect(process.pass(at: at(206)) { _, _ in } == nil)
    // Asleep again: the next thing wakes it.
    #expect(process.fallsDue(.init(slot: 1, payload: 8), at: at(300)) == at(350))
  }

  @Test func framesOfOneConnectionShareTheCalls() {
    var process = SharedProcess(costs, links: 4)
    _ = process.fallsDue(.init(slot: 0, payload: 1), at: at(0))
    #expect(process.fallsDue(.init(slot: 0, payload: 2), at: at(1)) == nil)
    #expect(process.fallsDue(.init(slot: 3, payload: 3), at: at(2)) == nil)
    // Two connections, three frames: 20 + 2 x 10 + 3 x 1.
    let next = process.pass(at: at(50)) { _, _ in }
    #expect(next == at(93))
    var order: [UInt32] = []
    let after = process.pass(at: at(93)) { item, _ in order.append(item.payload) }
    #expect(order == [1, 2, 3])
    #expect(after == at(93 + 20 + 2 * 4 + 3))
  }

  @Test func whatFallsDueDuringAPassWaitsForTheNext() {
    var process = SharedProcess(costs, links: 1)
    _ = process.fallsDue(.init(slot: 0, payload: 1), at: at(0))
    let end = process.pass(at: at(50)) { _, _ in }
    #expect(process.fallsDue(.init(slot: 5, payload: 9), at: at(55)) == nil)
    var timers: [UInt64] = []
    _ = end.map {
      process.pass(at: $0) { item, instant in if item.slot == 5 { timers.append(instant.nanoseconds / 1_000) }
      }
    }
    #expect(timers == [81 + 21])
  }
}
