// What a node does with an attestation before it passes it on. In the manner of the consensus specs' gossip rules:
// REJECT blames the sender, IGNORE blames nobody; cheap checks come first and cost nothing, the signature costs CPU time.
//
//   1. the task exists and belongs to the topic's service                     REJECT
//   2. the signer is in the service's operator set                            REJECT
//   3. the task is due, and its response window has not ended                 IGNORE
//   4. it is the first vote of this signer for this task seen here            IGNORE (a watcher looks at it all the same)
//   5. the signature is the signer's                                          REJECT
//
// Rule 4 counts valid votes only, as the specs do ("first valid"); a vote whose signature is still being checked here counts
// as what it will turn out to be.

import AVS
import Basics
import Gossip
import Signatures

/// The verdict before the signature is looked at.
enum Preliminary: Equatable {
  case reject
  case ignore
  case check
  /// Another vote of this signer for this task came before.
  case repeatedVote
}

extension Participants {
  /// A message has reached `node` for the first time.
  mutating func admit(
    _ message: MessageHandle, at node: NodeID, on slot: UInt32, _ now: Instant, _ effects: inout Effects
  ) {
    if swarms.contains(node) { return admit(message, atSybil: node, on: slot, now, &effects) }
    let body = store[message]
    let published = body.signed.attestation.publishedAt
    if isMeasured(published) { measures.propagation.record((now - published).nanoseconds) }
    let verdict = preliminary(body, message, at: node, now)
    switch verdict {
    case .reject:
      measures.rejected += 1
      settle(message, at: node, from: slot, .reject, now, &effects)
    case .ignore:
      measures.ignored += 1
      settle(message, at: node, from: slot, .ignore, now, &effects)
    case .check, .repeatedVote:
      let attestation = body.signed.attestation
      noteEvidence(of: body, message, at: node, now, &effects)
      let looksTwice = roles.watcher(attestation.service, node) != nil
      if verdict == .repeatedVote && !looksTwice {
        measures.ignored += 1
        settle(message, at: node, from: slot, .ignore, now, &effects)
        return
      }
      let job = Job(
        kind: verdict == .check ? .verify : .verifyRepeated, node: node,
        incarnation: availability.incarnation(node), message: message, slot: slot, task: attestation.task)
      let author = router.messages[message].authorship == .valid ? deployment.authorCosts.verify : .zero
      guard work(job, cost: deployment.costs.verify + author, now, &effects) else {
        settle(message, at: node, from: slot, .ignore, now, &effects)
        return
      }
    }
  }

  mutating func preliminary(
    _ body: MessageBody, _ message: MessageHandle, at node: NodeID, _ now: Instant
  ) -> Preliminary {
    let attestation = body.signed.attestation
    guard attestation.task.index < schedule.tasks.count else { return .reject }
    let task = schedule[attestation.task]
    guard task.service == attestation.service, body.member != .max else { return .reject }
    let time = clock(node, now)
    guard time >= task.due, time <= task.deadline else { return .ignore }
    if body.contested && hasSeenOther(of: message, at: node) { return .repeatedVote }
    return .check
  }

  /// Whether `node` has received another message of the same duty whose signature is good. A forged one must not keep the
  /// true one out.
  private mutating func hasSeenOther(of message: MessageHandle, at node: NodeID) -> Bool {
    var next = store.latest(duty: duty(of: store[message]))
    while let other = next {
      if other != message && hasSeen(other, at: node) && isValid(other) { return true }
      next = store.olderSibling(other)
    }
    return false
  }

  mutating func settle(
    _ message: MessageHandle, at node: NodeID, from slot: UInt32, _ verdict: Verdict, _ now: Instant,
    _ effects: inout Effects
  ) {
    _ = router.settle(node, message, from: slot, verdict: verdict, at: now, outbox: &effects.outbox)
  }

  /// Whether `node` has received `message`.
  func hasSeen(_ message: MessageHandle, at node: NodeID) -> Bool {
    router.isLive(message) && router.phase(message, at: node) != .unseen
  }

  /// The signature of `message` was checked at `node`.
  mutating func verified(_ job: Job, _ now: Instant, _ effects: inout Effects) {
    let valid = isValid(job.message)
    measures.verified += 1
    guard valid else {
      measures.rejected += 1
      settle(job.message, at: job.node, from: job.slot, .reject, now, &effects)
      return
    }
    if job.kind == .verifyRepeated {
      measures.ignored += 1
      settle(job.message, at: job.node, from: job.slot, .ignore, now, &effects)
    } else {
      let passes = passesOn(job.message, at: job.node, now)
      settle(job.message, at: job.node, from: job.slot, passes ? .accept : .ignore, now, &effects)
      collect(job.message, at: job.node, now, &effects)
    }
    watch(job.message, at: job.node, now, &effects)
  }

  /// Whether the signature of `message` is its operator's: computed once, remembered.
  mutating func isValid(_ message: MessageHandle) -> Bool {
    let body = store[message]
    switch body.validity {
    case .valid: return true
    case .invalid: return false
    case .unchecked:
      let digest = body.signed.attestation.signingDigest(domain: domain, mode: deployment.mode)
      let valid = signer.isValid(
        body.signed.signature, of: digest, by: body.signed.attestation.operatorID)
      store.remember(valid ? .valid : .invalid, of: message)
      return valid
    }
  }

  /// The duty that a message claims to fulfil; call only for messages with a known task and member.
  func duty(of body: MessageBody) -> Int {
    Int(schedule.dutyBase[body.signed.attestation.task.index]) + Int(body.member)
  }

  /// Puts a job on the node's CPU. False when the queue is full.
  mutating func work(_ job: Job, cost: TimeSpan, _ now: Instant, _ effects: inout Effects) -> Bool {
    guard let done = processors.admit(job.node, at: now, cost: cost) else {
      measures.queueDrops += 1
      return false
    }
    effects.wake(job.node, at: done, .job, jobs.add(job))
    return true
  }
}
