// Totals for `summary.json`, added up from the tables.

import Basics
import Contracts

/// Stake totals in wei, by the assets' prices. deposited = restaked + queued + withdrawn + burned + redistributed +
/// slashedPending + lost + dust.
public struct StakeTotals: Sendable, Equatable {
  public var deposited: UInt128 = 0
  public var restaked: UInt128 = 0
  public var queued: UInt128 = 0
  public var withdrawn: UInt128 = 0
  /// Slashed native ETH counts as burned: it stays in the pods, out of reach.
  public var burned: UInt128 = 0
  public var redistributed: UInt128 = 0
  /// Slashed, not yet burned or redistributed.
  public var slashedPending: UInt128 = 0
  /// What rounding left in the pools, or took too much of; a few wei an operation.
  public var dust: Int128 = 0
  /// No check was broken by the totals: see `Conservation`.
  public var isConserved = true
  public init() {}

  /// Everything that was slashed.
  public var slashed: UInt128 { burned + redistributed + slashedPending }
}

/// Reward totals for `summary.json`, in wei. submitted = operators + stakers + dust + refunded.
public struct RewardTotals: Sendable, Equatable {
  public var submitted: UInt128 = 0
  public var operators: UInt128 = 0
  public var stakers: UInt128 = 0
  public var dust: UInt128 = 0
  public var refunded: UInt128 = 0
  public init() {}

  public var paid: UInt128 { operators + stakers }
  public var isConserved: Bool { submitted == paid + dust + refunded }
}

extension CoordinatorState {
  func stakeTotals() -> StakeTotals {
    var totals = StakeTotals()
    let block = max(head, configuration.chain.block(at: now))
    let sums = Conservation.sums(of: ledger, at: block)
    for (k, sum) in sums.enumerated() {
      let strategy = StrategyID(k)
      let price = prices[k]
      func tally(_ table: [UInt128]) -> UInt128 { value(k < table.count ? table[k] : 0, at: price) }
      func worth(_ shares: UInt128) -> UInt128 { value(ledger.tokens(for: shares, strategy), at: price) }
      totals.deposited += tally(conservation.deposited)
      totals.restaked += worth(sum.staked)
      totals.queued += worth(sum.queued)
      totals.withdrawn += tally(conservation.withdrawn)
      totals.burned += tally(conservation.burned)
      totals.redistributed += tally(conservation.redistributed)
      if ledger.strategies[k].isNativeETH {
        totals.burned += worth(sum.pending)
      } else {
        totals.slashedPending += worth(sum.pending)
      }
    }
    let parts =
      totals.restaked + totals.queued + totals.withdrawn + totals.burned + totals.redistributed
      + totals.slashedPending
    totals.dust = Int128(totals.deposited) - Int128(parts)
    var checker = conservation
    totals.isConserved = checker.check(ledger, at: block).isEmpty
    return totals
  }
}
