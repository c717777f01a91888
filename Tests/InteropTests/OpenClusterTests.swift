// A py-libp2p node beside the nodes of a running cluster (`cluster up --open`): it dials them, hears their attestations, and
// carries them between two halves that hear each other through it alone.

import Foundation
import TestKit
import Testing

@Suite(.serialized, .enabled(if: Environment.hasPython, Comment(rawValue: Environment.missing)))
struct OpenClusterTests {
  private static let scenario = """
    name: open
    duration: 300s
    network:
      topology: {generate: random-regular, degree: 4}
      links: {latency: 2ms}
      gossip: {heartbeat: 500ms}
      wire: libp2p
    operators: {count: 6, stakes: 100ETH}
    watchers: {count: 1}
    aggregators: coordinator
    chain: {blockTime: 1s}
    services: [{name: x, operators: all, task: {arrival: {periodic: {every: 1s}}}, quorum: 67%, responseWindow: 3s}]
    """

  /// Runs the program; what it printed, and how it ended.
  private func run(_ words: [String]) throws -> (out: String, code: Int32) {
    let process = Foundation.Process()
    process.executableURL = URL(fileURLWithPath: Environment.avsim)
    process.arguments = words
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let out = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (out, process.terminationStatus)
  }

  private func certified(_ folder: String) throws -> Int {
    let status = try run(["cluster", "status", "--dir", folder]).out
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("certified") }, "\(status)")
    return try #require(Int(line.split(separator: " ")[1]))
  }

  @Test func aForeignPeerHearsAndRelaysAttestations() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/avsim-open-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let file = folder + "/open.yaml", cluster = folder + "/c"
    try Self.scenario.write(toFile: file, atomically: true, encoding: .utf8)
    let up = try run(["cluster", "up", file, "--open", "--dir", cluster])
    #expect(up.code == 0, "\(up.out)")
    defer { _ = try? run(["cluster", "down", "--dir", cluster]) }
    let lines = try run(["cluster", "addresses", "--dir", cluster]).out.split(separator: "\n")
      .map { $0.split(separator: " ").map(String.init) }
    let nodes = lines.filter { $0[0] == "node" }.map { $0[2] }
    let topic = try #require(lines.first { $0[0] == "topic" }?[1])
    #expect(nodes.count == 8)

    let script = Checkout.root.appendingPathComponent("Tests/InteropTests/Peers/peer.py").path
    let peer = try Program(
      "py-libp2p", Environment.python,
      [
        script, "--unsigned", "--quiet", "--topic", topic, "--heartbeat", "0.5", "--degree", "8",
        "--degree-low", "8", "--degree-high", "12", "--dial",
      ] + nodes)
    defer { peer.end() }
    try peer.wait(event: "dialed", count: 8)
    // All of them: what py-libp2p announces of messages without an author has no id that anybody knows (its cache goes by
    // author and number), so that only those in its mesh get what it relays.
    try peer.wait(event: "meshed", count: 8)
    try peer.wait("what the operators say", limit: 90) { $0.event == "heard" && $0["count"] == "24" }
    let status = try run(["cluster", "status", "--dir", cluster]).out
    #expect(status.contains("guests      1 of 8 places taken"), "\(status)")

    // Each operator is cut off from everybody: one is no quorum of 67 %, unless somebody carries across what they say.
    let sides = "{partition: {isolate: {role: operator}}}"
    #expect(try run(["fault", "inject", cluster, sides]).code == 0)
    let before = try certified(cluster)
    var heard = 24
    var after = before
    while after < before + 6, heard < 200 {
      heard += 6
      try peer.wait("more", limit: 90) { $0.event == "heard" && $0["count"] == "\(heard)" }
      after = try certified(cluster)
    }
    #expect(after >= before + 6, "it carried what nobody else could")
    let log = try run(["cluster", "logs", "--dir", cluster]).out
    #expect(log.contains("is linked to node"))
    #expect(!(try run(["cluster", "status", "--dir", cluster]).out).contains("lost.expelled"))
  }
}
