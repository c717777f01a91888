// Conformance scenarios 67 to 69: GossipSub v1.3.

import Basics
import Gossip
import TestKit
import Testing

@Suite struct ExtensionScenarios {
  @Test("67: Extensions comes first, once a connection, again after reconnecting, and not at all without any")
  func extensionsFirst() {
    func hello(_ extensions: ExtensionSet, _ version: ProtocolVersion) -> GossipNetwork {
      var parameters = Scene.meshOnly()
      parameters.version = .v1_3
      parameters.extensions = extensions
      let net = GossipNetwork(.full(2), parameters: parameters)
      net.with { router, _ in router.setVersion(NodeID(1), version) }
      net.record = true
      net.start()
      net.run(.seconds(5))
      return net
    }
    func isExtensions(_ sent: Sent) -> Bool { if case .extensions = sent.item { true } else { false } }
    let net = hello([.test], .v1_3)
    for node in 0...1 {
      let own = net.sent.filter { $0.from == node }
      #expect(own.first?.item == .extensions([.test]))
      #expect(own.filter(isExtensions).count == 1)
    }
    let slot = net.graph.slot(0, to: 1)
    net.disconnect(slot)
    net.sent = []
    net.connect(slot)
    net.connect(net.graph.slot(1, to: 0))
    net.run(.seconds(3))
    for node in 0...1 { #expect(net.sent.filter { $0.from == node }.first?.item == .extensions([.test])) }
    #expect(net.sent.filter(isExtensions).count == 2)
    #expect(!hello([], .v1_3).sent.contains(where: isExtensions))
    // Nor to a peer of an older version.
    #expect(!hello([.test], .v1_2).sent.contains(where: isExtensions))
    #expect(net.counters.extensionsMisused == 0)
  }

  @Test("68: a second Extensions message costs ten penalties (go)") func extensionsTwice() {
    var parameters = Scene.scored { $0.behaviourWeight = -1 }
    parameters.version = .v1_3
    parameters.extensions = [.test]
    let net = GossipNetwork(.full(2), parameters: parameters)
    net.silent = [0, 1]
    net.start()
    net.run(.seconds(1))
    #expect(net.score(0, 1) == 0)
    net.inject(0, from: 1, [(.extensions([.test]), [])])
    #expect(net.score(0, 1) == -100)
    #expect(net.counters.extensionsMisused == 1)
  }

  @Test(
    "69: two halves complete each other; no IHAVE, IDONTWANT or full message to who asked for parts; forgotten after 5 beats"
  )
  func partialMessages() {
    var parameters = Scene.meshOnly()
    parameters.version = .v1_3
    parameters.extensions = [.partialMessages]
    let net = GossipNetwork(.full(3), parameters: parameters)
    net.with { router, _ in for node in 0...1 { router.setPartial(NodeID(node), Scene.topic, true) } }
    net.start()
    net.run(.seconds(3))
    net.record = true
    func parts(_ node: Int) -> UInt64 {
      net.with { router, _ in router.parts(NodeID(node), Scene.topic, group: 9) }
    }
    func give(_ node: Int, _ parts: UInt64) {
      let taken = net.with { router, outbox in
        router.publishPartial(
          NodeID(node), Scene.topic, group: 9, parts: parts, partBytes: 512, at: net.now, outbox: &outbox)
      }
      #expect(taken)
    }
    give(0, 0b0011)
    give(1, 0b1100)
    net.run(.milliseconds(200))
    #expect(parts(0) == 0b1111)
    #expect(parts(1) == 0b1111)
    // Every part travelled once, and nothing went to the node that did not ask for parts.
    let carried = net.sent.compactMap { sent -> UInt64? in
      if case .partial(_, let parts) = sent.item { parts.carried } else { nil }
    }
    #expect(carried.reduce(0) { $0 + $1.nonzeroBitCount } == 4)
    #expect(!net.sent.contains { if case .partial = $0.item { $0.to == 2 } else { false } })

    net.sent = []
    let message = net.publish(0, bytes: 3000)
    net.run(.seconds(2))
    #expect(Set(net.sent.filter { $0.message == message && $0.from == 0 }.map(\.to)) == [2])
    #expect(!Scene.ihaves(net).contains { $0.from == 0 && $0.to == 1 })
    #expect(!Scene.idontwants(net).contains { $0.from == 0 && $0.to == 1 })

    net.run(.seconds(5))
    #expect(parts(0) == 0)
    #expect(parts(1) == 0)
  }
}
