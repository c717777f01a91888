// The nodes of a run in processes of their own, as this process, which holds the chain and the record, sees them.
//
// Facts of several processes come nearly in order; they wait a tenth of a second and are told in the order of their
// instants, since the record wants an offence before the evidence of it. A process that dies takes its nodes down; that
// is told, and the run goes on. Where the scenario says so it is started again: its nodes come back without state, learn the
// stakes and the faults in force, and their counts go on from what it last told. A fault that strikes all nodes of a process
// strikes the process itself (`ProcessFaults`): one that a crash killed starts again when the fault ends.

internal import AVS
internal import Basics
internal import Foundation
internal import Gossip
internal import Participants
internal import Runs
internal import Scenarios
internal import UV

/// What a process of a cluster has to do.
struct NodeAssignment: Codable {
  var scenario: Scenario
  var process: Int
  var processes: Int
  /// A folder for what comes into its nodes; nil: it is not kept.
  var recording: String?

  var encoded: [UInt8] { (try? JSONEncoder().encode(self)).map { [UInt8]($0) } ?? [] }
  init(scenario: Scenario, process: Int, processes: Int, recording: String? = nil) {
    self.recording = recording
    self.scenario = scenario
    self.process = process
    self.processes = processes
  }
  init?(decoding bytes: [UInt8]) {
    guard let value = try? JSONDecoder().decode(Self.self, from: Data(bytes)), value.processes > 0,
      value.process >= 0, value.process < value.processes
    else { return nil }
    self = value
  }
}

/// Children that host the nodes.
final class ProcessGroup {
  private static var reordering: TimeSpan { .milliseconds(100) }

  let blueprint: Blueprint
  private let scenario: Scenario
  private let loop: Loop
  let placement: Placement
  private let recording: String?
  private(set) var supervisor: Supervisor?
  private(set) var processFaults: ProcessFaults?
  /// By process: a fault has sent it SIGKILL and its end is not seen yet.
  var isDying: [Bool]
  /// When processes applied faults.
  var effects = FaultEffects()
  /// When the command came that is being carried out; nil: none is.
  var commandAt: UInt64?
  weak var audience: (any NodeAudience)?

  private let schedule: TaskSchedule
  private let members: [Int]
  private let slots: Int
  private var latest: [NodeTotals?]
  /// By process that has not told any counts yet: links that stood when all were connected.
  private var firstLinks: [Int]
  /// What processes had counted that have been replaced.
  private var departed = PopulationTotals()
  private var departedBusy: UInt64 = 0
  private var departedRefusals: UInt64 = 0
  private var departedTroubles: [String: UInt64] = [:]
  /// Faults in force and the stakes in effect, as messages.
  var inForce: [(id: UInt32, message: ControlMessage)] = []
  private var stakes: [ControlMessage?]
  private var restarts: [UV.Timer] = []
  private var failures: [String] = []
  private var isConnected = false
  var isEnding = false
  private var epoch: UInt64 = 0
  private var facts = DueHeap<Fact>()
  private var release: UV.Timer?
  /// Bodies from children that were none.
  private(set) var refused: UInt64 = 0

  /// The program is started once a process, with `cluster process SOCKET K`.
  init(
    _ blueprint: Blueprint, _ scenario: Scenario, _ placement: Placement, _ options: ClusterOptions,
    socket: String, on loop: Loop
  ) {
    self.blueprint = blueprint
    self.scenario = scenario
    self.placement = placement
    recording = options.recording
    self.loop = loop
    let deployment = blueprint.deployment
    schedule = TaskSchedule(
      services: deployment.services, duration: deployment.duration, seed: deployment.seed)
    members = deployment.services.map(\.members.count)
    slots = deployment.neighbors.count
    latest = Array(repeating: nil, count: placement.processes)
    firstLinks = Array(repeating: 0, count: placement.processes)
    stakes = Array(repeating: nil, count: deployment.services.count)
    isDying = Array(repeating: false, count: placement.processes)
    let executable = options.executable
    supervisor = Supervisor(
      loop, processes: placement.processes, nodes: deployment.nodes.count, owner: self
    ) { k in placement.command(k, executable: executable, socket: socket) }
    processFaults = ProcessFaults(loop, placement) { [weak self] number, process in
      self?.supervisor?.signal(number, process: process)
    }
    release = UV.Timer(loop) { [weak self] in self?.tellFacts(all: false) }
  }

  /// Takes the channel of a child; false when it is not one.
  func adopt(_ channel: ControlChannel, from process: Int32) -> Bool {
    supervisor?.adopt(channel, from: process) ?? false
  }

  var processIDs: [Int32] { supervisor?.processIDs ?? [] }

  private var now: Instant {
    let clock = Loop.monotonicNanoseconds
    return Instant(nanoseconds: clock > epoch ? clock - epoch : 0)
  }

