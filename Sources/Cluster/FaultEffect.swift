// From a command, or a fault's instant, to the moment at which it was in force everywhere: each process says when it applied it,
// by the clock that all processes of a machine share. For another host's process the clock is that of `ClockComparison`.

internal import Basics

/// One beginning or end of a fault, and when processes applied it.
struct FaultEffect {
  let fault: UInt32
  let begins: Bool
  /// When the command came, or the fault's instant, on our monotonic clock.
  let accepted: UInt64
  /// Processes that have not said it yet.
  private(set) var awaited: [Int]
  /// In the order in which it was heard.
  private(set) var applied: [(process: Int, at: UInt64)] = []

  init(_ fault: UInt32, begins: Bool, accepted: UInt64, awaiting: [Int]) {
    self.fault = fault
    self.begins = begins
    self.accepted = accepted
    awaited = awaiting
  }

  var isEverywhere: Bool { awaited.isEmpty }

  /// `process` applied it. False when that was not awaited.
  mutating func note(_ process: Int, at instant: UInt64) -> Bool {
    guard let k = awaited.firstIndex(of: process) else { return false }
    awaited.remove(at: k)
    applied.append((process, instant))
    return true
  }

  /// `process` will not say it: it ended.
  mutating func give(up process: Int) { awaited.removeAll { $0 == process } }

  /// From the command to the last process, nanoseconds.
  var delay: UInt64 { applied.reduce(0) { max($0, $1.at > accepted ? $1.at - accepted : 0) } }

  /// For the log, and for those who ask.
  func words(of processes: Int) -> String {
    let tenths = delay / 100_000
    return "\(begins ? "in force" : "healed") in \(applied.count) of \(processes) processes "
      + "\(tenths / 10).\(tenths % 10) ms after the command"
  }
}

/// The latest effects, oldest first; those that are not everywhere yet among them.
struct FaultEffects {
  /// As many are kept.
  static let kept = 4_096

  private(set) var all: [FaultEffect] = []

  /// Returns its place for `note`.
  mutating func add(_ effect: FaultEffect) {
    if all.count >= Self.kept { all.removeFirst(Self.kept / 2) }
    all.append(effect)
  }

  /// A process applied the fault's beginning or end. Returns the effect when it is everywhere now.
  mutating func note(_ fault: UInt32, begins: Bool, by process: Int, at instant: UInt64) -> FaultEffect? {
    guard let k = all.lastIndex(where: { $0.fault == fault && $0.begins == begins && !$0.isEverywhere }),
      all[k].note(process, at: instant), all[k].isEverywhere
    else { return nil }
    return all[k]
  }

  /// A process ended: nobody waits for its word. Returns the effects that are everywhere now.
  mutating func giveUp(_ process: Int) -> [FaultEffect] {
    var done: [FaultEffect] = []
    for k in all.indices where !all[k].isEverywhere {
      all[k].give(up: process)
      if all[k].isEverywhere { done.append(all[k]) }
    }
    return done
  }

  /// The beginning of the fault, if it is everywhere.
  func beginning(of fault: UInt32) -> FaultEffect? {
    all.last { $0.fault == fault && $0.begins && $0.isEverywhere }
  }
}
