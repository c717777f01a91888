// What happens to certificates and evidence when the chain itself misbehaves: blocks undone, missing, dear, or built by
// somebody who leaves things out.

import AVS
import Basics
import Contracts
import Participants
import Testing

@Suite("Faults of the chain")
struct ChainFaultTests {
  private func chain(reorgs: UInt64 = 0, _ change: (inout ChainParameters) -> Void = { _ in })
    -> CoordinatorConfiguration
  {
    var configuration = network(
      services: 2, rules: [equivocationRule(), livenessRule(window: .seconds(120))],
      rewards: RewardPolicy(annualPool: 1_000_000 * ether), finalityDepth: 12)
    configuration.chain.reorgDepth = reorgs
    configuration.rewardEpoch = .seconds(300)
    change(&configuration.chain)
    return configuration
  }

  /// Tasks with certificates, two offences with their evidence, and withdrawals, for seven minutes; `disturb` acts at 150 s.
  private func play(_ configuration: CoordinatorConfiguration, disturb: (inout Story) -> Void) throws -> Story
  {
    var story = try Story(configuration)
    for k in 0..<20 {
      let now = seconds(UInt64(5 + 20 * k))
      if now > seconds(145), now < seconds(166) { disturb(&story) }
      let task = try story.task(k % 2, at: now)
      story.certify(k % 2, task, signers: k % 3 == 0 ? [0, 1, 2, 3] : [0, 2, 3], at: now + .seconds(3))
      if k == 5 || k == 6 {
        let pair = Evidence.pair(attest(k - 4, k % 2, task), attest(k - 4, k % 2, task, lie))
        story.send(.evidence(pair), at: now + .seconds(6))
      }
      if k == 6 {
        let staker = try #require(story.coordinator.account(named: "op2/a"))
        story.send(
          .stake(.queueWithdrawal(staker: staker, strategy: StrategyID(0), depositShares: 7 * ether + 1)),
          at: now + .seconds(7))
      }
    }
    story.settle(until: seconds(86_400 * 20))
    return story
  }

