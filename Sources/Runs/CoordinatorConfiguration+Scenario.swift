// The chain's part of a blueprint: who staked what with whom, what is allocated, which rules hold.

import AVS
import Basics
import Contracts
import Network
import Participants
import Scenarios

extension CoordinatorConfiguration {
  init(_ scenario: Scenario, _ setting: Setting) {
    self.init()
    seed = scenario.seed
    chain.blockTime = scenario.chain.blockTime
    chain.gasLimit = UInt64(scenario.chain.gasLimit)
    chain.finalityDepth = UInt64(scenario.chain.finality)
    chain.missedSlotBips = UInt64(scenario.chain.missedSlots.bips)
    rewardEpoch = scenario.chain.rewardEpoch
    slashResolutionDelay = scenario.chain.slashResolutionDelay
    delays.deallocation = chain.blocks(covering: scenario.chain.deallocationDelay)
    delays.withdrawal = chain.blocks(covering: scenario.chain.withdrawalDelay)
    assets = scenario.assets.map { AssetConfiguration(name: $0.name, isNativeETH: $0.kind == .native) }
    capturedResolvers = setting.capturedResolvers
    arbitrarySlashes = setting.arbitrarySlashes
    operators = (0..<scenario.operators.count).map { OperatorConfiguration($0, scenario, setting) }
    services = scenario.services.indices.map { ServiceConfiguration($0, scenario, setting) }
  }
}

extension OperatorConfiguration {
  /// Operators stake nothing themselves: who restakes with them directly, and who does so through a liquid token, are
  /// two stakers, by the share that the operator file gives.
  init(_ index: Int, _ scenario: Scenario, _ setting: Setting) {
    var liquid = Share.zero
    if case .table(let rows, _) = scenario.operators.stakes { liquid = rows[index].liquidShare }
    var direct: [AssetAmount] = []
    var holders: [AssetAmount] = []
    for (asset, plan) in scenario.assets.enumerated() {
      // Pods hold whole gwei.
      let unit: UInt128 = plan.kind == .native ? 1_000_000_000 : 1
      let amount =
        mulDiv(setting.stakes[index].wei, UInt128(plan.weight.wad), UInt128(Share.one)) / unit * unit
      let part = mulDiv(amount, UInt128(liquid.wad), UInt128(Share.one)) / unit * unit
      if part > 0 { holders.append(AssetAmount(asset: StrategyID(asset), amount: part)) }
      if amount > part { direct.append(AssetAmount(asset: StrategyID(asset), amount: amount - part)) }
    }
    let name = setting.graph.nodes[index].name
    var stakers: [StakerConfiguration] = []
    if !direct.isEmpty { stakers.append(StakerConfiguration(name: "\(name)/restakers", deposits: direct)) }
    if !holders.isEmpty { stakers.append(StakerConfiguration(name: "\(name)/liquid", deposits: holders)) }
    self.init(
      name: name, node: NodeID(index), stakers: stakers, splitBips: UInt64(scenario.operators.commission.bips)
    )
  }
}

extension ServiceConfiguration {
  init(_ index: Int, _ scenario: Scenario, _ setting: Setting) {
    let plan = scenario.services[index]
    let assets = scenario.assets.indices.map { StrategyID($0) }
    let recipient: SlashRecipient =
      switch plan.recipient {
      case .burn: .burn
      case .redistribute(let account): .redistribute(account)
      }
    self.init(
      name: plan.name, assets: assets, quorumBips: UInt64(plan.quorum.bips),
      // Time for a certificate's way into a block, after the last attestation counts.
      certificateWindow: scenario.chain.blockTime * 4,
      rules: plan.rules.map { SlashingRule($0, scenario) }, recipient: recipient,
      rewards: RewardPolicy(
        annualPool: plan.reward.annual.wei, floorBips: UInt64(plan.sla.floor.bips),
        targetBips: UInt64(plan.sla.target.bips), unearned: plan.reward.unearned),
      members: zip(setting.members[index], setting.magnitudes[index]).map { node, magnitude in
        MemberConfiguration(node: node, magnitudes: assets.map { _ in magnitude })
      },
      bonds: plan.challenge.map { ChallengeBonds(bond: $0.bond.wei, purse: $0.purse.wei) })
  }
}

extension SlashingRule {
  init(_ plan: RulePlan, _ scenario: Scenario) {
    var guardShare: UInt64?
    if case .othersSigned(let share) = plan.guardRule { guardShare = UInt64(share.bips) }
    let penalty: Penalty =
      switch plan.penalty {
      case .fixed(let share): .fixed(wad: share.wad)
      case .proportional(let maximum): .proportional(maximumWad: maximum.wad)
      case .correlated(let base, let multiplier, let window):
        .correlated(baseWad: base.wad, multiplier: UInt64(multiplier), window: window)
      }
    self.init(
      offence: plan.offence, evidence: plan.evidence, window: plan.window,
      thresholdBips: UInt64(plan.threshold.bips), grace: plan.grace, guardShareBips: guardShare,
      penalty: penalty, dispute: plan.dispute,
      veto: plan.veto.map { veto in
        Veto(
          resolver: NodeID(scenario.nodeIndex(named: veto.resolver) ?? 0), window: veto.window,
          massBips: veto.mass.map { UInt64($0.bips) })
      })
  }
}
