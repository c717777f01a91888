// A scenario with everything drawn: the graph, who stands where, who serves whom, who misbehaves, what breaks. A pure
// function of the scenario; both engines start from it.

public import Basics
public import Gossip
public import Network
public import Participants

/// What the seed decides before a run.
public struct Setting: Sendable {
  /// Node ids: operators, then watchers, then the aggregator's node, then relays, then Sybils. Link ends `a` are who dialed.
  public var graph: Graph
  public var roles: [NodeRole]
  /// Names of the regions that `regionOf` counts; at least one.
  public var regionNames: [String]
  public var regionOf: [Int]
  /// By operator.
  public var stakes: [Ether]
  /// By service, ascending.
  public var members: [[NodeID]]
  /// By service, ascending.
  public var watchers: [[NodeID]]
  /// By service: the nodes that aggregate for it, in order of precedence.
  public var aggregators: [[NodeID]]
  /// By service and member: magnitude given to the service, of 10^18.
  public var magnitudes: [[UInt64]]
  public var misconduct: [Misconduct]
  public var swarms: [Swarm]
  public var capturedResolvers: [CapturedResolver]
  public var arbitrarySlashes: [ArbitrarySlash]
  /// The timeline with its patterns written out, and what it means here; one for one.
  public var faultPlans: [FaultPlan]
  public var faults: [Fault]
  /// Direct peers; each pair has a link.
  public var direct: [DirectPair]
  /// By node: its signing policy; empty when all have the same.
  public var signing: [SigningPolicy]
  /// Links that the generator added to connect the graph, and those added so that every topic is connected.
  public var repairedLinks, topicLinks: Int
}

extension Scenario {
  /// How many nodes the network has, Sybils apart.
  public var nodeCount: Int {
    switch network.topology {
    case .graph(let graph, _): graph.nodes.count
    case .generated(_, let nodes): nodes ?? participants
    }
  }

  /// The role of every node, by number.
  public func roles() -> [NodeRole] {
    var roles = [NodeRole](repeating: .operator, count: operators.count)
    roles += [NodeRole](repeating: .watcher, count: watchers.count)
    if aggregators == .coordinator { roles.append(.aggregator) }
    roles += [NodeRole](repeating: .relay, count: max(0, nodeCount - roles.count))
    roles += [NodeRole](repeating: .sybil, count: sybilCount)
    return roles
  }

  /// Draws everything. A scenario that `load` returned does not fail here, but for a topology whose nodes are too few
  /// after `operators.count` was changed in code.
  public func setting() throws(GeneratorError) -> Setting {
    let (base, repaired) = try graph()
    var graph = base
    let members = memberships()
    let roles = self.roles()
    let watching = watcherNodes()
    let nodesOf = members.map { $0.map { NodeID($0) } }
    let aggregating = services.indices.map { k in
      switch aggregators {
      case .coordinator: [NodeID(operators.count + watchers.count)]
      case .every: nodesOf[k]
      case .elected(let count): elected(count, of: nodesOf[k], in: k)
      }
    }
    let before = graph.links.count
    graph.connectTopics(
      services.indices.map { k in
        let all = nodesOf[k] + watching[k] + aggregating[k]
        return Array(Set(all)).sorted().map(\.index)
      }, peers: network.topicPeers, seed: seed)
    let topicLinks = graph.links.count - before
    let direct = directPeers()
    graph.connect(direct)
    let swarms = addSwarms(to: &graph)
    var names: [String] = network.regions?.names ?? []
    var index: [String: Int] = [:]
    for (k, name) in names.enumerated() { index[name] = k }
    let regionOf = graph.nodes.map { node in
      let name = node.region ?? "everywhere"
      if let known = index[name] { return known }
      index[name] = names.count
      names.append(name)
      return names.count - 1
    }
    let stakes = operatorStakes()
    let ground = FaultGround(
      graph: graph, roles: roles, operators: operators.count, seed: seed, serviceNames: services.map(\.name),
      aggregators: aggregating, finality: chain.finality)
    let faultPlans = ground.expand(faults)
    let actors = chainActors(stakes, members, ground)
    return Setting(
      graph: graph, roles: roles, regionNames: names, regionOf: regionOf, stakes: stakes, members: nodesOf,
      watchers: watching, aggregators: aggregating, magnitudes: magnitudes(members),
      misconduct: misconduct(stakes, members, ground) + misconduct(of: swarms), swarms: swarms,
      capturedResolvers: actors.resolvers, arbitrarySlashes: actors.slashes, faultPlans: faultPlans,
      faults: ground.resolve(faultPlans), direct: direct, signing: signingPolicies(),
      repairedLinks: repaired, topicLinks: topicLinks)
  }

