// Elastic restaking networks: Bar-Zur and Eyal, "Elastic Restaking Networks" (CCS 2025). A validator's allocations may add
// up to more than its stake; what a failed service leaves stretches to cover the others.
//
// That a threshold is a share of the current allocations is a reading of the paper, and one that its figures were not there
// to confirm.

public import Exact

/// Services with a prize and a threshold; validators with stake and allocations.
public struct ElasticNetwork: Sendable, Equatable {
  public struct Service: Sendable, Equatable {
    /// What a successful attack gains.
    public var prize: Rational
    /// Share of the current allocations to it that an attack needs.
    public var threshold: Rational
    public init(prize: Rational, threshold: Rational) {
      self.prize = prize
      self.threshold = threshold
    }
  }
  public struct Validator: Sendable, Equatable {
    public var stake: Rational
    /// By service, each at most once; at most the stake.
    public var allocations: [(service: Int, amount: Rational)]
    public init(stake: Rational, allocations: [(service: Int, amount: Rational)]) {
      self.stake = stake
      self.allocations = allocations
    }
    public static func == (a: Self, b: Self) -> Bool {
      a.stake == b.stake && a.allocations.elementsEqual(b.allocations) { $0 == $1 }
    }

    /// Allocations together over stake; nil without stake.
    public var degree: Rational? {
      stake == 0 ? nil : allocations.reduce(Rational.zero) { $0 + $1.amount } / stake
    }
  }
  public var services: [Service]
  public var validators: [Validator]

  public init(services: [Service], validators: [Validator]) {
    self.services = services
    self.validators = validators
  }

  /// What is left when the services of `failed` slash everything allocated to them, and how much that was.
  ///
  /// A validator loses min(stake, its allocations to the failed); its other allocations stretch to min(allocation, what is
  /// left of its stake). Services keep their positions; nobody is allocated to the failed any more.
  public func losing(_ failed: Set<Int>) -> (rest: ElasticNetwork, slashed: Rational) {
    var slashed = Rational.zero
    let rest = validators.map { validator in
      let exposed = validator.allocations.reduce(Rational.zero) {
        failed.contains($1.service) ? $0 + $1.amount : $0
      }
      let loss = min(validator.stake, exposed)
      slashed += loss
      let left = validator.stake - loss
      return Validator(
        stake: left,
        allocations: validator.allocations.filter { !failed.contains($0.service) }.map {
          ($0.service, min($0.amount, left))
        })
    }
    return (ElasticNetwork(services: services, validators: rest), slashed)
  }

  /// Validators for whom paying with their whole stake can be cheaper than by the piece; beyond that many the minimum is
  /// not computed.
  public static let undecidedMaximum = 20

  /// The least that an attack on all of `attacked` costs; nil when no commitment suffices (a threshold above one), or when
  /// more than `undecidedMaximum` validators would have to be tried both ways.
  ///
  /// Every validator may commit any part of each allocation and pays the smaller of its stake and what it committed. That
  /// cost is concave, so at the minimum each validator either pays its whole stake and commits everything, or pays for
  /// each piece; the rest then separates by service. All choices for those to whom both can be better are tried.
  public func leastAttackCost(_ attacked: [Int]) -> Rational? {
    var needed = attacked.map { _ in Rational.zero }
    var commitments: [(stake: Rational, amounts: [Rational])] = []
    for validator in validators {
      let amounts = attacked.map { s in
        validator.allocations.first { $0.service == s }.map { min($0.amount, validator.stake) } ?? .zero
      }
      for k in attacked.indices { needed[k] += amounts[k] * services[attacked[k]].threshold }
      if amounts.contains(where: { $0 > 0 }) { commitments.append((validator.stake, amounts)) }
    }
    if attacked.contains(where: { services[$0].threshold > 1 }) {
      // More than everything is never reached, unless there is nothing to reach.
      if zip(attacked, needed).contains(where: { services[$0].threshold > 1 && $1 > 0 }) { return nil }
    }
    let undecided = commitments.filter { $0.stake < $0.amounts.reduce(.zero, +) }
    guard undecided.count <= Self.undecidedMaximum else { return nil }
    return leastCost(undecided[...], needed, paid: .zero, best: nil)
  }

  /// The least over both choices for each of `undecided`; whoever is not chosen pays by the piece, one for one.
  private func leastCost(
    _ undecided: ArraySlice<(stake: Rational, amounts: [Rational])>, _ needed: [Rational], paid: Rational,
    best: Rational?
  ) -> Rational {
    let byPiece = needed.reduce(paid) { $0 + max($1, .zero) }
    var least = best.map { min($0, byPiece) } ?? byPiece
    guard paid < least, let one = undecided.first else { return least }
    let rest = undecided.dropFirst()
    least = leastCost(
      rest, zip(needed, one.amounts).map { $0 - $1 }, paid: paid + one.stake, best: least)
    return leastCost(rest, needed, paid: paid, best: least)
  }

  /// One attack: on these services, at this cost, for this prize.
  public struct Assessment: Sendable, Equatable {
    public var services: [Int]
    /// Nil: impossible.
    public var cost: Rational?
    public var prize: Rational
    /// The prize is above the cost.
    public var isProfitable: Bool { cost.map { prize > $0 } ?? false }
  }

  /// The attack on exactly these services.
  public func assess(_ attacked: [Int]) -> Assessment {
    Assessment(
      services: attacked, cost: leastAttackCost(attacked),
      prize: attacked.reduce(.zero) { $0 + services[$1].prize })
  }

  /// Every attack on services of `among`, by the number of services, then in their order. Exponential in them.
  public func assessAll(among: [Int]) -> [Assessment] {
    precondition(among.count <= 16, "\(among.count) services have too many subsets")
    return (1..<max(1 << among.count, 1)).map { set in among.indices.filter { set >> $0 & 1 == 1 } }
      .sorted { ($0.count, $0) < ($1.count, $1) }
      .map { assess($0.map { among[$0] }) }
  }
}

private func < (a: (Int, [Int]), b: (Int, [Int])) -> Bool {
  a.0 != b.0 ? a.0 < b.0 : a.1.lexicographicallyPrecedes(b.1)
}
