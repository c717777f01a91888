// Messages, their rows and what nodes have seen: recycling by age and by bound, staleness, contents.

import Basics
import Testing

@testable import Gossip

@Suite struct MessageTableTests {
  static func table(
    nodes: Int = 3, life: TimeSpan = .seconds(10), bytes: Int = 1 << 20, placeholders: Int = 4,
    contents: Bool = false
  ) -> MessageTable {
    MessageTable(
      nodes: nodes, topics: [Topic(nameBytes: 7), Topic(nameBytes: 9)], life: life, bytesMaximum: bytes,
      placeholdersMaximum: placeholders, indexesContents: contents, seed: 5)
  }

  static func id(_ k: Int) -> ContentID {
    ContentID(high: mix(UInt64(k)), middle: UInt64(k), low: UInt32(k & 3))
  }

  @Test("Handles are sequential and keep their facts") func facts() {
    var table = Self.table()
    let a = table.register(topic: TopicID(1), dataBytes: 300, origin: NodeID(2), tag: 77, at: .zero)
    let b = table.register(topic: TopicID(0), dataBytes: 0, at: .zero)
    #expect(b.rawValue == a.rawValue + 1)
    let (first, second) = (table[a], table[b])
    #expect(first.tag == 77)
    #expect(first.origin == NodeID(2))
    #expect(first.topic == TopicID(1))
    #expect(Int(first.wireBytes) == WireSize.publish(dataBytes: 300, topicNameBytes: 9))
    #expect(second.origin == MessageTable.unknownOrigin)
  }

  @Test("Rows live for the seen TTL and are recycled after it") func recyclesByAge() {
    var table = Self.table(life: .seconds(10))
    let old = table.register(topic: TopicID(0), dataBytes: 1, at: .zero)
    for _ in 1..<256 { _ = table.register(topic: TopicID(0), dataBytes: 1, at: .zero) }
    table.retire(before: Instant(nanoseconds: 9_999_999_999))
    let before = table.isLive(old)
    table.retire(before: Instant(nanoseconds: 10_000_000_000))
    let after = table.isLive(old)
    let count = table.count
    #expect(before)
    #expect(!after)
    #expect(count == 0)
    let evicted = table.evicted
    #expect(evicted == 0)
  }

  @Test("The table grows to its bound, keeps all phases, then evicts the oldest and counts it") func bounded()
  {
    // 2 nodes: 2 * 64 + 256 * 32 bytes a segment, so 16 segments in 160 KiB.
    var table = Self.table(nodes: 2, life: .seconds(1000), bytes: 160 << 10)
    #expect(table.segmentsMaximum == 16)
    var handles: [MessageHandle] = []
    for k in 0..<16 * 256 {
      let handle = table.register(topic: TopicID(0), dataBytes: k, tag: UInt64(k), at: .zero)
      handles.append(handle)
      if k % 3 == 0 { table.lines[table.place(handle, 1)] |= MessageTable.bit(handle) }
    }
    for (k, handle) in handles.enumerated() {
      let (live, tag) = (table.isLive(handle), table[handle].tag)
      #expect(live)
      #expect(tag == UInt64(k))
      let phases = [table.phase(handle, at: NodeID(0)), table.phase(handle, at: NodeID(1))]
      #expect(phases == [.unseen, k % 3 == 0 ? .done : .unseen])
    }
    let new = table.register(topic: TopicID(0), dataBytes: 1, at: .zero)
    let live = handles.map { table.isLive($0) }
    #expect(live == (0..<16 * 256).map { $0 >= 256 })
    let phase = table.phase(new, at: NodeID(1))
    #expect(phase == .unseen)
    let evicted = table.evicted
    #expect(evicted == 256)
  }

  @Test("Handles never registered, and those beyond 30 bits, are not live") func strangeHandles() {
    var table = Self.table()
    _ = table.register(topic: TopicID(0), dataBytes: 1, at: .zero)
    for raw in [1, 2, 255, 256, 1 << 30, 1 << 30 - 1, .max] as [UInt32] {
      let live = table.isLive(MessageHandle(rawValue: raw))
      #expect(!live)
    }
  }

  @Test("Handles wrap at 30 bits without mixing up messages") func wraps() {
    var table = Self.table(life: .seconds(1000))
    table.skip(to: MessageHandle.mask - 511)
    let handles = (0..<1000).map {
      table.register(topic: TopicID(0), dataBytes: 1, tag: UInt64($0), at: .zero)
    }
    #expect(handles[511].rawValue == MessageHandle.mask)
    #expect(handles[512].rawValue == 0)
    for (k, handle) in handles.enumerated() {
      let (live, tag) = (table.isLive(handle), table[handle].tag)
      #expect(live)
      #expect(tag == UInt64(k))
    }
    table.forget(1)
  }

