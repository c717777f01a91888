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

@Suite struct RunAgreementTests {
  @Test func aRunAgreesWithItself() throws {
    let folder = try TemporaryFolder()
    let run = try SampleRun.write(to: folder.path + "/a")
    let agreement = try RunAgreement(run, run)
    #expect(agreement.distributions.map(\.measure) == ["propagation", "quorum", "certificate"])
    #expect(agreement.distributions.allSatisfy { $0.distance == 0 && $0.p50.0 == $0.p50.1 })
    #expect(agreement.tasks > 0 && agreement.tasksAlike == agreement.tasks)
    #expect(agreement.slashes.both > 0 && agreement.slashes.first == 0 && agreement.slashes.second == 0)
    #expect(agreement.table.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }

  @Test func theDistanceIsTheWidestGapOfTheDistributions() throws {
    // Of four values a quarter lies below 10 in the first, all of it in the second.
    let one = try #require(RunAgreement.Distribution("quorum", [5: 1, 20: 3], [5: 4]))
    #expect(one.distance == 0.75)
    #expect(one.p50 == (20e-6, 5e-6))
    let shifted = try #require(RunAgreement.Distribution("quorum", [1: 1, 2: 1, 3: 2], [2: 1, 3: 1, 4: 2]))
    #expect(shifted.distance == 0.5)
    #expect(RunAgreement.Distribution("quorum", [:], [1: 1]) == nil)
  }

  @Test func aFolderWithoutADatabaseIsRefused() throws {
    let folder = try TemporaryFolder()
    let directory = RunDirectory(path: folder.path)
    #expect(throws: RunDirectory.Refusal.missing(directory.databasePath)) {
      try RunAgreement(directory, directory)
    }
  }
}
