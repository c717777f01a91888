// Conformance scenarios 1 to 11: reaching everybody, and the size of the mesh.

import Basics
import Gossip
import TestKit
import Testing

@Suite struct MeshScenarios {
  @Test("1: 20 nodes with 3 dials each (sparse): 100 messages reach everybody", arguments: [1, 2, 3])
  func sparse(seed: UInt64) {
    let net = GossipNetwork(.random(20, dials: 3, seed: seed), parameters: Scene.meshOnly(), seed: seed)
    net.start()
    net.run(.seconds(2))
    var random = RandomStream(seed: seed)
    for _ in 0..<100 {
      let source = random.below(20)
      let message = net.publish(source)
      net.run(.milliseconds(100))
      #expect(net.receivers(message) == Set(0..<20).subtracting([source]))
    }
    #expect(net.counters.published == 100)
    #expect(net.counters.fresh == 100 * 19)
    #expect(net.counters.accepted == 100 * 19)
    #expect(net.counters.copiesReceived == net.counters.fresh + net.counters.duplicates)
  }

  @Test("2: 20 nodes with 10 dials each (dense): 100 messages reach everybody", arguments: [1, 2, 3])
  func dense(seed: UInt64) {
    let net = GossipNetwork(.random(20, dials: 10, seed: seed), parameters: Scene.meshOnly(), seed: seed)
    net.start()
    net.run(.seconds(2))
    var random = RandomStream(seed: seed)
    for _ in 0..<100 {
      let source = random.below(20)
      let message = net.publish(source)
      net.run(.milliseconds(100))
      #expect(net.receivers(message) == Set(0..<20).subtracting([source]))
    }
    #expect(net.counters.published == 100)
    #expect(net.counters.fresh == 100 * 19)
    #expect(net.counters.accepted == 100 * 19)
    #expect(net.counters.copiesReceived == net.counters.fresh + net.counters.duplicates)
  }

