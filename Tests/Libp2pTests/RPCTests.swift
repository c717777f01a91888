import Basics
import Gossip
import Libp2p
import Testing

/// Hand-made protobuf, written independently of the code under test.
enum Proto {
  static func varint(_ value: UInt64) -> [UInt8] {
    value < 128 ? [UInt8(value)] : [UInt8(value & 127) | 128] + varint(value >> 7)
  }
  static func field(_ number: UInt64, _ bytes: [UInt8]) -> [UInt8] {
    varint(number << 3 | 2) + varint(UInt64(bytes.count)) + bytes
  }
  static func field(_ number: UInt64, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }
  static func integer(_ number: UInt64, _ value: UInt64) -> [UInt8] { varint(number << 3) + varint(value) }
}

func text(_ range: ByteRange, _ frame: [UInt8]) -> String {
  String(decoding: frame[range.indices], as: UTF8.self)
}

func decode(_ frame: [UInt8], _ limits: RPCLimits = RPCLimits(), authors: AuthorPolicy = .reject) -> Result<
  Summary, RPCError
> {
  var rpc = DecodedRPC()
  do throws(RPCError) {
    try rpc.decode(frame.span, limits, authors: authors)
    return .success(Summary(rpc, frame))
  } catch {
    #expect(Summary(rpc, frame) == Summary(), "a refused frame left something behind")
    return .failure(error)
  }
}

/// An RPC in words.
struct Summary: Equatable {
  var lines: [String] = []
  init() {}
  init(_ rpc: borrowing DecodedRPC, _ frame: [UInt8]) {
    for k in 0..<rpc.subscriptions.count {
      lines.append(
        "\(rpc.subscriptions[k].subscribes ? "sub" : "unsub") \(text(rpc.subscriptions[k].topic, frame))")
    }
    for k in 0..<rpc.publications.count {
      lines.append(
        "pub \(text(rpc.publications[k].topic, frame)) \(Array(frame[rpc.publications[k].data.indices]))")
    }
    for k in 0..<rpc.controls.count {
      let part = rpc.controls[k]
      let ids = (0..<Int(part.identifierCount)).map {
        Array(frame[rpc.identifiers[Int(part.firstIdentifier) + $0].indices])
      }
      lines.append("\(part.kind) \(text(part.topic, frame)) \(ids) \(part.backoffSeconds)")
    }
  }
}

extension Result where Success == Summary {
  var lines: [String]? { try? get().lines }
}

let everything: [UInt8] =
  Proto.field(1, Proto.integer(1, 1) + Proto.field(2, "a"))
  + Proto.field(1, Proto.field(2, "b") + Proto.integer(1, 0))
  + Proto.field(2, Proto.field(2, [1, 2, 3]) + Proto.field(4, "a")) + Proto.field(2, Proto.field(4, "b"))
  + Proto.field(
    3,
    Proto.field(1, Proto.field(1, "a") + Proto.field(2, [9, 9]) + Proto.field(2, [8]))
      + Proto.field(2, Proto.field(1, [7])) + Proto.field(3, Proto.field(1, "b"))
      + Proto.field(4, Proto.field(1, "a") + Proto.field(2, Proto.field(1, [5])) + Proto.integer(3, 60))
      + Proto.field(5, Proto.field(1, [6, 6])))

