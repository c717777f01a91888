// `run.sqlite` while it is written. Rows come in batches, a transaction each; between batches, and after a kill at any moment,
// whoever opens the file reads every batch that was committed: SQLite's write-ahead log holds what the main file does not yet.
// One writer; any number of readers, in other processes too.

import AVS
public import Basics
internal import GRDB

/// The database of one run, open for writing.
public final class RunDatabase: Sendable {
  /// Why the database refused. `message` is SQLite's own sentence.
  public struct Failure: Error, CustomStringConvertible {
    public var path: String
    public var message: String
    public var description: String { "\(path): \(message)" }
  }

  public let path: String
  private let queue: DatabaseQueue

  /// Creates the file and its tables. The file must not exist, except empty.
  ///
  /// - Throws: `Failure` when it cannot be created or holds tables already.
  public init(creatingAt path: String) throws(Failure) {
    self.path = path
    do {
      var configuration = Configuration()
      configuration.journalMode = .wal
      queue = try DatabaseQueue(path: path, configuration: configuration)
      try queue.write { db in
        let tables =
          RunSchema.tables + RunSchema.forkTables + RunSchema.scoreTables
          + EconomyTable.allCases.map(\.definition)
        for table in tables { try db.execute(sql: table) }
        try db.execute(sql: "PRAGMA user_version = \(RunSchema.version)")
      }
    } catch {
      throw Failure(path: path, message: "\(error)")
    }
  }

  /// Writes everything into the main file, so that it can be copied alone, and closes it.
  public func close() throws(Failure) {
    try guarded { queue in
      _ = try queue.writeWithoutTransaction { try $0.checkpoint(.truncate) }
      try queue.close()
    }
  }

  private func guarded(_ body: (DatabaseQueue) throws -> Void) throws(Failure) {
    do { try body(queue) } catch { throw Failure(path: path, message: "\(error)") }
  }
}

// MARK: Rows

extension RunDatabase {
  public func insert(_ rows: [NodeRow]) throws(Failure) {
    try insert(rows, into: "nodes", columns: 7) { row, values in
      values.add(row.id.index)
      values.add(row.name)
      values.add(row.region)
      values.add(row.role)
      values.add(amount: row.stakeWei)
      values.add(row.cores)
      values.add(row.services)
    }
  }

  public func insert(_ rows: [ServiceRow]) throws(Failure) {
    try insert(rows, into: "services", columns: 6) { row, values in
      values.add(row.id.index)
      values.add(row.name)
      values.add(row.operators)
      values.add(amount: row.stakeWei)
      values.add(row.quorumBips)
      values.add(row.window.nanoseconds)
    }
  }

  public func insert(_ rows: [TaskRow]) throws(Failure) {
    try insert(rows, into: "tasks", columns: 8) { row, values in
      values.add(row.id.index)
      values.add(row.service.index)
      values.add(row.due)
      values.add(row.deadline)
      values.add(row.state.rawValue)
      values.add(row.quorumAt)
      values.add(row.certificateAt)
      values.add(row.signedBips)
    }
  }

  public func insert(_ rows: [AttestationRow]) throws(Failure) {
    try insert(rows, into: "attestations", columns: 8) { row, values in
      values.add(row.task.index)
      values.add(row.operatorID.index)
      values.add(row.publishedAt)
      values.add(row.receivedAt)
      values.add(row.onTime)
      values.add(row.expected)
      values.add(row.receivedBy)
      values.add(row.cause?.rawValue)
    }
  }

  public func insert(_ rows: [CertificateRow]) throws(Failure) {
    try insert(rows, into: "certificates", columns: 11) { row, values in
      values.addNull()
      values.add(row.task.index)
      values.add(row.service.index)
      values.add(row.aggregator.index)
      values.add(row.signers)
      values.add(row.signedBips)
      values.add(row.quorumAt)
      values.add(row.submittedAt)
      values.add(row.includedAt)
      values.add(row.block)
      values.add(row.outcome)
    }
  }

  public func insert(_ rows: [EvidenceRow]) throws(Failure) {
    try insert(rows, into: "evidence", columns: 10) { row, values in
      values.add(row.id)
      values.add(row.offenceClass.rawValue)
      values.add(row.operatorID.index)
      values.add(row.service.index)
      values.add(row.key)
      values.add(row.watcher.index)
      values.add(row.firstSeenAt)
      values.add(row.submittedAt)
      values.add(row.includedAt)
      values.add(row.outcome)
    }
  }

