// The sockets of the nodes that one process hosts: a listener a node, a TCP connection a link (the lower id dials), and
// on each a session before the first frame. Links between two nodes of the same process go through loopback sockets too.
//
// It carries opaque frames, in order, between neighbours, or counts why it did not. It knows no protocol above the
// session, and no faults: those are decided before `send`. A link that breaks is dialed again, with growing pauses.

public import Basics
internal import Gossip
public import Libp2p
public import Signatures
public import UV

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
}

/// What a frame is, for counting drops.
public enum FrameKind: Sendable { case message, control }

/// What does not change while a transport lives.
public struct TransportSettings: Sendable {
  public var network: NetworkID
  /// Public keys of all nodes, by id.
  public var members: Members
  public var keys: [PublicKey]
  /// Identities of the hosted nodes are derived from this.
  public var seed: UInt64
  /// Where hosted nodes listen.
  public var address = "127.0.0.1"
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

  /// Every node's identity is a function of (seed, node). Cost: about 50 us a node.
  public init(network: NetworkID, seed: UInt64, nodes: Int) {
    self.network = network
    self.seed = seed
    keys = (0..<nodes).map { Identity(seed: seed, node: UInt32($0)).publicKey }
    members = Members(keys)
  }
}

/// The links of the hosted nodes.
public final class Transport {
  public let loop: Loop
  public let wiring: Wiring
  public let settings: TransportSettings
  /// Whether each node lives in this process.
  public let isHosted: [Bool]
  /// What was counted so far.
  public var counters: TransportCounters {
    var all = rare
    all.framesSent = tally[0].framesSent
    all.bytesSent = tally[0].bytesSent
    all.framesReceived = tally[0].framesReceived
    all.bytesReceived = tally[0].bytesReceived
    return all
  }
  /// What every frame touches; a table of one, for its plain storage.
  struct Tally: BitwiseCopyable {
    var framesSent: UInt64 = 0
    var bytesSent: UInt64 = 0
    var framesReceived: UInt64 = 0
    var bytesReceived: UInt64 = 0
  }
  let tally = Table(repeating: Tally(), count: 1)
  /// The other counters.
  var rare = TransportCounters()
  unowned let receiver: any TransportReceiver

  private var identities: [Identity?]
  /// By node.
  private var listeners: [Listener?]
  /// By node: whether it was stopped.
  private var isDown: [Bool]
  /// By slot of a hosted node: the link that is up.
  private var links: [Link?]
  /// Their connections, for sending.
  private let connections: ConnectionTable
  /// By slot that we dial: the pause before the next attempt.
  private var pauses: [TimeSpan]
  /// By slot: whether a dial or its session is under way.
  private var isDialing: [Bool]
  private var ports: [UInt16] = []
  /// Links whose session is not decided, in order of their beginning.
  private var undecided: [Link] = []
  private var inbound = 0
  private let watch: Timer
  private var redials: [Timer] = []
  private var isClosed = false
  /// Links of hosted slots that are up.
  public private(set) var linksUp = 0

  /// A transport for the nodes of which `isHosted` holds. The receiver must outlive it.
  public init(
    _ loop: Loop, _ wiring: Wiring, hosting isHosted: [Bool], _ settings: TransportSettings,
    receiver: any TransportReceiver
  ) {
    precondition(isHosted.count == wiring.nodes && settings.keys.count == wiring.nodes)
    self.loop = loop
    self.wiring = wiring
    self.settings = settings
    self.isHosted = isHosted
    self.receiver = receiver
    identities = isHosted.indices.map {
      isHosted[$0] ? Identity(seed: settings.seed, node: UInt32($0)) : nil
    }
    links = Array(repeating: nil, count: wiring.slots)
    connections = ConnectionTable(count: wiring.slots)
    listeners = Array(repeating: nil, count: wiring.nodes)
    isDown = Array(repeating: false, count: wiring.nodes)
    isDialing = Array(repeating: false, count: wiring.slots)
    pauses = Array(repeating: settings.redialMinimum, count: wiring.slots)
    var expire: (() -> Void)?
    watch = Timer(loop) { expire?() }
    expire = { [unowned self] in self.expireSessions() }
    watch.keepsLoopAlive = false
  }

  /// Slots of hosted nodes: `linksUp` reaches this number when every link stands.
  public var hostedSlots: Int {
    isHosted.indices.reduce(0) { $0 + (isHosted[$1] ? wiring.slots(of: $1).count : 0) }
  }

  /// Whether every link of every hosted node stands.
  public var isConnected: Bool { linksUp == hostedSlots }

  public func isUp(slot: Int) -> Bool { links[slot] != nil }

  /// The clock of sessions.
  static var now: Instant { Instant(nanoseconds: Loop.monotonicNanoseconds) }

  // MARK: Beginning

