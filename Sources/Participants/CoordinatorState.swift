// The coordinator's tables: the ledger, the tasks, the cases, the mempool, and what falls due. State only.

import AVS
import Basics
import Contracts
import Economy

/// Something that a keeper does on chain when its time has come.
enum DueItem: Sendable, Equatable {
  case taskExpiry(TaskID)
  case livenessWindows(ServiceID)
  case slashing(CaseID)
  case epoch(ServiceID)
  case withdrawal(WithdrawalID)
  case clearSlash(ServiceID, slashID: UInt64, to: SlashRecipient)
  case stakeChange(OperatorSetID)
  /// A reward epoch has ended for everybody: its root is posted. Then everybody claims.
  case rewardRoot(epoch: UInt64)
  case rewardClaims(root: Int)
  /// By position in the configuration.
  case stakeEvent(Int)
  /// Vaults by position: a depositor asks for its stake, claims it; a request's veto window is over.
  case vaultWithdrawal(Int, Int)
  case vaultClaim(Int, epoch: UInt64, AccountID)
  case vaultSlash(Int, Int)
  /// A case's veto window begins: its resolver looks at it.
  case resolution(CaseID)
  /// A service slashes as it likes. Index into the configuration.
  case arbitrarySlash(Int)
  /// A service comes during the run.
  case registration(ServiceID)
  /// A pot's premium is due; its claims are settled.
  case premium(ServiceID)
  case insurance(ServiceID)
  /// Price steps and ends of epochs; carried out at the end of the block.
  case economy
}

struct CoordinatorState: Sendable {
  let configuration: CoordinatorConfiguration
  let isValid: @Sendable (SignedAttestation) -> Bool
  /// Wei a token is worth, and what quorums count of it, as WADs by strategy.
  var prices: [UInt128]
  var weights: [UInt128]

  var ledger: RestakingLedger
  var conservation = Conservation()
  var tasks = TaskBook()
  var services: [ServiceBook] = []
  var court: Court
  var forks = ForkBook()
  var mempool: Mempool
  var agenda = Agenda<DueItem>()

  /// Account by node index; node and split by account index.
  var accounts: [AccountID?] = []
  var nodes: [NodeID?] = []
  var splits: [UInt64] = []
  var names: [String: AccountID] = [:]
  /// By account.
  var accountNames: [String] = []
  /// Accounts of redistribution recipients by service; nil: burned.
  var recipients: [AccountID?] = []

  /// Faults of the chain in force.
  var conditions: ChainConditions
  /// No block before this one any more: a fault ended here.
  var floor: BlockNumber = 0
  /// Base fee of block `feeBlock`, in wei a gas; nothing without a market.
  var baseFee: UInt64
  var feeBlock: BlockNumber

  /// The last block produced.
  var head: BlockNumber
  /// The latest instant that the coordinator was told.
  var now = Instant.zero
  var nextTransaction: UInt32 = 0
  /// Transactions that found no place in the mempool; those that waited there too long.
  var refusedTransactions: UInt64 = 0
  var expiredTransactions: UInt64 = 0
  /// By service.
  var bonds: [ChallengeBonds?] = []
  /// Sets whose stake table may have changed in this block.
  var changedSets: [Bool] = []
  /// Stake moved since the last full check.
  var isStakeUnchecked = false
  /// Whether the stake tables of the start were told.
  var hasToldGenesis = false
  /// Certificates whose signers may still be accused, by service, oldest first; those before the head are pruned.
  var signerRecords: [(tasks: [TaskID], head: Int)] = []

  /// Nil only while it is at work.
  var economy: Economy?
  /// When the next epoch of an active economy ends.
  var economyDue = Instant.never
  var economyFindings = 0
  /// Position among the configured operators, by account index.
  var operatorNumbers: [Int?] = []
  /// By service; empty when nobody is insured.
  var insurance: [InsuranceRoom?] = []
  var slashOrigins: [SlashName: SlashOrigin] = [:]

  var vaults: [VaultRoom] = []
  /// What resolvers of vaults heard.
  var hearing: Hearing
  /// Withdrawals that become deposits with another operator.
  var redelegated: Set<WithdrawalID> = []
  /// The reward contracts; there from genesis on.
  var rewardBook: RewardBook?
  /// The epoch whose root is on the agenda.
  var rootEpoch: UInt64?

  /// Rewards that were claimed, by account index.
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
    weights = prices
    conditions = ChainConditions(seed: configuration.seed)
    baseFee = configuration.chain.fees?.startBaseFee ?? 0
    feeBlock = configuration.chain.startBlock + 1
    ledger = RestakingLedger(delays: configuration.delays, plant: configuration.plant)
    court = Court(plant: configuration.plant)
    mempool = Mempool(capacity: configuration.chain.mempoolCapacity)
    head = configuration.chain.startBlock
    hearing = Hearing(configuration)
    try makeGenesis()
    openInsurance()
    startEconomy()
  }

  // MARK: - People

  mutating func addAccount(named name: String) -> AccountID {
    let id = ledger.addAccount()
    nodes.append(nil)
    splits.append(0)
    rewardBalances.append(0)
    names[name] = id
    accountNames.append(name)
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
      let table = stakeTable(of: index, at: block)
      services[index].stake.push(configuration.sharesStake ? pooled(table, of: OperatorSetID(index)) : table)
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
