// The loop: take the next event, let the population handle it, put in what it sends. One thread, virtual time, total
// order. Specialised for its population by the compiler: there is no closure, class, existential or reference count in
// the loop.
//
// Seam for threads: `run(until:)` drains whole buckets; with windows of `LinkTable.lookahead`, ranges of nodes can be
// drained side by side, and the digest adds up by windows already.

public import Basics
import Network

/// All nodes of a simulation, in one value. It gives slots and payloads their meaning.
public protocol Population: ~Copyable {
  /// Handles one event: changes its own state, and sends and schedules through `network`.
  mutating func handle(_ event: Event, _ network: inout EventNetwork)

  /// How many events ahead `prefetch` is called; zero: never. Worth it when the state leaves the second-level cache.
  var prefetchDistance: Int { get }

  /// May ask the processor for the memory that `event` will need. No effect otherwise.
  func prefetch(_ event: Event, _ network: borrowing EventNetwork)

  /// The same once more, half as many events ahead: what `prefetch` asked for can be read by now.
  func prefetchMore(_ event: Event, _ network: borrowing EventNetwork)
}

extension Population where Self: ~Copyable {
  public var prefetchDistance: Int { 0 }
  @inline(__always) public func prefetch(_ event: Event, _ network: borrowing EventNetwork) {}
  @inline(__always) public func prefetchMore(_ event: Event, _ network: borrowing EventNetwork) {}
}

/// One simulation.
public struct Engine<P: Population & ~Copyable>: ~Copyable {
  public var population: P
  public var network: EventNetwork
  /// Events handled so far.
  public private(set) var events: UInt64 = 0
  /// Fingerprint of every event handled so far.
  public private(set) var digest = TraceDigest()

  public init(_ population: consuming P, _ network: consuming EventNetwork) {
    self.population = population
    self.network = network
  }

  /// The instant of the last event, or the limit of the last run.
  public var now: Instant { network.now }

  /// Whether nothing is pending.
  public var isIdle: Bool { network.queue.isEmpty }

  /// Handles every event that lies before `limit`, in order. Afterwards the present instant is `limit`; with
  /// `Instant.never` it is that of the last event. Nothing lies at or after `limit` that was handled, so what a driver
  /// puts in at `limit` comes before the events of that instant that sort after it.
  public mutating func run(until limit: Instant) {
    let prefetching = population.prefetchDistance
    repeat {
      let open = network.queue.openCount(before: limit.nanoseconds)
      let end = max(network.queue.taken, open)
      drain(to: end, before: limit, prefetching: prefetching)
      if network.queue.taken < network.queue.count || network.queue.othersTime < .max { break }
    } while network.queue.open(before: limit.nanoseconds)
    if limit != .never {
      network.queue.floor = max(network.queue.floor, limit.nanoseconds)
    }
  }

  /// Handles the first `end` keys of the open bucket, and what else comes before `limit` among and after them.
  @inline(__always)
  private mutating func drain(to end: Int, before limit: Instant, prefetching: Int) {
    // The open bucket does not change while it is drained, so its keys and their layout stay in registers.
    let keys = unsafe network.queue.keys
    let layout = network.queue.layout
    var taken = network.queue.taken
    var unrecorded = taken
    var terms: UInt64 = 0
    let ahead = prefetching > 0 ? end - prefetching : 0
    let window = network.queue.openWindow
    while true {
      var event = Event(time: limit, slot: 0, payload: 0)
      if _fastPath(taken < end) { event = unsafe layout.unpack(keys[taken]) }
      if _fastPath(
        taken < end
          && (event.time.nanoseconds < network.queue.othersTime || !network.queue.othersPrecede(event)))
      {
        if taken < ahead {
          unsafe population.prefetch(layout.unpack(keys[taken &+ prefetching]), network)
          unsafe population.prefetchMore(layout.unpack(keys[taken &+ prefetching / 2]), network)
        }
        taken &+= 1
        network.queue.taken = taken
        terms &+= TraceDigest.term(event)
      } else {
        if network.queue.othersTime >= limit.nanoseconds { break }
        event = network.queue.takeOther()
        if event.time.nanoseconds >> TraceDigest.windowBits == window {
          unrecorded &-= 1
          terms &+= TraceDigest.term(event)
        } else {
          record(terms, count: taken - unrecorded, window: window)
          terms = 0
          unrecorded = taken
          record(TraceDigest.term(event), count: 1, window: event.time.nanoseconds >> TraceDigest.windowBits)
        }
      }
      network.queue.floor = event.time.nanoseconds
      population.handle(event, &network)
    }
    record(terms, count: taken - unrecorded, window: window)
  }

  /// Puts `count` events of one window on record.
  private mutating func record(_ terms: UInt64, count: Int, window: UInt64) {
    digest.add(terms, count: UInt64(count), window: window)
    events += UInt64(count)
  }
}
