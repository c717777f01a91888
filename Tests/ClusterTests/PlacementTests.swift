// Which process hosts whom, and how processes on other hosts are brought into the run.

import AVS
import Basics
import Contracts
import FoundationEssentials
import Gossip
import Libp2p
import Network
import Participants
import Reporting
import Runs
import Scenarios
import Signatures
import Testing
import TestKit
import UV

@testable import Cluster

/// Eight operators, a watcher and the aggregator's node, each linked to all others; node k is on host k % 2.
func twoHosts(_ hosts: String, duration: String = "2s") throws -> Scenario {
  let scratch = try Scratch()
  var text = "kind: topology\nnodes:\n"
  for k in 0..<10 { text += "  - {id: n\(k), host: \(k % 2 == 0 ? "even" : "odd")}\n" }
  text += "links:\n"
  for a in 0..<10 { for b in a + 1..<10 { text += "  - {a: n\(a), b: n\(b)}\n" } }
  try scratch.write(text, to: "other")
  let read = """
    name: hosts
    duration: \(duration)
    network: {topology: "\(scratch.path)/other", links: {latency: 2ms}, gossip: {heartbeat: 250ms}}
    operators: {count: 8, stakes: 100ETH}
    watchers: {count: 1}
    aggregators: coordinator
    chain: {blockTime: 1s, rpcDelay: 5ms}
    services: [{name: x, operators: all, task: {arrival: {periodic: {every: 1s}}}, quorum: 67%, responseWindow: 2s}]
    cluster: {hosts: \(hosts)}
    """
  defer { scratch.remove("other") }
  return try Scenario.parse(file: "hosts", bytes: Array(read.utf8))
}

@Suite(.serialized) struct PlacementTests {
  @Test func withoutHostsNodesAreDealtOutInBlocks() throws {
    let placement = Placement(try smallScenario(), processes: 3)
    #expect(placement.processOf == [0, 0, 0, 0, 1, 1, 1, 2, 2, 2])
    #expect(Set(placement.addresses) == ["127.0.0.1"])
    #expect(
      placement.command(2, executable: "/a", socket: "/s").arguments == ["cluster", "process", "/s", "2"])
    #expect(!placement.isElsewhere(0))
  }

  @Test func hostsShareTheirNodesAndAreReachedByTheirWords() throws {
    let scenario = try twoHosts(
      """
      [{name: even, address: 127.0.0.2, processes: 2},
       {name: odd, address: 127.0.0.3, start: [ssh, "-R", "/tmp/{process}.sock:{socket}", odd],
        program: /opt/avsim, socket: "/tmp/{process}.sock"}]
      """)
    let placement = Placement(scenario, processes: 1)
    #expect(placement.processOf == [0, 2, 0, 2, 0, 2, 1, 2, 1, 2])
    #expect(placement.addresses[0] == "127.0.0.2" && placement.addresses[1] == "127.0.0.3")
    #expect(!placement.isElsewhere(0) && !placement.isElsewhere(1) && placement.isElsewhere(2))
    let command = placement.command(2, executable: "/a", socket: "/s")
    #expect(command.executable == "ssh")
    #expect(
      command.arguments == [
        "-R", "/tmp/2.sock:/s", "odd", "/opt/avsim", "cluster", "process", "/tmp/2.sock", "2",
      ])
  }

  @Test func theQuickestAnswerSetsTheClock() {
    var clock = ClockComparison()
    for k in 0..<UInt64(ClockComparison.rounds) {
      // The other clock is 5,000 behind; answer 3 is on its way for 20, the others for longer and one-sided.
      let way: UInt64 = k == 3 ? 20 : 400
      let asked = 10_000 + 1_000 * k
      let taken = clock.note(asked: asked, own: asked + (k == 3 ? 10 : 390) - 5_000, now: asked + way)
      #expect(taken)
    }
    #expect(clock.isOver)
    #expect(clock.theirs(9_000) == 4_000)
    let late = clock.note(asked: 1, own: 1, now: 2)
    #expect(!late)
  }

  /// Two addresses of this machine stand for two hosts; the second is brought up by words of its own.
  @Test(.enabled(if: Checkout.avsim != nil)) func aRunSpreadsOverTwoAddresses() throws {
    let scenario = try twoHosts(
      "[{name: even, address: 127.0.0.2}, {name: odd, address: 127.0.0.3, start: [/usr/bin/env]}]")
    let options = ClusterOptions(executable: Checkout.avsim?.path ?? "")
    let summary = try runOnSockets(scenario, options) { run in
      #expect(run.processes == 2)
      #expect(run.nodes.links == (90, 90))
      let listening = try Listening.addresses(of: (run.nodes as? ProcessGroup)?.processIDs ?? [])
      #expect(listening == ["127.0.0.2", "127.0.0.3"])
    }.summary
    #expect(summary.tasks.issued > 0 && summary.tasks.certified == summary.tasks.issued)
    #expect(summary.attestations.firstDeliveries == summary.attestations.expectedDeliveries)
  }
}
