// `avsim risk check`: vectors of restaking economics, each computed by the code that runs use.
//
// A vector is {id, kind, input | graph | network, expect}. Kinds are told apart by name; one that is not known here fails, as
// does a key of `expect` that nothing computes.

public import Vectors

public enum RiskCheck {
  /// Checks every vector of a document. A document without vectors gives one failed outcome.
  public static func run(_ document: JSONValue, file: String) -> [VectorOutcome] {
    let vectors = document["vectors"].items
    guard !vectors.isEmpty else {
      var outcome = VectorOutcome(file: file, vector: "", kind: document["family"].text ?? "")
      outcome.fail("not a document of this format: it has no vectors")
      return [outcome]
    }
    return vectors.map { check($0, file: file) }
  }

  static func check(_ vector: JSONValue, file: String) -> VectorOutcome {
    let kind = vector["kind"].text ?? ""
    var outcome = VectorOutcome(file: file, vector: vector["id"].text ?? "", kind: kind)
    guard let compute = kinds[kind] else {
      outcome.fail("kind: '\(kind)' is not known")
      return outcome
    }
    do throws(UnreadableVector) {
      let input = ["input", "graph", "network"].first { vector[$0] != .null } ?? "input"
      let expect = Reader(vector["expect"], "expect")
      let got = try compute(Reader(vector[input], input), expect)
      outcome.compare("expect", expected: expect.value, got: got)
    } catch {
      outcome.fail(error.reason)
    }
    return outcome
  }

  typealias Computation = @Sendable (_ input: Reader, _ expect: Reader) throws(UnreadableVector) -> Computed

  /// By kind of vector. `expect` tells what was asked (which shocks, which sets of services); values in it are not used.
  private static let kinds: [String: Computation] = [
    "restaking_graph": GraphVectors.graph, "elastic_network": GraphVectors.elastic,
    "concentration": GraphVectors.concentration,
    "eth_slashing": PenaltyVectors.ethereum, "eip7716": PenaltyVectors.antiCorrelation,
    "avs_correlated": PenaltyVectors.correlated, "strong_safety": PenaltyVectors.strongSafety,
    "attester_slashing": PenaltyVectors.votes, "slash_accuracy": AccuracyVectors.accuracy,
    "symbiotic_vault_slash": SymbioticVectors.vaultSlash,
    "symbiotic_network_restake": SymbioticVectors.networkRestake,
    "symbiotic_full_restake": SymbioticVectors.fullRestake,
    "symbiotic_slashable_stake": SymbioticVectors.slashableStake,
    "symbiotic_veto_timeline": SymbioticVectors.vetoTimeline,
    "symbiotic_staker_rewards": SymbioticVectors.stakerRewards,
    "eigenlayer_v1_day": RewardVectors.byWeight, "eigenlayer_unique_stake_day": RewardVectors.byUniqueStake,
    "programmatic_incentives": RewardVectors.programmatic, "points": RewardVectors.points,
    "lrt2_vault": RewardVectors.vault, "lrt2_weekly": RewardVectors.weekly,
    "sla_rewards": RewardVectors.serviceLevel, "eigenda_sla": RewardVectors.tieredServiceLevel,
    "tariff_kink": MarketVectors.kinkedTariff, "tariff_controller": MarketVectors.tariffController,
    "wardrop": MarketVectors.equalYield, "bounty_auction": MarketVectors.bountyAuction,
  ]
}
