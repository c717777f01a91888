// The state of the stake graph as a few numbers: how much slack is certified, how concentrated stake is, how much of the base
// chain's stake can be slashed elsewhere. Read off the ledger, cheap enough for every epoch.

public import Basics
public import Contracts
public import Risk

/// What `Risk` says at one moment; nil where it has nothing to say.
public struct RiskGauge: Sendable, Equatable {
  public var at: Instant
  /// Slack that the local condition certifies with stake as it is allocated: each service's own part of an operator's stake, which no
  /// other service can slash. Nil when a service can be corrupted for nothing, or when nothing is to be gained.
  public var gammaCertified: Double?
  /// The same if all stake of an operator stood behind each of its services.
  public var gammaShared: Double?
  public var hhi: Double?
  /// Fewest operators that together hold a third of the stake, and two thirds.
  public var nakamoto33: Int?
  public var nakamoto67: Int?
  /// What can be gained from services behind which nothing can be slashed, in wei.
  public var freeProfit: UInt128
  /// Stake counted by services over stake.
  public var leverage: Double?
  /// Share of restaked native ETH that services can slash: what the base chain would lose of its security with them.
  public var baseExposure: Double?
  /// The true slack with stake as allocated, where the graph is small enough to look at every attack.
  public var gammaExact: Double?
  /// Lost in all after a first loss of `shockShare` of the stake as allocated, as a share: the worst that was found. Nil without stake.
  public var shockLoss: Double?
  /// Durvasula and Roughgarden's bound on it, by the best slack that is known; nil without one.
  public var shockBound: Double?
  /// Attacks that followed one another.
  public var shockRounds: Int?
  /// What the cheapest elastic attack on one service costs above its profit, in wei (Bar-Zur and Eyal); nil in large graphs.
  public var elasticMargin: Double?
  public static let shockShare = 0.01

  public init(at: Instant) {
    self.at = at
    freeProfit = 0
  }
}

/// The stake graph read off the ledger.
public struct StakeGraph: Sendable {
  /// By operator: all its stake, in wei of quorum weight.
  public private(set) var stakes: [UInt128] = []
  /// By service: (operator, weight that the service counts).
  public private(set) var members: [[(operatorIndex: Int, weight: UInt128)]] = []
  public private(set) var services: [ServiceTerms]
  /// No stake is set apart, so that both views are one.
  public private(set) var isShared = false
  private var native: (restaked: UInt128, slashable: UInt128) = (0, 0)

  /// - Parameters:
  ///   - operators: accounts by number.
  ///   - sets: operator sets by service.
  ///   - weights: what a token of each strategy counts, as WADs.
  public init(
    _ services: [ServiceTerms], operators: [AccountID], sets: [OperatorSetID],
    ledger: borrowing RestakingLedger, weights: [UInt128], sharesStake: Bool = false, at block: BlockNumber
  ) {
    self.services = services
    isShared = sharesStake
    var numberOf: [Int] = []
    for (k, account) in operators.enumerated() {
      while numberOf.count <= account.index { numberOf.append(-1) }
      numberOf[account.index] = k
      var stake: UInt128 = 0
      for strategy in ledger.strategies.indices {
        let shares = ledger.operatorShares(account, StrategyID(strategy))
        stake += value(ledger.tokens(for: shares, StrategyID(strategy)), at: weights[strategy])
        if ledger.strategies[strategy].isNativeETH { native.restaked += shares }
      }
      stakes.append(stake)
    }
    for set in sets {
      var list: [(Int, UInt128)] = []
      let strategies = ledger.strategies(of: set)
      for index in 0..<ledger.memberCount(of: set) {
        let member = ledger.member(index, of: set)
        guard member.index < numberOf.count, numberOf[member.index] >= 0 else { continue }
        var weight: UInt128 = 0
        for strategy in strategies where ledger.isMember(member, of: set) {
          let shares = ledger.minimumSlashableStake(member, set, strategy, until: block, at: block)
          weight += value(ledger.tokens(for: shares, strategy), at: weights[strategy.index])
          if ledger.strategies[strategy.index].isNativeETH { native.slashable += shares }
        }
        let number = numberOf[member.index]
        list.append((number, sharesStake && weight > 0 ? stakes[number] : weight))
      }
      members.append(list)
    }
  }

