// Frames that nobody would write, from a peer's stream into a scored router. A refused frame leaves the router as it was but
// for counters; an accepted one changes nothing about other peers. The shortest frame found for each outcome lies in
// `Corpus/rpc.txt`; `FUZZ_CORPUS=FOLDER` writes the outcomes of a run that the corpus does not have yet.

import Basics
import Gossip
import Libp2p
import TestKit
import Testing

@Suite struct RouterFuzzTests {
  private static let topics = TopicNames(["/avs/one/attestation/0", "b", "c"])
  private static let peers = PeerNames((0..<5).map { [UInt8](repeating: UInt8($0), count: 38) })
  private static let corpus = FuzzCorpus("rpc")

  // MARK: The router under fire

  /// Node 0 with four peers, two topics of three joined; scores and what they lead to are on.
  private static func router() -> Router {
    var p = Parameters()
    p.version = .v1_3
    var score = ScoreParameters.attackRuns()
    score.thresholds.graylist = -1e9
    p.score = score
    p.peerExchange = true
    var router = Router(
      parameters: p, topics: topics.topics, offsets: [0, 4, 4, 4, 4, 4],
      neighbors: (1...4).map { NodeID($0) },
      outbound: [true, true, false, false], seed: 1, indexesContents: true)
    var outbox = Outbox()
    for slot in 0..<3 as Range<UInt32> { _ = router.connected(slot: slot, at: .zero, outbox: &outbox) }
    for topic in 0..<2 { _ = router.join(NodeID(0), TopicID(topic), at: .zero, outbox: &outbox) }
    for k in 0..<outbox.count { router.release(outbox[k].payload) }
    return router
  }

  /// What the router knows about the peers on `slots`.
  private static func books(_ router: borrowing Router, _ slots: Range<UInt32>) -> [String] {
    var lines: [String] = []
    for slot in slots {
      var line = "\(router.isConnected(slot: slot))"
      for k in 0..<3 {
        let topic = TopicID(k)
        let end = router.backoffEnd(slot: slot, topic)?.nanoseconds ?? 0
        let isMember = router.mesh(NodeID(0), topic).contains(slot)
        line += " \(router.isSubscribed(peerOn: slot, topic)) \(isMember) \(end)"
        line += " \(router.hasJoined(NodeID(0), topic))"
      }
      lines.append(line)
    }
    return lines
  }

  /// Plays one frame from the peer on slot 0; returns what became of it.
  private static func play(_ frame: [UInt8], _ router: inout Router, at now: Instant) -> String {
    let before = books(router, 0..<4)
    let live = router.messages.count
    var rpc = DecodedRPC()
    do throws(RPCError) { try rpc.decode(frame.span, RPCLimits(), authors: .skip) } catch {
      #expect(books(router, 0..<4) == before)
      #expect(router.messages.count == live)
      return "refused: "
        + "\(error)".map { $0.isNumber ? "#" : String($0) }.joined().replacing("##", with: "#")
    }
    var outbox = Outbox()
    var parts: Set<String> = []
    for k in 0..<rpc.publications.count {
      guard let topic = rpc.topic(k, of: frame.span, topics) else {
        router.countInvalid()
        parts.insert("message of an unknown topic")
        continue
      }
      let data = frame[rpc.publications[k].data.indices]
      let id = ContentID(high: UInt64(data.count), middle: data.reduce(7) { mix($0 ^ UInt64($1)) }, low: 1)
      let message = router.messages.register(id, topic: topic, dataBytes: data.count, at: now)
      let reception = router.receive(message, on: 0, at: now, outbox: &outbox)
      parts.insert("message \(reception)")
      if reception == .fresh {
        _ = router.settle(
          NodeID(0), message, from: 0, verdict: data.count % 2 == 0 ? .accept : .reject, at: now,
          outbox: &outbox)
      }
    }
    if let control = rpc.control(of: frame.span, topics, peers: peers, into: &router, at: now) {
      for k in 0..<rpc.controls.count { parts.insert("\(rpc.controls[k].kind)") }
      if rpc.subscriptions.count > 0 { parts.insert("subscription") }
      _ = router.receive(control, on: 0, at: now, outbox: &outbox)
      router.control.release(control)
    } else if rpc.hasControl {
      parts.insert("control without meaning")
    }
    for k in 0..<outbox.count { router.release(outbox[k].payload) }
    #expect(router.control.count == 0, "control RPCs were kept")
    #expect(Array(books(router, 1..<4)) == Array(before[1...]), "another peer's books changed")
    return "taken: " + (parts.isEmpty ? "nothing" : parts.sorted().joined(separator: ", "))
  }

