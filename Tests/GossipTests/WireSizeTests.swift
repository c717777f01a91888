// Sizes against an encoder written here for the purpose: the bytes are really made, and counted.

import Basics
import Testing

@testable import Gossip

/// Protobuf the long way.
private struct Bytes {
  var bytes: [UInt8] = []
  mutating func varint(_ value: Int) {
    var rest = UInt64(value)
    while rest >= 128 {
      bytes.append(UInt8(rest & 127) | 128)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
  mutating func field(_ number: Int, _ content: [UInt8]) {
    varint(number << 3 | 2)
    varint(content.count)
    bytes += content
  }
  mutating func field(_ number: Int, number value: Int) {
    varint(number << 3)
    varint(value)
  }
  static func make(_ body: (inout Bytes) -> Void) -> [UInt8] {
    var bytes = Bytes()
    body(&bytes)
    return bytes.bytes
  }
}

@Suite struct WireSizeTests {
  static func name(_ count: Int) -> [UInt8] { Array(repeating: 0x61, count: count) }
  func check(_ holds: Bool) { #expect(holds) }
  static let identifier = [UInt8](repeating: 9, count: 20)

  @Test("A published message", arguments: [0, 1, 100, 127, 128, 250, 16_383, 16_384, 1 << 20], [1, 40, 130])
  func publish(data: Int, topic: Int) {
    let bytes = Bytes.make { rpc in
      rpc.field(
        2,
        Bytes.make {
          $0.field(2, [UInt8](repeating: 0, count: data))
          $0.field(4, Self.name(topic))
        })
    }
    #expect(WireSize.publish(dataBytes: data, topicNameBytes: topic) == bytes.count)
    #expect(WireSize.framed(bytes.count) == Bytes.make { $0.varint(bytes.count) }.count + bytes.count)
  }

  @Test("Any control RPC", arguments: 1...40 as ClosedRange<UInt64>) func control(seed: UInt64) {
    var random = RandomStream(seed: seed)
    let names = [3, 40, 126, 127, 128, 200]
    var store = ControlStore(topics: names.map { Topic(nameBytes: $0) }, maximum: 100_000)
    let rpc = store.create()!
    var subscriptions = Bytes()
    var control = Bytes()
    var next: UInt32 = 0
    for _ in 0..<random.below(20) {
      let topic = TopicID(random.below(names.count))
      let name = Self.name(names[topic.index])
      let count = random.below(seed % 3 == 0 ? 2000 : 10)
      switch random.below(6) {
      case 0, 1:
        let subscribes = random.below(2) == 0
        check(store.append(.subscription(topic, subscribes: subscribes), to: rpc))
        subscriptions.field(
          1,
          Bytes.make {
            $0.field(1, number: subscribes ? 1 : 0)
            $0.field(2, name)
          })
      case 2:
        check(store.append(.graft(topic), to: rpc))
        control.field(3, Bytes.make { $0.field(1, name) })
      case 3:
        let backoff = random.below(2) == 0 ? random.below(130) : Int(UInt32.max) - 1
        check(store.append(.prune(topic, backoffSeconds: UInt32(backoff)), to: rpc))
        control.field(
          4,
          Bytes.make {
            $0.field(1, name)
            if backoff > 0 { $0.field(3, number: backoff) }
          })
      default:
        let isIHave = random.below(2) == 0
        let item: ControlItem = isIHave ? .ihave(topic, identifiers: 0) : .iwant(identifiers: 0)
        check(store.append(item, to: rpc))
        for _ in 0..<count {
          next += 1 + UInt32(random.below(3)) * 30
          check(store.append(MessageHandle(rawValue: next), to: rpc))
        }
        control.field(
          isIHave ? 1 : 2,
          Bytes.make {
            if isIHave { $0.field(1, name) }
            for _ in 0..<count { $0.field(isIHave ? 2 : 1, Self.identifier) }
          })
      }
    }
    var bytes = subscriptions.bytes
    if !control.bytes.isEmpty { bytes += Bytes.make { $0.field(3, control.bytes) } }
    let size = store.encodedSize(rpc)
    #expect(size == bytes.count)
    store.release(rpc)
    let count = store.count
    #expect(count == 0)
  }

  @Test("Shared ids are freed with their last holder") func sharing() {
    var store = ControlStore(topics: [Topic(nameBytes: 1)], maximum: 10)
    for _ in 0..<1000 {
      let block = store.createBlock()!
      for k in 0..<30 { _ = store.insert(MessageHandle(rawValue: UInt32(k) * 64), into: block) }
      let rpcs = (0..<5).map { _ in store.create()! }
      for rpc in rpcs {
        let added = store.add(.ihave, TopicID(0), value: block, to: rpc)
        #expect(added)
      }
      store.release(block: block)
      for rpc in rpcs { store.release(rpc) }
    }
    let (count, entries) = (store.count, store.sets.entries.count)
    #expect(count == 0)
    #expect(entries == 30)
  }

  @Test("A full store refuses and stays whole") func fullStore() {
    var store = ControlStore(topics: [Topic(nameBytes: 1)], maximum: 2)
    let rpcs = (0..<3).map { _ in store.create() }
    #expect(rpcs.map { $0 == nil } == [false, false, true])
    var accepted = 0
    for _ in 0..<20 where store.append(.graft(TopicID(0)), to: rpcs[0]!) { accepted += 1 }
    #expect(accepted == 8)
    store.release(rpcs[0]!)
    let again = store.create()
    #expect(again != nil)
  }
}
