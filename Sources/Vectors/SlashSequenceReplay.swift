// Replays sequences of slashes of one allocation: each step has an operator, a staker and a set of its own.

import Contracts

enum SlashSequenceReplay {
  private static let block: BlockNumber = 1_000_000

  static func run(_ document: VectorField, _ outcome: inout ReplayOutcome) throws(MalformedVector) {
    var ledger = RestakingLedger(delays: .mainnet)
    let strategy = ledger.addStrategy()
    let avs = ledger.addAccount()
    for step in try document["steps"].items() {
      let place = step.stepName(outcome.steps)
      outcome.steps += 1
      do {
        try replay(step, place, &ledger, strategy, avs, &outcome)
      } catch let error as MalformedVector {
        throw error
      } catch {
        outcome.fail("\(place): unexpected \((error as? RestakingError)?.name ?? "\(error)")")
      }
    }
  }

  private static func replay(
    _ step: VectorField, _ place: String, _ ledger: inout RestakingLedger, _ strategy: StrategyID,
    _ avs: AccountID, _ outcome: inout ReplayOutcome
  ) throws {
    let who = ledger.addAccount()
    let staker = ledger.addAccount()
    try ledger.registerOperator(who, allocationDelay: 0, at: block)
    let set = try ledger.createOperatorSet(avs: avs, strategies: [strategy], slasher: avs)
    try ledger.register(who, in: set, at: block)
    try ledger.delegate(staker, to: who, at: block)
    try ledger.deposit(staker, strategy, amount: try step["deposit"].amount(), at: block)
    let magnitude = try step["magnitude"].number(UInt64.self)
    try ledger.modifyAllocations(
      who, [AllocationChange(set: set, strategy: strategy, magnitude: magnitude)], at: block)
    for (k, slash) in try step["slashes"].items().enumerated() {
      let receipt = try ledger.slashOperator(
        who, in: set, by: avs, strategies: [strategy], wads: [try slash["wad"].number(UInt64.self)], at: block
      )
      let values: [String: JSONValue] = [
        "wad": slash["wad"].value, "sharesSlashed": .amount(receipt.shares[0]),
        "eventWadSlashed": .amount(receipt.wadSlashed[0]),
        "currentMagnitude": .amount(ledger.allocation(who, set, strategy, at: block).current),
        "maxMagnitude": .amount(ledger.maxMagnitude(who, strategy)),
        "operatorShares": .amount(ledger.operatorShares(who, strategy)),
        "withdrawableShares": .amount(ledger.withdrawableShares(staker, strategy)),
        "minSlashableStake": .amount(
          ledger.minimumSlashableStake(who, set, strategy, until: block, at: block)),
      ]
      outcome.compare("\(place) slash \(k)", expected: slash.value.members, got: values)
    }
    if let second = step["secondDeposit"].ifPresent {
      try secondDeposit(second, &ledger, who, staker, strategy, place, &outcome)
    }
  }

  private static func secondDeposit(
    _ expected: VectorField, _ ledger: inout RestakingLedger, _ who: AccountID, _ staker: AccountID,
    _ strategy: StrategyID, _ place: String, _ outcome: inout ReplayOutcome
  ) throws(MalformedVector) {
    var values: [String: JSONValue] = ["amount": expected["amount"].value]
    let amount = try expected["amount"].saturated()
    do throws(RestakingError) {
      try ledger.deposit(staker, strategy, amount: amount, at: block)
      values["ok"] = .bool(true)
    } catch {
      values["ok"] = .bool(false)
      values["error"] = .string(error.name)
    }
    let held = ledger.holding(staker, strategy)
    values["depositShares"] = .amount(held.depositShares)
    values["depositScalingFactor"] = .string(held.scalingFactor.description)
    values["withdrawableShares"] = .amount(ledger.withdrawableShares(staker, strategy))
    values["operatorShares"] = .amount(ledger.operatorShares(who, strategy))
    outcome.compare("\(place) secondDeposit", expected: expected.value.members, got: values)
  }
}
