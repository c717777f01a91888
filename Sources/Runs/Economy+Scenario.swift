// The economy's part of a blueprint: names into ids, paths and shocks into steps, issuers' starting stake into stakers.

import AVS
import Basics
import Contracts
import Economy
import Participants
import Scenarios

extension EconomyConfiguration {
  init(_ scenario: Scenario) {
    self.init()
    seed = scenario.seed
    epoch = scenario.chain.rewardEpoch
    traffic = .zero + scenario.duration
    assets = scenario.assets.map { AssetTerms($0) }
    for (k, asset) in scenario.assets.enumerated() {
      steps += asset.steps.map {
        PriceStep(at: .zero + $0.at, asset: StrategyID(k), factorWad: $0.factorWad)
      }
    }
    steps.sort { ($0.at, $0.asset) < ($1.at, $1.asset) }
    issuers = scenario.issuers.map { IssuerTerms($0, scenario) }
    holders = HolderTerms(
      count: scenario.issuers.isEmpty ? 0 : scenario.holders.count, issuersEach: scenario.holders.issuersEach,
      exponent: scenario.holders.exponent, claimCost: scenario.holders.claimCost.wei)
    vault = scenario.lrt2.map {
      RewardVaultTerms(
        depositFeeBips: UInt64($0.fee.bips), periodEpochs: $0.period, rateLimit: $0.rateLimit?.wei)
    }
    ownPeriodEpochs = scenario.market.ownPeriod
    eigenPriceWad = scenario.market.eigenPrice.wei
    services = scenario.services.map { ServiceTerms($0) }
    market = MarketTerms(
      memoryWad: scenario.market.memory.wad, ask: scenario.market.ask.wad,
      reputationPremium: scenario.market.premium)
  }

  /// The stakers that issuers are to an operator: one each, without deposits where it may come later.
  func stakers(of number: Int) -> [StakerConfiguration] {
    issuers.compactMap { issuer in
      guard issuer.weights.contains(where: { $0.operatorIndex == number }) else { return nil }
      let unit: UInt128 = assets[issuer.asset.index].isNativeETH ? 1_000_000_000 : 1
      let tokens = issuer.startingTokens(unit: unit).first { $0.operatorIndex == number }?.tokens ?? 0
      return StakerConfiguration(
        name: issuer.name, deposits: tokens == 0 ? [] : [AssetAmount(asset: issuer.asset, amount: tokens)])
    }
  }
}

extension AssetTerms {
  init(_ plan: AssetPlan) {
    self.init(
      name: plan.name, isNativeETH: plan.kind == .native, priceWad: plan.price.wei,
      annualRateWad: plan.rate.wad, haircutWad: plan.haircut.wad, volatility: plan.volatility,
      correlation: plan.correlation)
  }
}

extension IssuerTerms {
  init(_ plan: IssuerPlan, _ scenario: Scenario) {
    let asset = scenario.assets.firstIndex { $0.name == plan.asset } ?? 0
    self.init(name: plan.name, asset: StrategyID(asset), deposited: plan.deposited.wei)
    bufferWad = plan.buffer.wad
    feeBips = UInt64(plan.fee.bips)
    weights =
      plan.operators?.map { ($0.number, UInt64($0.weight)) }.sorted { $0.0 < $1.0 }
      ?? (0..<scenario.operators.count).map { ($0, 1) }
    policy = plan.policy
    capWad = plan.cap.wad
    turnoverWad = plan.turnover.wad
    marginMinimum = plan.margin
    income = plan.income
    incentiveAnnual = plan.incentive.wei
    eigenWeeklyWad = UInt64(plan.eigen * 1e18)
    depositsPerEpoch = plan.deposits.wei
    run = plan.run.map { RedemptionRun(thresholdWad: $0.threshold.wad, shareWad: $0.share.wad) }
  }
}

extension ServiceTerms {
  init(_ plan: ServicePlan) {
    let market = plan.market
    self.init(
      profit: market.profit?.wei ?? plan.reward.annual.wei, quorumBips: UInt64(plan.quorum.bips))
    switch market.tariff {
    case .posted(let rate)?: tariff = .posted(rate.wad)
    case .kinked(let base, let slope1, let slope2, let optimal)?:
      tariff = .kinked(base: base.wad, slope1: slope1.wad, slope2: slope2.wad, optimal: optimal.wad)
    case .controller(let start, let target)?: tariff = .controller(start: start.wad, target: target.wad)
    case nil: break
    }
    bountyMaximum = market.bounty?.wad
    wanted = market.want.wei
    escrow = market.escrow.wei
    floorBips = UInt64(plan.sla.floor.bips)
    targetBips = UInt64(plan.sla.target.bips)
  }
}
