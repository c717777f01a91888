// A population of routers on links of constant latency, with its own clock: the harness of protocol tests. Time moves only
// in `run`. The order of events is (instant, sequence).

public import Basics
public import Gossip

/// One part of a transmission, as a test wants to see it.
public struct Sent: Hashable, Sendable {
  public enum Part: Hashable, Sendable {
    case message(MessageHandle)
    case control(ControlItem, identifiers: [MessageHandle], peers: [NodeID] = [])
  }
  public var at: Instant
  public var from: Int
  public var to: Int
  public var part: Part
  /// Number of the transmission: parts of one RPC share it.
  public var rpc: Int

  public init(at: Instant, from: Int, to: Int, part: Part, rpc: Int) {
    self.at = at
    self.from = from
    self.to = to
    self.part = part
    self.rpc = rpc
  }

  /// The control item, nil for a message.
  public var item: ControlItem? {
    if case .control(let item, _, _) = part { item } else { nil }
  }
  public var identifiers: [MessageHandle] {
    if case .control(_, let identifiers, _) = part { identifiers } else { [] }
  }
  /// The peers that a PRUNE names.
  public var peers: [NodeID] {
    if case .control(_, _, let peers) = part { peers } else { [] }
  }
  public var message: MessageHandle? {
    if case .message(let message) = part { message } else { nil }
  }
}

/// Routers, links and a clock.
public final class GossipNetwork {
  private enum Event {
    case arrival(slot: UInt32, Payload)
    case heartbeat(node: Int, life: Int)
    case verdict(node: Int, MessageHandle, slot: UInt32)
    case dialed(slot: UInt32)
    case sendNext(slot: UInt32)
  }

  public let graph: LinkGraph
  private var router: Router
  private var outbox = Outbox()
  public private(set) var now = Instant.zero
  private var heap: [(at: Instant, sequence: Int, event: Event)] = []
  private var sequence = 0
  private var lives: [Int]

  /// One-way time of every link.
  public var latency = TimeSpan.milliseconds(10)
  /// From first receipt to verdict.
  public var validation = TimeSpan.zero
  /// The application's verdict; accepts everything at first.
  public var verdict: (Int, MessageHandle) -> Verdict = { _, _ in .accept }
  /// Whether a transmission from one node to another is lost on the link.
  public var loses: (Sent) -> Bool = { _ in false }
  /// Whether the sender's queue refuses an RPC; asked once an RPC, with its first part.
  public var refuses: (Sent) -> Bool = { _ in false }
  /// Nodes whose heartbeats do not come: they only react.
  public var silent: Set<Int> = []

  /// From a wish for a link to the link.
  public var dialing = TimeSpan.milliseconds(20)
  /// Whether a dial from one node to another succeeds.
  public var accepts: (Int, Int) -> Bool = { _, _ in true }
  /// Slots over which dials succeeded.
  public private(set) var dialed: Set<UInt32> = []
  /// With outbound queues: how long an RPC occupies its link, and links that send nothing.
  public var sendTime = TimeSpan.milliseconds(1)
  public var blocked: (Int, Int) -> Bool = { _, _ in false }
  public private(set) var outcomes: [QueueOutcome] = []
  private var sending: Set<UInt32> = []

  /// Everything sent since `record` was set.
  public var record = false
  public var sent: [Sent] = []
  private var rpcs = 0

  /// By message, by node: when the first copy came.
  private var firsts: [MessageHandle: [Int: Instant]] = [:]
  private var senders: [MessageHandle: [Int: Int]] = [:]

  public init(
    _ graph: LinkGraph, topics: [Topic] = [Topic(nameBytes: 20)], parameters: Parameters = Parameters(),
    seed: UInt64 = 1
  ) {
    self.graph = graph
    lives = Array(repeating: 0, count: graph.nodes)
    router = Router(
      parameters: parameters, topics: topics, offsets: graph.offsets, neighbors: graph.neighbors,
      outbound: graph.outbound, seed: seed)
  }

  // MARK: Doing

