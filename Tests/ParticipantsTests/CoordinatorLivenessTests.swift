// The liveness rule and rewards, from the chain's own record of who signed.

import AVS
import Basics
import Contracts
import Participants
import Testing

extension Story {
  /// One task every 12 s from `start`; `signers` says who signs the k-th (nil: nobody sends a certificate).
  mutating func work(_ count: Int, service: Int = 0, from start: UInt64 = 1, signers: (Int) -> [Int]?) throws
  {
    for k in 0..<count {
      let due = seconds(start + 12 * UInt64(k))
      let task = try task(service, at: due)
      if let signers = signers(k) { certify(service, task, signers: signers, at: due + .seconds(1)) }
    }
  }
}

@Suite("Liveness is judged at the end of each window, from certificates")
struct CoordinatorLivenessTests {
  /// Blocks at 12, 24, ... 588 s lie in the first window of 600 s; the certificate of the 50th task lies in the second.
  @Test("more than the threshold is an offence, exactly the threshold is not", arguments: [24, 25])
  func threshold(missed: Int) throws {
    // 48 certified tasks; half of them is the threshold.
    var story = try Story(network(rules: [livenessRule()]))
    try story.work(48) { k in k < missed ? [0, 1, 2] : [0, 1, 2, 3] }
    story.settle(until: seconds(5_000))
    #expect(story.opened.map(\.operatorNode) == (missed > 24 ? [NodeID(3)] : []))
    #expect(story.slashes.count == story.opened.count)
    if let fact = story.opened.first {
      #expect(fact.offenceAt == seconds(600))
      #expect(fact.openedAt == seconds(600))
      #expect(fact.subject == .window(0))
    }
    #expect(story.broken.isEmpty)
  }

  @Test(
    "when the service stands still the guard accuses nobody; without guard everybody is accused",
    arguments: [true, false])
  func standstill(hasGuard: Bool) throws {
    var story = try Story(network(rules: [livenessRule(guard: hasGuard ? 5_000 : nil)]))
    try story.work(30) { _ in nil }
    story.settle(until: seconds(5_000))
    #expect(Set(story.opened.map(\.operatorNode)).count == (hasGuard ? 0 : 4))
  }

  @Test(
    "others made progress: their signed stake, without the accused, must reach the guard's share",
    arguments: [7_000, 8_000] as [UInt64])
  func guardShare(bips: UInt64) throws {
    // Of five, three sign always, node 3 half the time (which is the threshold), node 4 never: its others signed 87.5 %.
    var story = try Story(
      network(operators: 5, rules: [livenessRule(guard: bips + 1_000)], quorumBips: 5_000))
    try story.work(40) { k in k % 2 == 0 ? [0, 1, 2] : [0, 1, 2, 3] }
    story.settle(until: seconds(5_000))
    #expect(story.opened.map(\.operatorNode) == (bips + 1_000 <= 8_750 ? [NodeID(4)] : []))
  }

  @Test("a breach must last for the grace", arguments: [0, 600, 1_200, 1_800] as [UInt64])
  func grace(length: UInt64) throws {
    var story = try Story(network(rules: [livenessRule(grace: .seconds(length))]))
    // Absent for three windows, then back.
    try story.work(200) { k in k < 147 ? [0, 1, 2] : [0, 1, 2, 3] }
    story.settle(until: seconds(10_000))
    let expected: [CaseSubject] =
      switch length {
      case 0: [.window(0), .window(1), .window(2)]
      case 600: [.window(1), .window(2)]
      case 1_200: [.window(2)]
      default: []
      }
    #expect(story.opened.map(\.subject) == expected)
  }

  @Test("a task belongs to the window in which it fell due, however late its certificate")
  func lateCertificate() throws {
    var story = try Story(network(rules: [livenessRule()]))
    try story.work(4) { _ in [0, 1, 2, 3] }
    // Due just before the window's end, certified in the next window, without node 3: one of five, no breach. Alone in
    // the second window it would be one.
    let task = try story.task(0, at: seconds(599))
    story.certify(0, task, signers: [0, 1, 2], at: seconds(603))
    story.settle(until: seconds(10_000))
    #expect(story.accepted.last?.at == seconds(612))
    #expect(story.opened.isEmpty)
    #expect(story.coordinator.nextEvent == nil)
  }

