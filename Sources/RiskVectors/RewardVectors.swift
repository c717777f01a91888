// Vectors of rewards: EigenLayer's daily division, incentives, points, the reward vault, service levels.

import Contracts
import Exact
import Vectors

enum RewardVectors {
  // MARK: - EigenLayer

  static func byWeight(_ input: Reader, _ expect: Reader) throws(UnreadableVector) -> Computed {
    var operators = Names()
    var names: [String] = []
    var stakers: [DailyReward.Staker] = []
    for one in input["stakers"].items {
      names.append(try one["id"].text())
      stakers.append(
        DailyReward.Staker(
          operatorIndex: operators.position(try one["operator"].text()), weight: try one["weight"].amount()))
    }
    var splits: [UInt64] = []
    for name in operators.all {
      let split = input["splits"][name]
      splits.append(split.isMissing ? try input["default_split_bips"].count() : try split.count())
    }
    let got = DailyReward.byWeight(
      try input["tokens_per_day"].amount(), stakers: stakers, splitBips: splits)
    return .record([
      "stakers": table(names, got.stakers), "operators": table(operators.all, got.operators),
      "undistributed": .exact(got.undistributed),
    ])
  }

  static func byUniqueStake(_ input: Reader, _ expect: Reader) throws(UnreadableVector) -> Computed {
    let members = input["operators"].members
    var operators: [DailyReward.UniqueStake] = []
    for (_, one) in members {
      operators.append(
        DailyReward.UniqueStake(
          shares: try one["shares"].amount(), magnitude: try one["magnitude"].amount(),
          maxMagnitude: try one["max_magnitude"].amount()))
    }
    return table(
      members.map(\.key),
      DailyReward.byUniqueStake(
        try input["amount"].amount(), days: try input["days"].amount(), operators: operators))
  }

  static func programmatic(_ input: Reader, _ expect: Reader) throws(UnreadableVector) -> Computed {
    let incentives = ProgrammaticIncentives(
      initialSupply: try input["initial_supply"].rational(), rate: try input["rate"].rational(),
      operatorShare: try input["operator_share"].rational(), weeks: Int(clamping: try input["weeks"].count()))
    return .record([
      "annual": .exact(incentives.annual), "weekly": .exact(incentives.weekly),
      "weekly_operators": .exact(incentives.weeklyToOperators),
      "weekly_stakers": .exact(incentives.weeklyToStakers),
      "annual_eth_lst": .exact(incentives.annual(share: try input["eth_lst_share"].rational())),
      "annual_eigen": .exact(incentives.annual(share: try input["eigen_share"].rational())),
    ])
  }

  // MARK: - Holders

  static func points(_ input: Reader, _ expect: Reader) throws(UnreadableVector) -> Computed {
    let common = try input["boost"].rational(default: .one)
    var segments: [(holding: HeldBalance, boost: Rational)] = []
    for one in input["segments"].items {
      segments.append(
        (
          HeldBalance(balance: try one["eth"].rational(), time: try one["hours"].rational()),
          try one["boost"].rational(default: .one) * common
        ))
    }
    return .record([
      "points": .exact(Contracts.points(rate: try input["rate_per_eth_hour"].rational(), segments: segments))
    ])
  }

  static func weekly(_ input: Reader, _ expect: Reader) throws(UnreadableVector) -> Computed {
    let members = input["holdings_days"].members
    var holders: [[HeldBalance]] = []
    for (_, one) in members {
      var held: [HeldBalance] = []
      for part in one.items {
        held.append(HeldBalance(balance: try part["balance"].rational(), time: try part["days"].rational()))
      }
      holders.append(held)
    }
    let got = HoldingRewards(try input["reward"].amount(), among: holders)
    var weights: [String: Computed] = [:]
    for ((name, _), weight) in zip(members, got.weights) { weights[name] = .exact(weight) }
    return .record(["weights": .table(weights), "paid": table(members.map(\.key), got.paid)])
  }

  // MARK: - The reward vault

