import Basics
import Cluster
import Libp2p
import Signatures
import Testing
import UV

@Suite struct TransportTests {
  @Test(arguments: [1, 2, 3]) func framesReachTheirSlotInOrder(processes: Int) throws {
    let mesh = try Mesh(ring(7), processes: processes)
    let wiring = mesh.wiring
    #expect(mesh.transports.map(\.linksUp).reduce(0, +) == wiring.slots)
    for slot in 0..<wiring.slots {
      let process = Int(wiring.owners[slot]) % processes
      for k in 0..<20 {
        let frame: [UInt8] = [UInt8(slot), UInt8(k)]
        let isSent = mesh.transports[process].send(slot: slot, .message, frame.span)
        #expect(isSent)
      }
    }
    #expect(mesh.loop.run { mesh.receivers.map(\.frames.count).reduce(0, +) == wiring.slots * 20 })
    for (process, receiver) in mesh.receivers.enumerated() {
      var next = [Int](repeating: 0, count: wiring.slots)
      for (slot, frame) in receiver.frames {
        #expect(Int(wiring.owners[slot]) % processes == process)
        #expect(Int(frame[0]) == Int(wiring.reverses[slot]))
        #expect(Int(frame[1]) == next[slot])
        next[slot] += 1
      }
    }
    let counters = mesh.transports.map(\.counters)
    #expect(counters.map(\.framesSent).reduce(0, +) == UInt64(wiring.slots * 20))
    #expect(counters.map(\.framesReceived).reduce(0, +) == UInt64(wiring.slots * 20))
    #expect(counters.map(\.bytesSent).reduce(0, +) == UInt64(wiring.slots * 20 * 3))
    #expect(counters.allSatisfy { $0.refused.isEmpty && $0.droppedNoLink == 0 })
    mesh.end()
  }

  @Test func aProcessThatDiesIsNoticedAndComesBack() throws {
    let mesh = try Mesh(ring(6), processes: 2)
    let lost = mesh.transports[1].linksUp
    mesh.transports[1].close()
    // Links inside process 0 stay.
    let inside = (0..<mesh.wiring.slots).filter {
      mesh.wiring.owners[$0] % 2 == 0 && mesh.wiring.neighbors[$0] % 2 == 0
    }
    #expect(mesh.loop.run { mesh.transports[0].linksUp == inside.count })
    #expect(lost > 0)
    #expect(
      mesh.receivers[0].downs.sorted()
        == (0..<mesh.wiring.slots).filter {
          mesh.wiring.owners[$0] % 2 == 0 && mesh.wiring.neighbors[$0] % 2 == 1
        })
    // What is sent meanwhile is dropped and counted.
    let gone = mesh.receivers[0].downs[0]
    let frame: [UInt8] = [1]
    let isSent = mesh.transports[0].send(slot: gone, .message, frame.span)
    #expect(!isSent)
    #expect(mesh.transports[0].counters.droppedNoLink == 1)

