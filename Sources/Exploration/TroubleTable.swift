// What a hunt may put into a scenario: the vocabulary of `topologies/FAULTS.md`, one row a kind. A new kind needs a row here
// and nothing else; a row that does not fit a scenario (it names no regions, say) is left out when the hunt begins, and so
// are values that do not fit. Common trouble weighs more, so that a large vocabulary does not crowd it out.

import Scenarios

extension TroubleForm {
  /// Every kind, with what the scenario itself names put in.
  static func table(_ scenario: Scenario) -> [TroubleForm] {
    common + links + nodes + patterns + chain + regional(scenario.knownRegions) + commonAdversaries
      + adversaries + swarms + placed(scenario)
  }

  private static let few = ["1", "2", "3", "4"]
  private static let some = ["1", "2", "4"]

  /// What happens every day.
  private static let common: [TroubleForm] = [
    TroubleForm(
      .faults, "partition", "partition: {random: @0}", ["10%", "20%", "30%", "40%", "50%"], weight: 8),
    TroubleForm(.faults, "isolation", "partition: {isolate: @0}", few, weight: 8),
    TroubleForm(.faults, "watcher isolation", "partition: {isolate: {role: watcher}}", weight: 8),
    TroubleForm(.faults, "aggregator isolation", "partition: {isolate: {role: aggregator}}", weight: 8),
    TroubleForm(.faults, "crash", "crash: {nodes: @0}", few, weight: 8),
    TroubleForm(.faults, "crash that forgets", "state: lost, crash: {nodes: @0}", few, weight: 8),
    TroubleForm(.faults, "watcher crash", "state: lost, crash: {nodes: {role: watcher}}", weight: 8),
    TroubleForm(.faults, "aggregator crash", "crash: {nodes: {role: aggregator}}", weight: 8),
    TroubleForm(
      .faults, "aggregator crash that forgets", "state: lost, crash: {nodes: {role: aggregator}}", weight: 8),
    TroubleForm(.faults, "loss", "loss: @0", ["2%", "5%", "10%", "20%", "40%"], weight: 8),
    TroubleForm(
      .faults, "loss around nodes", "loss: {share: @0, nodes: @1}", ["20%", "50%", "90%"], some, weight: 8),
    TroubleForm(.faults, "latency", "latency: {add: @0}", ["100ms", "300ms", "1s", "2500ms"], weight: 8),
    TroubleForm(
      .faults, "latency around nodes", "latency: {add: @0, nodes: @1}", ["300ms", "1s", "2500ms"], some,
      weight: 8),
    TroubleForm(
      .faults, "slow processors", "slowCPU: {nodes: @0, factor: @1}", some, ["4", "20", "100"], weight: 8),
  ]

  private static let links: [TroubleForm] = [
    TroubleForm(.faults, "one-way cut", "partition: {random: @0, oneWay: true}", ["10%", "30%", "50%"]),
    TroubleForm(.faults, "one-way isolation", "partition: {isolate: @0, oneWay: true}", few),
    TroubleForm(.faults, "bridge", "partition: {bridge: @0}", ["4", "2", "1"]),
    TroubleForm(.faults, "scaled latency", "latency: {scale: @0}", ["2", "10", "50"]),
    TroubleForm(
      .faults, "jitter", "jitter: {most: @0, correlation: @1}", ["100ms", "500ms", "2s"],
      ["0%", "50%", "90%"]
    ),
    TroubleForm(
      .faults, "bandwidth", "bandwidth: {rate: @0, queue: @1}", ["1Mbit/s", "100kbit/s", "20kbit/s"],
      ["256KiB", "16KiB"]),
    TroubleForm(
      .faults, "throttle", "throttle: {nodes: @0, rate: @1, queue: @2}", some,
      ["1Mbit/s", "100kbit/s", "20kbit/s"], ["256KiB", "16KiB"]),
    TroubleForm(
      .faults, "loss by kind", "loss: {share: @0, of: @1}", ["20%", "50%", "100%"], ["control", "messages"]),
    TroubleForm(
      .faults, "burst loss", "burstLoss: {worsen: @0, recover: @1}", ["1%", "5%", "20%"],
      ["50%", "20%", "5%"]),
    TroubleForm(.faults, "duplicates", "duplicate: @0", ["10%", "50%", "100%"]),
    TroubleForm(
      .faults, "reordering", "reorder: {share: @0, by: @1}", ["10%", "50%"], ["100ms", "500ms", "2s"]),
    TroubleForm(.faults, "corruption", "corrupt: @0", ["1%", "5%", "20%"]),
    TroubleForm(.faults, "truncation", "truncate: @0", ["1%", "5%", "20%"]),
    TroubleForm(
      .faults, "flapping", "flap: {up: @0, down: @1}", ["4s", "1s", "300ms"], ["200ms", "1s", "4s"]),
    TroubleForm(
      .faults, "clogging", "clog: {every: @0, longest: @1}", ["4s", "2s"], ["100ms", "500ms", "2s"]),
    TroubleForm(.faults, "hold", "hold: {}"),
    TroubleForm(.faults, "hold around nodes", "hold: {nodes: @0}", some),
    TroubleForm(
      .faults, "eclipse of nodes", "eclipse: {nodes: @0, keep: @1}", some, ["4", "2", "1", "0"]),
  ]

