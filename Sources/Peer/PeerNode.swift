// One libp2p GossipSub node: sockets below, the router above, a clock. It dials and redials, listens, admits, and carries
// RPCs between links and `PeerGossip`. One input goes in, all its effects are carried out, then the next input.
//
// One link a peer: when both ends dialed at the same moment, the link that the smaller id dialed stays, at both ends;
// otherwise the newer one does, since the older may be dead without our knowing.

internal import Basics
internal import Glibc
internal import Gossip
public import Libp2p
public import UV

/// A node that lives on a loop.
public final class PeerNode {
  public let settings: PeerSettings
  let loop: Loop
  private let started: UInt64
  private let tell: (PeerEvent) -> Void
  private var gossip: PeerGossip
  private var listener: Listener?
  private let watch: Timer
  private let pulse: Timer
  private var links: [PeerLink] = []
  /// By slot: first those of our dials, by dial, then those for inbound peers.
  private var occupants: [PeerLink?]
  /// By inbound slot: who had it last, and when it was freed (a count; zero never).
  private var formers: [(peer: PeerID?, freed: UInt64)]
  private var frees: UInt64 = 0
  private var pauses: [TimeSpan]
  private var redials: [Timer?]
  /// By dial: who is there, once known.
  private var known: [PeerID?]
  private var totals = PeerTotals()
  private var isClosed = false
  private var isCarrying = false

