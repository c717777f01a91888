// Whether messages tell and prove their author (libp2p pubsub, *Message signing*), and what a message's id is made of.
//
// The router does not see keys: who decodes a message says what it found, and the policy decides. A signature is
// checked before the message counts as seen, so a forged copy neither hides the true one nor keeps a promise.

/// What a message shows of its author.
@frozen public enum Authorship: UInt8, Sendable, Hashable, BitwiseCopyable {
  /// No author, sequence number or signature.
  case absent
  /// All three, and the signature is the author's.
  case valid
  /// All three, and the signature is not the author's.
  case forged
  /// An author and sequence number without a signature.
  case unsigned
}

/// What is accepted of a message's author fields, and what own messages carry.
@frozen public enum SigningPolicy: UInt8, Sendable, Hashable, CaseIterable, Codable {
  /// Author, sequence number and signature must be there and valid.
  case strictSign
  /// None of them may be there (Ethereum): the id is of the content.
  case strictNoSign
  /// Own messages are signed; others' are checked when they are. Legacy.
  case laxSign
  /// Own messages are not signed; others' are checked when they are. Legacy.
  case laxNoSign

  /// Whether a message that shows this is taken.
  @inlinable public func accepts(_ authorship: Authorship) -> Bool {
    switch self {
    case .strictSign: authorship == .valid
    case .strictNoSign: authorship == .absent
    case .laxSign, .laxNoSign: authorship != .forged
    }
  }

  /// What own messages carry.
  @inlinable public var ownAuthorship: Authorship {
    switch self {
    case .strictSign, .laxSign: .valid
    case .strictNoSign: .absent
    case .laxNoSign: .unsigned
    }
  }
}

/// What a message's id is made of. All peers of a topic must agree on it.
@frozen public enum MessageIdentity: UInt8, Sendable, Hashable, Codable {
  /// 20 bytes of a hash of topic and data (Ethereum consensus p2p, *message-id*): equal data is one message.
  case content
  /// `from || seqno`, the default of libp2p pubsub: equal data published twice is two messages.
  case authorAndSequence

  /// Bytes of an id on the wire.
  @inlinable public var byteCount: Int {
    switch self {
    case .content: ContentID.byteCount
    case .authorAndSequence: WireSize.peerID + 8
    }
  }
}
