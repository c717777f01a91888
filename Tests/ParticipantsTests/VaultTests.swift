// Symbiotic vaults in a running chain, beside EigenLayer's stake: whose stake weighs, who pays for an offence, who gets away,
// who is paid.

import AVS
import Basics
import Contracts
import Participants
import Testing

@Suite("Vaults beside EigenLayer")
struct VaultTests {
  private func vaulted(
    _ delegator: VaultConfiguration.DelegatorKind = .networkRestake,
    slasher: VaultConfiguration.SlasherKind = .instant, operators: [Int] = [1, 2],
    dispute: TimeSpan = .zero, change: (inout VaultConfiguration) -> Void = { _ in }
  ) -> CoordinatorConfiguration {
    var configuration = network(
      rules: [equivocationRule(dispute: dispute)], rewards: RewardPolicy(annualPool: 365_000 * ether))
    var vault = VaultConfiguration(
      name: "curated", asset: StrategyID(0), deposits: [300 * ether, 100 * ether],
      epoch: .seconds(86_400), delegator: delegator, slasher: slasher,
      operators: operators.map { NodeID($0) }, services: [ServiceID(0)])
    change(&vault)
    configuration.vaults = [vault]
    return configuration
  }

  private func accuse(_ story: inout Story, _ node: Int, at: Instant) throws {
    let task = try story.task(0, at: at)
    story.send(
      .evidence(.pair(attest(node, 0, task), attest(node, 0, task, lie))), at: at + .seconds(1))
  }

  private func taken(_ story: Story) -> [UInt128] {
    story.facts.compactMap { if case .vaultSlashed(let fact) = $0 { fact.takenWei } else { nil } }
  }

  @Test(
    "each delegator puts its stake behind its operators",
    arguments: VaultConfiguration.DelegatorKind.allCases)
  func weights(delegator: VaultConfiguration.DelegatorKind) throws {
    let isSingle = delegator == .operatorSpecific || delegator == .operatorNetworkSpecific
    let story = try Story(vaulted(delegator, operators: isSingle ? [1] : [1, 2]))
    let more: UInt128 = delegator == .networkRestake ? 200 * ether : 400 * ether
    let weights = story.coordinator.stake(of: ServiceID(0)).weights
    #expect(weights == [400 * ether, 400 * ether + more, 400 * ether + (isSingle ? 0 : more), 400 * ether])
    let totals = story.coordinator.stakeTotals()
    #expect(totals.restaked == totals.deposited)
    #expect(totals.dust == 0)
  }

  @Test("limits of the network and of the operator hold") func limits() throws {
    let story = try Story(
      vaulted(.fullRestake) {
        $0.networkLimit = 250 * ether
        $0.operatorLimit = 70 * ether
      })
    #expect(story.coordinator.stake(of: ServiceID(0)).weights[1] == 470 * ether)
    let other = try Story(vaulted(.fullRestake) { $0.networkLimit = 50 * ether })
    #expect(other.coordinator.stake(of: ServiceID(0)).weights[2] == 450 * ether)
  }

