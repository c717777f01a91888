// Links that routers ask for, and links that make them wait: peer exchange and outbound queues in whole runs.

import Basics
import Gossip
import Runs
import Scenarios
import Simulator
import Testing

/// Sixteen operators of four links each; each attests in every period.
private func simulate(
  seed: UInt64, gossip: String, links: String = "latency: 20ms", size: String = "300B", every: String = "2s"
) throws -> Simulation {
  let text = """
    name: links
    seed: \(seed)
    duration: 20s
    network:
      topology: {generate: random-regular, degree: 4}
      topicPeers: 1
      links: {\(links)}
      gossip: {D: 2, D_lo: 2, D_hi: 3, D_out: 0, D_score: 2, \(gossip)}
    operators: {count: 16, stakes: 1000ETH}
    watchers: {count: 0}
    services:
      - name: oracle
        operators: all
        task: {arrival: {periodic: {every: \(every)}}, compute: 20ms, size: \(size)}
        quorum: 67%
        responseWindow: 1s
    """
  let scenario = try Scenario.parse(file: "links.yaml", bytes: Array(text.utf8))
  var simulation = try Simulation(try Blueprint(scenario))
  simulation.run(until: .never)
  return simulation
}

@Suite struct LinkStories {
  @Test(arguments: [UInt64(1), 2])
  func prunedPeersDialWhomTheyAreToldOf(seed: UInt64) throws {
    let fixed = try simulate(seed: seed, gossip: "peerExchange: false")
    let exchanging = try simulate(seed: seed, gossip: "peerExchange: true, reach: 4")
    #expect(fixed.counters.dials == 0)
    #expect(exchanging.counters.peersExchanged > 0)
    #expect(exchanging.counters.dials > 0)
    #expect(exchanging.openLinks > fixed.openLinks)
    let again = try simulate(seed: seed, gossip: "peerExchange: true, reach: 4")
    #expect(again.digest == exchanging.digest)
    #expect(again.openLinks == exchanging.openLinks)
  }

  @Test func aQueueOfThirtyTwoDropsWhatOneOfFiveThousandKeeps() throws {
    // 30 KB each at 500 kbit/s: half a second a copy, while sixteen messages come every second.
    let links = "latency: 20ms, bandwidth: 500kbit/s"
    let size = "30KB"
    let go = try simulate(seed: 3, gossip: "queue: go", links: links, size: size, every: "1s")
    let rust = try simulate(seed: 3, gossip: "queue: rust", links: links, size: size, every: "1s")
    #expect(go.counters.queueDropped > 0)
    #expect(go.counters.queueExpired == 0)
    #expect(rust.counters.queueDropped == 0)
    #expect(rust.counters.queueExpired > 0)
    let again = try simulate(seed: 3, gossip: "queue: go", links: links, size: size, every: "1s")
    #expect(again.digest == go.digest)
  }

  @Test(arguments: [
    ("gossip: {queue: go}", "gossip.queue means nothing where links take everything at once"),
    ("gossip: {reach: 3}", "means nothing without peerExchange"),
  ])
  func aKeyThatWouldDoNothingIsRefused(line: String, words: String) {
    #expect {
      try Scenario.parse(file: "x.yaml", bytes: Array("name: x\nnetwork: {\(line)}\n".utf8))
    } throws: { "\($0)".contains(words) }
  }

  @Test(arguments: ["peerExchange: true", "signing: StrictSign"])
  func theClusterHasNeither(key: String) throws {
    let text = "name: x\nnetwork: {links: {bandwidth: 1Mbit/s}, gossip: {\(key)}}\noperators: {count: 4}\n"
    let scenario = try Scenario.parse(file: "x.yaml", bytes: Array(text.utf8))
    #expect(throws: BlueprintError.self) { try Blueprint(scenario, engine: .cluster) }
    #expect(throws: Never.self) { try Blueprint(scenario, engine: .simulator) }
  }
}
