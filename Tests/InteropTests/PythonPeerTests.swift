// avsim peer and py-libp2p: two implementations that share no line of code, over real sockets.

import Foundation
import Libp2p
import Signatures
import TestKit
import Testing

enum Dialer: String, Sendable, CaseIterable { case avsim, python }

/// Two nodes that are connected and in each other's mesh.
struct Pair {
  let avsim: Program
  let python: Program

  init(
    dialer: Dialer, avsim ours: [String] = [], python theirs: [String] = [], security: String = "noise"
  ) throws {
    let avsimPath = Environment.avsim
    let script = Checkout.root.appendingPathComponent("Tests/InteropTests/Peers/peer.py").path
    let common = ["peer", "--topic", "t", "--security", security] + ours
    let pythons = [script, "--security", security] + theirs
    switch dialer {
    case .avsim:
      python = try Program("py-libp2p", Environment.python, pythons)
      avsim = try Program("avsim", avsimPath, common + ["--dial", try python.address()])
    case .python:
      avsim = try Program("avsim", avsimPath, common)
      python = try Program("py-libp2p", Environment.python, pythons + ["--dial", try avsim.address()])
    }
    try avsim.wait(event: "connected")
    try avsim.wait(event: "grafted")
    try python.wait(event: "meshed")
  }

  func end() {
    python.end()
    avsim.end()
  }
}

@Suite(.serialized, .enabled(if: Environment.hasPython, Comment(rawValue: Environment.missing)))
struct PythonPeerTests {
  @Test(arguments: Dialer.allCases, ["noise", "plaintext"])
  func messagesGoBothWays(dialer: Dialer, security: String) throws {
    let pair = try Pair(
      dialer: dialer, avsim: ["--publish", "ours-{n}", "--every", "20ms", "--count", "20"], security: security
    )
    defer { pair.end() }
    let connected = try pair.avsim.wait(event: "connected")
    #expect(connected["direction"] == (dialer == .avsim ? "outbound" : "inbound"))
    #expect(connected["security"] == (security == "noise" ? "/noise" : "/plaintext/2.0.0"))
    try pair.python.wait("all of ours", count: 20) { $0.event == "message" && $0["data"]!.hasPrefix("ours-") }
    pair.python.send("publish 20 0.02 theirs")
    try pair.avsim.wait("all of theirs", count: 20) {
      $0.event == "message" && $0["data"]!.hasPrefix("theirs-")
    }
    let identified = try pair.avsim.wait(event: "identified")
    #expect(identified["agent"] == "py-libp2p/0.8.1")
    pair.avsim.end()
    #expect(pair.avsim.exitCode == 130)
    let stopped = try pair.avsim.wait(event: "stopped")
    #expect(stopped["messagesRefused"] == "0")
    #expect(stopped["sendsRefused"] == "0")
  }

  @Test(arguments: ConnectionSettings.pubsubVersions, [Dialer.avsim, .python])
  func eachVersionOfMeshsubIsSpoken(version: String, limited: Dialer) throws {
    // One end speaks one version, the other all: the one is agreed on.
    let pair = try Pair(
      dialer: .python,
      avsim: ["--publish", "ours-{n}", "--every", "20ms", "--count", "5"]
        + (limited == .avsim ? ["--protocols", version] : []),
      python: limited == .python ? ["--protocols", version] : [])
    defer { pair.end() }
    #expect(try pair.avsim.wait(event: "connected")["protocol"] == version)
    try pair.python.wait("ours", count: 5) { $0.event == "message" }
    pair.python.send("publish 5 0.02 theirs")
    try pair.avsim.wait("theirs", count: 5) { $0.event == "message" }
  }

  @Test(arguments: ["ed25519", "secp256k1"], ["ed25519", "secp256k1"])
  func identitiesOfBothKinds(ours: String, theirs: String) throws {
    let pair = try Pair(
      dialer: .avsim,
      avsim: ["--identity", ours, "--publish", "ours-{n}", "--every", "20ms", "--count", "3"],
      python: ["--identity", theirs])
    defer { pair.end() }
    let prefix = ["ed25519": "12D3KooW", "secp256k1": "16Uiu2HA"]
    #expect(try pair.avsim.wait(event: "connected")["peer"]?.hasPrefix(prefix[theirs]!) == true)
    #expect(try pair.python.wait(event: "subscribed")["peer"]?.hasPrefix(prefix[ours]!) == true)
    try pair.python.wait("ours", count: 3) { $0.event == "message" }
    pair.python.send("publish 3 0.02 theirs")
    try pair.avsim.wait("theirs", count: 3) { $0.event == "message" }
  }

