// Conformance scenarios 45 to 57: each component of the score.

import Basics
import Gossip
import TestKit
import Testing

@Suite struct ScoreScenarios {
  @Test("45: P1: 200 quanta in the mesh, weights 0.5 and 1, are 100 points") func timeInMesh() {
    var topic = TopicScoreParameters()
    topic.weight = 0.5
    topic.timeInMeshWeight = 1
    topic.timeInMeshQuantum = .milliseconds(1)
    let net = Scene.meshedStar(3, Scene.scored(topic), mesh: 1...1)
    #expect(net.score(0, 1) == 0)
    net.run(.milliseconds(200))
    Scene.refresh(net)
    #expect(net.score(0, 1) == 100)
    #expect(net.score(0, 2) == 0)
    #expect(net.explain(0, 1)?.topics[0].timeInMesh.value == 200)
    // Outside the mesh it is gone.
    net.inject(0, from: 1, [(.prune(Scene.topic, backoffSeconds: 60), [])])
    #expect(net.score(0, 1) == 0)
  }

  @Test("46: P1 stops at its cap") func timeInMeshCap() {
    var topic = TopicScoreParameters()
    topic.timeInMeshWeight = 1
    topic.timeInMeshQuantum = .milliseconds(1)
    topic.timeInMeshCap = 10
    let net = Scene.meshedStar(2, Scene.scored(topic), mesh: 1...1)
    net.run(.milliseconds(40))
    Scene.refresh(net)
    #expect(net.score(0, 1) == 10)
  }

  @Test("47: P2: 100 first deliveries are 100 points, 50 at a cap of 50; decay 0.9 leaves 90, then 81")
  func firstDeliveries() {
    var topic = TopicScoreParameters()
    topic.firstDeliveriesWeight = 1
    topic.firstDeliveriesDecay = 0.9
    topic.firstDeliveriesCap = 2000
    let net = Scene.meshedStar(3, Scene.scored(topic), mesh: 1...1)
    for _ in 0..<100 {
      let message = net.register()
      _ = net.inject(0, from: 1, message)
      _ = net.inject(0, from: 2, message)
    }
    #expect(net.score(0, 1) == 100)
    #expect(net.score(0, 2) == 0)
    Scene.refresh(net)
    #expect((net.score(0, 1) - 90).magnitude < 1e-4)
    Scene.refresh(net)
    #expect((net.score(0, 1) - 81).magnitude < 1e-4)
    topic.firstDeliveriesCap = 50
    let capped = Scene.meshedStar(3, Scene.scored(topic), mesh: 1...1)
    // Outside the mesh it counts as well.
    for _ in 0..<100 { _ = capped.inject(0, from: 2, capped.register()) }
    #expect(capped.score(0, 2) == 50)
  }

  @Test("48: P3: first and near-first mesh peers are above the threshold, one after the window is not")
  func meshDeliveries() {
    let net = Scene.meshedStar(4, Scene.scored(Self.meshTopic()) { Self.neverGraylist(&$0) }, mesh: 1...3)
    net.run(.seconds(2))
    Scene.refresh(net)
    net.validation = .milliseconds(4)
    for k in 0..<40 {
      let message = net.register()
      _ = net.inject(0, from: 1, message)
      // Half of them during validation, half within the window after it.
      net.run(.milliseconds(k % 2 == 0 ? 2 : 9))
      _ = net.inject(0, from: 2, message)
      // Once a peer and message.
      _ = net.inject(0, from: 2, message)
      net.run(.milliseconds(40))
      _ = net.inject(0, from: 3, message)
    }
    #expect(net.score(0, 1) >= 0)
    #expect(net.score(0, 2) >= 0)
    #expect(net.score(0, 3) == -400)
    #expect(net.explain(0, 1)?.topics[0].meshDeliveries.counter == 40)
    #expect(net.explain(0, 2)?.topics[0].meshDeliveries.counter == 40)
  }

  @Test("49: P3 decays: 40 deliveries x 0.9^21, and the deficit is squared") func meshDeliveriesDecay() {
    var topic = Self.meshTopic()
    topic.meshDeliveriesDecay = 0.9
    let net = Scene.meshedStar(2, Scene.scored(topic), mesh: 1...1)
    net.run(.seconds(2))
    for _ in 0..<40 { _ = net.inject(0, from: 1, net.register()) }
    Scene.refresh(net)
    #expect(net.score(0, 1) == 0)
    Scene.refresh(net, times: 20)
    var expected = 40.0
    for _ in 0..<21 { expected *= 0.9 }
    let deficit = 20 - expected
    #expect((net.score(0, 1) + deficit * deficit).magnitude < 1e-3)
  }

