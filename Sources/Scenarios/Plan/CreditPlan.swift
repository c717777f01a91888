// Where an issuer's token is traded and lent against.

import Basics
public import Economy

/// A pool of the token and ether.
public struct ExchangePlan: Sendable, Equatable, Codable {
  public var liquidity: Ether
  public var fee: Share
  public var arbitrage: Ether

  init(_ o: ObjectReader) {
    liquidity = o.needed("liquidity", "write an amount such as 500ETH: on each side", placeholder: .eth(1)) {
      $0.ether(Ether(wei: 1_000_000_000_000_000_000) ... .eth(1_000_000_000))
    }
    fee = o.value(
      "fee", "of what is traded (whole bips); it stays in the pool", or: Share(wad: 4 * Share.bip)
    ) {
      $0.wholeBips(.zero ... .percent(10))
    }
    arbitrage = o.value("arbitrage", "an epoch's ether of those who buy below value and redeem", or: .zero) {
      $0.ether(.zero ... .eth(1_000_000_000))
    }
  }
}

/// Holders who borrowed against the token to have more of it.
public struct LoanPlan: Sendable, Equatable, Codable {
  public var share: Share
  public var leverage: Double
  public var threshold, bonus, close, interest: Share
  public var oracle: CollateralOracle

  init(_ o: ObjectReader) {
    share = o.needed("share", "write the share of the holders who borrow", placeholder: .percent(10)) {
      $0.share(Share(wad: 1) ... .whole)
    }
    leverage = o.needed("leverage", "write tokens over own money, such as 2.5", placeholder: 2) {
      $0.number(1.01...20)
    }
    threshold = o.needed(
      "threshold", "write the debt over collateral from which it is liquidated", placeholder: .percent(80)
    ) {
      $0.share(.percent(1) ... .percent(99))
    }
    bonus = o.value("bonus", "of what liquidators repay, to them (whole bips)", or: .percent(5)) {
      $0.wholeBips(.zero ... .percent(50))
    }
    close = o.value("close", "part of a debt repaid at once", or: .percent(50)) {
      $0.share(.percent(1) ... .whole)
    }
    interest = o.value("interest", "a year's, on the debt", or: .zero) { $0.share(.zero ... .percent(1_000)) }
    oracle = o.value(
      "oracle", "collateral counts by the exchange's price, market, or by value, nav", or: .market
    ) {
      $0.choice()
    }
    let debt = 1 - 1 / leverage
    if !o.isRecording, debt * 1e18 >= Double(threshold.wad) {
      o.mistake(
        "leverage",
        "\(plain(leverage)) is a debt of \(plain(Double(Int(debt * 10_000)) / 100)) % of the collateral at the start, at or above the threshold, \(threshold)"
      )
    }
  }
}
