// `/ipfs/id/1.0.0` (libp2p specs, *identify*): what a host tells of itself on a stream that it opens for nothing else. One
// message behind an unsigned varint, then the end of the stream.

/// Why an identify message is refused.
public enum IdentifyError: Error, Equatable, Sendable {
  case wire(WireError)
  /// The message, or a part of it, is longer than its bound.
  case tooLong(bytes: UInt64, limit: Int)
  case tooManyAddresses(limit: Int)
  case tooManyProtocols(limit: Int)
  /// The length in front is malformed, or the stream ended inside the message.
  case frame
  case key(HostKeyError)
  /// The key is another than the one the connection was secured with.
  case keyMismatch
}

/// What a host says of itself.
public struct IdentifyMessage: Equatable, Sendable {
  public var publicKey: HostPublicKey?
  /// Where it listens; addresses of kinds not known here are left out.
  public var listenAddresses: [Multiaddr] = []
  public var protocols: [String] = []
  /// Where it sees us come from.
  public var observedAddress: Multiaddr?
  public var protocolVersion = ""
  public var agentVersion = ""

  /// Bytes of the longest message taken.
  public static let messageBytesMaximum = 16 << 10
  public static let addressesMaximum = 64
  public static let protocolsMaximum = 256
  /// Bytes of a protocol's name or a version.
  public static let textBytesMaximum = 256

  public init() {}

  /// The message behind its length.
  public var framed: [UInt8] {
    var message: [UInt8] = []
    if let publicKey { message.append(field: 1, publicKey.encoded) }
    for address in listenAddresses { message.append(field: 2, address.bytes) }
    for name in protocols { message.append(field: 3, Array(name.utf8)) }
    if let observedAddress { message.append(field: 4, observedAddress.bytes) }
    if !protocolVersion.isEmpty { message.append(field: 5, Array(protocolVersion.utf8)) }
    if !agentVersion.isEmpty { message.append(field: 6, Array(agentVersion.utf8)) }
    return Varint.encoded(UInt64(message.count)) + message
  }

  /// Reads the message, its length not included. Text that is no UTF-8 is repaired.
  public init(decoding message: Span<UInt8>) throws(IdentifyError) {
    guard message.count <= Self.messageBytesMaximum else {
      throw .tooLong(bytes: UInt64(message.count), limit: Self.messageBytesMaximum)
    }
    var cursor = WireCursor(message)
    while true {
      let next: (field: UInt32, value: WireValue)?
      do throws(WireError) { next = try cursor.next(message) } catch { throw .wire(error) }
      guard let (field, value) = next else { return }
      guard case .bytes(let range) = value else { continue }
      let bytes = message.extracting(range.indices)
      switch field {
      case 1:
        do throws(HostKeyError) { publicKey = try HostPublicKey(decoding: bytes) } catch { throw .key(error) }
      case 2:
        guard listenAddresses.count < Self.addressesMaximum else {
          throw .tooManyAddresses(limit: Self.addressesMaximum)
        }
        if let address = try? Multiaddr(decoding: bytes) { listenAddresses.append(address) }
      case 3:
        guard protocols.count < Self.protocolsMaximum else {
          throw .tooManyProtocols(limit: Self.protocolsMaximum)
        }
        protocols.append(try Self.text(bytes))
      case 4: observedAddress = try? Multiaddr(decoding: bytes)
      case 5: protocolVersion = try Self.text(bytes)
      case 6: agentVersion = try Self.text(bytes)
      default: break
      }
    }
  }

  private static func text(_ bytes: Span<UInt8>) throws(IdentifyError) -> String {
    guard bytes.count <= textBytesMaximum else {
      throw .tooLong(bytes: UInt64(bytes.count), limit: textBytesMaximum)
    }
    return String(decoding: [UInt8](bytes), as: UTF8.self)
  }
}
