// The population of a gossip-only simulation: routers, strangers and a clock for publications, behind one event handler.
// The same routers, engine and links as `World`, without services and chain; what is measured is what the messages did.
//
// Slots of events: links at their receiver, then nodes (heartbeats, starts, outages), then links again (a verdict falls
// due at a router; a stranger comes back), then the world (publications, looks).

import Basics
import Gossip
import Network

/// Everything that lives in one gossip-only simulation.
struct GossipWorld: Population, ~Copyable {
  /// A node's inputs; the low 28 bits hold its incarnation.
  private enum NodeInput: UInt32 { case heartbeat, start, crash }
  /// The world's inputs; the low 28 bits hold a stream of traffic.
  private enum WorldInput: UInt32 { case publication, look }
  private static let argumentBits: UInt32 = 28
  private static let argumentMask: UInt32 = 1 << 28 - 1
  /// In the payload of a link's own event: a stranger GRAFTs again; else a message's verdict falls due.
  private static let graftBit: UInt32 = 1 << 31
  /// A router's dial ends.
  private static let dialBit: UInt32 = 1 << 30

  let setup: GossipSetup
  var router: Router
  var strangers: Strangers
  private var outbox = Outbox()
  private var measures = GossipMeasures()
  let linkSlots: UInt32
  /// Slots below are routers'.
  let routerSlots: UInt32
  private let nodeSlots: UInt32
  private let ownSlots: UInt32
  let worldSlot: UInt32
  private let needsSizes: Bool
  private let validates: Bool
  private let publicationDraws: HashRandom
  let prefetchDistance: Int

  /// By node.
  private var isUp: Table<Bool>
  private var incarnation: Table<UInt32>
  /// By stream of traffic.
  private var streamed: [Int]
  /// By message: when it was published, routers that have it.
  private var publishedAt = Table<UInt64>()
  private var origins = Table<UInt32>()
  private var topicOf = Table<UInt16>()
  private var deliveries = Table<UInt32>()
  /// By slot: a link that must be dialed first. Empty without such links.
  private var isPotential: Table<Bool>
  /// By router and message, when routers crash and may receive again; else without columns.
  private var received: BitRows
  /// By message and router slot, when announcements are tracked.
  private var announced: BitRows

  init(_ setup: GossipSetup, links: borrowing LinkTable) {
    let messages = setup.traffic.reduce(0) { $0 + $1.count }
    let scores = setup.parameters.score != nil
    let nodes = setup.routers + setup.strangers.count
    precondition(messages < 1 << 28, "\(messages) messages")
    precondition(links.nodes == nodes, "\(links.nodes) nodes in the links, \(nodes) in the setup")
    self.setup = setup
    linkSlots = UInt32(links.slots)
    routerSlots = UInt32(links.offset(setup.routers))
    nodeSlots = linkSlots
    ownSlots = linkSlots + UInt32(nodes)
    worldSlot = ownSlots + linkSlots
    needsSizes = !setup.uplinks.isEmpty || setup.conditions.contains { $0.bandwidth != nil }
    validates = setup.validation > .zero
    publicationDraws = HashRandom(seed: setup.seed, .publication)
    prefetchDistance = links.slots > 1 << 15 ? 8 : 0

    var offsets: [UInt32] = []
    for node in 0...setup.routers { offsets.append(UInt32(links.offset(node))) }
    var neighbors: [NodeID] = []
    neighbors.reserveCapacity(Int(routerSlots))
    for slot in 0..<Int(routerSlots) { neighbors.append(NodeID(links.neighbor(slot))) }
    router = Router(
      parameters: setup.parameters, topics: setup.topics, offsets: offsets, neighbors: neighbors,
      outbound: Self.outbound(setup, links), seed: setup.seed)
    strangers = Strangers(
      setup.strangers, firstNode: setup.routers, firstSlot: Int(routerSlots),
      slots: links.slots - Int(routerSlots), topics: setup.topics.count, messages: messages, seed: setup.seed)
    if scores {
      for (node, group) in setup.addresses.enumerated() { router.setAddress(NodeID(node), group) }
    }
    isPotential = Self.potential(setup, links)
    isUp = Table(repeating: false, count: nodes)
    incarnation = Table(repeating: 0, count: nodes)
    streamed = Array(repeating: 0, count: setup.traffic.count)
    received = BitRows(rows: setup.outages.isEmpty ? 0 : setup.routers, columns: messages)
    announced = BitRows(rows: setup.tracksAnnouncements ? messages : 0, columns: Int(routerSlots))
  }

