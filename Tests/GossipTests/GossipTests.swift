// Gossip: fanout, IHAVE and IWANT, promises, limits (conformance scenarios 12 to 15, 23 to 32).

import Basics
import Gossip
import TestKit
import Testing

@Suite struct FanoutTests {
  static func parameters() -> Parameters {
    var parameters = Parameters.go
    parameters.floodPublish = false
    return parameters
  }

  @Test("13: publishing unsubscribed makes a fanout of D, and keeps to it") func makesFanout() {
    let net = GossipNetwork(.full(20), parameters: Self.parameters())
    net.start(except: [0])
    net.run(.seconds(2))
    net.record = true
    let message = net.publish(0)
    let fanout = net.fanout(0)
    #expect(fanout.count == 6)
    #expect(Set(net.sent.filter { $0.message == message }.map(\.to)) == Set(fanout))
    net.run(.seconds(1))
    #expect(net.receivers(message) == Set(1..<20))
    net.publish(0)
    #expect(net.fanout(0) == fanout)
    #expect(net.meshDegree(0) == 0)
  }

  @Test("12: JOIN takes the fanout's peers first and empties the fanout") func joinTakesFanout() {
    let net = GossipNetwork(.full(20), parameters: Self.parameters())
    net.start(except: [0])
    net.run(.seconds(2))
    net.publish(0)
    let fanout = net.fanout(0)
    net.record = true
    net.join(0)
    #expect(net.mesh(0) == fanout)
    #expect(net.fanout(0).isEmpty)
    #expect(Set(net.sent.filter { $0.item == .graft(TopicID(0)) }.map(\.to)) == Set(fanout))
    #expect(net.sent.filter { $0.item == .subscription(TopicID(0), subscribes: true) }.count == 19)
    #expect(Set(net.sent.map(\.rpc)).count == 19)
  }

  @Test("14: the fanout is gone after its TTL") func fanoutExpires() {
    var parameters = Self.parameters()
    parameters.fanoutLife = .seconds(1)
    let net = GossipNetwork(.full(10), parameters: parameters)
    net.start(except: [0])
    net.run(.seconds(3))
    net.publish(0)
    net.run(.milliseconds(500))
    net.publish(0)
    net.run(.milliseconds(900))
    #expect(net.fanout(0).count == 6)
    net.run(.milliseconds(1200))
    #expect(net.fanout(0).isEmpty)
  }

  @Test("15: a fanout peer that unsubscribes is replaced at the heartbeat") func fanoutReplaced() {
    let net = GossipNetwork(.full(20), parameters: Self.parameters())
    net.start(except: [0])
    net.run(.seconds(2))
    net.publish(0)
    let gone = net.fanout(0)[0]
    net.leave(gone)
    net.run(net.latency)
    #expect(net.fanout(0).count == 5)
    net.run(.milliseconds(1000))
    #expect(net.fanout(0).count == 6)
    #expect(!net.fanout(0).contains(gone))
  }

  @Test("Flood publishing reaches all topic peers at once and makes no fanout") func floodPublish() {
    var parameters = Self.parameters()
    parameters.floodPublish = true
    let net = GossipNetwork(.full(20), parameters: parameters)
    net.start(except: [0, 19])
    net.run(.seconds(2))
    net.record = true
    let message = net.register(origin: 0)
    #expect(net.publish(0, TopicID(0), message) == .sent(copies: 18))
    #expect(net.fanout(0).isEmpty)
    #expect(net.publish(0, TopicID(0), message) == .duplicate)
  }

  @Test("Too large a message is not sent") func tooLarge() {
    let net = GossipNetwork(.full(2), parameters: Self.parameters())
    net.start()
    let message = net.register(bytes: 1 << 20)
    let bytes = net.encodedSize(message)
    #expect(net.publish(0, TopicID(0), message) == .tooLarge(bytes: bytes, limit: 1 << 20))
  }
}

