// A swarm of Sybils as participants are told of it; what they do with that is in `Sybils`.

public import Basics

/// Identities without stake or duty that one adversary brings.
public struct Swarm: Sendable, Equatable {
  /// Their node numbers.
  public var nodes: Range<Int>
  /// Whose topics they join, ascending.
  public var services: [ServiceID]
  /// They subscribe and ask for places in meshes at their first heartbeat from here on.
  public var enters: Instant
  /// They leave their topics at the first one from here on.
  public var leaves: Instant
  /// How many addresses they share; nil: one each.
  public var addresses: Int?

  public init(
    nodes: Range<Int>, services: [ServiceID], enters: Instant, leaves: Instant, addresses: Int? = nil
  ) {
    self.nodes = nodes
    self.services = services
    self.enters = enters
    self.leaves = leaves
    self.addresses = addresses
  }
}