  private static let nodes: [TroubleForm] = [
    TroubleForm(.faults, "pause", "pause: {nodes: @0}", few),
    TroubleForm(.faults, "watcher pause", "pause: {nodes: {role: watcher}}"),
    TroubleForm(.faults, "aggregator pause", "pause: {nodes: {role: aggregator}}"),
    TroubleForm(
      .faults, "clock ahead", "clock: {nodes: @0, ahead: @1}", some, ["200ms", "1s", "4s"]),
    TroubleForm(
      .faults, "clock behind", "clock: {nodes: @0, behind: @1}", some, ["200ms", "1s", "4s"]),
    TroubleForm(
      .faults, "aggregator clock ahead", "clock: {nodes: {role: aggregator}, ahead: @0}",
      ["200ms", "1s", "4s"]
    ),
    TroubleForm(
      .faults, "aggregator clock behind", "clock: {nodes: {role: aggregator}, behind: @0}",
      ["200ms", "1s", "4s"]),
    TroubleForm(
      .faults, "fast clock", "clock: {nodes: @0, drift: @1}", some, ["1000", "20000", "100000"]),
    TroubleForm(
      .faults, "slow clock", "clock: {nodes: @0, drift: @1}", some, ["-1000", "-20000", "-100000"]),
    TroubleForm(
      .faults, "duplicated key", "keyDuplication: {nodes: @0, disagree: @1}", ["1", "2", "3"],
      ["5%", "20%", "100%"]),
    TroubleForm(.faults, "faulty software", "faultySoftware: {nodes: @0}", ["1", "2", "4", "6"]),
    TroubleForm(.faults, "slow RPC", "rpcDelay: {nodes: @0, add: @1}", some, ["500ms", "2s", "6s"]),
    TroubleForm(
      .faults, "slow RPC of the aggregator", "rpcDelay: {nodes: {role: aggregator}, add: @0}",
      ["500ms", "2s", "6s"]),
  ]

  private static let patterns: [TroubleForm] = [
    TroubleForm(
      .faults, "rolling restart", "rollingRestart: {nodes: @0, down: @1, every: @2}", ["2", "4", "8"],
      ["1s", "3s"], ["4s", "2s"]),
    TroubleForm(
      .faults, "restart storm", "restartStorm: {nodes: @0, down: @1, times: @2}", some, ["500ms", "2s"],
      ["1", "3"]),
    TroubleForm(
      .faults, "churn", "churn: {nodes: @0, session: {exponential: {mean: @1}}, down: @2}", some,
      ["16s", "4s"], ["500ms", "3s"]),
    TroubleForm(.faults, "crash of all who aggregate", "aggregatorCrash: all"),
    TroubleForm(.faults, "crash of some who aggregate", "aggregatorCrash: {count: @0}", ["1", "2"]),
    TroubleForm(
      .faults, "swizzle clog", "swizzleClog: {nodes: @0, within: @1}", some, ["500ms", "2s"]),
    TroubleForm(
      .faults, "swarm of faults", "swarm: {rate: @0, longest: @1}", ["0.1/s", "0.5/s"], ["2s", "8s"]),
  ]

  private static let chain: [TroubleForm] = [
    TroubleForm(.faults, "halted chain", "chainHalt: true"),
    TroubleForm(.faults, "slow blocks", "slowBlocks: @0", ["10%", "30%", "60%", "90%"]),
    TroubleForm(.faults, "gas spike", "gasSpike: @0", ["2", "10", "100"]),
    TroubleForm(
      .faults, "censored transactions", "censorTransaction: {kinds: [@0], share: @1}",
      ["createTask", "certificate", "evidence", "dispute"], ["30%", "100%"]),
    TroubleForm(
      .faults, "reorg", "reorg: {depth: @0, lost: @1}", ["1", "2", "3"], ["0%", "50%", "100%"],
      timing: .moment),
  ]

  /// Kinds that need regions.
  private static func regional(_ regions: [String]) -> [TroubleForm] {
    guard regions.count > 1 else { return [] }
    return [
      TroubleForm(.faults, "region cut off", "partition: {regions: [[@0], rest]}", regions, weight: 8),
      TroubleForm(.faults, "region outage", "regionOutage: @0", regions, weight: 8),
      TroubleForm(
        .faults, "regional latency", "latency: {add: @1, regions: @0}", regions, ["300ms", "1s", "2500ms"],
        weight: 8),
    ]
  }
}
