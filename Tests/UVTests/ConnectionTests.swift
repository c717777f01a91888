import Basics
import Testing
import UV

/// Writes down what a connection tells.
final class Recorder: ConnectionHandler {
  var isConnected = false
  var bytes: [UInt8] = []
  var reads = 0
  var endings: [UVError?] = []
  var onReceive: ((Connection) -> Void)?

  func connected(_ connection: Connection) { isConnected = true }
  func received(_ span: Span<UInt8>, on connection: Connection) {
    reads += 1
    bytes.append(addingCapacity: span.count) { $0.append(bytes: span) }
    onReceive?(connection)
  }
  func ended(_ connection: Connection, _ error: UVError?) { endings.append(error) }
}

/// Two connected ends on one loop.
struct Pair {
  let loop: Loop
  let dialed: Connection
  let accepted: Connection
  let atDialer = Recorder()
  let atListener = Recorder()

  init(_ endpoint: Endpoint = .loopback(0)) throws {
    loop = try Loop()
    var taken: Connection?
    let recorder = atListener
    let listener = try Listener.open(loop, endpoint) {
      $0.handler = recorder
      taken = $0
    }
    let target: Endpoint = if case .tcp = endpoint { .loopback(listener.port) } else { endpoint }
    dialed = try Connection.dial(loop, target, handler: atDialer)
    let dialer = atDialer
    #expect(loop.run { taken != nil && dialer.isConnected })
    accepted = try #require(taken)
    listener.close()
  }
}

extension Connection {
  func send(_ bytes: [UInt8]) -> Bool { write(bytes.span) }
}

