// The nodes that one process hosts, driven by sockets and a clock: the cluster's counterpart of the simulator's `World`.
// One input goes into the participants, all its effects are carried out, then the next input.
//
// Frames and their coding are in NodeHost+Frames, faults in NodeHost+Faults, what the chain tells and asks in
// NodeHost+Population. What belongs to the chain is elsewhere (`ChainHost`), perhaps in another process.

internal import AVS
internal import Basics
internal import Gossip
internal import Libp2p
internal import Network
internal import Participants
internal import Reporting
internal import Runs
internal import Scenarios
internal import UV

/// Participants behind sockets.
final class NodeHost {
  /// What waits for its instant.
  enum Entry: BitwiseCopyable {
    case wakeUp(NodeID, WakeUp)
    case certificate(TaskID, Digest)
    case challenge(TaskID, Digest)
    /// What the slot's node said of its subscriptions was lost by the imposed link; it says it again.
    case announcement(UInt32)
    case certificateUndone(TaskID)
    /// A link whose outbound queue holds something is free. The slot.
    case linkFree(UInt32)
    /// Instant zero.
    case beginning
  }

  /// Frames refused for what was in them.
  struct Refusals: Equatable, Sendable {
    /// No RPC.
    var malformed: UInt64 = 0
    /// An RPC whose data is no attestation of its topic in the one form that we write.
    var foreignData: UInt64 = 0
  }

  /// The run's, with places for guests after its nodes.
  let blueprint: Blueprint
  /// Nodes of the topology.
  let nodes: Int
  let loop: Loop
  var participants: Participants
  var effects = Effects()
  let transport: Transport
  let imposed: ImposedLinks
  var decoded = DecodedRPC()
  var known = KnownFrames()
  let encoder: RPCEncoder
  let topics: [String]
  var refusals = Refusals()
  /// By fault: what heals it on the links.
  var linkFaults: [UInt32: LinkFaultID] = [:]
  /// What waits for each node that stands still; nil for those that go on.
  var standing: [HeldInputs?]
  /// Frames that nodes which stood still could not hold.
  var heldDropped: UInt64 = 0
  /// What the nodes decided so far, where somebody wants to know (`InputLog`).
  var decisions: DecisionDigest?
  private(set) var log: InputLog?
  /// Whether this process is struck as a whole, by its parent's signals, when a fault strikes the nodes of `placement`.
  var placement: Placement?
  /// In a replay: the instant of the input. Nothing is sent then, and no clock is read.
  var replayInstant: Instant?
  /// How deep in inputs we are, and what links did meanwhile: one input ends before the next.
  private var depth = 0
  private var postponed: [(slot: Int, isUp: Bool)] = []
  /// What the system refused while the run went on.
  var failures: [String] = []
  /// When the last news of undone certificates comes.
  var reorgHeard = Instant.zero
  weak var audience: (any NodeAudience)?
  /// Whether routers queue what they send (`network.gossip.queue`); by slot, whether a `linkFree` is on its way.
  let hasQueues: Bool
  var awaitsLink: [Bool]
  var scores: ScoreWatch

  private let ears: Ears
  let timetable: Timetable<Entry>
  private let rpcDraws: HashRandom
  private(set) var hasBegun = false
  /// What the loop did until the traffic's end.
  var finalMeter: LoopMeter?
  private(set) var hasEnded = false
  /// What nodes had yet to see of the chain when traffic ended, in order.
  var late: [(entry: Entry, at: Instant)] = []

  /// What the transport tells, before the host exists and after.
  private final class Ears: TransportReceiver {
    weak var host: NodeHost?
    func received(_ frame: Span<UInt8>, slot: Int) { host?.received(frame, slot: slot) }
    func linkUp(slot: Int) { host?.linkUp(slot: slot) }
    func linkDown(slot: Int) { host?.linkDown(slot: slot) }
  }

  /// Prepares the nodes of which `hosting` holds.
  ///
  /// - Throws: `SchemeUnavailable`, `UVError`.
  init(
    _ known: Blueprint, hosting: [Bool], _ addresses: [String] = [], guests: Int = 0, on loop: Loop
  ) throws {
    nodes = known.deployment.nodes.count
    let blueprint = known.with(guests: guests)
    let hosting = hosting + Array(repeating: false, count: guests)
    self.blueprint = blueprint
    self.loop = loop
    standing = Array(repeating: nil, count: blueprint.deployment.nodes.count)
    hasQueues = blueprint.deployment.gossip.queue != nil
    awaitsLink = Array(repeating: false, count: hasQueues ? blueprint.deployment.neighbors.count : 0)
    scores = ScoreWatch(isObserved: blueprint.observesScores)
    participants = try Participants(blueprint.deployment, hosting: hosting, indexesContents: true)
    participants.router.observesScores = blueprint.observesScores
    topics = blueprint.deployment.services.map(\.topicName)
    encoder = RPCEncoder(TopicNames(topics))
    let table = blueprint.makeLinks()
    let seed = blueprint.deployment.seed
    var settings = TransportSettings(
      network: NetworkID(mix(seed), mix(seed ^ 1), mix(seed ^ 2), mix(seed ^ 3)), seed: seed,
      nodes: nodes)
    settings.addresses = addresses
    settings.guests = guests
    let version = blueprint.deployment.gossip.version
    if version >= .v1_0 {
      settings.pubsub = ProtocolVersion.allCases.filter { $0 >= .v1_0 && $0 <= version }.reversed()
        .map(\.protocolID)
    }
    switch blueprint.wire {
    case .frames: settings.wire = .frames
    case .libp2p: settings.wire = .libp2p(.noise)
    case .libp2pPlaintext: settings.wire = .libp2p(.plaintext)
    }
    let ears = Ears()
    self.ears = ears
    transport = Transport(loop, Wiring(table), hosting: hosting, settings, receiver: ears)
    imposed = try ImposedLinks(transport, table, epoch: 0)
    rpcDraws = HashRandom(seed: seed, .rpcDelay)
    let clock = Clock()
    timetable = try Timetable(loop) { clock.host?.due($0) }
    clock.host = self
    ears.host = self
  }

