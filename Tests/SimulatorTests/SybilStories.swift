// Identities without stake that an adversary brings: where they get, what that costs, and what keeps them out. The network that
// they attack has twenty operators of five or more links, and neither floods nor scores unless the story says so.

import AVS
import Basics
import Network
import Participants
import Reporting
import Runs
import Scenarios
import Simulator
import Testing

private func network(_ adversaries: String, gossip: String = "", faults: String = "") throws -> Conclusion {
  let text = """
    name: sybils
    duration: 30s
    warmup: 5s
    settle: 1h
    network:
      topology: {generate: k-out, dials: 5}
      links: {latency: {uniform: {min: 20ms, max: 60ms}}}
      topicPeers: 5
      gossip: {version: 1.1, floodPublish: false\(gossip)}
    operators: {count: 20, stakes: 100ETH}
    watchers: {count: 1}
    aggregators: coordinator
    services:
      - name: oracle
        operators: all
        task: {arrival: {periodic: {every: 2s}}, compute: 20ms}
        quorum: 67%
        responseWindow: 4s
        rules: [{offence: equivocation, dispute: 1m}]
    adversaries: [\(adversaries)]
    \(faults)
    """
  let scenario = try Scenario.parse(file: "sybils", bytes: Array(text.utf8))
  var run = try Simulation(try Blueprint(scenario))
  run.run(until: .never)
  let conclusion = run.conclude(run.settle())
  #expect(conclusion.summary.checks.allSatisfy { $0.holds }, "\(conclusion.summary.checks)")
  return conclusion
}

extension Conclusion {
  fileprivate var p99: Double { summary.latency.propagation.p99 ?? .infinity }
  fileprivate var peak: Double { summary.sybils?.meshSharePeak ?? -1 }
  fileprivate var end: Double { summary.sybils?.meshShareEnd ?? -1 }
  /// The slowest attestation to reach an aggregator, of those that fell due in a span of seconds.
  fileprivate func slowest(_ span: Range<UInt64>) -> TimeSpan {
    attestations.compactMap { row in
      let due = tasks[row.task.index].due
      guard due >= .zero + .seconds(span.lowerBound), due < .zero + .seconds(span.upperBound) else {
        return nil
      }
      return row.receivedAt.map { $0 - due }
    }.max() ?? .zero
  }
}

@Suite struct SwarmStories {
  private static let calm = Result { try network("") }

