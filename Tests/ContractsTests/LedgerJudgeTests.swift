// The judges of the property tests find what they are there for: each is shown a ledger with one cell changed by hand, as
// a wrong operation would leave it.

import Basics
@testable import Contracts
import Testing

@Suite("The ledger's judges see")
struct LedgerJudgeTests {
  /// A walk with stake in every table: a queue, a slash that waits, an operator with several stakers.
  private func walk() throws -> (Walk, before: RestakingLedger, slash: Walk.Slash) {
    var walk = Walk(seed: 1)
    walk.furnish()
    for seed in 2..<1_000 as Range<UInt64> {
      let before = walk.ledger
      if let slash = walk.step(), slash.receipt.shares.contains(where: { $0 > 1_000_000 }),
        walk.ledger.withdrawals.contains(where: \.isPending)
      {
        #expect(LedgerJudge.identity(of: walk.ledger, walk).isEmpty)
        #expect(LedgerJudge.isolation(of: slash, before, walk.ledger, walk).isEmpty)
        return (walk, before, slash)
      }
      if walk.done % 40 == 39 {
        walk = Walk(seed: seed)
        walk.furnish()
      }
    }
    throw Nothing()
  }
  private struct Nothing: Error {}

  /// The strategy of which the slash took most.
  private func struck(_ walk: Walk, _ slash: Walk.Slash) throws -> StrategyID {
    let listed = walk.ledger.strategies(of: slash.set)
    let most = try #require(
      slash.receipt.shares.indices.max { slash.receipt.shares[$0] < slash.receipt.shares[$1] })
    return listed[most]
  }

  @Test("conservation: stake that doubles, queued stake that vanishes, slashed stake that nobody holds")
  func identity() throws {
    let (walk, _, slash) = try walk()
    let strategy = try struck(walk, slash)
    var doubled = walk.ledger
    let rich = try #require(
      doubled.accounts.indices.max {
        doubled.withdrawableShares(AccountID($0), strategy)
          < doubled.withdrawableShares(AccountID($1), strategy)
      })
    let k = try #require(doubled.accounts[rich].holdings.firstIndex { $0.strategy == strategy })
    doubled.accounts[rich].holdings[k].depositShares *= 2
    #expect(!LedgerJudge.identity(of: doubled, walk).isEmpty)

    var vanished = walk.ledger
    let queued = Conservation.sums(of: vanished, at: walk.block).map(\.queued)
    for id in vanished.withdrawals.indices { vanished.withdrawals[id].isPending = false }
    #expect(LedgerJudge.identity(of: vanished, walk).isEmpty == queued.allSatisfy { $0 < 1_000 })

    var unheld = walk.ledger
    unheld.sets[slash.set.index].slashed[Int(slash.receipt.slashID) - 1].append(
      SlashedShares(strategy: strategy, shares: walk.largest + 1_000_000_000_000))
    #expect(!LedgerJudge.identity(of: unheld, walk).isEmpty)

    var drained = walk.ledger
    drained.strategies[strategy.index].balance -= 1
    #expect(walk.conservation.checkTokens(drained).map(\.check) == ["conservation.tokens"])
  }

  @Test("the running check: shares, operators' shares, magnitudes") func conservation() throws {
    let (walk, _, slash) = try walk()
    let strategy = try struck(walk, slash)
    func checks(_ change: (inout RestakingLedger) -> Void) -> Set<String> {
      var ledger = walk.ledger
      change(&ledger)
      var books = walk.conservation
      return Set(books.check(ledger, at: walk.block).map(\.check))
    }
    let op = try #require(walk.ledger.operatorIndex(slash.who))
    #expect(checks { _ in } == [])
    #expect(
      checks { $0.strategies[strategy.index].totalShares += 1_000_000_000_000 + walk.largest / 10 }
        .contains("conservation.shares"))
    #expect(
      checks { $0.operators[op].strategies[strategy.index].shares += 1_000_000_000_000 + walk.largest / 10 }
        == ["conservation.operatorShares"])
    #expect(
      checks { $0.operators[op].strategies[strategy.index].encumbered += 1 }
        == ["conservation.magnitudes"])
    #expect(
      checks {
        let allocated = $0.operators[op].strategies[strategy.index].encumbered
        $0.operators[op].strategies[strategy.index].maxMagnitude = allocated - min(allocated, 1)
      }.contains("conservation.magnitudes")
        == (walk.ledger.encumberedMagnitude(slash.who, strategy, at: walk.block) > 0))
  }

  @Test("magnitudes that rise") func magnitudes() throws {
    let (walk, before, slash) = try walk()
    let strategy = try struck(walk, slash)
    #expect(LedgerJudge.magnitudes(before, walk.ledger, walk.operators).isEmpty)
    #expect(LedgerJudge.magnitudes(walk.ledger, before, walk.operators).count >= 1)
    var raised = walk.ledger
    let op = try #require(raised.operatorIndex(slash.who))
    raised.operators[op].strategies[strategy.index].maxMagnitude += 1
    #expect(LedgerJudge.magnitudes(walk.ledger, raised, walk.operators).count == 1)
  }

  @Test(
    "isolation: a set that takes more than its part, or of another set's allocation, or of what is not its")
  func isolation() throws {
    let (walk, before, slash) = try walk()
    let strategy = try struck(walk, slash)
    let op = try #require(before.operatorIndex(slash.who))
    let place = try #require(before.strategies(of: slash.set).firstIndex(of: strategy))
    var greedy = slash
    greedy.receipt.shares[place] = .max / 2
    #expect(!LedgerJudge.isolation(of: greedy, before, walk.ledger, walk).isEmpty)

    var more = walk.ledger
    more.operators[op].strategies[strategy.index].shares = 0
    let current = before.allocation(slash.who, slash.set, strategy, at: walk.block).current
    let isWhole = current == before.maxMagnitude(slash.who, strategy)
    #expect(LedgerJudge.isolation(of: slash, before, more, walk).isEmpty == isWhole)

    var others = walk.ledger
    let other = try #require(walk.sets.first { $0 != slash.set })
    let slot = others.makeMembership(op, other)
    if let k = others.allocationIndex(slot, strategy) {
      others.memberships[slot].allocations[k].current += 1
    } else {
      others.memberships[slot].allocations.append(Allocation(strategy: strategy, current: 1))
    }
    #expect(!LedgerJudge.isolation(of: slash, before, others, walk).isEmpty)
  }

  @Test("claims whose sum depends on who comes first") func claims() throws {
    var (walk, _, _) = try walk()
    var random = RandomStream(seed: 3)
    #expect(LedgerJudge.claims(of: walk, &random).isEmpty)
    // A pool that owes more than it holds: the last one is refused.
    let id = try #require(walk.ledger.withdrawals.indices.last { walk.ledger.withdrawals[$0].isPending })
    let strategy = walk.ledger.withdrawals[id].strategies[0]
    let owed = walk.ledger.payableShares(WithdrawalID(id), 0, at: walk.block + 1_000)
    walk.ledger.strategies[strategy.index].totalShares = owed
    walk.ledger.withdrawals.append(
      Withdrawal(
        staker: walk.ledger.withdrawals[id].staker == walk.stakers[0] ? walk.stakers[1] : walk.stakers[0],
        delegatedTo: nil, startBlock: walk.block, strategies: [strategy],
        scaledShares: walk.ledger.withdrawals[id].scaledShares))
    let found = (0..<20).contains { _ in !LedgerJudge.claims(of: walk, &random).isEmpty }
    #expect(found)
  }

  @Test("a refused operation that leaves a trace: equality sees every table") func traces() throws {
    let (walk, _, slash) = try walk()
    let op = try #require(walk.ledger.operatorIndex(slash.who))
    let changes: [(inout RestakingLedger) -> Void] = [
      { $0.strategies[0].balance += 1 }, { $0.accounts[0].received = [1] },
      { $0.accounts[1].beaconSlashingFactor -= 1 }, { $0.withdrawals[0].isPending.toggle() },
      { $0.burnableETHShares += 1 }, { $0.operators[op].allocationDelay += 1 },
      { $0.memberships[0].slashableUntil += 1 }, { $0.sets[0].slashCount += 1 },
      { $0.operators[op].strategies[0].queuedHistory.push(.zero, at: walk.block + 9) },
    ]
    for change in changes {
      var ledger = walk.ledger
      change(&ledger)
      #expect(ledger != walk.ledger)
    }
  }
}
