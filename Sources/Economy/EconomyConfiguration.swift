// What the economy starts from: assets with their prices, issuers with their operators, holders, and the market. Plain
// data; names are ids already. An empty configuration stands for a run without an economy.
//
// Amounts are wei of ETH or an asset's smallest unit ("tokens"); shares of one are WADs; rates are for a year of 365 days.

public import Basics
public import Contracts

/// How an asset's price in ETH moves.
public struct AssetTerms: Sendable, Equatable {
  public var name: String
  public var isNativeETH: Bool
  /// Wei that a token is worth at the start, as a WAD.
  public var priceWad: UInt128
  /// Native ETH: paid by the beacon chain on what is staked. Other assets: growth of what a token is worth.
  public var annualRateWad: UInt64
  /// What quorums do not count of its value.
  public var haircutWad: UInt64
  /// Standard deviation of a year's return, and its correlation with the market's, for assets with a price of their own.
  public var volatility: Double
  public var correlation: Double
  public init(
    name: String, isNativeETH: Bool = false, priceWad: UInt128 = wad, annualRateWad: UInt64 = 0,
    haircutWad: UInt64 = 0, volatility: Double = 0, correlation: Double = 0
  ) {
    self.name = name
    self.isNativeETH = isNativeETH
    self.priceWad = priceWad
    self.annualRateWad = annualRateWad
    self.haircutWad = haircutWad
    self.volatility = volatility
    self.correlation = correlation
  }
}

/// From an instant on the asset is worth this factor of what it would be worth otherwise.
public struct PriceStep: Sendable, Equatable {
  public var at: Instant
  public var asset: StrategyID
  public var factorWad: UInt128
  public init(at: Instant, asset: StrategyID, factorWad: UInt128) {
    self.at = at
    self.asset = asset
    self.factorWad = factorWad
  }
}

/// How an issuer spreads stake over operators.
public enum DelegationPolicy: String, Sendable, Equatable, CaseIterable, Codable {
  /// By the weights of the start, whatever happens.
  case fixed
  /// Everything to the best yield seen, as far as the cap allows: the naive baseline.
  case bestYield
  /// So that every operator used yields the same after expected losses.
  case equalYield
}

/// What an issuer does with what services pay it.
public enum IncomeUse: String, Sendable, Equatable, CaseIterable, Codable {
  /// It is added to what stands behind the token.
  case compound
  /// It goes to holders, through the reward vault or, without one, by the issuer's own schemes.
  case distribute
}

/// When holders leave.
public struct RedemptionRun: Sendable, Equatable {
  /// A loss of this share of a token's value in one epoch starts it.
  public var thresholdWad: UInt64
  /// Share of the holders who then ask for everything back; drawn by the seed.
  public var shareWad: UInt64
  /// Of those, the share who do not wait: they sell at the exchange.
  public var sellWad: UInt64
  public init(thresholdWad: UInt64, shareWad: UInt64, sellWad: UInt64 = 0) {
    self.thresholdWad = thresholdWad
    self.shareWad = shareWad
    self.sellWad = sellWad
  }
}

/// A protocol that takes deposits, restakes them with operators and hands out a liquid token.
public struct IssuerTerms: Sendable, Equatable {
  public var name: String
  public var asset: StrategyID
  /// Tokens of the asset deposited before the run, and what of them is kept idle.
  public var deposited: UInt128
  public var bufferWad: UInt64
  /// Of what services pay, in bips.
  public var feeBips: UInt64
  /// Weight by operator number; operators without weight are left out, and not moved to either.
  public var weights: [(operatorIndex: Int, weight: UInt64)]
  public var policy: DelegationPolicy
  /// Most of its stake with one operator, and most that it moves in an epoch.
  public var capWad: UInt64
  public var turnoverWad: UInt64
  /// Moves that would bring the certified slack below this are made smaller, or not at all.
  public var marginMinimum: Double?
  public var income: IncomeUse
  /// Worth of the issuer's own tokens handed to holders in a year, in wei.
  public var incentiveAnnual: UInt128
  /// EIGEN that programmatic incentives bring for an ETH restaked and a week, as a WAD.
  public var eigenWeeklyWad: UInt64
  /// New deposits an epoch, in tokens, each by a holder drawn by the seed.
  public var depositsPerEpoch: UInt128
  public var run: RedemptionRun?
  /// How it weighs what operators cost in their worst epochs; nil: by what they are expected to cost alone.
  public var tail: TailTerms?
  /// Operators that the issuer runs itself: it chooses them, and is paid by services as one of them.
  public var own: [Int] = []
  /// Where its token is traded and lent against.
  public var exchange: ExchangeTerms?
  public var loans: LoanTerms?

