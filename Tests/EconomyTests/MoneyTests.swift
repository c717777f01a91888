// Money that goes through pools, pots, gauges, escrows and schemes: whatever the numbers, what came in is there or went out.

import Basics
import Contracts
import Testing

@testable import Economy

private let ether: UInt128 = 1_000_000_000_000_000_000

@Suite struct MoneyTests {
  /// Any trades: nothing is lost, the product never falls, and going there and back gains nothing.
  @Test(arguments: 1...30 as ClosedRange<UInt64>)
  func anExchangeKeepsItsBooksAndItsProduct(seed: UInt64) {
    var stream = RandomStream(seed: seed)
    func draw(_ bound: UInt64) -> UInt128 { UInt128(scale(stream.next(), bound)) }
    var pool = ExchangePool(
      ether: ether + draw(1_000) * ether, shares: ether + draw(1_000) * ether, feeBips: UInt64(draw(100)))
    var product = pool.ether.multipliedFullWidth(by: pool.shares)
    for _ in 0..<100 {
      let before = pool
      let amount = draw(1_000_000) * ether / 100_000
      if draw(2) == 0 {
        let wei = pool.sell(amount)
        #expect(pool.quote(paying: wei) <= amount, "seed \(seed)")
      } else {
        let shares = pool.buy(amount)
        #expect(pool.quote(selling: shares) <= amount, "seed \(seed)")
      }
      let now = pool.ether.multipliedFullWidth(by: pool.shares)
      #expect((now.high, now.low) >= (product.high, product.low), "seed \(seed)")
      product = now
      #expect(pool.isConserved, "seed \(seed)")
      let wei = before.roomBelow(before.priceWad + before.priceWad / 10, most: 500 * ether)
      var after = before
      _ = after.buy(wei)
      #expect(after.priceWad <= before.priceWad + before.priceWad / 10, "seed \(seed)")
    }
  }

