// Outbound queues and partial messages, from outside.

public import Basics

// MARK: - Queues

extension Router {
  /// Moves an outbox into the outbound queues of `Parameters.queue`, which must be set; `lane` is that of its messages:
  /// `publish` after `publish`, `forward` after `settle`, `gossip` after control. Dials and hang-ups stay.
  public mutating func enqueue(_ outbox: inout Outbox, as lane: Lane, at instant: Instant) -> QueueOutcome {
    precondition(state.queues.isOn, "parameters name no outbound queue")
    advance(to: instant)
    return state.enqueue(&outbox, lane, at: instant)
  }

  /// The lane of an outbox that one input filled: `publish` when its first message is the sender's own, else `forward`.
  public func lane(of outbox: borrowing Outbox) -> Lane {
    for k in 0..<outbox.count where !outbox[k].payload.isControl {
      let origin = state.messages.fact(outbox[k].payload.message).origin
      return origin.rawValue == UInt32(state.owner(outbox[k].slot)) ? .publish : .forward
    }
    return .forward
  }

  /// The next RPC for the link, when it is free; nil when nothing waits.
  public mutating func dequeue(slot: UInt32, at instant: Instant) -> Transmission? {
    advance(to: instant)
    return state.queues.isOn ? state.dequeue(slot, at: instant) : nil
  }

  /// RPCs that wait for the link.
  public func queueLength(slot: UInt32) -> Int {
    guard state.queues.isOn else { return 0 }
    return Int(state.queues.links[slot].control) + Int(state.queues.links[slot].others)
  }

  /// Links that dropped something in the heartbeats since `forgetSlowPeers` (rust's *SlowPeer* event).
  public var slowPeers: [SlowPeer] { state.queues.slowPeers.elements }
  public mutating func forgetSlowPeers() { state.queues.slowPeers.removeAll() }
}

// MARK: - Partial messages

extension Router {
  /// Whether the node asks for parts instead of messages on the topic; said in its subscription, so before `join`. Needs
  /// `ExtensionSet.partialMessages` on both sides.
  public mutating func setPartial(_ node: NodeID, _ topic: TopicID, _ asks: Bool) {
    state.setPartial(node.index, topic, asks)
  }

  /// The node has these parts of a group now. Effects: what it has, and the parts they lack, to mesh peers that asked for
  /// parts. False, counted, when the node holds too many groups or nobody asked for parts.
  public mutating func publishPartial(
    _ node: NodeID, _ topic: TopicID, group: UInt64, parts: UInt64, partBytes: Int, at instant: Instant,
    outbox: inout Outbox
  ) -> Bool {
    advance(to: instant)
    return state.publishPartial(node.index, topic, group, parts, partBytes: UInt32(partBytes), &outbox)
  }

  /// The parts that the node has of a group; zero when it knows nothing of it.
  public func parts(_ node: NodeID, _ topic: TopicID, group: UInt64) -> UInt64 {
    guard let index = state.partials.find(node.index, topic, group) else { return 0 }
    return state.partials.groups[index].held
  }
}
