// No test leaves a loop open unnoticed: a process that watched ends with a message and a code of its own when one is left.
// What `Loop.close` asserts, that libuv has nothing left, is asserted for every loop that way.

internal import Glibc
internal import UV

/// Watches the loops of the process from now to its end.
public enum LoopWatch {
  /// What such a process ends with.
  public static let code: Int32 = 71

  /// Begins the watch, once for the process.
  public static func begin() { _ = watch }

  private static let watch: Bool = {
    atexit {
      guard Loop.open > 0 else { return }
      let text = "\(Loop.open) loops were not closed\n"
      _ = unsafe text.withCString { unsafe write(2, $0, strlen($0)) }
      _exit(LoopWatch.code)
    } == 0
  }()
}
