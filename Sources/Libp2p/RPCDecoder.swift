// A GossipSub RPC as it lies in its frame (libp2p pubsub proto2; GossipSub v1.3, `rpc.proto`): parts are ranges of the
// frame, kept in tables that the reader reuses from frame to frame.
//
// Unknown fields are skipped (other implementations add some to nearly every RPC). Every count and every length has a
// bound. No input traps; a refused frame leaves nothing behind.

public import Basics

/// What one RPC may hold.
public struct RPCLimits: Sendable {
  /// Bytes of a whole RPC. go-libp2p-pubsub: 1 MiB.
  public var rpcBytes = 1 << 20
  /// Published messages in one RPC.
  public var publications = 1_024
  /// Bytes of one message's data.
  public var dataBytes = 1 << 20
  /// Bytes of a topic's name.
  public var topicBytes = 256
  public var subscriptions = 1_024
  /// IHAVE, IWANT, GRAFT, PRUNE and IDONTWANT parts together.
  public var controls = 1_024
  /// Message ids of all parts together. go-libp2p-pubsub: 5000 a heartbeat.
  public var identifiers = 5_000
  /// Bytes of one message id.
  public var identifierBytes = 256
  /// Peers named in all PRUNE parts together. go names 16.
  public var peers = 256
  public init() {}
}

/// What becomes of the author fields of messages (from, seqno, signature, key).
public enum AuthorPolicy: Sendable {
  /// Ignored: the application's own bytes say who speaks.
  case skip
  /// Refused (libp2p pubsub, *StrictNoSign*).
  case reject
}

/// Why an RPC is refused.
public enum RPCError: Error, Equatable, Sendable {
  case wire(WireError)
  /// More of something than the limit.
  case tooMany(Part, limit: Int)
  /// A part longer than the limit.
  case tooLong(Part, bytes: Int, limit: Int)
  /// A field of another wire type than the specification gives it.
  case wrongType(Part, field: UInt32)
  /// A message without a topic, or control without one where it needs it.
  case missingTopic(Part)
  /// An author field under `AuthorPolicy.reject`.
  case authored(field: UInt32)

  /// What it is about.
  public enum Part: Equatable, Sendable {
    case rpc, subscription, publication, data, topic, control, identifier, peer
  }
}

/// The parts of one RPC, in the order in which they lie in the frame. Reused: `decode` forgets the RPC before.
public struct DecodedRPC: ~Copyable {
  @frozen public struct Subscription: Equatable, Sendable, BitwiseCopyable {
    public var topic: ByteRange
    public var subscribes: Bool
  }

  @frozen public struct Publication: Equatable, Sendable, BitwiseCopyable {
    public var topic: ByteRange
    /// Empty when the message has no data.
    public var data: ByteRange
    /// The whole message, as `PubsubMessage` reads it.
    public var message: ByteRange
  }

  @frozen public enum ControlKind: UInt8, Sendable { case ihave, iwant, graft, prune, idontwant, extensions }

  @frozen public struct Control: Equatable, Sendable, BitwiseCopyable {
    public var kind: ControlKind
    /// Empty for IWANT, IDONTWANT and Extensions.
    public var topic: ByteRange
    /// Its ids: a range of `identifiers`.
    public var firstIdentifier: UInt32
    public var identifierCount: UInt32
    /// PRUNE's backoff in seconds; zero when the sender named none.
    public var backoffSeconds: UInt64
    /// The peer ids that a PRUNE names: a range of `peers`.
    public var firstPeer: UInt32
    public var peerCount: UInt32
    /// Extensions: bit 0 partial messages, bit 1 the test extension.
    public var extensions: UInt8
  }

  public private(set) var subscriptions = Table<Subscription>()
  public private(set) var publications = Table<Publication>()
  public private(set) var controls = Table<Control>()
  public private(set) var identifiers = Table<ByteRange>()
  public private(set) var peers = Table<ByteRange>()

  public init() {}

  /// Reads `frame`. On an error nothing of it is left here.
  public mutating func decode(
    _ frame: Span<UInt8>, _ limits: RPCLimits = RPCLimits(), authors: AuthorPolicy = .reject
  ) throws(RPCError) {
    removeAll()
    guard frame.count <= limits.rpcBytes else {
      throw .tooLong(.rpc, bytes: frame.count, limit: limits.rpcBytes)
    }
    do throws(RPCError) { try read(frame, limits, authors) } catch {
      removeAll()
      throw error
    }
  }

  private mutating func removeAll() {
    subscriptions.removeAll()
    publications.removeAll()
    controls.removeAll()
    identifiers.removeAll()
    peers.removeAll()
  }

  // MARK: Messages of rpc.proto

  private mutating func read(
    _ frame: Span<UInt8>, _ limits: RPCLimits, _ authors: AuthorPolicy
  ) throws(RPCError) {
    var cursor = WireCursor(frame)
    while let (field, value) = try next(&cursor, frame) {
      switch field {
      case 1: try readSubscription(bytes(value, .rpc, field), frame, limits)
      case 2: try readPublication(bytes(value, .rpc, field), frame, limits, authors)
      case 3: try readControl(bytes(value, .rpc, field), frame, limits)
      default: break
      }
    }
  }

