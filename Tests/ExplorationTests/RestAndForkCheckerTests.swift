// The checkers that `CheckerTests` does not tell of, each shown what must never happen and the same as it should be: forks,
// queues, meshes, executed slashes. And that no checker is without such a test.

import AVS
import Basics
import Contracts
import Gossip
import Reporting
import Scenarios
import Signatures
import Simulator
import Testing

@testable import Participants
@testable import Runs

private func blueprint(_ more: String = "") throws -> Blueprint {
  let text = """
    name: told
    duration: 12s
    settle: 2m
    network: {topology: {generate: full}, links: {latency: 20ms}}
    chain: {blockTime: 2s, finality: 0}
    operators: {count: 4, stakes: 100ETH}
    watchers: {count: 1}
    services:
      - name: oracle
        operators: all
        task: {arrival: {periodic: {every: 4s}}}
        quorum: 51%
        responseWindow: 3s
        challenge: {bond: 10ETH, purse: 20ETH}
        rules:
          - {offence: wrong_quorum, evidence: intersubjective, penalty: 100%, dispute: 20s, fork: {cohesion: 80%}}
    \(more)
    """
  return try Blueprint(try Scenario.parse(file: "told.yaml", bytes: Array(text.utf8)))
}

private let ether: UInt128 = 1_000_000_000_000_000_000

/// What may go wrong with a fork about task 0: members 0 and 1 are accused, 2 and 3 decide.
enum ForkDefect: CaseIterable, Sendable {
  case none, wrongStake, wrongTime, strangerJoins, accusedJoins, joinsTwice, joinsLate, decidedEarly
  case wrongOutcome, bondKept, secondChallenge
}

@Suite struct ForkCheckerTests {
  @Test(arguments: ForkDefect.allCases) func sidesAreCountedAgain(_ defect: ForkDefect) throws {
    let blueprint = try blueprint()
    let schedule = TaskSchedule(
      services: blueprint.deployment.services, duration: blueprint.deployment.duration, seed: 1)
    var checkers = Checkers(blueprint.chain, schedule)
    var table = StakeTable(emptySince: blueprint.chain.chain.startBlock)
    table.weights = Array(repeating: 100 * ether, count: 4)
    table.total = 400 * ether
    checkers.note(.stakeTable(ServiceID(0), table))

    let (service, task) = (ServiceID(0), TaskID(0))
    let opened = Instant.zero + .seconds(10)
    let holders = (0..<4).map {
      ForkHolder(
        node: NodeID($0), stake: $0 == 3 && defect == .wrongStake ? ether : 100 * ether, isAccused: $0 < 2)
    }
    let fork = Fork(
      service: service, task: task, challenger: NodeID(4), openedAt: opened,
      closesAt: opened + .seconds(defect == .wrongTime ? 19 : 20), terms: ForkTerms(cohesionBips: 8_000),
      penaltyWad: 1_000_000_000_000_000_000, holders: holders)
    var book = ForkBook()
    book.open(fork)
    checkers.note(.forkOpened(fork, challenged: .zero))
    if defect == .secondChallenge { checkers.note(.forkOpened(fork, challenged: .zero)) }
    for node in 0..<2 {
      checkers.note(
        .caseOpened(
          CaseFact(
            id: CaseID(node), service: service, operatorNode: NodeID(node), offence: .wrongQuorum,
            subject: .task(task), offenceAt: .zero, openedAt: opened, accuser: NodeID(4),
            disputeEnds: opened + .seconds(20), vetoEnds: opened + .seconds(20))))
    }
    func join(_ node: Int, _ seconds: UInt64 = 12) {
      checkers.note(.forkJoined(service, task, by: NodeID(node), at: .zero + .seconds(seconds)))
    }
    for node in [2, 3] {
      join(node)
      try book.join(service, task, by: NodeID(node), at: .zero + .seconds(12))
    }
    switch defect {
    case .strangerJoins: checkers.note(.forkJoined(service, TaskID(1), by: NodeID(2), at: opened))
    case .accusedJoins: join(0)
    case .joinsTwice: join(3)
    case .joinsLate: join(3, 31)
    default: break
    }
    // All who decide went over: cohesion, and the bond comes back.
    if defect == .wrongOutcome {
      var other = ForkBook()
      other.open(fork)
      other.decide(0)
      checkers.note(.forkDecided(other.forks[0], bondLost: 0, at: opened + .seconds(20)))
    } else {
      book.decide(0)
      let at = opened + .seconds(defect == .decidedEarly ? 15 : 20)
      checkers.note(.forkDecided(book.forks[0], bondLost: defect == .bondKept ? ether : 0, at: at))
    }
    let broken = checkers.breaches.all.map(\.check)
    #expect(broken == (defect == .none ? [] : [ForkChecker.name]), "\(checkers.breaches.all)")
  }
}