  /// Opens a listener for every hosted node, each with a port of the system's choice. Returns them in order of node.
  public func listen() throws(UVError) -> [(node: NodeID, port: UInt16)] {
    var found: [(node: NodeID, port: UInt16)] = []
    for node in 0..<wiring.nodes where isHosted[node] {
      found.append((NodeID(node), try openListener(node)))
    }
    watch.start(after: .milliseconds(100), every: .milliseconds(100))
    return found
  }

  private func openListener(_ node: Int) throws(UVError) -> UInt16 {
    let listener = try Listener.open(loop, .tcp(settings.address, port: 0)) { [unowned self] connection in
      self.accepted(connection, by: node)
    }
    listeners[node] = listener
    return listener.port
  }

  /// Dials every neighbour with a higher id. `ports` are those of all nodes, by id.
  public func connect(to ports: [UInt16]) {
    precondition(ports.count == wiring.nodes)
    self.ports = ports
    for node in 0..<wiring.nodes where isHosted[node] {
      for slot in wiring.slots(of: node) where Int(wiring.neighbors[slot]) > node { dial(slot) }
    }
  }

  /// A node moved: it came back with another port. It is dialed there, at once where its link is down.
  public func setPort(_ port: UInt16, of node: NodeID) {
    guard node.index < ports.count else { return }
    ports[node.index] = port
    for slot in wiring.slots(of: node.index) {
      let back = Int(wiring.reverses[slot])
      let peer = Int(wiring.owners[back])
      guard isHosted[peer], peer < node.index, links[back] == nil else { continue }
      pauses[back] = settings.redialMinimum
      dial(back)
    }
  }

  private func dial(_ slot: Int) {
    let node = Int(wiring.owners[slot])
    guard !isClosed, !isDown[node], !isDialing[slot] else { return }
    let peer = Int(wiring.neighbors[slot])
    guard let identity = identities[node] else { preconditionFailure("node \(node) is not hosted here") }
    let session = Session(
      .dialer, identity, network: settings.network, nonce: freshNonce(),
      admission: .exactly(settings.keys[peer]), at: Self.now, stepTime: settings.stepTime)
    let link = Link(self, session, node: node, slot: slot)
    do throws(UVError) {
      link.connection = try Connection.dial(loop, .tcp(settings.address, port: ports[peer]), handler: link)
    } catch {
      rare.dialsFailed += 1
      redial(slot)
      return
    }
    link.connection?.outputBytesMaximum = settings.outputBytesMaximum
    isDialing[slot] = true
    undecided.append(link)
  }

  private func redial(_ slot: Int) {
    guard !isClosed, !isDown[Int(wiring.owners[slot])] else { return }
    let pause = pauses[slot]
    pauses[slot] = min(pause * 2, settings.redialMaximum)
    var timer: Timer?
    timer = Timer(loop) { [unowned self] in
      if let done = timer {
        redials.removeAll { $0 === done }
        done.close()
      }
      timer = nil
      if links[slot] == nil { dial(slot) }
    }
    if let timer {
      redials.append(timer)
      timer.start(after: pause)
    }
  }

  private func accepted(_ connection: Connection, by node: Int) {
    guard !isClosed, inbound < settings.admissionsMaximum, let identity = identities[node] else {
      rare.refusedBusy += 1
      connection.close()
      return
    }
    let session = Session(
      .listener, identity, network: settings.network, nonce: freshNonce(),
      admission: .members(settings.members),
      at: Self.now, stepTime: settings.stepTime)
    let link = Link(self, session, node: node, slot: nil)
    link.connection = connection
    connection.handler = link
    connection.outputBytesMaximum = settings.outputBytesMaximum
    inbound += 1
    undecided.append(link)
    link.begin()
  }

  private func freshNonce() -> Nonce {
    var random = SystemRandomNumberGenerator()
    return Nonce(random.next(), random.next(), random.next(), random.next())
  }

  private func expireSessions() {
    let now = Self.now
    for link in undecided { link.expire(at: now) }
  }

  // MARK: Sending

  /// Sends a frame of `count` bytes, which `fill` writes, over `slot` of a hosted node. False when it was dropped, and
  /// counted.
  @inline(__always) @discardableResult
  public func send(slot: Int, _ kind: FrameKind, _ count: Int, _ fill: (inout OutputSpan<UInt8>) -> Void)
    -> Bool
  {
    let framed = WireSize.framed(count)
    let written = connections.write(slot, framed) { output in
      output.append(varint: count)
      fill(&output)
    }
    guard case .taken = written else {
      countDrop(written, kind)
      return false
    }
    tally[0].framesSent &+= 1
    loop.meter.frames &+= 1
    tally[0].bytesSent &+= UInt64(framed)
    return true
  }

  @inline(never) private func countDrop(_ written: ConnectionTable.Written, _ kind: FrameKind) {
    switch (written, kind) {
    case (.absent, _): rare.droppedNoLink &+= 1
    case (.refused, .message): rare.droppedMessages &+= 1
    case (.refused, .control): rare.droppedControl &+= 1
    case (.taken, _): break
    }
  }

