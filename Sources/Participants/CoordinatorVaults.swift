// Symbiotic vaults in a running chain: their stake weighs beside EigenLayer's, an offence takes of them by the rules of its
// capture, their depositors leave by epochs and are paid by the shares that they had.
//
// A service is a network with one subnetwork; its account asks for slashes. A vault's clock counts nanoseconds and starts two
// epochs before the run, when depositors, limits and opt-ins were set: stake has a past from the first instant on.

import AVS
import Basics
import Contracts

/// One vault of a run.
struct VaultRoom: Sendable {
  let configuration: VaultConfiguration
  var vault: SymbioticVault
  var rewards: StakerRewards
  /// By depositor.
  var depositors: [AccountID]
  let curator: AccountID
  /// Collateral that came in; that depositors took out.
  var deposited: UInt128 = 0
  var withdrawn: UInt128 = 0
  /// Cases behind the veto slasher's requests, by request.
  var cases: [CaseID] = []

  /// The vault's time at an instant of the run.
  func timestamp(_ at: Instant) -> Timestamp { 2 * vault.book.clock.duration + at.nanoseconds }
  func instant(_ timestamp: Timestamp) -> Instant {
    Instant(nanoseconds: timestamp - min(timestamp, 2 * vault.book.clock.duration))
  }

  /// What does not add up: collateral in = held + out + burned, exactly; what is held covers what is owed.
  func findings() -> [Finding] {
    let book = vault.book
    var findings: [Finding] = []
    if deposited != book.balance + withdrawn + book.burned {
      findings.append(
        Finding(
          check: "vault.conserved",
          detail: "\(configuration.name): deposited \(deposited), holds \(book.balance), "
            + "withdrawn \(withdrawn), slashed \(book.burned)"))
    }
    if book.activeStake + book.pendingWithdrawals > book.balance {
      findings.append(
        Finding(
          check: "vault.covered",
          detail: "\(configuration.name): owes \(book.activeStake) and \(book.pendingWithdrawals), "
            + "holds \(book.balance)"))
    }
    return findings
  }
}

extension CoordinatorState {
  private func subnetwork(_ service: ServiceID) -> Subnetwork {
    Subnetwork(network: services[service.index].account)
  }

  // MARK: - Genesis

  mutating func addVault(_ one: VaultConfiguration) throws(SymbioticError) {
    let curator = addAccount(named: one.name)
    let first = one.operators.first.flatMap { account(of: $0) } ?? curator
    let kind: Delegator.Kind =
      switch one.delegator {
      case .networkRestake: .networkRestake
      case .fullRestake: .fullRestake
      case .operatorSpecific: .operatorSpecific(first)
      case .operatorNetworkSpecific:
        .operatorNetworkSpecific(first, network: services[one.services[0].index].account)
      }
    let slasher: SymbioticVault.Slasher =
      switch one.slasher {
      case .none: .none
      case .instant: .instant
      case .veto(let window, _): .veto(VetoRule(vetoDuration: window.nanoseconds))
      }
    let clock = EpochClock(start: 0, duration: one.epoch.nanoseconds)
    var room = VaultRoom(
      configuration: one, vault: try SymbioticVault(clock: clock, delegator: kind, slasher: slasher),
      rewards: try StakerRewards(adminFeeBips: one.adminFeeBips), depositors: [], curator: curator)
    for (k, amount) in one.deposits.enumerated() {
      let depositor = addAccount(named: "\(one.name)/\(k)")
      room.depositors.append(depositor)
      try room.vault.book.deposit(amount, for: depositor, at: 0)
      room.deposited += amount
    }
    for service in one.services {
      try offer(&room, subnetwork(service))
    }
    for node in one.operators {
      guard let account = account(of: node) else { continue }
      try room.vault.delegator.optIntoVault(account, at: 0)
      for service in one.services {
        try room.vault.delegator.optIntoNetwork(account, services[service.index].account, at: 0)
      }
    }
    for (index, withdrawal) in one.withdrawals.enumerated() {
      agenda.add(.vaultWithdrawal(vaults.count, index), at: withdrawal.at)
    }
    vaults.append(room)
  }

  /// The curator's limits and shares for one network.
  private func offer(_ room: inout VaultRoom, _ network: Subnetwork) throws(SymbioticError) {
    let one = room.configuration
    let most = one.networkLimit ?? .max
    try room.vault.delegator.setMaxNetworkLimit(network, to: most, at: 0)
    if one.delegator != .operatorNetworkSpecific {
      try room.vault.delegator.setNetworkLimit(network, to: most, at: 0)
    }
    for node in one.operators {
      guard let account = account(of: node) else { continue }
      switch one.delegator {
      case .networkRestake: try room.vault.delegator.setOperatorShares(network, account, to: 1, at: 0)
      case .fullRestake:
        try room.vault.delegator.setOperatorLimit(network, account, to: one.operatorLimit ?? .max, at: 0)
      case .operatorSpecific, .operatorNetworkSpecific: break
      }
    }
    if case .veto = one.slasher {
      try room.vault.setResolver(room.curator, of: network, at: 0)
    }
  }

