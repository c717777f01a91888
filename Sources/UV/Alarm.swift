// An alarm to the nanosecond: libuv's timers count milliseconds, imposed link latencies do not. A timerfd on
// CLOCK_MONOTONIC, watched by the loop like a socket. Linux only, as the cluster engine is.

internal import CLibuv
internal import Glibc

/// Calls back at an absolute instant of the monotonic clock, once per `set`.
///
/// Cost: at most one system call a pass of the loop, made when the loop is about to look for input.
@safe public final class Alarm: Handle {
  private var fire: (() -> Void)?
  private let descriptor: Int32
  /// The instant it is set to; zero when not set.
  public private(set) var due: UInt64 = 0
  /// What the system was told; a time that never comes when it has to be told anew.
  private var armed: UInt64 = 0
  private var isQueued = false

  public init(_ loop: Loop, _ fire: @escaping () -> Void) throws(UVError) {
    let descriptor = uvs_alarm_open()
    try UVError.check(descriptor, "timerfd")
    self.fire = fire
    self.descriptor = descriptor
    let poll = UnsafeMutablePointer<uv_poll_t>.allocate(capacity: 1)
    let code = unsafe uv_poll_init(loop.raw, poll, descriptor)
    guard code == 0 else {
      unsafe poll.deallocate()
      _ = Glibc.close(descriptor)
      // The class is not yet whole: nothing to close, nothing retained.
      throw UVError(code: code, operation: "timerfd")
    }
    unsafe super.init(loop, adopting: poll)
    unsafe uv_poll_start(poll, Int32(UV_READABLE.rawValue)) { handle, status, _ in
      guard let alarm = unsafe Handle.find(Alarm.self, handle), status == 0 else { return }
      alarm.ring()
    }
  }

  /// Sets it to `nanoseconds` of the monotonic clock; a past instant rings in the next pass.
  public func set(to nanoseconds: UInt64) {
    loop.assertOwnThread()
    guard isOpen, nanoseconds != due else { return }
    due = max(nanoseconds, 1)
    queue()
  }

  private func queue() {
    guard !isQueued else { return }
    isQueued = true
    loop.markDirty(self)
  }

  /// The loop is about to look for input: tells the system the instant, if it changed.
  func arm() {
    isQueued = false
    guard isOpen, due != armed else { return }
    armed = due
    let code = uvs_alarm_set(descriptor, due)
    precondition(code == 0, "timerfd_settime: \(code)")
  }

  /// Takes the setting back.
  public func clear() {
    loop.assertOwnThread()
    guard isOpen, due != 0 else { return }
    due = 0
    queue()
  }

  private func ring() {
    // Setting the timer, to a new instant or to none, makes it unreadable again; so the bell is read by no `read`.
    loop.metersAlarm(due: due)
    due = 0
    armed = .max
    queue()
    fire?()
  }

  override func willClose() {
    unsafe uv_poll_stop(UnsafeMutableRawPointer(raw).assumingMemoryBound(to: uv_poll_t.self))
  }

  override func didClose() {
    fire = nil
    _ = Glibc.close(descriptor)
  }
}
