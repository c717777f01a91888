// How secure the stake behind services is, looked at once: exactly where the graph is small, by certificate and by a greedy search
// for attacks where it is not. Two views of one graph: *allocated*, as EigenLayer's unique stake has it (what one service can slash
// no other can), and *shared*, as if all stake of an operator stood behind each of its services.
//
// A found loss is a lower bound: the search is greedy, and finding the worst attack is as hard as deciding security (coNP-hard,
// Durvasula and Roughgarden). The exact one is `AttackSearch`.

import Contracts
import Exact
import Risk

/// One view of a stake graph, analysed.
public struct StakeAnalysis: Sendable {
  public struct Shock: Sendable, Equatable {
    /// Share of all stake that is lost at first, at most.
    public var share: Double
    /// Lost in all, as a share: exactly, or as far as a search found.
    public var loss: Double
    public var isExact: Bool
    /// Theorem 1's bound on it; nil without slack.
    public var bound: Double?
    /// Attacks that followed one another in the search.
    public var rounds: Int
  }
  public struct Attack: Sendable, Equatable {
    public var services: [Int]
    public var operators: [Int]
    /// Profit less the attackers' stake, in wei.
    public var netProfit: Double
    public var isExact: Bool
  }
  public var isShared: Bool
  /// The slack that the local condition certifies; nil when nothing constrains or something is free.
  public var gammaCertified: Double?
  /// The true slack, where it could be computed.
  public var gammaExact: Double?
  /// Nil: not known.
  public var isSecure: Bool?
  public var attack: Attack?
  public var shocks: [Shock] = []
  /// The most burdened operators: number and T; above 1 they are over-used.
  public var burdens: [(operatorIndex: Int, burden: Double)] = []

  /// - Parameter shocks: shares of stake lost at first, each in 0 ... 1.
  public init(_ graph: StakeGraph, isShared: Bool, shocks shares: [Double]) {
    let isShared = isShared || graph.isShared
    self.isShared = isShared
    let view = View(graph, isShared: isShared)
    gammaCertified = view.graph.gammaCertified
    var worst = graph.stakes.map { _ in 0.0 }
    for (vertex, burden) in view.graph.burdens.enumerated() where view.graph.validators[vertex].stake > 0 {
      worst[view.owner[vertex]] = max(worst[view.owner[vertex]], burden)
    }
    burdens = worst.enumerated().map { ($0.offset, $0.element) }.filter { $0.1 > 0 }
    burdens.sort { a, b in a.1 != b.1 ? a.1 > b.1 : a.0 < b.0 }
    searchExactly(graph, view)
    let search = GreedyAttacks(view)
    if attack == nil, isSecure == nil, let found = search.attack() {
      isSecure = false
      attack = Attack(
        services: found.services, operators: Array(Set(found.vertices.map { view.owner[$0] })).sorted(),
        netProfit: found.net, isExact: false)
    }
    let certified = gammaExact ?? gammaCertified
    for share in shares {
      var shock = exactShock(graph, share) ?? search.shock(share)
      shock.bound = certified.flatMap { lossBound(gamma: $0, shock: share) }
      self.shocks.append(shock)
    }
  }

  // MARK: - Exactly

  /// Most validators for which every first loss is tried.
  static let shockValidatorsMaximum = 10

  private mutating func searchExactly(_ graph: StakeGraph, _ view: View) {
    if isShared {
      guard let search = try? AttackSearch(Self.exact(graph)) else { return }
      gammaExact = search.gamma?.double
      isSecure = gammaExact.map { $0 >= 0 } ?? true
      guard isSecure == false, graph.stakes.count + graph.services.count <= 22,
        let best = search.bestAttack
      else { return }
      attack = Attack(
        services: best.services, operators: best.validators, netProfit: best.netProfit.double, isExact: true)
      return
    }
    // Nobody can be slashed by two services: the least secure service decides.
    var least: Double?
    for service in graph.services.indices {
      guard let search = try? AttackSearch(Self.star(graph, service)) else {
        least = nil
        return
      }
      guard let gamma = search.gamma?.double else { continue }
      if least.map({ gamma < $0 }) ?? true {
        least = gamma
        if gamma < 0, let best = search.bestAttack {
          attack = Attack(
            services: [service],
            operators: best.validators.map { graph.members[service][$0].operatorIndex },
            netProfit: best.netProfit.double, isExact: true)
        }
      }
    }
    gammaExact = least
    isSecure = least.map { $0 >= 0 } ?? true
  }

