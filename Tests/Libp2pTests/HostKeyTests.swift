// Keys, ids and addresses against published examples (libp2p specs, *peer-ids* and *addressing*; multiformats).

import Libp2p
import Signatures
import Testing

/// Bytes of hexadecimal digits.
func hex(_ text: String) -> [UInt8] {
  let digits = Array(text.filter { !$0.isWhitespace })
  precondition(digits.count % 2 == 0)
  return stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0...$0 + 1]), radix: 16)! }
}

@Suite struct HostKeyTests {
  @Test func anEd25519KeyIsThatOfTheSpecification() throws {
    let identity = HostIdentity.ed25519(
      Identity(seed: hex("7e0830617c4a7de83925dfb2694556b12936c477a0e1feb2e148ec9da60fee7d")))
    let encoded = hex("080112201ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e")
    #expect(identity.publicKey.encoded == encoded)
    #expect(try HostPublicKey(decoding: encoded.span) == identity.publicKey)
    #expect(identity.peerID.bytes == [0x00, 0x24] + encoded)
    #expect(identity.peerID.publicKey == identity.publicKey)
    #expect(identity.peerID.description.hasPrefix("12D3KooW"))
    #expect(identity.publicKey.isValid(identity.sign([1, 2, 3]), of: [1, 2, 3]))
    #expect(!identity.publicKey.isValid(identity.sign([1, 2, 3]), of: [1, 2, 4]))
  }

  @Test(.enabled(if: Secp256k1Identity.isAvailable, "libsecp256k1 is not installed"))
  func aSecp256k1KeyIsThatOfTheSpecification() throws {
    let pair = try #require(
      Secp256k1Identity(secret: hex("53DADF1D5A164D6B4ACDB15E24AA4C5B1D3461BDBD42ABEDB0A4404D56CED8FB")))
    let identity = HostIdentity.secp256k1(pair)
    let encoded = hex("08021221037777e994e452c21604f91de093ce415f5432f701dd8cd1a7a6fea0e630bfca99")
    #expect(identity.publicKey.encoded == encoded)
    #expect(try HostPublicKey(decoding: encoded.span) == identity.publicKey)
    #expect(identity.peerID.description.hasPrefix("16Uiu2HA"))
    #expect(identity.peerID.publicKey == identity.publicKey)
    let signature = identity.sign([1, 2, 3])
    #expect(identity.publicKey.isValid(signature, of: [1, 2, 3]))
    #expect(!identity.publicKey.isValid(signature, of: [1, 2]))
    #expect(!identity.publicKey.isValid(Array(signature.dropLast()), of: [1, 2, 3]))
    #expect(throws: HostKeyError.notAKey(.secp256k1, bytes: 33)) {
      try HostPublicKey(decoding: ([0x08, 2, 0x12, 33] + [UInt8](repeating: 9, count: 33)).span)
    }
    #expect(Secp256k1Identity(secret: [UInt8](repeating: 0, count: 32)) == nil)
  }

  @Test func keysOfOtherKindsAndForgedKeysAreRefused() {
    #expect(throws: HostKeyError.unsupported(type: 0)) { try HostPublicKey(decoding: [8, 0, 18, 1, 7].span) }
    #expect(throws: HostKeyError.unsupported(type: 99)) {
      try HostPublicKey(decoding: [8, 99, 18, 1, 7].span)
    }
    #expect(throws: HostKeyError.notAKey(.ed25519, bytes: 1)) {
      try HostPublicKey(decoding: [8, 1, 18, 1, 7].span)
    }
    #expect(throws: HostKeyError.malformed) { try HostPublicKey(decoding: [8, 1].span) }
    #expect(throws: HostKeyError.malformed) { try HostPublicKey(decoding: [18, 200, 1].span) }
    #expect(throws: HostKeyError.malformed) { try HostPublicKey(decoding: [10, 1, 1, 18, 0].span) }
  }

  @Test func idsAreReadInEveryForm() throws {
    // The specification's example of one id in two forms.
    let hashed = try PeerID("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N")
    #expect(try PeerID("bafzbeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe") == hashed)
    #expect(hashed.description == "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N")
    #expect(hashed.bytes.prefix(2) == [0x12, 0x20])
    #expect(hashed.publicKey == nil)
    let inlined = try PeerID("12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA")
    #expect(inlined.publicKey?.type == .ed25519)
    #expect(inlined.description == "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA")
    #expect(try PeerID(bytes: inlined.bytes.span) == inlined)
  }

  @Test(arguments: ["", "0OIl", "Qm", "bafzbeie5745", String(repeating: "1", count: 100), "12D3KooW"])
  func whatIsNoIDIsRefused(text: String) {
    #expect(throws: PeerIDError.self) { try PeerID(text) }
  }

  @Test func multihashesOfOtherKindsAreNoIDs() {
    let wrong: [[UInt8]] = [
      [], [0], [0, 0], [0, 2, 1], [0x12, 31] + [UInt8](repeating: 1, count: 31), [0x11, 1, 1],
      [0x12, 33] + [UInt8](repeating: 1, count: 33), [0, 43] + [UInt8](repeating: 1, count: 43),
    ]
    for bytes in wrong { #expect(throws: PeerIDError.notAMultihash) { try PeerID(bytes: bytes.span) } }
  }
}

