// `/yamux/1.0.0` (libp2p specs, *yamux*): streams over one connection, as a value. Bytes come in, events and bytes go out;
// the owner drains `events` and `output` after every call.
//
// Headers of 12 bytes, big-endian: version, type, flags, stream, length. Data counts against a window of 256 KiB a stream
// and direction, which the receiver renews; nobody may send more. What an application sends beyond the window waits
// here, up to a bound. Body bytes are handed on as they come and never collected.
//
// A stranger's stream id has to be of its parity; a frame for a stream that is gone is skipped, one for a stream that
// never was is an error.

/// Why a peer's frames are refused; the connection is over.
public enum YamuxError: Error, Equatable, Sendable {
  case version(UInt8)
  case type(UInt8)
  /// Stream zero where a stream is needed, or a stream for the session's own frames.
  case streamZero(type: UInt8)
  /// A stream of our parity that we never opened, or of the peer's that it did not open first.
  case unknownStream(UInt32)
  /// A stream opened twice, or with an id that is ours to give.
  case streamTaken(UInt32)
  /// More data than the window allows.
  case windowExceeded(stream: UInt32, bytes: UInt32, window: UInt32)
  /// A window beyond 2^32 - 1.
  case windowOverflow(UInt32)
  /// Data after its sender's FIN.
  case dataAfterEnd(UInt32)
}

/// What happened on a session.
public enum YamuxEvent: Equatable, Sendable {
  /// The peer opened a stream.
  case opened(UInt32)
  case data(UInt32, [UInt8])
  /// The peer will send no more on it.
  case ended(UInt32)
  /// The stream is gone at once, both directions.
  case reset(UInt32)
  /// A ping of ours came back.
  case pong(UInt32)
  /// The peer wants no new streams: 0 normal, 1 protocol error, 2 internal error.
  case goAway(UInt32)
}

/// The streams of one connection.
public struct Yamux: Sendable {
  /// Bytes that either side may send on a new stream.
  public static let initialWindow: UInt32 = 256 << 10
  /// Body bytes of one data frame of ours.
  static let frameBytes = 32 << 10
  static let headerBytes = 12

  private enum Kind: UInt8 { case data, windowUpdate, ping, goAway }
  private enum Flag { static let syn: UInt16 = 1, ack: UInt16 = 2, fin: UInt16 = 4, rst: UInt16 = 8 }

  private struct Stream {
    /// Bytes that we may send; that the peer may send.
    var sendWindow = Yamux.initialWindow
    var receiveWindow = Yamux.initialWindow
    /// Data that waits for the window, from `pendingStart`.
    var pending: [UInt8] = []
    var pendingStart = 0
    /// Flags for our next frame: SYN of a new stream, ACK of an accepted one.
    var owedFlags: UInt16 = 0
    /// We said, or shall say behind what is pending, FIN.
    var closing = false
    var hasSentEnd = false
    var peerEnded = false
    var pendingBytes: Int { pending.count - pendingStart }
  }

  /// What the session has done that its bounds ask for.
  public struct Counters: Equatable, Sendable {
    /// Streams of the peer's that were refused as there were too many.
    public var streamsRefused: UInt64 = 0
    /// Bytes refused by `send` since too many waited for the window.
    public var sendsRefused: UInt64 = 0
    public var pingsAnswered: UInt64 = 0
    /// Frames for streams that are gone.
    public var framesSkipped: UInt64 = 0
  }

  /// Streams that the peer may have open at once.
  public let inboundMaximum: Int
  /// Bytes that may wait for the window of one stream.
  public let pendingMaximum: Int
  private let isDialer: Bool
  private var streams: [UInt32: Stream] = [:]
  private var inbound = 0
  private var nextID: UInt32
  private var highestPeerID: UInt32 = 0
  private var header: [UInt8] = []
  /// The data frame whose body is coming: its stream (nil when it is skipped), bytes left, whether it ends the stream.
  private var body: (stream: UInt32, left: Int, skips: Bool)?
  private var peerWentAway = false
  private var pings: [UInt32] = []
  /// Frames whose last byte came.
  private(set) var framesReceived: UInt64 = 0
  public private(set) var counters = Counters()
  /// Since the last draining, in order.
  public var events: [YamuxEvent] = []
  /// To be sent.
  public var output: [UInt8] = []

  public init(isDialer: Bool, inboundMaximum: Int = 64, pendingMaximum: Int = 2 << 20) {
    self.isDialer = isDialer
    self.inboundMaximum = inboundMaximum
    self.pendingMaximum = pendingMaximum
    nextID = isDialer ? 1 : 2
  }

  /// Streams open.
  public var streamCount: Int { streams.count }
  /// Whether a frame has begun and not ended.
  public var isInsideFrame: Bool { !header.isEmpty || body != nil }
  /// Bytes that wait for the window of `stream`.
  public func pendingBytes(_ stream: UInt32) -> Int { streams[stream]?.pendingBytes ?? 0 }

