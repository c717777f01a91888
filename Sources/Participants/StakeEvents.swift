// What stakers, operators and validators do with their stake during a run, at instants that the scenario sets: the first block
// from then on performs it by the ledger's own operations. What the contracts refuse is told, not hidden.

import AVS
public import Basics
public import Contracts

/// Something that happens to stake at an instant.
public struct StakeEvent: Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    /// Stakers are named `operator/staker`, as in `OperatorConfiguration`. New validators, for native ETH.
    case deposit(staker: String, StrategyID, amount: UInt128)
    /// Tokens appear in a strategy: its shares are worth more, at odd rates from then on.
    case donate(StrategyID, amount: UInt128)
    /// A staker queues this share of its deposit shares, in bips.
    case withdraw(staker: String, StrategyID, shareBips: UInt64)
    /// Everything is queued, and completed as new deposits with the operator `to` when the delay is over.
    case redelegate(staker: String, to: NodeID)
    /// A member changes its magnitude in a set to this share of what it is, in bips, for each of the set's assets.
    case allocate(NodeID, ServiceID, shareBips: UInt64)
    /// The staker's validators lose this share of their balance on the beacon chain, in bips.
    case beaconLoss(staker: String, shareBips: UInt64)
  }
  public var at: Instant
  public var kind: Kind
  public init(at: Instant, _ kind: Kind) {
    self.at = at
    self.kind = kind
  }

  var staker: String? {
    switch kind {
    case .deposit(let name, _, _), .withdraw(let name, _, _), .redelegate(let name, _),
      .beaconLoss(let name, _):
      name
    case .donate, .allocate: nil
    }
  }
}

extension GasSchedule {
  /// Gas of what an event does. A gift is a token transfer, and what the beacon chain takes a proof before the EigenPod: neither
  /// is one of the ledger's calls, and both count as the nearest one.
  func gas(of kind: StakeEvent.Kind) -> UInt64 {
    switch kind {
    case .deposit, .donate, .beaconLoss:
      gas(of: StakeAction.deposit(staker: AccountID(0), strategy: StrategyID(0), amount: 0))
    case .withdraw:
      gas(of: .queueWithdrawal(staker: AccountID(0), strategy: StrategyID(0), depositShares: 0))
    case .redelegate: gas(of: .undelegate(staker: AccountID(0)))
    case .allocate: gas(of: .allocate(ServiceID(0), strategy: StrategyID(0), magnitude: 0))
    }
  }
}

extension CoordinatorState {
  /// Performs an event; what is refused changes nothing.
  mutating func perform(
    _ event: StakeEvent, at: Instant, block: BlockNumber, _ facts: inout [CoordinatorFact]
  ) {
    var queued: [WithdrawalID] = []
    do throws(RestakingError) {
      switch event.kind {
      case .deposit(let name, let strategy, let amount):
        let staker = try person(name)
        try deposit(staker, strategy, amount, at: block)
        markChanged(ledger.accounts[staker.index].delegatedTo)
      case .donate(let strategy, let amount):
        try ledger.donate(strategy, amount: amount)
        conservation.recordDeposit(amount, strategy)
      case .withdraw(let name, let strategy, let bips):
        let staker = try person(name)
        let shares = mulDiv(ledger.holding(staker, strategy).depositShares, UInt128(bips), 10_000)
        queued = [try ledger.queueWithdrawal(staker, [strategy], depositShares: [shares], at: block)]
        conservation.recordOperation()
        markChanged(ledger.accounts[staker.index].delegatedTo)
      case .redelegate(let name, let node):
        let staker = try person(name)
        guard let target = account(of: node) else { throw .operatorNotRegistered }
        markChanged(ledger.accounts[staker.index].delegatedTo)
        queued = try ledger.redelegate(staker, to: target, at: block)
        conservation.recordOperation()
        for id in queued { redelegated.insert(id) }
      case .allocate(let node, let service, let bips):
        try allocate(node, service, bips, at: at, block: block)
      case .beaconLoss(let name, let bips): try loseBalance(try person(name), bips, at: block)
      }
    } catch {
      facts.append(.stakeEventRefused(error, at: at))
    }
    for id in queued { follow(id, at: at, &facts) }
    checkStake(at: at, block: block, &facts)
  }

  private func person(_ name: String) throws(RestakingError) -> AccountID {
    guard let account = names[name] else { throw .invalidCaller }
    return account
  }

  private mutating func allocate(
    _ node: NodeID, _ service: ServiceID, _ bips: UInt64, at: Instant, block: BlockNumber
  ) throws(RestakingError) {
    guard let account = account(of: node) else { throw .invalidOperator }
    let set = services[service.index].set
    let changes = ledger.strategies(of: set).map { strategy in
      let current = ledger.allocation(account, set, strategy, at: block).current
      return AllocationChange(
        set: set, strategy: strategy,
        magnitude: UInt64(clamping: mulDiv(UInt128(current), UInt128(bips), 10_000)))
    }
    try ledger.modifyAllocations(account, changes, at: block)
    conservation.recordOperation()
    changedSets[set.index] = true
    for change in changes {
      let effect = ledger.allocation(account, set, change.strategy, at: block).effectBlock
      if effect > block { agenda.add(.stakeChange(set), at: configuration.chain.instant(of: effect)) }
    }
  }

  /// The balance is what the staker's deposits brought, as long as nothing was lost: each loss is a share of what is left.
  private mutating func loseBalance(_ staker: AccountID, _ bips: UInt64, at block: BlockNumber)
    throws(RestakingError)
  {
    guard let native = ledger.strategies.firstIndex(where: \.isNativeETH) else { throw .invalidStrategy }
    let strategy = StrategyID(native)
    let balance = ledger.holding(staker, strategy).depositShares
    let gwei: UInt128 = 1_000_000_000
    let loss = mulDiv(balance, UInt128(bips), 10_000) / gwei * gwei
    let before = Conservation.sums(of: ledger, at: block)[native].staked
    try ledger.recordBeaconBalance(staker, previous: balance, change: .loss(loss), at: block)
    let after = Conservation.sums(of: ledger, at: block)[native].staked
    conservation.recordBeaconLoss(before - min(after, before), strategy)
    markChanged(ledger.accounts[staker.index].delegatedTo)
  }
}
