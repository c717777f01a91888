// Exact security of small restaking graphs, by looking at every set of validators: attacks, slack, shocks and cascades as
// Durvasula and Roughgarden define them. Deciding security is coNP-hard; beyond the limits the certificate of
// `ExactGraph` is what there is.
//
// Stakes and profits are brought to one denominator first, so that every comparison is one of integers.

private import BigInt
public import Exact

/// Why a graph cannot be searched.
public enum AttackSearchRefusal: Error, Sendable, Equatable {
  /// More than `AttackSearch.validatorsMaximum` or `servicesMaximum`.
  case tooLarge(validators: Int, services: Int)
  /// On one denominator, stakes and profits need more than 120 bits.
  case tooFine
  /// A profit or a stake is negative, or a threshold is not in (0, 1].
  case outOfRange
}

/// Services attacked and validators attacking.
public struct Attack: Sendable, Equatable {
  public var services: [Int]
  public var validators: [Int]
  /// Profit less the attackers' stake.
  public var netProfit: Rational
}

/// What a search is asked of. A coalition (A, B), A not empty, has for every service in A the threshold's share of the stake
/// behind it in B; a valid attack also gains more than B's stake. B may be empty, and may hold more than it needs.
public struct AttackSearch: Sendable {
  public static let validatorsMaximum = 16
  public static let servicesMaximum = 16

  /// By validator, by service: integers over `scale`.
  private let stakes: [UInt128]
  private let profits: [UInt128]
  private let scale: Rational
  /// Bit k of a service's word: validator k serves it.
  private let served: [Int]
  private let thresholds: [(p: UInt128, q: UInt128)]
  /// Sum of stakes and of profits by set.
  private let stakeSums: [UInt128]
  private let profitSums: [UInt128]
  private let smallestStake: Rational?

  public init(_ graph: ExactGraph) throws(AttackSearchRefusal) {
    guard graph.validators.count <= Self.validatorsMaximum, graph.services.count <= Self.servicesMaximum
    else {
      throw .tooLarge(validators: graph.validators.count, services: graph.services.count)
    }
    let amounts = graph.validators.map(\.stake) + graph.services.map(\.profit)
    guard amounts.allSatisfy({ $0 >= 0 }),
      graph.services.allSatisfy({ $0.threshold > 0 && $0.threshold <= 1 })
    else { throw .outOfRange }
    let common = amounts.reduce(BigInt(1)) {
      $0 / $0.greatestCommonDivisor(with: $1.denominator) * $1.denominator
    }
    scale = Rational(common)
    let limit = BigInt(1) << 120
    var scaled: [UInt128] = []
    for amount in amounts {
      let value = amount.numerator * (common / amount.denominator)
      guard value < limit else { throw .tooFine }
      scaled.append(UInt128(value))
    }
    stakes = Array(scaled.prefix(graph.validators.count))
    profits = Array(scaled.dropFirst(graph.validators.count))
    var thresholds: [(UInt128, UInt128)] = []
    for service in graph.services {
      guard let p = UInt128(exactly: service.threshold.numerator),
        let q = UInt128(exactly: service.threshold.denominator)
      else { throw .tooFine }
      thresholds.append((p, q))
    }
    self.thresholds = thresholds
    served = graph.services.indices.map { s in
      graph.validators.enumerated().reduce(0) { $0 | ($1.element.services.contains(s) ? 1 << $1.offset : 0) }
    }
    stakeSums = Self.sums(stakes)
    profitSums = Self.sums(profits)
    smallestStake = graph.validators.map(\.stake).filter { $0 > 0 }.min()
  }

  private static func sums(_ values: [UInt128]) -> [UInt128] {
    var sums: [UInt128] = [0]
    for value in values { sums += sums.map { $0 + value } }
    return sums
  }

  private func amount(_ value: UInt128) -> Rational { Rational(value) / scale }
  private var allValidators: Int { stakeSums.count - 1 }
  private var allServices: Int { profitSums.count - 1 }
  private static func members(_ set: Int) -> [Int] { (0..<Int.bitWidth).filter { set >> $0 & 1 == 1 } }

  /// What an attack on each service needs when only `left` have stake: ceil(p * stake / q).
  private func needs(_ left: Int) -> [UInt128] {
    served.indices.map { s in
      let product = stakeSums[served[s] & left].multipliedFullWidth(by: thresholds[s].p)
      let (quotient, remainder) = thresholds[s].q.dividingFullWidth(product)
      return remainder == 0 ? quotient : quotient + 1
    }
  }

  /// The services of `among` that `attackers` can corrupt.
  private func reach(_ attackers: Int, _ needs: [UInt128], among: Int) -> Int {
    var reached = 0
    for s in needs.indices where among >> s & 1 == 1 && stakeSums[attackers & served[s]] >= needs[s] {
      reached |= 1 << s
    }
    return reached
  }

  // MARK: - Attacks

  /// No valid attack exists.
  public var isSecure: Bool { bestAttack == nil }

  /// Valid attacks, counted as pairs of sets.
  public var validAttackCount: Int {
    var count = 0
    let needs = needs(allValidators)
    for attackers in 0...allValidators {
      forEachSubset(of: reach(attackers, needs, among: allServices)) { attacked in
        if attacked != 0 && profitSums[attacked] > stakeSums[attackers] { count += 1 }
      }
    }
    return count
  }

