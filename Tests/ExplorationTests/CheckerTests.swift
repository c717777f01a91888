// Every checker of the chain is shown a chain that does what it must never do, told by facts alone, and the same chain as
// it should be. No engine runs here: what breaks in whole runs is in `PlantedTests`.

import AVS
import Basics
import Contracts
@testable import Participants
@testable import Runs
import Scenarios
import Signatures
import Testing

/// A chain of four members with a quarter of the stake each, told fact by fact.
private struct Chain {
  var checkers: Checkers
  let schedule: TaskSchedule
  let configuration: CoordinatorConfiguration
  let wrong = Digest(1, 2, 3, 4)
  private var cases: UInt32 = 0

  init() throws {
    let text = """
      name: told
      duration: 40s
      network: {topology: {generate: full}}
      chain: {blockTime: 2s, finality: 0, rewardEpoch: 20s}
      assets: [{name: stETH, kind: lst}]
      operators: {count: 4, stakes: 100ETH}
      watchers: {count: 1}
      services:
        - name: oracle
          operators: all
          task: {arrival: {periodic: {every: 4s}}}
          quorum: 67%
          responseWindow: 3s
          reward: {annual: 100ETH}
          rules:
            - {offence: equivocation, window: 10s, penalty: 50%, dispute: 4s}
            - {offence: liveness, window: 8s, threshold: 50%, grace: 8s, guard: {othersSigned: 67%}, dispute: 2s}
      """
    let blueprint = try Blueprint(try Scenario.parse(file: "told.yaml", bytes: Array(text.utf8)))
    configuration = blueprint.chain
    schedule = TaskSchedule(
      services: blueprint.deployment.services, duration: blueprint.deployment.duration, seed: 1)
    checkers = Checkers(configuration, schedule)
    table([25, 25, 25, 25], since: configuration.chain.startBlock)
  }

  mutating func table(_ weights: [UInt128], since: BlockNumber) {
    var table = StakeTable(emptySince: since)
    table.weights = weights
    table.total = weights.reduce(0, +)
    checkers.note(.stakeTable(ServiceID(0), table))
  }

  /// A certificate's transaction, and that it was accepted unless `why` says otherwise. `signers` by bits.
  mutating func certify(
    _ task: Int, signers: UInt64, at seconds: UInt64, result: Digest? = nil, why: CertificateRefusal? = nil
  ) {
    let at = Instant.zero + .seconds(seconds)
    let certificate = Certificate(
      service: ServiceID(0), task: TaskID(task), result: result ?? schedule.tasks[task].truth,
      signers: [signers])
    let id = TransactionID(UInt32(task))
    checkers.note(
      .included(
        InclusionFact(
          transaction: id, kind: .certificate, sender: NodeID(0), submittedAt: at, at: at,
          block: configuration.chain.block(at: at), gas: 1, feeWei: 0, certificate: certificate,
          refusal: why.map { .certificate($0) })))
    guard why == nil else { return }
    checkers.note(
      .certificateAccepted(
        CertificateFact(
          transaction: id, service: ServiceID(0), task: TaskID(task), result: certificate.result,
          signedStake: 0, totalStake: 100, signers: signers.nonzeroBitCount, at: at,
          block: configuration.chain.block(at: at))))
  }

  /// A case against node 3.
  @discardableResult
  mutating func accuse(
    _ offence: OffenceClass, _ subject: CaseSubject, offenceAt: UInt64, at seconds: UInt64,
    dispute: UInt64 = 4
  ) -> CaseID {
    let at = Instant.zero + .seconds(seconds)
    let id = CaseID(cases)
    cases += 1
    checkers.note(
      .caseOpened(
        CaseFact(
          id: id, service: ServiceID(0), operatorNode: NodeID(3), offence: offence, subject: subject,
          offenceAt: .zero + .seconds(offenceAt), openedAt: at,
          accuser: offence == .liveness ? nil : NodeID(4),
          disputeEnds: at + .seconds(dispute), vetoEnds: at + .seconds(dispute))))
    return id
  }

  mutating func slash(_ id: CaseID, at seconds: UInt64, before: UInt64 = 1_001, after: UInt64 = 500) {
    checkers.note(
      .slashExecuted(
        SlashFact(
          id: id, service: ServiceID(0), operatorNode: NodeID(3), offence: .equivocation,
          subject: .task(TaskID(0)), at: .zero + .seconds(seconds), block: 0, wad: 500_000_000_000_000_000,
          dueWei: 1, takenWei: 1, slashID: UInt64(id.rawValue) + 1,
          allocations: [SlashedAllocation(strategy: StrategyID(0), before: before, after: after)])))
  }

