// Certificates: what a quorum is, when it comes too late, and what the chain makes of nonsense.

import AVS
import Basics
import Contracts
import Participants
import Testing

@Suite("Certificates are checked against stake at the reference block")
struct CoordinatorCertificateTests {
  @Test("three of four equal operators are a quorum of two thirds; two are not") func quorum() throws {
    var story = try Story(network())
    let first = try story.task(0, at: seconds(1))
    story.certify(0, first, signers: [0, 1], at: seconds(2))
    story.certify(0, first, signers: [0, 1, 3], at: seconds(13))
    story.run(to: seconds(60))
    #expect(
      story.refusals == [
        .certificate(.belowQuorum(signed: 800 * ether, total: 1_600 * ether, quorumBips: 6_700))
      ])
    let fact = try #require(story.accepted.first)
    #expect(fact.signedStake == 1_200 * ether)
    #expect(fact.at == seconds(24))
    #expect(fact.signers == 3)
    #expect(story.coordinator.openTasks == 0)
    #expect(story.broken.isEmpty)
  }

  @Test("a quorum reached exactly is enough, one wei less is not", arguments: [0, 1] as [UInt128])
  func exactQuorum(missing: UInt128) throws {
    // Two operators, 60 % and 40 % of the stake.
    var configuration = network(operators: 2, quorumBips: 6_000)
    configuration.operators[0].stakers = []
    configuration.operators[1].stakers = []
    configuration.operators[0].deposits = [AssetAmount(asset: StrategyID(0), amount: 600 * ether - missing)]
    configuration.operators[1].deposits = [AssetAmount(asset: StrategyID(0), amount: 400 * ether + missing)]
    var story = try Story(configuration)
    let task = try story.task(0, at: seconds(1))
    story.certify(0, task, signers: [0], at: seconds(2))
    story.run(to: seconds(30))
    #expect(story.accepted.count == (missing == 0 ? 1 : 0))
  }

  @Test("the block at the expiry still counts, the next one is late", arguments: [0, 1] as [UInt64])
  func expiry(late: UInt64) throws {
    // Deadline 12 s, 60 s more for the certificate: the block at 72 s is the last.
    var story = try Story(network())
    let task = try story.task(0, at: seconds(4), response: .seconds(8))
    story.certify(0, task, signers: [0, 1, 2], at: seconds(61 + 12 * late))
    story.run(to: seconds(200))
    if late == 0 {
      #expect(story.accepted.map(\.at) == [seconds(72)])
    } else {
      #expect(story.refusals == [.certificate(.late(at: seconds(84), expiry: seconds(72)))])
      #expect(story.facts.contains(.taskExpired(ServiceID(0), task, at: seconds(84))))
    }
  }

  @Test("nonsense is refused and changes nothing") func nonsense() throws {
    var story = try Story(network())
    let task = try story.task(0, at: seconds(1))
    story.certify(0, TaskID(UInt32(77)), signers: [0, 1, 2], at: seconds(2))
    story.certify(0, task, signers: [0, 1, 200], at: seconds(2))
    story.certify(0, task, signers: [0, 1, 2], at: seconds(2))
    story.certify(0, task, signers: [0, 1, 2, 3], at: seconds(2))
    story.run(to: seconds(30))
    #expect(
      story.refusals == [
        .certificate(.unknownTask(TaskID(UInt32(77)))), .certificate(.unknownSigner(200)),
        .certificate(.alreadyCertified(task)),
      ])
    #expect(story.accepted.count == 1)
  }

  @Test("an aggregator's wrong sum is refused") func wrongSum() throws {
    var story = try Story(network())
    let task = try story.task(0, at: seconds(1))
    var certificate = Certificate(service: ServiceID(0), task: task, result: truth, signers: [0b0111])
    certificate.signedStake = 1
    story.send(.certificate(certificate), at: seconds(2))
    story.run(to: seconds(30))
    #expect(story.refusals == [.certificate(.wrongSignedStake(claimed: 1, counted: 1_200 * ether))])
  }

  @Test("stake that came after the reference block does not count") func referenceBlock() throws {
    var story = try Story(network(operators: 2, quorumBips: 5_100))
    let task = try story.task(0, at: seconds(13))
    let staker = try #require(story.coordinator.account(named: "op0/a"))
    story.send(
      .stake(.deposit(staker: staker, strategy: StrategyID(0), amount: 1_000 * ether)), at: seconds(14))
    story.certify(0, task, signers: [0], at: seconds(26))
    let later = try story.task(0, at: seconds(40))
    story.certify(0, later, signers: [0], at: seconds(41))
    story.run(to: seconds(60))
    #expect(
      story.refusals == [
        .certificate(.belowQuorum(signed: 400 * ether, total: 800 * ether, quorumBips: 5_100))
      ])
    #expect(story.accepted.map(\.signedStake) == [1_400 * ether])
    #expect(story.broken.isEmpty)
  }

  @Test("a deregistered operator weighs nothing and keeps its index") func deregistered() throws {
    var story = try Story(network())
    story.send(.stake(.deregister(ServiceID(0))), from: 1, at: seconds(1))
    let task = try story.task(0, at: seconds(13))
    story.certify(0, task, signers: [0, 1, 2], at: seconds(14))
    story.certify(0, task, signers: [0, 2, 3], at: seconds(14))
    story.run(to: seconds(40))
    #expect(story.refusals == [.certificate(.unknownSigner(1))])
    #expect(story.accepted.map(\.totalStake) == [1_200 * ether])
    #expect(story.coordinator.memberIndex(of: NodeID(3), in: ServiceID(0)) == 3)
  }

  @Test("blocks take the highest tips first and leave what does not fit") func gas() throws {
    var configuration = network()
    configuration.chain.gasLimit = 1_000_000  // five certificates of 187,000 gas
    var story = try Story(configuration)
    var tasks: [TaskID] = []
    for _ in 0..<8 { tasks.append(try story.task(0, at: seconds(1))) }
    for (k, task) in tasks.enumerated() {
      let certificate = Certificate(service: ServiceID(0), task: task, result: truth, signers: [0b0111])
      story.send(.certificate(certificate), tip: UInt64(k), at: seconds(2))
    }
    story.run(to: seconds(100))
    #expect(story.accepted.map(\.task.rawValue) == [7, 6, 5, 4, 3, 2, 1, 0])
    #expect(
      story.accepted.map(\.at) == Array(repeating: seconds(12), count: 5)
        + Array(repeating: seconds(24), count: 3))
  }

  @Test("missed slots delay, and are the same for the same seed") func missedSlots() throws {
    var configuration = network()
    configuration.chain.missedSlotBips = 5_000
    configuration.seed = 4
    var instants: [[Instant]] = []
    for _ in 0..<2 {
      var story = try Story(configuration)
      for k in 0..<20 {
        let task = try story.task(0, at: seconds(UInt64(k) * 12 + 1))
        story.certify(0, task, signers: [0, 1, 2], at: seconds(UInt64(k) * 12 + 2))
      }
      story.run(to: seconds(1_000))
      instants.append(story.accepted.map(\.at))
    }
    #expect(instants[0] == instants[1])
    #expect(Set(instants[0]).count < 20)
  }
}
