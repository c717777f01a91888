// The sockets of the nodes that one process hosts: a listener a node, a TCP connection a link (the lower id dials), and
// on each a session before the first frame. Links between two nodes of the same process go through loopback sockets too.
//
// It carries opaque frames, in order, between neighbours, or counts why it did not. It knows no protocol above the
// session, and no faults: those are decided before `send`. A link that breaks is dialed again, with growing pauses. What
// links speak is `TransportSettings.wire`: our own session and frames, or libp2p.

public import Basics
internal import Gossip
import Libp2p
import Signatures
public import UV

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
  /// Whether links write by themselves.
  private let usesStreams: Bool
  /// With libp2p: the ids of all nodes.
  private let peerIDs: [PeerID]
  private let peerSet: Set<PeerID>
  /// By node.
  private var listeners: [Listener?]
  /// By node: whether it was stopped.
  private var isDown: [Bool]
  /// By slot of a hosted node: the link that is up.
  var links: [Link?]
  /// Their connections, for sending.
  let connections: ConnectionTable
  /// By slot that we dial: the pause before the next attempt.
  var pauses: [TimeSpan]
  /// By slot: whether a dial or its session is under way.
  var isDialing: [Bool]
  private var ports: [UInt16] = []
  /// Links whose session is not decided, in order of their beginning.
  var undecided: [Link] = []
  var inbound = 0
  private let watch: Timer
  private var redials: [Timer] = []
  private var isClosed = false
  /// Links between nodes of the topology, of hosted slots, that are up.
  public private(set) var linksUp = 0
  /// Slots of hosted nodes to nodes of the topology: `linksUp` reaches this number when every link stands.
  public let hostedSlots: Int
  /// Who of those beside the topology has which place.
  var guests: GuestSeats

  /// A transport for the nodes of which `isHosted` holds. The receiver must outlive it.
  public init(
    _ loop: Loop, _ wiring: Wiring, hosting isHosted: [Bool], _ settings: TransportSettings,
    receiver: any TransportReceiver
  ) {
    precondition(isHosted.count == wiring.nodes)
    precondition(settings.keys.count + settings.guests == wiring.nodes)
    precondition(settings.addresses.isEmpty || settings.addresses.count == settings.keys.count)
    precondition(settings.guests == 0 || settings.wire != .frames, "guests speak libp2p")
    self.loop = loop
    self.wiring = wiring
    self.settings = settings
    self.isHosted = isHosted
    self.receiver = receiver
    identities = isHosted.indices.map {
      isHosted[$0] ? Identity(seed: settings.seed, node: UInt32($0)) : nil
    }
    usesStreams = settings.wire != .frames
    peerIDs = usesStreams ? settings.keys.map { HostPublicKey($0).peerID } : []
    peerSet = Set(peerIDs)
    guests = GuestSeats(settings.guests)
    hostedSlots = isHosted.indices.reduce(0) { count, node in
      guard isHosted[node] else { return count }
      return count + wiring.slots(of: node).count { Int(wiring.neighbors[$0]) < settings.keys.count }
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

  /// Whether every link of every hosted node stands.
  public var isConnected: Bool { linksUp == hostedSlots }

  public func isUp(slot: Int) -> Bool { links[slot] != nil }

  /// The place of the guest at the slot's other end; nil when that is a node of the topology.
  func guest(at slot: Int) -> Int? {
    let place = Int(wiring.neighbors[slot]) - settings.keys.count
    return place < 0 ? nil : place
  }

  /// Whether the node that owns the slot dials its neighbour: the lower id does, and nobody dials a guest.
  func dials(_ slot: Int) -> Bool { wiring.neighbors[slot] > wiring.owners[slot] && guest(at: slot) == nil }

  /// A link at the slot came up.
  func countUp(_ slot: Int) { if let place = guest(at: slot) { guests.linkUp(place) } else { linksUp += 1 } }
  func countDown(_ slot: Int) {
    if let place = guest(at: slot) { guests.linkDown(place) } else { linksUp -= 1 }
  }

  /// Where nodes listen, by id; zero where that is not known.
  var knownPorts: [UInt16] { ports }

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
    let listener = try Listener.open(loop, .tcp(settings.address(of: node), port: 0)) {
      [unowned self] connection in
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
      for slot in wiring.slots(of: node) where dials(slot) { dial(slot) }
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
    let link = makeLink(identity, node: node, slot: slot, peer: peer)
    do throws(UVError) {
      link.connection = try Connection.dial(
        loop, .tcp(settings.address(of: peer), port: ports[peer]), handler: link)
    } catch {
      rare.dialsFailed += 1
      redial(slot)
      return
    }
    link.connection?.outputBytesMaximum = settings.outputBytesMaximum
    isDialing[slot] = true
    undecided.append(link)
  }

  func redial(_ slot: Int) {
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
    let link = makeLink(identity, node: node, slot: nil, peer: nil)
    link.connection = connection
    connection.handler = link
    connection.outputBytesMaximum = settings.outputBytesMaximum
    inbound += 1
    undecided.append(link)
    link.begin()
  }

  /// A link that dials `peer`, or one for whoever dialed us.
  private func makeLink(_ identity: Identity, node: Int, slot: Int?, peer: Int?) -> Link {
    switch settings.wire {
    case .frames:
      let admission = peer.map { Admission.exactly(settings.keys[$0]) } ?? .members(settings.members)
      let session = Session(
        peer == nil ? .listener : .dialer, identity, network: settings.network, nonce: freshNonce(),
        admission: admission, at: Self.now, stepTime: settings.stepTime)
      return FrameLink(self, session, node: node, slot: slot)
    case .libp2p(let security):
      var connection = ConnectionSettings(identity: .ed25519(identity))
      connection.security = [security]
      connection.pubsub = settings.pubsub
      connection.admission = settings.guests > 0 && peer == nil ? .open : .members(peerSet)
      connection.limits.rpcBytes = settings.frameBytesMaximum
      connection.limits.pendingBytes = settings.outputBytesMaximum
      connection.times.upgrade = settings.stepTime
      var random = SystemRandomNumberGenerator()
      func bytes() -> [UInt8] { (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) } }
      let session = PeerConnection(
        connection, isDialer: peer != nil, expecting: peer.map { peerIDs[$0] },
        secrets: HandshakeSecrets(identity: bytes(), ephemeral: bytes()), at: Self.now)
      return Libp2pLink(self, session, node: node, slot: slot)
    }
  }

  private func freshNonce() -> Nonce {
    var random = SystemRandomNumberGenerator()
    return Nonce(random.next(), random.next(), random.next(), random.next())
  }

  private func expireSessions() {
    let now = Self.now
    for link in undecided { link.expire(at: now) }
    if usesStreams { for link in links { link?.expire(at: now) } }
  }

  // MARK: Sending

  /// Sends a frame of `count` bytes, which `fill` writes, over `slot` of a hosted node. False when it was dropped, and
  /// counted.
  @inline(__always) @discardableResult
  public func send(slot: Int, _ kind: FrameKind, _ count: Int, _ fill: (inout OutputSpan<UInt8>) -> Void)
    -> Bool
  {
    let framed = WireSize.framed(count)
    if usesStreams { return sendOverStream(slot, kind, count, framed, fill) }
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

  @inline(never) private func sendOverStream(
    _ slot: Int, _ kind: FrameKind, _ count: Int, _ framed: Int, _ fill: (inout OutputSpan<UInt8>) -> Void
  ) -> Bool {
    guard let link = links[slot] else {
      countDrop(.absent, kind)
      return false
    }
    let frame = [UInt8](capacity: count) { fill(&$0) }
    guard link.send(frame: frame.span) else {
      countDrop(.refused, kind)
      return false
    }
    tally[0].framesSent &+= 1
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
      countDown(slot)
    }
  }

  /// It comes back: listens at a new port, which is returned, dials its peers with a higher id, and is dialed by those
  /// of this process; other processes have to hear of the port (`setPort`).
  public func restart(_ node: NodeID) throws(UVError) -> UInt16 {
    precondition(isDown[node.index], "node \(node.index) was not stopped")
    let port = try openListener(node.index)
    isDown[node.index] = false
    for slot in wiring.slots(of: node.index) where dials(slot) {
      pauses[slot] = settings.redialMinimum
      dial(slot)
    }
    setPort(port, of: node)
    return port
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
    guests = GuestSeats(settings.guests)
  }
}