  // MARK: Frames

  private static let whole: [UInt8] = {
    let a = "/avs/one/attestation/0"
    let id = [UInt8](1...20)
    let peer = Proto.field(1, [UInt8](repeating: 2, count: 38)) + Proto.field(2, [1, 2, 3])
    var control = Proto.field(1, Proto.field(1, a) + Proto.field(2, id) + Proto.field(2, id))
    control += Proto.field(2, Proto.field(1, id))
    control += Proto.field(3, Proto.field(1, a)) + Proto.field(3, Proto.field(1, "c"))
    control += Proto.field(4, Proto.field(1, "b") + Proto.field(2, peer) + Proto.integer(3, 60))
    control += Proto.field(5, Proto.field(1, id))
    control += Proto.field(6, Proto.integer(10, 1))
    return Proto.field(1, Proto.integer(1, 1) + Proto.field(2, a))
      + Proto.field(1, Proto.integer(1, 1) + Proto.field(2, "b"))
      + Proto.field(2, Proto.field(2, [UInt8](0..<30)) + Proto.field(4, a))
      + Proto.field(2, Proto.field(1, [9]) + Proto.field(2, [5]) + Proto.field(3, [1]) + Proto.field(4, "b"))
      + Proto.field(3, control)
  }()

  private static func frame(_ random: inout RandomStream) -> [UInt8] {
    var frame = random.below(20) == 0 ? (0..<random.below(200)).map { _ in UInt8(random.below(256)) } : whole
    for _ in 0..<random.below(6) {
      mutate(&frame, &random)
      // A hostile length or count.
      if random.below(8) == 0, !frame.isEmpty {
        let huge = Proto.varint([UInt64.max, 1 << 31, 1 << 63, 0x7FFF_FFFF, 300][random.below(5)])
        let place = random.below(frame.count)
        frame.replaceSubrange(place..<min(place + huge.count, frame.count), with: huge)
      }
    }
    return frame
  }

  @Test(arguments: FuzzCorpus.seeds) func changedFramesIntoARouter(seed: UInt64) throws {
    var random = RandomStream(seed: mix(seed))
    var router = Self.router()
    var now = Instant.zero + .seconds(1)
    var found: [String: [UInt8]] = [:]
    for round in 0..<60 {
      let frame = Self.frame(&random)
      let outcome = Self.play(frame, &router, at: now)
      if frame.count < found[outcome]?.count ?? .max { found[outcome] = frame }
      now += .milliseconds(UInt64(random.below(50)))
      guard round % 20 == 19 else { continue }
      var outbox = Outbox()
      _ = router.heartbeat(NodeID(0), at: now, outbox: &outbox)
      for k in 0..<outbox.count { router.release(outbox[k].payload) }
    }
    try Self.corpus.keep(found)
  }

  @Test func everyFrameOfTheCorpusEndsAsItDid() throws {
    let corpus = try Self.corpus.entries()
    #expect(corpus.count >= 30)
    for (outcome, frame) in corpus {
      var router = Self.router()
      let now = Instant.zero + .seconds(1)
      let became = Self.play(frame, &router, at: now)
      // What a message counts as depends on what came before; whether the frame is taken does not.
      #expect(became.prefix(7) == outcome.prefix(7), "\(outcome)")
      if outcome.hasPrefix("refused") { #expect(became == outcome) }
    }
  }
}
