// Where a loop's time goes: asleep, in writes, in reads, or in what the owner does. Two looks at the clock a system call,
// and one at the thread's own clock a pass.
//
// A busy loop is cheaper by the call and by the frame than one that has just woken up with cold caches. So costs are the
// slopes of lines through passes, by the number of calls or frames in each; where the lines begin is the price of a pass.
// What other processes took must not count: what is done between calls is told in CPU time of the loop's thread.

internal import CLibuv
public import Basics

/// What a loop did since its meter began. Times in nanoseconds.
public struct LoopMeter: Sendable {
  /// System calls of one kind, and their time by the pass.
  public struct Calls: Sendable {
    public internal(set) var count: UInt64 = 0
    /// Of passes with such calls.
    public internal(set) var passes = LineFit()
    var inPass: UInt64 = 0
    var timeInPass: UInt64 = 0

    mutating func add(_ nanoseconds: UInt64) {
      count &+= 1
      inPass &+= 1
      timeInPass &+= nanoseconds
    }

    mutating func pass(counts: Bool) {
      if counts, inPass > 0 { passes.add(Double(inPass), Double(timeInPass)) }
      (inPass, timeInPass) = (0, 0)
    }
  }

  /// Those that sent. On loopback the receiver's half of TCP runs inside the call.
  public internal(set) var writes = Calls()
  /// Those that received.
  public internal(set) var reads = Calls()
  /// CPU time of passes beside their calls, by the frames and timers that they served.
  public internal(set) var passes = LineFit()
  /// How late alarms rang that found the loop asleep.
  public internal(set) var wakes = Histogram()
  /// Frames sent and received, as the owner counts them.
  public var frames: UInt64 = 0
  /// Timers that the owner served.
  public var timers: UInt64 = 0
  /// Since the meter began, and of that asleep.
  public internal(set) var elapsed: UInt64 = 0
  public internal(set) var idle: UInt64 = 0

  var beganAt: UInt64 = 0
  var idleAtBegin: UInt64 = 0
  var readBeganAt: UInt64 = 0
  /// As of the moment at which the loop last went to look for input.
  var polledAt: UInt64 = 0
  var idleAtPoll: UInt64 = 0
  var cpuAtPoll: UInt64 = 0
  var servedAtPoll: UInt64 = 0

  /// A pass ends and the next begins. `cpu` is the thread's own clock. A pass whose calls were interrupted does not count.
  mutating func pass(at now: UInt64, idle: UInt64, cpu: UInt64) {
    let served = frames &+ timers
    let spent = cpu - cpuAtPoll
    let inCalls = writes.timeInPass + reads.timeInPass
    let counts = spent > inCalls
    if counts { passes.add(Double(served - servedAtPoll), Double(spent - inCalls)) }
    writes.pass(counts: counts)
    reads.pass(counts: counts)
    polledAt = now
    idleAtPoll = idle
    cpuAtPoll = cpu
    servedAtPoll = served
  }

  /// The price of a pass by itself: of its own work, and of its first calls beyond what a call costs. Nil without passes.
  public var pass: Double? {
    guard let own = passes.line else { return nil }
    func share(_ calls: Calls) -> Double {
      (calls.passes.line?.intercept ?? 0) * calls.passes.count / passes.count
    }
    return own.intercept + share(writes) + share(reads)
  }
}

extension Loop {
  /// Starts the meter anew.
  public func beginMeter() {
    assertOwnThread()
    meter = LoopMeter()
    meter.beganAt = Loop.monotonicNanoseconds
    meter.idleAtBegin = unsafe uv_metrics_idle_time(raw)
    meter.polledAt = meter.beganAt
    meter.idleAtPoll = meter.idleAtBegin
    meter.cpuAtPoll = uvs_thread_cpu()
  }

  /// What the meter shows now.
  public var meterReading: LoopMeter {
    var reading = meter
    reading.elapsed = Loop.monotonicNanoseconds - meter.beganAt
    reading.idle = unsafe uv_metrics_idle_time(raw) - meter.idleAtBegin
    return reading
  }

  func metersPoll() {
    meter.pass(at: Loop.monotonicNanoseconds, idle: unsafe uv_metrics_idle_time(raw), cpu: uvs_thread_cpu())
  }

  /// An alarm set to `due` rings: when the loop slept towards it, that tells how long waking takes.
  func metersAlarm(due: UInt64) {
    guard due > meter.polledAt, unsafe uv_metrics_idle_time(raw) > meter.idleAtPoll else { return }
    let now = Loop.monotonicNanoseconds
    if now > due { meter.wakes.record(now - due) }
  }
}