  @Test(
    "a reorg leaves the state that the chain would have had without those blocks", arguments: [1, 2, 5, 12])
  func exactRollback(depth: UInt64) throws {
    let configuration = chain(reorgs: 12)
    let undone = try play(configuration) { story in
      guard story.coordinator.headBlock < 1_000_013 else { return }
      story.begin(.reorg(depth: depth, lostBips: 0), id: 0, at: seconds(150))
    }
    let head = configuration.chain.block(at: seconds(150))
    // The same slots never had blocks. The halt begins with its fork's block.
    var never = try Story(configuration)
    never = try play(configuration, story: never, haltAfter: head - depth, until: seconds(150))
    let reorg = try #require(
      undone.facts.compactMap { if case .reorg(let fact) = $0 { fact } else { nil } }.first)
    #expect(reorg.fork == head - depth)
    #expect(!reorg.orphaned.isEmpty || depth == 1)
    #expect(undone.coordinator.ledger == never.coordinator.ledger)
    #expect(undone.coordinator.stakeTotals() == never.coordinator.stakeTotals())
    #expect(undone.coordinator.rewardTotals == never.coordinator.rewardTotals)
    #expect(undone.coordinator.cases == never.coordinator.cases)
    #expect(undone.coordinator.openTasks == 0)
    #expect(undone.broken.isEmpty)
    #expect(undone.slashes.map(\.takenWei).contains { $0 > 0 })
  }

  /// As `play`, with a halt over the slots after `fork` until an instant.
  private func play(
    _ configuration: CoordinatorConfiguration, story: Story, haltAfter fork: BlockNumber, until: Instant
  ) throws -> Story {
    var story = story
    var isHalted = false
    let from = configuration.chain.instant(of: fork)
    for k in 0..<20 {
      let now = seconds(UInt64(5 + 20 * k))
      func pass(_ instant: Instant) {
        if !isHalted, instant > from {
          isHalted = true
          story.begin(.halt, id: 9, at: from, until: until)
        }
      }
      pass(now)
      let task = try story.task(k % 2, at: now)
      pass(now + .seconds(3))
      story.certify(k % 2, task, signers: k % 3 == 0 ? [0, 1, 2, 3] : [0, 2, 3], at: now + .seconds(3))
      if k == 5 || k == 6 {
        let pair = Evidence.pair(attest(k - 4, k % 2, task), attest(k - 4, k % 2, task, lie))
        pass(now + .seconds(6))
        story.send(.evidence(pair), at: now + .seconds(6))
      }
      if k == 6 {
        let staker = try #require(story.coordinator.account(named: "op2/a"))
        pass(now + .seconds(7))
        story.send(
          .stake(.queueWithdrawal(staker: staker, strategy: StrategyID(0), depositShares: 7 * ether + 1)),
          at: now + .seconds(7))
      }
      pass(now + .seconds(20))
    }
    story.settle(until: seconds(86_400 * 20))
    return story
  }

  @Test("what a reorg loses is gone: the task expires, the offence goes unpunished") func lost() throws {
    var story = try Story(chain(reorgs: 4))
    let task = try story.task(0, at: seconds(1))
    story.certify(0, task, signers: [0, 1, 2, 3], at: seconds(2))
    story.send(.evidence(.pair(attest(1, 0, task), attest(1, 0, task, lie))), at: seconds(3))
    story.run(to: seconds(14))
    #expect(story.accepted.count == 1)
    #expect(story.opened.count == 1)
    story.begin(.reorg(depth: 1, lostBips: 10_000), id: 0, at: seconds(14))
    #expect(story.coordinator.taskState(task) == .open)
    #expect(story.coordinator.cases.isEmpty)
    story.settle(until: seconds(86_400))
    #expect(story.facts.contains { if case .taskExpired(_, task, _) = $0 { true } else { false } })
    #expect(story.slashes.isEmpty)
    #expect(story.coordinator.waitingTransactions == 0)
  }

  @Test("a second reorg over the first one does not bring back what the first one lost") func twice() throws {
    var story = try Story(chain(reorgs: 8))
    let task = try story.task(0, at: seconds(1))
    story.certify(0, task, signers: [0, 1, 2, 3], at: seconds(2))
    story.run(to: seconds(14))
    story.begin(.reorg(depth: 1, lostBips: 10_000), id: 0, at: seconds(14))
    let other = try story.task(1, at: seconds(20))
    story.certify(1, other, signers: [0, 1, 2, 3], at: seconds(21))
    story.run(to: seconds(26))
    story.begin(.reorg(depth: 2, lostBips: 0), id: 1, at: seconds(26))
    story.settle(until: seconds(3_600))
    let states = [task, other].map { story.coordinator.taskState($0) }
    #expect(states[0] == .expired)
    #expect(states[1] != .expired)
    #expect(story.broken.isEmpty)
  }

  @Test("a halted chain takes nothing in, and the slots that waited are told") func halt() throws {
    var story = try Story(chain())
    let task = try story.task(0, at: seconds(1))
    story.begin(.halt, id: 0, at: seconds(2), until: seconds(120))
    story.certify(0, task, signers: [0, 1, 2, 3], at: seconds(3))
    story.run(to: seconds(119))
    #expect(story.coordinator.lastProducedBlock == 1_000_000)
    #expect(story.coordinator.nextEvent == seconds(120))
    story.run(to: seconds(121))
    // Deadline 9 s and a minute more: too late at 120 s.
    #expect(story.refusals == [.certificate(.late(at: seconds(120), expiry: seconds(69)))])
    #expect(
      story.facts.contains(
        .missedSlots(
          MissedSlotsFact(first: 1_000_001, count: 9, at: seconds(12), blockTime: .seconds(12)))))
  }

  @Test("slots stay empty for as long as blocks are slow, no longer", arguments: [1, 2, 3] as [UInt64])
  func slowBlocks(seed: UInt64) throws {
    var configuration = chain()
    configuration.seed = seed
    var story = try Story(configuration)
    story.begin(.missedSlots(bips: 9_000), id: 0, at: seconds(1), until: seconds(1_200))
    for k in 0..<200 { story.send(.veto(CaseID(k)), at: seconds(UInt64(2 + 12 * k))) }
    story.settle(until: seconds(86_400))
    let blocks = story.facts.compactMap { if case .block(let fact) = $0 { fact.at } else { nil } }
    let before = blocks.count { $0 < seconds(1_200) }
    #expect(before < 30)
    #expect(blocks.count { $0 >= seconds(1_200) && $0 < seconds(2_400) } == 100)
  }

  @Test("builders that censor leave out whom they dislike and nobody else") func censorship() throws {
    var story = try Story(chain())
    let task = try story.task(0, at: seconds(1))
    story.begin(
      .censor(Censorship(kinds: [.evidence], senders: [NodeID(99)])), id: 0, at: seconds(2),
      until: seconds(61))
    story.certify(0, task, signers: [0, 1, 2, 3], at: seconds(3))
    story.send(.evidence(.pair(attest(1, 0, task), attest(1, 0, task, lie))), from: 99, at: seconds(3))
    story.send(.evidence(.pair(attest(2, 0, task), attest(2, 0, task, lie))), from: 98, at: seconds(3))
    story.run(to: seconds(100))
    #expect(story.accepted.map(\.at) == [seconds(12)])
    #expect(story.opened.map(\.operatorNode) == [NodeID(2), NodeID(1)])
    #expect(story.opened.map(\.openedAt) == [seconds(12), seconds(72)])
    let censored = story.facts.reduce(0) { if case .block(let fact) = $1 { $0 + fact.censored } else { $0 } }
    #expect(censored == 5)
  }

  @Test(
    "evidence and certificates compete for one block: the better tip wins", arguments: [1, 3] as [UInt64])
  func competition(evidenceTip: UInt64) throws {
    // A block holds the certificate (187,000 gas) or the evidence (141,000), not both.
    var configuration = chain { $0.gasLimit = 1_000_000 }
    configuration.gas.certificate = 700_000
    configuration.gas.evidence = 600_000
    configuration.chain.offers = [
      .certificate: FeeOffer(tip: 2), .evidence: FeeOffer(tip: evidenceTip),
    ]
    var story = try Story(configuration)
    let task = try story.task(0, at: seconds(1))
    let certificate = Certificate(
      service: ServiceID(0), task: task, result: truth, signers: [15, 0, 0, 0])
    let evidence = Evidence.pair(attest(1, 0, task), attest(1, 0, task, lie))
    for body in [Transaction.Body.certificate(certificate), .evidence(evidence)] {
      story.coordinator.submit(configuration.chain.transaction(from: NodeID(9), body), at: seconds(2))
    }
    story.run(to: seconds(40))
    let certified = try #require(story.accepted.first).at
    let accused = try #require(story.opened.first).openedAt
    #expect(evidenceTip > 2 ? accused < certified : certified < accused)
    #expect(max(certified, accused) == seconds(24))
  }

  @Test("a spike of demand prices out who will not pay, until the base fee has come down again") func spike()
    throws
  {
    var configuration = chain {
      $0.fees = FeeMarket(startBaseFee: 5_000_000_000, price: 5_000_000_000)
      $0.offers = [
        .certificate: FeeOffer(tip: 1_000_000_000, maxFee: 12_000_000_000),
        .evidence: FeeOffer(tip: 50_000_000_000, maxFee: 10_000_000_000_000),
      ]
    }
    configuration.services[0].certificateWindow = .seconds(36_000)
    var story = try Story(configuration)
    let chain = configuration.chain
    story.begin(.gasSpike(permille: 10_000), id: 0, at: seconds(1), until: seconds(601))
    let task = try story.task(0, at: seconds(300))
    let certificate = Certificate(
      service: ServiceID(0), task: task, result: truth, signers: [15, 0, 0, 0])
    let evidence = Evidence.pair(attest(1, 0, task), attest(1, 0, task, lie))
    story.coordinator.submit(chain.transaction(from: NodeID(0), .certificate(certificate)), at: seconds(301))
    story.coordinator.submit(chain.transaction(from: NodeID(9), .evidence(evidence)), at: seconds(301))
    story.run(to: seconds(600))
    // Full blocks raise it by an eighth each; ten times the demand settles at 19 times the price.
    #expect(story.coordinator.baseFee > 60_000_000_000)
    #expect(story.coordinator.baseFee < 130_000_000_000)
    #expect(story.opened.map(\.openedAt) == [seconds(312)])
    #expect(story.accepted.isEmpty)
    story.settle(until: seconds(30_000))
    let certified = try #require(story.accepted.first)
    #expect(certified.at > seconds(600))
    let paid = story.facts.compactMap {
      if case .included(let fact) = $0, fact.kind == .certificate { fact } else { nil }
    }
    #expect(paid.allSatisfy { $0.feeWei <= UInt128($0.gas) * 12_000_000_000 && $0.feeWei > 0 })
  }

  @Test("a transaction that waits too long is dropped and counted") func lifetime() throws {
    var configuration = chain { $0.transactionLifetime = .seconds(60) }
    configuration.services[0].certificateWindow = .seconds(36_000)
    var story = try Story(configuration)
    story.begin(.censor(Censorship(kinds: [.certificate])), id: 0, at: seconds(1), until: seconds(90))
    let task = try story.task(0, at: seconds(2))
    story.certify(0, task, signers: [0, 1, 2, 3], at: seconds(3))
    story.run(to: seconds(200))
    #expect(story.accepted.isEmpty)
    #expect(story.coordinator.droppedTransactions == 1)
    #expect(story.coordinator.waitingTransactions == 0)
  }
}