  private final class Clock {
    weak var host: NodeHost?
  }

  var now: Instant { replayInstant ?? timetable.now }
  /// How late wake-ups came, nanoseconds.
  var lateness: Histogram { timetable.lateness }

  // MARK: Life

  /// Opens the listeners. Returns where each hosted node listens.
  func listen() throws(UVError) -> [(node: NodeID, port: UInt16)] { try transport.listen() }

  /// Dials; `ports` are those of all nodes.
  func connect(to ports: [UInt16]) {
    transport.connect(to: ports + Array(repeating: 0, count: transport.wiring.nodes - ports.count))
  }

  /// Instant zero of the run, now or later. Every link stands by then.
  func begin(at epoch: UInt64) {
    imposed.setEpoch(epoch)
    timetable.add(.beginning, at: .zero)
    timetable.begin(at: epoch)
  }

  private func begin(_ now: Instant) {
    guard !hasBegun else { return }
    loop.beginMeter()
    begin(now, links: (0..<transport.wiring.slots).filter { transport.isUp(slot: $0) })
  }

  /// The same with these links.
  func begin(_ now: Instant, links: [Int]) {
    hasBegun = true
    note(.beginning(links), now)
    participants.start(now, &effects)
    for slot in links { participants.connected(UInt32(slot), now, &effects) }
    carryOut(now)
  }

  /// Keeps what comes in from now on, and what is decided, in a file of `folder`.
  func record(_ part: NodeAssignment, into folder: String) throws {
    decisions = DecisionDigest()
    log = try InputLog(part, at: "\(folder)/\(InputLog.fileName(part.process))")
  }

  @inline(__always) func note(_ input: @autoclosure () -> NodeInput, _ now: Instant) {
    if let log { log.append(input(), at: now, decisions?.value ?? 0) }
  }

  /// An input begins, and ends.
  func enter() { depth += 1 }
  func leave() {
    depth -= 1
    if depth == 0, !postponed.isEmpty { takePostponed() }
  }

  private func takePostponed() {
    let links = postponed
    postponed = []
    for link in links { if link.isUp { linkUp(slot: link.slot) } else { linkDown(slot: link.slot) } }
  }

  /// Whether the run goes on. A frame that is faster than our own alarm begins it.
  func isUnderWay(_ now: Instant) -> Bool {
    if hasEnded { return false }
    if !hasBegun, timetable.hasBegun { begin(now) }
    return hasBegun
  }

  /// Traffic is over: nothing more is sent or heard. The participants' counts stay.
  func end() {
    guard !hasEnded else { return }
    note(.end, now)
    hasEnded = true
    log?.close()
    log = nil
    finalMeter = loop.meterReading
    late = timetable.close().filter {
      switch $0.entry {
      case .wakeUp(_, let timer): timer.kind == .undone
      case .certificate, .certificateUndone: true
      case .challenge, .announcement, .linkFree, .beginning: false
      }
    }
    imposed.close()
    transport.close()
  }

  // MARK: Inputs

  private func due(_ entry: Entry) {
    guard !hasEnded else { return }
    let now = now
    loop.meter.timers &+= 1
    enter()
    defer { leave() }
    switch entry {
    case .wakeUp(let node, let timer): wake(node, timer, now)
    case .certificate(let task, let result): include(task, result, now)
    case .challenge(let task, let result): hear(.challenge(task, result), now)
    case .certificateUndone(let task): hear(.certificateUndone(task), now)
    case .announcement(let slot): announceAgain(slot, now)
    case .linkFree(let slot): linkFree(slot, now)
    case .beginning: begin(now)
    }
  }

  func wake(_ node: NodeID, _ timer: WakeUp, _ now: Instant) {
    note(.wakeUp(node, timer), now)
    if let held = standing[node.index] {
      standing[node.index] = held.with(.wakeUp(timer))
      return
    }
    participants.wake(timer, at: node, now, &effects)
    carryOut(now)
  }

