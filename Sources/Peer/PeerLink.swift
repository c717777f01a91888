// One socket and the libp2p connection on it. Bytes go up into the connection, its bytes go down to the socket, its events
// to the node.

internal import Basics
internal import Libp2p
internal import UV

/// One end of a connection with a peer.
final class PeerLink: ConnectionHandler {
  /// RPCs that may wait for the peer to accept a stream for them.
  static let waitingMaximum = 64

  private unowned let node: PeerNode
  private var connection: PeerConnection
  var socket: Connection?
  /// Which of the node's dials this is; nil at the listener's side.
  let dial: Int?
  /// Set once the peer is known and taken.
  var slot: Int?
  var peer: PeerID?
  /// Whether the router knows of it.
  var isGossiping = false
  /// Whether the owner was told that it stands.
  var isTold = false
  private var isOver = false
  private var waiting: [[UInt8]] = []
  /// Whether the peer will never take RPCs.
  private var isDeaf = false

  init(_ node: PeerNode, _ connection: consuming PeerConnection, dial: Int?) {
    self.node = node
    self.connection = connection
    self.dial = dial
  }

  var isDialer: Bool { dial != nil }
  var security: SecurityProtocol?
  var version: String? { connection.pubsubVersion }
  /// What the peer is known to speak, by either direction.
  var spokenVersion: String? { connection.pubsubVersion ?? connection.peerVersion }

  /// An accepted socket is handed over, or a dialed one stands.
  func begin() { pump() }

  func connected(_ connection: Connection) { begin() }

  func received(_ bytes: Span<UInt8>, on socket: Connection) {
    connection.receive(bytes, at: node.now)
    pump()
  }

  func ended(_ socket: Connection, _ error: UVError?) {
    finish(error.map { "\($0)" } ?? "closed by the peer")
  }

  func expire(at now: Instant) {
    guard !isOver, connection.deadline <= now else { return }
    connection.expire(at: now)
    pump()
  }

  /// Sends an RPC, or keeps it until the peer has accepted a stream for them. False when it is dropped.
  func send(_ rpc: [UInt8]) -> Bool {
    guard !isOver, !isDeaf, let socket else { return false }
    if connection.pubsubVersion == nil {
      guard waiting.count < Self.waitingMaximum else { return false }
      waiting.append(rpc)
      return true
    }
    guard socket.outputPending + rpc.count <= node.settings.outputBytesMaximum / 2,
      connection.send(rpc: rpc.span)
    else { return false }
    drain()
    return true
  }

  /// Sends what the connection has to say, and tells what happened on it.
  private func pump() {
    drain()
    while !isOver, !connection.events.isEmpty {
      var batch: [ConnectionEvent] = []
      swap(&batch, &connection.events)
      for event in batch where !isOver { take(event) }
    }
    if let failure = connection.failure { finish("\(failure)", refused: failure.name) }
  }

  private func drain() {
    guard !isOver, !connection.output.isEmpty, let socket else { return }
    let taken = socket.write(connection.output.span)
    connection.output.removeAll(keepingCapacity: connection.output.capacity <= 1 << 18)
    if !taken, socket.isOpen { finish("the peer does not read", refused: "slow") }
  }

  private func take(_ event: ConnectionEvent) {
    switch event {
    case .secured(let key, let kind):
      security = kind
      peer = key.peerID
      if let reason = node.admit(self, key.peerID) { finish(reason.description, refused: reason.name) }
    case .ready: break
    case .pubsubOpened:
      node.stands(self)
      let kept = waiting
      waiting = []
      for rpc in kept where !send(rpc) { node.countDrop() }
      node.startGossip(self)
    case .pubsubRefused:
      isDeaf = true
      waiting = []
      node.stands(self)
      node.stopGossip(self)
    case .rpc(let rpc):
      guard !isDeaf else { return }
      node.startGossip(self)
      if let offence = node.received(rpc, self) { finish(offence, refused: "rpc") }
    case .identified(let message): node.identified(self, message)
    case .pubsubEnded, .identifyRefused, .roundTrip: break
    }
  }

  /// Ends it, once. `refused` names why, when it was us.
  func finish(_ reason: String, refused: String? = nil) {
    guard !isOver else { return }
    isOver = true
    if refused != nil, let socket, socket.isOpen, !connection.output.isEmpty {
      _ = socket.write(connection.output.span)
    }
    socket?.close()
    node.ended(self, reason, refused: refused)
  }

  /// Ends it without telling anybody: the node itself ends.
  func close() {
    isOver = true
    socket?.close()
  }
}