  var broken: [String] { checkers.breaches.all.map(\.check) }

  mutating func close(at seconds: UInt64) {
    let end = Instant.zero + .seconds(seconds)
    checkers.certificates.close(&checkers.breaches)
    checkers.liveness.close(
      checkers.books, horizon: end, duration: .seconds(40), settledAt: end, &checkers.breaches)
    checkers.cases.close(checkers.books, settledAt: end, &checkers.breaches)
  }
}

/// Liveness windows in which node 3 signs nothing, and the one that it is accused of.
struct Absence: Sendable {
  var windows: [Int]
  var accused: Int
  var isRight: Bool
}

@Suite struct CheckerTests {
  @Test func twoResultsWithAQuorumNeedOperatorsThatSignedBoth() throws {
    for guilty in [[], [1], [1, 2]] {
      var chain = try Chain()
      chain.certify(0, signers: 0b0111, at: 2)
      chain.certify(0, signers: 0b1110, at: 2, result: chain.wrong, why: .alreadyCertified(TaskID(0)))
      for member in guilty { chain.checkers.certificates.signedTwice(TaskID(0), member) }
      chain.close(at: 20)
      // 2 * 67 % - 1 = 34 %: one quarter is too little, two are enough.
      #expect(chain.broken.contains(CertificateChecker.agree) == (guilty.count < 2), "\(guilty)")
    }
  }

  @Test func aCertificateNeedsItsQuorumAtTheReferenceBlock() throws {
    var chain = try Chain()
    chain.certify(0, signers: 0b0111, at: 2)
    #expect(chain.broken.isEmpty)
    chain.certify(1, signers: 0b0011, at: 6)
    #expect(chain.broken == [CertificateChecker.proper])
  }

  @Test func stakeThatChangedLaterDoesNotCount() throws {
    var chain = try Chain()
    // Task 0 is due in the first block; what follows is no reason to refuse or to accept.
    chain.table([25, 25, 0, 0], since: chain.configuration.chain.startBlock + 1)
    chain.certify(0, signers: 0b0111, at: 4, why: .belowQuorum(signed: 50, total: 100, quorumBips: 6_700))
    #expect(chain.broken == [CertificateChecker.proper])
  }

  @Test func aLateCertificateIsNotAccepted() throws {
    // Due at 0 s, window 3 s, four blocks of 2 s: until 11 s.
    var chain = try Chain()
    chain.certify(0, signers: 0b1111, at: 11)
    #expect(chain.broken.isEmpty)
    chain.certify(1, signers: 0b1111, at: 16)
    #expect(chain.broken == [CertificateChecker.proper])
  }

  @Test func anAggregatorDoesNotSubmitLessThanAQuorum() throws {
    var chain = try Chain()
    chain.certify(0, signers: 0b0011, at: 2, why: .belowQuorum(signed: 50, total: 100, quorumBips: 6_700))
    #expect(chain.broken == [CertificateChecker.tallies])
  }

  @Test func signersPublished() throws {
    var chain = try Chain()
    chain.certify(0, signers: 0b0111, at: 2)
    chain.checkers.closeSigners { _, member in member != 1 }
    #expect(chain.broken == [Checkers.signers])
  }

  /// Node 3 signs nothing in the windows given; its case for `window` is right or wrong.
  @Test(arguments: [
    Absence(windows: [0, 1], accused: 1, isRight: true), Absence(windows: [1], accused: 1, isRight: false),
    Absence(windows: [0], accused: 0, isRight: false),
    Absence(windows: [0, 1, 2], accused: 2, isRight: true),
  ])
  func livenessIsJudgedAgain(_ story: Absence) throws {
    let (absent, window, isRight) = (story.windows, story.accused, story.isRight)
    var chain = try Chain()
    for task in 0..<6 {
      chain.certify(task, signers: absent.contains(task / 2) ? 0b0111 : 0b1111, at: UInt64(task) * 4 + 2)
    }
    chain.accuse(
      .liveness, .window(UInt32(window)), offenceAt: UInt64(window + 1) * 8, at: UInt64(window + 1) * 8,
      dispute: 2)
    #expect(chain.broken == (isRight ? [] : [LivenessChecker.name]))
  }

