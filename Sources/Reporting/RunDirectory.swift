// A run's folder: who may write it, and what it says at each moment. From its first moment it holds a manifest and a summary
// with `complete: false`; they say `true` only when the run has ended and everything is in place. So a run that is killed says
// so by itself.

internal import Foundation

/// The folder `NAME-SEED` of a run.
public struct RunDirectory: Sendable {
  public var path: String

  public var manifestPath: String { path + "/manifest.json" }
  public var summaryPath: String { path + "/summary.json" }
  public var databasePath: String { path + "/run.sqlite" }
  public var reportPath: String { path + "/report.html" }

  /// Why a folder was refused.
  public enum Refusal: Error, Equatable, CustomStringConvertible {
    /// It holds a finished run, and `--force` was not given.
    case holdsFinishedRun(String)
    /// It holds files that are not a run's; nothing but a run's folder is ever replaced.
    case isNotARun(String)
    /// Nothing could be written, read or replaced; the system's words follow.
    case system(path: String, message: String)
    /// A run's file is missing.
    case missing(String)
    /// A run's file does not hold what it should.
    case unreadable(path: String, message: String)

    public var description: String {
      switch self {
      case .holdsFinishedRun(let path):
        "\(path) holds a finished run: choose another folder with --out, or replace it with --force"
      case .isNotARun(let path): "\(path) exists and is not the folder of a run: choose another with --out"
      case .system(let path, let message): "\(path): \(message)"
      case .missing(let path): "\(path): no such file; is this the folder of a run?"
      case .unreadable(let path, let message): "\(path): \(message)"
      }
    }
  }

  /// A folder that exists, to read from. Nothing is checked yet.
  public init(path: String) { self.path = path }

  /// `runs/NAME-SEED`, with everything in NAME that is unfit for a file name turned into a dash.
  public static func defaultPath(name: String, seed: UInt64) -> String {
    let safe = name.unicodeScalars.map { scalar in
      scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "_" || scalar == "."
        ? Character(scalar) : "-"
    }
    let trimmed = String(safe).drop { $0 == "." }
    return "runs/\(trimmed.isEmpty ? "run" : String(trimmed.prefix(100)))-\(seed)"
  }

  /// Creates the folder at `path` and everything above it, and writes a manifest and a summary that say `complete: false`.
  ///
  /// A folder that holds an unfinished run is replaced; one that holds a finished run only with `force`; one that holds
  /// anything else never.
  public static func create(
    at path: String, manifest: RunManifest, summary: RunSummary, force: Bool = false
  ) throws(Refusal) -> RunDirectory {
    let directory = RunDirectory(path: path)
    var isDirectory: ObjCBool = false
    if unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) {
      guard isDirectory.boolValue else { throw .isNotARun(path) }
      try directory.clear(force: force)
    }
    try directory.reaching { try $0.createDirectory(atPath: path, withIntermediateDirectories: true) }
    try directory.write(manifest, complete: false)
    try directory.writeText(summary.unfinishedJSON.text(pretty: true) + "\n", to: directory.summaryPath)
    return directory
  }

  /// Removes an earlier run, if it may be removed.
  private func clear(force: Bool) throws(Refusal) {
    let names = try contents()
    if names.isEmpty { return }
    // Other programs have a manifest.json too: only a folder whose manifest is a run's may go. A run's is never half
    // written, so that one which does not parse is somebody else's.
    guard names.contains("manifest.json"), let manifest = try? readManifest(),
      let isComplete = manifest["complete"]?.boolean, manifest["scenario"] != nil, manifest["engine"] != nil
    else { throw .isNotARun(path) }
    if isComplete && !force { throw .holdsFinishedRun(path) }
    try reaching { try $0.removeItem(atPath: path) }
  }

  private func contents() throws(Refusal) -> [String] {
    do { return try FileManager.default.contentsOfDirectory(atPath: path) } catch {
      throw .system(path: path, message: error.localizedDescription)
    }
  }

  private func reaching(_ body: (FileManager) throws -> Void) throws(Refusal) {
    do { try body(.default) } catch { throw .system(path: path, message: error.localizedDescription) }
  }
}

// MARK: Writing

extension RunDirectory {
  /// Replaces the manifest; readers see the old or the new one, never half.
  public func write(_ manifest: RunManifest, complete: Bool) throws(Refusal) {
    try writeText(manifest.json(complete: complete).text(pretty: true) + "\n", to: manifestPath)
  }

  /// Replaces the summary; readers see the old or the new one, never half.
  public func write(_ summary: RunSummary) throws(Refusal) {
    try writeText(summary.json.text(pretty: true) + "\n", to: summaryPath)
  }

  /// Replaces a file of the folder at once.
  public func writeText(_ text: String, to path: String) throws(Refusal) {
    do { try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic) } catch {
      throw .system(path: path, message: error.localizedDescription)
    }
  }
}

// MARK: Reading

extension RunDirectory {
  public func readManifest() throws(Refusal) -> JSONValue { try read(manifestPath) }
  public func readSummary() throws(Refusal) -> JSONValue { try read(summaryPath) }

  var hasDatabase: Bool { FileManager.default.fileExists(atPath: databasePath) }

  private func read(_ path: String) throws(Refusal) -> JSONValue {
    guard let data = FileManager.default.contents(atPath: path) else { throw .missing(path) }
    do { return try JSONValue(parsing: data) } catch {
      throw .unreadable(path: path, message: "is not JSON: \(error)")
    }
  }
}

/// What it takes to run again.
public struct RunManifest: Sendable {
  public var name: String
  /// The scenario with every default, include and `--set` resolved.
  public var scenario: JSONValue
  public var seed: UInt64
  public var engine: String
  /// Of avsim.
  public var version: String
  public var commandLine: [String]
  /// ISO 8601, by the wall clock of the caller.
  public var startedAt: String
  /// A defect that was put in on purpose; nil: none, as in every run but those that test the checkers.
  public var plant: String?

  public init(
    name: String, scenario: JSONValue, seed: UInt64, engine: String, version: String, commandLine: [String],
    startedAt: String, plant: String? = nil
  ) {
    self.plant = plant
    self.name = name
    self.scenario = scenario
    self.seed = seed
    self.engine = engine
    self.version = version
    self.commandLine = commandLine
    self.startedAt = startedAt
  }

  func json(complete: Bool) -> JSONValue {
    let planted: [JSONValue.Member] = plant.map { [JSONValue.Member("plant", JSONValue($0))] } ?? []
    return JSONValue.object(members(complete) + planted)
  }

  private func members(_ complete: Bool) -> [JSONValue.Member] {
    let all: JSONValue = [
      "schema": .integer(1), "name": JSONValue(name), "complete": JSONValue(complete),
      "seed": JSONValue(seed),
      "engine": JSONValue(engine),
      "version": JSONValue(version), "commandLine": .array(commandLine.map { JSONValue($0) }),
      "startedAt": JSONValue(startedAt), "scenario": scenario,
    ]
    guard case .object(let members) = all else { return [] }
    return members
  }
}