  /// By router slot: whether its owner dialed. Slots of a node are in the order of its edges.
  private static func outbound(_ setup: GossipSetup, _ links: borrowing LinkTable) -> [Bool] {
    var next = (0..<links.nodes).map { links.offset($0) }
    var outbound = [Bool](repeating: false, count: links.offset(setup.routers))
    for edge in setup.edges {
      let slot = next[edge.a.index]
      if slot < outbound.count { outbound[slot] = true }
      next[edge.a.index] += 1
      next[edge.b.index] += 1
    }
    return outbound
  }

  /// By slot: whether its link is one of the potential ones, whose edges come last.
  private static func potential(_ setup: GossipSetup, _ links: borrowing LinkTable) -> Table<Bool> {
    guard !setup.potentialEdges.isEmpty else { return Table() }
    var next = (0..<links.nodes).map { links.offset($0) }
    for edge in setup.edges { for node in [edge.a.index, edge.b.index] { next[node] += 1 } }
    var potential = Table(repeating: false, count: links.slots)
    for node in 0..<links.nodes {
      potential.fill(next[node]..<links.slots(of: node).upperBound, with: true)
    }
    return potential
  }

  // MARK: Beginning

  /// Puts the first events into the queue.
  mutating func begin(_ network: inout EventNetwork) {
    for node in 0..<isUp.count {
      let start = setup.starts.isEmpty ? .zero : setup.starts[node]
      schedule(.start, node, at: start, &network)
    }
    for outage in setup.outages {
      schedule(.crash, outage.node.index, at: outage.from, &network)
      schedule(.start, outage.node.index, at: outage.until, &network)
    }
    for (index, traffic) in setup.traffic.enumerated() where traffic.count > 0 {
      network.schedule(
        at: traffic.from, slot: Int(worldSlot),
        payload: WorldInput.publication.rawValue << Self.argumentBits | UInt32(index))
    }
    if let every = setup.sampleEvery {
      network.schedule(
        at: .zero + every, slot: Int(worldSlot), payload: WorldInput.look.rawValue << Self.argumentBits)
    }
  }

  private func schedule(_ input: NodeInput, _ node: Int, at instant: Instant, _ network: inout EventNetwork) {
    network.schedule(
      at: instant, slot: Int(nodeSlots) + node,
      payload: input.rawValue << Self.argumentBits | incarnation[node] & Self.argumentMask)
  }

  // MARK: Arrivals

  @inline(__always)
  mutating func handle(_ event: Event, _ network: inout EventNetwork) {
    let slot = event.slot
    if _slowPath(slot >= routerSlots) { return handleOther(event, &network) }
    let payload = Payload(rawValue: event.payload)
    if payload.isControl { return receiveControl(payload, slot, event.time, &network) }
    if _fastPath(router.receive(payload.message, on: slot, at: event.time, outbox: &outbox) != .fresh) {
      return
    }
    if _slowPath(validates) {
      send(event.time, &network)
      network.schedule(at: event.time + setup.validation, slot: Int(ownSlots &+ slot), payload: event.payload)
      return
    }
    settle(payload.message, slot, event.time, &network)
  }

  @inline(never)
  private mutating func handleOther(_ event: Event, _ network: inout EventNetwork) {
    let slot = event.slot
    if slot < linkSlots {
      meetStranger(Payload(rawValue: event.payload), slot, event.time, &network)
    } else if slot < ownSlots {
      handleNode(Int(slot - nodeSlots), event.payload, event.time, &network)
    } else if slot < worldSlot {
      if event.payload & Self.dialBit != 0 {
        endDial(slot - ownSlots, event.time, &network)
      } else if slot - ownSlots < routerSlots {
        settle(MessageHandle(rawValue: event.payload), slot - ownSlots, event.time, &network)
      } else {
        graft(
          slot - ownSlots, TopicID(Int(event.payload & Self.argumentMask)), subscribes: false, event.time,
          &network)
      }
    } else {
      handleWorld(event.payload, event.time, &network)
    }
  }

  @inline(__always)
  private mutating func settle(
    _ message: MessageHandle, _ slot: UInt32, _ now: Instant, _ network: inout EventNetwork
  ) {
    let node = NodeID(network.links.owner(Int(slot)))
    guard
      case .forwarded = router.settle(node, message, from: slot, verdict: .accept, at: now, outbox: &outbox)
    else { return }
    noteDelivery(message, node, now)
    send(now, &network)
  }