  /// Connects every link, joins `topic` at every node but those excepted, starts the heartbeats.
  /// Links in `dormant` (by the dialer's or listener's slot) stay closed until somebody dials them.
  public func start(
    joining topics: [TopicID] = [TopicID(0)], except: Set<Int> = [], dormant: Set<UInt32> = []
  ) {
    for slot in 0..<UInt32(graph.neighbors.count)
    where !dormant.contains(slot) && !dormant.contains(graph.reverse[Int(slot)]) { connect(slot) }
    for node in 0..<graph.nodes {
      if !except.contains(node) { for topic in topics { join(node, topic) } }
      startHeartbeat(node)
    }
  }

  public func startHeartbeat(_ node: Int) {
    guard !silent.contains(node) else { return }
    push(now + router.firstHeartbeat(NodeID(node)), .heartbeat(node: node, life: lives[node]))
  }

  public func connect(_ slot: UInt32) {
    _ = router.connected(slot: slot, at: now, outbox: &outbox)
    transmit()
  }

  /// Both ends lose the link.
  public func disconnect(_ slot: UInt32) {
    _ = router.disconnected(slot: slot, at: now)
    _ = router.disconnected(slot: graph.reverse[Int(slot)], at: now)
  }

  public func join(_ node: Int, _ topic: TopicID = TopicID(0)) {
    _ = router.join(NodeID(node), topic, at: now, outbox: &outbox)
    transmit()
  }

  public func leave(_ node: Int, _ topic: TopicID = TopicID(0)) {
    _ = router.leave(NodeID(node), topic, at: now, outbox: &outbox)
    transmit()
  }

  /// The node dies, and its neighbours notice at once.
  public func crash(_ node: Int) {
    lives[node] += 1
    _ = router.crash(NodeID(node))
    for slot in router.slots(of: NodeID(node)) {
      _ = router.disconnected(slot: graph.reverse[Int(slot)], at: now)
    }
  }

  /// The node comes back, is connected and joins.
  public func restart(_ node: Int, joining topics: [TopicID] = [TopicID(0)]) {
    _ = router.restart(NodeID(node))
    for slot in router.slots(of: NodeID(node)) {
      connect(slot)
      connect(graph.reverse[Int(slot)])
    }
    for topic in topics { join(node, topic) }
    startHeartbeat(node)
  }

  /// Registers a message; `origin` as the wire would tell it.
  public func register(_ topic: TopicID = TopicID(0), bytes: Int = 250, origin: Int? = nil) -> MessageHandle {
    let origin = origin.map { NodeID($0) } ?? MessageTable.unknownOrigin
    return router.messages.register(topic: topic, dataBytes: bytes, origin: origin, at: now)
  }

  @discardableResult
  public func publish(_ node: Int, _ topic: TopicID = TopicID(0), bytes: Int = 250) -> MessageHandle {
    let message = register(topic, bytes: bytes, origin: node)
    _ = publish(node, topic, message)
    return message
  }

  public func publish(_ node: Int, _ topic: TopicID, _ message: MessageHandle) -> PublishResult {
    let result = router.publish(NodeID(node), topic, message, at: now, outbox: &outbox)
    transmit(lane: .publish)
    return result
  }

  /// Something arrives at `node` from `peer` at once, whatever the peer's router thinks of it.
  public func inject(
    _ node: Int, from peer: Int, _ items: [(ControlItem, [MessageHandle])], peers: [Int] = []
  ) {
    guard let rpc = router.control.create() else { return }
    for (item, identifiers) in items {
      _ = router.control.append(item, to: rpc)
      for peer in peers { _ = router.control.append(peer: NodeID(peer), to: rpc) }
      for identifier in identifiers { _ = router.control.append(identifier, to: rpc) }
    }
    _ = router.receive(rpc, on: graph.slot(node, to: peer), at: now, outbox: &outbox)
    router.control.release(rpc)
    transmit()
  }

  public func inject(_ node: Int, from peer: Int, _ message: MessageHandle) -> Reception {
    deliver(message, graph.slot(node, to: peer))
  }

  /// One heartbeat out of turn.
  public func heartbeat(_ node: Int) {
    _ = router.heartbeat(NodeID(node), at: now, outbox: &outbox)
    transmit()
  }

  /// Moves the clock; everything due happens.
  public func run(_ span: TimeSpan) { run(until: now + span) }

  public func run(until end: Instant) {
    while let first = heap.first, first.at <= end {
      pop()
      now = first.at
      handle(first.event)
    }
    now = end
  }