@Suite struct RestCheckerTests {
  @Test func aLopsidedMeshLinkMustLast() {
    var (checker, breaches) = (RestChecker(), BreachList())
    func look(_ seconds: UInt64, _ slots: [UInt32], lost: UInt64 = 0) {
      checker.look(
        slots.map { ($0, TopicID(0)) }, ends: slots.map { _ in (NodeID(0), NodeID(1)) }, lost: lost,
        flight: .milliseconds(100), .zero + .seconds(seconds), &breaches)
    }
    look(10, [3])
    look(11, [3])
    #expect(breaches.all.isEmpty)
    look(12, [3])
    #expect(breaches.all.map(\.check) == [RestChecker.mesh])
    #expect(breaches.all.first?.at == .zero + .seconds(10), "the first event is told")

    (checker, breaches) = (RestChecker(), BreachList())
    for seconds in 10..<20 as Range<UInt64> { look(seconds, seconds % 2 == 0 ? [3] : []) }
    #expect(breaches.all.isEmpty, "each was mended in time")
    for seconds in 20..<30 as Range<UInt64> { look(seconds, [3], lost: 1) }
    #expect(breaches.all.isEmpty, "no claim where the network loses")
  }

  @Test func everyQueueHasItsBound() throws {
    let blueprint = try blueprint()
    func broken(_ overfull: (host: Int, pending: Int, bound: Int)?, waiting: Int) -> [Breach] {
      let record = Record(blueprint.deployment, chain: blueprint.chain, lifetime: .seconds(10))
      record.look(.zero + .seconds(7), overfull: overfull, waiting: waiting)
      return record.checkers.breaches.all
    }
    let capacity = blueprint.chain.chain.mempoolCapacity
    #expect(broken(nil, waiting: capacity).isEmpty)
    #expect(broken(nil, waiting: capacity + 1).map(\.check) == [RestChecker.queues])
    let host = broken((2, 9, 8), waiting: 0)
    #expect(host.map(\.check) == [RestChecker.queues] && host.first?.at == .zero + .seconds(7))
    #expect(host.first?.what.contains("9 jobs wait on host 2, at most 8") == true)
  }
}

@Suite struct SlashCheckerTests {
  private static func slash(_ offence: OffenceClass, taken: UInt128) -> SlashRecord {
    SlashRecord(
      operatorID: NodeID(1), service: ServiceID(0), offenceClass: offence, key: 0,
      requestedAt: .zero + .seconds(5), executedAt: .zero + .seconds(9), state: .executed, dueWei: taken,
      takenWei: taken)
  }

  /// What was taken and nobody lost, or lost and nobody took; a few units are rounding.
  @Test(arguments: [(0, true), (40, true), (1_000_000, false)] as [(UInt128, Bool)])
  func whatIsTakenIsLostBySomebody(gap: UInt128, holds: Bool) throws {
    for lost in [ether - gap, ether + gap] {
      var checkers = Checkers(try blueprint().chain, TaskSchedule(services: [], duration: .zero, seed: 1))
      checkers.judgeAccounts([Self.slash(.equivocation, taken: ether)], borne: [0: lost], holdings: 4)
      #expect(checkers.breaches.all.map(\.check) == (holds ? [] : [SlashChecker.borne]))
      #expect(holds || checkers.breaches.all.first?.at == .zero + .seconds(9))
    }
  }

  @Test func objectiveSlashesNeedTheirOffence() throws {
    for offence in OffenceClass.allCases {
      var checkers = Checkers(try blueprint().chain, TaskSchedule(services: [], duration: .zero, seed: 1))
      checkers.judgeObjective([Self.slash(offence, taken: 1)]) { _ in true }
      #expect(checkers.breaches.all.isEmpty)
      checkers.judgeObjective([Self.slash(offence, taken: 1)]) { _ in false }
      let isObjective = SlashChecker.objectiveClasses.contains(offence)
      #expect(checkers.breaches.all.map(\.check) == (isObjective ? [SlashChecker.objective] : []))
    }
  }
}

/// Every checker that a run names is broken by some test: by facts told to it, or by a planted defect in a whole run.
@Suite struct EveryCheckerTests {
  static let told = [
    Checkers.stake, Checkers.money, RewardChecker.name, CaseChecker.double, SlashChecker.objective,
    CaseChecker.evidence, CaseChecker.rules, CaseChecker.moves, LivenessChecker.name, Checkers.order,
    CertificateChecker.proper, CertificateChecker.agree, CertificateChecker.tallies, Checkers.signers,
    RestChecker.queues, RestChecker.mesh, ForkChecker.name, SlashChecker.borne,
  ]

  @Test func noCheckerIsWithoutATest() throws {
    let run = try blueprint(
      "adversaries: [{who: {operators: [0, 1, 2]}, do: wrongQuorum, from: 3s, until: 5s}]\nfaults: [{at: 6s, for: 1s, loss: 10%}]"
    )
    var simulation = try Simulation(run)
    simulation.run(until: .never)
    let checks = simulation.conclude(simulation.settle()).summary.checks
    #expect(checks.allSatisfy { $0.holds }, "\(checks)")
    let planted = PlantedTests.breaks.map(\.value)
    let names = Set(checks.map(\.name))
    #expect(names.isSuperset(of: [ForkChecker.name, SlashChecker.borne, RestChecker.mesh]))
    for name in names { #expect(Self.told.contains(name) || planted.contains(name), "\(name)") }
  }
}
