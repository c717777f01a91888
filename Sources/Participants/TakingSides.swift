// A certificate is challenged where no contract can judge: operators of the service who worked the task out themselves compare
// their own result with the certificate's, and go over to the fork when it differs. Who has no result of its own (it was down,
// overloaded, cut off from the chain) cannot tell, and stays; so does who believes in the certificate, rightly or not. Thus what
// became of the task in the network decides whether the honest stay together.

public import AVS
public import Basics
import Contracts

extension Participants {
  /// A challenge of `task`'s certificate, which names `result`, is on chain and has been heard of. `acts`: whether a node that
  /// runs can do anything now.
  public mutating func certificateChallenged(
    _ task: TaskID, result: Digest, _ now: Instant, _ effects: inout Effects, acts: (NodeID) -> Bool
  ) {
    let service = schedule[task].service
    if self.service(service).punishes.contains(.withholding) {
      return takeSidesAboutSilence(task, now, &effects, acts: acts)
    }
    for (member, node) in self.service(service).members.enumerated()
    where isHosted[node.index] && availability.isUp(node) && acts(node) {
      guard hasSigned.contains(0, Int(schedule.dutyBase[task.index]) + member),
        ownResult(task, of: node, now) != result
      else { continue }
      effects.submissions.append(Submission(node: node, body: .join(service, task)))
    }
  }

  /// What `node` holds for the result of a task that it signed.
  private func ownResult(_ task: TaskID, of node: NodeID, _ now: Instant) -> Digest {
    let conduct = behaviours(of: node, in: task, at: now)
    let member = roles.member(schedule[task].service, node)
    return result(
      task, isWrong: member.map { hasLied.contains(0, Int(schedule.dutyBase[task.index]) + $0) } ?? false,
      isLazy: conduct.contains { $0.kind == .lazyCopy }, by: node)
  }
}
