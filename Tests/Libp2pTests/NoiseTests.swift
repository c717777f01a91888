// The XX handshake against published vectors (cacophony, one with a prologue and payloads; flynn/noise, empty payloads), and
// what an attacker may do to it.

import Testing

@testable import Libp2p

/// A published run: keys, prologue, and messages as (payload, what goes over the wire).
struct NoiseVector: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let prologue, initiatorStatic, initiatorEphemeral, responderStatic, responderEphemeral: [UInt8]
  let hash: [UInt8]?
  let messages: [(payload: [UInt8], wire: [UInt8])]
  /// Who speaks first after the handshake.
  let responderGoesOn: Bool

  static let all = [
    NoiseVector(
      testDescription: "cacophony", prologue: hex("4a6f686e2047616c74"),
      initiatorStatic: hex("e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1"),
      initiatorEphemeral: hex("893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a"),
      responderStatic: hex("4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893"),
      responderEphemeral: hex("bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b"),
      hash: hex("c8e5f64e846193be2a834104c2a009868d6c9f3bd3c186299888b488b2f1f58e"),
      messages: [
        (
          hex("4c756477696720766f6e204d69736573"),
          hex(
            "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79444c756477696720766f6e204d69736573"
          )
        ),
        (
          hex("4d757272617920526f746862617264"),
          hex(
            """
            95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f14480884381cbad1f276e038c48378ffce2b65285e08d6b68aaa3629a5a8639
            392490e5b9bd5269c2f1e4f488ed8831161f19b7815528f8982ffe09be9b5c412f8a0db50f8814c7194e83f23dbd8d162c9326ad
            """)
        ),
        (
          hex("462e20412e20486179656b"),
          hex(
            """
            c7195ffacac1307ff99046f219750fc47693e23c3cb08b89c2af808b444850a80ae475b9df0f169ae80a89be0865b57f58c9fea0d4ec82a286
            427402f113e4b6ae769a1d95941d49b25030
            """)
        ),
        (hex("4361726c204d656e676572"), hex("96763ed773f8e47bb3712f0e29b3060ffc956ffc146cee53d5e1df")),
        (
          hex("4a65616e2d426170746973746520536179"),
          hex("3e40f15f6f3a46ae446b253bf8b1d9ffb6ed9b174d272328ff91a7e2e5c79c07f5")
        ),
        (
          hex("457567656e2042f6686d20766f6e2042617765726b"),
          hex("eb3f3515110702e047a6c9da4478b6ead94873c11c0f2d710ddb3f09fce024b3a58502ae3f")
        ),
      ], responderGoesOn: true),
    NoiseVector(
      testDescription: "flynn", prologue: [],
      initiatorStatic: hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
      initiatorEphemeral: hex("202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"),
      responderStatic: hex("0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"),
      responderEphemeral: hex("4142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f60"), hash: nil,
      messages: [
        ([], hex("358072d6365880d1aeea329adf9121383851ed21a28e3b75e965d0d2cd166254")),
        (
          [],
          hex(
            """
            64b101b1d0be5a8704bd078f9895001fc03e8e9f9522f188dd128d9846d484663414af878d3e46a2f58911a816d6e8346d4ea17a6f2a0bb4ef
            4ed56c133cff4560a34e36ea82109f26cf2e5a5caf992b608d55c747f615e5a3425a7a19eefb8f
            """)
        ),
        (
          [],
          hex(
            """
            87f864c11ba449f46a0a4f4e2eacbb7b0457784f4fca1937f572c93603e9c4d97e5ea11b16f3968710b23a3be3202dc1b5e1ce3c9633474
            91e74f5c0768a9b42
            """)
        ),
        (
          hex("79656c6c6f777375626d6172696e65"),
          hex("a52ef02ba60e12696d1d6b9ef4245c88fca757b6134ad6e76b56e310a6adf6")
        ),
        (
          hex("7375626d6172696e6579656c6c6f77"),
          hex("2445aa438ebd649281c636cc7269ca82f1d9023d72520943aeabf909cdf521")
        ),
      ], responderGoesOn: false),
  ]

  func sides() -> (NoiseXX, NoiseXX) {
    (
      NoiseXX(
        isInitiator: true, identity: NoiseKeyPair(secret: initiatorStatic),
        ephemeral: NoiseKeyPair(secret: initiatorEphemeral), prologue: prologue),
      NoiseXX(
        isInitiator: false, identity: NoiseKeyPair(secret: responderStatic),
        ephemeral: NoiseKeyPair(secret: responderEphemeral), prologue: prologue)
    )
  }
}