  // MARK: - Stake

  /// What vaults put behind an operator in a service now, in wei.
  func vaultStake(of account: AccountID, in service: ServiceID, at: Instant) -> UInt128 {
    vaults.reduce(0) { $0 + vaultStake(of: account, in: service, $1, at: at) }
  }

  func vaultStake(of account: AccountID, in service: ServiceID, _ room: VaultRoom, at: Instant) -> UInt128 {
    value(
      room.vault.stake(of: account, in: subnetwork(service), at: room.timestamp(at)),
      at: prices[room.configuration.asset.index])
  }

  /// The stake table of a service: EigenLayer's minimum slashable stake and the vaults' stake of every member.
  func stakeTable(of index: Int, at block: BlockNumber) -> StakeTable {
    var table = StakeTable(of: OperatorSetID(index), in: ledger, prices: weights, at: block)
    if weights != prices {
      table.values = StakeTable(of: OperatorSetID(index), in: ledger, prices: prices, at: block).weights
    }
    if vaults.isEmpty { return table }
    let set = services[index].set
    for member in table.weights.indices {
      let account = ledger.member(member, of: set)
      guard ledger.isMember(account, of: set) else { continue }
      let more = vaultStake(of: account, in: ServiceID(index), at: now)
      table.weights[member] += more
      if !table.values.isEmpty { table.values[member] += more }
      table.total += more
    }
    return table
  }

  private mutating func markChanged(vault index: Int) {
    for service in vaults[index].configuration.services {
      changedSets[services[service.index].set.index] = true
    }
  }

  /// What vaults had behind an operator in a service at an instant, at the prices of now: in all, and of it what a slash reaches.
  func vaultStakeThen(of account: AccountID, in service: ServiceID, at: Instant) -> (
    all: UInt128, slashable: UInt128
  ) {
    var found: (all: UInt128, slashable: UInt128) = (0, 0)
    for room in vaults where room.configuration.services.contains(service) {
      let stake = vaultStake(of: account, in: service, room, at: at)
      found.all += stake
      if case .none = room.configuration.slasher { continue }
      found.slashable += stake
    }
    return found
  }

  // MARK: - Slashing

  /// Has every vault behind the operator pay its part of a penalty: the share of the stake that the vault had behind it when the
  /// offence happened. Returns how many vaults were slashed or asked.
  mutating func slashVaults(
    _ found: SlashingCase, _ account: AccountID, share: UInt64, at: Instant, _ facts: inout [CoordinatorFact]
  ) -> Int {
    let accusation = found.accusation
    var struck = 0
    for index in vaults.indices where vaults[index].configuration.services.contains(accusation.service) {
      let network = subnetwork(accusation.service)
      let capture = vaults[index].timestamp(accusation.offenceAt)
      let stake = vaults[index].vault.stake(of: account, in: network, at: capture)
      // As EigenLayer's magnitudes: a penalty never rounds to nothing.
      let amount = mulDivUp(stake, UInt128(share), wad)
      if amount == 0 { continue }
      do throws(SymbioticError) {
        let now = vaults[index].timestamp(at)
        switch vaults[index].configuration.slasher {
        case .none: continue
        case .instant:
          try takeFromVault(index, found.id, capture: capture, stake: stake, at: at, &facts) {
            (vault) throws(SymbioticError) in
            _ = try vault.slash(amount, of: account, in: network, capture: capture, at: now)
          }
        case .veto(let window, _):
          let request = try vaults[index].vault.requestSlash(
            amount, of: account, in: network, capture: capture, at: now)
          vaults[index].cases.append(found.id)
          precondition(vaults[index].cases.count == request + 1)
          agenda.add(.vaultSlash(index, request), at: at + window)
        }
        struck += 1
      } catch {
        facts.append(.vaultSlashRefused(vaults[index].configuration.name, found.id, error, at: at))
      }
    }
    return struck
  }

  /// The veto window of a request is over, or its resolver uses it.
  mutating func executeVaultSlash(
    _ index: Int, _ request: Int, at: Instant, _ facts: inout [CoordinatorFact]
  ) {
    let id = vaults[index].cases[request]
    let found = vaults[index].vault.requests[request]
    let now = vaults[index].timestamp(at)
    if let reason = vetoReason(vault: index, request: request, at: at, block: head) {
      do throws(SymbioticError) {
        try vaults[index].vault.vetoSlash(request, by: vaults[index].curator, at: found.vetoDeadline - 1)
        facts.append(.vaultSlashVetoed(vaults[index].configuration.name, id, reason, at: at))
        return
      } catch {
        facts.append(.vaultSlashRefused(vaults[index].configuration.name, id, error, at: at))
      }
    }
    let stake = vaults[index].vault.stake(of: found.account, in: found.subnetwork, at: found.capture)
    do throws(SymbioticError) {
      try takeFromVault(index, id, capture: found.capture, stake: stake, at: at, &facts) {
        (vault) throws(SymbioticError) in _ = try vault.executeSlash(request, at: now)
      }
    } catch {
      facts.append(.vaultSlashRefused(vaults[index].configuration.name, id, error, at: at))
    }
  }