  /// They are in the meshes before anybody else is, and everything goes by gossip.
  @Test func aColdBootSlowsANetworkThatNeitherFloodsNorScores() throws {
    let calm = try Self.calm.get()
    let cold = try network("{do: {coldBoot: {count: 120, dials: 15}}}")
    #expect(calm.summary.sybils == nil)
    #expect(cold.peak > 0.7 && (cold.summary.sybils?.surroundedPeak ?? 0) > 0)
    #expect(cold.p99 > 2 * calm.p99)
    #expect(cold.summary.gossip.iwant > 2 * calm.summary.gossip.iwant)
    #expect(cold.summary.nodes == calm.summary.nodes + 120 && cold.summary.operators == 20)
    // What is owed and expected is the network's own affair.
    #expect(cold.summary.attestations.due == calm.summary.attestations.due)
    #expect(
      cold.summary.attestations.expectedDeliveries == calm.summary.attestations.expectedDeliveries)
    #expect(cold.summary.slashing.micro.falsePositive == 0)
  }

  /// P6: many on one address get no place; on addresses of their own they do.
  @Test func whoSharesAnAddressGetsNoPlace() throws {
    let calm = try Self.calm.get()
    let shared = "{do: {coldBoot: {count: 120, dials: 15, addresses: 4}}}"
    let bare = try network(shared)
    let scored = try network(
      shared, gossip: ", score: {preset: lighthouse, colocationWeight: -35, colocationThreshold: 2}")
    #expect(bare.peak > 0.7 && scored.peak < 0.1)
    #expect(scored.p99 < 1.3 * calm.p99)
    // Each on an address of its own: nothing tells them apart.
    let spread = try network(
      "{do: {coldBoot: {count: 120, dials: 15}}}",
      gossip: ", score: {preset: lighthouse, colocationWeight: -35, colocationThreshold: 2}")
    #expect(spread.peak > 0.3)
  }

  /// They serve until their hour: whoever looks before sees nothing.
  @Test func aCovertFlashServesUntilItsHour() throws {
    let flash = try network("{do: {covertFlash: {count: 120, dials: 15}}, from: 16s}")
    let never = try network("{do: {covertFlash: {count: 120, dials: 15}}, from: 29s}")
    #expect(flash.peak > 0.7)
    #expect(flash.slowest(5..<16) == never.slowest(5..<16), "the future changes nothing")
    #expect(flash.p99 > 1.3 * never.p99)
  }

  /// They come at their hour, and where they leave, the network is as before.
  @Test func aSwarmComesAndGoes() throws {
    let calm = try Self.calm.get()
    let swarm = try network("{do: {sybil: {count: 120, dials: 15}}, from: 10s, until: 20s}")
    #expect(swarm.peak > 0.5 && swarm.end == 0)
    #expect(swarm.slowest(6..<10) <= calm.slowest(6..<10) + .milliseconds(60))
    #expect(swarm.slowest(11..<20) > swarm.slowest(6..<10))
  }

  /// Around one victim: its mesh is theirs but for the outbound quota, and without the quota it is alone.
  @Test func anEclipseSurroundsItsVictim() throws {
    let one = "{do: {eclipse: {victims: [3], count: 400}}}"
    let eclipsed = try network(one, gossip: ", D_out: 0")
    let guarded = try network(one)
    #expect(eclipsed.summary.sybils?.surroundedEnd == 1)
    #expect(guarded.summary.sybils?.surroundedEnd == 0, "D_out")
    let publishers = try network("{do: {eclipse: {victims: publishers, count: 60}}}", gossip: ", D_out: 0")
    #expect((publishers.summary.sybils?.surroundedPeak ?? 0) > 1)
    #expect(publishers.peak > 10 * eclipsed.end)
  }

  /// How hard, how likely, with whom, and only while something else is wrong: as of any adversary.
  @Test func aSwarmIsComposedAsEveryAdversaryIs() throws {
    let hard = try network("{do: {coldBoot: {count: 120, dials: 15}}}")
    let soft = try network("{do: {coldBoot: {count: 120, dials: 15, passes: 60%}}}")
    let seldom = try network(
      "{do: {coldBoot: {count: 120, dials: 15}}, probability: 20%, together: true}")
    let never = try network("{do: {coldBoot: {count: 120, dials: 15}}, during: crash}")
    #expect(soft.p99 < hard.p99 && seldom.p99 < hard.p99)
    #expect(never.p99 < soft.p99 && never.peak > 0.7, "they sit there and wait")
    let waits = try network(
      "{do: {coldBoot: {count: 120, dials: 15}}, during: crash}",
      faults: "faults: [{at: 15s, for: 10s, crash: {nodes: [19]}}]")
    #expect(waits.slowest(16..<25) > waits.slowest(5..<15) + .milliseconds(100))
    // Beside other adversaries: an equivocator is found all the same.
    let both = try network(
      "{do: {coldBoot: {count: 120, dials: 15}}}, {who: {operators: [2]}, do: equivocate}")
    let found = try #require(both.accuracy.classes.first { $0.offenceClass == .equivocation })
    #expect(found.counts.truePositive > 0 && found.counts.falsePositive == 0)
    #expect(found.counts.falseNegative == found.unobservable, "what reached a watcher is slashed")
  }

  /// A swarm changes no draw of the network that it attacks.
  @Test func theNetworkIsTheSameWithAndWithout() throws {
    let plain = try Scenario.parse(file: "a", bytes: Array(Self.base.utf8)).setting()
    let attacked = try Scenario.parse(
      file: "a", bytes: Array((Self.base + "\nadversaries: [{do: {sybil: {count: 7, dials: 3}}}]").utf8)
    ).setting()
    let nodes = plain.graph.nodes.count
    #expect(attacked.graph.nodes.count == nodes + 7)
    #expect(Array(attacked.graph.nodes.prefix(nodes)) == plain.graph.nodes)
    #expect(Array(attacked.graph.links.prefix(plain.graph.links.count)) == plain.graph.links)
    #expect(attacked.graph.links.count == plain.graph.links.count + 21)
    guard case .partition(sides: let sides) = plain.faults[0].kind,
      case .partition(sides: let more) = attacked.faults[0].kind
    else { throw Unexpected() }
    #expect(Array(more.prefix(nodes)) == sides)
  }

  private struct Unexpected: Error {}
  private static let base = """
    name: a
    network: {topology: {generate: k-out, dials: 5}}
    operators: {count: 20}
    services: [{name: s, operators: all}]
    faults: [{at: 1s, for: 5s, partition: {random: 40%}}]
    """
}
