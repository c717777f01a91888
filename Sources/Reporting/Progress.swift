// How far a run is: percentage, virtual time, speed, time left. A bar that rewrites itself on a terminal; elsewhere a line now and
// then. It holds no clock and writes nothing: the caller brings the wall clock's time and puts the text on stderr.

public import Basics

/// The progress of one run.
public struct Progress: Sendable {
  /// Columns of the terminal; nil when the text does not go to one.
  private var columns: Int?
  private var end: Instant
  private var written: Double?
  private var samples: [(wall: Double, virtual: Double)] = []
  private var hasBar = false

  /// Least wall-clock time between two states of the bar, and between two lines, in seconds.
  static let barEvery = 0.1
  static let lineEvery = 10.0

  /// - Parameters:
  ///   - end: when the run ends, in its own time.
  ///   - terminalColumns: how wide the terminal is; nil when stderr is not one.
  public init(end: Instant, terminalColumns: Int?) {
    self.end = end
    columns = terminalColumns
  }

  /// The text to write now, if it is time for one.
  ///
  /// - Parameters:
  ///   - now: how far the run is.
  ///   - wallSeconds: since the run's start, by the wall clock; never decreasing.
  ///   - phase: what goes on, in a word: `warming up`, `settling`. Empty in the ordinary part.
  public mutating func update(now: Instant, wallSeconds: Double, phase: String = "") -> String? {
    let pause = columns == nil ? Self.lineEvery : Self.barEvery
    // The first line comes after a pause too: a short run prints none.
    if wallSeconds - (written ?? (columns == nil ? 0 : -.infinity)) < pause { return nil }
    written = wallSeconds
    // Speed over the last half minute, so that it follows a change.
    samples.append((wallSeconds, now.seconds))
    samples.removeAll { wallSeconds - $0.wall > 30 }
    let share = end == .zero ? 1 : min(1, now.seconds / end.seconds)
    var facts = "\(Figures.seconds(now.seconds)) of \(Figures.seconds(end.seconds))"
    let first = samples.count > 1 ? samples[0] : (wall: 0, virtual: 0)
    if wallSeconds - first.wall > 0, now.seconds > first.virtual {
      let speed = (now.seconds - first.virtual) / (wallSeconds - first.wall)
      facts += " · \(Figures.significant(speed, 2))x"
      if share < 1 {
        facts += " · \(Figures.seconds(((end.seconds - now.seconds) / speed).rounded(.up))) left"
      }
    }
    if !phase.isEmpty { facts += " · \(phase)" }
    let percent = Text.padded("\(Int(share * 100)) %", to: 5, isRight: true)
    guard let columns else { return "\(percent)  \(facts)\n" }
    hasBar = true
    let room = columns - percent.count - facts.count - 6
    let bar = room >= 8 ? " \(Self.bar(share, width: min(30, room))) " : "  "
    return "\r" + Text.fitted(percent + bar + facts, to: max(1, columns - 1)) + "\u{1B}[K"
  }

  /// What ends the progress: the bar is wiped away; lines need nothing.
  public mutating func finish() -> String {
    defer { hasBar = false }
    return hasBar ? "\r\u{1B}[K" : ""
  }

  /// `█████▌    `, in eighths of a column.
  static func bar(_ share: Double, width: Int) -> String {
    let eighths = Int((share * Double(width * 8)).rounded(.down))
    let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    let drawn = String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
    return "▕" + Text.padded(drawn, to: width) + "▏"
  }
}
