// What a peer tells whoever started it, and its form as a line of JSON: one object a line, `event` first, numbers as
// numbers, bytes as text when they are UTF-8 and as hexadecimal digits otherwise.

public import Gossip
public import Libp2p

/// Something that a peer's owner may want to know.
public enum PeerEvent: Sendable {
  case listening(Multiaddr)
  /// Both ends proved themselves, and what the peer speaks is known; `version` is nil for one that speaks no meshsub.
  case connected(PeerID, isDialer: Bool, SecurityProtocol, version: String?)
  /// What the peer said of itself.
  case identified(PeerID, agent: String)
  case subscribed(PeerID, topic: String)
  case unsubscribed(PeerID, topic: String)
  /// The peer is in our mesh, or no longer.
  case grafted(PeerID, topic: String)
  case pruned(PeerID, topic: String)
  /// A first copy, accepted. `from` is nil under StrictNoSign.
  case message(topic: String, from: PeerID?, sequence: UInt64?, via: PeerID, data: [UInt8])
  case published(topic: String, id: [UInt8], copies: Int)
  /// A link that stood ended, or an attempt failed (then `peer` may be nil).
  case disconnected(PeerID?, reason: String)
  /// The end, with all counts.
  case stopped(PeerTotals)
}

/// Counts since the start.
public struct PeerTotals: Equatable, Sendable {
  /// Parts of RPCs received.
  public var received = ReceivedParts()
  public var counters = Counters()
  /// Connections that came to streams, and attempts and connections that ended from our side, by reason.
  public var connections: UInt64 = 0
  public var refused: [String: UInt64] = [:]
  /// Messages refused for their form or signature.
  public var messagesRefused: UInt64 = 0
  /// RPCs not sent since the peer did not take what waited.
  public var sendsRefused: UInt64 = 0
  public init() {}
}

/// Parts of RPCs, by kind.
public struct ReceivedParts: Equatable, Sendable {
  public var rpcs: UInt64 = 0
  public var messages: UInt64 = 0
  public var subscriptions: UInt64 = 0
  public var graft: UInt64 = 0
  public var prune: UInt64 = 0
  public var ihave: UInt64 = 0
  public var iwant: UInt64 = 0
  public var idontwant: UInt64 = 0
  public init() {}
}

extension PeerEvent {
  /// One line, without its end.
  public var json: String {
    switch self {
    case .listening(let address): Self.line("listening", [("multiaddr", .text(address.description))])
    case .connected(let peer, let isDialer, let security, let version):
      Self.line(
        "connected",
        [
          ("peer", .text(peer.description)), ("direction", .text(isDialer ? "outbound" : "inbound")),
          ("security", .text(security.rawValue)), ("protocol", version.map { .text($0) } ?? .null),
        ])
    case .identified(let peer, let agent):
      Self.line("identified", [("peer", .text(peer.description)), ("agent", .text(agent))])
    case .subscribed(let peer, let topic): Self.line("subscribed", peer, topic)
    case .unsubscribed(let peer, let topic): Self.line("unsubscribed", peer, topic)
    case .grafted(let peer, let topic): Self.line("grafted", peer, topic)
    case .pruned(let peer, let topic): Self.line("pruned", peer, topic)
    case .message(let topic, let from, let sequence, let via, let data):
      Self.line(
        "message",
        [
          ("topic", .text(topic)), ("from", from.map { .text($0.description) } ?? .null),
          ("seqno", sequence.map { .number($0) } ?? .null), ("peer", .text(via.description)), Self.data(data),
        ])
    case .published(let topic, let id, let copies):
      Self.line(
        "published",
        [("topic", .text(topic)), ("id", .text(Self.hexadecimal(id))), ("copies", .number(UInt64(copies)))])
    case .disconnected(let peer, let reason):
      Self.line(
        "disconnected", [("peer", peer.map { .text($0.description) } ?? .null), ("reason", .text(reason))])
    case .stopped(let totals): Self.line("stopped", totals.fields)
    }
  }

  enum Value {
    case text(String)
    case number(UInt64)
    case null
    case object([(String, Value)])
  }

  private static func line(_ name: String, _ peer: PeerID, _ topic: String) -> String {
    line(name, [("peer", .text(peer.description)), ("topic", .text(topic))])
  }

  private static func line(_ name: String, _ fields: [(String, Value)]) -> String {
    write(.object([("event", .text(name))] + fields))
  }

  private static func write(_ value: Value) -> String {
    switch value {
    case .text(let text): quoted(text)
    case .number(let number): "\(number)"
    case .null: "null"
    case .object(let fields):
      "{" + fields.map { "\(quoted($0.0)):\(write($0.1))" }.joined(separator: ",") + "}"
    }
  }

  private static func data(_ data: [UInt8]) -> (String, Value) {
    if let text = String(validating: data, as: UTF8.self) { return ("data", .text(text)) }
    return ("dataHex", .text(hexadecimal(data)))
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

extension PeerTotals {
  fileprivate var fields: [(String, PeerEvent.Value)] {
    [
      ("connections", .number(connections)),
      ("refused", .object(refused.sorted { $0.key < $1.key }.map { ($0.key, .number($0.value)) })),
      ("messagesRefused", .number(messagesRefused)), ("sendsRefused", .number(sendsRefused)),
      (
        "received",
        .object([
          ("rpcs", .number(received.rpcs)), ("messages", .number(received.messages)),
          ("subscriptions", .number(received.subscriptions)), ("graft", .number(received.graft)),
          ("prune", .number(received.prune)), ("ihave", .number(received.ihave)),
          ("iwant", .number(received.iwant)), ("idontwant", .number(received.idontwant)),
        ])
      ),
      (
        "sent",
        .object([
          ("messages", .number(counters.copiesSent)), ("subscriptions", .number(counters.subscriptions)),
          ("graft", .number(counters.graft)), ("prune", .number(counters.prune)),
          ("ihave", .number(counters.ihave)), ("iwant", .number(counters.iwant)),
          ("idontwant", .number(counters.idontwant)),
        ])
      ),
      ("published", .number(counters.published)), ("accepted", .number(counters.accepted)),
      ("duplicates", .number(counters.duplicates)), ("rejected", .number(counters.rejected)),
      ("invalid", .number(counters.invalid)), ("iwantServed", .number(counters.iwantServed)),
    ]
  }
}
