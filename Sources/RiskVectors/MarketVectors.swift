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

  /// The price after each period. The vectors' description names no keys: the list is the use of each period, `target` its
  /// target, and the one number left the price to start from. An expected list that is one longer begins with that price.
  static func tariffController(_ input: Reader, _ expect: Reader) throws(UnreadableVector) -> Computed {
    let others = input.members.filter { $0.key != "target" }
    let lists = others.filter { !$0.value.items.isEmpty }
    let numbers = others.filter { $0.value.items.isEmpty && $0.value.value.amount != nil }
    guard lists.count == 1, numbers.count == 1 else {
      throw UnreadableVector(
        reason: "\(input.path): expected a list of uses, a target and a price to start from")
    }
    let target = try input["target"].amount()
    guard target > 0 else { throw UnreadableVector(reason: "\(input.path).target: expected more than 0") }
    var controller = TariffController(price: try numbers[0].value.amount(), target: target)
    var prices: [Computed] = []
    if expect.items.count == lists[0].value.items.count + 1 { prices.append(.exact(controller.price)) }
    for period in lists[0].value.items {
      controller.record(used: try period.amount())
      prices.append(.exact(controller.price))
    }
    return .list(prices)
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
