// `sweep.sqlite`: what a sweep has run so far. A row is written when its run has ended, in a transaction of its own, so a
// sweep that is killed leaves every finished run, and the next call finds them by what they ran.

import Basics
import GRDB
import Scenarios

/// The results of one sweep.
public final class SweepStore: Sendable {
  /// Why the database refused, in SQLite's words.
  public struct Failure: Error, CustomStringConvertible {
    public var path: String
    public var message: String
    public var description: String { "\(path): \(message)" }
  }

  private let path: String
  private let queue: DatabaseQueue

  private static let schema = """
    CREATE TABLE IF NOT EXISTS points ( -- combinations of values
      id INTEGER PRIMARY KEY,        -- position in the sweep
      overrides TEXT NOT NULL        -- KEY=VALUE, one a line
    ) STRICT;
    CREATE TABLE IF NOT EXISTS runs (
      key TEXT PRIMARY KEY,          -- fingerprint of version and resolved scenario: the same runs have the same
      point INTEGER NOT NULL,        -- points.id of the sweep that made it
      seed INTEGER NOT NULL,         -- as 64 bits
      wall_seconds REAL NOT NULL,
      summary TEXT NOT NULL          -- summary.json
    ) STRICT;
    CREATE TABLE IF NOT EXISTS measures ( -- averages over the seeds of a point, written when the sweep has ended
      point INTEGER NOT NULL,
      measure TEXT NOT NULL,         -- a key of summary.json
      runs INTEGER NOT NULL,         -- that have a value
      mean REAL NOT NULL,
      low REAL,                      -- the interval's ends; NULL when one run says nothing of them
      high REAL,
      deviation REAL,                -- of the runs' values, n - 1
      method TEXT NOT NULL,          -- t95 or wilson95
      PRIMARY KEY (point, measure)
    ) STRICT;
    """

  /// Opens or makes the database at `path`.
  public init(at path: String) throws(Failure) {
    self.path = path
    do {
      var configuration = Configuration()
      configuration.journalMode = .wal
      queue = try DatabaseQueue(path: path, configuration: configuration)
      try queue.write { try $0.execute(sql: Self.schema) }
    } catch {
      throw Failure(path: path, message: "\(error)")
    }
  }

  /// Replaces the table of points by those of this sweep.
  func write(_ points: [SweepPoint]) throws(Failure) {
    try guarded { db in
      try db.execute(sql: "DELETE FROM points; DELETE FROM measures")
      for (id, point) in points.enumerated() {
        try db.execute(
          sql: "INSERT INTO points VALUES (?, ?)", arguments: [id, point.overrides.joined(separator: "\n")])
      }
    }
  }

  /// The summary of a run, as text; nil: it is not there.
  func summary(_ key: String) throws(Failure) -> String? {
    do {
      return try queue.read {
        try String.fetchOne($0, sql: "SELECT summary FROM runs WHERE key = ?", arguments: [key])
      }
    } catch {
      throw Failure(path: path, message: "\(error)")
    }
  }

  func write(key: String, point: Int, seed: UInt64, wallSeconds: Double, summary: String) throws(Failure) {
    try guarded { db in
      try db.execute(
        sql: "INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?)",
        arguments: [key, point, Int64(bitPattern: seed), wallSeconds, summary])
    }
  }

  func write(_ rows: [SweepRow]) throws(Failure) {
    try guarded { db in
      try db.execute(sql: "DELETE FROM measures")
      for row in rows {
        try db.execute(
          sql: "INSERT INTO measures VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
          arguments: [
            row.point, row.measure, row.estimate.runs, row.estimate.mean, row.estimate.low, row.estimate.high,
            row.estimate.deviation, row.estimate.method.rawValue,
          ])
      }
    }
  }

  /// Writes everything into the main file.
  func checkpoint() throws(Failure) {
    do { _ = try queue.writeWithoutTransaction { try $0.checkpoint(.truncate) } } catch {
      throw Failure(path: path, message: "\(error)")
    }
  }

  private func guarded(_ body: @Sendable (Database) throws -> Void) throws(Failure) {
    do { try queue.write(body) } catch { throw Failure(path: path, message: "\(error)") }
  }
}
