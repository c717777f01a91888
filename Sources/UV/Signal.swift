// Signals as loop events: Ctrl-C ends a run at a place where its results can be written.

internal import CLibuv
internal import Glibc

/// Calls back each time the process gets the signal. The default action is off while it is open.
@safe public final class Signal: Handle {
  private var fire: (() -> Void)?

  public static let interrupt: Int32 = SIGINT
  public static let terminate: Int32 = SIGTERM
  public static let hangUp: Int32 = SIGHUP
  public static let kill: Int32 = SIGKILL
  /// Stands still; goes on.
  public static let stop: Int32 = SIGSTOP
  public static let go: Int32 = SIGCONT
  public static let user1: Int32 = SIGUSR1

  public init(_ loop: Loop, _ number: Int32, _ fire: @escaping () -> Void) throws(UVError) {
    self.fire = fire
    let signal = UnsafeMutablePointer<uv_signal_t>.allocate(capacity: 1)
    let code = unsafe uv_signal_init(loop.raw, signal)
    guard code == 0 else {
      unsafe signal.deallocate()
      throw UVError(code: code, operation: "signal \(number)")
    }
    unsafe super.init(loop, adopting: signal)
    // Whoever started this process may have had the signal blocked, which children inherit.
    var set = sigset_t()
    unsafe sigemptyset(&set)
    unsafe sigaddset(&set, number)
    unsafe pthread_sigmask(SIG_UNBLOCK, &set, nil)
    let started = unsafe uv_signal_start(
      signal, { handle, _ in unsafe Handle.find(Signal.self, handle)?.fire?() }, number)
    guard started == 0 else {
      close()
      throw UVError(code: started, operation: "signal \(number)")
    }
  }

  override func didClose() { fire = nil }
}
