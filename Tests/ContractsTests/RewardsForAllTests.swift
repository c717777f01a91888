// Rewards for everybody: steps 4 to 6 of the calculation, which no golden vector covers, by figures worked out by hand.

import Basics
import Contracts
import Testing

@Suite("Rewards for all stakers, and for all earners")
struct RewardsForAllTests {
  private struct Rows: RewardSink {
    var cuts: [AccountID: UInt128] = [:]
    var parts: [AccountID: UInt128] = [:]
    mutating func pool(_ reward: Int, day: Int, _ tokens: UInt128) {}
    mutating func operatorPool(_ reward: Int, day: Int, _ account: AccountID, _ tokens: UInt128) {}
    mutating func operatorTokens(_ reward: Int, day: Int, _ account: AccountID, _ tokens: UInt128) {
      cuts[account] = tokens
    }
    mutating func stakerTokens(
      _ reward: Int, day: Int, _ account: AccountID, staker: AccountID, _ tokens: UInt128
    ) { parts[staker] = tokens }
    mutating func refund(_ reward: Int, day: Int, _ tokens: UInt128) {}
  }

  /// Operators 0 and 1; stakers 2 and 3 with operator 0, 4 with 1, 5 with nobody. Operator 0 is registered with AVS 9.
  private func snapshot(isSecondRegistered: Bool) -> RewardSnapshot {
    var snapshot = RewardSnapshot(day: 101)
    for (staker, target) in [(2, 0), (3, 0), (4, 1)] {
      snapshot.addDelegation(AccountID(staker), to: AccountID(target))
    }
    for (staker, shares) in [(2, 100), (3, 200), (4, 300), (5, 400)] as [(Int, UInt128)] {
      snapshot.addShares(AccountID(staker), StrategyID(0), shares)
    }
    snapshot.addRegistration(AccountID(0), avs: AccountID(9))
    if isSecondRegistered { snapshot.addRegistration(AccountID(1), set: OperatorSetID(0)) }
    snapshot.setProgrammaticSplit(2_500, AccountID(0))
    snapshot.seal()
    return snapshot
  }

  private func rows(_ kind: RewardTerms.Kind, isSecondRegistered: Bool = true) -> Rows {
    let calculation = RewardCalculation(
      snapshots: [snapshot(isSecondRegistered: isSecondRegistered)], defaultSplitBips: 1_000, cutoffDay: 101)
    let terms = RewardTerms(
      kind: kind, avs: AccountID(9), startDay: 100, days: 1,
      strategies: [StrategyMultiplier(strategy: StrategyID(0), multiplier: wad)], pool: 1_005)
    var rows = Rows()
    calculation.calculate(terms, as: 0, into: &rows)
    return rows
  }

  @Test("for all: by stake, delegated or not, halves up, nobody's cut") func all() {
    let rows = rows(.forAll)
    #expect(rows.cuts.isEmpty)
    // 100.5, 201, 301.5, 402.
    #expect(rows.parts == [AccountID(2): 101, AccountID(3): 201, AccountID(4): 302, AccountID(5): 402])
  }

  @Test("for all earners: only stakers of registered operators; the programmatic split, else the default")
  func earners() {
    let rows = rows(.forAllEarners)
    // Proportions 1/6, 1/3, 1/2 to 15 decimals: 167, 334 and 502 of 1005; cuts 41, 83 (25 %) and 50 (10 %).
    #expect(rows.cuts[AccountID(0)] == 124)
    #expect(rows.cuts[AccountID(1)] == 50)
    #expect(rows.cuts.count == 2)
    #expect(rows.parts == [AccountID(2): 126, AccountID(3): 251, AccountID(4): 452])
  }

  @Test("an operator registered nowhere earns nothing for anybody") func unregistered() {
    let rows = rows(.forAllEarners, isSecondRegistered: false)
    #expect(rows.parts[AccountID(4)] == nil)
    #expect(rows.parts.count == 2)
  }
}
