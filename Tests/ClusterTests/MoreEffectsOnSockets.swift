// What `EffectsOnSockets` does not tell of: floods of control messages, old messages said again, aggregators and resolvers that
// misbehave, Sybils, and frames cut in half. The same texts as in the simulator's stories where the numbers allow.

import AVS
import Basics
import Gossip
import Participants
import Reporting
import Runs
import Scenarios
import Testing

@testable import Cluster

/// Ten operators (nodes 0 to 9), a watcher (10), an aggregator (11).
private func run(
  _ extra: String, gossip: String = "", service: String = "", stakes: String = "100ETH",
  rules: String = "- {offence: equivocation, dispute: 1m}", span: String = "1600ms", topicPeers: Int = 12,
  isMeant: @escaping (String) -> Bool = { _ in false }
) throws -> (conclusion: Conclusion, counters: Counters) {
  let indent = rules.split(separator: "\n").map { "      " + $0 }.joined(separator: "\n")
  let text = """
    name: more
    duration: \(span)
    settle: 1h
    network:
      topology: {generate: random-regular, degree: 6}
      topicPeers: \(topicPeers)
      links: {latency: {uniform: {min: 2ms, max: 10ms}}}
      gossip: {heartbeat: 250ms\(gossip)}
    chain: {blockTime: 250ms, rpcDelay: 5ms}
    operators: {count: 10, stakes: \(stakes)}
    watchers: {count: 1}
    aggregators: coordinator
    services:
      - name: oracle
        operators: all
        task: {arrival: {periodic: {every: 400ms}}, size: 64B, compute: 10ms}
        quorum: 50%
        responseWindow: 1s
    \(service)
        rules:
    \(indent)
    \(extra)
    """
  let scenario = try Scenario.parse(file: "more", bytes: Array(text.utf8))
  let run = try ClusterRun(scenario, try Blueprint(scenario, engine: .cluster), ClusterOptions())
  defer { run.close() }
  run.noticed = { if !isMeant($0) { Issue.record("\($0)") } }
  try run.connect()
  run.run(until: .never)
  let conclusion = run.conclude(run.settle())
  #expect(conclusion.summary.checks.allSatisfy { $0.holds }, "\(conclusion.summary.checks)")
  return (conclusion, run.nodes.counters)
}

extension Conclusion {
  fileprivate func received(_ node: Int) -> Int {
    attestations.count { $0.operatorID == NodeID(node) && $0.receivedAt != nil }
  }
  fileprivate func offenders(_ offence: OffenceClass) -> Set<Int> {
    Set(offences.filter { $0.offenceClass == offence }.map { Int($0.operatorID.rawValue) })
  }
  fileprivate func published(_ node: Int) -> Int {
    attestations.count { $0.operatorID == NodeID(node) && $0.publishedAt != nil }
  }
}

@Suite(.serialized) struct MoreEffectsOnSockets {
  /// Who looks before it acts: nobody who has the watcher for a peer equivocates, and who was accused stops. Four who would need
  /// five votes do not lie.
  @Test func adaptiveAdversariesSeeWhatTheirNodesSee() throws {
    let all = "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]"
    let (sly, _) = try run(
      "adversaries: [{who: {operators: \(all)}, do: equivocate, when: unwatched}]", span: "1200ms",
      topicPeers: 6)
    let offenders = sly.offenders(.equivocation)
    #expect(!offenders.isEmpty && offenders.count <= 6, "six of eleven peers are the watcher's: \(offenders)")

    let (bold, _) = try run("adversaries: [{who: {operators: [3]}, do: equivocate}]", span: "4s")
    let (shy, _) = try run(
      "adversaries: [{who: {operators: [3]}, do: equivocate, when: unaccused}]", span: "4s")
    let tasks = shy.offences.filter { $0.offenceClass == .equivocation }.count
    #expect(tasks >= 1 && tasks * 2 < bold.offences.count { $0.offenceClass == .equivocation })
    #expect(shy.published(3) > tasks, "it goes on honestly")

    let (modest, _) = try run(
      "adversaries: [{who: {operators: [0, 1, 2, 3]}, do: wrongQuorum}]",
      rules: "- {offence: invalid_result, dispute: 1m}")
    #expect(modest.offenders(.invalidResult).isEmpty && modest.summary.tasks.wrong == 0)
  }

