// From what an operator does to what a holder has: whole runs with issuers, a market and holders.

import Basics
import Runs
import Scenarios
import Simulator
import Testing

@testable import Reporting

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
  gasLimit: Int = 36_000_000, services: String = ""
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
      - {name: b, operators: all, task: {arrival: {periodic: {every: 4s}}, compute: 20ms}, quorum: 67%, responseWindow: 3s, profit: 100ETH, reward: {annual: 10000ETH}, rules: [{offence: equivocation, penalty: 100%, dispute: 10s}], tariff: {posted: 10%}, want: 200ETH, escrow: 1ETH}\(services)
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

extension EconomyTable {
  /// Where a column is.
  fileprivate func place(of column: String) -> Int {
    let lines = definition.split(separator: "\n").dropFirst().map { $0.drop { $0 == " " } }
    return lines.firstIndex { $0.hasPrefix(column + " ") } ?? -1
  }
}

extension EconomyCell {
  fileprivate var wei: UInt128 { if case .amount(let amount) = self { amount } else { 0 } }
  fileprivate var words: String { if case .text(let text) = self { text } else { "" } }
}

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

  /// A service that comes later attracts as many as its money suits; one that pays nothing attracts nobody, and nothing is lost by it.
  @Test func aServiceRegistersDuringTheRun() throws {
    let more = """
      \n  - {name: paying, registers: 5s, operators: all, task: {arrival: {periodic: {every: 4s}}, compute: 20ms}, quorum: 67%, responseWindow: 3s, profit: 50ETH, rules: [{offence: equivocation, penalty: 100%, dispute: 10s}], tariff: {posted: 10%}, want: 100ETH, escrow: 1ETH}
        - {name: spam, registers: 5s, operators: all, task: {arrival: {periodic: {every: 4s}}, compute: 20ms}, quorum: 67%, responseWindow: 3s, profit: 50ETH}
      """
    let guilt = "[{who: {operators: [1], services: [paying]}, do: equivocate, from: 13s, until: 17s}]"
    var simulation = try world(
      seed: 1, issuers: two, extra: "market: {ask: 5%}", adversaries: guilt, services: more)
    simulation.run(until: .never)
    let conclusion = simulation.conclude(simulation.settle())
    let rows = simulation.takeRows().economy.filter { $0.table == .entries }
    #expect(conclusion.brokenChecks == [])
    let entries = try #require(conclusion.summary.entries)
    #expect(entries.services == 2 && entries.unserved == 1)
    // A hundred are wanted at ten percent: two hundred of stake share it at five, which is what they ask for.
    #expect(entries.joins >= 3 && entries.joins <= 6)
    #expect(rows.contains { $0.cells[3] == .text("declines") })
    // Only what was set apart for it can be slashed by it.
    #expect(conclusion.summary.stake.slashedWei > 0)
    #expect(conclusion.summary.stake.slashedWei < 60_000_000_000_000_000_000)
  }

  /// Sellers press the price below value, the price makes loans due, their collateral is sold; every wei has an owner throughout.
  @Test(arguments: [1, 2] as [UInt64])
  func aRunUnwindsLeverage(seed: UInt64) throws {
    let issuers = """
      [{name: shared, deposited: 600ETH, buffer: 5%, run: {threshold: 1%, share: 60%, sell: 60%}, exchange: {liquidity: 60ETH, fee: 0.3%, arbitrage: 5ETH}, loans: {share: 40%, leverage: 3, threshold: 75%, interest: 5%}}]
      """
    let conclusion = try economy(seed: seed, issuers: issuers, extra: "holders: {count: 40, exponent: 0.5}")
    #expect(conclusion.brokenChecks == [], "seed \(seed)")
    let lending = try #require(conclusion.summary.lending)
    #expect(lending.lentWei > 0 && lending.liquidations > 0, "seed \(seed)")
    #expect(lending.discountMax > 0.05, "seed \(seed)")
    #expect(lending.lentWei + lending.interestWei == lending.repaidWei + lending.debtWei, "seed \(seed)")
    // By value they are covered for longer: the same run, fewer sales.
    let calm = try economy(
      seed: seed, issuers: issuers.replacing("interest: 5%", with: "interest: 5%, oracle: nav"),
      extra: "holders: {count: 40, exponent: 0.5}")
    #expect(calm.brokenChecks == [])
    #expect((calm.summary.lending?.repaidWei ?? 0) < lending.repaidWei, "seed \(seed)")
  }

  /// Holders leave an issuer for what it lost, or for a service they refuse, through the queue and without a wei lost.
  @Test(arguments: [1, 3] as [UInt64])
  func holdersMoveBetweenIssuers(seed: UInt64) throws {
    let extra = """
      holders: {count: 40, kinds: [{name: cautious, share: 50%, shortfall: 1%}, {name: clear, share: 20%, avoids: [b]}]}
      """
    let conclusion = try economy(seed: seed, issuers: two, extra: extra)
    #expect(conclusion.brokenChecks == [], "seed \(seed)")
    #expect((conclusion.summary.holders?.movedWei ?? 0) > 50_000_000_000_000_000_000, "seed \(seed)")
    // The cautious came; nobody fled there for b, which both are exposed to.
    #expect(try conclusion.issuer("apart").supply > 300_000_000_000_000_000_000)
    #expect(try conclusion.issuer("shared").supply < 600_000_000_000_000_000_000)
  }

  /// What an issuer runs itself: paid as operator, and its holders bear the slash.
  @Test func anIssuerThatRunsOperatorsIsNamed() throws {
    let issuers = """
      [{name: house, deposited: 600ETH, runs: [1, 2]}, {name: other, deposited: 300ETH, runs: [4], operators: [3, 4, 5]}]
      """
    let conclusion = try economy(seed: 1, issuers: issuers)
    let (house, other) = (try conclusion.issuer("house"), try conclusion.issuer("other"))
    #expect(house.ownShare ?? 0 > 0.2 && house.ownPaidWei > 0)
    #expect(house.ownSlashedWei == house.slashedWei && house.slashedWei > 0)
    #expect(other.ownSlashedWei == 0 && other.ownPaidWei > 0)
  }

  /// Wrong results that were certified and proven are paid out of what the colluders lose, wallet to wallet.
  @Test func insuranceIsPaidOnTheLedger() throws {
    let text = """
      name: insured
      seed: 1
      duration: 26s
      warmup: 4s
      settle: 30m
      network: {topology: {generate: random-regular, degree: 5}, links: {latency: {uniform: {min: 10ms, max: 80ms}}}, topicPeers: 5}
      chain: {rewardEpoch: 4s, blockTime: 2s, finality: 2}
      assets: [{name: stETH, kind: lst, rate: 3%}]
      operators: {count: 6, stakes: 100ETH}
      watchers: {count: 3}
      services:
        - {name: a, operators: all, task: {arrival: {periodic: {every: 4s}}, compute: 20ms}, quorum: 67%, responseWindow: 3s, profit: 100ETH, recipient: {redistribute: pot}, insurance: {harm: 40ETH, cover: 30ETH, premium: 1000ETH, period: 60s}, rules: [{offence: invalid_result, penalty: PENALTY, dispute: 4s}]}
      issuers: [{name: token, deposited: 300ETH}]
      adversaries: [{who: {operators: 5}, do: invalidResult, from: 10s, until: 15s}]
      """
    func run(_ penalty: String) throws -> Conclusion {
      let bytes = Array(text.replacing("PENALTY", with: penalty).utf8)
      let scenario = try Scenario.parse(file: "insured.yaml", bytes: bytes)
      var simulation = try Simulation(try Blueprint(scenario))
      simulation.run(until: .never)
      return simulation.conclude(simulation.settle())
    }
    let rich = try run("20%")
    #expect(rich.brokenChecks == [])
    let paid = try #require(rich.summary.insurance)
    #expect(paid.claims > 0 && paid.unproven == 0 && paid.isStronglySafe)
    #expect(paid.paidWei == paid.dueWei && paid.premiumWei > 0)
    #expect(rich.summary.stake.conserved == true)
    let poor = try run("1%")
    #expect(poor.brokenChecks == [])
    let short = try #require(poor.summary.insurance)
    #expect(!short.isStronglySafe && short.paidWei < short.dueWei && short.leftWei < 1_000)
  }

  /// Whatever the seed decides, whoever pays and whoever moves: submitted is paid, dust or refunded, and isolation bounds the loss.
  @Test(arguments: 11...16 as ClosedRange<UInt64>)
  func randomRunsAreConservedAndBounded(seed: UInt64) throws {
    var stream = RandomStream(seed: seed)
    let guilty = stream.below(6)
    let (share, sell) = (20 + stream.below(60), stream.below(80))
    let issuers = """
      [{name: shared, deposited: \(200 + stream.below(600))ETH, buffer: \(stream.below(20))%, policy: equalYield, risk: {shortfall: {aversion: 1}}, run: {threshold: 1%, share: \(share)%, sell: \(sell)%}, exchange: {liquidity: 40ETH, fee: 0.1%, arbitrage: 4ETH}, loans: {share: 30%, leverage: 2.5, threshold: 80%}}, {name: apart, deposited: 300ETH, operators: [3, 4, 5], deposits: 2ETH, income: distribute, incentive: 900ETH, fee: \(stream.below(30))%}]
      """
    let holders =
      "holders: {count: \(10 + stream.below(30)), issuersEach: \(1 + stream.below(2)), exponent: 1, kinds: [{name: cautious, share: 40%, shortfall: 1%}]}"
    let vault = stream.below(2) == 0 ? "" : "\nlrt2: {period: 2, fee: 1%}"
    var simulation = try world(
      seed: seed, issuers: issuers, extra: holders + vault,
      adversaries:
        "[{who: {operators: [\(guilty)], services: [a]}, do: equivocate, from: 3s, until: 14s}]")
    simulation.run(until: .never)
    let conclusion = simulation.conclude(simulation.settle())
    #expect(conclusion.brokenChecks == [], "seed \(seed)")
    // What a slash takes was set apart for that service: half of what its operator had, and half of what was on its way out.
    let rows = simulation.takeRows().economy
    var staked: [EconomyCell: UInt128] = [:]
    var moved: [EconomyCell: (to: UInt128, from: UInt128)] = [:]
    for row in rows where row.table == .reputations {
      staked[row.cells[2]] = max(staked[row.cells[2]] ?? 0, row.cells[3].wei)
    }
    for row in rows where row.table == .moves {
      let isDeposit = row.cells[3] == .text("deposit")
      moved[row.cells[2], default: (0, 0)].to += isDeposit ? row.cells[4].wei : 0
      moved[row.cells[2], default: (0, 0)].from += isDeposit ? 0 : row.cells[4].wei
    }
    var taken: [EconomyCell: (stake: UInt128, queue: UInt128)] = [:]
    var guiltyOf: [EconomyCell: EconomyCell] = [:]
    for row in rows where row.table == .accountability && row.cells[5] == .text("bears") {
      let isQueued = row.cells[6] == .text("queue")
      taken[row.cells[0], default: (0, 0)].stake += isQueued ? 0 : row.cells[8].wei
      taken[row.cells[0], default: (0, 0)].queue += isQueued ? row.cells[8].wei : 0
      guiltyOf[row.cells[0]] = row.cells[3]
    }
    #expect(!taken.isEmpty, "seed \(seed)")
    for (slash, one) in taken {
      let who = guiltyOf[slash] ?? .null
      let (to, from) = moved[who] ?? (0, 0)
      #expect(one.stake <= ((staked[who] ?? 0) + to) / 2 + 1_000, "seed \(seed), slash \(slash)")
      #expect(one.queue <= from / 2 + 1_000, "seed \(seed), slash \(slash)")
    }
    #expect(conclusion.summary.rewards.conserved == true && conclusion.summary.stake.conserved == true)
    let rewards = conclusion.summary.rewards
    #expect(rewards.submittedWei == rewards.paidWei + rewards.dustWei + rewards.refundedWei, "seed \(seed)")
    // One of two services has half of the guilty operator's stake; an issuer may have moved a part of its own to it.
    let shared = try conclusion.issuer("shared")
    #expect(shared.lossRatio ?? 1 <= 0.5, "seed \(seed)")
    if guilty < 3 { #expect(try conclusion.issuer("apart").slashedWei == 0, "seed \(seed)") }
  }

  /// Every holding cut in two: each half has no more of anything than half of what the whole had.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func splittingAnAccountGainsNothing(seed: UInt64) throws {
    let issuers = """
      [{name: shared, deposited: 600ETH, buffer: 5%}, {name: apart, deposited: 300ETH, operators: [3, 4, 5], income: distribute, incentive: 9000ETH}]
      """
    let extra = seed == 3 ? "" : "\nlrt2: {period: 2, fee: 1%}"
    func statements(_ count: Int) throws -> [(issuer: String, parts: [UInt128])] {
      var simulation = try world(
        seed: seed, issuers: issuers, extra: "holders: {count: \(count)}" + extra,
        adversaries: "[{who: {operators: [4], services: [a]}, do: equivocate, from: 3s, until: 8s}]")
      simulation.run(until: .never)
      #expect(simulation.conclude(simulation.settle()).brokenChecks == [])
      let columns = ["end_wei", "rewards_wei", "fees_wei", "shares", "redeemed_wei"].map {
        EconomyTable.statements.place(of: $0)
      }
      return simulation.takeRows().economy.filter { $0.table == .statements }.map { row in
        (row.cells[1].words, columns.map { row.cells[$0].wei })
      }
    }
    let (whole, halves) = (try statements(20), try statements(40))
    for name in ["shared", "apart"] {
      // All holdings of an issuer are alike, but the first, which has what dividing the supply left.
      let one = try #require(whole.last { $0.issuer == name })
      let half = try #require(halves.last { $0.issuer == name })
      for (k, (all, part)) in zip(one.parts, half.parts).enumerated() {
        #expect(2 * part <= all, "seed \(seed), \(name), part \(k)")
        #expect(all - min(all, 2 * part) < 1_000, "seed \(seed), \(name), part \(k)")
      }
      #expect(one.parts[0] > 0 && (name == "shared" || one.parts[1] > 0))
    }
  }

  /// However much comes to one issuer, as deposits of its token or as rewards into the common vault: a share of the other, and what
  /// its holders get, stay what they were.
  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func depositsOfOneIssuerLeaveTheOtherAlone(seed: UInt64) throws {
    var stream = RandomStream(seed: seed)
    func outcome(deposits: Int, incentive: Int) throws -> (rows: [[EconomyCell]], rewards: [UInt128]) {
      // All of the first stays idle: its deposits change nothing on the ledger that the other could feel.
      let issuers = """
        [{name: shared, deposited: 600ETH, buffer: 100%, deposits: \(deposits)ETH, income: distribute, incentive: \(incentive)ETH}, {name: apart, deposited: 300ETH, income: distribute, incentive: 9000ETH}]
        """
      var simulation = try world(
        seed: seed, issuers: issuers, extra: "holders: {count: 20}\nlrt2: {period: 2, fee: 1%}",
        adversaries: "[{who: {operators: [1], services: [a]}, do: equivocate, from: 3s, until: 8s}]")
      simulation.run(until: .never)
      let conclusion = simulation.conclude(simulation.settle())
      #expect(conclusion.brokenChecks == [], "seed \(seed)")
      let economy = simulation.takeRows().economy
      let place = EconomyTable.statements.place(of: "rewards_wei")
      return (
        economy.filter { $0.table == .issuers && $0.cells[2] == .text("apart") }.map(\.cells),
        economy.filter { $0.table == .statements && $0.cells[1] == .text("apart") }.map {
          $0.cells[place].wei
        }
      )
    }
    let alone = try outcome(deposits: 0, incentive: 1)
    let beside = try outcome(deposits: 1 + stream.below(40), incentive: 1 + stream.below(90_000))
    #expect(alone.rows == beside.rows && !alone.rows.isEmpty, "seed \(seed)")
    for (a, b) in zip(alone.rewards, beside.rewards) {
      // A share of the vault buys the same: what is rounded off at a deposit is some wei for a share.
      #expect(a > 0 && (a > b ? a - b : b - a) < 1_000, "seed \(seed): \(a), \(b)")
    }
  }

  /// The same scenario gives the same summary.
  @Test func theEconomyIsDeterministic() throws {
    let extra = "holders: {count: 20}\nlrt2: {period: 2}"
    let one = try economy(seed: 5, issuers: two, extra: extra).summary
    let other = try economy(seed: 5, issuers: two, extra: extra).summary
    #expect(one == other)
  }
}
