// The parts of a control RPC as others see them, and the places of a reader. They lie in the `ControlStore`.

/// One part of a control RPC.
@frozen public enum ControlItem: Hashable, Sendable {
  /// SubOpts: the sender subscribes to or unsubscribes from the topic.
  case subscription(TopicID, subscribes: Bool)
  case graft(TopicID)
  /// Backoff in whole seconds; zero when the sender named none.
  case prune(TopicID, backoffSeconds: UInt32)
  /// The ids are read with `identifiers(of:)`.
  case ihave(TopicID, identifiers: Int)
  case iwant(identifiers: Int)
  /// GossipSub v1.2: the sender has these messages, or will have them.
  case idontwant(identifiers: Int)
  /// GossipSub v1.3: what the sender offers; in the first RPC of a connection only.
  case extensions(ExtensionSet)
  /// Parts of a group, and which parts the sender has (v1.3, *Partial messages*).
  case partial(TopicID, PartialParts)

  /// The topic it is about; nil for IWANT, IDONTWANT and Extensions.
  public var topic: TopicID? {
    switch self {
    case .subscription(let topic, _), .graft(let topic), .prune(let topic, _), .ihave(let topic, _),
      .partial(let topic, _):
      topic
    case .iwant, .idontwant, .extensions: nil
    }
  }
}

/// One partial-messages part of an RPC.
@frozen public struct PartialParts: Hashable, Sendable, BitwiseCopyable {
  /// The group: what the parts are parts of.
  public var group: UInt64
  /// The parts that lie in this RPC, by bit.
  public var carried: UInt64
  /// The parts that the sender has.
  public var held: UInt64
  /// Length of one part, bytes.
  public var partBytes: UInt32
  @inlinable public init(group: UInt64, carried: UInt64, held: UInt64, partBytes: UInt32) {
    self.group = group
    self.carried = carried
    self.held = held
    self.partBytes = partBytes
  }
}

/// Position of an item inside the store.
@frozen public struct ControlItemIndex: Hashable, Sendable, BitwiseCopyable {
  let rawValue: UInt32
}

/// Position inside the peers that a PRUNE names; advanced by `ControlStore.next`.
@frozen public struct PeerCursor: Sendable, BitwiseCopyable {
  var entry: UInt32
}

/// Position inside the ids of an item; advanced by `ControlStore.next`.
@frozen public struct IdentifierCursor: Sendable, BitwiseCopyable {
  var entry: UInt32
  var mask: UInt64
}
