// `/plaintext/2.0.0` (libp2p specs, *plaintext*): both sides at once say id and key, `Exchange { id = 1, pubkey = 2 }`
// behind an unsigned varint, and the id has to be that of the key. Nothing is encrypted and nothing is proven: for tests
// and for networks where nobody lies.

internal import Basics

/// Why an exchange is refused.
public enum PlaintextError: Error, Equatable, Sendable {
  case tooLong(bytes: UInt64, most: Int)
  case malformed
  case key(HostKeyError)
  /// The id is not that of the key.
  case mismatch
}

/// The plaintext side of one connection.
struct PlaintextChannel: Sendable {
  /// Bytes of the longest exchange taken.
  static let exchangeBytesMaximum = 1_024

  private var partial: [UInt8] = []
  private(set) var remote: HostPublicKey?

  init(identity: HostIdentity, output: inout [UInt8]) {
    var exchange: [UInt8] = []
    exchange.append(field: 1, identity.peerID.bytes)
    exchange.append(field: 2, identity.publicKey.encoded)
    output += Varint.encoded(UInt64(exchange.count))
    output += exchange
  }

  var isEstablished: Bool { remote != nil }

  /// Takes bytes from the wire; what comes behind the exchange is the peer's speech.
  mutating func receive(_ bytes: Span<UInt8>, plain: inout [UInt8]) throws(PlaintextError) {
    guard remote == nil else {
      plain.append(bytes)
      return
    }
    partial.append(bytes)
    var start = 0
    let length: UInt64
    do throws(VarintError) { length = try Varint.decode(partial.span, at: &start) } catch {
      if error == .malformed || partial.count > 3 { throw .malformed }
      return
    }
    guard length <= UInt64(Self.exchangeBytesMaximum) else {
      throw .tooLong(bytes: length, most: Self.exchangeBytesMaximum)
    }
    let end = start + Int(length)
    guard partial.count >= end else { return }
    remote = try read(partial.span.extracting(start..<end))
    plain += partial[end...]
    partial = []
  }

  private func read(_ exchange: Span<UInt8>) throws(PlaintextError) -> HostPublicKey {
    var id: ByteRange?
    var key: ByteRange?
    var cursor = WireCursor(exchange)
    do throws(WireError) {
      while let (field, value) = try cursor.next(exchange) {
        switch (field, value) {
        case (1, .bytes(let range)): id = range
        case (2, .bytes(let range)): key = range
        case (1, _), (2, _): throw .fieldNumber(at: 0, UInt64(field))
        default: break
        }
      }
    } catch { throw .malformed }
    guard let id, let key else { throw .malformed }
    let found: HostPublicKey
    do throws(HostKeyError) {
      found = try HostPublicKey(decoding: exchange.extracting(key.indices))
    } catch { throw .key(error) }
    guard [UInt8](exchange.extracting(id.indices)) == found.peerID.bytes else { throw .mismatch }
    return found
  }
}
