// Peers' ids on the wire and the nodes of the run, for peer exchange. Peers that a PRUNE names and the run does not know
// are not followed.

public import Basics

/// The peer ids of a run, by node. Fixed for its lifetime.
public struct PeerNames: Sendable {
  private let ids: [[UInt8]]
  /// Looked up, never walked.
  private let nodes: [[UInt8]: NodeID]

  /// The bytes of each node's peer id, by `NodeID`; an empty one is none. Requires distinct ids.
  public init(_ ids: [[UInt8]]) {
    self.ids = ids
    let pairs = ids.indices.lazy.filter { !ids[$0].isEmpty }.map { (ids[$0], NodeID($0)) }
    nodes = Dictionary(uniqueKeysWithValues: pairs)
  }

  /// The peer id of a node; nil when it has none.
  public func id(of node: NodeID) -> [UInt8]? {
    guard node.index < ids.count, !ids[node.index].isEmpty else { return nil }
    return ids[node.index]
  }

  /// The node with this peer id.
  public func node(_ id: Span<UInt8>) -> NodeID? {
    guard !nodes.isEmpty, id.count <= 64 else { return nil }
    return nodes[id.indices.map { id[$0] }]
  }
}
