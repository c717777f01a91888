// The on-chain model as a participant: blocks, certificates, slashing, rewards. Sans-IO: transactions and instants go in,
// facts come out, in order. It reads no clock and draws nothing but missed slots, by block number from its seed.
//
// Everything happens in blocks, and only blocks in which something can change are produced; their numbers follow time all
// the same. So thirty quiet days cost nothing. Keepers (expiry of tasks, ends of windows and epochs, execution of cases,
// burning, completion of withdrawals) act in the first block at or after their instant, before its transactions.

public import AVS
public import Basics
public import Contracts

/// The configuration is impossible.
public struct CoordinatorConfigurationError: Error, Sendable, Equatable {
  public var mistakes: [String]
}

/// The coordinator.
///
/// Protocol of use: `advance(to: t)` before anything else at instant t, then `announce` and `submit`; afterwards ask
/// `nextEvent` again. Instants never decrease.
public struct Coordinator: Sendable {
  var state: CoordinatorState
  /// What a reorg could undo; empty when none is foreseen.
  var branch = Branch()

  /// - Parameters:
  ///   - isValid: whether an attestation's signature is its operator's. Must be a pure function.
  public init(
    _ configuration: CoordinatorConfiguration, isValid: @escaping @Sendable (SignedAttestation) -> Bool
  ) throws(CoordinatorConfigurationError) {
    state = try CoordinatorState(configuration, isValid: isValid)
  }

  public var configuration: CoordinatorConfiguration { state.configuration }

  // MARK: - Input

  /// A service's own sequencer issues a task: the chain knows it at once, without a transaction.
  /// Error: invalidTask, for a taken id, an unknown service, a reference block that has not happened, or a deadline before
  /// the due instant.
  public mutating func announce(_ task: TaskRecord, at: Instant) throws(TransactionRefusal) {
    move(to: at)
    try state.open(task, at: at)
    if keepsBranch { branch.note(.announcement(task, at: at)) }
  }

  private var keepsBranch: Bool { state.configuration.chain.reorgDepth > 0 }

  /// The fact about a task became known or changed (it was not final): disputes and later evidence go by the new one.
  public mutating func revise(_ task: TaskID, truth: Digest?) {
    state.tasks.revise(task, truth: truth)
    if keepsBranch { branch.note(.revision(task, truth: truth)) }
  }

  /// A transaction reaches the mempool. Nil: the mempool is full, or the transaction needs more gas than a block has; it
  /// is dropped and counted.
  @discardableResult
  public mutating func submit(_ transaction: Transaction, at: Instant) -> TransactionID? {
    move(to: at)
    var members = 0
    if case .certificate(let certificate) = transaction.body, certificate.service.index < state.services.count
    {
      members = state.ledger.memberCount(of: state.services[certificate.service.index].set)
    }
    let gas = state.configuration.gas.gas(of: transaction.body, members: members)
    let id = TransactionID(state.nextTransaction)
    let pending = PendingTransaction(id: id, transaction: transaction, submittedAt: at, gas: gas)
    let readyAt = at + state.configuration.chain.inclusionDelay
    guard gas <= state.configuration.chain.gasLimit, state.mempool.add(pending, readyAt: readyAt) else {
      state.refusedTransactions += 1
      return nil
    }
    state.nextTransaction += 1
    if keepsBranch { branch.note(.submission(pending, readyAt: readyAt)) }
    return id
  }

  private mutating func move(to instant: Instant) {
    precondition(instant >= state.now, "time ran backwards: \(instant) after \(state.now)")
    state.now = instant
  }

  // MARK: - Time

  /// The next instant at which anything can change without further input: a block, or the end of a fault. Nil: never.
  public var nextEvent: Instant? {
    let block = state.nextBlock.map { state.configuration.chain.instant(of: $0) }
    guard let end = state.conditions.nextEnd else { return block }
    return min(block ?? end, end)
  }

  /// Produces every block up to `to`, inclusive, in which something can change, and appends what happened. Faults of the
  /// chain that end by then do so, before a block of the same instant.
  public mutating func advance(to: Instant, facts: inout [CoordinatorFact]) {
    while true {
      let number = state.nextBlock
      let block = number.map { state.configuration.chain.instant(of: $0) } ?? .never
      if let end = state.conditions.nextEnd, end <= to, end <= block {
        move(to: max(end, state.now))
        state.changeConditions { $0.end(dueBy: end) }
      } else if let number, block <= to {
        produce(number, &facts)
      } else {
        break
      }
    }
    move(to: to)
  }

