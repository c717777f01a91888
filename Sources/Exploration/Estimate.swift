// A mean with its interval, from the values of some seeds.
//
//   t95       mean of the runs' values, with Student's t interval of 95 % for n - 1 degrees of freedom. Runs whose value
//             is null are left out; one run alone has no interval.
//   wilson95  for precision and recall: the ratio of the sums over all runs, with Wilson's score interval of 95 %. Runs
//             that had nothing to count still count what they had.

public import Reporting

/// An average of one measure at one point.
public struct Estimate: Sendable, Equatable {
  public enum Method: String, Sendable {
    case t95, wilson95
  }
  /// Runs that have a value.
  public var runs: Int
  public var mean: Double
  public var low: Double?
  public var high: Double?
  /// Of the runs' values, n - 1.
  public var deviation: Double?
  public var method: Method

  /// Two-sided 95 % quantiles of Student's t by degrees of freedom, 1 to 30. Source: any table of the distribution.
  static let quantiles = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
  ]

  /// The quantile; beyond 30 degrees by 1.96 + 2.4 / n, which is within 0.002 of it.
  static func quantile(_ degrees: Int) -> Double {
    degrees <= quantiles.count ? quantiles[degrees - 1] : 1.96 + 2.4 / Double(degrees)
  }

  /// The mean of values; nil without any.
  public init?(mean values: [Double]) {
    guard !values.isEmpty else { return nil }
    runs = values.count
    method = .t95
    let sum = values.reduce(0, +)
    mean = sum / Double(values.count)
    guard values.count > 1 else { return }
    var squares = 0.0
    for value in values { squares += (value - mean) * (value - mean) }
    let deviation = (squares / Double(values.count - 1)).squareRoot()
    self.deviation = deviation
    let half = Self.quantile(values.count - 1) * deviation / Double(values.count).squareRoot()
    low = mean - half
    high = mean + half
  }

  /// A ratio of counts, summed over `runs` runs; nil when there was nothing to count.
  public init?(successes: Int, trials: Int, runs: Int) {
    guard trials > 0, let interval = wilsonInterval(successes: successes, trials: trials) else { return nil }
    self.runs = runs
    method = .wilson95
    mean = Double(successes) / Double(trials)
    low = interval.lowerBound
    high = interval.upperBound
  }

  /// What summaries say of a measure; nil when none says anything.
  public init?(_ measure: String, of summaries: [JSONValue]) {
    if let dot = measure.lastIndex(of: "."), measure.hasPrefix("slashing.") {
      let group = measure[..<dot]
      let other: String? =
        switch measure[measure.index(after: dot)...] {
        case "precision": "falsePositive"
        case "recall": "falseNegative"
        default: nil
        }
      func sum(_ key: String) -> Int? {
        var total = 0
        for summary in summaries {
          guard let value = summary.value(at: "\(group).\(key)")?.double else { return nil }
          total += Int(value)
        }
        return total
      }
      if let other, let good = sum("truePositive"), let bad = sum(other) {
        self.init(successes: good, trials: good + bad, runs: summaries.count)
        return
      }
    }
    let values = summaries.compactMap { summary -> Double? in
      guard let value = summary.value(at: measure) else { return nil }
      // Amounts are decimal strings of wei.
      return value.double ?? value.string.flatMap { Double($0) }
    }
    self.init(mean: values)
  }
}
