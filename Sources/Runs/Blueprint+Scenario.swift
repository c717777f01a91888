// From a scenario to a blueprint: what the seed decides is drawn (`Scenario.setting`), laws become samplers.

import AVS
import Basics
import Contracts
import Gossip
import Network
import Participants
import Reporting
public import Scenarios
import Signatures

/// Why a scenario that reads well cannot run.
public struct BlueprintError: Error, CustomStringConvertible, Equatable {
  public var mistakes: [String]
  public var description: String { mistakes.joined(separator: "\n") }
}

extension Blueprint {
  /// Resolves all that the scenario leaves to its seed.
  ///
  /// - Throws: `BlueprintError` when parts of the scenario do not fit each other.
  public init(_ scenario: Scenario, engine: EngineChoice? = nil) throws(BlueprintError) {
    let setting: Setting
    do throws(GeneratorError) { setting = try scenario.setting() } catch {
      throw BlueprintError(mistakes: ["network.topology: \(error)"])
    }
    name = scenario.name
    self.engine = (engine ?? scenario.engine).rawValue
    settle = scenario.settle
    sampleEvery = scenario.observe.sampleEvery
    observesScores = scenario.observe.scores
    processCosts = scenario.network.process.map {
      ProcessCosts(write: $0.write, read: $0.read, frame: $0.frame, pass: $0.pass, wake: $0.wake)
    }
    wire = scenario.network.wire
    expectations = scenario.expect
    regions = setting.regionNames
    roles = setting.roles.map(\.rawValue)
    chain = CoordinatorConfiguration(scenario, setting)
    var graph = setting.graph
    openEdges = graph.links.count
    Self.extend(&graph, by: scenario.network.gossip.reach, among: scenario.nodeCount, seed: scenario.seed)
    let links = Self.links(scenario, graph)
    edges = links.edges
    conditions = links.conditions
    uplinks = links.uplinks
    faults = setting.faults
    faultPlaces = setting.faultPlans.map(\.place)
    deployment = Deployment(
      seed: scenario.seed, nodes: Self.nodes(scenario, setting), services: Self.services(scenario, setting),
      offsets: [], neighbors: [], reverse: [], outbound: [], gossip: scenario.network.gossip.parameters,
      scheme: scenario.crypto.scheme, mode: scenario.crypto.mode, costs: SignatureCosts(scenario.crypto),
      receiveCost: scenario.crypto.receive ?? .zero, rpcDelay: LatencyLaw(scenario.chain.rpcDelay),
      inclusionDelay: LatencyLaw(scenario.chain.inclusion), duration: scenario.duration,
      warmup: scenario.warmup, misconduct: setting.misconduct)
    deployment.resubmits = scenario.chain.resubmit
    deployment.swarms = setting.swarms
    (deployment.direct, deployment.signing) = (setting.direct, setting.signing)
    deriveTopicScores(scenario.network.gossip.score)
    let unmodelled =
      scenario.observe.trace ? ["observe.trace: this version does not write trace.json; remove it"] : []
    var simulatorOnly: [String] = []
    if self.engine == "cluster" {
      if scenario.network.gossip.peerExchange { simulatorOnly.append("network.gossip.peerExchange") }
      let signing = scenario.network.gossip.signing
      if signing.policy != .strictNoSign || !signing.except.isEmpty {
        simulatorOnly.append("network.gossip.signing")
      }
      // Sockets are dialed again by the transport, at its own pace.
      if scenario.network.gossip.directConnectTicks != Parameters().directConnectTicks {
        simulatorOnly.append("network.gossip.directConnectTicks")
      }
    }
    var unplaced: [String] = []
    if self.engine == "cluster" {
      if scenario.cluster.hosts.isEmpty, let node = setting.graph.nodes.first(where: { $0.host != nil }) {
        unplaced.append(
          "network.topology: node '\(node.name)' is on host '\(node.host ?? "")'; write under cluster.hosts where that is"
        )
      }
    } else if scenario.observe.inputs {
      unplaced.append("observe.inputs: the simulator needs none, it runs again from its seed; remove it")
    }
    let refused = simulatorOnly.map {
      "\($0): the cluster engine does not have it; remove it, or run on the simulator"
    }
    let mistakes =
      unmodelled + refused + unplaced + chain.validate()
      + deployment.gossip.violations.map { "network.gossip: \($0)" }
    guard mistakes.isEmpty else { throw BlueprintError(mistakes: mistakes) }
    fillSlots()
  }

