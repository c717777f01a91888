// The chain's part of a blueprint: who staked what with whom, what is allocated, which rules hold.

import AVS
import Basics
import Contracts
import Economy
import Network
import Participants
import Scenarios
import Signatures

extension CoordinatorConfiguration {
  init(_ scenario: Scenario, _ setting: Setting) {
    self.init()
    seed = scenario.seed
    chain.blockTime = scenario.chain.blockTime
    chain.gasLimit = UInt64(scenario.chain.gasLimit)
    chain.finalityDepth = UInt64(scenario.chain.finality)
    chain.missedSlotBips = UInt64(scenario.chain.missedSlots.bips)
    chain.transactionLifetime = scenario.chain.transactionLifetime
    chain.reorgDepth = UInt64(scenario.deepestReorg)
    if let fees = scenario.chain.fees {
      chain.fees = FeeMarket(fees)
      for offer in fees.offers {
        chain.offers[offer.kind] = FeeOffer(
          tip: UInt64(clamping: offer.tip.wei), maxFee: offer.maxFee.map { UInt64(clamping: $0.wei) })
      }
    }
    gas = GasSchedule(scenario)
    verifiesSignatures = scenario.crypto.mode == .real
    rewardEpoch = scenario.chain.rewardEpoch
    slashResolutionDelay = scenario.chain.slashResolutionDelay
    delays.deallocation = chain.blocks(covering: scenario.chain.deallocationDelay)
    delays.withdrawal = chain.blocks(covering: scenario.chain.withdrawalDelay)
    capturedResolvers = setting.capturedResolvers
    arbitrarySlashes = setting.arbitrarySlashes
    assets = scenario.assets.map {
      AssetConfiguration(name: $0.name, isNativeETH: $0.kind == .native, priceWad: $0.price.wei)
    }
    economy = EconomyConfiguration(scenario)
    for k in economy.services.indices where scenario.services[k].registers != nil {
      economy.services[k].candidates = zip(setting.members[k], setting.magnitudes[k]).map {
        ($0.index, $1)
      }
    }
    sharesStake = scenario.operators.allocation == .shared
    operators = (0..<scenario.operators.count).map { OperatorConfiguration($0, scenario, setting) }
    for number in operators.indices { operators[number].stakers += economy.stakers(of: number) }
    services = scenario.services.indices.map { ServiceConfiguration($0, scenario, setting) }
    rewardActivationDelay = scenario.chain.rewardActivationDelay
    for plan in scenario.vaults { add(plan, scenario) }
    for plan in scenario.stakeEvents {
      stakeEvents.append(StakeEvent(at: .zero + plan.at, kind(plan, scenario)))
    }
  }
}

extension CoordinatorConfiguration {
  /// A vault of either kind. EigenLayer's is a pool of stakers of one operator.
  private mutating func add(_ plan: VaultPlan, _ scenario: Scenario) {
    guard let asset = scenario.assets.firstIndex(where: { $0.name == plan.asset }) else { return }
    let unit: UInt128 = scenario.assets[asset].kind == .native ? 1_000_000_000 : 1
    let each = plan.stake.wei / UInt128(plan.depositors) / unit * unit
    // What does not divide is the first depositor's.
    let first = plan.stake.wei / unit * unit - each * UInt128(plan.depositors - 1)
    let deposits = (0..<plan.depositors).map { $0 == 0 ? first : each }
    switch plan.kind {
    case .eigenlayer:
      let host = plan.operators[0]
      for (k, amount) in deposits.enumerated() {
        operators[host].stakers.append(
          StakerConfiguration(
            name: "\(plan.name)/\(k)",
            deposits: [AssetAmount(asset: StrategyID(asset), amount: amount)]))
      }
      stakeEvents += plan.withdrawals.map {
        StakeEvent(
          at: .zero + $0.at,
          .withdraw(
            staker: "\(operators[host].name)/\(plan.name)/\($0.depositor)", StrategyID(asset),
            shareBips: UInt64($0.share.bips)))
      }
    case .symbiotic:
      let names = plan.services.isEmpty ? scenario.services.map(\.name) : plan.services
      let slasher: VaultConfiguration.SlasherKind =
        switch plan.slasher {
        case .none: .none
        case .instant: .instant
        case .veto(let window, .honest): .veto(window: window, resolver: .honest)
        case .veto(let window, .captured): .veto(window: window, resolver: .captured)
        case .veto(let window, .absent): .veto(window: window, resolver: .absent)
        case .veto(let window, .chance(let share)):
          .veto(window: window, resolver: .chance(bips: UInt64(share.bips)))
        }
      vaults.append(
        VaultConfiguration(
          name: plan.name, asset: StrategyID(asset), deposits: deposits, epoch: plan.epoch,
          delegator: plan.delegator, slasher: slasher, operators: plan.operators.map { NodeID($0) },
          services: names.compactMap { name in
            scenario.services.firstIndex { $0.name == name }.map { ServiceID($0) }
          }, networkLimit: plan.networkLimit?.wei, operatorLimit: plan.operatorLimit?.wei,
          recipient: SlashRecipient(plan.recipient), adminFeeBips: UInt64(plan.adminFee.bips),
          withdrawals: plan.withdrawals.map {
            VaultConfiguration.Withdrawal(
              depositor: $0.depositor, at: .zero + $0.at, shareBips: UInt64($0.share.bips))
          }))
    }
  }
}

