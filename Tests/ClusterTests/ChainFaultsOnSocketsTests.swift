// The chain's faults on sockets: halted, slow, dear, censoring and undone blocks, all in one run of some seconds; and
// aggregators that see what a reorg took from them.

import Basics
import Reporting
import Runs
import Scenarios
import Testing

@testable import Cluster

@Suite(.serialized) struct ChainFaultsOnSocketsTests {
  private func scenario() throws -> Scenario {
    let text = """
      name: chain-faults
      duration: 2500ms
      settle: 10m
      network:
        topology: {generate: random-regular, degree: 6}
        links: {latency: {uniform: {min: 2ms, max: 10ms}}}
        gossip: {heartbeat: 250ms}
      chain: {blockTime: 100ms, rpcDelay: 5ms, fees: {baseFee: 5gwei, load: 90%}}
      operators: {count: 8, stakes: 100ETH}
      watchers: {count: 1}
      aggregators: coordinator
      services:
        - name: oracle
          operators: all
          task: {arrival: {periodic: {every: 100ms}}, size: 64B, compute: 10ms}
          quorum: 67%
          responseWindow: 1s
          rules: [{offence: equivocation, penalty: 50%, dispute: 1m}]
      adversaries: [{who: {operators: 1}, do: equivocate, from: 100ms, until: 600ms}]
      faults:
        - {at: 200ms, for: 400ms, chainHalt: true}
        - {at: 600ms, for: 400ms, slowBlocks: 60%}
        - {at: 1s, for: 400ms, censorTransaction: {kinds: [certificate]}}
        - {at: 1400ms, for: 300ms, gasSpike: 10}
        - {at: 2300ms, reorg: {depth: 6, lost: 100%}}
      """
    return try Scenario.parse(file: "chain-faults", bytes: Array(text.utf8))
  }

  @Test func everyFaultOfTheChainShowsAndWhatAReorgTookIsSentAgain() throws {
    let summary = try runOnSockets(scenario()).summary
    let chain = summary.chain
    #expect(summary.faults.count == 5)
    #expect(chain.missedSlots >= 3, "slots of the halt, and some of the slow ones")
    #expect((chain.baseFee?.maximum ?? 0) > (chain.baseFee?.start ?? .max))
    // On a machine that is too slow nothing is there to leave out, and tasks are missed instead.
    #expect(chain.censored > 0 || summary.tasks.certified < summary.tasks.issued)
    #expect(chain.reorgs == 1 && chain.orphanedBlocks > 0)
    #expect(chain.undone.certificates > 0 && chain.lostTransactions >= chain.undone.certificates)
    #expect(chain.undone.sentAgain == chain.undone.certificates + chain.undone.evidence)
    #expect(chain.undone.resubmitted > 0 && chain.undone.lost == 0)
    #expect(summary.slashing.amounts.honestLoss == 0)
    #expect(summary.stake.conserved == true)
    for check in summary.checks { #expect(check.holds, "\(check.name): \(check.detail)") }
  }
}
