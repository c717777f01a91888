// What a gossip-only simulation measures while it runs, and the closing of its books.

import Basics
import Gossip
import Network

extension GossipWorld {
  @inline(__always)
  mutating func noteDelivery(_ message: MessageHandle, _ node: NodeID, _ now: Instant) {
    let index = Int(message.rawValue)
    let published = publishedAt[index]
    guard published >= setup.measureFrom.nanoseconds else { return }
    if received.rows > 0 && !received.insert(node.index, index) { return }
    deliveries[index] &+= 1
    let latency = now.nanoseconds &- published
    measures.latency.record(latency)
    measures.hundredths[min(Int(latency / 100_000_000), 100)] &+= 1
    if let window = setup.window {
      let place = Int((published - setup.measureFrom.nanoseconds) / window.nanoseconds)
      measures.windows[place].delivered &+= 1
      measures.windows[place].latency.record(latency)
    }
    if let watched = setup.watched { noteWatched(message, node, watched, latency) }
    if let topic = setup.watchedTopic, topicOf[index] == topic.rawValue {
      measures.topicDelivered &+= 1
      measures.topicLatency.record(latency)
    }
  }

  @inline(never)
  mutating func noteWatched(
    _ message: MessageHandle, _ node: NodeID, _ watched: NodeID, _ latency: UInt64
  ) {
    if node == watched {
      measures.watchedDelivered += 1
      measures.watchedLatency.record(latency)
    } else if origins[message.rawValue] == watched.rawValue {
      measures.fromWatchedDelivered += 1
      measures.fromWatchedLatency.record(latency)
    }
  }

  mutating func noteAnnouncements(_ rpc: ControlHandle, _ slot: UInt32) {
    var cursor = router.control.firstItem(rpc)
    while let index = cursor {
      if case .ihave = router.control.item(index) {
        var ids = router.control.identifiers(of: index)
        while let message = router.control.next(&ids) {
          if publishedAt[Int(message.rawValue)] >= setup.measureFrom.nanoseconds {
            _ = announced.insert(Int(message.rawValue), Int(slot))
          }
        }
      }
      cursor = router.control.item(after: index)
    }
  }

  /// One look at all meshes.
  mutating func look(_ now: Instant, _ links: borrowing LinkTable) {
    var sample = GossipMeasures.Sample(at: now)
    for node in 0..<setup.routers where isUp[node] {
      sample.up += 1
      for topic in setup.topics.indices {
        let mesh = router.mesh(NodeID(node), TopicID(topic))
        sample.degreeLeast = min(sample.degreeLeast, mesh.count)
        sample.degreeMost = max(sample.degreeMost, mesh.count)
        sample.meshLinks += mesh.count
        var strange = 0
        for slot in mesh {
          if links.neighbor(Int(slot)) >= setup.routers {
            strange += 1
          } else if !router.isInMesh(UInt32(links.reverse(Int(slot))), TopicID(topic)) {
            sample.oneSided += 1
          }
        }
        sample.strangerLinks += strange
        if setup.watchedTopic == TopicID(topic) {
          sample.watchedLinks += mesh.count
          sample.watchedStrangerLinks += strange
        }
        if strange == mesh.count && strange > 0 { sample.surrounded += 1 }
      }
      if setup.parameters.score != nil { lookAtScores(node, links, &sample) }
    }
    if sample.up == 0 { sample.degreeLeast = 0 }
    (sample.published, sample.copies) = (measures.published, router.counters.copiesReceived)
    (sample.delivered, sample.bytes) = (measures.latency.count, router.counters.bytesSent)
    scores.look(at: &router, nodes: 0..<setup.routers, now)
    measures.samples.append(sample)
  }

  /// Takes the moves of scores, and at the end looks a last time.
  mutating func lookAtScores(_ now: Instant, isLast: Bool) {
    if isLast {
      scores.look(at: &router, nodes: 0..<setup.routers, now, isLast: true)
    } else {
      scores.takeMoves(of: &router)
    }
  }

  func lookAtScores(_ node: Int, _ links: borrowing LinkTable, _ sample: inout GossipMeasures.Sample) {
    let graylist = setup.parameters.score!.thresholds.graylist
    for slot in router.slots(of: NodeID(node)) where router.isConnected(slot: slot) {
      let isStranger = links.neighbor(Int(slot)) >= setup.routers
      if isStranger { sample.strangerPeers += 1 }
      guard router.score(slot: slot) < graylist else { continue }
      if isStranger { sample.strangersGraylisted += 1 } else { sample.honestGraylisted += 1 }
    }
  }

  /// Closes the books.
  mutating func conclude(_ now: Instant, _ links: borrowing LinkTable) -> GossipMeasures {
    look(now, links)
    var result = measures
    for message in 0..<publishedAt.count where publishedAt[message] >= setup.measureFrom.nanoseconds {
      let missing = setup.routers - 1 - Int(deliveries[message])
      result.expected += UInt64(setup.routers - 1)
      result.delivered += UInt64(deliveries[message])
      if missing > 0 { result.incomplete += 1 }
      result.worstMissing = max(result.worstMissing, missing)
    }
    result.strangerCopies = strangers.copies
    result.strangerSent = strangers.sent
    result.strangerGrafts = strangers.graftsSent
    result.counters = router.counters
    if setup.tracksAnnouncements { countAnnouncements(&result) }
    if setup.tracksCredit {
      for slot in 0..<routerSlots {
        for topic in router.explain(slot: slot)?.topics ?? [] {
          result.credit += topic.firstDeliveries.counter
        }
      }
    }
    return result
  }

  func countAnnouncements(_ result: inout GossipMeasures) {
    for slot in 0..<Int(routerSlots) {
      for topic in setup.topics.indices where !router.isInMesh(UInt32(slot), TopicID(topic)) {
        for message in 0..<publishedAt.count where publishedAt[message] >= setup.measureFrom.nanoseconds {
          result.announceable += 1
          if announced.contains(message, slot) { result.announced += 1 }
        }
      }
    }
  }
}

extension Router {
  /// Whether the peer on `slot` is in the mesh of the slot's owner.
  fileprivate func isInMesh(_ slot: UInt32, _ topic: TopicID) -> Bool {
    mesh(owner(of: slot), topic).contains(slot)
  }
}
