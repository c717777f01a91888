// Sybils drawn: how many identities each swarm brings, where they stand and whom they dial. They come after all other nodes and
// draw for themselves, so that a swarm changes no draw of the network that it attacks.

import Basics
import Network
import Participants

extension Scenario {
  /// Identities of all swarms.
  public var sybilCount: Int { adversaries.reduce(0) { $0 + ($1.swarm?.count ?? 0) } }

  /// Nodes of the network and Sybils.
  public var nodeCountWithSybils: Int { nodeCount + sybilCount }

  /// Adds the swarms' nodes and links to the graph. Returns who they are, in the order of the file.
  func addSwarms(to graph: inout Graph) -> [Swarm] {
    var swarms: [Swarm] = []
    var named = 0
    for plan in adversaries {
      guard let swarm = plan.swarm else { continue }
      let victims = victims(of: swarm, plan)
      let first = graph.nodes.count
      for k in 0..<swarm.count {
        graph.nodes.append(Graph.Node(name: "sybil-\(named)"))
        named += 1
        var stream = HashRandom(seed: seed, .adversary).stream(plan.key, UInt64(k) + 1)
        for victim in draw(swarm.dials, of: victims, &stream) {
          graph.links.append(Graph.Link(first + k, victim))
        }
      }
      let topics = services.indices.filter { swarm.services?.contains(services[$0].name) ?? true }
      let comesLater = swarm.attack == .sybil || swarm.attack == .eclipse
      swarms.append(
        Swarm(
          nodes: first..<first + swarm.count, services: topics.map { ServiceID($0) },
          enters: .zero + (comesLater ? plan.from : .zero),
          leaves: plan.until.map { .zero + $0 } ?? .never, addresses: swarm.addresses))
    }
    if let regions = network.regions { graph.settle(in: regions, seed: seed) }
    return swarms
  }

  /// What the swarms' members do to what they hear, one entry each.
  func misconduct(of swarms: [Swarm]) -> [Misconduct] {
    let plans = adversaries.filter { $0.swarm != nil }
    return zip(plans, swarms).flatMap { plan, swarm in
      let passes = plan.swarm?.passes ?? .zero
      return swarm.nodes.map { node in
        Misconduct(
          operatorID: NodeID(node), service: nil,
          kind: passes == .zero ? .withhold : .degrade(UInt32(passes.of(65_536))),
          from: .zero + plan.from, until: swarm.leaves, chance: UInt32(plan.probability.of(65_536)),
          coalition: plan.together ? plan.key : nil, during: plan.during)
      }
    }
  }

  /// The nodes that a swarm dials, ascending.
  private func victims(of swarm: SybilPlan, _ plan: AdversaryPlan) -> [Int] {
    switch swarm.victims {
    case .all: return Array(0..<nodeCount)
    case .publishers: return Array(0..<operators.count)
    case .list(let names): return Array(Set(names.compactMap { nodeIndex(named: $0) })).sorted()
    case .one:
      var stream = HashRandom(seed: seed, .adversary).stream(plan.key)
      return [stream.below(operators.count)]
    }
  }
}

extension Setting {
  /// By Sybil that shares an address: the number of that address, beyond those of all nodes' own and named hosts.
  public func sharedAddresses() -> [Int: Int] {
    var addressOf: [Int: Int] = [:]
    var next = 2 * graph.nodes.count
    for swarm in swarms {
      guard let addresses = swarm.addresses else { continue }
      for (k, node) in swarm.nodes.enumerated() { addressOf[node] = next + k % addresses }
      next += addresses
    }
    return addressOf
  }
}
