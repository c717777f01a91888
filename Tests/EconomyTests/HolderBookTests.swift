// What reaches holders: divisions that lose nothing, sums that add up, reputations that follow what was done.

import Basics
import Contracts
import Economy
import Exact
import Testing

@Suite struct HolderBookTests {
  @Test(arguments: [0.0, 0.7, 1.5])
  func suppliesAreDividedToTheLastShare(exponent: Double) {
    let supplies: [UInt128] = [1_000_000_007, 999, 12_345]
    let book = HolderBook(HolderTerms(count: 50, issuersEach: 2, exponent: exponent), supplies: supplies)
    for (issuer, supply) in supplies.enumerated() {
      let sum = book.ofIssuer[issuer].reduce(UInt128(0)) { $0 + book.positions[Int($1)].shares }
      #expect(sum == supply)
    }
    #expect(book.positions.count == 100)
  }

  @Test func reputationFollowsWhatWasDone() {
    var good = Reputation()
    var bad = Reputation()
    var slashed = Reputation()
    var record = OperatorRecord()
    record.duties = 10
    record.fulfilled = 10
    record.stakersWei = 1_000
    for _ in 0..<10 { good.note(record, stake: 1_000_000, memory: 0.3) }
    record.fulfilled = 2
    record.stakersWei = 100
    for _ in 0..<10 { bad.note(record, stake: 1_000_000, memory: 0.3) }
    record.fulfilled = 10
    record.slashedWei = 500_000
    slashed.note(record, stake: 500_000, memory: 0.3)
    #expect(good.score == 1 && good.lossRate == 0)
    #expect(bad.score < 0.25)
    #expect(slashed.score < 1 && slashed.lossRate > 0.1)
    // An idle epoch forgets losses and says nothing about duties.
    let before = bad.score
    bad.note(OperatorRecord(), stake: 1_000_000, memory: 0.3)
    #expect(bad.score == before)
  }
}
