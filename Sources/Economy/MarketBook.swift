// The market's books: what is known of operators, what services offer, and the money that goes between them. A service's
// escrow pays its tariff and its bounty epoch by epoch, each operator by its stake and by the service level that was measured;
// what a service level takes away, or nobody fills, stays in escrow and goes back at the end.
//
// The tariffs and the auction are `Contracts/Market`; that they price restaked security is a modelling choice.

public import Basics
import Contracts
import Exact

/// What an epoch showed of an operator, all services together.
public struct OperatorRecord: Sendable, Equatable {
  public var duties: UInt64 = 0
  public var fulfilled: UInt64 = 0
  /// What its stakers earned, in wei, and what was slashed of its stake.
  public var stakersWei: UInt128 = 0
  public var slashedWei: UInt128 = 0
  public init() {}
}

/// What is remembered of an operator: averages that forget.
public struct Reputation: Sendable, Equatable {
  /// 0 ... 1: share of duties fulfilled, lowered by what was slashed.
  public var score = 1.0
  /// Wei that its stakers earn an epoch.
  public var reward = 0.0
  /// Share of stake lost an epoch.
  public var lossRate = 0.0
  /// The shares lost, epoch by epoch, oldest first.
  public var losses: [Double] = []
  public init() {}

  /// One epoch more. `memory`: what it counts; `stake`: at its end.
  public mutating func note(_ record: OperatorRecord, stake: UInt128, memory: Double) {
    let before = Double(stake) + Double(record.slashedWei)
    let lost = before > 0 ? Double(record.slashedWei) / before : 0
    if record.duties > 0 || record.slashedWei > 0 {
      let kept = record.duties > 0 ? Double(record.fulfilled) / Double(record.duties) : score
      score += memory * (kept * (1 - lost) - score)
    }
    if record.duties > 0 || record.stakersWei > 0 {
      reward =
        reward == 0 ? Double(record.stakersWei) : reward + memory * (Double(record.stakersWei) - reward)
    }
    lossRate += memory * (lost - lossRate)
    losses.append(lost)
    if losses.count > TailRisk.memory { losses.removeFirst() }
  }
}

/// One service's offer and its money: escrow = left + paid + refunded.
public struct ServiceAccount: Sendable {
  public let terms: ServiceTerms
  public internal(set) var left: UInt128
  public internal(set) var paid: UInt128 = 0
  public internal(set) var refunded: UInt128 = 0
  public internal(set) var tariffRate: UInt128 = 0
  var controller: TariffController?

  init(_ terms: ServiceTerms) {
    self.terms = terms
    left = terms.escrow
    if case .controller(let start, let target)? = terms.tariff {
      controller = TariffController(price: UInt128(start), target: UInt128(target))
    }
  }

  /// A year's rate that one more unit of stake would be paid beside `available` (itself included): of what it wants it pays the tariff, or
  /// its bounty at most; a reward is divided by whatever is there. As a WAD.
  func offer(available: UInt128) -> UInt128 {
    guard available > 0 else { return 0 }
    let used = mulDiv(min(terms.wanted, available), wad, available)
    var rate: UInt128
    switch terms.tariff {
    case .posted(let posted)?: rate = UInt128(posted)
    case .kinked?:
      var later = self
      rate = later.nextRate(available: available)
    case .controller?: rate = controller?.price ?? 0
    case nil: rate = 0
    }
    rate += UInt128(terms.bountyMaximum ?? 0)
    return mulWad(rate, used) + mulDiv(terms.rewardAnnual, wad, available)
  }

  /// Whether it takes part in the market.
  public var isOpen: Bool { terms.tariff != nil || terms.bountyMaximum != nil }

  /// The rate of the epoch, a year's as a WAD, at wanted over available security (as a WAD, bounded by one for the curve).
  mutating func nextRate(available: UInt128) -> UInt128 {
    let used = available == 0 ? UInt128(wad) : mulDiv(terms.wanted, wad, available)
    switch terms.tariff {
    case .posted(let rate)?: tariffRate = UInt128(rate)
    case .kinked(let base, let slope1, let slope2, let optimal)?:
      let tariff = KinkedTariff(
        base: Rational(base), slope1: Rational(slope1), slope2: Rational(slope2),
        optimal: Rational(optimal) / Rational(wad))
      tariffRate = tariff.rate(utilisation: Rational(min(used, wad)) / Rational(wad)).amount ?? 0
    case .controller?:
      controller?.record(used: used)
      tariffRate = controller?.price ?? 0
    case nil: tariffRate = 0
    }
    return tariffRate
  }
}