  /// Copies the links' slots into the deployment. The end named first in an edge dialed. Call it again when `edges` changed.
  public mutating func fillSlots() {
    let table = makeLinks()
    deployment.offsets = (0...table.nodes).map { UInt32(table.offset($0)) }
    deployment.neighbors = (0..<table.slots).map { NodeID(table.neighbor($0)) }
    deployment.reverse = (0..<table.slots).map { UInt32(table.reverse($0)) }
    var dialed: Set<UInt64> = []
    // Nobody dialed the others yet; the router marks those it dials.
    for edge in edges.prefix(openEdges) {
      dialed.insert(UInt64(edge.a.rawValue) << 32 | UInt64(edge.b.rawValue))
    }
    deployment.outbound = (0..<table.slots).map { slot in
      dialed.contains(UInt64(table.owner(slot)) << 32 | UInt64(table.neighbor(slot)))
    }
  }

  /// Adds, for each of the first `count` nodes, links to `reach` others of them that it has none with.
  private static func extend(_ graph: inout Graph, by reach: Int, among count: Int, seed: UInt64) {
    guard reach > 0 else { return }
    var known: Set<UInt64> = []
    func key(_ a: UInt32, _ b: UInt32) -> UInt64 { UInt64(min(a, b)) << 32 | UInt64(max(a, b)) }
    for link in graph.links { known.insert(key(link.a, link.b)) }
    let random = HashRandom(seed: seed, .peerExchange)
    for node in 0..<count {
      var stream = random.stream(UInt64(node), 1 << 33)
      var left = reach
      var tries = 20 * reach
      while left > 0, tries > 0 {
        tries -= 1
        let other = stream.below(count)
        guard other != node, known.insert(key(UInt32(node), UInt32(other))).inserted else { continue }
        graph.links.append(Graph.Link(node, other))
        left -= 1
      }
    }
  }

  private static func nodes(_ scenario: Scenario, _ setting: Setting) -> [NodeDeployment] {
    let capacity = scenario.operators.capacity
    let lookingAway = Set(scenario.dishonestWatchers())
    var hosts: [String: Int] = [:]
    let shared = setting.sharedAddresses()
    return setting.graph.nodes.enumerated().map { index, node in
      // Nodes of one named host share its cores.
      let host = node.host.map { hosts[$0] ?? setting.graph.nodes.count + hosts.count } ?? index
      if let name = node.host { hosts[name] = host }
      return NodeDeployment(
        name: node.name, region: setting.regionOf[index], host: shared[index] ?? host, cores: capacity.cores,
        slownessPermille: UInt64(mulDiv(1_000, UInt128(Share.one), UInt128(max(capacity.speed.wad, 1)))),
        // Only operators' queues are bounded by the scenario: the other roles are not what it studies.
        queueBound: setting.roles[index] == .operator ? capacity.queue : max(capacity.queue, 1 << 20),
        accuses: !lookingAway.contains(NodeID(index)))
    }
  }

  private static func services(_ scenario: Scenario, _ setting: Setting) -> [ServiceDeployment] {
    return scenario.services.enumerated().map { index, plan in
      var epoch: TimeSpan?
      if case .checkpoint(let length) = plan.kind { epoch = length }
      var service = ServiceDeployment(
        name: plan.name, members: setting.members[index], aggregators: setting.aggregators[index],
        watchers: setting.watchers[index], quorumBips: UInt64(plan.quorum.bips),
        responseWindow: plan.responseWindow, aggregationGrace: plan.aggregationGrace,
        backupDelay: plan.backupDelay, compute: LatencyLaw(plan.task.compute),
        attestationBytes: Int(plan.task.size.bytes), arrival: TaskArrival(plan.task.arrival),
        checkpointEpoch: epoch, canaryChance: UInt32(plan.canaries.of(65_536)),
        punishes: plan.rules.map(\.offence))
      if let registers = plan.registers { service.startsAt = .zero + registers }
      return service
    }
  }