  /// Slashes, and tells what left the vault: less than was recorded when depositors had gone in the meantime.
  private mutating func takeFromVault(
    _ index: Int, _ id: CaseID, capture: Timestamp, stake: UInt128, at: Instant,
    _ facts: inout [CoordinatorFact],
    _ slash: (inout SymbioticVault) throws(SymbioticError) -> Void
  ) throws(SymbioticError) {
    let before = vaults[index].vault.book.burned
    let active = vaults[index].vault.book.activeStake(at: capture)
    try slash(&vaults[index].vault)
    let taken = vaults[index].vault.book.burned - before
    let price = prices[vaults[index].configuration.asset.index]
    // Depositors of a vault with several operators pay for each of them; what was behind the others is theirs.
    let own = active == 0 ? taken : mulDiv(taken, min(stake, active), active)
    facts.append(
      .vaultSlashed(
        VaultSlashFact(
          id: id, vault: vaults[index].configuration.name, recipient: vaults[index].configuration.recipient,
          takenWei: value(taken, at: price), collateralWei: value(taken - own, at: price), at: at)))
    markChanged(vault: index)
    checkVault(index, at: at, &facts)
  }

  private func checkVault(_ index: Int, at: Instant, _ facts: inout [CoordinatorFact]) {
    for finding in vaults[index].findings() { facts.append(.checkBroken(finding, at: at)) }
  }

  // MARK: - Leaving

  /// A depositor asks for its stake, or takes what is free.
  mutating func withdrawFromVault(
    _ index: Int, _ which: Int, at: Instant, _ facts: inout [CoordinatorFact]
  ) {
    let plan = vaults[index].configuration.withdrawals[which]
    let depositor = vaults[index].depositors[plan.depositor]
    let now = vaults[index].timestamp(at)
    let shares = mulDiv(
      vaults[index].vault.book.activeShares(of: depositor), UInt128(plan.shareBips), 10_000)
    do throws(SymbioticError) {
      try vaults[index].vault.book.redeem(shares: shares, by: depositor, at: now)
      let clock = vaults[index].vault.book.clock
      let epoch = try clock.epoch(at: now) + 1
      agenda.add(
        .vaultClaim(index, epoch: epoch, depositor), at: vaults[index].instant(clock.start(of: epoch + 1)))
    } catch {
      facts.append(.vaultWithdrawalRefused(vaults[index].configuration.name, error, at: at))
    }
    markChanged(vault: index)
    checkVault(index, at: at, &facts)
  }

  mutating func claimFromVault(
    _ index: Int, epoch: UInt64, _ depositor: AccountID, at: Instant, _ facts: inout [CoordinatorFact]
  ) {
    do throws(SymbioticError) {
      vaults[index].withdrawn += try vaults[index].vault.book.claim(
        epoch, by: depositor, at: vaults[index].timestamp(at))
    } catch {
      facts.append(.vaultWithdrawalRefused(vaults[index].configuration.name, error, at: at))
    }
    checkVault(index, at: at, &facts)
  }

  // MARK: - Rewards

  /// What one vault's depositors are paid of a service's rewards for an operator.
  struct VaultPayment {
    var depositors: UInt128 = 0
    var curator: UInt128 = 0
    var dust: UInt128 = 0
  }

  /// Pays `amount` to a vault's depositors by their shares just before now. Whoever has none of it leaves it to dust.
  mutating func payVault(
    _ index: Int, _ amount: UInt128, from service: ServiceID, at: Instant
  ) -> VaultPayment {
    var payment = VaultPayment()
    if amount == 0 { return payment }
    let now = vaults[index].timestamp(at)
    let network = services[service.index].account
    let token = StrategyID(0)
    do throws(SymbioticError) {
      let (_, fee) = try vaults[index].rewards.distribute(
        amount, token: token, from: network, for: now - 1, vault: vaults[index].vault.book, at: now)
      if fee > 0 { payment.curator = try vaults[index].rewards.claimAdminFee(token: token) }
    } catch {
      // Nobody has stake in it any more.
      payment.dust = amount
      return payment
    }
    rewardBalances[vaults[index].curator.index] += payment.curator
    for depositor in vaults[index].depositors {
      let room = vaults[index]
      do throws(SymbioticError) {
        let part = try vaults[index].rewards.claim(
          depositor, token: token, from: network, vault: room.vault.book)
        rewardBalances[depositor.index] += part
        payment.depositors += part
      } catch { continue }
    }
    payment.dust = amount - payment.curator - payment.depositors
    return payment
  }
}
