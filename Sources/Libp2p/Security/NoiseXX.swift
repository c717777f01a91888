// The Noise Protocol Framework, revision 34, for one pattern and one suite: Noise_XX_25519_ChaChaPoly_SHA256.
// Names follow the text: `h`, `ck`, MixHash, MixKey, EncryptAndHash, Split (section 5). Primitives by swift-crypto.
//
//   -> e        <- e, ee, s, es        -> s, se
//
// This is the pattern alone, payloads opaque; libp2p's payload and framing are in `NoiseChannel`.

internal import Crypto
internal import Foundation

/// Why a Noise message is refused.
public enum NoiseError: Error, Equatable, Sendable {
  /// Shorter than its tokens and tags.
  case tooShort(bytes: Int, least: Int)
  /// Longer than Noise allows, or than the side takes.
  case tooLong(bytes: Int, most: Int)
  /// A tag does not fit: tampered with, replayed, out of order, or of another session.
  case notAuthentic
  /// A public key that gives no shared secret (a point of low order).
  case badKey
  /// 2^64 - 1 messages were sent: the session is used up.
  case exhausted
  /// libp2p's handshake payload is no such message, or lacks a field.
  case payloadMalformed
  /// The identity key in the payload is none that we take.
  case identityKey(HostKeyError)
  /// The payload's signature is not the identity key's over the static key.
  case identitySignature
}

/// One direction of an established session: key and counter.
struct NoiseCipher: Sendable {
  static let tagBytes = 16
  private let key: SymmetricKey
  private var counter: UInt64 = 0

  init(_ key: SymmetricKey) { self.key = key }

  private mutating func nonce() throws(NoiseError) -> ChaChaPoly.Nonce {
    guard counter < .max else { throw .exhausted }
    var bytes = [UInt8](repeating: 0, count: 12)
    for k in 0..<8 { bytes[4 + k] = UInt8(truncatingIfNeeded: counter >> UInt64(8 * k)) }
    counter += 1
    guard let nonce = try? ChaChaPoly.Nonce(data: bytes) else { preconditionFailure("a nonce has 12 bytes") }
    return nonce
  }

  /// Appends ciphertext and tag of `plain`.
  mutating func seal(
    _ plain: ArraySlice<UInt8>, ad: [UInt8] = [], into output: inout [UInt8]
  ) throws(NoiseError) {
    let nonce = try nonce()
    guard let box = try? ChaChaPoly.seal(plain, using: key, nonce: nonce, authenticating: ad) else {
      preconditionFailure("ChaChaPoly seals every message")
    }
    output += box.ciphertext
    output += box.tag
  }

  /// Appends the plaintext of `sealed`, ciphertext and tag.
  mutating func open(
    _ sealed: ArraySlice<UInt8>, ad: [UInt8] = [], into output: inout [UInt8]
  ) throws(NoiseError) {
    guard sealed.count >= Self.tagBytes else { throw .tooShort(bytes: sealed.count, least: Self.tagBytes) }
    let nonce = try nonce()
    guard
      let box = try? ChaChaPoly.SealedBox(
        nonce: nonce, ciphertext: sealed.dropLast(Self.tagBytes), tag: sealed.suffix(Self.tagBytes)),
      let plain = try? ChaChaPoly.open(box, using: key, authenticating: ad)
    else { throw .notAuthentic }
    output += plain
  }
}

/// An X25519 key pair of a handshake.
struct NoiseKeyPair: Sendable {
  let secret: Curve25519.KeyAgreement.PrivateKey
  let publicKey: [UInt8]

  /// From 32 secret bytes.
  init(secret: [UInt8]) {
    precondition(secret.count == 32, "an X25519 secret has 32 bytes, not \(secret.count)")
    guard let key = try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: secret) else {
      preconditionFailure("every 32 bytes are an X25519 secret")
    }
    self.secret = key
    publicKey = [UInt8](key.publicKey.rawRepresentation)
  }

  /// DH with a peer's public key.
  func shared(with other: [UInt8]) throws(NoiseError) -> [UInt8] {
    guard let key = try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: other),
      let secret = try? self.secret.sharedSecretFromKeyAgreement(with: key)
    else { throw .badKey }
    let bytes = unsafe secret.withUnsafeBytes { unsafe [UInt8]($0) }
    // A point of low order gives zero whatever our secret is (RFC 7748, section 6.1).
    guard bytes.contains(where: { $0 != 0 }) else { throw .badKey }
    return bytes
  }
}

/// The XX handshake of one side: write and read in turn, the initiator first, three messages, then `split`.
struct NoiseXX: Sendable {
  static let keyBytes = 32
  private static let name: [UInt8] = Array("Noise_XX_25519_ChaChaPoly_SHA256".utf8)

  let isInitiator: Bool
  private let ephemeral: NoiseKeyPair
  private let identity: NoiseKeyPair
  private var h: [UInt8]
  private var ck: [UInt8]
  private var cipher: NoiseCipher?
  private var remoteEphemeral: [UInt8] = []
  /// The peer's static key, once it came.
  private(set) var remoteStatic: [UInt8] = []
  /// Messages written and read so far.
  private(set) var messages = 0

