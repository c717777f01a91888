// Direct peers, signing policies and shared addresses in whole runs.

import Basics
import Gossip
import Network
import Participants
import Reporting
import Runs
import Scenarios
import Simulator
import Testing

private let everybody = "[\((0..<8).map { "\($0)" }.joined(separator: ", "))]"

/// Eight operators in a ring; each attests in every period.
private func simulate(
  gossip: String, more: String = "", topology: String = "{generate: ring}", oneHost: Range<Int> = 0..<0
) throws -> Simulation {
  let text = """
    name: peering
    seed: 5
    duration: 20s
    warmup: 3s
    network:
      topology: \(topology)
      topicPeers: 1
      links: {latency: 20ms}
      gossip: {floodPublish: false, \(gossip)}
    operators: {count: 8, stakes: 1000ETH}
    watchers: {count: 0}
    aggregators: {elected: 1}
    services:
      - name: oracle
        operators: all
        task: {arrival: {periodic: {every: 2s}}, compute: 20ms, size: 300B}
        quorum: 67%
        responseWindow: 1s
    \(more)
    """
  var scenario = try Scenario.parse(file: "peering.yaml", bytes: Array(text.utf8))
  if !oneHost.isEmpty {
    var graph = try scenario.graph().graph
    for node in oneHost { graph.nodes[node].host = "rack" }
    scenario.network.topology = .graph(graph, file: "peering.yaml")
  }
  return try Simulation(try Blueprint(scenario))
}

private let service = ServiceID(0)

@Suite struct PeeringStories {
  @Test func directPeersGetEverythingAndAreInNoMesh() throws {
    var open = try simulate(gossip: "D: 2, D_lo: 2, D_out: 0")
    open.run(until: .zero + .seconds(15))
    #expect(open.openLinks == 8)
    #expect(open.mesh(of: NodeID(0), in: service).count == 2)
    // 0 and 4 are no neighbours in the ring: they get a link, and use it outside of any mesh.
    var paired = try simulate(gossip: "D: 2, D_lo: 2, D_out: 0, directPeers: [[0, 4]]")
    paired.run(until: .zero + .seconds(15))
    #expect(paired.openLinks == 9)
    #expect(!paired.mesh(of: NodeID(0), in: service).contains(NodeID(4)))
    #expect(!paired.mesh(of: NodeID(4), in: service).contains(NodeID(0)))
  }

  @Test func whereAllAreDirectPeersNoMeshIsNeeded() throws {
    var run = try simulate(gossip: "directPeers: [\(everybody)]")
    run.run(until: .never)
    #expect(run.openLinks == 28)
    #expect(run.counters.graft == 0)
    #expect(run.counters.ihave == 0)
    let summary = run.conclude(run.settle()).summary
    #expect(summary.attestations.firstDeliveries == summary.attestations.expectedDeliveries)
    #expect(summary.attestations.firstDeliveries > 0)
  }

  @Test func aDirectPeerIsHeardBelowTheGraylistThreshold() throws {
    let score =
      "score: {thresholds: {graylist: -1, publish: -1, gossip: -1}, topic: {weight: 1, invalidWeight: -10}}"
    let liar = "adversaries: [{who: {operators: [0]}, do: invalidSignature}]"
    var strict = try simulate(gossip: score, more: liar)
    strict.run(until: .never)
    #expect(strict.counters.graylistings > 0)
    #expect(strict.counters.graylisted > 0)
    var bound = try simulate(gossip: "\(score), directPeers: [\(everybody)]", more: liar)
    bound.run(until: .never)
    #expect(bound.counters.graylistings > 0)
    #expect(bound.counters.graylisted == 0)
    #expect(bound.counters.rejected > strict.counters.rejected)
  }

  @Test(arguments: [
    ("StrictNoSign", Authorship.absent), ("StrictSign", .valid), ("LaxSign", .valid),
    ("LaxNoSign", .unsigned),
  ])
  func aPolicyCostsItsBytes(policy: String, shown: Authorship) throws {
    var run = try simulate(gossip: "signing: \(policy)")
    run.run(until: .never)
    let name = "/avs/oracle/attestation/0/v1".utf8.count
    let bytes = WireSize.publish(dataBytes: 300, topicNameBytes: name, authorship: shown)
    #expect(run.counters.copiesSent > 0)
    #expect(run.counters.dataBytes == run.counters.copiesSent * UInt64(bytes))
    #expect(run.counters.refused == 0)
    let summary = run.conclude(run.settle()).summary
    #expect(summary.gossip.invalid == 0)
    #expect(summary.attestations.firstDeliveries == summary.attestations.expectedDeliveries)
    #expect(summary.attestations.firstDeliveries > 0)
  }

