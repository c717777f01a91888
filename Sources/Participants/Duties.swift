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
    guard clock(node, now) <= record.deadline else {
      miss(task, member, node, now <= record.deadline ? .skewed : .late, now, &effects)
      return
    }
    let conduct = behaviours(of: node, in: task, at: now)
    if conduct.contains(where: { $0.kind == .silent || $0.kind == .withhold }) {
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
    let isLazy = conduct.contains { $0.kind == .lazyCopy }
    let author = router.signing(of: node).ownAuthorship == .valid ? deployment.authorCosts.sign : .zero
    let cost = (isLazy ? .zero : TimeSpan(nanoseconds: compute)) + deployment.costs.sign + author
    if !work(job, cost: cost, now, &effects) { miss(task, member, node, .overloaded, now, &effects) }
  }

  /// What an operator makes of one task, all its misbehaviour taken together.
  private struct Conduct {
    var delay = TimeSpan.zero
    var isWrong = false
    var isLazy = false
    var split: UInt32??
    var surround: UInt32?
    var forgesSignature = false
  }

  /// The node's CPU has computed and signed.
  mutating func attest(_ job: Job, _ now: Instant, _ effects: inout Effects) {
    let task = job.task
    let record = schedule[task]
    guard let member = roles.member(record.service, job.node) else { return }
    guard hasSigned.insert(0, Int(schedule.dutyBase[task.index]) + member) else { return }
    var conduct = Conduct()
    var isSilent = false
    for behaviour in behaviours(of: job.node, in: task, at: now) {
      switch behaviour.kind {
      case .late(let span): conduct.delay = max(conduct.delay, span)
      case .atDeadline(let offset):
        let deadline = record.deadline.nanoseconds
        let shift = UInt64(offset.magnitude)
        let at = offset < 0 ? deadline - min(shift, deadline) : deadline &+ shift
        conduct.delay = max(conduct.delay, Instant(nanoseconds: at) - now)
      case .invalidResult, .wrongQuorum: conduct.isWrong = true
      // Without a condition it was silent when it heard of the task.
      case .silent where !behaviour.when.isEmpty, .withhold where !behaviour.when.isEmpty: isSilent = true
      case .equivocate(let share): conduct.split = .some(share)
      case .surround(let span): conduct.surround = span
      case .lazyCopy: conduct.isLazy = true
      case .invalidSignature: conduct.forgesSignature = true
      default: harass(behaviour.kind, task, by: job.node, member, now, &effects)
      }
    }
    if isSilent {
      miss(task, member, job.node, .silent, now, &effects)
      return
    }
    guard clock(job.node, now) <= record.deadline || conduct.delay > .zero else {
      miss(task, member, job.node, now <= record.deadline ? .skewed : .late, now, &effects)
      return
    }
    note(conduct, task, member, job.node, now, &effects)
    if conduct.isWrong { _ = hasLied.insert(0, Int(schedule.dutyBase[task.index]) + member) }
    var vote = record
    if let span = conduct.surround, let wide = surroundingVote(record, by: job.node, reach: span) {
      vote = wide
      effects.facts.append(Fact(.surrounded, node: job.node, task: task, at: now, value: UInt64(member)))
    }
    if misconduct[job.node.index].contains(where: { if case .surround = $0.kind { true } else { false } }) {
      memory.remember(vote, of: job.node)
    }
    let signedResult =
      forgot(task, member)
      ? schedule.wrongResult(task, variant: UInt64(job.node.rawValue) + 1)
      : result(task, isWrong: conduct.isWrong, isLazy: conduct.isLazy, by: job.node)
    let message = sign(
      task, vote, signedResult, by: job.node, publishedAt: now + conduct.delay, now,
      forged: conduct.forgesSignature)
    if let split = conduct.split {
      effects.facts.append(Fact(.equivocated, node: job.node, task: task, at: now, value: UInt64(member)))
      // One of the halves is wrong, and being signed it is an offence of its own where a rule says so.
      effects.facts.append(Fact(.signedWrong, node: job.node, task: task, at: now, value: UInt64(member)))
      show(message, and: UInt64(job.node.rawValue) + 1, vote, task, by: job.node, split, now, &effects)
    } else if let chance = conditions.twin(job.node),
      UInt32(adversaryDraws.bits(UInt64(job.node.rawValue), UInt64(task.rawValue), 1 << 32) >> 48) < chance
    {
      let cause = WrongCause.keyDuplication.rawValue
      for kind in [Fact.Kind.equivocated, .signedWrong] {
        effects.facts.append(
          Fact(kind, node: job.node, task: task, at: now, value: UInt64(member), detail: cause))
      }
      // The second instance has peers of its own: half of those that the operator has.
      show(message, and: UInt64(job.node.rawValue) + 1, vote, task, by: job.node, 32_768, now, &effects)
    } else if conduct.delay > .zero {
      let later = Job(
        kind: .publish, node: job.node, incarnation: job.incarnation, message: message, slot: .max, task: task
      )
      effects.wake(job.node, at: now + conduct.delay, .publication, jobs.add(later))
      return
    } else {
      publish(message, by: job.node, to: .all, now, &effects)
    }
    effects.facts.append(Fact(.published, node: job.node, task: task, at: now, value: UInt64(member)))
  }

  /// The result that the operator signs.
  func result(_ task: TaskID, isWrong: Bool, isLazy: Bool, by node: NodeID) -> Digest {
    // Colluders sign the same wrong result, and so does everybody with the same wrong software.
    if isWrong { return schedule.wrongResult(task, variant: 0) }
    if isLazy, let bait = schedule.bait(task) { return bait }
    if !isLazy, conditions.isFaulty(node, schedule[task].service) {
      return schedule.wrongResult(task, variant: UInt64.max - 2)
    }
    return schedule[task].truth
  }

  /// Writes down what the operator is about to sign, and why.
  private func note(
    _ conduct: Conduct, _ task: TaskID, _ member: Int, _ node: NodeID, _ now: Instant,
    _ effects: inout Effects
  ) {
    func fact(_ kind: Fact.Kind, _ detail: UInt8, extra: UInt64 = 0) {
      effects.facts.append(
        Fact(kind, node: node, task: task, at: now, value: UInt64(member), detail: detail, extra: extra))
    }
    let bait = schedule.bait(task) != nil
    // Whoever signs a wrong result of its own has not copied.
    let copies = conduct.isLazy && !conduct.isWrong
    if copies { fact(.copied, bait ? 1 : 0) }
    if conduct.isWrong || copies && bait {
      fact(.signedWrong, WrongCause.intent.rawValue, extra: copies ? 1 : 0)
    } else if !conduct.isLazy, conditions.isFaulty(node, schedule[task].service) {
      fact(.signedWrong, WrongCause.faultySoftware.rawValue)
    }
  }

  /// Publishes `message` and a second one with another result: each to a part of the peers, or both to all.
  private mutating func show(
    _ message: MessageHandle, and variant: UInt64, _ vote: ScheduledTask, _ task: TaskID, by node: NodeID,
    _ split: UInt32?, _ now: Instant, _ effects: inout Effects
  ) {
    let second = sign(
      task, vote, schedule.wrongResult(task, variant: variant), by: node, publishedAt: now, now)
    publish(message, by: node, to: split.map { .others($0) } ?? .all, now, &effects)
    publish(second, by: node, to: split.map { .drawn($0) } ?? .all, now, &effects)
  }

  /// A delayed publication is due.
  mutating func publishLate(_ job: Job, _ now: Instant, _ effects: inout Effects) {
    let record = schedule[job.task]
    guard let member = roles.member(record.service, job.node) else { return }
    publish(job.message, by: job.node, to: .all, now, &effects)
    if now <= record.deadline {
      effects.facts.append(Fact(.published, node: job.node, task: job.task, at: now, value: UInt64(member)))
    } else {
      miss(job.task, member, job.node, .delayed, now, &effects)
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
  /// but for the interval in which it is on, what is the matter with the network, and what the node itself has seen.
  func behaviours(of node: NodeID, in task: TaskID, at now: Instant) -> [Misconduct] {
    let list = misconduct[node.index]
    if list.isEmpty { return [] }
    let record = schedule[task]
    return list.enumerated().filter { index, item in
      let who = item.coalition ?? UInt64(node.rawValue)
      return (item.service == nil || item.service == record.service) && item.from <= record.due
        && record.due < item.until
        && UInt32(
          adversaryDraws.bits(who, UInt64(task.rawValue), item.coalition == nil ? UInt64(index) : 1 << 33)
            >> 48)
          < item.chance
        && (item.during.map { conditions.troubles.contains($0) } ?? true)
        && sees(item, task, at: node, now)
    }.map(\.element)
  }

  /// Signs as `node`, in the name of `name` (nil: its own). `forged`: what it signs is something else, so that the
  /// signature does not verify.
  mutating func sign(
    _ task: TaskID, _ record: ScheduledTask, _ result: Digest, by node: NodeID, as name: NodeID? = nil,
    publishedAt: Instant, _ now: Instant, forged: Bool = false
  ) -> MessageHandle {
    measures.signed += 1
    return register(
      signed(task, record, result, by: node, as: name, publishedAt: publishedAt, forged: forged),
      origin: node, now)
  }

  func signed(
    _ task: TaskID, _ record: ScheduledTask, _ result: Digest, by node: NodeID, as name: NodeID? = nil,
    publishedAt: Instant, forged: Bool
  ) -> SignedAttestation {
    let attestation = Attestation(
      service: record.service, task: task, operatorID: name ?? node, source: record.source,
      target: record.target, result: result, publishedAt: publishedAt)
    var digest = attestation.signingDigest(domain: domain, mode: deployment.mode)
    if forged { digest = Digest(~digest.w0, digest.w1, digest.w2, digest.w3) }
    return SignedAttestation(attestation: attestation, signature: signer.sign(digest, by: node))
  }

  /// Which of its peers an equivocator serves: those drawn with this chance of 65,536, or the others.
  enum Audience {
    case all
    case drawn(UInt32)
    case others(UInt32)
  }

  /// Publishes to those that the router chooses, as far as they belong to the audience.
  mutating func publish(
    _ message: MessageHandle, by node: NodeID, to audience: Audience, _ now: Instant, _ effects: inout Effects
  ) {
    let attestation = store[message].signed.attestation
    let start = effects.outbox.count
    _ = router.publish(node, topic(attestation.service), message, at: now, outbox: &effects.outbox)
    keep(audience, from: start, attestation.task, &effects)
    effects.facts.append(Fact(.sent, node: node, task: attestation.task, at: attestation.publishedAt))
    if isValid(message) { collect(message, at: node, now, &effects) }
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
