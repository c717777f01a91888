// Rules as data: what is refused before it can do harm, and what a penalty comes to.

import AVS
import Basics
import Contracts
import Testing

@Suite("Slashing rules say what is wrong with them")
struct SlashingRuleTests {
  private let good = SlashingRule(
    offence: .equivocation, evidence: .twoAttestations, window: .seconds(60), penalty: .fixed(wad: 1))

  @Test("a good rule has no mistakes") func fine() { #expect(good.validate().isEmpty) }

  @Test(
    "classes that leave nothing for a contract to check are refused",
    arguments: [.late, .lazyCopy, .withholding, .griefing, .vetoAbuse, .maliciousService] as [OffenceClass])
  func unprovable(offence: OffenceClass) {
    var rule = good
    rule.offence = offence
    #expect(rule.validate().count == 1)
  }

  @Test("values without a meaning, and impossible ones") func mistakes() {
    let changes: [(inout SlashingRule) -> Void] = [
      { $0.evidence = .chainRecord }, { $0.window = .zero }, { $0.thresholdBips = 1 },
      { $0.grace = .seconds(1) },
      { $0.guardShareBips = 5_000 }, { $0.penalty = .fixed(wad: 0) },
      { $0.penalty = .fixed(wad: 1_000_000_000_000_000_001) },
      { $0.penalty = .proportional(maximumWad: 0) },
      { $0.penalty = .correlated(baseWad: 0, multiplier: 0, window: .seconds(1)) },
      { $0.penalty = .correlated(baseWad: 1, multiplier: 3, window: .zero) },
      { $0.veto = SlashingRule.Veto(resolver: NodeID(1), window: .zero) },
    ]
    for (k, change) in changes.enumerated() {
      var rule = good
      change(&rule)
      #expect(rule.validate().count == 1, "change \(k): \(rule.validate())")
    }
  }

  /// Values of the design's own vectors: fraction = min(1, max(base, multiplier * share)).
  @Test(
    "correlated penalties",
    arguments: [
      (10_000_000_000_000_000, 3, 1, 100, 30_000_000_000_000_000),
      (10_000_000_000_000_000, 3, 1, 10, 300_000_000_000_000_000),
      (10_000_000_000_000_000, 3, 1, 3, 1_000_000_000_000_000_000),
      (50_000_000_000_000_000, 2, 3, 5, 1_000_000_000_000_000_000),
      (10_000_000_000_000_000, 3, 1, 1_000, 10_000_000_000_000_000),
    ] as [(UInt64, UInt64, UInt128, UInt128, UInt64)])
  func correlated(base: UInt64, multiplier: UInt64, guilty: UInt128, total: UInt128, expected: UInt64) {
    #expect(
      Court.correlatedPenalty(baseWad: base, multiplier: multiplier, guilty: guilty, total: total) == expected
    )
  }
}
