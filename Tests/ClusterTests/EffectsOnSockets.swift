// Faults and misbehaviour on sockets: few runs with many of them at once, each seen in what only it can do to its own operator.
// What a fault does to a link is shown frame by frame in `LinkEffectsOnSockets`; FAULTS.md says which test covers which row.
//
// Everything here holds on a busy machine too: what must be late has a lower bound, and what is compared with others is
// compared within the same run.

import AVS
import Basics
import Participants
import Reporting
import Runs
import Scenarios
import Testing

@testable import Cluster

/// Fourteen operators (nodes 0 to 13), a watcher (14), an aggregator (15); a third of the stake is a quorum, so that many can
/// misbehave at once.
private func crowd(
  _ extra: String, service: String = "", rules: String = "- {offence: equivocation, dispute: 1m}",
  quorum: String = "34%", span: String = "2s"
) throws -> Conclusion {
  let indent = rules.split(separator: "\n").map { "      " + $0 }.joined(separator: "\n")
  let text = """
    name: crowd
    duration: \(span)
    settle: 1h
    network:
      topology: {generate: random-regular, degree: 6}
      links: {latency: {uniform: {min: 2ms, max: 10ms}}}
      gossip: {heartbeat: 250ms}
    chain: {blockTime: 500ms, rpcDelay: 5ms}
    operators: {count: 14, stakes: 100ETH}
    watchers: {count: 1}
    aggregators: coordinator
    services:
      - name: oracle
        operators: all
        task: {arrival: {periodic: {every: 400ms}}, size: 64B, compute: 10ms}
        quorum: \(quorum)
        responseWindow: 1500ms
    \(service)
        rules:
    \(indent)
    \(extra)
    """
  let scenario = try Scenario.parse(file: "crowd", bytes: Array(text.utf8))
  let run = try ClusterRun(scenario, try Blueprint(scenario, engine: .cluster), ClusterOptions())
  defer { run.close() }
  run.noticed = { Issue.record("\($0)") }
  try run.connect()
  run.run(until: .never)
  let conclusion = run.conclude(run.settle())
  #expect(conclusion.summary.checks.allSatisfy { $0.holds }, "\(conclusion.summary.checks)")
  return conclusion
}

extension Conclusion {
  private func own(_ node: Int) -> [AttestationRow] { attestations.filter { $0.operatorID == NodeID(node) } }

  /// From publication to the aggregator, milliseconds; what never came counts as for ever.
  fileprivate func delays(_ node: Int) -> [Double] {
    own(node).compactMap { row in
      guard let published = row.publishedAt else { return nil }
      return row.receivedAt.map { ($0 - published).seconds * 1_000 } ?? .infinity
    }.sorted()
  }
  fileprivate func median(_ node: Int) -> Double {
    let sorted = delays(node)
    return sorted.isEmpty ? .infinity : sorted[sorted.count / 2]
  }
  /// From the due instant to publication, milliseconds.
  fileprivate func worked(_ node: Int) -> [Double] {
    own(node).compactMap { row in row.publishedAt.map { ($0 - tasks[row.task.index].due).seconds * 1_000 } }
  }
  fileprivate func published(_ node: Int) -> Int { own(node).count { $0.publishedAt != nil } }
  fileprivate func received(_ node: Int) -> Int { own(node).count { $0.receivedAt != nil } }
  fileprivate func causes(_ node: Int) -> Set<Reporting.MissCause> { Set(own(node).compactMap(\.cause)) }
  fileprivate func executed(_ offence: OffenceClass) -> Set<Int> {
    Set(
      slashes.filter { $0.state == .executed && $0.offenceClass == offence }.map {
        Int($0.operatorID.rawValue)
      })
  }
}