  // MARK: Our side

  /// Opens a stream. Nil after the peer's go-away, or when the ids are used up.
  public mutating func open() -> UInt32? {
    guard !peerWentAway, nextID <= UInt32.max - 2 else { return nil }
    let id = nextID
    nextID += 2
    streams[id] = Stream(owedFlags: Flag.syn)
    // Said at once: the peer may have to speak first.
    write(.windowUpdate, id, takeFlags(id), 0)
    return id
  }

  /// Sends `bytes` on a stream, or keeps them until its window allows. False, and nothing taken, when too many wait or
  /// the stream is gone or closed by us.
  public mutating func send(_ id: UInt32, _ bytes: Span<UInt8>) -> Bool {
    guard let stream = streams[id], !stream.closing else { return false }
    guard stream.pendingBytes + bytes.count <= pendingMaximum else {
      counters.sendsRefused += UInt64(bytes.count)
      return false
    }
    streams[id]?.pending.append(bytes)
    pump(id)
    return true
  }

  /// Says that we send no more on it, behind all that waits.
  public mutating func close(_ id: UInt32) {
    guard let stream = streams[id], !stream.closing else { return }
    streams[id]?.closing = true
    pump(id)
  }

  /// Drops a stream at once.
  public mutating func reset(_ id: UInt32) {
    guard streams[id] != nil else { return }
    write(.windowUpdate, id, takeFlags(id) | Flag.rst, 0)
    forget(id)
  }

  /// Asks for an echo of `value`; `.pong` when it comes. At most eight are awaited.
  public mutating func ping(_ value: UInt32) {
    if pings.count == 8 { pings.removeFirst() }
    pings.append(value)
    write(.ping, 0, Flag.syn, value)
  }

  /// Ends the session: 0 normal, 1 protocol error, 2 internal error.
  public mutating func goAway(_ code: UInt32) { write(.goAway, 0, 0, code) }

  /// Sends what the window allows, and the end when nothing waits.
  private mutating func pump(_ id: UInt32) {
    guard var stream = streams[id] else { return }
    var flags = stream.owedFlags
    while stream.pendingBytes > 0, stream.sendWindow > 0 {
      let count = min(stream.pendingBytes, Int(stream.sendWindow), Self.frameBytes)
      write(.data, id, flags, UInt32(count))
      flags = 0
      output += stream.pending[stream.pendingStart..<stream.pendingStart + count]
      stream.pendingStart += count
      stream.sendWindow -= UInt32(count)
    }
    if stream.pendingBytes == 0 {
      stream.pending.removeAll(keepingCapacity: stream.pending.capacity <= 1 << 16)
      stream.pendingStart = 0
      if stream.closing, !stream.hasSentEnd {
        write(.data, id, flags | Flag.fin, 0)
        flags = 0
        stream.hasSentEnd = true
      }
    } else if stream.pendingStart > 1 << 18 {
      stream.pending.removeFirst(stream.pendingStart)
      stream.pendingStart = 0
    }
    stream.owedFlags = flags
    streams[id] = stream
    if stream.hasSentEnd, stream.peerEnded { forget(id) }
  }

  private mutating func takeFlags(_ id: UInt32) -> UInt16 {
    let flags = streams[id]?.owedFlags ?? 0
    streams[id]?.owedFlags = 0
    return flags
  }

  private mutating func forget(_ id: UInt32) {
    guard streams.removeValue(forKey: id) != nil else { return }
    if !isOurs(id) { inbound -= 1 }
  }

  private func isOurs(_ id: UInt32) -> Bool { (id % 2 == 1) == isDialer }

  private mutating func write(_ kind: Kind, _ id: UInt32, _ flags: UInt16, _ length: UInt32) {
    output.append(addingCapacity: Self.headerBytes) { output in
      output.append(0)
      output.append(kind.rawValue)
      output.append(UInt8(flags >> 8))
      output.append(UInt8(truncatingIfNeeded: flags))
      for shift in [24, 16, 8, 0] as [UInt32] { output.append(UInt8(truncatingIfNeeded: id >> shift)) }
      for shift in [24, 16, 8, 0] as [UInt32] { output.append(UInt8(truncatingIfNeeded: length >> shift)) }
    }
  }

  // MARK: The peer's side

  /// Takes bytes from the connection. After an error the session is over; the owner sends a go-away.
  public mutating func receive(_ bytes: Span<UInt8>) throws(YamuxError) {
    var position = 0
    while position < bytes.count {
      if let current = body {
        let count = min(current.left, bytes.count - position)
        if !current.skips, streams[current.stream] != nil {
          events.append(.data(current.stream, [UInt8](bytes.extracting(position..<position + count))))
        }
        position += count
        body = current.left == count ? nil : (current.stream, current.left - count, current.skips)
        if body == nil {
          framesReceived &+= 1
          if !current.skips { renewWindow(current.stream) }
          finishDeferred()
        }
        continue
      }
      let wanted = min(Self.headerBytes - header.count, bytes.count - position)
      header.append(bytes.extracting(position..<position + wanted))
      position += wanted
      guard header.count == Self.headerBytes else { return }
      try readHeader()
    }
  }

