// The side of the chain: the coordinator, the record of truth and decisions, and the timeline of tasks, faults and samples,
// driven by a clock. It hosts no node; nodes are told and heard through `NodePopulation` and `NodeAudience`.
//
// The order of what it does with one input is that of the simulator's `World`, so that both engines give the chain the
// same meaning.

internal import Basics
internal import Contracts
internal import Gossip
internal import Network
internal import Participants
internal import Reporting
internal import Runs
internal import UV

/// Coordinator and record of a cluster.
final class ChainHost {
  enum Entry: BitwiseCopyable {
    case taskDue(TaskID)
    /// A submission, by index, reaches the chain.
    case submission(UInt32)
    /// Something may change on chain.
    case chain
    /// A fault, by index, begins; ends.
    case faultBegins(UInt32)
    case faultEnds(UInt32)
    case sample
  }

  let blueprint: Blueprint
  let schedule: TaskSchedule
  private(set) var coordinator: Coordinator
  private(set) var record: Record
  /// The scenario's faults, then those that came up while the run went on; a fault's id is its index.
  private(set) var faults: [Fault]
  private(set) var faultPlaces: [String]
  /// By fault: in force now; over.
  private(set) var faultStates: [FaultState]
  /// What others need to draw faults that wait and are not in the scenario.
  private var lives: [UInt32: LiveFault] = [:]
  unowned let nodes: any NodePopulation

  private let timetable: Timetable<Entry>
  private var chainFacts: [CoordinatorFact] = []
  private var submissions: [Submission] = []
  /// Those that were on their way when traffic ended.
  private var late: [(submission: Submission, at: Instant)] = []
  private var nextChainEvent = Instant.never
  private let rpcDraws: HashRandom
  private let inclusionDraws: HashRandom
  private var hasEnded = false
  /// The last interval, for those who look at the run.
  private(set) var latestSample: SampleRow?
  private var tasksDue = 0
  private var tasksCertified = 0
  /// What had been counted at the first sample after the warm-up.
  private var warmup: PopulationTotals.Warmup?

  /// A transaction that the coordinator included, as it said itself.
  struct Inclusion {
    var block: BlockNumber
    var at: Instant
    var kind: Transaction.Kind
    var sender: NodeID
    /// Of a certificate.
    var task: TaskID?
  }
  /// On the canonical chain, in order.
  private(set) var inclusions: [Inclusion] = []
  /// Called after each sample.
  var sampled: (() -> Void)?

  enum FaultState { case waiting, inForce, over }

  /// `verifier` and `lifetime` are the participants'.
  init(
    _ blueprint: Blueprint, verifier: AttestationVerifier, lifetime: TimeSpan, nodes: any NodePopulation,
    on loop: Loop
  ) throws {
    self.blueprint = blueprint
    self.nodes = nodes
    let deployment = blueprint.deployment
    schedule = TaskSchedule(
      services: deployment.services, duration: deployment.duration, seed: deployment.seed)
    coordinator = try Coordinator(blueprint.chain) { verifier.isValid($0) }
    record = Record(deployment, chain: blueprint.chain, lifetime: lifetime)
    record.introduce(coordinator)
    record.faultPlaces = blueprint.faultPlaces
    faults = blueprint.faults
    faultPlaces = blueprint.faultPlaces
    faultStates = Array(repeating: .waiting, count: blueprint.faults.count)
    rpcDraws = HashRandom(seed: deployment.seed, .rpcDelay)
    inclusionDraws = HashRandom(seed: deployment.seed, .inclusion)
    let clock = Clock()
    timetable = try Timetable(loop) { clock.host?.due($0) }
    clock.host = self
  }

  private final class Clock {
    weak var host: ChainHost?
  }

  var now: Instant { timetable.now }

  // MARK: Life

  /// Instant zero of the run. The nodes can be told things by now.
  func begin(at epoch: UInt64) {
    if blueprint.deployment.warmup == .zero {
      warmup = PopulationTotals.Warmup(PopulationTotals(), at: .zero)
    }
    tellStake()
    for index in faults.indices { schedule(UInt32(index)) }
    if let first = schedule.tasks.first { timetable.add(.taskDue(TaskID(0)), at: first.due) }
    timetable.add(.sample, at: .zero + blueprint.sampleEvery)
    timetable.begin(at: epoch)
  }

