// From what an operator earned to its own cut and its stakers' parts, as EigenLayer's operator-directed rewards are divided.

import Basics

/// The division of one operator's earnings: amount = operator's cut + stakers' parts + dust + refunded.
public struct OperatorSplit: Sendable, Equatable {
  public var operatorCut: UInt128
  public var stakers: [(account: AccountID, amount: UInt128)]
  /// What rounding left of the stakers' part. At most `dustMaximum`.
  public var dust: UInt128
  /// All of the stakers' part when nobody has stake any more.
  public var refunded: UInt128
  /// Each part loses less than a unit of the fifteenth decimal of the whole, and less than a wei.
  public var dustMaximum: UInt128

  public static func == (a: Self, b: Self) -> Bool {
    a.operatorCut == b.operatorCut && a.dust == b.dust && a.refunded == b.refunded
      && a.stakers.elementsEqual(b.stakers) { $0.account == $1.account && $0.amount == $1.amount }
  }

  /// The operator's cut comes first (`RewardCalculation.cut`); its stakers (itself included) share the rest by their
  /// withdrawable shares in the set's strategies, weighed by the strategies' prices: proportions are cut to 15 decimals,
  /// and parts round down. Rewards v2.1, sidecar's step 13.
  public init(
    amount: UInt128, splitBips: UInt64, operator account: AccountID, set: OperatorSetID,
    ledger: borrowing RestakingLedger, prices: [UInt128]
  ) {
    operatorCut = RewardCalculation.cut(amount, UInt16(min(splitBips, 10_000)))
    stakers = []
    dust = 0
    refunded = 0
    dustMaximum = 0
    let rest = amount - operatorCut
    let strategies = ledger.strategies(of: set)
    var weights: [(account: AccountID, weight: WideWeight)] = []
    var total = WideWeight.zero
    for staker in ledger.stakers(of: account) {
      var weight = WideWeight.zero
      for strategy in strategies {
        let shares = ledger.withdrawableShares(staker, strategy)
        let fits = weight.add(shares, multiplier: prices[strategy.index])
        precondition(fits, "shares and prices below 10^38 weigh less than 2^256")
      }
      if weight.digits.isZero { continue }
      weights.append((staker, weight))
      let fits = total.add(weight)
      precondition(fits, "a pool below 10^38 shares weighs less than 2^256")
    }
    guard !weights.isEmpty else {
      refunded = rest
      return
    }
    var paid: UInt128 = 0
    for (staker, weight) in weights {
      let part = proportionalPart(rest, weight.proportion(of: total))
      stakers.append((staker, part))
      paid += part
    }
    dust = rest - paid
    dustMaximum = UInt128(stakers.count) * (rest / UInt128(proportionUnit) + 2)
  }
}
