// Whole runs as users make them: a scenario's text in, a conclusion out.

import AVS
import Basics
import Reporting
import Runs
import Scenarios
import Simulator
import Testing

/// A small network whose knobs the stories turn.
func run(seed: UInt64, extra: String = "", loss: String = "0%", duration: String = "40s") throws -> Conclusion
{
  var simulation = try story(seed: seed, extra: extra, loss: loss, duration: duration)
  simulation.run(until: .never)
  return simulation.conclude(simulation.settle())
}

/// The same network before its first event.
private func story(
  seed: UInt64, extra: String = "", loss: String = "0%", duration: String = "40s"
) throws -> Simulation {
  let text = """
    name: story
    seed: \(seed)
    duration: \(duration)
    warmup: 5s
    settle: 1h
    network:
      topology: {generate: random-regular, degree: 8}
      links: {latency: {uniform: {min: 10ms, max: 80ms}}, loss: \(loss)}
      topicPeers: 8
    chain: {rewardEpoch: 10m}
    operators: {count: 14, stakes: 1000ETH}
    watchers: {count: 2}
    aggregators: coordinator
    services:
      - name: oracle
        operators: all
        task: {arrival: {periodic: {every: 4s}}, compute: 20ms}
        quorum: 67%
        responseWindow: 3s
        reward: {annual: 100ETH}
        rules:
          - {offence: equivocation, dispute: 5m}
          - {offence: invalid_result, dispute: 5m}
          - {offence: liveness, window: 20s, threshold: 60%, dispute: 5m}
    \(extra)
    """
  let scenario = try Scenario.parse(file: "story.yaml", bytes: Array(text.utf8))
  return try Simulation(try Blueprint(scenario))
}

private let trouble = """
  faults: [{at: 12s, for: 6s, partition: {random: 40%}}, {at: 24s, crash: {nodes: 2}, restart: 5s}]
  """

private let guilt = "adversaries: [{who: {operators: 3}, do: equivocate, from: 8s, until: 24s}]"

@Suite struct RunStories {
  @Test func anHonestRunCertifiesEverythingAndSlashesNobody() throws {
    let conclusion = try run(seed: 1)
    let summary = conclusion.summary
    #expect(summary.tasks.issued == 8)
    #expect(summary.tasks.certified == summary.tasks.issued)
    #expect(summary.attestations.firstDeliveries == summary.attestations.expectedDeliveries)
    #expect(summary.attestations.unreachableDeliveries == 0)
    #expect(conclusion.slashes.isEmpty)
    #expect(summary.checks.allSatisfy { $0.holds })
    #expect(summary.rewards.conserved == true)
    #expect(summary.rewards.submittedWei > 0)
  }