  @Test("a window is judged when its last task is settled, not before") func waits() throws {
    var story = try Story(network(rules: [livenessRule(guard: nil)]))
    let task = try story.task(0, at: seconds(599))
    story.settle(until: seconds(10_000))
    // The task could be certified until 599 + 8 + 60 s: the block at 672 s finds it expired.
    #expect(story.facts.contains(.taskExpired(ServiceID(0), task, at: seconds(672))))
    #expect(story.opened.map(\.openedAt) == Array(repeating: seconds(672), count: 4))
    #expect(story.opened.allSatisfy { $0.offenceAt == seconds(600) })
  }

  @Test("a proportional penalty is its maximum times the missed share") func proportional() throws {
    var rule = livenessRule()
    rule.penalty = .proportional(maximumWad: 1_000)
    var story = try Story(network(rules: [rule]))
    try story.work(40) { k in k % 4 == 0 ? [0, 1, 2, 3] : [0, 1, 2] }
    story.settle(until: seconds(10_000))
    #expect(story.slashes.map(\.wad) == [750])
  }

  @Test("an honest run of forty services slashes nobody and pays everybody") func honest() throws {
    let rules = [equivocationRule(), livenessRule()]
    var story = try Story(
      network(operators: 12, services: 40, rules: rules, rewards: RewardPolicy(annualPool: 365 * ether)))
    for k in 0..<10 {
      let due = seconds(1 + 12 * UInt64(k))
      let tasks = try (0..<40).map { try story.task($0, at: due) }
      for (service, task) in tasks.enumerated() {
        story.certify(service, task, signers: Array(0..<12), at: due + .seconds(1))
      }
    }
    story.settle(until: seconds(86_400 * 30))
    #expect(story.accepted.count == 400)
    #expect(story.opened.isEmpty)
    #expect(story.broken.isEmpty)
    #expect(story.coordinator.nextEvent == nil)
    #expect(story.coordinator.openTasks == 0)
    let totals = story.coordinator.rewardTotals
    #expect(totals.submitted == 40 * ether)
    #expect(totals.isConserved)
    #expect(totals.refunded == 0)
    #expect(totals.dust < 10_000)
  }
}

@Suite("Rewards follow stake and performance")
struct CoordinatorRewardTests {
  @Test(
    "who signed half of its tasks earns half, the rest goes back; with reshare to the others",
    arguments: [RewardPolicy.Unearned.forfeit, .reshare])
  func performance(unearned: RewardPolicy.Unearned) throws {
    let policy = RewardPolicy(annualPool: 365 * 400 * ether, unearned: unearned)
    var story = try Story(network(rules: [], rewards: policy))
    try story.work(40) { k in k % 2 == 0 ? [0, 1, 2] : [0, 1, 2, 3] }
    story.settle(until: seconds(86_400 * 2))
    let epoch = try #require(story.epochs.first)
    #expect(story.epochs.count == 1)
    #expect(epoch.at == seconds(86_400))
    let rewards = story.facts.compactMap { if case .rewardsPaid(let fact) = $0 { fact } else { nil } }
    #expect(rewards.map(\.fulfilled) == [40, 40, 40, 20])
    let earned = rewards.map { $0.operatorWei + $0.stakersWei }
    switch unearned {
    case .forfeit:
      #expect(earned == [100 * ether, 100 * ether, 100 * ether, 50 * ether])
      #expect(epoch.refundedWei == 50 * ether)
    case .reshare:
      #expect(epoch.refundedWei == 0)
      #expect(earned[0] <= 2 * earned[3] + 2 && 2 * earned[3] <= earned[0] + 2)
      #expect(400 * ether - earned.reduce(0, +) < 10)
    }
    // Ten per cent to the operator, the rest by shares: itself 1/4, its stakers 1/2 and 1/4.
    #expect(rewards[0].operatorWei == earned[0] / 10)
    let own = try #require(story.coordinator.account(named: "op0"))
    let first = try #require(story.coordinator.account(named: "op0/a"))
    let second = try #require(story.coordinator.account(named: "op0/b"))
    let shared = earned[0] - earned[0] / 10
    #expect(story.coordinator.rewards(of: own) - earned[0] / 10 - shared / 4 <= 1)
    #expect(story.coordinator.rewards(of: first) - shared / 2 <= 1)
    #expect(story.coordinator.rewards(of: second) - shared / 4 <= 1)
    #expect(story.broken.isEmpty)
  }

