// Bytes that nobody would write. A valid session is changed at random, cut at random and played to a fresh end; decoders get
// noise. Nothing may trap, nothing may be believed that was not proven, and what is over stays over. Short runs are part of
// the suite; `scripts/fuzz` makes long ones (FUZZ_FIRST, FUZZ_COUNT name the seeds). One layer at a time: LayerFuzzTests.

import Basics
import Libp2p
import TestKit
import Testing

/// One random change of `bytes`: bits, bytes, pieces out, in, doubled, swapped.
func mutate(_ bytes: inout [UInt8], _ random: inout RandomStream) {
  guard bytes.count > 1 else { return }
  let place = random.below(bytes.count)
  let length = min(1 + random.below(24), bytes.count - place)
  switch random.below(8) {
  case 0: bytes[place] ^= 1 << UInt8(random.below(8))
  case 1: bytes[place] = UInt8(random.below(256))
  case 2: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF][random.below(5)]
  case 3: bytes.removeSubrange(place..<place + length)
  case 4: bytes.insert(contentsOf: (0..<length).map { _ in UInt8(random.below(256)) }, at: place)
  case 5: bytes.insert(contentsOf: bytes[place..<place + length], at: random.below(bytes.count))
  case 6: bytes.removeSubrange(place...)
  default: bytes.swapAt(place, random.below(bytes.count))
  }
}

@Suite struct FuzzTests {
  /// A plaintext session in which everything is done once; its dialer's bytes.
  static let script: [UInt8] = {
    let link = Link(settings(0, .plaintext), settings(1, .plaintext))
    link.drive()
    _ = link.dialer.ping([UInt8](0..<32), at: link.now)
    link.drive()
    for size in [1, 100, 5_000] { _ = link.dialer.send(rpc: [UInt8](repeating: 3, count: size).span) }
    link.drive()
    link.dialer.close()
    link.drive()
    return link.toListener
  }()
  static let noiseScript: [UInt8] = {
    let link = Link()
    link.drive()
    _ = link.dialer.send(rpc: [1, 2, 3].span)
    link.drive()
    return link.toListener
  }()

  private func play(_ script: [UInt8], to security: SecurityProtocol, seed: UInt64, rounds: Int) {
    var random = RandomStream(seed: seed)
    for _ in 0..<rounds {
      var bytes = script
      for _ in 0...random.below(4) { mutate(&bytes, &random) }
      var victim = PeerConnection(
        settings(1, security), isDialer: false, secrets: secrets(2), at: Instant(nanoseconds: 1))
      var position = 0
      var now = Instant(nanoseconds: 1)
      var said = 0
      while position < bytes.count {
        let end = min(position + 1 + random.below(700), bytes.count)
        victim.receive(bytes.span.extracting(position..<end), at: now)
        position = end
        said += victim.output.count
        victim.output = []
        now += .milliseconds(UInt64(random.below(50)))
        if victim.failure != nil {
          victim.events = []
          let reason = victim.failure
          victim.receive(bytes.span, at: now)
          #expect(victim.failure == reason)
          #expect(victim.output == [])
          #expect(victim.events == [])
          break
        }
        victim.expire(at: now)
      }
      if security == .noise, let remote = victim.remote { #expect(remote == settings(0).identity.publicKey) }
      // An end says little to who says little: an answer to each stream, identify, echoes.
      #expect(said < 4 * bytes.count + 64 * 1_024)
    }
  }

  @Test(arguments: FuzzCorpus.seeds) func changedSessionsInPlaintext(seed: UInt64) {
    play(Self.script, to: .plaintext, seed: seed, rounds: 60)
  }

  @Test(arguments: FuzzCorpus.seeds) func changedSessionsInNoise(seed: UInt64) {
    play(Self.noiseScript, to: .noise, seed: seed, rounds: 15)
  }

  @Test(arguments: FuzzCorpus.seeds) func streamsOfNoiseAndChangedFrames(seed: UInt64) {
    var random = RandomStream(seed: seed)
    for _ in 0..<150 {
      var yamux = Yamux(isDialer: random.below(2) == 0, inboundMaximum: 4, pendingMaximum: 1_000)
      var bytes: [UInt8] = []
      for _ in 0..<1 + random.below(12) {
        let length =
          random.below(4) == 0 ? UInt32(truncatingIfNeeded: random.next()) : UInt32(random.below(64))
        bytes += header(
          UInt8(random.below(5)), UInt16(random.below(16)), UInt32(random.below(6)), length,
          version: UInt8(random.below(20) / 19))
        bytes += (0..<random.below(64)).map { _ in UInt8(random.below(256)) }
      }
      do { _ = try yamux.take(bytes, chunk: 1 + random.below(40)) } catch { continue }
      #expect(yamux.streamCount <= 4)
      #expect(yamux.output.count <= 12 * bytes.count)
    }
  }

  @Test(arguments: FuzzCorpus.seeds) func decodersOfNoise(seed: UInt64) {
    var random = RandomStream(seed: seed)
    var identify = IdentifyMessage()
    identify.publicKey = settings(0).identity.publicKey
    identify.listenAddresses = [Multiaddr(tcp: "1.2.3.4", port: 5)!]
    identify.protocols = ["/a", "/b"]
    identify.agentVersion = "x"
    let message = PubsubMessage(
      signedBy: settings(0).identity, topic: [0x74], data: [1, 2, 3], sequenceNumber: 9)
    let seeds: [[UInt8]] = [
      Array(identify.framed.dropFirst()), identify.publicKey!.encoded, identify.publicKey!.peerID.bytes,
      identify.listenAddresses[0].bytes, message.encoded, [UInt8](repeating: 0xFF, count: 20),
    ]
    for _ in 0..<500 {
      var bytes = seeds[random.below(seeds.count)]
      for _ in 0...random.below(3) { mutate(&bytes, &random) }
      _ = try? IdentifyMessage(decoding: bytes.span)
      _ = try? HostPublicKey(decoding: bytes.span)
      if let id = try? PeerID(bytes: bytes.span) { #expect(try! PeerID(id.description) == id) }
      if let address = try? Multiaddr(decoding: bytes.span) {
        _ = address.description
        _ = address.tcp
        _ = address.peer
        #expect(try! Multiaddr(decoding: address.bytes.span) == address)
      }
      if let read = try? PubsubMessageTests.read(bytes), read.encoded != message.encoded,
        (try? read.checkForm(.strictSign)) != nil, (try? read.checkSignature()) != nil
      {
        // The same message in other bytes is still the author's: fields in another order or twice.
        #expect(read.data == message.data)
        #expect(read.topic == message.topic)
      }
      var text = Array("/ip6/::1/tcp/1/p2p/12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA".utf8)
      mutate(&text, &random)
      _ = try? Multiaddr(String(decoding: text, as: UTF8.self))
      var answer: [UInt8] = []
      var listener = Multistream(supporting: ["/a"])
      var lines = MultistreamTests.header + line("/b") + line("/a")
      mutate(&lines, &random)
      _ = listener.take(lines, chunk: 1 + random.below(9), output: &answer)
      #expect(answer.count < 4 * lines.count + 64)
    }
  }
}