  /// For tests and for looking ahead: a graph given outright.
  public init(
    _ services: [ServiceTerms], stakes: [UInt128], members: [[(operatorIndex: Int, weight: UInt128)]]
  ) {
    self.services = services
    self.stakes = stakes
    self.members = members
  }

  /// The stake behind a service; nothing where no rule punishes.
  func stake(behind service: Int) -> UInt128 {
    services[service].isPunished ? members[service].reduce(0) { $0 + $1.weight } : 0
  }

  /// Stake as it is allocated: a validator for each allocation, since nobody else can slash it. All allocations to one service
  /// are burdened alike, so that one validator stands for them.
  public var allocated: RestakingGraph<Double> {
    if isShared { return shared }
    return RestakingGraph(
      services: services.map(Self.node),
      validators: services.indices.map { .init(stake: Double(stake(behind: $0)), services: [$0]) })
  }

  /// All stake of an operator behind each of its services.
  public var shared: RestakingGraph<Double> {
    var served = stakes.map { _ in [Int]() }
    for (service, list) in members.enumerated() where services[service].isPunished {
      for member in list { served[member.operatorIndex].append(service) }
    }
    return RestakingGraph(
      services: services.map(Self.node),
      validators: zip(stakes, served).map { .init(stake: Double($0), services: $1) })
  }

  private static func node(_ terms: ServiceTerms) -> RestakingGraph<Double>.Service {
    .init(profit: Double(terms.profit), threshold: max(Double(terms.quorumBips), 1) / 10_000)
  }

  public func gauge(at: Instant) -> RiskGauge {
    var gauge = RiskGauge(at: at)
    gauge.gammaCertified = allocated.gammaCertified
    gauge.gammaShared = shared.gammaCertified
    let concentration = Concentration(stakes)
    gauge.hhi = concentration.hhi
    gauge.nakamoto33 = concentration.nakamoto(1, 3)
    gauge.nakamoto67 = concentration.nakamoto(2, 3)
    var counted: UInt128 = 0
    for service in services.indices {
      if stake(behind: service) == 0 { gauge.freeProfit += services[service].profit }
      counted += members[service].reduce(0) { $0 + $1.weight }
    }
    if concentration.total > 0 { gauge.leverage = Double(counted) / Double(concentration.total) }
    if native.restaked > 0 { gauge.baseExposure = Double(native.slashable) / Double(native.restaked) }
    search(&gauge)
    return gauge
  }

  /// Graphs up to here are searched at every epoch: the slack exactly; elastic attacks by exact fractions.
  static let searchedOperators = 16
  static let searchedServices = 8
  static let elasticPairs = 256

  /// What takes a search: the true slack, the loss after a shock beside its bound, the margin of elastic attacks.
  private func search(_ gauge: inout RiskGauge) {
    let isSmall = stakes.count <= Self.searchedOperators && services.count <= Self.searchedServices
    if isSmall { gauge.gammaExact = StakeAnalysis.exactSlack(self) }
    let shock = StakeAnalysis.greedyShock(self, share: RiskGauge.shockShare)
    gauge.shockLoss = shock?.loss
    gauge.shockRounds = shock?.rounds
    gauge.shockBound = (gauge.gammaExact ?? gauge.gammaCertified).flatMap {
      lossBound(gamma: $0, shock: RiskGauge.shockShare)
    }
    if stakes.count * services.count <= Self.elasticPairs {
      gauge.elasticMargin = elasticMarginsAlone(isShared: isShared).compactMap { $0 }.min()
    }
  }

  /// Whether both say the same of every stake, service and member: then what was found of one holds for the other.
  func isSame(as other: StakeGraph) -> Bool {
    guard stakes == other.stakes, services.count == other.services.count, isShared == other.isShared,
      native == other.native
    else { return false }
    for (k, service) in services.enumerated() {
      let there = other.services[k]
      guard service.profit == there.profit, service.quorumBips == there.quorumBips,
        service.isPunished == there.isPunished,
        members[k].elementsEqual(other.members[k], by: { $0 == $1 })
      else { return false }
    }
    return true
  }
}