  func include(_ task: TaskID, _ result: Digest, _ now: Instant) {
    note(.certificate(task, result), now)
    participants.certificateIncluded(task, result: result, now, &effects)
    carryOut(now)
  }

  /// News other than of certificates and stake.
  func hear(_ news: ChainNews, _ now: Instant) {
    note(.news(news), now)
    switch news {
    case .challenge(let task, let result):
      let stands = standing.map { $0 != nil }
      participants.certificateChallenged(task, result: result, now, &effects) { !stands[$0.index] }
    case .certificateUndone(let task): participants.certificateUndone(task, now, &effects)
    case .lost(let bytes):
      guard let submission = Submission(decoding: bytes, blueprint.deployment.scheme) else { return }
      let timer = participants.lostByReorg(submission)
      let delay = rpcDelay(UInt64(submission.node.rawValue), UInt64(timer.index) | 1 << 42)
      // Not before it has heard of the reorg.
      timetable.add(
        .wakeUp(submission.node, timer), at: max(now + delay, reorgHeard + TimeSpan(nanoseconds: 1)))
    case .accused(let node):
      participants.accused(node, from: now + rpcDelay(UInt64(node.rawValue), 1 << 45))
      return
    case .certificate, .stake: preconditionFailure("has a way of its own")
    }
    carryOut(now)
  }

  /// TCP's first timeout (RFC 6298, *2.1*), as in the simulator.
  func repeatAnnouncement(on slot: UInt32, _ now: Instant) {
    timetable.add(.announcement(slot), at: now + .seconds(1))
  }

  func announceAgain(_ slot: UInt32, _ now: Instant) {
    note(.announcement(slot), now)
    participants.announceAgain(slot, now, &effects)
    carryOut(now)
  }

  func addLinkFree(_ slot: UInt32, at instant: Instant) { timetable.add(.linkFree(slot), at: instant) }

  func linkFree(_ slot: UInt32, _ now: Instant) {
    note(.linkFree(slot), now)
    awaitsLink[Int(slot)] = false
    sendNext(slot, now)
    carryOut(now)
  }

  func linkUp(slot: Int) {
    if depth > 0 {
      postponed.append((slot, true))
      return
    }
    if replayInstant == nil { welcome(slot) }
    if hasBegun, !hasEnded {
      let now = now
      enter()
      note(.link(slot, isUp: true), now)
      participants.connected(UInt32(slot), now, &effects)
      carryOut(now)
      leave()
    }
    if replayInstant == nil, transport.isConnected { audience?.everyLinkStands() }
  }

  /// A guest speaks what it agreed on; nodes of the topology all speak the scenario's version.
  private func welcome(_ slot: Int) {
    guard transport.guest(at: slot) != nil, !hasEnded, let link = transport.links[slot] as? Libp2pLink,
      let name = link.version, let version = ProtocolVersion.allCases.first(where: { $0.protocolID == name })
    else { return }
    let guest = NodeID(transport.wiring.neighbors[slot])
    note(.version(guest, version), now)
    participants.router.setVersion(guest, version)
    let owner = blueprint.deployment.nodes[Int(transport.wiring.owners[slot])].name
    audience?.notice("\(link.guest.map { "\($0)" } ?? "a guest") is linked to node \(owner), \(name)")
  }

  func linkDown(slot: Int) {
    if depth > 0 {
      postponed.append((slot, false))
      return
    }
    guard hasBegun, !hasEnded else { return }
    let now = now
    note(.link(slot, isUp: false), now)
    participants.disconnected(UInt32(slot), now)
  }

  // MARK: Effects

  /// Sends, schedules and tells what the last input caused.
  func carryOut(_ now: Instant) {
    if effects.outbox.dials.count > 0 { leaveDials() }
    if effects.outbox.count > 0 { if hasQueues { queueOutbox(now) } else { sendOutbox(now) } }
    for k in 0..<effects.timers.count {
      let request = effects.timers[k]
      decisions?.note(request)
      timetable.add(.wakeUp(request.node, request.timer), at: request.at)
    }
    effects.timers.removeAll()
    tellFacts()
    if !effects.submissions.isEmpty {
      for submission in effects.submissions {
        decisions?.note(submission, blueprint.deployment.scheme)
        audience?.submitted(submission)
      }
      effects.submissions.removeAll()
    }
  }

  /// A link that is down is dialed again by the transport, whoever wants it.
  private func leaveDials() {
    for k in 0..<effects.outbox.dials.count {
      participants.router.dialFailed(slot: effects.outbox.dials[k])
    }
    effects.outbox.dials.removeAll()
  }

  func tellFacts() {
    for k in 0..<effects.facts.count {
      decisions?.note(effects.facts[k])
      audience?.happened(effects.facts[k])
    }
    effects.facts.removeAll()
  }

  func rpcDelay(_ who: UInt64, _ call: UInt64) -> TimeSpan {
    TimeSpan(nanoseconds: UInt64(max(blueprint.deployment.rpcDelay.draw(rpcDraws.bits(who, call)), 0)))
  }
}
