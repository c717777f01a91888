// Stake that is not set apart: the world without unique stake, to compare isolation with. On the ledger every service still has
// its part of an operator's magnitude; a service counts all parts, and a slash by one takes the same share of each. So the
// operator loses what the penalty says of everything it has, and every other service loses security with it.

import AVS
import Basics
import Contracts

extension CoordinatorState {
  /// A service's table with all of a member's allocated stake.
  func pooled(_ table: StakeTable, of set: OperatorSetID) -> StakeTable {
    var pooled = table
    pooled.total = 0
    for index in pooled.weights.indices where pooled.weights[index] > 0 {
      let member = ledger.member(index, of: set)
      pooled.weights[index] = 0
      if !pooled.values.isEmpty { pooled.values[index] = 0 }
      for other in ledger.sets(of: member) {
        for strategy in ledger.strategies(of: other) {
          let shares = ledger.minimumSlashableStake(
            member, other, strategy, until: table.since, at: table.since)
          pooled.weights[index] += value(shares, at: weights[strategy.index])
          if !pooled.values.isEmpty { pooled.values[index] += value(shares, at: prices[strategy.index]) }
        }
      }
      pooled.total += pooled.weights[index]
    }
    return pooled
  }

  /// Takes the same share of what the operator has with every other service. Returns the value taken.
  mutating func slashElsewhere(
    _ account: AccountID, than set: OperatorSetID, share: UInt64, at: Instant, block: BlockNumber
  ) -> UInt128 {
    var taken: UInt128 = 0
    for other in services where other.set != set && ledger.memberIndex(account, in: other.set) != nil {
      let strategies = ledger.strategies(of: other.set)
      guard
        let receipt = try? ledger.slashOperator(
          account, in: other.set, by: other.account, strategies: strategies,
          wads: Array(repeating: share, count: strategies.count), at: block)
      else { continue }
      conservation.recordOperation()
      for (strategy, shares) in zip(strategies, receipt.shares) {
        taken += value(ledger.tokens(for: shares, strategy), at: prices[strategy.index])
      }
      agenda.add(
        .clearSlash(
          other.id, slashID: receipt.slashID, to: configuration.services[other.id.index].recipient),
        at: at + configuration.slashResolutionDelay)
    }
    return taken
  }
}
