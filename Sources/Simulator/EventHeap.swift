// A 4-ary heap of events: for the few that the wheel cannot hold (far timers, events of the bucket that is being
// drained). Children of k are 4k + 1 ... 4k + 4.

import Basics

/// Smallest event first.
struct EventHeap: ~Copyable {
  private var events = Table<Event>()

  var isEmpty: Bool { @inline(__always) get { events.count == 0 } }
  var count: Int { events.count }

  /// The smallest event. Requires one.
  var top: Event { @inline(__always) get { events[0] } }

  @inline(never) mutating func push(_ event: Event) {
    var k = events.count
    events.append(event)
    while k > 0 {
      let parent = (k &- 1) &>> 2
      if !(event < events[parent]) { break }
      events[k] = events[parent]
      k = parent
    }
    events[k] = event
  }

  @inline(never) mutating func pop() -> Event {
    precondition(events.count > 0, "the heap is empty")
    let top = events[0]
    let last = events[events.count &- 1]
    let count = events.count &- 1
    events.truncate(to: count)
    if count == 0 { return top }
    var k = 0
    while true {
      let first = k &* 4 &+ 1
      if first >= count { break }
      var least = first
      for child in (first &+ 1)..<max(first &+ 1, min(first &+ 4, count)) where events[child] < events[least]
      {
        least = child
      }
      if !(events[least] < last) { break }
      events[k] = events[least]
      k = least
    }
    events[k] = last
    return top
  }
}
