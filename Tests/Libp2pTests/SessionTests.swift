import Basics
import Libp2p
import Signatures
import Testing

/// Two ends with a wire between them that a test can tamper with.
struct Ends {
  static let network = NetworkID(1, 2, 3, 4)
  let alice = Identity(seed: 7, node: 0)
  let bob = Identity(seed: 7, node: 1)
  let mallory = Identity(seed: 8, node: 0)
  let now = Instant(nanoseconds: 1_000)

  func dialer(
    _ identity: Identity? = nil, network: NetworkID = Ends.network, nonce: UInt64 = 10,
    to peer: PublicKey? = nil
  ) -> Session {
    Session(
      .dialer, identity ?? alice, network: network, nonce: Nonce(nonce, 0, 0, 0),
      admission: .exactly(peer ?? bob.publicKey), at: now)
  }

  func listener(_ admission: Admission? = nil, nonce: UInt64 = 20) -> Session {
    Session(
      .listener, bob, network: Ends.network, nonce: Nonce(nonce, 0, 0, 0),
      admission: admission ?? .members(Members([alice.publicKey, bob.publicKey])), at: now)
  }
}

extension Session {
  mutating func take(_ frame: [UInt8], at now: Instant = Instant(nanoseconds: 2_000)) -> Step {
    receive(frame.span, at: now)
  }
}

func proof(_ step: Session.Step) throws -> [UInt8] {
  guard case .send(let frame) = step else {
    Issue.record("expected a proof, got \(step)")
    throw CancellationError()
  }
  return frame
}

@Suite struct SessionTests {
  let ends = Ends()

  @Test func twoMembersProveThemselves() throws {
    var a = ends.dialer()
    var b = ends.listener()
    let fromA = try proof(a.take(b.hello))
    let fromB = try proof(b.take(a.hello))
    #expect(a.take(fromB) == .established(ends.bob.publicKey))
    #expect(b.take(fromA) == .established(ends.alice.publicKey))
    #expect(a.phase == .established(ends.bob.publicKey))
    #expect(a.deadline == .never)
    #expect(a.hello.count <= Session.frameBytesMaximum)
    #expect(fromA.count <= Session.frameBytesMaximum)
  }

  @Test func aStrangersKeyIsRefusedUnlessTheNetworkIsOpen() throws {
    var m = ends.dialer(ends.mallory)
    var b = ends.listener()
    #expect(b.take(m.hello) == .refuse(.unknownKey))
    #expect(b.phase == .refused(.unknownKey))
    var open = ends.listener(.open)
    let fromOpen = try proof(open.take(m.hello))
    let fromM = try proof(m.take(open.hello))
    #expect(m.take(fromOpen) == .established(ends.bob.publicKey))
    #expect(open.take(fromM) == .established(ends.mallory.publicKey))
  }

  @Test func whoeverAnswersInPlaceOfTheDialedNodeIsRefused() {
    var a = ends.dialer(to: ends.mallory.publicKey)
    #expect(a.take(ends.listener().hello) == .refuse(.wrongPeer))
  }

  @Test func anotherNetworkIsRefused() {
    let a = ends.dialer(network: NetworkID(1, 2, 3, 5))
    var b = ends.listener()
    #expect(b.take(a.hello) == .refuse(.wrongNetwork))
  }

  @Test func aKnownKeyWithoutItsSecretIsRefused() throws {
    // Mallory says Alice's hello and signs with her own key.
    var b = ends.listener()
    var m = Session(
      .dialer, ends.mallory, network: Ends.network, nonce: Nonce(10, 0, 0, 0), admission: .open, at: ends.now)
    _ = try proof(b.take(ends.dialer().hello))
    let forged = try proof(m.take(b.hello))
    #expect(b.take(forged) == .refuse(.badProof))
  }

  @Test func aRecordedHandshakeIsRefused() throws {
    var a = ends.dialer()
    var b = ends.listener()
    let hello = a.hello
    _ = b.take(hello)
    let recorded = try proof(a.take(b.hello))
    #expect(b.take(recorded) == .established(ends.alice.publicKey))
    // The same frames again, to a listener with its next nonce.
    var again = ends.listener(nonce: 21)
    _ = try proof(again.take(hello))
    #expect(again.take(recorded) == .refuse(.badProof))
  }

