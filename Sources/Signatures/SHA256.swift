// SHA-256 by swift-crypto.

internal import Crypto

/// The SHA-256 hash of `bytes`.
public func sha256(_ bytes: [UInt8]) -> Hash256 {
  Hash256(bytes: Array(SHA256.hash(data: bytes))) ?? .zero
}
