// BLS signatures over BN254 as EigenLayer's operators make them: signatures and half of each key in the first group, the
// other half in the second. By the project's own `BN254`, which is simulation grade: no secret is worth keeping with it.

public import BN254

extension Word256 {
  /// A hash read as a number.
  public init(_ hash: Hash256) { self.init(hash.w3, hash.w2, hash.w1, hash.w0) }
}

/// A BLS key pair.
public struct BN254KeyPair: Sendable {
  private let secret: Word256
  public let publicKeyG1: G1
  public let publicKeyG2: G2

  /// Bytes of a signature on the wire: x and y, big-endian.
  public static let signatureBytes = 64

  /// Nil for a secret that is zero modulo the group's order. Cost: about 0.4 ms.
  public init?(secret: Word256) {
    let secret = secret.reducedToScalar
    guard !secret.isZero else { return nil }
    self.secret = secret
    publicKeyG1 = G1.generator.multiplied(by: secret)
    publicKeyG2 = G2.generator.multiplied(by: secret)
  }

  /// The secret times the point that the digest stands for. The same digest gives the same signature.
  public func sign(_ digest: Hash256) -> G1 { G1(hashing: Word256(digest)).multiplied(by: secret) }

  /// Whether `signature` is that of `key` over `digest`; or of several keys, when both are sums: then everybody must have
  /// proved to know a secret, which a simulation takes for granted. Cost: two pairings.
  public static func isValid(_ signature: G1, of digest: Hash256, by key: G2) -> Bool {
    !signature.isInfinity
      && pairingProductIsOne([(signature, -G2.generator), (G1(hashing: Word256(digest)), key)])
  }
}

extension Signature {
  /// x and y, big-endian.
  init(_ point: G1) { self = Signature(bytes: point.x.bytes + point.y.bytes) ?? .zero }

  /// Nil when it is no point of the curve.
  var point: G1? {
    let bytes = bytes(BN254KeyPair.signatureBytes)
    guard let x = Word256(bytes: bytes.prefix(32)), let y = Word256(bytes: bytes.suffix(32)) else {
      return nil
    }
    return try? G1(x: x, y: y)
  }
}
