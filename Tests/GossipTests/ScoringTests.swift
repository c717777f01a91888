// Scoring beyond the conformance scenarios: recipes, refusals, explanations, the near-first window, and limits.

import Basics
import Gossip
import TestKit
import Testing

@Suite struct ScoringTests {
  static let topic = TopicID(0)

  // MARK: Recipes

  @Test("Lighthouse's recipe gives lighthouse's numbers for mainnet") func lighthouseRecipe() {
    let recipe = LighthouseRecipe()
    let epoch = recipe.slot * UInt64(recipe.slotsPerEpoch)
    let block = TopicTraffic(
      weight: 0.5, messagesPerSlot: 1, firstDeliveriesLife: epoch * 20,
      meshDeliveries: .init(life: epoch * 5, capFactor: 3, activation: .seconds(384)))
    let aggregate = TopicTraffic(
      weight: 0.5, messagesPerSlot: 1042, firstDeliveriesLife: epoch,
      meshDeliveries: .init(life: epoch * 2, capFactor: 4, activation: .seconds(384)))
    let subnet = TopicTraffic(
      weight: 1.0 / 64, messagesPerSlot: 488, firstDeliveriesLife: epoch,
      meshDeliveries: .init(life: epoch * 4, capFactor: 16, activation: .seconds(204)))
    // Exits and slashings weigh 0.05 each: 2.15 in all.
    let rare = TopicTraffic(weight: 0.05, messagesPerSlot: 0, firstDeliveriesLife: epoch, meshDeliveries: nil)
    let traffic = [block, aggregate] + Array(repeating: subnet, count: 64) + Array(repeating: rare, count: 3)
    let p = recipe.parameters(traffic)
    #expect(p.violations.isEmpty)
    #expect((recipe.mostPositive(traffic) - 107.5).magnitude < 1e-9)
    #expect((p.topicScoreCap - 53.75).magnitude < 1e-9)
    #expect((p.behaviourDecay - 0.98571).magnitude < 1e-5)
    #expect((p.behaviourWeight + 15.88).magnitude < 0.01)
    func near(_ a: Double?, _ b: Double, _ tolerance: Double) { #expect((a! - b).magnitude <= tolerance) }
    let (b, a, s) = (p.topic(TopicID(0)), p.topic(TopicID(1)), p.topic(TopicID(2)))
    near(b?.firstDeliveriesDecay, 0.9928, 1e-4)
    near(b?.firstDeliveriesCap, 34.9, 0.1)
    near(b?.firstDeliveriesWeight, 1.147, 0.002)
    near(b?.meshDeliveriesThreshold, 0.68, 0.01)
    near(a?.firstDeliveriesDecay, 0.8660, 1e-4)
    near(a?.firstDeliveriesCap, 1943, 1)
    near(a?.meshDeliveriesThreshold, 279, 1)
    near(a?.meshDeliveriesCap, 1117, 2)
    near(s?.firstDeliveriesCap, 911, 2)
    near(s?.meshDeliveriesDecay, 0.9647, 1e-4)
    near(s?.meshDeliveriesThreshold, 267, 1)
    near(s?.meshDeliveriesCap, 4265, 10)
    near(s?.invalidDecay, 0.99713, 1e-5)
    #expect(p.topic(TopicID(66)) == nil)
    // What CVE-2022-47547 lives on: a subnet that is starved for ever costs less than the others may earn.
    let worst = s!.meshDeliveriesThreshold * s!.meshDeliveriesThreshold * -s!.meshDeliveriesWeight * s!.weight
    #expect(worst < p.topicScoreCap)
  }

  @Test("Every preset holds") func presets() {
    for parameters in [Parameters(), .go, .rust, .specification, .version1_0] {
      #expect(parameters.violations.isEmpty)
    }
    for score in [ScoreParameters(), .rust, .attackRuns(), .attackRuns(colocationWeight: -10)] {
      #expect(score.violations.isEmpty)
    }
  }

  // MARK: Refusals

  @Test("Impossible score parameters are refused by name and number") func violations() {
    func check(_ change: (inout ScoreParameters, inout TopicScoreParameters) -> Void, _ parameter: String) {
      var topic = TopicScoreParameters()
      var score = ScoreParameters()
      change(&score, &topic)
      score.topics = [nil, topic]
      var parameters = Parameters()
      parameters.score = score
      let found = parameters.violations
      #expect(found.count == 1)
      guard case .score(let violation)? = found.first else {
        Issue.record("\(parameter): \(found)")
        return
      }
      #expect(violation.parameter == parameter)
      #expect("\(violation)".contains(parameter))
    }
    check({ $1.weight = -1 }, "score.topics[1].weight")
    check({ $1.timeInMeshWeight = -1 }, "score.topics[1].timeInMeshWeight")
    check({ $1.timeInMeshQuantum = .zero }, "score.topics[1].timeInMeshQuantum")
    check({ $1.firstDeliveriesDecay = 1 }, "score.topics[1].firstDeliveriesDecay")
    check({ $1.firstDeliveriesCap = .infinity }, "score.topics[1].firstDeliveriesCap")
    check({ $1.meshDeliveriesWeight = 0.5 }, "score.topics[1].meshDeliveriesWeight")
    check({ $1.meshDeliveriesCap = 19 }, "score.topics[1].meshDeliveriesCap")
    check({ $1.meshDeliveriesActivation = .milliseconds(999) }, "score.topics[1].meshDeliveriesActivation")
    check({ $1.invalidWeight = .nan }, "score.topics[1].invalidWeight")
    check({ score, _ in score.colocationThreshold = 0 }, "score.colocationThreshold")
    check({ score, _ in score.behaviourWeight = 1 }, "score.behaviourWeight")
    check({ score, _ in score.decayInterval = .milliseconds(500) }, "score.decayInterval")
    check({ score, _ in score.thresholds.graylist = -20 }, "score.thresholds.graylist")
    check({ score, _ in score.thresholds.acceptPeerExchange = -1 }, "score.thresholds.acceptPeerExchange")
  }

  @Test("What came with 1.1 is refused under 1.0, extensions before 1.3") func versions() {
    var old = Parameters.version1_0
    old.score = ScoreParameters()
    old.peerExchange = true
    #expect(
      old.violations == [
        .notInVersion(parameter: "score", version: .v1_0, since: .v1_1),
        .notInVersion(parameter: "peerExchange", version: .v1_0, since: .v1_1),
      ])
    var early = Parameters()
    early.extensions = [.test]
    #expect(early.violations == [.notInVersion(parameter: "extensions", version: .v1_2, since: .v1_3)])
    var odd = Parameters()
    odd.deliveryRecordsMaximum = 100
    #expect(odd.violations == [.notPowerOfTwo(parameter: "deliveryRecordsMaximum", value: 100)])
  }

