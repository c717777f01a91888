// Many runs of one scenario: every point with every seed, over some threads. What ran before is known by the fingerprint
// of its resolved scenario and is not run again, so a sweep that was stopped goes on where it was, and one that was
// widened runs only what is new.

import Basics
import Foundation
public import Reporting
import Runs
public import Scenarios
import Simulator

/// One line of `sweep.csv`.
public struct SweepRow: Sendable, Equatable {
  public var point: Int
  public var measure: String
  public var estimate: Estimate
}

/// How far a sweep is.
public struct SweepProgress: Sendable, Equatable {
  public var total = 0
  /// Run by this call.
  public var run = 0
  /// Found from before.
  public var known = 0
  /// Runs that broke a checker or could not be made: point, seed, what.
  public var failures: [SweepFailure] = []
  public var done: Int { run + known + failures.count }
}

/// A run that broke a checker, or was none.
public struct SweepFailure: Sendable, Equatable {
  public var point: String
  public var seed: UInt64
  public var what: String
  /// It ran, and a checker broke.
  public var isBreach: Bool
}

/// A sweep on its way.
public struct Sweep: Sendable {
  public let plan: SweepPlan
  public let points: [SweepPoint]
  private let scenario: String
  private let overrides: [String]
  private let version: String
  private let store: SweepStore

  /// - Parameters:
  ///   - path: of the sweep file, which names its scenario from there.
  ///   - overrides: applied to every run, before the point's.
  ///   - version: of avsim: another version's runs are not these.
  public init(_ plan: SweepPlan, at path: String, overrides: [String], version: String, store: SweepStore) {
    self.plan = plan
    points = plan.combinations
    scenario = plan.scenarioPath(from: path)
    self.overrides = overrides
    self.version = version
    self.store = store
  }

  private struct Item: Sendable {
    var point: Int
    var seed: UInt64
  }

  private enum Fate: Sendable {
    case known(point: Int, summary: JSONValue?)
    case run(point: Int, summary: JSONValue?, breach: SweepFailure?)
    case failed(SweepFailure)
  }

  /// Runs what is missing. Returns what was done, and the averages as far as there are any.
  public func run(
    jobs: Int, whileTrue goesOn: @escaping @Sendable () -> Bool,
    progress: @escaping @Sendable (SweepProgress) -> Void
  ) throws -> (progress: SweepProgress, rows: [SweepRow]) {
    try store.write(points)
    // Seeds first: the first pass over all points shows every curve, the others narrow the intervals.
    let items = plan.seeds.flatMap { seed in points.indices.map { Item(point: $0, seed: seed) } }
    let state = State(SweepProgress(total: items.count))
    let fates = Workforce(jobs: jobs).map(items, whileTrue: goesOn) { _, item in
      let fate = carryOut(item)
      progress(
        state.change { now in
          switch fate {
          case .known: now.known += 1
          case .run(_, _, let breach):
            now.run += 1
            if let breach { now.failures.append(breach) }
          case .failed(let failure): now.failures.append(failure)
          }
        })
      return fate
    }
    var summaries: [[JSONValue]] = points.map { _ in [] }
    for fate in fates {
      switch fate {
      case .known(let point, let summary), .run(let point, let summary, _):
        if let summary { summaries[point].append(summary) }
      case .failed, nil: break
      }
    }
    let rows = points.indices.flatMap { point in
      plan.measures.compactMap { measure in
        Estimate(measure, of: summaries[point]).map {
          SweepRow(point: point, measure: measure, estimate: $0)
        }
      }
    }
    try store.write(rows)
    try store.checkpoint()
    return (state.change { _ in }, rows)
  }

  private final class State: @unchecked Sendable {
    private let lock = NSLock()
    private var value: SweepProgress
    init(_ value: SweepProgress) { self.value = value }
    func change(_ body: (inout SweepProgress) -> Void) -> SweepProgress {
      lock.withLock {
        body(&value)
        return value
      }
    }
  }

  /// What the store holds, read where it was made: on the thread of the run, so that nothing long is left for one thread alone.
  private static func read(_ text: String) -> JSONValue? { try? JSONValue(parsing: Data(text.utf8)) }

  private func carryOut(_ item: Item) -> Fate {
    let point = points[item.point]
    func failure(_ what: String, isBreach: Bool = false) -> SweepFailure {
      SweepFailure(point: point.text, seed: item.seed, what: what, isBreach: isBreach)
    }
    do {
      let scenario = try Scenario.load(
        scenario, overrides: overrides + point.overrides + ["seed=\(item.seed)"])
      let key = "\(version)-\(scenario.fingerprint)"
      if let summary = try store.summary(key) {
        return .known(point: item.point, summary: Self.read(summary))
      }
      let started = Date()
      let blueprint = try Blueprint(scenario, engine: .simulator)
      var simulation = try Simulation(blueprint)
      var conclusion = try simulation.finish(
        slice: blueprint.slice, whileTrue: { true }, after: { (_: inout Simulation) in })
      conclusion.judge(blueprint.expectations)
      let seconds = Date().timeIntervalSince(started)
      let broken = conclusion.summary.checks.first { !$0.holds }
      conclusion.summary.complete = broken == nil
      conclusion.summary.wallSeconds = seconds
      let text = conclusion.summary.json.text(pretty: false)
      // A broken run's figures are no result: it is reported, and tried again by the next call.
      if let broken { return .failed(failure("\(broken.name): \(broken.detail)", isBreach: true)) }
      try store.write(
        key: key, point: item.point, seed: item.seed, wallSeconds: seconds, summary: text)
      return .run(point: item.point, summary: Self.read(text), breach: nil)
    } catch {
      return .failed(failure("\(error)"))
    }
  }
}

extension Sweep {
  /// `sweep.csv`: a line for each point and measure. Fields with a comma or a quote are quoted.
  public func csv(_ rows: [SweepRow]) -> String {
    var keys: [String] = []
    for point in points {
      for value in point.values where !keys.contains(value.key) { keys.append(value.key) }
    }
    let head = ["point"] + keys + ["measure", "runs", "mean", "low", "high", "deviation", "method"]
    var text = head.map(Self.field).joined(separator: ",") + "\n"
    for row in rows {
      let point = points[row.point]
      func number(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
      let values = keys.map { key in point.values.first { $0.key == key }?.value ?? "" }
      let fields =
        ["\(row.point)"] + values + [
          row.measure, "\(row.estimate.runs)", number(row.estimate.mean), number(row.estimate.low),
          number(row.estimate.high), number(row.estimate.deviation), row.estimate.method.rawValue,
        ]
      text += fields.map(Self.field).joined(separator: ",") + "\n"
    }
    return text
  }

  private static func field(_ text: String) -> String {
    let needsQuotes = text.contains { $0 == "," || $0 == "\"" || $0 == "\n" }
    return needsQuotes ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
  }

  /// What the report draws.
  public func curves(_ rows: [SweepRow]) -> [SweepCurvePoint] {
    rows.map { row in
      SweepCurvePoint(
        values: points[row.point].values.map { ($0.key, $0.value) }, measure: row.measure,
        runs: row.estimate.runs, mean: row.estimate.mean, low: row.estimate.low, high: row.estimate.high)
    }
  }
}
