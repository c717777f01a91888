// Somebody is slashed for nothing: each cause of the list is brought about, and found from what was recorded. The rule is a
// careless one, without a guard and with a low threshold.

import AVS
import Basics
import Reporting
import Runs
import Scenarios
import Simulator
import Testing

private let careless =
  "- {offence: liveness, window: 4s, threshold: 40%, guard: none, dispute: 5m, penalty: 10%}"

/// The slashes after the first window, which is over before the meshes stand.
private func slashes(
  _ faults: String, rules: String = careless, extra: String = "", service: String = ""
) throws -> (all: [SlashRecord], conclusion: Conclusion) {
  let conclusion = try story("faults: [\(faults)]\n\(extra)", service: service, rules: rules)
  return (conclusion.slashes.filter { $0.state == .executed && $0.key > 0 }, conclusion)
}

@Suite struct CauseStories {
  @Test func partition() throws {
    let (found, conclusion) = try slashes("{at: 5s, for: 10s, partition: {isolate: [\"2\"]}}")
    #expect(!found.isEmpty && found.allSatisfy { $0.operatorID == NodeID(2) && $0.cause == "partition" })
    #expect(found.allSatisfy { $0.account.contains("it was cut off from every aggregator") })
    #expect(conclusion.unjust(.partition) == found.count)
    // The others signed all the time: no guard would have helped, and the breach had an end.
    #expect(
      found.allSatisfy { !$0.remedy.contains("any guard") && $0.remedy.contains("a grace of more than") })
  }

  /// Cut off in one window, silent by choice in the next: the rule counted both for its grace, and the first was the network's doing.
  @Test func theWindowsOfTheGraceCountToo() throws {
    let (found, conclusion) = try slashes(
      "{at: 7900ms, for: 4s, partition: {isolate: [\"2\"]}}",
      rules: careless.replacing("guard: none", with: "guard: none, grace: 4s"),
      extra: "adversaries: [{who: {operators: [2]}, do: silent, from: 12s, until: 16s}]")
    let own = found.filter { $0.operatorID == NodeID(2) }
    #expect(own.map(\.key) == [3] && own.map(\.cause) == ["partition"])
    #expect(own.allSatisfy { $0.account.contains("In the 2 windows in a row that the rule counted") })
    #expect(own.allSatisfy { $0.tasks == 6...7 })
    #expect(conclusion.unjust(.unknown) == 0)
  }

  /// Both votes to all of its peers: the second goes no further, and who has no watcher among its peers is seen by none.
  @Test func openEquivocationStopsAtTheFirstHop() throws {
    let all = "[0, 1, 2, 3, 4, 5, 6, 7, 8]"
    let (_, conclusion) = try slashes(
      "", rules: "- {offence: equivocation, dispute: 5m}",
      extra: "adversaries: [{who: {operators: \(all)}, do: {equivocate: openly}, from: 6s}]")
    let unseen = conclusion.offences.filter { !$0.observable }
    #expect(!unseen.isEmpty && unseen.count < conclusion.offences.count)
    #expect(unseen.allSatisfy { $0.cause.contains("each hop set the second aside where it arrived") })
  }

  /// What watchers saw is told beside what aggregators had; and of what came through nothing was cut off.
  @Test func theAccountSaysWhatWatchersHeard() throws {
    let cut = "{at: 5s, for: 10s, partition: {isolate: [\"2\"]}}"
    let (found, _) = try slashes(cut)
    // The first window that it was slashed for has one task before the partition.
    let first = try #require(found.first { $0.key == 1 })
    #expect(
      first.account.contains("watchers heard 1, aggregators had 1 in time")
        && first.account.contains("In 1 it was cut off from every aggregator"))
    #expect(first.account.contains("No watcher accused it"))
    let second = try #require(found.first { $0.key == 2 })
    #expect(second.account.contains("watchers heard 0, aggregators had 0 in time"))
  }

  /// The guard that would have helped is found by judging again, and does help.
  @Test func aGuardThatWouldHaveHelpedDoes() throws {
    let cut = "{at: 5s, for: 10s, partition: {random: 50%}}"
    let (found, conclusion) = try slashes(cut)
    #expect(found.count > 9 && conclusion.unjust(.partition) > 9)
    let advised = found.filter { $0.remedy.contains("any guard (none of 2 tasks was certified)") }
    #expect(advised.count > 9)
    let guarded = careless.replacing("guard: none", with: "guard: {othersSigned: 1%}")
    let after = try slashes(cut, rules: guarded).all
    for one in advised {
      #expect(!after.contains { $0.operatorID == one.operatorID && $0.key == one.key })
    }
  }

  /// Some of its work comes after the certificates, some too late: 1.3 and 2 seconds of computing.
  @Test func overload() throws {
    let rule = careless.replacing("window: 4s", with: "window: 10s").replacing("40%", with: "60%")
    let slow = (
      "{at: 9s, for: 7s, slowCPU: {nodes: [\"2\"], factor: 62}}",
      "{at: 16s, for: 3s, slowCPU: {nodes: [\"2\"], factor: 100}}"
    )
    let (found, conclusion) = try slashes(
      "\(slow.0), \(slow.1)", rules: rule, service: "    aggregationGrace: 0ms")
    let own = found.filter { $0.operatorID == NodeID(2) }
    #expect(own.count == 1 && own.allSatisfy { $0.cause == "overload" })
    #expect(conclusion.unjust(.overload) == 1)
    #expect(own.allSatisfy { $0.account.contains("finished after the deadline") })
  }

  /// The aggregator takes what is new for the future.
  @Test func clock() throws {
    let (found, conclusion) = try slashes("{at: 5s, for: 8s, clock: {nodes: {role: aggregator}, behind: 3s}}")
    #expect(found.count >= 9 && found.allSatisfy { $0.cause == "clock" })
    #expect(conclusion.unjust(.clock) == found.count)
    #expect(found.allSatisfy { $0.account.contains("In force: clock") })
  }

  @Test func faultySoftware() throws {
    let (found, conclusion) = try slashes("{at: 5s, for: 10s, faultySoftware: {nodes: [\"2\"]}}")
    #expect(!found.isEmpty && found.allSatisfy { $0.operatorID == NodeID(2) && $0.cause == "faultySoftware" })
    #expect(conclusion.unjust(.faultySoftware) == found.count)
    #expect(found.allSatisfy { $0.account.contains("it signed another result than the truth") })
  }

  /// The aggregator may have the other instance's result first: then the operator is absent from the certificate.
  @Test func keyDuplication() throws {
    let (found, conclusion) = try slashes(
      "{at: 5s, for: 14s, keyDuplication: {nodes: [\"2\", \"8\"], disagree: 100%}}")
    #expect(
      !found.isEmpty
        && found.allSatisfy { $0.cause == "keyDuplication" && [2, 8].contains($0.operatorID.rawValue) })
    #expect(conclusion.unjust(.keyDuplication) == found.count)
    #expect(found.allSatisfy { $0.account.contains("In force: keyDuplication") })
  }

  @Test func quorumCapture() throws {
    let (found, conclusion) = try slashes(
      "", extra: "adversaries: [{who: {operators: [0, 1, 2, 3, 4, 5, 6]}, do: wrongQuorum}]")
    #expect(!found.isEmpty && found.allSatisfy { $0.operatorID.rawValue > 6 && $0.cause == "quorumCapture" })
    #expect(conclusion.unjust(.quorumCapture) == found.count)
    // The seven signed all the time: of settings only a guard that nobody could meet would have helped.
    #expect(
      found.allSatisfy { $0.remedy.contains("a guard above 87.50 %") && !$0.remedy.contains("any guard") })
  }

  /// Offences that the operator committed and did not choose are false positives of the culpable label: their causes too.
  @Test func offencesThatNobodyChose() throws {
    let rules = "- {offence: equivocation, dispute: 5m}\n- {offence: invalid_result, dispute: 5m}"
    let (found, conclusion) = try slashes(
      "{at: 5s, for: 6s, keyDuplication: {nodes: [\"1\"], disagree: 100%}}, {at: 12s, for: 6s, faultySoftware: {nodes: [\"2\", \"3\"]}}",
      rules: rules)
    func unchosen(_ cause: UnjustCause) -> Int {
      conclusion.summary.slashing.unchosenCauses.first { $0.cause == cause }?.slashes ?? 0
    }
    #expect(unchosen(.keyDuplication) >= 3 && unchosen(.faultySoftware) >= 6)
    #expect(found.count == conclusion.summary.slashing.culpable.falsePositive)
    #expect(found.count == unchosen(.keyDuplication) + unchosen(.faultySoftware))
    for one in found where one.operatorID == NodeID(1) {
      #expect(one.account.contains("Two instances ran with its key"))
    }
    let wrong = found.filter { $0.operatorID != NodeID(1) }
    #expect(
      wrong.allSatisfy { $0.remedy.contains("2 operators with 22 % of the stake were accused of the same") })
  }

  /// Down for two windows of three: the rule is broken, nobody chose it, and the record says which grace would have done.
  @Test func crash() throws {
    let (found, conclusion) = try slashes("{at: 5s, for: 8s, crash: {nodes: [\"2\"]}}")
    let own = found.filter { $0.unchosen != nil }
    #expect(found.allSatisfy { $0.operatorID == NodeID(2) })
    #expect(own.count >= 2 && own.allSatisfy { $0.unchosen == .crash && $0.account.contains("(crashed)") })
    #expect(own.allSatisfy { $0.remedy.contains("a grace of more than") })
    #expect(conclusion.summary.slashing.unchosenCauses.first { $0.cause == .crash }?.slashes == own.count)
  }
}
