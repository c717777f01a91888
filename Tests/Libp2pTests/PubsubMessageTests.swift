// Signed messages; two of them as py-libp2p 0.8.1 wrote them, keys made of the bytes 0, 1, 2, ... and 1, 2, 3, ...

import Basics
import Libp2p
import Signatures
import Testing

@Suite struct PubsubMessageTests {
  static let ed25519 = hex(
    """
    0a2600240801122003a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8120568656c6c6f1a0800000000000000072206
    626c6f636b732a409e10f20c1385004c700d89f53220f58d4c15832668e4f328a396c9009bee0bb19bccd6f105a0503a582cc2b7568e5a713e2c76
    d254fa37a80b29fa2be659e10f32240801122003a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8
    """)
  static let secp256k1 = hex(
    """
    0a270025080212210284bf7562262bbd6940085748f3be6afa52ae317155181ece31b66351ccffa4b0120568656c6c6f1a08000000000000000722
    06626c6f636b732a463044022009acc4fc8c54c8fc324fb7b0ca3501225059b905c58d0e2d4bec6b05dcdbeba302202e7062776fe07a2e1a3adb9a
    d6e3edf677dcee68dfc3d31060997ba0162ae8243225080212210284bf7562262bbd6940085748f3be6afa52ae317155181ece31b66351ccffa4b0
    """)

  static func read(_ message: [UInt8]) throws(MessageRefusal) -> PubsubMessage {
    // As the one message of an RPC.
    let rpc = [0x12] + Varint.encoded(UInt64(message.count)) + message
    var decoded = DecodedRPC()
    do { try decoded.decode(rpc.span, authors: .skip) } catch { throw .malformed }
    return try PubsubMessage(rpc.span, at: decoded.publications[0].message)
  }

  @Test func aMessageOfPyLibp2pIsValid() throws {
    let message = try Self.read(Self.ed25519)
    try message.checkForm(.strictSign)
    try message.checkSignature()
    #expect(message.data == Array("hello".utf8))
    #expect(message.topic == Array("blocks".utf8))
    #expect(message.encoded == Self.ed25519)
    #expect(message.id(.strictSign) == message.from + [0, 0, 0, 0, 0, 0, 0, 7])
  }

  @Test(.enabled(if: Secp256k1Identity.isAvailable, "libsecp256k1 is not installed"))
  func aMessageOfPyLibp2pWithASecp256k1KeyIsValid() throws {
    let message = try Self.read(Self.secp256k1)
    try message.checkForm(.strictSign)
    try message.checkSignature()
  }

  @Test func ourBytesAreThoseThatGoWrites() throws {
    // The same key, fields and number: the same bytes but for the key, which Go leaves out when it is in the id.
    let identity = HostIdentity.ed25519(Identity(seed: [UInt8](0..<32)))
    let message = PubsubMessage(
      signedBy: identity, topic: Array("blocks".utf8), data: Array("hello".utf8), sequenceNumber: 7)
    #expect(message.encoded == Array(Self.ed25519.dropLast(38)))
    let back = try Self.read(message.encoded)
    try back.checkForm(.strictSign)
    try back.checkSignature()
    #expect(back.id(.strictSign) == message.id(.strictSign))
  }

  @Test func everyChangedByteIsNoticed() throws {
    for place in Self.ed25519.indices {
      var changed = Self.ed25519
      changed[place] ^= 1
      #expect(throws: MessageRefusal.self, "byte \(place)") {
        let message = try Self.read(changed)
        try message.checkForm(.strictSign)
        try message.checkSignature()
        // A changed tag may make a known field an unknown one, which is signed as such: then its form is wrong above.
      }
    }
  }

  @Test func unknownFieldsAreSignedAndPassedOn() throws {
    // Field 15, behind all others: not of the specification, and not signed by its author.
    let message = try Self.read(Self.ed25519 + [0x7A, 1, 9])
    #expect(message.encoded == Self.ed25519 + [0x7A, 1, 9])
    #expect(throws: MessageRefusal.signature) { try message.checkSignature() }
  }

  @Test func aMessageUnderAnotherPolicyIsRefused() throws {
    let signed = try Self.read(Self.ed25519)
    #expect(throws: MessageRefusal.unexpected(field: 1)) { try signed.checkForm(.strictNoSign) }
    let plain = PubsubMessage(topic: [0x74], data: [1, 2])
    #expect(plain.encoded == [0x12, 2, 1, 2, 0x22, 1, 0x74])
    #expect(throws: MessageRefusal.missing(field: 1)) { try plain.checkForm(.strictSign) }
    try plain.checkForm(.strictNoSign)
    #expect(plain.id(.strictNoSign).count == 20)
    #expect(plain.id(.strictNoSign) != PubsubMessage(topic: [0x74, 0], data: [1, 2]).id(.strictNoSign))
    let short = try Self.read([0x0A, 2, 0, 0, 0x1A, 1, 7, 0x22, 1, 0x74, 0x2A, 1, 1])
    #expect(throws: MessageRefusal.sequenceNumber(bytes: 1)) { try short.checkForm(.strictSign) }
  }

  @Test func aKeyThatIsNotTheAuthorsIsRefused() throws {
    let other = HostIdentity.ed25519(Identity(seed: 1, node: 1)).publicKey.encoded
    let message = try Self.read(Self.ed25519.dropLast(38) + [0x32, 36] + other)
    #expect(throws: MessageRefusal.key) { try message.checkSignature() }
    let nobody = try Self.read([0x0A, 1, 0] + Self.ed25519.dropFirst(40))
    #expect(throws: MessageRefusal.author) { try nobody.checkSignature() }
  }

  @Test func anRPCOfFewPartsHasTheBytesOfTheSpecification() {
    var writer = RPCWriter()
    #expect(writer.rpc.isEmpty)
    writer.subscription([0x74], subscribes: true)
    writer.publish([0x22, 1, 0x74])
    writer.graft([0x74])
    writer.prune([0x74], backoffSeconds: 60)
    writer.ihave([0x74], [[1, 2]])
    writer.iwant([[3]])
    writer.idontwant([[4]])
    writer.iwant([])
    #expect(
      writer.rpc
        == hex(
          "0a05 0801 120174" + "1203 220174" + "1a1f" + "1a03 0a0174" + "2205 0a0174 183c"
            + "0a07 0a0174 12020102"
            + "1203 0a0103" + "2a03 0a0104"))
  }
}
