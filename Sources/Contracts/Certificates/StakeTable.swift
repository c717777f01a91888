// Stake by member at a block: what certificates are weighed with.

import Basics

/// Weights of an operator set from one block on, until the next version.
public struct StakeTable: Sendable, Equatable {
  /// In force from the end of this block on.
  public var since: BlockNumber
  /// By member index; zero for those who left or hold nothing.
  public var weights: [UInt128]
  public var total: UInt128
  /// What the same stake is worth, where a haircut makes it weigh less; empty: what it weighs.
  public var values: [UInt128] = []

  /// Minimum slashable stake of every registered member, summed over the set's strategies at their prices. Who has left is
  /// slashable for a while and weighs nothing.
  ///
  /// Rounds down for each strategy. Source: the table calculators of eigenlayer-middleware, which value all strategies
  /// equally; a price is how a service weighs assets against each other.
  public init(
    of set: OperatorSetID, in ledger: borrowing RestakingLedger, prices: [UInt128], at block: BlockNumber
  ) {
    since = block
    weights = []
    total = 0
    let strategies = ledger.strategies(of: set)
    for index in 0..<ledger.memberCount(of: set) {
      let member = ledger.member(index, of: set)
      var weight: UInt128 = 0
      for strategy in strategies where ledger.isMember(member, of: set) {
        weight += value(
          ledger.minimumSlashableStake(member, set, strategy, until: block, at: block),
          at: prices[strategy.index])
      }
      weights.append(weight)
      total += weight
    }
  }

  /// The table of a set without stake.
  public init(emptySince block: BlockNumber) {
    since = block
    weights = []
    total = 0
  }

  public func weight(of index: Int) -> UInt128 { index < weights.count ? weights[index] : 0 }
  public func worth(of index: Int) -> UInt128 {
    index < values.count ? values[index] : weight(of: index)
  }
}

/// `amount` at a WAD price, rounded down.
public func value(_ amount: UInt128, at price: UInt128) -> UInt128 {
  price == wad ? amount : mulWad(amount, price)
}

/// The versions of one operator set's table.
public struct StakeHistory: Sendable {
  /// Versions that are kept; a certificate for an older reference block is refused as stale.
  public static let versionsMaximum = 1_024
  private var versions: [StakeTable] = []

  public init() {}

  public var latest: StakeTable? { versions.last }

  /// Adds the table in force from its block on; the same content is not stored twice.
  /// Effects: it is the latest; of more than `versionsMaximum` the older half is dropped. Requires: its block is not before the
  /// latest one's. Errors: none.
  public mutating func push(_ table: StakeTable) {
    if let last = versions.last {
      if last.weights == table.weights { return }
      if last.since == table.since {
        versions[versions.count - 1] = table
        return
      }
    }
    versions.append(table)
    if versions.count > Self.versionsMaximum { versions.removeFirst(Self.versionsMaximum / 2) }
  }

  /// The table in force at the end of `block`; nil when it is not kept any more.
  public func table(at block: BlockNumber) -> StakeTable? {
    var low = 0
    var high = versions.count
    while low < high {
      let middle = (low + high) / 2
      if versions[middle].since <= block { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? nil : versions[low - 1]
  }
}