  public func insert(_ rows: [RewardRow]) throws(Failure) {
    try insert(rows, into: "rewards", columns: 5) { row, values in
      values.add(row.epoch)
      values.add(row.service.index)
      values.add(row.role)
      values.add(row.account)
      values.add(amount: row.wei)
    }
  }

  public func insert(_ rows: [BlockRow]) throws(Failure) {
    try insert(rows, into: "blocks", columns: 14) { row, values in
      values.add(row.number)
      values.add(row.at)
      values.add(row.transactions)
      values.add(row.gas)
      values.add(row.othersGas)
      values.add(row.baseFee.map { String($0) })
      values.add(row.fate.rawValue)
      values.add(row.certificateGas)
      values.add(row.evidenceGas)
      values.add(row.otherGas)
      values.add(row.waitingCertificates)
      values.add(row.waitingEvidence)
      values.add(row.waiting)
      values.add(row.censored)
    }
  }

  public func insert(_ rows: [UndoneRow]) throws(Failure) {
    try insert(rows, into: "undone", columns: 10) { row, values in
      values.add(row.id)
      values.add(row.reorgAt)
      values.add(row.transaction)
      values.add(row.kind)
      values.add(row.sender.index)
      values.add(row.block)
      values.add(row.isLost)
      values.add(row.resubmittedAt)
      values.add(row.includedAt)
      values.add(row.outcome)
    }
  }

  public func insert(_ rows: [FaultRow]) throws(Failure) {
    try insert(rows, into: "faults", columns: 5) { row, values in
      values.add(row.id)
      values.add(row.kind)
      values.add(row.place)
      values.add(row.at)
      values.add(row.healedAt)
    }
  }

  public func insert(_ rows: [TraceWindowRow]) throws(Failure) {
    try insert(rows, into: "trace", columns: 3) { row, values in
      values.add(row.window)
      values.add(row.events)
      values.add(row.digest)
    }
  }

  /// The trace of a run whose database lies at `path`, in order of windows. Empty when it holds none.
  ///
  /// - Throws: `Failure` when the file is missing, or older than this table.
  public static func trace(at path: String) throws(Failure) -> [TraceWindowRow] {
    do {
      var configuration = Configuration()
      configuration.readonly = true
      return try DatabaseQueue(path: path, configuration: configuration).read { db in
        try Row.fetchAll(db, sql: "SELECT window, events, digest FROM trace ORDER BY window").map { row in
          TraceWindowRow(
            window: UInt64(row["window"] as Int64), events: UInt64(row["events"] as Int64),
            digest: row["digest"])
        }
      }
    } catch {
      throw Failure(path: path, message: "\(error)")
    }
  }

  public func insert(_ rows: [SampleRow]) throws(Failure) {
    try insert(rows, into: "samples", columns: 15) { row, values in
      values.add(row.at)
      values.add(row.interval.nanoseconds)
      values.add(row.offered)
      values.add(row.published)
      values.add(row.certified)
      values.add(row.tasksDue)
      values.add(row.tasksCertified)
      values.add(row.tasksMissed)
      values.add(row.copies)
      values.add(row.bytes)
      values.add(row.quorumP50?.nanoseconds)
      values.add(row.quorumP99?.nanoseconds)
      values.add(row.cpuUtilisation)
      values.add(row.nodesUp)
      values.add(row.sybilMeshShare)
    }
  }

  public func insert(_ rows: [EconomyRow]) throws(Failure) {
    for table in EconomyTable.allCases {
      try insert(rows.filter { $0.table == table }, into: table.rawValue, columns: table.columns) {
        row, values in
        for cell in row.cells {
          switch cell {
          case .null: values.addNull()
          case .integer(let value): values.add(value)
          case .instant(let value): values.add(value)
          case .real(let value): values.add(value)
          case .text(let value): values.add(value)
          case .amount(let value): values.add(amount: value)
          }
        }
      }
    }
  }

