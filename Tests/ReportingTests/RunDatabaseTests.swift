// run.sqlite: what goes in comes out, at any moment, also after a kill; and the schema explains itself.

import AVS
import Basics
import Foundation
import GRDB
import Testing

@testable import Reporting

/// A fresh folder that is removed at the end.
final class TemporaryFolder: Sendable {
  let path: String
  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "avsim-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite struct RunDatabaseTests {
  static let published = [
    "nodes", "services", "tasks", "attestations", "certificates", "offences", "evidence", "slashes",
    "rewards",
    "blocks", "faults", "samples",
  ]

  @Test func everyPublishedTableExistsAndExplainsEachColumn() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/run.sqlite"
    try RunDatabase(creatingAt: path).close()
    try DatabaseQueue(path: path).read { db throws in
      let sql = Dictionary(
        uniqueKeysWithValues: try Row.fetchAll(
          db, sql: "SELECT name, sql FROM sqlite_master WHERE type='table'"
        )
        .map { ($0["name"] as String, $0["sql"] as String) })
      for table in Self.published {
        let text = try #require(sql[table])
        #expect(text.contains("-- "), "\(table)")
        for column in try db.columns(in: table) where column.name.hasSuffix("_wei") {
          #expect(column.type == "TEXT", "\(table).\(column.name)")
        }
        for column in try db.columns(in: table) where column.name.hasSuffix("_ns") {
          #expect(column.type == "INTEGER", "\(table).\(column.name)")
        }
      }
    }
  }

  @Test func readersSeeEachBatchWhileTheRunGoesOn() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/run.sqlite"
    let database = try RunDatabase(creatingAt: path)
    let reader = try DatabaseQueue(path: path)
    for k in 1...3 as ClosedRange<UInt64> {
      try database.insert([BlockRow(number: k, at: Instant(nanoseconds: k), transactions: 1, gas: 21_000)])
      #expect(try reader.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM blocks") } == Int(k))
    }
    try database.close()
  }

  @Test func aRowWithTheSameKeyReplacesTheFormer() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/run.sqlite"
    let database = try RunDatabase(creatingAt: path)
    try database.insert([
      FaultRow(id: 0, kind: "crash", place: "o1", at: Instant(nanoseconds: 5), healedAt: nil)
    ])
    try database.insert([
      FaultRow(
        id: 0, kind: "crash", place: "o1", at: Instant(nanoseconds: 5), healedAt: Instant(nanoseconds: 9))
    ])
    try database.replace(offences: Sample.offences, slashes: Sample.slashes)
    try database.replace(
      offences: Sample.offences, slashes: Sample.slashes, accuracy: Sample.summary.slashing)
    try database.close()
    try DatabaseQueue(path: path).read { db throws in
      #expect(try Int.fetchAll(db, sql: "SELECT healed_ns FROM faults") == [9])
      #expect(
        try String.fetchAll(db, sql: "SELECT verdict FROM slashes ORDER BY id")
          == ["true_positive", "false_positive", "not_executed"])
      #expect(
        try String.fetchAll(db, sql: "SELECT taken_wei FROM slashes ORDER BY id")
          == ["320000000000000000000", "3000000000000000000", "0"])
      #expect(try Int.fetchAll(db, sql: "SELECT offence FROM slashes WHERE offence NOT NULL") == [0])
    }
  }

  @Test func instantsThatNeverComeStayInRange() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/run.sqlite"
    let database = try RunDatabase(creatingAt: path)
    try database.insert([
      TaskRow(
        id: TaskID(0), service: ServiceID(0), due: .zero, deadline: .never, state: .open, quorumAt: nil,
        certificateAt: nil, signedBips: 0)
    ])
    try database.close()
    #expect(
      try DatabaseQueue(path: path).read { try Int64.fetchOne($0, sql: "SELECT deadline_ns FROM tasks") }
        == Int64.max)
  }

  @Test func anExistingRunIsNotWrittenInto() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/run.sqlite"
    try RunDatabase(creatingAt: path).close()
    #expect(throws: RunDatabase.Failure.self) { try RunDatabase(creatingAt: path) }
  }

  /// The writer is another process, and it is killed in the middle of its work, without a chance to close anything.
  @Test func afterAKillEveryCommittedBatchIsThere() async throws {
    let folder = try TemporaryFolder()
    let path: String = folder.path + "/runs/killed-7"
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
      let manifest = RunManifest(
        name: "killed", scenario: ["name": "killed"], seed: 7, engine: "simulator", version: "0",
        commandLine: [],
        startedAt: "2026-01-01T00:00:00Z")
      let directory = try RunDirectory.create(
        at: path, manifest: manifest, summary: RunSummary(name: "killed", engine: "simulator", seed: 7))
      let database = try RunDatabase(creatingAt: directory.databasePath)
      for batch in 0..<20 {
        try database.insert(
          (0..<1_000).map { k in
            AttestationRow(
              task: TaskID(batch), operatorID: NodeID(k), publishedAt: Instant(nanoseconds: UInt64(k)),
              receivedAt: nil, onTime: false, cause: .partitioned)
          })
      }
      try database.replace(offences: Sample.offences, slashes: Sample.slashes)
      kill(getpid(), SIGKILL)
    }
    let directory = RunDirectory(path: path)
    #expect(try directory.readManifest()["complete"] == .bool(false))
    #expect(try directory.readSummary()["complete"] == .bool(false))
    try await DatabaseQueue(path: directory.databasePath).read { db throws in
      #expect(try String.fetchOne(db, sql: "PRAGMA integrity_check") == "ok")
      #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM attestations") == 20_000)
      #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM offences") == Sample.offences.count)
    }
  }
}