  /// Each step's own results are compared here; what stands in the end goes into the outcome.
  static func vault(_ input: Reader, _ expect: Reader) throws(UnreadableVector) -> Computed {
    var tokens = Names()
    for step in input["steps"].items {
      for (name, _) in step["tokens"].members { _ = tokens.position(name) }
      for (name, _) in step["prices_eth_wad"].members { _ = tokens.position(name) }
    }
    var holders = Names()
    let treasury = AccountID(holders.position("treasury"))
    var vault = RewardVault(
      tokens: tokens.all.count, depositFeeBips: try input["deposit_fee_bips"].count(),
      redeemFeeBips: try input["redeem_fee_bips"].count(), treasury: treasury)
    for step in input["steps"].items {
      let account = AccountID(holders.position(try step["by"].text()))
      let got: [String: Computed]
      do throws(RewardVaultError) {
        if step["op"].value.text == "deposit" {
          let (minted, fee) = try vault.deposit(
            amounts(step["tokens"], tokens), by: account, prices: amounts(step["prices_eth_wad"], tokens))
          got = ["minted": .exact(minted), "fee_shares": .exact(fee)]
        } else {
          let (assets, fee) = try vault.redeem(step["shares"].value.amount ?? 0, by: account)
          var paid: [String: Computed] = [:]
          for (name, amount) in zip(tokens.all, assets) where amount > 0 || !step["assets"][name].isMissing {
            paid[name] = .exact(amount)
          }
          got = ["assets": .table(paid), "fee_shares": .exact(fee)]
        }
      } catch {
        got = ["error": .text("\(error)")]
      }
      var outcome = VectorOutcome(file: "", vector: "", kind: "")
      for key in ["minted", "fee_shares", "assets", "error"] where !step[key].isMissing {
        outcome.compare("\(step.path).\(key)", expected: step[key].value, got: got[key] ?? .nothing)
      }
      if let difference = outcome.first { throw UnreadableVector(reason: difference) }
    }
    var shares: [String: Computed] = [:]
    for (k, name) in holders.all.enumerated() {
      let held = vault.shares(of: AccountID(k))
      if held > 0 || !expect["shares"][name].isMissing { shares[name] = .exact(held) }
    }
    var balances: [String: Computed] = [:]
    for (name, amount) in zip(tokens.all, vault.balances)
    where amount > 0 || !expect["balances"][name].isMissing {
      balances[name] = .exact(amount)
    }
    return .record([
      "total_supply": .exact(vault.totalShares), "balances": .table(balances), "shares": .table(shares),
    ])
  }

  private static func amounts(_ reader: Reader, _ tokens: Names) -> [UInt128] {
    tokens.all.map { reader[$0].value.amount ?? 0 }
  }

  // MARK: - Service levels

  static func serviceLevel(_ input: Reader, _ expect: Reader) throws(UnreadableVector) -> Computed {
    let level = ServiceLevel(floor: try input["floor"].rational(), target: try input["target"].rational())
    let members = input["operators"].members
    var operators: [(stake: Rational, availability: Rational)] = []
    for (_, one) in members {
      operators.append((try one["stake"].rational(), try one["availability"].rational()))
    }
    let names = members.map(\.key)
    let got = level.divide(try input["pool"].amount(), among: operators)
    var multipliers: [String: Computed] = [:]
    for (name, value) in zip(names, got.multipliers) { multipliers[name] = .exact(value) }
    return .record([
      "multiplier": .table(multipliers), "forfeit_mode": table(names, got.forfeited),
      "reshare_mode": table(names, got.reshared),
    ])
  }

  static func tieredServiceLevel(_ input: Reader, _ expect: Reader) throws(UnreadableVector) -> Computed {
    var rows: [Computed] = []
    for one in input.items {
      let rate = try one["nonsigning_rate"].rational()
      guard let target = TieredServiceLevel.target(stakeShare: try one["stake_share"].rational()) else {
        rows.append(.record(["sla": .nothing, "violates": .flag(false), "score": .nothing]))
        continue
      }
      rows.append(
        .record([
          "sla": .exact(target),
          "violates": .flag(TieredServiceLevel.isViolated(target: target, nonSigningRate: rate)),
          "score": .exact(TieredServiceLevel.score(target: target, nonSigningRate: rate)),
        ]))
    }
    return .list(rows)
  }

  private static func table(_ names: [String], _ amounts: [UInt128]) -> Computed {
    .table(Dictionary(uniqueKeysWithValues: zip(names, amounts.map { .exact($0) })))
  }
}
