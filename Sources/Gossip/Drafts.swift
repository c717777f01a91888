// Control RPCs being put together: during one input, everything for one peer goes into one RPC (piggybacking), until it
// would exceed the RPC limit. Whatever a full queue refused earlier and is still true rides along.

internal import Basics

extension RouterState {
  /// Room kept for the ControlMessage's tag and length.
  private static let envelopeBytes = 6

  /// The RPC for `slot` with room for `bytes` more; nil when the store is full (counted).
  private mutating func draft(for slot: UInt32, room bytes: Int, _ outbox: inout Outbox) -> ControlHandle? {
    let local = local(slot)
    if drafts[local] != Self.none {
      let draft = ControlHandle(rawValue: drafts[local])
      if control.encodedSize(draft) + bytes + Self.envelopeBytes <= parameters.rpcBytesMaximum {
        return draft
      }
      emit(draft, slot, &outbox)
      drafts[local] = Self.none
    } else {
      drafted.append(slot)
    }
    guard let draft = control.create() else {
      counters.controlFull += 1
      return nil
    }
    drafts[local] = draft.rawValue
    return draft
  }

  /// Adds an item without ids to the RPC for `slot`; false, counted, when the store is full.
  @discardableResult
  mutating func add(
    _ kind: ControlStore.Kind, _ topic: TopicID, value: UInt32 = 0, to slot: UInt32, _ outbox: inout Outbox
  ) -> Bool {
    let bytes = control.size(kind, topic, value: value, identifiers: 0)
    // A PRUNE may name peers after it was added: room for them is kept.
    let peers =
      kind == .prune && parameters.peerExchange
      ? parameters.prunePeers * WireSize.peerInfo(recordBytes: parameters.peerRecordBytes) + 4 : 0
    guard let draft = draft(for: slot, room: bytes + peers, &outbox) else { return false }
    guard control.add(kind, topic, value: value, to: draft) else {
      counters.controlFull += 1
      return false
    }
    count(kind, bytes: bytes, identifiers: 0)
    return true
  }

  /// The RPC being put together for a local slot, if there is one.
  func draft(_ local: UInt32) -> ControlHandle? {
    drafts[local] == Self.none ? nil : ControlHandle(rawValue: drafts[local])
  }

  /// Adds parts of a partial message to the RPC for `slot`.
  mutating func add(_ topic: TopicID, _ parts: PartialParts, to slot: UInt32, _ outbox: inout Outbox) {
    let bytes = WireSize.partial(
      topicNameBytes: control.nameBytes(topic),
      partsBytes: parts.carried.nonzeroBitCount * Int(parts.partBytes))
    guard let draft = draft(for: slot, room: bytes, &outbox) else { return }
    guard control.add(topic, parts, to: draft) else {
      counters.controlFull += 1
      return
    }
    count(.partial, bytes: bytes, identifiers: 0)
  }

  /// Adds IHAVE or IWANT with the ids of `block` to the RPC for `slot`, over several RPCs when one is too small.
  mutating func add(
    _ kind: ControlStore.Kind, _ topic: TopicID, block: UInt32, to slot: UInt32, _ outbox: inout Outbox
  ) {
    let identifiers = control.identifierCount(ofBlock: block)
    guard identifiers > 0 else { return }
    let bytes = control.size(kind, topic, value: 0, identifiers: identifiers)
    if bytes + Self.envelopeBytes <= parameters.rpcBytesMaximum {
      guard let draft = draft(for: slot, room: bytes, &outbox) else { return }
      guard control.add(kind, topic, value: block, to: draft) else {
        counters.controlFull += 1
        return
      }
      count(kind, bytes: bytes, identifiers: identifiers)
      return
    }
    let overhead = control.size(kind, topic, value: 0, identifiers: 0) + 2 * Self.envelopeBytes
    let most = (parameters.rpcBytesMaximum - overhead) / control.identifierSize
    guard most > 0 else {
      counters.controlFull += 1
      return
    }
    var cursor = control.cursor(ofBlock: block)
    var left = identifiers
    while left > 0 {
      guard let part = control.createBlock() else {
        counters.controlFull += 1
        return
      }
      for _ in 0..<min(most, left) {
        guard let handle = control.next(&cursor) else { break }
        if !control.insert(handle, into: part) { counters.controlFull += 1 }
      }
      left -= most
      add(kind, topic, block: part, to: slot, &outbox)
      control.release(block: part)
    }
  }

