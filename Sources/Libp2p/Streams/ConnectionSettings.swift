// What a connection is made with: who we are, whom we take, what we speak, and every bound and time-out, each with its
// reason.

public import Basics

/// Which peers a connection is made with.
public enum PeerAdmission: Sendable {
  /// Anybody who proves a key.
  case open
  /// These.
  case members(Set<PeerID>)
}

/// Bounds of one connection.
public struct ConnectionLimits: Sendable {
  /// Streams that the peer may have open at once. go-libp2p 256 a connection; a GossipSub peer needs three.
  public var inboundStreams = 32
  /// Bytes of an RPC. go-libp2p-pubsub 1 MiB.
  public var rpcBytes = 1 << 20
  /// Bytes that may wait for the window of our stream of RPCs: four of the largest.
  public var pendingBytes = 4 << 20
  public init() {}
}

/// How long a peer may take.
public struct ConnectionTimes: Sendable {
  /// From the first byte to agreed streams: negotiation, handshake, negotiation. go-libp2p 60 s for a dial; local
  /// networks need none of that.
  public var upgrade = TimeSpan.seconds(10)
  /// For a stream to agree on a protocol, and for identify to end.
  public var negotiation = TimeSpan.seconds(10)
  /// For what has begun (an encrypted message, a frame, an RPC) to end. A megabyte at 30 kB/s.
  public var unfinished = TimeSpan.seconds(30)
  /// For one side at least to have a stream of RPCs; a connection without any is of no use here.
  public var useless = TimeSpan.seconds(60)
  /// Between our pings, and for the answer to one.
  public var keepAlive = TimeSpan.seconds(30)
  public init() {}
}

/// What does not change while a connection lives.
public struct ConnectionSettings: Sendable {
  public var identity: HostIdentity
  /// In the order in which they are proposed.
  public var security: [SecurityProtocol] = [.noise]
  /// Versions of meshsub, best first.
  public var pubsub: [String] = ConnectionSettings.pubsubVersions
  public var admission = PeerAdmission.open
  public var limits = ConnectionLimits()
  public var times = ConnectionTimes()
  public var agentVersion = "avsim"
  /// What identify says of where we listen.
  public var listenAddresses: [Multiaddr] = []

  public init(identity: HostIdentity) { self.identity = identity }

  /// The versions spoken here, best first.
  public static let pubsubVersions = ["/meshsub/1.3.0", "/meshsub/1.2.0", "/meshsub/1.1.0", "/meshsub/1.0.0"]
  public static let identifyProtocol = "/ipfs/id/1.0.0"
  public static let pingProtocol = "/ipfs/ping/1.0.0"
  public static let yamuxProtocol = "/yamux/1.0.0"

  /// What the peer may open streams for.
  var offered: [String] { pubsub + [Self.identifyProtocol, Self.pingProtocol] }
}

/// Why a connection ended from our side.
public enum ConnectionError: Error, Equatable, Sendable {
  /// What was under way when the peer's time was over.
  public enum Stage: String, Sendable, CaseIterable {
    case security, handshake, muxer, stream, unfinished, useless, keepAlive
  }
  case negotiation(MultistreamError)
  /// The peer speaks none of our security protocols, or no yamux.
  case securityRefused
  case muxerRefused
  case security(SecurityError)
  /// The peer holds another key than that of the peer we dialed.
  case wrongPeer(PeerID)
  /// A peer that is not admitted.
  case unknownPeer(PeerID)
  /// We dialed ourselves.
  case ourself
  case streams(YamuxError)
  case frame(FrameError)
  case identify(IdentifyError)
  case deadline(Stage)
  /// The peer ended the session with this code.
  case goAway(UInt32)

  /// A short name for counting.
  public var name: String {
    switch self {
    case .negotiation: "negotiation"
    case .securityRefused: "securityRefused"
    case .muxerRefused: "muxerRefused"
    case .security: "security"
    case .wrongPeer: "wrongPeer"
    case .unknownPeer: "unknownPeer"
    case .ourself: "ourself"
    case .streams: "streams"
    case .frame: "frame"
    case .identify: "identify"
    case .deadline(let stage): "deadline.\(stage.rawValue)"
    case .goAway: "goAway"
    }
  }
}

/// What happened on a connection.
public enum ConnectionEvent: Equatable, Sendable {
  /// The peer proved this key, and is admitted.
  case secured(HostPublicKey, SecurityProtocol)
  /// Streams can be opened.
  case ready
  /// RPCs can be sent, in this version of meshsub.
  case pubsubOpened(String)
  /// The peer does not speak meshsub, or closed the stream of our RPCs: it hears nothing more.
  case pubsubRefused
  /// An RPC, without its length.
  case rpc([UInt8])
  /// The peer ended the stream of its RPCs: it says nothing more.
  case pubsubEnded
  case identified(IdentifyMessage)
  /// The peer does not tell what it is.
  case identifyRefused
  /// A libp2p ping of ours came back after this time.
  case roundTrip(TimeSpan)
}
