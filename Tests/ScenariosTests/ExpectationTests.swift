// Expressions over a summary: units, nulls, exact amounts.

import Scenarios
import Testing

private typealias Claim = Scenarios.Expectation

private let summary: [String: Claim.Value] = [
  "tasks.issued": .integer(2_000), "tasks.certifiedRatio": .number(0.99),
  "latency.quorum.p99": .number(1_999.5),
  "latency.quorum.p50": .null, "slashing.amounts.takenWei": .text("32000000000000000001"),
  "slashing.classes.equivocation.precision": .integer(1),
  "slashing.classes.liveness.timeToSlash.max": .number(86_400),
  "stake.conserved": .bool(true), "rewards.dustWei": .text("0"), "gossip.duplicateRatio": .number(1e-7),
  "issuers.alpha-1.lossRatio": .number(-0.25),
]

@Suite struct ExpectationTests {
  @Test(arguments: [
    ("tasks.issued == 2000", true), ("tasks.issued != 2000", false), ("tasks.issued >= 2001", false),
    ("tasks.certifiedRatio >= 0.99", true), ("tasks.certifiedRatio >= 99%", true),
    ("tasks.certifiedRatio > 99%", false),
    ("latency.quorum.p99 <= 2s", true), ("latency.quorum.p99 < 1999500us", false),
    ("latency.quorum.p99 == 1999.5ms", true), ("latency.quorum.p99 <= 1s", false),
    ("latency.quorum.p50 <= 2s", false), ("latency.quorum.p50 != 2s", false),
    ("slashing.amounts.takenWei > 32ETH", true), ("slashing.amounts.takenWei == 32ETH", false),
    ("slashing.amounts.takenWei == 32000000000000000001wei", true), ("rewards.dustWei == 0", true),
    ("slashing.classes.equivocation.precision == 1", true),
    ("slashing.classes.equivocation.precision == 100%", true),
    ("slashing.classes.liveness.timeToSlash.max == 1d", true), ("stake.conserved == true", true),
    ("stake.conserved != true", false), ("gossip.duplicateRatio < 0.000001", true),
    ("gossip.duplicateRatio < 1e-6", true),
    ("issuers.alpha-1.lossRatio == -0.25", true), ("issuers.alpha-1.lossRatio > -25%", true),
  ])
  func judges(_ text: String, _ holds: Bool) throws {
    // A negative share cannot be written; the last row says so.
    if text.contains("-25%") {
      #expect(throws: Mistake.self) { try Claim(text) }
      return
    }
    let outcome = try Claim(text).judge { summary[$0] }
    #expect(outcome.holds == holds, "\(outcome)")
  }

  @Test func nullSaysSo() throws {
    let outcome = try Claim("latency.quorum.p50   <=  2s").judge { summary[$0] }
    #expect(outcome.expression == "latency.quorum.p50 <= 2s")
    #expect(outcome.value == nil)
    #expect(outcome.note?.contains("null") == true)
    let missing = try Claim("tasks.wrong == 0").judge { summary[$0] }
    #expect(!missing.holds)
    #expect(missing.note?.contains("no measure") == true)
  }

  @Test func shownValuesAreTheSummarys() throws {
    #expect(try Claim("tasks.certifiedRatio >= 99%").judge { summary[$0] }.value == "0.99")
    #expect(
      try Claim("slashing.amounts.takenWei > 1ETH").judge { summary[$0] }.value == "32000000000000000001")
  }
}
