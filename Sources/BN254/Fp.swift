// The prime field of the curve BN254 (alt_bn128), in Montgomery form: x is kept as x * 2^256 mod p.
//
// Simulation grade, as this whole module: running times depend on the values, and nobody has audited it. It signs and
// checks in a laboratory; it must not guard money. Source of the curve: EIP-196 and EIP-197.

/// An element of the base field, always below p.
struct Fp: Equatable, Hashable, Sendable, BitwiseCopyable {
  var l0, l1, l2, l3: UInt64

  init(_ l0: UInt64, _ l1: UInt64, _ l2: UInt64, _ l3: UInt64) {
    self.l0 = l0
    self.l1 = l1
    self.l2 = l2
    self.l3 = l3
  }

  /// p = 36 u^4 + 36 u^3 + 24 u^2 + 6 u + 1, u = 4965661367192848881.
  static let modulus = Word256(
    0x3c20_8c16_d87c_fd47, 0x9781_6a91_6871_ca8d, 0xb850_45b6_8181_585d, 0x3064_4e72_e131_a029)
  /// (p + 1) / 4, the exponent of a square root, since p mod 4 is 3.
  private static let rootExponent = Word256(
    0x4f08_2305_b61f_3f52, 0x65e0_5aa4_5a1c_72a3, 0x6e14_116d_a060_5617, 0x0c19_139c_b84c_680a)
  /// p - 2, the exponent of an inverse.
  private static let inverseExponent = Word256(
    0x3c20_8c16_d87c_fd45, 0x9781_6a91_6871_ca8d, 0xb850_45b6_8181_585d, 0x3064_4e72_e131_a029)

  static let zero = Fp(0, 0, 0, 0)
  /// 2^256 mod p.
  static let one = Fp(
    0xd35d_438d_c58f_0d9d, 0x0a78_eb28_f5c7_0b3d, 0x666e_a36f_7879_462c, 0x0e0a_77c1_9a07_df2f)
  /// 2^512 mod p.
  private static let square256 = Fp(
    0xf32c_fc5b_538a_fa89, 0xb5e7_1911_d445_01fb, 0x47ab_1eff_0a41_7ff6, 0x06d8_9f71_cab8_351f)

  var isZero: Bool { l0 | l1 | l2 | l3 == 0 }

  /// Nil at p and above.
  init?(_ value: Word256) {
    guard value < Self.modulus else { return nil }
    self = Fp(value.l0, value.l1, value.l2, value.l3) * Self.square256
  }

  init(small: UInt64) { self = Fp(small, 0, 0, 0) * Self.square256 }

  /// Out of Montgomery form.
  var value: Word256 {
    let plain = self * Fp(1, 0, 0, 0)
    return Word256(plain.l0, plain.l1, plain.l2, plain.l3)
  }

  // MARK: - Arithmetic

  @inline(__always) static func + (a: Fp, b: Fp) -> Fp {
    var carry: UInt64 = 0
    let r0 = add(a.l0, b.l0, &carry)
    let r1 = add(a.l1, b.l1, &carry)
    let r2 = add(a.l2, b.l2, &carry)
    // Both are below 2^254: the last limb does not overflow.
    return Fp(r0, r1, r2, a.l3 &+ b.l3 &+ carry).reducedOnce
  }

  @inline(__always) static func - (a: Fp, b: Fp) -> Fp {
    var borrow: UInt64 = 0
    let r0 = subtract(a.l0, b.l0, &borrow)
    let r1 = subtract(a.l1, b.l1, &borrow)
    let r2 = subtract(a.l2, b.l2, &borrow)
    let r3 = subtract(a.l3, b.l3, &borrow)
    if borrow == 0 { return Fp(r0, r1, r2, r3) }
    var carry: UInt64 = 0
    let s0 = add(r0, p0, &carry)
    let s1 = add(r1, p1, &carry)
    let s2 = add(r2, p2, &carry)
    return Fp(s0, s1, s2, r3 &+ p3 &+ carry)
  }

  @inline(__always) static prefix func - (a: Fp) -> Fp { a.isZero ? a : .zero - a }

  @inline(__always) var doubled: Fp { self + self }
  var squared: Fp { self * self }

