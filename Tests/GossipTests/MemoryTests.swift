// Router state stays within 4 KB a (node, topic) under load, and the two largest shapes fit.

import Basics
import Gossip
import TestKit
import Testing

@Suite struct MemoryTests {
  @Test("4 KB a node and topic at D = 8, idle and under load", arguments: [(300, 300, 40), (10_000, 1, 20)])
  func stateBytes(nodes: Int, topics: Int, degree: Int) {
    let graph = LinkGraph.random(nodes, dials: degree / 2, seed: 1)
    var router = Router(
      topics: Array(repeating: Topic(nameBytes: 40), count: topics), offsets: graph.offsets,
      neighbors: graph.neighbors, outbound: graph.outbound, seed: 1)
    let idle = router.storageBytes.state
    #expect(idle <= nodes * topics * (topics == 1 ? 1024 : 128))
    // Two of the nodes publish to a topic of theirs ten times a heartbeat for ten heartbeats.
    var outbox = Outbox()
    var now = Instant.zero
    for slot in 0..<UInt32(graph.neighbors.count) {
      _ = router.connected(slot: slot, at: now, outbox: &outbox)
    }
    for node in 0..<nodes {
      _ = router.join(NodeID(node), TopicID(node % topics), at: now, outbox: &outbox)
      for k in 0..<outbox.count { router.release(outbox[k].payload) }
      outbox.removeAll()
    }
    for _ in 0..<10 {
      for node in 0..<nodes {
        for _ in 0..<(node < 2 ? 10 : 0) {
          let topic = TopicID(node % topics)
          let message = router.messages.register(topic: topic, dataBytes: 250, origin: NodeID(node), at: now)
          for copy in 0..<min(nodes, 300) where copy != node {
            let slot = router.slots(of: NodeID(copy)).lowerBound
            if router.receive(message, on: slot, at: now, outbox: &outbox) == .fresh {
              _ = router.settle(NodeID(copy), message, from: slot, verdict: .accept, at: now, outbox: &outbox)
            }
          }
        }
      }
      for node in 0..<nodes {
        _ = router.heartbeat(NodeID(node), at: now, outbox: &outbox)
        for k in 0..<outbox.count { router.release(outbox[k].payload) }
        outbox.removeAll()
      }
      now += .milliseconds(700)
    }
    #expect(router.storageBytes.state <= nodes * topics * 4096)
    let control = router.control.count
    #expect(control == 0)
  }
}