  /// Writes the truth and the decisions as far as they are known, replacing what an earlier call wrote. With `accuracy`
  /// computed from these same two lists, their verdicts too.
  public func replace(
    offences: [OffenceRecord], slashes: [SlashRecord], accuracy: SlashAccuracy? = nil
  ) throws(Failure) {
    precondition(accuracy.map { $0.offenceVerdicts.count == offences.count } ?? true)
    precondition(accuracy.map { $0.slashVerdicts.count == slashes.count } ?? true)
    try guarded { queue in
      try queue.write { db in
        try db.execute(sql: "DELETE FROM offences; DELETE FROM slashes")
        try RunDatabase.insert(Array(offences.enumerated()), into: "offences", columns: 13, db) {
          item, values in
          let (k, row) = item
          values.add(k)
          values.add(row.operatorID.index)
          values.add(row.service.index)
          values.add(row.offenceClass.rawValue)
          values.add(row.key)
          values.add(row.at)
          values.add(row.violated)
          values.add(row.culpable)
          values.add(row.observable)
          values.add(row.evidenceAt)
          values.add(amount: row.dueWei)
          values.add(row.cause)
          values.add(accuracy?.offenceVerdicts[k].rawValue)
        }
        try RunDatabase.insert(Array(slashes.enumerated()), into: "slashes", columns: 18, db) {
          item, values in
          let (k, row) = item
          values.add(k)
          values.add(row.operatorID.index)
          values.add(row.service.index)
          values.add(row.offenceClass.rawValue)
          values.add(row.key)
          values.add(row.requestedAt)
          values.add(row.executedAt)
          values.add(row.state.rawValue)
          values.add(amount: row.dueWei)
          values.add(amount: row.takenWei)
          values.add(amount: row.burnedWei)
          values.add(amount: row.redistributedWei)
          values.add(amount: row.collateralWei)
          values.add(accuracy?.slashVerdicts[k].rawValue)
          values.add(accuracy?.slashOffences[k])
          values.add(row.cause)
          values.add(row.account)
          values.add(row.remedy)
        }
      }
    }
  }

  /// Writes the distribution of `measure` (`propagation`, `quorum`, `certificate`), in nanoseconds, replacing an earlier one.
  public func replace(histogram: Histogram, of measure: String) throws(Failure) {
    try guarded { queue in
      try queue.write { db in
        try db.execute(sql: "DELETE FROM histograms WHERE measure = ?", arguments: [measure])
        let filled = histogram.buckets.enumerated().filter { $0.element > 0 }
        try RunDatabase.insert(filled, into: "histograms", columns: 4, db) { bucket, values in
          values.add(measure)
          values.add(Histogram.lowerBound(bucket.offset))
          values.add(Histogram.width(bucket.offset))
          values.add(bucket.element)
        }
      }
    }
  }

  /// One transaction. A row with the key of an earlier one replaces it.
  func insert<Row>(
    _ rows: [Row], into table: String, columns: Int, _ fill: (Row, inout RowValues) -> Void
  ) throws(Failure) {
    if rows.isEmpty { return }
    try guarded { queue in
      try queue.write { try RunDatabase.insert(rows, into: table, columns: columns, $0, fill) }
    }
  }

  private static func insert<Row>(
    _ rows: [Row], into table: String, columns: Int, _ db: Database, _ fill: (Row, inout RowValues) -> Void
  ) throws {
    let places = Array(repeating: "?", count: columns).joined(separator: ",")
    let statement = try db.cachedStatement(sql: "INSERT OR REPLACE INTO \(table) VALUES (\(places))")
    var values = RowValues()
    for row in rows {
      values.list.removeAll(keepingCapacity: true)
      fill(row, &values)
      precondition(values.list.count == columns)
      statement.setUncheckedArguments(StatementArguments(values.list))
      try statement.execute()
    }
  }
}

/// The values of a row, in the order of its columns.
struct RowValues {
  var list: [DatabaseValue] = []

  mutating func addNull() { list.append(.null) }
  mutating func add(_ value: Int) { list.append(value.databaseValue) }
  mutating func add(_ value: Int?) { list.append(value?.databaseValue ?? .null) }
  /// SQLite's integers are signed: what is above 2^63 (`Instant.never`) is held at that bound.
  mutating func add(_ value: UInt64) { list.append(Int64(clamping: value).databaseValue) }
  mutating func add(_ value: UInt64?) { if let value { add(value) } else { addNull() } }
  mutating func add(_ value: Bool) { list.append((value ? 1 : 0).databaseValue) }
  mutating func add(_ value: Double?) { list.append(value?.databaseValue ?? .null) }
  mutating func add(_ value: String) { list.append(value.databaseValue) }
  mutating func add(_ value: String?) { list.append(value?.databaseValue ?? .null) }
  mutating func add(_ value: Instant) { add(value.nanoseconds) }
  mutating func add(_ value: Instant?) { if let value { add(value) } else { addNull() } }
  mutating func add(amount: UInt128) { list.append(String(amount).databaseValue) }
}
