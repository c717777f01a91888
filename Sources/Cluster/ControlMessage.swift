// What the processes of a cluster, and the commands that look at it, say to each other over a unix socket: frames with a
// uvarint length, a byte of kind, and a body in fixed big-endian layout. Bodies that belong to others (scenarios, facts,
// transactions, requests) are opaque here. A peer of the same user is trusted to be honest, not to be free of bugs:
// every length is checked.

public import Basics
internal import Libp2p

/// One message of the control channel.
public enum ControlMessage: Equatable, Sendable {
  // From a process to its parent.
  /// The first message: which process of the cluster this is, and its protocol version.
  case hello(process: UInt32, version: UInt32)
  /// The listeners of the hosted nodes stand.
  case listening([NodePort])
  /// Every link of the hosted nodes stands.
  case connected
  /// What happened, in `Participants`' plain form.
  case facts([UInt8])
  /// A claim for the chain.
  case submission([UInt8])
  /// Counters, as JSON.
  case statistics([UInt8])
  /// The run is over here; the last counters, as JSON.
  case finished([UInt8])
  /// This process cannot go on.
  case failed(String)
  /// What the parent's clock said when it asked, and what ours says.
  case clockAnswer(asked: UInt64, own: UInt64)
  /// A fault came into force here, or ended, at this instant of our clock.
  case struck(fault: UInt32, begins: Bool, at: UInt64)

  // From the parent to a process.
  /// What to run, as JSON.
  case assignment([UInt8])
  /// The listeners of all nodes, by id.
  case peers([UInt16])
  /// Nodes that listen elsewhere since their process came back.
  case moved([NodePort])
  /// The run's instant zero, on the receiver's CLOCK_MONOTONIC.
  case start(at: UInt64)
  /// A task was announced.
  case task([UInt8])
  /// Something changed on chain that nodes act on.
  case chain([UInt8])
  /// A fault begins; the body says which.
  case fault(id: UInt32, [UInt8])
  case heal(id: UInt32)
  /// Stop, send what is left, and end.
  case stop
  /// What does your clock say? Asked of processes on other hosts.
  case clock(asked: UInt64)

  // Between a command and the cluster's daemon.
  case request([UInt8])
  case response([UInt8])

  /// A node and its listener's port.
  public struct NodePort: Equatable, Sendable {
    public var node: NodeID
    public var port: UInt16
    public init(_ node: NodeID, _ port: UInt16) {
      self.node = node
      self.port = port
    }
  }

  /// Version of this protocol: parent and children are the same executable, commands may be older.
  public static let version: UInt32 = 3
  /// Bytes of the largest message.
  public static let bytesMaximum = 1 << 26
}

/// Why bytes are no control message.
public enum ControlMessageError: Error, Equatable, Sendable {
  case empty
  case unknownKind(UInt8)
  /// The body of this kind has another length.
  case length(kind: UInt8, bytes: Int)
  /// A byte that is neither 0 nor 1.
  case flag(kind: UInt8, UInt8)
  /// Text that is no UTF-8.
  case text(kind: UInt8)
}

extension ControlMessage {
  private enum Kind: UInt8 {
    case hello = 1, listening, connected, facts, submission, statistics, finished, failed, clockAnswer, struck
    case assignment = 32, peers, moved, start, task, chain, fault, heal, stop, clock
    case request = 64, response
  }

  /// The message as a frame's body.
  public var encoded: [UInt8] {
    switch self {
    case .hello(let process, let version): Self.bytes(.hello) { $0 += word(process, 4) + word(version, 4) }
    case .listening(let ports): Self.bytes(.listening) { Self.append(ports, to: &$0) }
    case .connected: Self.bytes(.connected) { _ in }
    case .facts(let body): Self.bytes(.facts) { $0 += body }
    case .submission(let body): Self.bytes(.submission) { $0 += body }
    case .statistics(let body): Self.bytes(.statistics) { $0 += body }
    case .finished(let body): Self.bytes(.finished) { $0 += body }
    case .failed(let reason): Self.bytes(.failed) { $0 += Array(reason.utf8) }
    case .assignment(let body): Self.bytes(.assignment) { $0 += body }
    case .peers(let ports): Self.bytes(.peers) { for port in ports { $0 += word(port, 2) } }
    case .moved(let ports): Self.bytes(.moved) { Self.append(ports, to: &$0) }
    case .start(let at): Self.bytes(.start) { $0 += word(at, 8) }
    case .task(let body): Self.bytes(.task) { $0 += body }
    case .chain(let body): Self.bytes(.chain) { $0 += body }
    case .fault(let id, let body): Self.bytes(.fault) { $0 += word(id, 4) + body }
    case .heal(let id): Self.bytes(.heal) { $0 += word(id, 4) }
    case .stop: Self.bytes(.stop) { _ in }
    case .clock(let asked): Self.bytes(.clock) { $0 += word(asked, 8) }
    case .clockAnswer(let asked, let own): Self.bytes(.clockAnswer) { $0 += word(asked, 8) + word(own, 8) }
    case .struck(let fault, let begins, let at):
      Self.bytes(.struck) { $0 += word(fault, 4) + [begins ? 1 : 0] + word(at, 8) }
    case .request(let body): Self.bytes(.request) { $0 += body }
    case .response(let body): Self.bytes(.response) { $0 += body }
    }
  }

