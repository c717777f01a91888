// What a sweep runs: its points, each with its seeds, and the scenario of each.

import Basics

/// One combination of values.
public struct SweepPoint: Sendable, Equatable {
  /// Key paths and values, in the order of the file.
  public var values: [SweepValue]

  /// What `--set` gets.
  public var overrides: [String] { values.map { "\($0.key)=\($0.value)" } }
  /// In words, for a person: `services[0].quorum 67%, network.links.loss 1%`. A sweep over seeds alone has one point, the
  /// scenario as it is written.
  public var text: String {
    values.isEmpty ? "as written" : values.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
  }
}

/// One value of one key.
public struct SweepValue: Sendable, Equatable {
  public var key: String
  public var value: String
}

extension SweepPlan {
  /// All points, the last axis of a grid changing fastest. Those drawn, when the file draws. One without values
  /// when the file names none.
  public var combinations: [SweepPoint] {
    if let draw { return draw.points }
    if !points.isEmpty {
      return points.map { point in
        SweepPoint(values: point.keys.sorted().map { SweepValue(key: $0, value: point[$0] ?? "") })
      }
    }
    var all = [SweepPoint(values: [])]
    for axis in grid {
      all = all.flatMap { point in
        axis.values.map { SweepPoint(values: point.values + [SweepValue(key: axis.key, value: $0)]) }
      }
    }
    return all
  }

  /// The path of the scenario, for a sweep file at `path`.
  public func scenarioPath(from path: String) -> String { resolve(scenario, from: directoryPart(path)) }
}
