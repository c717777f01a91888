// The late ratio against services per operator, against queueing theory: with exponential compute times and Poisson tasks an
// operator is an M/M/c queue, and a duty is late when its sojourn exceeds the response window. The knee is where the load nears
// the cores.

import Basics
import Reporting
import Runs
import Scenarios
import Simulator
import Testing

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

/// The share of customers of an M/D/c queue that wait longer than `x` before their service of length `d` begins.
///
/// G. J. Franx, *A simple solution for the M/D/c waiting time distribution*, Operations Research Letters 29 (2001): for
/// (k - 1) d <= x < k d the waiting time is at most x with probability e^-u times the sum over j < k c of Q(k c - j - 1) u^j / j!,
/// u = lambda (k d - x), Q(n) the probability that at most n customers wait. How many are in the system is the fixed point of one
/// service length: those in service leave, Poisson many come (Crommelin 1932).
private func waitBeyond(_ x: Double, arrivals: Double, service d: Double, servers c: Int) -> Double {
  let most = 160
  var poisson = [decay(arrivals * d)]
  for n in 1..<most { poisson.append(poisson[n - 1] * arrivals * d / Double(n)) }
  var state = [1.0] + Array(repeating: 0, count: most - 1)
  var change = 1.0
  while change > 1e-12 {
    var next = Array(repeating: 0.0, count: most)
    for n in 0..<most where state[n] > 1e-16 {
      let left = max(n - c, 0)
      for come in 0..<(most - left) { next[left + come] += state[n] * poisson[come] }
    }
    change = zip(state, next).reduce(0) { $0 + abs($1.0 - $1.1) }
    state = next
  }
  let k = Int(x / d) + 1
  let u = arrivals * (Double(k) * d - x)
  var (sum, term) = (0.0, 1.0)
  for j in 0..<(k * c) {
    sum += state[0...(c + k * c - j - 1)].reduce(0, +) * term
    term *= u / Double(j + 1)
  }
  return 1 - decay(u) * sum
}

@Suite struct OverloadKnee {
  /// Late ratios of three operators with so many services and two cores each; tasks come as a Poisson stream.
  private func lateRatios(
    _ compute: String, window: String, _ counts: (Int, Int, Int), seed: Int
  ) throws -> [(services: Int, late: Double)] {
    func services(_ name: String, _ count: Int, _ operators: [Int]) -> String {
      "  - {name: \(name), count: \(count), operators: \(operators), responseWindow: \(window), aggregationGrace: 0ms, "
        + "task: {arrival: {poisson: {rate: 2/s}}, compute: \(compute)}}\n"
    }
    let text = """
      name: knee
      seed: \(seed)
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

      """ + services("a", counts.0, [0, 1, 2]) + services("b", counts.1 - counts.0, [1, 2])
      + services("c", counts.2 - counts.1, [2])
    let scenario = try Scenario.parse(file: "knee.yaml", bytes: Array(text.utf8))
    var simulation = try Simulation(try Blueprint(scenario))
    simulation.run(until: .never)
    let groups = simulation.conclude(simulation.settle()).summary.load.byOperatorServices
    #expect(groups.map(\.services) == [counts.0, counts.1, counts.2])
    return try groups.map { ($0.services, try #require($0.lateRatio)) }
  }

  @Test func lateRatioFollowsErlang() throws {
    for (services, found) in try lateRatios(
      "{exponential: {mean: 100ms}}", window: "300ms", (4, 6, 7), seed: 3)
    {
      let expected = sojournBeyond(0.2999, arrivals: 2 * Double(services), service: 10, servers: 2)
      #expect(
        abs(found - expected) < 0.1 * expected, "\(services) services: \(found), Erlang has \(expected)")
    }
  }

  /// Whoever waits for more than 49.9 ms finishes its 100 ms, and the way to the aggregator, after 150 ms.
  @Test func withFixedServiceTimesItFollowsFranx() throws {
    for (services, found) in try lateRatios("100ms", window: "150ms", (5, 7, 8), seed: 3) {
      let expected = waitBeyond(0.0499, arrivals: 2 * Double(services), service: 0.1, servers: 2)
      #expect(abs(found - expected) < 0.1 * expected, "\(services) services: \(found), Franx has \(expected)")
    }
    // The formula itself, against Erlang's delay formula for one server: M/D/1 waits with probability rho.
    #expect(abs(waitBeyond(0, arrivals: 7, service: 0.1, servers: 1) - 0.7) < 1e-9)
  }
}
