// The state before the first block, made by the ledger's own operations: nothing is written past its rules.

import AVS
import Basics
import Contracts

extension CoordinatorState {
  /// Registers, deposits, delegates, allocates. The operations run early enough for every allocation to be in force at
  /// the start block.
  mutating func makeGenesis() throws(CoordinatorConfigurationError) {
    let start = configuration.chain.startBlock
    let wait = configuration.operators.map { BlockNumber($0.allocationDelayBlocks) }.max() ?? 0
    guard wait < start else {
      throw CoordinatorConfigurationError(mistakes: [
        "operators: an allocation delay of \(wait) blocks exceeds the chain"
      ])
    }
    let block = start - wait
    for asset in configuration.assets { _ = ledger.addStrategy(isNativeETH: asset.isNativeETH) }
    for one in configuration.operators {
      try place("operators.\(one.name)") { (state) throws(RestakingError) in
        try state.addOperator(one, at: block)
      }
    }
    for (index, service) in configuration.services.enumerated() {
      try place("services.\(service.name)") { (state) throws(RestakingError) in
        try state.addService(ServiceID(index), service, at: block)
      }
    }
    for vault in configuration.vaults {
      do throws(SymbioticError) { try addVault(vault) } catch {
        throw CoordinatorConfigurationError(mistakes: ["vaults.\(vault.name): \(error.name)"])
      }
    }
    for (index, event) in configuration.stakeEvents.enumerated() {
      if let staker = event.staker, names[staker] == nil {
        throw CoordinatorConfigurationError(mistakes: ["stakeEvents: there is no staker \(staker)"])
      }
      agenda.add(.stakeEvent(index), at: event.at)
    }
    openRewardBook()
    bonds = configuration.services.map(\.bonds)
    for (index, slash) in configuration.arbitrarySlashes.enumerated() {
      agenda.add(.arbitrarySlash(index), at: slash.at)
    }
    for index in changedSets.indices { changedSets[index] = true }
    refreshStakeTables(at: start)
    let findings = conservation.check(ledger, at: start)
    precondition(findings.isEmpty, "genesis: \(findings)")
  }

  private mutating func place(
    _ name: String, _ body: (inout CoordinatorState) throws(RestakingError) -> Void
  ) throws(CoordinatorConfigurationError) {
    do throws(RestakingError) {
      try body(&self)
    } catch {
      throw CoordinatorConfigurationError(mistakes: ["\(name): \(error)"])
    }
  }

  private mutating func addOperator(_ one: OperatorConfiguration, at block: BlockNumber)
    throws(RestakingError)
  {
    let account = addAccount(named: one.name)
    nodes[account.index] = one.node
    splits[account.index] = one.splitBips
    while accounts.count <= one.node.index { accounts.append(nil) }
    accounts[one.node.index] = account
    try ledger.registerOperator(account, allocationDelay: one.allocationDelayBlocks, at: block)
    for deposit in one.deposits { try self.deposit(account, deposit.asset, deposit.amount, at: block) }
    for staker in one.stakers {
      let person = addAccount(named: "\(one.name)/\(staker.name)")
      for deposit in staker.deposits { try self.deposit(person, deposit.asset, deposit.amount, at: block) }
      try ledger.delegate(person, to: account, at: block)
      conservation.recordOperation()
    }
  }

  private mutating func addService(
    _ id: ServiceID, _ service: ServiceConfiguration, at block: BlockNumber
  ) throws(RestakingError) {
    let account = addAccount(named: service.name)
    var recipient = RestakingLedger.RecipientChoice.burn
    var recipientAccount: AccountID?
    if case .redistribute(let name) = service.recipient {
      let to = names[name] ?? addAccount(named: name)
      recipient = .account(to)
      recipientAccount = to
    }
    recipients.append(recipientAccount)
    for rule in service.rules {
      if case .redistribute(let name)? = rule.recipient, names[name] == nil { _ = addAccount(named: name) }
    }
    if service.forwardsSlashes { recipient = .account(addAccount(named: "\(service.name)/slashed")) }
    let set = try ledger.createOperatorSet(
      avs: account, strategies: service.assets, slasher: account, recipient: recipient)
    precondition(set.index == id.index)
    changedSets.append(true)
    signerRecords.append((tasks: [], head: 0))
    services.append(
      ServiceBook(
        id: id, set: set, account: account, quorumBips: service.quorumBips,
        certificateWindow: service.certificateWindow, rules: service.rules, rewards: service.rewards))
    services[services.count - 1].plant = configuration.plant
    if let registersAt = service.registersAt {
      agenda.add(.registration(id), at: registersAt)
      return
    }
    for member in service.members {
      guard let operatorAccount = self.account(of: member.node) else { throw .invalidOperator }
      try ledger.register(operatorAccount, in: set, at: block)
      var changes: [AllocationChange] = []
      for (asset, magnitude) in zip(service.assets, member.magnitudes) where magnitude > 0 {
        changes.append(AllocationChange(set: set, strategy: asset, magnitude: magnitude))
      }
      if !changes.isEmpty { try ledger.modifyAllocations(operatorAccount, changes, at: block) }
    }
  }

  /// A deposit of either kind, entered with the checker.
  mutating func deposit(
    _ account: AccountID, _ asset: StrategyID, _ amount: UInt128, at block: BlockNumber
  ) throws(RestakingError) {
    if asset.index < ledger.strategies.count, ledger.strategies[asset.index].isNativeETH {
      try ledger.recordBeaconBalance(account, previous: 0, change: .gain(amount), at: block)
    } else {
      try ledger.deposit(account, asset, amount: amount, at: block)
    }
    conservation.recordDeposit(amount, asset)
  }
}
