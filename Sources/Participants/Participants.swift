// The face of the participants: one method for each input. A driver calls them in the order of time, and carries out
// the effects before the next.

public import AVS
public import Basics
public import Gossip

extension Participants {
  /// The run begins: hosted nodes join their topics and start their hearts. The driver then reports each connection.
  public mutating func start(_ now: Instant, _ effects: inout Effects) {
    for node in deployment.nodes.indices where isHosted[node] { wakeUp(NodeID(node), now, &effects) }
  }

  /// A gossip payload has arrived on the receiver's own `slot`. A control RPC's reference is given back here.
  public mutating func arrive(_ payload: Payload, on slot: UInt32, _ now: Instant, _ effects: inout Effects) {
    let node = NodeID(slotOwner[slot])
    guard availability.isUp(node) else {
      measures.lostToDownNodes += 1
      router.release(payload)
      return
    }
    processors.spend(node, at: now, cost: deployment.receiveCost)
    if payload.isControl {
      _ = router.receive(payload.control, on: slot, at: now, outbox: &effects.outbox)
      router.control.release(payload.control)
    } else if router.receive(payload.message, on: slot, at: now, outbox: &effects.outbox) == .fresh {
      admit(payload.message, at: node, on: slot, now, &effects)
    }
  }

  /// The network lost a transmission on the way: nobody is told.
  public mutating func lose(_ payload: Payload) {
    router.release(payload)
  }

  /// The sender's own queue was full: it knows, and may send control again.
  public mutating func refuse(_ transmission: Transmission) { router.dropped(transmission) }

  /// A wake-up that `node` asked for, or the chain's announcement of a task.
  public mutating func wake(_ timer: WakeUp, at node: NodeID, _ now: Instant, _ effects: inout Effects) {
    switch timer.kind {
    case .heartbeat:
      guard availability.isUp(node), availability.incarnation(node) == timer.index else { return }
      if !swarms.isEmpty { heartbeatAmongSybils(node, now, &effects) }
      _ = router.heartbeat(node, at: now, outbox: &effects.outbox)
      effects.wake(node, at: now + deployment.gossip.heartbeatInterval, .heartbeat, timer.index)
    case .job:
      let job = jobs.take(timer.index)
      processors.finish(node)
      guard isAlive(job) else {
        abandon(job, now, &effects)
        return
      }
      switch job.kind {
      case .verify, .verifyRepeated: verified(job, now, &effects)
      case .attest: attest(job, now, &effects)
      case .recompute: recomputed(job, now, &effects)
      case .publish, .publishSecond, .missing: break
      }
    case .announcement:
      hear(TaskID(timer.index), at: node, now, &effects)
    case .certificate:
      certificateDue(timer.index, at: node, now, &effects)
    case .publication:
      let job = jobs.take(timer.index)
      if job.kind == .missing {
        if isAlive(job) { challengeSilence(job.task, at: job.node, now, &effects) }
      } else if isAlive(job) {
        publishLate(job, now, &effects)
      } else {
        abandon(job, now, &effects)
      }
    case .undone:
      sendAgain(timer.index, at: node, now, &effects)
    case nil:
      break
    }
  }

  /// The node stops. With `losingState` it forgets everything that it did not write down: meshes, caches, jobs.
  public mutating func crash(_ node: NodeID, losingState: Bool, _ now: Instant, _ effects: inout Effects) {
    guard availability.isUp(node) else { return }
    availability.goDown(node, at: now)
    for slot in router.slots(of: node) { _ = router.disconnected(slot: slot) }
    if losingState {
      _ = router.crash(node)
      _ = router.restart(node)
      if deployment.plant == .restartForgets { forgetSignatures(of: node, now) }
    }
    effects.facts.append(Fact(.down, node: node, at: now))
  }

  /// The node starts again, and asks the chain for tasks that are still open. The driver then reports its connections.
  public mutating func restart(_ node: NodeID, _ now: Instant, _ effects: inout Effects) {
    guard !availability.isUp(node) else { return }
    availability.comeUp(node, at: now)
    effects.facts.append(Fact(.up, node: node, at: now))
    wakeUp(node, now, &effects, joining: deployment.plant != .restartJoinsNothing)
    for service in roles.servicesOf[node.index] {
      for task in schedule.tasks(of: service).reversed() {
        let record = schedule[task]
        if record.deadline < now { break }
        if record.due < now { hear(task, at: node, now, &effects) }
      }
    }
    lookAfterTransactions(of: node, now, &effects)
  }

  /// The connection behind `slot` is gone, or is there again.
  public mutating func disconnected(_ slot: UInt32, _ now: Instant) { _ = router.disconnected(slot: slot) }
  public mutating func connected(_ slot: UInt32, _ now: Instant, _ effects: inout Effects) {
    guard availability.isUp(NodeID(slotOwner[slot])) else { return }
    _ = router.connected(slot: slot, at: now, outbox: &effects.outbox)
  }

  /// What the node told over `slot` of its subscriptions was lost on the way: it says it again.
  public mutating func announceAgain(_ slot: UInt32, _ now: Instant, _ effects: inout Effects) {
    _ = router.announceAgain(slot: slot, at: now, outbox: &effects.outbox)
  }

  /// A partition came into force or ended; needed to count deliveries fairly, never to decide anything.
  public mutating func partitioned(
    _ id: UInt32, sides: [UInt32], isOneWay: Bool = false, _ now: Instant
  ) {
    availability.cut(id, sides: sides, isOneWay: isOneWay, at: now)
  }
  public mutating func mended(_ id: UInt32, _ now: Instant) { availability.mend(id, at: now) }

