// The queue of RPCs between a node and each of its links, with the bounds and habits of `QueuePolicy`. The driver puts an
// outbox into it (`Router.enqueue`) and takes an RPC for a link when the link is free (`Router.dequeue`). A driver that
// models its links otherwise does not use it.
//
// One slab of entries for all links; a link has up to four lists. Bounds hold per link.

internal import Basics

/// What became of an outbox that was queued.
@frozen public struct QueueOutcome: Sendable, Hashable {
  public var queued = 0
  /// Found no room. GRAFT, PRUNE and subscriptions among them ride with a later RPC.
  public var refused = 0
  /// Whether there was something to send and no queue took any of it (rust: *AllQueuesFull*).
  public var allRefused: Bool { queued == 0 && refused > 0 }
  /// Whether the publisher of the message learns of it: no queue took it, and the policy is not silent (go is).
  public var isPublishError = false
  public init(queued: Int = 0, refused: Int = 0, isPublishError: Bool = false) {
    self.queued = queued
    self.refused = refused
    self.isPublishError = isPublishError
  }
}

/// Drops on a link between two heartbeats (rust's *SlowPeer* event).
@frozen public struct SlowPeer: Sendable, Hashable, BitwiseCopyable {
  public var slot: UInt32
  public var drops: UInt32
  @inlinable public init(slot: UInt32, drops: UInt32) {
    self.slot = slot
    self.drops = drops
  }
}

struct OutboundQueues: ~Copyable {
  struct Entry: BitwiseCopyable {
    var payload: Payload
    var lane: Lane
    var expires: UInt64
    var next: UInt32
  }

  struct List: BitwiseCopyable {
    var head = OutboundQueues.none
    var tail = OutboundQueues.none
  }

  struct Link: BitwiseCopyable {
    var control: UInt32 = 0
    var others: UInt32 = 0
    /// Dropped or expired since the last heartbeat.
    var drops: UInt32 = 0
  }

  static let none = UInt32.max
  static let lists = 4

  let policy: QueuePolicy
  let isOn: Bool
  private var entries = Table<Entry>()
  private var free = none
  private var queues: Table<List>
  var links: Table<Link>
  var slowPeers = Table<SlowPeer>()

  init(_ policy: QueuePolicy?, slots: Int) {
    isOn = policy != nil
    self.policy = policy ?? QueuePolicy()
    queues = Table(repeating: List(), count: isOn ? slots * Self.lists : 0)
    links = Table(repeating: Link(), count: isOn ? slots : 0)
  }

  var storageBytes: Int {
    isOn ? entries.storageBytes + queues.storageBytes + links.storageBytes : 0
  }

  func list(_ lane: Lane, isUrgent: Bool) -> Int {
    switch policy.order {
    case .arrival: isUrgent ? 0 : 1
    case .controlFirst: lane == .control ? 0 : 1
    case .byLane: Int(lane.rawValue)
    }
  }

  /// Whether a link has room for one more RPC of the lane.
  func hasRoom(_ slot: UInt32, _ lane: Lane) -> Bool {
    let link = links[slot]
    if policy.sharesRoom { return Int(link.control) + Int(link.others) < policy.limit }
    return lane == .control ? Int(link.control) < policy.controlLimit : Int(link.others) < policy.limit
  }

  mutating func append(
    _ payload: Payload, _ lane: Lane, isUrgent: Bool, to slot: UInt32, expires: UInt64
  ) {
    let entry = Entry(payload: payload, lane: lane, expires: expires, next: Self.none)
    var index = free
    if index != Self.none {
      free = entries[index].next
      entries[index] = entry
    } else {
      index = UInt32(entries.count)
      entries.append(entry)
    }
    let place = Int(slot) * Self.lists + list(lane, isUrgent: isUrgent)
    if queues[place].tail == Self.none {
      queues[place].head = index
    } else {
      entries[queues[place].tail].next = index
    }
    queues[place].tail = index
    if lane == .control { links[slot].control += 1 } else { links[slot].others += 1 }
  }

  /// The first RPC of the first list that has one.
  mutating func popFirst(_ slot: UInt32) -> Entry? {
    for list in 0..<Self.lists {
      let place = Int(slot) * Self.lists + list
      let index = queues[place].head
      guard index != Self.none else { continue }
      let entry = entries[index]
      queues[place].head = entry.next
      if entry.next == Self.none { queues[place].tail = Self.none }
      release(index, entry.lane, slot)
      return entry
    }
    return nil
  }

