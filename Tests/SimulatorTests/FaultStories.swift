// Every fault of the vocabulary shows in the measured numbers of a run: a name with no effect would be a promise not kept.

import AVS
import Basics
import Network
import Participants
import Reporting
import Runs
import Scenarios
import Simulator
import Testing

let usualRules = """
  - {offence: equivocation, dispute: 5m}
  - {offence: invalid_result, dispute: 5m}
  - {offence: liveness, window: 10s, threshold: 60%, dispute: 5m}
  """

/// Nine operators, two watchers (nodes 9 and 10) and an aggregator (node 11), eight tasks after the warm-up.
func story(
  seed: UInt64 = 1, _ extra: String = "", service: String = "", rules: String = usualRules,
  network: String = "", aggregators: String = "coordinator"
) throws -> Conclusion {
  let indent = rules.split(separator: "\n").map { "      " + $0 }.joined(separator: "\n")
  let text = """
    name: story
    seed: \(seed)
    duration: 20s
    warmup: 3s
    settle: 1h
    network:
      topology: {generate: random-regular, degree: 6}
      links: {latency: {uniform: {min: 10ms, max: 80ms}}}
      topicPeers: 6
    \(network)
    operators: {count: 9, stakes: 1000ETH}
    watchers: {count: 2}
    aggregators: \(aggregators)
    services:
      - name: oracle
        operators: all
        task: {arrival: {periodic: {every: 2s}}, compute: 20ms}
        quorum: 67%
        responseWindow: 1500ms
    \(service)
        rules:
    \(indent)
    \(extra)
    """
  let scenario = try Scenario.parse(file: "story.yaml", bytes: Array(text.utf8))
  var simulation = try Simulation(try Blueprint(scenario))
  simulation.run(until: .never)
  let conclusion = simulation.conclude(simulation.settle())
  #expect(conclusion.summary.checks.allSatisfy { $0.holds }, "\(conclusion.summary.checks)")
  return conclusion
}

private func under(_ fault: String, seed: UInt64 = 1, _ span: String = "at: 3s, for: 16s") throws
  -> Conclusion
{
  try story(seed: seed, "faults: [{\(span), \(fault)}]")
}

extension Conclusion {
  fileprivate var onTime: Int { summary.attestations.onTime }
  fileprivate var copies: Int { summary.gossip.messageCopies }
  fileprivate var p99: Double { summary.latency.propagation.p99 ?? 0 }
  func of(_ offence: OffenceClass) -> SlashAccuracy.Class {
    summary.slashing.classes.first { $0.offenceClass == offence }!
  }
  func unjust(_ cause: UnjustCause) -> Int {
    summary.slashing.causes.first { $0.cause == cause }?.slashes ?? 0
  }
}

@Suite struct FaultStories {
  private static let calm = Result { try story() }

  @Test(arguments: [
    "jitter: {most: 400ms, correlation: 50%}", "bandwidth: {rate: 20kbit/s, queue: 4KiB}",
    "throttle: {nodes: 3, rate: 20kbit/s, queue: 4KiB}", "reorder: {share: 30%, by: 500ms}",
    "burstLoss: {worsen: 5%, recover: 10%}", "flap: {up: 2s, down: 2s}", "clog: {every: 4s, longest: 3s}",
    "partition: {bridge: 2}", "latency: {add: 100ms}",
  ])
  func slowsMessagesDown(fault: String) throws {
    let calm = try Self.calm.get()
    let struck = try under(fault)
    #expect(struck.p99 > calm.p99 * 1.1, "\(struck.p99) ms after \(calm.p99) ms")
    #expect(struck.summary.slashing.micro.falsePositive == 0)
  }

  @Test func copiesArriveTwice() throws {
    let ratio = Double(try under("duplicate: 100%").copies) / Double(try Self.calm.get().copies)
    #expect(ratio > 1.6)
  }

