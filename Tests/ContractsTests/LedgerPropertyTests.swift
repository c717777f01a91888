// Ten thousand random walks over the ledger's operations: whatever comes, stake is conserved, magnitudes never rise, a set
// takes no more than was allocated to it, claims end the same in every order, and who is refused has changed nothing.
// That each of these judges can find something is in LedgerJudgeTests.

import Basics
import Contracts
import Testing

@Suite("Whatever comes, the ledger holds")
struct LedgerPropertyTests {
  /// A hundred short walks a batch, each from a ledger with people in it. Refusals, magnitudes, slashes and the pools' tokens
  /// are looked at after every step; what adds up all tables, three times a walk; claims in two orders, at its end.
  @Test("10,000 short sequences", arguments: Array(0..<100) as [UInt64]) func sequences(batch: UInt64) {
    var (done, refused, slashes) = (0, 0, 0)
    for seed in batch * 100..<batch * 100 + 100 {
      var walk = Walk(seed: seed)
      walk.furnish()
      for step in 0..<12 {
        var findings = observe(&walk, &slashes)
        if step % 4 == 3 {
          findings += walk.conservation.check(walk.ledger, at: walk.block).map(\.detail)
          findings += LedgerJudge.identity(of: walk.ledger, walk)
        } else {
          findings += walk.conservation.checkTokens(walk.ledger).map(\.detail)
        }
        #expect(findings.isEmpty, "seed \(seed), step \(step): \(findings)")
        if !findings.isEmpty { return }
      }
      var orders = RandomStream(seed: seed)
      let findings = LedgerJudge.claims(of: walk, &orders)
      #expect(findings.isEmpty, "seed \(seed), claims: \(findings)")
      if !findings.isEmpty { return }
      done += walk.done
      refused += walk.refused
    }
    #expect(
      done > 500 && refused > 50 && slashes > 20, "\(done) done, \(refused) refused, \(slashes) slashes")
  }

  @Test("long walks from nothing", arguments: Array(0..<20) as [UInt64]) func longWalk(seed: UInt64) {
    var walk = Walk(seed: seed)
    var slashes = 0
    for step in 0..<300 {
      var findings = observe(&walk, &slashes)
      findings += walk.conservation.check(walk.ledger, at: walk.block).map(\.detail)
      findings += LedgerJudge.identity(of: walk.ledger, walk)
      #expect(findings.isEmpty, "step \(step): \(findings)")
      if !findings.isEmpty { return }
    }
    var orders = RandomStream(seed: seed)
    #expect(LedgerJudge.claims(of: walk, &orders).isEmpty)
    #expect(walk.done > 60)
  }

  /// One step, and what it must not have done.
  private func observe(_ walk: inout Walk, _ slashes: inout Int) -> [String] {
    let before = walk.ledger
    let refusals = walk.refused
    let slash = walk.step()
    if walk.refused > refusals {
      return walk.ledger == before ? [] : ["a refused operation changed something"]
    }
    var findings = LedgerJudge.magnitudes(before, walk.ledger, walk.operators)
    if let slash {
      slashes += 1
      findings += LedgerJudge.isolation(of: slash, before, walk.ledger, walk)
    }
    return findings
  }
}