  private static func links(_ scenario: Scenario, _ graph: Graph) -> (
    edges: [LinkEdge], conditions: [LinkConditions], uplinks: [Bandwidth?]
  ) {
    let plan = scenario.network.links
    let table = scenario.network.regions
    let regions = graph.nodes.map { $0.region.flatMap { table?.index($0) } }
    var known: [LinkConditions: Int] = [:]
    var conditions: [LinkConditions] = []
    var edges: [LinkEdge] = []
    edges.reserveCapacity(graph.links.count)
    let jitter: LatencyLaw? = plan.jitter == .constant(.zero) ? nil : LatencyLaw(plan.jitter)
    for link in graph.links {
      var law = LatencyLaw(plan.latency)
      if let own = link.latency {
        law = .constant(TimeSpan(nanoseconds: own))
      } else if let table, let a = regions[Int(link.a)], let b = regions[Int(link.b)] {
        // The source's matrix differs in one pair by direction; a link takes the mean of both.
        let there = table.latency(from: a, to: b).nanoseconds
        let back = table.latency(from: b, to: a).nanoseconds
        law = .constant(TimeSpan(nanoseconds: (there + back) / 2))
      }
      let bits = link.bandwidth ?? plan.bandwidth?.bitsPerSecond
      let one = LinkConditions(
        latency: law, jitter: jitter,
        // The queue is given in messages; 1,500 bytes each, as a packet queue counts.
        bandwidth: bits.map { Bandwidth(bitsPerSecond: $0, queueBytes: UInt64(plan.queue) * 1_500) },
        loss: link.loss.map { Share(wad: $0).fraction } ?? plan.loss.fraction)
      let index = known[one] ?? conditions.count
      if index == conditions.count {
        known[one] = index
        conditions.append(one)
      }
      edges.append(LinkEdge(NodeID(link.a), NodeID(link.b), conditions: index))
    }
    let uplinks: [Bandwidth?] = graph.nodes.enumerated().map { index, node in
      let own = index < scenario.operators.count ? scenario.operators.capacity.uplink?.bitsPerSecond : nil
      return (own ?? node.uplink).map { Bandwidth(bitsPerSecond: $0) }
    }
    return (edges, conditions, uplinks.contains { $0 != nil } ? uplinks : [])
  }
}

extension SignatureCosts {
  init(_ plan: CryptoPlan) {
    self = .standard(plan.scheme)
    if let sign = plan.sign { self.sign = sign }
    if let verify = plan.verify { self.verify = verify }
  }
}

extension LatencyLaw {
  init(_ plan: DelayPlan) {
    self =
      switch plan {
      case .constant(let span): .constant(span)
      case .uniform(let low, let high): .uniform(low: low, high: high)
      case .exponential(let mean): .exponential(mean: mean)
      case .normal(let mean, let deviation): .normal(mean: mean, deviation: deviation)
      case .lognormal(let median, let sigma): .lognormal(median: median, sigma: sigma)
      case .pareto(let least, let shape): .pareto(scale: least, shape: shape)
      }
  }
}

extension TaskArrival {
  init(_ plan: ArrivalPlan) {
    switch plan {
    case .periodic(let every, let phase): self = .periodic(every: every, phase: phase)
    case .poisson(let rate): self = .poisson(meanGap: TimeSpan(nanoseconds: UInt64(1e9 / rate.perSecond)))
    case .bursty(let count, let every, let phase): self = .bursts(count: count, every: every, phase: phase)
    case .trace(let times): self = .trace(times.map { .zero + $0 })
    case .ramp(let first, let last): self = .ramp(from: first.perSecond, to: last.perSecond)
    }
  }
}

extension FaultPlan {
  /// Where it strikes, in words.
  public var place: String {
    switch kind {
    case .partition(.oneWay(let cut)):
      FaultPlan(at: at, lasts: lasts, kind: .partition(cut), naming: draw).place + ", one way"
    case .partition(.bridge(let nodes)): "half of the nodes | rest, meeting in \(nodes.place)"
    case .partition(.regions(let sides, let rest)):
      (sides.map { $0.joined(separator: "+") } + (rest ? ["rest"] : [])).joined(separator: " | ")
    case .partition(.random(let share)): "\(share) of the nodes | rest"
    case .partition(.isolate(let nodes)): "\(nodes.place), each alone"
    case .crash(let nodes, _, _): nodes.place
    case .regionOutage(let names, _, _): names.joined(separator: ", ")
    case .loss(let links, let share): "\(share) on \(links.place)"
    case .latency(let links, let add, let scale): "x \(scale) + \(add) on \(links.place)"
    case .slowCPU(let nodes, let factor): "x \(factor) on \(nodes.place)"
    case .chain(let fault): fault.place
    case .link(let links, _): links.place
    case .node(let nodes, _): nodes.place
    case .pattern(let pattern): pattern.name
    }
  }
}

extension NodeChoice {
  var place: String {
    switch self {
    case .count(let count): "\(count) operators"
    case .share(let share): "\(share) of the operators"
    case .list(let names): names.joined(separator: ", ")
    case .regions(let names): "regions \(names.joined(separator: ", "))"
    case .role(let role): "every \(role.rawValue)"
    }
  }
}

extension LinkChoice {
  var place: String {
    switch self {
    case .all: "all links"
    case .pairs(let pairs): pairs.map { $0.joined(separator: "-") }.joined(separator: ", ")
    case .regions(let names): "links of \(names.joined(separator: ", "))"
    case .between(let a, let b): "links between \(a.joined(separator: "+")) and \(b.joined(separator: "+"))"
    case .nodes(let nodes): "links of \(nodes.place)"
    }
  }
}
