// How near two runs of one scenario come, beyond their summaries: the shape of their latencies, which tasks were certified in
// both, who was slashed in both. Made for the two engines, whose runs are never equal number by number.

import GRDB

/// The agreement of two runs, from their `run.sqlite`.
public struct RunAgreement: Sendable {
  /// One latency in both runs.
  public struct Distribution: Sendable {
    /// `propagation`, `quorum` or `certificate`.
    public var measure: String
    /// The Kolmogorov-Smirnov distance: the largest difference of the two distribution functions, 0 for the same and 1 for
    /// disjoint ones. Exact but for the width of a bucket, at most 1/32 of its lower bound.
    public var distance: Double
    public var counts: (Int, Int)
    /// Percentiles in milliseconds, nearest rank, as lower bounds of buckets.
    public var p50: (Double, Double)
    public var p99: (Double, Double)
  }

  /// Latencies that both runs have.
  public var distributions: [Distribution] = []
  /// Tasks that both runs know, those of them that ended alike.
  public var tasks = 0
  public var tasksAlike = 0
  /// Executed slashes, by (operator, service, class): in both runs, only in the first, only in the second.
  public var slashes = (both: 0, first: 0, second: 0)

  /// Reads two finished runs.
  ///
  /// - Throws: `RunDirectory.Refusal` when a database is missing, or is not what a run writes.
  public init(_ a: RunDirectory, _ b: RunDirectory) throws(RunDirectory.Refusal) {
    let first = try Ending(of: a)
    let second = try Ending(of: b)
    for measure in ["propagation", "quorum", "certificate"] {
      if let one = Distribution(measure, first.buckets[measure] ?? [:], second.buckets[measure] ?? [:]) {
        distributions.append(one)
      }
    }
    for (task, state) in first.tasks {
      guard let other = second.tasks[task] else { continue }
      tasks += 1
      if other == state { tasksAlike += 1 }
    }
    slashes.both = first.slashes.intersection(second.slashes).count
    slashes.first = first.slashes.count - slashes.both
    slashes.second = second.slashes.count - slashes.both
  }

  /// Lines of at most 80 columns, each ended.
  public var table: String {
    func cell(_ text: String, _ width: Int) -> String { Text.padded(text, to: width, isRight: true) }
    func pair(_ values: (Double, Double)) -> String {
      cell("\(Figures.significant(values.0, 4)) / \(Figures.significant(values.1, 4))", 20)
    }
    var out = ""
    if !distributions.isEmpty {
      out +=
        Text.padded("latency", to: 14) + cell("distance", 10) + cell("p50 ms", 20) + cell("p99 ms", 20) + "\n"
    }
    for one in distributions {
      out +=
        Text.padded(one.measure, to: 14) + cell(Figures.significant(one.distance, 3), 10) + pair(one.p50)
        + pair(one.p99) + "\n"
    }
    out += "\(tasksAlike) of \(tasks) tasks ended alike\n"
    let (both, first, second) = slashes
    out += "\(both) slashes in both, \(first) only in the first, \(second) only in the second\n"
    return out
  }
}

extension RunAgreement.Distribution {
  /// - Parameters a, b: counts by the lower bound of their bucket, in nanoseconds.
  /// - Returns: nil when one of them holds nothing.
  init?(_ measure: String, _ a: [Int64: Int64], _ b: [Int64: Int64]) {
    let (n, m) = (a.values.reduce(0, +), b.values.reduce(0, +))
    guard n > 0, m > 0 else { return nil }
    self.measure = measure
    counts = (Int(n), Int(m))
    var (below, other, widest) = (Int64(0), Int64(0), 0.0)
    var percentiles: [[Double?]] = [[nil, nil], [nil, nil]]
    for bound in Set(a.keys).union(b.keys).sorted() {
      below += a[bound] ?? 0
      other += b[bound] ?? 0
      let (x, y) = (Double(below) / Double(n), Double(other) / Double(m))
      widest = max(widest, abs(x - y))
      for (k, share) in [0.5, 0.99].enumerated() {
        if x >= share, percentiles[k][0] == nil { percentiles[k][0] = Double(bound) / 1e6 }
        if y >= share, percentiles[k][1] == nil { percentiles[k][1] = Double(bound) / 1e6 }
      }
    }
    distance = widest
    p50 = (percentiles[0][0] ?? 0, percentiles[0][1] ?? 0)
    p99 = (percentiles[1][0] ?? 0, percentiles[1][1] ?? 0)
  }
}

/// What a run ended with, as far as two runs can share it.
private struct Ending {
  var buckets: [String: [Int64: Int64]] = [:]
  var tasks: [Int64: String] = [:]
  var slashes: Set<String> = []

  init(of directory: RunDirectory) throws(RunDirectory.Refusal) {
    guard directory.hasDatabase else { throw .missing(directory.databasePath) }
    do {
      var configuration = Configuration()
      configuration.readonly = true
      let queue = try DatabaseQueue(path: directory.databasePath, configuration: configuration)
      try queue.read { db in
        for row in try Row.fetchAll(db, sql: "SELECT measure, lower_ns, count FROM histograms") {
          buckets[row[0], default: [:]][row[1]] = row[2]
        }
        for row in try Row.fetchAll(db, sql: "SELECT id, state FROM tasks") { tasks[row[0]] = row[1] }
        slashes = try Set(
          String.fetchAll(
            db,
            sql: "SELECT operator || ' ' || service || ' ' || class FROM slashes WHERE state = 'executed'"))
      }
      try queue.close()
    } catch {
      throw .unreadable(path: directory.databasePath, message: "\(error)")
    }
  }
}
