// Places for foreign peers beside the nodes of the topology (`cluster.guests`, `--open`). Each is a node of the routers' graph that
// nobody hosts, linked to every node: whoever proves a key that the topology does not name takes one, and has its slot at each
// node that it dials. It is in no service, so nothing is owed to it and nothing is measured of it; what it sends is read like
// any neighbour's frame. Faults leave its links alone unless they strike the node at the other end or all links.
//
// A place belongs to a key as long as that key has a link, and stays its own until all others are taken: then the place that
// has been free longest goes to the next, with what the routers remember of it.

internal import Basics
internal import Network
internal import Participants
internal import Runs

extension Blueprint {
  /// The same run with so many places for guests, numbered after the nodes.
  func with(guests: Int) -> Blueprint {
    guard guests > 0 else { return self }
    var copy = self
    let nodes = deployment.nodes.count
    let hosts = (deployment.nodes.map(\.host).max() ?? 0) + 1
    let condition = conditions.count
    copy.conditions.append(LinkConditions(latency: .constant(.zero)))
    for guest in 0..<guests {
      copy.deployment.nodes.append(
        NodeDeployment(
          name: "guest \(guest)", region: 0, host: hosts + guest, cores: 1, queueBound: 1, accuses: false))
      if !copy.uplinks.isEmpty { copy.uplinks.append(nil) }
      for node in 0..<nodes {
        copy.edges.append(LinkEdge(NodeID(nodes + guest), NodeID(node), conditions: condition))
      }
    }
    copy.fillSlots()
    return copy
  }
}

extension Fault {
  /// The same fault where the nodes it knows are followed by guests, who are on every side of it.
  func reaching(nodes: Int) -> Fault {
    func sides(_ known: [UInt32]) -> [UInt32] {
      known + Array(repeating: Fault.everySide, count: max(0, nodes - known.count))
    }
    var copy = self
    switch kind {
    case .partition(let known): copy.kind = .partition(sides: sides(known))
    case .oneWay(let known): copy.kind = .oneWay(sides: sides(known))
    case .loss(let links, let share): copy.kind = .loss(links.reaching(nodes: nodes), share: share)
    case .latency(let links, let add, let scale):
      copy.kind = .latency(links.reaching(nodes: nodes), add: add, scale: scale)
    case .link(let links, let effect): copy.kind = .link(links.reaching(nodes: nodes), effect)
    case .eclipse(let struck, let cut): copy.kind = .eclipse(nodes: struck, cut: cut.reaching(nodes: nodes))
    case .crash, .slowCPU, .chain, .node: break
    }
    return copy
  }
}

extension LinkSet {
  fileprivate func reaching(nodes: Int) -> LinkSet {
    func flags(_ known: [Bool]) -> [Bool] {
      known + Array(repeating: false, count: max(0, nodes - known.count))
    }
    switch self {
    case .all, .pairs: return self
    case .touching(let known): return .touching(flags(known))
    case .between(let first, let second): return .between(flags(first), flags(second))
    }
  }
}
