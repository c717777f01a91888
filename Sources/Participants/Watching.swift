// The watcher's side: sees only what reached it. Two different votes of one operator for one task are evidence as they
// are; a wrong result becomes evidence once the watcher has computed the task itself.

import AVS
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
  /// What was submitted, and what was seen: (class, watcher, duty). Asked, never walked over.
  private var accused: Set<Accusation> = []
  private var noticed: Set<Accusation> = []

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
}

/// Numbers of the offence classes in facts.
enum AccusationKind {
  static let equivocation: UInt8 = 0
  static let invalidResult: UInt8 = 1
}

extension Participants {
  /// Notes for the truth, at the moment of receipt, that evidence has reached a running honest watcher; whatever the
  /// watcher itself makes of it.
  mutating func noteEvidence(
    of body: MessageBody, _ message: MessageHandle, at node: NodeID, _ now: Instant, _ effects: inout Effects
  ) {
    let attestation = body.signed.attestation
    guard roles.watcher(attestation.service, node) != nil, deployment.nodes[node.index].accuses else {
      return
    }
    let duty = UInt32(duty(of: body))
    func note(_ kind: UInt8) {
      guard watching.notice(.init(offence: kind, watcher: node, duty: duty)) else { return }
      effects.facts.append(
        Fact(
          .evident, node: node, task: attestation.task, at: now, value: UInt64(body.member), detail: kind))
    }
    if body.contested, contradiction(of: message, at: node) != nil { note(AccusationKind.equivocation) }
    if attestation.result != schedule[attestation.task].truth { note(AccusationKind.invalidResult) }
  }

  /// A message of the same duty with other content that `node` has received.
  private func contradiction(of message: MessageHandle, at node: NodeID) -> MessageHandle? {
    let body = store[message]
    var next = store.latest(duty: duty(of: body))
    while let other = next {
      if other != message, hasSeen(other, at: node),
        Equivocation.judge(older: store[other].signed.attestation, newer: body.signed.attestation)
          == .doubleVote
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
    if body.contested, let other = contradiction(of: message, at: node), isValid(other) {
      let pair = Transaction.Body.evidence(.pair(store[other].signed, body.signed))
      accuse(AccusationKind.equivocation, body, at: node, now, &effects, pair)
    }
    switch watching.knowledge(attestation.task, ordinal) {
    case .known:
      accuseOfWrongResult(body, at: node, now, &effects)
    case .computing:
      if attestation.result != schedule[attestation.task].truth {
        watching.waiting.append((node, message))
      }
    case .none:
      let service = service(attestation.service)
      let bits = computeDraws.bits(UInt64(attestation.task.rawValue), UInt64(node.rawValue), 1)
      let cost = TimeSpan(nanoseconds: UInt64(max(service.compute.draw(bits), 0)))
      let job = Job(
        kind: .recompute, node: node, incarnation: availability.incarnation(node), message: message,
        slot: .max,
        task: attestation.task)
      guard work(job, cost: cost, now, &effects) else { return }
      watching.set(attestation.task, ordinal, .computing)
      if attestation.result != schedule[attestation.task].truth {
        watching.waiting.append((node, message))
      }
    }
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
  }

  private mutating func accuseOfWrongResult(
    _ body: MessageBody, at node: NodeID, _ now: Instant, _ effects: inout Effects
  ) {
    guard body.signed.attestation.result != schedule[body.signed.attestation.task].truth else { return }
    accuse(AccusationKind.invalidResult, body, at: node, now, &effects, .evidence(.single(body.signed)))
  }

  private mutating func accuse(
    _ kind: UInt8, _ body: MessageBody, at node: NodeID, _ now: Instant, _ effects: inout Effects,
    _ evidence: Transaction.Body
  ) {
    let duty = UInt32(duty(of: body))
    guard watching.accuse(.init(offence: kind, watcher: node, duty: duty)) else { return }
    effects.facts.append(
      Fact(
        .accused, node: node, task: body.signed.attestation.task, at: now, value: UInt64(body.member),
        detail: kind))
    effects.submissions.append(Submission(node: node, body: evidence))
  }
}
