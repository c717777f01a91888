// Deposit shares times the deposit scaling factor, as wide as in the contracts.

/// Scaled shares. Where a maximum magnitude is nearly zero, scaling factors reach 10^36 and more, and the product with the
/// deposit shares leaves 128 bits, though what it pays in the end does not.
public struct ScaledShares: Sendable, Equatable {
  public let value: UInt256

  public init(_ value: UInt256) { self.value = value }
  public static let zero = ScaledShares(.zero)

  /// mulWad(shares, k). Nil beyond 256 bits, where the contracts revert.
  @inline(__always) init?(_ shares: UInt128, scaledBy k: UInt256) {
    if k.high == 0 {
      if UInt256(shares, times: k.low).high < wad {
        self.init(UInt256(mulDiv(shares, k.low, wad, .scaledShares)))
        return
      }
    }
    guard let scaled = mulDiv(k, shares, wad, .scaledShares) else { return nil }
    self.init(scaled)
  }

  /// mulWad(self, factor), `factor` at most WAD; nil beyond 128 bits.
  @inline(__always) func shares(at factor: UInt128, _ place: Rounding) -> UInt128? {
    precondition(factor <= wad)
    if value.high == 0 { return mulWad(value.low, factor, place) }
    guard let shares = mulDiv(value, factor, wad, place), shares.high == 0 else { return nil }
    return shares.low
  }

  /// Traps beyond 256 bits, which no number of deposits below 10^38 reaches.
  static func + (a: Self, b: Self) -> Self { Self(a.value + b.value) }
  static func - (a: Self, b: Self) -> Self { Self(a.value - b.value) }
}

extension ScaledShares: CustomStringConvertible {
  /// Decimal.
  public var description: String { value.description }
}