  /// Runs on until no control is under way, at most `limit`; false when there always was some.
  public func rest(limit: TimeSpan = .seconds(5)) -> Bool {
    let end = now + limit
    while router.control.count > 0 {
      if now >= end { return false }
      run(.milliseconds(1))
    }
    return true
  }

  /// The router itself, for what this harness has no word for. What it puts into an outbox is sent.
  public func with<Result>(_ body: (inout Router, inout Outbox) -> Result) -> Result {
    let result = body(&router, &outbox)
    transmit()
    return result
  }

  // MARK: Looking

  public func score(_ node: Int, _ peer: Int) -> Double { router.score(slot: graph.slot(node, to: peer)) }
  public func explain(_ node: Int, _ peer: Int) -> ScoreExplanation? {
    router.explain(slot: graph.slot(node, to: peer))
  }
  public func isConnected(_ node: Int, _ peer: Int) -> Bool {
    router.isConnected(slot: graph.slot(node, to: peer))
  }
  public func connections(_ node: Int) -> Int {
    router.slots(of: NodeID(node)).count { router.isConnected(slot: $0) }
  }
  public var counters: Counters { router.counters }
  public var controlInFlight: Int { router.control.count }
  public func meshDegree(_ node: Int, _ topic: TopicID = TopicID(0)) -> Int {
    router.meshDegree(NodeID(node), topic)
  }
  public func mesh(_ node: Int, _ topic: TopicID = TopicID(0)) -> [Int] {
    router.mesh(NodeID(node), topic).map { router.neighbor($0).index }
  }
  public func fanout(_ node: Int, _ topic: TopicID = TopicID(0)) -> [Int] {
    router.fanout(NodeID(node), topic).map { router.neighbor($0).index }
  }
  public func backoffEnd(_ node: Int, _ peer: Int, _ topic: TopicID = TopicID(0)) -> Instant? {
    router.backoffEnd(slot: graph.slot(node, to: peer), topic)
  }
  public func phase(_ message: MessageHandle, _ node: Int) -> Phase {
    router.messages.phase(message, at: NodeID(node))
  }
  public func brokenPromises(_ node: Int, _ peer: Int) -> Int {
    router.brokenPromises(slot: graph.slot(node, to: peer))
  }
  public func isSubscribed(_ node: Int, _ peer: Int, _ topic: TopicID = TopicID(0)) -> Bool {
    router.isSubscribed(peerOn: graph.slot(node, to: peer), topic)
  }
  public func encodedSize(_ message: MessageHandle) -> Int { router.messages.encodedSize(of: message) }
  /// Nodes that got a first copy of the message.
  public func receivers(_ message: MessageHandle) -> Set<Int> { Set(firsts[message, default: [:]].keys) }
  public func firstCopy(_ message: MessageHandle, _ node: Int) -> Instant? { firsts[message]?[node] }

  public func firstSender(_ message: MessageHandle, _ node: Int) -> Int? { senders[message]?[node] }

  /// Links in one side's mesh and not in the other's, as (node, peer).
  public func oneSidedMeshLinks(_ topic: TopicID = TopicID(0)) -> [(Int, Int)] {
    (0..<graph.nodes).flatMap { node in
      mesh(node, topic).filter { !mesh($0, topic).contains(node) }.map { (node, $0) }
    }
  }

  // MARK: Events

  private func handle(_ event: Event) {
    switch event {
    case .arrival(let slot, let payload):
      if payload.isControl {
        _ = router.receive(payload.control, on: slot, at: now, outbox: &outbox)
        router.control.release(payload.control)
        transmit()
      } else {
        _ = deliver(payload.message, slot)
      }
    case .heartbeat(let node, let life):
      guard lives[node] == life else { return }
      if case .beaten(let next) = router.heartbeat(NodeID(node), at: now, outbox: &outbox) {
        push(next, .heartbeat(node: node, life: life))
      }
      transmit()
    case .dialed(let slot):
      let other = graph.reverse[Int(slot)]
      guard accepts(router.owner(of: slot).index, router.owner(of: other).index) else {
        router.dialFailed(slot: slot)
        return
      }
      dialed.insert(slot)
      router.setOutbound(slot: other, false)
      connect(slot)
      connect(other)
    case .sendNext(let slot):
      sending.remove(slot)
      sendNext(slot)
    case .verdict(let node, let message, let slot):
      _ = router.settle(
        NodeID(node), message, from: slot, verdict: verdict(node, message), at: now, outbox: &outbox)
      transmit(lane: .forward)
    }
  }

