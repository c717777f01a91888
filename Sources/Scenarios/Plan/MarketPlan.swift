// The market for security: what services offer, how operators are judged.

public import Basics

/// How the market judges operators.
public struct MarketPlan: Sendable, Equatable, Codable {
  /// What the latest epoch counts in reputation, yield and loss.
  public var memory: Share
  /// Least rate a year that operators take for bounties, and by how much a bad reputation raises it.
  public var ask: Share
  public var premium: Double
  public var eigenPrice: Ether
  /// Reward epochs between distributions of issuers' own schemes.
  public var ownPeriod: Int
  /// The protocol's own incentives; nil: issuers' figures alone.
  public var emission: EmissionPlan?

  init(_ o: ObjectReader) {
    memory = o.value("memory", "what the latest epoch counts in reputation, yield and loss", or: .percent(30))
    {
      $0.share(Share(wad: Share.bip) ... .whole)
    }
    ask = o.value("ask", "least rate a year that operators take for a bounty", or: .zero) {
      $0.share(.zero ... .percent(1_000))
    }
    premium = o.value("premium", "raises the ask by this times (1 - reputation)", or: 0) {
      $0.number(0...1_000)
    }
    eigenPrice = o.value("eigenPrice", "of an EIGEN", or: .zero) { $0.ether(.zero ... .eth(1_000)) }
    ownPeriod = o.value("ownPeriod", "reward epochs between distributions of issuers' own schemes", or: 7) {
      $0.integer(1...1_000)
    }
    emission = o.optional("emission", "EIGEN minted by the protocol, divided among assets by gauges") { v in
      v.object { EmissionPlan($0) }
    }
    o.afterwards("emission") { scenario in
      guard o.has("emission") else { return nil }
      if scenario.issuers.isEmpty { return "means nothing without issuers" }
      return scenario.market.eigenPrice == .zero
        ? "EIGEN are worth nothing; write market: {eigenPrice: ...}" : nil
    }
    for key in ["ask", "premium"] {
      o.afterwards(key) { scenario in
        o.has(key) && !scenario.services.contains { $0.market.bounty != nil || $0.registers != nil }
          ? "means nothing when no service posts a bounty or registers during the run" : nil
      }
    }
    o.afterwards("ownPeriod") { scenario in
      o.has("ownPeriod") && (scenario.lrt2 != nil || scenario.issuers.isEmpty)
        ? "means nothing with a reward vault, or without issuers" : nil
    }
  }
}

/// A service in the market.
public struct ServiceMarketPlan: Sendable, Equatable, Codable {
  public enum Tariff: Sendable, Equatable, Codable {
    case posted(Share)
    case kinked(base: Share, slope1: Share, slope2: Share, optimal: Share)
    case controller(start: Share, target: Share)
  }
  /// What corrupting it gains; nil: a year's reward, the least that its users can be thought to hold it worth.
  public var profit: Ether?
  public var tariff: Tariff?
  /// Highest rate a year of its bounty.
  public var bounty: Share?
  /// Security that it wants, and money put up for it.
  public var want, escrow: Ether
  /// Its users' insurance, which slashed stake pays.
  public var insurance: InsurancePlan?

  /// What a wrongly certified task costs its users, and how much of it is insured.
  public struct InsurancePlan: Sendable, Equatable, Codable {
    public var harm, cover, premium: Ether
    /// From the first claim to the settlement of all that came by then.
    public var period: TimeSpan
  }

  init() {
    want = .zero
    escrow = .zero
  }

  init(_ o: ObjectReader, base: ServiceMarketPlan) {
    profit = o.value("profit", "what corrupting it gains; absent: a year's reward", or: base.profit) {
      $0.ether(.zero ... .eth(1_000_000_000))
    }
    tariff = o.value(
      "tariff", "pays for the security that it wants: posted, kinked or controller", or: base.tariff
    ) {
      Tariff.read($0)
    }
    bounty = o.optional("bounty", "auctions the security that it wants at one rate for all") { value in
      value.object { b in
        b.needed("maxRate", "write the highest rate a year", placeholder: .zero) {
          $0.share(.zero ... .percent(1_000))
        }
      }
    }
    want = o.value("want", "security that it wants, for tariff and bounty", or: base.want) {
      $0.ether(.zero ... .eth(1_000_000_000))
    }
    escrow = o.value("escrow", "money put up for tariff and bounty", or: base.escrow) {
      $0.ether(.zero ... .eth(1_000_000_000))
    }
    insurance = o.optional(
      "insurance", "of its users: slashed stake that it redistributes pays for wrong results"
    ) { value in
      value.object { i in
        let harm = i.needed(
          "harm", "write what a wrongly certified task costs users", placeholder: Ether.zero
        ) {
          $0.ether(.zero ... .eth(1_000_000_000))
        }
        return InsurancePlan(
          harm: harm,
          cover: i.value("cover", "insured of each harm; absent: all of it", or: harm) {
            $0.ether(.zero ... .eth(1_000_000_000))
          },
          premium: i.value("premium", "a year's, paid by the users epoch by epoch", or: .zero) {
            $0.ether(.zero ... .eth(1_000_000_000))
          },
          period: i.value("period", "from the first claim to the settlement of all", or: .seconds(600)) {
            $0.duration(.seconds(1) ... .seconds(366 * 86_400))
          })
      }
    }
    if tariff != nil || bounty != nil {
      for key in ["want", "escrow"] where !o.has(key) && !o.isRecording {
        o.mistake(tariff != nil ? "tariff" : "bounty", "needs '\(key)' beside it")
      }
    } else {
      for key in ["want", "escrow"] where o.has(key) {
        o.mistake(key, "means nothing without tariff or bounty")
      }
    }
  }
}

extension ServiceMarketPlan.Tariff {
  static func read(_ value: ValueReader) -> Self? {
    func rate(_ o: ObjectReader, _ key: String, _ about: String) -> Share {
      o.needed(key, "write a share a year", placeholder: .zero) { $0.share(.zero ... .percent(1_000)) }
    }
    return value.object { o -> Self? in
      o.exactlyOne(
        "tariff",
        [
          .init("posted", "a constant rate a year") { v in
            v.share(.zero ... .percent(1_000)).map { .posted($0) }
          },
          .init("kinked", "two slopes over utilisation, wanted over available") { v in
            v.object { k in
              .kinked(
                base: rate(k, "base", "at no use"), slope1: rate(k, "slope1", "up to the optimum"),
                slope2: rate(k, "slope2", "from there to full use"),
                optimal: k.needed("optimal", "write a utilisation", placeholder: .percent(80)) {
                  $0.share(.percent(1) ... .percent(99))
                })
            }
          },
          .init("controller", "moves by at most an eighth an epoch towards a utilisation") { v in
            v.object { c in
              .controller(
                start: rate(c, "start", "at first"),
                target: c.needed("target", "write a utilisation", placeholder: .percent(80)) {
                  $0.share(.percent(1) ... .whole)
                })
            }
          },
        ])
    } ?? nil
  }
}
