// One connection of the transport: first its session, then its frames.

internal import Basics
internal import Gossip
internal import Libp2p
internal import Signatures
internal import UV

/// One end of a link, from the first byte of its session on.
final class Link: ConnectionHandler {
  private unowned let transport: Transport
  private var session: Session
  private var stream: FrameStream
  /// The hosted node.
  let node: Int
  /// Its slot to the peer: known from the start to the dialer, from the peer's key to the listener.
  var slot: Int?
  let isInbound: Bool
  /// Whether the session is established and the transport has taken the link.
  var isUp = false
  var connection: Connection?

  init(_ transport: Transport, _ session: Session, node: Int, slot: Int?) {
    self.transport = transport
    self.session = session
    self.node = node
    self.slot = slot
    isInbound = slot == nil
    stream = FrameStream(frameBytesMaximum: Session.frameBytesMaximum)
  }

  /// The connection stands: says hello.
  func begin() { send(session.hello) }

  func connected(_ connection: Connection) { begin() }

  func received(_ bytes: Span<UInt8>, on connection: Connection) {
    if isUp {
      takeFrames(bytes, connection)
      return
    }
    var rest = bytes
    while !isUp {
      // A step may change what a frame may be, so the stream is fed again after each.
      let outcome = stream.feed(rest) { frame in
        step(session.receive(frame, at: Transport.now))
        return false
      }
      guard connection.isOpen else { return }
      switch outcome {
      case .open: return
      case .failed:
        transport.refused(self, .malformed)
        return
      case .stopped(let consumed): rest = rest.extracting(consumed...)
      }
    }
    stream.frameBytesMaximum = transport.settings.frameBytesMaximum
    if let slot { transport.receiver.linkUp(slot: slot) }
    if !rest.isEmpty { takeFrames(rest, connection) }
  }

  private func takeFrames(_ bytes: Span<UInt8>, _ connection: Connection) {
    guard let slot else { return }
    let receiver = transport.receiver
    var count: UInt64 = 0
    let outcome = stream.feed(bytes) { frame in
      count &+= 1
      receiver.received(frame, slot: slot)
      return isUp
    }
    transport.tally[0].framesReceived &+= count
    transport.loop.meter.frames &+= count
    transport.tally[0].bytesReceived &+= UInt64(bytes.count)
    if case .failed = outcome {
      transport.rare.brokenFrames += 1
      connection.close()
      transport.lost(self)
    }
  }

  private func step(_ step: Session.Step) {
    switch step {
    case .send(let frame): send(frame)
    case .established(let key): isUp = transport.established(self, key)
    case .refuse(let error): transport.refused(self, error)
    }
  }

  private func send(_ frame: [UInt8]) {
    _ = connection?.write(WireSize.framed(frame.count)) { $0.append(frame: frame.span) }
  }

  func ended(_ connection: Connection, _ error: UVError?) {
    if isUp { transport.lost(self) } else { transport.failed(self) }
  }

  func expire(at now: Instant) {
    if let error = session.expire(at: now) { transport.refused(self, error) }
  }
}
