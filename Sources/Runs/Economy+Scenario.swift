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
    holders.kinds = scenario.issuers.isEmpty ? [] : scenario.holders.kinds.map { HolderKind($0, scenario) }
    emission = scenario.market.emission.map { EmissionTerms($0, scenario) }
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
    run = plan.run.map {
      RedemptionRun(thresholdWad: $0.threshold.wad, shareWad: $0.share.wad, sellWad: $0.sell.wad)
    }
    tail = plan.tail.map { TailTerms($0) }
    own = plan.runs
    // With gauges the protocol's emission is divided by them; what issuers reported beside it is the same money.
    if scenario.market.emission != nil { eigenWeeklyWad = 0 }
    exchange = plan.exchange.map {
      ExchangeTerms(
        liquidity: $0.liquidity.wei, feeBips: UInt64($0.fee.bips), arbitrage: $0.arbitrage.wei)
    }
    loans = plan.loans.map {
      LoanTerms(
        shareWad: $0.share.wad, leverageWad: UInt128($0.leverage * 1e18), thresholdWad: $0.threshold.wad,
        bonusBips: UInt64($0.bonus.bips), closeWad: $0.close.wad, interestWad: $0.interest.wad,
        oracle: $0.oracle)
    }
  }
}

extension TailTerms {
  init(_ plan: TailPlan) {
    self.init(levelBips: UInt64(plan.level.bips), aversion: plan.aversion)
  }
}

extension HolderKind {
  /// Yields and limits of a year become an epoch's.
  init(_ plan: HolderKindPlan, _ scenario: Scenario) {
    self.init(name: plan.name, shareWad: plan.share.wad)
    let years = scenario.chain.rewardEpoch.seconds / (365 * 86_400)
    tail = TailTerms(plan.tail)
    shortfallMaximum = plan.shortfall.map { Double($0.wad) / 1e18 }
    yieldMinimum = plan.yield.map { Double($0.wad) / 1e18 * years }
    gainMinimum = Double(plan.gain.wad) / 1e18 * years
    attentionWad = plan.attention.wad
    assets = plan.assets.compactMap { name in scenario.assets.firstIndex { $0.name == name } }
    avoids = plan.avoids.compactMap { name in scenario.services.firstIndex { $0.name == name } }
  }
}

extension EmissionTerms {
  init(_ plan: EmissionPlan, _ scenario: Scenario) {
    self.init(
      weekly: UInt128(plan.weekly * 1e6) * 1_000_000_000_000, operatorBips: UInt64(plan.operators.bips),
      gauges: scenario.assets.map { asset in
        UInt64(plan.gauges.first { $0.asset == asset.name }?.weight.bips ?? 0)
      })
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
    insurance = market.insurance.map {
      InsuranceTerms(
        harm: $0.harm.wei, cover: $0.cover.wei, premium: $0.premium.wei, period: $0.period)
    }
    rewardAnnual = plan.reward.annual.wei
    registersAt = plan.registers.map { .zero + $0 }
    wanted = market.want.wei
    escrow = market.escrow.wei
    floorBips = UInt64(plan.sla.floor.bips)
    targetBips = UInt64(plan.sla.target.bips)
  }
}
