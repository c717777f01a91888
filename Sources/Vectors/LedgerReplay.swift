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

  init(_ document: JSONValue) {
    let config = document["config"]
    let delays = ProtocolDelays(
      deallocation: config["deallocationDelay"].count ?? ProtocolDelays.mainnet.deallocation,
      configuration: config["allocationConfigurationDelay"].count ?? ProtocolDelays.mainnet.configuration,
      withdrawal: config["minWithdrawalDelayBlocks"].count ?? ProtocolDelays.mainnet.withdrawal)
    ledger = RestakingLedger(delays: delays)
    block = config["startBlock"].count ?? 1
    for entry in config["strategyOrderAscending"].items {
      let name = entry.text ?? ""
      strategies[name] = ledger.addStrategy(isNativeETH: name == "beacon")
      strategyNames.append(name)
    }
  }

  /// Replays a document of either kind.
  public static func run(_ document: JSONValue, file: String) -> ReplayOutcome {
    var outcome = ReplayOutcome(file: file)
    if document["kind"].text == "slashSequences" {
      SlashSequenceReplay.run(document, &outcome)
      return outcome
    }
    guard !document["steps"].items.isEmpty, !document["config"].members.isEmpty else {
      outcome.fail("not a document of this format: it has no config or no steps")
      return outcome
    }
    var replay = LedgerReplay(document)
    var expected = document["initial"].members
    replay.compareAll(expected, "initial", &outcome)
    for step in document["steps"].items {
      outcome.steps += 1
      let place = "step \(step["i"].count ?? UInt64(outcome.steps - 1)) (\(step["op"].text ?? "?"))"
      replay.block += step["advance"].count ?? 0
      let result = replay.perform(step["op"].text ?? "", step["args"])
      outcome.compare("\(place) ok", expected: step["ok"], got: .bool(result.error == nil))
      if let error = result.error {
        outcome.compare("\(place) error", expected: step["error"], got: .string(error))
      } else {
        for (key, value) in step["ret"].members.sorted(by: { $0.key < $1.key }) {
          outcome.compare("\(place) ret.\(key)", expected: value, got: result.values[key] ?? .null)
        }
      }
      for (key, value) in step["changed"].members { expected[key] = value }
      replay.compareAll(expected, place, &outcome)
    }
    return outcome
  }

  mutating func compareAll(_ expected: [String: JSONValue], _ place: String, _ outcome: inout ReplayOutcome) {
    for (key, value) in expected.sorted(by: { $0.key < $1.key }) {
      outcome.compare("\(place) \(key)", expected: value, got: observe(key))
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

  func strategy(_ value: JSONValue) -> StrategyID { strategies[value.text ?? ""] ?? StrategyID(UInt16.max) }

  /// The set of that name; an id that no set has when it does not exist.
  func set(_ name: String?) -> OperatorSetID { sets[name ?? ""] ?? OperatorSetID(UInt32.max) }

  // MARK: - Operations

  struct Result {
    var error: String?
    var values: [String: JSONValue] = [:]
  }

  mutating func perform(_ op: String, _ args: JSONValue) -> Result {
    var result = Result()
    do throws(RestakingError) {
      switch op {
      case "advanceOnly": break
      case "registerOperator", "setAllocationDelay", "modifyAllocations", "clearDeallocationQueue",
        "registerForOperatorSets", "deregisterFromOperatorSets":
        try performOperator(op, args)
      case "createOperatorSet", "addStrategiesToOperatorSet", "removeStrategiesFromOperatorSet",
        "updateSlasher":
        try performSet(op, args)
      case "slashOperator", "clearBurnOrRedistributableShares":
        result.values = try performSlash(op, args)
      default:
        guard let values = try performStaker(op, args) else {
          result.error = "unknown operation \(op)"
          return result
        }
        result.values = values
      }
    } catch {
      result.error = error.name
    }
    return result
  }

  mutating func performOperator(_ op: String, _ args: JSONValue) throws(RestakingError) {
    let who = account(args["operator"].text)
    switch op {
    case "registerOperator":
      try ledger.registerOperator(
        who, allocationDelay: UInt32(args["allocationDelay"].count ?? 0), at: block)
    case "setAllocationDelay":
      try ledger.setAllocationDelay(who, delay: UInt32(args["delay"].count ?? 0), at: block)
    case "modifyAllocations":
      var changes: [AllocationChange] = []
      for entry in args["allocations"].items {
        for (one, magnitude) in zip(entry["strategies"].items, entry["newMagnitudes"].items) {
          changes.append(
            AllocationChange(
              set: set(entry["set"].text), strategy: strategy(one), magnitude: magnitude.count ?? 0))
        }
      }
      try ledger.modifyAllocations(who, changes, at: block)
    case "clearDeallocationQueue":
      ledger.clearDeallocationQueue(
        who, strategy(args["strategy"]), most: Int(args["numToClear"].count ?? 0), at: block)
    case "registerForOperatorSets":
      try ledger.register(who, in: set(args["set"].text), at: block)
    default:
      let caller = account(args["by"].text ?? args["operator"].text)
      if let avs = args["set"].text?.split(separator: "/").first { _ = account(String(avs)) }
      try ledger.deregister(who, from: set(args["set"].text), by: caller, at: block)
    }
  }

  mutating func performSet(_ op: String, _ args: JSONValue) throws(RestakingError) {
    let name = args["set"].text ?? ""
    let listed = args["strategies"].items.map { strategy($0) }
    switch op {
    case "createOperatorSet":
      let avs = account(name.split(separator: "/").first.map(String.init))
      var recipient = RestakingLedger.RecipientChoice.burn
      if let to = args["redistributionRecipient"].text {
        recipient = to == "burn" ? .burnAddress : .account(account(to))
      }
      if recipient != .burnAddress && sets[name] != nil { throw .invalidOperatorSet }
      sets[name] = try ledger.createOperatorSet(
        avs: avs, strategies: listed, slasher: account(args["slasher"].text), recipient: recipient)
    case "addStrategiesToOperatorSet": try ledger.addStrategies(listed, to: set(name))
    case "removeStrategiesFromOperatorSet": try ledger.removeStrategies(listed, from: set(name))
    default: try ledger.updateSlasher(set(name), to: account(args["slasher"].text), at: block)
    }
  }

  mutating func performSlash(_ op: String, _ args: JSONValue) throws(RestakingError) -> [String: JSONValue] {
    let set = set(args["set"].text)
    if op == "clearBurnOrRedistributableShares" {
      let moved = try ledger.clearSlashedShares(set, slashID: args["slashId"].count ?? 0)
      return ["amounts": .array(moved.map { .amount($0.tokens) })]
    }
    // A share beyond 64 bits is as wrong as any above WAD.
    let wads = args["wadsToSlash"].items.map { $0.count ?? UInt64.max }
    let receipt = try ledger.slashOperator(
      account(args["operator"].text), in: set, by: account(args["by"].text),
      strategies: args["strategies"].items.map { strategy($0) }, wads: wads, at: block)
    return [
      "slashId": .amount(receipt.slashID), "sharesSlashed": .array(receipt.shares.map { .amount($0) }),
      "eventWadSlashed": .array(receipt.wadSlashed.map { .amount($0) }),
    ]
  }

  /// Nil: there is no such operation.
  mutating func performStaker(_ op: String, _ args: JSONValue) throws(RestakingError) -> [String: JSONValue]?
  {
    let staker = account(args["staker"].text)
    switch op {
    case "deposit":
      let shares = try ledger.deposit(
        staker, strategy(args["strategy"]), amount: args["amount"].amount ?? 0, at: block)
      return ["shares": .amount(shares)]
    case "donate": try ledger.donate(strategy(args["strategy"]), amount: args["amount"].amount ?? 0)
    case "delegateTo": try ledger.delegate(staker, to: account(args["operator"].text), at: block)
    case "undelegate":
      let caller = args["by"].text.map { account($0) } ?? staker
      let ids = try ledger.undelegate(staker, by: caller, at: block)
      return withdrawals(ids)
    case "redelegate":
      let target = account(args["operator"].text)
      let ids = try ledger.redelegate(staker, to: target, at: block)
      return withdrawals(ids)
    case "queueWithdrawal":
      let shares = args["depositShares"].items.map { $0.amount ?? 0 }
      let listed = args["strategies"].items.map { strategy($0) }
      let id = try ledger.queueWithdrawal(staker, listed, depositShares: shares, at: block)
      return withdrawals([id])
    case "completeWithdrawal":
      let id = (args["withdrawal"].text?.dropFirst()).flatMap { UInt32($0) } ?? .max
      try ledger.completeWithdrawal(
        WithdrawalID(id), by: staker, asTokens: args["receiveAsTokens"].isTrue, at: block)
    case "beaconBalanceUpdate":
      let text = args["balanceDeltaWei"].text ?? "0"
      let size = UInt128(text.drop { $0 == "-" }) ?? 0
      try ledger.recordBeaconBalance(
        staker, previous: args["prevRestakedBalanceWei"].amount ?? 0,
        change: text.hasPrefix("-") ? .loss(size) : .gain(size), at: block)
    default: return nil
    }
    return [:]
  }

  func withdrawals(_ ids: [WithdrawalID]) -> [String: JSONValue] {
    ["withdrawals": .array(ids.map { describe($0) })]
  }

  func describe(_ id: WithdrawalID) -> JSONValue {
    let one = ledger.withdrawals[id.index]
    let earlier = ledger.withdrawals[..<id.index].count { $0.staker == one.staker }
    return .object([
      "id": .string("w\(id.rawValue)"), "nonce": .amount(UInt64(earlier)),
      "startBlock": .amount(one.startBlock),
      "operator": .string(name(one.delegatedTo)),
      "strategies": .array(one.strategies.map { .string(strategyNames[$0.index]) }),
      "scaledShares": .array(one.scaledShares.map { .string($0.description) }),
      "withdrawableSharesAtQueue": .array(
        one.strategies.indices.map { .amount(ledger.payableShares(id, $0, at: block)) }),
    ])
  }
}
