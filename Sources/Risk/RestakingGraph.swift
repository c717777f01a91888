// The restaking graph of Durvasula and Roughgarden, "Robust Restaking Networks" (ITCS 2025), and its cheap certificate.

/// Services with a profit from corruption and an attack threshold; validators with stake; who serves whom.
public struct RestakingGraph: Sendable, Equatable {
  public struct Service: Sendable, Equatable {
    /// What an attacker gains by corrupting it, in the unit of stake.
    public var profit: Double
    /// Share of the stake behind it that an attack needs, in (0, 1].
    public var threshold: Double
    public init(profit: Double, threshold: Double) {
      self.profit = profit
      self.threshold = threshold
    }
  }
  public struct Validator: Sendable, Equatable {
    public var stake: Double
    /// Positions in `services`, each at most once.
    public var services: [Int]
    public init(stake: Double, services: [Int]) {
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

  /// Stake behind each service.
  public var stakes: [Double] {
    var stakes = [Double](repeating: 0, count: services.count)
    for validator in validators {
      for service in validator.services { stakes[service] += validator.stake }
    }
    return stakes
  }

  /// Services that anybody could corrupt for nothing: a profit and no stake.
  public var freeServices: [Int] {
    let stakes = stakes
    return services.indices.filter { services[$0].profit > 0 && stakes[$0] == 0 }
  }

  /// T of each validator: the sum over its services of profit / (threshold * stake behind the service). A validator is
  /// over-used when its T exceeds 1.
  public var burdens: [Double] {
    let stakes = stakes
    return validators.map { validator in
      validator.services.reduce(0) { sum, service in
        stakes[service] == 0
          ? sum : sum + services[service].profit / (services[service].threshold * stakes[service])
      }
    }
  }

  /// The slack that Corollary 2's local condition certifies: 1 / max T - 1 over validators with stake and T > 0. With it
  /// the loss after a shock of share psi stays below (1 + 1/gamma) psi (Theorem 1); negative: not certified secure.
  /// Sufficient, not necessary: the true slack is never smaller. Nil with a free service, or when nothing constrains.
  public var gammaCertified: Double? {
    if !freeServices.isEmpty { return nil }
    var worst = 0.0
    for (validator, burden) in zip(validators, burdens) where validator.stake > 0 {
      worst = max(worst, burden)
    }
    return worst > 0 ? 1 / worst - 1 : nil
  }
}
