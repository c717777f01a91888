// The watcher's side: sees only what reached it. Two different votes of one operator for one task are evidence as they
// are; a wrong result, and a certificate of one, become evidence once the watcher has computed the task itself; the result that
// a canary came with is evidence of lazy copying at sight; a checkpoint vote around an older one is found by its span. What no
// rule of the service punishes is not brought before the chain.

public import AVS
import Basics
import Contracts
import Gossip
import Network

/// What the hosted watchers know.
struct Watching: ~Copyable {
  enum Knowledge: UInt8 {
    case none, computing, known
  }
  /// By (task, watcher ordinal).
  private var knowledge: Table<UInt8>
  private let base: [UInt32]
  /// Attestations that wait for the watcher's own computation.
  var waiting: [(watcher: NodeID, message: MessageHandle)] = []
  /// Certificates that wait for it.
  var certificates: [(watcher: NodeID, task: TaskID, result: Digest)] = []
  /// What was submitted, and what was seen: (class, watcher, duty). Asked, never walked over.
  private var accused: Set<Accusation> = []
  private var noticed: Set<Accusation> = []
  /// By duty: an honest watcher hosted here has had a valid attestation.
  private var heard: Table<Bool>

  struct Accusation: Hashable {
    var offence: UInt8
    var watcher: NodeID
    var duty: UInt32
  }

  init(_ services: [ServiceDeployment], _ schedule: TaskSchedule) {
    var base: [UInt32] = []
    var sum: UInt32 = 0
    for task in schedule.tasks {
      base.append(sum)
      sum += UInt32(services[task.service.index].watchers.count)
    }
    self.base = base
    knowledge = Table(repeating: Knowledge.none.rawValue, count: Int(sum))
    heard = Table(repeating: false, count: schedule.dutyCount)
  }

  func knowledge(_ task: TaskID, _ ordinal: Int) -> Knowledge {
    Knowledge(rawValue: knowledge[Int(base[task.index]) + ordinal]) ?? .none
  }

  mutating func set(_ task: TaskID, _ ordinal: Int, _ value: Knowledge) {
    knowledge[Int(base[task.index]) + ordinal] = value.rawValue
  }

  /// True the first time.
  mutating func accuse(_ accusation: Accusation) -> Bool { accused.insert(accusation).inserted }
  mutating func notice(_ accusation: Accusation) -> Bool { noticed.insert(accusation).inserted }
  mutating func hear(_ duty: UInt32) -> Bool {
    if heard[Int(duty)] { return false }
    heard[Int(duty)] = true
    return true
  }
}

/// Numbers of the offence classes in facts.
enum AccusationKind {
  static let equivocation: UInt8 = 0
  static let invalidResult: UInt8 = 1
  static let surround: UInt8 = 2
  static let lazyCopy: UInt8 = 3
  static let wrongQuorum: UInt8 = 4
  static let withholding: UInt8 = 5

  /// By number.
  static let classes: [OffenceClass] = [
    .equivocation, .invalidResult, .surround, .lazyCopy, .wrongQuorum, .withholding,
  ]
}

extension Fact {
  /// The class that a fact of kind `evident` or `accused` is about; nil for a number that no participant writes.
  public var accusation: OffenceClass? {
    Int(detail) < AccusationKind.classes.count ? AccusationKind.classes[Int(detail)] : nil
  }
}

extension Participants {
  /// Notes for the truth, at the moment of receipt, that an attestation and what it is evidence of have reached a running honest
  /// watcher; whatever the watcher itself makes of it.
  mutating func noteEvidence(
    of body: MessageBody, _ message: MessageHandle, at node: NodeID, _ now: Instant, _ effects: inout Effects
  ) {
    let attestation = body.signed.attestation
    guard roles.watcher(attestation.service, node) != nil, deployment.nodes[node.index].accuses else {
      return
    }
    let duty = UInt32(duty(of: body))
    // A forged half proves nothing against anybody.
    guard isValid(message) else { return }
    if watching.hear(duty) {
      effects.facts.append(
        Fact(.heard, node: node, task: attestation.task, at: now, value: UInt64(body.member)))
    }
    func note(_ kind: UInt8) {
      guard watching.notice(.init(offence: kind, watcher: node, duty: duty)) else { return }
      effects.facts.append(
        Fact(
          .evident, node: node, task: attestation.task, at: now, value: UInt64(body.member), detail: kind))
    }
    if body.contested, contradiction(of: message, at: node) != nil { note(AccusationKind.equivocation) }
    if attestation.result != schedule[attestation.task].truth {
      note(wrongResultKind(attestation))
    }
  }

