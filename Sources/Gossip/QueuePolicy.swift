// What an outbound queue holds and what happens when it is full: the behaviours of go-libp2p-pubsub, rust-libp2p and
// nim-libp2p as values. The queue itself is `OutboundQueues`.

public import Basics

/// Which lane of an outbound queue an RPC takes.
@frozen public enum Lane: UInt8, Sendable, Hashable, CaseIterable {
  /// Subscriptions, GRAFT, PRUNE, IDONTWANT, Extensions.
  case control
  /// Messages of the node's own.
  case publish
  /// Messages that are forwarded.
  case forward
  /// IHAVE and IWANT, and the messages that answer IWANT.
  case gossip
}

/// In which order RPCs leave an outbound queue.
@frozen public enum QueueOrder: UInt8, Sendable, Hashable, CaseIterable, Codable {
  /// As they came; IDONTWANT alone goes ahead (go's urgent lane).
  case arrival
  /// Control first, the rest as it came (rust).
  case controlFirst
  /// Lane by lane: control, publish, forward, gossip (nim).
  case byLane
}

/// Bounds and behaviour of the outbound queue of each link.
public struct QueuePolicy: Sendable, Equatable {
  /// RPCs that wait on a link at once, control RPCs apart. go 32, rust 5,000, nim 1,024. 1 ... 1,048,576.
  public var limit = 32
  /// Control RPCs that wait at once. go: as `limit`, with which they share the queue; rust 20,000. 1 ... 1,048,576.
  public var controlLimit = 32
  /// Whether control shares the room of the others (go).
  public var sharesRoom = true
  /// In which order RPCs leave. As they came (go).
  public var order = QueueOrder.arrival
  /// How long an own message waits before it is given up; nil: for ever. rust 5 s. 1 ms ... 1 h.
  public var publishLife: TimeSpan?
  /// The same of a forwarded message. rust 1 s.
  public var forwardLife: TimeSpan?
  /// Whether a peer's IDONTWANT takes the copies that wait for it off the queue (rust).
  public var removesUnwanted = false
  /// Whether what is dropped or times out counts against the peer (`ScoreParameters.slowPeerWeight`).
  public var blamesSlowPeers = false
  /// Whether publishing fails when no queue takes the message (rust); else it is lost in silence (go).
  public var reportsFullQueues = false
  /// Whether control RPCs that find no room end the connection (nim).
  public var disconnectsOnControlOverflow = false

  public init() {}

  /// go-libp2p-pubsub: 32 RPCs, the newest is dropped, in silence.
  public static var go: QueuePolicy { QueuePolicy() }

  /// rust-libp2p: three lanes, stale messages are given up, slow peers are counted and blamed.
  public static var rust: QueuePolicy {
    var p = QueuePolicy()
    p.limit = 5000
    p.controlLimit = 20_000
    p.sharesRoom = false
    p.order = .controlFirst
    p.publishLife = .seconds(5)
    p.forwardLife = .seconds(1)
    p.removesUnwanted = true
    p.reportsFullQueues = true
    p.blamesSlowPeers = true
    return p
  }

  /// nim-libp2p: three priorities; overflow of the first ends the connection, of the others is dropped and blamed.
  public static var nim: QueuePolicy {
    var p = QueuePolicy()
    p.limit = 1024
    p.controlLimit = 1024
    p.sharesRoom = false
    p.order = .byLane
    p.blamesSlowPeers = true
    p.disconnectsOnControlOverflow = true
    return p
  }

  var violations: [ParameterViolation] {
    var found: [ParameterViolation] = []
    func check(_ name: String, _ value: Int) {
      if value >= 1, value <= 1 << 20 { return }
      found.append(
        value < 0
          ? .negative(parameter: name, value: value)
          : .outside(parameter: name, value: UInt64(value), least: 1, most: 1 << 20))
    }
    func check(_ name: String, _ value: TimeSpan?) {
      guard let value, value < .milliseconds(1) || value > .seconds(3600) else { return }
      found.append(
        .outside(parameter: name, value: value.nanoseconds, least: 1_000_000, most: 3_600_000_000_000))
    }
    check("queue.limit", limit)
    check("queue.controlLimit", controlLimit)
    check("queue.publishLife", publishLife)
    check("queue.forwardLife", forwardLife)
    return found
  }
}
