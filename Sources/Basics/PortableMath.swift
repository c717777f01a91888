// Exponential, logarithm, power and the normal quantile from + - * / and square root alone. The C library's versions
// choose their instructions by processor (with and without fused multiply-add) and differ in the last bit, which would
// change a trace digest from machine to machine. Swift never fuses `a * b + c` by itself, so these give the same bits
// everywhere. Accuracy is a few units in the last place; the tests compare with the C library.

/// Functions whose results may reach simulated state.
public enum PortableMath {
  /// ln 2, split so that `k * high` is exact for every exponent k.
  private static let ln2High = 0x1.62e42feep-1
  private static let ln2Low = 0x1.a39ef35793c76p-33

  /// e to the power x. Zero below -745, infinity above 709.78. Relative error below 1e-15 between.
  public static func exp(_ x: Double) -> Double {
    if x.isNaN { return x }
    if x > 709.782712893384 { return .infinity }
    if x < -745.14 { return 0 }
    let scaled = x * 1.4426950408889634
    let k = Int(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
    let r = (x - Double(k) * ln2High) - Double(k) * ln2Low
    // Taylor's series on |r| <= 0.3466: the first term left out is below 5e-18.
    var sum = 1.0
    var n = 14.0
    while n >= 1 {
      sum = 1 + r * sum / n
      n -= 1
    }
    // Two steps, so that neither power of two leaves the normal range.
    let half = k / 2
    return sum * power(ofTwo: half) * power(ofTwo: k - half)
  }

  /// Natural logarithm. Negative infinity at zero, not a number below it. Relative error below 1e-15 away from one,
  /// absolute error below 1e-16 near it.
  public static func log(_ x: Double) -> Double {
    if x.isNaN || x < 0 { return .nan }
    if x == 0 { return -.infinity }
    if x.isInfinite { return x }
    var k = Int(x.exponent)
    var m = x.significand
    if m > 1.4142135623730951 {
      m *= 0.5
      k += 1
    }
    // log m = 2 artanh s, s = (m - 1) / (m + 1), |s| <= 0.1716: the series to s^23.
    let s = (m - 1) / (m + 1)
    let square = s * s
    var series = 0.0
    var n = 23.0
    while n >= 3 {
      series = square * (1 / n + series)
      n -= 2
    }
    return Double(k) * ln2High + (Double(k) * ln2Low + (2 * s + 2 * s * series))
  }

  /// x to the power y, for x above zero.
  public static func pow(_ x: Double, _ y: Double) -> Double { exp(y * log(x)) }

  /// The value below which a standard normal variable lies with probability `p`, 0 < p < 1. Relative error below
  /// 1e-15. Algorithm AS 241, PPND16 (Wichura, Applied Statistics 37, 1988).
  public static func normalQuantile(_ p: Double) -> Double {
    let q = p - 0.5
    if q.magnitude <= 0.425 {
      let r = 0.180625 - q * q
      return q * ratio(r, center.0, center.1)
    }
    let tail = q < 0 ? p : 1 - p
    if !(tail > 0) { return q < 0 ? -.infinity : .infinity }
    let r = (-log(tail)).squareRoot()
    let value = r <= 5 ? ratio(r - 1.6, middle.0, middle.1) : ratio(r - 5, far.0, far.1)
    return q < 0 ? -value : value
  }

  private typealias Eight = (Double, Double, Double, Double, Double, Double, Double, Double)

  private static func polynomial(_ r: Double, _ c: Eight) -> Double {
    ((((((c.7 * r + c.6) * r + c.5) * r + c.4) * r + c.3) * r + c.2) * r + c.1) * r + c.0
  }

  private static func ratio(_ r: Double, _ numerator: Eight, _ denominator: Eight) -> Double {
    polynomial(r, numerator) / polynomial(r, denominator)
  }

  private static let center: (Eight, Eight) = (
    (
      3.3871328727963666080, 1.3314166789178437745e+2, 1.9715909503065514427e+3, 1.3731693765509461125e+4,
      4.5921953931549871457e+4, 6.7265770927008700853e+4, 3.3430575583588128105e+4, 2.5090809287301226727e+3
    ),
    (
      1, 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3,
      2.1213794301586595867e+4, 3.9307895800092710610e+4, 2.8729085735721942674e+4, 5.2264952788528545610e+3
    )
  )
  private static let middle: (Eight, Eight) = (
    (
      1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550, 3.64784832476320460504,
      1.27045825245236838258, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4
    ),
    (
      1, 2.05319162663775882187, 1.67638483018380384940, 6.89767334985100004550e-1,
      1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
      1.05075007164441684324e-9
    )
  )
  private static let far: (Eight, Eight) = (
    (
      6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580, 2.96560571828504891230e-1,
      2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5,
      2.01033439929228813265e-7
    ),
    (
      1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
      7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
      2.04426310338993978564e-15
    )
  )

  /// 2 to the power k, -1022 <= k <= 1023.
  private static func power(ofTwo k: Int) -> Double { Double(bitPattern: UInt64(k + 1023) << 52) }
}
