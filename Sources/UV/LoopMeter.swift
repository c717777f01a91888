// Where a loop's time goes: asleep, in writes, in reads, or in what the owner does. Two looks at the clock a system call.
//
// Costs are told as medians: a mean also counts what other processes took while a call was under way.

internal import CLibuv
public import Basics

/// What a loop did since its meter began. Times in nanoseconds.
public struct LoopMeter: Sendable {
  /// System calls that sent. On loopback the receiver's half of TCP runs inside the call.
  public internal(set) var writes = Histogram()
  /// System calls that received.
  public internal(set) var reads = Histogram()
  /// The rest of a pass's time, by frame sent or received, of passes with many.
  public internal(set) var handling = Histogram()
  /// The rest of a pass's time, of passes with few frames: what a pass costs by itself.
  public internal(set) var lightPasses = Histogram()
  /// How late alarms rang that found the loop asleep.
  public internal(set) var wakes = Histogram()
  /// Frames sent and received, as the owner counts them.
  public var frames: UInt64 = 0
  /// Since the meter began, and of that asleep.
  public internal(set) var elapsed: UInt64 = 0
  public internal(set) var idle: UInt64 = 0

  /// Frames from which on the pass itself no longer counts.
  static var manyFrames: UInt64 { 16 }

  var beganAt: UInt64 = 0
  var idleAtBegin: UInt64 = 0
  var readBeganAt: UInt64 = 0
  /// As of the moment at which the loop last went to look for input.
  var polledAt: UInt64 = 0
  var idleAtPoll: UInt64 = 0
  var framesAtPoll: UInt64 = 0
  /// Time in calls since then.
  var inCalls: UInt64 = 0

  mutating func wrote(_ nanoseconds: UInt64) {
    writes.record(nanoseconds)
    inCalls &+= nanoseconds
  }

  mutating func read(_ nanoseconds: UInt64) {
    reads.record(nanoseconds)
    inCalls &+= nanoseconds
  }

  /// A pass ends and the next begins.
  mutating func pass(at now: UInt64, idle: UInt64) {
    let handled = frames - framesAtPoll
    let slept = idle - idleAtPoll
    let own = max(now - polledAt, slept + inCalls) - slept - inCalls
    if handled >= LoopMeter.manyFrames {
      handling.record(own / handled, times: handled)
    } else if handled > 0 {
      lightPasses.record(own)
    }
    polledAt = now
    idleAtPoll = idle
    framesAtPoll = frames
    inCalls = 0
  }
}

extension Loop {
  /// Starts the meter anew.
  public func beginMeter() {
    assertOwnThread()
    meter = LoopMeter()
    meter.beganAt = Loop.monotonicNanoseconds
    meter.idleAtBegin = unsafe uv_metrics_idle_time(raw)
    meter.pass(at: meter.beganAt, idle: meter.idleAtBegin)
  }

  /// What the meter shows now.
  public var meterReading: LoopMeter {
    var reading = meter
    reading.elapsed = Loop.monotonicNanoseconds - meter.beganAt
    reading.idle = unsafe uv_metrics_idle_time(raw) - meter.idleAtBegin
    return reading
  }

  func metersPoll() { meter.pass(at: Loop.monotonicNanoseconds, idle: unsafe uv_metrics_idle_time(raw)) }

  /// An alarm set to `due` rings: when the loop slept towards it, that tells how long waking takes.
  func metersAlarm(due: UInt64) {
    guard due > meter.polledAt, unsafe uv_metrics_idle_time(raw) > meter.idleAtPoll else { return }
    let now = Loop.monotonicNanoseconds
    if now > due { meter.wakes.record(now - due) }
  }
}
