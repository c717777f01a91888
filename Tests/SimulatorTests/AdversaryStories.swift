// Every misbehaviour shows in the measured numbers, is found by its detector where it has one, and is met by its defence.

import AVS
import Basics
import Reporting
import Runs
import Scenarios
import Simulator
import Testing

private let everyRule =
  usualRules
    + """

    - {offence: wrong_quorum, dispute: 5m}
    - {offence: lazy_copy, dispute: 5m}
    - {offence: surround, dispute: 5m}
    - {offence: forged_evidence, dispute: 5m}
    - {offence: griefing, dispute: 5m}
    """.split(separator: "\n", omittingEmptySubsequences: false).map { $0.drop { $0 == " " } }.joined(
    separator: "\n")

private func when(
  _ who: String, _ what: String, more: String = "", service: String = "", rules: String = everyRule,
  network: String = "", faults: String = ""
) throws -> Conclusion {
  try story(
    "adversaries: [{who: {\(who)}, do: \(what)\(more)}]\n\(faults)", service: service, rules: rules,
    network: network)
}

extension Conclusion {
  fileprivate func executed(_ offence: OffenceClass) -> [SlashRecord] {
    slashes.filter { $0.state == .executed && $0.offenceClass == offence }
  }
}

@Suite struct AdversaryStories {
  @Test func justInsideTheDeadlineItCountsAndMissesTheCertificate() throws {
    let conclusion = try when("operators: [2]", "{late: {inside: 300ms}}")
    let own = conclusion.attestations.filter { $0.operatorID == NodeID(2) }
    #expect(own.allSatisfy { $0.onTime }, "gossip takes less than 300 ms")
    #expect(conclusion.unjust(.aggregation) > 0, "certificates did not wait for it")
  }

  @Test func justPastTheDeadlineItDoesNotCount() throws {
    let conclusion = try when(
      "operators: [2]", "{late: {past: 1ms}}", rules: usualRules + "\n- {offence: late, dispute: 5m}")
    #expect(conclusion.attestations.filter { $0.operatorID == NodeID(2) }.allSatisfy { !$0.onTime })
    let late = conclusion.of(.late)
    #expect(late.offences >= 8 && late.culpable == late.offences)
    #expect(late.counts.recall == 1)
  }

  @Test func aColludingQuorumIsFoundByItsCertificate() throws {
    let conclusion = try when("operators: {byStake: 70%}", "wrongQuorum", more: ", until: 12s")
    #expect(conclusion.summary.tasks.wrong >= 3)
    let wrong = conclusion.of(.wrongQuorum)
    #expect(wrong.offences > 20 && wrong.counts.falsePositive == 0)
    #expect(Double(wrong.counts.truePositive) >= 0.6 * Double(wrong.offences))
  }

  /// Seven of nine sign a wrong result where no contract can judge, and holders decide. Who has no result of its own stays.
  @Test(arguments: [
    ("", "cohesion", 1.0), ("faults: [{at: 5s, for: 6s, crash: {nodes: [8]}}]", "fracture", 0.5),
  ])
  func holdersDecideWhatNoContractCanJudge(faults: String, outcome: String, joined: Double) throws {
    let conclusion = try when(
      "operators: [0, 1, 2, 3, 4, 5, 6]", "wrongQuorum", more: ", from: 5s, until: 7s",
      service: "    challenge: {bond: 10ETH, purse: 10ETH}",
      rules:
        "- {offence: wrong_quorum, evidence: intersubjective, penalty: 100%, dispute: 5m, fork: {cohesion: 80%}}",
      faults: faults)
    let forks = try #require(conclusion.summary.forks)
    #expect(conclusion.forks.map(\.outcome) == [outcome])
    #expect(abs((forks.joinedShare ?? 0) - joined) < 0.001)
    #expect(forks.othersRedeemWei == 2_000_000_000_000_000_000_000)
    let stake = Double(forks.accusedStakeWei)
    #expect(abs(Double(forks.accusedRedeemWei) - stake * (1 - joined)) < 1e-9 * stake)
    #expect(abs(Double(forks.bondsLostWei) - 1e19 * (1 - joined)) < 1e10)
    let slashes = conclusion.executed(.wrongQuorum)
    #expect(slashes.count == 7 && conclusion.of(.wrongQuorum).counts.falsePositive == 0)
    #expect(slashes.allSatisfy { abs(Double($0.takenWei) - 1e21 * joined) < 1e12 })
    #expect(conclusion.summary.checks.contains { $0.name == "forks-follow-their-sides" })
  }

