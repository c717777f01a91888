// Who plays which part: operators come first in the order of nodes, then watchers, then the coordinator's aggregator,
// then full nodes that a topology file has beyond them.

import AVS
import Basics
import Contracts
import Network
import Participants
import Scenarios

/// The parts of a scenario, drawn.
struct Cast {
  let operators: Int
  let watchers: Range<Int>
  let coordinatorNode: Int?
  let stakes: [Ether]
  /// By service: members, aggregators, watchers.
  let members: [[NodeID]]
  let aggregators: [[NodeID]]
  let watchersOf: [[NodeID]]
  let participants: Int

  init(_ scenario: Scenario) throws(BlueprintError) {
    operators = scenario.operators.count
    watchers = operators..<operators + scenario.watchers.count
    coordinatorNode = scenario.aggregators == .coordinator ? watchers.upperBound : nil
    participants = scenario.participants
    stakes = scenario.operatorStakes()
    members = scenario.memberships().map { $0.map { NodeID($0) } }
    let election = HashRandom(seed: scenario.seed, .election)
    var aggregators: [[NodeID]] = []
    var watchersOf: [[NodeID]] = []
    for (index, members) in members.enumerated() {
      switch scenario.aggregators {
      case .coordinator: aggregators.append([NodeID(watchers.upperBound)])
      case .every: aggregators.append(members)
      case .elected(let count):
        var drawn = members
        var stream = election.stream(UInt64(index), 0)
        stream.shuffle(&drawn)
        aggregators.append(Array(drawn.prefix(count)))
      }
      var drawn = watchers.map { NodeID($0) }
      if let count = scenario.watchers.perService {
        var stream = election.stream(UInt64(index), 1)
        stream.shuffle(&drawn)
        drawn = Array(drawn.prefix(count)).sorted()
      }
      watchersOf.append(drawn)
    }
    self.aggregators = aggregators
    self.watchersOf = watchersOf
  }

  /// Who listens to each service's topic.
  var topics: [[NodeID]] {
    members.indices.map { Array(Set(members[$0] + aggregators[$0] + watchersOf[$0])).sorted() }
  }

  func roles(_ graph: Graph) -> [String] {
    graph.nodes.indices.map { node in
      if node < operators { return "operator" }
      if watchers.contains(node) { return "watcher" }
      return node == coordinatorNode ? "aggregator" : "full"
    }
  }

  // MARK: Nodes and services

  func nodes(_ scenario: Scenario, _ graph: Graph) -> [NodeDeployment] {
    let capacity = scenario.operators.capacity
    var hosts: [String: Int] = [:]
    let honest = scenario.watchers.honest.of(scenario.watchers.count)
    return graph.nodes.enumerated().map { index, node in
      // Nodes of one named host share its cores.
      let host = node.host.map { hosts[$0] ?? hosts.count + graph.nodes.count } ?? index
      if let name = node.host { hosts[name] = host }
      return NodeDeployment(
        name: node.name, region: node.region.flatMap { scenario.network.regions?.index($0) } ?? 0, host: host,
        cores: capacity.cores,
        slownessPermille: UInt64(mulDiv(1_000, UInt128(Share.one), UInt128(max(capacity.speed.wad, 1)))),
        queueBound: index < operators ? capacity.queue : max(capacity.queue, 1 << 20),
        accuses: !watchers.contains(index) || index - watchers.lowerBound < honest)
    }
  }

  func services(_ scenario: Scenario) -> [ServiceDeployment] {
    scenario.services.enumerated().map { index, plan in
      var epoch: TimeSpan?
      if case .checkpoint(let tasks) = plan.kind, case .periodic(let every, _) = plan.task.arrival {
        epoch = every * UInt64(tasks)
      }
      return ServiceDeployment(
        name: plan.name, members: members[index], aggregators: aggregators[index],
        watchers: watchersOf[index],
        quorumBips: UInt64(plan.quorum.bips), responseWindow: plan.responseWindow,
        aggregationGrace: plan.aggregationGrace, backupDelay: scenario.chain.blockTime * 2,
        compute: LatencyLaw(plan.task.compute),
        attestationBytes: SignedAttestation.encodedBytes(scenario.crypto.scheme, paddedTo: 0)
          + Int(plan.task.size.bytes), arrival: TaskArrival(plan.task.arrival), checkpointEpoch: epoch)
    }
  }

  // MARK: Misconduct

  func misconduct(_ scenario: Scenario) -> [Misconduct] {
    var all: [Misconduct] = []
    let draws = HashRandom(seed: scenario.seed, .adversary)
    for (index, plan) in scenario.adversaries.enumerated() {
      let guilty = select(plan.who.operators, draws.stream(UInt64(index), 1 << 32))
      let services: [ServiceID?] =
        plan.who.services?.compactMap { name in
          scenario.services.firstIndex { $0.name == name }.map { ServiceID($0) }
        } ?? [nil]
      for node in guilty {
        for service in services {
          all.append(
            Misconduct(
              operatorID: NodeID(node), service: service, kind: Misconduct.Kind(plan.behaviour),
              from: .zero + plan.from, until: plan.until.map { .zero + $0 } ?? .never,
              chance: UInt32(mulDiv(65_536, UInt128(plan.probability.wad), UInt128(Share.one)))))
        }
      }
    }
    return all
  }

  private func select(_ selection: AdversaryPlan.Selection, _ stream: RandomStream) -> [Int] {
    var stream = stream
    var order = Array(0..<operators)
    switch selection {
    case .list(let numbers): return numbers.filter { $0 < operators }
    case .count(let count):
      stream.shuffle(&order)
      return Array(order.prefix(count)).sorted()
    case .share(let share):
      stream.shuffle(&order)
      return Array(order.prefix(share.of(operators))).sorted()
    case .byStake(let share):
      stream.shuffle(&order)
      let total = stakes.reduce(UInt128(0)) { $0 + $1.wei }
      let wanted = mulDivUp(total, UInt128(share.wad), UInt128(Share.one))
      var sum: UInt128 = 0
      var chosen: [Int] = []
      for node in order where sum < wanted {
        sum += stakes[node].wei
        chosen.append(node)
      }
      return chosen.sorted()
    }
  }
}

extension Misconduct.Kind {
  init(_ plan: AdversaryPlan.Behaviour) {
    switch plan {
    case .silent: self = .silent
    case .late(let span): self = .late(span)
    case .invalidResult: self = .invalidResult
    case .equivocate(.openly, _): self = .equivocate(split: nil)
    case .equivocate(.disjoint, let share):
      self = .equivocate(split: UInt32(mulDiv(65_536, UInt128(share.wad), UInt128(Share.one))))
    }
  }
}

extension TaskArrival {
  init(_ plan: ArrivalPlan) {
    switch plan {
    case .periodic(let every, let phase): self = .periodic(every: every, phase: phase)
    case .poisson(let rate): self = .poisson(meanGap: TimeSpan(nanoseconds: UInt64(1e9 / rate.perSecond)))
    case .bursty(let count, let every): self = .bursts(count: count, every: every, phase: .zero)
    case .trace(let times): self = .trace(times.map { .zero + $0 })
    case .ramp(let first, let last): self = .ramp(from: first.perSecond, to: last.perSecond)
    }
  }
}
