// A challenge that no contract can judge, from the bond to what everybody redeems.

import AVS
import Basics
import Contracts
import Participants
import Testing

/// Seven operators of 400 ETH, a rule that holders decide on, and a certificate of a wrong result signed by the first four.
private struct Challenge {
  var story: Story
  let task: TaskID

  init(result: Digest = lie, penalty: UInt64 = whole, cohesionBips: UInt64 = 8_000) throws {
    let rule = SlashingRule(
      offence: .wrongQuorum, evidence: .intersubjective, window: .seconds(3_600),
      penalty: .fixed(wad: penalty),
      dispute: .seconds(60), fork: ForkTerms(cohesionBips: cohesionBips))
    var configuration = network(operators: 7, rules: [rule], quorumBips: 5_000)
    configuration.services[0].bonds = ChallengeBonds(bond: 30 * ether, purse: 50 * ether)
    story = try Story(configuration)
    task = try story.task(0, at: seconds(1))
    story.certify(0, task, signers: [0, 1, 2, 3], result: result, at: seconds(2))
    story.send(.evidence(.certificate(ServiceID(0), task)), from: 50, at: seconds(14))
  }

  mutating func join(_ nodes: [Int], at: UInt64 = 30) {
    for node in nodes { story.send(.join(ServiceID(0), task), from: node, at: seconds(at)) }
  }

  mutating func fork() throws -> Fork {
    story.settle(until: seconds(10_000))
    #expect(story.broken.isEmpty)
    return try #require(story.coordinator.forks.first)
  }
}

/// Who goes over, how it ends, and the share that counts, in thirds.
struct Ending: Sendable {
  var joining: [Int]
  var outcome: ForkOutcome
  var thirds: UInt128
}

@Suite("What no contract can judge, holders decide")
struct ForkTests {
  @Test(arguments: [
    Ending(joining: [4, 5, 6], outcome: .cohesion, thirds: 3),
    Ending(joining: [4, 6], outcome: .fracture, thirds: 2),
    Ending(joining: [5], outcome: .fracture, thirds: 1), Ending(joining: [], outcome: .rejection, thirds: 0),
  ])
  func sidesDecide(_ ending: Ending) throws {
    var challenge = try Challenge()
    challenge.join(ending.joining)
    let fork = try challenge.fork()
    #expect(fork.outcome == ending.outcome)
    let (story, thirds) = (challenge.story, ending.thirds)
    // The accused lose what the fork counts of all that they allocated, and the others nothing.
    let stake = fork.holders[0].stake
    func near(_ a: UInt128, _ b: UInt128) -> Bool { max(a, b) - min(a, b) <= 10_000 }
    for (holder, claim) in zip(fork.holders, fork.claims) {
      let left = holder.isAccused ? stake * (3 - thirds) / 3 : stake
      #expect(near(claim.original + claim.fork, left), "node \(holder.node.rawValue)")
    }
    #expect(story.slashes.count == (thirds == 0 ? 0 : 4))
    for slash in story.slashes {
      #expect(slash.operatorNode.rawValue < 4 && slash.dueWei == stake)
      #expect(near(slash.takenWei, stake * thirds / 3))
    }
    #expect(near(story.coordinator.challengeTotals.forfeited, 10 * ether * (3 - thirds)))
    #expect(story.coordinator.stakeTotals().isConserved)
  }

  @Test func aRightCertificateIsLeftAloneAndTheBondIsLost() throws {
    var challenge = try Challenge(result: truth)
    let fork = try challenge.fork()
    #expect(fork.outcome == .rejection && challenge.story.slashes.isEmpty)
    let ends = challenge.story.facts.filter {
      if case .caseEnded(_, .dismissed, _) = $0 { true } else { false }
    }
    #expect(ends.count == 4)
    // What is left of the purse is too little for another bond.
    challenge.story.send(
      .evidence(.certificate(ServiceID(0), challenge.task)), from: 50, at: seconds(10_100))
    challenge.story.settle(until: seconds(10_200))
    #expect(
      challenge.story.refusals.contains(.evidence(.bondMissing(have: 20 * ether, need: 30 * ether))))
  }

  @Test func aPenaltyOfHalfLeavesTheAccusedHalfOnTheFork() throws {
    var challenge = try Challenge(penalty: half)
    challenge.join([4, 5, 6])
    let fork = try challenge.fork()
    let stake = fork.holders[0].stake
    #expect(fork.claims[0].original == 0 && fork.claims[0].fork == stake / 2)
    #expect(challenge.story.slashes.allSatisfy { $0.wad == half })
  }

  @Test func neitherTheAccusedNorStrangersNorLatecomersTakeSides() throws {
    var challenge = try Challenge()
    challenge.join([0, 60, 4, 4])
    challenge.join([5], at: 200)
    challenge.story.send(.join(ServiceID(0), TaskID(9)), from: 5, at: seconds(30 + 200))
    let fork = try challenge.fork()
    #expect(fork.holders.filter(\.joined).map(\.node) == [NodeID(4)])
    let refusals = challenge.story.refusals
    #expect(refusals.contains(.fork(.isAccused(NodeID(0)))))
    #expect(refusals.contains(.fork(.notHolder(NodeID(60)))))
    #expect(refusals.contains(.fork(.joinedBefore(NodeID(4)))))
    #expect(refusals.contains(.fork(.tooLate(end: fork.closesAt))))
    #expect(refusals.contains(.fork(.noFork(TaskID(9)))))
  }

  @Test func aBondAtRiskIsNotThereForAnother() throws {
    var challenge = try Challenge()
    let second = try challenge.story.task(0, at: seconds(26))
    challenge.story.certify(0, second, signers: [0, 1, 2, 3], result: lie, at: seconds(27))
    challenge.story.send(.evidence(.certificate(ServiceID(0), second)), from: 50, at: seconds(40))
    challenge.story.settle(until: seconds(70))
    #expect(
      challenge.story.refusals.contains(.evidence(.bondMissing(have: 20 * ether, need: 30 * ether))))
  }

  @Test func aRuleSaysWhatItNeeds() {
    func rule(_ change: (inout SlashingRule) -> Void) -> [String] {
      var rule = SlashingRule(
        offence: .wrongQuorum, evidence: .intersubjective, window: .seconds(9), penalty: .fixed(wad: whole),
        dispute: .seconds(1), fork: ForkTerms(cohesionBips: 8_000))
      change(&rule)
      return rule.validate()
    }
    #expect(rule { _ in }.isEmpty)
    #expect(rule { $0.fork = nil }.count == 1)
    #expect(rule { $0.fork?.cohesionBips = 5_000 }.count == 1)
    #expect(rule { $0.dispute = .zero }.count == 1)
    #expect(rule { $0.penalty = .proportional(maximumWad: 1) }.count == 1)
    #expect(rule { $0.evidence = .certificateAgainstFact }.count == 1)
    #expect(rule { $0.offence = .equivocation }.count >= 1)
  }
}
