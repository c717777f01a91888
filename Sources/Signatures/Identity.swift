// Who a node is on the network: an Ed25519 key (RFC 8032), as libp2p identities are. Keys derive from a seed, so that
// any process of a cluster makes its own nodes' identities and everyone's public keys; this keeps strangers out, it
// keeps no secret from those who hold the scenario.

private import Basics
private import Crypto

/// An Ed25519 public key: 32 bytes.
@frozen public struct PublicKey: Hashable, Sendable, BitwiseCopyable {
  /// The bytes, big-endian in four words.
  public var w0, w1, w2, w3: UInt64

  public static let byteCount = 32

  /// Nil unless `bytes` are 32.
  public init?(bytes: Span<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    func word(_ k: Int) -> UInt64 { (0..<8).reduce(0) { $0 << 8 | UInt64(bytes[k * 8 + $1]) } }
    w0 = word(0)
    w1 = word(1)
    w2 = word(2)
    w3 = word(3)
  }

  public var bytes: [UInt8] {
    [w0, w1, w2, w3].flatMap { word in
      (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64($0))) }
    }
  }

  /// Whether `signature` is this key's over `message`. False for a signature of another length or a point not on the
  /// curve. Cost: about 50 us.
  public func isValid(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else { return false }
    return key.isValidSignature(signature, for: message)
  }
}

extension PublicKey: CustomStringConvertible {
  /// 64 hexadecimal digits.
  public var description: String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}

/// An Ed25519 key pair.
public struct Identity: Sendable {
  private let key: Curve25519.Signing.PrivateKey
  public let publicKey: PublicKey

  /// Bytes of a seed.
  public static let seedBytes = 32
  /// Bytes of a signature.
  public static let signatureBytes = 64

  /// The pair of a 32-byte seed (RFC 8032's private key). Requires exactly 32 bytes.
  public init(seed: [UInt8]) {
    precondition(seed.count == Self.seedBytes, "an Ed25519 seed has 32 bytes, not \(seed.count)")
    guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed),
      let publicKey = PublicKey(bytes: [UInt8](key.publicKey.rawRepresentation).span)
    else { preconditionFailure("every 32 bytes are an Ed25519 seed") }
    self.key = key
    self.publicKey = publicKey
  }

  /// The pair of node `node` in a run with `seed`. A pure function.
  public init(seed: UInt64, node: UInt32) {
    let random = HashRandom(seed: seed, .keys)
    // The high bit of the first argument keeps these draws apart from the signing keys of the same nodes.
    let words = (0..<4).map { random.bits(1 << 63 | UInt64(node), UInt64($0)) }
    self.init(
      seed: words.flatMap { word in
        (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64($0))) }
      })
  }

  /// 64 bytes.
  public func sign(_ message: [UInt8]) -> [UInt8] {
    guard let signature = try? key.signature(for: message) else {
      preconditionFailure("Ed25519 signs every message")
    }
    return [UInt8](signature)
  }
}
