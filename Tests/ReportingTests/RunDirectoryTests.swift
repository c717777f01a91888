// Which folders a run may write, and what they say at each moment.

import Foundation
import Testing

@testable import Reporting

@Suite struct RunDirectoryTests {
  private let manifest = RunManifest(
    name: "sample", scenario: ["name": "sample", "seed": .integer(7)], seed: 7, engine: "simulator",
    version: "1.0",
    commandLine: ["avsim", "run", "sample.yaml"], startedAt: "2026-01-01T00:00:00Z")

  private func start(_ path: String, force: Bool = false) throws -> RunDirectory {
    try RunDirectory.create(
      at: path, manifest: manifest, summary: RunSummary(name: "sample", engine: "simulator", seed: 7),
      force: force)
  }

  @Test func itSaysCompleteOnlyAtTheEnd() throws {
    let folder = try TemporaryFolder()
    let directory = try start(folder.path + "/a/b/sample-7")
    #expect(try directory.readManifest()["complete"] == .bool(false))
    #expect(try directory.readSummary()["complete"] == .bool(false))
    #expect(try directory.readSummary().value(at: "tasks.issued") == .null)
    try directory.write(Sample.summary)
    try directory.write(manifest, complete: true)
    #expect(try directory.readManifest()["complete"] == .bool(true))
    #expect(try directory.readSummary().value(at: "tasks.issued") == .integer(30))
    #expect(try directory.readManifest().value(at: "scenario.name") == "sample")
  }

  @Test func aFinishedRunIsReplacedOnlyByForce() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/sample-7"
    try start(path).write(manifest, complete: true)
    try "more".write(toFile: path + "/trace.json", atomically: true, encoding: .utf8)
    #expect(throws: RunDirectory.Refusal.holdsFinishedRun(path)) { try start(path) }
    #expect(FileManager.default.fileExists(atPath: path + "/trace.json"))
    _ = try start(path, force: true)
    #expect(!FileManager.default.fileExists(atPath: path + "/trace.json"))
  }

  @Test func anUnfinishedRunMayBeReplaced() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/sample-7"
    _ = try start(path)
    _ = try start(path)
  }

  @Test func aFolderThatIsNotARunIsNeverTouched() throws {
    let folder = try TemporaryFolder()
    let letter = folder.path + "/letter.txt"
    try "dear".write(toFile: letter, atomically: true, encoding: .utf8)
    #expect(throws: RunDirectory.Refusal.isNotARun(folder.path)) { try start(folder.path, force: true) }
    #expect(throws: RunDirectory.Refusal.isNotARun(letter)) { try start(letter, force: true) }
    #expect(FileManager.default.fileExists(atPath: letter))
  }

  @Test(arguments: [#"{"manifest_version": 3, "name": "extension"}"#, "", "{", #"{"complete": false}"#])
  func anotherProgramsManifestIsNotARuns(text: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/manifest.json"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    #expect(throws: RunDirectory.Refusal.isNotARun(folder.path)) { try start(folder.path, force: true) }
    #expect(FileManager.default.fileExists(atPath: path))
  }

  @Test func namesBecomeSafeFolders() {
    #expect(RunDirectory.defaultPath(name: "first-look", seed: 7) == "runs/first-look-7")
    #expect(RunDirectory.defaultPath(name: "../../etc/passwd", seed: 1) == "runs/-..-etc-passwd-1")
    #expect(RunDirectory.defaultPath(name: "..", seed: 1) == "runs/run-1")
    #expect(!RunDirectory.defaultPath(name: "a/b", seed: 1).dropFirst(5).contains("/"))
  }
}
