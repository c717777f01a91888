import AVS
import Basics
import Foundation
import Participants
import Reporting
import Runs
import Scenarios
import Testing
import UV

@testable import Cluster

/// A command of the same user, on the loop of the cluster that it asks.
final class Command {
  private let channel: ControlChannel
  private let loop: Loop
  private var answer: ClusterResponse?

  init(_ run: ClusterRun, _ socket: String) throws {
    loop = run.loop
    channel = try ControlChannel(run.loop, dialing: socket)
    channel.received = { [unowned self] message in
      if case .response(let body) = message { answer = ClusterResponse(decoding: body) }
    }
  }

  func ask(_ request: ClusterRequest) throws -> ClusterResponse {
    answer = nil
    channel.send(.request(request.encoded))
    #expect(loop.run { answer != nil })
    return try #require(answer)
  }

  func send(_ request: ClusterRequest) { channel.send(.request(request.encoded)) }
  var hasAnswer: Bool { answer != nil }
  func close() { channel.close() }
}

@Suite(.serialized) struct LiveFaultTests {
  @Test func faultsComeAndGoByCommand() throws {
    let scratch = try Scratch()
    var options = ClusterOptions()
    options.controlSocket = scratch.path + "/control.sock"
    let scenario = try smallScenario(duration: "4s")
    let run = try ClusterRun(scenario, try Blueprint(scenario, engine: .cluster), options)
    defer { run.close() }
    try run.connect()
    let command = try Command(run, scratch.path + "/control.sock")
    defer { command.close() }
    #expect(try command.ask(.ready).code == 0)
    #expect(try command.ask(.faults).text == "")

    let injected = try command.ask(.inject(yaml: "{partition: {isolate: [1]}}"))
    #expect(injected.code == 0 && injected.text == "0")
    #expect(
      try command.ask(.inject(yaml: "[{crash: {nodes: [2]}}, {slowCPU: {nodes: [3], factor: 4}}]")).text
        == "1\n2")
    let list = try command.ask(.faults).text
    #expect(list.contains("0  partition") && list.contains("1  crash") && list.contains("2  slowCPU"))
    #expect(try command.ask(.status).text.contains("3 in force"))
    run.run(until: .zero + .milliseconds(1_500))

    #expect(try command.ask(.heal(id: 0)).text == "0")
    #expect(try command.ask(.heal(id: 0)).code == 64, "it is over")
    #expect(try command.ask(.heal(id: 9)).code == 64, "there is none")
    #expect(try command.ask(.heal(id: nil)).text == "1\n2")
    #expect(try command.ask(.faults).text == "")
    #expect(
      run.loop.run { run.nodes.links.up == run.nodes.links.all }, "the crashed node has its links again")

    run.run(until: .never)
    let rows = run.faultRows
    #expect(rows.map(\.kind) == ["partition", "crash", "slowCPU"])
    #expect(rows.allSatisfy { $0.healedAt.map { $0 > .zero } ?? false })
    let settled = run.settle()
    let conclusion = run.conclude(settled)
    #expect(conclusion.summary.attestations.unreachableDeliveries > 0)
    let due = Dictionary(uniqueKeysWithValues: conclusion.tasks.map { ($0.id, $0.due) })
    #expect(
      conclusion.attestations.contains { row in
        row.operatorID == NodeID(2)
          && row.publishedAt.map { $0 > (due[row.task] ?? .never) + .milliseconds(500) } ?? false
      }, "the crashed node made up for what it had missed")
    #expect(conclusion.attestations.contains { $0.operatorID == NodeID(1) && $0.cause == .partitioned })
    #expect(try command.ask(.inject(yaml: "{crash: {nodes: [2]}}")).code == 74, "traffic is over")
  }

  @Test(arguments: [
    "crash: {nodes: [99]}", "nonsense: 1", "{partition: {regions: [[atlantis], rest]}}", "", "[",
    "{at: 3s, crash: {nodes: [1]}}",
  ])
  func aFaultThatMakesNoSenseIsRefused(yaml: String) throws {
    let scratch = try Scratch()
    var options = ClusterOptions()
    options.controlSocket = scratch.path + "/control.sock"
    let scenario = try smallScenario()
    let run = try ClusterRun(scenario, try Blueprint(scenario, engine: .cluster), options)
    defer { run.close() }
    let command = try Command(run, scratch.path + "/control.sock")
    defer { command.close() }
    #expect(try command.ask(.inject(yaml: yaml)).code == 74, "not connected yet")
    try run.connect()
    let answer = try command.ask(.inject(yaml: yaml))
    #expect(answer.code == 65 && !answer.text.isEmpty)
    #expect(run.faultRows.isEmpty)
  }

  @Test func downEndsTheRunAndIsAnsweredWhenTheResultsAreThere() throws {
    let scratch = try Scratch()
    var options = ClusterOptions()
    options.controlSocket = scratch.path + "/control.sock"
    let scenario = try smallScenario()
    let run = try ClusterRun(scenario, try Blueprint(scenario, engine: .cluster), options)
    defer { run.close() }
    try run.connect()
    let command = try Command(run, scratch.path + "/control.sock")
    let other = try Command(run, scratch.path + "/control.sock")
    defer {
      command.close()
      other.close()
    }
    other.send(.wait)
    command.send(.down)
    run.run(until: .never)
    #expect(run.isEndRequested && run.now < run.blueprint.trafficEnd)
    #expect(!command.hasAnswer)
    _ = run.conclude(run.now)
    run.answerWaiters(ClusterResponse("written"))
    #expect(run.loop.run { command.hasAnswer && other.hasAnswer })
  }
}

/// The vocabulary means the same on sockets: one run with several effects at once, each seen in what only it can cause.
@Suite(.serialized) struct EffectsOnSockets {
  @Test func linksAndNodesAreStruckAsInTheSimulator() throws {
    let extra = """
      adversaries:
        - {who: {operators: [4]}, do: {impersonate: {victims: [0]}}}
      faults:
        - {at: 200ms, for: 2500ms, duplicate: {share: 100%, nodes: [0]}}
        - {at: 200ms, for: 2500ms, corrupt: {share: 5%, nodes: [3]}}
        - {at: 200ms, for: 2500ms, partition: {isolate: [1], oneWay: true}}
        - {at: 500ms, for: 1s, pause: {nodes: [2]}}
        - {at: 200ms, for: 2500ms, keyDuplication: {nodes: [5], disagree: 100%}}
      """
    let scenario = try smallScenario(extra, duration: "3s")
    let run = try ClusterRun(scenario, try Blueprint(scenario, engine: .cluster), ClusterOptions())
    defer { run.close() }
    // That damaged frames cost connections is noticed, and meant.
    run.noticed = {
      #expect($0.contains("cost a peer its connection") || $0.hasPrefix(ClusterRun.refusalNotice), "\($0)")
    }
    try run.connect()
    run.run(until: .never)
    let conclusion = run.conclude(run.settle())
    let summary = conclusion.summary
    #expect(summary.gossip.invalid > 0, "corrupted frames, and votes in another's name")
    let mute = conclusion.attestations.filter { $0.operatorID == NodeID(1) && $0.publishedAt != nil }
    #expect(mute.contains { $0.receivedAt == nil }, "it publishes and is not heard")
    #expect(
      conclusion.offences.contains { $0.operatorID == NodeID(5) && !$0.culpable && $0.cause.contains("key") })
    #expect(conclusion.offences.allSatisfy { $0.offenceClass != .equivocation || $0.operatorID == NodeID(5) })
    #expect(summary.checks.allSatisfy { $0.holds })
  }
}
