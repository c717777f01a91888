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
  enum NodeInput: UInt32 { case heartbeat, start, crash }
  /// The world's inputs; the low 28 bits hold a stream of traffic.
  enum WorldInput: UInt32 { case publication, look }
  static let argumentBits: UInt32 = 28
  static let argumentMask: UInt32 = 1 << 28 - 1
  /// In the payload of a link's own event: a stranger GRAFTs again; else a message's verdict falls due.
  static let graftBit: UInt32 = 1 << 31
  /// A router's dial ends.
  static let dialBit: UInt32 = 1 << 30

  let setup: GossipSetup
  var router: Router
  var strangers: Strangers
  var outbox = Outbox()
  var measures = GossipMeasures()
  var scores: ScoreWatch
  let linkSlots: UInt32
  /// Slots below are routers'.
  let routerSlots: UInt32
  let nodeSlots: UInt32
  let ownSlots: UInt32
  let worldSlot: UInt32
  let needsSizes: Bool
  let validates: Bool
  let publicationDraws: HashRandom
  let prefetchDistance: Int

  /// By node.
  var isUp: Table<Bool>
  var incarnation: Table<UInt32>
  /// By stream of traffic.
  var streamed: [Int]
  /// By message: when it was published, routers that have it.
  var publishedAt = Table<UInt64>()
  var origins = Table<UInt32>()
  var topicOf = Table<UInt16>()
  var deliveries = Table<UInt32>()
  /// By slot: a link that must be dialed first. Empty without such links.
  var isPotential: Table<Bool>
  /// By router and message, when routers crash and may receive again; else without columns.
  var received: BitRows
  /// By message and router slot, when announcements are tracked.
  var announced: BitRows

  init(_ setup: GossipSetup, links: borrowing LinkTable) {
    let messages = setup.traffic.reduce(0) { $0 + $1.count }
    let isScored = setup.parameters.score != nil
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
    scores = ScoreWatch(isObserved: setup.observesScores)
    router.observesScores = setup.observesScores
    strangers = Strangers(
      setup.strangers, firstNode: setup.routers, firstSlot: Int(routerSlots),
      slots: links.slots - Int(routerSlots), topics: setup.topics.count, messages: messages, seed: setup.seed)
    if isScored {
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

  func schedule(_ input: NodeInput, _ node: Int, at instant: Instant, _ network: inout EventNetwork) {
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
  mutating func handleOther(_ event: Event, _ network: inout EventNetwork) {
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
  mutating func settle(
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
  mutating func receiveControl(
    _ payload: Payload, _ slot: UInt32, _ now: Instant, _ network: inout EventNetwork
  ) {
    _ = router.receive(payload.control, on: slot, at: now, outbox: &outbox)
    router.release(payload)
    send(now, &network)
  }

  /// Carries out what the routers want sent.
  @inline(__always)
  mutating func send(_ now: Instant, _ network: inout EventNetwork) {
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

  @inline(never)
  mutating func sendSlowly(
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
  mutating func fail(_ transmission: Transmission, _ fate: Fate) {
    if fate == .queueFull { router.dropped(transmission) } else { router.release(transmission.payload) }
  }

  @inline(__always)
  func prefetch(_ event: Event, _ network: borrowing EventNetwork) {
    let payload = Payload(rawValue: event.payload)
    if _slowPath(event.slot >= routerSlots || payload.isControl) {
      if event.slot >= nodeSlots, event.slot < nodeSlots &+ UInt32(setup.routers) {
        router.prefetch(heartbeatOf: Int(event.slot &- nodeSlots))
      }
      return
    }
    router.prefetch(
      copyOf: payload.message, on: event.slot, at: network.links.owner(Int(event.slot)))
  }

  @inline(__always)
  func prefetchMore(_ event: Event, _ network: borrowing EventNetwork) {
    let payload = Payload(rawValue: event.payload)
    if _slowPath(event.slot >= routerSlots || payload.isControl) { return }
    let node = network.links.owner(Int(event.slot))
    guard router.prefetch(handling: payload.message, on: event.slot, at: node) else { return }
    let first = network.links.offset(node)
    unsafe touch(network.links.rowAddress(first))
    unsafe touch(network.links.rowAddress(first &+ 8))
    unsafe touch(network.links.rowAddress(first &+ 16))
  }
}
