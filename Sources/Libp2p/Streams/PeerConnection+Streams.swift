// The streams of a connection: ours for identify and RPCs, the peer's for RPCs of meshsub, identify and ping, `na` to
// everything else. What a stream carries is bounded before it is kept.

internal import Basics
internal import Gossip

extension PeerConnection {
  static let pingBytes = 32

  @discardableResult
  mutating func propose(_ names: [String], at now: Instant) -> UInt32? {
    guard let id = yamux.open() else { return nil }
    var first: [UInt8] = []
    let negotiation = Multistream(proposing: names, output: &first)
    add(id, Stream(purpose: .proposing, negotiation: negotiation, deadline: now + settings.times.negotiation))
    _ = yamux.send(id, first.span)
    return id
  }

  private mutating func add(_ id: UInt32, _ stream: Stream) {
    streams[id] = stream
    order.append(id)
  }

  private mutating func remove(_ id: UInt32) {
    guard streams.removeValue(forKey: id) != nil else { return }
    order.removeAll { $0 == id }
  }

  mutating func takeStreamEvents(at now: Instant) throws(ConnectionError) {
    var batch: [YamuxEvent] = []
    swap(&batch, &yamux.events)
    for event in batch {
      switch event {
      case .opened(let id):
        let negotiation = Multistream(supporting: settings.offered)
        add(
          id, Stream(purpose: .unknown, negotiation: negotiation, deadline: now + settings.times.negotiation))
      case .data(let id, let bytes): try take(bytes.span, on: id, at: now)
      case .ended(let id): try ended(id)
      case .reset(let id): lost(id)
      case .pong: break
      case .goAway(let code): throw .goAway(code)
      }
    }
  }

  mutating func take(_ bytes: Span<UInt8>, on id: UInt32, at now: Instant) throws(ConnectionError) {
    guard let purpose = streams[id]?.purpose else { return }
    switch purpose {
    case .unknown, .proposing:
      var answer: [UInt8] = []
      guard let (outcome, consumed) = streams[id]?.negotiation?.receive(bytes, output: &answer) else {
        return
      }
      if !answer.isEmpty { _ = yamux.send(id, answer.span) }
      switch outcome {
      case .waiting: return
      case .failed(let error): throw .negotiation(error)
      case .refused:
        yamux.close(id)
        lost(id)
        return
      case .agreed(let name):
        streams[id]?.negotiation = nil
        streams[id]?.deadline = .never
        if case .unknown = purpose { serve(name, on: id) } else { begin(name, on: id, at: now) }
        if consumed < bytes.count { try take(bytes.extracting(consumed...), on: id, at: now) }
      }
    case .identifyAnswer: try takeIdentify(bytes, on: id)
    case .ping: takePing(bytes, on: id)
    case .echo: takeEcho(bytes, on: id, at: now)
    case .pubsubIn:
      var found: [ConnectionEvent] = []
      let outcome = frames.feed(bytes) { frame in
        found.append(.rpc([UInt8](frame)))
        return true
      }
      rpcs &+= UInt64(found.count)
      events += found
      if case .failed(let error) = outcome { throw .frame(error) }
    // Nobody has anything to say on a stream of ours for RPCs.
    case .pubsubOut, .done: break
    }
  }

  /// The peer opened a stream for `name`, which is one of those offered.
  private mutating func serve(_ name: String, on id: UInt32) {
    switch name {
    case ConnectionSettings.identifyProtocol:
      var message = IdentifyMessage()
      message.publicKey = settings.identity.publicKey
      message.listenAddresses = settings.listenAddresses
      message.protocols = settings.offered
      message.observedAddress = observed
      message.protocolVersion = "ipfs/0.1.0"
      message.agentVersion = settings.agentVersion
      _ = yamux.send(id, message.framed.span)
      yamux.close(id)
      streams[id]?.purpose = .done
    case ConnectionSettings.pingProtocol: streams[id]?.purpose = .ping
    default:
      // A peer has one stream for its RPCs: the newer one replaces the older.
      if let old = pubsubIn {
        yamux.reset(old)
        remove(old)
        frames = FrameStream(frameBytesMaximum: settings.limits.rpcBytes)
      }
      pubsubIn = id
      peerVersion = name
      streams[id]?.purpose = .pubsubIn
      uselessDeadline = .never
    }
  }

