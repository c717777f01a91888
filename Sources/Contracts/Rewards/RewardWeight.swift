// How much a staker or an operator weighs in a reward, and its part of the whole: exactly as the SQL calculation has it.
//
// Two representations with one meaning: 256 bits for nearly everything, PostgreSQL's decimals where those do not do.

import BigInt

/// A sum of weighted shares, a decimal number.
protocol RewardWeight: Equatable {
  static var zero: Self { get }
  /// Adds shares * multiplier. False: this representation cannot hold it.
  mutating func add(_ shares: UInt128, multiplier: UInt128) -> Bool
  /// Adds shares * magnitude / maximum * multiplier, from left to right; the quotient is rounded as in SQL.
  mutating func add(_ shares: UInt128, _ allocated: AllocatedShare, multiplier: UInt128) -> Bool
  /// Adds a weight. False: this representation cannot hold it.
  mutating func add(_ other: Self) -> Bool
  /// floor(self / total * 10^15), the quotient rounded as in SQL. Zero when `total` is.
  func proportion(of total: Self) -> UInt64
  /// floor(pool * self / total), the quotient rounded as in SQL. Requires a total above zero.
  func part(of pool: UInt128, total: Self) -> UInt128
}

/// A magnitude and the maximum that it is a part of; both above zero.
struct AllocatedShare {
  let magnitude: UInt64
  let maximum: UInt64
  /// The maximum's first base-10000 digit.
  let leading: (weight: Int, digit: UInt128)

  init(magnitude: UInt64, maximum: UInt64) {
    self.magnitude = magnitude
    self.maximum = maximum
    leading = leadingDigit(UInt128(maximum))
  }
}

/// The unit of `proportion`: 15 decimals.
let proportionUnit: UInt64 = 1_000_000_000_000_000

/// A part of an amount by a proportion: floor(amount * proportion / 10^15). Rounds down, so that the parts never exceed
/// the amount.
func proportionalPart(_ amount: UInt128, _ proportion: UInt64) -> UInt128 {
  mulDiv(amount, UInt128(proportion), UInt128(proportionUnit), .stakerPart)
}

extension PostgresNumeric: RewardWeight {
  mutating func add(_ shares: UInt128, multiplier: UInt128) -> Bool {
    self = self + PostgresNumeric(shares) * PostgresNumeric(multiplier)
    return true
  }
  mutating func add(_ shares: UInt128, _ allocated: AllocatedShare, multiplier: UInt128) -> Bool {
    let quotient =
      PostgresNumeric(shares) * PostgresNumeric(UInt128(allocated.magnitude))
      / PostgresNumeric(UInt128(allocated.maximum))
    self = self + quotient * PostgresNumeric(multiplier)
    return true
  }
  mutating func add(_ other: Self) -> Bool {
    self = self + other
    return true
  }
  func proportion(of total: Self) -> UInt64 {
    if total.digits == 0 { return 0 }
    return UInt64((self / total * PostgresNumeric(UInt128(proportionUnit))).rounded(.stakerProportion))
  }
  func part(of pool: UInt128, total: Self) -> UInt128 {
    UInt128((PostgresNumeric(pool) * self / total).rounded(.sqlFloor))
  }
}

/// digits / 10^scale in 256 bits.
struct WideWeight: RewardWeight, BitwiseCopyable {
  var digits: UInt256
  var scale: Int

  static let zero = WideWeight(digits: .zero, scale: 0)

  private var numeric: PostgresNumeric { PostgresNumeric(digits: digits.big, scale: scale) }

  mutating func add(_ shares: UInt128, multiplier: UInt128) -> Bool {
    add(WideWeight(digits: UInt256(shares, times: multiplier), scale: 0))
  }

  mutating func add(_ shares: UInt128, _ allocated: AllocatedShare, multiplier: UInt128) -> Bool {
    let amount = UInt256(shares, times: UInt128(allocated.magnitude))
    guard let quotient = Self.quotient(amount, by: allocated) else { return false }
    let (product, overflow) = quotient.digits.multipliedReportingOverflow(by: multiplier)
    return !overflow && add(WideWeight(digits: product, scale: quotient.scale))
  }

  @inline(__always) mutating func add(_ other: Self) -> Bool {
    if other.scale == scale {
      let (sum, overflow) = digits.addingReportingOverflow(other.digits)
      digits = sum
      return !overflow
    }
    return addAligned(other)
  }

