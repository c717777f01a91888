// Conformance scenarios 58 to 63: what follows from a score.

import Basics
import Gossip
import TestKit
import Testing

@Suite struct ThresholdScenarios {
  @Test("58: below the gossip threshold: no IHAVE in either direction, no answer to IWANT") func noGossip() {
    let net = Scene.star(4, Scene.scored())
    Scene.backOffAll(net, 1...3)
    Scene.setApplicationScore(net, 0, 1, -11)
    let message = net.publish(0)
    net.record = true
    net.heartbeat(0)
    #expect(Set(Scene.ihaves(net).map(\.to)) == [2, 3])
    net.sent = []
    net.inject(0, from: 1, [(.ihave(Scene.topic, identifiers: 0), [net.register()])])
    net.inject(0, from: 1, [(.iwant(identifiers: 0), [message])])
    #expect(net.sent.isEmpty)
    #expect(net.counters.gossipRefused == 2)
    // At the threshold it is heard again.
    Scene.setApplicationScore(net, 0, 1, -10)
    net.inject(0, from: 1, [(.iwant(identifiers: 0), [message])])
    #expect(net.sent.map(\.message) == [message])
  }

  @Test("59: below the publish threshold: no own messages, by flood or by fanout") func noPublishing() {
    var parameters = Scene.scored()
    parameters.floodPublish = true
    let net = Scene.star(10, parameters)
    Scene.setApplicationScore(net, 0, 1, -51)
    net.record = true
    net.publish(0)
    #expect(Set(net.sent.filter { $0.message != nil }.map(\.to)) == Set(2...9))
    parameters.floodPublish = false
    let fanout = GossipNetwork(.star(7), parameters: parameters)
    fanout.silent = Set(0..<7)
    fanout.start(except: [0])
    fanout.run(.seconds(1))
    Scene.setApplicationScore(fanout, 0, 1, -51)
    fanout.publish(0)
    #expect(Set(fanout.fanout(0)) == Set(2...6))
    // A fanout peer that falls below is dropped at the heartbeat.
    Scene.setApplicationScore(fanout, 0, 2, -51)
    fanout.heartbeat(0)
    #expect(Set(fanout.fanout(0)) == Set(3...6))
  }

  @Test("60 [A]: below the graylist threshold only direct peers are heard") func graylist() {
    let topics = [Topic(nameBytes: 5), Topic(nameBytes: 5)]
    let net = GossipNetwork(.star(3), topics: topics, parameters: Scene.scored())
    net.silent = Set(0..<3)
    net.start()
    net.run(.seconds(1))
    let direct = net.graph.slot(0, to: 2)
    net.with { router, _ in router.setDirect(slot: direct, true) }
    for peer in 1...2 { Scene.setApplicationScore(net, 0, peer, -81) }
    #expect(net.inject(0, from: 1, net.register()) == .graylisted)
    #expect(net.inject(0, from: 2, net.register()) == .fresh)
    net.record = true
    net.inject(0, from: 1, [(.graft(Scene.topic), []), (.subscription(TopicID(1), subscribes: true), [])])
    #expect(net.sent.isEmpty)
    // Its subscriptions count all the same, as in go, so that the node knows its topics when it recovers.
    #expect(net.isSubscribed(0, 1, TopicID(1)))
    Scene.setApplicationScore(net, 0, 1, 0)
    #expect(net.inject(0, from: 1, net.register()) == .fresh)
  }

  @Test("61 [A]: 100 unsigned messages under StrictSign: refused, the score negative, PRUNE sent")
  func unsigned() {
    var topic = TopicScoreParameters()
    topic.invalidWeight = -1
    var parameters = Scene.scored(topic) {
      ($0.thresholds.gossip, $0.thresholds.publish, $0.thresholds.graylist) = (-1e9, -1e9, -1e9)
    }
    parameters.signing = .strictSign
    let net = Scene.meshedStar(3, parameters, mesh: 1...2)
    net.with { router, _ in router.observesScores = true }
    func register(_ authorship: Authorship?) -> MessageHandle {
      net.with { router, _ in
        router.messages.register(
          topic: Scene.topic, dataBytes: 100, origin: NodeID(2), authorship: authorship, at: net.now)
      }
    }
    for _ in 0..<99 { #expect(net.inject(0, from: 1, register(.unsigned)) == .refused) }
    #expect(net.inject(0, from: 1, register(.forged)) == .refused)
    #expect(net.inject(0, from: 2, register(nil)) == .fresh)
    #expect(net.score(0, 1) == -10_000)
    #expect(net.score(0, 2) == 0)
    #expect(net.counters.refused == 100)
    let moves = net.with { router, _ in router.scoreMoves }
    #expect(moves.filter { $0.cause == .badAuthor }.count == 100)
    net.record = true
    net.heartbeat(0)
    #expect(Scene.prunes(net).map(\.to) == [1])
    #expect(net.counters.prunedForScore == 1)
  }

  @Test(
    "62: of 20 nodes one is badly scored by all: nobody delivers its messages, and it hears only its own",
    arguments: [1, 2, 3]) func outcast(seed: UInt64)
  {
    let net = GossipNetwork(.full(20), parameters: Scene.scored(), seed: seed)
    net.start()
    for node in 1..<20 { Scene.setApplicationScore(net, node, 0, -1000) }
    net.run(.seconds(3))
    for source in 0..<20 {
      let message = net.publish(source)
      net.run(.seconds(3))
      #expect(net.receivers(message) == (source == 0 ? [] : Set(1..<20).subtracting([source])))
    }
  }

  @Test(
    "63 [A]: opportunistic grafting: 40 silent Sybils dial 10 honest nodes; every honest mesh finds 3 honest peers",
    arguments: [1, 2, 3]) func opportunistic(seed: UInt64)
  {
    var topic = TopicScoreParameters()
    topic.firstDeliveriesWeight = 1
    topic.firstDeliveriesDecay = 0.99997
    topic.firstDeliveriesCap = 1000
    var parameters = Scene.scored(topic) {
      $0.thresholds.opportunisticGraft = 1
      $0.decayInterval = .seconds(5)
    }
    parameters.opportunisticGraftTicks = 2
    // As in go's test: peers outside the mesh can earn a score by what they publish.
    parameters.floodPublish = true
    let graph = Scene.withSybils(honest: 10, dials: 5, sybils: 40, seed: seed)
    let net = GossipNetwork(graph, parameters: parameters, seed: seed)
    net.loses = { sent in
      guard sent.from >= 10 else { return false }
      switch sent.item {
      case .graft, .subscription: return false
      default: return true
      }
    }
    net.start()
    for sybil in 10..<50 {
      for node in 0..<10 { net.inject(node, from: sybil, [(.graft(Scene.topic), [])]) }
    }
    net.run(.seconds(2))
    let before = (0..<10).map { node in net.mesh(node).count { $0 < 10 } }
    for k in 0..<1000 {
      net.publish(k % 10)
      net.run(.milliseconds(20))
    }
    net.run(.seconds(7))
    for node in 0..<10 { #expect(net.mesh(node).count { $0 < 10 } >= 3, "was \(before[node])") }
    #expect(net.counters.opportunisticGrafts > 0)
  }
}
