// The cubic extension of Fp2: c0 + c1 v + c2 v^2 with v^3 = xi.

/// c0 + c1 v + c2 v^2.
struct Fp6: Equatable, Sendable, BitwiseCopyable {
  var c0, c1, c2: Fp2

  init(_ c0: Fp2, _ c1: Fp2, _ c2: Fp2) {
    self.c0 = c0
    self.c1 = c1
    self.c2 = c2
  }

  static let zero = Fp6(.zero, .zero, .zero)
  static let one = Fp6(.one, .zero, .zero)

  static func + (a: Fp6, b: Fp6) -> Fp6 { Fp6(a.c0 + b.c0, a.c1 + b.c1, a.c2 + b.c2) }
  static func - (a: Fp6, b: Fp6) -> Fp6 { Fp6(a.c0 - b.c0, a.c1 - b.c1, a.c2 - b.c2) }
  static prefix func - (a: Fp6) -> Fp6 { Fp6(-a.c0, -a.c1, -a.c2) }

  /// Karatsuba: six products.
  static func * (a: Fp6, b: Fp6) -> Fp6 {
    let v0 = a.c0 * b.c0
    let v1 = a.c1 * b.c1
    let v2 = a.c2 * b.c2
    return Fp6(
      ((a.c1 + a.c2) * (b.c1 + b.c2) - v1 - v2).timesXi + v0,
      (a.c0 + a.c1) * (b.c0 + b.c1) - v0 - v1 + v2.timesXi,
      (a.c0 + a.c2) * (b.c0 + b.c2) - v0 - v2 + v1)
  }

  static func * (a: Fp6, b: Fp2) -> Fp6 { Fp6(a.c0 * b, a.c1 * b, a.c2 * b) }

  /// self * (b0 + b1 v): five products.
  func times(_ b0: Fp2, _ b1: Fp2) -> Fp6 {
    let v0 = c0 * b0
    let v1 = c1 * b1
    return Fp6(
      ((c1 + c2) * b1 - v1).timesXi + v0, (c0 + c1) * (b0 + b1) - v0 - v1, (c0 + c2) * b0 - v0 + v1)
  }

  /// self * v.
  var timesV: Fp6 { Fp6(c2.timesXi, c0, c1) }

  var squared: Fp6 { self * self }

  /// Zero for zero.
  var inverse: Fp6 {
    let t0 = c0.squared - (c1 * c2).timesXi
    let t1 = c2.squared.timesXi - c0 * c1
    let t2 = c1.squared - c0 * c2
    let norm = ((c2 * t1 + c1 * t2).timesXi + c0 * t0).inverse
    return Fp6(t0 * norm, t1 * norm, t2 * norm)
  }
}
