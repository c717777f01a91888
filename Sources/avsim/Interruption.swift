// Ctrl-C asks a run to end; what was gathered is written. A second Ctrl-C ends the process at once.

import Dispatch
import Foundation

/// Watches SIGINT and SIGTERM for as long as it lives.
final class Interruption {
  private let state = State()
  private let sources: [any DispatchSourceSignal]

  private final class State: @unchecked Sendable {
    private let lock = NSLock()
    private var requested = false
    var isRequested: Bool { lock.withLock { requested } }
    /// True the first time.
    func request() -> Bool {
      lock.withLock {
        defer { requested = true }
        return !requested
      }
    }
  }

  init() {
    let state = state
    sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { if !state.request() { exit(130) } }
      source.resume()
      return source
    }
  }

  deinit { for source in sources { source.cancel() } }

  /// Whether the run shall end.
  var isRequested: Bool { state.isRequested }
}
