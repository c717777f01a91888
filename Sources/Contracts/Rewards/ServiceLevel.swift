// Service levels: what an operator earns for the availability that was measured, and how a pool is divided by it.
//
// A modelling choice, shaped on EigenDA's ejector (Layr-Labs/eigenda, operators/ejector): more is asked of those with more
// stake.

public import Exact

/// 0 below the floor, 1 from the target on, linear between.
public struct ServiceLevel: Sendable, Equatable {
  /// Shares of duties, 0 ... 1, the floor not above the target.
  public var floor: Rational
  public var target: Rational
  public init(floor: Rational, target: Rational) {
    self.floor = floor
    self.target = target
  }

  public func multiplier(availability: Rational) -> Rational {
    if availability >= target { return .one }
    if availability < floor { return .zero }
    return (availability - floor) / (target - floor)
  }

  /// Who earned what of a pool, in the order given; parts round down.
  public func divide(_ pool: UInt128, among operators: [(stake: Rational, availability: Rational)])
    -> Division
  {
    let multipliers = operators.map { multiplier(availability: $0.availability) }
    let total = operators.reduce(Rational.zero) { $0 + $1.stake }
    var weighted = Rational.zero
    for (one, multiplier) in zip(operators, multipliers) { weighted += one.stake * multiplier }
    func share(_ stake: Rational, _ multiplier: Rational, of sum: Rational) -> UInt128 {
      sum == 0 ? 0 : (Rational(pool) * stake * multiplier / sum).amount ?? 0
    }
    return Division(
      multipliers: multipliers,
      forfeited: zip(operators, multipliers).map { share($0.stake, $1, of: total) },
      reshared: zip(operators, multipliers).map { share($0.stake, $1, of: weighted) })
  }

  public struct Division: Sendable, Equatable {
    public var multipliers: [Rational]
    /// The part that a multiplier takes away goes back to the service.
    public var forfeited: [UInt128]
    /// It is shared by those who earned.
    public var reshared: [UInt128]
  }
}

/// EigenDA's service level by share of stake.
public enum TieredServiceLevel {
  /// The share of duties to be signed: 99.5 % above 15 % of the stake, 98 % above 10 %, 95 % above 5 %, 90 % above none. Nil
  /// without stake.
  public static func target(stakeShare: Rational) -> Rational? {
    if stakeShare > Rational(15, 100) { return Rational(995, 1_000) }
    if stakeShare > Rational(10, 100) { return Rational(98, 100) }
    if stakeShare > Rational(5, 100) { return Rational(95, 100) }
    return stakeShare > 0 ? Rational(90, 100) : nil
  }

  /// More was missed than the target allows.
  public static func isViolated(target: Rational, nonSigningRate: Rational) -> Bool {
    nonSigningRate > 1 - target
  }

  /// x / (1 + x) with x = (1 - target) / non-signing rate: a half at the target, 1 when nothing was missed.
  public static func score(target: Rational, nonSigningRate: Rational) -> Rational {
    if nonSigningRate == 0 { return .one }
    let x = (1 - target) / nonSigningRate
    return x / (1 + x)
  }
}