  @Test("floor and target: nothing below the floor, all from the target, linear between") func multiplier()
    throws
  {
    let policy = RewardPolicy(annualPool: 365 * 400 * ether, floorBips: 5_000, targetBips: 9_000)
    var story = try Story(network(rules: [], quorumBips: 2_000, rewards: policy))
    // Of 20 tasks: 18 (90 %), 14 (70 %), 10 (50 %), 9 (45 %).
    try story.work(20) { k in (0..<4).filter { k < [18, 14, 10, 9][$0] } + (k >= 18 ? [0] : []) }
    story.settle(until: seconds(86_400 * 2))
    let rewards = story.facts.compactMap { if case .rewardsPaid(let fact) = $0 { fact } else { nil } }
    #expect(rewards.map { $0.operatorWei + $0.stakersWei } == [100 * ether, 50 * ether, 0, 0])
  }

  @Test("an epoch in which nothing was certified is refunded") func refund() throws {
    var story = try Story(network(rules: [], rewards: RewardPolicy(annualPool: 365 * ether)))
    try story.work(3) { _ in nil }
    story.settle(until: seconds(86_400 * 2))
    #expect(story.epochs.map(\.refundedWei) == [ether])
    #expect(story.coordinator.rewardTotals.paid == 0)
  }
}

@Suite("Thirty days of settling take no time and end with nothing pending")
struct CoordinatorSettleTests {
  @Test("windows of days, withdrawals of weeks, an offender: all over, event by event") func settle() throws {
    let rules = [
      equivocationRule(
        window: .seconds(86_400 * 7), dispute: .seconds(86_400 * 3),
        veto: SlashingRule.Veto(resolver: NodeID(40), window: .seconds(86_400 * 3))),
      livenessRule(window: .seconds(3_600)),
    ]
    var configuration = network(
      operators: 6, services: 3, rules: rules, rewards: RewardPolicy(annualPool: 1_000 * ether),
      finalityDepth: 64)
    configuration.slashResolutionDelay = .seconds(86_400 * 7)
    var story = try Story(configuration)
    try story.work(20) { _ in [0, 1, 2, 3, 4, 5] }
    let task = TaskID(UInt32(3))
    story.send(.evidence(.pair(attest(5, 0, task), attest(5, 0, task, lie))), at: seconds(300))
    let staker = try #require(story.coordinator.account(named: "op5/a"))
    story.send(.stake(.undelegate(staker: staker)), at: seconds(300))
    story.send(.stake(.deregister(ServiceID(1))), from: 5, at: seconds(300))
    story.run(to: seconds(600))
    #expect(story.coordinator.openCases == 1)
    let events = story.settle(until: seconds(600 + 86_400 * 30))
    #expect(events < 50)
    #expect(story.coordinator.nextEvent == nil)
    #expect(story.coordinator.openCases == 0)
    #expect(story.coordinator.pendingWithdrawals == 0)
    #expect(story.coordinator.waitingTransactions == 0)
    #expect(story.slashes.count == 1)
    #expect(story.broken.isEmpty)
    let totals = story.coordinator.stakeTotals()
    #expect(totals.isConserved)
    #expect(totals.slashedPending == 0)
    #expect(totals.queued == 0)
    #expect(totals.withdrawn > 0)
    // Half of a service's third of 400 ETH, part of it from the queue; magnitudes round up.
    let slash = try #require(story.slashes.first)
    #expect(slash.takenWei >= slash.dueWei)
    #expect(slash.takenWei - slash.dueWei < 1_000)
  }
}
