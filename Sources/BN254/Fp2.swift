// The quadratic extension: c0 + c1 i with i^2 = -1. The coordinates of G2 lie here.

/// c0 + c1 i.
struct Fp2: Equatable, Hashable, Sendable, BitwiseCopyable {
  var c0, c1: Fp

  init(_ c0: Fp, _ c1: Fp) {
    self.c0 = c0
    self.c1 = c1
  }

  static let zero = Fp2(.zero, .zero)
  static let one = Fp2(.one, .zero)
  /// xi = 9 + i, no cube and no square: what the sextic extension and the twist are built with.
  static let xi = Fp2(Fp(small: 9), .one)

  var isZero: Bool { c0.isZero && c1.isZero }

  @inline(__always) static func + (a: Fp2, b: Fp2) -> Fp2 { Fp2(a.c0 + b.c0, a.c1 + b.c1) }
  @inline(__always) static func - (a: Fp2, b: Fp2) -> Fp2 { Fp2(a.c0 - b.c0, a.c1 - b.c1) }
  @inline(__always) static prefix func - (a: Fp2) -> Fp2 { Fp2(-a.c0, -a.c1) }
  @inline(__always) var doubled: Fp2 { Fp2(c0.doubled, c1.doubled) }
  var tripled: Fp2 { doubled + self }

  /// Karatsuba: three products.
  static func * (a: Fp2, b: Fp2) -> Fp2 {
    let low = a.c0 * b.c0
    let high = a.c1 * b.c1
    return Fp2(low - high, (a.c0 + a.c1) * (b.c0 + b.c1) - low - high)
  }

  static func * (a: Fp2, b: Fp) -> Fp2 { Fp2(a.c0 * b, a.c1 * b) }

  var squared: Fp2 { Fp2((c0 + c1) * (c0 - c1), (c0 * c1).doubled) }

  /// Also the Frobenius map x -> x^p of this field.
  var conjugate: Fp2 { Fp2(c0, -c1) }

  /// Zero for zero.
  var inverse: Fp2 {
    let norm = (c0.squared + c1.squared).inverse
    return Fp2(c0 * norm, -(c1 * norm))
  }

  /// self * (9 + i).
  var timesXi: Fp2 {
    let eight = doubled.doubled.doubled
    return Fp2(eight.c0 + c0 - c1, eight.c1 + c1 + c0)
  }

  func raised(to exponent: Word256) -> Fp2 {
    var result = Fp2.one
    for k in (0..<exponent.bitWidth).reversed() {
      result = result.squared
      if exponent.bit(k) { result = result * self }
    }
    return result
  }
}
