// What a router of good will never sends: control parts against the rules, in an RPC of their own over one link. For adversaries,
// whose routers are otherwise like all others. The parts travel, are counted and are answered like any; what holds
// against them is the receiver's business (v1.1 *Spam protection measures*: limits of a heartbeat, promises, backoffs).

public import Basics

extension Router {
  /// Announces a live `message` to the peer on `slot`, had or not. Whoever does not deliver it breaks a promise (P7).
  public mutating func announce(
    _ message: MessageHandle, _ topic: TopicID, over slot: UInt32, at instant: Instant,
    outbox: inout Outbox
  ) {
    advance(to: instant)
    state.misuse(.ihave, topic, [message], over: slot, &outbox)
  }

  /// Asks the peer on `slot` for these messages, had or not. Those that are not live any more are left out.
  public mutating func request(
    _ messages: [MessageHandle], over slot: UInt32, at instant: Instant, outbox: inout Outbox
  ) {
    advance(to: instant)
    state.misuse(.iwant, TopicID(0), messages, over: slot, &outbox)
  }

  /// Leaves the mesh of the peer on `slot` and asks to be in it again, in one RPC: inside the backoff, whatever was before. The own
  /// mesh loses the peer.
  public mutating func regraft(
    _ topic: TopicID, over slot: UInt32, at instant: Instant, outbox: inout Outbox
  ) {
    advance(to: instant)
    state.regraft(topic, over: slot, at: instant, &outbox)
  }

  /// From now on the node wants every mesh that there is: at each heartbeat it GRAFTs all peers whose backoff allows it, prunes
  /// nobody, and takes whoever GRAFTs it.
  public mutating func setGreedy(_ node: NodeID) {
    if state.greedy.count == 0 { state.greedy.append(repeating: false, count: state.nodeCount) }
    state.greedy[node.index] = true
  }
}

extension RouterState {
  func isGreedy(_ node: Int) -> Bool { greedy.count > 0 && greedy[node] }

  fileprivate mutating func misuse(
    _ kind: ControlStore.Kind, _ topic: TopicID, _ handles: [MessageHandle], over slot: UInt32,
    _ outbox: inout Outbox
  ) {
    guard isConnected(slot), let block = control.createBlock() else { return }
    for handle in handles where messages.isLive(handle) {
      if !control.insert(handle, into: block) { counters.controlFull += 1 }
    }
    add(kind, topic, block: block, to: slot, &outbox)
    control.release(block: block)
    flush(&outbox)
  }

  fileprivate mutating func regraft(
    _ topic: TopicID, over slot: UInt32, at instant: Instant, _ outbox: inout Outbox
  ) {
    let node = owner(slot)
    guard isConnected(slot), standing[cell(node, topic)] == .joined else { return }
    let local = local(slot)
    let base = wordBase(node, topic)
    if contains(mesh, base, local) { leftMesh(node, topic, local, at: instant) }
    mesh[base + Int(local >> 6)] &= ~Self.bit(local)
    add(.prune, topic, to: slot, &outbox)
    add(.graft, topic, to: slot, &outbox)
    flush(&outbox)
  }
}