  private mutating func addAligned(_ other: Self) -> Bool {
    if other.scale > scale {
      guard let raised = raised(to: other.scale) else { return false }
      self = raised
    }
    guard let addend = other.raised(to: scale) else { return false }
    let (sum, overflow) = digits.addingReportingOverflow(addend.digits)
    digits = sum
    return !overflow
  }

  @inline(__always) private func raised(to wanted: Int) -> Self? {
    scale >= wanted ? self : slowlyRaised(to: wanted)
  }

  private func slowlyRaised(to wanted: Int) -> Self? {
    var raised = self
    while raised.scale < wanted {
      let step = min(wanted - raised.scale, 36)
      let (product, overflow) = raised.digits.multipliedReportingOverflow(by: powersOfTen[step])
      if overflow { return nil }
      raised.digits = product
      raised.scale += step
    }
    return raised
  }

  /// An integer quotient with SQL's scale. Nil: not in 256 bits.
  private static func quotient(_ a: UInt256, by allocated: AllocatedShare) -> WideWeight? {
    let (weight, first) = leading(a)
    let (weightB, firstB) = allocated.leading
    let scale = max(16 - 4 * (weight - weightB - (first <= firstB ? 1 : 0)), 0)
    guard let raised = WideWeight(digits: a, scale: 0).raised(to: scale) else { return nil }
    var (quotient, remainder) = raised.digits.dividedBy(allocated.maximum)
    if Rounding.sqlQuotient.isHalfUp && remainder >= allocated.maximum - remainder {
      let (sum, overflow) = quotient.addingReportingOverflow(UInt256(1))
      if overflow { return nil }
      quotient = sum
    }
    return WideWeight(digits: quotient, scale: scale)
  }

  /// Exponent and value of the first base-10000 digit of an integer.
  private static func leading(_ value: UInt256) -> (weight: Int, digit: UInt128) {
    var (weight, rest) = (0, value)
    // 10^16 at a time: hardware divisions.
    while rest.high != 0 || rest.low >= 10_000_000_000_000_000 {
      rest = rest.dividedBy(10_000_000_000_000_000 as UInt64).quotient
      weight += 4
    }
    var digit = UInt64(truncatingIfNeeded: rest.low)
    while digit >= 10_000 {
      digit /= 10_000
      weight += 1
    }
    return (weight, UInt128(digit))
  }

  /// Both numbers are cut to the 64 leading bits of the total: the quotient is then off by less than 10^-3 of a unit of the
  /// fifteenth decimal. Unless it lies that close to a whole number of units, or so close below one that SQL's rounding
  /// lifts it, its floor is the right one; else everything is computed.
  func proportion(of total: Self) -> UInt64 {
    if total.digits.isZero { return 0 }
    if digits == total.digits && scale == total.scale { return proportionUnit }
    // SQL's scale follows from the larger of both, which is the total's: the part may be written with it, too.
    guard let aligned = raised(to: total.scale) else { return slowProportion(of: total) }
    let shift = max(total.digits.significantBits - 64, 0)
    let part = UInt64(truncatingIfNeeded: (aligned.digits >> shift).low)
    let whole = UInt64(truncatingIfNeeded: (total.digits >> shift).low)
    if part >= whole { return slowProportion(of: total) }
    let (quotient, remainder) = whole.dividingFullWidth(part.multipliedFullWidth(by: proportionUnit))
    let margin = whole >> 10 + 1
    let isNearUnit = remainder >= whole - min(margin, whole)
    if shift > 0 ? isNearUnit || remainder < margin : isNearUnit && remainder != 0 {
      return slowProportion(of: total)
    }
    return Rounding.stakerProportion.isUp && remainder != 0 ? quotient + 1 : quotient
  }

  private func slowProportion(of total: Self) -> UInt64 { numeric.proportion(of: total.numeric) }

  func part(of pool: UInt128, total: Self) -> UInt128 { numeric.part(of: pool, total: total.numeric) }
}

/// 10^0 ... 10^38.
private let powersOfTen: [UInt128] = {
  var powers: [UInt128] = [1]
  while powers.count <= 38 { powers.append(powers[powers.count - 1] * 10) }
  return powers
}()
