// Blocks: which comes next, what falls due in it, what it includes.

import AVS
import Basics
import Contracts

extension CoordinatorState {
  /// The next block in which anything can change, by what is known now; nil: none ever, or none as long as the chain is
  /// halted.
  var nextBlock: BlockNumber? {
    guard !conditions.isHalted, let wanted = wantedBlock else { return nil }
    var number = max(wanted, floor)
    while isMissed(number) { number += 1 }
    return number
  }

  /// The first slot with something to do, whether it has a block or not.
  private var wantedBlock: BlockNumber? {
    let due = [agenda.next, mempool.nextReady].compactMap { $0 }.min()
    guard let due, due != .never else { return nil }
    return max(configuration.chain.firstBlock(notBefore: due), head + 1)
  }

  /// Whether the slot of a block stays empty: drawn by number, so that nothing else changes the draw.
  func isMissed(_ number: BlockNumber) -> Bool {
    conditions.isMissed(number, ownBips: configuration.chain.missedSlotBips)
  }

  /// Produces block `number`: first what fell due by its time, in order, then transactions by tip and arrival, then withdrawals
  /// that can be completed, as long as gas is left. Keepers' gas comes first: whoever waits for a slash pays for it.
  mutating func produce(_ number: BlockNumber, _ facts: inout [CoordinatorFact]) {
    precondition(number > head)
    if !hasToldGenesis {
      hasToldGenesis = true
      tellTables(of: Array(services.indices), &facts)
    }
    let at = configuration.chain.instant(of: number)
    if let wanted = wantedBlock, wanted < number {
      facts.append(
        .missedSlots(
          MissedSlotsFact(
            first: wanted, count: number - wanted, at: configuration.chain.instant(of: wanted),
            blockTime: configuration.chain.blockTime)))
    }
    advanceBaseFee(to: number)
    head = number
    now = max(now, at)
    let firstFact = facts.count
    dropExpired(at: at, &facts)
    var space = BlockSpace(gas: configuration.chain.gasLimit)
    space.censorships = conditions.censors(number) ?? []
    var withdrawals: [WithdrawalID] = []
    performDue(at, number, &space, &withdrawals, &facts)
    if let fees = configuration.chain.fees {
      space.market = (fees, baseFee, demand(number, fees))
    }
    let included = mempool.take(at: at, &space)
    for pending in included { execute(pending, space, at: at, block: number, &facts) }
    performDue(at, number, &space, &withdrawals, &facts)
    complete(withdrawals, at: at, block: number, &space, &facts)
    followEconomy(from: firstFact, at: at, block: number, &facts)
    finishCheck(at: at, block: number, &facts)
    refreshStakeTables(at: number, &facts)
    facts.append(
      .block(
        BlockFact(
          number: number, at: at, transactions: included.count, gasUsed: space.used,
          othersGas: space.others, baseFee: space.market?.baseFee, censored: space.censored,
          waiting: mempool.count, waitingCertificates: mempool.count(of: .certificate),
          waitingEvidence: mempool.count(of: .evidence))))
    moveBaseFee(gasUsed: space.used + space.others)
  }

  // MARK: - The market for block space

  private func demand(_ number: BlockNumber, _ fees: FeeMarket) -> UInt64 {
    fees.demand(
      baseFee: baseFee, limit: configuration.chain.gasLimit, bits: conditions.demandBits(number),
      factorPermille: conditions.demandPermille)
  }

  /// Lets the others alone fill the blocks before `number`. Cost: a few operations for each.
  mutating func advanceBaseFee(to number: BlockNumber) {
    guard let fees = configuration.chain.fees else { return }
    while feeBlock < number {
      if conditions.isHalted {
        feeBlock = number
      } else if isMissed(feeBlock) {
        feeBlock += 1
      } else {
        moveBaseFee(gasUsed: demand(feeBlock, fees))
      }
    }
  }

  private mutating func moveBaseFee(gasUsed: UInt64) {
    guard configuration.chain.fees != nil else { return }
    let limit = configuration.chain.gasLimit
    baseFee = Contracts.baseFee(after: baseFee, gasUsed: min(gasUsed, limit), limit: limit)
    feeBlock += 1
  }

  private mutating func dropExpired(at: Instant, _ facts: inout [CoordinatorFact]) {
    guard let lifetime = configuration.chain.transactionLifetime, at > .zero + lifetime else { return }
    for pending in mempool.dropExpired(before: Instant(nanoseconds: at.nanoseconds - lifetime.nanoseconds)) {
      expiredTransactions += 1
      facts.append(.transactionDropped(pending.id, pending.transaction.kind, at: at))
    }
  }