  /// FIN or RST of the data frame whose body is coming: takes effect behind the body.
  private var deferred: (stream: UInt32, flags: UInt16)?

  private mutating func finishDeferred() {
    guard let (id, flags) = deferred else { return }
    deferred = nil
    end(id, flags)
  }

  private mutating func readHeader() throws(YamuxError) {
    func number(_ start: Int, _ count: Int) -> UInt32 {
      header[start..<start + count].reduce(0) { $0 << 8 | UInt32($1) }
    }
    let flags = UInt16(number(2, 2))
    let id = number(4, 4)
    let length = number(8, 4)
    guard header[0] == 0 else { throw .version(header[0]) }
    guard let kind = Kind(rawValue: header[1]) else { throw .type(header[1]) }
    header.removeAll(keepingCapacity: true)
    if kind != .data || length == 0 { framesReceived &+= 1 }
    switch kind {
    case .ping:
      guard id == 0 else { throw .streamZero(type: kind.rawValue) }
      if flags & Flag.syn != 0 {
        counters.pingsAnswered += 1
        write(.ping, 0, Flag.ack, length)
      } else if let index = pings.firstIndex(of: length) {
        pings.removeSubrange(...index)
        events.append(.pong(length))
      }
    case .goAway:
      guard id == 0 else { throw .streamZero(type: kind.rawValue) }
      peerWentAway = true
      events.append(.goAway(length))
    case .data, .windowUpdate:
      guard id != 0 else { throw .streamZero(type: kind.rawValue) }
      try readFrame(kind, id, flags, length)
    }
  }

  private mutating func readFrame(
    _ kind: Kind, _ id: UInt32, _ flags: UInt16, _ length: UInt32
  ) throws(YamuxError) {
    let bytes = kind == .data ? Int(length) : 0
    if flags & Flag.syn != 0 {
      guard !isOurs(id), streams[id] == nil else { throw .streamTaken(id) }
      highestPeerID = max(highestPeerID, id)
      guard inbound < inboundMaximum else {
        counters.streamsRefused += 1
        write(.windowUpdate, id, Flag.rst, 0)
        // A stranger's body is bounded like anybody's.
        guard kind != .data || length <= Self.initialWindow else {
          throw .windowExceeded(stream: id, bytes: length, window: Self.initialWindow)
        }
        if bytes > 0 { body = (id, bytes, true) }
        return
      }
      inbound += 1
      streams[id] = Stream(owedFlags: Flag.ack)
      events.append(.opened(id))
    }
    guard let stream = streams[id] else {
      // Gone at our side while this was under way, or never there.
      guard isOurs(id) ? id < nextID : id <= highestPeerID else { throw .unknownStream(id) }
      guard kind != .data || length <= Self.initialWindow else {
        throw .windowExceeded(stream: id, bytes: length, window: Self.initialWindow)
      }
      counters.framesSkipped += 1
      if bytes > 0 { body = (id, bytes, true) }
      return
    }
    switch kind {
    case .data:
      if bytes > 0 {
        guard !stream.peerEnded else { throw .dataAfterEnd(id) }
        guard length <= stream.receiveWindow else {
          throw .windowExceeded(stream: id, bytes: length, window: stream.receiveWindow)
        }
        streams[id]?.receiveWindow -= length
        body = (id, bytes, false)
        if flags & (Flag.fin | Flag.rst) != 0 { deferred = (id, flags) }
        return
      }
    default:
      let (window, overflow) = stream.sendWindow.addingReportingOverflow(length)
      guard !overflow else { throw .windowOverflow(id) }
      streams[id]?.sendWindow = window
      if length > 0 { pump(id) }
    }
    end(id, flags)
  }

  private mutating func end(_ id: UInt32, _ flags: UInt16) {
    guard let stream = streams[id] else { return }
    if flags & Flag.rst != 0 {
      forget(id)
      events.append(.reset(id))
    } else if flags & Flag.fin != 0, !stream.peerEnded {
      streams[id]?.peerEnded = true
      events.append(.ended(id))
      if stream.hasSentEnd { forget(id) }
    }
  }

  /// The owner takes what it is handed at once, so the window is renewed when half of it is used.
  private mutating func renewWindow(_ id: UInt32) {
    guard let stream = streams[id], stream.receiveWindow <= Self.initialWindow / 2 else { return }
    write(.windowUpdate, id, takeFlags(id), Self.initialWindow - stream.receiveWindow)
    streams[id]?.receiveWindow = Self.initialWindow
  }
}