  @Test("1.0 knows no backoff: PRUNE carries none, and the peer is grafted again at the next heartbeat")
  func version1_0() {
    let net = GossipNetwork(.full(2), parameters: .version1_0)
    net.start()
    net.run(.seconds(3))
    #expect(net.mesh(0) == [1])
    net.record = true
    net.inject(0, from: 1, [(.prune(Self.topic, backoffSeconds: 0), [])])
    #expect(net.mesh(0).isEmpty)
    #expect(net.backoffEnd(0, 1) == nil)
    net.run(.seconds(2))
    #expect(net.mesh(0) == [1])
    net.leave(0)
    #expect(Scene.prunes(net).last?.item == .prune(Self.topic, backoffSeconds: 0))
  }

  // MARK: Explanations

  @Test("An explanation's parts add up to the score, and its moves say what, when and why") func explains() {
    var topic = TopicScoreParameters()
    topic.weight = 0.5
    topic.firstDeliveriesWeight = 2
    topic.invalidWeight = -3
    let parameters = Scene.scored(topic) {
      $0.topicScoreCap = 4
      $0.behaviourWeight = -1
      $0.applicationWeight = 2
      $0.thresholds.graylist = -80
    }
    let net = Scene.meshedStar(3, parameters, mesh: 1...2)
    net.with { router, _ in router.observesScores = true }
    for _ in 0..<10 { _ = net.inject(0, from: 1, net.register()) }
    let slot = net.graph.slot(0, to: 1)
    #expect(net.score(0, 1) == 4)
    #expect(net.explain(0, 1)?.topicSum == 10)
    net.run(.seconds(1))
    net.verdict = { _, _ in .reject }
    _ = net.inject(0, from: 1, net.register())
    net.with { router, _ in
      router.penalise(slot: slot, by: 2)
      router.setApplicationScore(slot: slot, -50)
    }
    let why = net.explain(0, 1)!
    #expect(why.score == net.score(0, 1))
    #expect(why.topicSum == 10 - 1.5)
    #expect(why.topicSumCapped == 4)
    #expect(why.application.weighted == -100)
    #expect(why.behaviour.weighted == -4)
    #expect(why.score == 4 - 4 - 100)
    #expect(why.worst?.component == .application)
    #expect(why.topics[0].invalid.weighted == -1.5)
    #expect(why.causes["firstDeliveries"] == 10)
    #expect(why.causes["invalid"] == 1)
    let moves = net.with { router, _ in router.scoreMoves }
    #expect(moves.map(\.cause) == [.rejected, .penalised, .applicationScore, .graylisted])
    #expect(moves.allSatisfy { $0.slot == slot && $0.at >= Instant.zero + .seconds(1) })
    #expect(moves[0].topic == Self.topic)
    #expect(moves[3].amount == -100)
  }

