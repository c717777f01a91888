// Foreign libp2p peers beside the nodes of a cluster: with places for guests whoever proves a key may dial the nodes, hears the
// attestations of a topic and relays them; without, it is refused, counted and told.

import AVS
import Basics
import Contracts
import Gossip
import Libp2p
import Participants
import Peer
import Reporting
import Runs
import Scenarios
import Signatures
import Testing
import UV

@testable import Cluster

/// What a peer told.
private final class Told {
  var events: [PeerEvent] = []
  func count(_ isIt: (PeerEvent) -> Bool) -> Int { events.count(where: isIt) }
  var messages: Int { count { if case .message = $0 { true } else { false } } }
  var grafts: Int { count { if case .grafted = $0 { true } else { false } } }
  var ends: Int { count { if case .disconnected = $0 { true } else { false } } }
}

/// A run of ten nodes that speak libp2p, and peers that are none of them.
private final class OpenRun {
  let run: ClusterRun
  let command: Command
  private let scratch: Scratch
  private(set) var notices: [String] = []
  private var peers: [PeerNode] = []
  private(set) var addresses: [Multiaddr] = []
  private(set) var topics: [String] = []

  init(guests: Int?, _ more: String = "", _ wire: WirePlan = .libp2p) throws {
    scratch = try Scratch()
    var options = ClusterOptions()
    options.controlSocket = scratch.path + "/control.sock"
    var scenario = try smallScenario(more, duration: "60s")
    scenario.network.wire = wire
    scenario.cluster.guests = guests
    run = try ClusterRun(scenario, try Blueprint(scenario, engine: .cluster), options)
    command = try Command(run, scratch.path + "/control.sock")
    run.noticed = { [unowned self] in notices.append($0) }
    try run.connect()
    for line in try command.ask(.addresses).text.split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      if words[0] == "node" { addresses.append(try Multiaddr(words[2])) } else { topics.append(words[1]) }
    }
  }

  /// Somebody with a key that the topology does not name dials these nodes.
  func peer(
    _ number: UInt32, at nodes: [Int], topic: String? = nil, _ change: (inout PeerSettings) -> Void = { _ in }
  ) throws -> (node: PeerNode, told: Told) {
    var connection = ConnectionSettings(identity: .ed25519(Identity(seed: 77, node: number)))
    connection.pubsub = ["/meshsub/1.1.0", "/meshsub/1.0.0"]
    var settings = PeerSettings(connection: connection, topics: [topic ?? topics[0]])
    settings.listen = nil
    settings.dials = nodes.map { addresses[$0] }
    settings.signatures = .strictNoSign
    settings.seed = UInt64(number)
    settings.parameters.heartbeatInterval = .milliseconds(250)
    change(&settings)
    let told = Told()
    let node = PeerNode(settings, on: run.loop) { told.events.append($0) }
    peers.append(node)
    try node.start()
    return (node, told)
  }

  var troubles: [String: UInt64] { run.troubles }
  func isSoon(_ fact: () -> Bool) -> Bool { run.loop.run(limit: .seconds(60), until: fact) }

  func close() {
    for peer in peers { peer.close() }
    command.close()
    run.close()
  }
}

@Suite(.serialized) struct OpenClusterTests {
  @Test func aGuestHearsWhatIsAttestedAndRelaysItBetweenSidesThatAreCutApart() throws {
    let open = try OpenRun(guests: 2)
    defer { open.close() }
    #expect(open.addresses.count == 10 && open.topics == ["/avs/oracle/attestation/0/v1"])
    let (_, told) = try open.peer(1, at: Array(0..<10))
    #expect(open.isSoon { told.messages >= 20 }, "it hears attestations")
    #expect(told.grafts >= 1, "it is in meshes")
    #expect(open.run.nodes.guests == (1, 10))
    #expect(open.notices.contains { $0.contains("is linked to node") && $0.hasSuffix("/meshsub/1.1.0") })
    #expect(try open.command.ask(.status).text.contains("guests      1 of 2 places taken, 10 links"))

    // The halves have nobody in common but the guest, and each is too small for a quorum of 67 %.
    #expect(try open.command.ask(.inject(yaml: "{partition: {random: 50%}}")).code == 0)
    let cut = open.run.chain.dueTasks
    #expect(open.isSoon { open.run.chain.dueTasks >= cut + 8 })
    open.run.endTraffic()
    let conclusion = open.run.conclude(open.run.settle())
    let relayed = conclusion.tasks.filter { $0.id.index >= cut && $0.id.index < cut + 4 }
    #expect(relayed.count == 4 && relayed.allSatisfy { $0.state == .certified }, "the guest relayed them")
    #expect(conclusion.summary.gossip.invalid == 0)
    #expect(conclusion.summary.nodes == 10, "a guest is no node of the run")
  }