  private static func bytes(_ kind: Kind, _ body: (inout [UInt8]) -> Void) -> [UInt8] {
    var bytes = [kind.rawValue]
    body(&bytes)
    return bytes
  }

  private static func append(_ ports: [NodePort], to bytes: inout [UInt8]) {
    for port in ports { bytes += word(port.node.rawValue, 4) + word(port.port, 2) }
  }

  /// Reads a frame's body.
  public init(decoding frame: Span<UInt8>) throws(ControlMessageError) {
    guard !frame.isEmpty else { throw .empty }
    guard let kind = Kind(rawValue: frame[0]) else { throw .unknownKind(frame[0]) }
    let body = frame.extracting(1...)
    func number(_ range: Range<Int>) -> UInt64 { range.reduce(0) { $0 << 8 | UInt64(body[$1]) } }
    func exactly(_ count: Int) throws(ControlMessageError) {
      if body.count != count { throw .length(kind: kind.rawValue, bytes: body.count) }
    }
    func multiple(_ count: Int) throws(ControlMessageError) -> Range<Int> {
      if body.count % count != 0 { throw .length(kind: kind.rawValue, bytes: body.count) }
      return 0..<body.count / count
    }
    var copy: [UInt8] { [UInt8](capacity: body.count) { $0.append(bytes: body) } }
    switch kind {
    case .hello:
      try exactly(8)
      self = .hello(process: UInt32(number(0..<4)), version: UInt32(number(4..<8)))
    case .listening, .moved:
      let ports = try multiple(6).map {
        NodePort(NodeID(UInt32(number($0 * 6..<$0 * 6 + 4))), UInt16(number($0 * 6 + 4..<$0 * 6 + 6)))
      }
      self = kind == .listening ? .listening(ports) : .moved(ports)
    case .connected:
      try exactly(0)
      self = .connected
    case .facts: self = .facts(copy)
    case .submission: self = .submission(copy)
    case .statistics: self = .statistics(copy)
    case .finished: self = .finished(copy)
    case .failed:
      guard let reason = String(validating: copy, as: UTF8.self) else { throw .text(kind: kind.rawValue) }
      self = .failed(reason)
    case .assignment: self = .assignment(copy)
    case .peers: self = .peers(try multiple(2).map { UInt16(number($0 * 2..<$0 * 2 + 2)) })
    case .start:
      try exactly(8)
      self = .start(at: number(0..<8))
    case .task: self = .task(copy)
    case .chain: self = .chain(copy)
    case .fault:
      guard body.count >= 4 else { throw .length(kind: kind.rawValue, bytes: body.count) }
      self = .fault(id: UInt32(number(0..<4)), Array(copy.dropFirst(4)))
    case .heal:
      try exactly(4)
      self = .heal(id: UInt32(number(0..<4)))
    case .stop:
      try exactly(0)
      self = .stop
    case .clock:
      try exactly(8)
      self = .clock(asked: number(0..<8))
    case .clockAnswer:
      try exactly(16)
      self = .clockAnswer(asked: number(0..<8), own: number(8..<16))
    case .struck:
      try exactly(13)
      guard body[4] <= 1 else { throw .flag(kind: kind.rawValue, body[4]) }
      self = .struck(fault: UInt32(number(0..<4)), begins: body[4] == 1, at: number(5..<13))
    case .request: self = .request(copy)
    case .response: self = .response(copy)
    }
  }
}

private func word(_ value: some FixedWidthInteger & UnsignedInteger, _ count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: UInt64(value) >> (8 * UInt64(count - 1 - $0))) }
}
