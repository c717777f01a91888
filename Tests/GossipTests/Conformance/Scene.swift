// What the conformance scenarios share. They are the behaviours that the test suites of go-libp2p-pubsub, rust-libp2p and
// nim-libp2p look for, numbered from 1 to 69; [A] marks attacks and hardening. Where go, rust and the specification
// disagree the test says whom the router follows and why.

import Basics
import Gossip
import TestKit

enum Scene {
  static let topic = TopicID(0)

  /// go's parameters; own messages go to the mesh only.
  static func meshOnly() -> Parameters {
    var parameters = Parameters.go
    parameters.floodPublish = false
    return parameters
  }

  /// go's parameters with scoring of one kind of topic.
  static func scored(
    _ topic: TopicScoreParameters? = TopicScoreParameters(),
    _ change: (inout ScoreParameters) -> Void = { _ in }
  ) -> Parameters {
    var parameters = meshOnly()
    var score = ScoreParameters()
    score.otherTopics = topic
    change(&score)
    parameters.score = score
    return parameters
  }

  /// Node 0 in the middle of a star, nobody beats or answers by itself, all have joined, nobody is meshed by 0.
  static func star(_ nodes: Int, _ parameters: Parameters = .go, seed: UInt64 = 1) -> GossipNetwork {
    let net = GossipNetwork(.star(nodes), parameters: parameters, seed: seed)
    net.silent = Set(0..<nodes)
    for slot in 0..<UInt32(net.graph.neighbors.count) { net.connect(slot) }
    net.join(0)
    for peer in 1..<nodes {
      net.inject(0, from: peer, [(.subscription(topic, subscribes: true), [])])
    }
    return net
  }

  /// The same with these peers in the mesh of node 0.
  static func meshedStar(_ nodes: Int, _ parameters: Parameters, mesh: ClosedRange<Int>) -> GossipNetwork {
    let net = star(nodes, parameters)
    for peer in mesh { net.inject(0, from: peer, [(.graft(topic), [])]) }
    return net
  }

  /// Keeps the heartbeat of node 0 from grafting anybody.
  static func backOffAll(_ net: GossipNetwork, _ peers: ClosedRange<Int>) {
    for peer in peers { net.inject(0, from: peer, [(.prune(topic, backoffSeconds: 3600), [])]) }
  }

  static func ihaves(_ net: GossipNetwork) -> [Sent] {
    net.sent.filter { if case .ihave = $0.item { true } else { false } }
  }
  static func iwants(_ net: GossipNetwork) -> [Sent] {
    net.sent.filter { if case .iwant = $0.item { true } else { false } }
  }
  static func idontwants(_ net: GossipNetwork) -> [Sent] {
    net.sent.filter { if case .idontwant = $0.item { true } else { false } }
  }
  static func prunes(_ net: GossipNetwork) -> [Sent] {
    net.sent.filter { if case .prune = $0.item { true } else { false } }
  }

  /// Decays the counters of node 0's peers once and computes their scores.
  static func refresh(_ net: GossipNetwork, times: Int = 1) {
    for _ in 0..<times { net.with { router, _ in router.refreshScores(NodeID(0), at: net.now) } }
  }

  static func setApplicationScore(_ net: GossipNetwork, _ node: Int, _ peer: Int, _ score: Double) {
    let slot = net.graph.slot(node, to: peer)
    net.with { router, _ in router.setApplicationScore(slot: slot, score) }
  }

  /// Random dials among the first `honest` nodes; each of the others dials all of them.
  static func withSybils(honest: Int, dials: Int, sybils: Int, seed: UInt64) -> LinkGraph {
    let near = LinkGraph.random(honest, dials: dials, seed: seed)
    var links: [(Int, Int)] = []
    for node in 0..<honest {
      for slot in near.offsets[node]..<near.offsets[node + 1] where near.outbound[Int(slot)] {
        links.append((node, near.neighbors[Int(slot)].index))
      }
    }
    for sybil in honest..<honest + sybils { for node in 0..<honest { links.append((sybil, node)) } }
    return LinkGraph(nodes: honest + sybils, dials: links)
  }
}