  @inline(never)
  private mutating func receiveControl(
    _ payload: Payload, _ slot: UInt32, _ now: Instant, _ network: inout EventNetwork
  ) {
    _ = router.receive(payload.control, on: slot, at: now, outbox: &outbox)
    router.release(payload)
    send(now, &network)
  }

  /// Carries out what the routers want sent.
  @inline(__always)
  private mutating func send(_ now: Instant, _ network: inout EventNetwork) {
    let count = outbox.count
    var k = 0
    while k < count {
      let transmission = outbox[k]
      k &+= 1
      let payload = transmission.payload
      if _slowPath(needsSizes || payload.isControl) {
        sendSlowly(transmission, now, &network)
        continue
      }
      let fate = network.send(
        slot: Int(transmission.slot), payload: payload.rawValue, key: UInt64(payload.rawValue), bytes: 0,
        at: now)
      if case .delivered = fate { continue }
      fail(transmission, fate)
    }
    if _slowPath(outbox.dials.count > 0) { dial(now, &network) }
    outbox.removeAll()
  }

  /// A dial takes a round trip.
  @inline(never)
  private mutating func dial(_ now: Instant, _ network: inout EventNetwork) {
    for k in 0..<outbox.dials.count {
      let slot = Int(outbox.dials[k])
      network.schedule(
        at: now + network.links.latency(slot) * 2, slot: Int(ownSlots) + slot, payload: Self.dialBit)
    }
  }

  private mutating func endDial(_ slot: UInt32, _ now: Instant, _ network: inout EventNetwork) {
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

  @inline(never)
  private mutating func sendSlowly(
    _ transmission: Transmission, _ now: Instant, _ network: inout EventNetwork
  ) {
    let payload = transmission.payload
    if setup.tracksAnnouncements && payload.isControl {
      noteAnnouncements(payload.control, transmission.slot)
    }
    let bytes = needsSizes ? router.encodedSize(payload) : 0
    let fate = network.send(
      slot: Int(transmission.slot), payload: payload.rawValue, key: UInt64(payload.rawValue), bytes: bytes,
      at: now)
    if case .delivered = fate { return }
    fail(transmission, fate)
  }

  @inline(never)
  private mutating func fail(_ transmission: Transmission, _ fate: Fate) {
    if fate == .queueFull { router.dropped(transmission) } else { router.release(transmission.payload) }
  }

  @inline(__always)
  func prefetch(_ event: Event, _ network: borrowing EventNetwork) {
    if _slowPath(event.slot >= routerSlots) { return }
    unsafe touch(network.links.rowAddress(Int(event.slot)))
  }
}

// MARK: - Strangers

extension GossipWorld {
  private mutating func meetStranger(
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
  private mutating func graft(
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

// MARK: - Nodes and publications

extension GossipWorld {
  private mutating func handleNode(
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

  private mutating func start(_ node: Int, _ now: Instant, _ network: inout EventNetwork) {
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

  private mutating func connect(_ slot: Int, _ now: Instant) {
    if slot < Int(routerSlots) { _ = router.connected(slot: UInt32(slot), at: now, outbox: &outbox) }
  }

  private mutating func crash(_ node: Int, _ now: Instant, _ network: inout EventNetwork) {
    precondition(node < setup.routers, "an outage of stranger \(node)")
    isUp[node] = false
    incarnation[node] &+= 1
    _ = router.crash(NodeID(node))
    for slot in network.links.slots(of: node) {
      let reverse = network.links.reverse(slot)
      if reverse < Int(routerSlots) { _ = router.disconnected(slot: UInt32(reverse), at: now) }
    }
  }

  private mutating func handleWorld(_ payload: UInt32, _ now: Instant, _ network: inout EventNetwork) {
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

  private mutating func publish(_ index: Int, _ now: Instant, _ network: inout EventNetwork) {
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

// MARK: - Measures

extension GossipWorld {
  @inline(__always)
  private mutating func noteDelivery(_ message: MessageHandle, _ node: NodeID, _ now: Instant) {
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
  private mutating func noteWatched(
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

  private mutating func noteAnnouncements(_ rpc: ControlHandle, _ slot: UInt32) {
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
  private mutating func look(_ now: Instant, _ links: borrowing LinkTable) {
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
    measures.samples.append(sample)
  }

  private func lookAtScores(_ node: Int, _ links: borrowing LinkTable, _ sample: inout GossipMeasures.Sample)
  {
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

  private func countAnnouncements(_ result: inout GossipMeasures) {
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
