// The end of a reward epoch: a service pays its operators and their stakers, through the reward contracts, and the
// depositors of vaults, through the vaults' own.

import AVS
import Basics
import Contracts

extension CoordinatorState {
  /// A year of 365 days, in nanoseconds.
  private static let year: UInt128 = 365 * 86_400 * 1_000_000_000

  // MARK: - Genesis

  /// The reward contracts, with every operator's split for every set that it begins in.
  mutating func openRewardBook() {
    let own = addAccount(named: "contracts/rewards")
    let updater = addAccount(named: "contracts/rewards-updater")
    var book = RewardBook(
      epoch: configuration.rewardEpoch, activationDelay: configuration.rewardActivationDelay, own: own,
      updater: updater, services: services.map(\.account), ledger: ledger)
    do throws(RewardsError) {
      for service in services {
        for member in 0..<ledger.memberCount(of: service.set) {
          let account = ledger.member(member, of: service.set)
          try book.setSplit(
            UInt16(min(splits[account.index], 10_000)), of: account, for: service.set, ledger)
        }
        // Who may join later says beforehand what it takes.
        for one in configuration.services[service.id.index].members
        where configuration.services[service.id.index].registersAt != nil {
          guard let account = account(of: one.node) else { continue }
          try book.setSplit(
            UInt16(min(splits[account.index], 10_000)), of: account, for: service.set, ledger)
        }
      }
      try book.begin()
    } catch {
      preconditionFailure("a split of at most 10000 bips was refused: \(error)")
    }
    rewardBook = book
  }

  // MARK: - Paying

  /// Pays the epoch of one service that is open and has ended; nothing when there is none. The pool is
  /// annual * epoch / year, rounded down; a service pays for epochs in which a task of it was settled, certified or not.
  ///
  /// What an operator earned is divided by the stake behind it: vaults' parts are rounded down, the rest is EigenLayer's.
  mutating func closeEpoch(
    _ service: ServiceID, at: Instant, block: BlockNumber, _ facts: inout [CoordinatorFact]
  ) {
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

    var members: [(member: Int, account: AccountID, node: NodeID, parts: [(vault: Int, wei: UInt128)])] = []
    for (member, row) in record.rows.enumerated() where row.duties > 0 {
      let account = ledger.member(member, of: set)
      guard let node = nodes[account.index] else { continue }
      members.append(
        (member, account, node, vaultParts(of: division.earned[member], account, service, at: at)))
    }
    let amounts = members.map { one in
      (account: one.account, amount: division.earned[one.member] - one.parts.reduce(0) { $0 + $1.wei })
    }
    let paid = pay(amounts, of: index, set: set, at: at, block: block, &facts)
    for (one, split) in zip(members, paid) {
      let row = record.rows[one.member]
      var cut = split.operatorCut
      var stakers = split.stakers.reduce(0) { $0 + $1.amount }
      roundings += split.dustMaximum
      epoch.dustWei += split.dust
      epoch.refundedWei += split.refunded
      var curators: UInt128 = 0
      for part in one.parts {
        let own = RewardCalculation.operatorCut(part.wei, bips: splits[one.account.index])
        let payment = payVault(part.vault, part.wei - own, from: service, at: at)
        rewardBalances[one.account.index] += own
        rewards.claimed += own + payment.depositors + payment.curator
        cut += own
        stakers += payment.depositors
        curators += payment.curator
        epoch.dustWei += payment.dust
        roundings += payment.depositors == 0 ? payment.dust : UInt128(vaults[part.vault].depositors.count)
      }
      rewards.operators += cut
      rewards.stakers += stakers
      rewards.curators += curators
      epoch.paidWei += cut + stakers + curators
      let certified = row.duties - row.uncertified
      facts.append(
        .rewardsPaid(
          RewardFact(
            service: service, epoch: epoch.epoch, operatorNode: one.node, at: at, duties: certified,
            fulfilled: row.fulfilled, stake: certified == 0 ? 0 : row.stakeDue / UInt128(certified),
            operatorWei: cut, stakersWei: stakers, curatorsWei: curators)))
    }
    rewards.submitted += pool
    rewards.dust += epoch.dustWei
    rewards.refunded += epoch.refundedWei
    rewardDustBound += roundings
    facts.append(.epochEnded(epoch))
    checkRewards(epoch, roundings, at: at, &facts)
    if rootEpoch != index {
      rootEpoch = index
      agenda.add(.rewardRoot(epoch: index), at: at)
    }
  }