func pattern(_ count: Int, from start: Int = 0) -> [UInt8] {
  (start..<start + count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
}

@Suite struct ConnectionTests {
  @Test func bytesArriveInOrderBothWays() throws {
    let pair = try Pair()
    #expect(pair.dialed.send(pattern(5_000)))
    let written = pair.accepted.write(3) { $0.append(repeating: 9, count: 3) }
    #expect(written)
    #expect(pair.loop.run { pair.atListener.bytes.count == 5_000 && pair.atDialer.bytes.count == 3 })
    #expect(pair.atListener.bytes == pattern(5_000))
    #expect(pair.atDialer.bytes == [9, 9, 9])
    pair.loop.close()
  }

  @Test func manyWritesOfOnePassAreOneSystemCall() throws {
    let pair = try Pair()
    for k in 0..<100 { #expect(pair.dialed.send(pattern(100, from: k * 100))) }
    #expect(pair.dialed.flushes == 0)
    #expect(pair.loop.run { pair.atListener.bytes.count == 10_000 })
    #expect(pair.dialed.flushes == 1)
    #expect(pair.atListener.bytes == pattern(10_000))
    pair.loop.close()
  }

  @Test func aFullBufferIsSentBeforeThePassEnds() throws {
    let pair = try Pair()
    #expect(pair.dialed.send(pattern(Connection.earlyFlushBytes)))
    #expect(pair.dialed.flushes == 1)
    #expect(pair.loop.run { pair.atListener.bytes.count == Connection.earlyFlushBytes })
    pair.loop.close()
  }

  @Test func aSlowPeersBufferRefusesAtItsBoundAndNothingAcceptedIsLost() throws {
    let pair = try Pair()
    pair.accepted.pauseReading()
    pair.dialed.outputBytesMaximum = 300_000
    let block = pattern(10_000)
    var accepted = 0
    var refused = 0
    // The kernel's own buffers hold some megabytes; then ours fills.
    while refused < 5 {
      if pair.dialed.send(block) { accepted += 1 } else { refused += 1 }
      #expect(pair.dialed.outputPending <= 300_000)
      pair.loop.runPass(waiting: false)
      try #require(accepted < 100_000)
    }
    pair.accepted.resumeReading()
    #expect(pair.loop.run { pair.atListener.bytes.count == accepted * block.count })
    var expected: [UInt8] = []
    for _ in 0..<accepted { expected += block }
    #expect(pair.atListener.bytes == expected)
    #expect(pair.dialed.send(block))
    pair.loop.close()
  }

  @Test func whatIsWrittenBeforeTheConnectionStandsIsSentAfterwards() throws {
    let loop = try Loop()
    let receiver = Recorder()
    let listener = try Listener.open(loop, .loopback(0)) { $0.handler = receiver }
    let dialed = try Connection.dial(loop, .loopback(listener.port), handler: Recorder())
    #expect(dialed.send(pattern(10)))
    #expect(loop.run { receiver.bytes == pattern(10) })
    loop.close()
  }

  @Test func thePeersCloseIsToldOnceWithoutAnError() throws {
    let pair = try Pair()
    pair.dialed.close()
    #expect(!pair.dialed.send(pattern(1)))
    #expect(pair.loop.run { !pair.atListener.endings.isEmpty })
    #expect(pair.atListener.endings == [nil])
    #expect(!pair.accepted.isOpen)
    // One's own close is not told.
    #expect(pair.atDialer.endings.isEmpty)
    pair.loop.close()
    #expect(pair.atListener.endings.count == 1)
  }

  @Test func nobodyListeningIsAnErrorWithItsName() throws {
    let loop = try Loop()
    let listener = try Listener.open(loop, .loopback(0)) { _ in }
    let port = listener.port
    listener.close()
    loop.runPass(waiting: false)
    let recorder = Recorder()
    let dialed = try Connection.dial(loop, .loopback(port), handler: recorder)
    #expect(loop.run { !recorder.endings.isEmpty })
    #expect(recorder.endings[0]?.name == "ECONNREFUSED")
    #expect(recorder.endings[0]?.description.contains("connection refused") == true)
    #expect(!dialed.isOpen)
    loop.close()
  }

  @Test func closingInsideTheReadCallbackEndsTheReading() throws {
    let pair = try Pair()
    pair.atListener.onReceive = { $0.close() }
    #expect(pair.dialed.send(pattern(10)))
    #expect(pair.loop.run { !pair.accepted.isOpen })
    _ = pair.dialed.send(pattern(10))
    #expect(pair.loop.run { !pair.atDialer.endings.isEmpty })
    #expect(pair.atListener.reads == 1)
    #expect(pair.atListener.endings.isEmpty)
    pair.loop.close()
  }

  @Test func aLoopClosesWithOutputStillInFlight() throws {
    let pair = try Pair()
    pair.accepted.pauseReading()
    pair.dialed.outputBytesMaximum = 1 << 26
    for _ in 0..<400 { #expect(pair.dialed.send(pattern(100_000))) }
    pair.loop.runPass(waiting: false)
    #expect(pair.dialed.outputPending > 0)
    pair.loop.close()
  }

  @Test func aUnixSocketKnowsItsPeer() throws {
    let directory = try TemporaryDirectory()
    let pair = try Pair(.unix(directory.path + "/s"))
    #expect(pair.dialed.send(pattern(70_000)))
    #expect(pair.loop.run { pair.atListener.bytes.count == 70_000 })
    let peer = try pair.accepted.peerCredentials()
    #expect(peer.process == UV.Process.ownID)
    pair.loop.close()
  }

  @Test func aSocketPathThatWouldBeCutOffIsRefused() throws {
    let loop = try Loop()
    let path = "/tmp/" + String(repeating: "x", count: 200)
    #expect(throws: UVError.self) { _ = try Listener.open(loop, .unix(path)) { _ in } }
    #expect(throws: UVError.self) { _ = try Connection.dial(loop, .unix(path), handler: Recorder()) }
    loop.close()
  }

  @Test func aTakenPortIsAnError() throws {
    let loop = try Loop()
    let first = try Listener.open(loop, .loopback(0)) { _ in }
    do throws(UVError) {
      _ = try Listener.open(loop, .loopback(first.port)) { _ in }
      Issue.record("two listeners on one port")
    } catch { #expect(error.name == "EADDRINUSE") }
    loop.close()
  }
}
