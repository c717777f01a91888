// The population of a run: participants, coordinator and record behind one event handler. What an event means is decided
// by its slot: a link's, a node's own, or the world's.

import AVS
import Basics
import Contracts
import Gossip
import Network
import Participants
import Runs

/// Everything that lives in one simulation. Slots: the links' ends, the nodes, the world; then the links' ends and
/// the nodes once more, for what the shared process has served.
struct World: Population, ~Copyable {
  /// Inputs that belong to no node.
  enum Input: UInt32 {
    /// A task falls due. Index: task.
    case taskDue = 0
    /// A submission reaches the chain. Index: submission.
    case submission
    /// Something may change on chain.
    case chain
    /// A fault begins / ends. Index: fault.
    case faultBegins
    case faultEnds
    /// Time for a sample. Index: unused.
    case sample
    /// Nodes learn whether a certificate is on chain. Index: task.
    case certificate
    /// The shared process begins a pass of its loop. Index: unused.
    case pass
    /// An unreadable frame arrives. Index: the receiver's slot.
    case damaged
    /// A connection closed for such a frame stands again. Index: the receiver's slot.
    case mended
    /// A dial ends. Index: the dialer's slot.
    case dialed
    /// A link whose queue holds something is free. Index: slot.
    case linkFree
    /// Nodes learn that a certificate is challenged. Index: task.
    case challenged
    /// What a node said of its subscriptions was lost; it says it again. Index: slot.
    case announced

    func payload(_ index: Int) -> UInt32 {
      precondition(index < 1 << 28, "world input index \(index) needs more than 28 bits")
      return rawValue << 28 | UInt32(index)
    }
  }

  let blueprint: Blueprint
  var participants: Participants
  var coordinator: Coordinator
  var record: Record
  var scores: ScoreWatch
  var effects = Effects()
  var chainFacts: [CoordinatorFact] = []
  var submissions: [Submission] = []
  /// What is on its way between nodes and chain when traffic ends. See `World+Settling`.
  var late: [Late] = []
  var lateSubmissions = 0
  /// By fault: what heals it, while it is in force.
  var linkFaults: [LinkFaultID?]
  var standstill: Standstill
  /// Connections closed for what came over them, by the receiver's slot. Asked, never walked over.
  var broken: Set<UInt32> = []
  /// Which control RPCs left before which connections stood.
  var eras: ConnectionEras
  /// When the next chain event is scheduled.
  var nextChainEvent = Instant.never
  /// Transmissions that did not arrive.
  var lostTransmissions: UInt64 = 0
  /// The longest that a control RPC was on its way.
  var longestFlight = TimeSpan.zero
  /// The process that hosts all nodes, where its time counts.
  var process: SharedProcess
  let isProcessModelled: Bool
  /// Whether routers queue what they send (`network.gossip.queue`).
  let hasQueues: Bool
  /// By slot: whether a `linkFree` is scheduled. Empty without queues.
  var awaitsLink: Table<Bool>
  /// By slot: a link that must be dialed first. Empty without such links.
  var isPotential: Table<Bool>
  let linkSlots: UInt32
  let worldSlot: UInt32
  /// Whether resolvers want to know what aggregators heard.
  let hasListeners: Bool
  let rpcDraws: HashRandom
  let inclusionDraws: HashRandom

  init(_ blueprint: Blueprint, linkSlots: Int) throws {
    let deployment = blueprint.deployment
    let participants = try Participants(deployment)
    let verifier = participants.verifier
    let coordinator = try Coordinator(blueprint.chain) { verifier.isValid($0) }
    self.init(blueprint, consume participants, coordinator, linkSlots: linkSlots)
  }

  private init(
    _ blueprint: Blueprint, _ participants: consuming Participants, _ coordinator: Coordinator, linkSlots: Int
  ) {
    let deployment = blueprint.deployment
    self.blueprint = blueprint
    record = Record(
      deployment, chain: blueprint.chain, lifetime: participants.messageLifetime)
    record.introduce(coordinator)
    record.faultPlaces = blueprint.faultPlaces
    scores = ScoreWatch(isObserved: blueprint.observesScores)
    self.participants = participants
    self.coordinator = coordinator
    linkFaults = Array(repeating: nil, count: blueprint.faults.count)
    standstill = Standstill(nodes: deployment.nodes.count)
    eras = ConnectionEras(slots: blueprint.faults.isEmpty ? 0 : linkSlots)
    isProcessModelled = blueprint.processCosts != nil
    hasQueues = deployment.gossip.queue != nil
    awaitsLink = Table(repeating: false, count: deployment.gossip.queue == nil ? 0 : linkSlots)
    isPotential = Self.potential(blueprint, linkSlots)
    process = SharedProcess(
      blueprint.processCosts ?? .none, links: blueprint.processCosts == nil ? 0 : linkSlots)
    self.linkSlots = UInt32(linkSlots)
    worldSlot = UInt32(linkSlots + deployment.nodes.count)
    self.participants.router.observesScores = blueprint.observesScores
    hasListeners = coordinator.hasListeners
    rpcDraws = HashRandom(seed: deployment.seed, .rpcDelay)
    inclusionDraws = HashRandom(seed: deployment.seed, .inclusion)
    for service in deployment.services.indices {
      let id = ServiceID(service)
      self.participants.setStake(id, coordinator.stake(of: id).weights)
    }
  }