  /// The vaults' parts of what an operator earned, by the stake behind it now; empty without vaults.
  private func vaultParts(
    of earned: UInt128, _ account: AccountID, _ service: ServiceID, at: Instant
  ) -> [(vault: Int, wei: UInt128)] {
    if vaults.isEmpty || earned == 0 { return [] }
    let stakes = vaults.map { vaultStake(of: account, in: service, $0, at: at) }
    let set = services[service.index].set
    var total = stakes.reduce(0, +)
    for strategy in ledger.strategies(of: set) {
      total += value(
        ledger.minimumSlashableStake(account, set, strategy, until: head, at: head),
        at: prices[strategy.index])
    }
    return stakes.indices.filter { stakes[$0] > 0 }.map { ($0, mulDiv(earned, stakes[$0], total)) }
  }

  private mutating func pay(
    _ amounts: [(account: AccountID, amount: UInt128)], of epoch: UInt64, set: OperatorSetID, at: Instant,
    block: BlockNumber, _ facts: inout [CoordinatorFact]
  ) -> [OperatorSplit] {
    guard var book = rewardBook else { preconditionFailure("rewards before genesis") }
    // One owner at a time: the tables are not copied.
    rewardBook = nil
    defer { rewardBook = book }
    do throws(RewardsError) {
      return try book.pay(amounts, of: epoch, set: set, prices: prices, at: at, block: block, ledger)
    } catch {
      facts.append(
        .checkBroken(
          Finding(check: "rewards.submission", detail: "set \(set.rawValue), epoch \(epoch): \(error)"),
          at: at))
      return amounts.map { _ in OperatorSplit.nothing }
    }
  }

  /// The root over everything earned is posted once all services have closed the epoch.
  mutating func publishRewards(_ epoch: UInt64, at: Instant, _ facts: inout [CoordinatorFact]) {
    guard var book = rewardBook else { preconditionFailure("rewards before genesis") }
    rewardBook = nil
    var root: Int?
    do throws(RewardsError) { root = try book.publish(epoch: epoch, at: at) } catch {
      facts.append(
        .checkBroken(Finding(check: "rewards.root", detail: "epoch \(epoch): \(error)"), at: at))
    }
    let from = book.claimable(from: at)
    rewardBook = book
    guard let root else { return }
    if from <= at {
      claimRewards(root, at: at, &facts)
    } else {
      agenda.add(.rewardClaims(root: root), at: from)
    }
  }

  mutating func claimRewards(_ root: Int, at: Instant, _ facts: inout [CoordinatorFact]) {
    guard var book = rewardBook else { preconditionFailure("rewards before genesis") }
    rewardBook = nil
    do throws(RewardsError) {
      for payment in try book.claimAll(root, at: at) {
        rewardBalances[payment.account.index] += payment.amount
        if services.contains(where: { $0.account == payment.account }) {
          rewards.reclaimed += payment.amount
        } else {
          rewards.claimed += payment.amount
        }
      }
    } catch {
      facts.append(.checkBroken(Finding(check: "rewards.claims", detail: "root \(root): \(error)"), at: at))
    }
    rewardBook = book
    let balances = rewardBalances.reduce(0, +)
    if balances != rewards.claimed + rewards.reclaimed || rewards.claimed > rewards.paid {
      facts.append(
        .checkBroken(
          Finding(
            check: "rewards.balances",
            detail: "accounts hold \(balances), claimed were \(rewards.claimed) and \(rewards.reclaimed) "
              + "of \(rewards.paid)"), at: at))
    }
  }

  /// submitted = paid + dust + refunded, and dust explained by rounding.
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
  }
}
