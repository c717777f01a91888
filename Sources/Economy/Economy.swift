// What liquid restaking adds to a chain: issuers, their holders, the market, rewards on their way to the last holder. A value
// beside the ledger: it observes what the chain did, moves prices, keeps its books in exact integers, and asks for deposits and
// withdrawals that the host carries out by the ledger's own rules. It reads no clock and draws by the seed alone.
//
// Order of an epoch's end: prices, what the market pays, what is remembered of operators, then every issuer in turn (what it
// has, what it earned, who comes and goes, what it moves), distributions, and the gauge of the stake graph.

public import Basics
public import Contracts

/// The books of one issuer that are not its token's.
struct IssuerState: Sendable {
  var book = IssuerBook()
  /// Staking account by operator number.
  var accounts: [AccountID?]
  /// Reward balances and tokens received that are booked already, by operator number.
  var booked: [UInt128]
  var received: [UInt128]
  /// Withdrawals under way.
  var withdrawals: [WithdrawalID] = []
  /// Assets and price when last looked at.
  var assetsBefore: UInt128 = 0
  var priceBefore: UInt128 = 0
  /// Wei too few for a token, carried on.
  var etherDust: UInt128 = 0
  // Since the start, in wei.
  var startWei: UInt128 = 0
  var navStart: UInt128?
  var slashedWei: UInt128 = 0
  /// The same at the last epoch's end.
  var slashedBefore: UInt128 = 0
  var stakingWei: UInt128 = 0
  var incomeWei: UInt128 = 0
  var feesWei: UInt128 = 0
  var depositedWei: UInt128 = 0
  var redeemedWei: UInt128 = 0
  var distributedWei: UInt128 = 0
  // In tokens.
  var startTokens: UInt128 = 0
  var earnedTokens: UInt128 = 0
  var slashedTokens: UInt128 = 0
  /// The same as the slashes themselves showed it, and the operations that may have rounded.
  var slashedSeen: UInt128 = 0
  /// Of those, what holders were told.
  var slashedBooked: UInt128 = 0
  /// The same in wei, at the prices of the slashes.
  var slashedSeenWei: UInt128 = 0
  var slashedBookedWei: UInt128 = 0
  var operations: UInt128 = 0
  /// Rewards that wait for a distribution: wei, EIGEN, own tokens.
  var pots: (fees: UInt128, eigen: UInt128, incentive: UInt128) = (0, 0, 0)
  /// Vault shares handed to holders; and, of those that wait, what brought them.
  var vaultShares: UInt128 = 0
  var fresh: (fees: UInt128, eigen: UInt128, incentive: UInt128) = (0, 0, 0)
  /// What was measured of the token, and the sums at the last measure.
  var record = TokenRecord()
  var programmesWei: UInt128 = 0
  var priceLossWei: UInt128 = 0
  var measured: (gained: UInt128, lost: UInt128) = (0, 0)
  /// Operators that it runs itself: what services paid them, and what it lost by them.
  var ownPaidWei: UInt128 = 0
  var ownSlashedWei: UInt128 = 0
  var pool: ExchangePool?
  var loans: LoanBook?
  var discountMaximum = 0.0
}

/// The economy of a run.
public struct Economy: Sendable {
  public let configuration: EconomyConfiguration
  let operators: [AccountID]
  let sets: [OperatorSetID]
  /// By strategy: what a token is worth, and what quorums count of it, as WADs.
  public private(set) var prices: [UInt128]
  public private(set) var weights: [UInt128]
  /// By strategy: steps in force and the drawn part of the price.
  var stepFactors: [UInt128]
  var walks: [Double]
  var nextStep = 0
  var issuers: [IssuerState] = []
  public internal(set) var holders: HolderBook
  var vault: RewardVault?
  var letIn: UInt128 = 0
  var services: [ServiceAccount]
  public internal(set) var reputations: [Reputation]
  var records: [OperatorRecord]
  /// By service: what operators owed and did in the epoch.
  var levels: [[Int: (duties: UInt64, fulfilled: UInt64)]]
  /// What the market paid, by account.
  var marketBalances: [UInt128] = []
  public internal(set) var market = MarketTotals()
  public internal(set) var epochs: UInt64 = 0
  var lastClose = Instant.zero
  var facts: [EconomyFact] = []
  /// By service: registered; by candidate: whether it joined. For those that come during the run.
  var isRegistered: [Bool]
  var joined: [[Bool]]
  /// Which kind each holder is; -1: one that stays.
  var kindOf: [Int8] = []
  /// Money on its way from one issuer to another.
  var arrivals: [Arrival] = []
  /// What moved between issuers, in wei, and what was too little for a token.
  var choicesWei: UInt128 = 0
  /// The stake graph when it was looked at last, and what was found.
  var known: (graph: StakeGraph, gauge: RiskGauge)?
  /// Broken promises of the books: empty, or a mistake of ours.
  public internal(set) var findings: [Finding] = []

