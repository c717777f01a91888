// GossipSub's router without I/O, v1.0 to v1.3: the face of this module. One router holds a whole *population* of nodes; the
// simulator hosts all of them in one, a cluster process its own. One input goes in, all its effects are in the outbox when
// the call returns. No clock, no randomness but the seed's: what a node does depends on the seed and on its own
// inputs, not on the rest of the population.
//
// An RPC carries one message or control, never both, and one message at most. Signed peer records of peer exchange count
// as bytes and are not looked into. go's peer gater is not here.

public import Basics

/// GossipSub routers of a population of nodes.
///
/// Links are given as CSR: node u owns slots `offsets[u] ..< offsets[u + 1]`, slot k leads to `neighbors[k]`. Neighbours and
/// message origins share one id space; a process that hosts part of a network gives the others empty slot ranges.
/// Both ends of a link own a slot each; the driver names the receiver's own slot with each arrival.
///
/// Instants never decrease. Node, slot and topic arguments that come from the driver must exist (a trap); what comes from
/// a peer may be anything (counted).
public struct Router: ~Copyable {
  private var box: Box<RouterState>
  /// Instant of the latest input.
  var latest = Instant.zero

  /// - Parameters:
  ///   - parameters: free of `violations`.
  ///   - topics: by `TopicID`.
  ///   - offsets: first slot of each node, and the number of slots at the end.
  ///   - neighbors: by slot, the node at the other end.
  ///   - outbound: by slot, whether the owner dialed the link (D_out counts these).
  ///   - indexesContents: whether messages are met as bytes and found by `ContentID`; costs 40 bytes a message.
  public init(
    parameters: Parameters = Parameters(), topics: [Topic], offsets: [UInt32], neighbors: [NodeID],
    outbound: [Bool], seed: UInt64, indexesContents: Bool = false
  ) {
    box = Box(
      RouterState(
        parameters: parameters, topics: topics, offsets: offsets, neighbors: neighbors, outbound: outbound,
        seed: seed, indexesContents: indexesContents))
  }

  var state: RouterState {
    @inline(__always) _read { yield box.value }
    @inline(__always) _modify { yield &box.value }
  }

  @inline(__always) mutating func advance(to instant: Instant) {
    assert(instant >= latest, "time runs backward: \(instant) after \(latest)")
    latest = instant
  }

  // MARK: State of others' business

  /// The messages of the population: register here before `publish` or `receive`.
  public var messages: MessageTable {
    _read { yield state.messages }
    _modify { yield &state.messages }
  }

  /// The control RPCs in flight: read, build, retain and release here.
  public var control: ControlStore {
    _read { yield state.control }
    _modify { yield &state.control }
  }

  /// Whether the handle names a message that was not recycled.
  public func isLive(_ message: MessageHandle) -> Bool { state.messages.isLive(message) }

  /// What the node did with a live message.
  public func phase(_ message: MessageHandle, at node: NodeID) -> Phase {
    state.messages.phase(message, at: node)
  }

  /// Exact size of what travels, protobuf bytes without the frame's length prefix.
  public func encodedSize(_ payload: Payload) -> Int {
    payload.isControl
      ? state.control.encodedSize(payload.control) : state.messages.encodedSize(of: payload.message)
  }

  /// One more holder of what travels (a link that duplicates); data needs none.
  public mutating func retain(_ payload: Payload) {
    if payload.isControl { state.control.retain(payload.control) }
  }

  /// One holder less: delivered, or lost on the link. Data needs no release.
  public mutating func release(_ payload: Payload) {
    if payload.isControl { state.control.release(payload.control) }
  }

  public var parameters: Parameters { state.parameters }

  public var counters: Counters {
    var counters = state.counters
    counters.seenEvicted = state.messages.evicted
    return counters
  }

  // MARK: Links

  /// The link is up in both directions. Effects: the node's subscriptions to the peer.
  public mutating func connected(slot: UInt32, at instant: Instant, outbox: inout Outbox)
    -> MembershipResult
  {
    advance(to: instant)
    return state.connected(slot, at: instant, &outbox)
  }

  /// The link is down. The peer leaves mesh, fanout and topic; backoffs stay, and so do the books of a peer with a score of
  /// zero or less, for the retention time. Without an instant it is that of the latest input.
  public mutating func disconnected(slot: UInt32, at instant: Instant? = nil) -> MembershipResult {
    if let instant { advance(to: instant) }
    return state.disconnected(slot, at: latest)
  }