  @Test func signaturesTakeTime() throws {
    var (slowest, bytes): ([Double], [UInt64]) = ([], [])
    for policy in ["StrictNoSign", "StrictSign"] {
      var run = try simulate(gossip: "signing: \(policy)")
      run.run(until: .never)
      slowest.append(try #require(run.conclude(run.settle()).summary.load.cpuUtilisationMax))
      bytes.append(run.counters.bytesSent)
    }
    #expect(slowest[0] < slowest[1])
    #expect(bytes[0] < bytes[1])
  }

  @Test(arguments: [
    ("StrictSign", "StrictNoSign", true), ("StrictNoSign", "StrictSign", true),
    ("StrictSign", "LaxNoSign", true), ("LaxSign", "LaxNoSign", false),
  ])
  func whoDoesNotFollowThePolicyIsRefused(policy: String, other: String, isRefused: Bool) throws {
    let score = "score: {topic: {weight: 1, invalidWeight: -1}}"
    var run = try simulate(
      gossip: "\(score), signing: {policy: \(policy), except: [{nodes: [3], policy: \(other)}]}")
    run.run(until: .never)
    #expect((run.counters.refused > 0) == isRefused)
    // A refused message counts against its sender (P4), and who is below zero leaves the mesh.
    #expect((run.counters.invalidDeliveries > 0) == isRefused)
    #expect((run.counters.prunedForScore > 0) == isRefused)
    let summary = run.conclude(run.settle()).summary
    #expect((summary.gossip.invalid > 0) == isRefused)
  }

  @Test func anIdOfTheAuthorIsLongerThanOneOfTheContent() throws {
    var bytes: [UInt64] = []
    for id in ["content", "author"] {
      var run = try simulate(
        gossip: "D: 2, D_lo: 2, D_out: 0, signing: StrictSign, messageId: \(id)",
        topology: "{generate: random-regular, degree: 6}")
      run.run(until: .never)
      #expect(run.counters.ihave > 0)
      bytes.append(run.counters.bytesSent - run.counters.dataBytes)
    }
    #expect(bytes[0] < bytes[1])
  }

  @Test func manyPeersOnOneHostAreInNoMesh() throws {
    for weight in [0, -10] {
      var run = try simulate(
        gossip: "score: {colocationWeight: \(weight), colocationThreshold: 2}",
        topology: "{generate: full}", oneHost: 0..<4)
      run.run(until: .zero + .seconds(15))
      let mesh = run.mesh(of: NodeID(7), in: service)
      #expect(mesh.contains { $0.index < 4 } == (weight == 0))
      #expect(mesh.contains { $0.index >= 4 })
    }
  }

  @Test(arguments: [
    ("peerExchange: true", "peerExchange"), ("signing: StrictSign", "signing"),
    ("directPeers: [[0, 4]], directConnectTicks: 5", "directConnectTicks"),
  ])
  func whatSocketsDoNotHaveIsRefusedThere(gossip: String, key: String) throws {
    let text = """
      name: peering
      duration: 5s
      network: {topology: {generate: ring}, gossip: {\(gossip)}}
      operators: {count: 8, stakes: 1000ETH}
      services: [{name: oracle, operators: all, quorum: 67%, responseWindow: 1s}]
      """
    let scenario = try Scenario.parse(file: "peering.yaml", bytes: Array(text.utf8))
    _ = try Blueprint(scenario, engine: .simulator)
    let refusal =
      "network.gossip.\(key): the cluster engine does not have it; remove it, or run on the simulator"
    let error = try #require(throws: BlueprintError.self) { try Blueprint(scenario, engine: .cluster) }
    #expect(error.mistakes == [refusal])
  }

  /// Lighthouse's recipe: caps and thresholds follow each service's traffic; who lies falls below the graylist threshold, who
  /// does not stays above zero.
  @Test func topicScoresFollowTheTraffic() throws {
    let text = """
      name: recipe
      seed: 5
      duration: 60s
      network:
        topology: {generate: full}
        links: {latency: 20ms}
        gossip: {score: {preset: lighthouse}}
      operators: {count: 8, stakes: 1000ETH}
      watchers: {count: 0}
      services:
        - {name: often, operators: all, task: {arrival: {periodic: {every: 1s}}}, quorum: 67%, responseWindow: 1s}
        - {name: seldom, operators: 4, task: {arrival: {periodic: {every: 2s}}}, quorum: 67%, responseWindow: 1s}
      adversaries: [{who: {operators: [0]}, do: invalidSignature}]
      """
    let blueprint = try Blueprint(try Scenario.parse(file: "recipe.yaml", bytes: Array(text.utf8)))
    let topics = try #require(blueprint.deployment.gossip.score?.topics)
    let often = try #require(topics[0]), seldom = try #require(topics[1])
    // Eight messages a second against four in two.
    #expect(abs(often.firstDeliveriesCap / seldom.firstDeliveriesCap - 4) < 1e-9)
    #expect(abs(often.meshDeliveriesThreshold / seldom.meshDeliveriesThreshold - 4) < 1e-9)
    #expect(often.weight == 0.5)
    var run = try Simulation(blueprint)
    run.run(until: .never)
    #expect(run.counters.graylistings > 0)
    let honest = run.conclude(run.settle()).summary
    #expect(honest.slashing.micro.falsePositive == 0)
    // It keeps in its mesh who does not hear it any more: nothing that a checker minds.
    #expect(run.counters.graylisted > 0)
    #expect(run.firstBreach == nil)
  }
}
