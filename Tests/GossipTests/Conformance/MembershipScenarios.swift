// Conformance scenarios 16 to 22: leaving, direct peers, degrees of a topic, hello.

import Basics
import Gossip
import TestKit
import Testing

@Suite struct MembershipScenarios {
  @Test("16: 5 of 20 leave or vanish, the other 15 hear 10 more messages", arguments: [1, 2, 3])
  func someGo(seed: UInt64) {
    let net = GossipNetwork(.random(20, dials: 6, seed: seed), parameters: Scene.meshOnly(), seed: seed)
    net.start()
    net.run(.seconds(2))
    for node in 0..<2 { net.leave(node) }
    for node in 2..<5 { net.crash(node) }
    net.run(.seconds(3))
    for k in 0..<10 {
      let message = net.publish(5 + k)
      net.run(.milliseconds(500))
      #expect(net.receivers(message) == Set(5..<20).subtracting([5 + k]))
    }
  }

  @Test("17: after LEAVE both sides hold 10 s of backoff") func leaveBacksOff() {
    let net = GossipNetwork(.full(2), parameters: .go)
    net.start()
    net.run(.seconds(2))
    #expect(net.mesh(0) == [1])
    let left = net.now
    net.leave(0)
    #expect(net.backoffEnd(0, 1) == left + .seconds(10))
    net.run(.seconds(1))
    #expect(net.mesh(1).isEmpty)
    #expect(net.backoffEnd(1, 0) == left + net.latency + .seconds(10))
    #expect(!net.isSubscribed(1, 0))
  }

  @Test("18: JOIN does not graft a peer under unsubscribe backoff") func joinHeedsBackoff() {
    let net = GossipNetwork(.full(2), parameters: .go)
    net.start()
    net.run(.seconds(2))
    net.leave(0)
    net.run(.seconds(1))
    net.record = true
    net.join(0)
    net.run(.seconds(5))
    #expect(net.meshDegree(0) == 0)
    #expect(!net.sent.contains { $0.item == .graft(TopicID(0)) })
  }

  @Test("19: a message goes neither back to its sender nor to its origin") func notBack() {
    let net = GossipNetwork(.full(5), parameters: Scene.meshOnly())
    net.start()
    net.run(.seconds(3))
    net.record = true
    // Node 2 hears of it from others only, so that its sender is not the origin.
    net.loses = { $0.message != nil && $0.from == 0 && $0.to == 2 }
    let message = net.publish(0)
    net.run(.seconds(1))
    let copies = net.sent.filter { $0.message == message }
    #expect(net.receivers(message).contains(2))
    #expect(copies.contains { $0.from == 2 })
    #expect(!copies.contains { $0.to == 0 })
    let pairs = copies.map { [$0.from, $0.to] }
    #expect(!copies.contains { $0.from == 2 && net.firstSender(message, 2) == $0.to })
    #expect(Set(pairs).count == pairs.count)
    for node in 1..<5 {
      #expect(net.mesh(node).contains(0))
    }
  }

  @Test(
    "20: a direct peer is never meshed nor told by IHAVE, always sent to, dialed again; its GRAFT is pruned")
  func directPeers() {
    var parameters = Scene.meshOnly()
    parameters.directConnectTicks = 3
    let net = GossipNetwork(.full(8), parameters: parameters)
    let (there, back) = (net.graph.slot(0, to: 1), net.graph.slot(1, to: 0))
    net.with { router, _ in
      router.setDirect(slot: there, true)
      router.setDirect(slot: back, true)
    }
    net.start()
    net.record = true
    net.run(.seconds(5))
    #expect(!net.mesh(0).contains(1))
    #expect(!net.mesh(1).contains(0))
    let message = net.publish(0)
    #expect(net.sent.contains { $0.message == message && $0.from == 0 && $0.to == 1 })
    // Forwarded too, to the direct peer that has not got it from its author.
    net.loses = { $0.message != nil && $0.to == 1 && $0.from != 0 }
    let other = net.publish(5)
    net.run(.seconds(1))
    #expect(net.sent.contains { $0.message == other && $0.from == 0 && $0.to == 1 })
    net.loses = { _ in false }
    net.run(.seconds(3))
    #expect(!Scene.ihaves(net).contains { $0.from == 0 && $0.to == 1 })
    net.sent = []
    net.inject(0, from: 1, [(.graft(Scene.topic), [])])
    #expect(Scene.prunes(net).map(\.to) == [1])
    #expect(net.counters.graftDirect == 1)
    net.disconnect(there)
    #expect(!net.isConnected(0, 1))
    net.run(.seconds(5))
    #expect(net.isConnected(0, 1))
    #expect(net.isConnected(1, 0))
  }

  @Test("21: two topics with mesh degrees of their own hold both") func degreesByTopic() {
    // rust has these, go and the specification do not; a router without them is one with equal degrees.
    let small = MeshDegrees(degree: 3, low: 2, high: 5, outbound: 1, score: 1)
    let large = MeshDegrees(degree: 10, low: 8, high: 14, outbound: 2, score: 4)
    let topics = [Topic(nameBytes: 5, degrees: small), Topic(nameBytes: 5, degrees: large)]
    let net = GossipNetwork(.full(30), topics: topics, parameters: Scene.meshOnly())
    net.start(joining: [TopicID(0), TopicID(1)])
    net.run(.seconds(90))
    for node in 0..<30 {
      #expect((2...6).contains(net.meshDegree(node, TopicID(0))))
      #expect((8...14).contains(net.meshDegree(node, TopicID(1))))
    }
  }

  @Test("22: hello is one RPC with all subscriptions; RPCs are one a peer and heartbeat") func hello() {
    let topics = (0..<5).map { Topic(nameBytes: 10 + $0) }
    let net = GossipNetwork(.full(2), topics: topics, parameters: .go)
    for topic in 0..<5 { net.join(0, TopicID(topic)) }
    net.record = true
    net.connect(net.graph.slot(0, to: 1))
    #expect(Set(net.sent.map(\.rpc)).count == 1)
    #expect(net.sent.map(\.item) == (0..<5).map { .subscription(TopicID($0), subscribes: true) })
    net.connect(net.graph.slot(1, to: 0))
    for topic in 0..<5 { net.inject(0, from: 1, [(.subscription(TopicID(topic), subscribes: true), [])]) }
    net.sent = []
    net.heartbeat(0)
    #expect(net.sent.count == 5)
    #expect(Set(net.sent.map(\.rpc)).count == 1)
  }
}
