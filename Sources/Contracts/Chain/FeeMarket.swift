// What block space costs: the base fee of EIP-1559, and the other users of the chain as a demand that falls with the price.
// Integers throughout. The others are no transactions of ours: only how much gas they would pay for is modelled, so a
// block's room for a transaction of ours is a function of the block's number, the base fee and the tip.

import Basics

/// The market for block space, as a scenario sets it.
///
/// The others' demand at base fee b is `load * target * 2P / (P + b) * noise` gas a block, with the gas target at half the
/// limit: at b = P they want `load` targets, and a demand f times as large settles at b = (2 f load - 1) P. It is our
/// model; the slope is that of a demand whose half is gone when the price doubles and doubles again.
public struct FeeMarket: Sendable, Equatable {
  /// Base fee of the block at the start, in wei a gas. Below a few wei EIP-1559 cannot rise by its eighths.
  public var startBaseFee: UInt64
  /// P above, in wei a gas.
  public var price: UInt64
  /// The others' demand at that price, in bips of the gas target.
  public var loadBips: UInt64 = 10_000
  /// Demand of a block varies evenly by this much up and down, in bips; at most 10,000.
  public var noiseBips: UInt64 = 5_000
  /// Tip a gas, in wei, that half of the others' gas outbids. The part that outbids a tip t is M / (M + t).
  public var tipMedian: UInt64 = 1_000_000_000

  public init(startBaseFee: UInt64, price: UInt64) {
    self.startBaseFee = startBaseFee
    self.price = price
  }

  /// What is wrong with these values; empty when nothing is.
  public func validate() -> [String] {
    var mistakes: [String] = []
    for (name, value) in [("baseFee", startBaseFee), ("price", price)] where value < 8 || value > 1 << 50 {
      mistakes.append("\(name): \(value) wei is not in 8 ... 2^50")
    }
    if loadBips > 1_000_000 { mistakes.append("load: \(loadBips) bips is above 1000000") }
    if noiseBips > 10_000 { mistakes.append("noise: \(noiseBips) bips is above 10000") }
    if tipMedian > 1 << 50 { mistakes.append("tip: \(tipMedian) wei is above 2^50") }
    return mistakes
  }

  /// Gas that others would pay for at this base fee, in a block of `limit` gas; may exceed the limit. Rounding: down.
  ///
  /// - Parameters:
  ///   - bits: the block's draw.
  ///   - factorPermille: a spike of demand; 1,000 without.
  public func demand(baseFee: UInt64, limit: UInt64, bits: UInt64, factorPermille: UInt64) -> UInt64 {
    let spread = 10_000 - noiseBips + scale(bits, 2 * noiseBips + 1)
    let wanted =
      UInt128(limit / 2) * UInt128(loadBips) * UInt128(factorPermille) * UInt128(spread) / 100_000_000_000
    return UInt64(clamping: mulDiv(wanted, 2 * UInt128(price), UInt128(price) + UInt128(baseFee)))
  }

  /// Of this much demand, what bids more than `tip`.
  /// Rounding: down; it is a share of a demand that is drawn anyway.
  public func outbidding(tip: UInt64, of demand: UInt64) -> UInt64 {
    if tipMedian == 0 { return tip == 0 ? demand : 0 }
    return UInt64(clamping: mulDiv(UInt128(demand), UInt128(tipMedian), UInt128(tipMedian) + UInt128(tip)))
  }
}

/// The base fee after a block.
///
/// Source: EIP-1559, with elasticity 2 (target = limit / 2) and denominator 8: a full block raises it by an eighth, an empty
/// one lowers it by an eighth. A rise is at least 1 wei; both divisions round down.
public func baseFee(after parent: UInt64, gasUsed: UInt64, limit: UInt64) -> UInt64 {
  let target = limit / 2
  if gasUsed == target { return parent }
  if gasUsed > target {
    let rise = mulDiv(UInt128(parent), UInt128(gasUsed - target), UInt128(target)) / 8
    return UInt64(clamping: UInt128(parent) + max(rise, 1))
  }
  let fall = mulDiv(UInt128(parent), UInt128(target - gasUsed), UInt128(target)) / 8
  return parent - UInt64(clamping: fall)
}

/// What a sender offers for its transactions of one kind.
public struct FeeOffer: Sendable, Equatable {
  /// Tip a gas, in wei.
  public var tip: UInt64
  /// Most that it pays a gas, base fee and tip, in wei; nil: whatever it costs.
  public var maxFee: UInt64?
  public init(tip: UInt64, maxFee: UInt64? = nil) {
    self.tip = tip
    self.maxFee = maxFee
  }
}
