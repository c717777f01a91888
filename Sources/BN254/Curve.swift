// Points of a curve y^2 = x^3 + b in Jacobian coordinates, over either field: what G1 and G2 compute with.

/// What a point's coordinates must be able to do.
protocol CoordinateField: Equatable, Sendable, BitwiseCopyable {
  static var zero: Self { get }
  static var one: Self { get }
  var isZero: Bool { get }
  static func + (a: Self, b: Self) -> Self
  static func - (a: Self, b: Self) -> Self
  static prefix func - (a: Self) -> Self
  static func * (a: Self, b: Self) -> Self
  var squared: Self { get }
  var doubled: Self { get }
  var inverse: Self { get }
}

extension Fp: CoordinateField {}
extension Fp2: CoordinateField {}

/// (x / z^2, y / z^3); z is zero at infinity.
struct Jacobian<Field: CoordinateField>: Sendable, BitwiseCopyable {
  var x, y, z: Field

  init(_ x: Field, _ y: Field, _ z: Field) {
    self.x = x
    self.y = y
    self.z = z
  }

  /// Nil stands for the point at infinity.
  init(_ affine: (x: Field, y: Field)?) {
    if let affine { self.init(affine.x, affine.y, .one) } else { self = .infinity }
  }

  static var infinity: Self { Self(.one, .one, .zero) }
  var isInfinity: Bool { z.isZero }

  /// Nil for the point at infinity. One inversion.
  var affine: (x: Field, y: Field)? {
    if isInfinity { return nil }
    let inverse = z.inverse
    let square = inverse.squared
    return (x * square, y * square * inverse)
  }

  /// "dbl-2009-l" of the Explicit-Formulas Database, for a = 0.
  var doubled: Self {
    let a = x.squared
    let b = y.squared
    let c = b.squared
    let d = ((x + b).squared - a - c).doubled
    let e = a.doubled + a
    let x3 = e.squared - d.doubled
    return Self(x3, e * (d - x3) - c.doubled.doubled.doubled, (y * z).doubled)
  }

  /// "add-2007-bl" of the Explicit-Formulas Database, with its exceptions.
  static func + (p: Self, q: Self) -> Self {
    if p.isInfinity { return q }
    if q.isInfinity { return p }
    let z1 = p.z.squared
    let z2 = q.z.squared
    let u1 = p.x * z2
    let u2 = q.x * z1
    let s1 = p.y * q.z * z2
    let s2 = q.y * p.z * z1
    if u1 == u2 { return s1 == s2 ? p.doubled : .infinity }
    let h = u2 - u1
    let i = h.doubled.squared
    let j = h * i
    let r = (s2 - s1).doubled
    let v = u1 * i
    let x = r.squared - j - v.doubled
    return Self(
      x, r * (v - x) - (s1 * j).doubled, ((p.z + q.z).squared - z1 - z2) * h)
  }

  static prefix func - (p: Self) -> Self { Self(p.x, -p.y, p.z) }

  /// By windows of four bits, the highest first.
  func multiplied(by scalar: Word256) -> Self {
    var small = [Self.infinity, self]
    for k in 2..<16 { small.append(k % 2 == 0 ? small[k / 2].doubled : small[k - 1] + self) }
    var result = Self.infinity
    for window in (0..<(scalar.bitWidth + 3) / 4).reversed() {
      result = result.doubled.doubled.doubled.doubled
      let digit = Int(scalar[window / 16] >> UInt64(window % 16 * 4) & 15)
      if digit != 0 { result = result + small[digit] }
    }
    return result
  }

  static func == (p: Self, q: Self) -> Bool {
    if p.isInfinity || q.isInfinity { return p.isInfinity && q.isInfinity }
    let z1 = p.z.squared
    let z2 = q.z.squared
    return p.x * z2 == q.x * z1 && p.y * q.z * z2 == q.y * p.z * z1
  }
}

/// Why coordinates are not a point.
public enum PointError: Error, Sendable, Equatable {
  /// A coordinate is not below the field's prime.
  case coordinateTooLarge(Word256)
  case notOnCurve
  /// On the twist, but not of order r.
  case notInSubgroup
}
