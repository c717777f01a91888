// The mesh: how it forms, is kept between D_lo and D_hi, and comes apart beyond the conformance
// scenarios, and the identities every run must satisfy.

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