  @Test func withoutAGuestTheSameCutLeavesNoQuorum() throws {
    let open = try OpenRun(guests: 2)
    defer { open.close() }
    #expect(try open.command.ask(.inject(yaml: "{partition: {random: 50%}}")).code == 0)
    let cut = open.run.chain.dueTasks
    #expect(open.isSoon { open.run.chain.dueTasks >= cut + 5 })
    open.run.endTraffic()
    let conclusion = open.run.conclude(open.run.settle())
    #expect(conclusion.tasks.filter { $0.id.index > cut }.allSatisfy { $0.state != .certified })
  }

  @Test func aStrangerIsRefusedCountedAndToldWhereThereAreNoPlaces() throws {
    let closed = try OpenRun(guests: nil)
    defer { closed.close() }
    let (_, told) = try closed.peer(1, at: [3])
    #expect(closed.isSoon { closed.troubles["refused.unknownKey"] ?? 0 >= 1 && told.ends >= 1 })
    #expect(told.messages == 0 && told.grafts == 0)
    closed.run.tellRefusals()
    #expect(closed.notices.contains { $0.contains("refused.unknownKey") })
    #expect(closed.run.nodes.links.up == closed.run.nodes.links.all, "nobody else noticed")
  }

  @Test func placesAreLimitedAndComeFree() throws {
    let open = try OpenRun(guests: 1)
    defer { open.close() }
    let (first, told) = try open.peer(1, at: [0, 1])
    #expect(open.isSoon { open.run.nodes.guests == (1, 2) })
    let (_, second) = try open.peer(2, at: [2]) { $0.redialMaximum = .milliseconds(200) }
    #expect(open.isSoon { open.troubles["refused.full"] ?? 0 >= 1 })
    #expect(second.messages == 0)
    #expect(told.ends == 0)
    first.close()
    #expect(open.isSoon { second.messages >= 1 }, "the next one has the place")
    #expect(open.run.nodes.guests == (1, 1))
  }

  @Test func aGuestThatSendsWhatNoNodeWouldLosesItsConnectionAndNothingElseHappens() throws {
    let open = try OpenRun(guests: 2, "", .libp2pPlaintext)
    defer { open.close() }
    let (vandal, told) = try open.peer(1, at: [4]) { $0.connection.security = [.plaintext] }
    #expect(open.isSoon { told.grafts == 1 })
    #expect(vandal.publish(Array("no attestation".utf8), to: open.topics[0]))
    #expect(open.isSoon { open.run.nodes.refusedFrames == 1 && told.ends >= 1 })
    // One who signs its messages, where nobody does.
    let (signing, other) = try open.peer(2, at: [5]) {
      $0.connection.security = [.plaintext]
      $0.signatures = .strictSign
    }
    #expect(open.isSoon { other.grafts == 1 })
    #expect(signing.publish(Array("signed".utf8), to: open.topics[0]))
    #expect(open.isSoon { open.run.nodes.refusedFrames == 2 && other.ends >= 1 })
    #expect(open.run.nodes.links.up == open.run.nodes.links.all)
  }

  @Test func bothSidesNameAMessageAlike() {
    let topic = "/avs/oracle/attestation/0/v1"
    let data = Array("what was attested".utf8)
    let ours = Participants.contentID(topic: topic, data: data)
    let theirs = PubsubMessage(topic: Array(topic.utf8), data: data).id(.strictNoSign)
    #expect((0..<ContentID.byteCount).map { ours[$0] } == theirs)
  }
}