  public init(name: String, asset: StrategyID, deposited: UInt128) {
    self.name = name
    self.asset = asset
    self.deposited = deposited
    bufferWad = 0
    feeBips = 0
    weights = []
    policy = .fixed
    capWad = UInt64(wad)
    turnoverWad = UInt64(wad)
    income = .compound
    incentiveAnnual = 0
    eigenWeeklyWad = 0
    depositsPerEpoch = 0
  }

  public static func == (a: Self, b: Self) -> Bool {
    a.name == b.name && a.asset == b.asset && a.deposited == b.deposited && a.bufferWad == b.bufferWad
      && a.feeBips == b.feeBips && a.policy == b.policy && a.capWad == b.capWad
      && a.turnoverWad == b.turnoverWad && a.marginMinimum == b.marginMinimum && a.income == b.income
      && a.incentiveAnnual == b.incentiveAnnual && a.eigenWeeklyWad == b.eigenWeeklyWad
      && a.depositsPerEpoch == b.depositsPerEpoch && a.run == b.run && a.tail == b.tail && a.own == b.own
      && a.exchange == b.exchange && a.loans == b.loans
      && a.weights.elementsEqual(b.weights) { $0.operatorIndex == $1.operatorIndex && $0.weight == $1.weight }
  }

  /// What it delegates at the start: whole `unit`s, by weight, rounded down; the rest joins the buffer.
  public func startingTokens(unit: UInt128) -> [(operatorIndex: Int, tokens: UInt128)] {
    let restaked = deposited - mulDiv(deposited, UInt128(bufferWad), wad)
    let total = weights.reduce(UInt128(0)) { $0 + UInt128($1.weight) }
    return weights.map { one in
      (
        one.operatorIndex,
        total == 0 ? 0 : mulDiv(restaked, UInt128(one.weight), total) / unit * unit
      )
    }
  }
}

/// Who holds the tokens.
public struct HolderTerms: Sendable, Equatable {
  public var count: Int
  /// Each holds the tokens of so many issuers.
  public var issuersEach: Int
  /// Amounts fall with rank to the power of minus this; 0: all the same.
  public var exponent: Double
  /// What a claim costs in gas, in wei: less than that nobody claims.
  public var claimCost: UInt128
  /// Those who choose between issuers; the others stay where they are.
  public var kinds: [HolderKind] = []
  public init(count: Int = 0, issuersEach: Int = 1, exponent: Double = 0, claimCost: UInt128 = 0) {
    self.count = count
    self.issuersEach = issuersEach
    self.exponent = exponent
    self.claimCost = claimCost
  }
}

/// The vault that all issuers' rewards go through.
public struct RewardVaultTerms: Sendable, Equatable {
  public var depositFeeBips: UInt64
  /// Epochs between two distributions.
  public var periodEpochs: Int
  /// Wei of deposits that are let in between two distributions; nil: any amount.
  public var rateLimit: UInt128?
  public init(depositFeeBips: UInt64 = 0, periodEpochs: Int = 7, rateLimit: UInt128? = nil) {
    self.depositFeeBips = depositFeeBips
    self.periodEpochs = periodEpochs
    self.rateLimit = rateLimit
  }
}

/// What a service pays the market for security.
public enum TariffTerms: Sendable, Equatable {
  /// A constant rate a year, as a WAD.
  case posted(UInt64)
  /// Two slopes over utilisation (wanted over available).
  case kinked(base: UInt64, slope1: UInt64, slope2: UInt64, optimal: UInt64)
  /// A rate that moves by at most an eighth an epoch, towards a utilisation.
  case controller(start: UInt64, target: UInt64)
}