  private func schedule(_ fault: UInt32) {
    timetable.add(.faultBegins(fault), at: faults[Int(fault)].at)
    if let until = faults[Int(fault)].until { timetable.add(.faultEnds(fault), at: until) }
  }

  /// Traffic is over: from now on only the chain moves, and not by the clock.
  func end() {
    hasEnded = true
    for (entry, at) in timetable.close() {
      if case .submission(let index) = entry { late.append((submissions[Int(index)], at)) }
    }
  }

  /// After the traffic: lets the chain go on, event by event, until nothing is left to decide or `settle` is over.
  /// Returns the instant of the last event.
  func settle(from now: Instant) -> Instant {
    let limit = blueprint.trafficEnd + blueprint.settle
    var last = now
    late += nodes.takeLate()
    // By instant, and of equals in the order in which they were sent.
    var arriving = late.enumerated().sorted {
      $0.element.at != $1.element.at ? $0.element.at < $1.element.at : $0.offset < $1.offset
    }.map(\.element)[...]
    while let next = [coordinator.nextEvent, arriving.first?.at].compactMap({ $0 }).min(), next <= limit {
      last = max(next, last)
      coordinator.advance(to: last, facts: &chainFacts)
      for task in takeTidings().challenged {
        guard let certificate = coordinator.certificate(task) else { continue }
        for side in nodes.sides(task, result: certificate.result, at: last) {
          coordinator.submit(blueprint.chain.chain.transaction(from: side.node, side.body), at: last)
        }
      }
      while let (submission, at) = arriving.first, at <= last {
        arriving.removeFirst()
        coordinator.submit(
          blueprint.chain.chain.transaction(from: submission.node, submission.body), at: last)
      }
    }
    return last
  }

  func takeRows() -> FreshRows {
    var rows = record.takeRows()
    let scores = nodes.takeScores()
    rows.scores = scores.changes.map { ScoreRow($0) }
    rows.scoreMoves = scores.moves.map { ScoreMoveRow($0) }
    return rows
  }
  var firstBreach: Breach? { record.firstBreach }

  func conclude(_ totals: PopulationTotals, at: Instant, settledAt: Instant) -> Conclusion {
    var totals = totals
    totals.warmup = warmup
    return record.conclude(blueprint, totals, coordinator, digest: nil, at: at, settledAt: settledAt)
  }

  // MARK: Faults that come up

  /// Begins a fault, now or at its own instant. Its id must be `faults.count`.
  func inject(_ fault: Fault, place: String, live: LiveFault) {
    precondition(fault.id == UInt32(faults.count), "fault \(fault.id) after \(faults.count)")
    faults.append(fault)
    faultPlaces.append(place)
    record.faultPlaces.append(place)
    faultStates.append(.waiting)
    if fault.at > now {
      // One of a pattern, whose turn comes later.
      lives[fault.id] = live
      schedule(fault.id)
      return
    }
    begin(faults.count - 1, live)
    if let until = fault.until { timetable.add(.faultEnds(fault.id), at: until) }
  }

  /// Ends a fault that is in force; false when it is not.
  func heal(_ id: UInt32) -> Bool {
    guard Int(id) < faults.count, faultStates[Int(id)] == .inForce else { return false }
    end(Int(id))
    return true
  }

  private func begin(_ index: Int, _ live: LiveFault? = nil) {
    guard faultStates[index] == .waiting else { return }
    faultStates[index] = .inForce
    let now = now
    record.began(faults[index], now)
    if case .chain(let chain) = faults[index].kind {
      coordinator.begin(
        chain, id: faults[index].id, at: now, until: faults[index].until, facts: &chainFacts)
      moveChain(now)
    }
    nodes.begin(faults[index], live: live ?? lives[UInt32(index)])
  }

  private func end(_ index: Int) {
    guard faultStates[index] == .inForce else { return }
    faultStates[index] = .over
    let now = now
    faults[index].until = now
    if case .chain = faults[index].kind {
      coordinator.end(faultOf: faults[index].id, at: now, facts: &chainFacts)
      moveChain(now)
    }
    record.ended(faults[index], now)
    nodes.end(faults[index])
  }

  /// Ids of the faults in force, in order.
  var inForce: [UInt32] {
    faults.indices.filter { faultStates[$0] == .inForce }.map { UInt32($0) }
  }

  /// Tasks due by now, and those certified.
  var dueTasks: Int { tasksDue }
  var certifiedTasks: Int { tasksCertified }

  // MARK: Inputs