@Suite struct RPCDecoderTests {
  @Test func everyPartOfTheSpecificationIsRead() {
    #expect(
      decode(everything).lines == [
        "sub a", "unsub b", "pub a [1, 2, 3]", "pub b []", "ihave a [[9, 9], [8]] 0", "iwant  [[7]] 0",
        "graft b [] 0",
        "prune a [] 60", "idontwant  [[6, 6]] 0",
      ])
    #expect(decode([]).lines == [])
  }

  @Test func unknownFieldsOfEveryWireTypeAreSkipped() {
    let unknown =
      Proto.integer(100, 1 << 63) + Proto.field(6_492_434, [1, 2, 3]) + [15 << 3 | 1]
      + Array(repeating: 1, count: 8)
      + [15 << 3 | 5, 1, 2, 3, 4]
    let inside = Proto.field(2, unknown + Proto.field(2, [1]) + unknown + Proto.field(4, "a") + unknown)
    let control = Proto.field(
      3, unknown + Proto.field(3, unknown + Proto.field(1, "b")) + Proto.field(7, unknown))
    #expect(decode(unknown + inside + unknown + control).lines == ["pub a [1]", "graft b [] 0"])
  }

  @Test func repeatedControlMessagesAreJoinedAndTheLastScalarCounts() {
    let frame =
      Proto.field(3, Proto.field(3, Proto.field(1, "a")))
      + Proto.field(3, Proto.field(3, Proto.field(1, "b")))
      + Proto.field(1, Proto.integer(1, 1) + Proto.field(2, "x") + Proto.integer(1, 0) + Proto.field(2, "y"))
    #expect(decode(frame).lines == ["unsub y", "graft a [] 0", "graft b [] 0"])
  }

  @Test(arguments: [1, 3, 5, 6] as [UInt64]) func authorsAreRejectedOrSkippedByPolicy(field: UInt64) {
    let frame = Proto.field(2, Proto.field(field, [1]) + Proto.field(2, [1]) + Proto.field(4, "a"))
    #expect(decode(frame) == .failure(.authored(field: UInt32(field))))
    #expect(decode(frame, authors: .skip).lines == ["pub a [1]"])
  }

  @Test func whatIsNoRPCIsSaid() {
    #expect(decode(Proto.integer(1, 1)) == .failure(.wrongType(.rpc, field: 1)))
    #expect(decode(Proto.field(2, Proto.integer(4, 1))) == .failure(.wrongType(.publication, field: 4)))
    #expect(decode(Proto.field(2, Proto.field(2, [1]))) == .failure(.missingTopic(.publication)))
    #expect(decode(Proto.field(1, [])) == .failure(.missingTopic(.subscription)))
    #expect(decode(Proto.field(3, Proto.field(3, []))) == .failure(.missingTopic(.control)))
    #expect(decode([0]) == .failure(.wire(.fieldNumber(at: 0, 0))))
    #expect(decode([1 << 3 | 3]) == .failure(.wire(.wireType(at: 0, field: 1, type: 3))))
    #expect(decode([1 << 3 | 7]) == .failure(.wire(.wireType(at: 0, field: 1, type: 7))))
    #expect(decode([10, 5, 1]) == .failure(.wire(.lengthBeyondEnd(at: 1, length: 5, room: 1))))
    let endless = Array(repeating: UInt8(0xFF), count: 11)
    #expect(decode(endless) == .failure(.wire(.varintTooLong(at: 0))))
    #expect(
      decode([10] + Proto.varint(.max)) == .failure(.wire(.lengthBeyondEnd(at: 1, length: .max, room: 0))))
  }

  @Test func everyLimitIsKept() {
    var limits = RPCLimits()
    limits.publications = 1
    limits.dataBytes = 3
    limits.topicBytes = 2
    limits.subscriptions = 1
    limits.controls = 2
    limits.identifiers = 3
    limits.identifierBytes = 2
    limits.rpcBytes = 200
    let publication = Proto.field(2, Proto.field(2, [1, 2, 3]) + Proto.field(4, "ab"))
    let subscription = Proto.field(1, Proto.field(2, "ab"))
    let graft = Proto.field(3, Proto.field(1, "a"))
    let ids = Proto.field(2, Proto.field(1, [1, 2]) + Proto.field(1, [1]))
    #expect(decode(publication + subscription + Proto.field(3, graft + ids), limits).lines?.count == 4)
    #expect(decode(publication + publication, limits) == .failure(.tooMany(.publication, limit: 1)))
    #expect(decode(subscription + subscription, limits) == .failure(.tooMany(.subscription, limit: 1)))
    #expect(decode(Proto.field(3, graft + graft + graft), limits) == .failure(.tooMany(.control, limit: 2)))
    #expect(decode(Proto.field(3, ids + ids), limits) == .failure(.tooMany(.identifier, limit: 3)))
    #expect(
      decode(Proto.field(2, Proto.field(2, [1, 2, 3, 4]) + Proto.field(4, "a")), limits)
        == .failure(.tooLong(.data, bytes: 4, limit: 3)))
    #expect(
      decode(Proto.field(1, Proto.field(2, "abc")), limits) == .failure(.tooLong(.topic, bytes: 3, limit: 2)))
    #expect(
      decode(Proto.field(3, Proto.field(5, Proto.field(1, [1, 2, 3]))), limits)
        == .failure(.tooLong(.identifier, bytes: 3, limit: 2)))
    #expect(
      decode(Proto.field(99, Array(repeating: 0, count: 300)), limits)
        == .failure(.tooLong(.rpc, bytes: 304, limit: 200)))
  }

  @Test func aFrameCutAtAnyByteIsReadOrRefused() {
    for count in 0..<everything.count {
      switch decode(Array(everything[..<count])) {
      case .success(let summary): #expect(summary.lines.count < 9)
      case .failure: break
      }
    }
  }

  @Test(arguments: 0..<400 as Range<UInt64>) func noMutationTraps(seed: UInt64) {
    var random = RandomStream(seed: seed)
    for _ in 0..<50 {
      var frame = everything
      for _ in 0..<1 + random.below(4) {
        switch random.below(4) {
        case 0: frame[random.below(frame.count)] = UInt8(random.below(256))
        case 1: frame.remove(at: random.below(frame.count))
        case 2: frame.insert(UInt8(random.below(256)), at: random.below(frame.count))
        default: frame[random.below(frame.count)] ^= 1 << UInt8(random.below(8))
        }
      }
      _ = decode(frame, authors: .skip)
    }
    let noise = (0..<random.below(100)).map { _ in UInt8(random.below(256)) }
    _ = decode(noise)
  }
}

