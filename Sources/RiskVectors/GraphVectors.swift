// Vectors of graph security, elastic networks and concentration.

import Exact
import Risk
import Vectors

enum GraphVectors {
  // MARK: - Graph security

  static func graph(_ input: Reader, _ expect: Reader) throws(UnreadableVector) -> Computed {
    var services = Names()
    var validators = Names()
    var graph = ExactGraph(services: [], validators: [])
    for one in input["services"].items {
      _ = services.position(try one["id"].text())
      graph.services.append(
        ExactGraph.Service(profit: try one["profit"].rational(), threshold: try one["alpha"].rational()))
    }
    for one in input["validators"].items {
      _ = validators.position(try one["id"].text())
      var served: [Int] = []
      for name in one["services"].items { served.append(try services.known(try name.text(), name)) }
      graph.validators.append(ExactGraph.Validator(stake: try one["stake"].rational(), services: served))
    }
    let search: AttackSearch
    do throws(AttackSearchRefusal) { search = try AttackSearch(graph) } catch {
      throw UnreadableVector(reason: "\(input.path): no exact search: \(error)")
    }
    func named(_ positions: [Int], _ names: Names) -> Computed {
      .list(positions.map { .text(names.all[$0]) })
    }

    var got: [String: Computed] = [
      "total_stake": .exact(graph.totalStake), "secure": .flag(search.isSecure),
      "valid_attack_count": .exact(search.validAttackCount), "gamma_sup": .exact(search.gamma),
      "eigenlayer_condition": .flag(graph.meetsEigenLayerCondition),
      "gamma_certified": .exact(graph.gammaCertified), "free_services": named(graph.freeServices, services),
      "T": .table(Dictionary(uniqueKeysWithValues: zip(validators.all, graph.burdens.map { .exact($0) }))),
      "best_attack": .nothing,
    ]
    if let best = search.bestAttack {
      got["best_attack"] = .record([
        "net_profit": .exact(best.netProfit), "services": named(best.services, services),
        "validators": named(best.validators, validators),
      ])
    }
    var shocks: [Computed] = []
    for one in expect["shocks"].items {
      let psi = try one["psi"].rational()
      let shock = search.shock(psi)
      var record: [String: Computed] = [
        "psi": .exact(psi), "R_psi": .exact(shock?.loss), "realised_loss": .exact(shock?.realisedLoss),
        "bound": .exact(shock?.bound),
      ]
      // One of possibly several worst shocks: informative, taken as it stands.
      record["worst_shock"] = .list(one["worst_shock"].items.map { .text($0.value.text ?? "") })
      shocks.append(.record(record))
    }
    got["shocks"] = .list(shocks)
    if !expect["cascade"].isMissing {
      var lost: [Int] = []
      for name in expect["cascade"]["shock"].items {
        lost.append(try validators.known(try name.text(), name))
      }
      let cascade = search.cascade(after: lost)
      got["cascade"] = .record([
        "shock": named(lost, validators), "max_length": .exact(cascade.length),
        "max_cascade_loss": .exact(cascade.loss), "total_loss": .exact(cascade.totalLoss),
        "total_loss_fraction": .exact(cascade.totalLossShare), "thm7_bound_k1": .real(cascade.lengthBound),
      ])
    } else {
      got["cascade"] = .nothing
    }
    return .record(got)
  }

  // MARK: - Elastic networks

  static func elastic(_ input: Reader, _ expect: Reader) throws(UnreadableVector) -> Computed {
    var services = Names()
    var validators = Names()
    var network = ElasticNetwork(services: [], validators: [])
    for one in input["services"].items {
      _ = services.position(try one["id"].text())
      network.services.append(
        ElasticNetwork.Service(prize: try one["prize"].rational(), threshold: try one["theta"].rational()))
    }
    for one in input["validators"].items {
      _ = validators.position(try one["id"].text())
      var allocations: [(service: Int, amount: Rational)] = []
      for (name, amount) in one["allocations"].members {
        allocations.append((try services.known(name, amount), try amount.rational()))
      }
      network.validators.append(
        ElasticNetwork.Validator(stake: try one["stake"].rational(), allocations: allocations))
    }
    var cases: [Computed] = []
    for one in expect["cases"].items {
      var failed: Set<Int> = []
      for name in one["byzantine"].items { failed.insert(try services.known(try name.text(), name)) }
      cases.append(try elasticCase(network, failed, one, services, validators))
    }
    var degrees: [String: Computed] = [:]
    for (name, validator) in zip(validators.all, network.validators) {
      degrees[name] = .exact(validator.degree)
    }
    return .record(["degrees": .table(degrees), "cases": .list(cases)])
  }

  private static func elasticCase(
    _ network: ElasticNetwork, _ failed: Set<Int>, _ expect: Reader, _ services: Names, _ validators: Names
  ) throws(UnreadableVector) -> Computed {
    let (rest, slashed) = network.losing(failed)
    var remaining: [Computed] = []
    for (name, validator) in zip(validators.all, rest.validators) {
      var allocations: [String: Computed] = [:]
      for one in validator.allocations { allocations[services.all[one.service]] = .exact(one.amount) }
      remaining.append(
        .record(["id": .text(name), "stake": .exact(validator.stake), "allocations": .table(allocations)]))
    }
    let left = network.services.indices.filter { !failed.contains($0) }
    guard left.count <= 12 else {
      throw UnreadableVector(reason: "\(expect.path): more than 12 services left")
    }
    let all = rest.assessAll(among: left)
    var attacks: [Computed] = []
    for one in expect["attacks"].items {
      var attacked: [Int] = []
      for name in one["services"].items { attacked.append(try services.known(try name.text(), name)) }
      let attack = rest.assess(attacked)
      attacks.append(
        .record([
          "services": .list(attacked.map { .text(services.all[$0]) }), "min_cost": .exact(attack.cost),
          "prize": .exact(attack.prize), "profitable": .flag(attack.isProfitable),
        ]))
    }
    return .record([
      "byzantine": .list(expect["byzantine"].items.map { .text($0.value.text ?? "") }),
      "slashed_total": .exact(slashed), "remaining": .list(remaining), "attacks": .list(attacks),
      "secure": .flag(!all.contains(where: \.isProfitable)),
      "worst_margin": .exact(all.compactMap { one in one.cost.map { $0 - one.prize } }.min()),
    ])
  }

  // MARK: - Concentration

  /// `nakamoto_p_q` and `topN_share` are computed for the p, q and N that are asked for.
  static func concentration(_ input: Reader, _ expect: Reader) throws(UnreadableVector) -> Computed {
    var weights: [UInt128] = []
    for one in input["weights"].items { weights.append(try one.amount()) }
    let concentration = Concentration(weights)
    var got: [String: Computed] = [
      "n": .exact(concentration.count), "total": .exact(concentration.total), "hhi": .real(concentration.hhi),
      "gini": .real(concentration.gini),
    ]
    for key in expect.value.members.keys.sorted() {
      let parts = key.split(separator: "_")
      if parts.count == 3, parts[0] == "nakamoto", let p = UInt64(parts[1]), let q = UInt64(parts[2]) {
        got[key] = concentration.nakamoto(p, q).map { .exact($0) } ?? .nothing
      } else if parts.count == 2, parts[1] == "share", parts[0].hasPrefix("top"),
        let n = Int(parts[0].dropFirst(3))
      {
        got[key] = .real(concentration.topShare(n))
      }
    }
    return .record(got)
  }
}
