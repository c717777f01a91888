// The versions of GossipSub and what each adds. A pair of nodes speaks the highest version that both know
// (libp2p pubsub, protocol negotiation: the dialer proposes its protocols from the highest on).

/// A version of the protocol, in the order in which they came.
@frozen public enum ProtocolVersion: UInt8, Sendable, Hashable, Comparable, CaseIterable, Codable {
  /// Every message to every peer of its topic: no mesh, no control messages but subscriptions.
  case floodsub
  /// Mesh, fanout, IHAVE and IWANT. No backoff in PRUNE, no peer exchange, no scores.
  case v1_0
  /// Scoring, backoff, peer exchange, outbound quota, flood publishing, adaptive gossip, opportunistic grafting.
  case v1_1
  /// IDONTWANT.
  case v1_2
  /// The Extensions control message, in the first RPC; what is agreed by it (partial messages).
  case v1_3

  @inlinable public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

  /// The name that multistream-select negotiates.
  public var protocolID: String {
    switch self {
    case .floodsub: "/floodsub/1.0.0"
    case .v1_0: "/meshsub/1.0.0"
    case .v1_1: "/meshsub/1.1.0"
    case .v1_2: "/meshsub/1.2.0"
    case .v1_3: "/meshsub/1.3.0"
    }
  }
}
