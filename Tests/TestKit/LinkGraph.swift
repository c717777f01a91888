// Small graphs for protocol tests: who dials whom, as the CSR tables that a router wants.

public import Basics

/// Links between nodes, each with the side that dialed.
public struct LinkGraph: Sendable {
  public let nodes: Int
  public private(set) var offsets: [UInt32] = []
  public private(set) var neighbors: [NodeID] = []
  public private(set) var outbound: [Bool] = []
  /// By slot: the slot of the same link at its other end.
  public private(set) var reverse: [UInt32] = []

  /// Each pair is (dialer, listener); each link once.
  public init(nodes: Int, dials: [(Int, Int)]) {
    self.nodes = nodes
    var own: [[(peer: Int, dialed: Bool, link: Int)]] = Array(repeating: [], count: nodes)
    for (link, (dialer, listener)) in dials.enumerated() {
      precondition(dialer != listener)
      own[dialer].append((listener, true, link))
      own[listener].append((dialer, false, link))
    }
    var ends: [[UInt32]] = Array(repeating: [], count: dials.count)
    offsets.append(0)
    for node in 0..<nodes {
      for (peer, dialed, link) in own[node].sorted(by: { $0.peer < $1.peer }) {
        ends[link].append(UInt32(neighbors.count))
        neighbors.append(NodeID(peer))
        outbound.append(dialed)
      }
      offsets.append(UInt32(neighbors.count))
    }
    reverse = Array(repeating: 0, count: neighbors.count)
    for pair in ends {
      reverse[Int(pair[0])] = pair[1]
      reverse[Int(pair[1])] = pair[0]
    }
  }

  /// Everybody linked with everybody; the lower id dials.
  public static func full(_ nodes: Int) -> LinkGraph {
    LinkGraph(nodes: nodes, dials: (0..<nodes).flatMap { a in (a + 1..<nodes).map { (a, $0) } })
  }

  public static func line(_ nodes: Int) -> LinkGraph {
    LinkGraph(nodes: nodes, dials: (1..<nodes).map { ($0 - 1, $0) })
  }

  /// Node 0 in the middle, dialed by all others, or dialing them.
  public static func star(_ nodes: Int, centerDials: Bool = false) -> LinkGraph {
    LinkGraph(nodes: nodes, dials: (1..<nodes).map { centerDials ? (0, $0) : ($0, 0) })
  }

  /// Every node dials `dials` others at random; a link that is there already is not dialed again.
  public static func random(_ nodes: Int, dials: Int, seed: UInt64) -> LinkGraph {
    var random = RandomStream(seed: mix(seed))
    var links: [(Int, Int)] = []
    var known: Set<Int> = []
    for node in 0..<nodes {
      var left = dials
      var tries = 0
      while left > 0, tries < 20 * dials {
        tries += 1
        let peer = random.below(nodes)
        guard peer != node else { continue }
        guard known.insert(min(node, peer) * nodes + max(node, peer)).inserted else { continue }
        links.append((node, peer))
        left -= 1
      }
    }
    return LinkGraph(nodes: nodes, dials: links)
  }

  /// The slot of `node` that leads to `peer`.
  public func slot(_ node: Int, to peer: Int) -> UInt32 {
    for slot in offsets[node]..<offsets[node + 1] where neighbors[Int(slot)].index == peer { return slot }
    preconditionFailure("no link from \(node) to \(peer)")
  }

  public func degree(_ node: Int) -> Int { Int(offsets[node + 1] - offsets[node]) }
}
