// Conformance scenarios 23 to 32: IHAVE and IWANT, their limits and promises.

import Basics
import Gossip
import TestKit
import Testing

@Suite struct GossipScenarios {
  @Test("23: a subscriber outside the mesh gets the message by IHAVE and IWANT alone") func byGossip() {
    var parameters = Parameters.go
    parameters.floodPublish = false
    let net = GossipNetwork(.full(2), parameters: parameters)
    net.start()
    net.run(.seconds(2))
    net.inject(0, from: 1, [(.prune(Scene.topic, backoffSeconds: 3600), [])])
    net.inject(1, from: 0, [(.prune(Scene.topic, backoffSeconds: 3600), [])])
    net.record = true
    let message = net.publish(0)
    let published = net.now
    #expect(!net.sent.contains { $0.message == message })
    net.run(.seconds(2))
    #expect(Scene.ihaves(net).first?.identifiers == [message])
    #expect(Scene.iwants(net).first?.identifiers == [message])
    #expect(net.receivers(message) == [1])
    #expect(net.firstCopy(message, 1)! >= published + .milliseconds(30))
    #expect(net.counters.iwantServed == 1)
  }

  @Test(
    "24: IHAVE goes to D_lazy peers when they are few, to the factor's share when many, never to the mesh",
    arguments: [(4, 4), (6, 6), (20, 6), (40, 10), (101, 25)])
  func gossipTargets(peers: Int, expected: Int) {
    let net = Scene.star(peers + 1)
    Scene.backOffAll(net, 1...peers)
    net.publish(0)
    net.record = true
    net.heartbeat(0)
    let targets = Scene.ihaves(net).map(\.to)
    #expect(targets.count == expected)
    #expect(Set(targets).count == expected)
  }

  @Test("25: a message is served for less than mcache_len shifts") func servedWhileCached() {
    for shifts in 0...6 {
      let net = Scene.star(2)
      Scene.backOffAll(net, 1...1)
      let message = net.publish(0)
      for _ in 0..<shifts { net.heartbeat(0) }
      net.record = true
      net.inject(0, from: 1, [(.iwant(identifiers: 0), [message])])
      #expect(net.sent.map(\.message) == (shifts < 5 ? [message] : []))
      #expect(net.phase(message, 0) == (shifts < 5 ? .cached : .done))
    }
  }

  @Test("26: IHAVE for what was seen, or for a topic not joined, asks for nothing") func needless() {
    let topics = [Topic(nameBytes: 5), Topic(nameBytes: 5)]
    let net = GossipNetwork(.full(2), topics: topics, parameters: .go)
    net.silent = [0, 1]
    net.start()
    net.run(.seconds(1))
    let seen = net.publish(0)
    let rejected = net.register()
    net.verdict = { _, _ in .reject }
    #expect(net.inject(0, from: 1, rejected) == .fresh)
    let foreign = net.register(TopicID(1))
    net.record = true
    net.inject(0, from: 1, [(.ihave(Scene.topic, identifiers: 0), [seen, rejected])])
    net.inject(0, from: 1, [(.ihave(TopicID(1), identifiers: 0), [foreign])])
    #expect(net.sent.isEmpty)
    #expect(net.counters.ihaveUnsubscribed == 1)
    #expect(net.counters.rejected == 1)
  }

  @Test("27 [A]: repeated IWANT gets 3 copies, then silence") func repeatedIWant() {
    let net = Scene.star(3)
    let message = net.publish(0)
    net.record = true
    for _ in 0..<16 { net.inject(0, from: 1, [(.iwant(identifiers: 0), [message])]) }
    #expect(net.sent.filter { $0.message == message }.count == 3)
    #expect(net.counters.iwantExhausted == 13)
    net.inject(0, from: 2, [(.iwant(identifiers: 0), [message])])
    #expect(net.sent.filter { $0.message == message }.count == 4)
  }

  @Test(
    "28 [A]: of 15,000 announced ids at most 5,000 are asked for in a heartbeat; the score falls when promises break"
  )
  func manyIdentifiers() {
    var parameters = Scene.scored { $0.behaviourWeight = -1 }
    parameters.ihaveMessagesMaximum = 65_535
    let net = Scene.star(2, parameters)
    net.record = true
    func flood() {
      for k in 0..<15_000 {
        net.inject(0, from: 1, [(.ihave(Scene.topic, identifiers: 0), [net.register()])])
        if k % 500 == 0 { net.run(.milliseconds(20)) }
      }
    }
    flood()
    #expect(Scene.iwants(net).reduce(0) { $0 + $1.identifiers.count } == 5000)
    net.heartbeat(0)
    net.sent = []
    flood()
    #expect(Scene.iwants(net).reduce(0) { $0 + $1.identifiers.count } == 5000)
    #expect(net.brokenPromises(0, 1) == 0)
    #expect(net.score(0, 1) == 0)
    net.run(.seconds(4))
    net.heartbeat(0)
    #expect(net.brokenPromises(0, 1) == 10_000)
    #expect(net.score(0, 1) < 0)
  }

