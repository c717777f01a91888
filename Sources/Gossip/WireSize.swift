// Exact protobuf sizes of GossipSub RPCs (libp2p pubsub proto2; all field numbers in use are below 16, so a tag is
// one byte). The codec that writes the bytes lives elsewhere and agrees with these functions.

/// Sizes on the wire, in bytes.
public enum WireSize {
  /// Length of `value` as a varint.
  @inlinable public static func varint(_ value: Int) -> Int {
    max(1, (70 &- UInt64(truncatingIfNeeded: value).leadingZeroBitCount) / 7)
  }

  /// A length-delimited field with `bytes` bytes inside: tag, length, bytes.
  @inlinable public static func field(_ bytes: Int) -> Int { 1 &+ varint(bytes) &+ bytes }

  /// A peer id: the identity multihash of an Ed25519 public key.
  public static let peerID = 38

  /// One message id of 20 bytes in IHAVE, IWANT or IDONTWANT.
  public static let identifier = field(ContentID.byteCount)

  /// RPC with one published message under StrictNoSign: `publish { data = 2, topic = 4 }`.
  @inlinable public static func publish(dataBytes: Int, topicNameBytes: Int) -> Int {
    field(field(dataBytes) &+ field(topicNameBytes))
  }

  /// `subscriptions { subscribe = 1, topicid = 2 }`.
  @inlinable public static func subscription(topicNameBytes: Int) -> Int { field(2 &+ field(topicNameBytes)) }

  /// `graft { topicID = 1 }`, inside ControlMessage.
  @inlinable public static func graft(topicNameBytes: Int) -> Int { field(field(topicNameBytes)) }

  /// `prune { topicID = 1, backoff = 3 }`, inside ControlMessage.
  @inlinable public static func prune(topicNameBytes: Int, backoffSeconds: UInt32) -> Int {
    field(field(topicNameBytes) &+ 1 &+ varint(Int(backoffSeconds)))
  }

  /// `ihave { topicID = 1, messageIDs = 2 }`, inside ControlMessage.
  @inlinable public static func ihave(topicNameBytes: Int, identifiers: Int) -> Int {
    field(field(topicNameBytes) &+ identifiers &* identifier)
  }

  /// `iwant { messageIDs = 1 }`, inside ControlMessage.
  @inlinable public static func iwant(identifiers: Int) -> Int { field(identifiers &* identifier) }

  /// A frame on the stream: the RPC behind its varint length.
  @inlinable public static func framed(_ rpcBytes: Int) -> Int { varint(rpcBytes) &+ rpcBytes }
}
