// One connection with a libp2p peer, as a value: bytes and instants come in, events and bytes come out. It negotiates
// security, proves and checks identities, negotiates yamux, opens identify and a stream for its own RPCs, and serves the
// peer's streams: RPCs of meshsub, identify, ping; `na` to everything else.
//
// The owner drains `output` and `events` after each call, wakes it at `deadline`, and closes the socket once `failure` is
// set and the output is sent. Every length is bounded and every state has a deadline: a peer can cost us one connection
// and what ConnectionLimits allow, nothing more.

public import Basics
internal import Gossip

/// One end of a connection.
public struct PeerConnection: ~Copyable {
  /// What a stream is for.
  enum Purpose {
    /// The peer has not said yet.
    case unknown
    /// Ours, waiting for the peer's answer.
    case proposing
    case identifyAnswer
    /// The peer pings; we ping.
    case ping
    case echo
    case pubsubIn
    case pubsubOut
    /// Served; what still comes is skipped.
    case done
  }

  struct Stream {
    var purpose: Purpose
    var negotiation: Multistream?
    /// When the peer's time for this stage ends.
    var deadline = Instant.never
    /// Identify: the message so far. Ping: the echo so far, or what the peer sent.
    var bytes: [UInt8] = []
  }

  private enum Stage { case security, handshake, muxer, open, ended }

  /// Something that begins and has to end: when the present one has to.
  struct Unfinished {
    var completed: UInt64 = 0
    var deadline = Instant.never

    /// Restarts the clock when one ended since, stops it when none has begun.
    mutating func note(_ completed: UInt64, hasBegun: Bool, at now: Instant, _ time: TimeSpan) {
      if !hasBegun {
        deadline = .never
      } else if deadline == .never || completed != self.completed {
        deadline = now + time
      }
      self.completed = completed
    }
  }

  public let settings: ConnectionSettings
  public let isDialer: Bool
  private let expected: PeerID?
  let observed: Multiaddr?
  private let secrets: HandshakeSecrets
  private var stage = Stage.security
  var negotiation: Multistream?
  private var channel: SecureChannel?
  private var kind = SecurityProtocol.noise
  /// What the channel has yet to seal.
  private var speech: [UInt8] = []
  var yamux: Yamux
  var streams: [UInt32: Stream] = [:]
  /// The streams' ids in the order of their opening.
  var order: [UInt32] = []
  var pubsubIn: UInt32?
  var frames: FrameStream
  var rpcs: UInt64 = 0
  var pubsubOut: UInt32?
  var echo: (stream: UInt32, sent: Instant, payload: [UInt8])?

  private var upgradeDeadline: Instant
  private var messages = Unfinished()
  private var muxed = Unfinished()
  var framed = Unfinished()
  var uselessDeadline = Instant.never
  private var nextPing = Instant.never
  private var pongDeadline = Instant.never
  var pings: UInt32 = 0

  /// Since the last draining.
  public var events: [ConnectionEvent] = []
  /// To be sent.
  public var output: [UInt8] = []
  /// The peer's key once it is proven.
  public internal(set) var remote: HostPublicKey?
  /// Why the connection ended, from our side. Nothing happens any more.
  public private(set) var failure: ConnectionError?
  /// The version in which our RPCs go out; nil while none can.
  public internal(set) var pubsubVersion: String?
  /// The version in which the peer's RPCs come in; nil while none do.
  public internal(set) var peerVersion: String?

  /// Begins a connection that stands since now.
  ///
  /// - Parameters:
  ///   - expected: whom we dialed; nil when the address names nobody, and at a listener.
  ///   - observed: the peer's address as we see it, told by identify.
  public init(
    _ settings: ConnectionSettings, isDialer: Bool, expecting expected: PeerID? = nil,
    observed: Multiaddr? = nil, secrets: HandshakeSecrets, at now: Instant
  ) {
    precondition(!settings.security.isEmpty, "a connection needs a security protocol")
    precondition(!settings.pubsub.isEmpty, "a connection needs a version of meshsub")
    self.settings = settings
    self.isDialer = isDialer
    self.expected = expected
    self.observed = observed
    self.secrets = secrets
    upgradeDeadline = now + settings.times.upgrade
    yamux = Yamux(
      isDialer: isDialer, inboundMaximum: settings.limits.inboundStreams,
      pendingMaximum: settings.limits.pendingBytes)
    frames = FrameStream(frameBytesMaximum: settings.limits.rpcBytes)
    let names = settings.security.map(\.rawValue)
    negotiation =
      isDialer ? Multistream(proposing: names, output: &output) : Multistream(supporting: names)
  }

