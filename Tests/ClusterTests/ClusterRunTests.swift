import AVS
import Basics
import Foundation
import Gossip
import Libp2p
import Participants
import Reporting
import Runs
import Scenarios
import Signatures
import Simulator
import TestKit
import Testing
import UV

@testable import Cluster

/// A small network with a quick heart and quick blocks: traffic ends about five seconds after it began.
func smallScenario(_ more: String = "", service: String = "", duration: String = "3s") throws -> Scenario {
  let text = """
    name: small
    duration: \(duration)
    settle: 10m
    network:
      topology: {generate: random-regular, degree: 6}
      links: {latency: {uniform: {min: 2ms, max: 10ms}}}
      gossip: {heartbeat: 250ms}
    chain: {blockTime: 1s, rpcDelay: 5ms}
    operators: {count: 8, stakes: 100ETH}
    watchers: {count: 1}
    aggregators: coordinator
    services:
      - name: oracle
        operators: all
        task: {arrival: {periodic: {every: 500ms}}, size: 64B, compute: 10ms}
        quorum: 67%
        responseWindow: 2s
        rules: [{offence: equivocation, penalty: 50%, dispute: 1m}]
        \(service)
    \(more)
    """
  return try Scenario.parse(file: "small", bytes: Array(text.utf8))
}

/// Runs on sockets from beginning to end. `atHalf` is called once in the middle of the traffic.
func runOnSockets(
  _ scenario: Scenario, _ options: ClusterOptions = ClusterOptions(),
  atHalf: (ClusterRun) throws -> Void = { _ in }
) throws -> Conclusion {
  let run = try ClusterRun(scenario, try Blueprint(scenario, engine: .cluster), options)
  defer { run.close() }
  // On a busy machine a node of ours may be late with its handshake, which is told.
  run.noticed = { if !$0.hasPrefix(ClusterRun.refusalNotice) { Issue.record("\($0)") } }
  try run.connect()
  run.run(until: .zero + .milliseconds(scenario.duration.nanoseconds / 2_000_000))
  try atHalf(run)
  run.run(until: .never)
  let settled = run.settle()
  return run.conclude(settled)
}

@Suite(.serialized) struct ClusterRunTests {
  @Test func socketsAndSimulatorAgreeOnWhatMustAgree() throws {
    let scenario = try smallScenario()
    var simulation = try Simulation(try Blueprint(scenario))
    simulation.run(until: .never)
    let settled = simulation.settle()
    let simulated = simulation.conclude(settled).summary
    let real = try runOnSockets(scenario).summary
    #expect(real.engine == "cluster" && real.traceDigest == nil)
    #expect(real.tasks.issued == simulated.tasks.issued && real.tasks.issued > 0)
    #expect(real.tasks.certified == simulated.tasks.certified && real.tasks.certified == real.tasks.issued)
    #expect(real.attestations.due == simulated.attestations.due)
    #expect(real.attestations.signed == simulated.attestations.signed)
    #expect(real.attestations.expectedDeliveries == simulated.attestations.expectedDeliveries)
    #expect(real.attestations.firstDeliveries == simulated.attestations.firstDeliveries)
    #expect(real.slashing.micro.falsePositive == 0 && simulated.slashing.micro.falsePositive == 0)
    #expect(real.stake.conserved == true && real.rewards.conserved == true)
    #expect(real.gossip.invalid == 0)
    for check in real.checks { #expect(check.holds, "\(check.name): \(check.detail)") }
  }

  @Test func equivocatorsAreSlashedOnSockets() throws {
    let scenario = try smallScenario("adversaries: [{who: {operators: 2}, do: equivocate, from: 400ms}]")
    let conclusion = try runOnSockets(scenario)
    let offences = conclusion.offences.filter { $0.offenceClass == .equivocation }
    let executed = conclusion.slashes.filter { $0.state == .executed }
    #expect(!offences.isEmpty)
    #expect(Set(offences.map(\.operatorID)).count == 2)
    #expect(executed.count == offences.count, "\(executed.count) slashes for \(offences.count) offences")
    #expect(Set(executed.map(\.operatorID)) == Set(offences.map(\.operatorID)))
    #expect(conclusion.summary.slashing.amounts.honestLoss == 0)
  }

  @Test(.enabled(if: (try? Signer(scheme: .ecdsaSecp256k1, mode: .real, seed: 1, nodes: 1)) != nil))
  func realSignaturesAreCheckedOnSockets() throws {
    let summary = try runOnSockets(smallScenario("crypto: {scheme: ecdsa-secp256k1, mode: real}")).summary
    #expect(summary.tasks.certified == summary.tasks.issued && summary.tasks.issued > 0)
    #expect(summary.gossip.invalid == 0)
    #expect(summary.load.cpuUtilisationMax ?? 1 < 0.5, "nothing is charged for what is computed")
  }

  @Test func aNodeThatCrashesComesBack() throws {
    let faults = "faults: [{at: 1s, for: 1s, crash: {nodes: [2]}}]"
    let scenario = try smallScenario(faults, duration: "4s")
    let conclusion = try runOnSockets(scenario) { run in
      // In the middle it is up again, and every link stands or is about to.
      #expect(run.loop.run { run.nodes.links.up == run.nodes.links.all })
    }
    let own = conclusion.attestations.filter { $0.operatorID == NodeID(2) }
    let due = Dictionary(uniqueKeysWithValues: conclusion.tasks.map { ($0.id, $0.due) })
    let outage = Instant.zero + .seconds(1)..<Instant.zero + .seconds(2)
    let recovered = own.filter { due[$0.task].map(outage.contains) ?? false }
    #expect(!recovered.isEmpty, "tasks fell due while it was down")
    #expect(
      recovered.allSatisfy { ($0.publishedAt ?? .zero) >= outage.upperBound },
      "it asks the chain for what is still open when it comes back")
    let last = own.max { $0.task < $1.task }
    #expect(last?.receivedAt != nil, "what it signed after it came back was counted")
    #expect(conclusion.summary.tasks.certified == conclusion.summary.tasks.issued)
    #expect(conclusion.summary.slashing.micro.falsePositive == 0)
  }

  @Test func aPartitionHoldsMessagesBack() throws {
    let scenario = try smallScenario("faults: [{at: 0s, for: 2s, partition: {isolate: [1]}}]", duration: "4s")
    let conclusion = try runOnSockets(scenario)
    let early = conclusion.attestations.filter { $0.operatorID == NodeID(1) && $0.task.index < 2 }
    #expect(!early.isEmpty && early.allSatisfy { $0.publishedAt != nil && $0.receivedAt == nil })
    let last = conclusion.attestations.filter { $0.operatorID == NodeID(1) }.max { $0.task < $1.task }
    #expect(last?.receivedAt != nil)
    #expect(conclusion.summary.attestations.unreachableDeliveries > 0)
  }

  @Test func aRunThatIsInterruptedConcludesWithWhatThereIs() throws {
    let scenario = try smallScenario()
    let run = try ClusterRun(scenario, try Blueprint(scenario, engine: .cluster), ClusterOptions())
    defer { run.close() }
    try run.connect()
    run.run(until: .zero + .milliseconds(800))
    let conclusion = run.conclude(run.now)
    #expect(conclusion.summary.virtualSeconds >= 0.8 && conclusion.summary.virtualSeconds < 5)
    #expect(conclusion.summary.attestations.signed > 0)
  }
}
