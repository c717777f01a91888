// The EVM's word, where 128 bits do not do: sums of products of shares with multipliers or scaling factors.
//
// No general arithmetic: what the ledger and the reward calculation need, fast where the upper half is zero.

public import BigInt

/// 256 bits, unsigned.
@frozen public struct UInt256: Hashable, Sendable, BitwiseCopyable {
  public var high: UInt128
  public var low: UInt128

  @inlinable public init(high: UInt128 = 0, _ low: UInt128) {
    self.high = high
    self.low = low
  }

  /// a * b, all of it.
  @inlinable public init(_ a: UInt128, times b: UInt128) {
    let product = a.multipliedFullWidth(by: b)
    self.init(high: product.high, product.low)
  }

  /// Nil above 256 bits.
  public init?(exactly value: BigUInt) {
    guard value < .wordLimit else { return nil }
    let words = value.words
    func word(_ k: Int) -> UInt128 { k < words.count ? UInt128(words[k]) : 0 }
    self.init(high: word(3) << 64 | word(2), word(1) << 64 | word(0))
  }

  public static let zero = UInt256(0)

  @inlinable public var isZero: Bool { high == 0 && low == 0 }

  /// Position of the highest set bit, plus one.
  @inlinable public var significantBits: Int {
    high == 0 ? 128 - low.leadingZeroBitCount : 256 - high.leadingZeroBitCount
  }

  /// The sum's low 256 bits, and whether it has more.
  @inlinable public func addingReportingOverflow(_ other: Self) -> (sum: Self, overflow: Bool) {
    let (low, carry) = low.addingReportingOverflow(other.low)
    let (high, over) = high.addingReportingOverflow(other.high)
    let (top, last) = high.addingReportingOverflow(carry ? 1 : 0)
    return (Self(high: top, low), over || last)
  }

  /// Traps beyond 256 bits.
  @inlinable public static func + (a: Self, b: Self) -> Self {
    let (sum, overflow) = a.addingReportingOverflow(b)
    precondition(!overflow, "a sum beyond 256 bits")
    return sum
  }

  /// Traps below zero.
  @inlinable public static func - (a: Self, b: Self) -> Self {
    let (low, borrow) = a.low.subtractingReportingOverflow(b.low)
    return Self(high: a.high - b.high - (borrow ? 1 : 0), low)
  }

  /// The low 256 bits of self * factor, and whether it has more.
  @inlinable public func multipliedReportingOverflow(by factor: UInt128) -> (product: Self, overflow: Bool) {
    let bottom = low.multipliedFullWidth(by: factor)
    if high == 0 { return (Self(high: bottom.high, bottom.low), false) }
    let top = high.multipliedFullWidth(by: factor)
    let (sum, carry) = top.low.addingReportingOverflow(bottom.high)
    return (Self(high: sum, bottom.low), carry || top.high != 0)
  }

  /// Quotient and remainder by 128 bits. Traps when `divisor` is zero.
  @inlinable public func dividedBy(_ divisor: UInt128) -> (quotient: Self, remainder: UInt128) {
    if high == 0 {
      let (quotient, remainder) = low.quotientAndRemainder(dividingBy: divisor)
      return (Self(quotient), remainder)
    }
    let (top, rest) = high.quotientAndRemainder(dividingBy: divisor)
    let (bottom, remainder) = divisor.dividingFullWidth((rest, low))
    return (Self(high: top, bottom), remainder)
  }

  /// Shifted right by fewer than 256 bits.
  @inlinable public static func >> (value: Self, bits: Int) -> Self {
    if bits == 0 { return value }
    if bits >= 128 { return Self(value.high >> UInt128(bits - 128)) }
    return Self(
      high: value.high >> UInt128(bits), value.low >> UInt128(bits) | value.high << UInt128(128 - bits))
  }

  public var big: BigUInt { BigUInt(high) << 128 | BigUInt(low) }
}

extension UInt256: Comparable {
  @inlinable public static func < (a: Self, b: Self) -> Bool {
    a.high == b.high ? a.low < b.low : a.high < b.high
  }
}

extension UInt256: CustomStringConvertible {
  /// Decimal.
  public var description: String { high == 0 ? String(low) : String(big) }
}