  /// Takes a message off the queue of a link, wherever it waits; how many copies there were.
  mutating func remove(_ message: MessageHandle, from slot: UInt32) -> Int {
    var removed = 0
    for list in 0..<Self.lists {
      let place = Int(slot) * Self.lists + list
      var previous = Self.none
      var index = queues[place].head
      while index != Self.none {
        let entry = entries[index]
        if !entry.payload.isControl, entry.payload.message == message {
          if previous == Self.none {
            queues[place].head = entry.next
          } else {
            entries[previous].next = entry.next
          }
          if entry.next == Self.none { queues[place].tail = previous }
          release(index, entry.lane, slot)
          removed += 1
        } else {
          previous = index
        }
        index = entry.next
      }
    }
    return removed
  }

  private mutating func release(_ index: UInt32, _ lane: Lane, _ slot: UInt32) {
    entries[index].next = free
    free = index
    if lane == .control { links[slot].control -= 1 } else { links[slot].others -= 1 }
  }
}

extension RouterState {
  /// Moves the outbox into the queues. `lane` is that of its messages; control RPCs know theirs.
  mutating func enqueue(_ outbox: inout Outbox, _ lane: Lane, at instant: Instant) -> QueueOutcome {
    var outcome = QueueOutcome()
    let life: TimeSpan? =
      switch lane {
      case .publish: queues.policy.publishLife
      case .forward: queues.policy.forwardLife
      case .control, .gossip: nil
      }
    for k in 0..<outbox.count {
      let transmission = outbox[k]
      let slot = transmission.slot
      var own = lane
      var isUrgent = false
      if transmission.payload.isControl { (own, isUrgent) = kindOfControl(transmission.payload.control) }
      guard isConnected(slot) else {
        dropped(transmission)
        continue
      }
      if queues.hasRoom(slot, own) {
        let expires =
          transmission.payload.isControl ? UInt64.max : life.map { (instant + $0).nanoseconds } ?? .max
        queues.append(transmission.payload, own, isUrgent: isUrgent, to: slot, expires: expires)
        outcome.queued += 1
        continue
      }
      outcome.refused += 1
      counters.queueDropped += 1
      queues.links[slot].drops += 1
      if own == .control, queues.policy.disconnectsOnControlOverflow {
        outbox.hangups.append(slot)
      }
      dropped(transmission)
      blameSlow(slot, 1, at: instant)
    }
    outbox.transmissions.removeAll()
    outcome.isPublishError = lane == .publish && outcome.allRefused && queues.policy.reportsFullQueues
    return outcome
  }

  /// The lane of a control RPC, and whether it is urgent: gossip when it holds nothing but IHAVE and IWANT, urgent when it
  /// holds an IDONTWANT.
  private func kindOfControl(_ rpc: ControlHandle) -> (Lane, Bool) {
    var lane = Lane.gossip
    var isUrgent = false
    var cursor = control.firstItem(rpc)
    while let index = cursor {
      let kind = control.rawItem(index).kind
      if kind != .ihave, kind != .iwant { lane = .control }
      if kind == .idontwant { isUrgent = true }
      cursor = control.item(after: index)
    }
    return (lane, isUrgent)
  }

  /// The next RPC for a link that is free; what waited too long is given up on the way.
  mutating func dequeue(_ slot: UInt32, at instant: Instant) -> Transmission? {
    while let entry = queues.popFirst(slot) {
      if entry.expires <= instant.nanoseconds {
        counters.queueExpired += 1
        queues.links[slot].drops += 1
        counters.dataDropped += 1
        blameSlow(slot, 1, at: instant)
        continue
      }
      return Transmission(slot: slot, payload: entry.payload)
    }
    return nil
  }

  /// The driver or a full queue could not take this. Takes the transmission's reference.
  mutating func dropped(_ transmission: Transmission) {
    guard transmission.payload.isControl else {
      counters.dataDropped += 1
      return
    }
    counters.controlDropped += 1
    let rpc = transmission.payload.control
    if isConnected(transmission.slot) { park(rpc, transmission.slot) }
    control.release(rpc)
  }

  /// The peer declined the message: copies that wait for it go, where the policy says so.
  mutating func removeQueued(_ message: MessageHandle, _ slot: UInt32) {
    guard queues.policy.removesUnwanted else { return }
    counters.queueUnwanted += UInt64(queues.remove(message, from: slot))
  }

  /// The link is gone, and all that waited for it.
  mutating func forgetQueue(_ slot: UInt32) {
    while let entry = queues.popFirst(slot) {
      if entry.payload.isControl { control.release(entry.payload.control) }
    }
    queues.links[slot].drops = 0
  }

  /// Once a heartbeat: which links dropped something since the last one.
  mutating func reportSlow(_ node: Int) {
    for slot in slots(node) where queues.links[slot].drops > 0 {
      if queues.policy.blamesSlowPeers, queues.slowPeers.count < queues.links.count {
        queues.slowPeers.append(SlowPeer(slot: slot, drops: queues.links[slot].drops))
      }
      queues.links[slot].drops = 0
    }
  }
}