  /// What a wrong result is evidence of: copying, where it is a canary's and the service punishes that.
  private func wrongResultKind(_ attestation: Attestation) -> UInt8 {
    service(attestation.service).punishes.contains(.lazyCopy)
      && schedule.bait(attestation.task) == attestation.result
      ? AccusationKind.lazyCopy : AccusationKind.invalidResult
  }

  /// A message of the same duty with other content and a good signature that `node` has received. Forged ones are passed over:
  /// they must not hide a true one behind them.
  private mutating func contradiction(of message: MessageHandle, at node: NodeID) -> MessageHandle? {
    let body = store[message]
    var next = store.latest(duty: duty(of: body))
    while let other = next {
      if other != message, hasSeen(other, at: node),
        Equivocation.judge(older: store[other].signed.attestation, newer: body.signed.attestation)
          == .doubleVote, isValid(other)
      {
        return other
      }
      next = store.olderSibling(other)
    }
    return nil
  }

  /// The watcher `node` has checked the signature of `message`.
  mutating func watch(_ message: MessageHandle, at node: NodeID, _ now: Instant, _ effects: inout Effects) {
    let body = store[message]
    let attestation = body.signed.attestation
    guard let ordinal = roles.watcher(attestation.service, node), attestation.operatorID != node,
      deployment.nodes[node.index].accuses
    else { return }
    if body.contested, let other = contradiction(of: message, at: node) {
      let pair = Transaction.Body.evidence(.pair(store[other].signed, body.signed))
      accuse(AccusationKind.equivocation, body, at: node, now, &effects, pair)
    }
    if checkpoints.remembers(attestation.service),
      let other = checkpoints.hear(body.signed, member: Int(body.member), ordinal: ordinal)
    {
      noteSurround(body, other, at: node, now, &effects)
    }
    if wrongResultKind(attestation) == AccusationKind.lazyCopy {
      // The canary's answer is the service's own: nothing is to be computed.
      accuse(AccusationKind.lazyCopy, body, at: node, now, &effects, .evidence(.single(body.signed)))
      return
    }
    switch watching.knowledge(attestation.task, ordinal) {
    case .known:
      accuseOfWrongResult(body, at: node, now, &effects)
    case .computing:
      if attestation.result != schedule[attestation.task].truth {
        watching.waiting.append((node, message))
      }
    case .none:
      guard recompute(attestation.task, for: message, ordinal, at: node, now, &effects) else { return }
      if attestation.result != schedule[attestation.task].truth {
        watching.waiting.append((node, message))
      }
    }
  }

  /// Begins to compute a task; false when the watcher's queue is full.
  private mutating func recompute(
    _ task: TaskID, for message: MessageHandle, _ ordinal: Int, at node: NodeID, _ now: Instant,
    _ effects: inout Effects
  ) -> Bool {
    let bits = computeDraws.bits(UInt64(task.rawValue), UInt64(node.rawValue), 1)
    let compute = service(schedule[task].service).compute.draw(bits)
    let job = Job(
      kind: .recompute, node: node, incarnation: availability.incarnation(node), message: message,
      slot: .max, task: task)
    guard work(job, cost: TimeSpan(nanoseconds: UInt64(max(compute, 0))), now, &effects) else { return false }
    watching.set(task, ordinal, .computing)
    return true
  }

