// Blocks: which comes next, what falls due in it, what it includes.

import AVS
import Basics
import Contracts

extension CoordinatorState {
  /// The next block in which anything can change, by what is known now; nil: none ever.
  var nextBlock: BlockNumber? {
    let due = [agenda.next, mempool.nextReady].compactMap { $0 }.min()
    guard let due, due != .never else { return nil }
    var number = max(configuration.chain.firstBlock(notBefore: due), head + 1)
    while isMissed(number) { number += 1 }
    return number
  }

  /// Whether the slot of a block stays empty: drawn by number, so that nothing else changes the draw.
  func isMissed(_ number: BlockNumber) -> Bool {
    configuration.chain.missedSlotBips > 0
      && scale(missedSlots.bits(number), 10_000) < configuration.chain.missedSlotBips
  }

  /// Produces block `number`: first what fell due by its time, in order, then transactions by tip and arrival, as long as
  /// gas is left. Keepers' gas comes first: whoever waits for a slash pays for it.
  mutating func produce(_ number: BlockNumber, _ facts: inout [CoordinatorFact]) {
    precondition(number > head)
    if !hasToldGenesis {
      hasToldGenesis = true
      tellTables(of: Array(services.indices), &facts)
    }
    let at = configuration.chain.instant(of: number)
    if configuration.chain.missedSlotBips > 0 {
      let before = number - 1
      if before > head, isMissed(before) {
        facts.append(.missedSlot(before, at: configuration.chain.instant(of: before)))
      }
    }
    head = number
    now = max(now, at)
    var gas: UInt64 = 0
    while let due = agenda.take(dueBy: at) {
      gas += perform(due.item, at: at, block: number, &facts)
    }
    let included = mempool.take(
      at: at, gas: configuration.chain.gasLimit - min(gas, configuration.chain.gasLimit))
    for pending in included {
      gas += pending.gas
      execute(pending, at: at, block: number, &facts)
    }
    while let due = agenda.take(dueBy: at) {
      gas += perform(due.item, at: at, block: number, &facts)
    }
    finishCheck(at: at, block: number, &facts)
    refreshStakeTables(at: number, &facts)
    facts.append(
      .block(
        BlockFact(number: number, at: at, transactions: included.count, gasUsed: gas, waiting: mempool.count))
    )
  }

  /// Does what fell due; returns the gas it used.
  private mutating func perform(
    _ item: DueItem, at: Instant, block: BlockNumber, _ facts: inout [CoordinatorFact]
  ) -> UInt64 {
    switch item {
    case .taskExpiry(let task):
      expire(task, at: at, &facts)
      return 0
    case .livenessWindows(let service):
      judgeWindows(service, at: at, block: block, &facts)
      return 0
    case .slashing(let id):
      return executeCase(id, at: at, block: block, &facts)
    case .epoch(let service):
      closeEpoch(service, at: at, &facts)
      return 0
    case .withdrawal(let id):
      return completeDue(id, at: at, block: block, &facts)
    case .clearSlash(let service, let slashID):
      return clearSlash(service, slashID, at: at, block: block, &facts)
    case .stakeChange(let set):
      changedSets[set.index] = true
      return 0
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