@Suite struct GossipTests {
  static let topic = TopicID(0)

  /// Node 0 in the middle of a star, nobody beats or answers by itself, all have joined, nobody is meshed by 0.
  static func star(_ nodes: Int, _ parameters: Parameters = .go, seed: UInt64 = 1) -> GossipNetwork {
    let net = GossipNetwork(.star(nodes), parameters: parameters, seed: seed)
    net.silent = Set(0..<nodes)
    for slot in 0..<UInt32(net.graph.neighbors.count) { net.connect(slot) }
    net.join(0)
    for peer in 1..<nodes {
      net.inject(0, from: peer, [(.subscription(topic, subscribes: true), [])])
    }
    return net
  }

  /// Keeps the heartbeat of node 0 from grafting anybody.
  static func backOffAll(_ net: GossipNetwork, _ peers: ClosedRange<Int>) {
    for peer in peers { net.inject(0, from: peer, [(.prune(topic, backoffSeconds: 3600), [])]) }
  }

  static func ihaves(_ net: GossipNetwork) -> [Sent] {
    net.sent.filter { if case .ihave = $0.item { true } else { false } }
  }
  static func iwants(_ net: GossipNetwork) -> [Sent] {
    net.sent.filter { if case .iwant = $0.item { true } else { false } }
  }

  @Test("23: a subscriber outside the mesh gets the message by IHAVE and IWANT alone") func byGossip() {
    var parameters = Parameters.go
    parameters.floodPublish = false
    let net = GossipNetwork(.full(2), parameters: parameters)
    net.start()
    net.run(.seconds(2))
    net.inject(0, from: 1, [(.prune(Self.topic, backoffSeconds: 3600), [])])
    net.inject(1, from: 0, [(.prune(Self.topic, backoffSeconds: 3600), [])])
    net.record = true
    let message = net.publish(0)
    let published = net.now
    #expect(!net.sent.contains { $0.message == message })
    net.run(.seconds(2))
    #expect(Self.ihaves(net).first?.identifiers == [message])
    #expect(Self.iwants(net).first?.identifiers == [message])
    #expect(net.receivers(message) == [1])
    #expect(net.firstCopy(message, 1)! >= published + .milliseconds(30))
    #expect(net.counters.iwantServed == 1)
  }

  @Test(
    "24: IHAVE goes to D_lazy peers when they are few, to the factor's share when many, never to the mesh",
    arguments: [(4, 4), (6, 6), (20, 6), (40, 10), (101, 25)])
  func gossipTargets(peers: Int, expected: Int) {
    let net = Self.star(peers + 1)
    Self.backOffAll(net, 1...peers)
    net.publish(0)
    net.record = true
    net.heartbeat(0)
    let targets = Self.ihaves(net).map(\.to)
    #expect(targets.count == expected)
    #expect(Set(targets).count == expected)
  }

  @Test("Gossip excludes the mesh") func notToMesh() {
    var parameters = Parameters.go
    parameters.degreeLazy = 100
    let net = GossipNetwork(.full(20), parameters: parameters)
    net.start()
    net.run(.seconds(2))
    net.publish(0)
    net.record = true
    net.heartbeat(0)
    let mesh = Set(net.mesh(0))
    #expect(Set(Self.ihaves(net).map(\.to)) == Set(1..<20).subtracting(mesh))
  }

  @Test("A message is announced in D_gossip heartbeats and no more") func announcedThreeTimes() {
    let net = Self.star(2)
    Self.backOffAll(net, 1...1)
    let message = net.publish(0)
    net.record = true
    for _ in 0..<6 { net.heartbeat(0) }
    #expect(Self.ihaves(net).map(\.identifiers) == Array(repeating: [message], count: 3))
  }

