// The worst epochs: what they cost, whose part it is, and what a holder makes of it.

import Basics
import Economy
import Testing

@Suite struct TailRiskTests {
  @Test func theTailIsTheMeanOfTheWorst() {
    let losses = [0.0, 0.1, 0.0, 0.3, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    #expect(TailRisk.shortfall([], levelBips: 9_500) == 0)
    // Less than one epoch is beyond the level: the worst one.
    #expect(TailRisk.shortfall(losses, levelBips: 9_500) == 0.3)
    #expect(TailRisk.shortfall(losses, levelBips: 9_000) == 0.3)
    #expect((TailRisk.shortfall(losses, levelBips: 8_000) - 0.2).magnitude < 1e-12)
    // An epoch and a half: a third of the weight is on the second worst.
    #expect((TailRisk.shortfall(losses, levelBips: 8_500) - (0.3 + 0.05) / 1.5).magnitude < 1e-12)
    // The whole of it is the mean.
    #expect((TailRisk.shortfall(losses, levelBips: 0) - 0.04).magnitude < 1e-12)
  }

  /// Parts add up to the whole; the whole is never above the parts by themselves; and a level further out never costs less.
  @Test(arguments: 1...30 as ClosedRange<UInt64>)
  func partsAddUpAndDiversifyingNeverHurts(seed: UInt64) {
    var stream = RandomStream(seed: seed)
    let losses = (0..<5).map { _ in (0..<23).map { _ in stream.below(4) == 0 ? stream.unit() : 0 } }
    let weights = losses.map { _ in stream.unit() + 0.01 }
    let total = weights.reduce(0, +)
    var before = 0.0
    for level in [5_000, 9_000, 9_500] as [UInt64] {
      let (whole, parts) = TailRisk.contributions(losses, weights: weights, levelBips: level)
      let sum = zip(parts, weights).reduce(0) { $0 + $1.0 * $1.1 / total }
      #expect((sum - whole).magnitude < 1e-12, "seed \(seed)")
      let alone = zip(losses, weights).reduce(0) {
        $0 + TailRisk.shortfall($1.0, levelBips: level) * $1.1 / total
      }
      #expect(whole <= alone + 1e-12, "seed \(seed)")
      #expect(whole >= before - 1e-12, "seed \(seed)")
      before = whole
    }
  }

  /// Who loses together costs more than who loses as much at other times.
  @Test func losingTogetherIsWhatCounts() {
    let together = [[0.5, 0, 0, 0], [0.5, 0, 0, 0], [0, 0.5, 0, 0]]
    let (_, parts) = TailRisk.contributions(together, weights: [1, 1, 1], levelBips: 9_500)
    #expect(parts == [0.5, 0.5, 0])
  }

  @Test func kindsChooseByWhatTheyBear() throws {
    let steady = TokenOutlook(yield: 0.01, lossRate: 0, shortfall: 0, asset: 0, exposed: [true, false])
    let bold = TokenOutlook(yield: 0.03, lossRate: 0.005, shortfall: 0.2, asset: 0, exposed: [true, true])
    let other = TokenOutlook(yield: 0.02, lossRate: 0, shortfall: 0, asset: 1, exposed: [true, false])
    let all = [steady, bold, other]
    var kind = HolderKind(name: "seeker", shareWad: 1)
    kind.tail.aversion = 0
    // Bold yields more after what is expected to be lost: who has it stays, who has not goes there.
    #expect(kind.choice(of: all, present: 1) == nil)
    #expect(kind.choice(of: all, present: 0)?.to == 1)
    kind.tail.aversion = 1
    #expect(kind.choice(of: all, present: 1)?.to == 2)
    kind.gainMinimum = 1
    #expect(kind.choice(of: all, present: 1) == nil)
    kind.shortfallMaximum = 0.1
    #expect(kind.choice(of: all, present: 1)?.why == .risk)
    kind.assets = [0]
    #expect(kind.choice(of: all, present: 1)?.to == 0)
    #expect(kind.choice(of: all, present: 2)?.why == .asset)
    kind.avoids = [0]
    let out = try #require(kind.choice(of: all, present: 0))
    #expect(out.to == nil && out.why == .service)
    kind.avoids = []
    kind.yieldMinimum = 0.05
    #expect(kind.choice(of: all, present: 0)?.why == .yield)
  }
}
