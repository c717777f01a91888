// The scenario's network between router and socket. Each frame's fate is decided by the same `LinkTable` that the
// simulator uses, at the instant the router hands it over; a frame that is delivered waits here until its latency has
// passed, and is then written to its connection with everything else that is due. Nothing is subtracted for the time
// the sockets take: that is part of what a cluster measures.

public import Basics
public import Network
public import UV

/// What became of frames, beside the link table's own counters.
public struct ImposedCounters: Equatable, Sendable {
  /// Frames that waited.
  public var delayed: UInt64 = 0
  /// Frames dropped since too many, or too many bytes, waited.
  public var dropped: UInt64 = 0
  /// How late frames were written after they were due, nanoseconds.
  public var lateness = Histogram()
  public init() {}
}

/// Link conditions and faults imposed on a transport.
public final class ImposedLinks {
  private struct Waiting: BitwiseCopyable {
    var slot: UInt32
    var frame: FrameHandle
    var isControl: Bool
  }

  public let transport: Transport
  /// Conditions and faults of all links; only those of hosted nodes' slots are used.
  public var links: LinkTable
  public private(set) var counters = ImposedCounters()
  /// Instant zero of the run, on the monotonic clock.
  public private(set) var epoch: UInt64
  /// Frames, and bytes of frames, that may wait.
  public var framesMaximum = 1 << 20
  public var bytesMaximum = 1 << 28

  private var waiting = DueHeap<Waiting>()
  private var store = FrameStore()
  private let alarm: Alarm

  /// Imposes `links` on `transport`, whose slots they share; `epoch` is the run's instant zero.
  public init(_ transport: Transport, _ links: consuming LinkTable, epoch: UInt64) throws(UVError) {
    precondition(links.slots == transport.wiring.slots, "links and transport differ")
    self.transport = transport
    self.links = links
    self.epoch = epoch
    let bell = Bell()
    alarm = try Alarm(transport.loop) { bell.owner?.deliverDue() }
    bell.owner = self
  }

  /// Lets the alarm find its owner without keeping it alive.
  private final class Bell {
    weak var owner: ImposedLinks?
  }

  /// Frames that wait.
  public var waitingCount: Int { waiting.count }

  /// The run's clock.
  public var now: Instant {
    let clock = Loop.monotonicNanoseconds
    return Instant(nanoseconds: clock > epoch ? clock - epoch : 0)
  }

  /// The start of the run was agreed on. Requires that nothing was sent yet.
  public func setEpoch(_ nanoseconds: UInt64) {
    precondition(waiting.count == 0)
    epoch = nanoseconds
  }

  // MARK: Frames

  /// Stores a frame for one or more sends; the caller holds it until `release`.
  public func frame(_ count: Int, _ fill: (inout OutputSpan<UInt8>) -> Void) -> FrameHandle {
    store.add(count, fill)
  }

  func bytes(_ frame: FrameHandle) -> [UInt8] { store.bytes(frame) }

  public func release(_ frame: FrameHandle) { store.release(frame) }

  /// Hands a frame over at `now`. `key` names it for random draws, `bytes` is what the link model charges for.
  ///
  /// `.delivered` says when it will be written; nothing says whether the other end is there by then.
  public func send(
    _ frame: FrameHandle, slot: Int, _ kind: FrameKind, key: UInt64, bytes: Int, at now: Instant
  ) -> Fate {
    let fate = links.transmit(slot: slot, key: key, bytes: bytes, at: now)
    if let aftermath = links.takeAftermath() { follow(aftermath, frame, slot: slot, kind, key: key) }
    guard case .delivered(let arrival) = fate else { return fate }
    guard arrival > now else {
      transport.send(slot: slot, kind, store.bytes(frame).span)
      return fate
    }
    guard waiting.count < framesMaximum, store.bytes < bytesMaximum else {
      counters.dropped += 1
      return .queueFull
    }
    store.retain(frame)
    delay(frame, slot: slot, kind, until: arrival)
    return fate
  }

  /// Takes one holding of `frame`.
  private func delay(_ frame: FrameHandle, slot: Int, _ kind: FrameKind, until arrival: Instant) {
    let due = epoch + arrival.nanoseconds
    waiting.insert(Waiting(slot: UInt32(slot), frame: frame, isControl: kind == .control), due: due)
    counters.delayed += 1
    if alarm.due == 0 || due < alarm.due { alarm.set(to: due) }
  }

  /// A second copy of the frame, or what is left of it, goes out as well.
  private func follow(
    _ aftermath: Aftermath, _ frame: FrameHandle, slot: Int, _ kind: FrameKind, key: UInt64
  ) {
    guard waiting.count < framesMaximum, store.bytes < bytesMaximum else {
      counters.dropped += 1
      return
    }
    if let at = aftermath.copyAt {
      store.retain(frame)
      delay(frame, slot: slot, kind, until: at)
    }
    if let at = aftermath.damagedAt {
      var bytes = store.bytes(frame)
      switch aftermath.damage {
      case .truncated: bytes.removeLast(bytes.count - bytes.count / 2)
      case .corrupted:
        let place = Int(scale(mix(key ^ at.nanoseconds), UInt64(max(bytes.count, 1))))
        if place < bytes.count { bytes[place] ^= 0xFF }
      }
      guard !bytes.isEmpty else { return }
      let damaged = store.add(bytes.count) { $0.append(bytes: bytes.span) }
      delay(damaged, slot: slot, kind, until: at)
    }
  }

  /// Writes what is due and sets the alarm to what is next.
  private func deliverDue() {
    let clock = Loop.monotonicNanoseconds
    while let due = waiting.earliest, due <= clock, let item = waiting.popDue(at: clock) {
      counters.lateness.record(clock - due)
      transport.send(slot: Int(item.slot), item.isControl ? .control : .message, store.bytes(item.frame).span)
      store.release(item.frame)
    }
    if let next = waiting.earliest { alarm.set(to: next) }
  }

  /// Drops what waits on the slots for which `holds` holds: their sender is gone.
  public func discard(where holds: (Int) -> Bool) {
    var kept = DueHeap<Waiting>()
    while let due = waiting.earliest, let item = waiting.popFirst() {
      if holds(Int(item.slot)) { store.release(item.frame) } else { kept.insert(item, due: due) }
    }
    waiting = kept
  }

  /// Forgets what waits and closes the alarm; the transport stays.
  public func close() {
    discard { _ in true }
    alarm.close()
  }
}
