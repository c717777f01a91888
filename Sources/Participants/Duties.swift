// The operator's side: hears of a task, computes, signs, publishes; and the ways of not doing so. What an operator
// means to do is recorded here, at the source, before anything reaches the network.

import AVS
import Basics
import Gossip
import Network
import Signatures

extension Participants {
  /// `node` hears of `task` from the chain.
  mutating func hear(_ task: TaskID, at node: NodeID, _ now: Instant, _ effects: inout Effects) {
    let record = schedule[task]
    guard let member = roles.member(record.service, node) else { return }
    if hasSigned.contains(0, Int(schedule.dutyBase[task.index]) + member) { return }
    guard availability.isUp(node) else {
      miss(task, member, node, .crashed, now, &effects)
      return
    }
    guard now <= record.deadline else {
      miss(task, member, node, .late, now, &effects)
      return
    }
    if behaviours(of: node, in: task, at: now).contains(where: { $0.kind == .silent }) {
      miss(task, member, node, .silent, now, &effects)
      return
    }
    let service = service(record.service)
    let bits = computeDraws.bits(UInt64(task.rawValue), UInt64(node.rawValue))
    let compute = UInt64(max(service.compute.draw(bits), 0))
    let job = Job(
      kind: .attest, node: node, incarnation: availability.incarnation(node),
      message: MessageHandle(rawValue: noMessage),
      slot: .max, task: task)
    let cost = TimeSpan(nanoseconds: compute) + deployment.costs.sign
    if !work(job, cost: cost, now, &effects) { miss(task, member, node, .overloaded, now, &effects) }
  }

  /// The node's CPU has computed and signed.
  mutating func attest(_ job: Job, _ now: Instant, _ effects: inout Effects) {
    let task = job.task
    let record = schedule[task]
    guard let member = roles.member(record.service, job.node) else { return }
    guard hasSigned.insert(0, Int(schedule.dutyBase[task.index]) + member) else { return }
    var delay = TimeSpan.zero
    var wrong = false
    var split: UInt32??
    for behaviour in behaviours(of: job.node, in: task, at: now) {
      switch behaviour.kind {
      case .silent: break
      case .late(let span): delay = max(delay, span)
      case .invalidResult: wrong = true
      case .equivocate(let share): split = .some(share)
      }
    }
    guard now <= record.deadline || delay > .zero else {
      miss(task, member, job.node, .late, now, &effects)
      return
    }
    let honest = record.truth
    if wrong {
      effects.facts.append(
        Fact(.signedWrong, node: job.node, task: task, at: now, value: UInt64(member)))
    }
    // Colluders sign the same wrong result; an equivocator's second half is its own.
    let first =
      forgot(task, member)
      ? schedule.wrongResult(task, variant: UInt64(job.node.rawValue) + 1)
      : wrong ? schedule.wrongResult(task, variant: 0) : honest
    let message = sign(task, record, first, by: job.node, publishedAt: now + delay, now)
    if let split {
      effects.facts.append(
        Fact(.equivocated, node: job.node, task: task, at: now, value: UInt64(member)))
      // One of the halves is wrong, and being signed it is an offence of its own where a rule says so.
      effects.facts.append(Fact(.signedWrong, node: job.node, task: task, at: now, value: UInt64(member)))
      let second = sign(
        task, record, schedule.wrongResult(task, variant: UInt64(job.node.rawValue) + 1), by: job.node,
        publishedAt: now, now)
      publish(message, by: job.node, to: split.map { .others($0) } ?? .all, now, &effects)
      publish(second, by: job.node, to: split.map { .drawn($0) } ?? .all, now, &effects)
    } else if delay > .zero {
      let later = Job(
        kind: .publish, node: job.node, incarnation: job.incarnation, message: message, slot: .max, task: task
      )
      effects.wake(job.node, at: now + delay, .publication, jobs.add(later))
      return
    } else {
      publish(message, by: job.node, to: .all, now, &effects)
    }
    effects.facts.append(Fact(.published, node: job.node, task: task, at: now, value: UInt64(member)))
  }

  /// A delayed publication is due.
  mutating func publishLate(_ job: Job, _ now: Instant, _ effects: inout Effects) {
    let record = schedule[job.task]
    guard let member = roles.member(record.service, job.node) else { return }
    publish(job.message, by: job.node, to: .all, now, &effects)
    if now <= record.deadline {
      effects.facts.append(Fact(.published, node: job.node, task: job.task, at: now, value: UInt64(member)))
    } else {
      miss(job.task, member, job.node, .late, now, &effects)
    }
  }