  @Test func whoeverBrokeTheLivenessRuleIsAccused() throws {
    var chain = try Chain()
    for task in 0..<10 { chain.certify(task, signers: task < 4 ? 0b0111 : 0b1111, at: UInt64(task) * 4 + 2) }
    chain.close(at: 60)
    #expect(chain.broken == [LivenessChecker.name])
  }

  /// Others that signed 67 % of their stake are asked for; two of three quarters are less.
  @Test func aGuardedRuleAccusesNobodyWhileTheOthersFail() throws {
    var chain = try Chain()
    chain.table([25, 25, 25, 10], since: chain.configuration.chain.startBlock)
    for task in 0..<10 { chain.certify(task, signers: 0b0011, at: UInt64(task) * 4 + 2, why: nil) }
    chain.accuse(.liveness, .window(1), offenceAt: 16, at: 16, dispute: 2)
    #expect(chain.broken.contains(LivenessChecker.name))
  }

  @Test func oneCaseForOneOffence() throws {
    var chain = try Chain()
    chain.accuse(.equivocation, .task(TaskID(0)), offenceAt: 0, at: 2)
    chain.accuse(.equivocation, .task(TaskID(1)), offenceAt: 4, at: 6)
    #expect(chain.broken.isEmpty)
    chain.accuse(.equivocation, .task(TaskID(0)), offenceAt: 0, at: 8)
    #expect(chain.broken == [CaseChecker.double])
  }

  @Test func evidenceCountsInsideItsWindow() throws {
    var chain = try Chain()
    chain.accuse(.equivocation, .task(TaskID(0)), offenceAt: 0, at: 10)
    #expect(chain.broken.isEmpty)
    chain.accuse(.equivocation, .task(TaskID(1)), offenceAt: 4, at: 15)
    #expect(chain.broken == [CaseChecker.evidence])
  }

  @Test func aDuplicateIsAboutTheSameThing() throws {
    var chain = try Chain()
    let id = chain.accuse(.equivocation, .task(TaskID(0)), offenceAt: 0, at: 2)
    func evidence(_ task: Int) -> CoordinatorFact {
      let vote = Attestation(
        service: ServiceID(0), task: TaskID(task), operatorID: NodeID(3), result: .zero, publishedAt: .zero)
      let signed = SignedAttestation(attestation: vote, signature: .zero)
      return .included(
        InclusionFact(
          transaction: TransactionID(0), kind: .evidence, sender: NodeID(4), submittedAt: .zero,
          at: .zero + .seconds(6), block: 0, gas: 1, feeWei: 0, evidence: .pair(signed, signed),
          refusal: .evidence(.duplicate(id))))
    }
    chain.checkers.note(evidence(0))
    #expect(chain.broken.isEmpty)
    chain.checkers.note(evidence(1))
    #expect(chain.broken == [CaseChecker.evidence])
  }

  @Test(
    arguments: [
      (at: 6, before: 1_001, after: 500, isRight: true), (at: 5, before: 1_001, after: 500, isRight: false),
      (at: 6, before: 1_001, after: 501, isRight: false), (at: 6, before: 1_000, after: 500, isRight: true),
    ] as [(at: UInt64, before: UInt64, after: UInt64, isRight: Bool)])
  func aSlashWaitsAndRoundsAgainstTheOperator(at: UInt64, before: UInt64, after: UInt64, isRight: Bool) throws
  {
    var chain = try Chain()
    let id = chain.accuse(.equivocation, .task(TaskID(0)), offenceAt: 0, at: 2)
    chain.slash(id, at: at, before: before, after: after)
    #expect(chain.broken == (isRight ? [] : [CaseChecker.rules]))
  }

  @Test func aVetoedCaseIsNotExecuted() throws {
    var chain = try Chain()
    let id = chain.accuse(.equivocation, .task(TaskID(0)), offenceAt: 0, at: 2)
    chain.checkers.note(.caseEnded(id, .vetoed(by: NodeID(1)), at: .zero + .seconds(5)))
    #expect(chain.broken.isEmpty)
    chain.slash(id, at: 8)
    #expect(chain.broken == [CaseChecker.rules])
  }

