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

  /// What the author fields add to a message: `from = 1`, `seqno = 3`, and `signature = 5` when it is signed. An Ed25519
  /// key is inside the peer id, so `key = 6` is left out.
  public static func author(_ authorship: Authorship) -> Int {
    switch authorship {
    case .absent: 0
    case .unsigned: field(peerID) + field(8)
    case .valid, .forged: field(peerID) + field(8) + field(64)
    }
  }

  /// RPC with one published message: `publish { from = 1, data = 2, seqno = 3, topic = 4, signature = 5 }`.
  public static func publish(dataBytes: Int, topicNameBytes: Int, authorship: Authorship = .absent) -> Int {
    field(field(dataBytes) &+ field(topicNameBytes) &+ author(authorship))
  }

  /// `subscriptions { subscribe = 1, topicid = 2, requestsPartial = 3, supportsSendingPartial = 4 }`.
  public static func subscription(topicNameBytes: Int, partial: Bool = false) -> Int {
    field(2 &+ field(topicNameBytes) &+ (partial ? 4 : 0))
  }

  /// `graft { topicID = 1 }`, inside ControlMessage.
  @inlinable public static func graft(topicNameBytes: Int) -> Int { field(field(topicNameBytes)) }

  /// `PeerInfo { peerID = 1, signedPeerRecord = 2 }` inside PRUNE.
  public static func peerInfo(recordBytes: Int) -> Int {
    field(field(peerID) &+ (recordBytes == 0 ? 0 : field(recordBytes)))
  }

  /// `prune { topicID = 1, peers = 2, backoff = 3 }`, inside ControlMessage; a backoff of zero is left out.
  public static func prune(
    topicNameBytes: Int, backoffSeconds: UInt32, peers: Int = 0, recordBytes: Int = 0
  ) -> Int {
    field(
      field(topicNameBytes) &+ peers &* peerInfo(recordBytes: recordBytes)
        &+ (backoffSeconds == 0 ? 0 : 1 &+ varint(Int(backoffSeconds))))
  }

  /// `ihave { topicID = 1, messageIDs = 2 }`, inside ControlMessage.
  @inlinable public static func ihave(
    topicNameBytes: Int, identifiers: Int, identifierBytes: Int = ContentID.byteCount
  ) -> Int {
    field(field(topicNameBytes) &+ identifiers &* field(identifierBytes))
  }

  /// `iwant { messageIDs = 1 }` and `idontwant { messageIDs = 1 }`, inside ControlMessage.
  @inlinable public static func iwant(identifiers: Int, identifierBytes: Int = ContentID.byteCount) -> Int {
    field(identifiers &* field(identifierBytes))
  }

  /// `extensions { partialMessages = 10, testExtension = 6492434 }`, inside ControlMessage.
  public static func extensions(_ set: ExtensionSet) -> Int {
    field((set.contains(.partialMessages) ? 2 : 0) &+ (set.contains(.test) ? 5 : 0))
  }

  /// `partial { topicID = 1, groupID = 2, partialMessage = 3, partsMetadata = 4 }` of the RPC, with a group of 8 bytes and
  /// metadata of 8; without parts the third field is left out.
  public static func partial(topicNameBytes: Int, partsBytes: Int) -> Int {
    field(field(topicNameBytes) &+ field(8) &+ (partsBytes == 0 ? 0 : field(partsBytes)) &+ field(8))
  }

  /// A frame on the stream: the RPC behind its varint length.
  @inlinable public static func framed(_ rpcBytes: Int) -> Int { varint(rpcBytes) &+ rpcBytes }
}