  @Test("Forgetting clears one node in every segment and no other") func forgets() {
    var table = Self.table()
    var handles: [MessageHandle] = []
    for _ in 0..<700 {
      let handle = table.register(topic: TopicID(0), dataBytes: 1, at: .zero)
      handles.append(handle)
      for node in 0..<3 { table.lines[table.place(handle, node)] |= MessageTable.bit(handle) }
    }
    table.forget(1)
    for handle in handles {
      let phases = (0..<3).map { table.phase(handle, at: NodeID($0)) }
      #expect(phases == [.done, .unseen, .done])
    }
  }

  @Test("Contents are found while their message lives", arguments: [1, 2, 3] as [UInt64])
  func contents(seed: UInt64) {
    var table = Self.table(nodes: 1, life: .seconds(10), contents: true)
    var now = Instant.zero
    var known: [(Int, MessageHandle)] = []
    for k in 0..<4000 {
      now += .milliseconds(10)
      let handle = table.register(Self.id(k), topic: TopicID(0), dataBytes: 4, at: now)
      let again = table.register(Self.id(k), topic: TopicID(0), dataBytes: 4, at: now)
      #expect(handle == again)
      known.append((k, handle))
      if k % 199 == 0 {
        for (k, handle) in known {
          let found = table.handle(of: Self.id(k))
          let live = table.isLive(handle)
          #expect(found == (live ? handle : nil))
          if live {
            let content = table.content(of: handle)
            #expect(content == Self.id(k))
          }
        }
      }
    }
    let count = table.count
    #expect(count < 2000)
  }

  @Test("An announced id gets a placeholder, which the message fills; there is a bound") func placeholders() {
    var table = Self.table(placeholders: 2, contents: true)
    let a = table.announce(Self.id(1), topic: TopicID(0), at: .zero)!
    let b = table.announce(Self.id(2), topic: TopicID(0), at: .zero)!
    let again = table.announce(Self.id(1), topic: TopicID(0), at: .zero)
    let refused = table.announce(Self.id(3), topic: TopicID(0), at: .zero)
    #expect(again == a)
    #expect(refused == nil)
    let filled = table.register(Self.id(1), topic: TopicID(1), dataBytes: 50, at: .zero)
    #expect(filled == a)
    let (fact, other) = (table[a], table[b])
    #expect(!fact.isPlaceholder)
    #expect(fact.topic == TopicID(1))
    #expect(fact.dataBytes == 50)
    #expect(other.isPlaceholder)
    let possible = table.announce(Self.id(3), topic: TopicID(0), at: .zero)
    #expect(possible != nil)
  }

  @Test("A content id keeps its bytes") func contentBytes() {
    let bytes = (0..<20).map { UInt8($0 * 7 + 1) }
    var id: ContentID?
    var short: ContentID?
    do {
      let span = bytes.span
      id = ContentID(bytes: unsafe span.bytes)
      short = ContentID(bytes: unsafe span.bytes.extracting(0..<19))
    }
    #expect((0..<20).map { id![$0] } == bytes)
    #expect(short == nil)
  }
}

@Suite struct FlatHashTests {
  @Test("It holds what a dictionary holds", arguments: [1, 2, 3, 4] as [UInt64]) func likeADictionary(
    seed: UInt64
  ) {
    var hash = FlatHash()
    var model: [UInt64: UInt32] = [:]
    var random = RandomStream(seed: seed)
    for step in 0..<20_000 {
      let key = UInt64(random.below(step < 10_000 ? 3000 : 300))
      let value = UInt32(truncatingIfNeeded: random.next())
      switch random.below(3) {
      case 0:
        hash.set(key, value)
        model[key] = value
      case 1:
        let removed = hash.remove(key)
        #expect(removed == model.removeValue(forKey: key))
      default:
        let found = hash[key]
        #expect(found == model[key])
      }
    }
    let count = hash.count
    #expect(count == model.count)
  }
}

@Suite struct HandleSetsTests {
  @Test("A set holds what was put in; released entries are used again", arguments: [1, 2, 3] as [UInt64])
  func sets(seed: UInt64) {
    var sets = HandleSets(maximum: 200)
    var random = RandomStream(seed: seed)
    for _ in 0..<50 {
      var head = HandleSets.none
      var members: Set<UInt32> = []
      for _ in 0..<100 {
        let raw = UInt32(random.below(5000))
        guard members.insert(raw).inserted else { continue }
        let result = sets.insert(MessageHandle(rawValue: raw), into: &head)
        #expect(result == .added)
      }
      let count = sets.count(head)
      #expect(count == members.count)
      sets.release(head)
    }
    let used = sets.entries.count
    #expect(used <= 100)
  }

  @Test("A full slab refuses") func full() {
    var sets = HandleSets(maximum: 2)
    var head = HandleSets.none
    let results = [0, 64, 65, 128, 64].map { sets.insert(MessageHandle(rawValue: $0), into: &head) }
    #expect(results == [.added, .added, .added, .full, .present])
  }
}
