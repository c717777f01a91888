import Basics
import Libp2p
import Signatures
import Testing

@Suite struct PeerConnectionTests {
  @Test(arguments: SecurityProtocol.allCases, [1, 7, 100_000])
  func twoEndsBecomeAConnection(security: SecurityProtocol, chunk: Int) {
    let link = Link(settings(0, security), settings(1, security))
    link.chunk = chunk
    link.drive()
    #expect(link.dialer.failure == nil)
    #expect(link.listener.failure == nil)
    #expect(link.dialerEvents.contains(.secured(settings(1).identity.publicKey, security)))
    #expect(link.listenerEvents.contains(.secured(settings(0).identity.publicKey, security)))
    #expect(link.dialerEvents.contains(.pubsubOpened("/meshsub/1.3.0")))
    #expect(link.listenerEvents.contains(.pubsubOpened("/meshsub/1.3.0")))
    let identified = link.dialerEvents.compactMap { event in
      if case .identified(let message) = event { message } else { nil }
    }
    #expect(identified.map(\.agentVersion) == ["end 1"])
    #expect(identified.first?.publicKey == settings(1).identity.publicKey)
    #expect(identified.first?.protocols.contains("/meshsub/1.1.0") == true)
    // RPCs both ways, one longer than the window.
    let long = [UInt8](repeating: 7, count: chunk < 100 ? 20_000 : 700_000)
    #expect(link.dialerSends([1, 2, 3]))
    #expect(link.dialerSends(long))
    #expect(link.listenerSends([4]))
    link.drive()
    #expect(link.listenerEvents.suffix(2) == [.rpc([1, 2, 3]), .rpc(long)])
    #expect(link.dialerEvents.last == .rpc([4]))
    #expect(link.dialer.pendingBytes == 0)
  }

  @Test func theBestCommonVersionIsSpoken() {
    var old = settings(1)
    old.pubsub = ["/meshsub/1.1.0", "/meshsub/1.0.0"]
    let link = Link(settings(0), old)
    link.drive()
    #expect(link.dialerEvents.contains(.pubsubOpened("/meshsub/1.1.0")))
    #expect(link.listenerEvents.contains(.pubsubOpened("/meshsub/1.1.0")))
  }

  @Test func noVersionInCommonLeavesAConnectionWithoutRPCs() {
    var old = settings(1)
    old.pubsub = ["/meshsub/1.0.0"]
    var new = settings(0)
    new.pubsub = ["/meshsub/1.2.0"]
    let link = Link(new, old)
    link.drive()
    #expect(link.dialerEvents.contains(.pubsubRefused))
    #expect(!link.dialerSends([1]))
    #expect(link.dialer.failure == nil)
    // Of no use to anybody: it is not kept for ever.
    link.now = link.now + .seconds(60)
    link.dialer.expire(at: link.now)
    #expect(link.dialer.failure == .deadline(.useless))
  }

  @Test func pingsMeasureTheRoundTrip() {
    let link = Link()
    link.drive()
    let payload = [UInt8](0..<32)
    #expect(link.dialerPings(payload))
    #expect(!link.dialerPings(payload))
    // The answer to the proposal, then the echo, each a little later.
    link.listener.receive(link.dialer.output.span, at: link.now)
    link.dialer.output = []
    link.dialer.receive(link.listener.output.span, at: link.now)
    link.listener.output = []
    link.now += .milliseconds(40)
    link.listener.receive(link.dialer.output.span, at: link.now)
    link.dialer.output = []
    link.dialer.receive(link.listener.output.span, at: link.now)
    link.listener.output = []
    #expect(link.dialer.events.last == .roundTrip(.milliseconds(40)))
    link.drive()
    #expect(link.dialerPings(payload))
  }

  // MARK: Admission

  @Test func onlyTheDialedPeerIsTalkedTo() {
    let wanted = settings(5).identity.peerID
    let link = Link(expecting: wanted)
    link.drive()
    #expect(link.dialer.failure == .wrongPeer(settings(1).identity.peerID))
    let right = Link(expecting: settings(1).identity.peerID)
    right.drive()
    #expect(right.dialerIsReady)
  }

