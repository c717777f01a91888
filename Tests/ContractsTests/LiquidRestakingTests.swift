// The reward vault and the market's formulas, by what must hold whatever the numbers.

import Basics
import Contracts
import Exact
import Testing

private let treasury = AccountID(0 as UInt32)
private let first = AccountID(1 as UInt32)
private let second = AccountID(2 as UInt32)
private let ether: UInt128 = 1_000_000_000_000_000_000

@Suite("Liquid restaking and its market") struct LiquidRestakingTests {
  @Test("one issuer's deposit or redemption never lowers what a share is worth", arguments: UInt64(0)..<50)
  func isolation(seed: UInt64) throws {
    let random = HashRandom(seed: seed, .keys)
    var vault = RewardVault(tokens: 2, depositFeeBips: 50, redeemFeeBips: 100, treasury: treasury)
    let prices = [1 + UInt128(random.bits(1) % 5) * ether / 3, ether]
    try vault.deposit([5 * ether, 7 * ether], by: first, prices: prices)
    for k in 0..<20 as Range<UInt64> {
      let before =
        Rational(try RewardVault.value(vault.balances, prices: prices)) / Rational(vault.totalShares)
      let amount = 1 + UInt128(random.bits(k, 2))
      if random.bits(k, 3) % 2 == 0 {
        do throws(RewardVaultError) {
          try vault.deposit([amount, UInt128(random.bits(k, 4) % 1_000)], by: second, prices: prices)
        } catch { #expect(error == .sharesZero) }
      } else if vault.shares(of: second) > 0 {
        try vault.redeem(min(amount, vault.shares(of: second)), by: second)
      }
      // Values round down by less than a wei a token.
      let after =
        (Rational(try RewardVault.value(vault.balances, prices: prices)) + 2) / Rational(vault.totalShares)
      #expect(after >= before)
      let held = [treasury, first, second].reduce(0 as UInt128) { $0 + vault.shares(of: $1) }
      #expect(held == vault.totalShares)
    }
  }

  @Test("a refused call changes nothing") func refused() throws {
    var vault = RewardVault(tokens: 1, depositFeeBips: 0, redeemFeeBips: 0, treasury: treasury)
    #expect(throws: RewardVaultError.sharesZero) { try vault.deposit([1], by: first, prices: [0]) }
    try vault.deposit([10], by: first, prices: [ether])
    #expect(throws: RewardVaultError.insufficientShares(asked: 11, held: 10)) {
      try vault.redeem(11, by: first)
    }
    #expect(throws: RewardVaultError.worthless) { try vault.deposit([10], by: second, prices: [0]) }
    #expect(vault.balances == [10] && vault.totalShares == 10)
  }

  @Test("a week's reward is paid or left as dust, and splitting an account gains nothing beyond it")
  func weekly() {
    let whole = HoldingRewards(
      1_000_003, among: [[.init(balance: 10, time: 7)], [.init(balance: 11, time: 3)]])
    #expect(whole.paid.reduce(0, +) + whole.dust == 1_000_003)
    let split = HoldingRewards(
      1_000_003,
      among: [[.init(balance: 4, time: 7)], [.init(balance: 6, time: 7)], [.init(balance: 11, time: 3)]])
    #expect(split.paid[0] + split.paid[1] <= whole.paid[0])
    #expect(HoldingRewards(5, among: [[]]).dust == 5)
  }

  @Test("equal yields use all stake, and no pool pays better than another", arguments: UInt64(0)..<30)
  func equalYield(seed: UInt64) throws {
    let random = HashRandom(seed: seed, .keys)
    let pools = (0..<5 as Range<UInt64>).map {
      YieldPool(
        reward: Double(random.bits($0, 1) % 100), expectedLossRate: Double(random.bits($0, 2) % 100) / 1_000)
    }
    let total = 1 + Double(random.bits(9) % 100_000)
    guard let got = EqualYield(total, among: pools) else {
      #expect(pools.allSatisfy { $0.reward == 0 })
      return
    }
    #expect(abs(got.stakes.reduce(0, +) - total) < 1e-6 * total)
    for (pool, stake) in zip(pools, got.stakes) {
      if pool.reward == 0 {
        #expect(stake == 0)
      } else {
        #expect(abs(pool.reward / stake - pool.expectedLossRate - got.lambda) < 1e-9)
      }
    }
    #expect(EqualYield(0, among: pools) == nil)
  }

  @Test("a bounty takes the cheapest, at one price") func bounty() {
    let offers = [
      BountyOffer(vault: "b", ask: Rational(2, 100), size: 30),
      BountyOffer(vault: "a", ask: Rational(2, 100), size: 30),
      BountyOffer(vault: "c", ask: Rational(9, 100), size: 99),
    ]
    let auction = BountyAuction(want: 40, maxRate: Rational(5, 100), offers: offers)
    #expect(auction.fills.map(\.vault) == ["a", "b"] && auction.fills.map(\.size) == [30, 10])
    #expect(auction.filled == 40 && auction.clearingRate == Rational(2, 100))
    let none = BountyAuction(want: 40, maxRate: Rational(1, 100), offers: offers)
    #expect(none.fills.isEmpty && none.clearingRate == nil && none.filled == 0)
    #expect(BountyAuction(want: 400, maxRate: 1, offers: offers).filled == 159)
  }

  @Test("a tariff moves towards its target by at most an eighth of the distance") func controller() {
    var tariff = TariffController(price: 1_000, target: 100)
    tariff.record(used: 150)
    #expect(tariff.price == 1_062)
    tariff.record(used: 100)
    #expect(tariff.price == 1_062)
    tariff.record(used: 0)
    #expect(tariff.price == 930)
    var small = TariffController(price: 1, target: 100)
    small.record(used: 101)
    #expect(small.price == 2)
    small.record(used: 99)
    #expect(small.price == 2)
  }

  @Test("tariff curve: continuous at the kink, refused when it has none") func kink() {
    let curve = KinkedTariff(
      base: Rational(1, 100), slope1: Rational(4, 100), slope2: Rational(60, 100), optimal: Rational(4, 5))
    #expect(curve.rate(utilisation: Rational(4, 5)) == Rational(5, 100))
    #expect(curve.rate(utilisation: 1) == Rational(65, 100) && curve.validate().isEmpty)
    #expect(KinkedTariff(base: 0, slope1: 0, slope2: 0, optimal: 1).validate().count == 1)
  }

  @Test("availability between floor and target earns in proportion") func serviceLevel() {
    let level = ServiceLevel(floor: Rational(9, 10), target: Rational(9, 10))
    #expect(level.multiplier(availability: Rational(9, 10)) == 1)
    #expect(level.multiplier(availability: Rational(89, 100)) == 0)
    let nobody = level.divide(100, among: [(1, 0), (2, 0)])
    #expect(nobody.forfeited == [0, 0] && nobody.reshared == [0, 0])
  }
}
