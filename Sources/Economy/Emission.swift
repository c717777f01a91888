// Programmatic incentives of the protocol: EIGEN minted week by week, divided among assets by gauges and among those who restaked them
// by stake that serves somebody. Source: Eigen Foundation, programmatic incentives (v1: 1,287,420.514 EIGEN a week, a tenth to
// operators, only who serves a service; v2: gauges whose weights add up to 10,000 bips).

public import Basics
import Contracts

/// What is minted.
public struct EmissionTerms: Sendable, Equatable {
  /// EIGEN a week, in units of 10^-18.
  public var weekly: UInt128
  /// To operators, before stakers.
  public var operatorBips: UInt64
  /// By asset, in bips; together 10,000.
  public var gauges: [UInt64]
  public init(weekly: UInt128, operatorBips: UInt64 = 1_000, gauges: [UInt64]) {
    self.weekly = weekly
    self.operatorBips = operatorBips
    self.gauges = gauges
  }

  /// Parts of what one asset's gauge mints in a span: operators first, then each by its stake, all rounded down.
  ///
  /// - Parameters:
  ///   - issuers: stake of each issuer; `total`: all stake, theirs included.
  public func divide(
    asset: Int, span: TimeSpan, issuers: [UInt128], total: UInt128
  ) -> (minted: UInt128, operators: UInt128, issuers: [UInt128], direct: UInt128, dust: UInt128) {
    let week = UInt128(7 * 86_400) * 1_000_000_000
    let minted = mulDiv(
      mulDiv(weekly, UInt128(gauges[asset]), 10_000), UInt128(span.nanoseconds), week)
    let none = issuers.map { _ in UInt128(0) }
    // Nobody there to be paid: all of it is left.
    if total == 0 { return (minted, 0, none, 0, minted) }
    let operators = mulDiv(minted, UInt128(operatorBips), 10_000)
    let rest = minted - operators
    let parts = issuers.map { mulDiv(rest, $0, total) }
    let others = total - min(total, issuers.reduce(0, +))
    let direct = mulDiv(rest, others, total)
    return (minted, operators, parts, direct, rest - direct - parts.reduce(0, +))
  }
}

extension Economy {
  /// Mints an epoch's EIGEN and puts issuers' parts into their pots.
  mutating func emit(_ graph: StakeGraph, ledger: borrowing RestakingLedger, at: Instant, span: TimeSpan) {
    guard let terms = configuration.emission else { return }
    var serves = operators.map { _ in false }
    for list in graph.members { for one in list where one.weight > 0 { serves[one.operatorIndex] = true } }
    for asset in terms.gauges.indices where terms.gauges[asset] > 0 {
      let strategy = StrategyID(asset)
      var total: UInt128 = 0
      for (number, account) in operators.enumerated() where serves[number] {
        total += ledger.operatorShares(account, strategy)
      }
      var mine = issuers.map { _ in UInt128(0) }
      for k in issuers.indices where configuration.issuers[k].asset == strategy {
        for (number, account) in issuers[k].accounts.enumerated() where serves[number] {
          if let account { mine[k] += ledger.withdrawableShares(account, strategy) }
        }
      }
      let parts = terms.divide(asset: asset, span: span, issuers: mine, total: total)
      for k in issuers.indices {
        issuers[k].pots.eigen += parts.issuers[k]
        issuers[k].programmesWei += mulWad(parts.issuers[k], configuration.eigenPriceWad)
      }
      let given = parts.issuers.reduce(0, +)
      if parts.minted != parts.operators + given + parts.direct + parts.dust {
        find("emission.conserved", "\(parts.minted) EIGEN were minted, \(given) to issuers at \(at)")
      }
      tell(
        .emission(
          EmissionFact(
            epoch: epochs, at: at, asset: strategy, minted: parts.minted, operators: parts.operators,
            issuers: given, direct: parts.direct, dust: parts.dust)))
    }
  }
}
