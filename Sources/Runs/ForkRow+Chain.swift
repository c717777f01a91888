// A fork of the chain's, as the record keeps it.

import Basics
import Contracts
import Reporting

extension ForkRow {
  /// - Parameters:
  ///   - bondLost: what the challenger lost, once the fork is decided.
  ///   - at: when it was.
  init(_ fork: Fork, bondLost: UInt128 = 0, at: Instant? = nil) {
    let claims = fork.claims
    let (joined, total) = fork.deciding
    self.init(
      service: fork.service, task: fork.task, challenger: fork.challenger, openedAt: fork.openedAt,
      closesAt: fork.closesAt, decidedAt: at, outcome: fork.outcome?.rawValue,
      joinedBips: total == 0 ? nil : Int(mulDiv(joined, 10_000, total)),
      cohesionBips: Int(fork.terms.cohesionBips), bondLostWei: bondLost,
      sides: zip(fork.holders, claims).map { holder, claim in
        ForkSideRow(
          node: holder.node, side: holder.isAccused ? .accused : holder.joined ? .fork : .original,
          stakeWei: holder.stake, originalWei: at == nil ? nil : claim.original,
          forkWei: at == nil ? nil : claim.fork)
      })
  }
}
