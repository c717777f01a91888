// Ten thousand random walks over the ledger's operations: whatever comes, stake is conserved, magnitudes never rise, a set
// takes no more than was allocated to it, and who is refused has changed nothing.

import Basics
import Contracts
import Testing

@Suite("Whatever comes, the ledger holds")
struct LedgerPropertyTests {
  /// A hundred short walks a batch, each from a ledger with people in it. What every step must keep is looked at after every
  /// step; what adds up all tables, three times a walk.
  @Test("10,000 short sequences", arguments: Array(0..<100) as [UInt64]) func sequences(batch: UInt64) {
    var (done, refused, slashes) = (0, 0, 0)
    for seed in batch * 100..<batch * 100 + 100 {
      var walk = Walk(seed: seed)
      walk.furnish()
      for step in 0..<12 {
        let before = walk.ledger
        let refusals = walk.refused
        let slash = walk.step()
        if walk.refused > refusals {
          #expect(walk.ledger == before, "seed \(seed), step \(step): a refused operation changed something")
          if walk.ledger != before { return }
        }
        if let slash {
          slashes += 1
          checkIsolation(of: slash, before, walk)
        }
        let findings =
          step % 4 == 3
          ? walk.conservation.check(walk.ledger, at: walk.block) : walk.conservation.checkTokens(walk.ledger)
        #expect(findings.isEmpty, "seed \(seed), step \(step): \(findings)")
        if !findings.isEmpty { return }
      }
      done += walk.done
      refused += walk.refused
    }
    #expect(
      done > 500 && refused > 50 && slashes > 20, "\(done) done, \(refused) refused, \(slashes) slashes")
  }

  @Test("long walks from nothing", arguments: Array(0..<20) as [UInt64]) func longWalk(seed: UInt64) {
    var walk = Walk(seed: seed)
    for step in 0..<300 {
      let before = walk.ledger
      let refusals = walk.refused
      if let slash = walk.step() { checkIsolation(of: slash, before, walk) }
      if walk.refused > refusals { #expect(walk.ledger == before, "step \(step)") }
      let findings = walk.conservation.check(walk.ledger, at: walk.block)
      #expect(findings.isEmpty, "step \(step): \(findings)")
      if !findings.isEmpty { return }
    }
    #expect(walk.done > 60)
  }

  /// A set takes at most its allocation's part of what it can reach, rounded up, and leaves the other sets' allocations
  /// alone: their stake falls by rounding only.
  private func checkIsolation(of slash: Walk.Slash, _ before: RestakingLedger, _ walk: Walk) {
    let (who, block) = (slash.who, walk.block)
    for (strategy, taken) in zip(before.strategies(of: slash.set), slash.receipt.shares) {
      let current = UInt128(before.allocation(who, slash.set, strategy, at: block).current)
      let maximum = UInt128(max(before.maxMagnitude(who, strategy), 1))
      let reach =
        before.operatorShares(who, strategy) + before.slashableSharesInQueue(who, strategy, at: block)
      #expect(taken <= mulDivUp(reach, current, maximum))
      #expect(walk.ledger.maxMagnitude(who, strategy) <= before.maxMagnitude(who, strategy))
      for other in walk.sets where other != slash.set {
        #expect(
          walk.ledger.allocation(who, other, strategy, at: block)
            == before.allocation(who, other, strategy, at: block))
        let stake = before.allocatedStake(who, other, strategy, at: block)
        // Its share of a smaller whole is what it was, but for the rounding: a unit of magnitude is 10^-18 of the shares.
        let after = walk.ledger.allocatedStake(who, other, strategy, at: block)
        let unit = before.operatorShares(who, strategy) / 1_000_000_000_000_000_000
        #expect(after + 2 + unit >= stake)
      }
    }
  }
}