@Suite struct VarintTests {
  static let published: [(UInt64, [UInt8])] = [
    (0, [0]), (1, [1]), (127, [0x7F]), (128, [0x80, 1]), (255, [0xFF, 1]), (300, [0xAC, 2]),
    (16_384, [0x80, 0x80, 1]), (1 << 63 - 1, [UInt8](repeating: 0xFF, count: 8) + [0x7F]),
  ]

  @Test(arguments: VarintTests.published)
  func examplesOfMultiformats(value: UInt64, bytes: [UInt8]) throws {
    #expect(Varint.encoded(value) == bytes)
    var position = 0
    #expect(try Varint.decode(bytes.span, at: &position) == value)
    #expect(position == bytes.count)
  }

  @Test func paddedLongAndCutNumbersAreRefused() {
    for bytes: [UInt8] in [[0x81, 0], [0x80, 0x80, 0], [UInt8](repeating: 0xFF, count: 9) + [1]] {
      var position = 0
      #expect(throws: VarintError.malformed) { try Varint.decode(bytes.span, at: &position) }
      #expect(position == 0)
    }
    var position = 0
    #expect(throws: VarintError.truncated) { try Varint.decode([0x80].span, at: &position) }
  }
}

@Suite struct MultiaddrTests {
  @Test func aTCPAddressInBytesAndText() throws {
    let address = try Multiaddr("/ip4/127.0.0.1/tcp/1234")
    #expect(address.bytes == hex("047f000001 0604d2"))
    #expect(try Multiaddr(decoding: address.bytes.span) == address)
    #expect(address.description == "/ip4/127.0.0.1/tcp/1234")
    #expect(address.tcp?.address == "127.0.0.1")
    #expect(address.tcp?.port == 1_234)
    #expect(address.peer == nil)
    #expect(Multiaddr(tcp: "127.0.0.1", port: 1_234) == address)
    #expect(Multiaddr(tcp: "localhost", port: 1) == nil)
  }

  @Test(arguments: [
    "/ip4/1.2.3.4/tcp/80/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N", "/ip6/::1/tcp/4001",
    "/ip6/2001:db8::8:0:0:417a/udp/9/quic-v1", "/dns4/example.org/tcp/443/tls/ws",
    "/ip6/fe80::1/tcp/1/p2p/12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA/p2p-circuit",
    "/ip6/::/tcp/0", "/ip6/1:2:3:4:5:6:7:8/tcp/65535", "/dnsaddr/bootstrap.libp2p.io",
  ])
  func textAndBytesAgree(text: String) throws {
    let address = try Multiaddr(text)
    #expect(address.description == text)
    #expect(try Multiaddr(decoding: address.bytes.span) == address)
  }

  @Test func onlyPlainTCPCanBeDialed() throws {
    let peer = try PeerID("12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA")
    let plain = try #require(Multiaddr(tcp: "::1", port: 7, peer: peer))
    #expect(plain.peer == peer)
    #expect(plain.tcp?.address == "::1")
    #expect(try Multiaddr("/ip4/1.2.3.4/tcp/1/ws").tcp == nil)
    #expect(try Multiaddr("/dns4/a/tcp/1").tcp == nil)
    #expect(try Multiaddr("/ip4/1.2.3.4/udp/1").tcp == nil)
    #expect(try Multiaddr("/ip4/1.2.3.4/ipfs/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N").peer != nil)
  }

  @Test(arguments: [
    "", "/", "ip4/1.2.3.4", "/ip4/1.2.3.4/", "/ip4", "/ip4/1.2.3", "/ip4/1.2.3.256", "/ip4/01.2.3.4",
    "/ip6/1::2::3/tcp/1", "/ip6/12345::/tcp/1", "/tcp/65536", "/tcp/-1", "/carrier/pigeon", "/p2p/0OIl",
    "/dns/",
    "/ip6/1:2:3:4:5:6:7:8:9/tcp/1", "/ip6/:::/tcp/1",
  ])
  func whatIsNoAddressIsRefused(text: String) {
    #expect(throws: MultiaddrError.self) { try Multiaddr(text) }
  }

  @Test func brokenBytesAreRefused() {
    #expect(throws: MultiaddrError.truncated) { try Multiaddr(decoding: hex("047f0000").span) }
    #expect(throws: MultiaddrError.truncated) { try Multiaddr(decoding: hex("3505aabb").span) }
    #expect(throws: MultiaddrError.truncated) { try Multiaddr(decoding: hex("8100").span) }
    #expect(throws: MultiaddrError.unknownCode(99)) { try Multiaddr(decoding: [99].span) }
    let long = [UInt8](repeating: 0, count: 2_000)
    #expect(throws: MultiaddrError.tooLong(bytes: 2_000, limit: 1_024)) { try Multiaddr(decoding: long.span) }
  }
}
