// What a transport is told at its beginning, whom it tells what it hears, and what it counts.

public import Basics
public import Libp2p
public import Signatures

/// Who receives what the transport carries. All calls come from the loop.
public protocol TransportReceiver: AnyObject {
  /// A frame from the neighbour at `slot`, which is the receiving node's own slot. Gone when this returns.
  func received(_ frame: Span<UInt8>, slot: Int)
  /// Frames can be sent over `slot` from now on.
  func linkUp(slot: Int)
  /// The link is gone until the next `linkUp`.
  func linkDown(slot: Int)
}

/// What is counted since the start.
public struct TransportCounters: Equatable, Sendable {
  /// Frames handed to sockets, and their bytes with length prefixes.
  public var framesSent: UInt64 = 0
  public var bytesSent: UInt64 = 0
  public var framesReceived: UInt64 = 0
  public var bytesReceived: UInt64 = 0
  /// Frames not sent since the link was not up.
  public var droppedNoLink: UInt64 = 0
  /// Frames not sent since the peer was too slow to take what waited for it, by kind.
  public var droppedMessages: UInt64 = 0
  public var droppedControl: UInt64 = 0
  /// Sessions refused, by reason.
  public var refused: [SessionError: UInt64] = [:]
  /// Peers that proved themselves but have no link to the node they dialed.
  public var refusedNoLink: UInt64 = 0
  /// Peers beside the topology that proved themselves and found every place taken.
  public var refusedFull: UInt64 = 0
  /// Connections closed at once since too many were being admitted.
  public var refusedBusy: UInt64 = 0
  /// Links closed since the peer's bytes were no frames.
  public var brokenFrames: UInt64 = 0
  /// Links closed by the receiver of the frames, for what was in them.
  public var expelled: UInt64 = 0
  /// Dials that failed, and links that broke.
  public var dialsFailed: UInt64 = 0
  public var linksLost: UInt64 = 0
  public init() {}

  /// Those that are not zero, by name, but for what was carried: what was refused, dropped and lost.
  public var troubles: [String: UInt64] {
    var named: [(String, UInt64)] = SessionError.allCases.map { ("refused.\($0)", refused[$0] ?? 0) }
    named += [
      ("refused.noLink", refusedNoLink), ("refused.full", refusedFull), ("refused.busy", refusedBusy),
      ("dropped.noLink", droppedNoLink),
      ("dropped.messages", droppedMessages), ("dropped.control", droppedControl),
      ("lost.brokenFrames", brokenFrames), ("lost.expelled", expelled), ("lost.links", linksLost),
      ("lost.dials", dialsFailed),
    ]
    return Dictionary(uniqueKeysWithValues: named.filter { $0.1 > 0 })
  }
}

/// What a frame is, for counting drops.
public enum FrameKind: Sendable { case message, control }

/// What links speak.
public enum Wire: Equatable, Sendable {
  /// Our own session and frames: fast, and only for nodes of ours.
  case frames
  /// libp2p: any implementation that holds a node's key can take part.
  case libp2p(SecurityProtocol)
}

/// What does not change while a transport lives.
public struct TransportSettings: Sendable {
  public var network: NetworkID
  public var wire = Wire.frames
  /// Versions of meshsub that are spoken where links speak libp2p, best first.
  public var pubsub = ConnectionSettings.pubsubVersions
  /// Places for peers whose keys are not among `keys`; the last nodes of the wiring. Only where links speak libp2p.
  public var guests = 0
  /// Public keys of all nodes of the topology, by id.
  public var members: Members
  public var keys: [PublicKey]
  /// Identities of the hosted nodes are derived from this.
  public var seed: UInt64
  /// Where nodes listen, by id; empty: all on the loopback interface.
  public var addresses: [String] = []
  /// Bytes of one frame.
  public var frameBytesMaximum = 1 << 20
  /// Bytes that may wait for one peer.
  public var outputBytesMaximum = 1 << 22
  /// Sessions under way that others began.
  public var admissionsMaximum = 4_096
  /// Time that a peer has for each step of its session.
  public var stepTime = Session.stepTime
  /// Pause before the first redial; doubles up to `redialMaximum`.
  public var redialMinimum = TimeSpan.milliseconds(50)
  public var redialMaximum = TimeSpan.seconds(1)

  func address(of node: Int) -> String { addresses.isEmpty ? "127.0.0.1" : addresses[node] }

  /// Every node's identity is a function of (seed, node). Cost: about 50 us a node.
  public init(network: NetworkID, seed: UInt64, nodes: Int) {
    self.network = network
    self.seed = seed
    keys = (0..<nodes).map { Identity(seed: seed, node: UInt32($0)).publicKey }
    members = Members(keys)
  }
}