  private func tellFacts(all: Bool) {
    let limit = now.nanoseconds
    let wait = Self.reordering.nanoseconds
    while let due = facts.earliest, all || due + wait <= limit, let fact = facts.popFirst() {
      audience?.happened(fact)
    }
    if let due = facts.earliest { awaken(for: due) }
  }

  /// Sets the timer to when the fact of instant `due` has waited long enough, unless it is set already.
  private func awaken(for due: UInt64) {
    guard let release, !release.isActive else { return }
    let instant = due + Self.reordering.nanoseconds
    let clock = now.nanoseconds
    // Facts that come together are told together.
    release.start(after: max(TimeSpan(nanoseconds: instant - min(instant, clock)), .milliseconds(10)))
  }

  private func keep(_ fact: Fact) {
    facts.insert(fact, due: fact.at.nanoseconds)
    awaken(for: fact.at.nanoseconds)
  }
}

// MARK: - What the chain's side wants

extension ProcessGroup: NodePopulation {
  func connect(limit: TimeSpan) throws {
    try supervisor?.start()
    let isReady = loop.run(limit: limit) { isConnected || !failures.isEmpty }
    if let failure = failures.first { throw ClusterError.system(failure) }
    guard isReady else {
      throw ClusterError.system("the cluster's processes are not connected after \(limit)")
    }
  }

  var beginsAfter: TimeSpan { .milliseconds(200) }

  func begin(at epoch: UInt64) {
    self.epoch = epoch
    supervisor?.run(from: epoch)
  }

  func end() {
    guard !isEnding else { return }
    isEnding = true
    for timer in restarts { timer.close() }
    restarts = []
    // Who stands still could not tell its last counts.
    processFaults?.letGo()
    supervisor?.killLatecomers()
    supervisor?.broadcast(.stop)
    let areDone = loop.run(limit: .seconds(15)) {
      supervisor?.stages.allSatisfy { $0 == .finished || $0 == .ended } ?? true
    }
    if !areDone {
      audience?.notice("a process did not tell its last counts within 15 s; the ones before count")
    }
    tellFacts(all: true)
  }

  func close() {
    isEnding = true
    for timer in restarts { timer.close() }
    restarts = []
    processFaults?.letGo()
    processFaults = nil
    supervisor?.killAll()
    _ = loop.run(limit: .seconds(5)) { supervisor?.isEmpty ?? true }
    release?.close()
    release = nil
    supervisor = nil
  }

  func announce(_ task: TaskID) {
    var body: [UInt8] = []
    body.append(number: UInt64(task.rawValue), 4)
    supervisor?.broadcast(.task(body))
  }

  func certify(_ task: TaskID, result: Digest) {
    supervisor?.broadcast(.chain(ChainNews.certificate(task, result).encoded))
  }

  func accuse(_ node: NodeID) { supervisor?.broadcast(.chain(ChainNews.accused(node).encoded)) }

  func challenge(_ task: TaskID, result: Digest) {
    supervisor?.broadcast(.chain(ChainNews.challenge(task, result).encoded))
  }

  func sides(_ task: TaskID, result: Digest, at: Instant) -> [Submission] { [] }

  func takeLate() -> [(submission: Submission, at: Instant)] { [] }

  func uncertify(_ task: TaskID) { supervisor?.broadcast(.chain(ChainNews.certificateUndone(task).encoded)) }

  func lose(_ submission: Submission) {
    let body = submission.encoded(blueprint.deployment.scheme)
    supervisor?.broadcast(.chain(ChainNews.lost(body).encoded))
  }

  func setStake(_ service: ServiceID, _ stake: [UInt128]) {
    let message = ControlMessage.chain(ChainNews.stake(service, stake).encoded)
    stakes[service.index] = message
    supervisor?.broadcast(message)
  }

  /// Children audit by themselves, before they tell their counts.
  func audit() { tellFacts(all: isEnding) }

  // A run whose scores are observed has one process; see `ClusterRun`.
  func lookAtScores(at now: Instant, isLast: Bool) {}
  func takeScores() -> (changes: [ScoreChange], moves: [ScoreMoveNote]) { ([], []) }

  var totals: PopulationTotals {
    var totals = departed
    for one in latest { if let one { totals.merge(one) } }
    return totals
  }

  var counters: Counters { totals.counters }

  var load: (busyNanoseconds: UInt64, cores: Int) {
    latest.reduce((departedBusy, 0)) { ($0.0 + ($1?.busyTotal ?? 0), max($0.1, $1?.coresTotal ?? 0)) }
  }

  var links: (up: Int, all: Int) {
    (latest.indices.reduce(0) { $0 + (latest[$1]?.linksUp ?? firstLinks[$1]) }, slots)
  }

