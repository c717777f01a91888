// Distributions of latency and jitter. A law maps 64 hash bits to nanoseconds by its quantile function: no generator
// state, the same bits on every machine (see PortableMath).

public import Basics

/// How long a link takes, or by how much that varies.
public enum LatencyLaw: Hashable, Sendable, BitwiseCopyable {
  /// Always the same; also the value of a region matrix.
  case constant(TimeSpan)
  /// Every nanosecond from `low` to `high`, both included, equally likely.
  case uniform(low: TimeSpan, high: TimeSpan)
  /// Memoryless, with this mean: the gaps of a Poisson process, the service times of M/M/c.
  case exponential(mean: TimeSpan)
  /// Normal. A latency below zero becomes zero; as jitter the negative half counts.
  case normal(mean: TimeSpan, deviation: TimeSpan)
  /// Lognormal: half of the draws lie below `median`; `sigma` is the deviation of the logarithm.
  case lognormal(median: TimeSpan, sigma: Double)
  /// Pareto: never below `scale`; the share above x is (scale / x) to the power `shape`.
  case pareto(scale: TimeSpan, shape: Double)

  /// The draw for 64 random bits, in nanoseconds. Negative only for `normal`. Magnitudes are cut at 2^60 ns (36 years).
  public func draw(_ bits: UInt64) -> Int64 {
    switch self {
    case .constant(let span): return Int64(min(span.nanoseconds, 1 << 60))
    case .uniform(let low, let high):
      let width = high.nanoseconds - low.nanoseconds + 1
      let offset = width < 1 << 32 ? scale(bits, width) : bits.multipliedFullWidth(by: width).high
      return Int64(min(low.nanoseconds + offset, 1 << 60))
    case .exponential(let mean):
      return Self.whole(Double(mean.nanoseconds) * -PortableMath.log(Self.inside(bits)))
    case .normal(let mean, let deviation):
      let z = PortableMath.normalQuantile(Self.inside(bits))
      return Self.whole(Double(mean.nanoseconds) + Double(deviation.nanoseconds) * z)
    case .lognormal(let median, let sigma):
      let z = PortableMath.normalQuantile(Self.inside(bits))
      return Self.whole(Double(median.nanoseconds) * PortableMath.exp(sigma * z))
    case .pareto(let scale, let shape):
      return Self.whole(Double(scale.nanoseconds) * PortableMath.pow(Self.inside(bits), -1 / shape))
    }
  }

  /// The smallest draw possible, zero at least.
  public var minimum: TimeSpan {
    switch self {
    case .constant(let span): span
    case .uniform(let low, _): low
    case .pareto(let scale, _): scale
    case .exponential, .normal, .lognormal: .zero
    }
  }

  /// A unit draw that is never zero or one: the middle of one of 2^53 steps.
  private static func inside(_ bits: UInt64) -> Double { (Double(bits &>> 12) + 0.5) * 0x1p-52 }

  /// Nearest whole nanosecond, magnitude at most 2^60.
  private static func whole(_ x: Double) -> Int64 {
    let bounded = x < -0x1p60 ? -0x1p60 : (x > 0x1p60 ? 0x1p60 : x)
    return Int64(bounded < 0 ? bounded - 0.5 : bounded + 0.5)
  }
}

extension LatencyLaw {
  /// Refuses parameters without meaning.
  public func validate() throws(LinkConditionsError) {
    switch self {
    case .constant, .exponential, .normal: break
    case .uniform(let low, let high):
      if low > high || high.nanoseconds > 1 << 60 { throw .uniformBounds(low: low, high: high) }
    case .lognormal(_, let sigma):
      if !(sigma >= 0 && sigma <= 20) { throw .lognormalSigma(sigma) }
    case .pareto(_, let shape):
      if !(shape > 0 && shape <= 1000) { throw .paretoShape(shape) }
    }
  }
}
