// Faults on processes: told to those that run, done to those that are struck as a whole, and followed until every process has
// said that it applied them.

internal import Basics
internal import Participants
internal import UV

extension ProcessGroup {
  func begin(_ fault: Fault, live: LiveFault?) {
    let message = ControlMessage.fault(id: fault.id, live?.encoded ?? [])
    inForce.append((fault.id, message))
    expect(fault, begins: true)
    supervisor?.broadcast(message)
    strike(fault, begins: true)
  }

  func end(_ fault: Fault) {
    inForce.removeAll { $0.id == fault.id }
    // Those that go on hear of it.
    expect(fault, begins: false)
    strike(fault, begins: false)
    supervisor?.broadcast(.heal(id: fault.id))
  }

  /// Every process that can hear will say when it has applied the fault, or healed it.
  private func expect(_ fault: Fault, begins: Bool) {
    guard let supervisor, let processFaults else { return }
    let hearing = supervisor.stages.indices.filter {
      supervisor.stages[$0] == .running && !isDying[$0] && (!processFaults.isStill($0) || !begins)
    }
    effects.add(
      FaultEffect(
        fault.id, begins: begins, accepted: commandAt ?? Loop.monotonicNanoseconds, awaiting: hearing))
  }

  /// What strikes whole processes.
  private func strike(_ fault: Fault, begins: Bool) {
    guard let processFaults, let supervisor else { return }
    do {
      let struck = try begins ? processFaults.begin(fault) : processFaults.end(fault)
      for process in struck {
        switch (fault.kind, begins) {
        case (.crash, true): isDying[process] = supervisor.stages[process] != .ended
        case (.crash, false):
          if supervisor.stages[process] == .ended, !processFaults.isDown(process) {
            startAgain(process, after: .zero)
          }
        // It stands still since the system took the signal.
        case (.node, true), (.slowCPU, true):
          applied(fault.id, begins: true, by: process, at: Loop.monotonicNanoseconds)
        default: break
        }
      }
    } catch {
      fail("fault \(fault.id): \(error)")
    }
  }

  func applied(_ fault: UInt32, begins: Bool, by process: Int, at instant: UInt64) {
    if let whole = effects.note(fault, begins: begins, by: process, at: instant) { tell(whole) }
  }

  func tell(_ effect: FaultEffect) {
    guard !effect.applied.isEmpty, !isEnding else { return }
    audience?.notice("fault \(effect.fault): \(effect.words(of: placement.processes))")
  }
}