  private mutating func readSubscription(
    _ range: ByteRange, _ frame: Span<UInt8>, _ limits: RPCLimits
  ) throws(RPCError) {
    guard subscriptions.count < limits.subscriptions else {
      throw .tooMany(.subscription, limit: limits.subscriptions)
    }
    var cursor = WireCursor(range)
    var topic: ByteRange?
    var subscribes = false
    while let (field, value) = try next(&cursor, frame) {
      switch field {
      case 1: subscribes = try integer(value, .subscription, field) != 0
      case 2: topic = try bounded(bytes(value, .subscription, field), .topic, limits.topicBytes)
      default: break
      }
    }
    guard let topic else { throw .missingTopic(.subscription) }
    subscriptions.append(Subscription(topic: topic, subscribes: subscribes))
  }

  private mutating func readPublication(
    _ range: ByteRange, _ frame: Span<UInt8>, _ limits: RPCLimits, _ authors: AuthorPolicy
  ) throws(RPCError) {
    guard publications.count < limits.publications else {
      throw .tooMany(.publication, limit: limits.publications)
    }
    var cursor = WireCursor(range)
    var topic: ByteRange?
    var data = ByteRange(0, 0)
    while let (field, value) = try next(&cursor, frame) {
      switch field {
      case 2: data = try bounded(bytes(value, .publication, field), .data, limits.dataBytes)
      case 4: topic = try bounded(bytes(value, .publication, field), .topic, limits.topicBytes)
      case 1, 3, 5, 6:
        _ = try bytes(value, .publication, field)
        if case .reject = authors { throw .authored(field: field) }
      default: break
      }
    }
    guard let topic else { throw .missingTopic(.publication) }
    publications.append(Publication(topic: topic, data: data, message: range))
  }

  private mutating func readControl(
    _ range: ByteRange, _ frame: Span<UInt8>, _ limits: RPCLimits
  ) throws(RPCError) {
    var cursor = WireCursor(range)
    while let (field, value) = try next(&cursor, frame) {
      let kind: ControlKind
      switch field {
      case 1: kind = .ihave
      case 2: kind = .iwant
      case 3: kind = .graft
      case 4: kind = .prune
      case 5: kind = .idontwant
      case 6: kind = .extensions
      default: continue
      }
      guard controls.count < limits.controls else { throw .tooMany(.control, limit: limits.controls) }
      try readControlPart(kind, bytes(value, .control, field), frame, limits)
    }
  }

  private mutating func readControlPart(
    _ kind: ControlKind, _ range: ByteRange, _ frame: Span<UInt8>, _ limits: RPCLimits
  ) throws(RPCError) {
    var cursor = WireCursor(range)
    let first = identifiers.count
    let firstPeer = peers.count
    var extensions: UInt8 = 0
    var topic: ByteRange?
    var backoff: UInt64 = 0
    let hasTopic = kind == .ihave || kind == .graft || kind == .prune
    let identifierField: UInt32 = kind == .ihave ? 2 : kind == .iwant || kind == .idontwant ? 1 : 0
    while let (field, value) = try next(&cursor, frame) {
      if field == identifierField {
        let identifier = try bounded(bytes(value, .control, field), .identifier, limits.identifierBytes)
        guard identifiers.count < limits.identifiers else {
          throw .tooMany(.identifier, limit: limits.identifiers)
        }
        identifiers.append(identifier)
      } else if field == 1 && hasTopic {
        topic = try bounded(bytes(value, .control, field), .topic, limits.topicBytes)
      } else if field == 3 && kind == .prune {
        backoff = try integer(value, .control, field)
      } else if field == 2 && kind == .prune {
        try readPeer(bytes(value, .control, field), frame, limits)
      } else if kind == .extensions && (field == 10 || field == 6_492_434) {
        if try integer(value, .control, field) != 0 { extensions |= field == 10 ? 1 : 2 }
      }
    }
    if hasTopic && topic == nil { throw .missingTopic(.control) }
    controls.append(
      Control(
        kind: kind, topic: topic ?? ByteRange(0, 0), firstIdentifier: UInt32(first),
        identifierCount: UInt32(identifiers.count - first), backoffSeconds: backoff,
        firstPeer: UInt32(firstPeer), peerCount: UInt32(peers.count - firstPeer), extensions: extensions))
  }

  /// A PeerInfo: its id. The signed record is not looked into.
  private mutating func readPeer(
    _ range: ByteRange, _ frame: Span<UInt8>, _ limits: RPCLimits
  ) throws(RPCError) {
    var cursor = WireCursor(range)
    while let (field, value) = try next(&cursor, frame) {
      guard field == 1 else { continue }
      let id = try bounded(bytes(value, .control, field), .identifier, limits.identifierBytes)
      guard peers.count < limits.peers else { throw .tooMany(.peer, limit: limits.peers) }
      peers.append(id)
    }
  }

  // MARK: Fields

  private func next(
    _ cursor: inout WireCursor, _ frame: Span<UInt8>
  ) throws(RPCError) -> (field: UInt32, value: WireValue)? {
    do throws(WireError) { return try cursor.next(frame) } catch { throw .wire(error) }
  }

  private func bytes(_ value: WireValue, _ part: RPCError.Part, _ field: UInt32) throws(RPCError) -> ByteRange
  {
    guard case .bytes(let range) = value else { throw .wrongType(part, field: field) }
    return range
  }

  private func integer(_ value: WireValue, _ part: RPCError.Part, _ field: UInt32) throws(RPCError) -> UInt64
  {
    guard case .integer(let number) = value else { throw .wrongType(part, field: field) }
    return number
  }

  private func bounded(_ range: ByteRange, _ part: RPCError.Part, _ limit: Int) throws(RPCError) -> ByteRange
  {
    guard range.count <= limit else { throw .tooLong(part, bytes: Int(range.count), limit: limit) }
    return range
  }
}