  /// Silence, which no contract can judge: two withhold and everybody misses them; an aggregator leaves out one that everybody
  /// heard, and the challenge fails; one is down, and looks as if it withheld; a cut lies between, and the holders split.
  @Test func holdersDecideWhoWithheld() throws {
    func silence(_ extra: String) throws -> Conclusion {
      try story(
        extra, service: "    challenge: {bond: 10ETH, purse: 1000ETH}",
        rules: "- {offence: withholding, penalty: 100%, dispute: 5m, fork: {cohesion: 80%}}")
    }
    func outcomes(_ conclusion: Conclusion) -> Set<String> {
      // The first task falls due before the meshes stand.
      Set(conclusion.forks.filter { $0.task.index > 1 }.compactMap(\.outcome))
    }
    let guilty = try silence("adversaries: [{who: {operators: [1, 2]}, do: withhold, from: 5s, until: 7s}]")
    #expect(outcomes(guilty) == ["cohesion"])
    let found = guilty.of(.withholding)
    #expect(found.offences == 2 && found.culpable == 2 && found.unobservable == 0)
    #expect(found.counts.truePositive == 2)
    #expect(
      guilty.executed(.withholding).filter { $0.key > 1 }.allSatisfy {
        $0.takenWei == 1_000_000_000_000_000_000_000
      })

    let honest = try silence(
      "adversaries: [{who: {operators: {nodes: [\"11\"]}}, do: {aggregatorWithholding: {victims: [3]}}, from: 5s}]"
    )
    #expect(honest.executed(.withholding).filter { $0.key > 1 }.isEmpty, "everybody heard it")

