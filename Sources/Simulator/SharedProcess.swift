// The process that hosts all nodes, as a resource. The cluster engine has such a process for real, and where links are
// fast its time is most of what one measures; here its event loop is modelled, so that the engines can be compared there.
//
// A loop goes in passes. At the beginning of a pass it learns what has happened: which alarms rang, which sockets hold
// something. It serves the timers that are due, takes what lies in its sockets, connection by connection, and writes the
// frames that were due at the beginning, connection by connection. What falls due meanwhile waits for the next pass.
// Frames of one connection share a system call, so a busy loop is cheaper by the frame. With nothing to do it sleeps, and
// needs a while to wake up.

import Basics
import Network

/// One event loop that carries frames between the nodes it hosts.
struct SharedProcess: ~Copyable {
  /// A frame on its way, by its receiver's slot and what it holds, or a node's timer, by the node's slot.
  struct Item: BitwiseCopyable {
    var slot: UInt32
    var payload: UInt32
  }

  private let costs: ProcessCosts
  /// Slots below are links' ends.
  private let links: Int
  /// What has fallen due since the last pass began.
  private var due: [Item] = []
  /// What the last pass wrote.
  private var written: [Item] = []
  private var arriving: [Item] = []
  /// By slot: the call that last touched the connection.
  private var touched: Table<UInt32>
  private var call: UInt32 = 0
  private var isAwake = false

  init(_ costs: ProcessCosts, links: Int) {
    self.costs = costs
    self.links = links
    touched = Table(repeating: 0, count: links)
  }

  /// A frame or a timer falls due. Returns when the next pass begins, when that is news: the loop slept.
  mutating func fallsDue(_ item: Item, at now: Instant) -> Instant? {
    due.append(item)
    guard !isAwake else { return nil }
    isAwake = true
    return now + costs.wake
  }

  /// A pass: tells each timer and each frame that was read, and the instant at which its node has it. Returns when the
  /// next pass begins; nil: the loop sleeps.
  mutating func pass(at now: Instant, _ serve: (Item, Instant) -> Void) -> Instant? {
    guard !due.isEmpty || !written.isEmpty else {
      isAwake = false
      return nil
    }
    var clock = now + costs.pass
    swap(&arriving, &written)
    for item in due where item.slot >= links {
      clock = clock + costs.frame
      serve(item, clock)
    }
    call += 1
    for item in arriving {
      clock = clock + cost(of: item, perCall: costs.read)
      serve(item, clock)
    }
    call += 1
    for item in due where item.slot < links {
      clock = clock + cost(of: item, perCall: costs.write)
      written.append(item)
    }
    due.removeAll(keepingCapacity: true)
    arriving.removeAll(keepingCapacity: true)
    return clock
  }

  private mutating func cost(of item: Item, perCall: TimeSpan) -> TimeSpan {
    let slot = Int(item.slot)
    if touched[slot] == call { return costs.frame }
    touched[slot] = call
    return perCall + costs.frame
  }
}