  @Test(arguments: ["corrupt: 3%", "truncate: 3%"])
  func whatCannotBeReadIsCountedAndCostsTheConnection(fault: String) throws {
    let struck = try under(fault)
    #expect(struck.summary.gossip.invalid > 30)
    #expect(struck.copies < (try Self.calm.get().copies))
    #expect(struck.summary.attestations.deliveryRatio ?? 0 > 0.99, "gossip makes up for it")
  }

  @Test func lossCanBeOfAttestationsAlone() throws {
    let calm = try Self.calm.get()
    #expect(try under("loss: {share: 60%, of: messages}").copies < calm.copies / 2 + calm.copies / 10)
    #expect(try under("loss: {share: 100%, above: 150B}").onTime < calm.onTime / 8)
  }

  @Test func lossLosesItsShare() throws {
    let ratio = Double(try under("loss: 30%").copies) / Double(try Self.calm.get().copies)
    #expect(ratio > 0.5 && ratio < 0.85, "some of the calm copies came before: \(ratio)")
  }

  /// Every fault of the chain in one run, each in the number that only it moves.
  @Test func theChainsFaultsShowInItsNumbers() throws {
    func chain(_ faults: String) throws -> (RunSummary.Chain, RunSummary.Tasks) {
      let summary = try story(
        "chain: {blockTime: 1s, finality: 5, fees: {baseFee: 5gwei, load: 90%}}\nfaults: [\(faults)]"
      ).summary
      return (summary.chain, summary.tasks)
    }
    let (calm, _) = try chain("")
    #expect(calm.missedSlots == 0 && calm.censored == 0 && calm.reorgs == 0)
    let (halted, _) = try chain("{at: 5s, for: 6s, chainHalt: true}")
    #expect(halted.missedSlots >= 5 && halted.missedSlots <= 6)
    let (slow, _) = try chain("{at: 4s, for: 16s, slowBlocks: 50%}")
    #expect(slow.missedSlots >= 3 && slow.missedSlots <= 13)
    let (dear, _) = try chain("{at: 4s, for: 10s, gasSpike: 10}")
    #expect((dear.baseFee?.maximum ?? 0) > (calm.baseFee?.maximum ?? .max))
    let (censored, tasks) = try chain("{at: 4s, for: 16s, censorTransaction: {kinds: [certificate]}}")
    #expect(censored.censored > 0 && tasks.certified < tasks.issued)
    let (undone, _) = try chain("{at: 12s, reorg: 3}")
    #expect(undone.reorgs == 1 && undone.orphanedBlocks >= 2)
  }

  /// An operator hears of its tasks late; what an aggregator sends is included late.
  @Test func whoseRpcIsSlowHearsLateAndIsIncludedLate() throws {
    let struck = try under("rpcDelay: {nodes: [\"2\"], add: 1s}")
    for row in struck.attestations where struck.tasks[row.task.index].due >= .zero + .seconds(3) {
      let took = (row.publishedAt ?? .never) - struck.tasks[row.task.index].due
      #expect((took >= .seconds(1)) == (row.operatorID == NodeID(2)))
    }
    let late = try under("rpcDelay: {nodes: {role: aggregator}, add: 12s}").summary.latency.certificate.p50
    let calm = try Self.calm.get().summary.latency.certificate.p50
    #expect(try #require(late) >= #require(calm) + 10_000, "a block later")
  }

  /// All of a region, and nobody else, is away.
  @Test func aRegionsOutageStrikesTheRegion() throws {
    let text = """
      name: region
      duration: 12s
      warmup: 2s
      network: {topology: {generate: full}, regions: ethereum}
      operators: {count: 12, stakes: 100ETH}
      watchers: {count: 1}
      services:
        - {name: x, operators: all, task: {arrival: {periodic: {every: 2s}}}, quorum: 51%, responseWindow: 1500ms}
      faults: [{at: 1s, for: 11s, regionOutage: europe}]
      """
    let scenario = try Scenario.parse(file: "region.yaml", bytes: Array(text.utf8))
    let setting = try scenario.setting()
    let away = Set(
      setting.graph.nodes.indices.filter { setting.graph.nodes[$0].region == "europe" && $0 < 12 })
    #expect(!away.isEmpty && away.count < 12)
    var simulation = try Simulation(try Blueprint(scenario))
    simulation.run(until: .never)
    let rows = simulation.conclude(simulation.settle()).attestations.filter { $0.task.index > 0 }
    #expect(Set(rows.filter { $0.cause == .crashed }.map { Int($0.operatorID.rawValue) }) == away)
  }