    let unlucky = try silence("faults: [{at: 4500ms, for: 3s, crash: {nodes: [\"2\"]}}]")
    let wrong = unlucky.executed(.withholding).filter { $0.key > 1 }
    #expect(wrong.contains { $0.operatorID == NodeID(2) && $0.cause == "crash" })
    #expect(unlucky.of(.withholding).offences == 0)
    #expect(unlucky.summary.checks.contains { $0.name == "forks-follow-their-sides" })
  }

  @Test func aVoteAroundAnOlderOneIsFoundByItsSpan() throws {
    let conclusion = try when(
      "operators: [2, 4]", "{surround: {back: 3}}", more: ", from: 10s, until: 14s",
      service: "    kind: {checkpoint: {epoch: 2s}}")
    let surround = conclusion.of(.surround)
    #expect(surround.offences == 4 && surround.unobservable == 0)
    #expect(surround.counts.truePositive == 4 && surround.counts.falsePositive == 0)
    #expect(conclusion.of(.equivocation).offences == 0)
  }

  @Test func copyingIsSeenOnCanariesOnly() throws {
    let blind = try when("operators: [2, 4]", "lazyCopy")
    #expect(blind.of(.lazyCopy).unobservable == blind.of(.lazyCopy).offences)
    #expect(blind.executed(.lazyCopy).isEmpty)
    let watched = try when("operators: [2, 4]", "lazyCopy", service: "    canaries: 50%")
    let found = watched.of(.lazyCopy)
    #expect(found.counts.falsePositive == 0 && found.counts.truePositive > 4)
    #expect(found.counts.truePositive + found.unobservable == found.offences)
    #expect(watched.of(.invalidResult).offences == 0, "one act, one offence")
    #expect(
      watched.unjust(.minority) == 0
        || watched.executed(.liveness).allSatisfy { $0.operatorID.rawValue % 2 == 0 })
  }

  @Test func whoWithholdsNeitherSignsNorPassesOn() throws {
    let silent = try when("operators: 3", "silent")
    let withholding = try when("operators: 3", "withhold")
    #expect(withholding.summary.attestations.onTime == silent.summary.attestations.onTime)
    #expect(withholding.summary.gossip.messageCopies < silent.summary.gossip.messageCopies * 9 / 10)
  }

  @Test func censorsKeepOneOperatorBack() throws {
    let victims = "{censor: {victims: [0]}}"
    let free = try story()
    let censored = try when("operators: [1, 2, 3, 4, 5, 6, 7, 8]", victims)
    let copies = (free.summary.gossip.messageCopies, censored.summary.gossip.messageCopies)
    #expect(copies.1 < copies.0 * 97 / 100, "what one of nine signs makes one hop: \(copies)")
    #expect(
      censored.summary.attestations.onTime == censored.summary.attestations.due, "gossip makes up for it")
  }

  @Test func degradingThinsOutWhatIsPassedOn() throws {
    let copies = try story().summary.gossip.messageCopies
    #expect(
      try when("operators: 8", "{degrade: {passes: 10%}}").summary.gossip.messageCopies < copies * 3 / 4)
  }

  @Test func anInvalidSignatureCostsItsSenderAndSlashesNobodyForIt() throws {
    let conclusion = try when("operators: [3]", "invalidSignature")
    #expect(conclusion.summary.gossip.invalid > 20)
    #expect(conclusion.attestations.filter { $0.operatorID == NodeID(3) }.allSatisfy { !$0.onTime })
    #expect(conclusion.slashes.allSatisfy { $0.offenceClass == .liveness && $0.operatorID == NodeID(3) })
  }

  /// A forged vote that arrives first must not keep the true one out: the victim's duties all count.
  @Test func whoIsImpersonatedLosesNothing() throws {
    let conclusion = try when("operators: [3, 4, 5]", "{impersonate: {victims: [0, 1]}}")
    #expect(conclusion.summary.gossip.invalid > 20)
    #expect(conclusion.summary.attestations.onTime == conclusion.summary.attestations.due)
    #expect(conclusion.slashes.isEmpty)
  }

  @Test func theForgottenIsSentAgainAndIgnored() throws {
    let short = "  gossip: {seenTTL: 4200ms}"
    let calm = try story(network: short)
    let conclusion = try when("operators: [3]", "{replay: {count: 4}}", network: short)
    #expect(conclusion.summary.gossip.messageCopies > calm.summary.gossip.messageCopies + 50)
    #expect(conclusion.summary.attestations.onTime == conclusion.summary.attestations.due)
    #expect(conclusion.slashes.isEmpty)
  }

  @Test func spamCostsCopiesAndStopsAtTheFirstHop() throws {
    let calm = try story().summary.gossip.messageCopies
    let one = try when("operators: [3]", "{spam: {count: 20}}")
    #expect(one.summary.gossip.messageCopies > calm + 8 * 20 * 3)
    #expect(one.summary.gossip.messageCopies < calm + 10 * 20 * 9)
    #expect(one.slashes.isEmpty)
  }

  @Test func forgedEvidenceFallsBackOnItsSender() throws {
    let conclusion = try when("operators: [3]", "{forgedEvidence: {victims: [0]}}")
    #expect(!conclusion.executed(.forgedEvidence).isEmpty)
    #expect(conclusion.slashes.allSatisfy { $0.operatorID == NodeID(3) })
    #expect(conclusion.of(.forgedEvidence).counts.precision == 1)
  }

  @Test func aGrieferPaysUntilItsPurseIsEmpty() throws {
    let conclusion = try when(
      "operators: [3]", "{griefing: {count: 2}}", service: "    challenge: {bond: 1ETH, purse: 5ETH}")
    #expect(conclusion.summary.challenges.forfeitedWei == 5_000_000_000_000_000_000)
    #expect(conclusion.summary.challenges.turnedAway >= 10)
    #expect(conclusion.of(.griefing).counts.precision == 1)
    #expect(conclusion.slashes.allSatisfy { $0.operatorID == NodeID(3) })
  }

  @Test func anAggregatorThatSendsNothingStopsTheService() throws {
    #expect(try when("operators: {nodes: [\"11\"]}", "aggregatorWithholding").summary.tasks.certified == 0)
  }

  @Test func anAggregatorCanMakeAVictimLookAbsent() throws {
    let conclusion = try when("operators: {nodes: [\"11\"]}", "{aggregatorWithholding: {victims: [3]}}")
    #expect(conclusion.unjust(.aggregatorCensorship) > 0)
    #expect(conclusion.executed(.liveness).allSatisfy { $0.operatorID == NodeID(3) })
    #expect(conclusion.executed(.liveness).allSatisfy { $0.account.contains("left it out on purpose") })
  }

  @Test func aCapturedResolverLetsTheGuiltyGo() throws {
    let rule = "- {offence: equivocation, dispute: 1m, veto: {resolver: \"9\", window: 5m}}"
    let fair = try when("operators: [1]", "equivocate", rules: rule)
    #expect(fair.of(.equivocation).counts.truePositive > 6)
    let captured = try story(
      """
      adversaries:
        - {who: {operators: [1]}, do: equivocate}
        - {who: {operators: {nodes: ["9"]}}, do: vetoAbuse}
      """, rules: rule)
    #expect(captured.of(.equivocation).counts.truePositive == 0)
    #expect(captured.of(.equivocation).vetoed > 6)
  }

  @Test func aResolverOfGoodWillStopsAMistakeOfTheSoftware() throws {
    func rule(_ mass: String) -> String {
      "- {offence: invalid_result, dispute: 1m, veto: {resolver: \"9\", window: 5m\(mass)}}"
    }
    let line = "faults: [{at: 3s, for: 16s, faultySoftware: {nodes: 60%}}]"
    let without = try story(line, rules: rule(""))
    let with = try story(line, rules: rule(", mass: 33%"))
    #expect(without.executed(.invalidResult).count > 30)
    #expect(with.executed(.invalidResult).count * 5 < without.executed(.invalidResult).count)
  }

  @Test func aMaliciousServiceTakesWhatWasAllocatedToItAtMost() throws {
    let conclusion = try when("operators: [4], services: [oracle]", "{maliciousService: {share: 10%}}")
    let slash = try #require(conclusion.executed(.maliciousService).first)
    #expect(slash.operatorID == NodeID(4))
    #expect(slash.takenWei == 100_000_000_000_000_000_000)
    #expect(conclusion.unjust(.maliciousService) == 1)
    #expect(conclusion.summary.slashing.amounts.honestLossWei == slash.takenWei)
  }

  @Test func aCoalitionActsInTheSameTasks() throws {
    let conclusion = try when("operators: 3", "equivocate", more: ", probability: 40%, together: true")
    let tasks = Dictionary(
      grouping: conclusion.offences.filter { $0.offenceClass == .equivocation }, by: \.key)
    #expect(!tasks.isEmpty && tasks.count < 9)
    #expect(tasks.values.allSatisfy { $0.count == 3 })
  }

  @Test func anAdaptiveAdversaryWaitsForTrouble() throws {
    let conclusion = try when(
      "operators: [1]", "equivocate", more: ", during: jitter",
      faults: "faults: [{at: 9s, for: 6s, jitter: {most: 20ms}}]")
    let instants = conclusion.offences.filter { $0.offenceClass == .equivocation }.map(\.at)
    #expect(instants.count == 3)
    #expect(instants.allSatisfy { $0 >= .zero + .seconds(9) && $0 < .zero + .seconds(15) })
  }

  @Test func evidenceThatNoRuleAsksForIsNotBrought() throws {
    let conclusion = try when("operators: [1]", "equivocate", rules: "- {offence: equivocation, dispute: 1m}")
    #expect(conclusion.of(.equivocation).counts.truePositive > 6)
    #expect(conclusion.offences.allSatisfy { $0.offenceClass == .equivocation })
  }
}

