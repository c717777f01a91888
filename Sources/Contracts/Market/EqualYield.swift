// Where stake goes when everybody seeks the best risk-adjusted yield: a Wardrop equilibrium.

/// A pool that pays a reward to the stake in it, whatever its amount, and costs a share of that stake in expected slashes.
public struct YieldPool: Sendable, Equatable {
  /// A period's reward, in the unit of stake; not negative.
  public var reward: Double
  /// Expected loss a period and unit of stake.
  public var expectedLossRate: Double
  public init(reward: Double, expectedLossRate: Double) {
    self.reward = reward
    self.expectedLossRate = expectedLossRate
  }
}

/// The division of stake in which every pool pays the same after its expected losses: reward / stake - loss rate = lambda.
public struct EqualYield: Sendable, Equatable {
  /// The common risk-adjusted yield; negative when losses outweigh rewards.
  public let lambda: Double
  /// By pool. A pool without a reward gets nothing.
  public let stakes: [Double]

  /// Nil without stake to divide, or without a reward. The stakes add up to `total` within rounding.
  ///
  /// The stake that pools attract, sum of reward / (lambda + loss rate), falls as lambda rises, from any amount to none: one
  /// lambda fits, found by bisection down to neighbouring doubles.
  public init?(_ total: Double, among pools: [YieldPool]) {
    let paying = pools.filter { $0.reward > 0 }
    guard total > 0, let safest = paying.map(\.expectedLossRate).min() else { return nil }
    func attracted(_ lambda: Double) -> Double {
      paying.reduce(0) { $0 + $1.reward / (lambda + $1.expectedLossRate) }
    }
    // At -safest the sum has no bound; at this upper end no pool attracts more than its part.
    var low = -safest
    var high = -safest + paying.reduce(0) { $0 + $1.reward } / total
    while true {
      let middle = low + (high - low) / 2
      if middle <= low || middle >= high { break }
      if attracted(middle) > total { low = middle } else { high = middle }
    }
    lambda = high
    let found = high
    stakes = pools.map { $0.reward > 0 ? $0.reward / (found + $0.expectedLossRate) : 0 }
  }
}
