// What goes wrong on purpose or by accident: full queues, closed links, hostile handles, stale messages. All of it is
// counted, none of it traps.

import Basics
import Gossip
import TestKit
import Testing

@Suite struct RefusalTests {
  static let topic = TopicID(0)

  @Test("A refused GRAFT goes out with the next RPC, a refused IHAVE never") func retriesGraft() {
    let net = GossipNetwork(.full(2), parameters: .go)
    net.silent = [0, 1]
    net.start(except: [0])
    net.run(.seconds(1))
    net.refuses = { $0.from == 0 }
    net.join(0)
    #expect(net.mesh(0) == [1])
    #expect(net.counters.controlDropped == 1)
    net.refuses = { _ in false }
    net.record = true
    net.heartbeat(0)
    #expect(
      Set(net.sent.map(\.item)) == [.graft(Self.topic), .subscription(Self.topic, subscribes: true)])
    #expect(Set(net.sent.map(\.rpc)).count == 1)
    net.run(.seconds(1))
    #expect(net.mesh(1) == [0])
    #expect(net.counters.controlRetried == 2)
    net.sent = []
    net.heartbeat(0)
    #expect(net.sent.isEmpty)
  }

  @Test("What is no longer true is not retried") func retiresStale() {
    let net = GossipNetwork(.full(2), parameters: .go)
    net.silent = [0, 1]
    net.start(except: [0])
    net.run(.seconds(1))
    net.refuses = { $0.from == 0 }
    net.join(0)
    net.refuses = { _ in false }
    net.inject(0, from: 1, [(.prune(Self.topic, backoffSeconds: 60), [])])
    net.record = true
    net.heartbeat(0)
    #expect(net.sent.map(\.item) == [.subscription(Self.topic, subscribes: true)])
    #expect(net.counters.controlRetiredUnsent == 1)
  }

  @Test("A broken link forgets what waited for it; nothing of the store is lost") func forgetsParked() {
    let net = GossipNetwork(.full(2), parameters: .go)
    net.silent = [0, 1]
    net.start(except: [0])
    net.run(.seconds(1))
    net.refuses = { $0.from == 0 }
    net.join(0)
    #expect(net.controlInFlight == 1)
    net.disconnect(net.graph.slot(0, to: 1))
    #expect(net.controlInFlight == 0)
    #expect(net.mesh(0).isEmpty)
    #expect(!net.isSubscribed(0, 1))
  }

  @Test("After everything arrived the control store is empty", arguments: [1, 2]) func storeDrains(
    seed: UInt64
  ) {
    let net = GossipNetwork(.random(30, dials: 5, seed: seed), seed: seed)
    net.start()
    for k in 0..<20 {
      net.run(.milliseconds(300))
      net.publish(k)
    }
    net.crash(3)
    net.leave(4)
    // Between heartbeats nothing is under way for most of the time.
    var least = Int.max
    for _ in 0..<2000 {
      net.run(.milliseconds(1))
      least = min(least, net.controlInFlight)
    }
    #expect(least == 0)
  }

  @Test("Copies over closed links, to crashed nodes and for unjoined topics are counted and nothing else")
  func unreachable() {
    let net = GossipNetwork(.full(3), topics: [Topic(nameBytes: 3), Topic(nameBytes: 3)], parameters: .go)
    net.silent = [0, 1, 2]
    net.start()
    net.run(.seconds(1))
    let message = net.register()
    net.disconnect(net.graph.slot(0, to: 1))
    #expect(net.inject(0, from: 1, message) == .unreachable)
    net.crash(2)
    #expect(net.inject(2, from: 1, message) == .unreachable)
    #expect(net.publish(2, Self.topic, message) == .crashed)
    let foreign = net.register(TopicID(1))
    #expect(net.inject(1, from: 0, foreign) == .unreachable)
    #expect(net.inject(0, from: 2, foreign) == .unreachable)
    net.connect(net.graph.slot(0, to: 1))
    #expect(net.inject(0, from: 1, foreign) == .unsubscribed)
    #expect(net.counters.unreachable == 4)
    #expect(net.counters.unsubscribed == 1)
    #expect(net.phase(foreign, 0) == .unseen)
  }

  @Test("A crash during validation leaves nothing to settle") func crashDuringValidation() {
    let net = GossipNetwork(.full(3), parameters: .go)
    net.start()
    net.run(.seconds(2))
    net.validation = .milliseconds(100)
    let message = net.publish(0)
    net.run(.milliseconds(20))
    #expect(net.phase(message, 1) == .pending)
    #expect(net.inject(1, from: 2, message) == .duplicate)
    net.crash(1)
    net.restart(1)
    let before = net.counters.accepted
    net.run(.seconds(1))
    #expect(net.phase(message, 1) == .unseen)
    #expect(net.counters.accepted == before + 1)
    // Nor does it remember that 2 sent it: the message goes on to 2.
    net.run(.seconds(1))
    #expect(net.mesh(1) == [0, 2])
    net.record = true
    #expect(net.inject(1, from: 0, message) == .fresh)
    net.run(.milliseconds(200))
    #expect(net.sent.contains { $0.message == message && $0.from == 1 && $0.to == 2 })
  }

  @Test("IGNORE and REJECT forward nothing and serve nothing", arguments: [Verdict.ignore, .reject])
  func notForwarded(verdict: Verdict) {
    var parameters = Parameters.go
    parameters.floodPublish = false
    let net = GossipNetwork(.line(3), parameters: parameters)
    net.start()
    net.run(.seconds(2))
    net.verdict = { _, _ in verdict }
    let message = net.publish(0)
    net.run(.seconds(5))
    #expect(net.receivers(message) == [1])
    #expect(net.phase(message, 1) == .done)
    net.record = true
    net.inject(1, from: 2, [(.iwant(identifiers: 0), [message])])
    #expect(!net.sent.contains { $0.message != nil })
  }

  @Test("A PRUNE for ever is cut to an hour") func backoffCut() {
    let net = GossipNetwork(.full(2), parameters: .go)
    net.silent = [0, 1]
    net.start()
    net.run(.seconds(1))
    net.inject(0, from: 1, [(.prune(Self.topic, backoffSeconds: .max), [])])
    #expect(net.backoffEnd(0, 1) == net.now + .seconds(3600))
    #expect(net.counters.backoffCut == 1)
  }

  @Test("An unknown slot is counted") func unknownSlot() {
    var router = Router(
      topics: [Topic(nameBytes: 1)], offsets: [0, 1, 2], neighbors: [NodeID(1), NodeID(0)],
      outbound: [true, false], seed: 1)
    var outbox = Outbox()
    let message = router.messages.register(topic: TopicID(0), dataBytes: 1, at: .zero)
    let rpc = router.createControl()!
    let data = router.receive(message, on: 2, at: .zero, outbox: &outbox)
    let control = router.receive(rpc, on: .max, at: .zero, outbox: &outbox)
    #expect(data == .unreachable)
    #expect(control == .unreachable)
    let counters = router.counters
    #expect(counters.invalid == 2)
  }

  @Test("Random hostile control leaves a router that still works", arguments: 1...10 as ClosedRange<UInt64>)
  func hostileControl(seed: UInt64) {
    var parameters = Parameters.go
    parameters.rpcBytesMaximum = 2000
    let topics = (0..<3).map { Topic(nameBytes: 5 + $0) }
    let net = GossipNetwork(.full(12), topics: topics, parameters: parameters, seed: seed)
    net.start(joining: [TopicID(0), TopicID(1)])
    net.run(.seconds(2))
    var random = RandomStream(seed: seed)
    var known: [MessageHandle] = []
    for _ in 0..<1500 {
      let topic = TopicID(random.below(3))
      let ids = (0..<random.below(30)).map { _ in
        known.isEmpty || random.below(3) == 0 ? net.register(topic) : known[random.below(known.count)]
      }
      let backoff = UInt32(truncatingIfNeeded: random.next() >> UInt64(random.below(64)))
      let item: ControlItem =
        switch random.below(6) {
        case 0: .subscription(topic, subscribes: true)
        case 1: .subscription(topic, subscribes: false)
        case 2: .graft(topic)
        case 3: .prune(topic, backoffSeconds: backoff)
        case 4: .ihave(topic, identifiers: 0)
        default: .iwant(identifiers: 0)
        }
      let carries =
        switch item {
        case .ihave, .iwant: true
        default: false
        }
      net.inject(random.below(10), from: 10 + random.below(2), [(item, carries ? ids : [])])
      if random.below(5) == 0 { known.append(net.publish(random.below(10), topic)) }
      if random.below(40) == 0 { net.crash(random.below(10)) }
      if random.below(20) == 0 { net.restart(random.below(10), joining: [TopicID(0), TopicID(1)]) }
      net.run(.milliseconds(UInt64(random.below(50))))
    }
    for node in 0..<10 { net.restart(node, joining: [TopicID(0), TopicID(1)]) }
    net.run(.seconds(5))
    let message = net.publish(0, TopicID(0))
    net.run(.seconds(5))
    #expect(net.receivers(message).isSuperset(of: Set(1..<10)))
  }
}
