import Basics
import Reporting
import Runs
import Scenarios
import Simulator
import Testing
import UV

@testable import Cluster

@Suite(.serialized) struct AgreementTests {
  /// Whether the two engines do the same, not how fast this machine is: times are compared by scripts/compare-engines.
  @Test func theEnginesSpreadTheSameMessagesWithTheSameRedundancy() throws {
    let text = """
      name: agreement
      duration: 10s
      warmup: 2s
      network:
        topology: {generate: random-regular, degree: 8}
        links: {latency: {uniform: {min: 20ms, max: 120ms}}}
        gossip: {D: 4, D_lo: 3, D_hi: 6}
      operators: {count: 12, stakes: 100ETH}
      watchers: {count: 1}
      aggregators: coordinator
      services:
        - name: oracle
          operators: all
          task: {arrival: {periodic: {every: 1s}}, size: 64B, compute: {uniform: {min: 10ms, max: 500ms}}}
          quorum: 67%
          responseWindow: 2s
      """
    let scenario = try Scenario.parse(file: "agreement", bytes: Array(text.utf8))
    var simulation = try Simulation(try Blueprint(scenario))
    simulation.run(until: .never)
    let settled = simulation.settle()
    let simulated = simulation.conclude(settled)
    let real = try runOnSockets(scenario)
    #expect(simulated.propagation.count == real.propagation.count)
    #expect(simulated.summary.tasks.certified == real.summary.tasks.certified)
    let here = try #require(simulated.summary.gossip.duplicateRatio)
    let there = try #require(real.summary.gossip.duplicateRatio)
    #expect(abs(there / here - 1) < 0.1, "\(here) against \(there)")
  }
}