  // MARK: Near-first window

  @Test(
    "Many messages inside their windows: none is lost up to the bound, the oldest beyond it",
    arguments: [64, 400])
  func manyWindows(messages: Int) {
    var topic = TopicScoreParameters()
    topic.meshDeliveriesWeight = -1
    topic.meshDeliveriesThreshold = 1
    topic.meshDeliveriesCap = 10_000
    topic.meshDeliveriesWindow = .seconds(2)
    let net = Scene.meshedStar(3, Scene.scored(topic), mesh: 1...2)
    let all = (0..<messages).map { _ in net.register() }
    for message in all { _ = net.inject(0, from: 1, message) }
    for message in all { _ = net.inject(0, from: 2, message) }
    let counted = net.explain(0, 2)!.topics[0].meshDeliveries.counter
    // The first of every 64 is noted beside what the node has seen; the table's 128 places have two that only such would take.
    let most = 126 + (messages + 63) / 64
    #expect(counted == Double(min(messages, most)))
    #expect(net.counters.deliveryRecordsEvicted == UInt64(max(0, messages - most)))
    // After the window nothing counts.
    net.run(.seconds(3))
    for message in all { _ = net.inject(0, from: 2, message) }
    #expect(net.explain(0, 2)!.topics[0].meshDeliveries.counter == counted)
  }

  @Test("More than 64 links: each mesh peer is counted for itself") func wideWindows() {
    var topic = TopicScoreParameters()
    topic.meshDeliveriesWeight = -1
    topic.meshDeliveriesThreshold = 1
    let net = Scene.star(140, Scene.scored(topic))
    // Two links that share a bit of their words.
    for peer in [1, 3, 67, 131] { net.inject(0, from: peer, [(.graft(Self.topic), [])]) }
    for _ in 0..<5 {
      let message = net.register()
      for peer in [1, 3, 67, 131, 3, 67] { _ = net.inject(0, from: peer, message) }
    }
    for peer in [1, 3, 67, 131] {
      #expect(net.explain(0, peer)!.topics[0].meshDeliveries.counter == 5)
    }
  }

  // MARK: Limits and refusals