  /// Says once more over `slot` what its node subscribes to, after the network lost that: a transport of streams would have
  /// repeated it.
  public mutating func announceAgain(slot: UInt32, at instant: Instant, outbox: inout Outbox)
    -> MembershipResult
  {
    advance(to: instant)
    return state.announceAgain(slot, &outbox)
  }

  /// A dial that `Outbox.dials` asked for did not succeed.
  public mutating func dialFailed(slot: UInt32) { state.endDial(slot, state.owner(slot)) }

  /// Whether the slot's owner dialed the link. The router sets it for dials it asks for; the driver clears the other end.
  public mutating func setOutbound(slot: UInt32, _ isOutbound: Bool) {
    let local = state.local(slot)
    let place = state.maskPlace(state.owner(slot), local)
    if isOutbound {
      state.masks[place].outbound |= RouterState.bit(local)
    } else {
      state.masks[place].outbound &= ~RouterState.bit(local)
    }
  }

  /// A direct peer (v1.1 *Explicit peering agreements*): gets every message, is always heard, never in the mesh, never
  /// gossiped to, and dialed again when it is away. Both sides must be told.
  public mutating func setDirect(slot: UInt32, _ isDirect: Bool) {
    state.setDirect(slot, isDirect, at: latest)
  }

  /// The owner hears nothing from a blacklisted peer, and holds nothing against it.
  public mutating func setBlacklisted(slot: UInt32, _ isBlacklisted: Bool) {
    if isBlacklisted {
      state.links[slot].flags.insert(.blacklisted)
    } else {
      state.links[slot].flags.remove(.blacklisted)
    }
    state.setDeafness(slot)
  }

  // MARK: Nodes that differ

  /// The node speaks another version than the parameters say; takes effect on links connected later.
  public mutating func setVersion(_ node: NodeID, _ version: ProtocolVersion) {
    state.nodes[node.index].version = version
  }

  /// The node has another signing policy than the parameters say. What it publishes shows of its author what the driver says
  /// at `MessageTable.register`.
  public mutating func setSigning(_ node: NodeID, _ policy: SigningPolicy) {
    state.nodes[node.index].signing = policy
  }

  /// The node's signing policy.
  public func signing(of node: NodeID) -> SigningPolicy { state.nodes[node.index].signing }

  /// The node wants other mesh degrees than the parameters say, in every topic.
  public mutating func setDegrees(_ node: NodeID, _ degrees: MeshDegrees) {
    var place = 0
    while place * state.topicCount < state.degrees.count {
      var isSame = true
      for k in 0..<state.topicCount where state.degrees[place * state.topicCount + k] != degrees {
        isSame = false
      }
      if isSame { break }
      place += 1
    }
    if place * state.topicCount == state.degrees.count {
      state.degrees.append(repeating: degrees, count: state.topicCount)
    }
    precondition(place <= Int(UInt16.max), "too many different degrees")
    state.nodes[node.index].degreeClass = UInt16(place)
  }

  /// The node's subscription filter: it neither joins a topic that is not allowed nor notes who does.
  public mutating func setFilter(_ node: NodeID, _ topic: TopicID, isAllowed: Bool) {
    if state.filtered.count == 0 {
      state.filtered.append(repeating: false, count: state.nodeCount * state.topicCount)
    }
    state.filtered[state.cell(node.index, topic)] = !isAllowed
  }

  // MARK: Topics

  /// JOIN. Effects: GRAFT to D peers, the subscription to all.
  public mutating func join(_ node: NodeID, _ topic: TopicID, at instant: Instant, outbox: inout Outbox)
    -> MembershipResult
  {
    advance(to: instant)
    return state.join(topic, node.index, at: instant, &outbox)
  }

  /// LEAVE. Effects: PRUNE with the unsubscribe backoff to the mesh, the end of the subscription to all.
  public mutating func leave(_ node: NodeID, _ topic: TopicID, at instant: Instant, outbox: inout Outbox)
    -> MembershipResult
  {
    advance(to: instant)
    return state.leave(topic, node.index, at: instant, &outbox)
  }

  // MARK: Messages