    try mesh.add(1, of: 2)
    for node in 0..<6 { mesh.transports[0].setPort(mesh.ports[node], of: NodeID(node)) }
    mesh.transports[2].connect(to: mesh.ports)
    #expect(mesh.loop.run { mesh.transports[0].isConnected && mesh.transports[2].isConnected })
    mesh.transports[0].send(slot: gone, .message, frame.span)
    #expect(mesh.loop.run { mesh.receivers[2].frames.count == 1 })
    #expect(mesh.receivers[2].frames[0].slot == Int(mesh.wiring.reverses[gone]))
    mesh.end()
  }

  @Test func strangersAreRefusedCountedAndHarmNobody() throws {
    let mesh = try Mesh(ring(5), processes: 1) { $0.stepTime = .milliseconds(150) }
    let port = mesh.ports[3]
    let transport = mesh.transports[0]
    func refusal(_ peer: HandMadePeer) { #expect(mesh.loop.run { peer.hasEnded }) }

    let unknown = try HandMadePeer(mesh.loop, port: port, Identity(seed: 99, node: 0))
    refusal(unknown)
    #expect(transport.counters.refused == [.unknownKey: 1])
    let elsewhere = try HandMadePeer(
      mesh.loop, port: port, Identity(seed: 3, node: 1), network: NetworkID(0, 0, 0, 0))
    refusal(elsewhere)
    #expect(transport.counters.refused[.wrongNetwork] == 1)
    let chatter = try HandMadePeer(mesh.loop, port: port)
    chatter.raw(Array("GET /\(String(repeating: "x", count: 100)) HTTP/1.1\r\n\r\n".utf8))
    refusal(chatter)
    #expect(transport.counters.refused[.malformed] == 1)
    // A long frame is refused by its length, before it has come.
    let long = try HandMadePeer(mesh.loop, port: port)
    long.raw([0xFF, 0x7F])
    refusal(long)
    #expect(transport.counters.refused[.malformed] == 2)
    // Silent, and after half a hello.
    let silent = try HandMadePeer(mesh.loop, port: port)
    let slow = try HandMadePeer(mesh.loop, port: port)
    slow.raw([98, 1, 1])
    refusal(silent)
    refusal(slow)
    #expect(transport.counters.refused[.deadline] == 2)
    // A member without a link to this node: 3 is linked to all in a ring of five but itself; its own key comes back.
    let itself = try HandMadePeer(mesh.loop, port: port, Identity(seed: 3, node: 3))
    refusal(itself)
    #expect(transport.counters.refused[.reflected] == 1)
    // One that may listen to us but not dial us: the lower id dials.
    let higher = try HandMadePeer(mesh.loop, port: port, Identity(seed: 3, node: 4))
    refusal(higher)
    #expect(transport.counters.refusedNoLink == 1)

    #expect(transport.isConnected)
    #expect(transport.counters.linksLost == 0)
    #expect(mesh.receivers[0].frames.isEmpty)
    mesh.end()
  }

  @Test func tooManyAdmissionsAreTurnedAway() throws {
    let mesh = try Mesh(ring(5), processes: 1) { $0.admissionsMaximum = 20 }
    let peers = try (0..<30).map { _ in try HandMadePeer(mesh.loop, port: mesh.ports[0]) }
    #expect(mesh.loop.run { peers.filter(\.hasEnded).count == 10 })
    #expect(mesh.transports[0].counters.refusedBusy == 10)
    #expect(mesh.transports[0].isConnected)
    mesh.end()
  }

  /// Process 1 hosts nodes 1, 3, 5; here a hand-made peer plays node 1 towards node 2.
  private func impostor(_ mesh: Mesh) throws -> (peer: HandMadePeer, slot: Int) {
    let peer = try HandMadePeer(mesh.loop, port: mesh.ports[2], Identity(seed: 3, node: 1))
    #expect(mesh.loop.run { peer.isEstablished })
    let slot = try #require(mesh.wiring.slot(from: 2, to: 1))
    #expect(mesh.loop.run { mesh.receivers[0].downs == [slot] && mesh.receivers[0].ups.last == slot })
    return (peer, slot)
  }

  @Test func whoProvesItselfAgainReplacesItsOldConnection() throws {
    let mesh = try Mesh(ring(6), processes: 2) { $0.redialMinimum = .seconds(3_600) }
    let (peer, slot) = try impostor(mesh)
    peer.send([5])
    #expect(mesh.loop.run { mesh.receivers[0].frames.count == 1 })
    #expect(mesh.receivers[0].frames[0].slot == slot)
    #expect(mesh.transports[0].isConnected)
    mesh.end()
  }

  @Test func bytesThatAreNoFramesEndTheLink() throws {
    let mesh = try Mesh(ring(6), processes: 2) {
      $0.redialMinimum = .seconds(3_600)
      $0.redialMaximum = .seconds(3_600)
      $0.frameBytesMaximum = 1_000
    }
    let (peer, slot) = try impostor(mesh)
    peer.send([5])
    peer.raw([0xFF, 0xFF, 0x7F])
    #expect(mesh.loop.run { peer.hasEnded })
    #expect(mesh.receivers[0].frames.count == 1)
    #expect(mesh.receivers[0].downs == [slot, slot])
    #expect(mesh.transports[0].counters.brokenFrames == 1)
    #expect(!mesh.transports[0].isUp(slot: slot))
    mesh.end()
  }

  @Test func theReceiverCanExpelAPeerInTheMiddleOfItsFrames() throws {
    let mesh = try Mesh(ring(6), processes: 2) { $0.redialMinimum = .seconds(3_600) }
    let (peer, slot) = try impostor(mesh)
    let transport = mesh.transports[0]
    mesh.receivers[0].onFrame = { at, _ in transport.expel(slot: at) }
    peer.raw([1, 1, 1, 2, 1, 3])
    #expect(mesh.loop.run { peer.hasEnded })
    #expect(mesh.receivers[0].frames.map(\.bytes) == [[1]])
    #expect(transport.counters.expelled == 1)
    #expect(mesh.receivers[0].downs == [slot, slot])
    mesh.end()
  }

  @Test func framesForAPeerThatDoesNotReadAreDroppedByKindAndCounted() throws {
    let mesh = try Mesh(ring(6), processes: 2) {
      $0.redialMinimum = .seconds(3_600)
      $0.outputBytesMaximum = 500_000
    }
    let (peer, slot) = try impostor(mesh)
    peer.connection?.pauseReading()
    let frame = [UInt8](repeating: 1, count: 10_000)
    var sent = 0
    while mesh.transports[0].counters.droppedMessages < 3 {
      if mesh.transports[0].send(slot: slot, .message, frame.span) { sent += 1 }
      mesh.loop.runPass(waiting: false)
      try #require(sent < 100_000)
    }
    while mesh.transports[0].counters.droppedControl < 2 {
      mesh.transports[0].send(slot: slot, .control, frame.span)
    }
    peer.connection?.resumeReading()
    #expect(mesh.loop.run { peer.frames.count == sent })
    #expect(peer.frames.allSatisfy { $0 == frame })
    mesh.end()
  }
}
