// Floods of control messages, and Sybils: what they cost, which limit meets them, and what a score makes of them. Each on nine
// operators, eight tasks after the warm-up, and six peers of the adversary.

import AVS
import Basics
import Reporting
import Runs
import Scenarios
import Simulator
import Testing

private let scored = """
    gossip:
      score: {thresholds: {gossip: -10, publish: -20, graylist: -40}, behaviourWeight: -1, behaviourThreshold: 2,
        behaviourDecay: 0.9}
  """

private func when(_ what: String, network: String = "") throws -> Conclusion {
  try story("adversaries: [{who: {operators: [3]}, do: \(what)}]", network: network)
}

@Suite struct ControlFloods {
  private static let calm = Result { try story() }

  /// Ten IHAVEs a heartbeat are looked into; for each the peer asks, waits, and counts a broken promise.
  @Test func phantomsAreAskedForUpToALimitAndAreBrokenPromises() throws {
    let calm = try Self.calm.get().summary
    let flood = try when("{ihaveFlood: {count: 15}}").summary
    #expect(calm.gossip.brokenPromises == 0 && calm.gossip.ihaveRefused == 0)
    #expect(flood.gossip.ihave >= calm.gossip.ihave + 8 * 15 * 5)
    #expect(flood.gossip.brokenPromises > 400)
    // Five of fifteen are too many. A promise of the last duty before the warm-up's end is broken after it.
    let broken = flood.gossip.ihaveRefused * 2
    #expect((broken...broken * 5 / 4).contains(flood.gossip.brokenPromises))
    #expect(flood.attestations.onTime == flood.attestations.due && flood.slashing.micro.falsePositive == 0)
  }

  @Test func theSameMessageIsServedSoOftenAndNoMore() throws {
    let calm = try Self.calm.get().summary
    let flood = try when("{iwantFlood: {count: 8}}").summary
    #expect(flood.gossip.iwant >= calm.gossip.iwant + 8 * 8 * 5)
    let more = flood.gossip.messageCopies - calm.gossip.messageCopies
    // Three times at most, of each message, by each of six peers.
    #expect(more > 300 && more <= 3 * 6 * 9 * 10)
    #expect(flood.gossip.iwantRefused > more)
    #expect(flood.attestations.onTime == flood.attestations.due)
  }

  @Test func whoGraftsInsideTheBackoffIsPrunedAgain() throws {
    let calm = try Self.calm.get().summary
    let flood = try when("{graftSpam: {count: 5}}").summary
    #expect(calm.gossip.graftRefused == 0)
    #expect(flood.gossip.graftRefused >= 8 * 5 * 5)
    // Each sends one PRUNE and gets one.
    #expect(flood.gossip.prune >= 2 * flood.gossip.graftRefused)
    #expect(flood.attestations.onTime == flood.attestations.due)
  }

  /// P7: whoever floods is heard no more, and the flood costs its peers less and less.
  @Test(arguments: ["ihaveFlood", "graftSpam"]) func aScoreEndsTheFlood(_ name: String) throws {
    let bare = try when("{\(name): {count: 15}}").summary.gossip
    let conclusion = try when("{\(name): {count: 15}}", network: scored)
    let guarded = conclusion.summary.gossip
    #expect(bare.graylistings == 0 && guarded.graylistings >= 5)
    #expect(guarded.brokenPromises + guarded.graftRefused < (bare.brokenPromises + bare.graftRefused) / 2)
    let honest = conclusion.attestations.filter {
      $0.operatorID != NodeID(3) && conclusion.tasks[$0.task.index].due >= .zero + .seconds(3)
    }
    #expect(honest.allSatisfy { $0.onTime })
    #expect(conclusion.slashes.allSatisfy { $0.operatorID == NodeID(3) })
  }
}

/// Six operators with the stake (0 to 5), and twelve identities with next to none.
private func sybils(_ adversaries: String) throws -> Conclusion {
  let stakes = Array(repeating: "1000ETH", count: 6) + Array(repeating: "1ETH", count: 12)
  let text = """
    name: sybils
    duration: 20s
    warmup: 3s
    settle: 1h
    network:
      topology: {generate: random-regular, degree: 8}
      links: {latency: {uniform: {min: 10ms, max: 80ms}}}
      topicPeers: 8
    operators: {count: 18, stakes: [\(stakes.joined(separator: ", "))]}
    watchers: {count: 1}
    aggregators: coordinator
    services:
      - name: oracle
        operators: all
        task: {arrival: {periodic: {every: 2s}}, compute: 20ms}
        quorum: 67%
        responseWindow: 1500ms
        rules: [{offence: liveness, window: 10s, threshold: 60%, guard: {othersSigned: 67%}, dispute: 5m}]
    adversaries: [\(adversaries)]
    """
  let scenario = try Scenario.parse(file: "sybils.yaml", bytes: Array(text.utf8))
  var simulation = try Simulation(try Blueprint(scenario))
  simulation.run(until: .never)
  return simulation.conclude(simulation.settle())
}

/// Many identities, little stake: composed of operators that are worth nothing, and what they do.
@Suite struct SybilStories {
  private static let many = "[6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]"

  @Test func identitiesWithoutStakeDecideNothing() throws {
    let calm = try sybils("")
    let cold = try sybils("{who: {operators: \(Self.many)}, do: withhold}")
    let wrong = try sybils("{who: {operators: \(Self.many)}, do: invalidResult}")
    // Cold boot: two thirds of the peers pass nothing on from the first moment, and the stake certifies all the same.
    #expect(cold.summary.tasks.certified == cold.summary.tasks.issued && cold.summary.tasks.issued >= 8)
    #expect(cold.summary.gossip.messageCopies < calm.summary.gossip.messageCopies / 2)
    #expect(cold.summary.slashing.micro.falsePositive == 0)
    #expect(cold.slashes.allSatisfy { $0.operatorID.rawValue >= 6 }, "and only the Sybils are absent")
    // Two thirds of the votes are no quorum.
    #expect(wrong.summary.tasks.wrong == 0 && wrong.summary.tasks.certified == wrong.summary.tasks.issued)
  }

  /// They behave, and fall silent together.
  @Test func aCovertFlashBeginsAtItsHour() throws {
    let flash = try sybils("{who: {operators: \(Self.many)}, do: withhold, from: 12s}")
    let theirs = flash.attestations.filter { $0.operatorID.rawValue >= 6 }
    for one in theirs {
      let due = flash.tasks[one.task.index].due
      #expect((one.publishedAt != nil) == (due < .zero + .seconds(12)))
    }
    #expect(flash.summary.tasks.certified == flash.summary.tasks.issued)
  }
}