  @Test func slashedStakeIsCleared() throws {
    for moves in [true, false] {
      var chain = try Chain()
      let id = chain.accuse(.equivocation, .task(TaskID(0)), offenceAt: 0, at: 2)
      chain.slash(id, at: 6)
      if moves {
        chain.checkers.note(
          .slashedStakeMoved(
            SlashedStakeFact(
              service: ServiceID(0), slashID: 1, recipient: .burn, wei: 1, at: .zero + .seconds(6))))
      }
      chain.close(at: 5)
      #expect(chain.broken.isEmpty, "its time has not come")
      chain.checkers.cases.close(
        chain.checkers.books, settledAt: .zero + .seconds(40), &chain.checkers.breaches)
      #expect(chain.broken == (moves ? [] : [CaseChecker.moves]))
    }
  }

  /// Member 3 signed one of three tasks of the epoch.
  @Test(arguments: [1, 3] as [UInt32])
  func rewardsFollowWork(fulfilled: UInt32) throws {
    let isRight = fulfilled == 1
    var chain = try Chain()
    for task in 0..<3 { chain.certify(task, signers: task == 0 ? 0b1111 : 0b0111, at: UInt64(task) * 4 + 2) }
    chain.checkers.note(
      .rewardsPaid(
        RewardFact(
          service: ServiceID(0), epoch: 0, operatorNode: NodeID(3), at: .zero + .seconds(20), duties: 3,
          fulfilled: fulfilled, stake: 25, operatorWei: 5, stakersWei: 0)))
    #expect(chain.broken == (isRight ? [] : [RewardChecker.name]))
  }

  @Test func theAbsentArePaidNothing() throws {
    var chain = try Chain()
    for task in 0..<3 { chain.certify(task, signers: 0b0111, at: UInt64(task) * 4 + 2) }
    for wei in [0, 1] as [UInt128] {
      chain.checkers.note(
        .rewardsPaid(
          RewardFact(
            service: ServiceID(0), epoch: 0, operatorNode: NodeID(3), at: .zero + .seconds(20), duties: 3,
            fulfilled: 0, stake: 25, operatorWei: wei, stakersWei: 0)))
      #expect(chain.broken == (wei == 0 ? [] : [RewardChecker.name]))
    }
  }

  @Test func noCertificateComesBeforeItsTask() throws {
    var chain = try Chain()
    // Task 3 falls due at 12 s.
    chain.certify(3, signers: 0b1111, at: 12)
    #expect(chain.broken.isEmpty)
    chain.certify(4, signers: 0b1111, at: 14)
    #expect(chain.broken == [Checkers.order])
  }

  @Test func anEpochAddsUp() throws {
    for paid in [7, 8] as [UInt128] {
      var chain = try Chain()
      chain.checkers.note(
        .epochEnded(
          EpochFact(
            service: ServiceID(0), epoch: 0, at: .zero + .seconds(20), submittedWei: 10, paidWei: paid,
            dustWei: 1, refundedWei: 2)))
      #expect(chain.broken == (paid == 7 ? [] : [Checkers.money]))
    }
  }

  /// A rule that names a recipient is followed, and the service's is none for it.
  @Test(arguments: [SlashRecipient.burn, .redistribute("me")]) func aRulesOwnRecipientCounts(
    to: SlashRecipient
  ) throws {
    var chain = try Chain()
    var configuration = chain.configuration
    configuration.services[0].rules[0].recipient = .redistribute("me")
    chain.checkers = Checkers(configuration, chain.schedule)
    let id = chain.accuse(.equivocation, .task(TaskID(0)), offenceAt: 0, at: 2)
    chain.slash(id, at: 6)
    chain.checkers.note(
      .slashedStakeMoved(
        SlashedStakeFact(
          service: ServiceID(0), slashID: 1, recipient: to, wei: 1, at: .zero + .seconds(6))))
    #expect(chain.broken == (to == .burn ? [CaseChecker.moves] : []))
  }

  @Test func aRecipientIsTheRules() throws {
    var chain = try Chain()
    let id = chain.accuse(.equivocation, .task(TaskID(0)), offenceAt: 0, at: 2)
    chain.slash(id, at: 6)
    chain.checkers.note(
      .slashedStakeMoved(
        SlashedStakeFact(
          service: ServiceID(0), slashID: 1, recipient: .redistribute("me"), wei: 1, at: .zero + .seconds(6)))
    )
    #expect(chain.broken == [CaseChecker.moves])
  }

  @Test func conservationIsTold() throws {
    var chain = try Chain()
    chain.checkers.note(.checkBroken(Finding(check: "rewards.balances", detail: ""), at: .zero))
    chain.checkers.note(.checkBroken(Finding(check: "pool", detail: ""), at: .zero))
    #expect(chain.broken == [Checkers.money, Checkers.stake])
  }
}
