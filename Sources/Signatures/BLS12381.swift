// BLS signatures over BLS12-381 by blst: keys in G1, signatures in G2, as Ethereum's validators sign. Built only when the
// library is installed; without it the scheme is refused at run time (`SchemeUnavailable`).
//
// Source: draft-irtf-cfrg-bls-signature, ciphersuite BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_.

#if HAS_BLST
  internal import CBLST

  /// A public key: a point of G1, of the right order and not infinity.
  public struct BLS12381PublicKey: Sendable {
    /// Bytes of the compressed form.
    public static let byteCount = 48
    fileprivate let point: blst_p1_affine

    fileprivate init(_ point: blst_p1_affine) { self.point = point }

    /// From its compressed form; nil for anything that is no key.
    public init?(bytes: [UInt8]) {
      var point = blst_p1_affine()
      guard bytes.count == Self.byteCount, unsafe blst_p1_uncompress(&point, bytes) == BLST_SUCCESS,
        unsafe blst_p1_affine_in_g1(&point), unsafe !blst_p1_affine_is_inf(&point)
      else { return nil }
      self.point = point
    }

    /// The compressed form.
    public var bytes: [UInt8] {
      var point = point
      var bytes = [UInt8](repeating: 0, count: Self.byteCount)
      unsafe blst_p1_affine_compress(&bytes, &point)
      return bytes
    }
  }

  /// A key pair.
  public struct BLS12381KeyPair: Sendable {
    /// Bytes of a compressed signature.
    public static let signatureBytes = 96
    private static let domain = Array("BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_".utf8)

    private let secret: blst_scalar
    public let publicKey: BLS12381PublicKey

    /// The pair that the standard's KeyGen derives from key material; nil below 32 bytes.
    public init?(material: [UInt8]) {
      guard material.count >= 32 else { return nil }
      var secret = blst_scalar()
      unsafe blst_keygen(&secret, material, material.count, nil, 0)
      self.init(secret)
    }

    /// The pair of a secret number, 32 bytes, big-endian; nil when it is zero or not below the group's order.
    public init?(secret bytes: [UInt8]) {
      var secret = blst_scalar()
      guard bytes.count == 32 else { return nil }
      unsafe blst_scalar_from_bendian(&secret, bytes)
      guard unsafe blst_sk_check(&secret) else { return nil }
      self.init(secret)
    }

    private init(_ scalar: blst_scalar) {
      var secret = scalar
      var point = blst_p1()
      var affine = blst_p1_affine()
      unsafe blst_sk_to_pk_in_g1(&point, &secret)
      unsafe blst_p1_to_affine(&affine, &point)
      self.secret = scalar
      publicKey = BLS12381PublicKey(affine)
    }

    /// 96 bytes. The same message gives the same signature.
    public func sign(_ message: [UInt8]) -> [UInt8] {
      var secret = secret
      var hash = blst_p2()
      var signature = blst_p2()
      var bytes = [UInt8](repeating: 0, count: Self.signatureBytes)
      unsafe blst_hash_to_g2(
        &hash, message, message.count, Self.domain, Self.domain.count, nil, 0)
      unsafe blst_sign_pk_in_g1(&signature, &hash, &secret)
      unsafe blst_p2_compress(&bytes, &signature)
      return bytes
    }

    /// Whether `signature` is that of `key` over `message`. Cost: two pairings, about a millisecond.
    public static func isValid(_ signature: [UInt8], of message: [UInt8], by key: BLS12381PublicKey) -> Bool {
      guard var point = point(signature), unsafe blst_p2_affine_in_g2(&point) else { return false }
      var key = key.point
      return unsafe blst_core_verify_pk_in_g1(
        &key, &point, true, message, message.count, domain, domain.count, nil, 0) == BLST_SUCCESS
    }

    /// Fast aggregate verification: whether `signature` is the sum of everybody's over one message. Two pairings, whatever
    /// the number of keys; false for none. Everybody must have proved to know a secret, which a simulation takes for granted.
    public static func isValid(
      _ signature: [UInt8], of message: [UInt8], byAll keys: [BLS12381PublicKey]
    ) -> Bool {
      guard !keys.isEmpty else { return false }
      var sum = blst_p1()
      for key in keys {
        var next = sum
        var point = key.point
        unsafe blst_p1_add_or_double_affine(&next, &sum, &point)
        sum = next
      }
      guard unsafe !blst_p1_is_inf(&sum) else { return false }
      var affine = blst_p1_affine()
      unsafe blst_p1_to_affine(&affine, &sum)
      return isValid(signature, of: message, by: BLS12381PublicKey(affine))
    }

    /// The sum of signatures; nil for none, and when one is no point of the curve.
    public static func aggregate(_ signatures: [[UInt8]]) -> [UInt8]? {
      guard !signatures.isEmpty else { return nil }
      var sum = blst_p2()
      for signature in signatures {
        guard var point = point(signature) else { return nil }
        var next = sum
        unsafe blst_p2_add_or_double_affine(&next, &sum, &point)
        sum = next
      }
      var bytes = [UInt8](repeating: 0, count: signatureBytes)
      unsafe blst_p2_compress(&bytes, &sum)
      return bytes
    }

    private static func point(_ signature: [UInt8]) -> blst_p2_affine? {
      var point = blst_p2_affine()
      guard signature.count == signatureBytes, unsafe blst_p2_uncompress(&point, signature) == BLST_SUCCESS
      else { return nil }
      return point
    }
  }
#endif