  /// Money of the market: escrowed = operators + stakers + dust + refunded + what is left.
  public struct MarketTotals: Sendable, Equatable {
    public var escrowed: UInt128 = 0
    public var operators: UInt128 = 0
    public var stakers: UInt128 = 0
    public var dust: UInt128 = 0
    public var refunded: UInt128 = 0
    public init() {}
  }

  /// - Parameters:
  ///   - operators: accounts by operator number; `sets`: by service.
  ///   - accounts: by issuer and operator number, where an issuer has one.
  public init(
    _ configuration: EconomyConfiguration, operators: [AccountID], sets: [OperatorSetID],
    accounts: [[AccountID?]], ledger: borrowing RestakingLedger, at block: BlockNumber
  ) {
    self.configuration = configuration
    self.operators = operators
    self.sets = sets
    prices = configuration.assets.map(\.priceWad)
    weights = configuration.assets.map { Self.weight($0.priceWad, haircut: $0.haircutWad) }
    stepFactors = configuration.assets.map { _ in wad }
    walks = configuration.assets.map { _ in 1 }
    services = configuration.services.map { ServiceAccount($0) }
    reputations = operators.map { _ in Reputation() }
    records = operators.map { _ in OperatorRecord() }
    levels = configuration.services.map { _ in [:] }
    market.escrowed = configuration.services.reduce(0) { $0 + $1.escrow }
    isRegistered = configuration.services.map { $0.registersAt == nil }
    joined = configuration.services.map { $0.candidates.map { _ in false } }
    let pools = configuration.issuers.map { issuer in
      issuer.exchange.map {
        min(mulDiv($0.liquidity, wad, configuration.assets[issuer.asset.index].priceWad), issuer.deposited)
      }
    }
    holders = HolderBook(
      configuration.holders, supplies: zip(configuration.issuers, pools).map { $0.deposited - ($1 ?? 0) },
      pools: pools)
    kindOf = Self.kinds(configuration.holders, seed: configuration.seed)
    if let terms = configuration.vault {
      vault = RewardVault(
        tokens: 2 + configuration.issuers.count, depositFeeBips: terms.depositFeeBips, redeemFeeBips: 0,
        treasury: AccountID(configuration.issuers.count))
    }
    for (k, terms) in configuration.issuers.enumerated() {
      var state = IssuerState(
        accounts: accounts[k], booked: operators.map { _ in 0 }, received: operators.map { _ in 0 })
      // Holders put in everything; what was delegated at genesis has left the buffer.
      let minted = try? state.book.mint(terms.deposited)
      precondition(minted ?? 0 == terms.deposited, "the first deposit mints a share a token")
      var delegated: UInt128 = 0
      for (number, account) in accounts[k].enumerated() {
        guard let account else { continue }
        delegated += ledger.tokens(for: ledger.withdrawableShares(account, terms.asset), terms.asset)
        state.received[number] = Self.received(account, terms.asset, ledger)
      }
      let unit: UInt128 = configuration.assets[terms.asset.index].isNativeETH ? 1_000_000_000 : 1
      let sent = terms.startingTokens(unit: unit).reduce(UInt128(0)) {
        $0 + (accounts[k][$1.operatorIndex] == nil ? 0 : $1.tokens)
      }
      state.book.restake(sent)
      state.book.revalue(staked: delegated, unstaking: 0)
      let price = prices[terms.asset.index]
      state.startTokens = state.book.assets
      state.assetsBefore = state.book.assets
      state.priceBefore = price
      state.startWei = value(state.book.assets, at: price)
      state.navStart = Self.nav(state.book, price)
      if let exchange = terms.exchange, let shares = pools[k] {
        state.pool = ExchangePool(ether: exchange.liquidity, shares: shares, feeBips: exchange.feeBips)
      }
      issuers.append(state)
    }
    let books = issuers.map(\.book)
    let assets = configuration.issuers.map(\.asset)
    let prices = self.prices
    holders.open { issuer, shares in
      value(books[issuer].tokens(for: shares), at: prices[assets[issuer].index])
    }
    for k in issuers.indices { openLoans(k) }
  }

