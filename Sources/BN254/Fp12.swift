// The quadratic extension of Fp6: c0 + c1 w with w^2 = v. Pairings take their values here.

/// c0 + c1 w. As a polynomial in w over Fp2, with w^6 = xi, the coefficients of 1, w, ..., w^5 are
/// c0.c0, c1.c0, c0.c1, c1.c1, c0.c2, c1.c2.
struct Fp12: Equatable, Sendable, BitwiseCopyable {
  var c0, c1: Fp6

  init(_ c0: Fp6, _ c1: Fp6) {
    self.c0 = c0
    self.c1 = c1
  }

  static let one = Fp12(.one, .zero)

  static func * (a: Fp12, b: Fp12) -> Fp12 {
    let low = a.c0 * b.c0
    let high = a.c1 * b.c1
    return Fp12(low + high.timesV, (a.c0 + a.c1) * (b.c0 + b.c1) - low - high)
  }

  var squared: Fp12 {
    let product = c0 * c1
    return Fp12((c0 + c1) * (c0 + c1.timesV) - product - product.timesV, product + product)
  }

  /// self * (b0 + (b3 + b4 v) w): the shape of a line on a D-type twist.
  func times(line b0: Fp2, _ b3: Fp2, _ b4: Fp2) -> Fp12 {
    let low = c0 * b0
    let high = c1.times(b3, b4)
    let cross = (c0 + c1).times(b0 + b3, b4)
    return Fp12(high.timesV + low, cross - low - high)
  }

  /// x^(p^6); the inverse of an element of the cyclotomic subgroup.
  var conjugate: Fp12 { Fp12(c0, -c1) }

  var inverse: Fp12 {
    let norm = (c0.squared - c1.squared.timesV).inverse
    return Fp12(c0 * norm, -(c1 * norm))
  }

  /// Powers 0...5 of xi^((p - 1) / 6): what the Frobenius map multiplies the coefficient of w^k with.
  static let frobeniusCoefficients: [Fp2] = {
    let exponent = Word256(
      0x34b0_1759_2414_d4e1, 0xee95_91c2_e6bd_a1c2, 0xf40d_60f3_c040_3964, 0x0810_b7bd_d032_f006)
    let gamma = Fp2.xi.raised(to: exponent)
    var powers = [Fp2.one]
    for _ in 1...5 { powers.append(powers[powers.count - 1] * gamma) }
    return powers
  }()

  /// x^p.
  var frobenius: Fp12 {
    let gamma = Self.frobeniusCoefficients
    return Fp12(
      Fp6(c0.c0.conjugate, c0.c1.conjugate * gamma[2], c0.c2.conjugate * gamma[4]),
      Fp6(c1.c0.conjugate * gamma[1], c1.c1.conjugate * gamma[3], c1.c2.conjugate * gamma[5]))
  }

  /// The square of an element of the cyclotomic subgroup (x^(p^6 + 1) and x^(p^4 - p^2 + 1) are one), in half the
  /// products: R. Granger and M. Scott, "Faster squaring in the cyclotomic subgroup of sixth degree extensions".
  var cyclotomicSquared: Fp12 {
    let (a0, a1) = Self.squaredPair(c0.c0, c1.c1)
    let (b0, b1) = Self.squaredPair(c1.c0, c0.c2)
    let (d0, d1) = Self.squaredPair(c0.c1, c1.c2)
    return Fp12(
      Fp6(a0.tripled - c0.c0.doubled, b0.tripled - c0.c1.doubled, d0.tripled - c0.c2.doubled),
      Fp6(
        d1.timesXi.tripled + c1.c0.doubled, a1.tripled + c1.c1.doubled, b1.tripled + c1.c2.doubled))
  }

  /// The square of x + y s in Fp2(s), s^2 = xi.
  private static func squaredPair(_ x: Fp2, _ y: Fp2) -> (Fp2, Fp2) {
    let xx = x.squared
    let yy = y.squared
    return (yy.timesXi + xx, (x + y).squared - xx - yy)
  }

  /// self^u, u = 4965661367192848881, for an element of the cyclotomic subgroup.
  var raisedToU: Fp12 {
    let u: UInt64 = 0x44e9_92b4_4a69_09f1
    var result = self
    for k in (0..<62).reversed() {
      result = result.cyclotomicSquared
      if u >> UInt64(k) & 1 == 1 { result = result * self }
    }
    return result
  }
}
