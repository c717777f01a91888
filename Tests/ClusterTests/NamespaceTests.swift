// One cluster over two hosts: network namespaces of this machine with a cable between them, which is pulled out and put back.
// Skipped where namespaces are not allowed; `scripts/several-hosts` is the same by command.

import AVS
import Basics
import Foundation
import Reporting
import Runs
import Scenarios
import TestKit
import Testing
import UV

@testable import Cluster

/// Two network namespaces and a cable between them. Gone with the value's `remove`.
private struct Hosts {
  static let isAllowed: Bool = {
    let name = "avsim-probe-\(UV.Process.ownID)"
    guard Checkout.avsim != nil, ip("netns", "add", name).code == 0 else { return false }
    return ip("netns", "del", name).code == 0
  }()

  let east = "avsim-test-east-\(UV.Process.ownID)"
  let west = "avsim-test-west-\(UV.Process.ownID)"

  @discardableResult
  static func ip(_ words: String...) -> (out: String, code: Int32) {
    let process = Foundation.Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["ip"] + words
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    guard (try? process.run()) != nil else { return ("", 127) }
    let out = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (out, process.terminationStatus)
  }

  init() {
    Self.ip("netns", "add", east)
    Self.ip("netns", "add", west)
    Self.ip("-n", east, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", west)
    Self.ip("-n", east, "addr", "add", "10.78.0.1/24", "dev", "cable")
    Self.ip("-n", west, "addr", "add", "10.78.0.2/24", "dev", "cable")
    for host in [east, west] {
      Self.ip("-n", host, "link", "set", "lo", "up")
      Self.ip("-n", host, "link", "set", "cable", "up")
    }
  }

  func setCable(isIn: Bool) {
    #expect(Self.ip("-n", east, "link", "set", "cable", isIn ? "up" : "down").code == 0)
  }

  /// Addresses of listening sockets in a namespace, as the kernel's table has them, each once.
  func listening(in host: String) -> Set<String> {
    let table = Self.ip("netns", "exec", host, "cat", "/proc/net/tcp").out
    return Set(
      table.split(separator: "\n").dropFirst().compactMap { line in
        let fields = line.split(separator: " ")
        return fields.count > 3 && fields[3] == "0A" ? String(fields[1].prefix { $0 != ":" }) : nil
      })
  }

  func remove() {
    Self.ip("netns", "del", east)
    Self.ip("netns", "del", west)
  }
}

@Suite(
  .serialized,
  .enabled(if: Hosts.isAllowed, "network namespaces are not allowed here (they need root and iproute2)"))
struct NamespaceTests {
  @Test func aClusterOverTwoHostsLosesAndFindsItsCable() throws {
    let hosts = Hosts()
    defer { hosts.remove() }
    let scenario = try twoHosts(
      """
      [{name: even, address: 10.78.0.1, start: [ip, netns, exec, \(hosts.east)]}, \
      {name: odd, address: 10.78.0.2, start: [ip, netns, exec, \(hosts.west)]}]
      """, duration: "60s")
    let run = try ClusterRun(
      scenario, try Blueprint(scenario, engine: .cluster),
      ClusterOptions(executable: Checkout.avsim?.path ?? ""))
    defer { run.close() }
    try run.connect()
    #expect(run.nodes.links.up == run.nodes.links.all && run.nodes.links.all == 90)
    // Little-endian: each host's nodes listen at its address and nowhere else.
    #expect(hosts.listening(in: hosts.east) == ["01004E0A"])
    #expect(hosts.listening(in: hosts.west) == ["02004E0A"])
    let chain = run.chain
    #expect(run.loop.run(limit: .seconds(60)) { chain.certifiedTasks >= 2 })
    hosts.setCable(isIn: false)
    let cut = chain.dueTasks
    #expect(run.loop.run(limit: .seconds(60)) { chain.dueTasks >= cut + 3 })
    hosts.setCable(isIn: true)
    let mended = chain.dueTasks
    let certified = chain.certifiedTasks
    // A segment that was lost is sent again after up to some seconds.
    #expect(
      run.loop.run(limit: .seconds(60)) {
        chain.certifiedTasks >= certified + 3 && chain.dueTasks >= mended + 2
      })
    run.endTraffic()
    let tasks = run.conclude(run.now).tasks
    // Half of the operators are no quorum: what fell due and was over while the cable was out has no certificate.
    #expect(tasks.filter { $0.id.index == cut }.allSatisfy { $0.state != .certified })
    #expect(tasks.contains { $0.id.index >= mended && $0.state == .certified })
  }
}