  /// Publishes a registered message of this node. Effects: copies to all topic peers (flood publish), or to the mesh, or to
  /// a fanout when the topic is not joined.
  public mutating func publish(
    _ node: NodeID, _ topic: TopicID, _ message: MessageHandle, at instant: Instant, outbox: inout Outbox
  ) -> PublishResult {
    advance(to: instant)
    return state.publish(message, topic, node.index, at: instant, &outbox)
  }

  /// A copy arrived. `.fresh` asks the application for a verdict: one `settle`, now or later. Effects: IDONTWANT to the mesh
  /// for a large fresh message.
  public mutating func receive(
    _ message: MessageHandle, on slot: UInt32, at instant: Instant, outbox: inout Outbox
  ) -> Reception {
    advance(to: instant)
    return state.receive(message, on: slot, at: instant, &outbox)
  }

  /// The verdict on a fresh message that came over `slot`. Effects when accepted: copies to the mesh but the peers known
  /// to have it.
  public mutating func settle(
    _ node: NodeID, _ message: MessageHandle, from slot: UInt32, verdict: Verdict, at instant: Instant,
    outbox: inout Outbox
  ) -> Settlement {
    advance(to: instant)
    return state.settle(message, node.index, from: slot, verdict, at: instant, &outbox)
  }

  // MARK: Control

  /// A control RPC arrived. Effects: one RPC in answer, and messages the peer asked for. The RPC stays the caller's to
  /// release.
  public mutating func receive(
    _ rpc: ControlHandle, on slot: UInt32, at instant: Instant, outbox: inout Outbox
  ) -> ControlReception {
    advance(to: instant)
    return state.receive(rpc, on: slot, at: instant, &outbox)
  }

  /// The driver could not send this (its queue was full, the link broke). Takes the transmission's reference; GRAFT,
  /// PRUNE and subscriptions go out with the next RPC to that peer if they are still true.
  public mutating func dropped(_ transmission: Transmission) {
    state.dropped(transmission)
    if state.isConnected(transmission.slot) { state.blameSlow(transmission.slot, 1, at: latest) }
  }

  /// A codec or driver found something malformed or unknown in what the peer sent.
  public mutating func countInvalid() { state.counters.invalid += 1 }

  /// Begins an RPC from a peer's bytes; see `ControlStore.append` for the items. Nil, counted, when the store is full.
  public mutating func createControl() -> ControlHandle? {
    guard let rpc = state.control.create() else {
      state.counters.controlFull += 1
      return nil
    }
    return rpc
  }

  /// Adds an item a peer sent. False, counted: a topic the router does not know, more items than an RPC may have, or a full
  /// store. IHAVE and IWANT begin without ids.
  public mutating func append(_ item: ControlItem, to rpc: ControlHandle) -> Bool {
    let topic = item.topic ?? TopicID(0)
    guard topic.index < state.topicCount, state.control.itemCount(rpc) < 4 * state.topicCount + 16 else {
      state.counters.invalid += 1
      return false
    }
    guard state.control.append(item, to: rpc) else {
      state.counters.controlFull += 1
      return false
    }
    return true
  }

  /// Names a peer in the RPC's last item, a PRUNE. False, counted: more peers than are named at once anywhere, or a full
  /// store.
  public mutating func append(peer: NodeID, to rpc: ControlHandle) -> Bool {
    guard state.control.append(peer: peer, to: rpc) else {
      state.counters.controlFull += 1
      return false
    }
    return true
  }

  /// Adds an id a peer sent to the RPC's last item, an IHAVE, IWANT or IDONTWANT. False, counted: more ids than an RPC may have; an
  /// IWANT for something never heard of; an IHAVE or IDONTWANT when there is no place for more unknown ids. Requires the
  /// content index.
  public mutating func append(_ content: ContentID, to rpc: ControlHandle, at instant: Instant) -> Bool {
    advance(to: instant)
    guard let (kind, topic, count) = state.control.lastIdentifiers(rpc) else {
      state.counters.invalid += 1
      return false
    }
    guard count < state.parameters.ihaveIdentifiersMaximum else {
      state.counters.ihaveIdentifiersOverLimit += 1
      return false
    }
    let handle: MessageHandle
    if kind == .iwant {
      guard let known = state.messages.handle(of: content) else {
        state.counters.iwantUnknown += 1
        return false
      }
      handle = known
    } else {
      guard let known = state.messages.announce(content, topic: topic, at: instant) else {
        state.counters.placeholdersRefused += 1
        return false
      }
      handle = known
    }
    guard state.control.append(handle, to: rpc) else {
      state.counters.controlFull += 1
      return false
    }
    return true
  }

