// A run's directory while it is written: rows as they become final, the summary and the report at the end. Whatever
// ends the process, what was written stays readable and says that it is not complete.

import Basics
import Participants
public import Reporting

/// Writes one run directory.
public final class RunWriter {
  public let directory: RunDirectory
  private let database: RunDatabase
  private let stream: RowStream
  private let manifest: RunManifest
  private let blueprint: Blueprint

  /// Creates the directory with an unfinished manifest and summary, and the database with what is known at the start.
  public init(
    at path: String, _ blueprint: Blueprint, manifest: RunManifest, force: Bool
  ) throws {
    let summary = RunSummary(name: blueprint.name, engine: manifest.engine, seed: blueprint.deployment.seed)
    directory = try RunDirectory.create(at: path, manifest: manifest, summary: summary, force: force)
    database = try RunDatabase(creatingAt: directory.databasePath)
    stream = RowStream(into: database)
    self.manifest = manifest
    self.blueprint = blueprint
    try database.insert(blueprint.nodeRows)
    try database.insert(blueprint.serviceRows)
  }

  /// Has rows written that became final, beside the run.
  ///
  /// - Throws: what became of earlier rows.
  public func write(_ rows: FreshRows) throws { try stream.send(rows) }

  /// Writes truth and decisions, the summary, the report; and says that the run is complete when it is.
  public func finish(_ conclusion: Conclusion) throws {
    try stream.wait()
    try database.insert(conclusion.tasks)
    try database.insert(conclusion.attestations)
    try database.replace(
      offences: conclusion.offences, slashes: conclusion.slashes, accuracy: conclusion.accuracy)
    try database.insert(conclusion.forks)
    try database.replace(histogram: conclusion.propagation, of: "propagation")
    try database.replace(histogram: conclusion.quorum, of: "quorum")
    try database.replace(histogram: conclusion.certificate, of: "certificate")
    try database.insert(conclusion.trace)
    try database.close()
    try directory.write(conclusion.summary)
    try directory.write(manifest, complete: conclusion.summary.complete)
    try Report.write(for: directory)
  }
}
