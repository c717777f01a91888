// The restaking graph of Durvasula and Roughgarden, "Robust Restaking Networks" (ITCS 2025), and what follows from it without a
// search: burdens, free services and the certificate of Corollary 2.
//
// One graph for two kinds of numbers: `ExactGraph` counts in fractions, whose sums grow, so that beyond some hundred validators
// the same in floating point is the tool. The exact search for attacks is in `AttackSearch`, bounds in `Bounds`.

public import Exact

/// What stake, profits and thresholds are counted in.
public protocol StakeNumber: Comparable, Sendable, ExpressibleByIntegerLiteral {
  static func + (a: Self, b: Self) -> Self
  static func - (a: Self, b: Self) -> Self
  static func * (a: Self, b: Self) -> Self
  static func / (a: Self, b: Self) -> Self
}

extension Double: StakeNumber {}
extension Rational: StakeNumber {}

/// The graph in exact numbers.
public typealias ExactGraph = RestakingGraph<Rational>

/// Services with a profit from corruption and an attack threshold; validators with stake; who serves whom.
public struct RestakingGraph<Number: StakeNumber>: Sendable, Equatable {
  public struct Service: Sendable, Equatable {
    /// What an attacker gains by corrupting it, in the unit of stake; not negative.
    public var profit: Number
    /// Share of the stake behind it that an attack needs, in (0, 1].
    public var threshold: Number
    public init(profit: Number, threshold: Number) {
      self.profit = profit
      self.threshold = threshold
    }
  }
  public struct Validator: Sendable, Equatable {
    /// Not negative.
    public var stake: Number
    /// Positions in `services`, each at most once.
    public var services: [Int]
    public init(stake: Number, services: [Int]) {
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
  public var totalStake: Number { validators.reduce(0) { $0 + $1.stake } }

  /// The stake behind each service.
  public var serviceStakes: [Number] {
    var stakes = [Number](repeating: 0, count: services.count)
    for validator in validators {
      for service in validator.services { stakes[service] = stakes[service] + validator.stake }
    }
    return stakes
  }

  /// Services that anybody could corrupt for nothing: a profit and no stake.
  public var freeServices: [Int] {
    let stakes = serviceStakes
    return services.indices.filter { services[$0].profit > 0 && stakes[$0] == 0 }
  }

  /// T of each validator: the sum over its services of profit / (threshold * stake behind the service). A validator is
  /// over-used when its T exceeds 1.
  public var burdens: [Number] {
    let stakes = serviceStakes
    return validators.map { validator in
      validator.services.reduce(0) { sum, s in
        stakes[s] == 0 ? sum : sum + services[s].profit / (services[s].threshold * stakes[s])
      }
    }
  }

  /// EigenLayer's condition: no free service, and T at most 1 for every validator with stake. Sufficient for security, not
  /// necessary: it treats profit as divisible among a service's validators.
  public var meetsEigenLayerCondition: Bool {
    freeServices.isEmpty && zip(validators, burdens).allSatisfy { $0.stake == 0 || $1 <= 1 }
  }

  /// The slack that Corollary 2's local condition certifies: 1 / max T - 1 over validators with stake and T > 0; negative:
  /// not certified secure. Never above the true slack. Nil with a free service, or when nothing constrains.
  public var gammaCertified: Number? {
    guard freeServices.isEmpty else { return nil }
    let none: Number = 0
    let worst = zip(validators, burdens).reduce(none) { $1.0.stake > 0 ? max($0, $1.1) : $0 }
    return worst > 0 ? 1 / worst - 1 : nil
  }
}
