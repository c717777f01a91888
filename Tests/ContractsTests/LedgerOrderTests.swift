// Small spaces in full: every order of a slash, a deallocation, a withdrawal, a deposit and a deregistration, in one block
// and spread over the delays.

import Basics
import Contracts
import Testing

private enum Act: CaseIterable { case slash, deallocate, withdraw, deposit, deregister }

private func orders<T>(_ items: [T]) -> [[T]] {
  guard items.count > 1 else { return [items] }
  return items.indices.flatMap { k in
    var rest = items
    let first = rest.remove(at: k)
    return orders(rest).map { [first] + $0 }
  }
}

@Suite("Every order of slash, deallocation, withdrawal, deposit and leaving")
struct LedgerOrderTests {
  /// 2 x 120 orders, with steps of 0, 1, 50 and 51 blocks in between: the delay is 50 blocks.
  @Test(
    "conserved in every order, and the slash takes its share of what it can reach",
    arguments: [0, 1, 50, 51] as [BlockNumber])
  func everyOrder(gap: BlockNumber) throws {
    let strategy = StrategyID(0)
    for acts in orders(Act.allCases) {
      for wad in [333_333_333_333_333_333, 1_000_000_000_000_000_000] as [UInt64] {
        var ledger = RestakingLedger(delays: .testnet)
        var conservation = Conservation()
        _ = ledger.addStrategy()
        let (who, staker, avs) = (ledger.addAccount(), ledger.addAccount(), ledger.addAccount())
        var block: BlockNumber = 1_000
        try ledger.registerOperator(who, allocationDelay: 0, at: block)
        try ledger.delegate(staker, to: who, at: block)
        try ledger.deposit(staker, strategy, amount: 1_000_000_007, at: block)
        conservation.recordDeposit(1_000_000_007, strategy)
        let set = try ledger.createOperatorSet(avs: avs, strategies: [strategy], slasher: avs)
        try ledger.register(who, in: set, at: block)
        try ledger.modifyAllocations(
          who, [AllocationChange(set: set, strategy: strategy, magnitude: 500_000_000_000_000_000)], at: block
        )
        var (left, deallocated): (BlockNumber?, BlockNumber?)
        for act in acts {
          block += gap
          switch act {
          case .slash:
            // Slashable through the delay after leaving, inclusive; a deallocation takes force one block later.
            let slashable = left.map { block <= $0 + 50 } ?? true
            let before = ledger.allocation(who, set, strategy, at: block).current
            #expect(
              before
                == (deallocated.map { block > $0 + 50 } ?? false
                  ? 100_000_000_000_000_000 : 500_000_000_000_000_000)
                || left != nil)
            do throws(RestakingError) {
              let receipt = try ledger.slashOperator(
                who, in: set, by: avs, strategies: [strategy], wads: [wad], at: block)
              #expect(slashable)
              conservation.recordOperation()
              let magnitude = mulDivUp(UInt128(before), UInt128(wad), 1_000_000_000_000_000_000)
              #expect(ledger.maxMagnitude(who, strategy) == 1_000_000_000_000_000_000 - UInt64(magnitude))
              #expect(receipt.slashID == 1)
            } catch {
              #expect(!slashable && error == .operatorNotSlashable)
            }
          case .deallocate:
            let current = ledger.allocation(who, set, strategy, at: block).current
            let target = min(100_000_000_000_000_000, current / 5)
            if target == current { continue }
            try ledger.modifyAllocations(
              who, [AllocationChange(set: set, strategy: strategy, magnitude: target)], at: block)
            deallocated = block
          case .withdraw:
            try ledger.queueWithdrawal(staker, [strategy], depositShares: [400_000_000], at: block)
          case .deposit:
            try ledger.deposit(staker, strategy, amount: 77_777, at: block)
            conservation.recordDeposit(77_777, strategy)
          case .deregister:
            try ledger.deregister(who, from: set, by: who, at: block)
            left = block
          }
          conservation.recordOperation()
          let findings = conservation.check(ledger, at: block)
          #expect(findings.isEmpty, "\(acts) after \(act), gap \(gap), wad \(wad): \(findings)")
        }
        block += 200
        let paid = try ledger.completeWithdrawal(
          WithdrawalID(UInt32(0)), by: staker, asTokens: true, at: block)
        conservation.recordWithdrawal(paid[0], strategy)
        for (one, tokens) in try ledger.clearSlashedShares(set, slashID: 1) {
          conservation.recordCleared(tokens, one, isBurn: true)
        }
        let findings = conservation.check(ledger, at: block)
        #expect(findings.isEmpty, "\(acts) at the end, gap \(gap), wad \(wad): \(findings)")
      }
    }
  }
}
