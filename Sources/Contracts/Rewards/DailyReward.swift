// One day of an EigenLayer reward, by the formulas as they are published: every division exact, then rounded down.
//
// Source: ELIP-001, ELIP-014; Layr-Labs/sidecar, `pkg/rewards`. The deployed pipeline divides with PostgreSQL's rounding,
// which can differ from these by one in the last digit of large quotients.

public import Exact

/// What a day of rewards gives to whom.
public enum DailyReward {
  public struct Staker: Sendable, Equatable {
    /// Position of its operator.
    public var operatorIndex: Int
    /// Sum of multiplier * shares.
    public var weight: UInt128
    public init(operatorIndex: Int, weight: UInt128) {
      self.operatorIndex = operatorIndex
      self.weight = weight
    }
  }

  public struct Division: Sendable, Equatable {
    /// In the order given.
    public var stakers: [UInt128]
    public var operators: [UInt128]
    /// What rounding left.
    public var undistributed: UInt128
  }

  private static let proportionScale: UInt128 = 1_000_000_000_000_000

  /// Rewards v1: a staker's proportion of all weight is cut to 15 decimals, its tokens and its operator's cut
  /// floor(tokens * split / 10000) round down; the staker keeps the rest.
  public static func byWeight(_ tokens: UInt128, stakers: [Staker], splitBips: [UInt64]) -> Division {
    let total = stakers.reduce(0 as UInt128) { $0 + $1.weight }
    var division = Division(
      stakers: [], operators: [UInt128](repeating: 0, count: splitBips.count), undistributed: tokens)
    for staker in stakers {
      let proportion = total == 0 ? 0 : mulDivFull(staker.weight, proportionScale, total)
      let amount = mulDivFull(proportion, tokens, proportionScale)
      let cut = mulDivFull(amount, UInt128(splitBips[staker.operatorIndex]), 10_000)
      division.stakers.append(amount - cut)
      division.operators[staker.operatorIndex] += cut
      division.undistributed -= amount
    }
    return division
  }

  /// An operator's stake that no other set can slash.
  public struct UniqueStake: Sendable, Equatable {
    public var shares: UInt128
    public var magnitude: UInt128
    public var maxMagnitude: UInt128
    public init(shares: UInt128, magnitude: UInt128, maxMagnitude: UInt128) {
      self.shares = shares
      self.magnitude = magnitude
      self.maxMagnitude = maxMagnitude
    }
  }

  /// Rewards v2.2: floor(amount / days * weight / sum), weight = shares * magnitude / maximum magnitude; in the order given.
  public static func byUniqueStake(_ amount: UInt128, days: UInt128, operators: [UniqueStake]) -> [UInt128] {
    let weights = operators.map {
      $0.maxMagnitude == 0
        ? .zero : Rational($0.shares) * Rational($0.magnitude) / Rational($0.maxMagnitude)
    }
    let total = weights.reduce(.zero, +)
    guard total > 0, days > 0 else { return weights.map { _ in 0 } }
    return weights.map { (Rational(amount) / Rational(days) * $0 / total).amount ?? 0 }
  }

  /// Both factors of the quotient fit, since `a` is at most `d` or `b` is.
  private static func mulDivFull(_ a: UInt128, _ b: UInt128, _ d: UInt128) -> UInt128 {
    d.dividingFullWidth(a.multipliedFullWidth(by: b)).quotient
  }
}

/// EigenLayer's programmatic incentives, version 1: a share of the first supply a year, paid weekly. Source: Eigen
/// Foundation, Programmatic Incentives v1 FAQ.
public struct ProgrammaticIncentives: Sendable, Equatable {
  public var initialSupply: Rational
  /// Share of it a year.
  public var rate: Rational
  /// Share of operators in what is paid.
  public var operatorShare: Rational
  public var weeks: Int

  public init(initialSupply: Rational, rate: Rational, operatorShare: Rational, weeks: Int) {
    precondition(weeks > 0, "a year has weeks")
    self.initialSupply = initialSupply
    self.rate = rate
    self.operatorShare = operatorShare
    self.weeks = weeks
  }

  public var annual: Rational { initialSupply * rate }
  public var weekly: Rational { annual / Rational(weeks) }
  public var weeklyToOperators: Rational { weekly * operatorShare }
  public var weeklyToStakers: Rational { weekly - weeklyToOperators }
  /// The part of a year's incentives for a kind of stake.
  public func annual(share: Rational) -> Rational { annual * share }
}
