// Rewards by what was held and for how long: weekly distributions of an issuer, and points.
//
// Source: ether.fi and King distribution documents: pro rata by holding; the weighting by days is a reading of them.

public import Exact

/// A balance and the time for which it was held.
public struct HeldBalance: Sendable, Equatable {
  public var balance: Rational
  /// Days, or hours: the same unit throughout.
  public var time: Rational
  public init(balance: Rational, time: Rational) {
    self.balance = balance
    self.time = time
  }
}

/// The division of one period's reward among holders.
public struct HoldingRewards: Sendable, Equatable {
  /// Sum of balance times time, in the order given.
  public let weights: [Rational]
  /// floor(reward * weight / all weights).
  public let paid: [UInt128]
  /// What rounding left; all of it when nobody held anything.
  public let dust: UInt128

  public init(_ reward: UInt128, among holders: [[HeldBalance]]) {
    let weights = holders.map { $0.reduce(Rational.zero) { $0 + $1.balance * $1.time } }
    let total = weights.reduce(.zero, +)
    let paid = weights.map { total == 0 ? 0 : (Rational(reward) * $0 / total).amount ?? 0 }
    self.weights = weights
    self.paid = paid
    dust = paid.reduce(reward, -)
  }
}

/// Points: a rate for every unit of ETH and hour, times a boost.
public func points(rate: Rational, segments: [(holding: HeldBalance, boost: Rational)]) -> Rational {
  segments.reduce(.zero) { $0 + $1.holding.balance * $1.holding.time * rate * $1.boost }
}
