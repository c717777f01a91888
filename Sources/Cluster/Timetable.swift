// What falls due while a run goes on: wake-ups of nodes, events of the chain, beginnings of faults. In virtual time this
// is the simulator's queue; here it is a heap and one alarm of the monotonic clock.
//
// It promises: in order of instant, and of insertion among equals; never early; late by what the loop is late. It does
// not starve sockets: after some hundred entries the loop takes its input first.

internal import Basics
internal import UV

/// Plain values, each handed over once its instant has come.
final class Timetable<Entry: BitwiseCopyable> {
  /// Entries handed over in one go.
  private static var batch: Int { 256 }

  private var heap = DueHeap<Entry>()
  private let alarm: Alarm
  private let bell: Bell
  /// Instant zero of the run on the monotonic clock; entries wait until it is known.
  private(set) var epoch: UInt64?
  /// How late entries were handed over, nanoseconds.
  private(set) var lateness = Histogram()

  /// Finds the owner without keeping it alive.
  private final class Bell {
    weak var table: Timetable<Entry>?
    let ring: (Entry) -> Void
    init(_ ring: @escaping (Entry) -> Void) { self.ring = ring }
  }

  init(_ loop: Loop, _ due: @escaping (Entry) -> Void) throws(UVError) {
    let bell = Bell(due)
    self.bell = bell
    alarm = try Alarm(loop) { bell.table?.handOver() }
    bell.table = self
  }

  /// The run's clock; zero before it began.
  var now: Instant {
    guard let epoch else { return .zero }
    let clock = Loop.monotonicNanoseconds
    return Instant(nanoseconds: clock > epoch ? clock - epoch : 0)
  }

  /// Whether instant zero has come.
  var hasBegun: Bool { epoch.map { $0 <= Loop.monotonicNanoseconds } ?? false }

  /// Instant zero is at `clock` of the monotonic clock.
  func begin(at clock: UInt64) {
    precondition(epoch == nil, "a run begins once")
    epoch = clock
    setAlarm()
  }

  func add(_ entry: Entry, at instant: Instant) {
    let isFirst = heap.earliest.map { instant.nanoseconds < $0 } ?? true
    heap.insert(entry, due: instant.nanoseconds)
    if isFirst { setAlarm() }
  }

  private func setAlarm() {
    guard let epoch, let first = heap.earliest else { return }
    let (clock, overflow) = epoch.addingReportingOverflow(first)
    if !overflow { alarm.set(to: clock) }
  }

  private func handOver() {
    var count = 0
    while count < Self.batch, let due = heap.earliest {
      let clock = now.nanoseconds
      guard let entry = heap.popDue(at: clock) else { break }
      lateness.record(clock - due)
      bell.ring(entry)
      count += 1
    }
    setAlarm()
  }

  /// Hands nothing over any more; returns what was still to come, in order.
  @discardableResult func close() -> [(entry: Entry, at: Instant)] {
    alarm.close()
    var rest: [(entry: Entry, at: Instant)] = []
    while let due = heap.earliest, let entry = heap.popDue(at: .max) {
      rest.append((entry, Instant(nanoseconds: due)))
    }
    return rest
  }
}
