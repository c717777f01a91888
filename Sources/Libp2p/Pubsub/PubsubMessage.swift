// One published message with its author (libp2p specs, *pubsub*, "The Message", "Message Signing"): signing, checking, and
// the id that follows. A message is passed on in the very bytes in which it came.
//
// Signed are the bytes `libp2p-pubsub:` and the message without signature and key, fields in the order of their numbers,
// unknown ones behind. (That is what the Go and Python implementations do; the key, when it is sent, is not signed.)

internal import Basics
internal import Signatures

/// What a topic's peers agree on about authors.
public enum SignaturePolicy: Sendable, CaseIterable {
  /// from, seqno and signature are there, and the signature is the author's.
  case strictSign
  /// None of them is there.
  case strictNoSign
}

/// Why a message is refused.
public enum MessageRefusal: Error, Equatable, Hashable, Sendable {
  /// No protobuf message.
  case malformed
  /// A field that has to be there, by number.
  case missing(field: UInt32)
  /// A field that must not be there, by number.
  case unexpected(field: UInt32)
  /// `from` is no peer id.
  case author
  /// `seqno` has not eight bytes.
  case sequenceNumber(bytes: Int)
  /// The key is not in the id and not in the message, or of a kind that we cannot use, or not that of the id.
  case key
  case signature
}

/// A message as it lies in its RPC.
public struct PubsubMessage: Equatable, Sendable {
  public private(set) var from: [UInt8] = []
  public private(set) var data: [UInt8] = []
  public private(set) var sequenceNumber: [UInt8] = []
  public private(set) var topic: [UInt8] = []
  public private(set) var signature: [UInt8] = []
  public private(set) var key: [UInt8] = []
  /// The message's own bytes, as they are passed on.
  public private(set) var encoded: [UInt8] = []
  /// Fields that the specification does not have, as they came.
  private var unknown: [UInt8] = []
  /// Which of fields 1 to 6 are there, a bit each.
  private var present: UInt8 = 0

  static let signingPrefix: [UInt8] = Array("libp2p-pubsub:".utf8)

  /// Writes a message of our own under `.strictSign`.
  public init(signedBy identity: HostIdentity, topic: [UInt8], data: [UInt8], sequenceNumber: UInt64) {
    let author = identity.peerID
    from = author.bytes
    self.data = data
    self.sequenceNumber = bigEndian([sequenceNumber])
    self.topic = topic
    present = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5
    signature = identity.sign(signedBytes)
    // A key that is in the id is not said twice (as Go does).
    if author.publicKey == nil { key = identity.publicKey.encoded }
    encoded = authored
    encoded.append(field: 5, signature)
    if !key.isEmpty {
      encoded.append(field: 6, key)
      present |= 1 << 6
    }
  }

  /// Writes a message of our own under `.strictNoSign`.
  public init(topic: [UInt8], data: [UInt8]) {
    self.data = data
    self.topic = topic
    present = 1 << 2 | 1 << 4
    encoded = authored
  }

  /// Reads the message at `range` of a frame. Fields given twice count as given last.
  public init(_ frame: Span<UInt8>, at range: ByteRange) throws(MessageRefusal) {
    var cursor = WireCursor(range)
    encoded = [UInt8](frame.extracting(range.indices))
    while true {
      let start = cursor.position
      let next: (field: UInt32, value: WireValue)?
      do throws(WireError) { next = try cursor.next(frame) } catch { throw .malformed }
      guard let (field, value) = next else { return }
      guard field <= 6 else {
        unknown.append(frame.extracting(start..<cursor.position))
        continue
      }
      guard case .bytes(let range) = value else { throw .malformed }
      let bytes = [UInt8](frame.extracting(range.indices))
      present |= 1 << UInt8(field)
      switch field {
      case 1: from = bytes
      case 2: data = bytes
      case 3: sequenceNumber = bytes
      case 4: topic = bytes
      case 5: signature = bytes
      default: key = bytes
      }
    }
  }

  private func has(_ field: UInt32) -> Bool { present & 1 << UInt8(field) != 0 }

  /// Fields 1 to 4, those that are there.
  private var authored: [UInt8] {
    var bytes: [UInt8] = []
    if has(1) { bytes.append(field: 1, from) }
    if has(2) { bytes.append(field: 2, data) }
    if has(3) { bytes.append(field: 3, sequenceNumber) }
    if has(4) { bytes.append(field: 4, topic) }
    return bytes
  }

  private var signedBytes: [UInt8] { Self.signingPrefix + authored + unknown }

  /// Whether the fields are there that the policy wants, and none that it forbids. Cheap.
  public func checkForm(_ policy: SignaturePolicy) throws(MessageRefusal) {
    switch policy {
    case .strictSign:
      for field: UInt32 in [1, 3, 5] where !has(field) { throw .missing(field: field) }
      guard sequenceNumber.count == 8 else { throw .sequenceNumber(bytes: sequenceNumber.count) }
    case .strictNoSign:
      for field: UInt32 in [1, 3, 5, 6] where has(field) { throw .unexpected(field: field) }
    }
  }

  /// Checks the author's signature; requires a form that `.strictSign` accepts. Cost: about 50 us.
  public func checkSignature() throws(MessageRefusal) {
    let author: PeerID
    do throws(PeerIDError) { author = try PeerID(bytes: from.span) } catch { throw .author }
    let known: HostPublicKey
    if let inlined = author.publicKey {
      known = inlined
    } else {
      guard let sent = try? HostPublicKey(decoding: key.span), sent.peerID == author else { throw .key }
      known = sent
    }
    if has(6), key != known.encoded { throw .key }
    guard known.isValid(signature, of: signedBytes) else { throw .signature }
  }

  /// The id that peers agree on: author and sequence number, or under `.strictNoSign` a hash of topic and data, as in Ethereum's
  /// consensus specs since Altair (p2p-interface, *The gossip domain*: MESSAGE_DOMAIN_VALID_SNAPPY, the topic's length, topic,
  /// data), but that data are taken as they are.
  public func id(_ policy: SignaturePolicy) -> [UInt8] {
    switch policy {
    case .strictSign: return from + sequenceNumber
    case .strictNoSign:
      let length = UInt64(topic.count)
      let head: [UInt8] =
        [1, 0, 0, 0] + (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * UInt64($0))) }
      return Array(sha256(head + topic + data).bytes.prefix(20))
    }
  }
}
