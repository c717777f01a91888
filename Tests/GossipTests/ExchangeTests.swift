// Two processes: each has a router that hosts one of the two nodes, and knows messages by their content. Control goes over
// as a codec would carry it: read item by item here, built item by item there, ids as 20 bytes.

import Basics
import Gossip
import Testing

@Suite struct ExchangeTests {
  /// One process of two; the other's node has no slots here.
  struct Process: ~Copyable {
    var router: Router
    var outbox = Outbox()
    let node: NodeID

    init(_ node: Int, _ parameters: Parameters = .go) {
      self.node = NodeID(node)
      router = Router(
        parameters: parameters, topics: [Topic(nameBytes: 4), Topic(nameBytes: 5)],
        offsets: node == 0 ? [0, 1, 1] : [0, 0, 1], neighbors: [NodeID(1 - node)], outbound: [node == 0],
        seed: 1, indexesContents: true)
    }

    /// Builds here what was read there; the RPC has one holder.
    mutating func decode(_ parts: [(ControlItem, [ContentID])], at now: Instant) -> ControlHandle {
      let rpc = router.createControl()!
      for (item, ids) in parts where router.append(item, to: rpc) {
        for id in ids { _ = router.append(id, to: rpc, at: now) }
      }
      return rpc
    }

    func encode(_ rpc: ControlHandle) -> [(ControlItem, [ContentID])] {
      var parts: [(ControlItem, [ContentID])] = []
      var cursor = router.control.firstItem(rpc)
      while let index = cursor {
        var ids: [ContentID] = []
        var identifiers = router.control.identifiers(of: index)
        while let id = router.control.next(&identifiers) { ids.append(router.messages.content(of: id)) }
        parts.append((router.control.item(index), ids))
        cursor = router.control.item(after: index)
      }
      return parts
    }
  }

  /// Carries everything in `a`'s outbox to `b`; returns how many messages arrived fresh.
  static func carry(_ a: inout Process, _ b: inout Process, at now: Instant) -> Int {
    var fresh = 0
    for k in 0..<a.outbox.count {
      let payload = a.outbox[k].payload
      if payload.isControl {
        let parts = a.encode(payload.control)
        let size = a.router.encodedSize(payload)
        a.router.release(payload)
        let rpc = b.decode(parts, at: now)
        #expect(b.router.encodedSize(Payload(rpc)) == size)
        _ = b.router.receive(rpc, on: 0, at: now, outbox: &b.outbox)
        b.router.release(Payload(rpc))
      } else {
        let fact = a.router.messages[payload.message]
        let content = a.router.messages.content(of: payload.message)
        let handle = b.router.messages.register(
          content, topic: fact.topic, dataBytes: Int(fact.dataBytes), at: now)
        if b.router.receive(handle, on: 0, at: now, outbox: &b.outbox) == .fresh {
          fresh += 1
          _ = b.router.settle(b.node, handle, from: 0, verdict: .accept, at: now, outbox: &b.outbox)
        }
      }
    }
    a.outbox.removeAll()
    return fresh
  }

  @Test("A message reaches the other process by IHAVE and IWANT, under handles of each one's own")
  func gossipAcross() {
    var a = Process(0)
    var b = Process(1)
    var now = Instant.zero
    let topic = TopicID(0)
    _ = a.router.connected(slot: 0, at: now, outbox: &a.outbox)
    _ = b.router.connected(slot: 0, at: now, outbox: &b.outbox)
    _ = a.router.join(a.node, topic, at: now, outbox: &a.outbox)
    _ = b.router.join(b.node, topic, at: now, outbox: &b.outbox)
    for _ in 0..<3 {
      _ = Self.carry(&a, &b, at: now)
      _ = Self.carry(&b, &a, at: now)
    }
    // Neither may graft the other: only gossip is left.
    _ = b.router.messages.register(topic: topic, dataBytes: 1, at: now)
    for _ in 0..<2 {
      let toA = a.decode([(.prune(topic, backoffSeconds: 3000), [])], at: now)
      _ = a.router.receive(toA, on: 0, at: now, outbox: &a.outbox)
      a.router.release(Payload(toA))
      let toB = b.decode([(.prune(topic, backoffSeconds: 3000), [])], at: now)
      _ = b.router.receive(toB, on: 0, at: now, outbox: &b.outbox)
      b.router.release(Payload(toB))
    }
    let content = ContentID(high: 1, middle: 2, low: 3)
    let message = a.router.messages.register(content, topic: topic, dataBytes: 99, origin: a.node, at: now)
    _ = a.router.publish(a.node, topic, message, at: now, outbox: &a.outbox)
    #expect(a.outbox.count == 0)
    now += .seconds(1)
    _ = a.router.heartbeat(a.node, at: now, outbox: &a.outbox)
    _ = Self.carry(&a, &b, at: now)
    let placeholder = b.router.messages.handle(of: content)!
    #expect(b.router.messages[placeholder].isPlaceholder)
    #expect(b.router.phase(placeholder, at: b.node) == .unseen)
    _ = Self.carry(&b, &a, at: now)
    let fresh = Self.carry(&a, &b, at: now)
    #expect(fresh == 1)
    #expect(placeholder != message)
    #expect(b.router.phase(placeholder, at: b.node) == .cached)
    let fact = b.router.messages[placeholder]
    #expect(fact.dataBytes == 99)
    let counts = [a.router.control.count, b.router.control.count]
    #expect(counts == [0, 0])
  }

  @Test("What a stranger makes up is counted") func madeUp() {
    var parameters = Parameters.go
    parameters.placeholdersMaximum = 10
    parameters.ihaveIdentifiersMaximum = 20
    var b = Process(1, parameters)
    _ = b.router.connected(slot: 0, at: .zero, outbox: &b.outbox)
    _ = b.router.join(b.node, TopicID(0), at: .zero, outbox: &b.outbox)
    b.outbox.removeAll()
    let ids = (0..<50).map { ContentID(high: mix(UInt64($0)), middle: 0, low: 0) }
    let rpc = b.decode(
      [
        (.graft(TopicID(9)), []), (.iwant(identifiers: 0), ids), (.ihave(TopicID(0), identifiers: 0), ids),
        (.graft(TopicID(0)), Array(ids.prefix(1))),
      ], at: .zero)
    var counters = b.router.counters
    #expect(counters.invalid == 2)
    #expect(counters.iwantUnknown == 50)
    #expect(counters.placeholdersRefused == 40)
    #expect(b.router.control.itemCount(rpc) == 3)
    _ = b.router.receive(rpc, on: 0, at: .zero, outbox: &b.outbox)
    b.router.release(Payload(rpc))
    counters = b.router.counters
    #expect(counters.iwantIdentifiers == 10)
    let many = b.decode(
      [(.ihave(TopicID(0), identifiers: 0), Array(repeating: ids[0], count: 15))], at: .zero)
    let endless = b.decode(Array(repeating: (.graft(TopicID(1)), []), count: 1000), at: .zero)
    #expect(b.router.control.itemCount(endless) == 24)
    #expect(b.router.encodedSize(Payload(many)) < 100)
  }
}