  @Test("A message that claims to be the receiver's own is refused and held against the sender")
  func selfOrigin() {
    var topic = TopicScoreParameters()
    topic.invalidWeight = -1
    var parameters = Scene.scored(topic)
    parameters.signing = .strictSign
    let net = Scene.meshedStar(3, parameters, mesh: 1...2)
    #expect(net.inject(0, from: 1, net.register(origin: 0)) == .refused)
    #expect(net.score(0, 1) == -1)
    // What it did publish comes back as a duplicate.
    let own = net.publish(0)
    #expect(net.inject(0, from: 2, own) == .duplicate)
    #expect(net.score(0, 2) == 0)
  }

  @Test("A signed message is longer by its author, sequence number and signature") func signedSizes() {
    func size(_ policy: SigningPolicy) -> Int {
      var parameters = Parameters.go
      parameters.signing = policy
      let net = GossipNetwork(.full(2), parameters: parameters)
      return net.encodedSize(net.register(bytes: 50))
    }
    #expect(size(.strictSign) - size(.strictNoSign) == 40 + 10 + 66 + 1)
    #expect(size(.laxNoSign) - size(.strictNoSign) == 40 + 10 + 1 - 1)
  }

  @Test("A filtered topic is neither joined nor noted; an RPC with too many subscriptions has none")
  func filters() {
    var parameters = Parameters.go
    parameters.subscriptionsMaximum = 2
    let topics = Array(repeating: Topic(nameBytes: 5), count: 3)
    let net = GossipNetwork(.full(2), topics: topics, parameters: parameters)
    net.silent = [0, 1]
    net.with { router, _ in router.setFilter(NodeID(0), TopicID(1), isAllowed: false) }
    net.start(joining: [])
    let joined = net.with { router, outbox in
      router.join(NodeID(0), TopicID(1), at: net.now, outbox: &outbox)
    }
    #expect(joined == .filtered)
    func subscribe(_ topics: [Int]) {
      net.inject(0, from: 1, topics.map { (.subscription(TopicID($0), subscribes: true), []) })
    }
    subscribe([0, 1])
    #expect((0..<3).map { net.isSubscribed(0, 1, TopicID($0)) } == [true, false, false])
    subscribe([0, 1, 2])
    #expect(!net.isSubscribed(0, 1, TopicID(2)))
    #expect(net.counters.subscriptionsFiltered == 4)
  }

  // MARK: Runs

  /// Honest nodes, Sybils that deliver nothing, everything that scoring does in it.
  static func attack(seed: UInt64, scored: Bool) -> GossipNetwork {
    var score = ScoreParameters.attackRuns()
    score.otherTopics?.meshDeliveriesActivation = .seconds(2)
    var parameters = Parameters()
    parameters.score = scored ? score : nil
    parameters.opportunisticGraftTicks = 10
    let net = GossipNetwork(
      Scene.withSybils(honest: 12, dials: 4, sybils: 20, seed: seed), parameters: parameters, seed: seed)
    net.loses = { $0.from >= 12 && $0.message != nil }
    net.start()
    for k in 0..<160 {
      net.publish(k % 12)
      net.run(.milliseconds(50))
    }
    return net
  }

  @Test("A scored attack runs the same twice, and its Sybils lose the meshes", arguments: [1, 2])
  func attackRuns(seed: UInt64) {
    let (a, b) = (Self.attack(seed: seed, scored: true), Self.attack(seed: seed, scored: true))
    #expect(a.counters == b.counters)
    let scores = (0..<12).flatMap { node in (12..<32).map { a.score(node, $0) } }
    #expect(scores == (0..<12).flatMap { node in (12..<32).map { b.score(node, $0) } })
    func sybils(_ net: GossipNetwork) -> Int {
      (0..<12).reduce(0) { sum, node in sum + net.mesh(node).count { $0 >= 12 } }
    }
    let unscored = Self.attack(seed: seed, scored: false)
    #expect(sybils(a) * 4 < sybils(unscored))
    #expect(a.counters.prunedForScore > 0)
    // First deliveries are the deliveries, each once.
    #expect(a.counters.firstDeliveries == a.counters.accepted)
  }
}
