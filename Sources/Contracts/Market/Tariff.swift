// What security costs: tariffs that follow how much of it is used.
//
// The curve is the two-slope one of Aave v3's interest rate strategy, the controller is shaped on EIP-1559's base fee; that
// they price restaked security is a modelling choice.

public import Exact

/// A rate that rises slowly up to the optimal utilisation and steeply above it.
public struct KinkedTariff: Sendable, Equatable {
  public var base: Rational
  /// What the rate gains up to the optimum, and from there to full use.
  public var slope1: Rational
  public var slope2: Rational
  /// Above 0, below 1.
  public var optimal: Rational

  public init(base: Rational, slope1: Rational, slope2: Rational, optimal: Rational) {
    self.base = base
    self.slope1 = slope1
    self.slope2 = slope2
    self.optimal = optimal
  }

  /// What is wrong with these values; empty when nothing is.
  public func validate() -> [String] {
    var mistakes: [String] = []
    if optimal <= 0 || optimal >= 1 { mistakes.append("optimal: \(optimal) is not between 0 and 1") }
    if base < 0 || slope1 < 0 || slope2 < 0 { mistakes.append("base and slopes cannot be negative") }
    return mistakes
  }

  /// base + slope1 * u / optimal up to the optimum, then base + slope1 + slope2 * (u - optimal) / (1 - optimal).
  public func rate(utilisation u: Rational) -> Rational {
    u <= optimal
      ? base + slope1 * u / optimal : base + slope1 + slope2 * (u - optimal) / (1 - optimal)
  }
}

/// A price that moves by at most an eighth a period, towards what brings use to its target.
public struct TariffController: Sendable, Equatable {
  public private(set) var price: UInt128
  /// Use per period at which the price stays; above 0.
  public let target: UInt128
  static let denominator: UInt128 = 8

  public init(price: UInt128, target: UInt128) {
    precondition(target > 0, "a controller needs a target")
    self.price = price
    self.target = target
  }

  /// One period: the price moves by floor(floor(price * |used - target| / target) / 8), by at least 1 when too much was
  /// used, and never below 0.
  /// Effects: the next period has the new price. Errors: none. Rounding: towards the old price, so that small deviations do not move it.
  public mutating func record(used: UInt128) {
    if used == target { return }
    let distance = used > target ? used - target : target - used
    // Saturates where a use far above the target would leave 128 bits.
    let product = price.multipliedFullWidth(by: distance)
    let change = product.high < target ? target.dividingFullWidth(product).quotient / Self.denominator : .max
    if used > target {
      let (sum, overflow) = price.addingReportingOverflow(max(change, 1))
      price = overflow ? .max : sum
    } else {
      price -= min(price, change)
    }
  }
}