  mutating func handle(_ event: Event, _ network: inout EventNetwork) {
    let now = event.time
    if event.slot < linkSlots {
      if isProcessModelled {
        let pass = process.fallsDue(.init(slot: event.slot, payload: event.payload), at: now)
        return schedulePass(pass, &network)
      }
      arrive(event.slot, event.payload, now, network.links.owner(Int(event.slot)))
    } else if event.slot < worldSlot {
      if isProcessModelled {
        let pass = process.fallsDue(.init(slot: event.slot, payload: event.payload), at: now)
        return schedulePass(pass, &network)
      }
      wake(NodeID(event.slot - linkSlots), event.payload, now)
    } else if event.slot == worldSlot {
      handleInput(event.payload, now, &network)
    } else {
      let slot = event.slot - worldSlot - 1
      if slot < linkSlots {
        arrive(slot, event.payload, now, network.links.owner(Int(slot)))
      } else {
        wake(NodeID(slot - linkSlots), event.payload, now)
      }
    }
    carryOut(now, &network)
  }

  /// Something for a node, now or, when it stands still, once it goes on.
  private mutating func arrive(_ slot: UInt32, _ payload: UInt32, _ now: Instant, _ node: Int) {
    if standstill.isAny, standstill.stands(node) {
      if !standstill.keep(.init(slot: slot, payload: payload), node) {
        participants.lose(Payload(rawValue: payload))
      }
      return
    }
    if eras.isAny, eras.isStale(Payload(rawValue: payload), on: slot) {
      return participants.lose(Payload(rawValue: payload))
    }
    participants.arrive(Payload(rawValue: payload), on: slot, now, &effects)
  }

  private mutating func wake(_ node: NodeID, _ payload: UInt32, _ now: Instant) {
    if standstill.isAny, standstill.stands(node.index) {
      standstill.keep(wakeUp: .init(slot: .max, payload: payload), node.index)
      return
    }
    participants.wake(WakeUp(rawValue: payload), at: node, now, &effects)
  }

  /// Sends, schedules and records what the last input caused.
  mutating func carryOut(_ now: Instant, _ network: inout EventNetwork) {
    if effects.outbox.dials.count > 0 { dial(now, &network) }
    if hasQueues {
      queue(now, &network)
    } else {
      for k in 0..<effects.outbox.count { send(effects.outbox[k], now, &network) }
    }
    effects.outbox.removeAll()
    for k in 0..<effects.timers.count {
      let request = effects.timers[k]
      network.schedule(
        at: request.at, slot: Int(linkSlots + request.node.rawValue), payload: request.timer.rawValue)
    }
    effects.timers.removeAll()
    for k in 0..<effects.facts.count {
      record.note(effects.facts[k])
      if hasListeners { hear(effects.facts[k]) }
    }
    effects.facts.removeAll()
    if !effects.submissions.isEmpty { dispatchSubmissions(now, &network) }
  }

  mutating func send(_ transmission: Transmission, _ now: Instant, _ network: inout EventNetwork) {
    if eras.isAny { eras.sent(transmission.payload) }
    let fate = network.send(
      slot: Int(transmission.slot), payload: transmission.payload.rawValue,
      key: UInt64(transmission.payload.rawValue), bytes: participants.encodedSize(transmission.payload),
      at: now)
    switch fate {
    case .delivered(let arrival):
      if transmission.payload.isControl { longestFlight = max(longestFlight, arrival - now) }
    case .lost, .cut:
      lostTransmissions += 1
      if transmission.payload.isControl,
        participants.router.control.announces(transmission.payload.control)
      {
        network.schedule(
          at: now + Self.repetition, slot: Int(worldSlot),
          payload: Input.announced.payload(Int(transmission.slot)))
      }
      participants.lose(transmission.payload)
    case .queueFull:
      lostTransmissions += 1
      participants.refuse(transmission)
    }
    if let aftermath = network.links.takeAftermath() { follow(aftermath, transmission, &network) }
  }

