// Rows of a run on their way to its database, beside the run: a commit may wait for the disk, and an event loop that carries
// every frame of a cluster must not wait with it. One batch is under way at most; whoever brings the next waits for it,
// so rows never pile up in memory.

import Dispatch
import Reporting
import Synchronization

/// Batches of rows, written one after the other on a thread of their own.
final class RowStream: Sendable {
  private let database: RunDatabase
  private let queue = DispatchQueue(label: "run.sqlite")
  private let failure = Mutex<RunDatabase.Failure?>(nil)

  init(into database: RunDatabase) { self.database = database }

  /// Has `rows` written after what was sent before.
  ///
  /// - Throws: what the database said of an earlier batch.
  func send(_ rows: FreshRows) throws(RunDatabase.Failure) {
    try wait()
    queue.async { [self] in
      do throws(RunDatabase.Failure) { try database.insert(rows) } catch { failure.withLock { $0 = error } }
    }
  }

  /// Returns when everything sent is in the database.
  ///
  /// - Throws: what the database said of any batch.
  func wait() throws(RunDatabase.Failure) {
    queue.sync {}
    if let failure = failure.withLock({ $0 }) { throw failure }
  }
}

extension RunDatabase {
  fileprivate func insert(_ rows: FreshRows) throws(Failure) {
    try insert(rows.tasks)
    try insert(rows.attestations)
    try insert(rows.certificates)
    try insert(rows.evidence)
    try insert(rows.blocks)
    try insert(rows.undone)
    try insert(rows.faults)
    try insert(rows.rewards)
    try insert(rows.samples)
    try insert(rows.economy)
    try insert(rows.scores)
    try insert(rows.scoreMoves)
  }
}
