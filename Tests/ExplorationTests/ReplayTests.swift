// A run's directory is enough to make the run again, and to notice when it is not the same.

import Basics
import Exploration
import Foundation
import Reporting
import Runs
import Scenarios
import Simulator
import Testing

private let small = """
  name: small
  seed: 3
  duration: 8s
  warmup: 1s
  settle: 1m
  network: {topology: {generate: full}, links: {latency: {lognormal: {median: 30ms, sigma: 0.3}}, loss: 1.5%}}
  operators: {count: 4, stakes: 123.456789ETH}
  watchers: {count: 1}
  services:
    - {name: oracle, task: {arrival: {periodic: {every: 2s}}, compute: 20ms}, quorum: 66.67%, responseWindow: 1500ms}
  faults: [{at: 3s, for: 1s, crash: {nodes: 1}}]
  """

/// A directory with a finished run, as `avsim run` leaves it.
private func record(_ path: String) throws -> Conclusion {
  let scenario = try Scenario.parse(file: "small.yaml", bytes: Array(small.utf8))
  let blueprint = try Blueprint(scenario, engine: .simulator)
  let manifest = try RunManifest(
    name: scenario.name, scenario: JSONValue(parsing: JSONEncoder().encode(scenario)), seed: scenario.seed,
    engine: "simulator", version: "test", commandLine: [], startedAt: "")
  let writer = try RunWriter(at: path, blueprint, manifest: manifest, force: false)
  var simulation = try Simulation(blueprint)
  var conclusion = try simulation.finish(
    slice: blueprint.slice, whileTrue: { true }, after: { (_: inout Simulation) in })
  conclusion.summary.complete = true
  try writer.write(simulation.takeRows())
  try writer.finish(conclusion)
  return conclusion
}

@Suite struct ReplayTests {
  @Test func aRunIsTheSameAgain() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "avsim-replay-\(UUID().uuidString)")
      .path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let first = try record(path)
    let recorded = try RecordedRun(path, comparing: true)
    #expect(recorded.trace.count > 100)
    #expect(recorded.trace.last?.digest == first.summary.traceDigest)
    let again = try recorded.replay()
    #expect(recorded.difference(again) == nil)

    // Another window, another figure: both are noticed, the window by its number.
    var moved = recorded
    moved.trace[40].events += 1
    #expect(moved.difference(again)?.contains("window \(recorded.trace[40].window) ") == true)
    var short = recorded
    short.trace.removeLast()
    #expect(short.difference(again)?.contains("the replayed run goes on") == true)
    var other = again
    other.summary.tasks.missed += 1
    #expect(recorded.difference(other)?.contains("tasks.missed") == true)
  }
}
