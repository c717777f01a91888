// A 256-bit unsigned integer as it appears in contract calls: coordinates, scalars, hashes read as numbers.
//
// For carrying and comparing values; arithmetic modulo the field's prime is in `Fp`. No general division: what the
// contracts need is reduction modulo a number of 254 bits, and that is here.

/// 256 bits, little-endian limbs.
@frozen public struct Word256: Hashable, Sendable, BitwiseCopyable {
  public var l0, l1, l2, l3: UInt64

  /// From limbs, the least significant first.
  @inlinable public init(_ l0: UInt64, _ l1: UInt64 = 0, _ l2: UInt64 = 0, _ l3: UInt64 = 0) {
    self.l0 = l0
    self.l1 = l1
    self.l2 = l2
    self.l3 = l3
  }

  public static let zero = Word256(0)

  public init(_ value: UInt128) {
    self.init(UInt64(truncatingIfNeeded: value), UInt64(truncatingIfNeeded: value >> 64))
  }

  /// From 32 big-endian bytes; nil for another length.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 32 else { return nil }
    self = .zero
    for (k, byte) in bytes.enumerated() { self[3 - k / 8] |= UInt64(byte) << UInt64(56 - k % 8 * 8) }
  }

  /// From decimal digits; nil for anything else and beyond 256 bits.
  public init?(decimal text: some StringProtocol) {
    guard !text.isEmpty else { return nil }
    self = .zero
    for character in text.utf8 {
      guard (48...57).contains(character) else { return nil }
      var carry = UInt64(character - 48)
      for k in 0..<4 {
        let (high, low) = self[k].multipliedFullWidth(by: 10)
        let (sum, overflow) = low.addingReportingOverflow(carry)
        self[k] = sum
        carry = high + (overflow ? 1 : 0)
      }
      if carry != 0 { return nil }
    }
  }

  /// 32 big-endian bytes.
  public var bytes: [UInt8] {
    (0..<32).map { UInt8(truncatingIfNeeded: self[3 - $0 / 8] >> UInt64(56 - $0 % 8 * 8)) }
  }

  public var isZero: Bool { l0 | l1 | l2 | l3 == 0 }

  /// Limb `index`, 0 the least significant.
  public subscript(index: Int) -> UInt64 {
    get {
      switch index {
      case 0: l0
      case 1: l1
      case 2: l2
      default: l3
      }
    }
    set {
      switch index {
      case 0: l0 = newValue
      case 1: l1 = newValue
      case 2: l2 = newValue
      default: l3 = newValue
      }
    }
  }

  func bit(_ index: Int) -> Bool { self[index >> 6] >> UInt64(index & 63) & 1 == 1 }

  /// Bits up to the highest that is set.
  var bitWidth: Int {
    for k in (0..<4).reversed() where self[k] != 0 { return 64 * k + 64 - self[k].leadingZeroBitCount }
    return 0
  }

  func subtractingReportingBorrow(_ other: Self) -> (difference: Self, borrow: Bool) {
    var result = Self.zero
    var borrow: UInt64 = 0
    for k in 0..<4 {
      let (d1, b1) = self[k].subtractingReportingOverflow(other[k])
      let (d2, b2) = d1.subtractingReportingOverflow(borrow)
      result[k] = d2
      borrow = b1 || b2 ? 1 : 0
    }
    return (result, borrow != 0)
  }

  /// The remainder of the division by `modulus`, which has its highest set bit at position 253 (both of this curve's
  /// primes have): at most five subtractions.
  func reduced(modulo modulus: Self) -> Self {
    var rest = self
    while true {
      let (less, borrow) = rest.subtractingReportingBorrow(modulus)
      if borrow { return rest }
      rest = less
    }
  }
}

extension Word256: Comparable {
  public static func < (a: Self, b: Self) -> Bool {
    for k in (0..<4).reversed() where a[k] != b[k] { return a[k] < b[k] }
    return false
  }
}

extension Word256: CustomStringConvertible {
  /// Decimal.
  public var description: String {
    var (rest, digits) = (self, [UInt8]())
    repeat {
      var remainder: UInt64 = 0
      for k in (0..<4).reversed() {
        (rest[k], remainder) = UInt64(10).dividingFullWidth((remainder, rest[k]))
      }
      digits.append(48 + UInt8(remainder))
    } while !rest.isZero
    return String(decoding: digits.reversed(), as: UTF8.self)
  }
}
