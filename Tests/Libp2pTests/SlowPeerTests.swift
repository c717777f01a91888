// A peer that stops, wherever it stops, and one whose bytes drip: in each state of a connection its time runs out. The bytes of a
// whole honest dialer are recorded once; then the listener gets the first n of them, for every n.

import Basics
import Libp2p
import Testing

@Suite struct SlowPeerTests {
  /// What the dialer says from its first byte until streams stand and it is known to both.
  private func recorded(_ security: SecurityProtocol) -> [UInt8] {
    let link = Link(settings(0, security), settings(1, security))
    link.drive()
    #expect(link.listenerIsReady && link.listener.pubsubVersion != nil)
    return link.toListener
  }

  private func listener(_ security: SecurityProtocol) -> PeerConnection {
    PeerConnection(
      settings(1, security), isDialer: false, secrets: secrets(2), at: Instant(nanoseconds: 1))
  }

  /// Every limit of time at its end, and some seconds for steps of one.
  private let patience = 100

  @Test(arguments: SecurityProtocol.allCases)
  func whereverAPeerStopsItsTimeRunsOut(security: SecurityProtocol) {
    let said = recorded(security)
    var stages: Set<ConnectionError.Stage> = []
    for count in 0..<said.count {
      var connection = listener(security)
      var now = Instant(nanoseconds: 1)
      connection.receive(said.span.extracting(0..<count), at: now)
      #expect(connection.failure == nil, "after \(count) honest bytes")
      var seconds = 0
      while connection.failure == nil, seconds < patience {
        #expect(connection.deadline < .never, "nothing is awaited after \(count) bytes")
        connection.output = []
        now += .seconds(1)
        seconds += 1
        connection.expire(at: now)
      }
      guard case .deadline(let stage) = connection.failure else {
        Issue.record(
          "after \(count) of \(said.count) bytes: \(connection.failure.map { "\($0)" } ?? "nothing")")
        return
      }
      stages.insert(stage)
      // Before streams stand ten seconds are all there are.
      if stage == .security || stage == .handshake || stage == .muxer { #expect(seconds <= 10) }
    }
    #expect(stages.isSuperset(of: [.security, .handshake, .muxer]))
    #expect(stages.contains(.stream) || stages.contains(.unfinished), "\(stages)")
  }

  @Test(arguments: SecurityProtocol.allCases)
  func aByteASecondDoesNotKeepAConnection(security: SecurityProtocol) {
    var connection = listener(security)
    var now = Instant(nanoseconds: 1)
    var taken = 0
    for byte in recorded(security) where connection.failure == nil {
      now += .seconds(1)
      connection.expire(at: now)
      if connection.failure != nil { break }
      let one = [byte]
      connection.receive(one.span, at: now)
      connection.output = []
      taken += 1
    }
    #expect(connection.failure == .deadline(.security))
    #expect(taken < 11)
  }

  /// The same drop by drop from every place on: what comes before is said at once.
  @Test(arguments: SecurityProtocol.allCases)
  func drippingFromAnyPlaceOnIsNoBetter(security: SecurityProtocol) {
    let said = recorded(security)
    for start in stride(from: 0, to: said.count, by: 3) {
      var connection = listener(security)
      var now = Instant(nanoseconds: 1)
      connection.receive(said.span.extracting(0..<start), at: now)
      var position = start
      var seconds = 0
      while connection.failure == nil, seconds < patience, position < said.count {
        connection.output = []
        now += .seconds(1)
        seconds += 1
        connection.expire(at: now)
        if connection.failure != nil { break }
        let one = [said[position]]
        connection.receive(one.span, at: now)
        position += 1
      }
      // Either its time is over, or it had so little left to say that it was through in time.
      if connection.failure == nil {
        #expect(position == said.count && seconds <= 90, "from \(start) on it lived \(seconds) s")
      } else if case .deadline = connection.failure {
      } else {
        Issue.record("from \(start) on: \(connection.failure.map { "\($0)" } ?? "")")
      }
    }
  }
}
