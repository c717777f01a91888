// A run's directory while it is written: rows as they become final, the summary and the report at the end. Whatever
// ends the process, what was written stays readable and says that it is not complete.

import Basics
import Participants
public import Reporting

/// Writes one run directory.
public final class RunWriter {
  public let directory: RunDirectory
  private let database: RunDatabase
  private let manifest: RunManifest
  private let blueprint: Blueprint

  /// Creates the directory with an unfinished manifest and summary, and the database with what is known at the start.
  public init(
    at path: String, _ blueprint: Blueprint, manifest: RunManifest, force: Bool
  ) throws {
    let summary = RunSummary(name: blueprint.name, engine: manifest.engine, seed: blueprint.deployment.seed)
    directory = try RunDirectory.create(at: path, manifest: manifest, summary: summary, force: force)
    database = try RunDatabase(creatingAt: directory.databasePath)
    self.manifest = manifest
    self.blueprint = blueprint
    try database.insert(blueprint.nodeRows)
    try database.insert(blueprint.serviceRows)
    try database.insert(blueprint.faultRows)
  }

  /// Writes rows that became final.
  public func write(_ rows: FreshRows) throws {
    try database.insert(rows.tasks)
    try database.insert(rows.attestations)
    try database.insert(rows.certificates)
    try database.insert(rows.evidence)
    try database.insert(rows.blocks)
    try database.insert(rows.undone)
    try database.insert(rows.rewards)
    try database.insert(rows.samples)
    try database.insert(rows.economy)
    try database.insert(rows.scores)
    try database.insert(rows.scoreMoves)
  }

  /// Writes faults that came up, or ended, while the run went on.
  public func write(_ faults: [FaultRow]) throws { try database.insert(faults) }

  /// Writes truth and decisions, the summary, the report; and says that the run is complete when it is.
  public func finish(_ conclusion: Conclusion) throws {
    try database.insert(conclusion.tasks)
    try database.insert(conclusion.attestations)
    try database.replace(
      offences: conclusion.offences, slashes: conclusion.slashes, accuracy: conclusion.accuracy)
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
