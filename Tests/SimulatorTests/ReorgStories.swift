// What nodes make of a reorg: a certificate or evidence that waits again is left alone, one that nobody has any more is sent
// again by whoever sent it, be it later, when its node is back.

import AVS
import Basics
import Reporting
import Runs
import Simulator
import Testing

@Suite struct ReorgStories {
  private func when(_ chain: String, _ faults: String) throws -> (RunSummary, RunSummary.Chain) {
    let summary = try story(
      """
      chain: {blockTime: 2s\(chain)}
      adversaries: [{who: {operators: [2]}, do: equivocate, from: 4s, until: 8s}]
      faults: [\(faults)]
      """
    ).summary
    return (summary, summary.chain)
  }

  @Test func whatWaitsAgainIsNotSentAgain() throws {
    let (summary, chain) = try when("", "{at: 11s, reorg: 4}")
    #expect(chain.undone.certificates > 0 && chain.undone.evidence > 0)
    #expect(chain.undone.sentAgain == 0)
    #expect(
      chain.undone.replayed + chain.undone.refused == chain.returnedTransactions && chain.undone.pending == 0)
    #expect(summary.tasks.certified == summary.tasks.issued)
    #expect(summary.slashing.micro.falseNegative == 0)
  }

  @Test func whatNobodyHasIsSentAgainAndCounts() throws {
    let (summary, chain) = try when("", "{at: 11s, reorg: {depth: 4, lost: 100%}}")
    #expect(chain.undone.certificates > 0 && chain.undone.evidence > 0)
    #expect(chain.undone.sentAgain == chain.undone.certificates + chain.undone.evidence)
    #expect(chain.undone.resubmitted + chain.undone.refused == chain.undone.sentAgain)
    #expect(summary.tasks.certified == summary.tasks.issued)
    #expect(summary.slashing.micro.falseNegative == 0)
  }

  @Test func byTheScenariosWillNobodyLooks() throws {
    let (summary, chain) = try when(", resubmit: false", "{at: 11s, reorg: {depth: 4, lost: 100%}}")
    #expect(chain.undone.sentAgain == 0 && chain.undone.lost == chain.lostTransactions)
    #expect(summary.tasks.certified < summary.tasks.issued)
    #expect(
      summary.slashing.micro.falseNegative > 0, "the evidence is gone, and the watcher thinks it was brought")
  }

  @Test func anAggregatorThatIsDownLooksWhenItIsBack() throws {
    let faults = "{at: 11s, reorg: {depth: 4, lost: 100%}}, {at: 10s, for: 4s, crash: {nodes: [\"11\"]}}"
    let (_, chain) = try when("", faults)
    #expect(chain.undone.certificates > 0)
    #expect(chain.undone.sentAgain == chain.undone.certificates + chain.undone.evidence)
  }

  /// What is sent again takes some seconds to the pool and comes after the end of traffic: the chain that settles takes it in.
  /// Certificates are late by then; evidence is not.
  @Test func whatIsSentAgainArrivesAfterTheEndOfTraffic() throws {
    let (summary, chain) = try when(", inclusion: 7500ms", "{at: 19900ms, reorg: {depth: 4, lost: 100%}}")
    #expect(chain.undone.certificates > 0 && chain.undone.evidence > 0)
    #expect(chain.undone.sentAgain == chain.undone.certificates + chain.undone.evidence)
    #expect(chain.undone.resubmitted >= 1)
    #expect(chain.undone.resubmitted + chain.undone.refused == chain.undone.sentAgain)
    #expect(chain.undone.pending == 0 && chain.undone.lost == 0)
    #expect(summary.slashing.micro.falseNegative == 0)
  }
}
