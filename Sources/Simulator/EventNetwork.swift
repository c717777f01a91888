// What a handler may do: send over a link, and schedule an event for itself or another.

public import Basics
public import Network

/// The queue and the links of one simulation.
public struct EventNetwork: ~Copyable {
  public var links: LinkTable
  public var queue: EventQueue
  /// The instant of the event that is being handled, or the limit of the last run.
  public var now: Instant { Instant(nanoseconds: queue.floor) }

  /// Slots 0 ..< links.slots are links; `inputs` further ones are the population's own.
  public init(links: consuming LinkTable, inputs: Int, bucketBits: Int = 20) {
    queue = EventQueue(slots: links.slots + inputs, bucketBits: bucketBits)
    self.links = links
  }

  /// Sends `payload` over `slot` at the present instant. It arrives as an event of the receiver's slot. When the network
  /// drops it, the result says why and nothing arrives. `key` names the message for random draws, `bytes` is its size.
  @inline(__always) @discardableResult
  public mutating func send(slot: Int, payload: UInt32, key: UInt64, bytes: Int, at now: Instant) -> Fate {
    assert(now >= self.now, "sent at \(now), before \(self.now)")
    let fate = links.transmit(slot: slot, key: key, bytes: bytes, at: now)
    if case .delivered(let arrival) = fate {
      queue.push(
        Event(time: arrival, slot: UInt32(truncatingIfNeeded: links.reverse(slot)), payload: payload))
    }
    return fate
  }

  /// Sends `payload` over every slot of `row`, a node's slots, but `excepted`, as `send` does. What the network drops is
  /// only counted by the link table.
  @inline(__always)
  public mutating func sendToOthers(
    of row: Range<Int>, except excepted: Int, payload: UInt32, key: UInt64, bytes: Int, at now: Instant
  ) {
    assert(row.contains(excepted))
    let inlet = queue.inlet(for: payload)
    // From the excepted slot on, around the row: no test for it.
    var slot = excepted
    var fast = row.upperBound &- row.lowerBound &- 1
    for _ in 0..<fast {
      slot &+= 1
      if slot == row.upperBound { slot = row.lowerBound }
      let (latency, receiver) = links.fastRow(slot)
      // A slot that is not plain has a latency beyond the wheel, so that one test finds both.
      let event = Event(
        time: Instant(nanoseconds: now.nanoseconds &+ latency), slot: receiver, payload: payload)
      if _slowPath(!inlet.put(event)) {
        fast &-= 1
        sendAlone(slot: slot, payload: payload, key: key, bytes: bytes, at: now)
      }
    }
    links.count(sent: fast)
  }

  @inline(never) private mutating func sendAlone(
    slot: Int, payload: UInt32, key: UInt64, bytes: Int, at now: Instant
  ) {
    send(slot: slot, payload: payload, key: key, bytes: bytes, at: now)
  }

  /// Schedules an event. Traps when `time` lies before the present instant.
  @inline(__always) public mutating func schedule(at time: Instant, slot: Int, payload: UInt32) {
    precondition(time >= now, "scheduled for the past")
    queue.push(Event(time: time, slot: UInt32(slot), payload: payload))
  }
}
