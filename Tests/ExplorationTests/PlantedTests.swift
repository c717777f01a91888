// Each planted defect on the smallest scenario that a hunt left of it (`Planted/`, written by `scripts/hunt-planted`): the
// defect breaks a checker, without it nothing breaks, and without any one element of the file (item of a list or key of a mapping,
// at any depth, but for name, description and seed) nothing does either, on no more nodes and for no longer.

import AVS
import Exploration
import Foundation
import Scenarios
import Testing

@Suite struct PlantedTests {
  static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Planted/"

  /// The checker that finds each.
  static let breaks: [PlantedDefect: String] = [
    .unguardedLiveness: "liveness-follows-its-record", .graceIgnored: "liveness-follows-its-record",
    .windowOffByOne: "liveness-follows-its-record", .nonMembersCounted: "rewards-follow-work",
    .evidenceUnbound: "evidence-judged-rightly", .caseReopened: "no-double-jeopardy",
    .disputeSkipped: "slashes-follow-their-rules", .staleEvidence: "evidence-judged-rightly",
    .quorumAtHead: "certificates-proper", .lateCertificate: "certificates-proper",
    .roundingForOperator: "slashes-follow-their-rules", .slashUnburned: "slashed-stake-moves",
    .slashMisdirected: "stake-conserved", .absentRewarded: "rewards-follow-work",
    .restartForgets: "objective-slashes-have-offences", .talliedTwice: "tallies-add-up",
    .absentSigners: "certificates-name-signers", .restartJoinsNothing: "progress-returns",
    .queueUnbounded: "queues-bounded", .restartUnheard: "mesh-symmetric-at-rest",
  ]

  @Test(arguments: PlantedDefect.allCases)
  func aPlantedDefectBreaksAChecker(defect: PlantedDefect) throws {
    let template = try ScenarioTemplate(Self.directory + defect.rawValue + ".yaml")
    let scenario = try template.scenario()
    #expect(scenario.nodeCount <= 16)
    let planted = try Hunt.replay(scenario, HuntedProperties(plant: defect)).violations
    #expect(planted.filter(\.isChecker).map(\.label) == [Self.breaks[defect]])
    #expect(try Hunt.replay(scenario, HuntedProperties()).violations.isEmpty)
    let broken = try #require(planted.first)

    let entries = ["faults", "adversaries"].reduce(0) { $0 + template.items($1).count }
    #expect(entries <= 3)
    let spare = try Hunt.spare(template, broken, HuntedProperties(plant: defect))
    #expect(spare.isEmpty, "still breaks without \(spare)")
  }
}
