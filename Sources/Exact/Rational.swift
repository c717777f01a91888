// Exact fractions of any size: for theorems, prices and rates whose last digit decides. Slow (about a microsecond an
// operation) and never on a hot path; what the ledger computes stays in integers.

public import BigInt

/// A fraction in lowest terms, the denominator positive.
public struct Rational: Hashable, Sendable {
  public let numerator: BigInt
  public let denominator: BigInt

  /// Traps when `denominator` is zero.
  public init(_ numerator: BigInt, _ denominator: BigInt) {
    precondition(denominator != 0, "a fraction needs a denominator that is not zero")
    let divisor = numerator.greatestCommonDivisor(with: denominator)
    let sign: BigInt = denominator < 0 ? -1 : 1
    if divisor == 1 {
      self.numerator = numerator * sign
      self.denominator = denominator * sign
    } else {
      self.numerator = numerator / divisor * sign
      self.denominator = denominator / divisor * sign
    }
  }

  /// Traps when `denominator` is zero.
  public init(_ numerator: Int, _ denominator: Int) { self.init(BigInt(numerator), BigInt(denominator)) }

  public init(_ value: some BinaryInteger) { self.init(BigInt(value), 1) }

  public static let zero = Rational(0, 1)
  public static let one = Rational(1, 1)

  /// From "p", "p/q" or a decimal such as "-0.125"; nil for anything else.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    if parts.count == 2 {
      guard let p = Self(decimal: parts[0]), let q = Self(decimal: parts[1]), q != .zero else { return nil }
      self = p / q
      return
    }
    guard parts.count == 1, let value = Self(decimal: parts[0]) else { return nil }
    self = value
  }

  private init?(decimal text: some StringProtocol) {
    let isNegative = text.hasPrefix("-")
    let parts = text.drop { $0 == "-" }.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let whole = BigInt(parts[0]) else { return nil }
    guard parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } }) else {
      return nil
    }
    var numerator = whole
    var denominator: BigInt = 1
    if parts.count == 2, let digits = BigInt(parts[1]) {
      denominator = BigInt(10).power(parts[1].utf8.count)
      numerator = whole * denominator + digits
    }
    self.init(isNegative ? -numerator : numerator, denominator)
  }

  public static func + (a: Self, b: Self) -> Self {
    a.denominator == b.denominator
      ? Self(a.numerator + b.numerator, a.denominator)
      : Self(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator)
  }
  public static func - (a: Self, b: Self) -> Self { a + -b }
  public static prefix func - (a: Self) -> Self { Self(-a.numerator, a.denominator) }
  public static func * (a: Self, b: Self) -> Self {
    Self(a.numerator * b.numerator, a.denominator * b.denominator)
  }
  /// Traps when `b` is zero.
  public static func / (a: Self, b: Self) -> Self {
    Self(a.numerator * b.denominator, a.denominator * b.numerator)
  }
  public static func += (a: inout Self, b: Self) { a = a + b }

  /// The largest integer not above it.
  public var floor: BigInt {
    let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
    return remainder < 0 ? quotient - 1 : quotient
  }

  /// The floor as an unsigned integer of 128 bits; nil when it is none.
  public var amount: UInt128? { UInt128(exactly: floor) }

  /// The nearest double, or nearly: both terms are shortened to 100 bits before they are divided.
  public var double: Double {
    func leading(_ value: BigInt) -> (Double, Int) {
      let shift = max(value.magnitude.bitWidth - 100, 0)
      return (Double(UInt128(value.magnitude >> shift)), shift)
    }
    let (p, ps) = leading(numerator)
    let (q, qs) = leading(denominator)
    let value = Double(sign: .plus, exponent: ps - qs, significand: p / q)
    return numerator < 0 ? -value : value
  }
}

extension Rational: Comparable {
  public static func < (a: Self, b: Self) -> Bool {
    a.numerator * b.denominator < b.numerator * a.denominator
  }
}

extension Rational: CustomStringConvertible {
  /// "p", or "p/q" in lowest terms.
  public var description: String { denominator == 1 ? "\(numerator)" : "\(numerator)/\(denominator)" }
}

extension Rational: ExpressibleByIntegerLiteral {
  public init(integerLiteral value: Int) { self.init(BigInt(value), 1) }
}
