// A sweep: one scenario, run over seeds and over values of its keys, and the measures that are drawn of it. Reading and
// checking; what to run is in `Sweep+Points`, running it in `Exploration`.

import Basics

/// A sweep file, read and checked.
public struct SweepPlan: Sendable, Equatable, Codable {
  public var name: String
  public var description: String
  /// Path of the scenario, relative to the sweep's directory.
  public var scenario: String
  public var seeds: [UInt64]
  /// Values of one key path, as texts of YAML.
  public struct Axis: Sendable, Equatable, Codable {
    public var key: String
    public var values: [String]
  }
  /// Every combination of the axes' values.
  public var grid: [Axis]
  /// These combinations.
  public var points: [[String: String]]
  /// So many points, drawn; nil: `grid` or `points` say which.
  public var draw: SweepDraw?
  /// Keys of `summary.json` that are averaged and drawn.
  public var measures: [String]

  /// Measures of a sweep that names none.
  public static let defaultMeasures = [
    "tasks.certifiedRatio", "latency.quorum.p99", "load.lateAttestations", "slashing.micro.precision",
    "slashing.micro.recall", "slashing.amounts.honestLossWei",
  ]
}

extension SweepPlan {
  /// Reads the sweep at `path`, and its scenario with each value applied.
  public static func load(_ path: String, files: any FileSource = DiskFiles()) throws(FileError) -> SweepPlan
  {
    try parse(file: path, bytes: try files.read(path, limit: Scenario.bytesMaximum), files: files)
  }

  static func parse(file: String, bytes: [UInt8], files: any FileSource) throws(FileError) -> SweepPlan {
    let (tree, mistakes) = try YAMLText.reading(file: file, bytes: bytes)
    let reading = Reading(sources: [file], directory: directoryPart(file), files: files)
    for mistake in mistakes { reading.keep(mistake) }
    let root = ValueReader(tree: tree, path: "", reading: reading, sink: nil)
    let sweep = root.object { SweepPlan($0) }
    guard reading.mistakes.isEmpty, let sweep else { throw .content(reading.sorted()) }
    return sweep
  }

  init(_ o: ObjectReader) {
    _ = o.needed("kind", "write kind: sweep", placeholder: "") { $0.word(["sweep"]) }
    name = o.needed("name", "write a short name", placeholder: "unnamed") {
      $0.string(
        "write 1 to 80 letters, digits, '.', '_' or '-'", pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$",
        accepts: isName)
    }
    description = o.value("description", "what it is for", or: "") { $0.string() }
    scenario = o.needed("scenario", "write the path of a scenario", placeholder: "") {
      $0.string("write the path of a scenario")
    }
    seeds =
      o.optional("seeds", "how many seeds, from 1; or a list of seeds") { v in
        v.forms(
          scalar: { $0.integer(1...1_000_000).map { (1...UInt64($0)).map { $0 } } },
          list: { $0.list(1...1_000_000) { $0.seed() } }, expected: "a count, or a list of seeds")
      } ?? [1]
    grid = o.object("grid", "values of key paths; every combination is run") { g in
      g.others("values of this key path of the scenario") { key, value in
        value.list(1...10_000) { $0.written() }.map { Axis(key: key, values: $0) }
      }.map(\.1)
    }
    points = o.list("points", "combinations of values, each a mapping from key path to value") { item in
      item.object { p in
        var point: [String: String] = [:]
        for (key, value) in p.others("value of this key path of the scenario", { $1.written() }) {
          point[key] = value
        }
        return point
      }
    }
    draw = o.optional("draw", "points whose values are drawn at random") { v in
      v.object { SweepDraw($0) }
    }
    measures =
      o.optional("measures", "keys of summary.json to average and draw") { v in
        v.list(1...1_000) { item in
          item.scalar(
            Allowed(
              text: "write a measure such as tasks.certifiedRatio",
              schema: .object(["type": .string("string")]))
          ) {
            (text) throws(QuantityError) in
            let unit = try MeasureTable.unit(of: text)
            if unit == .text || unit == .bool {
              throw QuantityError(reason: "'\(clip(text))' is no number; a sweep averages numbers")
            }
            return text
          }
        }
      } ?? Self.defaultMeasures
    let ways = ["grid", "points", "draw"].filter { o.has($0) }
    if ways.count > 1 { o.mistake(ways[1], "stands beside \(ways[0]); write one of them") }
    if !o.isRecording { check(o) }
  }

  /// Loads the scenario with each value applied by itself: a wrong one is found before hours of runs.
  private func check(_ o: ObjectReader) {
    guard !scenario.isEmpty else { return }
    let path = resolve(scenario, from: o.reading.directory)
    func load(_ overrides: [String], _ key: String) -> Bool {
      do throws(FileError) {
        _ = try Scenario.load(path, overrides: overrides, files: o.reading.files)
        return true
      } catch {
        switch error {
        case .missing:
          o.mistake("scenario", "'\(clip(scenario))' does not exist; write a path relative to this file")
        case .content(let mistakes) where overrides.isEmpty:
          for mistake in mistakes { o.reading.keep(mistake) }
        default: o.mistake(key, error.mistakes.map { "\($0.key): \($0.text)" }.joined(separator: "; "))
        }
        return false
      }
    }
    guard load([], "scenario") else { return }
    for axis in grid { for value in axis.values { _ = load(["\(axis.key)=\(value)"], "grid") } }
    for value in draw?.values ?? [] {
      for text in value.law.extremes { _ = load(["\(value.key)=\(text)"], "draw") }
    }
    for point in points {
      _ = load(point.keys.sorted().map { "\($0)=\(point[$0]!)" }, "points")
    }
  }
}

extension ValueReader {
  /// The value as YAML text on one line, for `--set`.
  func written() -> String? {
    if let sink {
      sink.alternatives.append(.object([]))
      return nil
    }
    return tree.flowText
  }
}