  @Test("25: a message is served for less than mcache_len shifts") func servedWhileCached() {
    for shifts in 0...6 {
      let net = Self.star(2)
      Self.backOffAll(net, 1...1)
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
    net.inject(0, from: 1, [(.ihave(Self.topic, identifiers: 0), [seen, rejected])])
    net.inject(0, from: 1, [(.ihave(TopicID(1), identifiers: 0), [foreign])])
    #expect(net.sent.isEmpty)
    #expect(net.counters.ihaveUnsubscribed == 1)
    #expect(net.counters.rejected == 1)
  }

  @Test("27 [A]: repeated IWANT gets 3 copies, then silence") func repeatedIWant() {
    let net = Self.star(3)
    let message = net.publish(0)
    net.record = true
    for _ in 0..<16 { net.inject(0, from: 1, [(.iwant(identifiers: 0), [message])]) }
    #expect(net.sent.filter { $0.message == message }.count == 3)
    #expect(net.counters.iwantExhausted == 13)
    net.inject(0, from: 2, [(.iwant(identifiers: 0), [message])])
    #expect(net.sent.filter { $0.message == message }.count == 4)
  }

  @Test("28 [A]: of 15,000 announced ids at most 5,000 are asked for in a heartbeat, more after it")
  func manyIdentifiers() {
    var parameters = Parameters.go
    parameters.ihaveMessagesMaximum = 65_535
    let net = Self.star(2, parameters)
    net.record = true
    func flood() {
      for k in 0..<15_000 {
        net.inject(0, from: 1, [(.ihave(Self.topic, identifiers: 0), [net.register()])])
        if k % 500 == 0 { net.run(.milliseconds(20)) }
      }
    }
    flood()
    #expect(Self.iwants(net).reduce(0) { $0 + $1.identifiers.count } == 5000)
    net.heartbeat(0)
    net.sent = []
    flood()
    #expect(Self.iwants(net).reduce(0) { $0 + $1.identifiers.count } == 5000)
    #expect(net.brokenPromises(0, 1) == 0)
    net.run(.seconds(4))
    net.heartbeat(0)
    #expect(net.brokenPromises(0, 1) == 10_000)
  }

  @Test("28: one IHAVE with more ids than are left asks for a random part") func partOfOne() {
    var parameters = Parameters.go
    parameters.ihaveIdentifiersMaximum = 10
    let net = Self.star(2, parameters)
    let ids = (0..<300).map { _ in net.register() }
    net.record = true
    net.inject(0, from: 1, [(.ihave(Self.topic, identifiers: 0), Array(ids.prefix(4)))])
    net.inject(0, from: 1, [(.ihave(Self.topic, identifiers: 0), Array(ids.dropFirst(4)))])
    net.inject(0, from: 1, [(.ihave(Self.topic, identifiers: 0), Array(ids.dropFirst(4)))])
    #expect(Self.iwants(net).map(\.identifiers.count) == [4, 6])
    #expect(Set(Self.iwants(net)[1].identifiers).isSubset(of: Set(ids.dropFirst(4))))
    #expect(Self.iwants(net)[1].identifiers != Array(ids[4..<10]))
    #expect(net.counters.ihaveIdentifiersOverLimit == 290)
    #expect(net.counters.ihaveOverLimit == 1)
  }

  @Test("29 [A]: of 20 IHAVEs 10 are heard, after a heartbeat the other 10") func manyMessages() {
    let net = Self.star(2)
    let ids = (0..<20).map { _ in net.register() }
    net.record = true
    func announceAll() {
      for id in ids { net.inject(0, from: 1, [(.ihave(Self.topic, identifiers: 0), [id])]) }
    }
    announceAll()
    #expect(Self.iwants(net).flatMap(\.identifiers) == Array(ids.prefix(10)))
    net.heartbeat(0)
    net.sent = []
    for id in ids.dropFirst(10) { net.inject(0, from: 1, [(.ihave(Self.topic, identifiers: 0), [id])]) }
    #expect(Self.iwants(net).flatMap(\.identifiers) == Array(ids.dropFirst(10)))
    #expect(net.counters.ihaveOverLimit == 10)
  }

  @Test("30: 200 ids and a limit of 100: each IHAVE has 100, two of them differ and overlap") func parts() {
    var parameters = Parameters.go
    parameters.ihaveIdentifiersMaximum = 100
    let net = Self.star(3, parameters)
    Self.backOffAll(net, 1...2)
    let ids = Set((0..<200).map { _ in net.publish(0) })
    net.record = true
    net.heartbeat(0)
    let sets = Self.ihaves(net).map { Set($0.identifiers) }
    #expect(sets.map(\.count) == [100, 100])
    #expect(sets[0] != sets[1])
    #expect(!sets[0].isDisjoint(with: sets[1]))
    #expect(sets[0].union(sets[1]).isSubset(of: ids))
  }

  @Test("31 [A]: 100 peers promise, 20 deliver in time: 80 break one promise each, none two") func promises()
  {
    let net = Self.star(101)
    let ids = (1...100).map { _ in net.register() }
    for peer in 1...100 {
      net.inject(0, from: peer, [(.ihave(Self.topic, identifiers: 0), [ids[peer - 1]])])
      net.inject(0, from: peer, [(.ihave(Self.topic, identifiers: 0), [ids[peer - 1]])])
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

  @Test("A promise is kept when anybody delivers") func keptByAnother() {
    let net = Self.star(3)
    let id = net.register()
    net.inject(0, from: 1, [(.ihave(Self.topic, identifiers: 0), [id])])
    #expect(net.inject(0, from: 2, id) == .fresh)
    net.run(.seconds(4))
    net.heartbeat(0)
    #expect(net.counters.promisesBroken == 0)
  }

  @Test("32: an RPC over the limit is split, nothing is lost, no part is over the limit") func split() {
    var parameters = Parameters.go
    parameters.rpcBytesMaximum = 1000
    let net = Self.star(2, parameters)
    Self.backOffAll(net, 1...1)
    let ids = Set((0..<200).map { _ in net.publish(0) })
    net.record = true
    net.heartbeat(0)
    let parts = Self.ihaves(net)
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
    net.inject(0, from: 1, [(.ihave(Self.topic, identifiers: 0), asked)])
    #expect(Self.iwants(net).count > 1)
    #expect(Set(Self.iwants(net).flatMap(\.identifiers)) == Set(asked))
  }

  @Test("Many topics: hello is split too") func splitHello() {
    var parameters = Parameters.go
    parameters.rpcBytesMaximum = 512
    let topics = Array(repeating: Topic(nameBytes: 60), count: 100)
    let net = GossipNetwork(.full(2), topics: topics, parameters: parameters)
    for topic in 0..<100 { net.join(0, TopicID(topic)) }
    net.record = true
    net.connect(net.graph.slot(0, to: 1))
    #expect(net.sent.count == 100)
    let perRPC = Dictionary(grouping: net.sent, by: \.rpc).values.map(\.count)
    #expect(perRPC.allSatisfy { $0 * WireSize.subscription(topicNameBytes: 60) <= 512 })
  }

  @Test("Lost links heal by gossip: with 10 % loss everybody still hears everything", arguments: [1, 2, 3])
  func heals(seed: UInt64) {
    let net = GossipNetwork(.random(50, dials: 10, seed: seed), parameters: .go, seed: seed)
    net.start()
    net.run(.seconds(3))
    let coin = HashRandom(seed: seed, .loss)
    net.loses = { $0.message != nil && unit(coin.bits(UInt64($0.rpc))) < 0.1 }
    for node in 0..<30 {
      let message = net.publish(node)
      net.run(.milliseconds(200))
      _ = message
    }
    net.run(.seconds(6))
    #expect(net.counters.fresh == 30 * 49)
    #expect(net.counters.iwantServed > 0)
  }
}
