// Scores, outbound queues and direct peers on sockets: what the simulator observes, the cluster observes too.

import Basics
import Gossip
import Reporting
import Runs
import Scenarios
import Testing

@testable import Cluster

private let rules = """
  score: {thresholds: {gossip: -1, publish: -1, graylist: -1}, topic: {weight: 1, invalidWeight: -10}}, \
  directPeers: [[1, 2]]
  """

private func observed(_ more: String = "") throws -> Scenario {
  let text = """
    name: observed
    duration: 2s
    network:
      topology: {generate: full}
      links: {latency: {uniform: {min: 2ms, max: 10ms}}, bandwidth: 500kbit/s}
      gossip: {heartbeat: 250ms, queue: rust, \(rules)}
    chain: {blockTime: 1s, rpcDelay: 5ms}
    operators: {count: 6, stakes: 100ETH}
    watchers: {count: 0}
    services:
      - name: oracle
        operators: all
        task: {arrival: {periodic: {every: 500ms}}, size: 20KB, compute: 10ms}
        quorum: 50%
        responseWindow: 1s
    adversaries: [{who: {operators: [0]}, do: invalidSignature}]
    observe: {scores: true, sampleEvery: 250ms}
    """
  return try Scenario.parse(file: "observed", bytes: Array(text.utf8))
}

@Suite(.serialized) struct ScoreRunTests {
  @Test func scoresQueuesAndDirectPeersOnSockets() throws {
    let scenario = try observed()
    let run = try ClusterRun(scenario, try Blueprint(scenario, engine: .cluster), ClusterOptions())
    defer { run.close() }
    run.noticed = { Issue.record("\($0)") }
    try run.connect()
    run.run(until: .never)
    let settled = run.settle()
    let rows = run.takeRows()
    // Whoever signs what does not verify is below the threshold in somebody's eyes, by P4; nobody else is.
    #expect(!rows.scores.isEmpty)
    #expect(rows.scores.allSatisfy { $0.peer == NodeID(0) })
    #expect(rows.scores.contains { $0.standing == "graylisted" && $0.worst == "P4" })
    #expect(rows.scoreMoves.contains { $0.peer == NodeID(0) && $0.component == "P4" })
    let counters = run.nodes.counters
    // Six copies of a third of a second each are due on every link every half second: forwarded ones wait for a second at most.
    #expect(counters.queueExpired > 0)
    #expect(counters.graylistings > 0)
    #expect(run.conclude(settled).summary.tasks.issued > 0)
  }

  @Test func nodesInProcessesOfTheirOwnDoNotTellScores() throws {
    let scenario = try observed()
    var options = ClusterOptions()
    options.processes = 2
    #expect(throws: ClusterError.self) {
      try ClusterRun(scenario, try Blueprint(scenario, engine: .cluster), options)
    }
  }
}
