// The mesh: how it forms, is kept between D_lo and D_hi, and comes apart (conformance scenarios 1, 2, 4, 5, 7, 8, 10, 11,
// 16 to 19, 41, and the identities every run must satisfy).

import Basics
import Gossip
import TestKit
import Testing

@Suite struct MeshTests {
  static func meshOnly() -> Parameters {
    var parameters = Parameters.go
    parameters.floodPublish = false
    return parameters
  }

  @Test("1, 2: 20 nodes, sparse and dense, everybody hears 100 messages", arguments: [3, 10], [1, 2, 3])
  func everybodyHears(dials: Int, seed: UInt64) {
    let net = GossipNetwork(.random(20, dials: dials, seed: seed), parameters: Self.meshOnly(), seed: seed)
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

  @Test("Between D_lo and D_hi the heartbeat leaves the mesh alone") func leavesAlone() {
    let net = GossipNetwork(.star(20, centerDials: true), parameters: .go)
    net.silent = Set(0..<20)
    net.start(except: [0])
    net.run(.seconds(1))
    net.join(0)
    net.run(.seconds(1))
    net.inject(0, from: net.mesh(0)[0], [(.prune(TopicID(0), backoffSeconds: 60), [])])
    let mesh = net.mesh(0)
    #expect(mesh.count == 5)
    net.heartbeat(0)
    #expect(net.mesh(0) == mesh)
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

  @Test("A mesh with too few dialed peers is topped up to D_out") func topsUpOutbound() {
    let dials = (1...4).map { (0, $0) } + (5...10).map { ($0, 0) }
    let net = GossipNetwork(LinkGraph(nodes: 11, dials: dials), parameters: .go)
    net.silent = Set(0..<11)
    net.start(except: Set(1...10))
    net.run(.seconds(1))
    for peer in 5...10 { net.inject(0, from: peer, [(.graft(TopicID(0)), [])]) }
    for peer in 1...4 { net.inject(0, from: peer, [(.subscription(TopicID(0), subscribes: true), [])]) }
    #expect(net.mesh(0) == Array(5...10))
    net.heartbeat(0)
    #expect(net.mesh(0).filter { $0 <= 4 }.count == 2)
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

  @Test("16: 5 of 20 leave or vanish, the other 15 hear 10 more messages", arguments: [1, 2, 3])
  func someGo(seed: UInt64) {
    let net = GossipNetwork(.random(20, dials: 6, seed: seed), parameters: Self.meshOnly(), seed: seed)
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

  @Test("A crashed node that comes back is meshed and hears again") func comesBack() {
    let net = GossipNetwork(.random(20, dials: 6, seed: 4), parameters: Self.meshOnly())
    net.start()
    net.run(.seconds(2))
    let before = net.publish(1)
    net.run(.seconds(1))
    #expect(net.phase(before, 0) == .cached)
    net.crash(0)
    #expect(net.phase(before, 0) == .unseen)
    net.run(.seconds(5))
    let missed = net.publish(1)
    net.run(.seconds(1))
    #expect(!net.receivers(missed).contains(0))
    net.restart(0)
    net.run(.seconds(2))
    #expect(net.meshDegree(0) >= net.mesh(0).count)
    #expect(net.meshDegree(0) > 0)
    let message = net.publish(1)
    net.run(.seconds(1))
    #expect(net.receivers(message).count == 19)
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

  @Test("40: PRUNE carries 60 s when the mesh is too large and 10 s on LEAVE") func pruneCarriesBackoff() {
    var parameters = Parameters.go
    parameters.degreeHigh = 6
    let net = GossipNetwork(.star(8), parameters: parameters)
    net.silent = Set(0..<8)
    net.start()
    net.run(.seconds(1))
    net.record = true
    for peer in 1..<8 where !net.mesh(0).contains(peer) {
      net.inject(0, from: peer, [(.graft(TopicID(0)), [])])
    }
    #expect(net.sent.contains { $0.item == .prune(TopicID(0), backoffSeconds: 60) })
    net.sent = []
    net.leave(0)
    let prunes = net.sent.filter { if case .prune = $0.item { true } else { false } }
    #expect(prunes.count == 6)
    #expect(prunes.allSatisfy { $0.item == .prune(TopicID(0), backoffSeconds: 10) })
  }

  @Test("A GRAFT inside the backoff is refused and renews it") func graftInBackoff() {
    let net = GossipNetwork(.full(2), parameters: .go)
    net.silent = [0, 1]
    net.start()
    net.run(.seconds(1))
    net.inject(0, from: 1, [(.prune(TopicID(0), backoffSeconds: 10), [])])
    net.run(.seconds(5))
    net.record = true
    net.inject(0, from: 1, [(.graft(TopicID(0)), [])])
    #expect(net.sent.map(\.item) == [.prune(TopicID(0), backoffSeconds: 60)])
    #expect(net.backoffEnd(0, 1) == net.now + .seconds(60))
    #expect(net.counters.graftInBackoff == 1)
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

  @Test("19: a message goes neither back to its sender nor to its origin") func notBack() {
    let net = GossipNetwork(.full(5), parameters: Self.meshOnly())
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

  @Test("Peers that sent it during validation are spared too") func sparesResenders() {
    let net = GossipNetwork(.full(4), parameters: Self.meshOnly())
    net.start()
    net.run(.seconds(3))
    net.validation = .milliseconds(100)
    net.record = true
    // 0 publishes: everybody has it from 0 and validates at the same time, then sends to the two others at once.
    let message = net.publish(0)
    net.run(.milliseconds(50))
    #expect(net.inject(1, from: 2, message) == .duplicate)
    #expect(net.inject(1, from: 2, message) == .duplicate)
    net.run(.seconds(1))
    let copies = net.sent.filter { $0.message == message && $0.from == 1 }
    #expect(copies.map(\.to) == [3])
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

  @Test(
    "7.5: meshes are symmetric at rest, copies are between N D/2 and N (D - 1) + 1", arguments: [1, 2, 3])
  func identities(seed: UInt64) {
    let parameters = Self.meshOnly()
    let nodes = 200
    let net = GossipNetwork(.random(nodes, dials: 10, seed: seed), parameters: parameters, seed: seed)
    net.start()
    net.run(.seconds(20))
    #expect(net.rest())
    #expect(net.oneSidedMeshLinks().isEmpty)
    let degrees = (0..<nodes).map { net.meshDegree($0) }
    #expect(degrees.allSatisfy { $0 >= parameters.degreeLow && $0 <= parameters.degreeHigh })
    let links = degrees.reduce(0, +)
    net.validation = .milliseconds(1)
    for k in 0..<20 {
      let before = net.counters
      let message = net.publish(k)
      net.run(.milliseconds(300))
      let after = net.counters
      #expect(net.receivers(message).count == nodes - 1)
      #expect(after.fresh - before.fresh == UInt64(nodes - 1))
      let copies = Int(after.copiesSent - before.copiesSent - (after.iwantServed - before.iwantServed))
      #expect(copies >= nodes * parameters.degreeLow / 2)
      #expect(copies <= links - (nodes - 1))
    }
  }

  @Test(
    "More than 64 links a node: everybody hears, nobody hears from whom it told", arguments: [false, true])
  func manyLinks(floods: Bool) {
    var parameters = Parameters.go
    parameters.floodPublish = floods
    let net = GossipNetwork(.full(150), parameters: parameters)
    net.start()
    net.run(.seconds(5))
    #expect(net.rest())
    #expect(net.oneSidedMeshLinks().isEmpty)
    net.validation = .milliseconds(1)
    net.record = true
    for node in [0, 70, 149] {
      net.sent = []
      let message = net.publish(node)
      let own = net.sent.map(\.to)
      #expect(Set(own) == (floods ? Set(0..<150).subtracting([node]) : Set(net.mesh(node))))
      net.run(.milliseconds(200))
      #expect(net.receivers(message).count == 149)
      let copies = net.sent.filter { $0.message == message }
      #expect(!copies.contains { $0.to == node })
      #expect(Set(copies.map { [$0.from, $0.to] }).count == copies.count)
    }
  }

  @Test("The same seed gives the same run, another seed another", arguments: [1, 2])
  func deterministic(seed: UInt64) {
    func trace(_ seed: UInt64) -> [Sent] {
      let net = GossipNetwork(.random(40, dials: 6, seed: 9), seed: seed)
      net.record = true
      net.start()
      for k in 0..<20 {
        net.run(.milliseconds(173))
        net.publish(k)
      }
      net.run(.seconds(5))
      return net.sent
    }
    #expect(trace(seed) == trace(seed))
    #expect(trace(seed) != trace(seed + 1))
  }

  @Test("What a node does does not depend on nodes it has nothing to do with") func independent() {
    func trace(extra: Int) -> [Sent] {
      let near = LinkGraph.random(20, dials: 5, seed: 3)
      var dials: [(Int, Int)] = []
      for node in 0..<20 {
        for slot in near.offsets[node]..<near.offsets[node + 1] where near.outbound[Int(slot)] {
          dials.append((node, near.neighbors[Int(slot)].index))
        }
      }
      for k in 0..<extra { dials.append((20 + k, 20 + (k + 1) % extra)) }
      let net = GossipNetwork(LinkGraph(nodes: 20 + extra, dials: dials))
      net.record = true
      net.start()
      net.run(.seconds(3))
      net.publish(3)
      net.run(.seconds(5))
      return net.sent.filter { $0.from < 20 }.map {
        Sent(at: $0.at, from: $0.from, to: $0.to, part: $0.part, rpc: 0)
      }
    }
    #expect(Set(trace(extra: 0)) == Set(trace(extra: 10)))
  }
}
