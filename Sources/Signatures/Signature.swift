// A signature as a plain value, wide enough for every scheme.

/// Up to 96 signature bytes in twelve words; schemes use their first `SignatureScheme.signatureBytes`.
@frozen public struct Signature: Hashable, Sendable, BitwiseCopyable {
  public var w0, w1, w2, w3, w4, w5, w6, w7, w8, w9, w10, w11: UInt64
  public static let zero = Signature()
  public init() {
    w0 = 0; w1 = 0; w2 = 0; w3 = 0; w4 = 0; w5 = 0; w6 = 0; w7 = 0; w8 = 0; w9 = 0; w10 = 0; w11 = 0
  }
}

/// How attestations and certificates are signed.
public enum SignatureScheme: String, CaseIterable, Sendable, Codable {
  case ecdsaSecp256k1 = "ecdsa-secp256k1"
  case bn254
  case bls12381 = "bls12-381"
  case ed25519

  /// Bytes of one signature on the wire. ECDSA: r, s, v as EigenLayer's ECDSA certificates; BN254: an uncompressed
  /// G1 point; BLS12-381: a compressed G2 point.
  public var signatureBytes: Int {
    switch self {
    case .ecdsaSecp256k1: 65
    case .bn254, .ed25519: 64
    case .bls12381: 96
    }
  }
}

/// Whether signatures are computed or only priced.
public enum SignatureMode: String, Sendable, Codable {
  /// Computed and checked with the scheme's library.
  case real
  /// Same sizes, cost charged as time, validity decided by a keyed hash instead of a curve.
  case modelled
}