/// A service in the market.
public struct ServiceTerms: Sendable, Equatable {
  /// What corrupting it gains, in wei.
  public var profit: UInt128
  /// A rule punishes signing what is not so: without one an attack costs nothing.
  public var isPunished: Bool
  public var quorumBips: UInt64
  public var tariff: TariffTerms?
  /// Highest rate a year of its bounty, as a WAD; nil: it posts none.
  public var bountyMaximum: UInt64?
  /// Security that it wants, in wei.
  public var wanted: UInt128
  /// Put up for tariff and bounty.
  public var escrow: UInt128
  public var floorBips: UInt64
  public var targetBips: UInt64
  /// Nil: nobody is insured.
  public var insurance: InsuranceTerms?
  /// A year's reward, as operators who think of joining count it.
  public var rewardAnnual: UInt128 = 0
  /// When it registers; nil: it is there from the start. Operators who may then join it, with the magnitude they keep for it.
  public var registersAt: Instant?
  public var candidates: [(operatorIndex: Int, magnitude: UInt64)] = []
  public init(profit: UInt128 = 0, isPunished: Bool = true, quorumBips: UInt64 = 6_667) {
    self.profit = profit
    self.isPunished = isPunished
    self.quorumBips = quorumBips
    wanted = 0
    escrow = 0
    floorBips = 0
    targetBips = 10_000
  }

  public static func == (a: Self, b: Self) -> Bool {
    a.profit == b.profit && a.isPunished == b.isPunished && a.quorumBips == b.quorumBips
      && a.tariff == b.tariff && a.bountyMaximum == b.bountyMaximum && a.wanted == b.wanted
      && a.escrow == b.escrow && a.floorBips == b.floorBips && a.targetBips == b.targetBips
      && a.insurance == b.insurance && a.rewardAnnual == b.rewardAnnual && a.registersAt == b.registersAt
      && a.candidates.elementsEqual(b.candidates) {
        $0.operatorIndex == $1.operatorIndex && $0.magnitude == $1.magnitude
      }
  }
}

/// How the market judges operators, and what they ask.
public struct MarketTerms: Sendable, Equatable {
  /// What the latest epoch counts in reputation, yield and loss.
  public var memoryWad: UInt64
  /// Least rate a year an operator takes, as a WAD; raised by (1 + premium * (1 - reputation)).
  public var ask: UInt64
  public var reputationPremium: Double
  public init(memoryWad: UInt64 = 300_000_000_000_000_000, ask: UInt64 = 0, reputationPremium: Double = 0) {
    self.memoryWad = memoryWad
    self.ask = ask
    self.reputationPremium = reputationPremium
  }
}

/// The whole of it.
public struct EconomyConfiguration: Sendable, Equatable {
  public var seed: UInt64 = 0
  public var epoch: TimeSpan = .seconds(86_400)
  /// Epochs are closed up to here, then only while something is under way.
  public var traffic: Instant = .zero
  /// By strategy.
  public var assets: [AssetTerms] = []
  /// In order of time.
  public var steps: [PriceStep] = []
  public var issuers: [IssuerTerms] = []
  public var holders = HolderTerms()
  /// Nil: before 2.0, each issuer has schemes of its own.
  public var vault: RewardVaultTerms?
  /// Epochs between two distributions of an issuer's own schemes.
  public var ownPeriodEpochs = 7
  /// Price of an EIGEN in ETH, as a WAD.
  public var eigenPriceWad: UInt128 = 0
  public var services: [ServiceTerms] = []
  public var market = MarketTerms()
  /// EIGEN that the protocol mints; nil: none beside what issuers' own figures bring.
  public var emission: EmissionTerms?
  /// Every service counts all stake of its operators.
  public var sharesStake = false

  public init() {}

  /// Whether there is anything to do between the chain's own events.
  public var isActive: Bool {
    !issuers.isEmpty || !steps.isEmpty
      || services.contains { $0.tariff != nil || $0.bountyMaximum != nil || $0.registersAt != nil }
      || assets.contains { $0.volatility > 0 || $0.annualRateWad > 0 && !$0.isNativeETH }
  }

  /// Where an issuer's stake with an operator is kept: EigenLayer lets a staker delegate to one operator only, so issuers have
  /// an account for each.
  public static func account(_ issuer: String, at operatorName: String) -> String {
    "\(operatorName)/\(issuer)"
  }
}
