// One operator's earnings of an epoch, divided into its own cut and its stakers' parts.

import Basics

/// The division of one operator's earnings: amount = operator's cut + stakers' parts + dust + refunded.
///
/// The division itself is `RewardCalculation`'s, of an operator-directed submission to the operator set: the cut first,
/// then the stakers by their withdrawable shares in the set's strategies, weighed by the strategies' prices.
public struct OperatorSplit: Sendable, Equatable {
  public private(set) var operatorCut: UInt128 = 0
  public private(set) var stakers: [(account: AccountID, amount: UInt128)] = []
  /// What rounding left of the stakers' part; all of it when nobody has stake any more. At most `dustMaximum`.
  public private(set) var dust: UInt128
  /// Everything, for an operator that is not registered any more: the calculation returns it to the AVS.
  public private(set) var refunded: UInt128 = 0
  /// Each part loses less than a unit of the fifteenth decimal of the whole, and less than a wei.
  public private(set) var dustMaximum: UInt128

  public static func == (a: Self, b: Self) -> Bool {
    a.operatorCut == b.operatorCut && a.dust == b.dust && a.refunded == b.refunded
      && a.stakers.elementsEqual(b.stakers) { $0.account == $1.account && $0.amount == $1.amount }
  }

  /// Of nothing.
  public static let nothing = OperatorSplit(unpaid: 0)

  /// Nothing was paid yet.
  init(unpaid amount: UInt128) {
    dust = amount
    dustMaximum = amount
  }

  /// The division that the calculation would make now, for those who only look: of an operator's stakers by the ledger as
  /// it stands. Rewards v2.1, sidecar's step 13.
  public init(
    amount: UInt128, splitBips: UInt64, operator account: AccountID, set: OperatorSetID,
    ledger: borrowing RestakingLedger, prices: [UInt128]
  ) {
    self.init(unpaid: amount)
    let cut = RewardCalculation.operatorCut(amount, bips: splitBips)
    var weights: [(account: AccountID, weight: WideWeight)] = []
    var total = WideWeight.zero
    let strategies = ledger.strategies(of: set)
    for staker in ledger.stakers(of: account) {
      var weight = WideWeight.zero
      for strategy in strategies {
        let fits = weight.add(
          ledger.withdrawableShares(staker, strategy), multiplier: prices[strategy.index])
        precondition(fits, "shares and prices below 10^38 weigh less than 2^256")
      }
      if weight.digits.isZero { continue }
      weights.append((staker, weight))
      let fits = total.add(weight)
      precondition(fits, "a pool below 10^38 shares weighs less than 2^256")
    }
    settle(
      cut, weights.map { ($0.account, proportionalPart(amount - cut, $0.weight.proportion(of: total))) },
      refunded: weights.isEmpty ? amount - cut : 0)
  }

  /// What the calculation made of it; no cut: the operator was not registered.
  mutating func settle(
    _ cut: UInt128?, _ parts: [(account: AccountID, amount: UInt128)], refunded: UInt128
  ) {
    let amount = dust
    operatorCut = cut ?? 0
    stakers = parts
    self.refunded = refunded
    dust = amount - operatorCut - refunded - parts.reduce(0) { $0 + $1.amount }
    dustMaximum =
      parts.isEmpty ? amount : UInt128(parts.count) * (amount / UInt128(proportionUnit) + 2)
  }
}
