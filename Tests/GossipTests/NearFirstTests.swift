// The near-first window beyond scenario 48: many messages inside it at once, narrow and wide nodes, and its memory.

import Basics
import Gossip
import TestKit
import Testing

@Suite struct NearFirstTests {
  /// Node 0 with `links` peers, all subscribed, eight or more of them in its mesh; a window of 2 s.
  private static func router(links: Int, records: Int) -> Router {
    let graph = LinkGraph.star(links + 1, centerDials: true)
    var p = Parameters()
    p.deliveryRecordsMaximum = records
    p.heartbeatDelay = .zero
    var topic = TopicScoreParameters.attackRuns
    topic.meshDeliveriesWindow = .seconds(2)
    var score = ScoreParameters.attackRuns()
    score.otherTopics = topic
    p.score = score
    var router = Router(
      parameters: p, topics: [Topic(nameBytes: 20)], offsets: graph.offsets, neighbors: graph.neighbors,
      outbound: graph.outbound, seed: 1)
    var outbox = Outbox()
    for slot in 0..<UInt32(graph.neighbors.count) {
      _ = router.connected(slot: slot, at: .zero, outbox: &outbox)
    }
    for node in 0...links { _ = router.join(NodeID(node), TopicID(0), at: .zero, outbox: &outbox) }
    // What they sent each other arrives.
    while outbox.count > 0 {
      var next = Outbox()
      for k in 0..<outbox.count {
        let sent = outbox[k]
        let other = graph.reverse[Int(sent.slot)]
        if sent.payload.isControl {
          _ = router.receive(sent.payload.control, on: other, at: .zero, outbox: &next)
        }
        router.release(sent.payload)
      }
      outbox = next
    }
    _ = router.heartbeat(NodeID(0), at: .zero, outbox: &outbox)
    for k in 0..<outbox.count { router.release(outbox[k].payload) }
    return router
  }

  @Test(
    "200 messages inside their windows: a mesh peer counts once for each, and not after",
    arguments: [20, 33, 70])
  func manyAtOnce(links: Int) throws {
    var router = Self.router(links: links, records: 1024)
    let mesh = router.mesh(NodeID(0), TopicID(0))
    try #require(mesh.count >= 3)
    var outbox = Outbox()
    var messages: [MessageHandle] = []
    var now = Instant.zero + .seconds(1)
    for _ in 0..<200 {
      let message = router.messages.register(topic: TopicID(0), dataBytes: 100, at: now)
      messages.append(message)
      #expect(router.receive(message, on: mesh[0], at: now, outbox: &outbox) == .fresh)
      _ = router.settle(NodeID(0), message, from: mesh[0], verdict: .accept, at: now, outbox: &outbox)
      now += .milliseconds(8)
    }
    let last = try #require(mesh.last)
    for _ in 0..<2 {
      for message in messages {
        for slot in [mesh[1], last] {
          #expect(router.receive(message, on: slot, at: now, outbox: &outbox) == .duplicate)
        }
      }
    }
    #expect(router.counters.nearFirstDeliveries == 400)
    #expect(router.counters.deliveryRecordsEvicted == 0)
    let topics = try #require(router.explain(slot: last)?.topics)
    #expect(topics.first?.meshDeliveries.counter == 200)
    // The windows have closed; then so many new messages that places are used again.
    now += .seconds(3)
    for message in messages { _ = router.receive(message, on: mesh[2], at: now, outbox: &outbox) }
    #expect(router.counters.nearFirstDeliveries == 400)
    for _ in 0..<300 {
      let message = router.messages.register(topic: TopicID(0), dataBytes: 100, at: now)
      #expect(router.receive(message, on: mesh[0], at: now, outbox: &outbox) == .fresh)
      _ = router.settle(NodeID(0), message, from: mesh[0], verdict: .accept, at: now, outbox: &outbox)
      _ = router.receive(message, on: mesh[1], at: now, outbox: &outbox)
      now += .milliseconds(1)
    }
    #expect(router.counters.nearFirstDeliveries == 700)
  }

