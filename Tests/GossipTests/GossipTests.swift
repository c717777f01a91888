// Gossip: fanout, IHAVE and IWANT, promises, limits beyond the conformance scenarios.

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
    #expect(Set(Scene.ihaves(net).map(\.to)) == Set(1..<20).subtracting(mesh))
  }

  @Test("A message is announced in D_gossip heartbeats and no more") func announcedThreeTimes() {
    let net = Scene.star(2)
    Scene.backOffAll(net, 1...1)
    let message = net.publish(0)
    net.record = true
    for _ in 0..<6 { net.heartbeat(0) }
    #expect(Scene.ihaves(net).map(\.identifiers) == Array(repeating: [message], count: 3))
  }

  @Test("A promise is kept when anybody delivers") func keptByAnother() {
    let net = Scene.star(3)
    let id = net.register()
    net.inject(0, from: 1, [(.ihave(Scene.topic, identifiers: 0), [id])])
    #expect(net.inject(0, from: 2, id) == .fresh)
    net.run(.seconds(4))
    net.heartbeat(0)
    #expect(net.counters.promisesBroken == 0)
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
