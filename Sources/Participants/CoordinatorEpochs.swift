// The end of a reward epoch: a service pays its operators and their stakers.

import AVS
import Basics
import Contracts

extension CoordinatorState {
  /// A year of 365 days, in nanoseconds.
  private static let year: UInt128 = 365 * 86_400 * 1_000_000_000

  /// Pays the epoch of one service that is open and has ended; nothing when there is none. The pool is
  /// annual * epoch / year, rounded down; a service pays for epochs in which a task of it was settled, certified or not.
  mutating func closeEpoch(_ service: ServiceID, at: Instant, _ facts: inout [CoordinatorFact]) {
    guard let index = services[service.index].epoch,
      Instant.zero + configuration.rewardEpoch * (index + 1) <= at
    else { return }
    let record = services[service.index].closeEpoch()
    guard let policy = services[service.index].rewards else { return }
    let set = services[service.index].set
    let pool = mulDiv(policy.annualPool, UInt128(configuration.rewardEpoch.nanoseconds), Self.year)
    let division = RewardDistribution(
      pool: pool, policy: policy, record: record, paysAbsent: configuration.plant == .absentRewarded)
    var epoch = EpochFact(
      service: service, epoch: UInt32(truncatingIfNeeded: index), at: at, submittedWei: pool, paidWei: 0,
      dustWei: division.dust, refundedWei: division.refunded)
    var roundings = UInt128(record.rows.count)
    for (member, row) in record.rows.enumerated() where row.duties > 0 {
      let account = ledger.member(member, of: set)
      guard let node = nodes[account.index] else { continue }
      let split = OperatorSplit(
        amount: division.earned[member], splitBips: splits[account.index], operator: account, set: set,
        ledger: ledger, prices: prices)
      rewardBalances[account.index] += split.operatorCut
      var stakers: UInt128 = 0
      for part in split.stakers {
        rewardBalances[part.account.index] += part.amount
        stakers += part.amount
      }
      roundings += split.dustMaximum
      rewards.operators += split.operatorCut
      rewards.stakers += stakers
      epoch.paidWei += split.operatorCut + stakers
      epoch.dustWei += split.dust
      epoch.refundedWei += split.refunded
      let certified = row.duties - row.uncertified
      facts.append(
        .rewardsPaid(
          RewardFact(
            service: service, epoch: epoch.epoch, operatorNode: node, at: at, duties: certified,
            fulfilled: row.fulfilled, stake: certified == 0 ? 0 : row.stakeDue / UInt128(certified),
            operatorWei: split.operatorCut, stakersWei: stakers)))
    }
    rewards.submitted += pool
    rewards.dust += epoch.dustWei
    rewards.refunded += epoch.refundedWei
    rewardDustBound += roundings
    facts.append(.epochEnded(epoch))
    checkRewards(epoch, roundings, at: at, &facts)
  }

  /// submitted = paid + dust + refunded, dust explained by rounding, and what was paid lies in the accounts.
  private func checkRewards(
    _ epoch: EpochFact, _ roundings: UInt128, at: Instant, _ facts: inout [CoordinatorFact]
  ) {
    let accounted = epoch.paidWei + epoch.dustWei + epoch.refundedWei
    if accounted != epoch.submittedWei || epoch.dustWei > roundings {
      facts.append(
        .checkBroken(
          Finding(
            check: "rewards.conserved",
            detail:
              "service \(epoch.service.rawValue), epoch \(epoch.epoch): submitted \(epoch.submittedWei), "
              + "paid \(epoch.paidWei), dust \(epoch.dustWei) of at most \(roundings), refunded \(epoch.refundedWei)"
          ),
          at: at))
    }
    let balances = rewardBalances.reduce(0, +)
    if balances != rewards.operators + rewards.stakers {
      facts.append(
        .checkBroken(
          Finding(
            check: "rewards.balances",
            detail: "accounts hold \(balances), paid were \(rewards.operators + rewards.stakers)"), at: at))
    }
  }
}