@Suite(.serialized) struct EffectsOnSockets {
  /// Node 13 is left in peace: what happens to the others is more than what happens to it.
  @Test func linksDoToTheirOperatorWhatTheirFaultsSay() throws {
    let conclusion = try crowd(
      """
      faults:
        - {at: 0s, for: 5s, latency: {add: 300ms, nodes: [0]}}
        - {at: 0s, for: 5s, jitter: {most: 20s, correlation: 0%, nodes: [1]}}
        - {at: 0s, for: 5s, loss: {share: 100%, of: messages, nodes: [2]}}
        - {at: 0s, for: 5s, reorder: {share: 100%, by: 300ms, nodes: [3]}}
        - {at: 0s, for: 1200ms, hold: {nodes: [4]}}
        - {at: 0s, for: 5s, bandwidth: {rate: 1kbit/s, queue: 2KiB, nodes: [5]}}
        - {at: 0s, for: 5s, burstLoss: {worsen: 100%, recover: 0.01%, lossBad: 100%, nodes: [6]}}
        - {at: 0s, for: 5s, throttle: {nodes: [7], rate: 1kbit/s, queue: 2KiB}}
        - {at: 0s, for: 5s, flap: {up: 1ms, down: 1h, nodes: [8]}}
        - {at: 0s, for: 5s, partition: {isolate: [9]}}
        - {at: 0s, for: 5s, eclipse: {nodes: [10], keep: 0}}
        - {at: 0s, for: 1200ms, swizzleClog: {nodes: [11], within: 400ms}}
      """)
    let calm = conclusion.median(13)
    #expect(conclusion.received(13) > 0)
    #expect(conclusion.delays(0).allSatisfy { $0 >= 300 } && conclusion.received(0) > 0)
    #expect(conclusion.median(1) > calm + 100)
    #expect(conclusion.published(2) > 0 && conclusion.received(2) == 0)
    #expect(conclusion.delays(3).allSatisfy { $0 >= 300 } && conclusion.received(3) > 0)
    let held = conclusion.attestations.filter {
      $0.operatorID == NodeID(4) && ($0.publishedAt ?? .never) < .zero + .milliseconds(1_200)
    }
    #expect(!held.isEmpty && held.allSatisfy { ($0.receivedAt ?? .never) >= .zero + .milliseconds(1_200) })
    #expect(conclusion.median(5) > calm + 100)
    #expect(conclusion.received(6) <= 1, "the chain's first step may find it in the good state")
    #expect(conclusion.median(7) > calm + 100)
    for node in [8, 9, 10] {
      #expect(conclusion.published(node) > 0 && conclusion.received(node) == 0, "node \(node)")
    }
    #expect(conclusion.causes(9) == [.partitioned])
    #expect((conclusion.delays(11).last ?? 0) > calm + 100)
  }

  @Test func nodesDoWhatTheirFaultsSay() throws {
    let conclusion = try crowd(
      """
      faults:
        - {at: 0s, for: 5s, slowCPU: {nodes: [0], factor: 30}}
        - {at: 0s, for: 5s, clock: {nodes: [1], ahead: 4s}}
        - {at: 0s, for: 5s, clock: {nodes: [2], behind: 10m}}
        - {at: 0s, for: 5s, faultySoftware: {nodes: [3]}}
        - {at: 0s, for: 5s, keyDuplication: {nodes: [4], disagree: 100%}}
        - {at: 0s, for: 900ms, pause: {nodes: [5]}}
        - {at: 700ms, rollingRestart: {nodes: [6, 7], down: 200ms, every: 300ms}}
        - {at: 100ms, for: 2s, restartStorm: {nodes: [8], down: 100ms, times: 3}}
        - {at: 100ms, for: 2s, churn: {nodes: [9], session: 400ms, down: 200ms}}
        - {at: 0s, crash: {nodes: [10]}, restart: 1s}
      """, rules: "- {offence: equivocation, dispute: 1m}\n- {offence: invalid_result, dispute: 1m}")
    #expect(conclusion.worked(0).allSatisfy { $0 >= 300 } && conclusion.published(0) > 0)
    #expect(conclusion.published(1) == 0 && conclusion.causes(1) == [.clock], "over, by its clock")
    // What the others signed is from the future by this clock, and it passes nothing of it on; its own comes through.
    #expect(conclusion.received(2) > 0)
    #expect(conclusion.executed(.invalidResult).isSuperset(of: [3]))
    #expect(conclusion.offences.filter { $0.operatorID == NodeID(3) }.allSatisfy { !$0.culpable })
    #expect(conclusion.executed(.equivocation) == [4])
    #expect(
      conclusion.worked(5).contains { $0 >= 100 }
        && conclusion.attestations.allSatisfy {
          $0.operatorID != NodeID(5) || ($0.publishedAt ?? .never) >= .zero + .milliseconds(900)
        })
    let first = conclusion.attestations.filter { $0.operatorID == NodeID(10) }.compactMap(\.publishedAt).min()
    #expect(try #require(first) >= .zero + .seconds(1), "it makes up for what it missed")
    let faults = conclusion.summary.faults.filter { $0.kind == "crash" }
    #expect(faults.count >= 2 + 3 + 1 + 1, "restarts come as crashes, one by one: \(faults.count)")
    // The last of them over, everybody is heard again.
    for node in [5, 6, 7, 8, 10] { #expect(conclusion.received(node) > 0, "node \(node)") }
  }

