// The chain's part of a blueprint: who staked what with whom, what is allocated, which rules hold.

import AVS
import Basics
import Contracts
import Participants
import Scenarios

extension Cast {
  func chain(_ scenario: Scenario) -> CoordinatorConfiguration {
    var configuration = CoordinatorConfiguration()
    configuration.seed = scenario.seed
    configuration.chain.blockTime = scenario.chain.blockTime
    configuration.chain.gasLimit = UInt64(scenario.chain.gasLimit)
    configuration.chain.finalityDepth = UInt64(scenario.chain.finality)
    configuration.assets = scenario.assets.map {
      AssetConfiguration(name: $0.name, isNativeETH: $0.kind == .native)
    }
    configuration.operators = (0..<operators).map { operatorConfiguration($0, scenario) }
    configuration.services = scenario.services.enumerated().map { serviceConfiguration($0, $1, scenario) }
    return configuration
  }

  private func operatorConfiguration(_ index: Int, _ scenario: Scenario) -> OperatorConfiguration {
    var liquid = Share.zero
    if case .table(let rows, _) = scenario.operators.stakes { liquid = rows[index].liquidShare }
    var restakers: [AssetAmount] = []
    var holders: [AssetAmount] = []
    for (asset, plan) in scenario.assets.enumerated() {
      var amount = mulDiv(stakes[index].wei, UInt128(plan.weight.wad), UInt128(Share.one))
      // Pods hold whole gwei.
      if plan.kind == .native { amount -= amount % 1_000_000_000 }
      var part = mulDiv(amount, UInt128(liquid.wad), UInt128(Share.one))
      if plan.kind == .native { part -= part % 1_000_000_000 }
      if part > 0 { holders.append(AssetAmount(asset: StrategyID(asset), amount: part)) }
      if amount > part { restakers.append(AssetAmount(asset: StrategyID(asset), amount: amount - part)) }
    }
    var stakers: [StakerConfiguration] = []
    let name = "operator-\(index)"
    if !restakers.isEmpty {
      stakers.append(StakerConfiguration(name: "\(name)/restakers", deposits: restakers))
    }
    if !holders.isEmpty { stakers.append(StakerConfiguration(name: "\(name)/liquid", deposits: holders)) }
    return OperatorConfiguration(
      name: name, node: NodeID(index), stakers: stakers, splitBips: UInt64(scenario.operators.commission.bips)
    )
  }

  private func serviceConfiguration(
    _ index: Int, _ plan: ServicePlan, _ scenario: Scenario
  ) -> ServiceConfiguration {
    let assets = scenario.assets.indices.map { StrategyID($0) }
    var served = Array(repeating: UInt64(0), count: operators)
    for list in members { for node in list { served[node.index] += 1 } }
    let members = members[index].map { node in
      let magnitude: UInt64 =
        switch scenario.operators.allocation {
        case .equal: Share.one / max(served[node.index], 1)
        case .each(let share): share.wad
        }
      return MemberConfiguration(node: node, magnitudes: assets.map { _ in magnitude })
    }
    var recipient = SlashRecipient.burn
    for rule in plan.rules {
      if case .redistribute(let account) = rule.recipient { recipient = .redistribute(account) }
    }
    return ServiceConfiguration(
      name: plan.name, assets: assets, quorumBips: UInt64(plan.quorum.bips),
      certificateWindow: scenario.chain.blockTime * 4, rules: plan.rules.map { rule($0) },
      recipient: recipient,
      rewards: RewardPolicy(
        annualPool: plan.reward.annual.wei, floorBips: UInt64(plan.sla.floor.bips),
        targetBips: UInt64(plan.sla.target.bips), epoch: plan.reward.epoch), members: members)
  }

  private func rule(_ plan: RulePlan) -> SlashingRule {
    let isLiveness = plan.offence == .liveness
    var guardShare: UInt64?
    if case .othersSigned(let share) = plan.guardRule { guardShare = UInt64(share.bips) }
    let penalty: Penalty =
      switch plan.penalty {
      case .fixed(let share): .fixed(wad: share.wad)
      case .proportional(let scale, let cap): .proportional(scaleWad: scale.wad, capWad: cap.wad)
      case .correlated(let base, let multiplier, let window):
        .correlated(baseWad: base.wad, multiplier: UInt64(multiplier), window: window)
      }
    return SlashingRule(
      offence: plan.offence, evidence: SlashingRule.evidence(for: plan.offence) ?? .chainRecord,
      window: plan.window, thresholdBips: isLiveness ? UInt64(plan.threshold.bips) : 0,
      grace: isLiveness ? plan.grace : .zero, guardShareBips: isLiveness ? guardShare : nil, penalty: penalty,
      dispute: plan.dispute,
      // The resolver is a committee outside of the network: no node of it.
      veto: plan.veto.map { SlashingRule.Veto(resolver: NodeID(participants), window: $0.window) })
  }
}
