// The checker sees what it is there for: what came in or went out behind its back.

import Basics
import Contracts
import Testing

@Suite("Conservation finds what is missing")
struct ConservationTests {
  private func ledger() throws -> (RestakingLedger, AccountID, StrategyID) {
    var ledger = RestakingLedger(delays: .testnet)
    let strategy = ledger.addStrategy()
    let staker = ledger.addAccount()
    try ledger.deposit(staker, strategy, amount: 1_000_000_000_000_000_000, at: 1)
    return (ledger, staker, strategy)
  }

  @Test("a deposit that nobody entered") func deposit() throws {
    let (ledger, _, _) = try ledger()
    var checker = Conservation()
    #expect(checker.check(ledger, at: 1).map(\.check) == ["conservation.tokens"])
    checker.recordDeposit(1_000_000_000_000_000_000, StrategyID(0))
    #expect(checker.check(ledger, at: 1).isEmpty)
  }

  @Test("a withdrawal that nobody entered, and one that was entered twice") func withdrawal() throws {
    var (ledger, staker, strategy) = try ledger()
    var checker = Conservation()
    checker.recordDeposit(1_000_000_000_000_000_000, strategy)
    let id = try ledger.queueWithdrawal(staker, [strategy], depositShares: [400_000_000_000_000_000], at: 1)
    let paid = try ledger.completeWithdrawal(id, by: staker, asTokens: true, at: 52)
    #expect(checker.check(ledger, at: 52).map(\.check) == ["conservation.tokens", "conservation.wallets"])
    checker.recordWithdrawal(paid[0], strategy)
    #expect(checker.check(ledger, at: 52).isEmpty)
    checker.recordWithdrawal(paid[0], strategy)
    #expect(checker.check(ledger, at: 52).map(\.check) == ["conservation.tokens", "conservation.wallets"])
  }

  @Test("tokens that appear from nowhere") func donation() throws {
    var (ledger, _, strategy) = try ledger()
    var checker = Conservation()
    checker.recordDeposit(1_000_000_000_000_000_000, strategy)
    try ledger.donate(strategy, amount: 1)
    #expect(checker.check(ledger, at: 1).map(\.check) == ["conservation.tokens"])
  }
}