extension CoordinatorConfiguration {
  private func kind(_ plan: StakeEventPlan, _ scenario: Scenario) -> StakeEvent.Kind {
    func asset(_ name: String) -> StrategyID {
      StrategyID(scenario.assets.firstIndex { $0.name == name } ?? 0)
    }
    func name(_ who: StakeEventPlan.Staker) -> String {
      let host = operators[who.host]
      // A place that nobody takes is refused with this name when the run is set up.
      return who.staker < host.stakers.count
        ? "\(host.name)/\(host.stakers[who.staker].name)" : "\(host.name)/staker \(who.staker)"
    }
    return switch plan.kind {
    case .deposit(let who, let of, let amount):
      .deposit(staker: name(who), asset(of), amount: amount.wei)
    case .donate(let of, let amount): .donate(asset(of), amount: amount.wei)
    case .withdraw(let who, let of, let share):
      .withdraw(staker: name(who), asset(of), shareBips: UInt64(share.bips))
    case .redelegate(let who, let to): .redelegate(staker: name(who), to: NodeID(to))
    case .allocate(let host, let service, let share):
      .allocate(
        NodeID(host), ServiceID(scenario.services.firstIndex { $0.name == service } ?? 0),
        shareBips: UInt64(share.bips))
    case .beaconLoss(let who, let share):
      .beaconLoss(staker: name(who), shareBips: UInt64(share.bips))
    }
  }
}

extension FeeMarket {
  init(_ plan: FeePlan) {
    self.init(startBaseFee: UInt64(clamping: plan.baseFee.wei), price: UInt64(clamping: plan.price.wei))
    loadBips = UInt64(plan.load.bips)
    noiseBips = UInt64(plan.noise.bips)
    tipMedian = UInt64(clamping: plan.tip.wei)
  }
}

extension GasSchedule {
  init(_ scenario: Scenario) {
    switch scenario.crypto.scheme {
    case .ecdsaSecp256k1: self.init(.ecdsa)
    case .bn254: self.init(.bn254)
    case .bls12381: self.init(.bls12381)
    case .ed25519: self.init(.ed25519)
    }
    let plan = scenario.chain.gas
    func replace(_ figure: inout UInt64, _ by: Int?) { if let by { figure = UInt64(by) } }
    replace(&certificate, plan.certificate)
    replace(&certificatePerSigner, plan.perSigner)
    replace(&certificatePerNonSigner, plan.perNonSigner)
    replace(&evidence, plan.evidence)
    replace(&createTask, plan.createTask)
    stakeAction = plan.stakeAction.map { UInt64($0) }
    for figure in [\GasSchedule.veto, \.dispute, \.join] { replace(&self[keyPath: figure], plan.caseAction) }
    replace(&slash, plan.slash)
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
      let worth = mulDiv(setting.stakes[index].wei, UInt128(plan.weight.wad), UInt128(Share.one))
      let amount = mulDiv(worth, UInt128(Share.one), plan.price.wei) / unit * unit
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
    self.init(
      name: plan.name, assets: assets, quorumBips: UInt64(plan.quorum.bips),
      // Time for a certificate's way into a block, after the last attestation counts.
      certificateWindow: scenario.chain.blockTime * 4,
      rules: plan.rules.map { SlashingRule($0, scenario) }, recipient: SlashRecipient(plan.recipient),
      rewards: RewardPolicy(
        annualPool: plan.reward.annual.wei, floorBips: UInt64(plan.sla.floor.bips),
        targetBips: UInt64(plan.sla.target.bips), unearned: plan.reward.unearned),
      members: zip(setting.members[index], setting.magnitudes[index]).map { node, magnitude in
        MemberConfiguration(node: node, magnitudes: assets.map { _ in magnitude })
      },
      bonds: plan.challenge.map { ChallengeBonds(bond: $0.bond.wei, purse: $0.purse.wei) })
    registersAt = plan.registers.map { .zero + $0 }
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
          massBips: veto.mass.map { UInt64($0.bips) }, examines: veto.looks == .evidence)
      }, fork: plan.fork.map { ForkTerms(cohesionBips: UInt64($0.cohesion.bips)) },
      recipient: plan.recipient.map { SlashRecipient($0) })
  }
}

extension SlashRecipient {
  init(_ plan: RecipientPlan) {
    self =
      switch plan {
      case .burn: .burn
      case .redistribute(let account): .redistribute(account)
      }
  }
}
