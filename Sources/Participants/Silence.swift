// Withholding, which no contract can judge: an operator that had the task and kept its attestation to itself leaves nothing but
// silence, and silence has other causes. A watcher that has heard nothing of some member when the task is certified and its
// response window over challenges the certificate; members who ran take sides by what reached them: who has not heard of
// everybody goes over to the fork, who has stays. So it is the network that decides whether the honest stay together: what is lost
// on the way looks withheld (reference: evidence class N/I, *withholding, censorship*).
//
// A challenge stands or falls as a whole, for all who are not in the certificate.

import AVS
import Basics
import Contracts
import Gossip

extension Participants {
  /// A certificate of `task` is on chain: watchers look who is missing, at the end of the response window at the earliest.
  mutating func watchSilence(_ task: TaskID, _ now: Instant, _ effects: inout Effects) {
    let record = schedule[task]
    let service = service(record.service)
    guard service.punishes.contains(.withholding) else { return }
    for node in service.watchers
    where isHosted[node.index] && availability.isUp(node) && deployment.nodes[node.index].accuses {
      if now > record.deadline {
        challengeSilence(task, at: node, now, &effects)
        continue
      }
      let job = Job(
        kind: .missing, node: node, incarnation: availability.incarnation(node),
        message: MessageHandle(rawValue: noMessage), slot: .max, task: task)
      effects.wake(
        node, at: record.deadline + TimeSpan(nanoseconds: 1), .publication, jobs.add(job))
    }
  }

  /// The watcher `node` brings the certificate before the holders if it has not heard of everybody.
  mutating func challengeSilence(
    _ task: TaskID, at node: NodeID, _ now: Instant, _ effects: inout Effects
  ) {
    let missing = unheard(task, at: node, now)
    guard !missing.isEmpty,
      watching.accuse(
        .init(offence: AccusationKind.withholding, watcher: node, duty: schedule.dutyBase[task.index]))
    else { return }
    for member in missing {
      effects.facts.append(
        Fact(
          .evident, node: node, task: task, at: now, value: UInt64(member),
          detail: AccusationKind.withholding))
    }
    effects.submissions.append(
      Submission(node: node, body: .evidence(.certificate(schedule[task].service, task))))
  }

  /// Members that run take their sides in a challenge about silence.
  mutating func takeSidesAboutSilence(
    _ task: TaskID, _ now: Instant, _ effects: inout Effects, acts: (NodeID) -> Bool
  ) {
    let service = schedule[task].service
    for node in self.service(service).members
    where isHosted[node.index] && availability.isUp(node) && acts(node) {
      guard !unheard(task, at: node, now).isEmpty else { continue }
      effects.submissions.append(Submission(node: node, body: .join(service, task)))
    }
  }

  /// Members of which no valid attestation for `task` has reached `node`, but itself; none when the network has forgotten what
  /// was said: then nobody can tell.
  private mutating func unheard(_ task: TaskID, at node: NodeID, _ now: Instant) -> [Int] {
    let record = schedule[task]
    guard now <= record.due + deployment.gossip.seenLife else { return [] }
    return service(record.service).members.enumerated().compactMap { member, other in
      if other == node { return nil }
      var next = store.latest(duty: Int(schedule.dutyBase[task.index]) + member)
      while let message = next {
        if hasSeen(message, at: node), isValid(message) { return nil }
        next = store.olderSibling(message)
      }
      return member
    }
  }
}
