// A GossipSub speaker made by hand: odd but legal frames are served; illegal ones cost it the connection, are counted, and
// do no harm to anybody else.

import Basics
import Gossip
import Libp2p
import Peer
import Testing
import UV

@Suite(.serialized) struct StrangerTests {
  static let topic = Array("t".utf8)

  static func message(
    _ text: String, by number: UInt32 = 20, topic: [UInt8] = topic, sequence: UInt64 = 1
  ) -> PubsubMessage {
    PubsubMessage(signedBy: identity(number), topic: topic, data: Array(text.utf8), sequenceNumber: sequence)
  }

  static func rpc(_ messages: PubsubMessage...) -> [UInt8] {
    var writer = RPCWriter()
    for message in messages { writer.publish(message.encoded) }
    return writer.rpc
  }

  static var hello: [UInt8] {
    var writer = RPCWriter()
    writer.subscription(topic, subscribes: true)
    writer.graft(topic)
    return writer.rpc
  }

  // MARK: Odd but legal

  @Test(arguments: [1, 3, 17])
  func whoseBytesComeInDropsIsServed(piece: Int) throws {
    let room = try Room()
    defer { room.close() }
    let node = try room.node(1)
    let other = try room.node(2, dials: [node])
    let stranger = try room.stranger(20, at: node) { $0.security = [.noise] }
    stranger.piece = piece
    room.wait("ready") {
      stranger.pump()
      return stranger.isReady && other.grafts == 1
    }
    #expect(stranger.say(rpc: Self.hello))
    #expect(stranger.say(rpc: Self.rpc(Self.message("drop by drop"))))
    room.wait("relayed") {
      stranger.pump()
      return other.messages == ["drop by drop"]
    }
    #expect(node.publish("answer"))
    room.wait("heard") {
      stranger.pump()
      return stranger.rpcs.contains { holds($0, Array("answer".utf8)) }
    }
    #expect(!stranger.isOver)
  }

  @Test func manyRPCsInOneReadAndMessagesInOneRPC() throws {
    let room = try Room()
    defer { room.close() }
    let node = try room.node(1)
    let stranger = try room.stranger(20, at: node)
    room.wait("ready") { stranger.isReady }
    #expect(stranger.say(rpc: Self.hello))
    #expect(stranger.say(rpc: Self.rpc(Self.message("1", sequence: 1), Self.message("2", sequence: 2))))
    for number in 3...40 {
      #expect(stranger.say(rpc: Self.rpc(Self.message("\(number)", sequence: UInt64(number)))))
    }
    room.wait("all, in order") { node.messages == (1...40).map { "\($0)" } }
  }

  @Test func unknownFieldsTopicsAndEmptyPartsAreNoFault() throws {
    let room = try Room()
    defer { room.close() }
    let node = try room.node(1)
    let stranger = try room.stranger(20, at: node) { $0.pubsub = ["/meshsub/1.0.0"] }
    room.wait("ready") { stranger.isReady }
    let unknown = Array("somewhere/else".utf8)
    var writer = RPCWriter()
    writer.subscription(unknown, subscribes: true)
    writer.graft(unknown)
    writer.prune(unknown, backoffSeconds: 5)
    writer.ihave(unknown, [[1, 2, 3]])
    writer.iwant([[4, 5], [UInt8](repeating: 6, count: 200)])
    writer.idontwant([[7]])
    writer.publish(Self.message("to nobody", topic: unknown).encoded)
    // A partial message (field 10), a signed record (4), a fixed64 and a large field number behind it.
    let odd =
      writer.rpc + [0x52, 2, 9, 9, 0x22, 3, 1, 2, 3, 0x41, 1, 2, 3, 4, 5, 6, 7, 8] + [
        0xD2, 0xD1, 0xD3, 0x18, 1, 5,
      ]
    #expect(stranger.say(rpc: odd))
    // An RPC of nothing, control of nothing.
    #expect(stranger.say(rpc: []))
    #expect(stranger.say(rpc: [0x1A, 0]))
    #expect(stranger.say(rpc: Self.hello + [0x22, 1, 0]))
    #expect(stranger.say(rpc: Self.rpc(Self.message("still here"))))
    room.wait("heard") { node.messages == ["still here"] }
    #expect(node.node.currentTotals.messagesRefused == 0)
    #expect(node.ends.isEmpty)
  }