  var guests: (peers: Int, links: Int) {
    latest.reduce((0, 0)) { (max($0.0, $1?.guests ?? 0), $0.1 + ($1?.guestLinks ?? 0)) }
  }

  var ports: [UInt16] { supervisor?.ports ?? [] }

  var refusedFrames: UInt64 { latest.reduce(departedRefusals) { $0 + ($1?.refusedFrames ?? 0) } }

  var troubles: [String: UInt64] {
    latest.reduce(departedTroubles) { $0.merging($1?.troubles ?? [:], uniquingKeysWith: +) }
  }
}

// MARK: - What processes tell

extension ProcessGroup: SupervisorOwner {
  func assignment(of process: Int) -> [UInt8] {
    NodeAssignment(
      scenario: scenario, process: process, processes: placement.processes, recording: recording
    ).encoded
  }

  func isElsewhere(_ process: Int) -> Bool { placement.isElsewhere(process) }

  func everyProcessIsConnected() {
    isConnected = true
    let offsets = blueprint.deployment.offsets
    for node in placement.processOf.indices {
      firstLinks[placement.processOf[node]] += Int(offsets[node + 1] - offsets[node])
    }
  }

  func received(_ message: ControlMessage, from process: Int) {
    switch message {
    case .facts(let body):
      var reader = WireReader(body)
      while !reader.isAtEnd {
        guard
          let fact = Fact(
            &reader, nodes: blueprint.deployment.nodes.count, schedule, members: members)
        else {
          refused += 1
          return
        }
        keep(fact)
      }
    case .submission(let body):
      guard let submission = Submission(decoding: body, blueprint.deployment.scheme),
        submission.node.index < blueprint.deployment.nodes.count
      else {
        refused += 1
        return
      }
      audience?.submitted(submission)
    case .statistics(let body), .finished(let body):
      guard let totals = NodeTotals(decoding: body, nodes: blueprint.deployment.nodes.count) else {
        refused += 1
        return
      }
      for text in totals.notices { audience?.notice("process \(process): \(text)") }
      latest[process] = totals
    case .struck(let fault, let begins, let instant):
      guard let ours = supervisor?.ours(instant, of: process) else { return }
      applied(fault, begins: begins, by: process, at: ours)
    case .failed(let reason): fail("process \(process): \(reason)")
    default: refused += 1
    }
  }

  func ended(process: Int, _ exit: UV.Process.Exit, hadFinished: Bool) {
    guard !isEnding, !hadFinished else { return }
    let how =
      switch exit {
      case .code(let code): "with code \(code)"
      case .signal(let number): "by signal \(number)"
      }
    let isFault = isDying[process]
    isDying[process] = false
    if isFault {
      let now = Loop.monotonicNanoseconds
      for id in processFaults?.crashes(of: process) ?? [] {
        applied(id, begins: true, by: process, at: now)
      }
      audience?.notice("process \(process) ended \(how), as a fault wanted")
    } else {
      fail("process \(process) ended \(how)")
    }
    for effect in effects.giveUp(process) { tell(effect) }
    guard isConnected else { return }
    latest[process]?.linksUp = 0
    firstLinks[process] = 0
    tell(.down, ofNodesIn: process)
    if isFault, processFaults?.isDown(process) == false {
      startAgain(process, after: .zero)
    } else if !isFault, let pause = scenario.cluster.restart {
      startAgain(process, after: pause)
    }
  }

  /// Starts an ended process, unless a fault keeps it down by then or it runs already.
  func startAgain(_ process: Int, after pause: TimeSpan) {
    let timer = UV.Timer(loop) { [weak self] in
      guard let self, !isEnding, let supervisor, let processFaults, !processFaults.isDown(process),
        supervisor.stages[process] == .ended
      else { return }
      do {
        try supervisor.start(process: process)
        try processFaults.started(process)
      } catch { fail("process \(process): \(error)") }
    }
    timer.start(after: pause)
    restarts.append(timer)
  }

  func rejoined(process: Int) {
    if let counted = latest[process] {
      departed.merge(counted)
      departedBusy += counted.busyTotal
      departedRefusals += counted.refusedFrames
      departedTroubles.merge(counted.troubles, uniquingKeysWith: +)
      latest[process] = nil
    }
    for message in stakes { if let message { supervisor?.send(message, to: process) } }
    for fault in inForce { supervisor?.send(fault.message, to: process) }
    tell(.up, ofNodesIn: process)
    audience?.notice("process \(process) is back")
  }

  private func tell(_ kind: Fact.Kind, ofNodesIn process: Int) {
    for node in placement.nodes(of: process) { keep(Fact(kind, node: NodeID(node), at: now)) }
  }

  func fail(_ text: String) {
    failures.append(text)
    audience?.notice(text)
  }
}