  @Test func theAggregatorsProcessEnds() throws {
    let conclusion = try crowd("faults: [{at: 0s, for: 9s, aggregatorCrash: all}]", span: "800ms")
    #expect(conclusion.summary.tasks.issued > 0 && conclusion.summary.tasks.certified == 0)
    #expect(conclusion.summary.attestations.signed > 0)
  }

  /// Node 13 is honest, and so are 10 to 12.
  @Test func adversariesShowAndAreFound() throws {
    let conclusion = try crowd(
      """
      adversaries:
        - {who: {operators: [0]}, do: silent}
        - {who: {operators: [1]}, do: {late: {past: 100ms}}}
        - {who: {operators: [2]}, do: equivocate}
        - {who: {operators: [3]}, do: {equivocate: openly}}
        - {who: {operators: [4]}, do: invalidResult}
        - {who: {operators: [5]}, do: lazyCopy}
        - {who: {operators: [6]}, do: invalidSignature}
        - {who: {operators: [7]}, do: {impersonate: {victims: [13]}}}
        - {who: {operators: [8]}, do: {forgedEvidence: {victims: [13]}}}
        - {who: {operators: [9]}, do: {griefing: {count: 1}}}
        - {who: {operators: [10]}, do: withhold}
        - {who: {operators: [11]}, do: {late: {inside: 300ms}}}
        - {who: {operators: [12], services: [oracle]}, do: {maliciousService: {share: 10%}}}
      """, service: "    canaries: 50%\n    challenge: {bond: 1ETH, purse: 2ETH}",
      rules: """
        - {offence: equivocation, dispute: 1m}
        - {offence: invalid_result, dispute: 1m}
        - {offence: lazy_copy, dispute: 1m}
        - {offence: forged_evidence, dispute: 1m}
        - {offence: griefing, dispute: 1m}
        """)
    #expect(conclusion.published(0) == 0 && conclusion.causes(0) == [.silent])
    let past = conclusion.attestations.filter { $0.operatorID == NodeID(1) }
    #expect(past.allSatisfy { !$0.onTime }, "after the end of the window nothing counts")
    #expect(conclusion.executed(.equivocation) == [2, 3])
    #expect(conclusion.executed(.invalidResult).isSuperset(of: [4]))
    #expect(
      conclusion.executed(.invalidResult).isSubset(of: [2, 3, 4]), "one half of an equivocation is wrong")
    #expect(conclusion.executed(.lazyCopy) == [5])
    #expect(conclusion.published(6) > 0 && conclusion.received(6) == 0)
    #expect(conclusion.summary.gossip.invalid >= conclusion.published(6))
    #expect(conclusion.received(13) > conclusion.tasks.count / 2, "whoever is impersonated loses nothing")
    #expect(conclusion.executed(.forgedEvidence) == [8])
    #expect(conclusion.executed(.griefing) == [9])
    #expect(conclusion.summary.challenges.forfeitedWei == 4_000_000_000_000_000_000, "two purses are empty")
    #expect(conclusion.summary.challenges.turnedAway > 0)
    #expect(conclusion.published(10) == 0)
    // The window is 1.5 s long.
    #expect(conclusion.worked(11).allSatisfy { $0 >= 1_200 })
    #expect(conclusion.executed(.maliciousService) == [12])
    for offence in [OffenceClass.equivocation, .invalidResult, .lazyCopy, .forgedEvidence, .griefing] {
      let counts = conclusion.summary.slashing.classes.first { $0.offenceClass == offence }?.counts
      #expect(counts?.falsePositive == 0, "\(offence.rawValue)")
    }
  }

  /// Votes around votes; and a wrong quorum where no contract can judge: the three who worked the task out go over to the fork.
  @Test func coalitionsShowAndAreFound() throws {
    let conclusion = try crowd(
      """
      adversaries:
        - {who: {operators: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}, do: wrongQuorum, from: 300ms, until: 500ms}
        - {who: {operators: [11]}, do: {surround: {back: 2}}, from: 1500ms}
        - {who: {operators: [0, 1]}, do: {censor: {victims: [12]}}}
        - {who: {operators: [2, 3]}, do: {degrade: {passes: 10%}}}
        - {who: {operators: [4]}, do: {spam: {count: 20}}, from: 700ms, until: 1s}
      """,
      service: "    kind: {checkpoint: {epoch: 400ms}}\n    challenge: {bond: 1ETH, purse: 3ETH}",
      rules: """
        - {offence: surround, dispute: 1m}
        - {offence: wrong_quorum, evidence: intersubjective, penalty: 100%, dispute: 1m, fork: {cohesion: 80%}}
        """, quorum: "67%", span: "2400ms")
    #expect(conclusion.executed(.surround) == [11])
    let fork = try #require(conclusion.forks.first)
    #expect(conclusion.forks.count == 1 && fork.outcome == "cohesion")
    #expect(fork.sides.filter { $0.side == .fork }.map { Int($0.node.rawValue) } == [11, 12, 13])
    #expect(conclusion.summary.tasks.wrong == 1)
    let wrong = conclusion.executed(.wrongQuorum)
    #expect(wrong.count >= 10 && wrong.isSubset(of: Set(0...10)))
    #expect(conclusion.received(12) > 0, "gossip makes up for censors")
  }

  @Test func linksAndNodesAreStruckAsInTheSimulator() throws {
    let extra = """
      adversaries:
        - {who: {operators: [4]}, do: {impersonate: {victims: [0]}}}
      faults:
        - {at: 200ms, for: 2500ms, duplicate: {share: 100%, nodes: [0]}}
        - {at: 200ms, for: 2500ms, corrupt: {share: 5%, nodes: [3]}}
        - {at: 200ms, for: 2500ms, partition: {isolate: [1], oneWay: true}}
        - {at: 500ms, for: 1s, pause: {nodes: [2]}}
        - {at: 200ms, for: 2500ms, keyDuplication: {nodes: [5], disagree: 100%}}
      """
    let scenario = try smallScenario(extra, duration: "3s")
    let run = try ClusterRun(scenario, try Blueprint(scenario, engine: .cluster), ClusterOptions())
    defer { run.close() }
    // That damaged frames cost connections is noticed, and meant.
    run.noticed = { #expect($0.contains("cost a peer its connection"), "\($0)") }
    try run.connect()
    run.run(until: .never)
    let conclusion = run.conclude(run.settle())
    let summary = conclusion.summary
    #expect(summary.gossip.invalid > 0, "corrupted frames, and votes in another's name")
    let mute = conclusion.attestations.filter { $0.operatorID == NodeID(1) && $0.publishedAt != nil }
    #expect(mute.contains { $0.receivedAt == nil }, "it publishes and is not heard")
    #expect(
      conclusion.offences.contains { $0.operatorID == NodeID(5) && !$0.culpable && $0.cause.contains("key") })
    #expect(conclusion.offences.allSatisfy { $0.offenceClass != .equivocation || $0.operatorID == NodeID(5) })
    #expect(summary.checks.allSatisfy { $0.holds })
  }
}