  @Test func ourOwnHelloAndOurOwnProofComingBackAreRefused() throws {
    var a = ends.dialer(to: ends.alice.publicKey)
    #expect(a.take(a.hello) == .refuse(.reflected))
    // Bob's proof as a listener, given back to him by somebody who claims to be Alice.
    var b = ends.listener()
    let fromB = try proof(b.take(ends.dialer().hello))
    #expect(b.take(fromB) == .refuse(.badProof))
    // The nonce alone coming back is a reflection too.
    var c = ends.listener(nonce: 10)
    #expect(c.take(ends.dialer().hello) == .refuse(.reflected))
  }

  @Test func rolesCannotBeSwapped() throws {
    // Alice, as a listener elsewhere, proves herself to Mallory with the very nonces of a session of Bob's.
    var b = ends.listener()
    _ = try proof(b.take(ends.dialer().hello))
    var aliceListening = Session(
      .listener, ends.alice, network: Ends.network, nonce: Nonce(10, 0, 0, 0), admission: .open, at: ends.now)
    let helloOfB = b.hello
    let stolen = try proof(aliceListening.take(helloOfB))
    #expect(b.take(stolen) == .refuse(.badProof))
  }

  @Test func everyTruncatedOrChangedFrameIsRefused() throws {
    let hello = ends.dialer().hello
    for count in 0..<hello.count {
      var b = ends.listener()
      #expect(b.take(Array(hello[..<count])) == .refuse(.malformed))
    }
    var a = ends.dialer()
    var first = ends.listener()
    let good = try proof(a.take(first.hello))
    _ = first.take(hello)
    for count in 0..<good.count {
      var b = first
      #expect(b.take(Array(good[..<count])) == .refuse(.malformed))
    }
    for position in good.indices {
      var bad = good
      bad[position] ^= 1
      var b = first
      #expect(b.take(bad) == .refuse(position == 0 ? .malformed : .badProof))
    }
    for position in hello.indices {
      var bad = hello
      bad[position] ^= 1
      var b = ends.listener()
      switch b.take(bad) {
      case .refuse: break
      case .send:
        #expect(b.take(good) == .refuse(.badProof), "a changed byte \(position) of the hello went unnoticed")
      case .established: Issue.record("established by a hello")
      }
    }
  }

  @Test func aSilentPeerIsRefusedAtTheDeadlineOfEachStep() throws {
    var b = ends.listener()
    let first = ends.now + Session.stepTime
    #expect(b.deadline == first)
    #expect(b.expire(at: Instant(nanoseconds: first.nanoseconds - 1)) == nil)
    var second = b
    #expect(b.expire(at: first) == .deadline)
    #expect(b.phase == .refused(.deadline))
    _ = try proof(second.take(ends.dialer().hello, at: first))
    #expect(second.deadline == first + Session.stepTime)
    #expect(second.expire(at: first + Session.stepTime) == .deadline)
  }

  @Test(arguments: 0..<300 as Range<UInt64>) func noBytesTrapASession(seed: UInt64) {
    var random = RandomStream(seed: seed)
    var b = ends.listener()
    let bytes = (0..<random.below(200)).map { _ in UInt8(random.below(256)) }
    _ = b.take(bytes)
  }
}

@Suite struct IdentityTests {
  /// RFC 8032, section 7.1, test 2.
  @Test func aVectorOfTheStandard() throws {
    func hex(_ text: String) -> [UInt8] {
      let digits = text.compactMap(\.hexDigitValue)
      return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
    }
    let identity = Identity(seed: hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))
    #expect(
      identity.publicKey.bytes == hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"))
    let expected = hex(
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    #expect(identity.publicKey.isValid(expected, of: [0x72]))
    #expect(identity.publicKey.isValid(identity.sign([0x72]), of: [0x72]))
    #expect(!identity.publicKey.isValid(expected, of: [0x73]))
    #expect(!identity.publicKey.isValid(Array(expected.dropLast()), of: [0x72]))
    #expect(PublicKey(bytes: identity.publicKey.bytes.span) == identity.publicKey)
    let short: [UInt8] = [1]
    #expect(PublicKey(bytes: short.span) == nil)
  }

  @Test func identitiesOfNodesDifferAndRepeat() {
    let keys = (0..<20).map { Identity(seed: 1, node: $0).publicKey }
    #expect(Set(keys).count == 20)
    #expect(keys[3] == Identity(seed: 1, node: 3).publicKey)
    #expect(keys[3] != Identity(seed: 2, node: 3).publicKey)
  }
}
