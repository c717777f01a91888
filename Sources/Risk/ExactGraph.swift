// The restaking graph in exact numbers, and what follows from it without a search: burdens, free services and the
// certificate of Durvasula and Roughgarden, "Robust Restaking Networks" (ITCS 2025), Corollary 2.
//
// For graphs of any size; sums of fractions with unlike denominators grow, so that beyond some hundred validators
// `RestakingGraph` in floating point is the tool. The exact search for attacks is in `AttackSearch`.

public import Exact

/// Services with a profit from corruption and an attack threshold; validators with stake; who serves whom.
public struct ExactGraph: Sendable, Equatable {
  public struct Service: Sendable, Equatable {
    /// What an attacker gains by corrupting it; not negative.
    public var profit: Rational
    /// Share of the stake behind it that an attack needs, in (0, 1].
    public var threshold: Rational
    public init(profit: Rational, threshold: Rational) {
      self.profit = profit
      self.threshold = threshold
    }
  }
  public struct Validator: Sendable, Equatable {
    /// Not negative.
    public var stake: Rational
    /// Positions in `services`, each at most once.
    public var services: [Int]
    public init(stake: Rational, services: [Int]) {
      self.stake = stake
      self.services = services
    }
  }
  public var services: [Service]
  public var validators: [Validator]

  public init(services: [Service], validators: [Validator]) {
    self.services = services
    self.validators = validators
  }

  /// All stake.
  public var totalStake: Rational { validators.reduce(.zero) { $0 + $1.stake } }

  /// The stake behind each service.
  public var serviceStakes: [Rational] {
    var stakes = [Rational](repeating: .zero, count: services.count)
    for validator in validators {
      for service in validator.services { stakes[service] += validator.stake }
    }
    return stakes
  }

  /// Services that anybody could corrupt for nothing: a profit and no stake.
  public var freeServices: [Int] {
    let stakes = serviceStakes
    return services.indices.filter { services[$0].profit > 0 && stakes[$0] == 0 }
  }

  /// T of each validator: the sum over its services of profit / (threshold * stake behind the service).
  public var burdens: [Rational] {
    let stakes = serviceStakes
    return validators.map { validator in
      validator.services.reduce(Rational.zero) { sum, s in
        stakes[s] == 0 ? sum : sum + services[s].profit / (services[s].threshold * stakes[s])
      }
    }
  }

  /// EigenLayer's condition: no free service, and T at most 1 for every validator with stake. Sufficient for security, not
  /// necessary: it treats profit as divisible among a service's validators.
  public var meetsEigenLayerCondition: Bool {
    freeServices.isEmpty && zip(validators, burdens).allSatisfy { $0.stake == 0 || $1 <= 1 }
  }

  /// The slack that the condition certifies: 1 / max T - 1 over validators with stake and T > 0. Never above the true
  /// slack. Nil with a free service, or when nothing constrains.
  public var gammaCertified: Rational? {
    guard freeServices.isEmpty else { return nil }
    let worst = zip(validators, burdens).reduce(Rational.zero) { $1.0.stake > 0 ? max($0, $1.1) : $0 }
    return worst > 0 ? 1 / worst - 1 : nil
  }
}

/// Theorem 1: with slack gamma > 0 the loss after a shock of share psi, the shock included, stays below (1 + 1/gamma) psi
/// of all stake. Nil without slack: any shock can then lose everything (Theorem 2).
public func lossBound(gamma: Rational, shock psi: Rational) -> Rational? {
  gamma > 0 ? (1 + 1 / gamma) * psi : nil
}

/// Theorem 7 for cascades of reference depth k: with slack gamma > 0, `shock` stake lost at first and `smallest` the
/// smallest positive stake, a cascade has fewer than k * (1 + log(shock / (smallest * gamma)) / log(1 + gamma)) rounds.
/// Returns the factor of k; nil without slack, without a shock or without stake.
public func cascadeLengthBound(gamma: Rational, shock: Rational, smallest: Rational) -> Double? {
  guard gamma > 0, shock > 0, smallest > 0 else { return nil }
  return 1 + logarithm((shock / (smallest * gamma)).double) / logarithm((1 + gamma).double)
}

/// The natural logarithm of a positive number from + - * / alone, so that it is the same everywhere: the C library's
/// differs between processors. Relative error below 1e-14 away from one.
func logarithm(_ x: Double) -> Double {
  precondition(x > 0 && x.isFinite)
  // x = m * 2^e with m in [sqrt(1/2), sqrt(2)); log m = 2 artanh((m - 1) / (m + 1)).
  var m = x.significand
  var e = Double(x.exponent)
  if m > 1.414_213_562_373_095_1 {
    m /= 2
    e += 1
  }
  let s = (m - 1) / (m + 1)
  let square = s * s
  var sum = 0.0
  for k in stride(from: 41, through: 1, by: -2) { sum = sum * square + 1 / Double(k) }
  return e * 0.693_147_180_559_945_3 + 2 * s * sum
}
