// The hosted nodes as the chain and the run see them: news come in by RPC, late by its delay; counts and loads go out.

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

extension NodeHost: NodePopulation {
  func connect(limit: TimeSpan) throws {
    var ports = Array(repeating: UInt16(0), count: nodes)
    for (node, port) in try listen() { ports[node.index] = port }
    connect(to: ports)
    guard loop.run(limit: limit, until: { transport.isConnected }) else {
      throw ClusterError.notConnected(links: links.up, of: links.all, seconds: limit.seconds)
    }
  }

  var beginsAfter: TimeSpan { .zero }

  func close() { end() }

  func announce(_ task: TaskID) {
    let now = now
    for node in blueprint.deployment.services[participants.schedule[task].service.index].members
    where transport.isHosted[node.index] {
      let delay = rpcDelay(UInt64(node.rawValue), UInt64(task.rawValue) | 1 << 40)
      timetable.add(
        .wakeUp(node, WakeUp(.announcement, task.rawValue)), at: now + delay + participants.rpcExtra(node))
    }
  }

  func certify(_ task: TaskID, result: Digest) {
    timetable.add(.certificate(task, result), at: now + rpcDelay(UInt64(task.rawValue), 1 << 41))
  }

  func accuse(_ node: NodeID) { hear(.accused(node), now) }

  func challenge(_ task: TaskID, result: Digest) {
    timetable.add(.challenge(task, result), at: now + rpcDelay(UInt64(task.rawValue), 1 << 43))
  }

  func sides(_ task: TaskID, result: Digest, at: Instant) -> [Submission] {
    var taken = Effects()
    participants.certificateChallenged(task, result: result, at, &taken) { _ in true }
    return taken.submissions
  }

  func takeLate() -> [(submission: Submission, at: Instant)] {
    var sent: [(submission: Submission, at: Instant)] = []
    for (entry, at) in late {
      var seen = Effects()
      switch entry {
      case .wakeUp(let node, let timer): participants.wake(timer, at: node, at, &seen)
      case .certificate(let task, let result):
        participants.certificateIncluded(task, result: result, at, &seen)
      case .certificateUndone(let task): participants.certificateUndone(task, at, &seen)
      case .challenge, .announcement, .linkFree, .beginning: continue
      }
      for k in 0..<seen.facts.count { audience?.happened(seen.facts[k]) }
      for submission in seen.submissions {
        let delay = rpcDelay(UInt64(submission.node.rawValue), UInt64(sent.count) | 1 << 44)
        sent.append((submission, at + delay))
      }
    }
    late = []
    return sent
  }

  func uncertify(_ task: TaskID) {
    let at = now + rpcDelay(UInt64(task.rawValue), 1 << 41)
    reorgHeard = max(reorgHeard, at)
    timetable.add(.certificateUndone(task), at: at)
  }

  func lose(_ submission: Submission) {
    guard transport.isHosted[submission.node.index] else { return }
    hear(.lost(submission.encoded(blueprint.deployment.scheme)), now)
  }

  func setStake(_ service: ServiceID, _ stake: [UInt128]) {
    note(.stake(service, stake), now)
    participants.setStake(service, stake)
  }

  func audit() {
    let now = now
    note(.audit, now)
    participants.audit(now, &effects)
    tellFacts()
  }

  func lookAtScores(at now: Instant, isLast: Bool) {
    scores.look(
      at: &participants.router, nodes: 0..<nodes, now, isLast: isLast)
  }

  func takeScores() -> (changes: [ScoreChange], moves: [ScoreMoveNote]) { scores.take() }

  var troubles: [String: UInt64] {
    var all = transport.counters.troubles
    if imposed.counters.dropped > 0 { all["dropped.delayed"] = imposed.counters.dropped }
    if heldDropped > 0 { all["dropped.held"] = heldDropped }
    return all
  }

  var counters: Counters { participants.router.counters }
  var load: (busyNanoseconds: UInt64, cores: Int) {
    let all = participants.totalLoad(at: now)
    // A guest's core is not ours.
    return (all.busyNanoseconds, all.cores - transport.settings.guests)
  }
  var guests: (peers: Int, links: Int) { transport.guests.taken }
  var ports: [UInt16] { Array(transport.knownPorts.prefix(nodes)) }
  var links: (up: Int, all: Int) { (transport.linksUp, transport.hostedSlots) }
  var refusedFrames: UInt64 { refusals.malformed + refusals.foreignData }

  var totals: PopulationTotals {
    var totals = PopulationTotals()
    totals.measures = participants.measures
    totals.counters = participants.router.counters
    totals.loads = (0..<nodes).map { participants.load(NodeID($0), at: now) }
    if hasBegun { totals.process = process(finalMeter ?? loop.meterReading) }
    return totals
  }

  /// What the loop's own clock says of the time that frames cost.
  private func process(_ meter: LoopMeter) -> RunSummary.Process {
    func micros(_ nanoseconds: Double?) -> Double? { nanoseconds.map { $0 / 1_000 } }
    return RunSummary.Process(
      busyShare: 1 - Double(min(meter.idle, meter.elapsed)) / Double(max(meter.elapsed, 1)),
      writes: meter.writes.count, reads: meter.reads.count, frames: meter.frames,
      write: micros(meter.writes.passes.line?.slope), read: micros(meter.reads.passes.line?.slope),
      frame: micros(meter.passes.line?.slope), pass: micros(meter.pass),
      wake: micros(meter.wakes.percentile(0.5).map { Double($0) }))
  }
}