  @Test("50: P3b: a prune at full deficit costs its square, and only after the prune") func meshFailure() {
    var topic = Self.meshTopic()
    topic.meshDeliveriesWeight = 0
    topic.meshFailureWeight = -1
    topic.meshFailureDecay = 0.9
    let net = Scene.meshedStar(3, Scene.scored(topic), mesh: 1...2)
    net.run(.seconds(2))
    Scene.refresh(net)
    #expect(net.score(0, 1) == 0)
    net.inject(0, from: 1, [(.prune(Scene.topic, backoffSeconds: 60), [])])
    #expect(net.score(0, 1) == -400)
    #expect(net.score(0, 2) == 0)
    Scene.refresh(net)
    #expect((net.score(0, 1) + 360).magnitude < 1e-3)
    // A peer that was never active owes nothing.
    let early = Scene.meshedStar(3, Scene.scored(topic), mesh: 1...2)
    early.inject(0, from: 1, [(.prune(Scene.topic, backoffSeconds: 60), [])])
    #expect(early.score(0, 1) == 0)
  }

  @Test("51: P4: 100 invalid messages cost 10,000, and decay counts twice") func invalidMessages() {
    let net = Scene.meshedStar(2, Scene.scored(Self.invalidTopic()) { Self.neverGraylist(&$0) }, mesh: 1...1)
    net.verdict = { _, _ in .reject }
    for _ in 0..<100 { _ = net.inject(0, from: 1, net.register()) }
    #expect(net.score(0, 1) == -10_000)
    Scene.refresh(net)
    #expect((net.score(0, 1) + 8100).magnitude < 1e-2)
  }

  @Test(
    "52: ignored, throttled and black-listed cost nothing; REJECT hits those that forwarded earlier and later"
  )
  func whoIsToBlame() {
    let parameters = Scene.scored(Self.invalidTopic()) { Self.neverGraylist(&$0) }
    let net = Scene.meshedStar(6, parameters, mesh: 1...4)
    for verdict in [Verdict.ignore, .throttled] {
      net.verdict = { _, _ in verdict }
      let message = net.register()
      _ = net.inject(0, from: 1, message)
      _ = net.inject(0, from: 2, message)
      #expect(net.score(0, 1) == 0)
      #expect(net.score(0, 2) == 0)
    }
    net.verdict = { _, _ in .reject }
    let slot = net.graph.slot(0, to: 5)
    net.with { router, _ in router.setBlacklisted(slot: slot, true) }
    #expect(net.inject(0, from: 5, net.register()) == .graylisted)
    #expect(net.score(0, 5) == 0)
    net.validation = .milliseconds(50)
    let message = net.register()
    _ = net.inject(0, from: 1, message)
    _ = net.inject(0, from: 2, message)
    net.run(.milliseconds(100))
    #expect(net.score(0, 1) == -1)
    #expect(net.score(0, 2) == -1)
    // Later copies count too, once a peer.
    for _ in 0..<3 { _ = net.inject(0, from: 3, message) }
    _ = net.inject(0, from: 1, message)
    #expect(net.score(0, 3) == -1)
    #expect(net.score(0, 1) == -1)
    #expect(net.score(0, 4) == 0)
  }

  @Test("53: P5 is the application's score times its weight") func applicationScore() {
    let net = Scene.meshedStar(2, Scene.scored { $0.applicationWeight = 0.5 }, mesh: 1...1)
    for value in [-100.0, 7, 0] {
      Scene.setApplicationScore(net, 0, 1, value)
      #expect(net.score(0, 1) == 0.5 * value)
    }
  }