  /// From a lost announcement of subscriptions to its repetition: TCP's first timeout (RFC 6298, *2.1*).
  static let repetition = TimeSpan.seconds(1)

  private mutating func hear(_ fact: Fact) {
    guard fact.kind == .collected else { return }
    coordinator.hear(fact.task, of: participants.schedule[fact.task].service, member: Int(fact.value))
  }

  private mutating func dispatchSubmissions(_ now: Instant, _ network: inout EventNetwork) {
    for submission in effects.submissions {
      let index = submissions.count
      submissions.append(submission)
      let delay =
        rpcDelay(UInt64(submission.node.rawValue), UInt64(index)) + participants.rpcExtra(submission.node)
      let wait = blueprint.deployment.inclusionDelay.draw(inclusionDraws.bits(UInt64(index)))
      let at = now + delay + TimeSpan(nanoseconds: UInt64(max(wait, 0)))
      if at >= blueprint.trafficEnd { late.append(Late(at: at, what: .submission(submission))) }
      network.schedule(at: at, slot: Int(worldSlot), payload: Input.submission.payload(index))
    }
    effects.submissions.removeAll()
  }

  private func schedulePass(_ at: Instant?, _ network: inout EventNetwork) {
    if let at { network.schedule(at: at, slot: Int(worldSlot), payload: Input.pass.payload(0)) }
  }

  func rpcDelay(_ who: UInt64, _ call: UInt64) -> TimeSpan {
    let draw = blueprint.deployment.rpcDelay.draw(rpcDraws.bits(who, call))
    return TimeSpan(nanoseconds: UInt64(max(draw, 0)))
  }
}

// MARK: The world's own inputs

extension World {
  private mutating func handleInput(_ payload: UInt32, _ now: Instant, _ network: inout EventNetwork) {
    let index = payload & 0x0FFF_FFFF
    switch Input(rawValue: payload >> 28) {
    case .taskDue: announce(TaskID(index), now, &network)
    case .submission:
      let submission = submissions[Int(index)]
      coordinator.advance(to: now, facts: &chainFacts)
      coordinator.submit(blueprint.chain.chain.transaction(from: submission.node, submission.body), at: now)
      moveChain(now, &network)
    case .chain:
      if now >= nextChainEvent { nextChainEvent = .never }
      coordinator.advance(to: now, facts: &chainFacts)
      moveChain(now, &network)
    case .faultBegins: begin(Int(index), now, &network)
    case .faultEnds: end(Int(index), now, &network)
    case .sample:
      takeSample(now)
      if now < blueprint.trafficEnd {
        network.schedule(at: now + blueprint.sampleEvery, slot: Int(worldSlot), payload: payload)
      }
    case .certificate:
      let task = TaskID(index)
      hearOfCertificate(task, now)
    case .challenged:
      let task = TaskID(index)
      if let certificate = coordinator.certificate(task) {
        let standing = blueprint.deployment.nodes.indices.map { standstill.stands($0) }
        participants.certificateChallenged(task, result: certificate.result, now, &effects) {
          !standing[$0.index]
        }
      }
    case .announced: participants.announceAgain(index, now, &effects)
    case .damaged: damaged(index, now, &network)
    case .mended: mend(index, now)
    case .pass:
      let first = Int(worldSlot) + 1
      let next = process.pass(at: now) {
        network.schedule(at: $1, slot: first + Int($0.slot), payload: $0.payload)
      }
      schedulePass(next, &network)
    case .dialed: endDial(Int(index), now, &network)
    case .linkFree: sendNext(Int(index), now, &network)
    case nil: preconditionFailure("unknown world input \(payload >> 28)")
    }
  }

  /// Nodes hear how it stands with a task's certificate: there is one, or there is none any more.
  mutating func hearOfCertificate(_ task: TaskID, _ now: Instant) {
    if let certificate = coordinator.certificate(task) {
      participants.certificateIncluded(task, result: certificate.result, now, &effects)
    } else {
      participants.certificateUndone(task, now, &effects)
    }
  }

