// How concentrated stake is. Pure functions of weights; zero weights do not count as participants.

import Basics

/// Concentration of a set of weights. Doubles are sums in a fixed order; the Nakamoto coefficient is exact.
public struct Concentration: Sendable, Equatable {
  /// Positive weights, ascending.
  public let weights: [UInt128]
  public let total: UInt128

  /// Traps when the sum of the weights exceeds 128 bits.
  public init(_ weights: some Sequence<UInt128>) {
    self.weights = weights.filter { $0 > 0 }.sorted()
    total = self.weights.reduce(0, +)
  }

  /// Participants with weight.
  public var count: Int { weights.count }

  /// Herfindahl-Hirschman index: the sum of squared shares, 1/n to 1. Nil without weight.
  public var hhi: Double? {
    guard total > 0 else { return nil }
    return weights.reduce(0) { sum, weight in
      let share = Double(weight) / Double(total)
      return sum + share * share
    }
  }

  /// Gini coefficient by the population formula, 0 (equal) to (n - 1)/n. Nil without weight.
  public var gini: Double? {
    guard total > 0 else { return nil }
    let n = Double(count)
    var ranked = 0.0
    for (k, weight) in weights.enumerated() { ranked += Double(k + 1) * (Double(weight) / Double(total)) }
    return 2 * ranked / n - (n + 1) / n
  }

  /// The fewest participants whose combined share is at least `numerator / denominator`. Nil without weight.
  public func nakamoto(_ numerator: UInt64, _ denominator: UInt64) -> Int? {
    guard total > 0, denominator > 0 else { return nil }
    let goal = total.multipliedFullWidth(by: UInt128(numerator))
    var sum: UInt128 = 0
    for (k, weight) in weights.reversed().enumerated() {
      sum += weight
      let reached = sum.multipliedFullWidth(by: UInt128(denominator))
      if (reached.high, reached.low) >= (goal.high, goal.low) { return k + 1 }
    }
    return nil
  }

  /// The share of the `n` largest. Nil without weight.
  public func topShare(_ n: Int) -> Double? {
    guard total > 0 else { return nil }
    return Double(weights.suffix(n).reduce(0, +)) / Double(total)
  }
}
