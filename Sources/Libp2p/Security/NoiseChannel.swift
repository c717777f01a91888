// `/noise` (libp2p specs, *noise*): the XX handshake, messages behind two bytes of length, and in the handshake's second and
// third message a payload with the host's identity key and its signature over the Noise static key. Empty prologue.
//
// Early muxer negotiation (the payload's extensions) is not offered, and skipped when a peer offers it.

internal import Basics

/// Secrets of one handshake; never used before, drawn by the system.
public struct HandshakeSecrets: Sendable {
  /// X25519 secrets, 32 bytes each.
  public var identity: [UInt8]
  public var ephemeral: [UInt8]
  /// Requires twice 32 bytes.
  public init(identity: [UInt8], ephemeral: [UInt8]) {
    precondition(identity.count == 32, "a static secret has 32 bytes")
    precondition(ephemeral.count == 32, "an ephemeral secret has 32 bytes")
    self.identity = identity
    self.ephemeral = ephemeral
  }
}

/// The Noise side of one connection.
struct NoiseChannel: Sendable {
  /// Bytes of the longest message on the wire, without its length.
  static let messageBytesMaximum = 65_535
  /// Bytes of the longest handshake message taken: two keys, tags, an identity payload with room for extensions.
  static let handshakeBytesMaximum = 4_096
  /// Bytes of plaintext sent in one message.
  static let chunkBytes = 16_384
  static let signaturePrefix: [UInt8] = Array("noise-libp2p-static-key:".utf8)

  private var handshake: NoiseXX
  private let payload: [UInt8]
  private var sending: NoiseCipher?
  private var receiving: NoiseCipher?
  /// Length and beginning of a message whose end has not come.
  private var partial: [UInt8] = []
  private(set) var remote: HostPublicKey?
  /// Messages whose last byte came.
  private(set) var messagesReceived: UInt64 = 0

  init(isDialer: Bool, identity: HostIdentity, secrets: HandshakeSecrets) {
    let pair = NoiseKeyPair(secret: secrets.identity)
    handshake = NoiseXX(
      isInitiator: isDialer, identity: pair, ephemeral: NoiseKeyPair(secret: secrets.ephemeral))
    var payload: [UInt8] = []
    payload.append(field: 1, identity.publicKey.encoded)
    payload.append(field: 2, identity.sign(Self.signaturePrefix + pair.publicKey))
    self.payload = payload
  }

  /// Whether a message has begun and not ended.
  var isInsideMessage: Bool { !partial.isEmpty }

  /// Sends the first message if it is ours.
  mutating func begin(output: inout [UInt8]) throws(NoiseError) {
    if handshake.isInitiator { try writeHandshake([], &output) }
  }

  private mutating func writeHandshake(_ payload: [UInt8], _ output: inout [UInt8]) throws(NoiseError) {
    let message = try handshake.write(payload)
    output += [UInt8(message.count >> 8), UInt8(message.count & 0xFF)]
    output += message
  }

  /// Takes bytes from the wire; appends handshake answers to `output` and what the peer says to `plain`.
  mutating func receive(
    _ bytes: Span<UInt8>, output: inout [UInt8], plain: inout [UInt8]
  ) throws(NoiseError) {
    partial.append(bytes)
    var position = 0
    while partial.count - position >= 2 {
      let length = Int(partial[position]) << 8 | Int(partial[position + 1])
      if receiving == nil, length > Self.handshakeBytesMaximum {
        throw .tooLong(bytes: length, most: Self.handshakeBytesMaximum)
      }
      guard partial.count - position - 2 >= length else { break }
      let message = partial[position + 2..<position + 2 + length]
      position += 2 + length
      messagesReceived &+= 1
      if receiving != nil {
        try receiving?.open(message, into: &plain)
      } else {
        try readHandshake(message, &output)
      }
    }
    partial.removeFirst(position)
  }

  private mutating func readHandshake(
    _ message: ArraySlice<UInt8>, _ output: inout [UInt8]
  ) throws(NoiseError) {
    let received = try handshake.read(message)
    // The initiator's first message says nothing of its identity yet; whatever it says is not authentic.
    if handshake.messages > 1 { remote = try identity(in: received.span) }
    if handshake.isWriting { try writeHandshake(payload, &output) }
    if handshake.isComplete { (sending, receiving) = handshake.split() }
  }

  private func identity(in payload: Span<UInt8>) throws(NoiseError) -> HostPublicKey {
    var key: ByteRange?
    var signature: ByteRange?
    var cursor = WireCursor(payload)
    do throws(WireError) {
      while let (field, value) = try cursor.next(payload) {
        switch (field, value) {
        case (1, .bytes(let range)): key = range
        case (2, .bytes(let range)): signature = range
        case (1, _), (2, _): throw .fieldNumber(at: 0, UInt64(field))
        default: break
        }
      }
    } catch { throw .payloadMalformed }
    guard let key, let signature else { throw .payloadMalformed }
    let found: HostPublicKey
    do throws(HostKeyError) {
      found = try HostPublicKey(decoding: payload.extracting(key.indices))
    } catch { throw .identityKey(error) }
    let signed = Self.signaturePrefix + handshake.remoteStatic
    guard found.isValid([UInt8](payload.extracting(signature.indices)), of: signed) else {
      throw .identitySignature
    }
    return found
  }

  /// Whether both ends proved themselves and data may flow.
  var isEstablished: Bool { sending != nil }

  /// Appends `plain` as messages. Requires an established channel.
  mutating func seal(_ plain: [UInt8], into output: inout [UInt8]) throws(NoiseError) {
    precondition(sending != nil, "data before the handshake's end")
    var start = 0
    while start < plain.count {
      let end = min(start + Self.chunkBytes, plain.count)
      let length = end - start + NoiseCipher.tagBytes
      output += [UInt8(length >> 8), UInt8(length & 0xFF)]
      try sending?.seal(plain[start..<end], into: &output)
      start = end
    }
  }
}
