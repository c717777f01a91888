// A link that speaks libp2p: noise or plaintext, yamux, meshsub (`Libp2p/PeerConnection`). A frame of the transport is an RPC of
// the stream. Any implementation that holds the key of a node can take its place.
//
// Networks are kept apart by their keys: those of another network are none of ours. The link is up when the peer has accepted
// our stream for RPCs; what it says before that is kept, up to a bound. A peer that no node of the topology is takes a place of
// those for guests, if there are any (`Guests`).

internal import Basics
internal import Libp2p
internal import Signatures
internal import UV

/// One end of a libp2p link.
final class Libp2pLink: Link {
  /// RPCs kept before the link is up.
  static let earlyMaximum = 64

  private var session: PeerConnection
  private var key: PublicKey?
  /// Who is there, where it is no node of the topology.
  private(set) var guest: PeerID?
  /// What was agreed on for our RPCs.
  var version: String? { session.pubsubVersion }
  private var early: [[UInt8]] = []
  private var isOver = false

  init(_ transport: Transport, _ session: consuming PeerConnection, node: Int, slot: Int?) {
    self.session = session
    super.init(transport, node: node, slot: slot)
  }

  override func begin() { pump() }

  override func received(_ bytes: Span<UInt8>, on connection: Connection) {
    session.receive(bytes, at: Transport.now)
    pump()
  }

  override func expire(at now: Instant) {
    guard !isOver, session.deadline <= now else { return }
    session.expire(at: now)
    pump()
  }

  override func send(frame: Span<UInt8>) -> Bool {
    guard let connection, connection.outputPending + frame.count <= connection.outputBytesMaximum / 2,
      session.send(rpc: frame)
    else { return false }
    drain()
    return true
  }

  /// Sends what the session has to say. A peer that does not take even that is let go.
  private func drain() {
    guard let connection, !session.output.isEmpty else { return }
    let taken = connection.write(session.output.span)
    session.output.removeAll(keepingCapacity: session.output.capacity <= 1 << 18)
    if !taken, connection.isOpen { finish(.malformed) }
  }

  private func pump() {
    drain()
    while !isOver, !session.events.isEmpty {
      var batch: [ConnectionEvent] = []
      swap(&batch, &session.events)
      for event in batch where !isOver { take(event) }
    }
    guard !isOver, let failure = session.failure else { return }
    finish(SessionError(failure))
  }

  private func take(_ event: ConnectionEvent) {
    switch event {
    case .secured(let key, _):
      if key.type == .ed25519, let own = PublicKey(bytes: key.bytes.span),
        transport.settings.members.node(of: own) != nil
      {
        self.key = own
      } else if transport.settings.guests > 0, isInbound {
        guest = key.peerID
      } else {
        finish(.unknownKey)
      }
    case .pubsubOpened:
      guard !isUp else { return }
      if let key {
        isUp = transport.established(self, key)
      } else if let guest {
        isUp = transport.established(self, guest: guest)
      }
      guard isUp, let slot else { return }
      transport.receiver.linkUp(slot: slot)
      let kept = early
      early = []
      for rpc in kept { deliver(rpc) }
    case .pubsubRefused, .pubsubEnded: finish(.malformed)
    case .rpc(let rpc):
      if isUp {
        deliver(rpc)
      } else if early.count < Self.earlyMaximum {
        early.append(rpc)
      } else {
        finish(.malformed)
      }
    case .ready, .identified, .identifyRefused, .roundTrip: break
    }
  }

  private func deliver(_ rpc: [UInt8]) {
    guard isUp, let slot else { return }
    transport.tally[0].framesReceived &+= 1
    transport.loop.meter.frames &+= 1
    transport.tally[0].bytesReceived &+= UInt64(rpc.count)
    transport.receiver.received(rpc.span, slot: slot)
  }

  private func finish(_ error: SessionError) {
    guard !isOver else { return }
    isOver = true
    connection?.close()
    if isUp {
      if error == .malformed { transport.rare.brokenFrames += 1 }
      transport.lost(self)
    } else {
      transport.refused(self, error)
    }
  }
}

extension SessionError {
  /// The reason under which a refusal of libp2p is counted.
  init(_ error: ConnectionError) {
    switch error {
    case .unknownPeer: self = .unknownKey
    case .wrongPeer: self = .wrongPeer
    case .ourself: self = .reflected
    case .security: self = .badProof
    case .deadline: self = .deadline
    case .negotiation, .securityRefused, .muxerRefused, .streams, .frame, .identify, .goAway:
      self = .malformed
    }
  }
}
