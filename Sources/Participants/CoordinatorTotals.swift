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
  /// Lost by validators on the beacon chain.
  public var lost: UInt128 = 0
  /// What rounding left in the pools, or took too much of; a few wei an operation.
  public var dust: Int128 = 0
  /// No check was broken by the totals: see `Conservation`.
  public var isConserved = true
  public init() {}

  /// Everything that was slashed.
  public var slashed: UInt128 { burned + redistributed + slashedPending }
}

/// Reward totals for `summary.json`, in wei. submitted = operators + stakers + curators + dust + refunded.
public struct RewardTotals: Sendable, Equatable {
  public var submitted: UInt128 = 0
  public var operators: UInt128 = 0
  public var stakers: UInt128 = 0
  /// Vault curators' fees.
  public var curators: UInt128 = 0
  public var dust: UInt128 = 0
  public var refunded: UInt128 = 0
  /// Of `paid`: what its earners have claimed by now.
  public var claimed: UInt128 = 0
  /// Of `refunded`: what the calculation returned to services and they have claimed.
  public var reclaimed: UInt128 = 0
  public init() {}

  /// Calculated for somebody, whether claimed or not.
  public var paid: UInt128 { operators + stakers + curators }
  public var unclaimed: UInt128 { paid - min(claimed, paid) }
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
      totals.lost += tally(conservation.lost)
      if ledger.strategies[k].isNativeETH {
        totals.burned += worth(sum.pending)
      } else {
        totals.slashedPending += worth(sum.pending)
      }
    }
    for room in vaults {
      let price = prices[room.configuration.asset.index]
      let book = room.vault.book
      totals.deposited += value(room.deposited, at: price)
      totals.restaked += value(book.activeStake, at: price)
      totals.queued += value(book.pendingWithdrawals, at: price)
      totals.withdrawn += value(room.withdrawn, at: price)
      switch room.configuration.recipient {
      case .burn: totals.burned += value(book.burned, at: price)
      case .redistribute: totals.redistributed += value(book.burned, at: price)
      }
    }
    let parts =
      totals.restaked + totals.queued + totals.withdrawn + totals.burned + totals.redistributed
      + totals.slashedPending + totals.lost
    totals.dust = Int128(totals.deposited) - Int128(parts)
    var checker = conservation
    totals.isConserved =
      checker.check(ledger, at: block).isEmpty && vaults.allSatisfy { $0.findings().isEmpty }
    return totals
  }
}
