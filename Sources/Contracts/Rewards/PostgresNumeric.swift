// Decimal numbers as PostgreSQL's `numeric` computes with them: the reward calculation is SQL, and its quotients are
// rounded before they are floored.
//
// Source: PostgreSQL, src/backend/utils/adt/numeric.c, `numeric_mul`, `numeric_div`, `select_div_scale`. Non-negative
// values only, far below PostgreSQL's limits of digits.

import BigInt

/// digits / 10^scale, the scale being the number of decimals that PostgreSQL would show: trailing zeros count.
struct PostgresNumeric: Equatable {
  var digits: BigUInt
  var scale: Int

  init(digits: BigUInt, scale: Int) {
    self.digits = digits
    self.scale = scale
  }
  init(_ value: UInt128) { self.init(digits: BigUInt(value), scale: 0) }

  static let zero = PostgresNumeric(0)

  /// Exact, with the larger scale.
  static func + (a: Self, b: Self) -> Self {
    let scale = max(a.scale, b.scale)
    return Self(digits: a.shifted(to: scale) + b.shifted(to: scale), scale: scale)
  }

  /// Exact, with the scales' sum.
  static func * (a: Self, b: Self) -> Self {
    Self(digits: a.digits * b.digits, scale: a.scale + b.scale)
  }

  /// The quotient rounded half up to max(16 - 4 q, both scales, 0) decimals, q being the exponent of the quotient's first
  /// base-10000 digit as estimated from the operands' first digits. Traps when `b` is zero.
  static func / (a: Self, b: Self) -> Self {
    let (weightA, firstA) = a.leading
    let (weightB, firstB) = b.leading
    let quotientWeight = weightA - weightB - (firstA <= firstB ? 1 : 0)
    let scale = max(16 - 4 * quotientWeight, a.scale, b.scale, 0)
    // digits = a * 10^scale / b, with the operands' own scales cancelled.
    let numerator = a.digits * BigUInt(10).power(scale + b.scale)
    let denominator = b.digits * BigUInt(10).power(a.scale)
    let doubled = numerator * 2 + (Rounding.sqlQuotient.isHalfUp ? denominator : 0)
    return Self(digits: doubled / (denominator * 2), scale: scale)
  }

  /// As an integer: its floor, as the place says.
  func rounded(_ place: Rounding) -> BigUInt { mulDiv(digits, 1, BigUInt(10).power(scale), place) }

  private func shifted(to scale: Int) -> BigUInt { digits * BigUInt(10).power(scale - self.scale) }

  /// Exponent and value of the first base-10000 digit; both zero for zero.
  private var leading: (weight: Int, digit: Int) {
    if digits == 0 { return (0, 0) }
    let text = String(digits)
    // Power of ten of the first decimal digit.
    let exponent = text.utf8.count - 1 - scale
    let weight = (exponent >= 0 ? exponent : exponent - 3) / 4
    let wanted = exponent - 4 * weight + 1
    let first = Int(text.prefix(wanted)) ?? 0
    var missing = wanted - text.utf8.count
    var digit = first
    while missing > 0 {
      digit *= 10
      missing -= 1
    }
    return (weight, digit)
  }
}

/// floor(a / b) as SQL does it: the quotient is rounded to its scale first. From about 10^16 on that is a scale of zero,
/// and half or more of a unit becomes one.
func postgresFloor(_ a: UInt128, dividedBy b: UInt128) -> UInt128 {
  let (quotient, remainder) = a.quotientAndRemainder(dividingBy: b)
  if remainder == 0 { return quotient }
  #if ROUNDING_MUTANTS
    return UInt128((PostgresNumeric(a) / PostgresNumeric(b)).rounded(.sqlFloor))
  #else
    let (weightA, firstA) = leadingDigit(a)
    let (weightB, firstB) = leadingDigit(b)
    let scale = 16 - 4 * (weightA - weightB - (firstA <= firstB ? 1 : 0))
    if scale <= 0 { return remainder >= b - remainder ? quotient + 1 : quotient }
    // What is missing to the next integer rounds away only when it is at most half of the last decimal.
    var unit: UInt128 = 2
    for _ in 0..<scale {
      let (next, overflow) = unit.multipliedReportingOverflow(by: 10)
      if overflow { return quotient }
      unit = next
    }
    let (gap, overflow) = unit.multipliedReportingOverflow(by: b - remainder)
    return !overflow && gap <= b ? quotient + 1 : quotient
  #endif
}

/// Exponent and value of the first base-10000 digit; both zero for zero.
func leadingDigit(_ value: UInt128) -> (weight: Int, digit: UInt128) {
  var (weight, rest) = (0, value)
  if rest >= 10_000_000_000_000_000 {
    rest /= 10_000_000_000_000_000
    weight = 4
    if rest >= 10_000_000_000_000_000 {
      rest /= 10_000_000_000_000_000
      weight = 8
    }
  }
  while rest >= 10_000 {
    rest /= 10_000
    weight += 1
  }
  return (weight, rest)
}