  @Test("More messages inside the window than there may be records: the older are given up, counted")
  func bounded() {
    var router = Self.router(links: 20, records: 8)
    let mesh = router.mesh(NodeID(0), TopicID(0))
    var outbox = Outbox()
    let now = Instant.zero + .seconds(1)
    for _ in 0..<20 {
      let message = router.messages.register(topic: TopicID(0), dataBytes: 100, at: now)
      _ = router.receive(message, on: mesh[0], at: now, outbox: &outbox)
      _ = router.settle(NodeID(0), message, from: mesh[0], verdict: .accept, at: now, outbox: &outbox)
    }
    // One is noted beside what the node has seen, eight are in its table.
    #expect(router.counters.deliveryRecordsEvicted == 11)
    // Who is given up counts nothing more; the first and the last eight do.
    for k in 0..<20 as Range<UInt32> {
      _ = router.receive(MessageHandle(rawValue: k), on: mesh[1], at: now, outbox: &outbox)
    }
    #expect(router.counters.nearFirstDeliveries == 9)
  }

  @Test("A late copy of a rejected message is held against its sender after any window")
  func rejectedLate() throws {
    var router = Self.router(links: 20, records: 128)
    let mesh = router.mesh(NodeID(0), TopicID(0))
    var outbox = Outbox()
    let now = Instant.zero + .seconds(1)
    let message = router.messages.register(topic: TopicID(0), dataBytes: 100, at: now)
    _ = router.receive(message, on: mesh[0], at: now, outbox: &outbox)
    _ = router.settle(NodeID(0), message, from: mesh[0], verdict: .reject, at: now, outbox: &outbox)
    for _ in 0..<3 {
      _ = router.receive(message, on: mesh[1], at: now + .seconds(30), outbox: &outbox)
    }
    #expect(router.counters.invalidDeliveries == 2)
    #expect(router.score(slot: mesh[1]) < 0)
  }

  @Test("4 KB a node with scoring and Lighthouse's window of 2 s at 50 messages a second")
  func memory() {
    let nodes = 400
    let graph = LinkGraph.random(nodes, dials: 10, seed: 1)
    let recipe = LighthouseRecipe()
    var p = Parameters()
    p.deliveryRecordsMaximum = 1024
    p.score = recipe.parameters([
      TopicTraffic(
        weight: 0.5, messagesPerSlot: 600, firstDeliveriesLife: recipe.slot * 32,
        meshDeliveries: .init(life: recipe.slot * 64, capFactor: 4, activation: recipe.slot * 32))
    ])
    var router = Router(
      parameters: p, topics: [Topic(nameBytes: 40)], offsets: graph.offsets, neighbors: graph.neighbors,
      outbound: graph.outbound, seed: 1)
    var outbox = Outbox()
    for slot in 0..<UInt32(graph.neighbors.count) {
      _ = router.connected(slot: slot, at: .zero, outbox: &outbox)
    }
    for node in 0..<nodes {
      _ = router.join(NodeID(node), TopicID(0), at: .zero, outbox: &outbox)
      for k in 0..<outbox.count { router.release(outbox[k].payload) }
      outbox.removeAll()
    }
    var now = Instant.zero
    for k in 0..<200 {
      let message = router.messages.register(topic: TopicID(0), dataBytes: 250, at: now)
      for node in 0..<nodes {
        let slot = router.slots(of: NodeID(node)).lowerBound
        if router.receive(message, on: slot, at: now, outbox: &outbox) == .fresh {
          _ = router.settle(NodeID(node), message, from: slot, verdict: .accept, at: now, outbox: &outbox)
        }
        if k % 35 == 34 { _ = router.heartbeat(NodeID(node), at: now, outbox: &outbox) }
        for k in 0..<outbox.count { router.release(outbox[k].payload) }
        outbox.removeAll()
      }
      now += .milliseconds(20)
    }
    #expect(router.counters.deliveryRecordsEvicted == 0)
    let bytes = router.storageBytes.state / nodes
    #expect(bytes <= 4096, "\(bytes)")
  }
}
