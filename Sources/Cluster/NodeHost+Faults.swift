// What a fault of the vocabulary means on sockets: the same as in the simulator, but that a crash closes real connections
// and a restart shakes hands again.

internal import Basics
internal import Network
internal import Participants
internal import Runs

extension NodeHost {
  func begin(_ fault: Fault, live: LiveFault?) {
    guard !hasEnded else { return }
    let now = now
    switch fault.kind {
    case .partition(let sides):
      linkFaults[fault.id] = imposed.links.begin(.cut) { !Fault.connects(sides[$0], sides[$1]) }
      participants.partitioned(fault.id, sides: sides, now)
    case .loss(let set, let share):
      linkFaults[fault.id] = imposed.links.begin(.loss(share)) { set.contains(NodeID($0), NodeID($1)) }
    case .latency(let set, let add, let scale):
      linkFaults[fault.id] = imposed.links.begin(.delay(add: add, scale: scale)) {
        set.contains(NodeID($0), NodeID($1))
      }
    case .crash(let nodes, let losesState):
      for node in nodes where transport.isHosted[node.index] { crash(node, losesState, now) }
    case .slowCPU(let nodes, let factor):
      for node in nodes {
        let nominal = blueprint.deployment.nodes[node.index].slownessPermille
        participants.setSlowness(node, permille: nominal * factor / 1_000)
      }
    case .chain: break
    }
  }

  func end(_ fault: Fault) {
    guard !hasEnded else { return }
    let now = now
    if let id = linkFaults.removeValue(forKey: fault.id) { imposed.links.heal(id) }
    switch fault.kind {
    case .partition: participants.mended(fault.id, now)
    case .crash(let nodes, _):
      for node in nodes where transport.isHosted[node.index] { restart(node, now) }
    case .slowCPU(let nodes, _):
      for node in nodes {
        participants.setSlowness(node, permille: blueprint.deployment.nodes[node.index].slownessPermille)
      }
    case .loss, .latency, .chain: break
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
    guard !participants.isUp(node) else { return }
    participants.restart(node, now, &effects)
    carryOut(now)
    do {
      audience?.moved(node, port: try transport.restart(node))
    } catch {
      // No port is free: the node runs and reaches nobody, which its peers see as they would see it on a real host.
      failures.append("node \(node.rawValue) cannot listen: \(error)")
    }
  }
}
