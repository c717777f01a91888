// The second group: the points of order r on the twist y^2 = x^3 + 3 / (9 + i) over Fp2. The other half of public keys.

/// A point of the second group, always of order r; zero coordinates stand for the point at infinity, as in EIP-197.
public struct G2: Hashable, Sendable, BitwiseCopyable {
  /// An element of the quadratic extension: c0 + c1 i.
  public struct Coordinate: Hashable, Sendable, BitwiseCopyable {
    public var c0, c1: Word256
    public init(c0: Word256, c1: Word256) {
      self.c0 = c0
      self.c1 = c1
    }
  }

  let ax, ay: Fp2

  private init(_ ax: Fp2, _ ay: Fp2) {
    self.ax = ax
    self.ay = ay
  }

  /// Checks the curve and the order, as the pairing precompile does.
  public init(x: Coordinate, y: Coordinate) throws(PointError) {
    self.init(try Self.element(x), try Self.element(y))
    if isInfinity { return }
    if ay.squared != ax.squared * ax + Self.b { throw .notOnCurve }
    if !Self.hasOrder(ax, ay) { throw .notInSubgroup }
  }

  init(_ point: Jacobian<Fp2>) {
    if let affine = point.affine { self.init(affine.x, affine.y) } else { self.init(.zero, .zero) }
  }

  private static func element(_ c: Coordinate) throws(PointError) -> Fp2 {
    guard let c0 = Fp(c.c0) else { throw .coordinateTooLarge(c.c0) }
    guard let c1 = Fp(c.c1) else { throw .coordinateTooLarge(c.c1) }
    return Fp2(c0, c1)
  }

  public static let infinity = G2(.zero, .zero)
  /// The generator of EIP-197.
  public static let generator: G2 = {
    func element(_ c0: String, _ c1: String) -> Fp2 {
      guard let c0 = Word256(decimal: c0).flatMap({ Fp($0) }),
        let c1 = Word256(decimal: c1).flatMap({ Fp($0) })
      else { preconditionFailure("the generator's coordinates are below p") }
      return Fp2(c0, c1)
    }
    return G2(
      element(
        "10857046999023057135944570762232829481370756359578518086990519993285655852781",
        "11559732032986387107991004021392285783925812861821192530917403151452391805634"),
      element(
        "8495653923123431417604973247489272438418190587263600148770280649306958101930",
        "4082367875863433681332203403145435568316851327593401208105741076214120093531"))
  }()

  public var isInfinity: Bool { ax.isZero && ay.isZero }
  public var x: Coordinate { Coordinate(c0: ax.c0.value, c1: ax.c1.value) }
  public var y: Coordinate { Coordinate(c0: ay.c0.value, c1: ay.c1.value) }

  var jacobian: Jacobian<Fp2> { Jacobian(isInfinity ? nil : (ax, ay)) }

  public static func + (a: G2, b: G2) -> G2 { G2(a.jacobian + b.jacobian) }
  public static prefix func - (a: G2) -> G2 { G2(a.ax, -a.ay) }
  public static func sum(_ points: some Sequence<G2>) -> G2 {
    G2(points.reduce(into: .infinity) { $0 = $0 + $1.jacobian })
  }

  /// Any scalar; it counts modulo the group's order.
  public func multiplied(by scalar: Word256) -> G2 { G2(jacobian.multiplied(by: scalar)) }

  /// 3 / (9 + i).
  private static let b = Fp2(Fp(small: 3), .zero) * Fp2.xi.inverse
  static var twistB: Fp2 { b }

  /// The Frobenius map carried over to the twist.
  static func frobenius(_ x: Fp2, _ y: Fp2) -> (x: Fp2, y: Fp2) {
    (x.conjugate * Fp12.frobeniusCoefficients[2], y.conjugate * Fp12.frobeniusCoefficients[3])
  }

  /// 6 u^2 = t - 1, t the trace of Frobenius.
  private static let traceLessOne = Word256(0xf83e_9682_e87c_fd46, 0x6f4d_8248_eeb8_59fb)

  /// Whether r times the point is infinity. On the twist the Frobenius map F satisfies F^2 - t F + p = 0; so F(Q) =
  /// (t - 1) Q gives (p + 1 - t) Q = r Q = 0, and on the group itself F is multiplication by p = t - 1 mod r.
  private static func hasOrder(_ x: Fp2, _ y: Fp2) -> Bool {
    Jacobian(frobenius(x, y)) == Jacobian((x, y)).multiplied(by: traceLessOne)
  }
}
