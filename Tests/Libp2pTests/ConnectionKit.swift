// Two ends of a libp2p connection with a wire between them that a test can cut, change and delay.

import Basics
import Libp2p
import Signatures

/// Settings for tests: identity `node` of a fixed seed.
func settings(_ node: UInt32, _ security: SecurityProtocol = .noise) -> ConnectionSettings {
  var settings = ConnectionSettings(identity: .ed25519(Identity(seed: 3, node: node)))
  settings.security = [security]
  settings.agentVersion = "end \(node)"
  return settings
}

/// Secrets that are the same in every run; real ones never are.
func secrets(_ number: UInt8) -> HandshakeSecrets {
  HandshakeSecrets(
    identity: [UInt8](repeating: number, count: 32), ephemeral: [UInt8](repeating: number ^ 0x55, count: 32))
}

final class Link {
  var dialer: PeerConnection
  var listener: PeerConnection
  var now = Instant(nanoseconds: 1)
  /// Bytes that one read takes at most.
  var chunk = Int.max
  var toListener: [UInt8] = []
  var toDialer: [UInt8] = []
  var dialerEvents: [ConnectionEvent] = []
  var listenerEvents: [ConnectionEvent] = []

  init(
    _ dialing: ConnectionSettings = settings(0), _ listening: ConnectionSettings = settings(1),
    expecting: PeerID? = nil
  ) {
    dialer = PeerConnection(
      dialing, isDialer: true, expecting: expecting, secrets: secrets(1), at: Instant(nanoseconds: 1))
    listener = PeerConnection(listening, isDialer: false, secrets: secrets(2), at: Instant(nanoseconds: 1))
  }

  var dialerIsReady: Bool { dialer.isReady }
  var listenerIsReady: Bool { listener.isReady }
  func dialerSends(_ rpc: [UInt8]) -> Bool { dialer.send(rpc: rpc.span) }
  func listenerSends(_ rpc: [UInt8]) -> Bool { listener.send(rpc: rpc.span) }
  func dialerPings(_ payload: [UInt8]) -> Bool { dialer.ping(payload, at: now) }

  /// Carries bytes both ways until nobody has more to say. Everything said is kept in `toListener`, `toDialer`.
  func drive() {
    while !dialer.output.isEmpty || !listener.output.isEmpty {
      let forth = dialer.output
      dialer.output = []
      toListener += forth
      let now = now
      let chunk = chunk
      pieces(of: forth, chunk) { listener.receive($0, at: now) }
      let back = listener.output
      listener.output = []
      toDialer += back
      pieces(of: back, chunk) { dialer.receive($0, at: now) }
      dialerEvents += dialer.events
      dialer.events = []
      listenerEvents += listener.events
      listener.events = []
    }
    dialerEvents += dialer.events
    dialer.events = []
    listenerEvents += listener.events
    listener.events = []
  }
}

/// Hands out `bytes` in pieces of at most `chunk`.
func pieces(of bytes: [UInt8], _ chunk: Int, _ take: (Span<UInt8>) -> Void) {
  var position = 0
  while position < bytes.count {
    let end = position + min(chunk, bytes.count - position)
    take(bytes.span.extracting(position..<end))
    position = end
  }
}

/// The dialer's end made by hand: speaks plaintext and yamux, frame by frame, as a test says.
final class HandMade {
  var listener: PeerConnection
  var now = Instant(nanoseconds: 1)
  let identity = HostIdentity.ed25519(Identity(seed: 3, node: 7))

  init(_ change: (inout ConnectionSettings) -> Void = { _ in }) {
    var settings = settings(1, .plaintext)
    change(&settings)
    listener = PeerConnection(settings, isDialer: false, secrets: secrets(2), at: Instant(nanoseconds: 1))
  }

  var events: [ConnectionEvent] { listener.events }

  /// What a dialer says up to the first stream.
  var greeting: [UInt8] {
    var exchange: [UInt8] = [0x0A, 38] + identity.peerID.bytes
    exchange += [0x12, 36] + identity.publicKey.encoded
    return line("/multistream/1.0.0") + line("/plaintext/2.0.0") + [UInt8(exchange.count)] + exchange
      + line("/multistream/1.0.0") + line("/yamux/1.0.0")
  }

  /// Says `bytes` and returns the answer.
  @discardableResult func say(_ bytes: [UInt8], chunk: Int = .max) -> [UInt8] {
    let now = now
    pieces(of: bytes, chunk) { listener.receive($0, at: now) }
    defer { listener.output = [] }
    return listener.output
  }

  /// Opens stream `id` and proposes `name`.
  func opening(_ id: UInt32, _ name: String) -> [UInt8] {
    let text = line("/multistream/1.0.0") + line(name)
    return header(0, 1, id, UInt32(text.count)) + text
  }

  /// The dialer's answer to the listener's proposals on stream `id`.
  func answer(_ id: UInt32, _ texts: String...) -> [UInt8] {
    let text = line("/multistream/1.0.0") + texts.flatMap(line)
    return header(0, 2, id, UInt32(text.count)) + text
  }

  func data(_ id: UInt32, _ bytes: [UInt8]) -> [UInt8] { header(0, 0, id, UInt32(bytes.count)) + bytes }
}

/// Whether `bytes` has `part` in it.
func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
  guard bytes.count >= part.count else { return false }
  return (0...bytes.count - part.count).contains { Array(bytes[$0..<$0 + part.count]) == part }
}