  private func due(_ entry: Entry) {
    guard !hasEnded else { return }
    let now = now
    switch entry {
    case .taskDue(let task): announce(task, now)
    case .submission(let index):
      let submission = submissions[Int(index)]
      coordinator.submit(blueprint.chain.chain.transaction(from: submission.node, submission.body), at: now)
      moveChain(now)
    case .chain:
      if now >= nextChainEvent { nextChainEvent = .never }
      coordinator.advance(to: now, facts: &chainFacts)
      moveChain(now)
    case .faultBegins(let index): begin(Int(index))
    case .faultEnds(let index): end(Int(index))
    case .sample:
      takeSample(now)
      if now < blueprint.trafficEnd { timetable.add(.sample, at: now + blueprint.sampleEvery) }
    }
  }

  private func announce(_ task: TaskID, _ now: Instant) {
    let record = schedule[task]
    do {
      try coordinator.announce(blueprint.taskRecord(task, record), at: now)
    } catch {
      preconditionFailure("the chain refused task \(task.rawValue) of our own schedule: \(error)")
    }
    nodes.announce(task)
    tasksDue += 1
    let next = task.index + 1
    if next < schedule.tasks.count { timetable.add(.taskDue(TaskID(next)), at: schedule.tasks[next].due) }
    moveChain(now)
  }

  private func moveChain(_ now: Instant) {
    let news = takeTidings()
    for task in news.accepted + news.undone {
      if let certificate = coordinator.certificate(task) {
        nodes.certify(task, result: certificate.result)
      } else {
        nodes.uncertify(task)
      }
    }
    for submission in news.lost { nodes.lose(submission) }
    for task in news.challenged {
      if let certificate = coordinator.certificate(task) { nodes.challenge(task, result: certificate.result) }
    }
    for node in news.accused { nodes.accuse(node) }
    guard let next = coordinator.nextEvent, next < nextChainEvent else { return }
    nextChainEvent = max(next, now)
    timetable.add(.chain, at: nextChainEvent)
  }

  /// Records what the chain told; returns what nodes should hear.
  private func takeTidings() -> ChainTidings {
    for fact in chainFacts {
      switch fact {
      case .reorg(let reorg): inclusions.removeAll { $0.block > reorg.fork }
      case .included(let one):
        inclusions.append(
          Inclusion(
            block: one.block, at: one.at, kind: one.kind, sender: one.sender, task: one.certificate?.task))
      default: break
      }
    }
    let news = record.take(&chainFacts)
    tasksCertified += news.accepted.count - news.undone.count
    if news.movesStake { tellStake() }
    return news
  }

  private func tellStake() {
    for service in blueprint.deployment.services.indices {
      let id = ServiceID(service)
      nodes.setStake(id, coordinator.stake(of: id).weights)
    }
  }

  /// Closes an interval of the run's samples.
  func takeSample(_ now: Instant) {
    if warmup == nil, now >= .zero + blueprint.deployment.warmup {
      warmup = PopulationTotals.Warmup(nodes.totals, at: now)
    }
    nodes.audit()
    record.audit(now)
    let load = nodes.load
    record.look(now, queueDrops: nodes.totals.measures.queueDrops)
    record.sample(now, nodes.counters, busyNanoseconds: load.busyNanoseconds, cores: load.cores)
    latestSample = record.rows.samples.last
    nodes.lookAtScores(at: now, isLast: hasEnded)
    sampled?()
  }

  // MARK: What nodes did

  func note(_ fact: Fact) {
    record.note(fact)
    if fact.kind == .collected, coordinator.hasListeners {
      coordinator.hear(fact.task, of: schedule[fact.task].service, member: Int(fact.value))
    }
  }

  /// A claim is on its way to the chain.
  func submit(_ submission: Submission) {
    guard !hasEnded else { return }
    let index = submissions.count
    submissions.append(submission)
    let deployment = blueprint.deployment
    let delay = deployment.rpcDelay.draw(rpcDraws.bits(UInt64(submission.node.rawValue), UInt64(index)))
    let wait = deployment.inclusionDelay.draw(inclusionDraws.bits(UInt64(index)))
    let extra = inForce.reduce(TimeSpan.zero) { $0 + faults[Int($1)].rpcExtra(submission.node) }
    let span = TimeSpan(nanoseconds: UInt64(max(delay, 0)) &+ UInt64(max(wait, 0))) + extra
    timetable.add(.submission(UInt32(index)), at: now + span)
  }
}
