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
      recover(digest, compact: signature.bytes(65))
    }

    /// The same for the 65 bytes r, s, v. High is what lies above half the group's order (EIP-2).
    func recover(_ digest: Hash256, compact bytes: [UInt8]) -> Address? {
      guard bytes.count == 65, bytes[64] == 27 || bytes[64] == 28,
        !Self.halfOrder.lexicographicallyPrecedes(bytes[32..<64])
      else { return nil }
      var recoverable = secp256k1_ecdsa_recoverable_signature()
      guard
        unsafe secp256k1_ecdsa_recoverable_signature_parse_compact(
          context, &recoverable, bytes, Int32(bytes[64]) - 27) == 1
      else { return nil }
      var key = secp256k1_pubkey()
      guard unsafe secp256k1_ecdsa_recover(context, &key, &recoverable, digest.bytes) == 1 else { return nil }
      return address(of: &key)
    }

    /// Half of the group's order, rounded down, big-endian.
    private static let halfOrder: [UInt8] =
      [UInt8](repeating: 0xFF, count: 16).enumerated().map { $0.offset == 0 ? 0x7F : $0.element } + [
        0x5D, 0x57, 0x6E, 0x73, 0x57, 0xA4, 0x50, 0x1D, 0xDF, 0xE9, 0x2F, 0x46, 0x68, 0x1B, 0x20, 0xA0,
      ]

    private func address(of key: inout secp256k1_pubkey) -> Address {
      var serialized = [UInt8](repeating: 0, count: 65)
      var length = 65
      unsafe secp256k1_ec_pubkey_serialize(
        context, &serialized, &length, &key, UInt32(SECP256K1_EC_UNCOMPRESSED))
      return Address(keccak256(serialized.dropFirst()))
    }
  }
#endif

/// Recovers signers of ECDSA signatures over secp256k1, as the EVM's `ecrecover` with EIP-2's low s does.
public struct ECDSARecovery: Sendable {
  #if HAS_SECP256K1
    private let library = Secp256k1()
  #endif

  /// Throws where libsecp256k1 is not installed.
  public init() throws(SchemeUnavailable) {
    guard Signer.isAvailable(.ecdsaSecp256k1) else { throw SchemeUnavailable(scheme: .ecdsaSecp256k1) }
  }

  /// The address whose key made the 65-byte signature r, s, v over `digest`. Nil: v is neither 27 nor 28, s is high, r or
  /// s is out of range, or there is no such key.
  public func signer(of digest: Hash256, signature: [UInt8]) -> Address? {
    #if HAS_SECP256K1
      return library.recover(digest, compact: signature)
    #else
      return nil
    #endif
  }

  /// The address of a secret key; nil when it is zero or not below the group's order.
  public func address(ofSecret secret: [UInt8]) -> Address? {
    #if HAS_SECP256K1
      return library.address(ofSecret: secret)
    #else
      return nil
    #endif
  }
}