  /// Two votes of one operator, one around the other: found, so both halves have reached this watcher.
  private mutating func noteSurround(
    _ body: MessageBody, _ other: SignedAttestation, at node: NodeID, _ now: Instant, _ effects: inout Effects
  ) {
    // The offence is the later vote's, whichever came first.
    let task = max(body.signed.attestation.task, other.attestation.task)
    let duty = schedule.dutyBase[task.index] + UInt32(body.member)
    if watching.notice(.init(offence: AccusationKind.surround, watcher: node, duty: duty)) {
      effects.facts.append(
        Fact(
          .evident, node: node, task: task, at: now, value: UInt64(body.member),
          detail: AccusationKind.surround))
    }
    accuse(
      AccusationKind.surround, body, about: task, at: node, now, &effects,
      .evidence(.pair(other, body.signed)))
  }

  /// A certificate is on chain: watchers of the service compare its result with their own.
  mutating func watchCertificate(_ task: TaskID, _ result: Digest, _ now: Instant, _ effects: inout Effects) {
    let service = service(schedule[task].service)
    guard service.punishes.contains(.wrongQuorum) else { return }
    for (ordinal, node) in service.watchers.enumerated()
    where isHosted[node.index] && availability.isUp(node) && deployment.nodes[node.index].accuses {
      switch watching.knowledge(task, ordinal) {
      case .known: accuseCertificate(task, result, at: node, now, &effects)
      case .computing: watching.certificates.append((node, task, result))
      case .none:
        let nothing = MessageHandle(rawValue: noMessage)
        guard recompute(task, for: nothing, ordinal, at: node, now, &effects) else { continue }
        watching.certificates.append((node, task, result))
      }
    }
  }

  private mutating func accuseCertificate(
    _ task: TaskID, _ result: Digest, at node: NodeID, _ now: Instant, _ effects: inout Effects
  ) {
    let record = schedule[task]
    guard result != record.truth else { return }
    let mark = Watching.Accusation(
      offence: AccusationKind.wrongQuorum, watcher: node, duty: schedule.dutyBase[task.index])
    guard watching.accuse(mark) else { return }
    effects.facts.append(
      Fact(.evident, node: node, task: task, at: now, value: 0, detail: AccusationKind.wrongQuorum))
    effects.submissions.append(Submission(node: node, body: .evidence(.certificate(record.service, task))))
  }

  /// The watcher has computed the task itself, and judges what waited for that.
  mutating func recomputed(_ job: Job, _ now: Instant, _ effects: inout Effects) {
    let task = job.task
    guard let ordinal = roles.watcher(schedule[task].service, job.node) else { return }
    watching.set(task, ordinal, .known)
    let waiting = watching.waiting
    watching.waiting.removeAll()
    for entry in waiting {
      let body = store[entry.message]
      if entry.watcher == job.node && body.signed.attestation.task == task {
        accuseOfWrongResult(body, at: job.node, now, &effects)
      } else {
        watching.waiting.append(entry)
      }
    }
    let certificates = watching.certificates
    watching.certificates.removeAll()
    for entry in certificates {
      if entry.watcher == job.node && entry.task == task {
        accuseCertificate(task, entry.result, at: job.node, now, &effects)
      } else {
        watching.certificates.append(entry)
      }
    }
  }

  private mutating func accuseOfWrongResult(
    _ body: MessageBody, at node: NodeID, _ now: Instant, _ effects: inout Effects
  ) {
    guard body.signed.attestation.result != schedule[body.signed.attestation.task].truth else { return }
    accuse(AccusationKind.invalidResult, body, at: node, now, &effects, .evidence(.single(body.signed)))
  }

  private mutating func accuse(
    _ kind: UInt8, _ body: MessageBody, about later: TaskID? = nil, at node: NodeID, _ now: Instant,
    _ effects: inout Effects, _ evidence: Transaction.Body
  ) {
    guard service(body.signed.attestation.service).punishes.contains(AccusationKind.classes[Int(kind)]) else {
      return
    }
    let task = later ?? body.signed.attestation.task
    let duty = schedule.dutyBase[task.index] + UInt32(body.member)
    guard watching.accuse(.init(offence: kind, watcher: node, duty: duty)) else { return }
    effects.facts.append(
      Fact(.accused, node: node, task: task, at: now, value: UInt64(body.member), detail: kind))
    effects.submissions.append(Submission(node: node, body: evidence))
  }
}
