import Libp2p
import Testing

/// A header as it goes over the wire.
func header(_ kind: UInt8, _ flags: UInt16, _ id: UInt32, _ length: UInt32, version: UInt8 = 0) -> [UInt8] {
  func bytes(_ number: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> UInt32($0)) }
  }
  return [version, kind, UInt8(flags >> 8), UInt8(flags & 0xFF)] + bytes(id) + bytes(length)
}

extension Yamux {
  /// Feeds `bytes` in pieces, and takes the events.
  mutating func take(_ bytes: [UInt8], chunk: Int = .max) throws -> [YamuxEvent] {
    var position = 0
    while position < bytes.count {
      let end = position + min(chunk, bytes.count - position)
      try receive(bytes.span.extracting(position..<end))
      position = end
    }
    defer { events = [] }
    return events
  }

  mutating func opened() throws -> UInt32 {
    let id = open()
    return try #require(id)
  }

  mutating func post(_ id: UInt32, _ bytes: [UInt8]) -> Bool { send(id, bytes.span) }

  mutating func drain() -> [UInt8] {
    defer { output = [] }
    return output
  }
}

@Suite struct YamuxTests {
  static let data: UInt8 = 0
  static let update: UInt8 = 1
  static let ping: UInt8 = 2
  static let away: UInt8 = 3
  static let syn: UInt16 = 1
  static let ack: UInt16 = 2
  static let fin: UInt16 = 4
  static let rst: UInt16 = 8

  @Test func aStreamFromOpeningToEnd() throws {
    var dialer = Yamux(isDialer: true)
    var listener = Yamux(isDialer: false)
    let id = try dialer.opened()
    #expect(id == 1)
    #expect(dialer.drain() == header(Self.update, Self.syn, 1, 0))
    #expect(try listener.take(header(Self.update, Self.syn, 1, 0)) == [.opened(1)])
    #expect(listener.drain() == [])
    #expect(dialer.post(id, [7, 8]) == true)
    #expect(dialer.drain() == header(Self.data, 0, 1, 2) + [7, 8])
    #expect(try listener.take(header(Self.data, 0, 1, 2) + [7, 8]) == [.data(1, [7, 8])])
    #expect(listener.post(1, [9]) == true)
    #expect(listener.drain() == header(Self.data, Self.ack, 1, 1) + [9])
    #expect(try dialer.take(header(Self.data, Self.ack, 1, 1) + [9]) == [.data(1, [9])])
    dialer.close(id)
    #expect(dialer.drain() == header(Self.data, Self.fin, 1, 0))
    #expect(try listener.take(header(Self.data, Self.fin, 1, 0)) == [.ended(1)])
    #expect(dialer.post(id, [1]) == false)
    listener.close(1)
    #expect(try dialer.take(listener.drain()) == [.ended(1)])
    #expect(dialer.streamCount == 0)
    #expect(listener.streamCount == 0)
    #expect(dialer.open() == 3)
    #expect(listener.open() == 2)
  }

  @Test(arguments: [1, 5, 11, 12, 13, 1_000])
  func framesAreReadHoweverTheyAreCut(chunk: Int) throws {
    var listener = Yamux(isDialer: false)
    let bytes =
      header(Self.data, Self.syn, 1, 3) + [1, 2, 3] + header(Self.update, 0, 1, 5)
      + header(Self.data, Self.fin, 1, 2) + [4, 5]
    var received: [UInt8] = []
    var rest: [YamuxEvent] = []
    for event in try listener.take(bytes, chunk: chunk) {
      if case .data(1, let bytes) = event { received += bytes } else { rest.append(event) }
    }
    #expect(received == [1, 2, 3, 4, 5])
    // The end comes behind the data of its own frame.
    #expect(rest == [.opened(1), .ended(1)])
    #expect(!listener.isInsideFrame)
  }

