// Who is linked to whom, in directed slots: node u owns slots offsets[u] ..< offsets[u + 1], one a neighbour. The same
// numbering as everywhere else, so that a slot means the same link in every process and in the simulator.

public import Network

/// An undirected graph as rows of directed slots.
public struct Wiring: Sendable {
  public let nodes: Int
  /// First slot of each node, and at the end the number of slots.
  public let offsets: [UInt32]
  /// The node at the other end of each slot.
  public let neighbors: [UInt32]
  /// The slot of the opposite direction.
  public let reverses: [UInt32]
  /// The node that owns each slot.
  public let owners: [UInt32]

  public var slots: Int { neighbors.count }

  /// From rows of neighbours. Requires a simple graph whose links appear at both ends. Cost: slots x degree.
  public init(rows: [[UInt32]]) {
    nodes = rows.count
    var offsets: [UInt32] = [0]
    for row in rows { offsets.append(offsets[offsets.count - 1] + UInt32(row.count)) }
    neighbors = rows.flatMap { $0 }
    owners = rows.indices.flatMap { Array(repeating: UInt32($0), count: rows[$0].count) }
    var reverses: [UInt32] = []
    reverses.reserveCapacity(neighbors.count)
    for (node, row) in rows.enumerated() {
      for peer in row {
        precondition(peer < rows.count && peer != node, "link \(node)-\(peer)")
        guard let back = rows[Int(peer)].firstIndex(of: UInt32(node)) else {
          preconditionFailure("link \(node)-\(peer) has no other direction")
        }
        reverses.append(offsets[Int(peer)] + UInt32(back))
      }
    }
    self.offsets = offsets
    self.reverses = reverses
  }

  /// The graph of a link table, slot for slot.
  public init(_ links: borrowing LinkTable) {
    nodes = links.nodes
    offsets = (0...links.nodes).map { UInt32(links.offset($0)) }
    neighbors = (0..<links.slots).map { UInt32(links.neighbor($0)) }
    reverses = (0..<links.slots).map { UInt32(links.reverse($0)) }
    owners = (0..<links.slots).map { UInt32(links.owner($0)) }
  }

  public func slots(of node: Int) -> Range<Int> { Int(offsets[node])..<Int(offsets[node + 1]) }

  /// The slot that leads from `node` to `peer`. Cost: linear in the degree.
  public func slot(from node: Int, to peer: Int) -> Int? {
    slots(of: node).first { neighbors[$0] == UInt32(peer) }
  }
}
