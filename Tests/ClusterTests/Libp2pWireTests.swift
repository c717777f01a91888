// The cluster's links speak libp2p: the same frames arrive, strangers stay out, and somebody who holds a node's key can take its
// place with an implementation of his own.

import Basics
import Cluster
import Libp2p
import Reporting
import Runs
import Scenarios
import Signatures
import Testing
import UV

/// A libp2p end made by hand, with the key of a node or of nobody.
final class ForeignPeer: ConnectionHandler {
  var session: PeerConnection
  var socket: Connection?
  var rpcs: [[UInt8]] = []
  var isReady = false
  var isOver = false

  init(_ loop: Loop, port: UInt16, _ identity: Identity, _ security: SecurityProtocol) throws {
    var settings = ConnectionSettings(identity: .ed25519(identity))
    settings.security = [security]
    settings.pubsub = ["/meshsub/1.1.0"]
    var random = SystemRandomNumberGenerator()
    func bytes() -> [UInt8] { (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) } }
    session = PeerConnection(
      settings, isDialer: true, secrets: HandshakeSecrets(identity: bytes(), ephemeral: bytes()), at: .zero)
    socket = try Connection.dial(loop, .loopback(port), handler: self)
  }

  func connected(_ connection: Connection) { drain() }

  func received(_ bytes: Span<UInt8>, on connection: Connection) {
    session.receive(bytes, at: .zero)
    for event in session.events {
      if case .pubsubOpened = event { isReady = true }
      if case .rpc(let rpc) = event { rpcs.append(rpc) }
    }
    session.events = []
    drain()
  }

  func ended(_ connection: Connection, _ error: UVError?) { isOver = true }

  func say(_ rpc: [UInt8]) -> Bool {
    defer { drain() }
    return session.send(rpc: rpc.span)
  }

  private func drain() {
    _ = socket?.write(session.output.span)
    session.output = []
  }
}

@Suite struct Libp2pWireTests {
  @Test(arguments: SecurityProtocol.allCases, [1, 2])
  func framesReachTheirSlotInOrder(security: SecurityProtocol, processes: Int) throws {
    let mesh = try Mesh(ring(6), processes: processes) { $0.wire = .libp2p(security) }
    let wiring = mesh.wiring
    for slot in 0..<wiring.slots {
      for k in 0..<20 {
        let frame = [UInt8](repeating: UInt8(k), count: 1 + k * 400) + [UInt8(slot)]
        let isSent = mesh.transports[Int(wiring.owners[slot]) % processes].send(
          slot: slot, .message, frame.span)
        #expect(isSent)
      }
    }
    #expect(mesh.loop.run { mesh.receivers.map(\.frames.count).reduce(0, +) == wiring.slots * 20 })
    for receiver in mesh.receivers {
      var next = [Int](repeating: 0, count: wiring.slots)
      for (slot, frame) in receiver.frames {
        #expect(Int(frame[frame.count - 1]) == Int(wiring.reverses[slot]))
        #expect(frame.count == 2 + next[slot] * 400)
        next[slot] += 1
      }
    }
    let counters = mesh.transports.map(\.counters)
    #expect(counters.map(\.framesSent).reduce(0, +) == UInt64(wiring.slots * 20))
    #expect(counters.map(\.framesReceived).reduce(0, +) == UInt64(wiring.slots * 20))
    #expect(counters.allSatisfy { $0.refused.isEmpty && $0.linksLost == 0 })
    mesh.end()
  }

  @Test(arguments: SecurityProtocol.allCases)
  func strangersAndMembersWithoutALinkStayOut(security: SecurityProtocol) throws {
    let mesh = try Mesh(ring(8), processes: 1) { $0.wire = .libp2p(security) }
    let transport = mesh.transports[0]
    // Another network's keys are nobody's here.
    let stranger = try ForeignPeer(mesh.loop, port: mesh.ports[3], Identity(seed: 4, node: 1), security)
    #expect(mesh.loop.run { stranger.isOver })
    #expect(transport.counters.refused[.unknownKey] == 1)
    // Node 0 has no link to node 4.
    let member = try ForeignPeer(mesh.loop, port: mesh.ports[4], Identity(seed: 3, node: 0), security)
    #expect(mesh.loop.run { member.isOver })
    #expect(transport.counters.refusedNoLink == 1)
    #expect(transport.isConnected)
    mesh.end()
  }

  @Test func aForeignImplementationTakesANodesPlace() throws {
    // Process 0 of 2 would host node 0, 2, 4; it never comes. Somebody with node 0's key does.
    let loop = try Loop()
    let wiring = ring(5)
    var settings = testSettings(5)
    settings.wire = .libp2p(.noise)
    let receiver = Receiver()
    let transport = Transport(
      loop, wiring, hosting: [false, true, false, false, false], settings, receiver: receiver)
    let port = try #require(try transport.listen().first?.port)
    let foreign = try ForeignPeer(loop, port: port, Identity(seed: 3, node: 0), .noise)
    #expect(loop.run { foreign.isReady && transport.linksUp == 1 })
    let slot = try #require(wiring.slot(from: 1, to: 0))
    #expect(receiver.ups == [slot])
    let said = foreign.say([1, 2, 3])
    #expect(said)
    let frame: [UInt8] = [4, 5]
    let sent = transport.send(slot: slot, .control, frame.span)
    #expect(sent)
    #expect(loop.run { receiver.frames.count == 1 && foreign.rpcs == [[4, 5]] })
    #expect(receiver.frames[0].slot == slot)
    #expect(receiver.frames[0].bytes == [1, 2, 3])
    // A frame that is too long ends the link, and is counted.
    _ = foreign.say([UInt8](repeating: 0, count: settings.frameBytesMaximum + 1))
    #expect(loop.run { foreign.isOver && receiver.downs == [slot] })
    #expect(transport.counters.brokenFrames == 1)
    transport.close()
    loop.close()
  }

  @Test func whoDoesNotGoOnIsRefusedInTime() throws {
    let mesh = try Mesh(ring(5), processes: 1) {
      $0.wire = .libp2p(.noise)
      $0.stepTime = .seconds(2)
    }
    let silent = try HandMadePeer(mesh.loop, port: mesh.ports[0], nil)
    #expect(mesh.loop.run { silent.hasEnded })
    // On a busy machine a node of ours may be late as well, and dials again.
    #expect(mesh.transports[0].counters.refused[.deadline] ?? 0 >= 1)
    mesh.end()
  }

  @Test(arguments: [WirePlan.libp2p, .libp2pPlaintext])
  func aWholeRunOverLibp2p(wire: WirePlan) throws {
    var scenario = try smallScenario()
    scenario.network.wire = wire
    let conclusion = try runOnSockets(scenario)
    #expect(conclusion.summary.tasks.issued > 0)
    #expect(conclusion.summary.tasks.issued == conclusion.summary.tasks.certified)
    // All of it on an idle machine; a busy one is late beyond a message's life now and then.
    #expect(conclusion.summary.attestations.deliveryRatio ?? 0 >= 0.99)
    #expect(conclusion.summary.gossip.invalid == 0)
  }
}