  static func weight(_ price: UInt128, haircut: UInt64) -> UInt128 {
    price - mulWad(price, UInt128(haircut))
  }
  static func received(
    _ account: AccountID, _ asset: StrategyID, _ ledger: borrowing RestakingLedger
  ) -> UInt128 {
    let list = ledger.accounts[account.index].received
    return asset.index < list.count ? list[asset.index] : 0
  }
  static func nav(_ book: IssuerBook, _ price: UInt128) -> UInt128? {
    book.supply == 0 ? nil : mulDiv(value(book.assets, at: price), wad, book.supply)
  }

  // MARK: - What the chain did

  /// An operator's duties for a service in an epoch, and what its stakers were paid for them.
  public mutating func noteDuties(
    _ number: Int, _ service: ServiceID, duties: UInt64, fulfilled: UInt64, stakersWei: UInt128,
    operatorWei: UInt128 = 0
  ) {
    notePaid(number, operatorWei)
    records[number].duties += duties
    records[number].fulfilled += fulfilled
    records[number].stakersWei += stakersWei
    if service.index < levels.count, services[service.index].isOpen {
      let before = levels[service.index][number] ?? (0, 0)
      levels[service.index][number] = (before.duties + duties, before.fulfilled + fulfilled)
    }
  }

  /// A withdrawal of one of the issuers' accounts entered the queue, or left it.
  public mutating func noteWithdrawal(_ id: WithdrawalID, of account: AccountID, isQueued: Bool) {
    guard let k = issuers.firstIndex(where: { $0.accounts.contains(account) }) else { return }
    if isQueued {
      issuers[k].withdrawals.append(id)
    } else {
      issuers[k].withdrawals.removeAll { $0 == id }
    }
    issuers[k].operations += 1
  }

  /// Which issuer an account belongs to.
  public func issuer(of account: AccountID) -> Int? {
    issuers.firstIndex { $0.accounts.contains(account) }
  }

  /// A slash of an operator: what it took, in wei; and of issuers' accounts in tokens, by account.
  public mutating func noteSlash(
    _ number: Int, takenWei: UInt128, tokens: [(account: AccountID, tokens: UInt128)]
  ) {
    records[number].slashedWei += takenWei
    for part in tokens {
      guard let k = issuer(of: part.account) else { continue }
      if runs(k, number) { issuers[k].ownSlashedWei += value(part.tokens, at: price(k)) }
      issuers[k].slashedSeen += part.tokens
      issuers[k].slashedSeenWei += value(part.tokens, at: price(k))
      issuers[k].operations += 1
    }
  }

  /// Whether an issuer runs an operator itself.
  public func runs(_ issuer: Int, _ number: Int) -> Bool {
    configuration.issuers[issuer].own.contains(number)
  }

  /// An operator's own part of what services paid: of interest where an issuer runs it.
  mutating func notePaid(_ number: Int, _ wei: UInt128) {
    guard wei > 0 else { return }
    for k in issuers.indices where runs(k, number) { issuers[k].ownPaidWei += wei }
  }