  /// Five of ten are down, the slow one has heard the other four: its vote decides, and it keeps it.
  @Test func theDecidingVoteIsWithheld() throws {
    let faults = """
      faults:
        - {at: 0s, for: 4s, slowCPU: {nodes: ["0"], factor: 20}}
        - {at: 0s, for: 4s, crash: {nodes: ["1", "2", "3", "4", "5"]}}
      """
    let (honest, _) = try run(faults, span: "2400ms")
    let (pivotal, _) = try run(
      "adversaries: [{who: {operators: [0]}, do: silent, when: pivotal}]\n" + faults, span: "2400ms")
    #expect(honest.summary.tasks.certified >= 3)
    #expect(pivotal.summary.tasks.certified < honest.summary.tasks.certified / 2)
    #expect(pivotal.published(0) < honest.published(0))
  }

  /// Three floods at once, by nodes 0 to 2: each moves a number that only it can move. Nobody else loses anything by it.
  @Test func floodsOfControlMeetTheirLimits() throws {
    let (conclusion, counters) = try run(
      """
      adversaries:
        - {who: {operators: [0]}, do: {ihaveFlood: {count: 15}}}
        - {who: {operators: [1]}, do: {iwantFlood: {count: 8}}}
        - {who: {operators: [2]}, do: {graftSpam: {count: 4}}}
      """, gossip: ", iwantFollowup: 500ms", span: "1800ms")
    let gossip = conclusion.summary.gossip
    #expect(gossip.brokenPromises > 50 && gossip.ihaveRefused > 20)
    #expect(gossip.iwantRefused > 50 && counters.iwantServed > 50)
    #expect(gossip.graftRefused > 20 && gossip.prune > gossip.graftRefused)
    for node in 0..<10 { #expect(conclusion.received(node) > 0, "node \(node)") }
    #expect(conclusion.summary.slashing.micro.falsePositive == 0)
  }

  /// P7: who floods is graylisted, and is heard no more; node 9 is.
  @Test func aScoreEndsTheFlood() throws {
    let (conclusion, counters) = try run(
      "adversaries: [{who: {operators: [0]}, do: {graftSpam: {count: 15}}}]",
      gossip:
        ", score: {thresholds: {gossip: -10, publish: -20, graylist: -40}, behaviourWeight: -1, behaviourThreshold: 2}"
    )
    #expect(conclusion.summary.gossip.graylistings > 0 && counters.graylisted > 0)
    #expect(conclusion.received(0) < conclusion.received(9))
  }

  /// What every router has forgotten is sent again: more is published than was signed. Rows are recycled by the 256, so node 4 says a
  /// lot; what is old ends at the first hop.
  @Test func theForgottenIsSentAgainAndIgnored() throws {
    let (conclusion, counters) = try run(
      """
      adversaries:
        - {who: {operators: [3]}, do: {replay: {count: 4}}}
        - {who: {operators: [4]}, do: {spam: {count: 60}}}
      """, gossip: ", mcacheLength: 4, gossipWindows: 3, seenTTL: 1100ms", span: "6s")
    let votes = conclusion.attestations.count { $0.publishedAt != nil }
    let noise = 60 * conclusion.published(4)
    #expect(counters.published > UInt64(votes + noise), "\(counters.published), \(votes), \(noise)")
    #expect(conclusion.slashes.isEmpty && conclusion.summary.gossip.invalid == 0)
    #expect(conclusion.summary.tasks.certified > 0)
  }

  /// What goes round without trouble, and what is left of it when everybody censors everybody, when everybody passes on a tenth, and
  /// when one sends twenty more of each.
  @Test func copiesAreFewerUnderCensorsAndMoreUnderSpam() throws {
    let all = "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]"
    func copies(_ adversary: String) throws -> (perVote: Double, Conclusion, Counters) {
      let (conclusion, counters) = try run("adversaries: [\(adversary)]", span: "900ms")
      let votes = conclusion.attestations.count { $0.publishedAt != nil }
      #expect(conclusion.summary.tasks.certified > 0, "gossip makes up for it")
      return (Double(counters.copiesReceived) / Double(max(votes, 1)), conclusion, counters)
    }
    let calm = try copies("").perVote
    let censored = try copies("{who: {operators: \(all)}, do: {censor: {victims: \(all)}}}").perVote
    let degraded = try copies("{who: {operators: \(all)}, do: {degrade: {passes: 10%}}}").perVote
    #expect(censored < calm * 0.7 && degraded < calm * 0.8, "\(calm), \(censored), \(degraded)")
    let (_, conclusion, counters) = try copies("{who: {operators: [4]}, do: {spam: {count: 20}}}")
    let own = conclusion.attestations.count { $0.operatorID == NodeID(4) && $0.publishedAt != nil }
    let votes = conclusion.attestations.count { $0.publishedAt != nil }
    #expect(own > 0 && counters.published >= UInt64(votes + 20 * own))
    #expect(counters.ignored >= UInt64(20 * own), "set aside at the first hop")
  }

  /// Nobody has heard of two of ten: their silence is brought before the holders, who go over to the fork.
  @Test func holdersDecideWhoWithheld() throws {
    let (conclusion, _) = try run(
      "adversaries: [{who: {operators: [1, 2]}, do: withhold, from: 700ms, until: 900ms}]",
      service: "    aggregationGrace: 300ms\n    challenge: {bond: 1ETH, purse: 5ETH}",
      rules: "- {offence: withholding, penalty: 100%, dispute: 1m, fork: {cohesion: 60%}}")
    let task = try #require(conclusion.tasks.first { $0.due == .zero + .milliseconds(800) }?.id)
    #expect(conclusion.forks.first { $0.task == task }?.outcome == "cohesion")
    let slashed = conclusion.slashes.filter { $0.state == .executed && $0.key == UInt64(task.rawValue) }
    #expect(Set(slashed.map(\.operatorID)).isSuperset(of: [NodeID(1), NodeID(2)]))
    #expect(slashed.allSatisfy { $0.offenceClass == .withholding })
    let found = conclusion.summary.slashing.classes.first { $0.offenceClass == .withholding }
    #expect(found?.offences == 2 && found?.counts.truePositive == 2)
  }

  /// The aggregator leaves node 3 out, and later sends nothing; the resolver lets the guilty go.
  @Test func whoDecidesMisbehaves() throws {
    let (conclusion, _) = try run(
      """
      adversaries:
        - {who: {operators: {nodes: ["11"]}}, do: {aggregatorWithholding: {victims: [3]}}}
        - {who: {operators: {nodes: ["11"]}}, do: aggregatorWithholding, from: 1200ms}
        - {who: {operators: [1]}, do: equivocate}
        - {who: {operators: {nodes: ["10"]}}, do: vetoAbuse}
      """,
      rules: """
        - {offence: equivocation, dispute: 1m, veto: {resolver: "10", window: 5m}}
        - {offence: liveness, window: 800ms, threshold: 40%, guard: {othersSigned: 10%}, dispute: 1m}
        """, span: "2s")
    #expect(conclusion.received(3) > 0)
    let unjust = conclusion.slashes.filter { $0.state == .executed && $0.operatorID == NodeID(3) }
    #expect(!unjust.isEmpty && unjust.allSatisfy { $0.cause == "aggregatorCensorship" })
    let late = conclusion.tasks.filter { $0.due >= .zero + .milliseconds(1_200) }
    #expect(late.count >= 2 && late.allSatisfy { $0.certificateAt == nil && $0.quorumAt != nil })
    #expect(conclusion.tasks.contains { $0.certificateAt != nil })
    let double = conclusion.summary.slashing.classes.first { $0.offenceClass == .equivocation }
    #expect((double?.vetoed ?? 0) > 0 && double?.counts.truePositive == 0)
  }

  /// Seven of ten identities are worth nothing: they pass nothing on from the first moment (0 to 2), or fall silent together
  /// (3 to 6, at 0.7 s), and the stake certifies all the same.
  @Test func identitiesWithoutStakeDecideNothing() throws {
    let stakes = Array(repeating: "1ETH", count: 7) + Array(repeating: "1000ETH", count: 3)
    let (conclusion, _) = try run(
      """
      adversaries:
        - {who: {operators: [0, 1, 2]}, do: withhold}
        - {who: {operators: [3, 4, 5, 6]}, do: withhold, from: 700ms}
      """, stakes: "[\(stakes.joined(separator: ", "))]")
    #expect(conclusion.summary.tasks.certified == conclusion.summary.tasks.issued)
    for node in 0..<3 { #expect(conclusion.published(node) == 0) }
    for one in conclusion.attestations where (3...6).contains(Int(one.operatorID.rawValue)) {
      let due = conclusion.tasks[one.task.index].due
      #expect((one.publishedAt != nil) == (due < .zero + .milliseconds(700)))
    }
  }

  /// Four swarms at once, of which each has a word of its own: on sockets they take places in meshes as in virtual time, and what
  /// comes and goes leaves. Nobody owes them anything, and the stake certifies all the same.
  @Test func swarmsOfSybilsTakePlacesInMeshes() throws {
    let (conclusion, counters) = try run(
      """
      adversaries:
        - {do: {coldBoot: {count: 8, dials: 6, addresses: 2}}}
        - {do: {covertFlash: {count: 8, dials: 6}}, from: 800ms}
        - {do: {sybil: {count: 8, dials: 6}}, from: 400ms}
        - {do: {eclipse: {victims: [2], count: 8}}, from: 400ms}
      """, gossip: ", floodPublish: false", span: "2400ms")
    let sybils = try #require(conclusion.summary.sybils)
    #expect(sybils.count == 32 && conclusion.summary.nodes == 12 + 32)
    #expect((sybils.meshSharePeak ?? 0) > 0.3)
    #expect(counters.graftAccepted > 60)
    #expect(conclusion.summary.tasks.certified == conclusion.summary.tasks.issued)
    for node in 0..<10 { #expect(conclusion.received(node) > 0, "node \(node)") }
    let (calm, _) = try run("", gossip: ", floodPublish: false", span: "2400ms")
    #expect(calm.summary.sybils == nil)
    #expect(conclusion.summary.attestations.due == calm.summary.attestations.due)
  }

  /// Frames cut in half cost the connection, and nothing whole leaves the node; another hears of its tasks 300 ms late.
  @Test func truncatedFramesReachNobody() throws {
    let (conclusion, _) = try run(
      "faults: [{at: 0s, for: 5s, truncate: {share: 100%, nodes: [1]}}, {at: 0s, for: 5s, rpcDelay: {nodes: [5], add: 300ms}}]",
      span: "1200ms",
      isMeant: { $0.contains("cost a peer its connection") || $0.hasPrefix(ClusterRun.refusalNotice) })
    #expect(conclusion.summary.gossip.invalid > 0)
    #expect(conclusion.published(1) > 0 && conclusion.received(1) == 0)
    let slow = conclusion.attestations.filter { $0.operatorID == NodeID(5) }
    #expect(slow.contains { $0.publishedAt != nil })
    for row in slow {
      #expect((row.publishedAt ?? .never) - conclusion.tasks[row.task.index].due >= .milliseconds(300))
    }
    #expect(conclusion.received(9) > 0)
  }
}

/// The vocabulary of the timeline, given to a running cluster.
@Suite(.serialized) struct LiveVocabularyTests {
  static let faults = [
    "partition: {random: 30%}", "partition: {isolate: [1], oneWay: true}", "partition: {bridge: 2}",
    "latency: {add: 10ms}", "jitter: {most: 10ms}", "bandwidth: {rate: 10Mbit/s, queue: 64KiB}",
    "throttle: {nodes: 2, rate: 10Mbit/s, queue: 64KiB}", "loss: 1%", "loss: {share: 1%, of: messages}",
    "burstLoss: {worsen: 1%, recover: 50%}", "duplicate: 1%", "reorder: {share: 1%, by: 5ms}",
    "flap: {up: 1s, down: 10ms}", "clog: {every: 1s, longest: 10ms}", "for: 1s, hold: {nodes: 1}",
    "for: 1s, swizzleClog: {nodes: 2, within: 100ms}", "eclipse: {nodes: 1, keep: 2}",
    "corrupt: {share: 0.01%, nodes: [1]}", "truncate: {share: 0.01%, nodes: [1]}",
    "crash: {nodes: [2]}, restart: 300ms", "rollingRestart: {nodes: 2, down: 100ms, every: 100ms}",
    "for: 1s, restartStorm: {nodes: 1, down: 100ms, times: 1}",
    "for: 1s, churn: {nodes: 1, session: 500ms, down: 100ms}", "for: 200ms, aggregatorCrash: all",
    "pause: {nodes: 1}", "rpcDelay: {nodes: 1, add: 10ms}", "slowCPU: {nodes: 1, factor: 2}",
    "clock: {nodes: 1, ahead: 10ms}",
    "keyDuplication: {nodes: 1, disagree: 10%}", "faultySoftware: {nodes: 1}", "chainHalt: true",
    "slowBlocks: 10%", "gasSpike: 2", "reorg: 1", "censorTransaction: {share: 10%}",
    "for: 1s, swarm: {rate: 5/s, longest: 100ms, kinds: [latency, loss, chainHalt]}",
  ]

  /// Every fault of the timeline is taken live, is in force under its name, and is healed.
  @Test func everyFaultComesByCommand() throws {
    let scratch = try Scratch()
    var options = ClusterOptions()
    options.controlSocket = scratch.path + "/control.sock"
    let scenario = try Scenario.parse(
      file: "live",
      bytes: Array(
        """
        name: live
        duration: 20s
        settle: 10m
        network:
          topology: {generate: random-regular, degree: 6}
          links: {latency: {uniform: {min: 2ms, max: 10ms}}}
          regions: ethereum
        chain: {blockTime: 1s, rpcDelay: 5ms, finality: 3, reorgs: 2, fees: {baseFee: 5gwei}}
        operators: {count: 8, stakes: 100ETH}
        watchers: {count: 1}
        aggregators: coordinator
        services: [{name: x, operators: all, task: {arrival: {periodic: {every: 500ms}}}, quorum: 50%, responseWindow: 2s}]
        """.utf8))
    let run = try ClusterRun(scenario, try Blueprint(scenario, engine: .cluster), options)
    defer { run.close() }
    run.noticed = { _ in }
    try run.connect()
    let command = try Command(run, scratch.path + "/control.sock")
    defer { command.close() }
    for fault in Self.faults + ["regionOutage: europe, restart: 300ms"] {
      let answer = try command.ask(.inject(yaml: "{\(fault)}"))
      #expect(answer.code == 0 && !answer.text.isEmpty, "\(fault): \(answer.text)")
    }
    let names = Set(run.faultRows.map(\.kind))
    for name in [
      "partition", "oneWay", "clock", "keyDuplication", "faultySoftware", "gasSpike", "reorg", "truncate",
    ] {
      #expect(names.contains(name), "\(name)")
    }
    #expect(try command.ask(.heal(id: nil)).code == 0)
  }
}
