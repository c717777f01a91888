// Vectors of the same form with other values: inputs are changed in ways whose effect on the answer is known by a law, and the expected
// answer with them. What passed must still pass; and where only the answer is changed, the file, the case and the key are named.

import Exact
import Foundation
import RiskVectors
import Testing
import Vectors

/// What multiplying all amounts of money or stake by a whole number does: to which keys of the input, and of the answer. A key stands
/// for everything below it.
private struct Scaling {
  var inputs: Set<String>
  var answers: Set<String>
  /// The whole answer, where it has no keys.
  var scalesAll = false
}

private let scalings: [String: Scaling] = [
  // Stakes and profits: attacks gain and lose so much more, slack and shares of stake stay.
  "restaking_graph": Scaling(
    inputs: ["profit", "stake"],
    answers: ["total_stake", "net_profit", "max_cascade_loss", "total_loss"]),
  "elastic_network": Scaling(
    inputs: ["prize", "stake", "allocations"],
    answers: ["slashed_total", "stake", "allocations", "min_cost", "prize", "worst_margin"]),
  "concentration": Scaling(inputs: ["weights"], answers: ["total"]),
  "strong_safety": Scaling(
    inputs: ["slashed", "harm", "cover"], answers: ["pot", "insured_due", "paid", "uncovered_harm"]),
  "points": Scaling(inputs: ["eth"], answers: ["points"]),
  "programmatic_incentives": Scaling(
    inputs: ["initial_supply"],
    answers: ["annual", "weekly", "weekly_operators", "weekly_stakers", "annual_eth_lst", "annual_eigen"]),
  // Weights alone: what is divided among them stays.
  "eigenlayer_v1_day": Scaling(inputs: ["weight"], answers: []),
  "eigenlayer_unique_stake_day": Scaling(inputs: ["shares"], answers: []),
  "lrt2_weekly": Scaling(inputs: ["balance"], answers: ["weights"]),
  "sla_rewards": Scaling(inputs: ["stake"], answers: []),
  // Rates.
  "tariff_kink": Scaling(inputs: ["base", "slope1", "slope2"], answers: [], scalesAll: true),
  "wardrop": Scaling(inputs: ["total_stake", "reward"], answers: ["stakes"]),
  "bounty_auction": Scaling(inputs: ["want", "size"], answers: ["filled", "fills"]),
  "symbiotic_network_restake": Scaling(inputs: ["operator_shares", "total_shares"], answers: []),
  "symbiotic_full_restake": Scaling(
    inputs: ["active_stake", "network_limit", "operator_network_limit"], answers: ["stake"]),
  "symbiotic_slashable_stake": Scaling(
    inputs: ["stake_at_capture", "cumulative_slash_now", "cumulative_slash_at_capture"],
    answers: ["slashable"]),
  "symbiotic_staker_rewards": Scaling(inputs: ["active_shares_at", "shares_of"], answers: []),
]

private func document(_ file: URL) throws -> JSONValue { try JSONValue(parsing: Data(contentsOf: file)) }

private func files() throws -> [URL] {
  let folder = try #require(Bundle.module.resourceURL).appendingPathComponent("Vectors")
  return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    .filter { $0.pathExtension == "json" }.sorted { $0.path < $1.path }
}

private func scaled(_ value: JSONValue, by factor: Int) -> JSONValue {
  switch value {
  case .string(let text): Rational(text).map { .string(($0 * Rational(factor)).description) } ?? value
  case .integer(let number): .integer(number * Int64(factor))
  case .number(let number): .number(number * Double(factor))
  case .array(let items): .array(items.map { scaled($0, by: factor) })
  case .object(let members): .object(members.mapValues { scaled($0, by: factor) })
  default: value
  }
}

/// Everything below the named keys.
private func scaled(_ value: JSONValue, at keys: Set<String>, by factor: Int) -> JSONValue {
  switch value {
  case .array(let items): return .array(items.map { scaled($0, at: keys, by: factor) })
  case .object(let members):
    var result: [String: JSONValue] = [:]
    for (key, one) in members {
      result[key] = keys.contains(key) ? scaled(one, by: factor) : scaled(one, at: keys, by: factor)
    }
    return .object(result)
  default: return value
  }
}

private func with(_ vector: JSONValue, _ key: String, _ value: JSONValue) -> JSONValue {
  guard case .object(var members) = vector else { return vector }
  members[key] = value
  return .object(members)
}