  @Test(arguments: SecurityProtocol.allCases)
  func strangersAreRefusedWhereMembersAreNamed(security: SecurityProtocol) {
    var closed = settings(1, security)
    closed.admission = .members([settings(4).identity.peerID])
    let link = Link(settings(0, security), closed)
    link.drive()
    #expect(link.listener.failure == .unknownPeer(settings(0).identity.peerID))
    #expect(!link.listenerEvents.contains { if case .secured = $0 { true } else { false } })
    let friend = Link(settings(4, security), closed)
    friend.drive()
    #expect(friend.listenerIsReady)
  }

  @Test func oneDoesNotTalkToOneself() {
    let link = Link(settings(0), settings(0))
    link.drive()
    #expect(link.dialer.failure == .ourself || link.listener.failure == .ourself)
  }

  @Test func differentSecurityIsARefusal() {
    let link = Link(settings(0, .noise), settings(1, .plaintext))
    link.drive()
    #expect(link.dialer.failure == .securityRefused)
    var both = settings(0)
    both.security = [.noise, .plaintext]
    let second = Link(both, settings(1, .plaintext))
    second.drive()
    #expect(second.dialerIsReady)
  }

  @Test func aPlaintextIDOfAnotherKeyIsRefused() {
    let hand = HandMade()
    var greeting = hand.greeting
    // The last byte of the id.
    let place = line("/multistream/1.0.0").count + line("/plaintext/2.0.0").count + 1 + 2 + 37
    greeting[place] ^= 1
    hand.say(greeting)
    #expect(hand.listener.failure == .security(.plaintext(.mismatch)))
  }

  @Test func aRecordedSessionIsOfNoUseAgain() {
    // Everything a dialer said in one session, played to the same listener with fresh secrets.
    let link = Link()
    link.drive()
    var victim = PeerConnection(settings(1), isDialer: false, secrets: secrets(9), at: link.now)
    victim.receive(link.toListener.span, at: link.now)
    #expect(victim.failure == .security(.noise(.notAuthentic)))
    #expect(victim.remote == nil)
  }

