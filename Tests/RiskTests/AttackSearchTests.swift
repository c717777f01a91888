// The exact search by the theorems of the paper, on graphs drawn from seeds.

import Basics
import Exact
import Risk
import Testing

/// At most four services and six validators, with services without stake and validators without any.
private func drawn(_ seed: UInt64) -> ExactGraph {
  let random = HashRandom(seed: seed, .keys)
  func draw(_ what: UInt64, _ k: Int, _ range: Int) -> Int {
    Int(random.bits(what, UInt64(k)) % UInt64(range))
  }
  let services = (0..<1 + draw(1, 0, 4)).map { k in
    ExactGraph.Service(
      profit: Rational(draw(2, k, 12), 1 + draw(3, k, 3)), threshold: Rational(1 + draw(4, k, 3), 3))
  }
  let validators = (0..<1 + draw(5, 0, 6)).map { k in
    ExactGraph.Validator(
      stake: Rational(draw(6, k, 15)),
      services: services.indices.filter { draw(7, 10 * k + $0, 2) == 0 })
  }
  return ExactGraph(services: services, validators: validators)
}

@Suite("Attacks on restaking graphs") struct AttackSearchTests {
  @Test("the certificate never promises more than the truth", arguments: UInt64(0)..<60)
  func certificate(seed: UInt64) throws {
    let graph = drawn(seed)
    let search = try AttackSearch(graph)
    if graph.meetsEigenLayerCondition { #expect(search.isSecure) }
    if let certified = graph.gammaCertified, let gamma = search.gamma { #expect(certified <= gamma) }
    #expect((search.validAttackCount == 0) == search.isSecure)
    if let gamma = search.gamma { #expect((gamma < 0) == !search.isSecure) }
    if let best = search.bestAttack {
      let profit = best.services.reduce(Rational.zero) { $0 + graph.services[$1].profit }
      let stake = best.validators.reduce(Rational.zero) { $0 + graph.validators[$1].stake }
      #expect(best.netProfit == profit - stake && best.netProfit > 0)
    }
  }

  @Test("Theorem 1: the loss after a shock stays below its bound", arguments: UInt64(0)..<40)
  func shocks(seed: UInt64) throws {
    let search = try AttackSearch(drawn(seed))
    for psi in [Rational(1, 20), Rational(1, 4)] {
      guard let shock = search.shock(psi) else { continue }
      if let bound = shock.bound { #expect(shock.loss < bound) }
      #expect(shock.realisedLoss <= shock.loss && shock.loss >= psi)
    }
  }

  @Test("Corollary 1: a cascade loses what one attack on the same loss does", arguments: UInt64(0)..<30)
  func cascades(seed: UInt64) throws {
    let graph = drawn(seed)
    let cascade = try AttackSearch(graph).cascade(after: [0])
    var rest = graph
    rest.validators[0].stake = .zero
    // Without a first loss, the worst that follows is the largest single attack.
    let single = try AttackSearch(rest).shock(.zero)?.loss ?? .zero
    #expect(cascade.loss == single * rest.totalStake)
    #expect((cascade.length == 0) == (cascade.loss == 0) || cascade.length > 0)
    #expect(cascade.totalLoss == cascade.loss + graph.validators[0].stake)
  }

  @Test("units do not matter, nor does the order", arguments: UInt64(0)..<20) func scales(seed: UInt64) throws
  {
    let graph = drawn(seed)
    var scaled = graph
    for k in scaled.services.indices {
      scaled.services[k].profit = scaled.services[k].profit * Rational(7, 3)
    }
    for k in scaled.validators.indices {
      scaled.validators[k].stake = scaled.validators[k].stake * Rational(7, 3)
    }
    scaled.validators.reverse()
    let (a, b) = (try AttackSearch(graph), try AttackSearch(scaled))
    #expect(a.gamma == b.gamma && a.validAttackCount == b.validAttackCount)
    #expect(graph.gammaCertified == scaled.gammaCertified)
    #expect(a.shock(Rational(1, 5)) == b.shock(Rational(1, 5)))
  }

  @Test("more stake never lowers the certified slack", arguments: UInt64(0)..<20) func monotone(seed: UInt64)
  {
    let graph = drawn(seed)
    guard let before = graph.gammaCertified else { return }
    for k in graph.validators.indices where graph.validators[k].stake > 0 {
      var more = graph
      more.validators[k].stake = more.validators[k].stake + 5
      #expect(more.gammaCertified.map { $0 >= before } ?? true)
    }
  }

  @Test("what cannot be searched is refused") func refusals() {
    let service = ExactGraph.Service(profit: 1, threshold: Rational(1, 2))
    let many = Array(repeating: ExactGraph.Validator(stake: 1, services: [0]), count: 17)
    #expect(throws: AttackSearchRefusal.tooLarge(validators: 17, services: 1)) {
      try AttackSearch(ExactGraph(services: [service], validators: many))
    }
    #expect(throws: AttackSearchRefusal.outOfRange) {
      try AttackSearch(ExactGraph(services: [.init(profit: 1, threshold: 2)], validators: []))
    }
    #expect(throws: AttackSearchRefusal.outOfRange) {
      try AttackSearch(ExactGraph(services: [service], validators: [.init(stake: -1, services: [])]))
    }
  }

  @Test("the floating-point certificate says the same", arguments: UInt64(0)..<20) func doubles(seed: UInt64)
  {
    let exact = drawn(seed)
    let graph = RestakingGraph<Double>(
      services: exact.services.map { .init(profit: $0.profit.double, threshold: $0.threshold.double) },
      validators: exact.validators.map { .init(stake: $0.stake.double, services: $0.services) })
    #expect(graph.freeServices == exact.freeServices)
    #expect((graph.gammaCertified == nil) == (exact.gammaCertified == nil))
    if let gamma = graph.gammaCertified, let fraction = exact.gammaCertified {
      #expect(abs(gamma - fraction.double) < 1e-9)
    }
  }
}

@Suite("Elastic networks") struct ElasticNetworkTests {
  private func network(_ seed: UInt64) -> ElasticNetwork {
    let random = HashRandom(seed: seed, .keys)
    func draw(_ what: UInt64, _ k: Int, _ range: Int) -> Rational {
      Rational(Int(random.bits(what, UInt64(k)) % UInt64(range)))
    }
    return ElasticNetwork(
      services: (0..<3).map { .init(prize: draw(1, $0, 30), threshold: Rational(1, 2)) },
      validators: (0..<4).map { v in
        let stake = draw(2, v, 20)
        return .init(stake: stake, allocations: (0..<3).map { ($0, min(stake, draw(3, 10 * v + $0, 20))) })
      })
  }

