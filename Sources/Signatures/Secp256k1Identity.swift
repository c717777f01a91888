// secp256k1 as libp2p identities use it (libp2p specs, *peer-ids*, Secp256k1): compressed public keys, ECDSA over a SHA-256
// digest, DER signatures. By libsecp256k1; without the library no such key is made and none is accepted.

#if HAS_SECP256K1
  internal import CSecp256k1

  /// The library's context, made once: read-only after creation.
  @safe private final class Context: Sendable {
    static let shared = Context()
    nonisolated(unsafe) let raw: OpaquePointer
    private init() {
      unsafe raw = secp256k1_context_create(UInt32(SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY))
    }
    deinit { unsafe secp256k1_context_destroy(raw) }
  }
#endif

/// A secp256k1 key pair for identities.
public struct Secp256k1Identity: Sendable {
  private let secret: [UInt8]
  /// The compressed public key, 33 bytes.
  public let publicKey: [UInt8]

  /// Bytes of a compressed public key.
  public static let publicKeyBytes = 33
  /// Bytes of the longest DER signature.
  public static let signatureBytesMaximum = 72

  /// Whether this build has the library.
  public static var isAvailable: Bool {
    #if HAS_SECP256K1
      true
    #else
      false
    #endif
  }

  /// The pair of a 32-byte secret. Nil when the secret is zero or not below the group order, or the library is absent.
  public init?(secret: [UInt8]) {
    #if HAS_SECP256K1
      guard secret.count == 32 else { return nil }
      var key = secp256k1_pubkey()
      guard unsafe secp256k1_ec_pubkey_create(Context.shared.raw, &key, secret) == 1 else { return nil }
      var serialized = [UInt8](repeating: 0, count: Self.publicKeyBytes)
      var length = Self.publicKeyBytes
      unsafe secp256k1_ec_pubkey_serialize(
        Context.shared.raw, &serialized, &length, &key, UInt32(SECP256K1_EC_COMPRESSED))
      self.secret = secret
      publicKey = serialized
    #else
      return nil
    #endif
  }

  /// The DER signature over a digest: deterministic (RFC 6979), low s.
  public func sign(_ digest: Hash256) -> [UInt8] {
    #if HAS_SECP256K1
      var signature = secp256k1_ecdsa_signature()
      guard
        unsafe secp256k1_ecdsa_sign(Context.shared.raw, &signature, digest.bytes, secret, nil, nil) == 1
      else { preconditionFailure("libsecp256k1 refused to sign with a key that it accepted") }
      var encoded = [UInt8](repeating: 0, count: Self.signatureBytesMaximum)
      var length = Self.signatureBytesMaximum
      guard
        unsafe secp256k1_ecdsa_signature_serialize_der(Context.shared.raw, &encoded, &length, &signature) == 1
      else { preconditionFailure("a DER signature has at most 72 bytes") }
      return Array(encoded[..<length])
    #else
      preconditionFailure("no key of this kind was made")
    #endif
  }

  /// Whether 33 bytes are a point of the curve. False without the library.
  public static func isPublicKey(_ bytes: [UInt8]) -> Bool {
    #if HAS_SECP256K1
      guard bytes.count == publicKeyBytes else { return false }
      var key = secp256k1_pubkey()
      return unsafe secp256k1_ec_pubkey_parse(Context.shared.raw, &key, bytes, bytes.count) == 1
    #else
      return false
    #endif
  }

  /// Whether the DER `signature` over `digest` is that of the compressed `publicKey`; a high s is taken too, as other
  /// implementations do. False without the library.
  public static func isValid(_ signature: [UInt8], of digest: Hash256, by publicKey: [UInt8]) -> Bool {
    #if HAS_SECP256K1
      guard publicKey.count == publicKeyBytes, signature.count <= signatureBytesMaximum else { return false }
      var key = secp256k1_pubkey()
      guard unsafe secp256k1_ec_pubkey_parse(Context.shared.raw, &key, publicKey, publicKey.count) == 1 else {
        return false
      }
      var parsed = secp256k1_ecdsa_signature()
      guard
        unsafe secp256k1_ecdsa_signature_parse_der(Context.shared.raw, &parsed, signature, signature.count)
          == 1
      else { return false }
      var low = secp256k1_ecdsa_signature()
      unsafe _ = secp256k1_ecdsa_signature_normalize(Context.shared.raw, &low, &parsed)
      return unsafe secp256k1_ecdsa_verify(Context.shared.raw, &low, digest.bytes, &key) == 1
    #else
      return false
    #endif
  }
}