  private mutating func produce(_ number: BlockNumber, _ facts: inout [CoordinatorFact]) {
    guard keepsBranch else { return state.produce(number, &facts) }
    branch.keep(state, before: number, depth: state.configuration.chain.reorgDepth)
    let told = facts.count
    state.produce(number, &facts)
    for case .included(let inclusion) in facts[told...] { branch.note(inclusion) }
  }

  // MARK: - Views

  /// The block at the present instant.
  public var headBlock: BlockNumber { max(state.head, state.configuration.chain.block(at: state.now)) }
  /// The last final block.
  public var finalizedBlock: BlockNumber {
    max(headBlock, state.configuration.chain.startBlock + state.configuration.chain.finalityDepth)
      - state.configuration.chain.finalityDepth
  }
  /// The last block that was produced.
  public var lastProducedBlock: BlockNumber { state.head }

  /// Bit of a node in the service's certificates; nil when it never was a member. It never changes.
  public func memberIndex(of node: NodeID, in service: ServiceID) -> Int? {
    guard let account = state.account(of: node) else { return nil }
    return state.ledger.memberIndex(account, in: state.services[service.index].set)
  }

  /// Nodes by member index; those that left keep theirs.
  public func members(of service: ServiceID) -> [NodeID] {
    let set = state.services[service.index].set
    return (0..<state.ledger.memberCount(of: set)).compactMap {
      state.nodes[state.ledger.member($0, of: set).index]
    }
  }

  /// Weights by member index at the end of `block`; nil when that table is not kept any more.
  public func stake(of service: ServiceID, at block: BlockNumber) -> StakeTable? {
    state.services[service.index].stake.table(at: block)
  }

  /// Weights by member index now.
  public func stake(of service: ServiceID) -> StakeTable {
    guard let table = state.services[service.index].stake.latest else {
      preconditionFailure("no table at genesis")
    }
    return table
  }

  /// What Symbiotic vaults had behind a node in a service at an instant, in wei at the prices of now: in all, and of it what
  /// slashes reach.
  public func vaultStake(of node: NodeID, in service: ServiceID, at: Instant) -> (
    all: UInt128, slashable: UInt128
  ) {
    guard let account = state.account(of: node) else { return (0, 0) }
    return state.vaultStakeThen(of: account, in: service, at: at)
  }

  /// The accepted certificate of a task.
  public func certificate(_ task: TaskID) -> CertificateRecord? { state.tasks.certificate(task) }
  public func taskState(_ task: TaskID) -> TaskState? { state.tasks.state(task) }
  public var cases: [SlashingCase] { state.court.cases }
  public var forks: [Fork] { state.forks.forks }
  public var openCases: Int { state.court.openCount }
  public var openTasks: Int { state.tasks.openCount }
  public var pendingWithdrawals: Int { state.ledger.withdrawals.count(where: \.isPending) }
  public var waitingTransactions: Int { state.mempool.count }
  /// Base fee of the next block, in wei a gas, as far as blocks were produced; zero without a fee market.
  public var baseFee: UInt64 { state.baseFee }
  /// Transactions that found the mempool full, that no block could hold, or that waited too long.
  public var droppedTransactions: UInt64 { state.refusedTransactions + state.expiredTransactions }

  /// An account by name: an operator, `operator/staker`, a service, a redistribution recipient.
  public func account(named name: String) -> AccountID? { state.names[name] }
  public func account(of node: NodeID) -> AccountID? { state.account(of: node) }
  /// What an account has been paid in rewards, in wei.
  public func rewards(of account: AccountID) -> UInt128 { state.rewardBalances[account.index] }
  /// The restaking contracts' state, to look at.
  public var ledger: RestakingLedger { state.ledger }

  /// What challengers lost, in wei, and how many challenges were turned away for want of a bond.
  public var challengeTotals: (forfeited: UInt128, turnedAway: Int) { state.challengeTotals }
  public func stakeTotals() -> StakeTotals { state.stakeTotals() }
  public var rewardTotals: RewardTotals { state.rewards }
  /// The reward contracts, to look at.
  public var rewardBook: RewardBook? { state.rewardBook }
}
