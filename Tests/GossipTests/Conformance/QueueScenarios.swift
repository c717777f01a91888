// Conformance scenarios 64 to 66: outbound queues.

import Basics
import Gossip
import TestKit
import Testing

@Suite struct QueueScenarios {
  @Test("64: all queues full: rust reports how many refused, go drops in silence") func allFull() {
    for (policy, limit) in [(QueuePolicy.rust, 3), (.go, 3)] {
      var parameters = Scene.meshOnly()
      parameters.floodPublish = true
      parameters.queue = policy
      parameters.queue?.limit = limit
      let net = Scene.star(5, parameters)
      net.run(.seconds(1))
      net.blocked = { from, _ in from == 0 }
      for _ in 0..<limit { net.publish(0) }
      #expect(net.outcomes.last == QueueOutcome(queued: 4, refused: 0))
      let message = net.register(origin: 0)
      // The router's answer is the same; whether the publisher is told is the policy's, and the outcome says it.
      #expect(net.publish(0, Scene.topic, message) == .sent(copies: 4))
      #expect(net.outcomes.last?.allRefused == true)
      #expect(net.outcomes.last?.refused == 4)
      #expect(net.counters.queueDropped == 4)
      #expect(net.outcomes.last?.isPublishError == (policy == .rust))
    }
  }

  @Test("65: a slow peer is reported and downscored, pruned while it stays slow, and recovers")
  func slowPeer() {
    var parameters = Scene.scored {
      $0.slowPeerWeight = -0.2
      $0.slowPeerDecay = 0.2
    }
    parameters.queue = .rust
    parameters.queue?.limit = 3
    let net = Scene.meshedStar(4, parameters, mesh: 1...3)
    net.run(.seconds(1))
    net.blocked = { $0 == 0 && $1 == 1 }
    for _ in 0..<10 {
      net.publish(0)
      net.run(.milliseconds(5))
    }
    #expect((net.score(0, 1) + 0.2 * 7).magnitude < 1e-9)
    #expect(net.score(0, 2) == 0)
    net.heartbeat(0)
    #expect(!net.mesh(0).contains(1))
    #expect(net.mesh(0).contains(2))
    let slow = net.with { router, _ in router.slowPeers }
    #expect(slow == [SlowPeer(slot: net.graph.slot(0, to: 1), drops: 7)])
    // What waits too long is given up, which counts as well: an own message after 5 s.
    net.run(.seconds(6))
    net.blocked = { _, _ in false }
    net.unblock()
    net.run(.milliseconds(10))
    #expect(net.counters.queueExpired == 3)
    // It takes what it is sent: the counter decays and the peer may be grafted once its backoff is over.
    for _ in 0..<70 {
      net.run(.seconds(1))
      net.heartbeat(0)
    }
    #expect(net.score(0, 1) == 0)
    #expect(net.mesh(0).contains(1))
  }

  @Test("66: lanes leave high before medium before low; a full control lane ends the connection (nim)")
  func lanes() {
    let topic = Scene.topic
    func order(_ policy: QueuePolicy) -> [Bool] {
      var parameters = Scene.meshOnly()
      parameters.queue = policy
      let net = Scene.meshedStar(3, parameters, mesh: 1...2)
      net.run(.seconds(1))
      net.blocked = { $0 == 0 && $1 == 1 }
      let forwarded = net.register()
      _ = net.inject(0, from: 2, forwarded)
      let own = net.publish(0)
      net.leave(0)
      net.record = true
      net.blocked = { _, _ in false }
      net.unblock()
      net.run(.seconds(1))
      let to1 = net.sent.filter { $0.to == 1 }
      func place(_ matches: (Sent) -> Bool) -> Int { to1.firstIndex(where: matches) ?? -1 }
      let control = place { if case .prune = $0.item { true } else { false } }
      let (first, second) = (place { $0.message == own }, place { $0.message == forwarded })
      #expect(min(control, first, second) >= 0)
      return [control < first, first < second]
    }
    #expect(order(.nim) == [true, true])
    // rust puts control first and leaves messages in their order; go keeps the order of all.
    #expect(order(.rust) == [true, false])
    #expect(order(.go) == [false, false])

    var parameters = Scene.meshOnly()
    parameters.queue = .nim
    parameters.queue?.controlLimit = 2
    let net = Scene.star(3, parameters)
    net.run(.seconds(1))
    net.blocked = { $0 == 0 && $1 == 1 }
    for _ in 0..<3 {
      net.leave(0, topic)
      net.join(0, topic)
      net.run(.milliseconds(5))
    }
    #expect(!net.isConnected(0, 1))
    #expect(net.isConnected(0, 2))
  }
}
