// What faults do to whole processes, by the system's own means: a crash is SIGKILL, a pause is SIGSTOP, a slow CPU is a process
// that is stopped for most of the time. That is so where a fault strikes every node of a process of this machine; nodes that
// share their process with others which have to go on are struck from within (`NodeHost+Faults`), and so are nodes whose
// state a crash shall keep: a process that is killed forgets.
//
// It decides and signals; who ended and is started again is `ProcessGroup`'s business.

internal import Basics
internal import Participants
internal import UV

extension Fault {
  /// The nodes that it strikes through their processes, where it can; nil: it is no fault of processes.
  var throughProcesses: [NodeID]? {
    switch kind {
    case .crash(let nodes, losesState: true), .node(let nodes, .pause), .slowCPU(let nodes, _): nodes
    default: nil
    }
  }
}

extension Placement {
  /// The processes all of whose nodes the fault strikes, and which can be signalled from here, ascending.
  func struckWhole(by fault: Fault) -> [Int] {
    guard isSupervised, let nodes = fault.throughProcesses else { return [] }
    var left = Array(repeating: 0, count: processes)
    for process in processOf { left[process] += 1 }
    for node in nodes where node.index < processOf.count { left[processOf[node.index]] -= 1 }
    return left.indices.filter { left[$0] == 0 && !isElsewhere($0) }
  }
}

/// The faults in force on the processes of a cluster.
final class ProcessFaults {
  /// What one process suffers, by the ids of the faults.
  private struct Conditions {
    var downBy: [UInt32] = []
    var stillBy: [UInt32] = []
    /// With the factor in thousandths.
    var slowBy: [(id: UInt32, permille: UInt64)] = []
    var throttle: Throttle?
  }

  private let loop: Loop
  private let placement: Placement
  private let signal: (Int32, Int) -> Void
  private var conditions: [Conditions]

  /// `signal` sends a signal to a process, if it lives.
  init(_ loop: Loop, _ placement: Placement, signal: @escaping (Int32, Int) -> Void) {
    self.loop = loop
    self.placement = placement
    self.signal = signal
    conditions = Array(repeating: Conditions(), count: placement.processes)
  }

  /// A fault comes into force. Returns the processes that it struck: of a crash those that now end.
  func begin(_ fault: Fault) throws(UVError) -> [Int] {
    let struck = placement.struckWhole(by: fault)
    for process in struck {
      switch fault.kind {
      case .crash:
        conditions[process].downBy.append(fault.id)
        signal(Signal.kill, process)
      case .slowCPU(_, let permille):
        conditions[process].slowBy.append((fault.id, permille))
        try apply(process)
      default:
        conditions[process].stillBy.append(fault.id)
        try apply(process)
      }
    }
    return struck
  }

  /// It ended. Returns the processes that it had struck.
  func end(_ fault: Fault) throws(UVError) -> [Int] {
    let struck = placement.struckWhole(by: fault)
    for process in struck {
      conditions[process].downBy.removeAll { $0 == fault.id }
      conditions[process].stillBy.removeAll { $0 == fault.id }
      conditions[process].slowBy.removeAll { $0.id == fault.id }
      try apply(process)
    }
    return struck
  }

  /// Whether a crash in force keeps the process from running.
  func isDown(_ process: Int) -> Bool { !conditions[process].downBy.isEmpty }

  func crashes(of process: Int) -> [UInt32] { conditions[process].downBy }

  /// Whether it stands still, and hears nothing.
  func isStill(_ process: Int) -> Bool { !conditions[process].stillBy.isEmpty }

  /// A process runs anew: what is in force strikes it too.
  func started(_ process: Int) throws(UVError) { try apply(process) }

  /// Every process goes on at full speed, whatever is in force: the run ends.
  func letGo() {
    for process in conditions.indices {
      conditions[process].throttle?.close()
      conditions[process] = Conditions()
      signal(Signal.go, process)
    }
  }

  private func apply(_ process: Int) throws(UVError) {
    let slowest = conditions[process].slowBy.map(\.permille).max() ?? 1_000
    guard conditions[process].stillBy.isEmpty, slowest > 1_000 else {
      conditions[process].throttle?.close()
      conditions[process].throttle = nil
      signal(conditions[process].stillBy.isEmpty ? Signal.go : Signal.stop, process)
      return
    }
    if let throttle = conditions[process].throttle {
      throttle.permille = slowest
      return
    }
    conditions[process].throttle = try Throttle(loop, permille: slowest) { [signal] in signal($0, process) }
  }
}

/// Stops and continues a process in turn, so that it has one part in `permille / 1000` of the time.
private final class Throttle {
  /// How long it runs at a time.
  static let slice = TimeSpan.milliseconds(5)

  var permille: UInt64
  private let signal: (Int32) -> Void
  private var alarm: Alarm?
  private var isStopped = false
  private var due: UInt64

  init(_ loop: Loop, permille: UInt64, _ signal: @escaping (Int32) -> Void) throws(UVError) {
    self.permille = permille
    self.signal = signal
    due = Loop.monotonicNanoseconds
    alarm = try Alarm(loop) { [weak self] in self?.turn() }
    turn()
  }

  private func turn() {
    isStopped.toggle()
    signal(isStopped ? Signal.stop : Signal.go)
    let slice = Self.slice.nanoseconds
    let span = isStopped ? (slice * (permille - 1_000) / 1_000) : slice
    // By the clock and not by when the alarm rang, so that a late alarm changes no share; but never two at once.
    due = max(due + span, Loop.monotonicNanoseconds + min(span, 1_000_000))
    alarm?.set(to: due)
  }

  func close() {
    alarm?.close()
    alarm = nil
  }
}
