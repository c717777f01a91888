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
    let (a1, a0) = (UInt64(truncatingIfNeeded: a &>> 64), UInt64(truncatingIfNeeded: a))
    let (b1, b0) = (UInt64(truncatingIfNeeded: b &>> 64), UInt64(truncatingIfNeeded: b))
    let low = a0.multipliedFullWidth(by: b0)
    if a1 | b1 == 0 {
      self.init(UInt128(low.high) &<< 64 | UInt128(low.low))
      return
    }
    let (m, n) = (a1.multipliedFullWidth(by: b0), a0.multipliedFullWidth(by: b1))
    let high = a1.multipliedFullWidth(by: b1)
    let middle = UInt128(low.high) &+ UInt128(m.low) &+ UInt128(n.low)
    let top = UInt128(high.high) &<< 64 | UInt128(high.low)
    self.init(
      high: top &+ UInt128(m.high) &+ UInt128(n.high) &+ middle &>> 64,
      (middle &<< 64) | UInt128(low.low))
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
    let bottom = Self(low, times: factor)
    if high == 0 { return (bottom, false) }
    let top = Self(high, times: factor)
    let (sum, carry) = top.low.addingReportingOverflow(bottom.high)
    return (Self(high: sum, bottom.low), carry || top.high != 0)
  }

  /// Quotient and remainder by 64 bits, in up to four hardware divisions. Traps when `divisor` is zero.
  @inlinable public func dividedBy(_ divisor: UInt64) -> (quotient: Self, remainder: UInt64) {
    var rest: UInt64 = 0
    var (top, bottom): (UInt128, UInt128) = (0, 0)
    if high != 0 {
      let (quotient, remainder) = high.quotientAndRemainder(dividingBy: UInt128(divisor))
      top = quotient
      rest = UInt64(truncatingIfNeeded: remainder)
    }
    let first = UInt64(truncatingIfNeeded: low &>> 64)
    if rest | first != 0 {
      let step = divisor.dividingFullWidth((rest, first))
      bottom = UInt128(step.quotient) &<< 64
      rest = step.remainder
    }
    let step = divisor.dividingFullWidth((rest, UInt64(truncatingIfNeeded: low)))
    return (Self(high: top, bottom | UInt128(step.quotient)), step.remainder)
  }

  /// Quotient and remainder by 128 bits. Traps when `divisor` is zero.
  @inlinable public func dividedBy(_ divisor: UInt128) -> (quotient: Self, remainder: UInt128) {
    if divisor <= UInt128(UInt64.max) {
      let (quotient, remainder) = dividedBy(UInt64(truncatingIfNeeded: divisor))
      return (quotient, UInt128(remainder))
    }
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
    if bits >= 128 { return Self(value.high &>> UInt128(bits - 128)) }
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
