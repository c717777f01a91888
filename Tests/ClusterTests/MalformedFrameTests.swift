// What a peer sends that is no frame of the protocol costs it its connection, and nobody anything else.

import Gossip
import Runs
import Scenarios
import Testing
import Reporting
import Basics
import Participants
import Libp2p
import UV

@testable import Cluster

@Suite(.serialized) struct MalformedFrameTests {
  /// What a peer sends over an established link: no RPC, an RPC with a message that is no attestation, an attestation
  /// with padding that nobody of ours writes.
  @Test(arguments: [0, 1, 2]) func whatIsMalformedCostsThePeerItsConnectionAndNothingElse(kind: Int) throws {
    let scenario = try smallScenario()
    let run = try ClusterRun(scenario, try Blueprint(scenario, engine: .cluster), ClusterOptions())
    defer { run.close() }
    try run.connect()
    let host = try #require(run.nodes as? NodeHost)
    run.run(until: .zero + .milliseconds(700))
    var data: [UInt8] = [1, 2, 3]
    if kind == 2 {
      let message = try #require((0..<100).lazy.map { MessageHandle(rawValue: $0) }.first { host.isLive($0) })
      data = host.participants.data(message) + [7]
    }
    if kind == 0 {
      host.transport.send(slot: 0, .control, [0xFF, 0xFF, 0xFF].span)
    } else {
      let size = host.encoder.publicationSize(TopicID(0), dataBytes: data.count)
      host.transport.send(slot: 0, .message, size) { host.encoder.publish(TopicID(0), data.span, into: &$0) }
    }
    #expect(run.loop.run { host.refusedFrames == 1 })
    #expect(host.refusals.malformed == (kind == 0 ? 1 : 0))
    #expect(host.transport.counters.expelled == 1)
    #expect(run.loop.run { host.links.up == host.links.all }, "it may prove itself anew")
    run.run(until: .never)
    let settled = run.settle()
    let summary = run.conclude(settled).summary
    #expect(summary.gossip.invalid == 1)
    #expect(summary.tasks.certified == summary.tasks.issued)
  }
}

extension NodeHost {
  fileprivate func isLive(_ message: MessageHandle) -> Bool { participants.router.messages.isLive(message) }
}