  @Test func noChangedByteGetsThrough() {
    let link = Link()
    link.drive()
    let script = link.toListener
    // What is said before the Noise handshake is not authenticated, and only negotiates.
    let clear = line("/multistream/1.0.0").count + line("/noise").count
    for place in clear..<min(script.count, 400) {
      var changed = script
      changed[place] ^= 0x40
      var victim = PeerConnection(settings(1), isDialer: false, secrets: secrets(2), at: link.now)
      victim.receive(changed.span, at: link.now)
      // A changed length leaves it waiting for the rest; nothing else is believed.
      if victim.failure == nil { #expect(victim.deadline < .never) }
      let honest = victim.remote == nil || victim.remote == settings(0).identity.publicKey
      #expect(honest)
      let events = victim.events
      #expect(!events.contains { if case .rpc = $0 { true } else { false } })
    }
  }

  // MARK: Odd but legal

  @Test(arguments: [1, 3, 1_000_000])
  func aHandMadeDialerIsServedHoweverItsBytesAreCut(chunk: Int) {
    let hand = HandMade()
    let rpc: [UInt8] = [0x0A, 7, 0x08, 1, 0x12, 1, 0x74, 0x98, 0x01]
    var said = hand.greeting
    said += hand.opening(1, "/meshsub/1.1.0")
    // Two RPCs and the beginning of a third in one frame, its end in another.
    said += hand.data(1, [9] + rpc + [9] + rpc + [9] + rpc.prefix(4))
    said += hand.data(1, Array(rpc.dropFirst(4)))
    let answer = hand.say(said, chunk: chunk)
    #expect(hand.listener.failure == nil)
    #expect(hand.events.filter { $0 == .rpc(rpc) }.count == 3)
    #expect(contains(answer, line("/meshsub/1.1.0")))
  }

  @Test func unknownProtocolsAreAnsweredWithNoAndThePeerMayTryOthers() {
    let hand = HandMade()
    hand.say(hand.greeting)
    let answer = hand.say(hand.opening(1, "/kad/1.0.0"))
    #expect(contains(answer, line("na")))
    let second = hand.say(hand.data(1, line("/ipfs/ping/1.0.0") + [UInt8](repeating: 5, count: 40)))
    #expect(contains(second, line("/ipfs/ping/1.0.0")))
    #expect(contains(second, [UInt8](repeating: 5, count: 32)))
    #expect(!contains(second, [UInt8](repeating: 5, count: 33)))
    #expect(hand.listener.failure == nil)
  }

  @Test func aPeerThatKnowsNoIdentifyIsServed() {
    let hand = HandMade()
    hand.say(hand.greeting)
    // The listener's streams have even numbers: 2 is identify, 4 its RPCs.
    hand.say(hand.answer(2, "na"))
    #expect(hand.events.contains(.identifyRefused))
    hand.say(hand.answer(4, "na"))
    let version = line("/meshsub/1.2.0")
    hand.say(hand.data(4, version))
    #expect(hand.events.last == .pubsubOpened("/meshsub/1.2.0"))
    #expect(hand.listener.failure == nil)
  }

  @Test func aSecondStreamOfRPCsReplacesTheFirst() {
    let hand = HandMade()
    hand.say(hand.greeting + hand.opening(1, "/meshsub/1.1.0") + hand.data(1, [5, 1]))
    let answer = hand.say(hand.opening(3, "/meshsub/1.1.0") + hand.data(3, [2, 8, 1]))
    #expect(contains(answer, header(1, 8, 1, 0)))
    #expect(hand.events.last == .rpc([8, 1]))
    #expect(hand.listener.failure == nil)
  }

  // MARK: Against the rules

  @Test(
    arguments: [
      ("negotiation", [0x80, 0x80, 0x80, 1]), ("negotiation", line("GET / HTTP/1.1")),
      ("negotiation", [UInt8](repeating: 0, count: 64)),
    ] as [(String, [UInt8])])
  func whoDoesNotSpeakMultistreamIsDisconnected(name: String, bytes: [UInt8]) {
    let hand = HandMade()
    hand.say(bytes)
    #expect(hand.listener.failure?.name == name)
  }

  @Test func illegalFramesEndTheConnectionAndNothingElse() {
    let cases: [(String, [UInt8])] = [
      ("streams", header(9, 0, 1, 0)), ("streams", header(0, 0, 9, 1)),
      ("streams", header(0, 1, 1, 1 << 30)),
      ("negotiation", header(0, 1, 1, 2) + [0x80, 0x80] + header(0, 0, 1, 1) + [9]),
      ("frame", HandMade().opening(1, "/meshsub/1.0.0") + HandMade().data(1, [0xFF, 0xFF, 0xFF, 0x7F])),
      (
        "frame",
        HandMade().opening(1, "/meshsub/1.0.0") + HandMade().data(1, [UInt8](repeating: 0xFF, count: 11))
      ),
      ("goAway", header(3, 0, 0, 1)),
    ]
    for (name, bytes) in cases {
      for chunk in [1, 1_000_000] {
        let hand = HandMade()
        hand.say(hand.greeting)
        #expect(hand.listener.failure == nil)
        hand.say(bytes, chunk: chunk)
        #expect(hand.listener.failure?.name == name, "\(name) in pieces of \(chunk)")
        // Over is over.
        hand.say(hand.greeting)
        #expect(hand.listener.output == [])
        #expect(hand.listener.deadline == .never)
      }
    }
  }

  @Test func anIdentifyOfAnotherKeyEndsTheConnection() {
    let hand = HandMade()
    hand.say(hand.greeting)
    var message = IdentifyMessage()
    message.publicKey = settings(5).identity.publicKey
    let answer = line("/multistream/1.0.0") + line("/ipfs/id/1.0.0") + message.framed
    hand.say(header(0, 2, 2, UInt32(answer.count)) + answer)
    #expect(hand.listener.failure == .identify(.keyMismatch))
  }

  @Test func aLongIdentifyIsRefusedByItsLength() {
    let hand = HandMade()
    hand.say(hand.greeting)
    let answer = line("/multistream/1.0.0") + line("/ipfs/id/1.0.0") + Varint.encoded(1 << 20)
    hand.say(header(0, 2, 2, UInt32(answer.count)) + answer)
    #expect(hand.listener.failure == .identify(.tooLong(bytes: 1 << 20, limit: 16 << 10)))
  }

  @Test func streamsHaveABound() {
    let hand = HandMade { $0.limits.inboundStreams = 3 }
    hand.say(hand.greeting)
    for id: UInt32 in [1, 3, 5, 7, 9] { hand.say(header(1, 1, id, 0)) }
    #expect(hand.listener.counters.streamsRefused == 2)
    #expect(hand.listener.failure == nil)
  }

  // MARK: Time

  @Test(
    arguments: [
      ("security", 0), ("handshake", 2), ("muxer", 3),
    ] as [(String, Int)])
  func whoStopsHalfWayIsGivenUp(stage: String, lines: Int) {
    let hand = HandMade()
    let header = line("/multistream/1.0.0").count
    let ends = [
      0, header, header + line("/plaintext/2.0.0").count, hand.greeting.count - line("/yamux/1.0.0").count,
    ]
    let slow = HandMade()
    slow.say(Array(slow.greeting.prefix(ends[lines])))
    #expect(slow.listener.deadline == Instant(nanoseconds: 1) + .seconds(10))
    slow.listener.expire(at: Instant(nanoseconds: 1) + .seconds(10))
    #expect(slow.listener.failure?.name == "deadline.\(stage)")
  }

  @Test func drippingBytesDoNotKeepAConnection() {
    // One byte a second: the upgrade's time is over before it is complete.
    let hand = HandMade()
    for byte in hand.greeting where hand.listener.failure == nil {
      hand.now += .seconds(1)
      hand.listener.expire(at: hand.now)
      hand.say([byte])
    }
    #expect(hand.listener.failure == .deadline(.security))
  }

  @Test func aStreamWithoutAProtocolIsGivenUp() {
    let hand = HandMade()
    hand.say(hand.greeting)
    hand.say(hand.answer(2, "na"))
    hand.say(hand.answer(4, "/meshsub/1.3.0"))
    hand.say(header(0, 1, 1, 20) + line("/multistream/1.0.0"))
    #expect(hand.listener.failure == nil)
    hand.listener.expire(at: hand.now + .seconds(10))
    #expect(hand.listener.failure == .deadline(.stream))
  }

  @Test(arguments: ["header", "rpc"])
  func whatHasBegunHasToEnd(what: String) {
    let hand = HandMade()
    hand.say(hand.greeting)
    hand.say(hand.answer(2, "na"))
    hand.say(hand.answer(4, "/meshsub/1.3.0"))
    hand.say(hand.opening(1, "/meshsub/1.1.0"))
    // Whole RPCs come, so the peer is alive; then one that never ends, drop by drop.
    hand.now += .seconds(9)
    hand.say(hand.data(1, [2, 1, 1]))
    if what == "header" {
      hand.say(Array(header(0, 0, 1, 1).prefix(5)))
    } else {
      hand.say(hand.data(1, [200, 1]))
    }
    let begun = hand.now
    for _ in 0..<29 {
      hand.now += .seconds(1)
      hand.listener.expire(at: hand.now)
      hand.listener.output = []
      if what == "rpc" { hand.say(hand.data(1, [7])) }
    }
    #expect(hand.listener.failure == nil)
    hand.listener.expire(at: begun + .seconds(30))
    #expect(hand.listener.failure == .deadline(.unfinished))
  }

  @Test func aSilentPeerIsAskedAndThenGivenUp() {
    let link = Link()
    link.drive()
    let ready = link.now
    #expect(link.dialer.deadline == ready + .seconds(30))
    link.now = ready + .seconds(30)
    link.dialer.expire(at: link.now)
    #expect(link.dialer.output != [])
    // Answered: it goes on.
    link.drive()
    #expect(link.dialer.deadline == ready + .seconds(60))
    link.now = ready + .seconds(60)
    link.dialer.expire(at: link.now)
    link.dialer.output = []
    link.now = ready + .seconds(90)
    link.dialer.expire(at: link.now)
    #expect(link.dialer.failure == .deadline(.keepAlive))
  }
}
