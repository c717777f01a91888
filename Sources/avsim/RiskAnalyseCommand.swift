// `avsim risk analyse SCENARIO`: how secure the scenario's stake is at its start.

import ArgumentParser
import Basics
import Contracts
import Economy
import Foundation
import Participants
import Reporting
import Risk
import Runs
import Scenarios

extension RiskCommand {
  struct Analyse: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "analyse",
      abstract: "Says how secure a scenario's stake is at its start.",
      discussion: """
        Builds the chain's state at the start and looks at its restaking graph in two views: with stake as it is allocated (what one \
        service can slash no other can) and with all stake of an operator behind each of its services. For each: the slack that the \
        local condition certifies, the true one where the graph is small (16 operators, 16 services), an attack if there is one, and \
        what a first loss leads to, beside the bound of Durvasula and Roughgarden. Exit code 1 with --secure when an attack pays.
        """)

    @Argument(help: "A scenario file.") var scenario: String
    @Option(
      name: .customLong("set"),
      help: ArgumentHelp("Change one key of the scenario.", valueName: "key.path=value"))
    var overrides: [String] = []
    @Option(
      parsing: .upToNextOption,
      help: ArgumentHelp("Shares of stake lost at first, in percent.", valueName: "percent"))
    var shock: [Double] = [0.1, 1, 5]
    @Flag(help: "Print JSON on stdout.") var json = false
    @Flag(help: "End with exit code 1 when stake as allocated can be attacked at a profit.") var secure =
      false

    func validate() throws {
      for share in shock where !(share > 0 && share <= 100) {
        throw ValidationError("--shock \(share): write percentages above 0, at most 100")
      }
    }

    func run() throws {
      let document = try diagnosing {
        let loaded = try Scenario.load(scenario, overrides: overrides)
        let blueprint = try Blueprint(loaded)
        let coordinator = try Coordinator(blueprint.chain) { _ in true }
        guard let graph = coordinator.stakeGraph() else { preconditionFailure("no stake graph") }
        return AnalysisDocument(
          loaded, names: blueprint.deployment.nodes.map(\.name), graph, shocks: shock.map { $0 / 100 })
      }
      print(json ? document.json.text(pretty: true) : document.text)
      if secure, document.views[0].isSecure == false { throw Exit.expectationFailed }
    }
  }
}

/// The analysis in words and as JSON.
struct AnalysisDocument {
  let scenario: Scenario
  let names: [String]
  let graph: StakeGraph
  let gauge: RiskGauge
  let views: [StakeAnalysis]
  let concentration: Concentration
  let elastic: [(alone: [Double?], worst: Double?)]

  init(_ scenario: Scenario, names: [String], _ graph: StakeGraph, shocks: [Double]) {
    self.scenario = scenario
    self.names = names
    self.graph = graph
    gauge = graph.gauge(at: .zero)
    views = [false, true].map { StakeAnalysis(graph, isShared: $0, shocks: shocks) }
    concentration = Concentration(graph.stakes)
    // Beyond some tens of both the exact cost of elastic attacks takes long.
    let isSmall = graph.stakes.count * max(graph.services.count, 1) <= 4_096
    elastic = isSmall ? [false, true].map { graph.elasticMargins(isShared: $0) } : []
  }

  private func attack(_ found: StakeAnalysis.Attack?) -> JSONValue {
    guard let found else { return .null }
    return [
      "services": .array(found.services.map { JSONValue(scenario.services[$0].name) }),
      "operators": .array(found.operators.map { JSONValue(names[$0]) }),
      "netProfitEth": JSONValue(found.netProfit / 1e18), "exact": JSONValue(found.isExact),
    ]
  }

