// The extensions of GossipSub v1.3 (*Extensions*): each side names its own in the first RPC of a connection, once;
// what both named holds. Unknown ones are ignored.

/// Extensions that a node offers or a peer named.
@frozen public struct ExtensionSet: OptionSet, Sendable, Hashable, BitwiseCopyable {
  public var rawValue: UInt8
  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// `partialMessages`, field 10: peers exchange parts of large messages by group.
  @inlinable public static var partialMessages: ExtensionSet { ExtensionSet(rawValue: 1) }
  /// `testExtension`, field 6492434: does nothing; interoperability tests look for it.
  @inlinable public static var test: ExtensionSet { ExtensionSet(rawValue: 2) }
}