  @Test func nobodySendsBeyondTheWindow() throws {
    var dialer = Yamux(isDialer: true)
    let id = try dialer.opened()
    _ = dialer.drain()
    let window = Int(Yamux.initialWindow)
    #expect(dialer.post(id, [UInt8](repeating: 1, count: window + 100)) == true)
    #expect(dialer.pendingBytes(id) == 100)
    dialer.close(id)
    var sent = dialer.drain()
    // Eight full frames of 32 KiB, no FIN as something waits.
    #expect(sent.count == window + 8 * 12)
    _ = try dialer.take(header(Self.update, 0, 1, 60))
    sent = dialer.drain()
    #expect(sent == header(Self.data, 0, 1, 60) + [UInt8](repeating: 1, count: 60))
    _ = try dialer.take(header(Self.update, 0, 1, 1_000))
    sent = dialer.drain()
    #expect(
      sent == header(Self.data, 0, 1, 40) + [UInt8](repeating: 1, count: 40)
        + header(Self.data, Self.fin, 1, 0))
  }

  @Test func whatWaitsHasABoundThatIsCounted() throws {
    var dialer = Yamux(isDialer: true, pendingMaximum: 300_000)
    let id = try dialer.opened()
    #expect(dialer.post(id, [UInt8](repeating: 1, count: 300_000)) == true)
    #expect(dialer.pendingBytes(id) == 300_000 - Int(Yamux.initialWindow))
    #expect(dialer.post(id, [UInt8](repeating: 1, count: 300_000)) == false)
    #expect(dialer.counters.sendsRefused == 300_000)
  }

  @Test func theWindowIsRenewedWhenHalfIsUsed() throws {
    var listener = Yamux(isDialer: false)
    let half = Yamux.initialWindow / 2
    _ = try listener.take(
      header(Self.data, Self.syn, 1, half - 1) + [UInt8](repeating: 0, count: Int(half - 1)))
    #expect(listener.drain() == [])
    _ = try listener.take(header(Self.data, 0, 1, 1) + [0])
    #expect(listener.drain() == header(Self.update, Self.ack, 1, half))
    // So a peer may send for ever, and never more than a window at once.
    let whole = Yamux.initialWindow
    _ = try listener.take(header(Self.data, 0, 1, whole) + [UInt8](repeating: 0, count: Int(whole)))
    #expect(listener.drain() == header(Self.update, 0, 1, whole))
    #expect(throws: YamuxError.windowExceeded(stream: 1, bytes: whole + 1, window: whole)) {
      try listener.take(header(Self.data, 0, 1, whole + 1))
    }
  }

  @Test func pingsAreAnsweredAndOursRecognised() throws {
    var dialer = Yamux(isDialer: true)
    #expect(try dialer.take(header(Self.ping, Self.syn, 0, 77)) == [])
    #expect(dialer.drain() == header(Self.ping, Self.ack, 0, 77))
    dialer.ping(5)
    #expect(dialer.drain() == header(Self.ping, Self.syn, 0, 5))
    #expect(try dialer.take(header(Self.ping, Self.ack, 0, 6)) == [])
    #expect(try dialer.take(header(Self.ping, Self.ack, 0, 5)) == [.pong(5)])
    #expect(try dialer.take(header(Self.ping, Self.ack, 0, 5)) == [])
  }

  @Test func aPeerThatGoesAwayGetsNoStreams() throws {
    var dialer = Yamux(isDialer: true)
    #expect(try dialer.take(header(Self.away, 0, 0, 2)) == [.goAway(2)])
    #expect(dialer.open() == nil)
    dialer.goAway(0)
    #expect(dialer.drain() == header(Self.away, 0, 0, 0))
  }

  @Test func streamsBeyondTheBoundAreReset() throws {
    var listener = Yamux(isDialer: false, inboundMaximum: 2)
    _ = try listener.take(header(Self.update, Self.syn, 1, 0) + header(Self.update, Self.syn, 3, 0))
    #expect(try listener.take(header(Self.data, Self.syn, 5, 2) + [1, 2]) == [])
    #expect(listener.drain() == header(Self.update, Self.rst, 5, 0))
    #expect(listener.counters.streamsRefused == 1)
    // The peer did not know yet.
    #expect(try listener.take(header(Self.data, 0, 5, 1) + [3]) == [])
    #expect(try listener.take(header(Self.update, Self.rst, 1, 0)) == [.reset(1)])
    #expect(try listener.take(header(Self.update, Self.syn, 7, 0)) == [.opened(7)])
  }

  @Test func aResetDropsWhatComesAfter() throws {
    var dialer = Yamux(isDialer: true)
    let id = try dialer.opened()
    _ = dialer.drain()
    dialer.reset(id)
    #expect(dialer.drain() == header(Self.update, Self.rst, 1, 0))
    #expect(
      try dialer.take(header(Self.data, 0, 1, 3) + [1, 2, 3] + header(Self.ping, Self.syn, 0, 1)) == [])
    #expect(dialer.counters.framesSkipped == 1)
    #expect(dialer.drain() == header(Self.ping, Self.ack, 0, 1))
  }

  @Test(
    arguments: [
      ("version", header(0, 1, 1, 0, version: 1)), ("type", header(4, 0, 1, 0)),
      ("streamZero", header(0, 0, 0, 1)), ("streamZero", header(1, 1, 0, 1)),
      ("streamZero", header(2, 1, 3, 1)),
      ("streamZero", header(3, 0, 1, 0)), ("unknownStream", header(0, 0, 1, 4)),
      ("unknownStream", header(1, 0, 2, 4)), ("streamTaken", header(1, 1, 2, 0)),
      ("streamTaken", header(1, 1, 1, 0) + header(1, 1, 1, 0)),
      ("windowExceeded", header(0, 1, 1, 262_145)), ("windowExceeded", header(0, 1, 1, .max)),
      ("windowOverflow", header(1, 1, 1, .max)),
      ("dataAfterEnd", header(0, 5, 1, 0) + header(0, 0, 1, 1)),
    ] as [(String, [UInt8])])
  func framesAgainstTheRulesEndTheSession(name: String, bytes: [UInt8]) {
    var listener = Yamux(isDialer: false)
    do {
      _ = try listener.take(bytes)
      Issue.record("taken")
    } catch { #expect("\(error)".hasPrefix(name)) }
  }
}
