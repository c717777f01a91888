// A process that hosts a part of a cluster's nodes: what it hears from its parent goes to the nodes, what they do goes to
// the parent. It ends when the parent says so, or is gone.

internal import Basics
internal import Foundation
internal import Participants
internal import Runs
internal import Scenarios
internal import UV

/// The child's side of a cluster of several processes.
public final class NodeProcess {
  /// Facts wait so long for others, unless there are many.
  private static var tellEvery: TimeSpan { .milliseconds(5) }
  private static var factBytesMaximum: Int { 1 << 18 }

  private let loop: Loop
  private var end: ProcessEnd?
  private var host: NodeHost?
  private var ground: FaultGround?
  private var faults: [UInt32: Fault] = [:]
  private var facts: [UInt8] = []
  private var notices: [String] = []
  private var untold: UInt64 = 0
  private var isConnected = false
  private var isOver = false
  private var timers: [UV.Timer] = []
  /// Runs while facts wait to be told.
  private var telling: UV.Timer?
  private var signals: [Signal] = []

  private init(_ loop: Loop) { self.loop = loop }

  /// Lives as process `process` of the cluster whose control socket is at `path`, until its end.
  public static func run(parentAt path: String, process: Int) throws {
    let loop = try Loop()
    defer { loop.close() }
    let child = NodeProcess(loop)
    // Ctrl-C goes to the whole group of processes; when to end is the parent's word.
    child.signals = [try Signal(loop, Signal.interrupt) {}]
    let end = try ProcessEnd(loop, parentAt: path, process: process, owner: child)
    child.end = end
    child.telling = UV.Timer(loop) { [unowned child] in child.tellFacts() }
    while !child.isOver { loop.runPass() }
    child.telling?.close()
    child.host?.close()
    end.close()
  }

  private func tell(_ message: ControlMessage) {
    if let end, !end.send(message) { untold += 1 }
  }

  private func tellFacts() {
    guard !facts.isEmpty else { return }
    tell(.facts(facts))
    facts.removeAll(keepingCapacity: true)
  }

  private func totals(_ host: NodeHost) -> [UInt8] {
    var totals = NodeTotals(host)
    totals.notices = notices + host.failures
    if untold > 0 { totals.notices.append("\(untold) messages were too many for the parent") }
    notices = []
    untold = 0
    host.failures = []
    return totals.encoded
  }

  private func report() {
    guard let host else { return }
    host.audit()
    tellFacts()
    tell(.statistics(totals(host)))
  }

  private func stop() {
    guard let host else { return }
    host.end()
    host.audit()
    tellFacts()
    tell(.finished(totals(host)))
    for timer in timers { timer.close() }
    timers = []
  }
}

extension NodeProcess: ProcessOwner {
  func assigned(_ body: [UInt8]) throws -> [ControlMessage.NodePort] {
    guard let part = NodeAssignment(decoding: body) else {
      throw ClusterError.system("the assignment cannot be read")
    }
    let blueprint = try Blueprint(part.scenario, engine: .cluster).onSockets
    let placement = Placement(part.scenario, processes: part.processes)
    guard part.processes == placement.processes else {
      throw ClusterError.system("the parent counts other processes than this program")
    }
    let host = try NodeHost(
      blueprint, hosting: placement.processOf.map { $0 == part.process }, placement.addresses,
      guests: part.scenario.cluster.guests ?? 0, on: loop)
    if let folder = part.recording { try host.record(part, into: folder) }
    host.audience = self
    host.placement = placement
    ground = try part.scenario.faultGround()
    for fault in blueprint.faults { faults[fault.id] = fault }
    self.host = host
    return try host.listen().map { ControlMessage.NodePort($0.node, $0.port) }
  }

  func connect(to ports: [UInt16]) {
    guard let host, ports.count == host.nodes else { return }
    host.connect(to: ports)
    if host.transport.isConnected { everyLinkStands() }
  }

  func start(at epoch: UInt64) {
    guard let host else { return }
    host.begin(at: epoch)
    // A little before the parent takes its sample.
    let every = host.blueprint.sampleEvery
    let lead = min(every, .milliseconds(30))
    let counts = UV.Timer(loop) { [unowned self] in self.report() }
    let first = Instant(nanoseconds: epoch) + every - Instant(nanoseconds: Loop.monotonicNanoseconds)
    counts.start(
      after: TimeSpan(nanoseconds: first.nanoseconds - min(first.nanoseconds, lead.nanoseconds)), every: every
    )
    timers = [counts]
  }

  func received(_ message: ControlMessage) {
    guard let host else { return }
    switch message {
    case .task(let body):
      var reader = WireReader(body)
      if let task = reader.number(4), task < host.participants.schedule.tasks.count {
        host.announce(TaskID(UInt32(task)))
      }
    case .chain(let body):
      switch ChainNews(decoding: body) {
      case .certificate(let task, let result) where task.index < host.participants.schedule.tasks.count:
        host.certify(task, result: result)
      case .challenge(let task, let result) where task.index < host.participants.schedule.tasks.count:
        host.challenge(task, result: result)
      case .stake(let service, let weights)
      where service.index < host.blueprint.deployment.services.count
        && weights.count >= host.blueprint.deployment.services[service.index].members.count:
        host.setStake(service, weights)
      case .certificateUndone(let task) where task.index < host.participants.schedule.tasks.count:
        host.uncertify(task)
      case .lost(let bytes): lose(bytes, host)
      case .accused(let node) where node.index < host.nodes: host.accuse(node)
      case .certificate, .challenge, .stake, .certificateUndone, .accused, nil:
        notices.append("news from the chain that cannot be read")
      }
    case .fault(let id, let body):
      // A process that came back hears of a fault before its first alarm.
      _ = host.isUnderWay(host.now)
      let live = LiveFault(decoding: body)
      if let live, let ground { faults[id] = live.resolve(id: id, on: ground) }
      if let fault = faults[id] { host.begin(fault, live: live) }
      tell(.struck(fault: id, begins: true, at: Loop.monotonicNanoseconds))
    case .heal(let id):
      if let fault = faults[id] { host.end(fault) }
      tell(.struck(fault: id, begins: false, at: Loop.monotonicNanoseconds))
    case .moved(let ports): for one in ports { host.transport.setPort(one.port, of: one.node) }
    case .stop: stop()
    default: notices.append("a message from the parent that is not for a process")
    }
  }

  private func lose(_ bytes: [UInt8], _ host: NodeHost) {
    guard let submission = Submission(decoding: bytes, host.blueprint.deployment.scheme),
      submission.node.index < host.nodes
    else { return notices.append("a transaction of the chain that cannot be read") }
    host.lose(submission)
  }

  func parentIsGone() { isOver = true }
}

extension NodeProcess: NodeAudience {
  func happened(_ fact: Fact) {
    fact.append(to: &facts)
    if facts.count >= Self.factBytesMaximum {
      tellFacts()
    } else if let telling, !telling.isActive {
      telling.start(after: Self.tellEvery)
    }
  }

  func submitted(_ submission: Submission) {
    guard let host else { return }
    tellFacts()
    tell(.submission(submission.encoded(host.blueprint.deployment.scheme)))
  }

  func everyLinkStands() {
    guard !isConnected else { return }
    isConnected = true
    end?.isConnected()
  }

  func moved(_ node: NodeID, port: UInt16) { tell(.listening([ControlMessage.NodePort(node, port)])) }
  func notice(_ text: String) { notices.append(text) }
}
