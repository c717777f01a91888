// Runs over several processes, and what happens when one of them is killed.

import Basics
import Glibc
import Reporting
import Runs
import Scenarios
import TestKit
import Testing
import FoundationEssentials
import AVS

@testable import Cluster

/// Runs `scenario` over three processes, kills the first after a second; what was said of it, and how the run ended.
private func runWithAKill(_ scenario: Scenario) throws -> (notices: [String], conclusion: Conclusion) {
  var options = ClusterOptions(executable: Checkout.avsim?.path ?? "")
  options.processes = 3
  let run = try ClusterRun(scenario, try Blueprint(scenario, engine: .cluster), options)
  defer { run.close() }
  var notices: [String] = []
  run.noticed = { notices.append($0) }
  try run.connect()
  run.run(until: .zero + .seconds(1))
  let victim = try #require((run.nodes as? ProcessGroup)?.processIDs[0])
  let sent = kill(victim, SIGKILL)
  #expect(sent == 0)
  run.run(until: .never)
  let settled = run.settle()
  return (notices, run.conclude(settled))
}

@Suite(.serialized, .enabled(if: Checkout.avsim != nil)) struct ProcessTests {
  @Test func twoProcessesMakeOneNetwork() throws {
    let scenario = try smallScenario("adversaries: [{who: {operators: 1}, do: equivocate, from: 400ms}]")
    var options = ClusterOptions(executable: Checkout.avsim?.path ?? "")
    options.processes = 2
    let conclusion = try runOnSockets(scenario, options)
    let summary = conclusion.summary
    #expect(summary.tasks.certified == summary.tasks.issued && summary.tasks.issued > 0)
    #expect(summary.attestations.firstDeliveries == summary.attestations.expectedDeliveries)
    let offences = conclusion.offences.filter { $0.offenceClass == .equivocation }
    #expect(!offences.isEmpty)
    #expect(conclusion.slashes.filter { $0.state == .executed }.count == offences.count)
    #expect(summary.gossip.messageCopies > 0 && summary.gossip.invalid == 0)
  }

  @Test func aProcessThatIsKilledIsToldAndTheRunGoesOn() throws {
    let (notices, conclusion) = try runWithAKill(try smallScenario(duration: "4s"))
    #expect(notices.contains { $0.contains("process 0 ended by signal 9") })
    // Three of eight operators are gone: the quorum of 67 % is out of reach from then on.
    let tasks = conclusion.tasks.sorted { $0.id < $1.id }
    #expect(tasks.first?.state == .certified)
    #expect(tasks.last?.state == .missed)
  }

  @Test func aProcessThatIsKilledComesBackWhenTheScenarioSaysSo() throws {
    let (notices, conclusion) = try runWithAKill(
      try smallScenario("cluster: {restart: 500ms}", duration: "6s"))
    #expect(notices.contains { $0.contains("process 0 ended by signal 9") })
    #expect(notices.contains("process 0 is back"))
    let first = try #require(conclusion.tasks.first), last = try #require(conclusion.tasks.last)
    #expect(first.state == .certified && last.state == .certified)
    // Its operators attest again, counts go on, and what they owed meanwhile is put down to the crash.
    let own = conclusion.attestations.filter { $0.operatorID == NodeID(0) }
    #expect(own.contains { $0.task == last.id && $0.publishedAt != nil })
    #expect(own.contains { $0.cause == .crashed })
    #expect(conclusion.summary.checks.allSatisfy { $0.holds })
    #expect(!conclusion.slashes.contains { $0.state == .executed })
  }
}