  /// Does what fell due, in order, but keeps withdrawals for later.
  private mutating func performDue(
    _ at: Instant, _ block: BlockNumber, _ space: inout BlockSpace, _ withdrawals: inout [WithdrawalID],
    _ facts: inout [CoordinatorFact]
  ) {
    while let due = agenda.take(dueBy: at) {
      if case .withdrawal(let id) = due.item {
        withdrawals.append(id)
      } else {
        space.used += perform(due.item, dueAt: due.at, at: at, block: block, &facts)
      }
    }
  }

  /// Whoever completes a withdrawal is in no hurry: completions take the space that transactions leave, and the rest waits for
  /// the next block.
  private mutating func complete(
    _ withdrawals: [WithdrawalID], at: Instant, block: BlockNumber, _ space: inout BlockSpace,
    _ facts: inout [CoordinatorFact]
  ) {
    let cost = configuration.gas.transaction + configuration.gas.completeWithdrawal
    for id in withdrawals {
      if space.used + space.others + cost > configuration.chain.gasLimit {
        agenda.add(.withdrawal(id), at: configuration.chain.instant(of: block + 1))
      } else {
        space.used += completeDue(id, at: at, block: block, &facts)
      }
    }
  }

  /// Does what fell due; returns the gas it used.
  private mutating func perform(
    _ item: DueItem, dueAt: Instant, at: Instant, block: BlockNumber, _ facts: inout [CoordinatorFact]
  ) -> UInt64 {
    switch item {
    case .taskExpiry(let task):
      // By its own instant: the block may lie in the next epoch, before which this one is closed.
      expire(task, settledAt: dueAt, at: at, block: block, &facts)
      return 0
    case .livenessWindows(let service):
      judgeWindows(service, at: at, block: block, &facts)
      return 0
    case .slashing(let id):
      return executeCase(id, at: at, block: block, &facts)
    case .epoch(let service):
      closeEpoch(service, at: at, block: block, &facts)
      return 0
    case .withdrawal: preconditionFailure("withdrawals take the space that is left")
    case .clearSlash(let service, let slashID, let recipient):
      return clearSlash(service, slashID, to: recipient, at: at, block: block, &facts)
    case .stakeChange(let set):
      changedSets[set.index] = true
      return 0
    case .rewardRoot(let epoch):
      publishRewards(epoch, at: at, &facts)
      return 0
    case .rewardClaims(let root):
      claimRewards(root, at: at, &facts)
      return 0
    case .stakeEvent(let index):
      let event = configuration.stakeEvents[index]
      perform(event, at: at, block: block, &facts)
      return configuration.gas.transaction + configuration.gas.gas(of: event.kind)
    case .vaultWithdrawal(let vault, let index):
      withdrawFromVault(vault, index, at: at, &facts)
      return configuration.gas.transaction + configuration.gas.vaultWithdrawal
    case .vaultClaim(let vault, let epoch, let depositor):
      claimFromVault(vault, epoch: epoch, depositor, at: at, &facts)
      return configuration.gas.transaction + configuration.gas.vaultClaim
    case .vaultSlash(let vault, let request):
      executeVaultSlash(vault, request, at: at, &facts)
      return configuration.gas.slash
    case .resolution(let id): return resolve(id, at: at, block: block, &facts)
    case .arbitrarySlash(let index):
      openWithoutCause(configuration.arbitrarySlashes[index], at: at, block: block, &facts)
      return configuration.gas.evidence
    case .registration(let service):
      return registerService(service, at: at, block: block, &facts)
    case .premium(let service): return payPremium(service, at: at, block: block, &facts)
    case .insurance(let service): return settleInsurance(service, at: at, block: block, &facts)
    case .economy: return 0
    }
  }

  /// With more accounts than this, the full check runs once a block instead of after every transaction.
  private static let accountsCheckedAtOnce = 20_000

  /// Checks conservation after something happened to stake.
  mutating func checkStake(at: Instant, block: BlockNumber, _ facts: inout [CoordinatorFact]) {
    isStakeUnchecked = true
    if ledger.accounts.count <= Self.accountsCheckedAtOnce { finishCheck(at: at, block: block, &facts) }
  }

  private mutating func finishCheck(at: Instant, block: BlockNumber, _ facts: inout [CoordinatorFact]) {
    guard isStakeUnchecked else { return }
    isStakeUnchecked = false
    for finding in conservation.check(ledger, at: block) { facts.append(.checkBroken(finding, at: at)) }
  }
}
