// ECDSA over secp256k1 with recovery, by libsecp256k1: the signature of EigenLayer's ECDSA certificates. Built only
// when the library is installed; without it the scheme is refused at run time (`SchemeUnavailable`).

#if HAS_SECP256K1
  internal import CSecp256k1

  /// Signs and recovers. Owns one libsecp256k1 context; the context is read-only after creation.
  @safe final class Secp256k1: Sendable {
    private nonisolated(unsafe) let context: OpaquePointer

    init() {
      unsafe context = secp256k1_context_create(
        UInt32(SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY))
    }

    deinit { unsafe secp256k1_context_destroy(context) }

    /// The address of the key: the last 20 bytes of Keccak-256 of the uncompressed public key. Nil when `secret` is
    /// zero or not below the group order.
    func address(ofSecret secret: [UInt8]) -> Address? {
      guard secret.count == 32 else { return nil }
      var key = secp256k1_pubkey()
      guard unsafe secp256k1_ec_pubkey_create(context, &key, secret) == 1 else { return nil }
      return address(of: &key)
    }

    /// Deterministic (RFC 6979) low-s signature r, s, v with v 27 or 28.
    func sign(_ digest: Hash256, secret: [UInt8]) -> Signature? {
      var recoverable = secp256k1_ecdsa_recoverable_signature()
      guard
        unsafe secp256k1_ecdsa_sign_recoverable(context, &recoverable, digest.bytes, secret, nil, nil) == 1
      else { return nil }
      var compact = [UInt8](repeating: 0, count: 65)
      var recovery: Int32 = 0
      unsafe secp256k1_ecdsa_recoverable_signature_serialize_compact(
        context, &compact, &recovery, &recoverable)
      compact[64] = UInt8(27 + recovery)
      return Signature(bytes: compact)
    }

    /// The address whose key made `signature` over `digest`; nil when it is no signature at all or has a high s.
    func recover(_ digest: Hash256, _ signature: Signature) -> Address? {
      let bytes = signature.bytes(65)
      guard bytes[64] == 27 || bytes[64] == 28, bytes[32] < 0x80 else { return nil }
      var recoverable = secp256k1_ecdsa_recoverable_signature()
      guard
        unsafe secp256k1_ecdsa_recoverable_signature_parse_compact(
          context, &recoverable, bytes, Int32(bytes[64]) - 27) == 1
      else { return nil }
      var key = secp256k1_pubkey()
      guard unsafe secp256k1_ecdsa_recover(context, &key, &recoverable, digest.bytes) == 1 else { return nil }
      return address(of: &key)
    }

    private func address(of key: inout secp256k1_pubkey) -> Address {
      var serialized = [UInt8](repeating: 0, count: 65)
      var length = 65
      unsafe secp256k1_ec_pubkey_serialize(
        context, &serialized, &length, &key, UInt32(SECP256K1_EC_UNCOMPRESSED))
      return Address(keccak256(serialized.dropFirst()))
    }
  }
#endif

/// An Ethereum address: the last 20 bytes of a Keccak-256 hash.
public struct Address: Hashable, Sendable, BitwiseCopyable {
  public var high: UInt32
  public var middle: UInt64
  public var low: UInt64
  init(_ hash: Hash256) {
    high = UInt32(truncatingIfNeeded: hash.w1)
    middle = hash.w2
    low = hash.w3
  }
}
