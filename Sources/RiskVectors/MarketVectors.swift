// Vectors of the delegation market: tariffs, equal yields, bounties.

import Contracts
import Exact
import Vectors

enum MarketVectors {
  static func kinkedTariff(_ input: Reader, _ expect: Reader) throws(UnreadableVector) -> Computed {
    let tariff = KinkedTariff(
      base: try input["base"].rational(), slope1: try input["slope1"].rational(),
      slope2: try input["slope2"].rational(), optimal: try input["optimal"].rational())
    guard tariff.validate().isEmpty else {
      throw UnreadableVector(reason: "\(input.path): \(tariff.validate().joined(separator: "; "))")
    }
    var rates: [Computed] = []
    for one in input["utilisation"].items {
      rates.append(.exact(tariff.rate(utilisation: try one.rational())))
    }
    return .list(rates)
  }

  /// The price after each period, as a list or, when an object is expected, as its `prices`.
  static func tariffController(_ input: Reader, _ expect: Reader) throws(UnreadableVector) -> Computed {
    let names = ["price", "price_initial", "initial_price", "initial", "start", "base"]
    guard let start = names.first(where: { !input[$0].isMissing }) else {
      throw UnreadableVector(reason: "\(input.path): no price to start from")
    }
    var controller = TariffController(price: try input[start].amount(), target: try input["target"].amount())
    let periods = input["used"].items.isEmpty ? [input["used"]] : input["used"].items
    var prices: [Computed] = []
    for period in periods {
      controller.record(used: try period.amount())
      prices.append(.exact(controller.price))
    }
    if !expect.value.members.isEmpty {
      return .record(["price": .exact(controller.price), "prices": .list(prices)])
    }
    return expect.value.text == nil ? .list(prices) : .exact(controller.price)
  }

  static func equalYield(_ input: Reader, _ expect: Reader) throws(UnreadableVector) -> Computed {
    var pools: [YieldPool] = []
    for one in input["pools"].items {
      pools.append(
        YieldPool(
          reward: try one["reward"].rational().double,
          expectedLossRate: try one["expected_loss_rate"].rational().double))
    }
    let got = EqualYield(try input["total_stake"].rational().double, among: pools)
    return .record([
      "lambda": .real(got?.lambda), "stakes": got.map { .list($0.stakes.map { .real($0) }) } ?? .nothing,
    ])
  }

  static func bountyAuction(_ input: Reader, _ expect: Reader) throws(UnreadableVector) -> Computed {
    var offers: [BountyOffer] = []
    for one in input["offers"].items {
      offers.append(
        BountyOffer(
          vault: try one["vault"].text(), ask: try one["ask"].rational(), size: try one["size"].rational()))
    }
    let auction = BountyAuction(
      want: try input["want"].rational(), maxRate: try input["max_rate"].rational(), offers: offers)
    var fills: [String: Computed] = [:]
    for fill in auction.fills { fills[fill.vault] = .exact(fill.size) }
    for offer in offers where fills[offer.vault] == nil && !expect["fills"][offer.vault].isMissing {
      fills[offer.vault] = .exact(0)
    }
    return .record([
      "filled": .exact(auction.filled), "clearing_rate": .exact(auction.clearingRate), "fills": .table(fills),
    ])
  }
}
