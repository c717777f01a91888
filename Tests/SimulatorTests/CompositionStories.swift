// Adversaries are composable: what each word means alone it means beside any other and beside any fault, and what an operator is
// held to is what it signed.

import AVS
import Basics
import Reporting
import Runs
import Testing

private let rules =
  usualRules
    + """

    - {offence: late, guard: none, penalty: 0.1%, dispute: 5m}
    - {offence: wrong_quorum, penalty: 1%, dispute: 5m}
    - {offence: lazy_copy, penalty: 1%, dispute: 5m}
    - {offence: surround, penalty: 1%, dispute: 5m}
    - {offence: forged_evidence, penalty: 1%, dispute: 5m}
    - {offence: griefing, penalty: 1%, dispute: 5m}
    """.split(separator: "\n", omittingEmptySubsequences: false).map { $0.drop { $0 == " " } }.joined(
    separator: "\n")

private let objective: [OffenceClass] = [
  .equivocation, .surround, .invalidResult, .lazyCopy, .wrongQuorum, .forgedEvidence, .griefing,
]

/// What node 3 does: all of this.
private func together(_ words: [String], faults: String = "", service: String = "") throws -> Conclusion {
  let lines = words.map { "  - {who: {operators: {nodes: [\"3\"]}}, do: \($0)}" }.joined(separator: "\n")
  let text = "adversaries:\n\(lines)\n" + (faults.isEmpty ? "" : "faults:\n  - {\(faults)}")
  return try story(text, service: service, rules: rules)
}

extension Conclusion {
  fileprivate func offences(_ offence: OffenceClass) -> Int { of(offence).offences }
}

@Suite struct CompositionStories {
  // MARK: Spam