  /// The stake of a service's members, by index, in wei, as aggregators read it from the chain.
  public mutating func setStake(_ service: ServiceID, _ stake: [UInt128]) {
    aggregation.setStake(service, stake)
  }

  /// A certificate for `task` is on chain, and names this result: watchers compare it with what they know.
  public mutating func certificateIncluded(
    _ task: TaskID, result: Digest, _ now: Instant, _ effects: inout Effects
  ) {
    _ = certified.insert(0, task.index)
    watchCertificate(task, result, now, &effects)
    watchSilence(task, now, &effects)
  }

  /// Remembers a signed attestation as a message, whether made here or read from a frame. Returns its handle.
  public mutating func register(_ signed: SignedAttestation, origin: NodeID, _ now: Instant) -> MessageHandle
  {
    let attestation = signed.attestation
    let service = attestation.service
    let known = service.index < deployment.services.count
    let size = SignedAttestation.encodedBytes(
      deployment.scheme, paddedTo: known ? deployment.services[service.index].attestationBytes : 0)
    let shown = origin.index < deployment.signing.count ? deployment.signing[origin.index] : nil
    let author = shown?.ownAuthorship
    let handle =
      indexesContents
      ? router.messages.register(
        contentID(of: signed), topic: topic(service), dataBytes: size, origin: origin, authorship: author,
        at: now)
      : router.messages.register(
        topic: topic(service), dataBytes: size, origin: origin, authorship: author, at: now)
    let member = known ? roles.member(service, attestation.operatorID) : nil
    var duty: Int?
    if let member, attestation.task.index < schedule.tasks.count,
      schedule[attestation.task].service == service
    {
      duty = Int(schedule.dutyBase[attestation.task.index]) + member
    }
    store.add(
      handle, signed, member: member.map { UInt16($0) } ?? .max, duty: duty,
      live: router.messages.count)
    unaudited.append(handle)
    return handle
  }

  /// The attestation in a live message.
  public func attestation(_ message: MessageHandle) -> SignedAttestation { store[message].signed }

  /// Bytes of a payload's RPC on the wire.
  public func encodedSize(_ payload: Payload) -> Int { router.encodedSize(payload) }

  /// Checks signatures as the contracts do, by the same keys.
  public var verifier: AttestationVerifier {
    AttestationVerifier(signer: signer, domain: domain, mode: deployment.mode)
  }

  /// Busy CPU time of the node's host up to `now`, and its cores.
  public func load(_ node: NodeID, at now: Instant) -> (busyNanoseconds: UInt64, cores: Int) {
    processors.load(node, at: now)
  }

  /// The same for all hosts together.
  public func totalLoad(at now: Instant) -> (busyNanoseconds: UInt64, cores: Int) {
    processors.total(at: now)
  }

  /// The first host whose queue of work is longer than its bound; nil: there is none.
  public func overfullQueue() -> (host: Int, pending: Int, bound: Int)? { processors.overfull() }

  /// Pairs (slot of a node's mesh, topic) whose other end does not have that node in its own, among nodes that run and are no
  /// Sybils, in order. Cost: the number of mesh links.
  public func lopsidedMeshLinks() -> [(slot: UInt32, topic: TopicID)] {
    var lopsided: [(slot: UInt32, topic: TopicID)] = []
    for node in deployment.nodes.indices where isHosted[node] && availability.isUp(NodeID(node)) {
      for service in roles.topicsOf[node] {
        let topic = topic(service)
        for slot in router.mesh(NodeID(node), topic) {
          let peer = router.neighbor(slot)
          guard isHosted[peer.index], availability.isUp(peer), !swarms.contains(peer) else { continue }
          let back = deployment.reverse[Int(slot)]
          // Whoever is graylisted is not heard and gets no answer: it may believe what it likes.
          if !router.isGraylisted(slot: back), !router.mesh(peer, topic).contains(back) {
            lopsided.append((slot, topic))
          }
        }
      }
    }
    return lopsided
  }

  /// Whether the node runs.
  public func isUp(_ node: NodeID) -> Bool { availability.isUp(node) }

  private mutating func wakeUp(
    _ node: NodeID, _ now: Instant, _ effects: inout Effects, joining: Bool = true
  ) {
    for service in roles.topicsOf[node.index] where joining {
      _ = router.join(node, topic(service), at: now, outbox: &effects.outbox)
    }
    let incarnation = availability.incarnation(node) & 0x0FFF_FFFF
    effects.wake(node, at: now + router.firstHeartbeat(node), .heartbeat, incarnation)
  }

  private func isAlive(_ job: Job) -> Bool {
    availability.isUp(job.node) && availability.incarnation(job.node) == job.incarnation
  }

  /// A job whose node crashed under it. A duty lost that way is a duty missed; a message is nobody's any more.
  private mutating func abandon(_ job: Job, _ now: Instant, _ effects: inout Effects) {
    switch job.kind {
    case .attest, .publish:
      if let member = roles.member(schedule[job.task].service, job.node) {
        miss(job.task, member, job.node, .crashed, now, &effects)
      }
    case .verify, .verifyRepeated: settle(job.message, at: job.node, from: job.slot, .ignore, now, &effects)
    case .recompute, .publishSecond, .missing: break
    }
  }
}
