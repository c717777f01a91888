// Trading and lending of an issuer's token, as the scenario sets them. Plain data.

/// A pool in which the token is traded for ether.
public struct ExchangeTerms: Sendable, Equatable {
  /// Wei on each side at the start.
  public var liquidity: UInt128
  public var feeBips: UInt64
  /// Wei an epoch of those who buy below value and redeem.
  public var arbitrage: UInt128
  public init(liquidity: UInt128, feeBips: UInt64 = 0, arbitrage: UInt128 = 0) {
    self.liquidity = liquidity
    self.feeBips = feeBips
    self.arbitrage = arbitrage
  }
}

/// By which price lenders value collateral.
public enum CollateralOracle: String, Sendable, Equatable, CaseIterable, Codable {
  /// The exchange's.
  case market
  /// What stands behind the token.
  case nav
}

/// Holders who borrowed ether against their tokens to buy more of them.
public struct LoanTerms: Sendable, Equatable {
  /// Share of the holders, drawn by the seed.
  public var shareWad: UInt64
  /// Tokens over own money at the start, as a WAD; above one.
  public var leverageWad: UInt128
  /// Debt over collateral from which on anybody may liquidate, as a WAD.
  public var thresholdWad: UInt64
  /// What liquidators get above what they repay, and the part of a debt that they may repay at once.
  public var bonusBips: UInt64
  public var closeWad: UInt64
  /// A year's, as a WAD.
  public var interestWad: UInt64
  public var oracle: CollateralOracle
  public init(
    shareWad: UInt64, leverageWad: UInt128, thresholdWad: UInt64, bonusBips: UInt64 = 500,
    closeWad: UInt64 = 500_000_000_000_000_000, interestWad: UInt64 = 0, oracle: CollateralOracle = .market
  ) {
    self.shareWad = shareWad
    self.leverageWad = leverageWad
    self.thresholdWad = thresholdWad
    self.bonusBips = bonusBips
    self.closeWad = closeWad
    self.interestWad = interestWad
    self.oracle = oracle
  }
}

/// The lenders' books, in wei: lent + interest = repaid + what is owed.
public struct LoanBook: Sendable, Equatable {
  /// Positions that borrowed, ascending.
  public internal(set) var borrowers: [Int] = []
  public internal(set) var lent: UInt128 = 0
  public internal(set) var interest: UInt128 = 0
  public internal(set) var repaid: UInt128 = 0
  /// Above what liquidators repaid, from selling what they got.
  public internal(set) var liquidators: UInt128 = 0
  public internal(set) var liquidations = 0
  /// Times that the sale of one liquidation made the next possible, at most in an epoch.
  public internal(set) var roundsMaximum = 0
  public init() {}

  public func isConserved(owed: UInt128) -> Bool { lent + interest == repaid + owed }
}