  /// The valid attack with the largest net profit; of equals the one with the smallest set of services, then of validators,
  /// sets read as binary numbers. Nil in a secure graph.
  public var bestAttack: Attack? {
    var best: (net: UInt128, services: Int, validators: Int)?
    let needs = needs(allValidators)
    for attackers in 0...allValidators {
      let stake = stakeSums[attackers]
      forEachSubset(of: reach(attackers, needs, among: allServices)) { attacked in
        guard attacked != 0, profitSums[attacked] > stake else { return }
        let net = profitSums[attacked] - stake
        if let found = best {
          if net < found.net
            || net == found.net && (attacked, attackers) >= (found.services, found.validators)
          {
            return
          }
        }
        best = (net, attacked, attackers)
      }
    }
    return best.map {
      Attack(
        services: Self.members($0.services), validators: Self.members($0.validators),
        netProfit: amount($0.net))
    }
  }

  /// The largest gamma for which (1 + gamma) * profit <= stake holds for every coalition: the least stake / profit over
  /// coalitions with a profit, less one. Nil when no coalition has a profit.
  public var gamma: Rational? {
    var least: (stake: UInt128, profit: UInt128)?
    let needs = needs(allValidators)
    for attackers in 0...allValidators {
      // Of one set of attackers the most profitable coalition is the tightest.
      let profit = profitSums[reach(attackers, needs, among: allServices)]
      guard profit > 0 else { continue }
      let stake = stakeSums[attackers]
      if let found = least {
        let left = stake.multipliedFullWidth(by: found.profit)
        let right = found.stake.multipliedFullWidth(by: profit)
        if (left.high, left.low) >= (right.high, right.low) { continue }
      }
      least = (stake, profit)
    }
    return least.map { Rational($0.stake) / Rational($0.profit) - 1 }
  }

  private func forEachSubset(of set: Int, _ body: (Int) -> Void) {
    var subset = set
    while true {
      body(subset)
      if subset == 0 { return }
      subset = (subset - 1) & set
    }
  }

  // MARK: - Shocks

  /// The worst that follows when stake of at most a share `psi` is lost at first.
  public struct Shock: Sendable, Equatable {
    /// The paper's R: psi, plus the largest stake of a valid attack on what is left as a share of all stake, over all
    /// losses of at most that share.
    public var loss: Rational
    /// The same with the stake really lost at first in place of psi.
    public var realisedLoss: Rational
    /// Theorem 1's bound on `loss`; nil without slack.
    public var bound: Rational?
  }

  /// Nil when there is no stake. Cost: 3^n for n validators.
  public func shock(_ psi: Rational) -> Shock? {
    let total = amount(stakeSums[allValidators])
    guard total > 0, let room = (psi * total * scale).amount else { return nil }
    var worst: UInt128 = 0
    var realised: UInt128 = 0
    for lost in 0...allValidators where stakeSums[lost] <= room {
      let largest = largestAttack(left: allValidators & ~lost)
      worst = max(worst, largest)
      realised = max(realised, stakeSums[lost] + largest)
    }
    return Shock(
      loss: psi + amount(worst) / total, realisedLoss: amount(realised) / total,
      bound: gamma.flatMap { lossBound(gamma: $0, shock: psi) })
  }

  /// The most stake that takes part in one valid attack on what is left; 0 without one. By Corollary 1 a whole cascade
  /// loses no more.
  private func largestAttack(left: Int) -> UInt128 {
    let needs = needs(left)
    var largest: UInt128 = 0
    forEachSubset(of: left) { attackers in
      let stake = stakeSums[attackers]
      guard stake > largest else { return }
      if profitSums[reach(attackers, needs, among: allServices)] > stake { largest = stake }
    }
    return largest
  }

  // MARK: - Cascades

  /// What can follow a given first loss: valid attacks one after another, each on what is left, each service attacked once,
  /// nobody attacking alone with no validator.
  public struct Cascade: Sendable, Equatable {
    /// Rounds of the longest.
    public var length: Int
    /// The most stake that attacks lose, the first loss not counted.
    public var loss: Rational
    /// With the first loss.
    public var totalLoss: Rational
    /// As a share of all stake; nil without stake.
    public var totalLossShare: Rational?
    /// Theorem 7's bound for reference depth 1; nil without slack.
    public var lengthBound: Double?
  }

  /// Cost: exponential in validators and services; meant for a dozen of both.
  public func cascade(after lost: [Int]) -> Cascade {
    let first = lost.reduce(0) { $0 | 1 << $1 }
    var known: [Int: (length: Int, loss: UInt128)] = [:]
    let (length, loss) = longest(left: allValidators & ~first, unattacked: allServices, &known)
    let total = amount(stakeSums[allValidators])
    let shock = amount(stakeSums[first])
    let all = shock + amount(loss)
    let bound = gamma.flatMap { gamma in
      smallestStake.flatMap { cascadeLengthBound(gamma: gamma, shock: shock, smallest: $0) }
    }
    return Cascade(
      length: length, loss: amount(loss), totalLoss: all, totalLossShare: total > 0 ? all / total : nil,
      lengthBound: bound)
  }

  private func longest(left: Int, unattacked: Int, _ known: inout [Int: (length: Int, loss: UInt128)]) -> (
    length: Int, loss: UInt128
  ) {
    let key = left << Self.servicesMaximum | unattacked
    if let found = known[key] { return found }
    var best: (length: Int, loss: UInt128) = (0, 0)
    let needs = needs(left)
    var attackers = left
    while attackers != 0 {
      let stake = stakeSums[attackers]
      let reached = reach(attackers, needs, among: unattacked)
      if profitSums[reached] > stake {
        var attacked = reached
        while attacked != 0 {
          if profitSums[attacked] > stake {
            let next = longest(left: left & ~attackers, unattacked: unattacked & ~attacked, &known)
            best = (max(best.length, next.length + 1), max(best.loss, next.loss + stake))
          }
          attacked = (attacked - 1) & reached
        }
      }
      attackers = (attackers - 1) & left
    }
    known[key] = best
    return best
  }
}