  private func deliver(_ message: MessageHandle, _ slot: UInt32) -> Reception {
    let reception = router.receive(message, on: slot, at: now, outbox: &outbox)
    transmit(lane: .gossip)
    if reception == .fresh {
      let node = router.owner(of: slot).index
      firsts[message, default: [:]][node] = now
      senders[message, default: [:]][node] = router.neighbor(slot).index
      if validation == .zero {
        handle(.verdict(node: node, message, slot: slot))
      } else {
        push(now + validation, .verdict(node: node, message, slot: slot))
      }
    }
    return reception
  }

  /// Puts the outbox on the links, or into the queues when the parameters name some.
  private func transmit(lane: Lane = .gossip) {
    for k in 0..<outbox.dials.count { push(now + dialing, .dialed(slot: outbox.dials[k])) }
    for k in 0..<outbox.hangups.count { disconnect(outbox.hangups[k]) }
    if router.parameters.queue != nil {
      let slots = Set((0..<outbox.count).map { outbox[$0].slot }).sorted()
      let outcome = router.enqueue(&outbox, as: lane, at: now)
      outcomes.append(outcome)
      for k in 0..<outbox.hangups.count { disconnect(outbox.hangups[k]) }
      outbox.removeAll()
      for slot in slots { sendNext(slot) }
      return
    }
    for k in 0..<outbox.count { send(outbox[k]) }
    outbox.removeAll()
  }

  /// Takes the next RPC off the link's queue when the link is free.
  private func sendNext(_ slot: UInt32) {
    guard !sending.contains(slot), !blocked(router.owner(of: slot).index, router.neighbor(slot).index),
      let transmission = router.dequeue(slot: slot, at: now)
    else { return }
    sending.insert(slot)
    push(now + sendTime, .sendNext(slot: slot))
    send(transmission)
  }

  /// Lets links send again after `blocked` changed.
  public func unblock() { for slot in 0..<UInt32(graph.neighbors.count) { sendNext(slot) } }

  private func send(_ transmission: Transmission) {
    do {
      rpcs += 1
      let parts = parts(transmission)
      if parts.first.map(refuses) ?? false {
        router.dropped(transmission)
        return
      }
      if record { sent += parts }
      if parts.contains(where: loses) {
        if transmission.payload.isControl { router.control.release(transmission.payload.control) }
        return
      }
      push(
        now + latency,
        .arrival(slot: graph.reverse[Int(transmission.slot)], transmission.payload))
    }
  }

  private func parts(_ transmission: Transmission) -> [Sent] {
    let from = router.owner(of: transmission.slot).index
    let to = router.neighbor(transmission.slot).index
    func part(_ part: Sent.Part) -> Sent { Sent(at: now, from: from, to: to, part: part, rpc: rpcs) }
    guard transmission.payload.isControl else { return [part(.message(transmission.payload.message))] }
    var parts: [Sent] = []
    var cursor = router.control.firstItem(transmission.payload.control)
    while let index = cursor {
      var identifiers: [MessageHandle] = []
      var ids = router.control.identifiers(of: index)
      while let id = router.control.next(&ids) { identifiers.append(id) }
      var peers: [NodeID] = []
      var named = router.control.peers(of: index)
      while let peer = router.control.next(&named) { peers.append(peer) }
      parts.append(part(.control(router.control.item(index), identifiers: identifiers, peers: peers)))
      cursor = router.control.item(after: index)
    }
    return parts
  }

  // MARK: The queue

  private func push(_ at: Instant, _ event: Event) {
    sequence += 1
    heap.append((at, sequence, event))
    var k = heap.count - 1
    while k > 0, isBefore(k, (k - 1) / 2) {
      heap.swapAt(k, (k - 1) / 2)
      k = (k - 1) / 2
    }
  }

  private func pop() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var k = 0
    while true {
      var least = k
      for child in [2 * k + 1, 2 * k + 2] where child < heap.count && isBefore(child, least) { least = child }
      if least == k { return }
      heap.swapAt(k, least)
      k = least
    }
  }

  private func isBefore(_ a: Int, _ b: Int) -> Bool {
    heap[a].at < heap[b].at || heap[a].at == heap[b].at && heap[a].sequence < heap[b].sequence
  }
}