@Suite("Vectors with other values") struct OtherValuesTests {
  @Test("amounts times three, and times seven", arguments: [3, 7]) func scaledVectorsPass(factor: Int) throws
  {
    var judged: Set<String> = []
    for file in try files() {
      for vector in try document(file)["vectors"].items {
        let kind = vector["kind"].text ?? ""
        // The costliest search is done once, elsewhere.
        guard let scaling = scalings[kind], vector["id"].text != "dr-thm7-long-cascade" else { continue }
        judged.insert(kind)
        let input = ["input", "graph", "network"].first { vector[$0] != .null } ?? "input"
        var other = with(vector, input, scaled(vector[input], at: scaling.inputs, by: factor))
        let expect = vector["expect"]
        other = with(
          other, "expect",
          scaling.scalesAll
            ? scaled(expect, by: factor) : scaled(expect, at: scaling.answers, by: factor))
        #expect(other != vector, "\(kind)")
        let outcome = RiskCheck.run(.object(["vectors": .array([other])]), file: file.lastPathComponent)[0]
        #expect(outcome.failed == 0, "\(outcome.vector) times \(factor): \(outcome.first ?? "")")
        #expect(outcome.observations > 0)
        // Where amounts are in the answer, the answer of the vector as it was is wrong now.
        let stale = with(other, "expect", expect)
        if scaled(expect, at: scaling.answers, by: factor) != expect || scaling.scalesAll {
          let old = RiskCheck.run(.object(["vectors": .array([stale])]), file: "stale.json")[0]
          #expect(old.failed > 0, "\(old.vector)")
        }
      }
    }
    #expect(judged == Set(scalings.keys))
  }

  /// Other operators under other names, in another order: nothing but names changes.
  @Test func namesDoNotMatter() throws {
    func renamed(_ value: JSONValue) -> JSONValue {
      switch value {
      case .object(let members):
        var result: [String: JSONValue] = [:]
        for (key, one) in members {
          if ["id", "services", "validators", "worst_shock", "shock", "free_services"].contains(key) {
            result[key] = names(one)
          } else if key == "T", case .object(let table) = one {
            result[key] = .object(Dictionary(uniqueKeysWithValues: table.map { ("op-" + $0.key, $0.value) }))
          } else {
            result[key] = renamed(one)
          }
        }
        return .object(result)
      case .array(let items): return .array(items.map { renamed($0) })
      default: return value
      }
    }
    func names(_ value: JSONValue) -> JSONValue {
      switch value {
      case .string(let text): .string("op-" + text)
      case .array(let items): .array(items.map { names($0) })
      default: renamed(value)
      }
    }
    let file = try #require(try files().first { $0.lastPathComponent == "graph-security.json" })
    for vector in try document(file)["vectors"].items where vector["id"].text != "dr-thm7-long-cascade" {
      let other = with(
        with(vector, "graph", renamed(vector["graph"])), "expect", renamed(vector["expect"]))
      let outcome = RiskCheck.run(.object(["vectors": .array([other])]), file: "renamed.json")[0]
      #expect(outcome.failed == 0, "\(outcome.vector): \(outcome.first ?? "")")
    }
  }

  /// A tariff moved by hand, a graph with one operator more that serves nobody: answers worked out anew.
  @Test func anIdleOperatorChangesSharesAlone() throws {
    let text = """
      {"vectors": [{"id": "idle", "kind": "restaking_graph",
        "graph": {"services": [{"id": "x", "profit": "5", "alpha": "1/2"}],
          "validators": [{"id": "a", "stake": "10", "services": ["x"]}, {"id": "b", "stake": "10", "services": ["x"]}, {"id": "c", "stake": "20", "services": []}]},
        "expect": {"total_stake": "40", "secure": true, "gamma_sup": "1", "gamma_certified": "1", "T": {"a": "1/2", "b": "1/2", "c": "0"},
          "valid_attack_count": 0, "best_attack": null, "free_services": []}}]}
      """
    let outcome = RiskCheck.run(try JSONValue(parsing: Data(text.utf8)), file: "idle.json")[0]
    #expect(outcome.failed == 0, "\(outcome.first ?? "")")
  }

  @Test("a wrong answer is named by file, case and key") func wrongAnswersAreNamed() throws {
    for file in try files() {
      for vector in try document(file)["vectors"].items.prefix(3) {
        guard case .object(var expected) = vector["expect"], vector["id"].text != "dr-thm7-long-cascade",
          let key = expected.keys.sorted().first(where: { expected[$0] != .array([]) })
        else { continue }
        expected[key] = .string("123456789/7")
        let wrong = with(vector, "expect", .object(expected))
        let outcome = RiskCheck.run(.object(["vectors": .array([wrong])]), file: file.lastPathComponent)[0]
        #expect(outcome.failed > 0, "\(outcome.vector)")
        #expect(outcome.file == file.lastPathComponent && outcome.vector == vector["id"].text)
        #expect(outcome.first?.contains("expect.\(key)") == true, "\(outcome.first ?? "")")
        #expect(outcome.first?.contains("123456789/7") == true, "\(outcome.first ?? "")")
      }
    }
  }
}
