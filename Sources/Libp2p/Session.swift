// Who is at the other end: a mutual proof of identity before the first RPC. This is the seam at which libp2p's
// multistream, noise and yamux will take their place; whatever comes above sees `Session` only.
//
// Each side sends a hello (network, key, fresh nonce), and when it has accepted the other's, a proof: its signature
// over domain, network, its role, both nonces and both keys. A recorded proof fails on the nonce, a reflected one on
// the role. What follows is neither encrypted nor authenticated further: this admits peers on a network where nobody
// takes over TCP connections.
//
// Sans-IO: frames and instants come in, one result goes out. The owner frames the bytes, draws the nonce, and closes
// the connection at the deadline.

public import Basics
public import Signatures

/// Which network a node belongs to: 32 bytes that all its nodes agree on.
@frozen public struct NetworkID: Hashable, Sendable, BitwiseCopyable {
  public var w0, w1, w2, w3: UInt64
  public init(_ w0: UInt64, _ w1: UInt64, _ w2: UInt64, _ w3: UInt64) {
    self.w0 = w0
    self.w1 = w1
    self.w2 = w2
    self.w3 = w3
  }

  var bytes: [UInt8] { bigEndian([w0, w1, w2, w3]) }
}

/// 32 bytes never used before.
public typealias Nonce = NetworkID

func bigEndian(_ words: [UInt64]) -> [UInt8] {
  words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64($0))) } }
}

/// Which keys a session accepts.
public enum Admission: Sendable {
  /// This one: the node that was dialed.
  case exactly(PublicKey)
  /// Those of the topology.
  case members(Members)
  /// Any key that proves itself.
  case open
}

/// The keys of a topology and their nodes.
public struct Members: Sendable {
  private let nodes: [PublicKey: NodeID]
  /// Keys of nodes 0, 1, 2, ... A key that occurs twice names its first node.
  public init(_ keys: [PublicKey]) {
    nodes = Dictionary(
      zip(keys, (0..<keys.count).map { NodeID($0) }), uniquingKeysWith: { first, _ in first })
  }
  public func node(of key: PublicKey) -> NodeID? { nodes[key] }
}

/// Why a session was refused.
public enum SessionError: Error, Hashable, Sendable, CaseIterable {
  /// A frame of a length, kind or version that the protocol does not have here.
  case malformed
  /// The peer belongs to another network.
  case wrongNetwork
  /// The topology does not name the key.
  case unknownKey
  /// Somebody else than the node that was dialed.
  case wrongPeer
  /// Our own hello came back.
  case reflected
  /// The proof is not this key's for this session: a replay, or no holder of the key.
  case badProof
  /// The peer did not go on in time.
  case deadline
}

/// The handshake of one connection, as a value with one method per event.
public struct Session: Sendable {
  public enum Role: UInt8, Sendable {
    case dialer = 1
    case listener = 2
    var other: Role { self == .dialer ? .listener : .dialer }
  }

  public enum Phase: Equatable, Sendable {
    case awaitingHello
    case awaitingProof(PublicKey)
    case established(PublicKey)
    case refused(SessionError)
  }

  /// What to do after a frame.
  public enum Step: Equatable, Sendable {
    /// Send this frame, wait for the next.
    case send([UInt8])
    /// The peer is who it says; the session is over, the connection open.
    case established(PublicKey)
    /// Close the connection.
    case refuse(SessionError)
  }

  /// No frame of a handshake is longer.
  public static let frameBytesMaximum = 98
  /// Time that a peer has for each step, unless its owner gives another.
  public static let stepTime = TimeSpan.seconds(5)

  private static let version: UInt8 = 1
  private static let helloKind: UInt8 = 1
  private static let proofKind: UInt8 = 2
  private static let helloBytes = 98
  private static let proofBytes = 1 + Identity.signatureBytes
  private static let domain: [UInt8] = Array("avsim session proof 1".utf8)

  private let role: Role
  private let identity: Identity
  private let network: NetworkID
  private let nonce: Nonce
  private let admission: Admission
  private let stepTime: TimeSpan
  private var peerNonce: [UInt8] = []
  public private(set) var phase = Phase.awaitingHello
  /// When the peer's time for the present step ends; never once the session is decided.
  public private(set) var deadline: Instant

  /// Begins a session. `nonce` has to be fresh: drawn by the system, never seeded.
  public init(
    _ role: Role, _ identity: Identity, network: NetworkID, nonce: Nonce, admission: Admission,
    at now: Instant, stepTime: TimeSpan = Session.stepTime
  ) {
    self.stepTime = stepTime
    self.role = role
    self.identity = identity
    self.network = network
    self.nonce = nonce
    self.admission = admission
    deadline = now + stepTime
  }

  /// The first frame, to be sent at once.
  public var hello: [UInt8] {
    [Self.helloKind, Self.version] + network.bytes + identity.publicKey.bytes + nonce.bytes
  }

  /// Takes the next frame. Requires an undecided session.
  public mutating func receive(_ frame: Span<UInt8>, at now: Instant) -> Step {
    switch phase {
    case .awaitingHello: return receiveHello(frame, at: now)
    case .awaitingProof(let key): return receiveProof(frame, of: key)
    case .established, .refused: preconditionFailure("a frame for a session that is decided")
    }
  }

  /// Time passed: an error when the deadline is over.
  public mutating func expire(at now: Instant) -> SessionError? {
    guard now >= deadline else { return nil }
    _ = refuse(.deadline)
    return .deadline
  }

  private mutating func receiveHello(_ frame: Span<UInt8>, at now: Instant) -> Step {
    guard frame.count == Self.helloBytes, frame[0] == Self.helloKind, frame[1] == Self.version else {
      return refuse(.malformed)
    }
    let theirNetwork = copy(frame.extracting(2..<34))
    guard theirNetwork == network.bytes else { return refuse(.wrongNetwork) }
    guard let key = PublicKey(bytes: frame.extracting(34..<66)) else { return refuse(.malformed) }
    guard key != identity.publicKey else { return refuse(.reflected) }
    switch admission {
    case .exactly(let dialed): if key != dialed { return refuse(.wrongPeer) }
    case .members(let members): if members.node(of: key) == nil { return refuse(.unknownKey) }
    case .open: break
    }
    peerNonce = copy(frame.extracting(66..<98))
    guard peerNonce != nonce.bytes else { return refuse(.reflected) }
    phase = .awaitingProof(key)
    deadline = now + stepTime
    return .send([Self.proofKind] + identity.sign(statement(of: role, peer: key)))
  }

  private mutating func receiveProof(_ frame: Span<UInt8>, of key: PublicKey) -> Step {
    guard frame.count == Self.proofBytes, frame[0] == Self.proofKind else { return refuse(.malformed) }
    let signature = copy(frame.extracting(1..<frame.count))
    guard key.isValid(signature, of: statement(of: role.other, peer: key)) else { return refuse(.badProof) }
    phase = .established(key)
    deadline = .never
    return .established(key)
  }

  private mutating func refuse(_ error: SessionError) -> Step {
    phase = .refused(error)
    deadline = .never
    return .refuse(error)
  }

  /// What the holder of role `signer` signs.
  private func statement(of signer: Role, peer: PublicKey) -> [UInt8] {
    let mine = nonce.bytes + identity.publicKey.bytes
    let theirs = peerNonce + peer.bytes
    let both = role == .dialer ? mine + theirs : theirs + mine
    return Self.domain + network.bytes + [signer.rawValue] + both
  }

  private func copy(_ bytes: Span<UInt8>) -> [UInt8] {
    [UInt8](capacity: bytes.count) { $0.append(bytes: bytes) }
  }
}