  /// Pairs of direct peers, each once, in the order of the file.
  private func directPeers() -> [DirectPair] {
    var pairs: [DirectPair] = []
    var known: Set<UInt64> = []
    for group in network.gossip.directPeers {
      let nodes = group.compactMap { nodeIndex(named: $0) }
      for (k, a) in nodes.enumerated() {
        for b in nodes[(k + 1)...] where known.insert(Graph.pair(UInt32(a), UInt32(b))).inserted {
          pairs.append(DirectPair(NodeID(a), NodeID(b)))
        }
      }
    }
    return pairs
  }

  /// By node, where some differ from the others; else empty. A later exception wins.
  private func signingPolicies() -> [SigningPolicy] {
    let plan = network.gossip.signing
    guard !plan.except.isEmpty else { return [] }
    var policies = [SigningPolicy](repeating: plan.policy.policy, count: nodeCount)
    for exception in plan.except {
      for node in exception.nodes.compactMap({ nodeIndex(named: $0) }) {
        policies[node] = exception.policy.policy
      }
    }
    return policies
  }

  private func elected(_ count: Int, of members: [NodeID], in service: Int) -> [NodeID] {
    var order = members
    var stream = HashRandom(seed: seed, .election).stream(UInt64(service), 1)
    stream.shuffle(&order)
    return Array(order.prefix(count))
  }

  /// The graph before topics are connected, settled in the regions.
  public func graph() throws(GeneratorError) -> (graph: Graph, repaired: Int) {
    switch network.topology {
    case .graph(var graph, _):
      if let regions = network.regions { graph.settle(in: regions, seed: seed) }
      return (graph, 0)
    case .generated(let generator, let nodes):
      return try generator.generate(nodes: nodes ?? participants, regions: network.regions, seed: seed)
    }
  }

  /// Watcher nodes of every service, ascending.
  func watcherNodes() -> [[NodeID]] {
    let all = (0..<watchers.count).map { NodeID(operators.count + $0) }
    guard let perService = watchers.perService else { return services.map { _ in all } }
    let random = HashRandom(seed: seed, .election)
    return services.map { service in
      var stream = random.stream(drawKey(service.name))
      return draw(perService, of: all, &stream)
    }
  }

  /// Watchers that look away, by node: the last ones.
  public func dishonestWatchers() -> [NodeID] {
    let honest = watchers.honest.of(watchers.count)
    return (honest..<max(honest, watchers.count)).map { NodeID(operators.count + $0) }
  }

  private func magnitudes(_ members: [[Int]]) -> [[UInt64]] {
    var joined = [UInt64](repeating: 0, count: operators.count)
    for service in members { for member in service { joined[member] += 1 } }
    return members.map { service in
      service.map { member in
        switch operators.allocation {
        case .equal, .shared: Share.one / joined[member]
        case .each(let share): share.wad
        }
      }
    }
  }
}

extension AdversaryPlan.Selection {
  /// The operators meant, ascending, among `able`.
  func draw(
    _ able: [Int], _ stakes: [Ether], _ total: Int, _ stream: inout RandomStream, _ ground: FaultGround
  ) -> [Int] {
    switch self {
    case .nodes(let names): return Array(Set(names.compactMap { ground.number($0) })).sorted()
    case .list(let numbers): return numbers.sorted()
    case .count(let count): return Scenarios.draw(count, of: able, &stream)
    case .share(let share): return Scenarios.draw(max(1, share.of(total)), of: able, &stream)
    case .byStake(let share):
      var order = able
      stream.shuffle(&order)
      let all = stakes.reduce(UInt128(0)) { $0 + $1.wei }
      let wanted = mulDivUp(all, UInt128(share.wad), UInt128(Share.one))
      var held: UInt128 = 0
      var chosen: [Int] = []
      for candidate in order where held < wanted {
        chosen.append(candidate)
        held += stakes[candidate].wei
      }
      return chosen.sorted()
    }
  }
}
