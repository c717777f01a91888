// The keys of libp2p hosts (libp2p specs, *peer-ids*): `PublicKey { Type = 1, Data = 2 }`. Ed25519 always, secp256k1 when
// libsecp256k1 is installed. RSA and P-256 keys are recognised and refused.

public import Signatures

/// Kinds of keys, by the number that stands for them on the wire.
public enum KeyType: UInt64, Sendable, CaseIterable {
  case rsa = 0
  case ed25519 = 1
  case secp256k1 = 2
  case ecdsa = 3
}

/// Why bytes are no public key that we take.
public enum HostKeyError: Error, Equatable, Sendable {
  /// Not a protobuf message with both fields.
  case malformed
  /// A kind of key that this build cannot use.
  case unsupported(type: UInt64)
  /// The key has another length than its kind has, or is no point of its curve.
  case notAKey(KeyType, bytes: Int)
}

/// A host's public key.
public struct HostPublicKey: Hashable, Sendable {
  public let type: KeyType
  /// Ed25519: 32 bytes; secp256k1: 33, compressed.
  public let bytes: [UInt8]

  public init(_ key: PublicKey) {
    type = .ed25519
    bytes = key.bytes
  }

  init(_ type: KeyType, _ bytes: [UInt8]) {
    self.type = type
    self.bytes = bytes
  }

  /// Reads the protobuf message.
  public init(decoding encoded: Span<UInt8>) throws(HostKeyError) {
    var cursor = WireCursor(encoded)
    var type: UInt64?
    var data: ByteRange?
    do throws(WireError) {
      while let (field, value) = try cursor.next(encoded) {
        switch (field, value) {
        case (1, .integer(let number)): type = number
        case (2, .bytes(let range)): data = range
        case (1, _), (2, _): throw .fieldNumber(at: 0, UInt64(field))
        default: break
        }
      }
    } catch { throw .malformed }
    guard let type, let data else { throw .malformed }
    let bytes = [UInt8](encoded.extracting(data.indices))
    switch KeyType(rawValue: type) {
    case .ed25519:
      guard bytes.count == PublicKey.byteCount else { throw .notAKey(.ed25519, bytes: bytes.count) }
      self.init(.ed25519, bytes)
    case .secp256k1 where Secp256k1Identity.isAvailable:
      guard Secp256k1Identity.isPublicKey(bytes) else { throw .notAKey(.secp256k1, bytes: bytes.count) }
      self.init(.secp256k1, bytes)
    default: throw .unsupported(type: type)
    }
  }

  /// The protobuf message, in its one deterministic form.
  public var encoded: [UInt8] {
    var encoded: [UInt8] = [1 << 3, UInt8(type.rawValue)]
    encoded.append(field: 2, bytes)
    return encoded
  }

  /// Whether `signature` is this key's over `message`. Cost: about 50 us.
  public func isValid(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    switch type {
    case .ed25519: PublicKey(bytes: bytes.span)?.isValid(signature, of: message) ?? false
    case .secp256k1: Secp256k1Identity.isValid(signature, of: sha256(message), by: bytes)
    case .rsa, .ecdsa: false
    }
  }

  public var peerID: PeerID { PeerID(self) }
}

/// A host's key pair.
public enum HostIdentity: Sendable {
  case ed25519(Identity)
  case secp256k1(Secp256k1Identity)

  public var publicKey: HostPublicKey {
    switch self {
    case .ed25519(let identity): HostPublicKey(identity.publicKey)
    case .secp256k1(let identity): HostPublicKey(.secp256k1, identity.publicKey)
    }
  }

  public var peerID: PeerID { publicKey.peerID }

  public func sign(_ message: [UInt8]) -> [UInt8] {
    switch self {
    case .ed25519(let identity): identity.sign(message)
    case .secp256k1(let identity): identity.sign(sha256(message))
    }
  }
}
