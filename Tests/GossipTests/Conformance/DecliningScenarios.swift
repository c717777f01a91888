// Conformance scenarios 33 to 39: IDONTWANT.

import Basics
import Gossip
import TestKit
import Testing

@Suite struct DecliningScenarios {
  @Test("33: a message of 1 KiB and more: IDONTWANT to all mesh peers but the sender, before validation ends")
  func declines() {
    let net = Scene.meshedStar(8, Scene.meshOnly(), mesh: 1...5)
    net.validation = .milliseconds(100)
    net.record = true
    let message = net.register(bytes: 1500)
    #expect(net.inject(0, from: 1, message) == .fresh)
    #expect(Set(Scene.idontwants(net).map(\.to)) == [2, 3, 4, 5])
    #expect(Scene.idontwants(net).allSatisfy { $0.identifiers == [message] })
    #expect(net.phase(message, 0) == .pending)
    // A second copy is no reason to say it again.
    _ = net.inject(0, from: 2, message)
    #expect(Scene.idontwants(net).count == 4)
  }

  @Test("34: 1,023 bytes: no IDONTWANT; the threshold is a parameter") func smallMessages() {
    let net = Scene.meshedStar(8, Scene.meshOnly(), mesh: 1...5)
    net.record = true
    _ = net.inject(0, from: 1, net.register(bytes: 1023))
    #expect(Scene.idontwants(net).isEmpty)
    // At the threshold go, and so does the router; rust's threshold is 1,000.
    _ = net.inject(0, from: 1, net.register(bytes: 1024))
    #expect(Scene.idontwants(net).count == 4)
    let rust = Scene.meshedStar(8, .rust, mesh: 1...5)
    rust.record = true
    _ = rust.inject(0, from: 1, rust.register(bytes: 1000))
    #expect(Scene.idontwants(rust).count == 4)
  }

  @Test("35: IDONTWANT goes neither to peers outside the mesh nor to those that speak 1.1")
  func whoUnderstands() {
    var parameters = Scene.meshOnly()
    parameters.version = .v1_3
    let net = GossipNetwork(.star(8), parameters: parameters)
    net.silent = Set(0..<8)
    net.with { router, _ in
      router.setVersion(NodeID(1), .v1_1)
      router.setVersion(NodeID(2), .v1_2)
      router.setVersion(NodeID(4), .v1_0)
    }
    net.start()
    net.run(.seconds(1))
    for peer in 1...5 { net.inject(0, from: peer, [(.graft(Scene.topic), [])]) }
    for peer in 6...7 { net.inject(0, from: peer, [(.prune(Scene.topic, backoffSeconds: 60), [])]) }
    net.record = true
    _ = net.inject(0, from: 5, net.register(bytes: 5000))
    #expect(Set(Scene.idontwants(net).map(\.to)) == [2, 3])
    // Nor does a node that speaks 1.1 say it.
    parameters.version = .v1_1
    let old = Scene.meshedStar(8, parameters, mesh: 1...5)
    old.record = true
    _ = old.inject(0, from: 1, old.register(bytes: 5000))
    #expect(Scene.idontwants(old).isEmpty)
  }

  @Test("36: what a peer has declined is neither forwarded to it nor served by IWANT") func heedsDeclining() {
    let net = Scene.meshedStar(6, Scene.meshOnly(), mesh: 1...4)
    net.record = true
    let message = net.register(bytes: 2000)
    net.inject(0, from: 2, [(.idontwant(identifiers: 0), [message])])
    _ = net.inject(0, from: 1, message)
    #expect(Set(net.sent.filter { $0.message == message }.map(\.to)) == [3, 4])
    #expect(net.counters.idontwantSpared == 1)
    net.sent = []
    net.inject(0, from: 2, [(.iwant(identifiers: 0), [message])])
    #expect(net.sent.isEmpty)
    net.inject(0, from: 5, [(.iwant(identifiers: 0), [message])])
    #expect(net.sent.map(\.to) == [5])
  }

  @Test("37: IDONTWANT is forgotten after 3 heartbeats", arguments: [2, 3]) func forgetsDeclining(beats: Int)
  {
    let net = Scene.meshedStar(6, Scene.meshOnly(), mesh: 1...4)
    let message = net.register(bytes: 2000)
    net.inject(0, from: 2, [(.idontwant(identifiers: 0), [message])])
    for _ in 0..<beats + 1 { net.heartbeat(0) }
    net.record = true
    _ = net.inject(0, from: 1, message)
    #expect(net.sent.contains { $0.message == message && $0.to == 2 } == (beats == 3))
  }

  @Test(
    "38 [A]: over 1,000 IDONTWANTs in a heartbeat, and the 11th id of one, are ignored; reset by the heartbeat"
  )
  func declineFlood() {
    let net = Scene.meshedStar(6, Scene.meshOnly(), mesh: 1...4)
    let ids = (0..<1002).map { _ in net.register(bytes: 2000) }
    for id in ids { net.inject(0, from: 2, [(.idontwant(identifiers: 0), [id])]) }
    #expect(net.counters.idontwantOverLimit == 2)
    net.record = true
    _ = net.inject(0, from: 1, ids[999])
    #expect(!net.sent.contains { $0.message == ids[999] && $0.to == 2 })
    _ = net.inject(0, from: 1, ids[1000])
    #expect(net.sent.contains { $0.message == ids[1000] && $0.to == 2 })
    net.heartbeat(0)
    let more = (0..<11).map { _ in net.register(bytes: 2000) }
    net.inject(0, from: 2, [(.idontwant(identifiers: 0), more)])
    #expect(net.counters.idontwantOverLimit == 3)
    for id in more { _ = net.inject(0, from: 1, id) }
    #expect(more.filter { id in net.sent.contains { $0.message == id && $0.to == 2 } }.count == 1)
  }

  @Test("39: copies in the queue go when IDONTWANT comes", arguments: [true, false]) func queuedCopies(
    rust: Bool
  ) {
    // rust does it, go leaves them: by default the router follows the queue policy that it is given.
    var parameters = Scene.meshOnly()
    parameters.queue = rust ? .rust : .go
    let net = Scene.meshedStar(6, parameters, mesh: 1...4)
    net.blocked = { $0 == 0 && $1 == 2 }
    net.record = true
    let message = net.register(bytes: 2000)
    _ = net.inject(0, from: 1, message)
    net.inject(0, from: 2, [(.idontwant(identifiers: 0), [message])])
    net.blocked = { _, _ in false }
    net.unblock()
    net.run(.seconds(1))
    #expect(net.sent.contains { $0.message == message && $0.to == 3 })
    #expect(net.sent.contains { $0.message == message && $0.to == 2 } == !rust)
    #expect(net.counters.queueUnwanted == (rust ? 1 : 0))
  }
}
