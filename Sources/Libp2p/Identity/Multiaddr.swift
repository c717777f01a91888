// Multiaddrs: addresses as a list of (protocol, value), in text and in bytes. The protocols that libp2p nodes put
// beside TCP are known by name so that their addresses can be read; only IP and TCP can be dialed here.

/// Why something is no multiaddr.
public enum MultiaddrError: Error, Equatable, Sendable {
  /// Does not begin with a slash, or ends with one.
  case slashes
  case unknownProtocol(String)
  case unknownCode(UInt64)
  /// A protocol that needs a value stands at the end.
  case missingValue(String)
  case badValue(String, of: String)
  case truncated
  case tooLong(bytes: Int, limit: Int)
}

/// An address.
public struct Multiaddr: Hashable, Sendable {
  /// One step of it.
  public struct Part: Hashable, Sendable {
    public let kind: Kind
    /// As in the binary form, without a length.
    public let value: [UInt8]
  }

  /// The protocols known here, by multicodec.
  public enum Kind: UInt64, Sendable, CaseIterable {
    case ip4 = 4
    case tcp = 6
    case ip6 = 41
    case ip6zone = 42
    case dns = 53
    case dns4 = 54
    case dns6 = 55
    case dnsaddr = 56
    case udp = 273
    case webrtcDirect = 280
    case circuit = 290
    case p2p = 421
    case tls = 448
    case sni = 449
    case noise = 454
    case quic = 460
    case quicV1 = 461
    case webtransport = 465
    case certhash = 466
    case ws = 477
    case wss = 478

    var name: String {
      switch self {
      case .webrtcDirect: "webrtc-direct"
      case .circuit: "p2p-circuit"
      case .quicV1: "quic-v1"
      default: "\(self)"
      }
    }

    /// Bytes of the value; nil for one with a length in front.
    var size: Int? {
      switch self {
      case .ip4: 4
      case .ip6: 16
      case .tcp, .udp: 2
      case .dns, .dns4, .dns6, .dnsaddr, .ip6zone, .p2p, .sni, .certhash: nil
      default: 0
      }
    }
  }

  /// Bytes of the longest address taken.
  public static let byteCountMaximum = 1_024

  public let parts: [Part]

  /// A TCP address; nil when `address` is no numeric IPv4 or IPv6 address.
  public init?(tcp address: String, port: UInt16, peer: PeerID? = nil) {
    var parts: [Part] = []
    if let ip4 = IPText.ip4(address) {
      parts.append(Part(kind: .ip4, value: ip4))
    } else if let ip6 = IPText.ip6(address) {
      parts.append(Part(kind: .ip6, value: ip6))
    } else {
      return nil
    }
    parts.append(Part(kind: .tcp, value: [UInt8(port >> 8), UInt8(port & 0xFF)]))
    if let peer { parts.append(Part(kind: .p2p, value: peer.bytes)) }
    self.parts = parts
  }

  /// Reads the text form, for instance `/ip4/127.0.0.1/tcp/4001/p2p/12D3Koo...`.
  public init(_ text: String) throws(MultiaddrError) {
    guard text.utf8.count <= 4 * Self.byteCountMaximum else {
      throw .tooLong(bytes: text.utf8.count, limit: 4 * Self.byteCountMaximum)
    }
    var words = text.split(separator: "/", omittingEmptySubsequences: false)[...]
    guard words.first == "", words.count > 1, words.last != "" else { throw .slashes }
    words.removeFirst()
    var parts: [Part] = []
    while let word = words.popFirst() {
      let name = word == "ipfs" ? "p2p" : String(word)
      guard let kind = Kind.allCases.first(where: { $0.name == name }) else {
        throw .unknownProtocol(String(word))
      }
      if kind.size == 0 {
        parts.append(Part(kind: kind, value: []))
        continue
      }
      guard let value = words.popFirst() else { throw .missingValue(name) }
      guard let bytes = Self.value(of: kind, String(value)) else { throw .badValue(String(value), of: name) }
      parts.append(Part(kind: kind, value: bytes))
    }
    self.parts = parts
  }

  /// Reads the binary form.
  public init(decoding bytes: Span<UInt8>) throws(MultiaddrError) {
    guard bytes.count <= Self.byteCountMaximum else {
      throw .tooLong(bytes: bytes.count, limit: Self.byteCountMaximum)
    }
    var parts: [Part] = []
    var position = 0
    while position < bytes.count {
      guard let code = try? Varint.decode(bytes, at: &position) else { throw .truncated }
      guard let kind = Kind(rawValue: code) else { throw .unknownCode(code) }
      var length = UInt64(kind.size ?? 0)
      if kind.size == nil {
        guard let said = try? Varint.decode(bytes, at: &position) else { throw .truncated }
        length = said
      }
      guard length <= UInt64(bytes.count - position) else { throw .truncated }
      parts.append(Part(kind: kind, value: [UInt8](bytes.extracting(position..<position + Int(length)))))
      position += Int(length)
    }
    self.parts = parts
  }

  /// The binary form.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    for part in parts {
      bytes += Varint.encoded(part.kind.rawValue)
      if part.kind.size == nil { bytes += Varint.encoded(UInt64(part.value.count)) }
      bytes += part.value
    }
    return bytes
  }

  /// The last peer named.
  public var peer: PeerID? {
    guard let part = parts.last(where: { $0.kind == .p2p }) else { return nil }
    return try? PeerID(bytes: part.value.span)
  }

  /// Numeric address and port of a plain TCP address, with or without a peer; nil for every other.
  public var tcp: (address: String, port: UInt16)? {
    guard parts.count >= 2, parts.count <= 3, parts[0].kind == .ip4 || parts[0].kind == .ip6,
      parts[1].kind == .tcp
    else { return nil }
    if parts.count == 3, parts[2].kind != .p2p { return nil }
    return (Self.text(of: parts[0]), UInt16(parts[1].value[0]) << 8 | UInt16(parts[1].value[1]))
  }

  private static func value(of kind: Kind, _ text: String) -> [UInt8]? {
    switch kind {
    case .ip4: return IPText.ip4(text)
    case .ip6: return IPText.ip6(text)
    case .tcp, .udp:
      guard let port = UInt16(text) else { return nil }
      return [UInt8(port >> 8), UInt8(port & 0xFF)]
    case .p2p: return (try? PeerID(text))?.bytes
    default:
      guard !text.isEmpty, text.utf8.count <= 253 else { return nil }
      return Array(text.utf8)
    }
  }

  private static func text(of part: Part) -> String {
    switch part.kind {
    case .ip4: part.value.map(String.init).joined(separator: ".")
    case .ip6: IPText.text(part.value)
    case .tcp, .udp: "\(UInt16(part.value[0]) << 8 | UInt16(part.value[1]))"
    case .p2p: (try? PeerID(bytes: part.value.span))?.description ?? Base58.text(part.value)
    default: String(decoding: part.value, as: UTF8.self)
    }
  }
}

extension Multiaddr: CustomStringConvertible {
  public var description: String {
    parts.map { part in
      "/\(part.kind.name)" + (part.kind.size == 0 ? "" : "/\(Self.text(of: part))")
    }.joined()
  }
}
