// A run made once more from what its directory says, and compared with what it left behind.

public import AVS
public import Basics
import Foundation
public import Reporting
public import Runs
public import Scenarios
import Simulator

/// A recorded run of the simulator.
public struct RecordedRun: Sendable {
  public var scenario: Scenario
  public var plant: PlantedDefect?
  /// Where its traffic ended, when it was interrupted; nil: it came to its own end.
  public var interruptedAt: Instant?
  public var summary: JSONValue
  public var trace: [TraceWindowRow]

  /// Why a directory cannot be replayed.
  public enum Refusal: Error, CustomStringConvertible {
    /// It holds a run of sockets and clocks, which never runs the same way twice.
    case cluster(String)
    /// Its manifest holds something else than a scenario that this version understands.
    case unreadable(String, String)
    /// It was killed: there is nothing to compare with.
    case unfinished(String)

    public var description: String {
      switch self {
      case .cluster(let path):
        "\(path) holds a run of the cluster engine; sockets and clocks never do the same twice, only the simulator's runs are replayed"
      case .unreadable(let path, let why): "\(path): \(why)"
      case .unfinished(let path):
        "\(path) holds a run that was killed before it wrote its trace; replay it without --verify"
      }
    }
  }

  /// Reads a run's directory. `comparing`: the trace is wanted too.
  ///
  /// - Throws: `Refusal`, `RunDirectory.Refusal`, `RunDatabase.Failure`.
  public init(_ path: String, comparing: Bool) throws {
    let directory = RunDirectory(path: path)
    let manifest = try directory.readManifest()
    let place = directory.manifestPath
    if manifest["engine"]?.string == "cluster" { throw Refusal.cluster(path) }
    guard let content = manifest["scenario"] else { throw Refusal.unreadable(place, "names no scenario") }
    do {
      scenario = try JSONDecoder().decode(Scenario.self, from: Data(content.text(pretty: false).utf8))
    } catch {
      throw Refusal.unreadable(place, "holds no scenario of this version (\(error))")
    }
    if let name = manifest["plant"]?.string {
      guard let known = PlantedDefect(rawValue: name) else {
        throw Refusal.unreadable(place, "names an unknown planted defect, '\(name)'")
      }
      plant = known
    }
    summary = try directory.readSummary()
    trace = []
    let isWhole = summary["complete"]?.boolean ?? false
    let isBroken = (summary["checks"]?.elements ?? []).contains { $0["holds"]?.boolean == false }
    if !isWhole, !isBroken, let seconds = summary["virtualSeconds"]?.double {
      interruptedAt = Instant(nanoseconds: UInt64(seconds * 1e9 + 0.5))
    }
    guard comparing else { return }
    trace = try RunDatabase.trace(at: directory.databasePath)
    if trace.isEmpty { throw Refusal.unfinished(path) }
  }

  /// Runs it again.
  public func replay() throws -> Conclusion {
    var blueprint = try Blueprint(scenario, engine: .simulator)
    blueprint.plant = plant
    var simulation = try Simulation(blueprint)
    let end = interruptedAt ?? .never
    while simulation.now < min(blueprint.trafficEnd, end), simulation.firstBreach == nil {
      simulation.run(until: simulation.now + blueprint.slice)
    }
    let goesOn = interruptedAt == nil && simulation.firstBreach == nil
    var conclusion = simulation.conclude(goesOn ? simulation.settle() : simulation.now)
    conclusion.judge(blueprint.expectations)
    conclusion.summary.complete = goesOn && simulation.firstBreach == nil
    return conclusion
  }

  /// The first way in which a replay differs; nil: it is the same, event by event and key by key.
  public func difference(_ replayed: Conclusion) -> String? {
    let other = replayed.trace
    for k in 0..<max(trace.count, other.count) {
      guard k < trace.count, k < other.count else {
        let window = k < trace.count ? trace[k].window : other[k].window
        let (more, less) = k < trace.count ? ("recorded", "replayed") : ("replayed", "recorded")
        return "window \(window) (\(Self.span(window))): the \(more) run goes on, the \(less) one has ended"
      }
      guard trace[k] != other[k] else { continue }
      let window = min(trace[k].window, other[k].window)
      return
        "window \(window) (\(Self.span(window))): recorded \(trace[k].events) events, digest \(trace[k].digest); replayed \(other[k].events) events, digest \(other[k].digest)"
    }
    // What an interrupted run had not written when it stopped is not compared.
    let comparison = RunComparison(summary, replayed.summary.json)
    guard let first = comparison.differences.first else { return nil }
    return "the trace is the same, and \(first.path) of the summary differs"
  }

  /// The span of virtual time that a window covers.
  static func span(_ window: UInt64) -> String {
    let start = Double(window << TraceDigest.windowBits) / 1e9
    let end = Double((window + 1) << TraceDigest.windowBits) / 1e9
    func text(_ value: Double) -> String { "\(Double(Int(value * 1_000)) / 1_000)" }
    return "\(text(start)) s to \(text(end)) s"
  }
}
