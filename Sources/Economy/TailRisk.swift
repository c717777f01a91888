// What the worst epochs cost: expected shortfall (CVaR) from losses that were measured, of one operator and of a division of stake
// over several. Beside the expected loss it is the second half of a risk-adjusted yield: two operators that lose the same on
// average differ when one loses a little often and the other everything once, or when the losses of several come together.
//
// Source: Rockafellar and Uryasev, "Optimization of Conditional Value-at-Risk" (2000), for the mean of a tail whose mass is not a
// whole number of observations; the part of each asset is Euler's: its mean loss in the epochs that are the whole's tail.

public enum TailRisk {
  /// Epochs that are remembered at most.
  static let memory = 365

  /// Weight of each observation in the tail of mass (1 - level), at least one observation; they add up to one. Empty without any.
  static func tail(_ losses: [Double], levelBips: UInt64) -> [(index: Int, weight: Double)] {
    if losses.isEmpty { return [] }
    let beyond = UInt64(losses.count) * (10_000 - min(levelBips, 9_999))
    let mass = max(1, Double(beyond) / 10_000)
    var order = Array(losses.indices)
    order.sort { losses[$0] != losses[$1] ? losses[$0] > losses[$1] : $0 < $1 }
    var left = mass
    var result: [(index: Int, weight: Double)] = []
    for index in order where left > 0 {
      let part = min(1, left)
      result.append((index, part / mass))
      left -= part
    }
    return result
  }

  /// Mean of the worst (1 - level) of the epochs, one epoch at least; zero without any.
  public static func shortfall(_ losses: [Double], levelBips: UInt64) -> Double {
    tail(losses, levelBips: levelBips).reduce(0) { $0 + losses[$1.index] * $1.weight }
  }

  /// The shortfall of stake divided by `weights`, and what each holding adds to it for a unit of stake.
  ///
  /// - Parameter losses: by holding, then by epoch, oldest first; all of the same number of epochs.
  /// Cost: holdings times epochs.
  public static func contributions(
    _ losses: [[Double]], weights: [Double], levelBips: UInt64
  ) -> (whole: Double, parts: [Double]) {
    let total = weights.reduce(0, +)
    let epochs = losses.map(\.count).min() ?? 0
    guard total > 0, epochs > 0 else { return (0, losses.map { _ in 0 }) }
    var together = [Double](repeating: 0, count: epochs)
    for (list, weight) in zip(losses, weights) where weight > 0 {
      for epoch in 0..<epochs { together[epoch] += list[epoch] * (weight / total) }
    }
    let worst = tail(together, levelBips: levelBips)
    let parts = losses.map { list in worst.reduce(0) { $0 + list[$1.index] * $1.weight } }
    return (worst.reduce(0) { $0 + together[$1.index] * $1.weight }, parts)
  }
}

/// How much the tail counts beside the expected loss.
public struct TailTerms: Sendable, Equatable {
  public var levelBips: UInt64
  /// What a unit of shortfall costs of yield.
  public var aversion: Double
  public init(levelBips: UInt64 = 9_500, aversion: Double = 1) {
    self.levelBips = levelBips
    self.aversion = aversion
  }
}

/// What an issuer's token yielded and cost by what was measured: averages that forget, and the epochs' losses themselves.
struct TokenRecord: Sendable, Equatable {
  /// Share of its worth that an epoch brings, and takes.
  var yield = 0.0
  var lossRate = 0.0
  /// By epoch, oldest first.
  var losses: [Double] = []
  private var seen = false

  /// One epoch more: shares of what there was.
  mutating func note(gained: Double, lost: Double, memory: Double) {
    yield = seen ? yield + memory * (gained - yield) : gained
    lossRate += memory * (lost - lossRate)
    losses.append(lost)
    if losses.count > TailRisk.memory { losses.removeFirst() }
    seen = true
  }
}
