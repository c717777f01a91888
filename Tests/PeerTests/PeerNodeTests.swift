import Basics
import Gossip
import Libp2p
import Peer
import Testing
import UV

@Suite(.serialized) struct PeerNodeTests {
  @Test(arguments: SecurityProtocol.allCases)
  func aLineOfThreeRelays(security: SecurityProtocol) throws {
    let room = try Room()
    defer { room.close() }
    let change = { (settings: inout PeerSettings) in settings.connection.security = [security] }
    let a = try room.node(1, change)
    let b = try room.node(2, dials: [a], change)
    let c = try room.node(3, dials: [b], change)
    room.wait("meshes") { a.grafts >= 1 && b.grafts >= 2 && c.grafts >= 1 }
    for number in 1...50 {
      #expect(a.publish("a\(number)"))
      #expect(c.publish("c\(number)"))
    }
    room.wait("all of it") { a.messages.count == 50 && b.messages.count == 100 && c.messages.count == 50 }
    #expect(a.messages == (1...50).map { "c\($0)" })
    #expect(c.messages == (1...50).map { "a\($0)" })
    #expect(b.node.currentTotals.messagesRefused == 0)
  }

  @Test func nodesThatDialEachOtherKeepOneConnection() throws {
    let room = try Room()
    defer { room.close() }
    // Two ports that nobody uses: each node is told the other's before either lives.
    let ports = try (0..<2).map { _ in
      let listener = try Listener.open(room.loop, .loopback(0)) { $0.close() }
      defer { listener.close() }
      return listener.port
    }
    room.loop.runPass(waiting: false)
    let addresses = try (0..<2).map { number in
      try #require(
        Multiaddr(tcp: "127.0.0.1", port: ports[number], peer: identity(UInt32(number + 1)).peerID))
    }
    let nodes = try (0..<2).map { number in
      try room.node(UInt32(number + 1)) {
        $0.listen = ("127.0.0.1", ports[number])
        $0.dials = [addresses[1 - number]]
      }
    }
    room.wait("meshes") { nodes.allSatisfy { $0.grafts >= 1 } }
    for number in 1...20 {
      #expect(nodes[0].publish("a\(number)"))
      #expect(nodes[1].publish("b\(number)"))
      room.wait("heard once") { nodes.allSatisfy { $0.messages.count == number } }
    }
  }

  @Test func aSecondConnectionOfOnePeerReplacesTheFirst() throws {
    let room = try Room()
    defer { room.close() }
    let a = try room.node(1)
    let first = try room.stranger(5, at: a)
    room.wait("ready") { first.isReady }
    let second = try room.stranger(5, at: a)
    room.wait("the first is closed") { first.isOver && second.isReady }
    #expect(a.node.currentTotals.refused["replaced"] == 1)
    #expect(!second.isOver)
  }

  @Test func aNodeThatComesBackIsFoundAgain() throws {
    let room = try Room()
    defer { room.close() }
    let a = try room.node(1)
    let b = try room.node(2, dials: [a])
    room.wait("connected") { b.connections == 1 }
    let port = try #require(a.address?.tcp?.port)
    a.node.close()
    room.wait("noticed") { b.ends.count >= 1 }
    let again = try room.node(1) { $0.listen = ("127.0.0.1", port) }
    room.wait("found again") { b.connections == 2 && again.grafts == 1 }
    #expect(again.publish("back"))
    room.wait("heard") { b.messages == ["back"] }
  }

  @Test func onlyMembersGetInAndEveryRefusalIsCounted() throws {
    let room = try Room()
    defer { room.close() }
    let a = try room.node(1) { $0.connection.admission = .members([identity(2).peerID]) }
    let stranger = try room.stranger(9, at: a)
    room.wait("refused") { stranger.isOver }
    #expect(a.node.currentTotals.refused == ["unknownPeer": 1])
    let friend = try room.node(2, dials: [a])
    room.wait("a member gets in") { friend.connections == 1 }
    #expect(a.connections == 1)
  }

  @Test func moreStrangersThanAreAdmittedAtOnceAreTurnedAway() throws {
    let room = try Room()
    defer { room.close() }
    let a = try room.node(1) { $0.admissionsMaximum = 2 }
    let port = try #require(a.address?.tcp?.port)
    var silent: [Silent] = []
    for _ in 0..<5 {
      let one = Silent()
      one.socket = try Connection.dial(room.loop, .loopback(port), handler: one)
      silent.append(one)
    }
    room.wait("three are closed") { silent.count(where: \.isOver) == 3 }
    #expect(a.node.currentTotals.refused["busy"] == 3)
    for one in silent { one.socket?.close() }
  }

  /// Connects and says nothing.
  final class Silent: ConnectionHandler {
    var socket: Connection?
    var isOver = false
    func connected(_ connection: Connection) {}
    func received(_ bytes: Span<UInt8>, on connection: Connection) {}
    func ended(_ connection: Connection, _ error: UVError?) { isOver = true }
  }

  @Test func withoutSignaturesMessagesAreNamedByTheirContent() throws {
    let room = try Room()
    defer { room.close() }
    let a = try room.node(1) { $0.signatures = .strictNoSign }
    let b = try room.node(2, dials: [a]) { $0.signatures = .strictNoSign }
    room.wait("meshes") { a.grafts == 1 && b.grafts == 1 }
    #expect(a.publish("once"))
    #expect(!a.publish("once"))
    room.wait("heard") { b.messages == ["once"] }
    let signing = try room.node(3, dials: [a])
    room.wait("meshes") { signing.grafts == 1 }
    #expect(signing.publish("signed"))
    room.wait("refused") { a.node.currentTotals.messagesRefused == 1 }
    #expect(a.messages == [])
  }

  @Test func eventsAreLinesOfJSON() {
    let peer = identity(1).peerID
    let event = PeerEvent.message(
      topic: "a\"b\\", from: nil, sequence: 7, via: peer, data: [0x41, 10, 1, 0xC3, 0xA9])
    #expect(
      event.json
        == #"{"event":"message","topic":"a\"b\\","from":null,"seqno":7,"peer":"\#(peer)","data":"A\n\u0001é"}"#
    )
    let binary = PeerEvent.message(topic: "t", from: nil, sequence: nil, via: peer, data: [0xFF, 0])
    #expect(binary.json.hasSuffix(#""dataHex":"ff00"}"#))
  }
}