  @Test("54: P6: the surplus on an address squared, for every peer on it; exempt addresses are free")
  func colocation() {
    func net(_ peers: Int, weight: Double, threshold: Int, exempt: Bool = false) -> GossipNetwork {
      let parameters = Scene.scored {
        $0.colocationWeight = weight
        $0.colocationThreshold = threshold
        if exempt { $0.colocationExempt = [AddressGroup(7)] }
      }
      let net = GossipNetwork(.star(peers + 2), parameters: parameters)
      net.silent = Set(0..<peers + 2)
      net.with { router, _ in
        for peer in 1...peers { router.setAddress(NodeID(peer), AddressGroup(7)) }
        router.setAddress(NodeID(peers + 1), AddressGroup(8))
      }
      net.start()
      return net
    }
    // go's test: three peers where one is allowed.
    let three = net(3, weight: -1, threshold: 1)
    for peer in 1...3 { #expect(three.score(0, peer) == -4) }
    #expect(three.score(0, 4) == 0)
    // rust's test: eight where five are allowed.
    let eight = net(8, weight: -2, threshold: 5)
    for peer in 1...8 { #expect(eight.score(0, peer) == -18) }
    // One leaves without a bad score of its own; kept books still count, as in go.
    let exempt = net(8, weight: -2, threshold: 5, exempt: true)
    for peer in 1...8 { #expect(exempt.score(0, peer) == 0) }
  }

  @Test("55: P7 squares what is above the threshold, and decays") func behaviour() {
    let parameters = Scene.scored {
      $0.behaviourWeight = -1
      $0.behaviourThreshold = 1
      $0.behaviourDecay = 0.99
    }
    let net = Scene.meshedStar(2, parameters, mesh: 1...1)
    let slot = net.graph.slot(0, to: 1)
    func penalise(_ count: Double) { net.with { router, _ in router.penalise(slot: slot, by: count) } }
    penalise(1)
    #expect(net.score(0, 1) == 0)
    penalise(1)
    #expect(net.score(0, 1) == -1)
    penalise(2)
    #expect(net.score(0, 1) == -9)
    Scene.refresh(net)
    let excess = 4 * 0.99 - 1
    #expect((net.score(0, 1) + excess * excess).magnitude < 1e-5)
  }

  @Test(
    "56: a bad score is kept undecayed while the peer is away, and forgotten after the retention; a good one at once"
  )
  func retention() {
    let parameters = Scene.scored {
      $0.behaviourWeight = -1
      $0.retention = .seconds(10)
    }
    let net = Scene.meshedStar(3, parameters, mesh: 1...2)
    let slot = net.graph.slot(0, to: 1)
    net.with { router, _ in router.penalise(slot: slot, by: 3) }
    #expect(net.score(0, 1) == -9)
    net.disconnect(slot)
    net.run(.seconds(5))
    Scene.refresh(net, times: 5)
    #expect(net.score(0, 1) == -9)
    #expect(net.explain(0, 1)?.isKept == true)
    net.connect(slot)
    #expect(net.score(0, 1) == -9)
    net.disconnect(slot)
    net.run(.seconds(11))
    Scene.refresh(net)
    #expect(net.score(0, 1) == 0)
    // A positive score is not kept: nobody lives on a reputation.
    var topic = TopicScoreParameters()
    topic.firstDeliveriesWeight = 1
    let good = Scene.meshedStar(2, Scene.scored(topic), mesh: 1...1)
    _ = good.inject(0, from: 1, good.register())
    #expect(good.score(0, 1) == 1)
    good.disconnect(good.graph.slot(0, to: 1))
    #expect(good.score(0, 1) == 0)
  }

  @Test("57: a validator's IGNORE leaves the score at zero, its REJECT makes it negative") func verdicts() {
    let net = Scene.meshedStar(3, Scene.scored(Self.invalidTopic()), mesh: 1...2)
    let ignored = net.register()
    let rejected = net.register()
    net.verdict = { $1 == ignored ? .ignore : .reject }
    _ = net.inject(0, from: 1, ignored)
    _ = net.inject(0, from: 2, rejected)
    #expect(net.score(0, 1) == 0)
    #expect(net.score(0, 2) < 0)
  }

  /// Mesh deliveries below 20 are punished, after one second in the mesh, hardly decaying.
  static func meshTopic() -> TopicScoreParameters {
    var topic = TopicScoreParameters()
    topic.meshDeliveriesWeight = -1
    topic.meshDeliveriesThreshold = 20
    topic.meshDeliveriesCap = 100
    topic.meshDeliveriesDecay = 0.9999
    topic.meshDeliveriesActivation = .seconds(1)
    topic.meshDeliveriesWindow = .milliseconds(10)
    return topic
  }

  static func invalidTopic() -> TopicScoreParameters {
    var topic = TopicScoreParameters()
    topic.invalidWeight = -1
    topic.invalidDecay = 0.9
    return topic
  }

  static func neverGraylist(_ score: inout ScoreParameters) {
    (score.thresholds.gossip, score.thresholds.publish, score.thresholds.graylist) = (-1e9, -1e9, -1e9)
  }
}