  @Test func whatIsAnnouncedIsAskedForAndWhatIsAskedForIsServed() throws {
    let room = try Room()
    defer { room.close() }
    let node = try room.node(1)
    let stranger = try room.stranger(20, at: node)
    room.wait("ready") { stranger.isReady }
    #expect(stranger.say(rpc: Self.hello))
    let message = Self.message("announced")
    let id = message.id(.strictSign)
    var have = RPCWriter()
    have.ihave(Self.topic, [id])
    #expect(stranger.say(rpc: have.rpc))
    var wanted = RPCWriter()
    wanted.iwant([id])
    room.wait("asked for by its id") { stranger.rpcs.contains(wanted.rpc) }
    #expect(stranger.say(rpc: Self.rpc(message)))
    room.wait("heard") { node.messages == ["announced"] }
    // Now it has it, and gives it back: three times, then no more.
    for _ in 0..<5 { #expect(stranger.say(rpc: wanted.rpc)) }
    let copies = { stranger.rpcs.count(where: { holds($0, Array("announced".utf8)) }) }
    room.wait("served") { copies() == 3 }
    #expect(stranger.say(rpc: Self.rpc(Self.message("later", sequence: 2))))
    room.wait("later") { node.messages.count == 2 }
    #expect(copies() == 3)
  }

  // MARK: Against the rules

  @Test(
    arguments: [
      ("rpc", [0x12, 0x7F, 1]), ("rpc", [0x0B]), ("rpc", [0x12, 2, 0x22, 9]), ("rpc", [0x1A, 2, 0x1A, 0]),
      ("rpc", [0x0A, 2, 0x08, 1]), ("rpc", [0x12, 0]),
      ("rpc", [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 2]),
    ] as [(String, [UInt8])])
  func malformedRPCsCostTheConnection(reason: String, rpc: [UInt8]) throws {
    let room = try Room()
    defer { room.close() }
    let node = try room.node(1)
    let friend = try room.node(2, dials: [node])
    let stranger = try room.stranger(20, at: node)
    room.wait("ready") { stranger.isReady && friend.grafts == 1 }
    #expect(stranger.say(rpc: Self.hello))
    #expect(stranger.say(rpc: rpc))
    room.wait("closed") { stranger.isOver }
    #expect(node.node.currentTotals.refused == [reason: 1])
    // Nobody else noticed.
    #expect(friend.publish("unharmed"))
    room.wait("goes on") { node.messages == ["unharmed"] }
    #expect(friend.ends.isEmpty)
  }

  @Test(
    arguments: [
      ("streams", [9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9]), ("streams", [0, 0, 0, 0, 0, 0, 0, 99, 0, 0, 0, 9]),
      ("streams", [0, 0, 0, 1, 0, 0, 0, 99, 0x7F, 0, 0, 9]),
      ("goAway", [0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ] as [(String, [UInt8])])
  func framesAgainstTheRulesCostTheConnection(reason: String, bytes: [UInt8]) throws {
    let room = try Room()
    defer { room.close() }
    let node = try room.node(1) { $0.connection.security = [.plaintext] }
    let friend = try room.node(2, dials: [node]) { $0.connection.security = [.plaintext] }
    let stranger = try room.stranger(20, at: node) { $0.security = [.plaintext] }
    room.wait("ready") { stranger.isReady && friend.grafts == 1 }
    stranger.say(raw: bytes)
    room.wait("closed") { stranger.isOver }
    #expect(node.node.currentTotals.refused == [reason: 1])
    #expect(friend.publish("unharmed"))
    room.wait("goes on") { node.messages == ["unharmed"] }
  }

  @Test func anotherProtocolIsTurnedAway() throws {
    let room = try Room()
    defer { room.close() }
    let node = try room.node(1)
    let port = try #require(node.address?.tcp?.port)
    let browser = PeerNodeTests.Silent()
    let socket = try Connection.dial(room.loop, .loopback(port), handler: browser)
    _ = socket.write(Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8).span)
    room.wait("closed") { browser.isOver }
    #expect(node.node.currentTotals.refused == ["negotiation": 1])
  }

  @Test func aForgeryDoesNotTakeTheMessagesPlace() throws {
    let room = try Room()
    defer { room.close() }
    let node = try room.node(1)
    let stranger = try room.stranger(21, at: node)
    room.wait("ready") { stranger.isReady }
    #expect(stranger.say(rpc: Self.hello))
    // The author's id and number, other data, the old signature.
    let real = Self.message("real", by: 20)
    var forged = real.encoded
    let place = try #require(
      (0..<forged.count - 4).first { Array(forged[$0..<$0 + 4]) == Array("real".utf8) })
    forged.replaceSubrange(place..<place + 4, with: Array("fake".utf8))
    var writer = RPCWriter()
    writer.publish(forged)
    #expect(stranger.say(rpc: writer.rpc))
    #expect(stranger.say(rpc: Self.rpc(real)))
    room.wait("the real one") { node.messages == ["real"] }
    #expect(node.node.currentTotals.messagesRefused == 1)
    #expect(node.node.currentTotals.counters.rejected == 1)
    #expect(!stranger.isOver)
  }

  @Test func whoKeepsSendingWhatIsRefusedHasToGo() throws {
    let room = try Room()
    defer { room.close() }
    let node = try room.node(1)
    let stranger = try room.stranger(21, at: node)
    room.wait("ready") { stranger.isReady }
    #expect(stranger.say(rpc: Self.hello))
    for number in 0..<20 {
      // Unsigned, and each another.
      var writer = RPCWriter()
      writer.publish(PubsubMessage(topic: Self.topic, data: [UInt8(number)]).encoded)
      _ = stranger.say(rpc: writer.rpc)
    }
    room.wait("closed") { stranger.isOver }
    #expect(node.node.currentTotals.messagesRefused == 16)
    #expect(node.messages.isEmpty)
  }

  @Test func announcementsWithoutEndAreBounded() throws {
    let room = try Room()
    defer { room.close() }
    let node = try room.node(1) { $0.parameters.heartbeatInterval = .seconds(20) }
    let stranger = try room.stranger(21, at: node)
    room.wait("ready") { stranger.isReady }
    #expect(stranger.say(rpc: Self.hello))
    var number: UInt64 = 0
    for _ in 0..<30 {
      var writer = RPCWriter()
      writer.ihave(
        Self.topic,
        (0..<1_000).map { _ in
          number += 1
          return (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
        })
      #expect(stranger.say(rpc: writer.rpc))
    }
    #expect(stranger.say(rpc: Self.rpc(Self.message("the end", by: 21))))
    room.wait("heard") { node.messages == ["the end"] }
    let totals = node.node.currentTotals
    #expect(totals.received.ihave == 30)
    #expect(totals.counters.iwantIdentifiers <= 5_000)
    #expect(totals.counters.ihaveOverLimit > 0)
  }

  @Test func aPeerThatDoesNotReadCostsABoundedQueue() throws {
    let room = try Room()
    defer { room.close() }
    let node = try room.node(1) { $0.connection.limits.pendingBytes = 1 << 20 }
    let deaf = try room.stranger(21, at: node)
    let friend = try room.node(2, dials: [node])
    room.wait("ready") { deaf.isReady && friend.grafts == 1 }
    #expect(deaf.say(rpc: Self.hello))
    room.wait("in the mesh") { node.grafts == 2 }
    deaf.socket?.pauseReading()
    let text = String(repeating: "x", count: 60_000)
    for number in 0..<100 {
      #expect(node.publish("\(number)\(text)"))
      room.wait("the friend hears") { friend.messages.count == number + 1 }
    }
    #expect(node.node.currentTotals.counters.dataDropped > 0)
    #expect(node.node.currentTotals.sendsRefused == node.node.currentTotals.counters.dataDropped)
  }
}

/// Whether `bytes` has `part` in it.
func holds(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
  guard bytes.count >= part.count else { return false }
  return (0...bytes.count - part.count).contains {
    bytes[$0] == part[0] && Array(bytes[$0..<$0 + part.count]) == part
  }
}