  /// The peer agreed to speak `name` on a stream of ours.
  private mutating func begin(_ name: String, on id: UInt32, at now: Instant) {
    switch name {
    case ConnectionSettings.identifyProtocol:
      yamux.close(id)
      streams[id]?.purpose = .identifyAnswer
      streams[id]?.deadline = now + settings.times.negotiation
    case ConnectionSettings.pingProtocol:
      guard let echo, echo.stream == id else { return }
      streams[id]?.purpose = .echo
      streams[id]?.deadline = now + settings.times.negotiation
      self.echo?.sent = now
      _ = yamux.send(id, echo.payload.span)
    default:
      streams[id]?.purpose = .pubsubOut
      pubsubVersion = name
      uselessDeadline = .never
      events.append(.pubsubOpened(name))
    }
  }

  private mutating func takeIdentify(_ bytes: Span<UInt8>, on id: UInt32) throws(ConnectionError) {
    streams[id]?.bytes.append(bytes)
    guard let held = streams[id]?.bytes else { return }
    var start = 0
    let length: UInt64
    do throws(VarintError) { length = try Varint.decode(held.span, at: &start) } catch {
      if error == .malformed || held.count > 3 { throw .identify(.frame) }
      return
    }
    guard length <= UInt64(IdentifyMessage.messageBytesMaximum) else {
      throw .identify(.tooLong(bytes: length, limit: IdentifyMessage.messageBytesMaximum))
    }
    guard held.count >= start + Int(length) else { return }
    let message: IdentifyMessage
    do throws(IdentifyError) {
      message = try IdentifyMessage(decoding: held.span.extracting(start..<start + Int(length)))
    } catch { throw .identify(error) }
    if let key = message.publicKey, key != remote { throw .identify(.keyMismatch) }
    streams[id]?.purpose = .done
    streams[id]?.deadline = .never
    streams[id]?.bytes = []
    events.append(.identified(message))
  }

  private mutating func takePing(_ bytes: Span<UInt8>, on id: UInt32) {
    streams[id]?.bytes.append(bytes)
    guard let held = streams[id]?.bytes, held.count >= Self.pingBytes else { return }
    let whole = held.count / Self.pingBytes * Self.pingBytes
    streams[id]?.bytes.removeFirst(whole)
    // A peer that pings and does not read its echoes loses the stream.
    if !yamux.send(id, held.span.extracting(..<whole)) {
      yamux.reset(id)
      remove(id)
    }
  }

  private mutating func takeEcho(_ bytes: Span<UInt8>, on id: UInt32, at now: Instant) {
    streams[id]?.bytes.append(bytes)
    guard let echo, echo.stream == id, let held = streams[id]?.bytes, held.count >= Self.pingBytes else {
      return
    }
    if held == echo.payload { events.append(.roundTrip(now - echo.sent)) }
    self.echo = nil
    yamux.close(id)
    streams[id]?.purpose = .done
    streams[id]?.deadline = .never
    streams[id]?.bytes = []
  }

  /// The peer says no more on a stream.
  private mutating func ended(_ id: UInt32) throws(ConnectionError) {
    guard let purpose = streams[id]?.purpose else { return }
    switch purpose {
    // The peer need not say anything on a stream that we write.
    case .pubsubOut: return
    case .identifyAnswer: throw .identify(.frame)
    case .unknown, .proposing, .ping, .echo, .pubsubIn, .done: break
    }
    yamux.close(id)
    lost(id)
  }

  /// A stream is gone, or will not be what it was opened for.
  private mutating func lost(_ id: UInt32) {
    guard streams[id] != nil else { return }
    if id == pubsubOut {
      pubsubOut = nil
      pubsubVersion = nil
      events.append(.pubsubRefused)
    } else if id == pubsubIn {
      pubsubIn = nil
      frames = FrameStream(frameBytesMaximum: settings.limits.rpcBytes)
      events.append(.pubsubEnded)
    } else if id == echo?.stream {
      echo = nil
    } else if case .proposing? = streams[id]?.purpose {
      events.append(.identifyRefused)
    }
    remove(id)
  }
}
