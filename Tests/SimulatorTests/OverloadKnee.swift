// The late ratio against services per operator, against queueing theory: with exponential compute times and Poisson tasks an
// operator is an M/M/c queue, and a duty is late when its sojourn exceeds the response window. The knee is where the load nears
// the cores.

import Basics
import Reporting
import Runs
import Scenarios
import Simulator
import Testing
import Reporting

/// e to the power -x, for the theory's side of the comparison.
private func decay(_ x: Double) -> Double { PortableMath.exp(-x) }

/// The share of customers of an M/M/c queue whose waiting and service together take longer than `t`. Erlang's C formula.
private func sojournBeyond(_ t: Double, arrivals: Double, service mu: Double, servers c: Int) -> Double {
  let load = arrivals / mu
  var term = 1.0
  var sum = 0.0
  for k in 0..<c {
    sum += term
    term *= load / Double(k + 1)
  }
  let waiting = term / (1 - load / Double(c))
  let waits = waiting / (sum + waiting)
  let theta = Double(c) * mu - arrivals
  return (1 - waits) * decay(mu * t) + waits * (theta * decay(mu * t) - mu * decay(theta * t)) / (theta - mu)
}

@Suite struct OverloadKnee {
  @Test func lateRatioFollowsErlang() throws {
    func services(_ name: String, _ count: Int, _ operators: [Int]) -> String {
      "  - {name: \(name), count: \(count), operators: \(operators), responseWindow: 300ms, aggregationGrace: 0ms, "
        + "task: {arrival: {poisson: {rate: 2/s}}, compute: {exponential: {mean: 100ms}}}}\n"
    }
    let text = """
      name: knee
      seed: 3
      duration: 20m
      network:
        topology: {generate: full}
        links: {latency: 100us}
        gossip: {heartbeat: 20s}
      chain: {rpcDelay: 0ms}
      crypto: {costs: {sign: 0ms, verify: 0ms}}
      operators: {count: 3, stakes: 100ETH, capacity: {cores: 2, queue: 100000}}
      watchers: {count: 0}
      aggregators: coordinator
      services:

      """ + services("a", 4, [0, 1, 2]) + services("b", 2, [1, 2]) + services("c", 1, [2])
    let scenario = try Scenario.parse(file: "knee.yaml", bytes: Array(text.utf8))
    var simulation = try Simulation(try Blueprint(scenario))
    simulation.run(until: .never)
    let summary = simulation.conclude(simulation.settle()).summary
    #expect(summary.load.byOperatorServices.map(\.services) == [4, 6, 7])
    for group in summary.load.byOperatorServices {
      let found = try #require(group.lateRatio)
      let expected = sojournBeyond(
        0.2999, arrivals: 2 * Double(group.services), service: 10, servers: 2)
      #expect(
        abs(found - expected) < 0.1 * expected, "\(group.services) services: \(found), Erlang has \(expected)"
      )
    }
  }
}
