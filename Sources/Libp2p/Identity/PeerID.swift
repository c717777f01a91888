// Peer ids (libp2p specs, *peer-ids*): the multihash of a public key. Keys of at most 42 bytes are in the id itself (code
// 0x00), longer ones are hashed (SHA-256, code 0x12). Written in base58btc; the CIDv1 form in base32 is read too.

internal import Signatures

/// Why something is no peer id.
public enum PeerIDError: Error, Equatable, Sendable {
  /// No multihash of a kind and length that peer ids have.
  case notAMultihash
  /// Text in neither of the two forms.
  case notText
}

/// A peer's name: what its key hashes to.
public struct PeerID: Hashable, Sendable {
  /// The multihash.
  public let bytes: [UInt8]

  /// Bytes of the longest id: an inlined key of 42 bytes.
  public static let byteCountMaximum = 44
  /// Bytes of the longest key that is inlined.
  public static let inlineBytesMaximum = 42

  public init(_ key: HostPublicKey) {
    let encoded = key.encoded
    if encoded.count <= Self.inlineBytesMaximum {
      bytes = [0x00, UInt8(encoded.count)] + encoded
    } else {
      bytes = [0x12, 0x20] + sha256(encoded).bytes
    }
  }

  /// Takes a multihash that a peer sent.
  public init(bytes: Span<UInt8>) throws(PeerIDError) {
    guard bytes.count >= 2, bytes.count <= Self.byteCountMaximum else { throw .notAMultihash }
    let length = Int(bytes[1])
    guard bytes.count == length + 2 else { throw .notAMultihash }
    switch bytes[0] {
    case 0x00: guard length > 0 else { throw .notAMultihash }
    case 0x12: guard length == 32 else { throw .notAMultihash }
    default: throw .notAMultihash
    }
    self.bytes = [UInt8](bytes)
  }

  /// Reads base58btc (`12D3Koo...`, `16Uiu2...`, `Qm...`) or a CIDv1 of codec libp2p-key in base32 (`bafz...`).
  public init(_ text: String) throws(PeerIDError) {
    if text.utf8.first == UInt8(ascii: "b"), text.utf8.count > 40 {
      guard let cid = Self.base32(text.utf8.dropFirst()), cid.count > 2, cid[0] == 0x01, cid[1] == 0x72 else {
        throw .notText
      }
      try self.init(bytes: cid.span.extracting(2...))
      return
    }
    guard let decoded = Base58.bytes(text, most: 64) else { throw .notText }
    try self.init(bytes: decoded.span)
  }

  /// The key that is inlined in the id; nil for a hashed or an unknown one.
  public var publicKey: HostPublicKey? {
    guard bytes[0] == 0x00 else { return nil }
    return try? HostPublicKey(decoding: bytes.span.extracting(2...))
  }

  /// RFC 4648 base32, lower case, no padding; nil for anything else or more than 128 characters.
  private static func base32(_ text: Substring.UTF8View.SubSequence) -> [UInt8]? {
    guard text.count <= 128 else { return nil }
    var bytes: [UInt8] = []
    var bits = 0
    var held: UInt32 = 0
    for character in text {
      let value: UInt8
      switch character {
      case UInt8(ascii: "a")...UInt8(ascii: "z"): value = character - UInt8(ascii: "a")
      case UInt8(ascii: "2")...UInt8(ascii: "7"): value = character - UInt8(ascii: "2") + 26
      default: return nil
      }
      held = held << 5 | UInt32(value)
      bits += 5
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: held >> UInt32(bits)))
        held &= 1 << UInt32(bits) - 1
      }
    }
    return held == 0 ? bytes : nil
  }
}

extension PeerID: CustomStringConvertible {
  /// Base58btc.
  public var description: String { Base58.text(bytes) }
}

extension PeerID: Comparable {
  /// By bytes, as numbers.
  public static func < (a: PeerID, b: PeerID) -> Bool { a.bytes.lexicographicallyPrecedes(b.bytes) }
}
