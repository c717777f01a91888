// From what an operator does to what a holder has: whole runs with issuers, a market and holders.

import Basics
import Reporting
import Runs
import Scenarios
import Simulator
import Testing

/// Two issuers on six operators; the knobs are the misbehaviour and what the stories add.
private func economy(
  seed: UInt64, allocation: String = "equal", issuers: String, extra: String = "",
  adversaries: String =
    "[{who: {operators: [1], services: [a]}, do: equivocate, from: 3s, until: 14s}]"
) throws -> Conclusion {
  var simulation = try world(
    seed: seed, allocation: allocation, issuers: issuers, extra: extra, adversaries: adversaries)
  simulation.run(until: .never)
  return simulation.conclude(simulation.settle())
}

private func world(
  seed: UInt64, allocation: String = "equal", issuers: String, extra: String, adversaries: String,
  gasLimit: Int = 36_000_000
) throws -> Simulation {
  let text = """
    name: economy
    seed: \(seed)
    duration: 18s
    warmup: 4s
    settle: 30m
    network:
      topology: {generate: random-regular, degree: 5}
      links: {latency: {uniform: {min: 10ms, max: 80ms}}}
      topicPeers: 5
    chain: {rewardEpoch: 4s, blockTime: 2s, finality: 2, withdrawalDelay: 20s, deallocationDelay: 20s, gasLimit: \(gasLimit)}
    operators: {count: 6, stakes: 100ETH, allocation: \(allocation)}
    watchers: {count: 3}
    services:
      - {name: a, operators: all, task: {arrival: {periodic: {every: 4s}}, compute: 20ms}, quorum: 67%, responseWindow: 3s, profit: 100ETH, reward: {annual: 10000ETH}, rules: [{offence: equivocation, penalty: 100%, dispute: 10s}]}
      - {name: b, operators: all, task: {arrival: {periodic: {every: 4s}}, compute: 20ms}, quorum: 67%, responseWindow: 3s, profit: 100ETH, reward: {annual: 10000ETH}, rules: [{offence: equivocation, penalty: 100%, dispute: 10s}], tariff: {posted: 10%}, want: 200ETH, escrow: 1ETH}
    issuers: \(issuers)
    adversaries: \(adversaries)
    \(extra)
    """
  let scenario = try Scenario.parse(file: "economy.yaml", bytes: Array(text.utf8))
  return try Simulation(try Blueprint(scenario))
}

private let two = """
  [{name: shared, deposited: 600ETH, buffer: 5%}, {name: apart, deposited: 300ETH, operators: [3, 4, 5]}]
  """

extension Conclusion {
  fileprivate func issuer(_ name: String) throws -> RunSummary.Issuer {
    try #require(summary.issuers.first { $0.name == name })
  }
  fileprivate var brokenChecks: [String] {
    summary.checks.filter { !$0.holds }.map { "\($0.name): \($0.detail)" }
  }
}

@Suite struct EconomyStories {
  /// Whoever delegated to the guilty loses, by the allocation at most; who did not loses nothing; every wei is on an account.
  @Test(arguments: [1, 3] as [UInt64])
  func aSlashReachesHoldersThroughTheirIssuer(seed: UInt64) throws {
    let conclusion = try economy(seed: seed, issuers: two, extra: "holders: {count: 30, exponent: 1}")
    #expect(conclusion.brokenChecks == [], "seed \(seed)")
    let shared = try conclusion.issuer("shared")
    // One of six operators, one of two services, nine tenths and a half restaked: 47.5 of 600.
    #expect(abs((shared.lossRatio ?? 0) - 0.95 / 12) < 1e-3, "seed \(seed)")
    #expect(try conclusion.issuer("apart").lossRatio == 0)
    #expect(shared.nav ?? 0 < 0.93 && shared.navStart == 1)
    #expect(conclusion.summary.rewards.conserved == true)
    #expect(conclusion.summary.rewards.issuersWei > 0)
    #expect(conclusion.summary.risk.gammaCertified ?? -1 > 0)
  }

