// Where an issuer wants its stake: targets by operator under three policies, and the smallest steps towards them. Floating
// point of + - * / alone; what is moved is integers again.
//
// Equal yield is a Wardrop equilibrium: operator o pays R_o whatever its stake x_o, and loses a share rho_o of it, so that
// R_o / x_o - rho_o is the same for all who are used. Others' stake is there already and is not moved; caps bound each
// operator from above. The multiplier is found by bisection, as in `EqualYield`, which this is without caps and others.

import Contracts
import Risk

/// What an issuer knows of an operator.
public struct OperatorOutlook: Sendable, Equatable {
  /// What its stakers earn together in an epoch, and what share of stake an epoch is expected to cost.
  public var reward: Double
  public var lossRate: Double
  /// Stake with it that is not the issuer's.
  public var others: Double
  public init(reward: Double, lossRate: Double, others: Double = 0) {
    self.reward = reward
    self.lossRate = lossRate
    self.others = others
  }

  /// Of the stake that is there, and would be with `more`; nil without any.
  func riskAdjustedYield(with more: Double) -> Double? {
    others + more > 0 ? reward / (others + more) - lossRate : nil
  }
}

public enum Delegating {
  /// Stake by operator, adding up to `total` within rounding unless the caps leave less room.
  ///
  /// - Parameters:
  ///   - current: what it has with each, for the policies that start from there.
  ///   - allowed: operators it may use.
  ///   - cap: most with one operator.
  /// Without any reward seen, nobody is better than anybody: the present division stays.
  public static func targets(
    _ policy: DelegationPolicy, total: Double, outlook: [OperatorOutlook], current: [Double],
    allowed: [Bool], cap: Double
  ) -> [Double] {
    guard total > 0, zip(outlook, allowed).contains(where: { $1 && $0.reward > 0 }) else { return current }
    switch policy {
    case .fixed: return current
    case .bestYield:
      var targets = outlook.map { _ in 0.0 }
      var left = total
      // What it pays now, by the reward alone: the naive baseline knows no risk.
      let yields: [Double] = outlook.indices.map { k in
        let stake = outlook[k].others + current[k]
        return stake > 0 ? outlook[k].reward / stake : 0
      }
      var ranked: [Int] = outlook.indices.filter { allowed[$0] }
      ranked.sort { (a: Int, b: Int) -> Bool in yields[a] != yields[b] ? yields[a] > yields[b] : a < b }
      for k in ranked where left > 0 {
        targets[k] = min(left, cap)
        left -= targets[k]
      }
      return targets
    case .equalYield:
      return equalYield(total, outlook, allowed, cap)
    }
  }

  private static func equalYield(
    _ total: Double, _ outlook: [OperatorOutlook], _ allowed: [Bool], _ cap: Double
  ) -> [Double] {
    func wanted(_ lambda: Double) -> [Double] {
      zip(outlook, allowed).map { one, isAllowed in
        guard isAllowed, one.reward > 0 else { return 0 }
        let rate = lambda + one.lossRate
        return rate <= 0 ? cap : min(cap, max(0, one.reward / rate - one.others))
      }
    }
    let paying = zip(outlook, allowed).filter { $1 && $0.reward > 0 }.map(\.0)
    guard let safest = paying.map(\.lossRate).min() else { return outlook.map { _ in 0 } }
    var low = -safest
    var high = -safest + paying.reduce(0) { $0 + $1.reward } / total
    if wanted(low).reduce(0, +) <= total { return wanted(low) }
    while true {
      let middle = low + (high - low) / 2
      if middle <= low || middle >= high { break }
      if wanted(middle).reduce(0, +) > total { low = middle } else { high = middle }
    }
    return wanted(high)
  }

  /// The yields after expected losses of the operators that a division uses: spread zero in equilibrium.
  public static func yields(_ stakes: [Double], _ outlook: [OperatorOutlook]) -> [Double] {
    zip(stakes, outlook).compactMap { $0 > 0 ? $1.riskAdjustedYield(with: $0) : nil }
  }
}