  @Test("3: 20 GossipSub and 10 floodsub nodes: all 30 receive", arguments: [1, 2, 3])
  func mixed(seed: UInt64) {
    let net = GossipNetwork(.random(30, dials: 6, seed: seed), parameters: Scene.meshOnly(), seed: seed)
    net.with { router, _ in for node in 20..<30 { router.setVersion(NodeID(node), .floodsub) } }
    net.start()
    net.run(.seconds(3))
    for node in 20..<30 { #expect(net.meshDegree(node) == 0) }
    for node in 0..<20 { #expect(net.mesh(node).allSatisfy { $0 < 20 }) }
    for source in [0, 7, 25] {
      let message = net.publish(source)
      net.run(.seconds(1))
      #expect(net.receivers(message) == Set(0..<30).subtracting([source]))
    }
  }

  @Test("4: in a line of 6 the last hears first") func line() {
    let net = GossipNetwork(.line(6))
    net.start()
    net.run(.seconds(2))
    let message = net.publish(5)
    let start = net.now
    net.run(.seconds(1))
    for node in 0..<5 {
      #expect(net.firstCopy(message, node) == start + TimeSpan.milliseconds(UInt64(10 * (5 - node))))
    }
  }

  @Test("5: publications of two leaves of a tree reach all 10") func tree() {
    let net = GossipNetwork(LinkGraph(nodes: 10, dials: (1..<10).map { (($0 - 1) / 2, $0) }))
    net.start()
    net.run(.seconds(3))
    for leaf in [9, 5] {
      let message = net.publish(leaf)
      net.run(.seconds(1))
      #expect(net.receivers(message).count == 9)
    }
  }

  @Test("6: star of 20 whose hub has D = 0 and exchanges peers: leaves connect and hear everything")
  func hub() {
    var parameters = Scene.meshOnly()
    parameters.peerExchange = true
    // Every link that could be; those between leaves sleep until a PRUNE of the hub names the other end.
    let dials = (1..<20).map { ($0, 0) } + (1..<20).flatMap { a in (a + 1..<20).map { (a, $0) } }
    let net = GossipNetwork(LinkGraph(nodes: 20, dials: dials), parameters: parameters)
    net.with { router, _ in router.setDegrees(NodeID(0), .none) }
    let dormant = (1..<20).flatMap { leaf in
      (1..<20).filter { $0 != leaf }.map { net.graph.slot(leaf, to: $0) }
    }
    net.start(dormant: Set(dormant))
    net.run(.seconds(10))
    #expect(net.meshDegree(0) == 0)
    for leaf in 1..<20 { #expect(net.connections(leaf) > 1) }
    for source in [1, 10, 19] {
      let message = net.publish(source)
      net.run(.seconds(3))
      #expect(net.receivers(message).isSuperset(of: Set(1..<20).subtracting([source])))
    }
    #expect(net.counters.peersExchanged > 0)
  }

  @Test("7: one less than D_lo in the mesh, and the heartbeat makes it D exactly") func fillsToDegree() {
    let parameters = Parameters.go
    let net = GossipNetwork(.star(20, centerDials: true), parameters: parameters)
    net.silent = Set(0..<20)
    net.start(except: [0])
    net.run(.seconds(1))
    net.join(0)
    net.run(.seconds(1))
    #expect(net.meshDegree(0) == parameters.degree)
    for peer in net.mesh(0).prefix(parameters.degree - parameters.degreeLow + 1) {
      net.inject(0, from: peer, [(.prune(TopicID(0), backoffSeconds: 60), [])])
    }
    #expect(net.meshDegree(0) == parameters.degreeLow - 1)
    net.heartbeat(0)
    #expect(net.meshDegree(0) == parameters.degree)
  }

  @Test("8: a mesh at D_hi is cut to D", arguments: [1, 2, 3]) func cutsToDegree(seed: UInt64) {
    var parameters = Parameters.go
    parameters.degreeHigh = 8
    let net = GossipNetwork(.star(9), parameters: parameters, seed: seed)
    net.silent = Set(0..<9)
    net.start()
    net.run(.seconds(1))
    for peer in 1..<9 { net.inject(0, from: peer, [(.graft(TopicID(0)), [])]) }
    #expect(net.meshDegree(0) == 8)
    net.record = true
    net.heartbeat(0)
    #expect(net.meshDegree(0) == parameters.degree)
    #expect(net.sent.map(\.item) == Array(repeating: .prune(TopicID(0), backoffSeconds: 60), count: 2))
    let pruned = Set(net.sent.map(\.to))
    #expect(pruned.isDisjoint(with: net.mesh(0)))
    for peer in pruned { #expect(net.backoffEnd(0, peer) == net.now + .seconds(60)) }
  }

  @Test("9: cutting the mesh keeps the D_score best peers", arguments: 1...10 as ClosedRange<UInt64>)
  func keepsBest(seed: UInt64) {
    var parameters = Scene.scored()
    parameters.degreeScore = 4
    parameters.degreeOutbound = 0
    let net = GossipNetwork(.star(13), parameters: parameters, seed: seed)
    net.silent = Set(0..<13)
    net.start()
    net.run(.seconds(1))
    for peer in 1..<13 { net.inject(0, from: peer, [(.graft(TopicID(0)), [])]) }
    #expect(net.meshDegree(0) == parameters.degreeHigh)
    for peer in 1..<13 { Scene.setApplicationScore(net, 0, peer, Double(peer)) }
    net.heartbeat(0)
    #expect(net.meshDegree(0) == parameters.degree)
    #expect(Set(net.mesh(0)).isSuperset(of: [9, 10, 11, 12]))
  }

  @Test("10: cutting leaves D_out dialed peers", arguments: 1...20 as ClosedRange<UInt64>)
  func keepsOutbound(seed: UInt64) {
    var parameters = Parameters.go
    parameters.degreeOutbound = 3
    let dials = (1...2).map { (0, $0) } + (3...14).map { ($0, 0) }
    let net = GossipNetwork(LinkGraph(nodes: 15, dials: dials), parameters: parameters, seed: seed)
    net.silent = Set(0..<15)
    net.start()
    net.run(.seconds(1))
    // Inbound up to D_hi, then the two dialed ones, whom the full mesh still accepts.
    for peer in Array(3...14) + [1, 2] { net.inject(0, from: peer, [(.graft(TopicID(0)), [])]) }
    #expect(net.meshDegree(0) >= parameters.degreeHigh)
    net.heartbeat(0)
    #expect(net.meshDegree(0) == parameters.degree)
    #expect(net.mesh(0).filter { $0 <= 2 } == [1, 2])
  }

  @Test("11 [A]: a mesh at D_hi refuses inbound GRAFTs and accepts dialed peers") func fullMesh() {
    let parameters = Parameters.go
    let dials = [(0, 1)] + (2...14).map { ($0, 0) }
    let net = GossipNetwork(LinkGraph(nodes: 15, dials: dials), parameters: parameters)
    net.silent = Set(0..<15)
    net.start(except: Set(1...14))
    net.run(.seconds(1))
    for peer in 2...13 { net.inject(0, from: peer, [(.graft(TopicID(0)), [])]) }
    #expect(net.meshDegree(0) == parameters.degreeHigh)
    net.record = true
    net.inject(0, from: 14, [(.graft(TopicID(0)), [])])
    #expect(!net.mesh(0).contains(14))
    #expect(net.sent.map(\.item) == [.prune(TopicID(0), backoffSeconds: 60)])
    net.inject(0, from: 1, [(.graft(TopicID(0)), [])])
    #expect(net.mesh(0).contains(1))
    #expect(net.counters.graftFull == 1)
  }
}