  /// The Montgomery product, by coarsely integrated operand scanning. The top bits of p are zero, so that no partial sum
  /// needs a fifth limb (G. Botrel and others, "no-carry" variant).
  static func * (a: Fp, b: Fp) -> Fp {
    var t0: UInt64 = 0
    var t1: UInt64 = 0
    var t2: UInt64 = 0
    var t3: UInt64 = 0
    accumulate(a, b.l0, &t0, &t1, &t2, &t3)
    accumulate(a, b.l1, &t0, &t1, &t2, &t3)
    accumulate(a, b.l2, &t0, &t1, &t2, &t3)
    accumulate(a, b.l3, &t0, &t1, &t2, &t3)
    return Fp(t0, t1, t2, t3).reducedOnce
  }

  func raised(to exponent: Word256) -> Fp {
    var result = Fp.one
    for k in (0..<exponent.bitWidth).reversed() {
      result = result.squared
      if exponent.bit(k) { result = result * self }
    }
    return result
  }

  /// Zero for zero.
  var inverse: Fp { raised(to: Self.inverseExponent) }

  /// The root that `self^((p + 1) / 4)` gives; nil when there is none.
  var squareRoot: Fp? {
    let root = raised(to: Self.rootExponent)
    return root.squared == self ? root : nil
  }

  // MARK: - Limbs

  private static let p0: UInt64 = 0x3c20_8c16_d87c_fd47
  private static let p1: UInt64 = 0x9781_6a91_6871_ca8d
  private static let p2: UInt64 = 0xb850_45b6_8181_585d
  private static let p3: UInt64 = 0x3064_4e72_e131_a029
  /// -1 / p mod 2^64.
  private static let negativeInverse: UInt64 = 0x87d2_0782_e486_6389

  @inline(__always) private var reducedOnce: Fp {
    var borrow: UInt64 = 0
    let r0 = Self.subtract(l0, Self.p0, &borrow)
    let r1 = Self.subtract(l1, Self.p1, &borrow)
    let r2 = Self.subtract(l2, Self.p2, &borrow)
    let r3 = Self.subtract(l3, Self.p3, &borrow)
    return borrow == 0 ? Fp(r0, r1, r2, r3) : self
  }

  /// t = (t + a * b + m * p) / 2^64, with the m that makes the division exact.
  @inline(__always) private static func accumulate(
    _ a: Fp, _ b: UInt64, _ t0: inout UInt64, _ t1: inout UInt64, _ t2: inout UInt64, _ t3: inout UInt64
  ) {
    var product: UInt64 = 0
    var reduction: UInt64 = 0
    let s0 = multiplyAdd(t0, a.l0, b, &product)
    let m = s0 &* negativeInverse
    _ = multiplyAdd(s0, m, p0, &reduction)
    t0 = multiplyAdd(multiplyAdd(t1, a.l1, b, &product), m, p1, &reduction)
    t1 = multiplyAdd(multiplyAdd(t2, a.l2, b, &product), m, p2, &reduction)
    t2 = multiplyAdd(multiplyAdd(t3, a.l3, b, &product), m, p3, &reduction)
    t3 = product &+ reduction
  }

  @inline(__always) private static func multiplyAdd(
    _ sum: UInt64, _ a: UInt64, _ b: UInt64, _ carry: inout UInt64
  ) -> UInt64 {
    let (high, low) = a.multipliedFullWidth(by: b)
    let (s1, o1) = low.addingReportingOverflow(sum)
    let (s2, o2) = s1.addingReportingOverflow(carry)
    carry = high &+ (o1 ? 1 : 0) &+ (o2 ? 1 : 0)
    return s2
  }

  @inline(__always) private static func add(_ a: UInt64, _ b: UInt64, _ carry: inout UInt64) -> UInt64 {
    let (s1, o1) = a.addingReportingOverflow(b)
    let (s2, o2) = s1.addingReportingOverflow(carry)
    carry = (o1 ? 1 : 0) &+ (o2 ? 1 : 0)
    return s2
  }

  @inline(__always) private static func subtract(_ a: UInt64, _ b: UInt64, _ borrow: inout UInt64) -> UInt64 {
    let (d1, o1) = a.subtractingReportingOverflow(b)
    let (d2, o2) = d1.subtractingReportingOverflow(borrow)
    borrow = (o1 ? 1 : 0) &+ (o2 ? 1 : 0)
    return d2
  }
}
