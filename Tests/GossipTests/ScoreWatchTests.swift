// What moved a score, when and why, as a driver keeps it.

import Basics
import Gossip
import TestKit
import Testing

@Suite struct ScoreWatchTests {
  private static func pair() -> Router {
    var p = Parameters()
    var score = ScoreParameters.attackRuns()
    score.thresholds.gossip = -10
    score.thresholds.publish = -50
    score.thresholds.graylist = -80
    p.score = score
    let graph = LinkGraph.line(2)
    var router = Router(
      parameters: p, topics: [Topic(nameBytes: 20)], offsets: graph.offsets, neighbors: graph.neighbors,
      outbound: graph.outbound, seed: 1)
    var outbox = Outbox()
    for slot in 0..<2 as Range<UInt32> { _ = router.connected(slot: slot, at: .zero, outbox: &outbox) }
    for node in 0..<2 { _ = router.join(NodeID(node), TopicID(0), at: .zero, outbox: &outbox) }
    for k in 0..<outbox.count { router.release(outbox[k].payload) }
    return router
  }

  private static func reject(_ router: inout Router, at now: Instant) {
    var outbox = Outbox()
    let message = router.messages.register(topic: TopicID(0), dataBytes: 10, at: now)
    _ = router.receive(message, on: 0, at: now, outbox: &outbox)
    _ = router.settle(NodeID(0), message, from: 0, verdict: .reject, at: now, outbox: &outbox)
  }

  @Test(
    "A peer that sends invalid messages falls from standing to standing; each fall has its component and its moves"
  )
  func falls() throws {
    var router = Self.pair()
    router.observesScores = true
    var watch = ScoreWatch(isObserved: true)
    watch.look(at: &router, nodes: 0..<2, .zero + .seconds(1))
    #expect(watch.changes.isEmpty)
    // P4's weight is -99 x 0.25: one message is -24.75, two -99.
    Self.reject(&router, at: .zero + .seconds(2))
    watch.look(at: &router, nodes: 0..<2, .zero + .seconds(3))
    watch.look(at: &router, nodes: 0..<2, .zero + .seconds(4))
    Self.reject(&router, at: .zero + .seconds(5))
    watch.look(at: &router, nodes: 0..<2, .zero + .seconds(6))
    let (changes, moves) = watch.take()
    #expect(changes.map(\.standing) == [.gossipless, .graylisted])
    #expect(changes.map(\.at) == [.zero + .seconds(3), .zero + .seconds(6)])
    for change in changes {
      #expect(change.owner == NodeID(0))
      #expect(change.peer == NodeID(1))
      #expect(change.explanation.worst?.component == .invalid)
      #expect(!change.isFinal)
    }
    #expect(moves.map(\.move.cause) == [.rejected, .rejected, .graylisted])
    #expect(moves.map(\.move.at) == [2, 5, 5].map { .zero + .seconds($0) })
    #expect(watch.take().changes.isEmpty)
  }

  @Test("Without observation only the last look counts, and keeps who is graylisted then")
  func unobserved() {
    var router = Self.pair()
    var watch = ScoreWatch(isObserved: false)
    Self.reject(&router, at: .zero + .seconds(2))
    Self.reject(&router, at: .zero + .seconds(2))
    watch.look(at: &router, nodes: 0..<2, .zero + .seconds(3))
    #expect(watch.changes.isEmpty)
    watch.look(at: &router, nodes: 0..<2, .zero + .seconds(4), isLast: true)
    #expect(watch.changes.count == 1)
    #expect(watch.changes.first?.isFinal == true)
    #expect(watch.moves.isEmpty)
  }
}
