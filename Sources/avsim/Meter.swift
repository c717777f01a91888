// Progress on stderr: a bar on a terminal, else a line now and then.

import Basics
import Foundation
import Reporting

/// Shows how far a run is.
struct Meter {
  private var progress: Reporting.Progress
  private let started = Date()
  private let isQuiet: Bool

  init(end: Instant, isQuiet: Bool) {
    self.isQuiet = isQuiet
    var size = winsize()
    let answer = unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size)
    let isTerminal = isatty(STDERR_FILENO) == 1 && answer == 0
    progress = Reporting.Progress(end: end, terminalColumns: isTerminal ? max(Int(size.ws_col), 40) : nil)
  }

  mutating func show(_ now: Instant) {
    if isQuiet { return }
    if let text = progress.update(now: now, wallSeconds: Date().timeIntervalSince(started)) { write(text) }
  }

  mutating func finish() { if !isQuiet { write(progress.finish()) } }

  private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