  /// Whether the duty was signed before a crash, by the planted defect `restart-forgets`.
  private func forgot(_ task: TaskID, _ member: Int) -> Bool {
    deployment.plant == .restartForgets
      && forgotten.contains(0, Int(schedule.dutyBase[task.index]) + member)
  }

  /// The planted defect: `node` loses its record of what it signed, for tasks that are still open.
  mutating func forgetSignatures(of node: NodeID, _ now: Instant) {
    for service in roles.servicesOf[node.index] {
      guard let member = roles.member(service, node) else { continue }
      for task in schedule.tasks(of: service).reversed() {
        if schedule[task].deadline < now { break }
        let duty = Int(schedule.dutyBase[task.index]) + member
        guard hasSigned.contains(0, duty) else { continue }
        hasSigned.remove(0, duty)
        _ = forgotten.insert(0, duty)
      }
    }
  }

  func miss(
    _ task: TaskID, _ member: Int, _ node: NodeID, _ cause: DutyMiss, _ now: Instant, _ effects: inout Effects
  ) {
    effects.facts.append(
      Fact(.missed, node: node, task: task, at: now, value: UInt64(member), detail: cause.rawValue))
  }

  /// What `node` does wrong in `task`: decided by the scenario, the seed and the task, not by the moment of asking,
  /// but for the interval in which it is on.
  private func behaviours(of node: NodeID, in task: TaskID, at now: Instant) -> [Misconduct] {
    let list = misconduct[node.index]
    if list.isEmpty { return [] }
    let record = schedule[task]
    return list.enumerated().filter { index, item in
      (item.service == nil || item.service == record.service) && item.from <= record.due
        && record.due < item.until
        && UInt32(adversaryDraws.bits(UInt64(node.rawValue), UInt64(task.rawValue), UInt64(index)) >> 48)
          < item.chance
    }.map(\.element)
  }

  private mutating func sign(
    _ task: TaskID, _ record: ScheduledTask, _ result: Digest, by node: NodeID,
    publishedAt: Instant, _ now: Instant
  ) -> MessageHandle {
    let attestation = Attestation(
      service: record.service, task: task, operatorID: node, source: record.source, target: record.target,
      result: result, publishedAt: publishedAt)
    let digest = attestation.signingDigest(domain: domain, mode: deployment.mode)
    let signed = SignedAttestation(
      attestation: attestation, signature: signer.sign(digest, by: node))
    measures.signed += 1
    return register(signed, origin: node, now)
  }

  /// Which of its peers an equivocator serves: those drawn with this chance of 65,536, or the others.
  enum Audience {
    case all
    case drawn(UInt32)
    case others(UInt32)
  }

  /// Publishes to those that the router chooses, as far as they belong to the audience.
  private mutating func publish(
    _ message: MessageHandle, by node: NodeID, to audience: Audience, _ now: Instant, _ effects: inout Effects
  ) {
    let attestation = store[message].signed.attestation
    let start = effects.outbox.count
    _ = router.publish(node, topic(attestation.service), message, at: now, outbox: &effects.outbox)
    keep(audience, from: start, attestation.task, &effects)
    effects.facts.append(Fact(.sent, node: node, task: attestation.task, at: attestation.publishedAt))
    collect(message, at: node, now, &effects)
  }

  /// Takes back what would go to peers outside the audience. Peers are put in an order drawn for the task; the first
  /// part of them is the drawn one. With two peers at least, neither part is empty: an equivocator that shows one face
  /// only is none.
  private func keep(_ audience: Audience, from start: Int, _ task: TaskID, _ effects: inout Effects) {
    let chance: UInt32
    let wantsDrawn: Bool
    switch audience {
    case .all: return
    case .drawn(let share): (chance, wantsDrawn) = (share, true)
    case .others(let share): (chance, wantsDrawn) = (share, false)
    }
    let all = (start..<effects.outbox.count).map { effects.outbox[$0] }
    let order = all.sorted {
      let a = adversaryDraws.bits(~UInt64(task.rawValue), UInt64($0.slot))
      let b = adversaryDraws.bits(~UInt64(task.rawValue), UInt64($1.slot))
      return (a, $0.slot) < (b, $1.slot)
    }
    let wanted = all.count * Int(chance) / 65_536
    let drawn = all.count < 2 ? wanted : min(max(wanted, 1), all.count - 1)
    effects.outbox.transmissions.truncate(to: start)
    for transmission in wantsDrawn ? order[..<drawn] : order[drawn...] {
      effects.outbox.append(slot: transmission.slot, transmission.payload)
    }
  }
}