  private func view(_ index: Int) -> JSONValue {
    let one = views[index]
    var members: [JSONValue.Member] = [
      .init("gammaCertified", JSONValue(one.gammaCertified)), .init("gammaExact", JSONValue(one.gammaExact)),
      .init("secure", JSONValue(one.isSecure)), .init("attack", attack(one.attack)),
    ]
    let shocks = one.shocks.map { shock -> JSONValue in
      [
        "share": JSONValue(shock.share), "loss": JSONValue(shock.loss), "exact": JSONValue(shock.isExact),
        "rounds": JSONValue(shock.rounds), "bound": JSONValue(shock.bound),
      ]
    }
    members.append(.init("shocks", .array(shocks)))
    let burdens = one.burdens.prefix(10).map { burden -> JSONValue in
      ["operator": JSONValue(names[burden.operatorIndex]), "burden": JSONValue(burden.burden)]
    }
    members.append(.init("burdens", .array(Array(burdens))))
    if index < elastic.count {
      let alone = elastic[index].alone.map { JSONValue($0.map { $0 / 1e18 }) }
      let worst = JSONValue(elastic[index].worst.map { $0 / 1e18 })
      members.append(.init("elastic", ["marginEth": .array(alone), "worstMarginEth": worst]))
    } else {
      members.append(.init("elastic", .null))
    }
    return .object(members)
  }

  var json: JSONValue {
    let services = graph.services.indices.map { k -> JSONValue in
      let stake = graph.members[k].reduce(UInt128(0)) { $0 + $1.weight }
      return [
        "name": JSONValue(scenario.services[k].name), "operators": JSONValue(graph.members[k].count),
        "stakeWei": JSONValue(amount: stake), "profitWei": JSONValue(amount: graph.services[k].profit),
        "threshold": JSONValue(Double(graph.services[k].quorumBips) / 10_000),
        "punished": JSONValue(graph.services[k].isPunished),
      ]
    }
    return [
      "name": JSONValue(scenario.name), "operators": JSONValue(graph.stakes.count),
      "services": .array(services), "gammaCertified": JSONValue(gauge.gammaCertified),
      "freeProfitWei": JSONValue(amount: gauge.freeProfit), "leverage": JSONValue(gauge.leverage),
      "baseExposure": JSONValue(gauge.baseExposure),
      "concentration": [
        "hhi": JSONValue(concentration.hhi), "gini": JSONValue(concentration.gini),
        "nakamoto33": JSONValue(concentration.nakamoto(1, 3)),
        "nakamoto67": JSONValue(concentration.nakamoto(2, 3)),
      ],
      "allocated": view(0), "shared": view(1),
    ]
  }

  var text: String {
    func ratio(_ value: Double?) -> String { value.map { String(format: "%.4f", $0) } ?? "undefined" }
    func percent(_ value: Double?) -> String { value.map { String(format: "%.3f %%", $0 * 100) } ?? "none" }
    var lines = ["\(scenario.name): \(graph.stakes.count) operators, \(graph.services.count) services"]
    lines.append(
      "concentration  HHI \(ratio(concentration.hhi))  Gini \(ratio(concentration.gini))  "
        + "a third with \(concentration.nakamoto(1, 3) ?? 0), two thirds with \(concentration.nakamoto(2, 3) ?? 0)"
    )
    lines.append(
      "leverage \(ratio(gauge.leverage))  native ETH slashable by services \(percent(gauge.baseExposure))")
    if gauge.freeProfit > 0 {
      lines.append("to be gained where nothing can be slashed: \(Double(gauge.freeProfit) / 1e18) ETH")
    }
    for (view, title) in zip(views, ["stake as allocated", "all stake behind every service"]) {
      lines.append("")
      lines.append(title)
      lines.append("  certified slack \(ratio(view.gammaCertified))  true slack \(ratio(view.gammaExact))")
      if let found = view.attack {
        let services = found.services.prefix(6).map { scenario.services[$0].name }.joined(separator: ", ")
        lines.append(
          "  attack: \(found.operators.count) operators on \(found.services.count) services (\(services)) gain "
            + String(format: "%.4g ETH", found.netProfit / 1e18))
      } else {
        lines.append(
          view.isSecure == true ? "  secure: no attack pays" : "  no attack was found; not decided")
      }
      for shock in view.shocks {
        lines.append(
          "  lose \(percent(shock.share)): \(shock.isExact ? "worst" : "found") loss \(percent(shock.loss)), "
            + "bound \(percent(shock.bound))")
      }
      for burden in view.burdens.prefix(3) {
        lines.append("  burden of \(names[burden.operatorIndex]): \(ratio(burden.burden))")
      }
    }
    return lines.joined(separator: "\n")
  }
}