  @Test("One IHAVE with more ids than are left asks for a random part") func partOfOne() {
    var parameters = Parameters.go
    parameters.ihaveIdentifiersMaximum = 10
    let net = Scene.star(2, parameters)
    let ids = (0..<300).map { _ in net.register() }
    net.record = true
    net.inject(0, from: 1, [(.ihave(Scene.topic, identifiers: 0), Array(ids.prefix(4)))])
    net.inject(0, from: 1, [(.ihave(Scene.topic, identifiers: 0), Array(ids.dropFirst(4)))])
    net.inject(0, from: 1, [(.ihave(Scene.topic, identifiers: 0), Array(ids.dropFirst(4)))])
    #expect(Scene.iwants(net).map(\.identifiers.count) == [4, 6])
    #expect(Set(Scene.iwants(net)[1].identifiers).isSubset(of: Set(ids.dropFirst(4))))
    #expect(Scene.iwants(net)[1].identifiers != Array(ids[4..<10]))
    #expect(net.counters.ihaveIdentifiersOverLimit == 290)
    #expect(net.counters.ihaveOverLimit == 1)
  }

  @Test("29 [A]: of 20 IHAVEs 10 are heard, after a heartbeat the other 10") func manyMessages() {
    let net = Scene.star(2)
    let ids = (0..<20).map { _ in net.register() }
    net.record = true
    func announceAll() {
      for id in ids { net.inject(0, from: 1, [(.ihave(Scene.topic, identifiers: 0), [id])]) }
    }
    announceAll()
    #expect(Scene.iwants(net).flatMap(\.identifiers) == Array(ids.prefix(10)))
    net.heartbeat(0)
    net.sent = []
    for id in ids.dropFirst(10) { net.inject(0, from: 1, [(.ihave(Scene.topic, identifiers: 0), [id])]) }
    #expect(Scene.iwants(net).flatMap(\.identifiers) == Array(ids.dropFirst(10)))
    #expect(net.counters.ihaveOverLimit == 10)
  }

  @Test("30: 200 ids and a limit of 100: each IHAVE has 100, two of them differ and overlap") func parts() {
    var parameters = Parameters.go
    parameters.ihaveIdentifiersMaximum = 100
    let net = Scene.star(3, parameters)
    Scene.backOffAll(net, 1...2)
    let ids = Set((0..<200).map { _ in net.publish(0) })
    net.record = true
    net.heartbeat(0)
    let sets = Scene.ihaves(net).map { Set($0.identifiers) }
    #expect(sets.map(\.count) == [100, 100])
    #expect(sets[0] != sets[1])
    #expect(!sets[0].isDisjoint(with: sets[1]))
    #expect(sets[0].union(sets[1]).isSubset(of: ids))
  }

  @Test("31 [A]: 100 peers promise, 20 deliver in time: 80 break one promise each, none two") func promises()
  {
    let net = Scene.star(101)
    let ids = (1...100).map { _ in net.register() }
    for peer in 1...100 {
      net.inject(0, from: peer, [(.ihave(Scene.topic, identifiers: 0), [ids[peer - 1]])])
      net.inject(0, from: peer, [(.ihave(Scene.topic, identifiers: 0), [ids[peer - 1]])])
    }
    #expect(net.counters.promises == 100)
    for peer in 1...20 { #expect(net.inject(0, from: peer, ids[peer - 1]) == .fresh) }
    net.run(.seconds(2))
    net.heartbeat(0)
    #expect(net.counters.promisesBroken == 0)
    net.run(.seconds(2))
    for _ in 0..<3 { net.heartbeat(0) }
    #expect(net.counters.promisesBroken == 80)
    for peer in 1...100 { #expect(net.brokenPromises(0, peer) == (peer <= 20 ? 0 : 1)) }
  }

  @Test("32: an RPC over the limit is split, nothing is lost, no part is over the limit") func split() {
    var parameters = Parameters.go
    parameters.rpcBytesMaximum = 1000
    let net = Scene.star(2, parameters)
    Scene.backOffAll(net, 1...1)
    let ids = Set((0..<200).map { _ in net.publish(0) })
    net.record = true
    net.heartbeat(0)
    let parts = Scene.ihaves(net)
    #expect(parts.count > 1)
    #expect(Set(parts.map(\.rpc)).count == parts.count)
    #expect(parts.flatMap(\.identifiers).count == 200)
    #expect(Set(parts.flatMap(\.identifiers)) == ids)
    for part in parts {
      let size = WireSize.field(WireSize.ihave(topicNameBytes: 20, identifiers: part.identifiers.count))
      #expect(size <= 1000)
    }
    net.sent = []
    let asked = (0..<200).map { _ in net.register() }
    net.inject(0, from: 1, [(.ihave(Scene.topic, identifiers: 0), asked)])
    #expect(Scene.iwants(net).count > 1)
    #expect(Set(Scene.iwants(net).flatMap(\.identifiers)) == Set(asked))
  }
}
