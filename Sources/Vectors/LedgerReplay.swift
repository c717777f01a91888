// Replays recorded operations of the restaking contracts on the ledger and compares every observation.
//
// Format: JSON files of the `core` family (a configuration, an initial observation map, and steps with the observations
// that changed) and of the `slashSequences` kind. Amounts are decimal strings. Nothing here knows a particular file.

import Contracts

/// A replay of one document. `run` compares, after every step, the outcome, the returned values and all observations.
public struct LedgerReplay {
  var ledger: RestakingLedger
  var block: BlockNumber
  var accounts: [String: AccountID] = [:]
  var names: [String] = []
  var strategies: [String: StrategyID] = [:]
  var strategyNames: [String] = []
  var sets: [String: OperatorSetID] = [:]

  init(_ document: VectorField) throws(MalformedVector) {
    let config = document["config"]
    let delays = ProtocolDelays(
      deallocation: try config["deallocationDelay"].number(UInt64.self),
      configuration: try config["allocationConfigurationDelay"].number(UInt64.self),
      withdrawal: try config["minWithdrawalDelayBlocks"].number(UInt64.self))
    ledger = RestakingLedger(delays: delays)
    block = try config["startBlock"].number(UInt64.self)
    for entry in try config["strategyOrderAscending"].items() {
      let name = try entry.text()
      strategies[name] = ledger.addStrategy(isNativeETH: name == "beacon")
      strategyNames.append(name)
    }
  }

  /// Replays a document of the family.
  static func run(_ document: VectorField, _ outcome: inout ReplayOutcome) throws(MalformedVector) {
    var replay = try LedgerReplay(document)
    var expected = try ObservationMap(document["initial"])
    expected.compare("initial", &outcome) { replay.observe($0) }
    for step in try document["steps"].items() {
      let place = step.stepName(outcome.steps)
      outcome.steps += 1
      replay.block += try step["advance"].ifPresent?.number(UInt64.self) ?? 0
      if let block = step["block"].ifPresent {
        outcome.compare("\(place) block", expected: .amount(try block.amount()), got: .amount(replay.block))
      }
      try replay.perform(step).compare(with: step, place, &outcome)
      try expected.apply(step["changed"])
      expected.compare(place, &outcome) { replay.observe($0) }
    }
  }

  // MARK: - Names

  mutating func account(_ name: String?) -> AccountID {
    let name = name ?? ""
    if let known = accounts[name] { return known }
    let id = ledger.addAccount()
    accounts[name] = id
    names.append(name)
    return id
  }

  func name(_ account: AccountID?) -> String { account.map { names[$0.index] } ?? "" }

  /// The strategy of that name; an id that none has when there is no such strategy.
  func strategy(_ field: VectorField) throws(MalformedVector) -> StrategyID {
    strategies[try field.text()] ?? StrategyID(UInt16.max)
  }
  func strategyList(_ field: VectorField) throws(MalformedVector) -> [StrategyID] {
    var list: [StrategyID] = []
    for item in try field.items() { list.append(try strategy(item)) }
    return list
  }

  /// The set of that name; an id that no set has when it does not exist.
  func set(_ name: String?) -> OperatorSetID { sets[name ?? ""] ?? OperatorSetID(UInt32.max) }
}
