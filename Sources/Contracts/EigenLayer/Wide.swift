// 256 bits for the one quantity that needs them: deposit shares times the deposit scaling factor.

/// Scaled shares. Where a maximum magnitude is nearly zero, scaling factors reach 10^36 and more, and the product with the
/// deposit shares leaves 128 bits, though what it pays in the end does not.
public struct ScaledShares: Sendable, Equatable {
  public let high: UInt128
  public let low: UInt128

  public init(high: UInt128 = 0, _ low: UInt128) {
    self.high = high
    self.low = low
  }

  /// mulWad(shares, k): floor of `shares * k / WAD`.
  public init(_ shares: UInt128, scaledBy k: UInt128) {
    let product = shares.multipliedFullWidth(by: k)
    if product.high == 0 {
      self.init(product.low / wad)
    } else {
      self = Self(high: product.high, product.low).dividedByWad().quotient
    }
  }

  private func dividedByWad() -> (quotient: ScaledShares, remainder: UInt128) {
    if high == 0 {
      let (quotient, remainder) = low.quotientAndRemainder(dividingBy: wad)
      return (ScaledShares(quotient), remainder)
    }
    let (top, rest) = high.quotientAndRemainder(dividingBy: wad)
    let (bottom, remainder) = wad.dividingFullWidth((rest, low))
    return (ScaledShares(high: top, bottom), remainder)
  }

  /// mulWad(self, factor), `factor` at most WAD; nil beyond 128 bits.
  public func shares(at factor: UInt128) -> UInt128? {
    precondition(factor <= wad)
    if high == 0 { return mulWad(low, factor) }
    // (q * WAD + r) * f / WAD = q * f + r * f / WAD, and both addends' floors add up exactly.
    let (quotient, remainder) = dividedByWad()
    guard quotient.high == 0 else { return nil }
    let product = quotient.low.multipliedFullWidth(by: factor)
    guard product.high == 0 else { return nil }
    let (sum, overflow) = product.low.addingReportingOverflow(mulWad(remainder, factor))
    return overflow ? nil : sum
  }

  /// Traps beyond 256 bits, which no number of deposits below 10^38 reaches.
  static func + (a: Self, b: Self) -> Self {
    let (low, carry) = a.low.addingReportingOverflow(b.low)
    return Self(high: a.high + b.high + (carry ? 1 : 0), low)
  }

  static func - (a: Self, b: Self) -> Self {
    let (low, borrow) = a.low.subtractingReportingOverflow(b.low)
    return Self(high: a.high - b.high - (borrow ? 1 : 0), low)
  }
}

extension ScaledShares: CustomStringConvertible {
  /// Decimal.
  public var description: String {
    var (top, digits) = (self, "")
    while top.high != 0 {
      let (quotient, remainder) = top.dividedByWad()
      let part = String(remainder)
      digits = String(repeating: "0", count: 18 - part.count) + part + digits
      top = quotient
    }
    if digits.isEmpty { return String(top.low) }
    return (top.low == 0 ? "" : String(top.low)) + digits
  }
}
