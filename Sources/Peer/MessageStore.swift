// The bytes behind the router's messages. The router knows messages by a hash of fixed length; on the wire an id is author
// and sequence number. Here is kept which id a hash stands for (messages and what peers announced), and the bytes of
// messages while the router may still send them. Both have bounds; what is dropped at a bound is counted.

internal import Basics
internal import Gossip
internal import Signatures

/// Ids and bytes of the messages of one router with one node.
struct MessageStore {
  /// Ids known at once.
  static let identifiersMaximum = 1 << 18
  /// Bytes of messages kept.
  static let bytesMaximum = 64 << 20

  private var identifiers: [ContentID: [UInt8]] = [:]
  /// In the order in which they came, from `identifiersHead`.
  private var identifierOrder: [ContentID] = []
  private var identifiersHead = 0
  private var encoded: [UInt32: [UInt8]] = [:]
  private var encodedOrder: [MessageHandle] = []
  private var encodedHead = 0
  private(set) var bytes = 0
  /// Ids refused, and messages dropped before their time, at a bound.
  private(set) var identifiersRefused: UInt64 = 0
  private(set) var messagesDropped: UInt64 = 0

  /// The hash by which the router knows an id.
  static func content(of identifier: [UInt8]) -> ContentID {
    let hash = sha256(identifier)
    return ContentID(high: hash.w0, middle: hash.w1, low: UInt32(truncatingIfNeeded: hash.w2 >> 32))
  }

  /// Remembers what `content` stands for. False at the bound.
  mutating func remember(_ identifier: [UInt8], as content: ContentID) -> Bool {
    if identifiers[content] != nil { return true }
    guard identifiers.count < Self.identifiersMaximum else {
      identifiersRefused += 1
      return false
    }
    identifiers[content] = identifier
    identifierOrder.append(content)
    return true
  }

  /// The id on the wire.
  func identifier(of content: ContentID) -> [UInt8]? { identifiers[content] }

  /// Keeps a message's bytes as long as the router may send it.
  mutating func keep(_ message: [UInt8], as handle: MessageHandle) {
    guard encoded.updateValue(message, forKey: handle.rawValue) == nil else { return }
    encodedOrder.append(handle)
    bytes += message.count
    while bytes > Self.bytesMaximum, encodedHead < encodedOrder.count - 1 {
      messagesDropped += 1
      dropFirst()
    }
  }

  /// The message's bytes; nil when they are gone.
  func message(_ handle: MessageHandle) -> [UInt8]? { encoded[handle.rawValue] }

  private mutating func dropFirst() {
    if let gone = encoded.removeValue(forKey: encodedOrder[encodedHead].rawValue) { bytes -= gone.count }
    encodedHead += 1
  }

  /// Forgets what the router neither caches nor knows any more. Cost: what is forgotten.
  mutating func sweep(_ router: borrowing Router, of node: NodeID) {
    while encodedHead < encodedOrder.count {
      let handle = encodedOrder[encodedHead]
      if router.isLive(handle) {
        let phase = router.phase(handle, at: node)
        if phase == .pending || phase == .cached { break }
      }
      dropFirst()
    }
    if encodedHead > 1_024, encodedHead * 2 > encodedOrder.count {
      encodedOrder.removeFirst(encodedHead)
      encodedHead = 0
    }
    while identifiersHead < identifierOrder.count,
      router.messages.handle(of: identifierOrder[identifiersHead]) == nil
    {
      identifiers[identifierOrder[identifiersHead]] = nil
      identifiersHead += 1
    }
    if identifiersHead > 1_024, identifiersHead * 2 > identifierOrder.count {
      identifierOrder.removeFirst(identifiersHead)
      identifiersHead = 0
    }
  }
}
