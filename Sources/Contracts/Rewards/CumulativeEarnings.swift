// What everybody has earned since ever: where the calculation's rows end, and what a distribution is made of.

import BigInt
import Signatures

/// Earnings by account and token, all days and submissions added up.
///
/// Earners are operators (their cuts), stakers (their parts) and AVSs (refunds).
public struct CumulativeEarnings: RewardSink, Sendable {
  /// By submission, as the calculation numbers them: the token, and the AVS that refunds go to.
  public struct Source: Sendable {
    public var token: TokenID
    public var avs: AccountID
    public init(token: TokenID, avs: AccountID) {
      self.token = token
      self.avs = avs
    }
  }
  private let sources: [Source]
  private let tokenCount: Int
  private var amounts: [UInt128]
  /// By token: everything that the submissions had to distribute, and everything that was.
  public private(set) var distributed: [UInt128]

  public init(sources: [Source], accounts: Int, tokens: Int) {
    self.sources = sources
    tokenCount = tokens
    amounts = Array(repeating: 0, count: accounts * tokens)
    distributed = Array(repeating: 0, count: tokens)
  }

  public func earned(by account: AccountID, _ token: TokenID) -> UInt128 {
    amounts[account.index * tokenCount + token.index]
  }

  /// Who earned anything, ascending.
  func earners(_ token: TokenID) -> [AccountID] {
    (0..<amounts.count / max(tokenCount, 1)).map { AccountID($0) }.filter { earned(by: $0, token) > 0 }
  }

  @inline(__always) private mutating func add(_ tokens: UInt128, to account: AccountID, _ token: TokenID) {
    amounts[account.index * tokenCount + token.index] += tokens
    distributed[token.index] += tokens
  }

  /// Effects: none; a submission's daily amount is nobody's yet. Errors: none.
  public mutating func pool(_ reward: Int, day: Int, _ tokens: UInt128) {}
  /// Effects: none; the operator's part of the day, before its cut. Errors: none.
  public mutating func operatorPool(_ reward: Int, day: Int, _ account: AccountID, _ tokens: UInt128) {}
  /// Effects: adds to what the operator has earned since ever, in the submission's token. Requires: the sum fits 128 bits. Rounding: none
  /// here; amounts come rounded by `RewardCalculation`, sums are exact.
  public mutating func operatorTokens(_ reward: Int, day: Int, _ account: AccountID, _ tokens: UInt128) {
    add(tokens, to: account, sources[reward].token)
  }
  /// Effects: adds to what the staker has earned since ever, in the submission's token. Requires and rounds as `operatorTokens`.
  public mutating func stakerTokens(
    _ reward: Int, day: Int, _ account: AccountID, staker: AccountID, _ tokens: UInt128
  ) {
    add(tokens, to: staker, sources[reward].token)
  }
  /// Effects: adds to what the submission's AVS has earned since ever: what is refunded is claimed like rewards. Rounding: none here.
  public mutating func refund(_ reward: Int, day: Int, _ tokens: UInt128) {
    add(tokens, to: sources[reward].avs, sources[reward].token)
  }

  /// Adds what a submission earned everybody, on all its days; `reward` is its number among the sources.
  /// Effects: as of the calls above, day by day in order. Errors: none; what the calculation cannot divide it refunds or drops.
  /// Rounding: that of the calculation (`RewardWeight`, `PostgresNumeric`), down, so that a submission never pays more than it brought.
  public mutating func add(_ terms: RewardTerms, as reward: Int, by calculation: borrowing RewardCalculation)
  {
    calculation.calculate(terms, as: reward, into: &self)
  }

  /// The distribution of everything so far; nil when nobody earned anything. Cost: a few hashes an earner.
  public func tree(_ addresses: borrowing AddressBook) -> DistributionTree? {
    var earnings: [(address: Address, earnings: [DistributionTree.Earning])] = []
    for account in 0..<amounts.count / max(tokenCount, 1) {
      var list: [DistributionTree.Earning] = []
      for token in 0..<tokenCount where amounts[account * tokenCount + token] > 0 {
        list.append(
          DistributionTree.Earning(
            token: addresses.tokens[token], cumulative: BigUInt(amounts[account * tokenCount + token])))
      }
      if !list.isEmpty { earnings.append((addresses.accounts[account], list)) }
    }
    return DistributionTree(earnings)
  }
}