  /// The service's sequencer announces a task; each operator hears of it after its own delay.
  private mutating func announce(_ task: TaskID, _ now: Instant, _ network: inout EventNetwork) {
    let record = participants.schedule[task]
    coordinator.advance(to: now, facts: &chainFacts)
    do {
      try coordinator.announce(blueprint.taskRecord(task, record), at: now)
    } catch {
      preconditionFailure("the chain refused task \(task.rawValue) of our own schedule: \(error)")
    }
    for node in blueprint.deployment.services[record.service.index].members {
      let delay = rpcDelay(UInt64(node.rawValue), UInt64(task.rawValue) | 1 << 40)
      let at = now + delay + participants.rpcExtra(node)
      network.schedule(
        at: at, slot: Int(linkSlots + node.rawValue),
        payload: WakeUp(.announcement, task.rawValue).rawValue)
    }
    let next = task.index + 1
    if next < participants.schedule.tasks.count {
      network.schedule(
        at: participants.schedule.tasks[next].due, slot: Int(worldSlot), payload: Input.taskDue.payload(next))
    }
    moveChain(now, &network)
  }

  /// Passes on what the chain told, and makes sure that its next event will come.
  mutating func moveChain(_ now: Instant, _ network: inout EventNetwork) {
    let news = takeTidings()
    var latest = now
    for task in news.accepted + news.undone {
      let at = now + rpcDelay(UInt64(task.rawValue), 1 << 41)
      latest = max(latest, at)
      if at >= blueprint.trafficEnd { late.append(Late(at: at, what: .certificate(task))) }
      network.schedule(at: at, slot: Int(worldSlot), payload: Input.certificate.payload(task.index))
    }
    for submission in news.lost {
      let timer = participants.lostByReorg(submission)
      let delay = rpcDelay(UInt64(submission.node.rawValue), UInt64(timer.index) | 1 << 42)
      // Not before it has heard of the reorg.
      let at = max(now + delay, latest + TimeSpan(nanoseconds: 1))
      if at >= blueprint.trafficEnd { late.append(Late(at: at, what: .wakeUp(submission.node, timer))) }
      network.schedule(
        at: at,
        slot: Int(linkSlots + submission.node.rawValue), payload: timer.rawValue)
    }
    for task in news.challenged {
      let delay = rpcDelay(UInt64(task.rawValue), 1 << 43)
      network.schedule(at: now + delay, slot: Int(worldSlot), payload: Input.challenged.payload(task.index))
    }
    // It takes no event: only who looks at its own case asks, and compares instants.
    for node in news.accused {
      participants.accused(node, from: now + rpcDelay(UInt64(node.rawValue), 1 << 45))
    }
    guard let next = coordinator.nextEvent, next < nextChainEvent else { return }
    nextChainEvent = max(next, now)
    network.schedule(at: nextChainEvent, slot: Int(worldSlot), payload: Input.chain.payload(0))
  }

  /// Records what the chain told; returns what nodes should hear.
  mutating func takeTidings() -> ChainTidings {
    let news = record.take(&chainFacts)
    guard news.movesStake else { return news }
    for service in blueprint.deployment.services.indices {
      let id = ServiceID(service)
      participants.setStake(id, coordinator.stake(of: id).weights)
    }
    return news
  }

  mutating func takeSample(_ now: Instant) {
    participants.audit(now, &effects)
    for k in 0..<effects.facts.count { record.note(effects.facts[k]) }
    effects.facts.removeAll()
    record.audit(now)
    lookAround(now)
    let load = participants.totalLoad(at: now)
    record.sample(
      now, participants.router.counters, busyNanoseconds: load.busyNanoseconds, cores: load.cores)
    scores.look(at: &participants.router, nodes: 0..<blueprint.deployment.nodes.count, now)
  }

  /// The last look at scores, when traffic has ended.
  mutating func lookAtScores(_ now: Instant) {
    scores.look(
      at: &participants.router, nodes: 0..<blueprint.deployment.nodes.count, now, isLast: true)
  }

  /// Shows the checkers what can be looked at between events.
  private mutating func lookAround(_ now: Instant) {
    record.look(now, queueDrops: participants.measures.queueDrops)
    record.look(
      now, overfull: participants.overfullQueue(), waiting: coordinator.waitingTransactions)
    guard now >= .zero + blueprint.deployment.duration else { return }
    // Whoever stands still cannot answer yet.
    let lopsided = participants.lopsidedMeshLinks().filter {
      !standstill.stands(participants.router.owner(of: $0.slot).index)
        && !standstill.stands(participants.router.neighbor($0.slot).index)
    }
    // What a graylisted peer says is lost as well.
    let lost =
      lostTransmissions + participants.measures.lostToDownNodes + participants.router.counters.graylisted
    // Copied out: the record does not know the router.
    let ends = lopsided.map {
      (participants.router.owner(of: $0.slot), participants.router.neighbor($0.slot))
    }
    record.lookAtMesh(lopsided, ends: ends, lost: lost, flight: longestFlight, now)
  }
}