  public var counters: Yamux.Counters { yamux.counters }
  /// Bytes of RPCs that wait for the peer's window.
  public var pendingBytes: Int { pubsubOut.map { yamux.pendingBytes($0) } ?? 0 }
  /// Whether streams can be opened.
  public var isReady: Bool { stage == .open }

  // MARK: Input

  /// Bytes came from the socket.
  public mutating func receive(_ bytes: Span<UInt8>, at now: Instant) {
    guard failure == nil, !bytes.isEmpty else { return }
    pongDeadline = .never
    do throws(ConnectionError) {
      try take(bytes, at: now)
      try flush()
    } catch { fail(error) }
    watch(at: now)
  }

  mutating func take(_ bytes: Span<UInt8>, at now: Instant) throws(ConnectionError) {
    var rest = bytes
    if stage == .security {
      let consumed = try negotiateSecurity(rest)
      rest = rest.extracting(consumed...)
      guard stage == .handshake, !rest.isEmpty else { return }
    }
    var plain: [UInt8] = []
    do throws(SecurityError) { try channel?.receive(rest, output: &output, plain: &plain) } catch {
      throw .security(error)
    }
    if stage == .handshake, let key = channel?.remote { try secure(key) }
    guard !plain.isEmpty else { return }
    var said = plain.span
    if stage == .muxer {
      let consumed = try negotiateMuxer(said, at: now)
      said = said.extracting(consumed...)
    }
    guard stage == .open, !said.isEmpty else { return }
    do throws(YamuxError) { try yamux.receive(said) } catch {
      yamux.goAway(1)
      throw .streams(error)
    }
    try takeStreamEvents(at: now)
  }

  private mutating func negotiateSecurity(_ bytes: Span<UInt8>) throws(ConnectionError) -> Int {
    guard let (outcome, consumed) = negotiation?.receive(bytes, output: &output) else { return bytes.count }
    switch outcome {
    case .waiting: return consumed
    case .failed(let error): throw .negotiation(error)
    case .refused: throw .securityRefused
    case .agreed(let name):
      guard let kind = SecurityProtocol(rawValue: name) else { throw .securityRefused }
      self.kind = kind
      negotiation = nil
      do throws(SecurityError) {
        channel = try SecureChannel(
          kind, isDialer: isDialer, identity: settings.identity, secrets: secrets, output: &output)
      } catch { throw .security(error) }
      stage = .handshake
      return consumed
    }
  }

  /// The peer proved its key: is it one that we want?
  private mutating func secure(_ key: HostPublicKey) throws(ConnectionError) {
    let peer = key.peerID
    if peer == settings.identity.peerID { throw .ourself }
    if let expected, expected != peer { throw .wrongPeer(peer) }
    if case .members(let members) = settings.admission, !members.contains(peer) { throw .unknownPeer(peer) }
    remote = key
    events.append(.secured(key, kind))
    stage = .muxer
    let names = [ConnectionSettings.yamuxProtocol]
    negotiation = isDialer ? Multistream(proposing: names, output: &speech) : Multistream(supporting: names)
  }

  private mutating func negotiateMuxer(
    _ bytes: Span<UInt8>, at now: Instant
  ) throws(ConnectionError) -> Int {
    guard let (outcome, consumed) = negotiation?.receive(bytes, output: &speech) else { return bytes.count }
    switch outcome {
    case .waiting: return consumed
    case .failed(let error): throw .negotiation(error)
    case .refused: throw .muxerRefused
    case .agreed:
      negotiation = nil
      stage = .open
      upgradeDeadline = .never
      uselessDeadline = now + settings.times.useless
      nextPing = now + settings.times.keepAlive
      events.append(.ready)
      propose([ConnectionSettings.identifyProtocol], at: now)
      pubsubOut = propose(settings.pubsub, at: now)
      return consumed
    }
  }