  /// The true slack of a small graph as it is allocated; nil when nothing constrains, or when it is not small.
  static func exactSlack(_ graph: StakeGraph) -> Double? {
    if graph.isShared { return (try? AttackSearch(exact(graph)))?.gamma?.double }
    var least: Double?
    for service in graph.services.indices {
      guard let search = try? AttackSearch(star(graph, service)) else { return nil }
      if let gamma = search.gamma?.double { least = min(least ?? gamma, gamma) }
    }
    return least
  }

  /// The loss that greed finds after a first one; nil without stake.
  static func greedyShock(_ graph: StakeGraph, share: Double) -> Shock? {
    let view = View(graph, isShared: graph.isShared)
    return view.stakes.contains { $0 > 0 } ? GreedyAttacks(view).shock(share) : nil
  }

  private func exactShock(_ graph: StakeGraph, _ share: Double) -> Shock? {
    guard isShared, graph.stakes.count <= Self.shockValidatorsMaximum,
      let search = try? AttackSearch(Self.exact(graph)),
      let shock = search.shock(Rational(Int(share * 1_000_000_000), 1_000_000_000))
    else { return nil }
    return Shock(share: share, loss: shock.loss.double, isExact: true, bound: nil, rounds: 0)
  }

  /// All stake of an operator behind each of its services, in fractions.
  static func exact(_ graph: StakeGraph) -> ExactGraph {
    var served = graph.stakes.map { _ in [Int]() }
    for (service, list) in graph.members.enumerated() where graph.services[service].isPunished {
      for member in list { served[member.operatorIndex].append(service) }
    }
    return ExactGraph(
      services: graph.services.map {
        .init(profit: Rational($0.profit), threshold: Rational(max(Int($0.quorumBips), 1), 10_000))
      },
      validators: zip(graph.stakes, served).map { .init(stake: Rational($0), services: $1) })
  }

  /// One service and what is allocated to it.
  static func star(_ graph: StakeGraph, _ service: Int) -> ExactGraph {
    let terms = graph.services[service]
    return ExactGraph(
      services: [
        .init(profit: Rational(terms.profit), threshold: Rational(max(Int(terms.quorumBips), 1), 10_000))
      ],
      validators: graph.members[service].map {
        .init(stake: Rational(terms.isPunished ? $0.weight : 0), services: terms.isPunished ? [0] : [])
      })
  }
}

/// Vertices with an owner: operators themselves, or each of their allocations.
struct View: Sendable {
  var graph: RestakingGraph<Double>
  var owner: [Int]
  /// By operator.
  var stakes: [Double]

  init(_ graph: StakeGraph, isShared: Bool) {
    stakes = graph.stakes.map { Double($0) }
    if isShared {
      self.graph = graph.shared
      owner = Array(graph.stakes.indices)
      return
    }
    var validators: [RestakingGraph<Double>.Validator] = []
    owner = []
    for (service, list) in graph.members.enumerated() where graph.services[service].isPunished {
      for member in list {
        validators.append(.init(stake: Double(member.weight), services: [service]))
        owner.append(member.operatorIndex)
      }
    }
    self.graph = RestakingGraph(services: graph.shared.services, validators: validators)
  }
}

/// Looks for attacks by adding the service that costs least for what it brings, again and again.
struct GreedyAttacks: Sendable {
  let view: View
  private var members: [[Int]]
  private var isGone: [Bool]

  init(_ view: View) {
    self.view = view
    isGone = view.owner.map { _ in false }
    members = view.graph.services.map { _ in [] }
    for (vertex, validator) in view.graph.validators.enumerated() {
      for service in validator.services { members[service].append(vertex) }
    }
    for service in members.indices {
      members[service].sort { a, b in
        let (x, y) = (view.graph.validators[a].stake, view.graph.validators[b].stake)
        return x != y ? x > y : a < b
      }
    }
  }

  struct Found {
    var services: [Int]
    var vertices: [Int]
    var net: Double
  }

  /// The first profitable attack that greed leads to on what is left; nil when it leads to none.
  func attack() -> Found? {
    var isIn = isGone.map { _ in false }
    var taken: [Int] = []
    var services: [Int] = []
    var (profit, stake) = (0.0, 0.0)
    var open = Array(view.graph.services.indices.filter { view.graph.services[$0].profit > 0 })
    while !open.isEmpty {
      var best: (position: Int, added: [Int], cost: Double)?
      for (position, service) in open.enumerated() {
        let (added, cost) = price(of: service, isIn)
        let gain = view.graph.services[service].profit - cost
        if best.map({ gain > view.graph.services[open[$0.position]].profit - $0.cost }) ?? true {
          best = (position, added, cost)
        }
      }
      guard let chosen = best else { break }
      services.append(open.remove(at: chosen.position))
      for vertex in chosen.added {
        isIn[vertex] = true
        taken.append(vertex)
      }
      profit += view.graph.services[services[services.count - 1]].profit
      stake += chosen.cost
      if profit > stake {
        return Found(services: services.sorted(), vertices: taken.sorted(), net: profit - stake)
      }
    }
    return nil
  }

