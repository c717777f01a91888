// Who may cancel a case of a service's rule looks at it with what he has himself, as resolvers of vaults do.

import AVS
import Basics
import Contracts
import Participants
import Testing

@Suite struct RuleResolverTests {
  private func vetoed(_ story: Story) -> Int {
    story.facts.count { if case .caseEnded(_, .vetoed, _) = $0 { true } else { false } }
  }
  private func rule(_ rule: SlashingRule, examines: Bool) -> SlashingRule {
    var rule = rule
    rule.dispute = .seconds(60)
    rule.veto = SlashingRule.Veto(resolver: NodeID(40), window: .seconds(600), examines: examines)
    return rule
  }

  @Test(
    "attestations that an aggregator left out were heard, and nobody is slashed for them",
    arguments: [true, false], [true, false])
  func heard(isHeard: Bool, examines: Bool) throws {
    var story = try Story(network(rules: [rule(livenessRule(window: .seconds(600)), examines: examines)]))
    #expect(story.coordinator.hasListeners == examines)
    for k in 0..<4 {
      let task = try story.task(0, at: seconds(UInt64(20 + 60 * k)))
      if isHeard { story.coordinator.hear(task, of: ServiceID(0), member: 1) }
      story.certify(0, task, signers: [0, 2, 3], at: seconds(UInt64(24 + 60 * k)))
    }
    story.settle(until: seconds(86_400))
    #expect(vetoed(story) == (isHeard && examines ? 1 : 0))
    #expect(story.slashes.map(\.operatorNode) == (isHeard && examines ? [] : [NodeID(1)]))
  }

  @Test("good evidence passes; what turned out to prove nothing is cancelled", arguments: [true, false])
  func revised(isRevised: Bool) throws {
    let wrong = SlashingRule(
      offence: .invalidResult, evidence: .attestationAgainstFact, window: .seconds(600),
      penalty: .fixed(wad: half))
    var story = try Story(network(rules: [rule(wrong, examines: true)]))
    let task = try story.task(0, at: seconds(100))
    story.send(.evidence(.single(attest(1, 0, task, lie))), at: seconds(101))
    // The first look, when the veto window begins, finds nothing wrong; the last one does.
    story.run(to: seconds(400))
    #expect(story.opened.count == 1 && vetoed(story) == 0)
    if isRevised { story.coordinator.revise(task, truth: lie) }
    story.settle(until: seconds(86_400))
    #expect(vetoed(story) == (isRevised ? 1 : 0))
    #expect(story.slashes.count == (isRevised ? 0 : 1))
  }

  @Test("a captured resolver does not look") func captured() throws {
    var configuration = network(rules: [
      rule(equivocationRule(), examines: true)
    ])
    configuration.capturedResolvers = [CapturedResolver(node: NodeID(40), from: .zero, until: .never)]
    var story = try Story(configuration)
    let task = try story.task(0, at: seconds(1))
    story.send(.evidence(.pair(attest(1, 0, task), attest(1, 0, task, lie))), at: seconds(2))
    story.settle(until: seconds(86_400))
    #expect(vetoed(story) == 1 && story.slashes.isEmpty)
  }
}
