// A law that times are drawn from, as written in a file. The engines turn it into their own samplers.

public import Basics
public import Network

/// A distribution of times.
///
/// Written as a duration (constant) or as one of `{uniform: {min, max}}`, `{exponential: {mean}}`,
/// `{normal: {mean, deviation}}`, `{lognormal: {median, sigma}}`, `{pareto: {min, shape}}`.
public enum DelayPlan: Sendable, Equatable, Codable {
  case constant(TimeSpan)
  /// Every value of `min ... max` alike.
  case uniform(min: TimeSpan, max: TimeSpan)
  case exponential(mean: TimeSpan)
  /// Cut off at zero.
  case normal(mean: TimeSpan, deviation: TimeSpan)
  /// `median * exp(sigma * N(0,1))`.
  case lognormal(median: TimeSpan, sigma: Double)
  /// Smallest value `min`, tail exponent `shape`.
  case pareto(min: TimeSpan, shape: Double)

  /// The sampler of both engines.
  public var law: LatencyLaw {
    switch self {
    case .constant(let span): .constant(span)
    case .uniform(let low, let high): .uniform(low: low, high: high)
    case .exponential(let mean): .exponential(mean: mean)
    case .normal(let mean, let deviation): .normal(mean: mean, deviation: deviation)
    case .lognormal(let median, let sigma): .lognormal(median: median, sigma: sigma)
    case .pareto(let scale, let shape): .pareto(scale: scale, shape: shape)
    }
  }

  /// The law's names in files.
  enum Name: String, CaseIterable {
    case constant, uniform, exponential, normal, lognormal, pareto
  }

  static func read(
    _ value: ValueReader, _ names: [Name] = Name.allCases, longest: TimeSpan = .seconds(86_400)
  )
    -> DelayPlan?
  {
    let range = TimeSpan.zero...longest
    let expected =
      "a duration, or one of "
      + alternatives(names.filter { $0 != .constant }.map(\.rawValue))
    return value.forms(
      scalar: { $0.duration(range).map { .constant($0) } },
      mapping: { o in
        let variants = names.map { name in
          ObjectReader.Variant(name.rawValue, about(name)) { law(name, $0, range) }
        }
        return o.exactlyOne("law", variants)
      }, expected: expected)
  }

  private static func about(_ name: Name) -> String {
    switch name {
    case .constant: "always the same"
    case .uniform: "every value between two bounds alike"
    case .exponential: "memoryless, by its mean"
    case .normal: "bell curve, cut off at zero"
    case .lognormal: "long tail, by median and sigma of the logarithm"
    case .pareto: "power-law tail, by smallest value and exponent"
    }
  }

  private static func law(_ name: Name, _ value: ValueReader, _ range: ClosedRange<TimeSpan>) -> DelayPlan? {
    let second = TimeSpan.milliseconds(10)
    switch name {
    case .constant: return value.duration(range).map { .constant($0) }
    case .uniform:
      return value.object { o in
        let low = o.needed("min", "write a duration", placeholder: .zero) { $0.duration(range) }
        let high = o.needed("max", "write a duration", placeholder: range.upperBound) { $0.duration(range) }
        if high < low { o.mistake("max", "\(high) is below min, \(low)") }
        return .uniform(min: low, max: max(low, high))
      }
    case .exponential:
      return value.object { o in
        .exponential(mean: o.needed("mean", "write a duration", placeholder: second) { $0.duration(range) })
      }
    case .normal:
      return value.object { o in
        .normal(
          mean: o.needed("mean", "write a duration", placeholder: second) { $0.duration(range) },
          deviation: o.needed("deviation", "write a duration", placeholder: second) { $0.duration(range) })
      }
    case .lognormal:
      return value.object { o in
        .lognormal(
          median: o.needed("median", "write a duration", placeholder: second) { $0.duration(range) },
          sigma: o.needed("sigma", "write a number", placeholder: 0.5) { $0.number(0...4) })
      }
    case .pareto:
      return value.object { o in
        .pareto(
          min: o.needed("min", "write a duration", placeholder: second) { $0.duration(range) },
          shape: o.needed("shape", "write a number", placeholder: 2) { $0.number(1.01...100) })
      }
    }
  }
}
