// The part of the hunt's table that somebody does on purpose: every word of `topologies/FAULTS.md`, *Misbehaviour*.

import Scenarios

extension TroubleForm {
  private static let few = ["1", "2", "3"]

  private static func misconduct(
    _ name: String, _ word: String, _ ladders: [String]..., who: [String] = few, weight: Int = 1
  ) -> TroubleForm {
    var form = TroubleForm(.adversaries, name, "who: {operators: @0}, do: \(word)", who, weight: weight)
    form.ladders += ladders
    return form
  }

  static let commonAdversaries: [TroubleForm] = [
    misconduct("silence", "silent", who: ["1", "2", "3", "4"], weight: 8),
    misconduct("lateness", "{late: {by: @1}}", ["500ms", "2s", "6s"], weight: 8),
    misconduct("equivocation", "equivocate", weight: 8),
    misconduct("open equivocation", "{equivocate: openly}", weight: 8),
    misconduct("wrong results", "invalidResult", who: ["1", "2", "3", "4", "6"], weight: 8),
  ]

  private static let victims = ["0", "0, 1", "0, 1, 2"]
  private static let counts = ["1", "4", "16"]

  static let adversaries: [TroubleForm] = [
    misconduct("lateness inside the window", "{late: {inside: @1}}", ["500ms", "100ms", "1ms"]),
    misconduct("lateness past the window", "{late: {past: @1}}", ["1ms", "200ms", "1s"]),
    misconduct(
      "equivocation to some", "{equivocate: {manner: disjoint, share: @1}}", ["10%", "30%", "90%"]),
    misconduct("wrong quorum", "wrongQuorum", who: ["4", "6", "8", "10"]),
    misconduct("surround votes", "{surround: {back: @1}}", ["2", "4"]),
    misconduct("lazy copies", "lazyCopy", who: ["1", "3", "6"]),
    misconduct("withholding", "withhold", who: ["1", "2", "4"]),
    misconduct("censorship", "{censor: {victims: [@1]}}", victims, who: ["1", "2", "4"]),
    misconduct("degradation", "{degrade: {passes: @1}}", ["75%", "50%", "0%"], who: ["1", "2", "4"]),
    misconduct("invalid signatures", "invalidSignature"),
    misconduct("impersonation", "{impersonate: {victims: [@1]}}", victims),
    misconduct("replays", "{replay: {count: @1}}", counts),
    misconduct("spam", "{spam: {count: @1}}", counts),
    misconduct("IHAVE flood", "{ihaveFlood: {count: @1}}", counts),
    misconduct("IWANT flood", "{iwantFlood: {count: @1}}", counts),
    misconduct("GRAFT spam", "{graftSpam: {count: @1}}", counts),
    misconduct("forged evidence", "{forgedEvidence: {victims: [@1]}}", victims),
    misconduct("griefing", "{griefing: {count: @1}}", counts),
    misconduct("withholding as an aggregator", "aggregatorWithholding"),
    misconduct("censorship as an aggregator", "{aggregatorWithholding: {victims: [@1]}}", victims),
  ]

  private static let sizes = ["1", "2", "4", "8"]

  /// Identities that come beside the network's nodes.
  static let swarms: [TroubleForm] = [
    TroubleForm(
      .adversaries, "Sybils", "do: {sybil: {count: @0, dials: @1, passes: @2}}", sizes, ["3", "10"],
      ["50%", "0%"]),
    TroubleForm(
      .adversaries, "Sybils on one address", "do: {sybil: {count: @0, addresses: 1}}", sizes),
    TroubleForm(
      .adversaries, "eclipse by Sybils", "do: {eclipse: {victims: @0, count: @1}}", ["one", "publishers"],
      sizes),
    TroubleForm(.adversaries, "cold boot", "do: {coldBoot: {count: @0}}", sizes, timing: .fromStart),
    TroubleForm(.adversaries, "covert flash", "do: {covertFlash: {count: @0}}", sizes, timing: .later),
  ]

  /// Kinds that need what the scenario names: its services, resolvers, and a node that aggregates for all.
  static func placed(_ scenario: Scenario) -> [TroubleForm] {
    var forms: [TroubleForm] = []
    if scenario.aggregators == .coordinator {
      forms += [
        TroubleForm(
          .adversaries, "withholding by the aggregator",
          "who: {operators: {nodes: [@aggregator]}}, do: aggregatorWithholding"),
        TroubleForm(
          .adversaries, "censorship by the aggregator",
          "who: {operators: {nodes: [@aggregator]}}, do: {aggregatorWithholding: {victims: [@0]}}", victims),
      ]
    }
    let resolvers = scenario.services.flatMap(\.rules).compactMap { $0.veto?.resolver }
    let distinct = resolvers.enumerated().filter { resolvers.firstIndex(of: $0.element) == $0.offset }
    if !distinct.isEmpty {
      forms.append(
        TroubleForm(
          .adversaries, "veto abuse", "who: {operators: {nodes: [@0]}}, do: vetoAbuse",
          distinct.map(\.element)))
    }
    forms.append(
      TroubleForm(
        .adversaries, "malicious service",
        "who: {operators: @0, services: [@1]}, do: {maliciousService: {share: @2}}", few,
        scenario.services.map(\.name), ["10%", "100%"]))
    return forms
  }
}
