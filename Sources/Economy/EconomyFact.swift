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
    /// What divisions rounded off, so that both sides of a slash are the same to the wei.
    case rounding
    /// What redistributed stake was worth more or less when it was paid out than when it was taken.
    case revaluation
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
  /// The issuer that bears it runs the operator that caused it.
  public var isOwn: Bool
  /// On the side of those who receive.
  public var receives: Bool
  public init(
    at: Instant, slash: UInt32, service: ServiceID, operatorIndex: Int, offence: OffenceClass, role: Role,
    account: AccountID?, issuer: Int?, wei: UInt128, isOwn: Bool = false, receives: Bool = false
  ) {
    self.isOwn = isOwn
    self.receives = receives
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

/// What services and the market paid an issuer's account with one operator in an epoch.
public struct IncomeFact: Sendable, Equatable {
  public var epoch: UInt64
  public var at: Instant
  public var issuer: Int
  public var operatorIndex: Int
  public var wei: UInt128
}

/// One stream of an issuer over the run against its holders' statements: issuer = holders + dust.
public struct BalanceFact: Sendable, Equatable {
  public var issuer: Int
  public var stream: String
  /// What befell the issuer by its own books, and what its holders' statements say together, in wei.
  public var issuerWei, holdersWei: UInt128
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
  case outlook(OutlookFact)
  case entry(EntryFact)
  case choice(ChoiceFact)
  case emission(EmissionFact)
  case exchange(ExchangeFact)
  case liquidation(LiquidationFact)
  case insurance(InsuranceFact)
  case income(IncomeFact)
}

/// What was measured of an issuer's token by the end of an epoch.
public struct OutlookFact: Sendable, Equatable {
  public var epoch: UInt64
  public var at: Instant
  public var issuer: Int
  /// Shares of worth an epoch; the shortfall at `levelBips`.
  public var outlook: TokenOutlook
  public var levelBips: UInt64
  /// Of the stake as it is spread over operators, by what each of them lost.
  public var stakeShortfall: Double
  /// Share of its stake with operators that it runs itself, and what services paid it as their operator, since the start.
  public var ownShare: Double?
  public var ownPaid: UInt128
  public var ownSlashed: UInt128
}

/// A service registered during the run; or an operator looked at its offer.
public struct EntryFact: Sendable, Equatable {
  public enum Kind: String, Sendable { case registers, joins, declines, refused }
  public var epoch: UInt64
  public var at: Instant
  public var service: ServiceID
  public var kind: Kind
  /// Nil for the service's registration.
  public var operatorIndex: Int?
  /// A year's rates, as WADs: what its stake would be paid once it is there, and what it asks for.
  public var offered: UInt128
  public var asked: UInt128
}

/// A holder chose to leave an issuer; or the money arrived at the next.
public struct ChoiceFact: Sendable, Equatable {
  public var at: Instant
  public var holder: Int
  public var kind: String
  public var from: Int
  /// Nil: out of all of them.
  public var to: Int?
  public var why: HolderKind.Reason
  /// Shares of the first that are asked back; shares of the second that arrived.
  public var shares: UInt128
  /// Nil when asked; what arrived, in wei.
  public var wei: UInt128?
}

/// EIGEN of an epoch for one asset: minted = operators + issuers + direct + dust.
public struct EmissionFact: Sendable, Equatable {
  public var epoch: UInt64
  public var at: Instant
  public var asset: StrategyID
  public var minted, operators, issuers, direct, dust: UInt128
}

/// An issuer's token at its exchange, and what is owed against it, at the end of an epoch.
public struct ExchangeFact: Sendable, Equatable {
  public var epoch: UInt64
  public var at: Instant
  public var issuer: Int
  /// Wei a share, as WADs.
  public var price: UInt128
  public var nav: UInt128?
  public var ether, shares: UInt128
  /// Paid to sellers and by buyers since the start, in wei.
  public var sold, bought: UInt128
  /// Worth of what is pledged at the lenders' price, what is owed, and what of that is not covered by value.
  public var pledged, debt, bad: UInt128
}

/// A part of a debt was repaid by somebody who sold the collateral.
public struct LiquidationFact: Sendable, Equatable {
  public var at: Instant
  public var issuer: Int
  public var holder: Int
  /// Sales that came before in the same epoch brought the price there.
  public var round: Int
  public var shares, repaid, proceeds, left: UInt128
  /// The lenders' price, wei a share as a WAD.
  public var price: UInt128
}

/// Tokens moved into or out of an insurance's pot.
public struct InsuranceFact: Sendable, Equatable {
  public enum Kind: String, Sendable { case premium, slash, claim, payment }
  public var at: Instant
  public var service: ServiceID
  public var kind: Kind
  /// Of a claim.
  public var task: TaskID?
  public var asset: StrategyID?
  public var tokens: UInt128
  public var wei: UInt128
  public init(
    at: Instant, service: ServiceID, kind: Kind, task: TaskID? = nil, asset: StrategyID? = nil,
    tokens: UInt128 = 0, wei: UInt128
  ) {
    self.at = at
    self.service = service
    self.kind = kind
    self.task = task
    self.asset = asset
    self.tokens = tokens
    self.wei = wei
  }
}

/// What the economy wants done on the ledger.
public enum EconomyOrder: Sendable, Equatable {
  case deposit(issuer: Int, operatorIndex: Int, AccountID, StrategyID, tokens: UInt128)
  case withdraw(
    issuer: Int, operatorIndex: Int, AccountID, StrategyID, depositShares: UInt128, tokens: UInt128)
  /// An operator sets the magnitude apart that it kept for a service that registered during the run.
  case join(ServiceID, operatorIndex: Int, magnitude: UInt64)
}
