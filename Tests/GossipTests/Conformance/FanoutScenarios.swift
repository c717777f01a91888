// Conformance scenarios 12 to 15: publishing to topics that the node has not joined.

import Basics
import Gossip
import TestKit
import Testing

@Suite struct FanoutScenarios {
  @Test("12: JOIN takes the fanout's peers first and empties the fanout") func joinTakesFanout() {
    let net = GossipNetwork(.full(20), parameters: Scene.meshOnly())
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

  @Test("13: publishing unsubscribed makes a fanout of D, and keeps to it") func makesFanout() {
    let net = GossipNetwork(.full(20), parameters: Scene.meshOnly())
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

  @Test("14: the fanout is gone after its TTL") func fanoutExpires() {
    var parameters = Scene.meshOnly()
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
    let net = GossipNetwork(.full(20), parameters: Scene.meshOnly())
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
}
