// The coordinator's tables: the ledger, the tasks, the cases, the mempool, and what falls due. State only.

import AVS
import Basics
import Contracts

/// Something that a keeper does on chain when its time has come.
enum DueItem: Sendable, Equatable {
  case taskExpiry(TaskID)
  case livenessWindows(ServiceID)
  case slashing(CaseID)
  case epoch(ServiceID)
  case withdrawal(WithdrawalID)
  case clearSlash(ServiceID, slashID: UInt64)
  case stakeChange(OperatorSetID)
}

struct CoordinatorState: Sendable {
  let configuration: CoordinatorConfiguration
  let isValid: @Sendable (SignedAttestation) -> Bool
  let prices: [UInt128]
  let missedSlots: HashRandom

  var ledger: RestakingLedger
  var conservation = Conservation()
  var tasks = TaskBook()
  var services: [ServiceBook] = []
  var court: Court
  var mempool: Mempool
  var agenda = Agenda<DueItem>()

  /// Account by node index; node and split by account index.
  var accounts: [AccountID?] = []
  var nodes: [NodeID?] = []
  var splits: [UInt64] = []
  var names: [String: AccountID] = [:]
  /// Accounts of redistribution recipients by service; nil: burned.
  var recipients: [AccountID?] = []

  /// The last block produced.
  var head: BlockNumber
  /// The latest instant that the coordinator was told.
  var now = Instant.zero
  var nextTransaction: UInt32 = 0
  var droppedTransactions: UInt64 = 0
  /// Sets whose stake table may have changed in this block.
  var changedSets: [Bool] = []
  /// Stake moved since the last full check.
  var isStakeUnchecked = false
  /// Whether the stake tables of the start were told.
  var hasToldGenesis = false
  /// Certificates whose signers may still be accused, by service, oldest first; those before the head are pruned.
  var signerRecords: [(tasks: [TaskID], head: Int)] = []

  /// Rewards by account index.
  var rewardBalances: [UInt128] = []
  var rewards = RewardTotals()
  /// Most dust that rounding can have left in the rewards so far.
  var rewardDustBound: UInt128 = 0

  init(
    _ configuration: CoordinatorConfiguration, isValid: @escaping @Sendable (SignedAttestation) -> Bool
  ) throws(CoordinatorConfigurationError) {
    let mistakes = configuration.validate()
    if !mistakes.isEmpty { throw CoordinatorConfigurationError(mistakes: mistakes) }
    self.configuration = configuration
    self.isValid = isValid
    prices = configuration.assets.map(\.priceWad)
    missedSlots = HashRandom(seed: configuration.seed, .blockProposal)
    ledger = RestakingLedger(delays: configuration.delays, plant: configuration.plant)
    court = Court(plant: configuration.plant)
    mempool = Mempool(capacity: configuration.chain.mempoolCapacity)
    head = configuration.chain.startBlock
    try makeGenesis()
  }

  // MARK: - People

  mutating func addAccount(named name: String) -> AccountID {
    let id = ledger.addAccount()
    nodes.append(nil)
    splits.append(0)
    rewardBalances.append(0)
    names[name] = id
    return id
  }

  func account(of node: NodeID) -> AccountID? { node.index < accounts.count ? accounts[node.index] : nil }

  // MARK: - Stake

  /// The stake behind an operator changed: the tables of all its sets may have.
  mutating func markChanged(_ account: AccountID?) {
    guard let account else { return }
    for set in ledger.sets(of: account) { changedSets[set.index] = true }
  }

  mutating func refreshStakeTables(at block: BlockNumber) {
    for index in changedSets.indices where changedSets[index] {
      changedSets[index] = false
      services[index].stake.push(
        StakeTable(of: OperatorSetID(index), in: ledger, prices: prices, at: block))
    }
  }

  /// The same at the end of a block, telling the tables that are new.
  mutating func refreshStakeTables(at block: BlockNumber, _ facts: inout [CoordinatorFact]) {
    let changed = changedSets.indices.filter { changedSets[$0] }
    if changed.isEmpty { return }
    refreshStakeTables(at: block)
    tellTables(of: changed, &facts)
  }

  func tellTables(of services: [Int], _ facts: inout [CoordinatorFact]) {
    for index in services {
      if let table = self.services[index].stake.latest { facts.append(.stakeTable(ServiceID(index), table)) }
    }
  }
}