  // MARK: Time

  /// When `expire` is due.
  public var deadline: Instant {
    guard failure == nil else { return .never }
    var first = min(upgradeDeadline, uselessDeadline, nextPing, pongDeadline)
    first = min(first, messages.deadline, muxed.deadline, framed.deadline)
    for id in order { first = min(first, streams[id]?.deadline ?? .never) }
    return first
  }

  /// Time passed.
  public mutating func expire(at now: Instant) {
    guard failure == nil else { return }
    if now >= upgradeDeadline {
      let late: ConnectionError.Stage =
        stage == .security ? .security : stage == .handshake ? .handshake : .muxer
      return fail(.deadline(late))
    }
    if now >= min(messages.deadline, muxed.deadline, framed.deadline) { return fail(.deadline(.unfinished)) }
    if now >= uselessDeadline { return fail(.deadline(.useless)) }
    if now >= pongDeadline { return fail(.deadline(.keepAlive)) }
    for id in order where now >= streams[id]?.deadline ?? .never { return fail(.deadline(.stream)) }
    if now >= nextPing {
      pings &+= 1
      yamux.ping(pings)
      nextPing = now + settings.times.keepAlive
      pongDeadline = nextPing
      do throws(ConnectionError) { try flush() } catch { fail(error) }
    }
  }

  /// Keeps the clocks of what has begun and not ended, one a layer.
  private mutating func watch(at now: Instant) {
    guard failure == nil, let channel else { return }
    let time = settings.times.unfinished
    messages.note(channel.messagesReceived, hasBegun: channel.isInsideMessage, at: now, time)
    muxed.note(yamux.framesReceived, hasBegun: yamux.isInsideFrame, at: now, time)
    framed.note(rpcs, hasBegun: frames.isInsideFrame, at: now, time)
  }

  // MARK: Output

  /// Sends an RPC. False, and nothing taken, when the peer has no stream for it or does not take what waits already.
  public mutating func send(rpc: Span<UInt8>) -> Bool {
    guard failure == nil, pubsubVersion != nil, let pubsubOut else { return false }
    var frame: [UInt8] = []
    frame.append(addingCapacity: WireSize.framed(rpc.count)) { $0.append(frame: rpc) }
    guard yamux.send(pubsubOut, frame.span) else { return false }
    do throws(ConnectionError) { try flush() } catch { fail(error) }
    return true
  }

  /// Sends a libp2p ping with 32 bytes never used before; `.roundTrip` when they come back. False while one is under way
  /// or no stream can be opened.
  public mutating func ping(_ payload: [UInt8], at now: Instant) -> Bool {
    precondition(payload.count == Self.pingBytes, "a ping has 32 bytes")
    guard failure == nil, stage == .open, echo == nil else { return false }
    guard let id = propose([ConnectionSettings.pingProtocol], at: now) else { return false }
    echo = (id, now, payload)
    do throws(ConnectionError) { try flush() } catch { fail(error) }
    return true
  }

  /// Ends the session in order: tells the peer. The owner closes the socket behind the output.
  public mutating func close() {
    guard failure == nil else { return }
    if stage == .open {
      yamux.goAway(0)
      do throws(ConnectionError) { try flush() } catch { fail(error) }
    }
    stage = .ended
  }

  private mutating func flush() throws(ConnectionError) {
    if !yamux.output.isEmpty {
      speech += yamux.output
      yamux.output.removeAll(keepingCapacity: true)
    }
    guard !speech.isEmpty, channel?.isEstablished == true else { return }
    do throws(SecurityError) { try channel?.seal(speech, into: &output) } catch { throw .security(error) }
    speech.removeAll(keepingCapacity: true)
  }

  private mutating func fail(_ error: ConnectionError) {
    try? flush()
    failure = error
    stage = .ended
  }
}
