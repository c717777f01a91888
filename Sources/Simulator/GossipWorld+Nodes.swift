// Nodes come and go, hearts beat, messages are published, and routers dial whom they heard of.

import Basics
import Gossip
import Network

extension GossipWorld {
  mutating func handleNode(
    _ node: Int, _ payload: UInt32, _ now: Instant, _ network: inout EventNetwork
  ) {
    switch NodeInput(rawValue: payload >> Self.argumentBits) {
    case .heartbeat:
      guard payload & Self.argumentMask == incarnation[node] & Self.argumentMask else { return }
      guard case .beaten(let next) = router.heartbeat(NodeID(node), at: now, outbox: &outbox) else { return }
      schedule(.heartbeat, node, at: next, &network)
      send(now, &network)
    case .start: start(node, now, &network)
    case .crash: crash(node, now, &network)
    case nil: preconditionFailure("unknown input \(payload) of node \(node)")
    }
  }

  mutating func start(_ node: Int, _ now: Instant, _ network: inout EventNetwork) {
    isUp[node] = true
    incarnation[node] &+= 1
    if node < setup.routers {
      _ = router.restart(NodeID(node))
      for topic in setup.topics.indices {
        _ = router.join(NodeID(node), TopicID(topic), at: now, outbox: &outbox)
      }
      schedule(.heartbeat, node, at: now + router.firstHeartbeat(NodeID(node)), &network)
    }
    for slot in network.links.slots(of: node) where isUp[network.links.neighbor(slot)] {
      if isPotential.count > 0, isPotential[slot] { continue }
      connect(slot, now)
      connect(network.links.reverse(slot), now)
      measures.connections += 1
    }
    send(now, &network)
  }

  mutating func connect(_ slot: Int, _ now: Instant) {
    if slot < Int(routerSlots) { _ = router.connected(slot: UInt32(slot), at: now, outbox: &outbox) }
  }

  mutating func crash(_ node: Int, _ now: Instant, _ network: inout EventNetwork) {
    precondition(node < setup.routers, "an outage of stranger \(node)")
    isUp[node] = false
    incarnation[node] &+= 1
    _ = router.crash(NodeID(node))
    for slot in network.links.slots(of: node) {
      let reverse = network.links.reverse(slot)
      if reverse < Int(routerSlots) { _ = router.disconnected(slot: UInt32(reverse), at: now) }
    }
  }

  mutating func handleWorld(_ payload: UInt32, _ now: Instant, _ network: inout EventNetwork) {
    let index = Int(payload & Self.argumentMask)
    switch WorldInput(rawValue: payload >> Self.argumentBits) {
    case .publication:
      publish(index, now, &network)
      streamed[index] += 1
      let traffic = setup.traffic[index]
      if streamed[index] < traffic.count {
        network.schedule(
          at: traffic.from + traffic.every * UInt64(streamed[index]), slot: Int(worldSlot), payload: payload)
      }
    case .look:
      look(now, network.links)
      network.schedule(at: now + setup.sampleEvery!, slot: Int(worldSlot), payload: payload)
    case nil: preconditionFailure("unknown input \(payload) of the world")
    }
  }

  mutating func publish(_ index: Int, _ now: Instant, _ network: inout EventNetwork) {
    let traffic = setup.traffic[index]
    let draw = scale(
      publicationDraws.bits(UInt64(index), UInt64(streamed[index])), UInt64(traffic.publishers.count))
    let node = traffic.publishers[Int(draw)]
    guard isUp[node.index] else { return }
    let message = router.messages.register(
      topic: traffic.topic, dataBytes: traffic.bytes, origin: node, tag: now.nanoseconds, at: now)
    precondition(Int(message.rawValue) == publishedAt.count, "messages are numbered in order of publication")
    publishedAt.append(now.nanoseconds)
    origins.append(node.rawValue)
    topicOf.append(traffic.topic.rawValue)
    deliveries.append(0)
    if !setup.outages.isEmpty { _ = received.insert(node.index, Int(message.rawValue)) }
    if now >= setup.measureFrom {
      measures.published += 1
      if let window = setup.window {
        let place = Int((now - setup.measureFrom).nanoseconds / window.nanoseconds)
        while measures.windows.count <= place { measures.windows.append(.init()) }
        measures.windows[place].published += 1
      }
      if traffic.topic == setup.watchedTopic { measures.topicExpected += UInt64(setup.routers - 1) }
      if let watched = setup.watched {
        if node == watched {
          measures.fromWatchedExpected += UInt64(setup.routers - 1)
        } else {
          measures.watchedExpected += 1
        }
      }
    }
    let result = router.publish(node, traffic.topic, message, at: now, outbox: &outbox)
    if case .tooLarge(let bytes, let limit) = result {
      preconditionFailure("a message of \(bytes) bytes is above the limit of \(limit)")
    }
    send(now, &network)
  }
}

// MARK: - Dialing

extension GossipWorld {
  /// A dial takes a round trip.
  @inline(never)
  mutating func dial(_ now: Instant, _ network: inout EventNetwork) {
    for k in 0..<outbox.dials.count {
      let slot = Int(outbox.dials[k])
      network.schedule(
        at: now + network.links.latency(slot) * 2, slot: Int(ownSlots) + slot, payload: Self.dialBit)
    }
  }

  mutating func endDial(_ slot: UInt32, _ now: Instant, _ network: inout EventNetwork) {
    let (node, other) = (network.links.owner(Int(slot)), network.links.neighbor(Int(slot)))
    guard isUp[node], isUp[other], !router.isConnected(slot: slot) else {
      return router.dialFailed(slot: slot)
    }
    if isPotential.count > 0 {
      isPotential[slot] = false
      isPotential[network.links.reverse(Int(slot))] = false
    }
    connect(Int(slot), now)
    connect(network.links.reverse(Int(slot)), now)
    measures.connections += 1
    send(now, &network)
  }
}
