// From evidence to slash: what is accepted, what is refused, and when.

import AVS
import Basics
import Contracts
import Participants
import Testing

@Suite("Evidence leads to one slash, or to a reason")
struct CoordinatorSlashingTests {
  @Test("an equivocation is slashed exactly once, whoever reports it and how often") func once() throws {
    var story = try Story(network())
    let task = try story.task(0, at: seconds(1))
    let pair = Evidence.pair(attest(2, 0, task), attest(2, 0, task, lie))
    story.send(.evidence(pair), from: 8, at: seconds(2))
    story.send(.evidence(.pair(attest(2, 0, task, lie), attest(2, 0, task))), from: 9, at: seconds(2))
    story.send(.evidence(pair), from: 9, at: seconds(200))
    story.settle(until: seconds(100_000))
    #expect(story.slashes.count == 1)
    #expect(
      story.refusals == [.evidence(.duplicate(CaseID(UInt32(0)))), .evidence(.duplicate(CaseID(UInt32(0))))])
    let slash = try #require(story.slashes.first)
    #expect(slash.operatorNode == NodeID(2))
    #expect(slash.dueWei == 200 * ether)
    #expect(slash.takenWei == 200 * ether)
    let totals = story.coordinator.stakeTotals()
    #expect(totals.burned == 200 * ether)
    #expect(totals.slashedPending == 0)
    #expect(totals.isConserved)
    #expect(story.broken.isEmpty)
  }

  @Test("same content twice, other operators, other services: no offence") func noOffence() throws {
    var story = try Story(network(services: 2))
    let task = try story.task(0, at: seconds(1))
    for pair in [
      Evidence.pair(attest(2, 0, task), attest(2, 0, task)),
      .pair(attest(2, 0, task), attest(1, 0, task, lie)),
      .pair(attest(2, 0, task), attest(2, 1, task, lie)),
    ] {
      story.send(.evidence(pair), at: seconds(2))
    }
    story.settle(until: seconds(10_000))
    #expect(story.refusals == Array(repeating: .evidence(.noOffence), count: 3))
    #expect(story.opened.isEmpty)
  }

  @Test("evidence is bound to a known task of the service, a member and a rule") func bound() throws {
    var story = try Story(network(operators: 3, services: 2))
    let task = try story.task(0, at: seconds(1))
    let unknown = TaskID(UInt32(50))
    story.send(.evidence(.pair(attest(2, 0, unknown), attest(2, 0, unknown, lie))), at: seconds(2))
    story.send(.evidence(.pair(attest(2, 1, task), attest(2, 1, task, lie))), at: seconds(2))
    story.send(.evidence(.pair(attest(7, 0, task), attest(7, 0, task, lie))), at: seconds(2))
    story.send(.evidence(.single(attest(2, 0, task, lie))), at: seconds(2))
    story.settle(until: seconds(1_000))
    #expect(
      story.refusals == [
        .evidence(.unknownTask(unknown)), .evidence(.unknownTask(task)), .evidence(.notMember(NodeID(7))),
        .evidence(.noRule(.invalidResult)),
      ])
  }

  @Test(
    "a forged signature accuses nobody, or its sender where there is a rule for it", arguments: [false, true])
  func forged(hasRule: Bool) throws {
    var rules = [equivocationRule()]
    if hasRule {
      rules.append(
        SlashingRule(
          offence: .forgedEvidence, evidence: .refusedEvidence, window: .seconds(60),
          penalty: .fixed(wad: half)))
    }
    var story = try Story(network(rules: rules))
    let task = try story.task(0, at: seconds(1))
    let evidence = Evidence.pair(attest(2, 0, task), attest(2, 0, task, lie, forged: true))
    story.send(.evidence(evidence), from: 1, at: seconds(2))
    story.send(.evidence(evidence), from: 1, at: seconds(2))
    story.send(.evidence(evidence), from: 50, at: seconds(2))
    story.settle(until: seconds(1_000))
    #expect(story.refusals == Array(repeating: .evidence(.invalidSignature), count: 3))
    #expect(story.slashes.map(\.operatorNode) == (hasRule ? [NodeID(1)] : []))
  }

  @Test("the window's last instant counts, the block after it does not", arguments: [0, 1] as [UInt64])
  func window(late: UInt64) throws {
    // Due at 0 s, window 36 s: the block at 36 s is the last.
    var story = try Story(network(rules: [equivocationRule(window: .seconds(36))]))
    let task = try story.task(0, at: seconds(0))
    story.send(.evidence(.pair(attest(2, 0, task), attest(2, 0, task, lie))), at: seconds(25 + 12 * late))
    story.settle(until: seconds(1_000))
    #expect(story.slashes.count == (late == 0 ? 1 : 0))
    if late == 1 {
      #expect(story.refusals == [.evidence(.outsideWindow(age: .seconds(48), window: .seconds(36)))])
    }
  }

  @Test("surround votes, in either order; the later task names the case") func surround() throws {
    let rule = SlashingRule(
      offence: .surround, evidence: .twoAttestations, window: .seconds(3_600), penalty: .fixed(wad: whole))
    for swapped in [false, true] {
      var story = try Story(network(rules: [rule]))
      let first = try story.task(0, at: seconds(1))
      let second = try story.task(0, at: seconds(13))
      let inner = attest(1, 0, first, source: 3, target: 4)
      let outer = attest(1, 0, second, source: 2, target: 5)
      story.send(.evidence(swapped ? .pair(outer, inner) : .pair(inner, outer)), at: seconds(14))
      story.send(
        .evidence(
          .pair(attest(1, 0, first, source: 3, target: 4), attest(1, 0, second, source: 3, target: 5))),
        at: seconds(14))
      story.settle(until: seconds(1_000))
      #expect(story.opened.map(\.subject) == [.task(second)])
      #expect(story.refusals == [.evidence(.noOffence)])
      #expect(story.slashes.map(\.takenWei) == [400 * ether])
    }
  }

  @Test("an invalid result is judged by the verifiable fact, and a minority that is right is safe")
  func invalid() throws {
    let rule = SlashingRule(
      offence: .invalidResult, evidence: .attestationAgainstFact, window: .seconds(3_600),
      penalty: .fixed(wad: half))
    var story = try Story(network(rules: [rule]))
    let task = try story.task(0, at: seconds(1))
    story.certify(0, task, signers: [0, 1, 2], result: lie, at: seconds(2))
    story.send(.evidence(.single(attest(0, 0, task, lie))), at: seconds(13))
    story.send(.evidence(.single(attest(3, 0, task, truth))), at: seconds(13))
    story.settle(until: seconds(1_000))
    #expect(story.slashes.map(\.operatorNode) == [NodeID(0)])
    #expect(story.refusals == [.evidence(.resultIsTrue)])
  }

  @Test("a wrong quorum accuses all its signers and nobody else") func wrongQuorum() throws {
    let rule = SlashingRule(
      offence: .wrongQuorum, evidence: .certificateAgainstFact, window: .seconds(3_600),
      penalty: .correlated(baseWad: 1, multiplier: 3, window: .seconds(600)))
    var story = try Story(network(rules: [rule]))
    let good = try story.task(0, at: seconds(1))
    let bad = try story.task(0, at: seconds(1))
    story.certify(0, good, signers: [0, 1, 2, 3], at: seconds(2))
    story.certify(0, bad, signers: [0, 1, 2], result: lie, at: seconds(2))
    story.send(.evidence(.certificate(ServiceID(0), good)), at: seconds(13))
    story.send(.evidence(.certificate(ServiceID(0), bad)), at: seconds(13))
    story.settle(until: seconds(1_000))
    #expect(story.slashes.map(\.operatorNode) == [NodeID(0), NodeID(1), NodeID(2)])
    // Three quarters of the stake are guilty: three times that is everything.
    #expect(story.slashes.map(\.wad) == [whole, whole, whole])
    #expect(story.refusals == [.evidence(.resultIsTrue)])
    #expect(story.broken.isEmpty)
  }

  @Test("a lone offender pays three times its share, the correlated ones more") func correlated() throws {
    let penalty = Penalty.correlated(baseWad: 10_000_000_000_000_000, multiplier: 3, window: .seconds(600))
    for guilty in 1...3 {
      var story = try Story(
        network(operators: 10, rules: [equivocationRule(penalty: penalty, dispute: .seconds(60))]))
      let task = try story.task(0, at: seconds(1))
      for node in 0..<guilty {
        story.send(.evidence(.pair(attest(node, 0, task), attest(node, 0, task, lie))), at: seconds(2))
      }
      story.settle(until: seconds(1_000))
      let expected = UInt64(guilty) * 3 * (whole / 10)
      #expect(story.slashes.map(\.wad) == Array(repeating: expected, count: guilty))
    }
  }

  @Test("a veto counts from the end of the dispute window to the end of its own, by its resolver alone")
  func veto() throws {
    let rule = equivocationRule(
      dispute: .seconds(24), veto: SlashingRule.Veto(resolver: NodeID(40), window: .seconds(24)))
    // Opened at 12 s: disputes until 36 s, vetoes from 36 s until before 60 s.
    for (sent, sender, vetoed) in [
      (13, 40, false), (25, 40, true), (37, 40, true), (49, 40, false), (37, 41, false),
    ] {
      var story = try Story(network(rules: [rule]))
      let task = try story.task(0, at: seconds(1))
      story.send(.evidence(.pair(attest(2, 0, task), attest(2, 0, task, lie))), at: seconds(2))
      story.send(.veto(CaseID(UInt32(0))), from: sender, at: seconds(UInt64(sent)))
      story.settle(until: seconds(1_000))
      #expect(story.slashes.count == (vetoed ? 0 : 1), "veto sent at \(sent) s by \(sender)")
      if !vetoed { #expect(story.slashes.first?.at == seconds(60)) }
      #expect(story.coordinator.openCases == 0)
    }
  }

  @Test("after a veto the same evidence is still a duplicate") func vetoIsFinal() throws {
    let rule = equivocationRule(veto: SlashingRule.Veto(resolver: NodeID(40), window: .seconds(24)))
    var story = try Story(network(rules: [rule]))
    let task = try story.task(0, at: seconds(1))
    let evidence = Evidence.pair(attest(2, 0, task), attest(2, 0, task, lie))
    story.send(.evidence(evidence), at: seconds(2))
    story.send(.veto(CaseID(UInt32(0))), from: 40, at: seconds(13))
    story.send(.evidence(evidence), at: seconds(60))
    story.settle(until: seconds(1_000))
    #expect(story.slashes.isEmpty)
    #expect(story.refusals == [.evidence(.duplicate(CaseID(UInt32(0))))])
  }

  @Test("a dispute wins only when the fact has changed, and only inside its window") func dispute() throws {
    let rule = SlashingRule(
      offence: .invalidResult, evidence: .attestationAgainstFact, window: .seconds(3_600),
      penalty: .fixed(wad: half),
      dispute: .seconds(36))
    for (revised, sent, dismissed) in [(false, 13, false), (true, 13, true), (true, 37, false)] {
      var story = try Story(network(rules: [rule]))
      let task = try story.task(0, at: seconds(1))
      story.send(.evidence(.single(attest(1, 0, task, lie))), at: seconds(2))
      if revised { story.coordinator.revise(task, truth: lie) }
      if revised { story.coordinator.revise(task, truth: truth) }
      story.run(to: seconds(12))
      if revised { story.coordinator.revise(task, truth: lie) }
      story.send(.dispute(CaseID(UInt32(0))), from: 1, at: seconds(UInt64(sent)))
      story.settle(until: seconds(1_000))
      #expect(story.slashes.count == (dismissed ? 0 : 1), "revised \(revised), sent at \(sent) s")
    }
  }

  @Test("execution waits until the evidence's block is final") func finality() throws {
    var story = try Story(network(finalityDepth: 64))
    let task = try story.task(0, at: seconds(1))
    story.send(.evidence(.pair(attest(2, 0, task), attest(2, 0, task, lie))), at: seconds(2))
    story.settle(until: seconds(10_000))
    #expect(story.slashes.map(\.at) == [seconds(12 + 64 * 12)])
  }

  @Test("who withdraws after the offence is still slashed; who left long ago is not") func race() throws {
    for wait in [false, true] {
      var configuration = network(rules: [equivocationRule(window: .seconds(86_400 * 40))])
      configuration.delays = ProtocolDelays(deallocation: 10, configuration: 15, withdrawal: 10)
      var story = try Story(configuration)
      let task = try story.task(0, at: seconds(1))
      let account = try #require(story.coordinator.account(of: NodeID(2)))
      story.send(
        .stake(.queueWithdrawal(staker: account, strategy: StrategyID(0), depositShares: 100 * ether)),
        from: 2,
        at: seconds(2))
      story.send(.stake(.deregister(ServiceID(0))), from: 2, at: seconds(2))
      let evidence = Evidence.pair(attest(2, 0, task), attest(2, 0, task, lie))
      // Deregistered at 12 s, slashable through block 11, at 132 s.
      story.send(.evidence(evidence), at: seconds(wait ? 133 : 121))
      story.settle(until: seconds(1_000))
      if wait {
        #expect(story.refusals == [.evidence(.operatorNotSlashable(NodeID(2)))])
      } else {
        let slash = try #require(story.slashes.first)
        #expect(slash.at == seconds(132))
        // Half of the 300 that stayed and of the 100 in the queue.
        #expect(slash.takenWei == 200 * ether)
        #expect(story.coordinator.stakeTotals().withdrawn == 50 * ether)
      }
      #expect(story.broken.isEmpty)
      #expect(story.coordinator.pendingWithdrawals == 0)
    }
  }

  @Test("redistribution pays the named account, after the resolution delay") func redistribution() throws {
    var configuration = network()
    configuration.services[0].recipient = .redistribute("harmed")
    configuration.slashResolutionDelay = .seconds(3_600)
    var story = try Story(configuration)
    let task = try story.task(0, at: seconds(1))
    story.send(.evidence(.pair(attest(2, 0, task), attest(2, 0, task, lie))), at: seconds(2))
    story.settle(until: seconds(3_000))
    #expect(story.coordinator.stakeTotals().slashedPending == 200 * ether)
    story.settle(until: seconds(10_000))
    let harmed = try #require(story.coordinator.account(named: "harmed"))
    #expect(story.coordinator.ledger.accounts[harmed.index].received == [200 * ether])
    #expect(story.coordinator.stakeTotals().redistributed == 200 * ether)
    #expect(story.broken.isEmpty)
  }

  @Test("a slash stays inside the allocation to the service", arguments: 1...5) func isolation(services: Int)
    throws
  {
    var story = try Story(network(services: services, rules: [equivocationRule(penalty: .fixed(wad: whole))]))
    let task = try story.task(0, at: seconds(1))
    story.send(.evidence(.pair(attest(0, 0, task), attest(0, 0, task, lie))), at: seconds(2))
    story.settle(until: seconds(1_000))
    let slash = try #require(story.slashes.first)
    #expect(slash.takenWei <= 400 * ether / UInt128(services) + 1_000)
    for other in 1..<max(services, 1) {
      let weight = story.coordinator.stake(of: ServiceID(other)).weights[0]
      #expect(weight + 1_000 >= 400 * ether / UInt128(services))
    }
  }
}