  /// A node of its own loop; `tell` hears what happens, from the loop.
  ///
  /// - Requires: dials are plain TCP addresses; topics are distinct; the parameters have no violations.
  public init(_ settings: PeerSettings, on loop: Loop, tell: @escaping (PeerEvent) -> Void) {
    self.settings = settings
    self.loop = loop
    self.tell = tell
    started = Loop.monotonicNanoseconds
    // Numbers that grow from run to run: a restarted node's messages are not taken for its old ones.
    var wall = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &wall)
    let first = UInt64(max(wall.tv_sec, 0)) &* 1_000_000_000 &+ UInt64(wall.tv_nsec)
    gossip = PeerGossip(
      settings, outbound: settings.dials.count, inbound: settings.inboundMaximum, sequence: first)
    let count = settings.dials.count + settings.inboundMaximum
    occupants = Array(repeating: nil, count: count)
    formers = Array(repeating: (nil, 0), count: settings.inboundMaximum)
    pauses = Array(repeating: settings.redialMinimum, count: settings.dials.count)
    redials = Array(repeating: nil, count: settings.dials.count)
    known = settings.dials.map(\.peer)
    var expire: (() -> Void)?
    var beat: (() -> Void)?
    watch = Timer(loop) { expire?() }
    pulse = Timer(loop) { beat?() }
    expire = { [unowned self] in self.expire() }
    beat = { [unowned self] in self.heartbeat() }
  }

  /// Time since the start.
  var now: Instant { Instant(nanoseconds: Loop.monotonicNanoseconds &- started) }

  public var peerID: PeerID { settings.connection.identity.peerID }
  /// Where it listens; nil before `start`, or when it does not.
  public private(set) var address: Multiaddr?

  // MARK: Life

  /// Listens, joins the topics, dials.
  public func start() throws(UVError) {
    if let (host, port) = settings.listen {
      let listener = try Listener.open(loop, .tcp(host, port: port)) { [unowned self] in self.accepted($0) }
      self.listener = listener
      address = Multiaddr(tcp: host, port: listener.port, peer: peerID)
      if let address { tell(.listening(address)) }
    }
    watch.start(after: .milliseconds(100), every: .milliseconds(100))
    gossip.start(at: now)
    pulse.start(
      after: gossip.router.firstHeartbeat(PeerGossip.node), every: settings.parameters.heartbeatInterval)
    carry()
    for index in settings.dials.indices { dial(index) }
  }

  /// Ends it: tells the totals and closes every socket; the loop has to run until they are gone.
  public func close() {
    guard !isClosed else { return }
    tell(.stopped(currentTotals))
    isClosed = true
    listener?.close()
    watch.close()
    pulse.close()
    for timer in redials { timer?.close() }
    for link in links { link.close() }
    links = []
  }

  /// Counts so far.
  public var currentTotals: PeerTotals {
    var totals = totals
    totals.received = gossip.received
    totals.messagesRefused = gossip.messagesRefused
    totals.counters = gossip.router.counters
    return totals
  }

  // MARK: Publishing

  /// Whether a connected peer subscribes to the topic.
  public func hasSubscriber(_ topic: String) -> Bool {
    settings.topics.firstIndex(of: topic).map { gossip.hasSubscriber(TopicID($0)) } ?? false
  }

  /// Publishes to a topic of its own. False when it has not joined it, or the message is too large.
  @discardableResult
  public func publish(_ data: [UInt8], to topic: String) -> Bool {
    guard !isClosed, let index = settings.topics.firstIndex(of: topic),
      let (id, copies) = gossip.publish(data, to: TopicID(index), at: now)
    else { return false }
    tell(.published(topic: topic, id: id, copies: copies))
    carry()
    return true
  }

  // MARK: Links

  private func connectionSettings() -> ConnectionSettings {
    var connection = settings.connection
    if let address { connection.listenAddresses = [address] }
    return connection
  }

  private static func freshSecrets() -> HandshakeSecrets {
    var random = SystemRandomNumberGenerator()
    func bytes() -> [UInt8] { (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) } }
    return HandshakeSecrets(identity: bytes(), ephemeral: bytes())
  }

  private func dial(_ index: Int) {
    guard !isClosed else { return }
    let target = settings.dials[index]
    // Somebody who dialed us is not dialed until that link has ended.
    if let peer = known[index], links.contains(where: { $0.slot != nil && $0.peer == peer }) {
      redial(index)
      return
    }
    guard let (host, port) = target.tcp else { preconditionFailure("\(target) is no plain TCP address") }
    let connection = PeerConnection(
      connectionSettings(), isDialer: true, expecting: target.peer,
      observed: Multiaddr(tcp: host, port: port), secrets: Self.freshSecrets(), at: now)
    let link = PeerLink(self, connection, dial: index)
    do throws(UVError) {
      link.socket = try Connection.dial(loop, .tcp(host, port: port), handler: link)
    } catch {
      tell(.disconnected(target.peer, reason: "\(error)"))
      redial(index)
      return
    }
    link.socket?.outputBytesMaximum = settings.outputBytesMaximum
    links.append(link)
  }

  private func redial(_ index: Int) {
    guard !isClosed else { return }
    let timer = redials[index] ?? Timer(loop) { [unowned self] in self.dial(index) }
    redials[index] = timer
    timer.start(after: pauses[index])
    pauses[index] = min(pauses[index] * 2, settings.redialMaximum)
  }

  private func accepted(_ socket: Connection) {
    guard !isClosed, links.count(where: { $0.slot == nil }) < settings.admissionsMaximum else {
      totals.refused["busy", default: 0] += 1
      socket.close()
      return
    }
    let connection = PeerConnection(
      connectionSettings(), isDialer: false, secrets: Self.freshSecrets(), at: now)
    let link = PeerLink(self, connection, dial: nil)
    link.socket = socket
    socket.handler = link
    socket.outputBytesMaximum = settings.outputBytesMaximum
    links.append(link)
    link.begin()
  }

  /// Why a peer that proved itself is not taken.
  enum Refusal {
    case second
    case full
    var name: String { self == .second ? "second" : "full" }
    var description: String {
      self == .second ? "a second connection with the same peer" : "as many peers as are taken at once"
    }
  }

  /// The peer is known: gives the link a slot, or says why not.
  func admit(_ link: PeerLink, _ peer: PeerID) -> Refusal? {
    if let other = links.first(where: { $0 !== link && $0.slot != nil && $0.peer == peer }) {
      let dialedByUs = link.isDialer
      let keepsOther = other.isDialer != dialedByUs && dialedByUs != (peerID < peer)
      if keepsOther { return .second }
      other.finish("a newer connection with the same peer", refused: "replaced")
    }
    if let dial = link.dial {
      known[dial] = peer
      link.slot = dial
      occupants[dial] = link
      return nil
    }
    let first = settings.dials.count
    let free = formers.indices.filter { occupants[first + $0] == nil }
    guard
      let place = free.first(where: { formers[$0].peer == peer })
        ?? free.min(by: { formers[$0].freed < formers[$1].freed })
    else { return .full }
    formers[place].peer = peer
    link.slot = first + place
    occupants[first + place] = link
    return nil
  }

  /// It is clear what the peer speaks.
  func stands(_ link: PeerLink) {
    guard !link.isTold, let peer = link.peer, let security = link.security else { return }
    link.isTold = true
    totals.connections += 1
    if let dial = link.dial { pauses[dial] = settings.redialMinimum }
    tell(.connected(peer, isDialer: link.isDialer, security, version: link.version))
  }

  func startGossip(_ link: PeerLink) {
    guard !link.isGossiping, let slot = link.slot, let peer = link.peer else { return }
    link.isGossiping = true
    gossip.connected(peer, slot: slot, version: link.spokenVersion, at: now)
    carry()
  }

  func stopGossip(_ link: PeerLink) {
    guard link.isGossiping, let slot = link.slot else { return }
    link.isGossiping = false
    gossip.disconnected(slot: slot, at: now)
    carry()
  }

  func identified(_ link: PeerLink, _ message: IdentifyMessage) {
    if let peer = link.peer { tell(.identified(peer, agent: message.agentVersion)) }
  }

  /// An RPC came. What is wrong with it, when the peer has to go.
  func received(_ rpc: [UInt8], _ link: PeerLink) -> String? {
    guard let slot = link.slot else { return nil }
    defer { carry() }
    do throws(PeerGossip.Offence) {
      try gossip.receive(rpc.span, on: slot, at: now)
      return nil
    } catch {
      switch error {
      case .malformed(let error): return "malformed RPC: \(error)"
      case .message(let refusal): return "message refused: \(refusal)"
      }
    }
  }

  func countDrop() { totals.sendsRefused += 1 }

  func ended(_ link: PeerLink, _ reason: String, refused: String?) {
    links.removeAll { $0 === link }
    if let refused { totals.refused[refused, default: 0] += 1 }
    stopGossip(link)
    if let slot = link.slot, occupants[slot] === link {
      occupants[slot] = nil
      if link.dial == nil {
        frees += 1
        formers[slot - settings.dials.count].freed = frees
      }
    }
    link.slot = nil
    guard !isClosed else { return }
    if link.peer != nil || link.isDialer || refused != nil { tell(.disconnected(link.peer, reason: reason)) }
    if let dial = link.dial, occupants[dial] == nil { redial(dial) }
  }

  // MARK: Effects

  private func heartbeat() {
    gossip.heartbeat(at: now)
    carry()
  }

  private func expire() {
    let now = now
    for link in links { link.expire(at: now) }
  }

  /// Sends and tells what the last input caused.
  private func carry() {
    guard !isCarrying else { return }
    isCarrying = true
    defer { isCarrying = false }
    while !gossip.outgoing.isEmpty || !gossip.events.isEmpty {
      let outgoing = gossip.outgoing
      gossip.outgoing.removeAll(keepingCapacity: true)
      for (transmission, rpc) in outgoing {
        if occupants[Int(transmission.slot)]?.send(rpc) == true {
          gossip.sent(transmission)
        } else {
          totals.sendsRefused += 1
          gossip.refused(transmission)
        }
      }
      let events = gossip.events
      gossip.events.removeAll(keepingCapacity: true)
      for event in events { tell(event) }
    }
  }
}