  /// A pot pays what is owed or, when it is short, the same share to everybody; each token came in and is there or was paid.
  @Test(arguments: 1...30 as ClosedRange<UInt64>)
  func aPotPaysNoMoreThanItHas(seed: UInt64) {
    var stream = RandomStream(seed: seed)
    func draw(_ bound: UInt64) -> UInt128 { UInt128(scale(stream.next(), bound)) }
    let prices = [ether + draw(1_000_000), ether / 3 + draw(1_000)]
    var pool = InsurancePool(
      InsuranceTerms(harm: (1 + draw(40)) * ether, cover: (1 + draw(40)) * ether, premium: 0))
    var task: UInt32 = 0
    var paid = [UInt128](repeating: 0, count: 2)
    for _ in 0..<20 {
      for _ in 0..<draw(4) {
        let strategy = StrategyID(Int(draw(2)))
        let tokens = draw(30) * ether + draw(1_000)
        pool.receive(
          tokens, strategy, worth: value(tokens, at: prices[strategy.index]), isPremium: draw(2) == 0)
      }
      for _ in 0..<draw(3) {
        _ = pool.claim(TaskID(task))
        // Nobody is paid twice for one task.
        let isNew = pool.claim(TaskID(task))
        #expect(!isNew && pool.claims.count == Int(task) + 1)
        task += 1
      }
      let before = pool
      for move in pool.settle(prices: prices) {
        paid[move.strategy.index] += move.tokens
        #expect(move.tokens <= before.tokens[move.strategy.index], "seed \(seed)")
      }
      #expect(pool.isConserved && pool.paidWei <= pool.dueWei, "seed \(seed)")
      // What stays behind when not everything was paid is rounding.
      if pool.paidWei - before.paidWei < pool.dueWei - before.dueWei {
        let left = pool.tokens.indices.reduce(UInt128(0)) { $0 + value(pool.tokens[$1], at: prices[$1]) }
        #expect(left < 64, "seed \(seed): \(left)")
      }
    }
    for (k, sum) in paid.enumerated() where k < pool.paid.count { #expect(sum == pool.paid[k]) }
    #expect(pool.paidWei > 0)
  }

  @Test(arguments: 1...30 as ClosedRange<UInt64>)
  func everyEIGENThatAGaugeMintsIsSomewhere(seed: UInt64) {
    var stream = RandomStream(seed: seed)
    func draw(_ bound: UInt64) -> UInt128 { UInt128(scale(stream.next(), bound)) }
    let terms = EmissionTerms(
      weekly: draw(2_000_000) * ether + draw(1_000_000), operatorBips: UInt64(draw(10_001)),
      gauges: [7_000, 3_000])
    let issuers = (0..<4).map { _ in draw(1_000) * ether + draw(1_000) }
    let total = issuers.reduce(0, +) + draw(1_000) * ether
    for asset in 0..<2 {
      let parts = terms.divide(asset: asset, span: .seconds(10), issuers: issuers, total: total)
      let sum = parts.issuers.reduce(0, +)
      #expect(parts.minted == parts.operators + sum + parts.direct + parts.dust, "seed \(seed)")
      #expect(parts.dust < 16, "seed \(seed)")
    }
    #expect(terms.divide(asset: 0, span: .seconds(10), issuers: [], total: 0).operators == 0)
  }

  /// Escrow of a service with any tariff, any bounty, any service levels: left + paid + refunded is what was put up.
  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func anEscrowPaysWhatItHas(seed: UInt64) {
    var stream = RandomStream(seed: seed)
    func draw(_ bound: UInt64) -> UInt128 { UInt128(scale(stream.next(), bound)) }
    var terms = ServiceTerms()
    terms.escrow = draw(10) * ether + draw(1_000)
    terms.wanted = draw(1_000) * ether
    switch draw(4) {
    case 0: terms.tariff = .posted(UInt64(draw(1_000)) * 1_000_000_000_000_000)
    case 1:
      terms.tariff = .kinked(
        base: 10_000_000_000_000_000, slope1: 40_000_000_000_000_000, slope2: 600_000_000_000_000_000,
        optimal: 800_000_000_000_000_000)
    case 2: terms.tariff = .controller(start: 20_000_000_000_000_000, target: 800_000_000_000_000_000)
    default: break
    }
    if draw(2) == 0 || terms.tariff == nil { terms.bountyMaximum = UInt64(draw(500)) * 1_000_000_000_000_000 }
    var account = ServiceAccount(terms)
    var out: UInt128 = 0
    for _ in 0..<12 {
      let members = (0..<6).map { (operatorIndex: $0, weight: draw(200) * ether) }
      let levels = members.map { _ in draw(10_001) }
      let asks = members.map { _ in draw(300) * 1_000_000_000_000_000 }
      let before = account.left
      let (clearing, dues) = account.clear(
        ServiceID(0), members: members, level: { levels[$0] }, ask: { asks[$0] },
        years: ether / (1 + draw(400)))
      let sum = dues.reduce(UInt128(0)) { $0 + $1.wei }
      #expect(sum == clearing.paid && before == account.left + sum, "seed \(seed)")
      out += sum
      #expect(account.left + account.paid == terms.escrow && account.paid == out, "seed \(seed)")
    }
    account.close()
    #expect(account.paid + account.refunded == terms.escrow && account.left == 0, "seed \(seed)")
  }

  /// Who divides the same holding over more places gets no more by it, whatever is divided among whomever.
  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func splittingAHoldingGainsNothing(seed: UInt64) {
    var stream = RandomStream(seed: seed)
    func draw(_ bound: UInt64) -> UInt128 { UInt128(scale(stream.next(), bound)) }
    let count = 3 + Int(draw(5))
    let holdings = (0..<count).map { _ in 1 + draw(1_000_000_000) }
    let first = draw(UInt64(min(holdings[0], 4_000_000_000)))
    let amount = draw(1_000_000_007)
    func parts(_ list: [UInt128]) -> (got: [UInt128], dust: UInt128) {
      var book = HolderBook(HolderTerms(count: list.count), supplies: [0])
      for k in list.indices { book.change(k) { $0.shares = list[k] } }
      var got = list.map { _ in UInt128(0) }
      let dust = book.divide(amount, issuer: 0, at: .zero + .seconds(7)) { position, part in
        got[Int(position.holder)] += part
      }
      return (got, dust)
    }
    let whole = parts(holdings)
    let split = parts([first, holdings[0] - first] + holdings.dropFirst())
    #expect(whole.got.reduce(0, +) + whole.dust == amount, "seed \(seed)")
    #expect(split.got.reduce(0, +) + split.dust == amount, "seed \(seed)")
    #expect(split.got[0] + split.got[1] <= whole.got[0], "seed \(seed)")
    #expect(whole.got[0] - split.got[0] - split.got[1] <= 1, "seed \(seed)")
    // Nor does it take anything from the others.
    #expect(Array(split.got.dropFirst(2)) == Array(whole.got.dropFirst()), "seed \(seed)")
  }

  /// The first operators come for the best of an offer, and stop where the next one's stake would be paid too little.
  @Test func anOfferShrinksWithThoseWhoTakeIt() {
    var terms = ServiceTerms()
    terms.tariff = .posted(100_000_000_000_000_000)
    terms.wanted = 100 * ether
    let account = ServiceAccount(terms)
    #expect(account.offer(available: 50 * ether) == 100_000_000_000_000_000)
    #expect(account.offer(available: 200 * ether) == 50_000_000_000_000_000)
    #expect(account.offer(available: 0) == 0)
    #expect(ServiceAccount(ServiceTerms()).offer(available: ether) == 0)
  }
}
