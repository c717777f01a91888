// What a fault of the vocabulary means on sockets: the same as in the simulator, but that a crash closes real connections
// and a restart shakes hands again. A fault that strikes all nodes of a process strikes the process (`ProcessFaults`); of a slow
// CPU both sides are needed: the system slows what is computed, and here what the scenario only models takes longer.

internal import Basics
internal import Network
internal import Participants
internal import Runs

extension NodeHost {
  func begin(_ known: Fault, live: LiveFault?) {
    guard !hasEnded else { return }
    let fault = known.reaching(nodes: blueprint.deployment.nodes.count)
    let now = now
    enter()
    defer { leave() }
    note(.fault(fault.id, begins: true, live?.encoded ?? []), now)
    participants.begin(fault, now)
    switch fault.kind {
    case .partition(let sides):
      linkFaults[fault.id] = imposed.links.begin(.cut) { !Fault.connects(sides[$0], sides[$1]) }
      participants.partitioned(fault.id, sides: sides, now)
    case .oneWay(let sides):
      linkFaults[fault.id] = imposed.links.begin(.cut) { !Fault.passes(sides[$0], to: sides[$1]) }
      participants.partitioned(fault.id, sides: sides, isOneWay: true, now)
    case .loss(let set, let share):
      linkFaults[fault.id] = imposed.links.begin(.loss(share), key: fault.key) {
        set.contains(NodeID($0), NodeID($1))
      }
    case .latency(let set, let add, let scale):
      linkFaults[fault.id] = imposed.links.begin(.delay(add: add, scale: scale)) {
        set.contains(NodeID($0), NodeID($1))
      }
    case .link(let set, let effect):
      linkFaults[fault.id] = imposed.links.begin(effect, key: fault.key) {
        set.contains(NodeID($0), NodeID($1))
      }
    case .eclipse(_, let cut):
      linkFaults[fault.id] = imposed.links.begin(.cut) { cut.contains(NodeID($0), NodeID($1)) }
    case .node(let nodes, .throttle(let rate)):
      linkFaults[fault.id] = imposed.links.begin(.uplink(rate), key: fault.key) { from, _ in
        nodes.contains(NodeID(from))
      }
    case .node(let nodes, .pause):
      for node in nodes where transport.isHosted[node.index] && !isStruckWhole(by: fault) {
        if standing[node.index] == nil {
          standing[node.index] = HeldInputs()
        } else {
          standing[node.index]?.pauses += 1
        }
      }
    case .node: break
    case .crash(let nodes, let losesState):
      for node in nodes where transport.isHosted[node.index] && !isStruckWhole(by: fault) {
        crash(node, losesState, now)
      }
    case .slowCPU: break
    case .chain: break
    }
  }

  func end(_ fault: Fault) {
    guard !hasEnded else { return }
    let now = now
    enter()
    defer { leave() }
    note(.fault(fault.id, begins: false, []), now)
    if let id = linkFaults.removeValue(forKey: fault.id) { imposed.links.heal(id) }
    participants.end(fault, now)
    switch fault.kind {
    case .partition, .oneWay: participants.mended(fault.id, now)
    case .crash(let nodes, _):
      for node in nodes where transport.isHosted[node.index] { restart(node, now) }
    case .node(let nodes, .pause):
      for node in nodes where transport.isHosted[node.index] { resume(node, now) }
    case .loss, .latency, .link, .eclipse, .node, .slowCPU, .chain: break
    }
  }

  /// Whether the fault stops or ends this whole process, which is not done from within.
  private func isStruckWhole(by fault: Fault) -> Bool {
    guard let placement, let own = transport.isHosted.firstIndex(of: true) else { return false }
    return placement.struckWhole(by: fault).contains(placement.processOf[own])
  }

  /// The node goes on: everything that waited for it happens now, in order.
  private func resume(_ node: NodeID, _ now: Instant) {
    guard let held = standing[node.index] else { return }
    if held.pauses > 1 {
      standing[node.index]?.pauses -= 1
      return
    }
    standing[node.index] = nil
    heldDropped += held.dropped
    for input in held.inputs {
      switch input {
      case .frame(let bytes, let slot): take(bytes.span, slot: slot, now)
      case .wakeUp(let timer):
        participants.wake(timer, at: node, now, &effects)
        carryOut(now)
      }
    }
  }

  private func crash(_ node: NodeID, _ losesState: Bool, _ now: Instant) {
    guard participants.isUp(node) else { return }
    participants.crash(node, losingState: losesState, now, &effects)
    carryOut(now)
    transport.stop(node)
  }

  /// Connections come back one by one, as their handshakes end.
  private func restart(_ node: NodeID, _ now: Instant) {
    guard !participants.isUp(node), !participants.isKeptDown(node) else { return }
    participants.restart(node, now, &effects)
    carryOut(now)
    guard replayInstant == nil else { return }
    do {
      audience?.moved(node, port: try transport.restart(node))
    } catch {
      // No port is free: the node runs and reaches nobody, which its peers see as they would see it on a real host.
      failures.append("node \(node.rawValue) cannot listen: \(error)")
    }
  }
}
