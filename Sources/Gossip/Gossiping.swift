// The message cache and what is told of it (GossipSub v1.0 *Gossip propagation*, v1.1 *Adaptive gossip dissemination*):
// windows of accepted messages, IHAVE at the heartbeat, and promises kept or broken.
//
// A window belongs to one (node, topic) and heartbeat. The ids of an IHAVE are gathered once and shared by all its
// receivers, unless there are more than one IHAVE may hold: then each receiver gets a random part of its own.

internal import Basics

extension RouterState {
  /// Where the window of a cell for the heartbeat `age` beats ago begins its list.
  @inline(__always) func window(_ cell: Int, _ node: Int, age: Int) -> Int {
    let tick = Int(truncatingIfNeeded: nodes[node].tick)
    return cell &* windows &+ (tick &+ windows &- age) % windows
  }

  /// Puts an accepted message into the youngest window; false when the cache is full. The caller sets the phase.
  mutating func keep(_ message: MessageHandle, _ cell: Int, _ node: Int) -> Bool {
    if cache.insert(message, into: &windowHeads[window(cell, node, age: 0)]) != .full { return true }
    counters.cacheFull += 1
    return false
  }

  /// A new window opens, the oldest is forgotten. Called at the end of the heartbeat; it counts the heartbeat.
  mutating func shiftCache(_ node: Int) {
    nodes[node].tick &+= 1
    for topic in 0..<topicCount {
      forgetWindow(window(node &* topicCount &+ topic, node, age: 0), node)
    }
  }

  private mutating func forgetWindow(_ window: Int, _ node: Int) {
    let head = windowHeads[window]
    guard head != HandleSets.none else { return }
    var index = head
    while index != HandleSets.none {
      let entry = cache[index]
      messages.uncache(entry.mask, word: entry.word, at: node)
      index = entry.next
    }
    cache.release(head)
    windowHeads[window] = HandleSets.none
  }

  /// Forgets all windows of a cell.
  mutating func forgetCache(_ cell: Int, _ node: Int) {
    for age in 0..<windows { forgetWindow(window(cell, node, age: age), node) }
  }

  // MARK: IHAVE

  /// The windows whose messages are announced, in heartbeats ago.
  private var announcedAges: Range<Int> {
    let first = parameters.gossipDelayWindows
    return first..<first &+ parameters.gossipWindows
  }

  /// Tells random topic peers outside the mesh or fanout what came in during the last windows.
  mutating func emitGossip(_ node: Int, _ topic: TopicID, _ outbox: inout Outbox) {
    let cell = cell(node, topic)
    var hasAny = false
    for age in announcedAges
    where windowHeads[window(cell, node, age: age)] != HandleSets.none {
      hasAny = true
    }
    guard hasAny else { return }

    collectCandidates(node, wordBase(node, topic), for: .gossip)
    if partials.isOn { dropPartialScratch(topic, node) }
    let share = Int(parameters.gossipFactor * Double(scratch.count))
    let target = min(scratch.count, max(parameters.degreeLazy, share))
    guard target > 0 else { return }
    guard let block = gatherIdentifiers(cell, node) else { return }
    var random = RandomStream(
      seed: gossipChoice.bits(UInt64(node), UInt64(topic.rawValue), UInt64(nodes[node].tick)))
    choose(target, &random)
    let most = parameters.ihaveIdentifiersMaximum
    for k in 0..<target {
      let slot = offsets[node] + scratch[k]
      if control.identifierCount(ofBlock: block) > most {
        guard let part = control.sample(most, ofBlock: block, &random) else {
          counters.controlFull += 1
          continue
        }
        add(.ihave, topic, block: part, to: slot, &outbox)
        control.release(block: part)
      } else {
        add(.ihave, topic, block: block, to: slot, &outbox)
      }
    }
    control.release(block: block)
  }

  /// The live ids of a cell's gossip windows as a block with one holder; nil when there are none.
  private mutating func gatherIdentifiers(_ cell: Int, _ node: Int) -> UInt32? {
    guard let block = control.createBlock() else {
      counters.controlFull += 1
      return nil
    }
    for age in announcedAges {
      var index = windowHeads[window(cell, node, age: age)]
      while index != HandleSets.none {
        let entry = cache[index]
        if messages.isLive(word: entry.word) {
          if !control.add(mask: entry.mask, word: entry.word, toBlock: block) { counters.controlFull += 1 }
        }
        index = entry.next
      }
    }
    guard control.identifierCount(ofBlock: block) > 0 else {
      control.release(block: block)
      return nil
    }
    return block
  }

  // MARK: Promises

  /// Remembers that the peer on `slot` owes `message`; one promise a peer and message.
  mutating func promise(_ message: MessageHandle, from slot: UInt32, at instant: Instant) {
    let key = UInt64(slot) << 32 | UInt64(message.rawValue)
    guard owed[key] == nil else { return }
    owed.set(key, 1)
    let node = owner(slot)
    var index = Self.none
    counters.promises += 1
    let expires = instant + parameters.promiseLife
    let entry = Promise(
      expires: expires.nanoseconds, message: message, slot: slot, next: nodes[node].promises)
    if freePromise != Self.none {
      index = freePromise
      freePromise = promises[index].next
      promises[index] = entry
    } else {
      index = UInt32(promises.count)
      promises.append(entry)
    }
    nodes[node].promises = index
  }

  /// Strikes promises that were kept (the message came, from whomever) and counts those that were broken.
  mutating func settlePromises(_ node: Int, at instant: Instant) {
    var previous = Self.none
    var index = nodes[node].promises
    while index != Self.none {
      let promise = promises[index]
      let isOpen =
        isConnected(promise.slot) && messages.isLive(promise.message)
        && messages.phase(promise.message, at: NodeID(node)) == .unseen
      if isOpen, promise.expires > instant.nanoseconds {
        previous = index
      } else {
        if isOpen {
          counters.promisesBroken += 1
          let broken = links[promise.slot].broken
          if broken < .max { links[promise.slot].broken = broken + 1 }
          penalise(promise.slot, by: 1, .brokenPromise, at: instant)
        }
        if previous == Self.none {
          nodes[node].promises = promise.next
        } else {
          promises[previous].next = promise.next
        }
        release(promise, at: index)
      }
      index = promise.next
    }
  }

  /// Nobody is held to a message that the application had no room to look at.
  mutating func forgetPromises(of message: MessageHandle, _ node: Int) {
    var previous = Self.none
    var index = nodes[node].promises
    while index != Self.none {
      let promise = promises[index]
      if promise.message == message {
        if previous == Self.none {
          nodes[node].promises = promise.next
        } else {
          promises[previous].next = promise.next
        }
        release(promise, at: index)
      } else {
        previous = index
      }
      index = promise.next
    }
  }

  mutating func forgetPromises(_ node: Int) {
    var index = nodes[node].promises
    while index != Self.none {
      let promise = promises[index]
      release(promise, at: index)
      index = promise.next
    }
    nodes[node].promises = Self.none
  }

  private mutating func release(_ promise: Promise, at index: UInt32) {
    _ = owed.remove(UInt64(promise.slot) << 32 | UInt64(promise.message.rawValue))
    promises[index].next = freePromise
    freePromise = index
  }
}