extension SlashAccuracy.Amounts {
  fileprivate var honestLossWei: UInt128 { honestLoss }
}

/// Objective classes in whatever weather the seed brings: nobody is slashed who did not sign it, and whoever a watcher could
/// see is slashed. AVSIM_SEEDS runs more seeds; see scripts/slash-accuracy.
@Suite struct ObjectiveSlashing {
  @Test(arguments: 1...Self.seeds)
  func isRightInAnyWeather(seed: UInt64) throws {
    let conclusion = try story(
      seed: seed,
      """
      adversaries:
        - {who: {operators: 2}, do: equivocate, probability: 50%}
        - {who: {operators: 1}, do: invalidResult, probability: 30%}
        - {who: {operators: 1}, do: {impersonate: {victims: [0, 1, 2]}}, probability: 30%}
      faults:
        - at: 1s
          for: 18s
          swarm:
            rate: 0.6/s
            longest: 8s
            kinds: [partition, oneWay, isolate, crash, pause, loss, burstLoss, latency, jitter, duplicate, reorder,
              corrupt, flap, clog, hold, slowCPU, throttle, clock, keyDuplication]
      """)
    for offence in [OffenceClass.equivocation, .invalidResult] {
      let found = conclusion.of(offence)
      #expect(found.counts.falsePositive == 0, "seed \(seed)")
      #expect(found.pending == 0, "seed \(seed)")
      let missed = zip(conclusion.offences, conclusion.accuracy.offenceVerdicts).filter {
        $0.offenceClass == offence && $0.observable && $1 == .falseNegative
      }
      #expect(missed.isEmpty, "seed \(seed): \(missed.first.map { "\($0.0)" } ?? "")")
      for one in conclusion.offences where one.offenceClass == offence && !one.observable {
        #expect(one.cause.contains("unobservable: "), "seed \(seed)")
      }
    }
  }

