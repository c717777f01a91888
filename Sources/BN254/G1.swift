// The first group: y^2 = x^3 + 3 over the prime field. Signatures and half of every public key are points of it.

/// The order of both groups.
public let groupOrder = Word256(
  0x43e1_f593_f000_0001, 0x2833_e848_79b9_7091, 0xb850_45b6_8181_585d, 0x3064_4e72_e131_a029)

extension Word256 {
  /// The remainder of the division by the groups' order.
  public var reducedToScalar: Word256 { reduced(modulo: groupOrder) }
}

/// A point of the first group; (0, 0) stands for the point at infinity, as in EIP-196.
public struct G1: Hashable, Sendable, BitwiseCopyable {
  let ax, ay: Fp

  private init(_ ax: Fp, _ ay: Fp) {
    self.ax = ax
    self.ay = ay
  }

  /// The group has the order of the whole curve: every point of the curve is in it.
  public init(x: Word256, y: Word256) throws(PointError) {
    guard let ax = Fp(x) else { throw .coordinateTooLarge(x) }
    guard let ay = Fp(y) else { throw .coordinateTooLarge(y) }
    self.init(ax, ay)
    if !isInfinity && ay.squared != Self.cubic(ax) { throw .notOnCurve }
  }

  init(_ point: Jacobian<Fp>) {
    if let affine = point.affine { self.init(affine.x, affine.y) } else { self.init(.zero, .zero) }
  }

  public static let infinity = G1(.zero, .zero)
  /// (1, 2).
  public static let generator = G1(.one, Fp.one.doubled)

  public var isInfinity: Bool { ax.isZero && ay.isZero }
  public var x: Word256 { ax.value }
  public var y: Word256 { ay.value }

  var jacobian: Jacobian<Fp> { Jacobian(isInfinity ? nil : (ax, ay)) }

  /// Costs one inversion; add up many points with `sum`.
  public static func + (a: G1, b: G1) -> G1 { G1(a.jacobian + b.jacobian) }
  public static prefix func - (a: G1) -> G1 { G1(a.ax, -a.ay) }
  public static func sum(_ points: some Sequence<G1>) -> G1 {
    G1(points.reduce(into: .infinity) { $0 = $0 + $1.jacobian })
  }

  /// Any scalar; it counts modulo the group's order.
  public func multiplied(by scalar: Word256) -> G1 { G1(jacobian.multiplied(by: scalar)) }

  /// The point that a digest stands for, as `BN254.hashToG1` of eigenlayer-contracts: the first x from digest mod p on
  /// for which x^3 + 3 is a square, with the root that the exponent (p + 1) / 4 gives. Two tries on average.
  ///
  /// The number of tries tells something about the digest: harmless here, where digests are public.
  public init(hashing digest: Word256) {
    guard var ax = Fp(digest.reduced(modulo: Fp.modulus)) else { preconditionFailure("reduced below p") }
    while true {
      if let ay = Self.cubic(ax).squareRoot {
        self.init(ax, ay)
        return
      }
      ax = ax + .one
    }
  }

  private static let b = Fp(small: 3)
  private static func cubic(_ x: Fp) -> Fp { x.squared * x + b }
}