  /// Copies of what the node signs are no second vote, whatever it signs, when, and how.
  @Test(arguments: [
    ["invalidResult"], ["lazyCopy"], ["wrongQuorum"], ["{late: {past: 300ms}}"], ["{late: {by: 400ms}}"],
    ["invalidSignature"], ["silent"], ["withhold"], ["{surround: {back: 3}}"], ["{griefing: {count: 2}}"],
  ])
  func spamRepeatsWhatIsSigned(words: [String]) throws {
    let service =
      words == ["{surround: {back: 3}}"] ? "    kind: {checkpoint: {epoch: 2s}}" : "    canaries: 50%"
    let plain = try together(words, service: service)
    let loud = try together(words + ["{spam: {count: 4}}"], service: service)
    for offence in OffenceClass.allCases {
      #expect(loud.offences(offence) == plain.offences(offence), "\(offence.rawValue)")
      if objective.contains(offence) { #expect(loud.of(offence).counts.falsePositive == 0) }
    }
    let copies = loud.summary.gossip.messageCopies - plain.summary.gossip.messageCopies
    let isQuiet = words == ["silent"] || words == ["withhold"]
    #expect(isQuiet ? copies == 0 : copies > 8 * 4 * 3, "who says nothing has nothing to repeat: \(copies)")
  }

  @Test func spamRepeatsWhatFaultySoftwareSigned() throws {
    let faulty = "at: 0s, for: 20s, faultySoftware: {nodes: [\"3\"]}"
    let conclusion = try together(["{spam: {count: 4}}"], faults: faulty)
    #expect(conclusion.offences(.invalidResult) >= 9 && conclusion.offences(.equivocation) == 0)
    #expect(conclusion.of(.invalidResult).counts.precision == 1)
  }

  // MARK: Lateness

  /// Both halves of an equivocation are as late as its author wants to be, and so are those of a key used twice.
  @Test(arguments: [
    (["{late: {past: 300ms}}", "equivocate"], ""),
    (["{late: {past: 300ms}}", "{equivocate: openly}"], ""),
    (["{late: {past: 300ms}}"], "at: 0s, for: 20s, keyDuplication: {nodes: [\"3\"], disagree: 100%}"),
  ])
  func bothHalvesAreLate(words: [String], faults: String) throws {
    let conclusion = try together(words, faults: faults)
    let late = conclusion.of(.late)
    #expect(late.offences >= 8 && late.culpable == late.offences && late.counts.recall == 1)
    #expect(conclusion.attestations.filter { $0.operatorID == NodeID(3) }.allSatisfy { !$0.onTime })
    // It did sign twice; what comes after the window nobody looks at.
    #expect(conclusion.offences(.equivocation) >= 8 && conclusion.of(.equivocation).counts.falsePositive == 0)
    #expect(conclusion.of(.equivocation).unobservable == conclusion.offences(.equivocation))
  }

  @Test func bothHalvesAreHeldBackALittleAndSeen() throws {
    let conclusion = try together(["{late: {by: 600ms}}", "equivocate"])
    let own = conclusion.attestations.filter { $0.operatorID == NodeID(3) }
    let task = try #require(own.dropFirst(4).first)
    let schedule = conclusion.offences.first { $0.offenceClass == .equivocation && $0.key > 3 }
    #expect(try #require(task.publishedAt) > #require(schedule).at)
    #expect(conclusion.of(.equivocation).counts.truePositive >= 8)
    #expect(conclusion.offences(.late) == 0)
  }

  // MARK: Signatures

  /// What does not verify is nobody's statement.
  @Test(arguments: [
    "invalidResult", "lazyCopy", "equivocate", "{equivocate: openly}", "{surround: {back: 3}}",
  ])
  func whatWasNotValidlySignedIsNoOffence(word: String) throws {
    let service = word.contains("surround") ? "    kind: {checkpoint: {epoch: 2s}}" : "    canaries: 50%"
    let alone = try together([word], service: service)
    #expect(objective.reduce(0) { $0 + alone.offences($1) } >= 3)
    let unsigned = try together([word, "invalidSignature"], service: service)
    for offence in objective { #expect(unsigned.offences(offence) == 0, "\(offence.rawValue)") }
    #expect(unsigned.slashes.allSatisfy { !objective.contains($0.offenceClass) })
    #expect(unsigned.summary.gossip.invalid > 20)
  }

  @Test func aDuplicatedKeyThatSignsBadlySignsNothing() throws {
    let twice = "at: 0s, for: 20s, keyDuplication: {nodes: [\"3\"], disagree: 100%}"
    #expect(
      try together(["censor: {victims: [1]}"].map { "{\($0)}" }, faults: twice).offences(.equivocation) >= 8)
    let conclusion = try together(["invalidSignature"], faults: twice)
    for offence in objective { #expect(conclusion.offences(offence) == 0, "\(offence.rawValue)") }
  }

  // MARK: Before the chain

  /// Evidence that shows nothing says what its sender signs anyway: neither a second vote, nor a case against itself.
  @Test(arguments: ["invalidResult", "lazyCopy", "{surround: {back: 3}}"])
  func aGrieferDoesNotConvictItself(word: String) throws {
    let service = word.contains("surround") ? "    kind: {checkpoint: {epoch: 2s}}" : "    canaries: 50%"
    let plain = try together([word], service: service)
    let conclusion = try together([word, "{griefing: {count: 2}}"], service: service)
    #expect(conclusion.offences(.griefing) >= 8 && conclusion.of(.griefing).counts.precision == 1)
    #expect(conclusion.of(.griefing).counts.recall == 1)
    for offence in objective where offence != .griefing {
      #expect(conclusion.of(offence).counts == plain.of(offence).counts, "\(offence.rawValue)")
    }
  }

  /// Three tasks an epoch: a regular vote that follows the one around lies inside it, and is the later of the two.
  @Test func aVoteInsideAnOlderOneIsAnOffenceToo() throws {
    let conclusion = try story(
      "adversaries: [{who: {operators: [3]}, do: {surround: {back: 3}}, probability: 50%}]",
      service: "    kind: {checkpoint: {epoch: 6s}}", rules: rules)
    let found = conclusion.of(.surround)
    #expect(found.offences == 3 && found.unobservable == 0, "one around, two inside")
    #expect(found.counts.precision == 1 && found.counts.recall == 1)
  }

  // MARK: Clocks

  /// Everybody publishes after the deadline, and every clock is behind: aggregators go by their own, close their books by it, and
  /// the chain takes their certificates in the blocks that it allows for. What is in time by a wrong clock is not in time.
  @Test(
    arguments: ["behind: 400ms", "behind: 300ms, drift: -20000", "behind: 1s"], ["coordinator", "every"])
  func anAggregatorGoesByItsOwnClock(clock: String, aggregators: String) throws {
    let role = aggregators == "every" ? "operator" : "aggregator"
    let conclusion = try story(
      """
      adversaries: [{who: {operators: 100%}, do: {late: {past: 50ms}}, from: 3s}]
      faults:
        - {at: 3s, for: 16s, clock: {nodes: {role: operator}, \(clock)}}
        - {at: 3s, for: 16s, clock: {nodes: {role: \(role)}, \(clock)}}
      """, rules: rules, aggregators: aggregators)
    #expect(conclusion.summary.tasks.certified >= 6)
    let late = conclusion.attestations.filter { $0.task.index >= 2 && $0.task.index < 8 }
    #expect(late.allSatisfy { !$0.onTime })
    #expect(conclusion.of(.late).culpable >= 6 * 9)
  }

  /// Whoever publishes too late because its clock is behind chose nothing.
  @Test func aSlowClockIsNoMalice() throws {
    let conclusion = try story(
      """
      faults:
        - {at: 3s, for: 16s, clock: {nodes: ["3"], behind: 5s}}
        - {at: 3s, for: 16s, rpcDelay: {nodes: ["3"], add: 1600ms}}
      """, rules: rules)
    let late = conclusion.of(.late)
    #expect(late.offences >= 5 && late.culpable == 0)
    let own = conclusion.offences.filter { $0.offenceClass == .late && $0.operatorID == NodeID(3) }
    #expect(own.contains { $0.cause == "its clock was wrong" })
  }
}

/// Any two to four words on one node, with faults, by seed: every check holds, and precision is 1 for all that contracts can judge
/// themselves. AVSIM_SEEDS runs more seeds.
@Suite struct CompositionProperties {
  @Test(arguments: 1...Self.seeds)
  func wordsMeanTheSameBesideEachOther(seed: UInt64) throws {
    let drawn = Composition(seed: seed)
    let conclusion = try story(
      seed: seed, drawn.text, service: drawn.service, rules: rules, network: drawn.network,
      aggregators: drawn.aggregators)
    let why: Comment = "seed \(seed):\n\(drawn.text)"
    #expect(conclusion.summary.checks.allSatisfy { $0.holds }, why)
    for offence in objective {
      #expect(conclusion.of(offence).counts.falsePositive == 0, "\(offence.rawValue), \(why)")
    }
    // What reached a watcher in time and was signed is slashed, unless nothing is left to slash.
    let signed: Set<OffenceClass> = [.equivocation, .surround, .invalidResult, .lazyCopy]
    let missed = zip(conclusion.offences, conclusion.accuracy.offenceVerdicts).filter { offence, verdict in
      signed.contains(offence.offenceClass) && offence.observable && verdict == .falseNegative
        && !conclusion.slashes.contains {
          $0.operatorID == offence.operatorID && $0.offenceClass == offence.offenceClass
            && $0.key == offence.key && $0.state == .expired
        }
    }
    #expect(missed.isEmpty, "\(missed.first.map { "\($0.0)" } ?? ""), \(why)")
  }

  static let seeds = UInt64(setting("AVSIM_SEEDS") ?? 24)
}