  /// The same for votes around votes, copied canaries, wrong quorums, and for evidence that is forged or shows nothing.
  @Test(arguments: 1...Self.seeds)
  func isRightForTheOtherClassesToo(seed: UInt64) throws {
    let conclusion = try story(
      seed: seed,
      """
      adversaries:
        - {who: {operators: 2}, do: {surround: {back: 3}}, from: 8s, probability: 40%}
        - {who: {operators: 2}, do: lazyCopy, probability: 50%}
        - {who: {operators: {byStake: 70%}}, do: wrongQuorum, probability: 15%, together: true}
        - {who: {operators: 1}, do: {forgedEvidence: {victims: [0, 1, 2]}}, probability: 30%}
        - {who: {operators: 1}, do: {griefing: {count: 1}}, probability: 30%}
      faults:
        - at: 1s
          for: 18s
          swarm:
            rate: 0.6/s
            longest: 8s
            kinds: [partition, oneWay, isolate, crash, pause, loss, burstLoss, latency, jitter, duplicate, reorder,
              corrupt, flap, clog, hold, slowCPU, throttle, clock, keyDuplication]
      """, service: "    canaries: 40%\n    kind: {checkpoint: {epoch: 2s}}", rules: everyRule)
    let objective: [OffenceClass] = [.surround, .lazyCopy, .wrongQuorum, .forgedEvidence, .griefing]
    for offence in objective + [.equivocation, .invalidResult] {
      let found = conclusion.of(offence)
      #expect(found.counts.falsePositive == 0, "\(offence.rawValue), seed \(seed)")
      #expect(found.pending == 0, "\(offence.rawValue), seed \(seed)")
    }
    // Once everything is lost, nothing can be slashed any more: such requests expire.
    let missed = zip(conclusion.offences, conclusion.accuracy.offenceVerdicts).filter { offence, verdict in
      objective.contains(offence.offenceClass) && offence.observable && verdict == .falseNegative
        && !conclusion.slashes.contains {
          $0.operatorID == offence.operatorID && $0.offenceClass == offence.offenceClass
            && $0.key == offence.key && $0.state == .expired
        }
    }
    #expect(missed.isEmpty, "seed \(seed): \(missed.first.map { "\($0.0)" } ?? "")")
    for one in conclusion.offences where objective.contains(one.offenceClass) && !one.observable {
      #expect(one.cause.contains("unobservable: "), "seed \(seed)")
    }
    // So that a run without cases is no success.
    #expect(objective.count { conclusion.of($0).offences > 0 } >= 3, "seed \(seed)")
  }

  static let seeds = UInt64(setting("AVSIM_SEEDS") ?? 8)
}
