// The order of a block is a function of what was sent when.

import Basics
import Contracts
import Testing

@Suite("Mempool and agenda keep their orders")
struct MempoolTests {
  private func pending(_ id: Int, tip: UInt64, gas: UInt64 = 10) -> PendingTransaction {
    PendingTransaction(
      id: TransactionID(id), transaction: Transaction(sender: NodeID(0), tip: tip, body: .veto(CaseID(id))),
      submittedAt: .zero, gas: gas)
  }

  @Test("tips first, then arrival; capacity and readiness hold", arguments: Array(0..<20) as [UInt64])
  func order(seed: UInt64) {
    var random = RandomStream(seed: seed)
    var pool = Mempool(capacity: 50)
    var all: [(id: Int, tip: UInt64, ready: UInt64)] = []
    for id in 0..<60 {
      let one = (id: id, tip: UInt64(random.below(5)), ready: UInt64(random.below(3)))
      let added = pool.add(pending(id, tip: one.tip), readyAt: Instant(nanoseconds: one.ready))
      #expect(added == (id < 50))
      if added { all.append(one) }
    }
    #expect(pool.nextReady == all.map { Instant(nanoseconds: $0.ready) }.min())
    let taken = pool.take(at: Instant(nanoseconds: 1), gas: 200)
    let expected = all.filter { $0.ready <= 1 }
      .sorted { $0.tip != $1.tip ? $0.tip > $1.tip : $0.id < $1.id }.prefix(20)
    #expect(taken.map(\.id.index) == expected.map(\.id))
    #expect(pool.count == 50 - taken.count)
    #expect(pool.take(at: .never, gas: 1_000).count == 50 - taken.count)
    #expect(pool.nextReady == nil)
  }

  @Test("what does not fit waits, what is smaller goes") func gaps() {
    var pool = Mempool(capacity: 10)
    for (id, gas) in [60, 60, 30].enumerated() {
      _ = pool.add(pending(id, tip: 1, gas: UInt64(gas)), readyAt: .zero)
    }
    #expect(pool.take(at: .zero, gas: 100).map(\.id.index) == [0, 2])
    #expect(pool.take(at: .zero, gas: 100).map(\.id.index) == [1])
  }

  @Test("the agenda gives items by instant, then by entry", arguments: Array(0..<20) as [UInt64])
  func agenda(seed: UInt64) {
    var random = RandomStream(seed: seed)
    var agenda = Agenda<Int>()
    var all: [(at: UInt64, item: Int)] = []
    for item in 0..<200 {
      let at = UInt64(random.below(20))
      agenda.add(item, at: Instant(nanoseconds: at))
      all.append((at, item))
    }
    var got: [Int] = []
    while let next = agenda.take(dueBy: Instant(nanoseconds: 12)) { got.append(next.item) }
    let sorted = all.filter { $0.at <= 12 }.sorted { $0.at != $1.at ? $0.at < $1.at : $0.item < $1.item }
    #expect(got == sorted.map(\.item))
    #expect(agenda.count == 200 - got.count)
  }
}
