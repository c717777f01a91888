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
    var isSilent = false
    /// What it does beside its duty, in the order of the scenario.
    var beside: [Misconduct.Kind] = []
  }

  private func conduct(of node: NodeID, in task: TaskID, _ now: Instant) -> Conduct {
    var conduct = Conduct()
    for behaviour in behaviours(of: node, in: task, at: now) {
      switch behaviour.kind {
      case .late(let span): conduct.delay = max(conduct.delay, span)
      case .atDeadline(let offset):
        let deadline = schedule[task].deadline.nanoseconds
        let shift = UInt64(offset.magnitude)
        let at = offset < 0 ? deadline - min(shift, deadline) : deadline &+ shift
        conduct.delay = max(conduct.delay, Instant(nanoseconds: at) - now)
      case .invalidResult, .wrongQuorum: conduct.isWrong = true
      // Without a condition it was silent when it heard of the task.
      case .silent where !behaviour.when.isEmpty, .withhold where !behaviour.when.isEmpty:
        conduct.isSilent = true
      case .equivocate(let share): conduct.split = .some(share)
      case .surround(let span): conduct.surround = span
      case .lazyCopy: conduct.isLazy = true
      case .invalidSignature: conduct.forgesSignature = true
      default: conduct.beside.append(behaviour.kind)
      }
    }
    return conduct
  }

  /// The node's CPU has computed and signed.
  mutating func attest(_ job: Job, _ now: Instant, _ effects: inout Effects) {
    let task = job.task
    let node = job.node
    let record = schedule[task]
    guard let member = roles.member(record.service, node) else { return }
    guard hasSigned.insert(0, Int(schedule.dutyBase[task.index]) + member) else { return }
    let conduct = conduct(of: node, in: task, now)
    var vote = record
    if let span = conduct.surround, let wide = surroundingVote(record, by: node, reach: span) { vote = wide }
    let result =
      forgot(task, member)
      ? schedule.wrongResult(task, variant: UInt64(node.rawValue) + 1)
      : result(task, isWrong: conduct.isWrong, isLazy: conduct.isLazy, by: node)
    for kind in conduct.beside { harass(kind, task, voting: vote, result, by: node, member, now, &effects) }
    if conduct.isSilent {
      miss(task, member, node, .silent, now, &effects)
      return
    }
    guard clock(node, now) <= record.deadline || conduct.delay > .zero else {
      miss(task, member, node, now <= record.deadline ? .skewed : .late, now, &effects)
      return
    }
    if conduct.isWrong { _ = hasLied.insert(0, Int(schedule.dutyBase[task.index]) + member) }
    // What does not verify is nobody's statement: the operator cannot be held to it, and has not said it.
    if !conduct.forgesSignature {
      note(conduct, task, member, node, now, &effects)
      noteSurrounding(vote, task, member, node, now, &effects)
    }
    let at = now + conduct.delay
    let forged = conduct.forgesSignature
    let message = sign(task, vote, result, by: node, publishedAt: at, now, forged: forged)
    guard let (split, cause) = second(conduct, task, node) else {
      release([(message, .all)], task, member, job, after: conduct.delay, now, &effects)
      return
    }
    if !forged {
      // One of the halves is wrong, and being signed it is an offence of its own where a rule says so.
      for kind in [Fact.Kind.equivocated, .signedWrong] {
        effects.facts.append(
          Fact(kind, node: node, task: task, at: now, value: UInt64(member), detail: cause.rawValue))
      }
    }
    let other = sign(
      task, vote, schedule.wrongResult(task, variant: UInt64(node.rawValue) + 1), by: node, publishedAt: at,
      now, forged: forged)
    let halves: [(MessageHandle, Audience)] = [
      (message, split.map { .others($0) } ?? .all), (other, split.map { .drawn($0) } ?? .all),
    ]
    release(halves, task, member, job, after: conduct.delay, now, &effects)
  }

  /// Whether a second attestation with another result leaves `node`, to which share of the peers (nil: both go to all), and why:
  /// by choice, or because a second instance has its key. All else that the operator does goes for both.
  private func second(_ conduct: Conduct, _ task: TaskID, _ node: NodeID) -> (UInt32?, WrongCause)? {
    if let split = conduct.split { return (split, .intent) }
    guard let chance = conditions.twin(node),
      UInt32(adversaryDraws.bits(UInt64(node.rawValue), UInt64(task.rawValue), 1 << 32) >> 48) < chance
    else { return nil }
    // The second instance has peers of its own: half of those that the operator has.
    return (32_768, .keyDuplication)
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

  /// Writes down which votes of its own the operator's vote encloses or lies in: the offence is that of the later of the two. Only
  /// who votes around its own votes at times can do so.
  private mutating func noteSurrounding(
    _ vote: ScheduledTask, _ task: TaskID, _ member: Int, _ node: NodeID, _ now: Instant,
    _ effects: inout Effects
  ) {
    guard
      misconduct[node.index].contains(where: { if case .surround = $0.kind { true } else { false } })
    else { return }
    var named: [TaskID] = []
    for other in memory.contradicted(by: vote, of: node) {
      // Tasks are numbered in the order in which they fall due.
      let later = max(task, other)
      if named.contains(later) { continue }
      named.append(later)
      effects.facts.append(Fact(.surrounded, node: node, task: later, at: now, value: UInt64(member)))
    }
    memory.remember(vote, task, of: node)
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
}