  @Test(
    "nobody loses more than its stake, and allocations never exceed what is left", arguments: UInt64(0)..<20)
  func stretching(seed: UInt64) {
    let network = network(seed)
    let (rest, slashed) = network.losing([0, 2])
    var lost = Rational.zero
    for (before, after) in zip(network.validators, rest.validators) {
      #expect(after.stake >= 0 && after.allocations.allSatisfy { $0.amount <= after.stake })
      lost += before.stake - after.stake
    }
    #expect(lost == slashed)
  }

  @Test("attacking more never costs less, nor more than one by one", arguments: UInt64(0)..<20)
  func costs(seed: UInt64) throws {
    let network = network(seed)
    let one = try #require(network.leastAttackCost([0]))
    let other = try #require(network.leastAttackCost([1]))
    let both = try #require(network.leastAttackCost([0, 1]))
    #expect(both >= max(one, other) && both <= one + other)
    #expect(network.assessAll(among: [0, 1]).map(\.cost) == [one, other, both])
  }

  @Test("a threshold above everything is never reached") func impossible() {
    let network = ElasticNetwork(
      services: [.init(prize: 100, threshold: 2)], validators: [.init(stake: 1, allocations: [(0, 1)])])
    #expect(network.leastAttackCost([0]) == nil && !network.assess([0]).isProfitable)
  }
}
