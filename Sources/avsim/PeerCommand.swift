// `avsim peer`: one libp2p GossipSub node. Its events are lines of JSON on stdout; it runs until it is told to end.

import ArgumentParser
import Basics
import Foundation
import Gossip
import Libp2p
import Peer
import Signatures
import UV

struct PeerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "peer", abstract: "One libp2p GossipSub node; its events are lines of JSON on stdout.",
    discussion: """
      Events: listening, connected, identified, subscribed, unsubscribed, grafted, pruned, message, published, disconnected, \
      and at the end stopped with all counts. Durations are like 250ms, 2s, 3m; bare numbers are milliseconds. Publishing \
      begins when a connected peer subscribes to the topic. Ends by SIGINT or SIGTERM (exit code 130), or after --for.
      """)

  enum Security: String, ExpressibleByArgument, CaseIterable { case noise, plaintext }
  enum IdentityKind: String, ExpressibleByArgument, CaseIterable { case ed25519, secp256k1 }
  enum Signatures: String, ExpressibleByArgument, CaseIterable { case strict, none }

  @Option(help: "Address and port to listen at, for instance 127.0.0.1:0; port 0 lets the system choose.")
  var listen = "127.0.0.1:0"
  @Option(parsing: .upToNextOption, help: "Peers to connect with, and to connect with again.")
  var dial: [String] = []
  @Option(parsing: .upToNextOption, help: "Topics to join.") var topic: [String] = []
  @Option(help: "noise or plaintext.") var security = Security.noise
  @Option(help: "Message to publish to every topic; {n} in it is replaced by the message's number.")
  var publish: String?
  @Option(help: "Time between two messages.") var every = "1s"
  @Option(help: "How many messages.") var count = 1
  @Option(help: "Versions of meshsub to speak, best first, separated by commas.")
  var protocols: String = ConnectionSettings.pubsubVersions.joined(separator: ",")
  @Option(help: "Kind of identity: ed25519 or secp256k1.") var identity = IdentityKind.ed25519
  @Flag(help: "Take every peer that proves a key; so it is unless --admit names peers.") var open = false
  @Option(parsing: .upToNextOption, help: "Take these peer ids and no others.") var admit: [String] = []
  @Option(help: "Makes the identity and the mesh's choices repeatable; the identity is random without it.")
  var seed: UInt64?
  @Option(help: "strict: messages are signed and have to be; none: they are not and must not be.")
  var signatures = Signatures.strict
  @Option(help: "D: peers in a topic's mesh.") var degree: Int?
  @Option(help: "D_lo: the mesh is filled up below this.") var degreeLow: Int?
  @Option(help: "D_hi: the mesh is cut at this.") var degreeHigh: Int?
  @Option(help: "Time between heartbeats.") var heartbeat: String?
  @Option(name: .customLong("for"), help: "Ends after this time.") var duration: String?

  func run() throws {
    let settings = try settings()
    let interval = try Self.span(every, "--every")
    let life = try duration.map { try Self.span($0, "--for") }
    guard count >= 0 else { throw ValidationError("--count \(count): below zero") }
    let loop = try diagnosing { try Loop() }
    var interrupted = false
    let code = try diagnosing { () throws -> ExitCode? in
      defer { loop.close() }
      let node = PeerNode(settings, on: loop) { Self.write($0.json) }
      for number in [Signal.interrupt, Signal.terminate] {
        _ = try Signal(loop, number) {
          interrupted = true
          loop.stop()
        }
      }
      if let life { UV.Timer(loop) { loop.stop() }.start(after: life) }
      try node.start()
      let publisher = publish.map { Publisher(node, settings.topics, $0, count, loop) }
      publisher?.start(every: interval)
      loop.run()
      node.close()
      return interrupted ? Exit.interrupted : nil
    }
    if let code { throw code }
  }

  private func settings() throws -> PeerSettings {
    var connection = ConnectionSettings(identity: try makeIdentity())
    connection.security = [security == .noise ? .noise : .plaintext]
    connection.pubsub = protocols.split(separator: ",").map(String.init)
    if connection.pubsub.isEmpty { throw ValidationError("--protocols: names none") }
    for name in connection.pubsub where !ConnectionSettings.pubsubVersions.contains(name) {
      let allowed = ConnectionSettings.pubsubVersions.joined(separator: ", ")
      throw ValidationError("--protocols \(name): allowed are \(allowed)")
    }
    connection.agentVersion = "avsim/\(avsimVersion)"
    if !admit.isEmpty {
      if open { throw ValidationError("--open and --admit exclude each other") }
      connection.admission = .members(
        Set(
          try admit.map { text in
            do { return try PeerID(text) } catch { throw ValidationError("--admit \(text): no peer id") }
          }))
    }
    if Set(topic).count != topic.count { throw ValidationError("--topic: one is named twice") }
    for name in topic where name.isEmpty || name.utf8.count > 256 {
      throw ValidationError("--topic \(name): has to have 1 to 256 bytes")
    }
    var settings = PeerSettings(connection: connection, topics: topic)
    settings.listen = try listenAddress()
    settings.dials = try dial.map { text in
      let address: Multiaddr
      do { address = try Multiaddr(text) } catch {
        throw ValidationError("--dial \(text): no multiaddr: \(error)")
      }
      guard address.tcp != nil else {
        throw ValidationError("--dial \(text): only /ip4/.../tcp/... and /ip6/.../tcp/... can be dialed")
      }
      return address
    }
    settings.signatures = signatures == .strict ? .strictSign : .strictNoSign
    if let degree {
      settings.parameters.degree = degree
      settings.parameters.degreeLow = min(settings.parameters.degreeLow, degree)
      settings.parameters.degreeHigh = max(settings.parameters.degreeHigh, degree)
    }
    if let degreeLow { settings.parameters.degreeLow = degreeLow }
    if let degreeHigh { settings.parameters.degreeHigh = degreeHigh }
    settings.parameters.degreeOutbound = max(
      0,
      min(
        settings.parameters.degreeOutbound, settings.parameters.degreeLow - 1, settings.parameters.degree / 2)
    )
    if let heartbeat { settings.parameters.heartbeatInterval = try Self.span(heartbeat, "--heartbeat") }
    if let mistake = settings.parameters.violations.first { throw ValidationError("\(mistake)") }
    settings.seed = seed ?? 0
    return settings
  }

  private func makeIdentity() throws -> HostIdentity {
    var secret: [UInt8]
    if let seed {
      let random = HashRandom(seed: seed, .keys)
      secret = (0..<4).flatMap { word in
        (0..<8).map { UInt8(truncatingIfNeeded: random.bits(1 << 62, UInt64(word)) >> (56 - 8 * UInt64($0))) }
      }
    } else {
      var random = SystemRandomNumberGenerator()
      secret = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
    }
    switch identity {
    case .ed25519: return .ed25519(Identity(seed: secret))
    case .secp256k1:
      guard Secp256k1Identity.isAvailable else {
        complain(
          "--identity secp256k1 needs libsecp256k1: apt-get install libsecp256k1-dev, then build again")
        throw Exit.content
      }
      // Not a valid scalar with probability 2^-128.
      while true {
        if let pair = Secp256k1Identity(secret: secret) { return .secp256k1(pair) }
        secret[0] ^= 1
      }
    }
  }

  /// `ADDR:PORT`, an IPv6 address in brackets.
  private func listenAddress() throws -> (String, UInt16) {
    guard let colon = listen.lastIndex(of: ":"), let port = UInt16(listen[listen.index(after: colon)...])
    else {
      throw ValidationError("--listen \(listen): has to be ADDRESS:PORT, for instance 127.0.0.1:0")
    }
    var host = String(listen[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    guard Multiaddr(tcp: host, port: port) != nil else {
      throw ValidationError("--listen \(listen): \(host) is no numeric address")
    }
    return (host, port)
  }

  private static func span(_ text: String, _ option: String) throws -> TimeSpan {
    let digits = text.prefix { $0.isNumber }
    let units: [String: UInt64] = ["": 1, "ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
    guard let number = UInt64(digits), number > 0, number <= 1 << 32,
      let unit = units[String(text.dropFirst(digits.count))]
    else { throw ValidationError("\(option) \(text): has to be a time like 250ms, 2s or 3m") }
    return .milliseconds(number * unit)
  }

  /// One line, at once.
  private static func write(_ line: String) {
    // Whoever read it may be gone; then there is nobody to tell.
    try? FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
  }
}

/// Publishes a message at a time, from the moment a peer wants to hear it.
private final class Publisher {
  private let node: PeerNode
  private let topics: [String]
  private let text: String
  private var left: Int
  private var number = 0
  private let loop: Loop
  private var timer: UV.Timer?

  init(_ node: PeerNode, _ topics: [String], _ text: String, _ count: Int, _ loop: Loop) {
    self.node = node
    self.topics = topics
    self.text = text
    left = count
    self.loop = loop
  }

  func start(every interval: TimeSpan) {
    let timer = UV.Timer(loop) { [self] in fire() }
    self.timer = timer
    timer.start(after: interval, every: interval)
  }

  private func fire() {
    guard left > 0 else {
      timer?.close()
      return
    }
    guard number > 0 || topics.contains(where: node.hasSubscriber) else { return }
    number += 1
    left -= 1
    let data = Array(text.replacingOccurrences(of: "{n}", with: "\(number)").utf8)
    for topic in topics { node.publish(data, to: topic) }
  }
}