  /// The same misbehaviour with nothing set apart takes from both services' stake.
  @Test func isolationBoundsTheLoss() throws {
    let bounded = try economy(seed: 2, issuers: two)
    let pooled = try economy(seed: 2, allocation: "shared", issuers: two)
    #expect(pooled.brokenChecks == [])
    let (one, all) = (try bounded.issuer("shared"), try pooled.issuer("shared"))
    #expect(abs((all.lossRatio ?? 0) / (one.lossRatio ?? 1) - 2) < 1e-3)
    #expect(bounded.summary.risk.leverage.map { abs($0 - 1) < 1e-6 } == true)
    #expect(pooled.summary.risk.leverage.map { abs($0 - 2) < 1e-6 } == true)
  }

  /// One vault and one claim against a scheme each: fewer claims, the same money.
  @Test func oneVaultNeedsOneClaim() throws {
    let issuers = """
      [{name: shared, deposited: 600ETH, income: distribute, incentive: 9000ETH}, {name: apart, deposited: 300ETH, operators: [3, 4, 5], income: distribute, incentive: 9000ETH}]
      """
    let holders = "holders: {count: 40, issuersEach: 2, exponent: 1}"
    let before = try economy(seed: 3, issuers: issuers, extra: holders)
    let after = try economy(seed: 3, issuers: issuers, extra: holders + "\nlrt2: {period: 2}")
    #expect(before.brokenChecks == [] && after.brokenChecks == [])
    let (old, new) = (try #require(before.summary.holders), try #require(after.summary.holders))
    #expect(old.claims == 160)
    #expect(new.claims == 40)
    // The same but for rounding.
    let gap =
      old.rewardsWei > new.rewardsWei ? old.rewardsWei - new.rewardsWei : new.rewardsWei - old.rewardsWei
    #expect(old.rewardsWei > 0 && gap < 10_000)
    #expect(before.summary.rewards.holdersWei == after.summary.rewards.holdersWei)
  }

  /// A learner moves its stake out of who was slashed, by the ledger's queue; a run empties the buffer; all of it is conserved.
  @Test(arguments: [1, 3] as [UInt64])
  func stakeMovesAndHoldersLeaveWithoutAWeiLost(seed: UInt64) throws {
    let issuers = """
      [{name: learner, deposited: 600ETH, policy: equalYield, cap: 40%, deposits: 3ETH}, {name: fleeing, deposited: 300ETH, buffer: 10%, run: {threshold: 1%, share: 50%}}]
      """
    let conclusion = try economy(seed: seed, issuers: issuers, extra: "holders: {count: 20, exponent: 0.5}")
    #expect(conclusion.brokenChecks == [], "seed \(seed)")
    #expect(conclusion.summary.stake.conserved == true)
    #expect(conclusion.summary.stake.withdrawnWei > 0)
    #expect(conclusion.summary.rewards.conserved == true)
    #expect(try conclusion.issuer("fleeing").supply < 300_000_000_000_000_000_000)
    #expect(try conclusion.issuer("learner").supply > 600_000_000_000_000_000_000)
  }

  /// Many withdrawals that can be completed at once do not make a block larger than it may be: they take turns.
  @Test func completionsWaitForSpaceInBlocks() throws {
    let leaving = "[{name: fleeing, deposited: 600ETH, run: {threshold: 1%, share: 50%}}]"
    let guilt = "[{who: {operators: [1], services: [a]}, do: equivocate, from: 3s, until: 7s}]"
    let limit = 1_000_000
    var simulation = try world(
      seed: 1, issuers: leaving, extra: "holders: {count: 20, exponent: 0.5}", adversaries: guilt,
      gasLimit: limit)
    simulation.run(until: .never)
    let conclusion = simulation.conclude(simulation.settle())
    let blocks = simulation.takeRows().blocks
    #expect(blocks.allSatisfy { $0.gas <= UInt64(limit) })
    #expect(blocks.contains { $0.transactions == 0 && $0.gas > UInt64(limit) * 3 / 4 })
    #expect(conclusion.summary.stake.withdrawnWei > 0 && conclusion.brokenChecks == [])
  }

  /// The same scenario gives the same summary.
  @Test func theEconomyIsDeterministic() throws {
    let extra = "holders: {count: 20}\nlrt2: {period: 2}"
    let one = try economy(seed: 5, issuers: two, extra: extra).summary
    let other = try economy(seed: 5, issuers: two, extra: extra).summary
    #expect(one == other)
  }
}