  /// Loss, crashes and a partition violate an SLA at most; nobody chose them, so nobody is slashed.
  @Test(arguments: 1...100 as ClosedRange<UInt64>)
  func troubleAloneSlashesNobody(seed: UInt64) throws {
    let conclusion = try run(seed: seed, extra: trouble, loss: "1%")
    #expect(
      !conclusion.slashes.contains { $0.state == .executed }, "replay: run(seed: \(seed), extra: trouble)")
    #expect(conclusion.summary.checks.allSatisfy { $0.holds })
  }

  /// The same trouble, with three equivocators: they are slashed and nobody else, and every equivocation whose halves both reached an
  /// honest running watcher is slashed exactly once.
  @Test(arguments: 1...100 as ClosedRange<UInt64>)
  func equivocatorsAreSlashedInTheSameTrouble(seed: UInt64) throws {
    let conclusion = try run(seed: seed, extra: guilt + "\n" + trouble, loss: "1%")
    let double = conclusion.offences.filter { $0.offenceClass == .equivocation }
    #expect(Set(double.map(\.operatorID)).count == 3)
    for offence in double where offence.observable {
      let slashes = conclusion.slashes.filter {
        $0.state == .executed && $0.offenceClass == .equivocation && $0.operatorID == offence.operatorID
          && $0.key == offence.key
      }
      #expect(slashes.count == 1, "seed \(seed), operator \(offence.operatorID.rawValue)")
    }
    let punished = Set(conclusion.slashes.filter { $0.state == .executed }.map(\.operatorID))
    #expect(punished == Set(double.map(\.operatorID)), "seed \(seed)")
    #expect(conclusion.summary.checks.allSatisfy { $0.holds })
  }

  /// A run that is killed has told what was over by then.
  @Test func endedTasksAreToldWhileTheRunGoesOn() throws {
    var simulation = try story(seed: 2, extra: "faults: [{at: 8s, for: 12s, partition: {random: 50%}}]")
    simulation.run(until: .zero + .seconds(18))
    let half = simulation.takeRows()
    simulation.run(until: .never)
    let rest = simulation.takeRows()
    let conclusion = simulation.conclude(simulation.settle())
    let told = half.attestations + rest.attestations
    #expect(half.attestations.count >= 2 * 14 && told.count > half.attestations.count)
    for (early, final) in zip(told, conclusion.attestations) {
      #expect(early.task == final.task && early.operatorID == final.operatorID)
      #expect(early.publishedAt == final.publishedAt && early.receivedAt == final.receivedAt)
      #expect(early.expected == final.expected && early.receivedBy == final.receivedBy)
      #expect(early.cause == final.cause)
    }
    #expect(half.tasks.contains { $0.state == .open } && half.tasks.contains { $0.state == .certified })
    let missed = (half.samples + rest.samples).reduce(0) { $0 + $1.tasksMissed }
    #expect(missed == conclusion.tasks.count { $0.quorumAt == nil })
  }

  @Test func theSameSeedGivesTheSameRunAndAnotherSeedAnother() throws {
    let first = try run(seed: 9, extra: trouble, loss: "1%").summary
    let again = try run(seed: 9, extra: trouble, loss: "1%").summary
    let other = try run(seed: 10, extra: trouble, loss: "1%").summary
    #expect(first.traceDigest == again.traceDigest)
    #expect(first.json.withoutWallClock == again.json.withoutWallClock)
    #expect(first.traceDigest != other.traceDigest)
  }

  @Test func aPartitionCutsDeliveriesOffAndHealingBringsThemBack() throws {
    let cut = try run(
      seed: 2, extra: "faults: [{at: 8s, for: 12s, partition: {random: 50%}}]"
    ).summary
    #expect(cut.attestations.unreachableDeliveries > 0)
    #expect(cut.tasks.missed >= 2)
    #expect(cut.tasks.certified >= 4)
    #expect((cut.attestations.deliveryRatio ?? 0) > 0.99)
  }

  @Test func silentOperatorsBreakTheLivenessRuleAndPay() throws {
    let conclusion = try run(
      seed: 3, extra: "adversaries: [{who: {operators: [4]}, do: silent}]")
    let liveness = conclusion.offences.filter { $0.offenceClass == .liveness }
    #expect(!liveness.isEmpty)
    #expect(liveness.allSatisfy { $0.operatorID.rawValue == 4 && $0.culpable })
    let slashed = conclusion.slashes.filter { $0.state == .executed }
    #expect(!slashed.isEmpty)
    #expect(slashed.allSatisfy { $0.operatorID.rawValue == 4 && $0.offenceClass == .liveness })
  }

  @Test func aCrashIsAViolationWithoutMalice() throws {
    let conclusion = try run(
      seed: 4, extra: "faults: [{at: 1s, crash: {nodes: [\"5\"]}, restart: 38s}]")
    let liveness = conclusion.offences.filter { $0.offenceClass == .liveness }
    #expect(!liveness.isEmpty)
    #expect(liveness.allSatisfy { $0.operatorID.rawValue == 5 && $0.violated && !$0.culpable })
  }

  @Test func aWrongResultIsFoundByRecomputation() throws {
    let conclusion = try run(
      seed: 5, extra: "adversaries: [{who: {operators: [2]}, do: invalidResult, from: 8s, until: 16s}]")
    let slashed = conclusion.slashes.filter { $0.state == .executed }
    #expect(slashed.count == 2)
    #expect(slashed.allSatisfy { $0.offenceClass == .invalidResult && $0.operatorID.rawValue == 2 })
    #expect(conclusion.summary.slashing.micro.precision == 1)
  }

  @Test func lateAttestationsMissTheWindow() throws {
    let summary = try run(
      seed: 6, extra: "adversaries: [{who: {operators: [1]}, do: {late: {by: 10s}}}]"
    ).summary
    #expect(summary.attestations.onTime == summary.attestations.due - 8)
    #expect(summary.load.lateAttestations == 8)
  }

  @Test func aSlowProcessorDelaysItsOwner() throws {
    let summary = try run(
      seed: 7, extra: "faults: [{at: 0s, for: 40s, slowCPU: {nodes: [\"3\"], factor: 400}}]"
    ).summary
    #expect(summary.attestations.onTime < summary.attestations.due)
    #expect(summary.attestations.onTime >= summary.attestations.due - 8)
  }

  @Test func loweredLatencyShowsInPropagation() throws {
    let plain = try run(seed: 8).summary
    let slow = try run(
      seed: 8, extra: "faults: [{at: 0s, for: 60s, latency: {add: 200ms}}]"
    ).summary
    let before = try #require(plain.latency.propagation.p50)
    let after = try #require(slow.latency.propagation.p50)
    #expect(after > before + 190)
  }
}
