// What every operation of the ledger must keep, judged from outside: each function looks at ledgers before and after, and
// says in words what does not hold; empty when all is well. It knows what came in and what went out from the walk alone.

import Basics
import Contracts

enum LedgerJudge {
  /// By strategy: deposited = staked + queued + withdrawn + slashed + dust, in tokens, where the dust is what rounding can
  /// have left: some shares an operation, and 10^-18 of the largest deposit. What the beacon chain took of native ETH lies
  /// between nothing (it hit what a service had slashed before) and all that was reported.
  static func identity(of ledger: RestakingLedger, _ walk: Walk) -> [String] {
    let sums = Conservation.sums(of: ledger, at: walk.block)
    return ledger.strategies.indices.compactMap { k in
      let (id, row) = (StrategyID(k), sums[k])
      let books = walk.conservation
      func entered(_ table: [UInt128]) -> UInt128 { k < table.count ? table[k] : 0 }
      let operations =
        UInt128(2 * (walk.done + 30)) + UInt128(ledger.withdrawals.count + ledger.accounts.count)
      let slack = ledger.tokens(
        for: operations * (4 + 4 * (walk.largest / 1_000_000_000_000_000_000 + 1)) + 1_000, id)
      let staked = ledger.tokens(for: row.staked, id)
      let queued = ledger.tokens(for: row.queued, id)
      let slashed =
        ledger.tokens(for: row.pending, id) + entered(books.burned) + entered(books.redistributed)
      let sum = staked + queued + entered(books.withdrawn) + slashed
      let (deposited, lost) = (entered(books.deposited), entered(books.lost))
      if sum <= deposited + slack, sum + lost + slack >= deposited { return nil }
      return "strategy \(k): deposited \(deposited), staked \(staked), queued \(queued), "
        + "withdrawn \(entered(books.withdrawn)), slashed \(slashed), lost \(lost): more dust than \(slack)"
    }
  }

  /// No maximum magnitude rises.
  static func magnitudes(_ before: RestakingLedger, _ after: RestakingLedger, _ operators: [AccountID])
    -> [String]
  {
    operators.flatMap { who in
      after.strategies.indices.compactMap { k in
        let (old, new) = (before.maxMagnitude(who, StrategyID(k)), after.maxMagnitude(who, StrategyID(k)))
        return new <= old ? nil : "operator \(who.rawValue), strategy \(k): magnitude \(old) rose to \(new)"
      }
    }
  }

  /// A set takes at most its allocation's part of what it can reach, rounded up, be it counted from the receipt or from the
  /// operator's shares; and leaves the other sets' allocations alone: their stake falls by rounding only.
  static func isolation(
    of slash: Walk.Slash, _ before: RestakingLedger, _ after: RestakingLedger, _ walk: Walk
  ) -> [String] {
    let (who, block) = (slash.who, walk.block)
    var findings: [String] = []
    let listed = before.strategies(of: slash.set)
    for (strategy, taken) in zip(listed, slash.receipt.shares) {
      let current = UInt128(before.allocation(who, slash.set, strategy, at: block).current)
      let maximum = UInt128(max(before.maxMagnitude(who, strategy), 1))
      let shares = before.operatorShares(who, strategy)
      let reach = shares + before.slashableSharesInQueue(who, strategy, at: block)
      if taken > mulDivUp(reach, current, maximum) {
        findings.append("\(taken) taken of \(reach), allocated \(current) of \(maximum)")
      }
      let left = after.operatorShares(who, strategy)
      if left > shares || shares - left > mulDivUp(shares, current, maximum) {
        findings.append("\(shares) operator shares became \(left), allocated \(current) of \(maximum)")
      }
      for other in walk.sets where other != slash.set {
        let kept = before.allocation(who, other, strategy, at: block)
        if after.allocation(who, other, strategy, at: block) != kept {
          findings.append("set \(other.index) lost of its allocation \(kept)")
        }
        let stake = before.allocatedStake(who, other, strategy, at: block)
        // Its share of a smaller whole is what it was, but for the rounding: a unit of magnitude is 10^-18 of the shares.
        let unit = shares / 1_000_000_000_000_000_000
        let now = after.allocatedStake(who, other, strategy, at: block)
        if now + 2 + unit < stake { findings.append("set \(other.index) had \(stake) behind it, now \(now)") }
      }
    }
    for k in before.strategies.indices where !listed.contains(StrategyID(k)) {
      let strategy = StrategyID(k)
      if before.operatorShares(who, strategy) != after.operatorShares(who, strategy) {
        findings.append("strategy \(k) is not the set's and was slashed")
      }
    }
    return findings
  }

  /// Everything that waits, withdrawals and slashed shares, is claimed in the order given and in another one: who has what in
  /// the end is the same. Where a donation gave shares an odd price, each payment may leave a token to those who come later.
  static func claims(of walk: Walk, _ random: inout RandomStream) -> [String] {
    var claims = walk.ledger.withdrawals.indices.filter { walk.ledger.withdrawals[$0].isPending }.map {
      Claim.withdrawal(WithdrawalID($0))
    }
    for set in walk.sets {
      claims += (0..<walk.ledger.slashCount(of: set)).map { Claim.slash(set, $0 + 1) }
    }
    let first = outcome(of: claims, walk)
    random.shuffle(&claims)
    let second = outcome(of: claims, walk)
    let slack = walk.hasDonated ? UInt128(claims.count) : 0
    return zip(first, second).enumerated().compactMap { k, amounts in
      let (a, b) = amounts
      return max(a, b) - min(a, b) <= slack ? nil : "balance \(k): \(a) in one order, \(b) in another"
    }
  }

  private enum Claim {
    case withdrawal(WithdrawalID)
    case slash(OperatorSetID, UInt64)
  }

  /// What every account received, what was burned, and what the pools hold, by strategy.
  private static func outcome(of claims: [Claim], _ walk: Walk) -> [UInt128] {
    var ledger = walk.ledger
    var refused: UInt128 = 0
    for claim in claims {
      do throws(RestakingError) {
        switch claim {
        case .withdrawal(let id):
          try ledger.completeWithdrawal(
            id, by: ledger.withdrawals[id.index].staker, asTokens: true, at: walk.block + 1_000)
        case .slash(let set, let number): try ledger.clearSlashedShares(set, slashID: number)
        }
      } catch {
        refused += 1
      }
    }
    return ledger.accounts.flatMap { account in
      ledger.strategies.indices.map { $0 < account.received.count ? account.received[$0] : 0 }
    } + ledger.strategies.flatMap { [$0.burned, $0.balance] } + [refused]
  }
}
