// Where an issuer's token is traded for ether: a pool of both whose product is kept (Uniswap v2). What a token is worth here and what
// stands behind it are two things: who cannot wait for a withdrawal sells below value, and who can buys.
//
// Amounts round against whoever trades. Every wei that leaves or enters is counted; shares are the issuer's and are held by the pool's
// position among the holders.

import Basics
import Contracts

/// A pool of shares and ether.
public struct ExchangePool: Sendable, Equatable {
  public private(set) var ether: UInt128
  public private(set) var shares: UInt128
  /// Of what is paid in, in bips; stays in the pool.
  public let feeBips: UInt64
  /// Ether at the start, paid out to sellers and paid in by buyers.
  public let start: UInt128
  public private(set) var paidOut: UInt128 = 0
  public private(set) var paidIn: UInt128 = 0

  public init(ether: UInt128, shares: UInt128, feeBips: UInt64) {
    self.ether = ether
    self.shares = shares
    self.feeBips = feeBips
    start = ether
  }

  /// Wei a share at the margin, as a WAD.
  public var priceWad: UInt128 { shares == 0 ? 0 : mulDiv(ether, wad, shares) }

  private func counted(_ amount: UInt128) -> UInt128 { mulDiv(amount, UInt128(10_000 - feeBips), 10_000) }

  /// Wei that `amount` shares bring.
  public func quote(selling amount: UInt128) -> UInt128 {
    let part = counted(amount)
    return part == 0 ? 0 : mulDiv(ether, part, shares + part)
  }

  /// Shares that `wei` buy.
  public func quote(paying wei: UInt128) -> UInt128 {
    let part = counted(wei)
    return part == 0 ? 0 : mulDiv(shares, part, ether + part)
  }

  /// Takes shares and pays wei.
  public mutating func sell(_ amount: UInt128) -> UInt128 {
    let wei = quote(selling: amount)
    shares += amount
    ether -= wei
    paidOut += wei
    return wei
  }

  /// Takes wei and hands out shares.
  public mutating func buy(_ wei: UInt128) -> UInt128 {
    let amount = quote(paying: wei)
    ether += wei
    shares -= amount
    paidIn += wei
    return amount
  }

  /// The most wei, up to `most`, after which a share costs no more than `price`. Cost: a bisection.
  public func roomBelow(_ price: UInt128, most: UInt128) -> UInt128 {
    var (low, high) = (UInt128(0), most)
    while low < high {
      let middle = low + (high - low + 1) / 2
      var after = self
      _ = after.buy(middle)
      if after.priceWad <= price { low = middle } else { high = middle - 1 }
    }
    return low
  }

  /// What came in is there or went out.
  public var isConserved: Bool { start + paidIn == ether + paidOut }
}
