// Sweeps write what they ran, run only what is missing, and say what they averaged.

import Exploration
import Foundation
import Scenarios
import Synchronization
import Testing

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
}
