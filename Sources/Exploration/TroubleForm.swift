// What a hunt may put into a scenario: one row a kind of fault or adversary, as YAML with holes, and for each hole the values
// to try, from the weakest to the strongest. A new kind of fault needs a row here and nothing else; a row that does not
// fit a scenario (it names no regions, say) is left out when the hunt begins.

/// One kind of trouble.
public struct TroubleForm: Sendable, Equatable {
  public enum List: String, Sendable {
    case faults, adversaries
  }
  public var list: List
  public var name: String
  /// A flow mapping's inside, `@0` to `@9` standing for values.
  public var text: String
  /// For each hole, from weak to strong.
  public var ladders: [[String]]

  init(_ list: List, _ name: String, _ text: String, _ ladders: [String]...) {
    self.list = list
    self.name = name
    self.text = text
    self.ladders = ladders
  }

  /// Kinds that need nothing but nodes.
  static let plain: [TroubleForm] = [
    TroubleForm(.faults, "partition", "partition: {random: @0}", ["10%", "20%", "30%", "40%", "50%"]),
    TroubleForm(.faults, "isolation", "partition: {isolate: @0}", ["1", "2", "3", "4"]),
    TroubleForm(.faults, "watcher isolation", "partition: {isolate: {role: watcher}}"),
    TroubleForm(.faults, "aggregator isolation", "partition: {isolate: {role: aggregator}}"),
    TroubleForm(.faults, "crash", "crash: {nodes: @0}", ["1", "2", "3", "4"]),
    TroubleForm(.faults, "crash that forgets", "state: lost, crash: {nodes: @0}", ["1", "2", "3", "4"]),
    TroubleForm(.faults, "watcher crash", "state: lost, crash: {nodes: {role: watcher}}"),
    TroubleForm(.faults, "aggregator crash", "crash: {nodes: {role: aggregator}}"),
    TroubleForm(
      .faults, "aggregator crash that forgets", "state: lost, crash: {nodes: {role: aggregator}}"),
    TroubleForm(.faults, "loss", "loss: @0", ["2%", "5%", "10%", "20%", "40%"]),
    TroubleForm(
      .faults, "loss around nodes", "loss: {share: @0, nodes: @1}", ["20%", "50%", "90%"], ["1", "2", "4"]),
    TroubleForm(.faults, "latency", "latency: {add: @0}", ["100ms", "300ms", "1s", "2500ms"]),
    TroubleForm(
      .faults, "latency around nodes", "latency: {add: @0, nodes: @1}", ["300ms", "1s", "2500ms"],
      ["1", "2", "4"]),
    TroubleForm(
      .faults, "slow processors", "slowCPU: {nodes: @0, factor: @1}", ["1", "2", "4"], ["4", "20", "100"]),
    TroubleForm(.adversaries, "silence", "who: {operators: @0}, do: silent", ["1", "2", "3", "4"]),
    TroubleForm(
      .adversaries, "lateness", "who: {operators: @0}, do: {late: {by: @1}}", ["1", "2", "3"],
      ["500ms", "2s", "6s"]),
    TroubleForm(
      .adversaries, "equivocation", "who: {operators: @0}, do: equivocate", ["1", "2", "3"]),
    TroubleForm(
      .adversaries, "open equivocation", "who: {operators: @0}, do: {equivocate: openly}", ["1", "2", "3"]),
    TroubleForm(
      .adversaries, "wrong results", "who: {operators: @0}, do: invalidResult", ["1", "2", "3", "4", "6"]),
  ]

  /// Kinds that need regions.
  static func regional(_ regions: [String]) -> [TroubleForm] {
    guard regions.count > 1 else { return [] }
    return [
      TroubleForm(.faults, "region cut off", "partition: {regions: [[@0], rest]}", regions),
      TroubleForm(.faults, "region outage", "regionOutage: @0", regions),
      TroubleForm(
        .faults, "regional latency", "latency: {add: @1, regions: @0}", regions, ["300ms", "1s", "2500ms"]),
    ]
  }
}
