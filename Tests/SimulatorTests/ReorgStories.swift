// What nodes make of a reorg: a certificate or evidence that waits again is left alone, one that nobody has any more is sent
// again by whoever sent it, be it later, when its node is back.

import AVS
import Basics
import Reporting
import Runs
import Scenarios
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

  /// Nodes hear of the chain within ten seconds, some of them after the end of traffic: they see all the same what the reorg took.
  @Test(arguments: [1, 2, 3]) func whoHearsAfterTheEndOfTrafficLooksAsWell(seed: UInt64) throws {
    let text = """
      name: late
      seed: \(seed)
      duration: 20s
      settle: 1h
      network:
        topology: {generate: random-regular, degree: 6}
        links: {latency: {uniform: {min: 10ms, max: 80ms}}}
      chain: {blockTime: 2s, rpcDelay: {uniform: {min: 10ms, max: 10s}}}
      operators: {count: 9, stakes: 1000ETH}
      aggregators: coordinator
      services:
        - name: oracle
          operators: all
          task: {arrival: {periodic: {every: 2s}}, compute: 20ms}
          quorum: 20%
          responseWindow: 6s
      faults: [{at: 19900ms, reorg: {depth: 6, lost: 100%}}]
      """
    var simulation = try Simulation(
      try Blueprint(try Scenario.parse(file: "late.yaml", bytes: Array(text.utf8))))
    simulation.run(until: .never)
    let undone = simulation.conclude(simulation.settle()).summary.chain.undone
    #expect(undone.certificates >= 3 && undone.sentAgain == undone.certificates)
    #expect(undone.lost == 0 && undone.pending == 0)
  }
}
