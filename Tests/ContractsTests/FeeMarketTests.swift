// The base fee moves as EIP-1559 says, and the chain's other users leave the room that their bids leave.

import Basics
import Contracts
import Testing

@Suite("The market for block space")
struct FeeMarketTests {
  private let gwei: UInt64 = 1_000_000_000

  @Test("a full block raises the base fee by an eighth, an empty one lowers it, half a one leaves it")
  func eighths() {
    #expect(baseFee(after: gwei, gasUsed: 30_000_000, limit: 30_000_000) == 1_125_000_000)
    #expect(baseFee(after: gwei, gasUsed: 0, limit: 30_000_000) == 875_000_000)
    #expect(baseFee(after: gwei, gasUsed: 15_000_000, limit: 30_000_000) == gwei)
    // EIP-1559's own test values: 20M limit, target 10M, used 9M and 11M.
    #expect(baseFee(after: gwei, gasUsed: 9_000_000, limit: 20_000_000) == 987_500_000)
    #expect(baseFee(after: gwei, gasUsed: 11_000_000, limit: 20_000_000) == 1_012_500_000)
    // A rise is a wei at least; a fall may be none.
    #expect(baseFee(after: 7, gasUsed: 10_000_001, limit: 20_000_000) == 8)
    #expect(baseFee(after: 7, gasUsed: 0, limit: 20_000_000) == 7)
  }

  @Test("others' demand halves with distance from their price and settles the base fee there")
  func equilibrium() {
    var market = FeeMarket(startBaseFee: 40 * gwei, price: 10 * gwei)
    market.noiseBips = 0
    #expect(
      market.demand(baseFee: 10 * gwei, limit: 36_000_000, bits: 0, factorPermille: 1_000) == 18_000_000)
    #expect(market.demand(baseFee: 30 * gwei, limit: 36_000_000, bits: 0, factorPermille: 1_000) == 9_000_000)
    var fee = market.startBaseFee
    for block in 0..<200 as Range<UInt64> {
      let used = market.demand(baseFee: fee, limit: 36_000_000, bits: block, factorPermille: 1_000)
      fee = baseFee(after: fee, gasUsed: min(used, 36_000_000), limit: 36_000_000)
    }
    #expect(fee > 9_900_000_000 && fee < 10_100_000_000)
  }

  @Test("noise spreads demand evenly around its mean", arguments: [1, 2] as [UInt64]) func noise(seed: UInt64)
  {
    let market = FeeMarket(startBaseFee: gwei, price: gwei)
    let draws = HashRandom(seed: seed, .blockProposal)
    let demands = (0..<1_000).map {
      market.demand(baseFee: gwei, limit: 20_000_000, bits: draws.bits($0), factorPermille: 1_000)
    }
    #expect(demands.allSatisfy { $0 >= 5_000_000 && $0 <= 15_000_000 })
    let mean = demands.reduce(0, +) / 1_000
    #expect(mean > 9_700_000 && mean < 10_300_000)
  }

  @Test("who bids the others' median tip has half of them before it") func outbidding() {
    let market = FeeMarket(startBaseFee: gwei, price: gwei)
    #expect(market.outbidding(tip: 0, of: 1_000) == 1_000)
    #expect(market.outbidding(tip: gwei, of: 1_000) == 500)
    #expect(market.outbidding(tip: 3 * gwei, of: 1_000) == 250)
  }

  @Test("at a dear base fee a large tip with a low ceiling falls behind a small one with a high ceiling")
  func effectiveTips() {
    var pool = Mempool(capacity: 10)
    let offers = [
      FeeOffer(tip: 9 * gwei, maxFee: 10 * gwei), FeeOffer(tip: 2 * gwei, maxFee: 90 * gwei),
      FeeOffer(tip: gwei, maxFee: 8 * gwei),
    ]
    for (id, offer) in offers.enumerated() {
      let transaction = Transaction(
        sender: NodeID(0), tip: offer.tip, maxFee: offer.maxFee, body: .veto(CaseID(id)))
      _ = pool.add(
        PendingTransaction(id: TransactionID(id), transaction: transaction, submittedAt: .zero, gas: 10),
        readyAt: .zero)
    }
    var space = BlockSpace(gas: 1_000)
    space.market = (FeeMarket(startBaseFee: gwei, price: gwei), 9 * gwei, 0)
    #expect(pool.take(at: .zero, &space).map(\.id.index) == [1, 0])
    // The third cannot pay the base fee; it waits for a cheaper block.
    space.market?.baseFee = 7 * gwei
    #expect(pool.take(at: .zero, &space).map(\.id.index) == [2])
  }
}
