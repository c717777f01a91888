// What arrives at a stranger, and what it does about it: taken for a mesh member it forwards or drops, pruned it comes back.

import Basics
import Gossip
import Network

extension GossipWorld {
  mutating func meetStranger(
    _ payload: Payload, _ slot: UInt32, _ now: Instant, _ network: inout EventNetwork
  ) {
    let node = network.links.owner(Int(slot))
    guard payload.isControl else {
      let message = payload.message
      // (Asking `router.messages` here would copy the whole table's header for each copy received.)
      let fact = (origin: NodeID(origins[message.rawValue]), topic: TopicID(topicOf[message.rawValue]))
      guard strangers.passes(message, from: fact.origin, in: fact.topic, node: node, at: now) else { return }
      for other in network.links.slots(of: node)
      where other != Int(slot) && strangers.holds(UInt32(other), fact.topic)
        && network.links.neighbor(other) != fact.origin.index
      {
        strangers.sent &+= 1
        network.send(
          slot: other, payload: payload.rawValue, key: UInt64(payload.rawValue),
          bytes: needsSizes ? router.encodedSize(payload) : 0, at: now)
      }
      return
    }
    var cursor = router.control.firstItem(payload.control)
    while let index = cursor {
      switch router.control.item(index) {
      case .subscription(let topic, true): graft(slot, topic, subscribes: true, now, &network)
      case .graft(let topic): strangers.take(slot, topic)
      case .prune(let topic, _):
        let wait = strangers.leave(slot, topic, node: node)
        network.schedule(
          at: now + wait, slot: Int(ownSlots + slot), payload: Self.graftBit | UInt32(topic.rawValue))
      default: break
      }
      cursor = router.control.item(after: index)
    }
    router.release(payload)
  }

  /// The stranger asks to be in the mesh of the peer on `slot`, and takes it for granted.
  mutating func graft(
    _ slot: UInt32, _ topic: TopicID, subscribes: Bool, _ now: Instant, _ network: inout EventNetwork
  ) {
    guard let rpc = router.createControl() else { return }
    if subscribes { _ = router.append(.subscription(topic, subscribes: true), to: rpc) }
    _ = router.append(.graft(topic), to: rpc)
    strangers.graftsSent += 1
    strangers.take(slot, topic)
    let payload = Payload(rpc)
    let bytes = needsSizes ? router.encodedSize(payload) : 0
    let fate = network.send(
      slot: Int(slot), payload: payload.rawValue, key: UInt64(payload.rawValue), bytes: bytes, at: now)
    if case .delivered = fate { return }
    router.release(payload)
  }
}