  /// Sends `frame` over `slot` of a hosted node. False when it was dropped, and counted.
  @discardableResult
  public func send(slot: Int, _ kind: FrameKind, _ frame: Span<UInt8>) -> Bool {
    send(slot: slot, kind, frame.count) { $0.append(bytes: frame) }
  }

  /// Closes the link at `slot` for what its peer sent; it may prove itself anew.
  public func expel(slot: Int) {
    guard let link = links[slot] else { return }
    rare.expelled += 1
    link.connection?.close()
    lost(link)
  }

  // MARK: Nodes that come and go

  /// A hosted node's process ends: its listener and its connections close. Its peers see that; it hears nothing.
  public func stop(_ node: NodeID) {
    precondition(isHosted[node.index], "node \(node.index) is not hosted here")
    guard !isClosed, !isDown[node.index] else { return }
    isDown[node.index] = true
    listeners[node.index]?.close()
    listeners[node.index] = nil
    for link in undecided where link.node == node.index {
      link.connection?.close()
      decided(link)
    }
    for slot in wiring.slots(of: node.index) {
      guard let link = links[slot] else { continue }
      link.isUp = false
      link.connection?.close()
      links[slot] = nil
      connections[slot] = nil
      linksUp -= 1
    }
  }

  /// It comes back: listens at a new port, which is returned, dials its peers with a higher id, and is dialed by those
  /// of this process; other processes have to hear of the port (`setPort`).
  public func restart(_ node: NodeID) throws(UVError) -> UInt16 {
    precondition(isDown[node.index], "node \(node.index) was not stopped")
    let port = try openListener(node.index)
    isDown[node.index] = false
    for slot in wiring.slots(of: node.index) where Int(wiring.neighbors[slot]) > node.index {
      pauses[slot] = settings.redialMinimum
      dial(slot)
    }
    setPort(port, of: node)
    return port
  }

  // MARK: What links tell

  /// The peer proved that it holds `key`. Whether the link is up now.
  func established(_ link: Link, _ key: PublicKey) -> Bool {
    decided(link)
    let slot: Int
    if let dialed = link.slot {
      slot = dialed
    } else {
      // The lower id dials, so a dialer with a higher one has nothing to say here.
      guard let peer = settings.members.node(of: key), peer.index < link.node,
        let found = wiring.slot(from: link.node, to: peer.index)
      else {
        rare.refusedNoLink += 1
        link.connection?.close()
        return false
      }
      slot = found
      link.slot = found
    }
    // The peer came again before we saw the end of its old connection: the newer one is alive.
    if let old = links[slot] {
      old.isUp = false
      old.connection?.close()
      linksUp -= 1
      links[slot] = nil
      connections[slot] = nil
      receiver.linkDown(slot: slot)
    }
    links[slot] = link
    connections[slot] = link.connection
    linksUp += 1
    pauses[slot] = settings.redialMinimum
    return true
  }

  func refused(_ link: Link, _ error: SessionError) {
    decided(link)
    rare.refused[error, default: 0] += 1
    link.connection?.close()
    if let slot = link.slot { redial(slot) }
  }

  /// The connection of a link whose session was not decided ended.
  func failed(_ link: Link) {
    decided(link)
    guard let slot = link.slot else { return }
    rare.dialsFailed += 1
    redial(slot)
  }

  /// A link that was up ended.
  func lost(_ link: Link) {
    guard link.isUp, let slot = link.slot else { return }
    link.isUp = false
    links[slot] = nil
    connections[slot] = nil
    linksUp -= 1
    rare.linksLost += 1
    receiver.linkDown(slot: slot)
    if Int(wiring.neighbors[slot]) > link.node { redial(slot) }
  }

  private func decided(_ link: Link) {
    guard let index = undecided.firstIndex(where: { $0 === link }) else { return }
    undecided.remove(at: index)
    if !link.isInbound, let slot = link.slot { isDialing[slot] = false }
    if link.isInbound { inbound -= 1 }
  }

  /// System calls made to send, by the links that are up.
  public var writeCalls: UInt64 { links.reduce(0) { $0 + ($1?.connection?.flushes ?? 0) } }

  // MARK: Ending

  /// Closes every socket; the loop has to run until they are gone. Nothing is told to the receiver.
  public func close() {
    guard !isClosed else { return }
    isClosed = true
    for listener in listeners { listener?.close() }
    for link in undecided { link.connection?.close() }
    for link in links {
      link?.isUp = false
      link?.connection?.close()
    }
    for timer in redials { timer.close() }
    watch.close()
    listeners = Array(repeating: nil, count: wiring.nodes)
    undecided = []
    redials = []
    links = Array(repeating: nil, count: wiring.slots)
    for slot in 0..<wiring.slots { connections[slot] = nil }
    linksUp = 0
  }
}
