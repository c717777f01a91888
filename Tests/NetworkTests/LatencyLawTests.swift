import Basics
import Network
import Testing

@Suite struct LatencyLawTests {
  private func sorted(_ law: LatencyLaw, seed: UInt64, count: Int = 100_000) -> [Int64] {
    var random = RandomStream(seed: seed)
    return (0..<count).map { _ in law.draw(random.next()) }.sorted()
  }

  /// Share `q` of the draws lies below `value`, within four standard errors.
  private func expect(_ draws: [Int64], share q: Double, below value: Double, _ name: String) {
    let below = Double(draws.count { Double($0) < value }) / Double(draws.count)
    let error = 4 * (q * (1 - q) / Double(draws.count)).squareRoot()
    #expect((below - q).magnitude <= error, "\(name): \(below) of the draws below \(value), \(q) expected")
  }

  @Test(arguments: [1, 2, 3] as [UInt64]) func uniformCoversItsBounds(seed: UInt64) {
    let draws = sorted(.uniform(low: .milliseconds(10), high: .milliseconds(20)), seed: seed)
    #expect(draws.first! >= 10_000_000 && draws.last! <= 20_000_000)
    for k in 1...9 { expect(draws, share: Double(k) / 10, below: 1e7 + 1e6 * Double(k), "uniform") }
    // Few values: each of them comes, none else.
    let few = sorted(
      .uniform(low: TimeSpan(nanoseconds: 3), high: TimeSpan(nanoseconds: 5)), seed: seed, count: 1000)
    #expect(Set(few) == [3, 4, 5])
    // Wider than 32 bits.
    let wide = sorted(.uniform(low: .zero, high: .seconds(100)), seed: seed)
    expect(wide, share: 0.25, below: 25e9, "wide uniform")
  }

  @Test(arguments: [1, 2, 3] as [UInt64]) func normalHasItsMeanAndDeviation(seed: UInt64) {
    let draws = sorted(.normal(mean: .milliseconds(50), deviation: .milliseconds(5)), seed: seed)
    expect(draws, share: 0.5, below: 50e6, "mean")
    expect(draws, share: 0.841344746, below: 55e6, "one deviation above")
    expect(draws, share: 0.022750132, below: 40e6, "two deviations below")
    let centered = sorted(.normal(mean: .zero, deviation: .milliseconds(1)), seed: seed)
    #expect(centered.first! < 0)
  }

  @Test(arguments: [1, 2, 3] as [UInt64]) func lognormalHasItsMedianAndSigma(seed: UInt64) {
    let draws = sorted(.lognormal(median: .milliseconds(40), sigma: 0.5), seed: seed)
    expect(draws, share: 0.5, below: 40e6, "median")
    expect(draws, share: 0.841344746, below: 40e6 * 1.6487212707, "one sigma above")
    expect(draws, share: 0.022750132, below: 40e6 / 2.7182818284, "two sigma below")
  }

  @Test(arguments: [1, 2, 3] as [UInt64]) func paretoHasItsScaleAndTail(seed: UInt64) {
    let draws = sorted(.pareto(scale: .milliseconds(20), shape: 2), seed: seed)
    #expect(draws.first! >= 20_000_000)
    expect(draws, share: 0.75, below: 40e6, "twice the scale")
    expect(draws, share: 0.99, below: 200e6, "ten times the scale")
  }

  @Test func drawsNeverOverflow() {
    for bits in [0, 1, .max, 1 << 63] as [UInt64] {
      for law in [
        LatencyLaw.pareto(scale: .seconds(1000), shape: 0.01), .lognormal(median: .seconds(1000), sigma: 20),
        .normal(mean: .zero, deviation: .forever), .constant(.forever),
      ] { #expect(law.draw(bits).magnitude <= 1 << 60) }
    }
  }

  @Test func meaninglessConditionsAreRefused() {
    let fine = LatencyLaw.constant(.milliseconds(1))
    #expect(throws: LinkConditionsError.uniformBounds(low: .seconds(2), high: .seconds(1))) {
      try LatencyLaw.uniform(low: .seconds(2), high: .seconds(1)).validate()
    }
    #expect(throws: LinkConditionsError.lognormalSigma(-1)) {
      try LatencyLaw.lognormal(median: .seconds(1), sigma: -1).validate()
    }
    #expect(throws: LinkConditionsError.paretoShape(0)) {
      try LatencyLaw.pareto(scale: .seconds(1), shape: 0).validate()
    }
    #expect(throws: LinkConditionsError.lossShare(1.5)) {
      try LinkConditions(latency: fine, loss: 1.5).validate()
    }
    #expect(throws: LinkConditionsError.bandwidthZero) {
      try LinkConditions(latency: fine, bandwidth: Bandwidth(bitsPerSecond: 0)).validate()
    }
    #expect(throws: Never.self) {
      try LinkConditions(latency: fine, jitter: .normal(mean: .zero, deviation: .seconds(1)), loss: 1)
        .validate()
    }
  }
}
