// Sweeps write what they ran, run only what is missing, and say what they averaged.

import Exploration
import Foundation
import Synchronization
import Testing

@testable import Scenarios

private let scenario = """
  name: small
  duration: 6s
  network: {topology: {generate: full}, links: {latency: 30ms}}
  operators: {count: 4, stakes: 100ETH}
  watchers: {count: 1}
  services:
    - {name: oracle, task: {arrival: {periodic: {every: 2s}}, compute: 20ms}, quorum: 60%, responseWindow: 1500ms}
  """

private let sweep = """
  kind: sweep
  name: small
  scenario: small.yaml
  seeds: 2
  grid:
    network.links.loss: [0%, 100%]
  measures: [tasks.certifiedRatio, slashing.micro.precision]
  """

/// A directory with the two files.
private func place(_ text: String = sweep) throws -> URL {
  let url = FileManager.default.temporaryDirectory.appending(path: "avsim-sweep-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  try Data(scenario.utf8).write(to: url.appending(path: "small.yaml"))
  try Data(text.utf8).write(to: url.appending(path: "sweep.yaml"))
  return url
}

private func run(
  _ place: URL, jobs: Int = 2, stopAfter: Int = .max,
  look: @escaping @Sendable (SweepProgress) -> Void = { _ in }
) throws -> (SweepProgress, csv: String) {
  let path = place.appending(path: "sweep.yaml").path
  let store = try SweepStore(at: place.appending(path: "sweep.sqlite").path)
  let made = Sweep(try SweepPlan.load(path), at: path, overrides: [], version: "test", store: store)
  let done = Mutex(0)
  let (progress, rows) = try made.run(
    jobs: jobs, whileTrue: { done.withLock { $0 } < stopAfter },
    progress: { now in
      done.withLock { $0 = now.done }
      look(now)
    })
  return (progress, made.csv(rows))
}

@Suite struct SweepTests {
  @Test func aSweepAveragesOverItsSeeds() throws {
    let place = try place()
    defer { try? FileManager.default.removeItem(at: place) }
    let (progress, csv) = try run(place)
    #expect(progress.run == 4 && progress.known == 0 && progress.failures.isEmpty)
    let lines = csv.split(separator: "\n")
    #expect(lines[0] == "point,network.links.loss,measure,runs,mean,low,high,deviation,method")
    // Nobody is slashed: precision has no value anywhere, and no line.
    #expect(lines.count == 3)
    #expect(lines[1] == "0,0%,tasks.certifiedRatio,2,1.0,1.0,1.0,0.0,t95")
    #expect(lines[2] == "1,100%,tasks.certifiedRatio,2,0.0,0.0,0.0,0.0,t95")
  }

  @Test func aStoppedSweepGoesOn() throws {
    let place = try place()
    defer { try? FileManager.default.removeItem(at: place) }
    let first = try run(place, jobs: 1, stopAfter: 1)
    #expect(first.0.run == 1)
    let second = try run(place)
    #expect(second.0.known == 1 && second.0.run == 3)
    let third = try run(place)
    #expect(third.0.known == 4 && third.0.run == 0)
    #expect(third.csv == second.csv)
    // A wider sweep runs what is new.
    try Data(sweep.replacing("[0%, 100%]", with: "[0%, 50%, 100%]").utf8).write(
      to: place.appending(path: "sweep.yaml"))
    let wider = try run(place)
    #expect(wider.0.known == 4 && wider.0.run == 2)
  }

  /// A sweep that is killed leaves what lies on the disk at that moment: the database and its log, without a last word. What is
  /// there is not run again, and the result is that of a sweep that nobody disturbed.
  @Test func aKilledSweepGoesOnFromItsDisk() throws {
    let (place, killed) = (try place(), try place())
    defer { for one in [place, killed] { try? FileManager.default.removeItem(at: one) } }
    let left = Mutex(0)
    let whole = try run(place, jobs: 1) { now in
      guard now.done == 2 else { return }
      for name in ["sweep.sqlite", "sweep.sqlite-wal"] {
        try? FileManager.default.copyItem(at: place.appending(path: name), to: killed.appending(path: name))
      }
      left.withLock { $0 = now.done }
    }
    #expect(left.withLock { $0 } == 2)
    let rest = try run(killed)
    #expect(rest.0.known == 2 && rest.0.run == 2)
    #expect(rest.csv == whole.csv)
  }

  @Test func aMeasureMustBeANumber() throws {
    let place = try place(sweep.replacing("tasks.certifiedRatio", with: "stake.conserved"))
    defer { try? FileManager.default.removeItem(at: place) }
    #expect(throws: FileError.self) { try SweepPlan.load(place.appending(path: "sweep.yaml").path) }
  }

  @Test func pointsAreTheirCombinations() throws {
    let text = sweep.replacing("seeds: 2", with: "seeds: [7]").replacing(
      "grid:\n", with: "grid:\n  watchers.count: [1, 2, 3]\n")
    let place = try place(text)
    defer { try? FileManager.default.removeItem(at: place) }
    let plan = try SweepPlan.load(place.appending(path: "sweep.yaml").path)
    #expect(plan.combinations.count == 6)
    #expect(plan.combinations[1].overrides == ["watchers.count=1", "network.links.loss=100%"])
  }

  /// Values that are drawn lie between their ends, in the unit that was written, and a point keeps its values when more points
  /// or keys are drawn: what ran is known.
  @Test func drawnPointsStayWhenMoreAreDrawn() throws {
    func drawing(_ count: Int, _ more: String = "") -> String {
      sweep.replacing("  network.links.loss: [0%, 100%]", with: "").replacing(
        "grid:",
        with: """
          draw:
            count: \(count)
            seed: 5
            values:
              network.links.loss: {logUniform: {min: 0.1%, max: 20%}}
              network.links.latency: {uniform: {min: 5ms, max: 0.2s}}
              watchers.count: {uniform: {min: 1, max: 3}}
              services[0].quorum: {oneOf: [50%, 67%]}
          \(more)
          """)
    }
    let place = try place(drawing(6))
    defer { try? FileManager.default.removeItem(at: place) }
    let path = place.appending(path: "sweep.yaml").path
    let six = try SweepPlan.load(path).combinations
    #expect(six.count == 6)
    #expect(try run(place).0.run == 12)

    try Data(drawing(60, "    settle: {oneOf: [0s]}").utf8).write(to: URL(filePath: path))
    let more = try SweepPlan.load(path).combinations
    #expect(more.prefix(6).map { Array($0.values.dropLast()) } == six.map(\.values))
    #expect(more[0].values.map(\.key).last == "settle")
    var seen: [String: Set<String>] = [:]
    for value in more.flatMap(\.values) { seen[value.key, default: []].insert(value.value) }
    #expect(seen["watchers.count"] == ["1", "2", "3"])
    #expect(seen["services[0].quorum"] == ["50%", "67%"])
    let losses = seen["network.links.loss", default: []].map { Double($0.dropLast()) ?? -1 }
    #expect(losses.allSatisfy { $0 >= 0.1 && $0 <= 20 })
    // Half of the logarithm's range is below the ends' geometric mean, 1.4 %.
    #expect((15...45).contains(losses.count { $0 < 1.414 }))
    let spans = seen["network.links.latency", default: []]
    #expect(spans.allSatisfy { $0.hasSuffix("ms") && (5...200).contains(Double($0.dropLast(2)) ?? 0) })

    try Data(drawing(8).utf8).write(to: URL(filePath: path))
    let wider = try run(place)
    #expect(wider.0.known == 12 && wider.0.run == 4)
  }

  /// What a run that broke is called on stderr, in a sweep over seeds alone too.
  @Test func aPointWithoutValuesHasAName() {
    #expect(SweepPoint(values: []).text == "as written")
  }
}
