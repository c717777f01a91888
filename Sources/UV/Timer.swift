// libuv's millisecond timers, and its two hooks around the poll phase. For nanoseconds see `Alarm`.

public import Basics
internal import CLibuv

/// Calls back after a time, once or again and again. Resolution: a millisecond.
@safe public final class Timer: Handle {
  private var fire: (() -> Void)?

  public init(_ loop: Loop, _ fire: @escaping () -> Void) {
    self.fire = fire
    let timer = UnsafeMutablePointer<uv_timer_t>.allocate(capacity: 1)
    unsafe uv_timer_init(loop.raw, timer)
    unsafe super.init(loop, adopting: timer)
  }

  /// Starts or restarts it. The first call comes after `delay` (rounded up to milliseconds); with `every`, further ones.
  public func start(after delay: TimeSpan, every period: TimeSpan? = nil) {
    loop.assertOwnThread()
    guard isOpen else { return }
    unsafe uv_update_time(loop.raw)
    unsafe uv_timer_start(
      structure(uv_timer_t.self), { unsafe Handle.find(Timer.self, $0)?.fire?() },
      Timer.milliseconds(delay), period.map(Timer.milliseconds) ?? 0)
  }

  /// Whether a call will come.
  public var isActive: Bool {
    loop.assertOwnThread()
    return unsafe isOpen && uv_is_active(raw) != 0
  }

  public func stop() {
    loop.assertOwnThread()
    guard isOpen else { return }
    unsafe uv_timer_stop(structure(uv_timer_t.self))
  }

  private static func milliseconds(_ span: TimeSpan) -> UInt64 {
    span.nanoseconds / 1_000_000 + (span.nanoseconds % 1_000_000 == 0 ? 0 : 1)
  }

  override func didClose() { fire = nil }
}

/// Calls back in each pass, right before the loop waits for input.
@safe public final class Prepare: Handle {
  private var fire: (() -> Void)?

  public init(_ loop: Loop, _ fire: @escaping () -> Void) {
    self.fire = fire
    let prepare = UnsafeMutablePointer<uv_prepare_t>.allocate(capacity: 1)
    unsafe uv_prepare_init(loop.raw, prepare)
    unsafe super.init(loop, adopting: prepare)
    unsafe uv_prepare_start(prepare) { unsafe Handle.find(Prepare.self, $0)?.fire?() }
  }

  override func didClose() { fire = nil }
}

/// Calls back in each pass, right after the loop has taken its input.
@safe public final class Check: Handle {
  private var fire: (() -> Void)?

  public init(_ loop: Loop, _ fire: @escaping () -> Void) {
    self.fire = fire
    let check = UnsafeMutablePointer<uv_check_t>.allocate(capacity: 1)
    unsafe uv_check_init(loop.raw, check)
    unsafe super.init(loop, adopting: check)
    unsafe uv_check_start(check) { unsafe Handle.find(Check.self, $0)?.fire?() }
  }

  override func didClose() { fire = nil }
}
