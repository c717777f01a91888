// Asking the processor for memory before it is needed, for a driver that knows its next inputs. Reading only; a wrong guess
// costs nothing but time.
//
// A simulation of 10,000 nodes waits for memory more than it computes: without this a copy costs twice as much
// (`avsim bench gossip`).

internal import Basics
internal import CMemory

extension Router {
  /// First: what every copy reads, the link's end and the line that says what the node has seen.
  @inline(__always)
  public func prefetch(copyOf message: MessageHandle, on slot: UInt32, at node: Int) {
    unsafe avsim_prefetch(state.ends.unsafeBase + Int(slot))
    unsafe avsim_prefetch(state.messages.lines.unsafeBase + state.messages.place(message, node))
  }

  /// Some events later, when that has arrived: what accepting and forwarding takes if the copy will be the first, or the
  /// message's record if it may count as near-first. Returns whether it will be the first.
  @inline(__always)
  public func prefetch(handling message: MessageHandle, on slot: UInt32, at node: Int) -> Bool {
    let place = state.messages.place(message, node)
    let bit = MessageTable.bit(message)
    if (state.messages.lines[place] | state.messages.lines[place &+ 1]) & bit == 0 {
      guard state.messages.isLive(message) else { return false }
      state.prefetchAcceptance(message, slot, node)
      if state.scores.isOn {
        let held = state.messages.lines[place &+ 3]
        if held != 0, LineWindow.isOpen(held, RouterState.units(latest)) { state.prefetchRecord(node) }
      }
      return true
    }
    if state.scores.isOn, state.messages.lines[place &+ 2] & bit != 0 {
      if !LineWindow.isOf(message, state.messages.lines[place &+ 3]) { state.prefetchRecord(node) }
    }
    return false
  }

  /// Some events before a heartbeat: the books that it decays.
  @inline(__always)
  public func prefetch(heartbeatOf node: Int) {
    if state.scores.isOn { state.prefetchBooks(node) }
  }
}

// Inlined all: to borrow the state for a plain method, the compiler may copy it.
extension RouterState {
  @inline(__always)
  fileprivate func prefetchAcceptance(_ message: MessageHandle, _ slot: UInt32, _ node: Int) {
    let topic = messages.fact(message).topic
    let cell = cell(node, topic)
    let first = Int(offsets[node])
    let window = cell &* windows
    unsafe avsim_prefetch(nodes.unsafeBase + node)
    unsafe avsim_prefetch(windowHeads.unsafeBase + window)
    unsafe avsim_prefetch(mesh.unsafeBase + wordBase(node, topic))
    unsafe avsim_prefetch(peers.unsafeBase + first)
    unsafe avsim_prefetch(peers.unsafeBase + (first &+ 16))
    guard scores.isOn else { return }
    let row = scores.rows[cell]
    guard row != Self.none else { return }
    let place = Int(row) &+ (Int(slot) &- first)
    unsafe avsim_prefetch(scores.credits.unsafeBase + place)
  }

  /// The record of a node that never outgrew its first eight places lies by the node's number.
  @inline(__always)
  fileprivate func prefetchRecord(_ node: Int) {
    unsafe avsim_prefetch(scores.nodes.unsafeBase + node)
    unsafe avsim_prefetch(scores.records.unsafeBase + (node &* 8))
  }

  /// The rows of the first topics; a node of many has its next ones in the processor's own foresight.
  @inline(__always)
  fileprivate func prefetchBooks(_ node: Int) {
    unsafe avsim_prefetch(scores.nodes.unsafeBase + node)
    let count = min(64, Int(offsets[node &+ 1] &- offsets[node]))
    for k in 0..<min(topicCount, 2) {
      let row = scores.rows[node &* topicCount &+ k]
      guard row != Self.none else { continue }
      var place = Int(row)
      let end = place &+ count
      while place < end {
        unsafe avsim_prefetch(scores.credits.unsafeBase + place)
        unsafe avsim_prefetch(scores.books.unsafeBase + place)
        unsafe avsim_prefetch(scores.books.unsafeBase + (place &+ 4))
        place &+= 8
      }
    }
  }
}
