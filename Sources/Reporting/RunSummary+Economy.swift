// The parts of a summary that tell of tokens, their holders, the market and what the whole could lose.

import Basics

extension RunSummary {
  /// A liquid restaking token.
  public struct Issuer: Sendable, Equatable {
    public var name: String
    /// Tokens, in their smallest unit.
    public var supply: UInt128
    /// Assets per token at the end and at the start; nil without supply.
    public var nav: Double?
    public var navStart: Double?
    /// What holders lost of their assets to slashing; nil without assets.
    public var lossRatio: Double?
    /// Lost to slashing; paid by services and their market, before the fee; the fee.
    public var slashedWei: UInt128
    public var incomeWei: UInt128
    public var feesWei: UInt128
    /// Share of its stake at the end with operators that it runs itself; nil without stake. What services paid them, and what they lost
    /// its holders.
    public var ownShare: Double?
    public var ownPaidWei: UInt128 = 0
    public var ownSlashedWei: UInt128 = 0
    public init(
      name: String, supply: UInt128, nav: Double?, navStart: Double?, lossRatio: Double?,
      slashedWei: UInt128 = 0, incomeWei: UInt128 = 0, feesWei: UInt128 = 0
    ) {
      self.name = name
      self.supply = supply
      self.nav = nav
      self.navStart = navStart
      self.lossRatio = lossRatio
      self.slashedWei = slashedWei
      self.incomeWei = incomeWei
      self.feesWei = feesWei
    }
  }

  /// Those who hold issuers' tokens.
  public struct Holders: Sendable, Equatable {
    public var count: Int
    /// Transactions that it takes to claim all rewards that are worth it.
    public var claims: Int
    /// Distributed; of it not worth claiming; gas of the claims.
    public var rewardsWei: UInt128
    public var strandedWei: UInt128
    public var claimCostWei: UInt128
    public var slashedWei: UInt128
    /// Net yield over the run, by position: nearest rank.
    public var yieldP10, yieldP50, yieldP90: Double?
    /// Moved by those who chose another issuer.
    public var movedWei: UInt128 = 0
    /// Epochs of accounting that were closed.
    public var epochs = 0
    public init(
      count: Int, claims: Int, rewardsWei: UInt128, strandedWei: UInt128, claimCostWei: UInt128,
      slashedWei: UInt128, yieldP10: Double?, yieldP50: Double?, yieldP90: Double?
    ) {
      self.count = count
      self.claims = claims
      self.rewardsWei = rewardsWei
      self.strandedWei = strandedWei
      self.claimCostWei = claimCostWei
      self.slashedWei = slashedWei
      self.yieldP10 = yieldP10
      self.yieldP50 = yieldP50
      self.yieldP90 = yieldP90
    }
  }

  /// Users harmed by wrong results, and what slashed stake paid them.
  public struct Insurance: Sendable, Equatable {
    /// Wrongly certified tasks of insured services that a slash proved on chain; and those that nobody proved.
    public var claims = 0
    public var unproven = 0
    /// Of all of them.
    public var harmWei: UInt128 = 0
    /// Owed: the harm, up to the cover, of all of them.
    public var dueWei: UInt128 = 0
    /// Redistributed into the pots by these services' slashes; paid in by users; transferred to the harmed; left.
    public var potWei: UInt128 = 0
    public var premiumWei: UInt128 = 0
    public var paidWei: UInt128 = 0
    public var leftWei: UInt128 = 0
    /// Every insured harm was paid in full.
    public var isStronglySafe = true
    public init() {}
  }

  /// Services that registered during the run, and operators that came to them.
  public struct Entries: Sendable, Equatable {
    public var services = 0
    /// Operators that joined, counted for each service; services that nobody joined.
    public var joins = 0
    public var unserved = 0
    public init() {}
  }

  /// Issuers' tokens traded for ether and lent against, all of them together.
  public struct Lending: Sendable, Equatable {
    /// lent + interest = repaid + debt.
    public var lentWei: UInt128 = 0
    public var interestWei: UInt128 = 0
    public var repaidWei: UInt128 = 0
    public var debtWei: UInt128 = 0
    /// Of the debt at the end: above the value of its collateral.
    public var badDebtWei: UInt128 = 0
    public var liquidations = 0
    /// Longest chain of liquidations in an epoch that each made the next possible.
    public var rounds = 0
    public var soldWei: UInt128 = 0
    public var boughtWei: UInt128 = 0
    /// Furthest below value at an epoch's end.
    public var discountMax = 0.0
    public init() {}
  }

  /// Services that buy security: escrowed = paid + dust + refunded. Among `rewards` too.
  public struct Market: Sendable, Equatable {
    public var escrowedWei, paidWei, dustWei, refundedWei: UInt128
    public init(escrowedWei: UInt128, paidWei: UInt128, dustWei: UInt128, refundedWei: UInt128) {
      self.escrowedWei = escrowedWei
      self.paidWei = paidWei
      self.dustWei = dustWei
      self.refundedWei = refundedWei
    }
  }

  /// The stake graph at the end.
  public struct RiskEnd: Sendable, Equatable {
    public var gammaCertified, hhi: Double?
    public var nakamoto33, nakamoto67: Int?
    public init(gammaCertified: Double?, hhi: Double?, nakamoto33: Int?, nakamoto67: Int?) {
      self.gammaCertified = gammaCertified
      self.hhi = hhi
      self.nakamoto33 = nakamoto33
      self.nakamoto67 = nakamoto67
    }
  }

  /// What `Risk` says of the stake graph at the start, its lowest slack over the run, and the graph at the end; nil where it has
  /// nothing to say.
  public struct Risk: Sendable, Equatable {
    public var gammaCertified: Double?
    public var hhi: Double?
    /// Fewest operators that together hold a third of the stake, and two thirds.
    public var nakamoto33: Int?
    public var nakamoto67: Int?
    /// Nil when at some time something could be corrupted for nothing, or nothing gained.
    public var gammaLowest: Double?
    /// If all stake of an operator stood behind each of its services.
    public var gammaShared: Double?
    /// Stake counted by services over stake.
    public var leverage: Double?
    /// Share of restaked native ETH that services can slash.
    public var baseExposure: Double?
    /// Gain from services behind which nothing can be slashed.
    public var freeProfitWei: UInt128 = 0
    /// The true slack at the start, where the graph is small.
    public var gammaExact: Double?
    /// The most that was found lost after a first loss of 1 % of the stake, of all epochs; its bound at the start; and the least that an
    /// elastic attack cost above its profit, in ETH, of all epochs.
    public var shockLoss: Double?
    public var shockBound: Double?
    public var elasticMarginEth: Double?
    public var end: RiskEnd?
    public init() {}
  }
}
