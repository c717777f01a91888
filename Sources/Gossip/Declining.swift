// IDONTWANT (GossipSub v1.2): a node tells its mesh what large message it has, before it validates it, and does not send to
// a peer what the peer has declined. Declined messages are forgotten after a few heartbeats.

internal import Basics

extension RouterState {
  // MARK: Out

  /// Tells the mesh peers that understand it, but not the sender, that copies of the message are not wanted: one shared
  /// RPC. They hear it before anything that is forwarded later.
  mutating func declineCopies(
    _ message: MessageHandle, _ topic: TopicID, _ node: Int, from sender: UInt32?, at instant: Instant,
    _ outbox: inout Outbox
  ) {
    guard nodes[node].version >= .v1_2, standing[cell(node, topic)] == .joined else { return }
    let base = wordBase(node, topic)
    let own = Int(wordOffsets[node])
    var shared: ControlHandle?
    let bytes = WireSize.iwant(identifiers: 1, identifierBytes: parameters.identity.byteCount)
    for k in 0..<wordCount(node) {
      var bits = mesh[base &+ k] & masks[own &+ k].understands12
      if partials.isOn { bits &= ~partials.wishes(base &+ k) }
      while bits != 0 {
        let slot =
          offsets[node] &+ UInt32(truncatingIfNeeded: k &<< 6 &+ bits.trailingZeroBitCount)
        bits &= bits &- 1
        // Whoever declined it has it.
        if slot == sender || isUnwanted(message, slot) { continue }
        if let rpc = shared {
          control.retain(rpc)
        } else {
          guard let rpc = control.create() else {
            counters.controlFull += 1
            return
          }
          guard control.append(.idontwant(identifiers: 1), to: rpc), control.append(message, to: rpc) else {
            control.release(rpc)
            counters.controlFull += 1
            return
          }
          shared = rpc
        }
        counters.idontwant += 1
        counters.idontwantIdentifiers += 1
        counters.gossipBytes += UInt64(bytes)
        emit(shared!, slot, &outbox)
      }
    }
  }

  // MARK: In

  /// A peer declined messages. At most so many parts a heartbeat, and so many ids of each.
  mutating func declined(_ item: ControlStore.Item, _ slot: UInt32, _ node: Int) {
    guard nodes[node].version >= .v1_2 else { return }
    startCounts(slot, node)
    guard Int(links[slot].idontwants) < parameters.idontwantMessagesMaximum else {
      counters.idontwantOverLimit += 1
      return
    }
    links[slot].idontwants += 1
    var left = parameters.idontwantIdentifiersMaximum
    var cursor = control.cursor(ofBlock: item.value)
    while let message = control.next(&cursor) {
      guard left > 0 else {
        counters.idontwantOverLimit += 1
        break
      }
      left -= 1
      guard messages.isLive(message) else { continue }
      noteUnwanted(message, slot, node)
      if queues.isOn { removeQueued(message, slot) }
    }
  }

  private func unwantedKey(_ message: MessageHandle, _ slot: UInt32) -> UInt64 {
    UInt64(slot) &<< 32 | UInt64(message.rawValue)
  }

  func isUnwanted(_ message: MessageHandle, _ slot: UInt32) -> Bool {
    unwantedIndex.count > 0 && unwantedIndex[unwantedKey(message, slot)] != nil
  }

  private mutating func noteUnwanted(_ message: MessageHandle, _ slot: UInt32, _ node: Int) {
    let key = unwantedKey(message, slot)
    if let index = unwantedIndex[key] {
      unwanted[index].tick = nodes[node].tick
      return
    }
    let entry = Unwanted(message: message, slot: slot, tick: nodes[node].tick, next: nodes[node].unwanted)
    var index = freeUnwanted
    if index != Self.none {
      freeUnwanted = unwanted[index].next
      unwanted[index] = entry
    } else {
      index = UInt32(unwanted.count)
      unwanted.append(entry)
    }
    nodes[node].unwanted = index
    unwantedIndex.set(key, index)
  }

  /// Adds the peers that declined the message to `excluded`, which holds for one cell.
  mutating func excludeUnwanting(_ message: MessageHandle, _ base: Int, _ node: Int) {
    for k in 0..<wordCount(node) {
      var bits = (mesh[base &+ k] | announced[base &+ k]) & ~excluded[k]
      while bits != 0 {
        let local = UInt32(truncatingIfNeeded: k &<< 6 &+ bits.trailingZeroBitCount)
        bits &= bits &- 1
        if isUnwanted(message, offsets[node] &+ local) {
          excluded[k] |= Self.bit(local)
          if contains(mesh, base, local) { counters.idontwantSpared += 1 }
        }
      }
    }
  }

  /// Forgets what was declined too many heartbeats ago.
  mutating func expireUnwanted(_ node: Int) {
    let life = UInt32(parameters.idontwantLifeHeartbeats)
    var previous = Self.none
    var index = nodes[node].unwanted
    while index != Self.none {
      let entry = unwanted[index]
      if nodes[node].tick &- entry.tick >= life {
        if previous == Self.none {
          nodes[node].unwanted = entry.next
        } else {
          unwanted[previous].next = entry.next
        }
        release(entry, at: index)
      } else {
        previous = index
      }
      index = entry.next
    }
  }

  mutating func forgetUnwanted(_ node: Int) {
    var index = nodes[node].unwanted
    while index != Self.none {
      let entry = unwanted[index]
      release(entry, at: index)
      index = entry.next
    }
    nodes[node].unwanted = Self.none
  }

  private mutating func release(_ entry: Unwanted, at index: UInt32) {
    _ = unwantedIndex.remove(unwantedKey(entry.message, entry.slot))
    unwanted[index].next = freeUnwanted
    freeUnwanted = index
  }
}
