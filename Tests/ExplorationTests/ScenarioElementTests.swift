// What of a scenario file could be left out, and what leaving it out makes of it.

import Testing

@testable import Scenarios

@Suite struct ScenarioElementTests {
  @Test func everyItemAndKeyIsAnElement() throws {
    let text = "name: x\nseed: 3\nservices: [{name: a, rules: [{offence: liveness}]}]\nfaults: []\n"
    let template = try ScenarioTemplate(file: "x.yaml", bytes: Array(text.utf8))
    #expect(
      template.elements.map(\.description) == [
        "services", "services[0]", "services[0].name", "services[0].rules", "services[0].rules[0]",
        "services[0].rules[0].offence", "faults",
      ])
    let without = template.without(template.elements[3])
    #expect(without.items("services") == ["{name: a}"])
    #expect(template.elements[1].item(of: "services") == 0)
    #expect(template.elements[2].item(of: "services") == nil)
  }

  /// What grows when a key is left out has not become simpler.
  @Test func aLargerScenarioIsNoSimplerOne() throws {
    let text = """
      name: x
      duration: 30s
      settle: 1m
      operators: {count: 12}
      watchers: {count: 2}
      services: [{name: a}]
      """
    let template = try ScenarioTemplate(file: "x.yaml", bytes: Array(text.utf8))
    let scenario = try template.scenario()
    for element in template.elements where ["operators.count", "watchers", "duration"].contains("\(element)")
    {
      #expect(template.simplified(without: element, from: scenario) == nil, "\(element)")
    }
    let settle = try #require(template.elements.first { "\($0)" == "settle" })
    #expect(template.simplified(without: settle, from: scenario) != nil)
  }
}
