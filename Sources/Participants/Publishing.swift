// What was signed leaves its operator: when, to whom, and how often. The end of `Duties`.

import AVS
import Basics
import Gossip
import Signatures

/// Which of its peers an equivocator serves: those drawn with this chance of 65,536, or the others.
enum Audience: BitwiseCopyable {
  case all
  case drawn(UInt32)
  case others(UInt32)
}

extension Participants {
  /// Publishes the attestation for a duty, or its two halves, now or after a delay.
  mutating func release(
    _ messages: [(MessageHandle, Audience)], _ task: TaskID, _ member: Int, _ job: Job,
    after delay: TimeSpan, _ now: Instant, _ effects: inout Effects
  ) {
    let node = job.node
    for (k, (message, audience)) in messages.enumerated() {
      if delay > .zero {
        let later = Job(
          kind: k == 0 ? .publish : .publishSecond, node: node, incarnation: job.incarnation,
          message: message, slot: .max, task: task, audience: audience)
        effects.wake(node, at: now + delay, .publication, jobs.add(later))
      } else {
        publish(message, by: node, to: audience, now, &effects)
      }
    }
    if delay > .zero { return }
    // By a clock that is behind there was time left.
    if now > schedule[task].deadline { miss(task, member, node, .skewed, now, &effects) }
    effects.facts.append(Fact(.published, node: node, task: task, at: now, value: UInt64(member)))
  }

  /// A delayed publication is due.
  mutating func publishLate(_ job: Job, _ now: Instant, _ effects: inout Effects) {
    let record = schedule[job.task]
    guard let member = roles.member(record.service, job.node) else { return }
    // So late that the network's memory has closed over it, long after every window: it is never heard.
    let isLive = router.isLive(job.message)
    if isLive { publish(job.message, by: job.node, to: job.audience, now, &effects) }
    if job.kind == .publishSecond { return }
    if isLive, now <= record.deadline {
      effects.facts.append(Fact(.published, node: job.node, task: job.task, at: now, value: UInt64(member)))
    } else {
      miss(job.task, member, job.node, .delayed, now, &effects)
    }
  }

  /// Publishes to those that the router chooses, as far as they belong to the audience; and the copies of a spammer behind it.
  private mutating func publish(
    _ message: MessageHandle, by node: NodeID, to audience: Audience, _ now: Instant, _ effects: inout Effects
  ) {
    let attestation = store[message].signed.attestation
    send(message, by: node, to: audience, now, &effects)
    effects.facts.append(Fact(.sent, node: node, task: attestation.task, at: attestation.publishedAt))
    if isValid(message) { collect(message, at: node, now, &effects) }
    for item in behaviours(of: node, in: attestation.task, at: now) {
      guard case .spam(let count) = item.kind else { continue }
      for k in 0..<count {
        let copy = copy(of: message, by: node, publishedAt: now + TimeSpan(nanoseconds: UInt64(k) + 1), now)
        send(copy, by: node, to: audience, now, &effects)
        store.exempt(copy)
      }
    }
  }

  /// The same statement of `node` with another time of publication: no second vote, whatever it says.
  private mutating func copy(
    of message: MessageHandle, by node: NodeID, publishedAt: Instant, _ now: Instant
  ) -> MessageHandle {
    let attestation = store[message].signed.attestation
    var vote = schedule[attestation.task]
    (vote.source, vote.target) = (attestation.source, attestation.target)
    return sign(
      attestation.task, vote, attestation.result, by: node, publishedAt: publishedAt, now,
      forged: !isValid(message))
  }

  private mutating func send(
    _ message: MessageHandle, by node: NodeID, to audience: Audience, _ now: Instant, _ effects: inout Effects
  ) {
    let attestation = store[message].signed.attestation
    let start = effects.outbox.count
    _ = router.publish(node, topic(attestation.service), message, at: now, outbox: &effects.outbox)
    keep(audience, from: start, attestation.task, &effects)
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
