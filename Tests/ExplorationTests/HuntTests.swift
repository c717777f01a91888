// Hunts on a network of a few nodes: what they find does not depend on threads, is as small as it can be, and does the same
// when its file is read back.

import AVS
import Basics
import Exploration
import Foundation
import Scenarios
import Testing

private let small = """
  name: small
  seed: 1
  duration: 16s
  settle: 1m
  network: {topology: {generate: full}, links: {latency: 30ms}}
  chain: {blockTime: 2s, finality: 1, rewardEpoch: 8s}
  assets: [{name: stETH, kind: lst}]
  operators: {count: 5, stakes: 100ETH}
  watchers: {count: 1}
  services:
    - {name: oracle, task: {arrival: {periodic: {every: 2s}}, compute: 20ms}, quorum: 60%, responseWindow: 1500ms}
    - {name: bridge, task: {arrival: {periodic: {every: 4s}}, compute: 20ms}, quorum: 60%, responseWindow: 1500ms}
  """

private func hunt(_ plant: PlantedDefect?, jobs: Int, budget: Int, text: String = small, seed: UInt64 = 1)
  throws
  -> (report: HuntReport, file: String?)
{
  var options = HuntOptions()
  options.budget = budget
  options.jobs = jobs
  options.seed = seed
  options.properties = HuntedProperties(plant: plant)
  let hunt = try Hunt(try ScenarioTemplate(file: "small.yaml", bytes: Array(text.utf8)), options)
  let report = hunt.search()
  return (report, report.finding?.file(at: "found.yaml", plant: plant?.rawValue, hunted: "small.yaml"))
}

@Suite struct HuntTests {
  @Test func aPlantedDefectIsFoundAndShrunk() throws {
    let (report, file) = try hunt(.absentSigners, jobs: 2, budget: 48)
    let finding = try #require(report.finding)
    #expect(finding.violation.label == "certificates-name-signers")
    #expect(finding.troubles.count <= 1)
    #expect(finding.nodes <= 5)

    // The file replays, event by event; without the defect it passes.
    let scenario = try Scenario.parse(file: "found.yaml", bytes: Array(try #require(file).utf8))
    let again = try Hunt.replay(scenario, HuntedProperties(plant: .absentSigners))
    #expect(again.digest == finding.digest)
    #expect(again.violations.contains(finding.violation))
    #expect(try Hunt.replay(scenario, HuntedProperties()).violations.isEmpty)

    // Nothing of it can be left out: no fault, no key, no item of a list.
    let template = try ScenarioTemplate(file: "found.yaml", bytes: Array(try #require(file).utf8))
    let properties = HuntedProperties(plant: .absentSigners)
    #expect(try Hunt.spare(template, finding.violation, properties).isEmpty)
    // Of the file that it began with, much can.
    let whole = try ScenarioTemplate(file: "small.yaml", bytes: Array(small.utf8))
    #expect(template.elements.count < whole.elements.count / 2)
  }

  @Test func threadsChangeNothing() throws {
    let one = try hunt(.absentSigners, jobs: 1, budget: 48)
    let three = try hunt(.absentSigners, jobs: 3, budget: 48)
    #expect(one.file != nil)
    #expect(one.file == three.file)
    #expect(one.report.runs == three.report.runs)
  }

  @Test(arguments: [1, 2] as [UInt64])
  func nothingIsFoundWhereNothingIsWrong(seed: UInt64) throws {
    let report = try hunt(nil, jobs: 2, budget: 24, seed: seed).report
    #expect(report.finding == nil, "replay: hunt(nil, jobs: 2, budget: 24, seed: \(seed))")
    #expect(report.runs == 24)
    #expect(report.kept > 0)
  }

  /// An expectation that trouble breaks is found like a checker, and said in the file's head.
  @Test func anExpectationIsHunted() throws {
    let (report, file) = try hunt(
      nil, jobs: 2, budget: 48, text: small + "\nexpect: [tasks.certifiedRatio == 1]\n")
    let finding = try #require(report.finding)
    #expect(finding.violation.label == "tasks.certifiedRatio == 1")
    #expect(finding.troubles.count == 1)
    #expect(try #require(file).contains("# Expected: tasks.certifiedRatio == 1."))
  }

  /// A change that makes no sense is refused with the change as its place, however many went before.
  @Test func aWrongChangeIsRefusedLikeAWrongFile() throws {
    var template = try ScenarioTemplate(file: "small.yaml", bytes: Array(small.utf8))
    try template.set(["seed=4"])
    try template.set(["watchers.count=2", "faults=[{at: 90s, for: 1s, crash: {nodes: 1}}]"])
    #expect(throws: FileError.self) { try template.scenario() }
    try template.set(["faults=[{at: 9s, for: 1s, crash: {nodes: 1}}]"])
    #expect(try template.scenario().faults.count == 1)
  }

  @Test func kindsThatDoNotFitAreLeftOut() throws {
    let options = HuntOptions()
    let forms = try Hunt(try ScenarioTemplate(file: "small.yaml", bytes: Array(small.utf8)), options).forms
    #expect(forms.contains("crash") && !forms.contains("region outage"))
    let everywhere = small.replacing("links: {latency: 30ms}", with: "regions: ethereum")
    let more = try Hunt(try ScenarioTemplate(file: "small.yaml", bytes: Array(everywhere.utf8)), options)
      .forms
    #expect(more.contains("region outage"))
  }
}

/// What hunts found, kept.
@Suite struct FoundTests {
  /// A block at the end of a reward epoch that expires a task: the task belongs to the next epoch, and the first is paid.
  @Test func aTaskExpiresInTheBlockThatEndsAnEpoch() throws {
    let text = small.replacing("30ms}", with: "30ms, loss: 100%}").replacing(
      "quorum: 60%, responseWindow: 1500ms}",
      with: "quorum: 60%, responseWindow: 1500ms, reward: {annual: 1ETH}}")
    let scenario = try Scenario.parse(file: "small.yaml", bytes: Array(text.utf8))
    #expect(try Hunt.replay(scenario, HuntedProperties()).violations.isEmpty)
  }
}
