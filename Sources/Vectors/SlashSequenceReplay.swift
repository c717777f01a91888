// Replays sequences of slashes of one allocation: each step has an operator, a staker and a set of its own.

import Contracts

enum SlashSequenceReplay {
  static func run(_ document: JSONValue, _ outcome: inout ReplayOutcome) {
    var ledger = RestakingLedger(delays: .mainnet)
    let strategy = ledger.addStrategy()
    let avs = ledger.addAccount()
    let block: BlockNumber = 1_000_000
    for step in document["steps"].items {
      outcome.steps += 1
      let place = "step \(step["i"].count ?? UInt64(outcome.steps - 1))"
      let who = ledger.addAccount()
      let staker = ledger.addAccount()
      do throws(RestakingError) {
        try ledger.registerOperator(who, allocationDelay: 0, at: block)
        let set = try ledger.createOperatorSet(avs: avs, strategies: [strategy], slasher: avs)
        try ledger.register(who, in: set, at: block)
        try ledger.delegate(staker, to: who, at: block)
        try ledger.deposit(staker, strategy, amount: step["deposit"].amount ?? 0, at: block)
        try ledger.modifyAllocations(
          who, [AllocationChange(set: set, strategy: strategy, magnitude: step["magnitude"].count ?? 0)],
          at: block)
        for (k, slash) in step["slashes"].items.enumerated() {
          let receipt = try ledger.slashOperator(
            who, in: set, by: avs, strategies: [strategy], wads: [slash["wad"].count ?? .max], at: block)
          let values: [String: JSONValue] = [
            "wad": slash["wad"], "sharesSlashed": .amount(receipt.shares[0]),
            "eventWadSlashed": .amount(receipt.wadSlashed[0]),
            "currentMagnitude": .amount(ledger.allocation(who, set, strategy, at: block).current),
            "maxMagnitude": .amount(ledger.maxMagnitude(who, strategy)),
            "operatorShares": .amount(ledger.operatorShares(who, strategy)),
            "withdrawableShares": .amount(ledger.withdrawableShares(staker, strategy)),
            "minSlashableStake": .amount(
              ledger.minimumSlashableStake(who, set, strategy, until: block, at: block)),
          ]
          compare(slash, values, "\(place) slash \(k)", &outcome)
        }
      } catch {
        outcome.fail("\(place): unexpected \(error.name)")
        continue
      }
      secondDeposit(step["secondDeposit"], &ledger, who, staker, strategy, place, &outcome)
    }
  }

  private static func secondDeposit(
    _ expected: JSONValue, _ ledger: inout RestakingLedger, _ who: AccountID, _ staker: AccountID,
    _ strategy: StrategyID, _ place: String, _ outcome: inout ReplayOutcome
  ) {
    guard expected != .null else { return }
    var values: [String: JSONValue] = ["amount": expected["amount"]]
    do throws(RestakingError) {
      try ledger.deposit(staker, strategy, amount: expected["amount"].amount ?? 0, at: 1_000_000)
      values["ok"] = .bool(true)
    } catch {
      values["ok"] = .bool(false)
      values["error"] = .string(error.name)
    }
    let held = ledger.holding(staker, strategy)
    values["depositShares"] = .amount(held.depositShares)
    values["depositScalingFactor"] = .amount(held.scalingFactor)
    values["withdrawableShares"] = .amount(ledger.withdrawableShares(staker, strategy))
    values["operatorShares"] = .amount(ledger.operatorShares(who, strategy))
    compare(expected, values, "\(place) secondDeposit", &outcome)
  }

  private static func compare(
    _ expected: JSONValue, _ got: [String: JSONValue], _ place: String, _ outcome: inout ReplayOutcome
  ) {
    for (key, value) in expected.members.sorted(by: { $0.key < $1.key }) {
      outcome.compare("\(place) \(key)", expected: value, got: got[key] ?? .null)
    }
  }
}