  @Test func whatIsHeldArrivesAfterwards() throws {
    let struck = try under("hold: {nodes: [\"2\"]}", "at: 3s, for: 10s")
    #expect(struck.p99 > 5_000)
    #expect(struck.onTime < (try Self.calm.get().onTime))
  }

  @Test(arguments: [
    "pause: {nodes: 2}", "rollingRestart: {nodes: 3, down: 3s, every: 4s}",
    "restartStorm: {nodes: 6, down: 2s, times: 3}",
    "churn: {nodes: 6, session: {exponential: {mean: 4s}}, down: 3s}",
    "swizzleClog: {nodes: 4, within: 5s}", "eclipse: {nodes: 3, keep: 1}", "clock: {nodes: 2, ahead: 5s}",
    "aggregatorCrash: all", "slowCPU: {nodes: 3, factor: 200}", "faultySoftware: {nodes: 60%}",
  ])
  func dutiesAreMissed(fault: String) throws {
    let calm = try Self.calm.get()
    let struck = try under(fault)
    let certified = struck.summary.tasks.certified
    #expect(struck.onTime < calm.onTime || certified < calm.summary.tasks.certified)
    #expect(struck.summary.slashing.classes.allSatisfy { $0.culpable == 0 }, "nobody chose it")
  }

  @Test func oneWayTheMuteSideHearsAndIsNotHeard() throws {
    let struck = try under("partition: {isolate: [\"2\"], oneWay: true}")
    let mute = struck.attestations.filter { $0.operatorID == NodeID(2) }
    #expect(mute.filter { $0.receivedAt == nil }.count >= 7)
    #expect(mute.allSatisfy { $0.publishedAt != nil })
    #expect(struck.onTime >= 64, "all others are heard")
    #expect(
      struck.summary.attestations.unreachableDeliveries < struck.summary.attestations.expectedDeliveries / 4)
  }

  @Test func aClockBehindTakesTheNewForTheFuture() throws {
    let aggregator = try under("clock: {nodes: {role: aggregator}, behind: 3s}")
    #expect(aggregator.onTime < 20)
  }

  @Test func twoInstancesOfAKeyEquivocateWithoutMalice() throws {
    let struck = try under("keyDuplication: {nodes: 3, disagree: 50%}")
    let double = struck.of(.equivocation)
    #expect(double.offences >= 5 && double.culpable == 0)
    #expect(double.counts.precision == 1)
    #expect(struck.summary.slashing.culpable.precision == 0)
    #expect(
      struck.slashes.filter { $0.state == .executed }.allSatisfy { $0.cause.contains("key duplication") })
  }

  @Test func wrongSoftwareMakesTheHonestGuilty() throws {
    let struck = try under("faultySoftware: {nodes: 8}")
    #expect(struck.summary.tasks.wrong >= 6)
    #expect(struck.of(.invalidResult).offences >= 50 && struck.of(.invalidResult).culpable == 0)
    #expect(struck.unjust(.quorumCapture) > 0, "the one with good software is missing in every certificate")
  }

  /// Certificates that a reorg undoes and loses are not sent again: a rule without a guard finds everybody absent.
  @Test func aReorgIsACauseOfUnjustSlashes() throws {
    let rule = "- {offence: liveness, window: 4s, threshold: 40%, guard: none, dispute: 5m}"
    func after(_ reorg: String) throws -> Conclusion {
      try story("chain: {blockTime: 2s, finality: 5}\nfaults: [{at: 13500ms, reorg: \(reorg)}]", rules: rule)
    }
    // The first window is over before the meshes stand.
    let lost = try after("{depth: 4, lost: 100%}")
    let struck = lost.slashes.filter { $0.key > 0 }
    #expect(lost.unjust(.reorg) >= 9)
    #expect(struck.allSatisfy { $0.cause == "reorg" && $0.account.contains("a reorg undid") })
    // Transactions that wait again are included again: nobody is hurt.
    #expect(try after("{depth: 2, lost: 0%}").slashes.allSatisfy { $0.key == 0 })
  }

  /// Two faults of one kind on one node: the end of one is not the end of the other.
  @Test func overlappingFaultsEndEachAtItsTime() throws {
    func own(_ faults: String) throws -> [AttestationRow] {
      try story("faults: [\(faults)]").attestations.filter { $0.operatorID == NodeID(2) && $0.task.index > 1 }
    }
    let both = "{at: 3s, for: 4s, crash: {nodes: [\"2\"]}}, {at: 5s, for: 8s, crash: {nodes: [\"2\"]}}"
    for row in try own(both) where (2...5).contains(row.task.index) {
      #expect((row.publishedAt ?? .never) >= .zero + .seconds(13), "down until the second is over")
    }
    let slow =
      "{at: 3s, for: 4s, slowCPU: {nodes: [\"2\"], factor: 2}}, {at: 5s, for: 8s, slowCPU: {nodes: [\"2\"], factor: 200}}"
    for row in try own(slow) where (3...6).contains(row.task.index) { #expect(row.publishedAt == nil) }
    let wrong =
      "{at: 3s, for: 4s, faultySoftware: {nodes: [\"2\"]}}, {at: 5s, for: 8s, faultySoftware: {nodes: [\"2\"]}}"
    let offences = try story("faults: [\(wrong)]").offences.filter { $0.offenceClass == .invalidResult }
    #expect(offences.count == 5, "tasks at 4, 6, 8, 10 and 12 s")
  }

  /// A name is in force under its own name, and a pattern is what it stands for.
  @Test func patternsAreWrittenOut() throws {
    let rolling = try under("rollingRestart: {nodes: 3, down: 3s, every: 4s}")
    #expect(rolling.summary.faults.map(\.kind) == ["crash", "crash", "crash"])
    let swarm = try under("swarm: {rate: 1/s, longest: 3s}")
    #expect(swarm.summary.faults.count > 5)
    #expect(Set(swarm.summary.faults.map(\.kind)).count > 2)
  }

  @Test func theSeedDrawsTheMixOfASwarm() throws {
    let line = "faults: [{at: 2s, for: 17s, swarm: {rate: 1/s, longest: 3s}}]"
    let kinds = try (1...3 as ClosedRange<UInt64>).map { seed in
      Set(try story(seed: seed, line).summary.faults.map(\.kind))
    }
    #expect(Set(kinds).count > 1)
    #expect(try story(seed: 2, line).summary.traceDigest == (try story(seed: 2, line).summary.traceDigest))
  }
}

/// The draws of a fault hang on itself: taking another away leaves them as they were.
@Suite struct FaultDraws {
  @Test func lossDrawsDoNotHangOnTheNumberOfFaults() throws {
    func faults(_ lines: String) throws -> Setting {
      try Scenario.parse(
        file: "f", bytes: Array("name: x\noperators: {count: 20}\nduration: 100s\nfaults:\n\(lines)".utf8)
      ).setting()
    }
    let loss = "  - {at: 30s, for: 5s, loss: 5%}\n"
    let churn = "  - {at: 40s, for: 50s, churn: {nodes: 5, session: 10s, down: 2s}}\n"
    let both = try faults("  - {at: 10s, crash: {nodes: 2}}\n" + loss + churn)
    let alone = try faults(loss + churn)
    #expect(both.faults.dropFirst().map(\.key) == alone.faults.map(\.key))
    #expect(both.faults.dropFirst().map(\.kind) == alone.faults.map(\.kind))
    #expect(alone.faults.count > 10)
  }
}
