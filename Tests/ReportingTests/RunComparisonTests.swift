// Two runs side by side.

import Testing

@testable import Reporting

@Suite struct RunComparisonTests {
  @Test func theWallClockMakesNoDifference() {
    var again = Sample.summary
    again.wallSeconds = 99
    let comparison = RunComparison(Sample.summary.json, again.json)
    #expect(comparison.differences.isEmpty)
    #expect(comparison.compared > 200)
  }

  @Test func oneWeiIsADifference() {
    var other = Sample.summary
    other.stake.depositedWei += 1
    let differences = RunComparison(Sample.summary.json, other.json).differences
    #expect(differences.map(\.path) == ["stake.depositedWei"])
    #expect(RunComparison(Sample.summary.json, other.json, tolerance: 0.01).differences.isEmpty)
  }

  @Test func whatOnlyOneHasIsNamed() {
    var other = Sample.summary
    other.issuers = []
    other.tasks.missed = 4
    other.traceDigest = "00"
    let comparison = RunComparison(Sample.summary.json, other.json)
    let paths = comparison.differences.map(\.path)
    #expect(paths.contains("issuers.eETH.nav"))
    #expect(paths.contains("traceDigest"))
    #expect(comparison.differences.first { $0.path == "tasks.missed" }?.change == 1)
    let back = RunComparison(other.json, Sample.summary.json)
    #expect(back.differences.first { $0.path == "issuers.eETH.nav" }?.a == nil)
  }

  @Test func theTableFitsEightyColumns() {
    var other = Sample.summary
    other.tasks.missed = 4
    other.stake.depositedWei = 1
    other.latency.quorum = LatencySummary()
    other.name = String(repeating: "long", count: 40)
    let table = RunComparison(Sample.summary.json, other.json).table(
      names: ("runs/a-1", String(repeating: "b", count: 100)), isColoured: false)
    for line in table.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    #expect(table.contains("+100 %"))
  }
}
