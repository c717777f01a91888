// After the end of traffic: the chain goes on from event to event, and nothing is between it and the nodes but their RPC delay.
// What was on its way to the chain still arrives, holders take sides in challenges, and senders who had yet to see that a reorg
// took a transaction of theirs see it and send it again. A node that is down stays down.

import AVS
import Basics
import Contracts
import Gossip
import Participants
import Runs

/// Something that comes after the end of traffic.
struct Late: Sendable {
  enum What: Sendable {
    case submission(Submission)
    case wakeUp(NodeID, WakeUp)
    /// News of a task's certificate.
    case certificate(TaskID)
  }
  var at: Instant
  var what: What
}

extension World {
  /// The place of the earliest in `late`, the first of equals.
  private var earliestLate: Int? { late.indices.min { late[$0].at < late[$1].at } }

  /// The next instant at which something happens; nil: never.
  var nextSettling: Instant? {
    let own = earliestLate.map { late[$0].at }
    guard let chain = coordinator.nextEvent else { return own }
    return min(chain, own ?? chain)
  }

  /// Brings everything to `now`, the instant that `nextSettling` named or a later one.
  mutating func settle(to now: Instant) {
    coordinator.advance(to: now, facts: &chainFacts)
    let news = takeTidings()
    for task in news.challenged {
      guard let certificate = coordinator.certificate(task) else { continue }
      participants.certificateChallenged(task, result: certificate.result, now, &effects) { _ in true }
      for submission in effects.submissions { submit(submission, now) }
      effects.submissions.removeAll()
    }
    while let next = earliestLate, late[next].at <= now {
      switch late.remove(at: next).what {
      case .submission(let submission): submit(submission, now)
      case .wakeUp(let node, let timer):
        participants.wake(timer, at: node, now, &effects)
        carryOutLate(now)
      case .certificate(let task):
        hearOfCertificate(task, now)
        carryOutLate(now)
      }
    }
  }

  /// Gossip is over and no node has a clock any more: what is left of effects is what is told and sent to the chain.
  private mutating func carryOutLate(_ now: Instant) {
    effects.outbox.removeAll()
    effects.timers.removeAll()
    for k in 0..<effects.facts.count { record.note(effects.facts[k]) }
    effects.facts.removeAll()
    for submission in effects.submissions {
      lateSubmissions += 1
      let delay = rpcDelay(UInt64(submission.node.rawValue), UInt64(lateSubmissions) | 1 << 44)
      late.append(Late(at: now + delay, what: .submission(submission)))
    }
    effects.submissions.removeAll()
  }

  private mutating func submit(_ submission: Submission, _ now: Instant) {
    coordinator.submit(blueprint.chain.chain.transaction(from: submission.node, submission.body), at: now)
  }
}
