// Conformance scenarios 40 to 44: backoff and peer exchange.

import Basics
import Gossip
import TestKit
import Testing

@Suite struct BackoffScenarios {
  @Test("40: PRUNE carries 60 s, 10 s on LEAVE, and names peers only to a score of zero or more")
  func pruneCarriesBackoff() {
    var parameters = Scene.scored()
    parameters.degreeHigh = 6
    parameters.peerExchange = true
    let net = GossipNetwork(.star(10), parameters: parameters)
    net.silent = Set(0..<10)
    net.start()
    net.run(.seconds(1))
    for peer in 1...6 { net.inject(0, from: peer, [(.graft(TopicID(0)), [])]) }
    let outside = [7, 8, 9]
    #expect(net.mesh(0) == Array(1...6))
    Scene.setApplicationScore(net, 0, outside[0], -1)
    net.record = true
    for peer in outside { net.inject(0, from: peer, [(.graft(TopicID(0)), [])]) }
    #expect(
      Scene.prunes(net).map(\.item) == Array(repeating: .prune(TopicID(0), backoffSeconds: 60), count: 3))
    for prune in Scene.prunes(net) {
      // Not the receiver itself, nor the peer with the bad score.
      #expect(prune.peers.isEmpty == (prune.to == outside[0]))
      #expect(!prune.peers.contains(NodeID(prune.to)))
      #expect(!prune.peers.contains(NodeID(outside[0])))
    }
    net.sent = []
    net.leave(0)
    #expect(Scene.prunes(net).count == 6)
    #expect(Scene.prunes(net).allSatisfy { $0.item == .prune(TopicID(0), backoffSeconds: 10) })
    #expect(Scene.prunes(net).allSatisfy { !$0.peers.isEmpty })
  }

  @Test("41: no GRAFT during backoff and slack, one right after") func graftsAfterSlack() {
    let parameters = Parameters.go
    let net = GossipNetwork(.full(2), parameters: parameters)
    net.silent = [0, 1]
    net.start()
    net.run(.seconds(1))
    net.inject(0, from: 1, [(.prune(TopicID(0), backoffSeconds: 7), [])])
    let end = net.now + .seconds(7)
    net.record = true
    let slack = parameters.heartbeatInterval * UInt64(parameters.backoffSlackHeartbeats)
    net.run(until: end)
    net.heartbeat(0)
    net.run(until: Instant(nanoseconds: (end + slack).nanoseconds - 1))
    net.heartbeat(0)
    #expect(net.sent.isEmpty)
    net.run(until: end + slack)
    net.heartbeat(0)
    #expect(net.sent.map(\.item) == [.graft(TopicID(0))])
  }

  @Test("42 [A]: GRAFTs in backoff: P7, doubled inside the flood threshold; then the peer is not heard")
  func graftSpam() {
    let parameters = Scene.scored {
      $0.behaviourWeight = -100
      $0.behaviourDecay = 0.99
      $0.thresholds.gossip = -100
      $0.thresholds.publish = -500
      $0.thresholds.graylist = -1000
    }
    let net = Scene.meshedStar(2, parameters, mesh: 1...1)
    net.run(.seconds(1))
    // The PRUNE that starts the backoff is our own, as go's test has it.
    Scene.setApplicationScore(net, 0, 1, -1)
    net.heartbeat(0)
    Scene.setApplicationScore(net, 0, 1, 0)
    #expect(net.meshDegree(0) == 0)
    net.run(.seconds(30))
    net.record = true
    net.inject(0, from: 1, [(.graft(Scene.topic), [])])
    #expect(net.score(0, 1) == -100)
    #expect(Scene.prunes(net).count == 1)
    // That PRUNE renewed the backoff: the next GRAFT is one of a flood.
    net.run(.seconds(1))
    net.inject(0, from: 1, [(.graft(Scene.topic), [])])
    #expect(net.score(0, 1) == -900)
    #expect(Scene.prunes(net).count == 2)
    #expect(net.counters.graftFlood == 1)
    net.run(.seconds(1))
    net.inject(0, from: 1, [(.graft(Scene.topic), [])])
    #expect(net.score(0, 1) < -1000)
    // Now it is graylisted: no PRUNE, and nothing it sends is heard.
    #expect(Scene.prunes(net).count == 2)
    net.run(.seconds(1))
    net.inject(0, from: 1, [(.graft(Scene.topic), [])])
    #expect(net.counters.graftInBackoff == 3)
    #expect(net.inject(0, from: 1, net.register()) == .graylisted)
    net.run(.seconds(70))
    net.inject(0, from: 1, [(.graft(Scene.topic), [])])
    #expect(net.meshDegree(0) == 0)
  }

  @Test("43 [A]: a GRAFT for a topic the node has not joined gets no answer") func graftUnjoined() {
    let net = GossipNetwork(.full(2), topics: [Topic(nameBytes: 5), Topic(nameBytes: 6)], parameters: .go)
    net.silent = [0, 1]
    net.start()
    net.run(.seconds(1))
    net.record = true
    net.inject(0, from: 1, [(.graft(TopicID(1)), [])])
    #expect(net.sent.isEmpty)
    #expect(net.counters.graftUnsubscribed == 1)
  }

  @Test("44: peers named by a score below acceptPX are not dialed, above it at most prune_peers are")
  func believes() {
    var parameters = Scene.scored { $0.thresholds.acceptPeerExchange = 10 }
    parameters.prunePeers = 5
    let net = GossipNetwork(.full(20), parameters: parameters)
    net.silent = Set(0..<20)
    let dormant = (2..<20).map { net.graph.slot(0, to: $0) }
    net.start(dormant: Set(dormant))
    net.run(.seconds(1))
    let prune: [(ControlItem, [MessageHandle])] = [(.prune(Scene.topic, backoffSeconds: 60), [])]
    Scene.setApplicationScore(net, 0, 1, 9)
    net.inject(0, from: 1, prune, peers: Array(2..<20))
    net.run(.seconds(1))
    #expect(net.connections(0) == 1)
    #expect(net.counters.peersNotBelieved == 1)
    Scene.setApplicationScore(net, 0, 1, 10)
    net.inject(0, from: 1, prune, peers: Array(2..<20))
    net.run(.seconds(1))
    #expect(net.connections(0) == 6)
    #expect(net.dialed.count == 5)
  }
}