/// What one epoch of one service's market came to.
public struct MarketClearing: Sendable, Equatable {
  public var service: ServiceID
  public var tariffRate: UInt128
  /// Nil: no bounty, or nobody took it.
  public var clearingRate: UInt128?
  /// The rate at which what operators ask for would just fill what is wanted: a tariff's distance from it is its error in discovering the
  /// price. Nil where there is not enough security at any rate, or nothing is wanted.
  public var fairRate: UInt128?
  public var wanted: UInt128
  public var available: UInt128
  public var filled: UInt128
  /// To operators and their stakers.
  public var paid: UInt128
  public var left: UInt128
  public init(service: ServiceID) {
    self.service = service
    tariffRate = 0
    wanted = 0
    available = 0
    filled = 0
    paid = 0
    left = 0
  }
}

/// What an operator is due from one service's market for one epoch.
struct MarketDue {
  var operatorIndex: Int
  var wei: UInt128
}

extension ServiceAccount {
  /// One epoch: who is due what. Never more than is left in escrow.
  ///
  /// - Parameters:
  ///   - members: operators and the weight that the service counts.
  ///   - level: by operator: share of what it is paid, in bips, by the service level measured in the epoch.
  ///   - ask: by operator, a year's rate as a WAD.
  ///   - years: the epoch's length in years, as a WAD.
  mutating func clear(
    _ id: ServiceID, members: [(operatorIndex: Int, weight: UInt128)], level: (Int) -> UInt128,
    ask: (Int) -> UInt128, years: UInt128
  ) -> (clearing: MarketClearing, dues: [MarketDue]) {
    var clearing = MarketClearing(service: id)
    clearing.wanted = terms.wanted
    clearing.available = members.reduce(0) { $0 + $1.weight }
    clearing.left = left
    var dues: [MarketDue] = []
    guard isOpen, clearing.available > 0 else { return (clearing, dues) }
    let rate = nextRate(available: clearing.available)
    clearing.tariffRate = rate
    let bought = min(terms.wanted, clearing.available)
    func owe(_ number: Int, _ size: UInt128, _ rate: UInt128) {
      let due = mulDiv(mulWad(mulWad(size, rate), years), level(number), 10_000)
      let amount = min(due, left)
      if amount == 0 { return }
      left -= amount
      clearing.paid += amount
      dues.append(MarketDue(operatorIndex: number, wei: amount))
    }
    if rate > 0 {
      for member in members {
        owe(member.operatorIndex, mulDiv(bought, member.weight, clearing.available), rate)
      }
    }
    let offers = members.filter { $0.weight > 0 }.map { member in
      BountyOffer(
        vault: Self.padded(member.operatorIndex), ask: Rational(ask(member.operatorIndex)),
        size: Rational(member.weight))
    }
    if terms.wanted > 0, let highest = offers.map(\.ask).max() {
      let open = BountyAuction(want: Rational(terms.wanted), maxRate: highest, offers: offers)
      clearing.fairRate = open.filled == Rational(terms.wanted) ? open.clearingRate?.amount : nil
    }
    if let maximum = terms.bountyMaximum {
      let auction = BountyAuction(want: Rational(terms.wanted), maxRate: Rational(maximum), offers: offers)
      clearing.filled = auction.filled.amount ?? 0
      clearing.clearingRate = auction.clearingRate?.amount
      for fill in auction.fills {
        owe(Int(fill.vault) ?? 0, fill.size.amount ?? 0, clearing.clearingRate ?? 0)
      }
    } else {
      clearing.filled = bought
    }
    paid += clearing.paid
    clearing.left = left
    return (clearing, dues)
  }

  /// Numbers as names that sort as numbers do.
  private static func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 7 - digits.count)) + digits
  }

  /// At the end what is left goes back.
  mutating func close() {
    refunded += left
    left = 0
  }
}