  /// The host carried an order out.
  public mutating func confirm(_ order: EconomyOrder, at: Instant) {
    switch order {
    case .deposit(let issuer, let number, _, _, let tokens):
      issuers[issuer].book.restake(tokens)
      issuers[issuer].operations += 1
      facts.append(
        .moved(MoveFact(at: at, issuer: issuer, operatorIndex: number, isDeposit: true, tokens: tokens)))
    case .withdraw(let issuer, let number, _, _, _, let tokens):
      issuers[issuer].operations += 1
      facts.append(
        .moved(MoveFact(at: at, issuer: issuer, operatorIndex: number, isDeposit: false, tokens: tokens)))
    case .join(let service, let number, _):
      if let k = configuration.services[service.index].candidates.firstIndex(where: {
        $0.operatorIndex == number
      }) {
        joined[service.index][k] = true
      }
    }
  }

  /// Facts since the last call, in order.
  public mutating func takeFacts() -> [EconomyFact] {
    defer { facts.removeAll(keepingCapacity: true) }
    return facts
  }

  mutating func tell(_ fact: EconomyFact) { facts.append(fact) }

  mutating func find(_ check: String, _ detail: String) {
    findings.append(Finding(check: check, detail: detail))
  }

  // MARK: - Time

  /// Instants at which prices step, from `instant` on.
  public var nextPriceStep: Instant? {
    nextStep < configuration.steps.count ? configuration.steps[nextStep].at : nil
  }

  /// The end of the epoch that `instant` lies in.
  public func epochEnd(after instant: Instant) -> Instant {
    let length = configuration.epoch.nanoseconds
    return Instant(nanoseconds: (instant.nanoseconds / length + 1) * length)
  }

  /// Takes price steps that are due by `at`. Returns whether a price changed.
  public mutating func takePriceSteps(at: Instant) -> Bool {
    var changed = false
    while nextStep < configuration.steps.count, configuration.steps[nextStep].at <= at {
      let step = configuration.steps[nextStep]
      stepFactors[step.asset.index] = step.factorWad
      nextStep += 1
      changed = setPrice(step.asset.index, at: at) || changed
    }
    return changed
  }

  /// Prices at the end of an epoch: growth by the rate, and a draw for those with a price of their own.
  mutating func movePrices(at: Instant) {
    let draws = HashRandom(seed: configuration.seed &+ 0x5EED_0F_0001, .sampling)
    let years = configuration.epoch.seconds / (365 * 86_400)
    let index = at.nanoseconds / configuration.epoch.nanoseconds
    func normal(_ who: UInt64) -> Double {
      PortableMath.normalQuantile((Double(draws.bits(who, index) >> 11) + 0.5) * 0x1p-53)
    }
    for (k, asset) in configuration.assets.enumerated() {
      if asset.volatility > 0 {
        let own = (1 - asset.correlation * asset.correlation).squareRoot() * normal(UInt64(k) + 1)
        let move = asset.volatility * years.squareRoot() * (asset.correlation * normal(0) + own)
        walks[k] *= max(0.01, 1 + move)
      }
      _ = setPrice(k, at: at)
    }
  }

  private mutating func setPrice(_ k: Int, at: Instant) -> Bool {
    let asset = configuration.assets[k]
    var price = asset.priceWad
    if !asset.isNativeETH, asset.annualRateWad > 0 {
      let grown = mulDiv(UInt128(asset.annualRateWad), UInt128(at.nanoseconds), Self.year)
      price = mulWad(price, wad + grown)
    }
    if asset.volatility > 0 { price = mulWad(price, UInt128(min(max(walks[k], 1e-9), 1e9) * 1e18)) }
    price = max(1, mulWad(price, stepFactors[k]))
    if price == prices[k] { return false }
    prices[k] = price
    weights[k] = max(1, Self.weight(price, haircut: asset.haircutWad))
    tell(.price(PriceFact(at: at, asset: StrategyID(k), priceWad: price, weightWad: weights[k])))
    return true
  }

  /// A year of 365 days, in nanoseconds.
  static let year: UInt128 = 365 * 86_400 * 1_000_000_000
}
