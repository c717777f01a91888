// Nodes on a loop of the test's own, and strangers that say what a test wants said.

import Basics
import Gossip
import Libp2p
import Peer
import Signatures
import Testing
import UV

func identity(_ number: UInt32) -> HostIdentity { .ed25519(Identity(seed: 11, node: number)) }

/// A loop, and the nodes on it. Closed by the test's end, with libuv's word that nothing is left.
final class Room {
  let loop: Loop
  private var nodes: [Member] = []
  private var strangers: [Stranger] = []

  init() throws { loop = try Loop() }

  /// A node with the identity of `number`, listening, that dials the others.
  func node(
    _ number: UInt32, dials: [Member] = [], topics: [String] = ["t"],
    _ change: (inout PeerSettings) -> Void = { _ in }
  ) throws -> Member {
    var settings = PeerSettings(connection: ConnectionSettings(identity: identity(number)), topics: topics)
    settings.dials = dials.compactMap(\.address)
    settings.seed = UInt64(number)
    settings.redialMinimum = .milliseconds(20)
    change(&settings)
    let member = Member(settings, loop)
    nodes.append(member)
    try member.node.start()
    return member
  }

  /// Somebody who dials `member`.
  func stranger(
    _ number: UInt32, at member: Member, _ change: (inout ConnectionSettings) -> Void = { _ in }
  ) throws -> Stranger {
    var settings = ConnectionSettings(identity: identity(number))
    change(&settings)
    let stranger = Stranger(settings)
    let port = try #require(member.address?.tcp?.port)
    stranger.socket = try Connection.dial(loop, .loopback(port), handler: stranger)
    strangers.append(stranger)
    return stranger
  }

  /// Runs until `fact` holds; a minute at most.
  func wait(_ what: Comment, _ fact: () -> Bool) {
    let holds = loop.run(limit: .seconds(60), until: fact)
    #expect(holds, what)
  }

  func close() {
    for node in nodes { node.node.close() }
    for stranger in strangers { stranger.socket?.close() }
    loop.close()
  }
}

/// A node and what it told.
final class Member {
  let node: PeerNode
  private let told: Told

  private final class Told {
    var events: [PeerEvent] = []
  }

  init(_ settings: PeerSettings, _ loop: Loop) {
    let told = Told()
    self.told = told
    node = PeerNode(settings, on: loop) { told.events.append($0) }
  }

  var address: Multiaddr? { node.address }
  var events: [PeerEvent] { told.events }
  var messages: [String] {
    events.compactMap { event in
      if case .message(_, _, _, _, let data) = event { String(decoding: data, as: UTF8.self) } else { nil }
    }
  }
  var connections: Int { count { if case .connected = $0 { true } else { false } } }
  var grafts: Int { count { if case .grafted = $0 { true } else { false } } }
  var ends: [String] {
    events.compactMap { if case .disconnected(_, let reason) = $0 { reason } else { nil } }
  }
  func count(_ matches: (PeerEvent) -> Bool) -> Int { events.count(where: matches) }
  func publish(_ text: String) -> Bool { node.publish(Array(text.utf8), to: "t") }
}

/// A libp2p end that says what it is told to, in pieces of the wished size.
final class Stranger: ConnectionHandler {
  var connection: PeerConnection
  var socket: Connection?
  /// Bytes of a write; between two writes the loop makes a pass.
  var piece = Int.max
  private var waiting: [UInt8] = []
  var rpcs: [[UInt8]] = []
  var isReady = false
  var isOver = false
  /// Whether it reads what it is sent.
  var listens = true

  init(_ settings: ConnectionSettings) {
    var random = SystemRandomNumberGenerator()
    func bytes() -> [UInt8] { (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) } }
    connection = PeerConnection(
      settings, isDialer: true, secrets: HandshakeSecrets(identity: bytes(), ephemeral: bytes()), at: .zero)
  }

  func connected(_ connection: Connection) { pump() }

  func received(_ bytes: Span<UInt8>, on socket: Connection) {
    connection.receive(bytes, at: .zero)
    for event in connection.events {
      switch event {
      case .pubsubOpened: isReady = true
      case .rpc(let rpc): rpcs.append(rpc)
      default: break
      }
    }
    connection.events = []
    pump()
  }

  func ended(_ connection: Connection, _ error: UVError?) { isOver = true }

  func say(rpc: [UInt8]) -> Bool {
    defer { pump() }
    return connection.send(rpc: rpc.span)
  }

  /// Says bytes that no connection would.
  func say(raw: [UInt8]) {
    waiting += raw
    pump()
  }

  /// Writes what waits, a piece of it when pieces are asked for.
  func pump() {
    waiting += connection.output
    connection.output = []
    guard !waiting.isEmpty, let socket, socket.isOpen else { return }
    let count = min(piece, waiting.count)
    _ = socket.write(waiting.span.extracting(..<count))
    waiting.removeFirst(count)
  }

  var hasMore: Bool { !waiting.isEmpty }
}