/// Two nodes, linked, with three topics.
func makeRouter() -> Router {
  Router(
    topics: RPCCodecTests.topics.topics, offsets: [0, 1, 2], neighbors: [NodeID(1), NodeID(0)],
    outbound: [true, false], seed: 1, indexesContents: true)
}

@Suite struct RPCCodecTests {
  static let topics = TopicNames(["/avs/one/attestation/0", "b", String(repeating: "x", count: 200)])
  /// Five peers whose ids have the length of an Ed25519 peer id.
  static let peers = PeerNames((0..<5).map { Array(repeating: UInt8($0), count: WireSize.peerID) })
  let encoder = RPCEncoder(RPCCodecTests.topics, peers: RPCCodecTests.peers)

  @Test func namesAndIdsAreEachOthersInverse() {
    for (index, name) in Self.topics.names.enumerated() {
      #expect(Self.topics.id(name.span) == TopicID(index))
    }
    let unknown: [UInt8] = Array("c".utf8)
    #expect(Self.topics.id(unknown.span) == nil)
    let empty: [UInt8] = []
    #expect(Self.topics.id(empty.span) == nil)
  }

  @Test(arguments: [0, 1, 2], [0, 1, 127, 128, 20_000]) func aPublicationHasTheSizeThatGossipSays(
    topic: Int, count: Int
  ) {
    let data = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let size = encoder.publicationSize(TopicID(topic), dataBytes: count)
    let name = Self.topics.names[topic]
    #expect(size == WireSize.publish(dataBytes: count, topicNameBytes: name.count))
    let frame = [UInt8](capacity: size) { encoder.publish(TopicID(topic), data.span, into: &$0) }
    #expect(frame.count == size)
    let isEqual = frame == Proto.field(2, Proto.field(2, data) + Proto.field(4, name))
    #expect(isEqual)
    let isRead = decode(frame).lines == ["pub \(String(decoding: name, as: UTF8.self)) \(data)"]
    #expect(isRead)
  }