  // MARK: Time

  /// From a node's start (or restart) to its first heartbeat.
  public func firstHeartbeat(_ node: NodeID) -> TimeSpan { state.firstHeartbeat(node.index) }

  /// One heartbeat; the owner schedules it. Effects: one RPC a peer with GRAFT, PRUNE and IHAVE.
  public mutating func heartbeat(_ node: NodeID, at instant: Instant, outbox: inout Outbox) -> HeartbeatResult
  {
    advance(to: instant)
    return state.heartbeat(node.index, at: instant, &outbox)
  }

  /// The node loses all it knew: links, topics, mesh, backoffs, caches, what it has seen. The driver tells its neighbours
  /// (`disconnected` of their slots) when they notice. Cost: one line a live segment of messages.
  public mutating func crash(_ node: NodeID) -> MembershipResult { state.crash(node.index, at: latest) }

  /// The node is up again, as new: the driver connects its links and joins its topics.
  public mutating func restart(_ node: NodeID) -> MembershipResult { state.restart(node.index) }
}

// MARK: - Looking in

extension Router {
  /// Memory held, bytes: the nodes' own state; messages and who has seen them; control RPCs in flight.
  public var storageBytes: (state: Int, messages: Int, control: Int) {
    (state.stateBytes, state.messages.storageBytes, state.control.storageBytes)
  }

  public var nodeCount: Int { state.nodeCount }
  public var topicCount: Int { state.topicCount }

  /// The node's own slots.
  public func slots(of node: NodeID) -> Range<UInt32> { state.slots(node.index) }
  /// Whose slot it is, and where it leads.
  public func owner(of slot: UInt32) -> NodeID { NodeID(state.owner(slot)) }
  public func neighbor(_ slot: UInt32) -> NodeID { NodeID(state.peers[slot]) }

  public func isUp(_ node: NodeID) -> Bool { state.nodes[node.index].isUp }
  public func isConnected(slot: UInt32) -> Bool { state.isConnected(slot) }
  public func hasJoined(_ node: NodeID, _ topic: TopicID) -> Bool {
    state.standing[state.cell(node.index, topic)] == .joined
  }

  /// Slots in the node's mesh for a joined topic, in order; empty for others.
  public func mesh(_ node: NodeID, _ topic: TopicID) -> [UInt32] { peers(node, topic, .joined) }
  /// Slots in the node's fanout for a topic it published to without joining; empty for others.
  public func fanout(_ node: NodeID, _ topic: TopicID) -> [UInt32] { peers(node, topic, .fanout) }

  private func peers(_ node: NodeID, _ topic: TopicID, _ standing: Standing) -> [UInt32] {
    guard state.standing[state.cell(node.index, topic)] == standing else { return [] }
    let base = state.wordBase(node.index, topic)
    return slots(of: node).filter { state.contains(state.mesh, base, state.local($0)) }
  }

  /// Size of the node's mesh for a joined topic; zero for others.
  public func meshDegree(_ node: NodeID, _ topic: TopicID) -> Int {
    guard hasJoined(node, topic) else { return 0 }
    return state.count(state.mesh, state.wordBase(node.index, topic), state.wordCount(node.index))
  }

  /// Whether the peer on `slot` told the slot's owner that it subscribes to the topic.
  public func isSubscribed(peerOn slot: UInt32, _ topic: TopicID) -> Bool {
    let node = state.owner(slot)
    return state.contains(state.announced, state.wordBase(node, topic), state.local(slot))
  }

  /// When the backoff of the peer on `slot` ends, by its owner's books; nil when there is none.
  public func backoffEnd(slot: UInt32, _ topic: TopicID) -> Instant? {
    let node = state.owner(slot)
    return state.backoffEnd(state.cell(node, topic), state.wordBase(node, topic), state.local(slot))
  }

  /// How many promises the peer on `slot` broke to its owner.
  public func brokenPromises(slot: UInt32) -> Int { Int(state.links[slot].broken) }
}