  @Test("a slash takes of both, all depositors pay, and the other operator's part is collateral") func slash()
    throws
  {
    var story = try Story(vaulted())
    try accuse(&story, 1, at: seconds(100))
    story.settle(until: seconds(86_400))
    let executed = try #require(story.slashes.first)
    #expect(executed.takenWei == 200 * ether)
    let fact = try #require(
      story.facts.compactMap { if case .vaultSlashed(let fact) = $0 { fact } else { nil } }.first)
    // Half of the vault stood behind operator 1; half of that is taken.
    #expect(fact.takenWei == 100 * ether)
    #expect(fact.collateralWei == 50 * ether)
    #expect(executed.dueWei == 300 * ether)
    let totals = story.coordinator.stakeTotals()
    #expect(totals.burned == 300 * ether)
    #expect(totals.isConserved)
    #expect(story.broken.isEmpty)
    #expect(story.coordinator.stake(of: ServiceID(0)).weights[2] == 550 * ether)
  }

  @Test(
    "who withdrew before the offence's epoch is out of reach; who did so later is not",
    arguments: [false, true])
  func withdrawal(isLate: Bool) throws {
    // Asked for in epoch 2 of the vault (the run's first), at risk until epoch 3 ends.
    var story = try Story(
      vaulted(dispute: .seconds(60)) {
        $0.withdrawals = [.init(depositor: 1, at: seconds(50), shareBips: 10_000)]
      })
    let at = isLate ? seconds(86_400) : seconds(100)
    try accuse(&story, 1, at: at)
    story.settle(until: seconds(10 * 86_400))
    // 300 of 400 are active: operator 1 has 150, and loses half of that.
    #expect(taken(story) == [75 * ether])
    let totals = story.coordinator.stakeTotals()
    // Still queued, the leaver bears its part of the loss: 75 * 100 / 400.
    let kept = isLate ? 100 * ether : 100 * ether - 75 * ether / 4
    #expect(totals.withdrawn >= kept - 2 && totals.withdrawn <= kept)
    #expect(totals.queued == 0)
    #expect(totals.isConserved)
    #expect(story.broken.isEmpty)
  }

  @Test("a case that takes longer than an epoch comes too late for the vault, not for EigenLayer")
  func stale() throws {
    var story = try Story(vaulted(dispute: .seconds(2 * 86_400)))
    try accuse(&story, 1, at: seconds(100))
    story.settle(until: seconds(5 * 86_400))
    #expect(story.slashes.count == 1)
    #expect(taken(story).isEmpty)
    #expect(
      story.facts.contains {
        if case .vaultSlashRefused(_, _, .invalidCaptureTimestamp, _) = $0 { true } else { false }
      })
    #expect(story.coordinator.stakeTotals().burned == 200 * ether)
  }

  @Test(
    "a veto slasher waits for its window; who does not look cancels all or nothing",
    arguments: [.absent, .captured, .chance(bips: 0), .chance(bips: 10_000)] as [VaultConfiguration.Resolver])
  func veto(resolver: VaultConfiguration.Resolver) throws {
    var story = try Story(vaulted(slasher: .veto(window: .seconds(3_600), resolver: resolver)))
    let cancels = resolver == .captured || resolver == .chance(bips: 10_000)
    try accuse(&story, 1, at: seconds(100))
    story.run(to: seconds(3_000))
    #expect(story.slashes.count == 1)
    #expect(taken(story).isEmpty)
    story.settle(until: seconds(86_400))
    #expect(taken(story) == (cancels ? [] : [100 * ether]))
    #expect(vetoes(story) == (cancels ? [resolver == .captured ? .captured : .chance] : []))
    #expect(story.coordinator.stakeTotals().isConserved)
  }

  private func vetoes(_ story: Story) -> [VetoReason] {
    story.facts.compactMap { if case .vaultSlashVetoed(_, _, let reason, _) = $0 { reason } else { nil } }
  }

  @Test(
    "an honest resolver lets good evidence pass, and cancels what turned out to prove nothing",
    arguments: [false, true])
  func honestResolver(isRevised: Bool) throws {
    var configuration = vaulted(slasher: .veto(window: .seconds(3_600), resolver: .honest))
    configuration.services[0].rules = [
      SlashingRule(
        offence: .invalidResult, evidence: .attestationAgainstFact, window: .seconds(600),
        penalty: .fixed(wad: half))
    ]
    var story = try Story(configuration)
    let task = try story.task(0, at: seconds(100))
    story.send(.evidence(.single(attest(1, 0, task, lie))), at: seconds(101))
    story.run(to: seconds(3_000))
    #expect(story.slashes.count == 1)
    // The fact about the task changes after EigenLayer's part: what looked wrong was right.
    if isRevised { story.coordinator.revise(task, truth: lie) }
    story.settle(until: seconds(86_400))
    #expect(taken(story) == (isRevised ? [] : [100 * ether]))
    #expect(vetoes(story) == (isRevised ? [.evidenceFails] : []))
  }

  @Test(
    "an honest resolver heard the attestation that an aggregator left out; an absent one would not have",
    arguments: [true, false], [VaultConfiguration.Resolver.honest, .absent])
  func heard(isHeard: Bool, resolver: VaultConfiguration.Resolver) throws {
    var configuration = vaulted(slasher: .veto(window: .seconds(3_600), resolver: resolver))
    var rule = livenessRule(window: .seconds(600))
    rule.dispute = .seconds(60)
    configuration.services[0].rules = [rule]
    var story = try Story(configuration)
    for k in 0..<4 {
      let task = try story.task(0, at: seconds(UInt64(20 + 60 * k)))
      if isHeard { story.coordinator.hear(task, of: ServiceID(0), member: 1) }
      story.certify(0, task, signers: [0, 2, 3], at: seconds(UInt64(24 + 60 * k)))
    }
    story.settle(until: seconds(86_400))
    #expect(story.slashes.map(\.operatorNode) == [NodeID(1)])
    let isVetoed = isHeard && resolver == .honest
    #expect(vetoes(story) == (isVetoed ? [.attestationsHeard] : []))
    #expect(taken(story).isEmpty == isVetoed)
  }

  @Test("stake without a slasher weighs and cannot be taken") func unslashable() throws {
    var story = try Story(vaulted(slasher: .none))
    try accuse(&story, 1, at: seconds(100))
    story.settle(until: seconds(86_400))
    #expect(taken(story).isEmpty)
    #expect(story.coordinator.stakeTotals().burned == 200 * ether)
  }

  @Test("rewards follow the stake: operator's cut, curator's fee, depositors by shares") func rewards() throws
  {
    var configuration = vaulted { $0.adminFeeBips = 1_000 }
    configuration.rewardEpoch = .seconds(3_600)
    var story = try Story(configuration)
    let task = try story.task(0, at: seconds(10))
    story.certify(0, task, signers: [0, 1, 2, 3], at: seconds(12))
    story.settle(until: seconds(7_200))
    #expect(story.broken.isEmpty)
    let totals = story.coordinator.rewardTotals
    #expect(totals.isConserved)
    #expect(totals.claimed == totals.paid)
    // Of an epoch's 365,000 / 8,760 ETH operator 1 earns 600 / 2000; a third of that is the vault's, 90 % of it after the cut.
    let pool = 365_000 * ether / 8_760
    let vaultPart = pool * 600 / 2_000 / 3
    let names = ["curated", "curated/0", "curated/1"]
    let paid = try names.map { name in
      story.coordinator.rewards(of: try #require(story.coordinator.account(named: name)))
    }
    let both = vaultPart * 2 * 9 / 10
    #expect(paid[0] >= both / 10 - 4 && paid[0] <= both / 10 + 4)
    #expect(paid[1] / paid[2] == 2 || paid[1] / paid[2] == 3)
    #expect(paid[0] + paid[1] + paid[2] <= both && paid[0] + paid[1] + paid[2] + 8 >= both)
    #expect(totals.curators == paid[0])
  }

  @Test("an EigenLayer staker that leaves is slashed in the queue, and paid the rest") func exit() throws {
    var configuration = network(rules: [equivocationRule()])
    configuration.delays.withdrawal = 100
    configuration.stakeEvents = [
      StakeEvent(at: seconds(50), .withdraw(staker: "op1/a", StrategyID(0), shareBips: 5_000))
    ]
    var story = try Story(configuration)
    try accuse(&story, 1, at: seconds(100))
    story.settle(until: seconds(86_400))
    #expect(story.coordinator.stakeTotals().withdrawn == 50 * ether)
    #expect(story.broken.isEmpty)
  }
}
