// Fuzz targets of the wire's layers, one each, with a corpus each: negotiations, sessions under noise, streams. What is believed
// and what is said stays bounded whatever comes, and every outcome that was ever found is found again.

import Basics
import Libp2p
import TestKit
import Testing

@Suite struct LayerFuzzTests {
  // MARK: Multistream

  private static let negotiations = FuzzCorpus("multistream")

  /// The first byte chooses the role and how the bytes come.
  private static func negotiate(_ input: [UInt8]) -> String {
    guard let first = input.first else { return "nothing" }
    var said: [UInt8] = []
    var side =
      first & 1 == 0
      ? Multistream(supporting: ["/a", "/b/1.0.0"])
      : Multistream(proposing: ["/x", "/b/1.0.0", "/a"], output: &said)
    let bytes = Array(input.dropFirst())
    let (outcome, consumed) = side.take(bytes, chunk: 1 + Int(first >> 1) % 60, output: &said)
    #expect(consumed <= bytes.count)
    #expect(said.count <= 4 * bytes.count + 128)
    switch outcome {
    case .waiting: return "waiting"
    case .refused: return "refused"
    case .agreed(let name):
      #expect(["/a", "/b/1.0.0", "/x"].contains(name))
      return "agreed \(name)"
    case .failed(let error): return "failed: \(FuzzCorpus.outcome(error))"
    }
  }

  @Test(arguments: FuzzCorpus.seeds) func changedNegotiations(seed: UInt64) throws {
    var random = RandomStream(seed: mix(seed))
    var found: [String: [UInt8]] = [:]
    let whole = [
      MultistreamTests.header + line("/c") + line("/b/1.0.0") + [1, 2, 3],
      MultistreamTests.header + line("na") + line("na") + line("/a") + [4],
      MultistreamTests.header + line("ls") + line("/a"),
    ]
    for _ in 0..<300 {
      var bytes = whole[random.below(whole.count)]
      for _ in 0..<random.below(5) { mutate(&bytes, &random) }
      if random.below(12) == 0 { bytes += (0..<random.below(40)).flatMap { _ in line("/nobody") } }
      let input = [UInt8(random.below(256))] + bytes
      let outcome = Self.negotiate(input)
      if input.count < found[outcome]?.count ?? .max { found[outcome] = input }
    }
    try Self.negotiations.keep(found)
  }

  // MARK: Noise

  private static let handshakes = FuzzCorpus("noise")

  /// Plays what a dialer says to a listener that wants noise.
  private static func shake(_ bytes: [UInt8]) -> String {
    var victim = PeerConnection(
      settings(1), isDialer: false, secrets: secrets(2), at: Instant(nanoseconds: 1))
    victim.receive(bytes.span, at: Instant(nanoseconds: 2))
    if let remote = victim.remote { #expect(remote == settings(0).identity.publicKey) }
    #expect(victim.output.count < 4 * bytes.count + 64 * 1_024)
    return victim.failure.map { "failed: \(FuzzCorpus.outcome($0))" }
      ?? "goes on, \(victim.remote == nil ? "unproven" : "proven")"
  }

  @Test(arguments: FuzzCorpus.seeds) func changedHandshakes(seed: UInt64) throws {
    var random = RandomStream(seed: mix(seed))
    var found: [String: [UInt8]] = [:]
    for _ in 0..<25 {
      var bytes = FuzzTests.noiseScript
      // The handshake is at the beginning; later bytes are ciphertext, where any change is one outcome.
      if random.below(3) > 0 { bytes = Array(bytes.prefix(40 + random.below(300))) }
      for _ in 0...random.below(3) { mutate(&bytes, &random) }
      let outcome = Self.shake(bytes)
      if bytes.count < found[outcome]?.count ?? .max { found[outcome] = bytes }
    }
    try Self.handshakes.keep(found)
  }

  // MARK: Yamux

  private static let sessions = FuzzCorpus("yamux")

  /// The first byte chooses the side.
  private static func mux(_ input: [UInt8]) -> String {
    guard let first = input.first else { return "nothing" }
    var yamux = Yamux(isDialer: first & 1 == 0, inboundMaximum: 4, pendingMaximum: 1_000)
    let own = yamux.open()
    if let own { _ = yamux.post(own, [1, 2, 3]) }
    let bytes = Array(input.dropFirst())
    do {
      let events = try yamux.take(bytes, chunk: 1 + Int(first >> 1) % 60)
      #expect(yamux.streamCount <= 5)
      #expect(yamux.output.count <= 12 * bytes.count + 64)
      var kinds: [String] = []
      for event in events {
        let kind = String("\(event)".prefix { $0 != "(" })
        if !kinds.contains(kind) { kinds.append(kind) }
      }
      return "takes \(kinds.sorted().joined(separator: " "))"
    } catch { return "failed: \(FuzzCorpus.outcome(error))" }
  }

  @Test(arguments: FuzzCorpus.seeds) func changedStreams(seed: UInt64) throws {
    var random = RandomStream(seed: mix(seed))
    var found: [String: [UInt8]] = [:]
    for _ in 0..<200 {
      var bytes: [UInt8] = []
      for _ in 0..<1 + random.below(8) {
        let size = random.below(40)
        let length = random.below(5) == 0 ? UInt32(truncatingIfNeeded: random.next()) : UInt32(size)
        bytes += header(
          UInt8(random.below(5)), UInt16(random.below(16)), UInt32(random.below(5)), length,
          version: UInt8(random.below(20) / 19))
        bytes += (0..<size).map { _ in UInt8(random.below(256)) }
      }
      for _ in 0..<random.below(2) { mutate(&bytes, &random) }
      let input = [UInt8(random.below(256))] + bytes
      let outcome = Self.mux(input)
      if input.count < found[outcome]?.count ?? .max { found[outcome] = input }
    }
    try Self.sessions.keep(found)
  }

  // MARK: The corpora

  @Test func everyInputOfTheCorporaEndsAsItDid() throws {
    for (corpus, play, least) in [
      (Self.negotiations, Self.negotiate, 8), (Self.handshakes, Self.shake, 8), (Self.sessions, Self.mux, 12),
    ] {
      let entries = try corpus.entries()
      #expect(entries.count >= least, "\(corpus.name)")
      for (outcome, input) in entries { #expect(play(input) == outcome, "\(corpus.name)") }
    }
  }
}
