// Background clusters by command, as a person uses them: two side by side, their logs followed, their directories taken and
// given back.

import AVS
import Basics
import Contracts
import Foundation
import Gossip
import Libp2p
import Network
import Participants
import Reporting
import Runs
import Scenarios
import Signatures
import Testing
import TestKit
import UV

@testable import Cluster

/// Where processes listen, from the system's own tables.
enum Listening {
  /// The addresses of TCP sockets that processes of this machine listen at, as far as `processes` hold them.
  static func addresses(of processes: [Int32]) throws -> [String] {
    var inodes: Set<String> = []
    for id in processes {
      for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/fd") {
        let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(id)/fd/\(name)")
        if let target, target.hasPrefix("socket:[") { inodes.insert(String(target.dropFirst(8).dropLast())) }
      }
    }
    var found: Set<String> = []
    for line in try String(contentsOfFile: "/proc/net/tcp", encoding: .utf8).split(separator: "\n")
      .dropFirst()
    {
      let fields = line.split(separator: " ")
      guard fields.count > 9, fields[3] == "0A", inodes.contains(String(fields[9])) else { continue }
      // Little-endian hexadecimal.
      let word = UInt32(fields[1].prefix { $0 != ":" }, radix: 16) ?? 0
      found.insert([0, 8, 16, 24].map { "\(word >> UInt32($0) & 255)" }.joined(separator: "."))
    }
    return found.sorted()
  }
}

@Suite(.serialized, .enabled(if: Checkout.avsim != nil)) struct CommandTests {
  private static let scenario = """
    name: side
    duration: 60s
    network:
      topology: {generate: random-regular, degree: 4}
      links: {latency: 2ms}
    operators: {count: 6, stakes: 100ETH}
    watchers: {count: 1}
    aggregators: coordinator
    chain: {blockTime: 1s}
    services: [{name: x, operators: all, task: {arrival: {periodic: {every: 500ms}}}, quorum: 67%, responseWindow: 2s}]
    cluster: {processes: 2, restart: 100ms}
    """

  /// Runs the program; what it printed, and how it ended.
  private func avsim(_ words: String...) throws -> (out: String, code: Int32) {
    let process = Foundation.Process()
    process.executableURL = Checkout.avsim
    process.arguments = words
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let out = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (out, process.terminationStatus)
  }

  private func processes(_ folder: String) throws -> [Int32] {
    let line = try #require(
      try avsim("cluster", "status", "--dir", folder).out.split(separator: "\n")
        .first { $0.hasPrefix("processes") })
    return line.split(separator: " ").dropFirst().compactMap { Int32($0) }
  }

  @Test func twoClustersLiveSideBySideAndLeaveNothingBehind() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/avsim-side-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let file = folder + "/side.yaml"
    try Self.scenario.write(toFile: file, atomically: true, encoding: .utf8)
    let a = folder + "/a", b = folder + "/b"
    #expect(try avsim("cluster", "up", file, "--dir", a).code == 0)
    defer { _ = try? avsim("cluster", "down", "--dir", a) }
    #expect(try avsim("cluster", "up", file, "--dir", b).code == 0)
    defer { _ = try? avsim("cluster", "down", "--dir", b) }
    // A directory in use is refused, with the command that ends its cluster.
    let second = try avsim("cluster", "up", file, "--dir", a)
    #expect(second.code == 64 && second.out.contains("avsim cluster down --dir \(a)"))
    // Each has its own processes; all links stand as soon as `up` returns; they listen on the loopback interface alone.
    let ofA = try processes(a), ofB = try processes(b)
    #expect(ofA.count == 2 && ofB.count == 2 && Set(ofA).isDisjoint(with: ofB))
    let status = try avsim("cluster", "status", "--dir", a).out
    #expect(status.contains("nodes       8 in 2 processes"))
    let links = status.split(separator: "\n").first { $0.hasPrefix("links") }?.split(separator: " ") ?? []
    #expect(links.count == 5 && links[1] == links[3] && links[1] != "0", "\(links)")
    #expect(try Listening.addresses(of: ofA + ofB) == ["127.0.0.1"])

    // Somebody follows the log of one while a process of it is killed and comes back.
    let follower = Foundation.Process()
    follower.executableURL = Checkout.avsim
    follower.arguments = ["cluster", "logs", "--follow", "--dir", a]
    let pipe = Pipe()
    follower.standardOutput = pipe
    try follower.run()
    #expect(kill(ofA[0], SIGKILL) == 0)
    var log = ""
    while !log.contains("process 0 is back") {
      let more = pipe.fileHandleForReading.availableData
      try #require(!more.isEmpty, "the log ended: \(log)")
      log += String(decoding: more, as: UTF8.self)
    }
    #expect(log.contains("process 0 ended by signal 9"))
    #expect(try processes(a)[0] != ofA[0])
    #expect(try processes(b) == ofB, "the other cluster saw nothing of it")
    #expect(try avsim("cluster", "transactions", "--dir", b).code == 0)

    #expect(try avsim("cluster", "down", "--dir", a).code == 0)
    log = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    follower.waitUntilExit()
    #expect(log.contains("results are in \(a)/run"), "the follower saw the end and ended")
    #expect(StateDirectory.startTicks(of: ofA[1]) == nil)
    let gone = try avsim("cluster", "status", "--dir", a)
    #expect(gone.code == 66 && gone.out.contains("can be used again or removed"))
    #expect(try avsim("cluster", "status", "--dir", b).code == 0)

    // The daemon of the other is killed: its processes end by themselves, the directory is stale and can be used again.
    let owner = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: b + "/cluster.json")))
        as? [String: Any])
    let daemon = try #require(owner["process"] as? Int)
    #expect(kill(Int32(daemon), SIGKILL) == 0)
    #expect(try avsim("cluster", "up", file, "--dir", b).code == 0)
    #expect(ofB.allSatisfy { StateDirectory.startTicks(of: $0) == nil })
    #expect(try avsim("cluster", "down", "--dir", b).code == 0)
    // Nothing but files of ours is in the directory; its socket goes a moment after the answer.
    let ours: Set = ["cluster.json", "cluster.log", "run", "control.sock"]
    #expect(Set(try FileManager.default.contentsOfDirectory(atPath: b)).isSubset(of: ours))
  }
}
