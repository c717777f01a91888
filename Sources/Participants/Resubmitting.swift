// After a reorg: whoever sent a certificate or evidence looks for it. In a block again, or waiting for one, it is left alone;
// what nobody has any more is sent once more, and whether it still counts is the chain's to say. A node that is down looks
// when it is back: what it signed is on its disk.
//
// Backup aggregators step in only as long as they still keep the task's tally, which is until its deadline by their own clock.

import AVS
public import Basics
import Contracts

/// Lost transactions of the hosted nodes.
struct Resubmitting: Sendable {
  /// By index of the wake-up; nil once it was seen to.
  private var lost: [Submission?] = []
  /// Those that came up while their node was down.
  private var unseen: [UInt32] = []

  mutating func keep(_ submission: Submission) -> UInt32 {
    lost.append(submission)
    return UInt32(lost.count - 1)
  }

  mutating func take(_ index: UInt32) -> Submission? {
    guard Int(index) < lost.count else { return nil }
    defer { lost[Int(index)] = nil }
    return lost[Int(index)]
  }

  mutating func wait(_ index: UInt32) { unseen.append(index) }

  /// Those of `node` that wait for it, in order.
  mutating func waiting(for node: NodeID) -> [UInt32] {
    let own = unseen.filter { lost[Int($0)]?.node == node }
    unseen.removeAll { own.contains($0) }
    return own
  }
}

extension Participants {
  /// The chain undid a block with a transaction of `submission.node`'s, and nobody has the transaction any more. Returns the
  /// wake-up with which the node comes to see it, for the driver to schedule after the node's RPC delay.
  public mutating func lostByReorg(_ submission: Submission) -> WakeUp {
    WakeUp(.undone, resubmitting.keep(submission))
  }

  /// The certificate for `task` that was on chain is there no more: aggregators that have kept back because of it may take
  /// their turn.
  public mutating func certificateUndone(_ task: TaskID, _ now: Instant, _ effects: inout Effects) {
    guard certified.contains(0, task.index) else { return }
    certified.remove(0, task.index)
    let service = service(schedule[task].service)
    for (ordinal, node) in service.aggregators.enumerated() where isHosted[node.index] {
      guard let index = aggregation.open(task, ordinal: ordinal), aggregation[index].winner != 255,
        !aggregation[index].submitted
      else { continue }
      aggregation[index].wakeUps += 1
      let wait =
        service.aggregationGrace + service.backupDelay * UInt64(rank(of: ordinal, in: service, for: task))
      effects.wake(node, at: now + wait, .certificate, index)
    }
  }

  mutating func sendAgain(_ index: UInt32, at node: NodeID, _ now: Instant, _ effects: inout Effects) {
    guard availability.isUp(node) else { return resubmitting.wait(index) }
    guard let submission = resubmitting.take(index), deployment.resubmits else { return }
    let task: TaskID
    var isEvidence = true
    switch submission.body {
    case .certificate(let certificate):
      // Somebody else's is there.
      if certified.contains(0, certificate.task.index) { return }
      task = certificate.task
      isEvidence = false
    case .evidence(.pair(_, let second)): task = second.attestation.task
    case .evidence(.single(let one)): task = one.attestation.task
    case .evidence(.certificate(_, let of)): task = of
    case .createTask, .dispute, .veto, .join, .stake: return
    }
    effects.facts.append(Fact(.resubmitted, node: node, task: task, at: now, detail: isEvidence ? 1 : 0))
    effects.submissions.append(submission)
  }

  /// A node that is back looks for what it sent.
  mutating func lookAfterTransactions(of node: NodeID, _ now: Instant, _ effects: inout Effects) {
    for index in resubmitting.waiting(for: node) { sendAgain(index, at: node, now, &effects) }
  }
}
