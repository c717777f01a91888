import Basics
import Reporting
import Runs
import Scenarios
import Simulator
import Testing
import UV

@testable import Cluster

/// How far two runs' propagation differs: in median, in the 99th percentile, in the share of duplicates (each relative),
/// and by the distance of Kolmogorov and Smirnov between the two distributions, over the histograms' buckets.
struct Agreement {
  var median: Double
  var p99: Double
  var duplicates: Double
  var distance: Double

  init(_ a: Conclusion, _ b: Conclusion) {
    func relative(_ x: Double, _ y: Double) -> Double { x == 0 ? .infinity : abs(y / x - 1) }
    func percentile(_ one: Conclusion, _ share: Double) -> Double {
      Double(one.propagation.percentile(share) ?? 0)
    }
    median = relative(percentile(a, 0.5), percentile(b, 0.5))
    p99 = relative(percentile(a, 0.99), percentile(b, 0.99))
    duplicates = relative(a.summary.gossip.duplicateRatio ?? 0, b.summary.gossip.duplicateRatio ?? 0)
    var (first, second) = (0.0, 0.0)
    distance = 0
    for (x, y) in zip(a.propagation.buckets, b.propagation.buckets) {
      first += Double(x) / Double(max(a.propagation.count, 1))
      second += Double(y) / Double(max(b.propagation.count, 1))
      distance = max(distance, abs(first - second))
    }
  }
}

@Suite(.serialized) struct AgreementTests {
  /// A modest load, so that the sockets keep pace also in a debug build on a busy machine: what is compared is whether the
  /// two engines do the same, not how fast this machine is.
  @Test func propagationAgreesBetweenTheEngines() throws {
    let text = """
      name: agreement
      duration: 10s
      warmup: 2s
      network:
        topology: {generate: random-regular, degree: 8}
        links: {latency: {uniform: {min: 20ms, max: 120ms}}}
        gossip: {D: 4, D_lo: 3, D_hi: 6}
      operators: {count: 12, stakes: 100ETH}
      watchers: {count: 1}
      aggregators: coordinator
      services:
        - name: oracle
          operators: all
          task: {arrival: {periodic: {every: 1s}}, size: 64B, compute: {uniform: {min: 10ms, max: 500ms}}}
          quorum: 67%
          responseWindow: 2s
      """
    let scenario = try Scenario.parse(file: "agreement", bytes: Array(text.utf8))
    var simulation = try Simulation(try Blueprint(scenario))
    simulation.run(until: .never)
    let settled = simulation.settle()
    let simulated = simulation.conclude(settled)
    let real = try runOnSockets(scenario)
    let agreement = Agreement(simulated, real)
    #expect(simulated.propagation.count == real.propagation.count)
    #expect(agreement.median < 0.1, "\(agreement)")
    #expect(agreement.p99 < 0.1, "\(agreement)")
    #expect(agreement.duplicates < 0.1, "\(agreement)")
    #expect(agreement.distance <= 0.1, "\(agreement)")
  }
}
