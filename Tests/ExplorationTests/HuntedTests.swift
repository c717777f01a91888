// What hunts and audits found on the program as it was, kept small: it must never come back.

import Exploration
import Foundation
import Scenarios
import Testing

@Suite struct HuntedTests {
  static let directory =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/../../topologies/hunted/"

  @Test(arguments: [
    "prune-on-a-slow-link", "restart-behind-a-partition", "paused-beyond-the-end", "late-for-a-slow-clock",
    "spam-beside-a-wrong-result", "late-in-two-voices", "unsigned-offences",
  ])
  func whatAHuntFoundIsRepaired(name: String) throws {
    let scenario = try ScenarioTemplate(Self.directory + name + ".yaml").scenario()
    #expect(try Hunt.replay(scenario, HuntedProperties()).violations.isEmpty)
  }
}
