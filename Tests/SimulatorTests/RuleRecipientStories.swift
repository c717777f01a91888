// A rule says where what it takes goes, whatever the service does with the rest.

import AVS
import Basics
import Reporting
import Runs
import Testing

@Suite struct RuleRecipientStories {
  private func run(_ service: String, equivocation: String, wrong: String) throws -> [OffenceClass: (
    UInt128, UInt128
  )] {
    let conclusion = try story(
      """
      assets: [{name: stETH, kind: lst, share: 100%}]
      adversaries:
        - {who: {operators: [1]}, do: equivocate, from: 3s, until: 8s}
        - {who: {operators: [2]}, do: invalidResult, from: 3s, until: 8s}
      """, service: service,
      rules: """
        - {offence: equivocation, dispute: 5m\(equivocation)}
        - {offence: invalid_result, evidence: objective, dispute: 5m\(wrong)}
        """)
    var moved: [OffenceClass: (UInt128, UInt128)] = [:]
    for slash in conclusion.slashes where slash.state == .executed {
      let (burned, redistributed) = moved[slash.offenceClass] ?? (0, 0)
      moved[slash.offenceClass] = (burned + slash.burnedWei, redistributed + slash.redistributedWei)
    }
    let amounts = conclusion.summary.slashing.amounts
    #expect(amounts.burned + amounts.redistributed == amounts.taken)
    #expect(conclusion.summary.stake.conserved == true)
    return moved
  }

  @Test func oneRuleRedistributesAndTheServiceBurns() throws {
    let moved = try run("", equivocation: ", recipient: {redistribute: harmed}", wrong: "")
    let double = try #require(moved[.equivocation])
    let wrong = try #require(moved[.invalidResult])
    #expect(double.0 == 0 && double.1 > 0 && wrong.0 > 0 && wrong.1 == 0)
  }

  @Test func oneRuleBurnsAndTheServiceRedistributes() throws {
    let moved = try run("    recipient: {redistribute: harmed}", equivocation: ", recipient: burn", wrong: "")
    let double = try #require(moved[.equivocation])
    let wrong = try #require(moved[.invalidResult])
    #expect(double.0 > 0 && double.1 == 0 && wrong.0 == 0 && wrong.1 > 0)
  }
}