  private mutating func count(_ kind: ControlStore.Kind, bytes: Int, identifiers: Int) {
    let bytes = UInt64(bytes)
    switch kind {
    case .subscribe, .unsubscribe:
      counters.subscriptions += 1
      counters.subscriptionBytes += bytes
    case .graft:
      counters.graft += 1
      counters.meshBytes += bytes
    case .prune:
      counters.prune += 1
      counters.meshBytes += bytes
    case .ihave:
      counters.ihave += 1
      counters.ihaveIdentifiers += UInt64(identifiers)
      counters.gossipBytes += bytes
    case .iwant:
      counters.iwant += 1
      counters.iwantIdentifiers += UInt64(identifiers)
      counters.gossipBytes += bytes
    case .idontwant:
      counters.idontwant += 1
      counters.idontwantIdentifiers += UInt64(identifiers)
      counters.gossipBytes += bytes
    case .extensions:
      counters.extensions += 1
    case .partial:
      counters.partials += 1
      counters.dataBytes += bytes
    }
  }

  /// Puts an RPC into the outbox; the outbox takes over the caller's reference.
  mutating func emit(_ rpc: ControlHandle, _ slot: UInt32, _ outbox: inout Outbox) {
    counters.controlSent += 1
    counters.controlBytes += UInt64(control.encodedSize(rpc))
    outbox.append(slot: slot, Payload(rpc))
  }

  /// Sends what was put together, in the order in which the peers were first addressed.
  mutating func flush(_ outbox: inout Outbox) {
    var k = 0
    while k < drafted.count {
      let slot = drafted[k]
      if parked[slot] != Self.none { unpark(slot, &outbox) }
      let local = local(slot)
      if drafts[local] != Self.none {
        emit(ControlHandle(rawValue: drafts[local]), slot, &outbox)
        drafts[local] = Self.none
      }
      k += 1
    }
    drafted.removeAll()
  }

  /// Announces one subscription change to every connected peer that has no draft: one shared RPC.
  mutating func announce(_ topic: TopicID, subscribes: Bool, _ node: Int, _ outbox: inout Outbox) {
    let kind: ControlStore.Kind = subscribes ? .subscribe : .unsubscribe
    var shared: ControlHandle?
    let value = subscribes ? partials.wants(cell(node, topic)) : 0
    let bytes = control.size(kind, topic, value: value, identifiers: 0)
    for slot in slots(node) where isConnected(slot) {
      if drafts[local(slot)] != Self.none {
        add(kind, topic, value: value, to: slot, &outbox)
        continue
      }
      if let rpc = shared {
        control.retain(rpc)
      } else {
        guard let rpc = control.create() else {
          counters.controlFull += 1
          continue
        }
        guard control.add(kind, topic, value: value, to: rpc) else {
          control.release(rpc)
          counters.controlFull += 1
          continue
        }
        shared = rpc
      }
      count(kind, bytes: bytes, identifiers: 0)
      emit(shared!, slot, &outbox)
    }
  }

  // MARK: Refused by a full queue

  /// Keeps what of a refused RPC must not get lost: subscriptions, GRAFT and PRUNE. IHAVE and IWANT are never retried.
  mutating func park(_ rpc: ControlHandle, _ slot: UInt32) {
    var cursor = control.firstItem(rpc)
    while let index = cursor {
      let item = control.rawItem(index)
      switch item.kind {
      case .subscribe, .unsubscribe, .graft, .prune:
        if parked[slot] == Self.none {
          guard let keeper = control.create() else {
            counters.controlFull += 1
            return
          }
          parked[slot] = keeper.rawValue
          nodes[owner(slot)].parked += 1
        }
        let keeper = ControlHandle(rawValue: parked[slot])
        if control.itemCount(keeper) >= 4 * topicCount {
          counters.controlFull += 1
        } else if !control.add(item.kind, item.topic, value: item.value, to: keeper) {
          counters.controlFull += 1
        }
      case .ihave, .iwant, .idontwant, .extensions, .partial: break
      }
      cursor = control.item(after: index)
    }
  }

  /// Adds the parked parts that are still true to the RPC for `slot`.
  mutating func unpark(_ slot: UInt32, _ outbox: inout Outbox) {
    let keeper = ControlHandle(rawValue: parked[slot])
    discardParked(slot, releasing: false)
    let node = owner(slot)
    let local = local(slot)
    var cursor = control.firstItem(keeper)
    while let index = cursor {
      let item = control.rawItem(index)
      let joined = standing[cell(node, item.topic)] == .joined
      let inMesh = joined && contains(mesh, wordBase(node, item.topic), local)
      let holds =
        switch item.kind {
        case .subscribe: joined
        case .unsubscribe: !joined
        case .graft: inMesh
        default: !inMesh
        }
      if holds {
        counters.controlRetried += 1
        add(item.kind, item.topic, value: item.value, to: slot, &outbox)
      } else {
        counters.controlRetiredUnsent += 1
      }
      cursor = control.item(after: index)
    }
    control.release(keeper)
  }

  mutating func discardParked(_ slot: UInt32, releasing: Bool) {
    guard parked[slot] != Self.none else { return }
    if releasing { control.release(ControlHandle(rawValue: parked[slot])) }
    parked[slot] = Self.none
    nodes[owner(slot)].parked -= 1
  }
}
