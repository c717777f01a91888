// What the economy tells: one typed fact for everything that changed who has what, in order.

public import AVS
public import Basics
public import Contracts

/// An asset's price, and what quorums count of it.
public struct PriceFact: Sendable, Equatable {
  public var at: Instant
  public var asset: StrategyID
  public var priceWad: UInt128
  public var weightWad: UInt128
}

/// An issuer at the end of an epoch. Amounts in wei, but `supply`, which counts shares.
public struct IssuerFact: Sendable, Equatable {
  public var epoch: UInt64
  public var at: Instant
  public var issuer: Int
  public var supply: UInt128
  /// Wei a share, as a WAD; nil without shares.
  public var navWad: UInt128?
  public var staked: UInt128
  public var buffer: UInt128
  public var unstaking: UInt128
  /// Worth of redemptions that wait.
  public var asked: UInt128
  /// Since the start.
  public var slashed: UInt128
  public var staking: UInt128
  public var income: UInt128
  public var fees: UInt128
  public var redeemed: UInt128
  public var deposited: UInt128
}

/// Stake that an issuer moves.
public struct MoveFact: Sendable, Equatable {
  public var at: Instant
  public var issuer: Int
  public var operatorIndex: Int
  /// To the operator; else from it.
  public var isDeposit: Bool
  public var tokens: UInt128
}

/// What an operator was worth to its stakers in an epoch.
public struct OperatorFact: Sendable, Equatable {
  public var epoch: UInt64
  public var at: Instant
  public var operatorIndex: Int
  public var stake: UInt128
  public var reputation: Double
  /// Of stake, in an epoch.
  public var yield: Double?
  public var lossRate: Double
}

/// One party of one slash: who bears it, or whom it goes to.
public struct AccountabilityFact: Sendable, Equatable {
  public enum Role: String, Sendable {
    case operatorSelf = "operator"
    case staker, issuer, queue, burned, recipient
  }
  public var at: Instant
  /// Case number.
  public var slash: UInt32
  public var service: ServiceID
  public var operatorIndex: Int
  public var offence: OffenceClass
  public var role: Role
  /// Nil for what is burned.
  public var account: AccountID?
  public var issuer: Int?
  public var wei: UInt128
  public init(
    at: Instant, slash: UInt32, service: ServiceID, operatorIndex: Int, offence: OffenceClass, role: Role,
    account: AccountID?, issuer: Int?, wei: UInt128
  ) {
    self.at = at
    self.slash = slash
    self.service = service
    self.operatorIndex = operatorIndex
    self.offence = offence
    self.role = role
    self.account = account
    self.issuer = issuer
    self.wei = wei
  }
}

/// A distribution to holders: of the vault (`issuer` nil in its total) or of an issuer's own schemes.
public struct DistributionFact: Sendable, Equatable {
  public var epoch: UInt64
  public var at: Instant
  /// The cumulative tree's root, in hex; nil without a vault.
  public var root: String?
  public var issuer: Int?
  /// `vault`, `fees`, `eigen`, `incentive`.
  public var stream: String
  /// Vault shares, or wei.
  public var amount: UInt128
  public var dust: UInt128
}

/// A redemption that was asked for, or paid.
public struct RedemptionFact: Sendable, Equatable {
  public var at: Instant
  public var issuer: Int
  public var holder: Int
  public var shares: UInt128
  /// Worth when asked for, in tokens; and what was paid, nil at the request.
  public var asked: UInt128
  public var paid: UInt128?
}

public enum EconomyFact: Sendable, Equatable {
  case price(PriceFact)
  case risk(epoch: UInt64, RiskGauge)
  case issuer(IssuerFact)
  case moved(MoveFact)
  case operatorSeen(OperatorFact)
  case market(epoch: UInt64, at: Instant, MarketClearing)
  case accountability(AccountabilityFact)
  case distribution(DistributionFact)
  case redemption(RedemptionFact)
}

/// What the economy wants done on the ledger.
public enum EconomyOrder: Sendable, Equatable {
  case deposit(issuer: Int, operatorIndex: Int, AccountID, StrategyID, tokens: UInt128)
  case withdraw(
    issuer: Int, operatorIndex: Int, AccountID, StrategyID, depositShares: UInt128, tokens: UInt128)
}