  /// Vertices that an attack on a service needs beside those already in, and their stake: the largest first, and without those that
  /// turn out not to be needed.
  private func price(of service: Int, _ isIn: [Bool]) -> (added: [Int], cost: Double) {
    var (total, have) = (0.0, 0.0)
    for vertex in members[service] where !isGone[vertex] {
      let stake = view.graph.validators[vertex].stake
      total += stake
      if isIn[vertex] { have += stake }
    }
    let need = total * view.graph.services[service].threshold
    var added: [Int] = []
    for vertex in members[service] where !isGone[vertex] && !isIn[vertex] && have < need {
      added.append(vertex)
      have += view.graph.validators[vertex].stake
    }
    var kept: [Int] = []
    for vertex in added {
      let stake = view.graph.validators[vertex].stake
      if have - stake >= need { have -= stake } else { kept.append(vertex) }
    }
    return (kept, kept.reduce(0) { $0 + view.graph.validators[$1].stake })
  }

  /// Takes stake of at most `share` away, by two guesses at the worst, and lets attacks follow.
  func shock(_ share: Double) -> StakeAnalysis.Shock {
    let total = view.stakes.reduce(0, +)
    var result = StakeAnalysis.Shock(share: share, loss: share, isExact: false, bound: nil, rounds: 0)
    guard total > 0 else { return result }
    let descending = view.stakes.indices.sorted { a, b in
      view.stakes[a] != view.stakes[b] ? view.stakes[a] > view.stakes[b] : a < b
    }
    for order in [descending, descending.reversed()] {
      var next = self
      var room = share * total
      for number in order where view.stakes[number] <= room {
        room -= view.stakes[number]
        for vertex in next.isGone.indices where view.owner[vertex] == number { next.isGone[vertex] = true }
      }
      var (lost, rounds) = (0.0, 0)
      while let found = next.attack(), !found.vertices.isEmpty {
        for vertex in found.vertices {
          lost += view.graph.validators[vertex].stake
          next.isGone[vertex] = true
        }
        rounds += 1
      }
      if share + lost / total > result.loss {
        result.loss = share + lost / total
        result.rounds = rounds
      }
    }
    return result
  }
}

extension StakeGraph {
  /// Most validators and services for which elastic attacks are priced.
  static let elasticServicesMaximum = 8

  /// What attacks cost when allocations may overlap and what is left stretches (Bar-Zur and Eyal): the least margin of cost over
  /// profit for an attack on each service alone, and on any set of services where there are few. Nil for an attack that cannot be
  /// priced.
  public func elasticMargins(isShared: Bool) -> (alone: [Double?], worst: Double?) {
    let network = elastic(isShared: isShared)
    let alone = services.indices.map { Self.margin(network.assess([$0])) }
    guard services.count <= Self.elasticServicesMaximum, stakes.count <= ElasticNetwork.undecidedMaximum
    else { return (alone, nil) }
    let all = network.assessAll(among: Array(services.indices)).map { Self.margin($0) }
    return (alone, all.compactMap { $0 }.min())
  }

  /// The first half of it, which is quick.
  func elasticMarginsAlone(isShared: Bool) -> [Double?] {
    let network = elastic(isShared: isShared)
    return services.indices.map { Self.margin(network.assess([$0])) }
  }

  private static func margin(_ assessment: ElasticNetwork.Assessment) -> Double? {
    assessment.cost.map { ($0 - assessment.prize).double }
  }

  private func elastic(isShared: Bool) -> ElasticNetwork {
    ElasticNetwork(
      services: services.map {
        .init(prize: Rational($0.profit), threshold: Rational(max(Int($0.quorumBips), 1), 10_000))
      },
      validators: stakes.indices.map { number in
        var allocations: [(service: Int, amount: Rational)] = []
        for (service, list) in members.enumerated() {
          // Where no rule punishes nothing is at stake.
          for member in list where member.operatorIndex == number && services[service].isPunished {
            let amount = isShared ? stakes[number] : min(member.weight, stakes[number])
            allocations.append((service, Rational(amount)))
          }
        }
        return .init(stake: Rational(stakes[number]), allocations: allocations)
      })
  }
}