  @Test(arguments: 0..<60 as Range<UInt64>) func controlSurvivesTheWireAndHasTheSizeThatGossipSays(
    seed: UInt64
  ) throws {
    var random = RandomStream(seed: seed)
    var sender = makeRouter()
    var receiver = makeRouter()
    let now = Instant(nanoseconds: 1)
    // Messages that both know, so that IHAVE and IWANT mean the same to both.
    var contents: [ContentID] = []
    for k in 0..<40 {
      let id = ContentID(high: random.next(), middle: random.next(), low: UInt32(k))
      contents.append(id)
      _ = sender.messages.register(id, topic: TopicID(0), dataBytes: 10, at: now)
      _ = receiver.messages.register(id, topic: TopicID(0), dataBytes: 10, at: now)
    }
    let created = sender.createControl()
    let rpc = try #require(created)
    var expected: [ControlItem] = []
    for _ in 0..<1 + random.below(8) {
      let topic = TopicID(random.below(3))
      var item: ControlItem
      switch random.below(7) {
      case 0: item = .subscription(topic, subscribes: random.below(2) == 0)
      case 1: item = .graft(topic)
      case 2: item = .prune(topic, backoffSeconds: [0, 1, 127, 128, 100_000][random.below(5)])
      case 3: item = .ihave(topic, identifiers: 0)
      case 4: item = .idontwant(identifiers: 0)
      case 5: item = .extensions(ExtensionSet(rawValue: UInt8(1 + random.below(3))))
      default: item = .iwant(identifiers: 0)
      }
      let isTaken = sender.append(item, to: rpc)
      #expect(isTaken)
      if case .prune = item {
        for _ in 0..<random.below(4) {
          let isNamed = sender.append(peer: NodeID(random.below(5)), to: rpc)
          #expect(isNamed)
        }
      }
      if case .ihave = item { item = .ihave(topic, identifiers: fill(rpc, &sender, &random)) }
      if case .iwant = item { item = .iwant(identifiers: fill(rpc, &sender, &random)) }
      if case .idontwant = item { item = .idontwant(identifiers: fill(rpc, &sender, &random)) }
      expected.append(item)
    }
    func fill(_ rpc: ControlHandle, _ router: inout Router, _ random: inout RandomStream) -> Int {
      var chosen = contents
      random.shuffle(&chosen)
      let count = 1 + random.below(chosen.count)
      for id in chosen.prefix(count) {
        let isTaken = router.append(id, to: rpc, at: now)
        #expect(isTaken)
      }
      return count
    }
    var frame: [UInt8] = []
    encoder.control(rpc, of: sender, into: &frame)
    let promised = sender.control.encodedSize(rpc)
    #expect(frame.count == promised)

    var decoded = DecodedRPC()
    try decoded.decode(frame.span)
    let made = decoded.control(
      of: frame.span, Self.topics, peers: Self.peers, into: &receiver, at: now)
    let copy = try #require(made)
    // The wire has subscriptions before control, and each kind of control together only by chance.
    func isSubscription(_ item: ControlItem) -> Bool { if case .subscription = item { true } else { false } }
    let order = expected.filter(isSubscription) + expected.filter { !isSubscription($0) }
    var items: [ControlItem] = []
    var position = receiver.control.firstItem(copy)
    while let index = position {
      items.append(receiver.control.item(index))
      position = receiver.control.item(after: index)
    }
    #expect(items == order)
    let copied = receiver.control.encodedSize(copy)
    #expect(copied == frame.count)
    var again: [UInt8] = []
    encoder.control(copy, of: receiver, into: &again)
    #expect(again.count == frame.count)
    sender.control.release(rpc)
    receiver.control.release(copy)
    let held = receiver.control.count
    #expect(held == 0)
  }

  @Test func whatTheRouterDoesNotKnowIsDroppedPartByPart() throws {
    var router = makeRouter()
    let now = Instant(nanoseconds: 1)
    let frame =
      Proto.field(1, Proto.integer(1, 1) + Proto.field(2, "nowhere"))
      + Proto.field(1, Proto.integer(1, 1) + Proto.field(2, "b"))
      + Proto.field(
        3,
        Proto.field(1, Proto.field(1, "b") + Proto.field(2, [1, 2, 3]))
          + Proto.field(3, Proto.field(1, "nowhere"))
          + Proto.field(5, Proto.field(1, [1])))
    var decoded = DecodedRPC()
    try decoded.decode(frame.span)
    let made = decoded.control(of: frame.span, Self.topics, into: &router, at: now)
    let rpc = try #require(made)
    let items = router.control.itemCount(rpc)
    #expect(items == 3)
    let invalid = router.counters.invalid
    #expect(invalid == 4)
    router.control.release(rpc)
    // Nothing at all that means something: no RPC, nothing held.
    let strange = Proto.field(3, Proto.field(3, Proto.field(1, "nowhere")))
    try decoded.decode(strange.span)
    let none = decoded.control(of: strange.span, Self.topics, into: &router, at: now)
    #expect(none == nil)
    let held = router.control.count
    #expect(held == 0)
  }
}