  @Test func aLineRelaysAThousandMessagesEachWay() throws {
    let middle = try avsim("--topic", "t")
    defer { middle.end() }
    let address = try middle.address()
    let left = try python("--dial", address, "--quiet")
    defer { left.end() }
    let right = try python("--dial", address, "--quiet")
    defer { right.end() }
    try middle.wait(event: "grafted", count: 2)
    try left.wait(event: "meshed")
    try right.wait(event: "meshed")
    // py-libp2p drops what goes beyond 32 in its queues, where each message that it hears adds an IDONTWANT: small
    // batches, each heard before the next, are a rate that it can carry on any machine.
    let batch = 10
    for round in 1...100 {
      left.send("publish \(batch) 0.002 left\(round)")
      right.send("publish \(batch) 0.002 right\(round)")
      try right.wait("what left said, \(round)") { $0.event == "heard" && $0["count"] == "\(round * batch)" }
      try left.wait("what right said, \(round)") { $0.event == "heard" && $0["count"] == "\(round * batch)" }
    }
    let relayed = middle.told.filter { $0.event == "message" }
    #expect(relayed.count == 2_000)
    #expect(Set(relayed.compactMap { $0["data"] }).count == 2_000)
    middle.end()
    let stopped = try middle.wait(event: "stopped")
    #expect(stopped["accepted"] == "2000")
    #expect(stopped["messagesRefused"] == "0")
  }

  @Test func gossipGoesBothWaysOutsideTheMesh() throws {
    // A mesh of one: the first peer is in it, the second is pruned and lives on IHAVE and IWANT; the third wants no mesh
    // (py-libp2p gossips to nobody who pruned it).
    let middle = try avsim("--topic", "t", "--degree", "1", "--degree-low", "1", "--degree-high", "1")
    defer { middle.end() }
    let address = try middle.address()
    let first = try python("--dial", address)
    defer { first.end() }
    try middle.wait(event: "grafted")
    let second = try python("--dial", address)
    defer { second.end() }
    try middle.wait(event: "subscribed", count: 2)
    try second.wait(event: "prune")
    let third = try python("--dial", address, "--degree", "0", "--degree-low", "0")
    defer { third.end() }
    try middle.wait(event: "subscribed", count: 3)
    try third.wait(event: "subscribed")
    // A message that the second hears of by IHAVE and asks for.
    first.send("publish 1 0.01 pushed")
    try second.wait(event: "ihave")
    try second.wait("the message asked for") { $0.event == "message" && $0["data"] == "pushed-1" }
    // A message of the third's, which is in nobody's mesh: we hear of it by IHAVE and ask for it.
    third.send("publish 1 0.01 pulled")
    try middle.wait("the message asked for") { $0.event == "message" && $0["data"] == "pulled-1" }
    try first.wait("relayed") { $0.event == "message" && $0["data"] == "pulled-1" }
    first.send("unsubscribe")
    try middle.wait(event: "unsubscribed")
    try middle.wait(event: "pruned")
    middle.end()
    let stopped = try middle.wait(event: "stopped").line
    let counts = try #require(JSONSerialization.jsonObject(with: Data(stopped.utf8)) as? [String: Any])
    let received = try #require(counts["received"] as? [String: Int])
    let sent = try #require(counts["sent"] as? [String: Int])
    #expect(received["graft"]! >= 1)
    #expect(sent["prune"]! >= 1)
    #expect(sent["ihave"]! >= 1)
    #expect(received["iwant"]! >= 1)
    #expect(received["ihave"]! >= 1)
    #expect(sent["iwant"]! >= 1)
  }

  @Test(arguments: ["/meshsub/1.1.0", "/meshsub/1.2.0", "/meshsub/1.3.0"])
  func largeMessagesAreDeclinedWhereTheVersionKnowsIt(version: String) throws {
    let middle = try avsim("--topic", "t")
    defer { middle.end() }
    let address = try middle.address()
    let left = try python("--dial", address)
    defer { left.end() }
    let right = try python("--dial", address, "--protocols", version)
    defer { right.end() }
    try middle.wait(event: "grafted", count: 2)
    try left.wait(event: "meshed")
    try right.wait(event: "meshed")
    left.send("publish 1 0.01 " + String(repeating: "x", count: 2_000))
    try right.wait(event: "message")
    // What right hears of the message comes in order: that it need not send it, then the message.
    #expect(right.told.contains { $0.event == "idontwant" } == (version != "/meshsub/1.1.0"))
  }

  @Test func anotherPeerThanTheOneDialedIsRefused() throws {
    let peer = try python()
    defer { peer.end() }
    let address = try peer.address()
    let stranger = HostIdentity.ed25519(.init(seed: 5, node: 9)).peerID
    let wrong = address.prefix(while: { _ in true }).split(separator: "/").dropLast().joined(separator: "/")
    let node = try avsim("--topic", "t", "--dial", "/\(wrong)/\(stranger)")
    defer { node.end() }
    let end = try node.wait(event: "disconnected")
    #expect(end["reason"]?.hasPrefix("wrongPeer") == true)
    #expect(!node.told.contains { $0.event == "connected" })
  }

  @Test func onlyAdmittedPeersGetIn() throws {
    let friend = HostIdentity.ed25519(.init(seed: 5, node: 9)).peerID
    let node = try avsim("--topic", "t", "--admit", friend.description)
    defer { node.end() }
    let stranger = try python("--dial", try node.address())
    defer { stranger.end() }
    let end = try node.wait(event: "disconnected")
    #expect(end["reason"]?.hasPrefix("unknownPeer") == true)
    node.end()
    #expect(try node.wait(event: "stopped")["connections"] == "0")
  }
}