  init(isInitiator: Bool, identity: NoiseKeyPair, ephemeral: NoiseKeyPair, prologue: [UInt8] = []) {
    self.isInitiator = isInitiator
    self.identity = identity
    self.ephemeral = ephemeral
    // The name has exactly 32 bytes, so it is the first hash itself (section 5.2).
    h = Self.name
    ck = Self.name
    mixHash(prologue[...])
  }

  /// The handshake hash: the same at both ends, and of this session alone.
  var hash: [UInt8] { h }
  var isWriting: Bool { messages < 3 && (messages % 2 == 0) == isInitiator }
  var isComplete: Bool { messages == 3 }

  /// The next message with `payload`. Requires our turn.
  mutating func write(_ payload: [UInt8]) throws(NoiseError) -> [UInt8] {
    precondition(isWriting, "the peer's turn")
    var message: [UInt8] = []
    switch messages {
    case 0: writeEphemeral(&message)
    case 1:
      writeEphemeral(&message)
      mixKey(try ephemeral.shared(with: remoteEphemeral))
      try encrypt(identity.publicKey[...], &message)
      mixKey(try identity.shared(with: remoteEphemeral))
    default:
      try encrypt(identity.publicKey[...], &message)
      mixKey(try identity.shared(with: remoteEphemeral))
    }
    try encrypt(payload[...], &message)
    messages += 1
    return message
  }

  /// Reads the peer's message and returns its payload. Requires the peer's turn. After an error the handshake is over.
  mutating func read(_ message: ArraySlice<UInt8>) throws(NoiseError) -> [UInt8] {
    precondition(!isWriting && !isComplete, "our turn")
    let sealedKey = Self.keyBytes + NoiseCipher.tagBytes
    let least = [
      Self.keyBytes, Self.keyBytes + sealedKey + NoiseCipher.tagBytes, sealedKey + NoiseCipher.tagBytes,
    ]
    guard message.count >= least[messages] else {
      throw .tooShort(bytes: message.count, least: least[messages])
    }
    var rest = message
    switch messages {
    case 0: readEphemeral(&rest)
    case 1:
      readEphemeral(&rest)
      mixKey(try ephemeral.shared(with: remoteEphemeral))
      remoteStatic = try decrypt(rest.prefix(sealedKey))
      rest = rest.dropFirst(sealedKey)
      mixKey(try ephemeral.shared(with: remoteStatic))
    default:
      remoteStatic = try decrypt(rest.prefix(sealedKey))
      rest = rest.dropFirst(sealedKey)
      mixKey(try ephemeral.shared(with: remoteStatic))
    }
    let payload = try decrypt(rest)
    messages += 1
    return payload
  }

  /// The two directions of the session. Requires a complete handshake.
  func split() -> (sending: NoiseCipher, receiving: NoiseCipher) {
    precondition(isComplete, "a handshake has three messages")
    let (first, second) = Self.hkdf(ck, [])
    let initiators = NoiseCipher(SymmetricKey(data: first))
    let responders = NoiseCipher(SymmetricKey(data: second))
    return isInitiator ? (initiators, responders) : (responders, initiators)
  }

  // MARK: Section 5.2

  private mutating func writeEphemeral(_ message: inout [UInt8]) {
    message += ephemeral.publicKey
    mixHash(ephemeral.publicKey[...])
  }

  private mutating func readEphemeral(_ rest: inout ArraySlice<UInt8>) {
    remoteEphemeral = Array(rest.prefix(Self.keyBytes))
    rest = rest.dropFirst(Self.keyBytes)
    mixHash(remoteEphemeral[...])
  }

  private mutating func mixHash(_ data: ArraySlice<UInt8>) {
    var hash = SHA256()
    hash.update(data: h)
    hash.update(data: data)
    h = Array(hash.finalize())
  }

  private mutating func mixKey(_ secret: [UInt8]) {
    let (chaining, key) = Self.hkdf(ck, secret)
    ck = chaining
    cipher = NoiseCipher(SymmetricKey(data: key))
  }

  private mutating func encrypt(_ plain: ArraySlice<UInt8>, _ message: inout [UInt8]) throws(NoiseError) {
    let start = message.count
    if cipher != nil { try cipher?.seal(plain, ad: h, into: &message) } else { message += plain }
    mixHash(message[start...])
  }

  private mutating func decrypt(_ sealed: ArraySlice<UInt8>) throws(NoiseError) -> [UInt8] {
    var plain: [UInt8] = []
    if cipher != nil { try cipher?.open(sealed, ad: h, into: &plain) } else { plain += sealed }
    mixHash(sealed)
    return plain
  }

  /// HKDF of section 4.3 with two outputs: RFC 5869 with the chaining key as salt and no info.
  private static func hkdf(_ chaining: [UInt8], _ input: [UInt8]) -> (first: [UInt8], second: [UInt8]) {
    let both = unsafe HKDF<SHA256>.deriveKey(
      inputKeyMaterial: SymmetricKey(data: input), salt: chaining, outputByteCount: 64
    ).withUnsafeBytes { unsafe [UInt8]($0) }
    return (Array(both[..<32]), Array(both[32...]))
  }
}
