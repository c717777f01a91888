// Means and intervals of sweeps, against values worked out by hand or from published tables.

import Exploration
import Reporting
import Testing

@Suite struct EstimateTests {
  @Test func aMeanHasStudentsInterval() throws {
    // 1, 2, 3, 4: mean 2.5, deviation 1.29099, t(3) = 3.182, half width 3.182 * 1.29099 / 2.
    let estimate = try #require(Estimate(mean: [1, 2, 3, 4]))
    #expect(estimate.mean == 2.5)
    #expect(abs((estimate.deviation ?? 0) - 1.290_994) < 1e-6)
    #expect(abs((estimate.high ?? 0) - 4.553_972) < 1e-5)
    #expect(abs((estimate.low ?? 0) - 0.446_028) < 1e-5)
    #expect(estimate.method == .t95)
  }

  @Test func oneValueHasNoIntervalAndNoneNoMean() throws {
    let one = try #require(Estimate(mean: [7]))
    #expect(one.mean == 7 && one.low == nil && one.high == nil)
    #expect(Estimate(mean: []) == nil)
  }

  /// Precision is pooled over the runs; one that slashed nobody does not count as a zero.
  @Test func precisionIsPooled() throws {
    func summary(_ good: Int, _ bad: Int) -> JSONValue {
      ["slashing": ["micro": ["truePositive": JSONValue(good), "falsePositive": JSONValue(bad)]]]
    }
    let estimate = try #require(
      Estimate("slashing.micro.precision", of: [summary(8, 2), summary(0, 0), summary(10, 0)]))
    #expect(estimate.mean == 0.9 && estimate.method == .wilson95)
    // Wilson's 95 % interval of 18 of 20: 0.699 to 0.972.
    #expect(abs((estimate.low ?? 0) - 0.699) < 1e-3)
    #expect(abs((estimate.high ?? 0) - 0.972) < 1e-3)
  }
}
