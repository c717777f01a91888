// Where an issuer wants its stake.

import Basics
import Contracts
import Economy
import Testing

@Suite struct DelegatingTests {
  private func targets(
    _ policy: DelegationPolicy, _ outlook: [OperatorOutlook], total: Double = 100, cap: Double = .infinity,
    allowed: [Bool]? = nil
  ) -> [Double] {
    Delegating.targets(
      policy, total: total, outlook: outlook, current: outlook.map { _ in total / Double(outlook.count) },
      allowed: allowed ?? outlook.map { _ in true }, cap: cap)
  }

  /// Without caps, others' stake and allow-lists it is the market's equilibrium.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func equalYieldIsTheMarketsEquilibrium(seed: UInt64) throws {
    var stream = RandomStream(seed: seed)
    func draw() -> Double { Double(stream.next() >> 11) * 0x1p-53 }
    let outlook = (0..<6).map { _ in OperatorOutlook(reward: 1 + draw(), lossRate: draw() * 0.01) }
    let found = targets(.equalYield, outlook)
    let expected = try #require(
      EqualYield(100, among: outlook.map { YieldPool(reward: $0.reward, expectedLossRate: $0.lossRate) }))
    for (a, b) in zip(found, expected.stakes) { #expect((a - b).magnitude < 1e-6) }
  }

  @Test func everyOperatorUsedYieldsTheSame() {
    let outlook = [
      OperatorOutlook(reward: 5, lossRate: 0, others: 10),
      OperatorOutlook(reward: 3, lossRate: 0.01, others: 5),
      OperatorOutlook(reward: 0.1, lossRate: 0.2, others: 50),
    ]
    let stakes = targets(.equalYield, outlook)
    let yields = Delegating.yields(stakes, outlook)
    #expect(yields.count == 2)
    #expect((yields[0] - yields[1]).magnitude < 1e-9)
    #expect(stakes[2] == 0)
    #expect((stakes.reduce(0, +) - 100).magnitude < 1e-6)
  }

  @Test func capsAndAllowListsHold() {
    let outlook = (0..<4).map { OperatorOutlook(reward: Double(4 - $0), lossRate: 0) }
    for policy in [DelegationPolicy.bestYield, .equalYield] {
      let stakes = targets(policy, outlook, cap: 40, allowed: [true, true, false, true])
      #expect(stakes.allSatisfy { $0 <= 40 })
      #expect(stakes[2] == 0)
      #expect((stakes.reduce(0, +) - 100).magnitude < 1e-6)
    }
  }

  /// The naive policy crowds where it pays most now, whatever it may cost.
  @Test func bestYieldKnowsNoRisk() {
    let outlook = [OperatorOutlook(reward: 2, lossRate: 0.5), OperatorOutlook(reward: 1, lossRate: 0)]
    #expect(targets(.bestYield, outlook) == [100, 0])
    #expect(targets(.equalYield, outlook)[1] > 90)
  }

  @Test func nothingSeenNothingMoved() {
    let outlook = [OperatorOutlook(reward: 0, lossRate: 0), OperatorOutlook(reward: 0, lossRate: 0.1)]
    #expect(targets(.equalYield, outlook) == [50, 50])
    #expect(targets(.bestYield, outlook) == [50, 50])
  }
}