@Suite struct NoiseTests {
  @Test(arguments: NoiseVector.all)
  func publishedVectorsAreReproduced(vector: NoiseVector) throws {
    var (initiator, responder) = vector.sides()
    for (index, (payload, wire)) in vector.messages.prefix(3).enumerated() {
      if index % 2 == 0 {
        #expect(try initiator.write(payload) == wire)
        #expect(try responder.read(wire[...]) == payload)
      } else {
        #expect(try responder.write(payload) == wire)
        #expect(try initiator.read(wire[...]) == payload)
      }
    }
    #expect(initiator.hash == responder.hash)
    if let hash = vector.hash { #expect(initiator.hash == hash) }
    #expect(initiator.remoteStatic == NoiseKeyPair(secret: vector.responderStatic).publicKey)
    #expect(responder.remoteStatic == NoiseKeyPair(secret: vector.initiatorStatic).publicKey)
    var ours = initiator.split()
    var theirs = responder.split()
    for (index, (payload, wire)) in vector.messages.enumerated().dropFirst(3) {
      var sealed: [UInt8] = []
      var opened: [UInt8] = []
      if (index % 2 == 0) == vector.responderGoesOn {
        try ours.sending.seal(payload[...], into: &sealed)
        try theirs.receiving.open(wire[...], into: &opened)
      } else {
        try theirs.sending.seal(payload[...], into: &sealed)
        try ours.receiving.open(wire[...], into: &opened)
      }
      #expect(sealed == wire)
      #expect(opened == payload)
    }
  }

  @Test(arguments: [1, 2])
  func everyChangedByteOfAHandshakeIsNoticed(message: Int) throws {
    let vector = NoiseVector.all[0]
    for place in vector.messages[message].wire.indices {
      var (initiator, responder) = vector.sides()
      _ = try responder.read(try initiator.write([])[...])
      var second = try responder.write([1, 2, 3])
      if message == 1 {
        guard place < second.count else { break }
        second[place] ^= 1
        #expect(throws: NoiseError.self) { try initiator.read(second[...]) }
        continue
      }
      _ = try initiator.read(second[...])
      var third = try initiator.write([4, 5])
      guard place < third.count else { break }
      third[place] ^= 1
      #expect(throws: NoiseError.notAuthentic) { try responder.read(third[...]) }
    }
  }

  @Test func aHandshakeRecordedEarlierIsOfNoUse() throws {
    // The dialer's third message of one session, played to a listener with another ephemeral key.
    let vector = NoiseVector.all[0]
    var (initiator, responder) = vector.sides()
    let first = try initiator.write([])
    _ = try responder.read(first[...])
    _ = try initiator.read(try responder.write([])[...])
    let third = try initiator.write([9])
    var other = NoiseXX(
      isInitiator: false, identity: NoiseKeyPair(secret: vector.responderStatic),
      ephemeral: NoiseKeyPair(secret: vector.initiatorStatic))
    _ = try other.read(first[...])
    _ = try other.write([])
    #expect(throws: NoiseError.notAuthentic) { try other.read(third[...]) }
  }

  @Test func shortMessagesAndPointsOfLowOrderAreRefused() throws {
    let vector = NoiseVector.all[1]
    var (_, responder) = vector.sides()
    #expect(throws: NoiseError.tooShort(bytes: 31, least: 32)) {
      try responder.read([UInt8](repeating: 1, count: 31)[...])
    }
    (_, responder) = vector.sides()
    _ = try responder.read([UInt8](repeating: 0, count: 32)[...])
    #expect(throws: NoiseError.badKey) { try responder.write([]) }
  }

  @Test func messagesOutOfOrderOrTwiceAreNotAuthentic() throws {
    let vector = NoiseVector.all[0]
    var (initiator, responder) = vector.sides()
    _ = try responder.read(try initiator.write([])[...])
    _ = try initiator.read(try responder.write([])[...])
    _ = try responder.read(try initiator.write([])[...])
    var ours = initiator.split()
    var theirs = responder.split()
    var one: [UInt8] = []
    var two: [UInt8] = []
    try ours.sending.seal([1], into: &one)
    try ours.sending.seal([2], into: &two)
    var plain: [UInt8] = []
    try theirs.receiving.open(one[...], into: &plain)
    #expect(throws: NoiseError.notAuthentic) { try theirs.receiving.open(one[...], into: &plain) }
    #expect(plain == [1])
  }
}
