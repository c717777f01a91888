// Determinism and survival as users meet them: by the program, in processes of its own, since hash seeds differ between
// processes and processors differ in what their libm computes.

import Foundation
import TestKit
import Testing

private enum Program {
  static func start(_ arguments: [String], environment: [String: String] = [:]) throws -> Process {
    let program = try #require(Checkout.avsim)
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  static func scenario(_ name: String) -> String {
    Checkout.root.appendingPathComponent("topologies/\(name).yaml").path
  }
}

private func temporaryDirectory() throws -> URL {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent("avsim-test-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  return url
}

/// The summary of a run.
private func summary(_ directory: URL) throws -> [String: Any] {
  let data = try Data(contentsOf: directory.appendingPathComponent("summary.json"))
  return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
}

@Suite(.serialized) struct DeterminismTests {
  /// glibc picks its exp, log and pow by what the processor can do; nothing of that may reach a run.
  @Test func twoProcessesAndAnOlderProcessorAgree() throws {
    let place = try temporaryDirectory()
    defer { try? FileManager.default.removeItem(at: place) }
    let older = ["GLIBC_TUNABLES": "glibc.cpu.hwcaps=-FMA,-AVX2,-AVX2_Usable,-FMA_Usable"]
    var summaries: [[Substring]] = []
    for (k, environment) in [[:], [:], older].enumerated() {
      let out = place.appendingPathComponent("\(k)")
      let run = try Program.start(
        ["run", Program.scenario("equivocators"), "--quiet", "--out", out.path], environment: environment)
      run.waitUntilExit()
      #expect(run.terminationStatus == 0)
      let text = try String(contentsOf: out.appendingPathComponent("summary.json"), encoding: .utf8)
      summaries.append(text.split(separator: "\n").filter { !$0.contains("\"wallSeconds\"") })
    }
    #expect(summaries[0] == summaries[1])
    #expect(summaries[0] == summaries[2])
  }

  /// The digest as recorded; the same in debug and release, on any machine. A change that moves it says so in its commit.
  @Test func theDigestIsTheRecordedOne() throws {
    let place = try temporaryDirectory()
    defer { try? FileManager.default.removeItem(at: place) }
    let run = try Program.start([
      "run", Program.scenario("equivocators"), "--quiet", "--out", place.path + "/run",
    ])
    run.waitUntilExit()
    let digest = try #require(try summary(place.appendingPathComponent("run"))["traceDigest"] as? String)
    let golden = Checkout.root.appendingPathComponent("Tests/SimulatorTests/Golden/equivocators.digest")
    if ProcessInfo.processInfo.environment["AVSIM_RECORD"] != nil {
      try Data((digest + "\n").utf8).write(to: golden)
    }
    let recorded = try String(contentsOf: golden, encoding: .utf8).trimmingCharacters(
      in: .whitespacesAndNewlines)
    #expect(digest == recorded)
  }

  @Test func aKilledRunLeavesAReadableDirectoryThatSaysSo() throws {
    let place = try temporaryDirectory()
    defer { try? FileManager.default.removeItem(at: place) }
    let out = place.appendingPathComponent("run")
    // Long enough to be alive when it is killed.
    let run = try Program.start([
      "run", Program.scenario("honest-baseline"), "--quiet", "--out", out.path, "--set", "duration=100m",
    ])
    let database = out.appendingPathComponent("run.sqlite").path
    while run.isRunning && !FileManager.default.fileExists(atPath: database) { _ = sched_yield() }
    kill(run.processIdentifier, SIGKILL)
    run.waitUntilExit()
    let left = try summary(out)
    #expect(left["complete"] as? Bool == false)
    #expect(FileManager.default.fileExists(atPath: database))
    let again = try Program.start([
      "run", Program.scenario("honest-baseline"), "--quiet", "--out", out.path, "--set", "duration=10s",
      "--set", "warmup=2s",
    ])
    again.waitUntilExit()
    #expect(try summary(out)["complete"] as? Bool == true)
  }

  @Test func interruptionEndsCleanlyWithPartialResults() throws {
    let place = try temporaryDirectory()
    defer { try? FileManager.default.removeItem(at: place) }
    let out = place.appendingPathComponent("run")
    let run = try Program.start([
      "run", Program.scenario("honest-baseline"), "--quiet", "--out", out.path, "--set", "duration=100m",
    ])
    let database = out.appendingPathComponent("run.sqlite").path
    while run.isRunning && !FileManager.default.fileExists(atPath: database) { _ = sched_yield() }
    while run.isRunning {
      kill(run.processIdentifier, SIGINT)
      run.waitUntilExit()
    }
    #expect(run.terminationStatus == 130)
    #expect(try summary(out)["complete"] as? Bool == false)
    #expect(FileManager.default.fileExists(atPath: out.appendingPathComponent("report.html").path))
  }
}
