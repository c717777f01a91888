// The host of the economy: hears what the chain told in a block, closes epochs, carries out deposits and withdrawals by the
// ledger's own rules, and says of every slash who bears it and where it goes.

import AVS
public import Basics
public import Contracts
public import Economy

/// What a staker, or its queued withdrawal, has with an operator in one strategy.
struct Exposure {
  var account: AccountID
  var strategy: StrategyID
  var tokens: UInt128
  var isQueued: Bool
}

/// A slash whose stake is not burned or redistributed yet.
struct SlashOrigin {
  var id: CaseID
  var operatorNumber: Int
  var offence: OffenceClass
  var takenWei: UInt128
}

struct SlashName: Hashable {
  var service: ServiceID
  var number: UInt64
}

extension CoordinatorState {
  /// Rules that punish signing what is not so; without one of them an attack on a service costs nothing.
  static func isPunished(_ rules: [SlashingRule]) -> Bool {
    rules.contains {
      switch $0.offence {
      case .equivocation, .surround, .invalidResult, .wrongQuorum: true
      default: false
      }
    }
  }

  /// After genesis: the economy's accounts are there.
  mutating func startEconomy() {
    var terms = configuration.economy
    if terms.assets.isEmpty {
      terms.assets = configuration.assets.map {
        AssetTerms(name: $0.name, isNativeETH: $0.isNativeETH, priceWad: $0.priceWad)
      }
    }
    while terms.services.count < configuration.services.count { terms.services.append(ServiceTerms()) }
    for (k, service) in configuration.services.enumerated() {
      terms.services[k].quorumBips = service.quorumBips
      terms.services[k].isPunished = Self.isPunished(service.rules)
    }
    terms.epoch = configuration.rewardEpoch
    terms.sharesStake = configuration.sharesStake
    var operators: [AccountID] = []
    for (number, one) in configuration.operators.enumerated() {
      guard let account = account(of: one.node) else { preconditionFailure("an operator without account") }
      operators.append(account)
      while operatorNumbers.count <= account.index { operatorNumbers.append(nil) }
      operatorNumbers[account.index] = number
    }
    let accounts = terms.issuers.map { issuer in
      configuration.operators.map { names[EconomyConfiguration.account(issuer.name, at: $0.name)] }
    }
    let economy = Economy(
      terms, operators: operators, sets: services.map(\.set), accounts: accounts, ledger: ledger,
      at: configuration.chain.startBlock)
    weights = economy.weights
    if terms.isActive {
      economyDue = economy.epochEnd(after: .zero)
      agenda.add(.economy, at: economyDue)
      if let step = economy.nextPriceStep { agenda.add(.economy, at: step) }
    }
    self.economy = economy
    for index in changedSets.indices { changedSets[index] = true }
    refreshStakeTables(at: configuration.chain.startBlock)
  }

  /// At the end of a block: what it told from `first` on, price steps, and the end of an epoch.
  mutating func followEconomy(
    from first: Int, at: Instant, block: BlockNumber, _ facts: inout [CoordinatorFact]
  ) {
    guard var economy else { return }
    // Moved out while it changes: a copy of its tables would cost more than the epoch.
    self.economy = nil
    defer { self.economy = economy }
    let isEpochOver = hear(facts[first...], &economy, at: at)
    if economy.takePriceSteps(at: at) {
      adoptPrices(economy)
      if let step = economy.nextPriceStep { agenda.add(.economy, at: step) }
    }
    if economyDue <= at {
      closeEconomy(&economy, at: at, block: block, &facts)
    } else if isEpochOver, economyDue == .never {
      let gauge = economy.gauge(ledger, at: at, block: block)
      facts.append(.economy(.risk(epoch: at.nanoseconds / configuration.rewardEpoch.nanoseconds, gauge)))
    }
    for fact in economy.takeFacts() { facts.append(.economy(fact)) }
    for finding in economy.findings.dropFirst(economyFindings) {
      facts.append(.checkBroken(finding, at: at))
    }
    economyFindings = economy.findings.count
  }

  /// Returns whether a reward epoch of a service was closed.
  private mutating func hear(_ facts: ArraySlice<CoordinatorFact>, _ economy: inout Economy, at: Instant)
    -> Bool
  {
    var isEpochOver = false
    for fact in facts {
      switch fact {
      case .rewardsPaid(let paid):
        guard let number = number(of: paid.operatorNode) else { continue }
        economy.noteDuties(
          number, paid.service, duties: UInt64(paid.duties), fulfilled: UInt64(paid.fulfilled),
          stakersWei: paid.stakersWei, operatorWei: paid.operatorWei)
      case .epochEnded: isEpochOver = true
      case .withdrawalQueued(let id, let account, _):
        economy.noteWithdrawal(id, of: account, isQueued: true)
      case .withdrawalCompleted(let id, let account, _):
        economy.noteWithdrawal(id, of: account, isQueued: false)
      default: break
      }
    }
    return isEpochOver
  }

  private func number(of node: NodeID) -> Int? {
    guard let account = account(of: node), account.index < operatorNumbers.count else { return nil }
    return operatorNumbers[account.index]
  }

  private mutating func adoptPrices(_ economy: Economy) {
    if prices == economy.prices, weights == economy.weights { return }
    prices = economy.prices
    weights = economy.weights
    for index in changedSets.indices { changedSets[index] = true }
  }

  private mutating func closeEconomy(
    _ economy: inout Economy, at: Instant, block: BlockNumber, _ facts: inout [CoordinatorFact]
  ) {
    let orders = economy.closeEpoch(at: at, block: block, ledger: ledger, balances: rewardBalances)
    adoptPrices(economy)
    for order in orders {
      do throws(RestakingError) {
        try carryOut(order, &economy, at: at, block: block, &facts)
        economy.confirm(order, at: at)
      } catch {
        if case .join = order {
          // Slashed in the meantime, or not enough magnitude left: the service has one operator less.
          facts.append(.stakeEventRefused(error, at: at))
          continue
        }
        facts.append(
          .checkBroken(Finding(check: "economy.order", detail: "\(order): \(error)"), at: at))
      }
    }
    if !orders.isEmpty { checkStake(at: at, block: block, &facts) }
    economyDue = .never
    let next = economy.epochEnd(after: at)
    let traffic = economy.configuration.traffic
    // The epoch in which traffic ends is closed too; afterwards only those in which something happens on chain.
    if next <= economy.epochEnd(after: traffic) {
      economyDue = next
    } else if let due = agenda.next, due != .never {
      economyDue = due <= next ? next : economy.epochEnd(after: Instant(nanoseconds: due.nanoseconds - 1))
    }
    if economyDue != .never { agenda.add(.economy, at: economyDue) }
  }

  private mutating func carryOut(
    _ order: EconomyOrder, _ economy: inout Economy, at: Instant, block: BlockNumber,
    _ facts: inout [CoordinatorFact]
  ) throws(RestakingError) {
    switch order {
    case .deposit(_, _, let account, let asset, let tokens):
      try deposit(account, asset, tokens, at: block)
      markChanged(ledger.accounts[account.index].delegatedTo)
    case .withdraw(_, _, let account, let asset, let shares, _):
      let id = try ledger.queueWithdrawal(account, [asset], depositShares: [shares], at: block)
      conservation.recordOperation()
      follow(id, at: at, &facts)
      economy.noteWithdrawal(id, of: account, isQueued: true)
      markChanged(ledger.accounts[account.index].delegatedTo)
    case .join(let service, let number, let magnitude):
      try join(service, number, magnitude, at: at, block: block)
    }
  }

  // MARK: - Who bears a slash

  /// What everybody has with an operator in these strategies, queued withdrawals included.
  func exposures(to account: AccountID, _ strategies: [StrategyID], at block: BlockNumber) -> [Exposure] {
    var list: [Exposure] = []
    for staker in ledger.stakers(of: account) {
      for strategy in strategies {
        list.append(
          Exposure(
            account: staker, strategy: strategy,
            tokens: ledger.tokens(for: ledger.withdrawableShares(staker, strategy), strategy),
            isQueued: false))
      }
    }
    for (index, withdrawal) in ledger.withdrawals.enumerated()
    where withdrawal.isPending && withdrawal.delegatedTo == account {
      for (position, strategy) in withdrawal.strategies.enumerated() where strategies.contains(strategy) {
        let shares = ledger.payableShares(WithdrawalID(index), position, at: block)
        list.append(
          Exposure(
            account: withdrawal.staker, strategy: strategy, tokens: ledger.tokens(for: shares, strategy),
            isQueued: true))
      }
    }
    return list
  }

  /// Tells who bears an executed slash, by what each had before and has now.
  mutating func noteSlash(_ slash: SlashFact, before: [Exposure], _ facts: inout [CoordinatorFact]) {
    guard let account = account(of: slash.operatorNode), let number = number(of: slash.operatorNode) else {
      return
    }
    let strategies = ledger.strategies(of: services[slash.service.index].set)
    let after = exposures(to: account, strategies, at: slash.block)
    precondition(after.count == before.count, "a slash changes nobody's number of holdings")
    var tokens: [(account: AccountID, tokens: UInt128)] = []
    var borne: UInt128 = 0
    for (old, new) in zip(before, after) where old.tokens > new.tokens {
      let lost = old.tokens - new.tokens
      tokens.append((old.account, lost))
      let issuer = economy?.issuer(of: old.account)
      let role: AccountabilityFact.Role =
        old.isQueued ? .queue : issuer != nil ? .issuer : old.account == account ? .operatorSelf : .staker
      let wei = value(lost, at: prices[old.strategy.index])
      borne += wei
      facts.append(
        .economy(
          .accountability(
            AccountabilityFact(
              at: slash.at, slash: slash.id.rawValue, service: slash.service, operatorIndex: number,
              offence: slash.offence, role: role, account: old.account, issuer: issuer, wei: wei,
              isOwn: issuer.map { economy?.runs($0, number) ?? false } ?? false))))
    }
    if borne != slash.takenWei {
      let isMore = borne > slash.takenWei
      facts.append(
        .economy(
          .accountability(
            AccountabilityFact(
              at: slash.at, slash: slash.id.rawValue, service: slash.service, operatorIndex: number,
              offence: slash.offence, role: .rounding, account: nil, issuer: nil,
              wei: isMore ? borne - slash.takenWei : slash.takenWei - borne, receives: isMore))))
    }
    economy?.noteSlash(number, takenWei: slash.takenWei, tokens: tokens)
    slashOrigins[SlashName(service: slash.service, number: slash.slashID)] = SlashOrigin(
      id: slash.id, operatorNumber: number, offence: slash.offence, takenWei: slash.takenWei)
  }

  /// Tells where the stake of a slash went.
  mutating func noteMoved(_ moved: SlashedStakeFact, _ facts: inout [CoordinatorFact]) {
    let name = SlashName(service: moved.service, number: moved.slashID)
    guard let origin = slashOrigins.removeValue(forKey: name) else { return }
    let recipient = account(of: moved.recipient)
    let isBurned = recipient == nil
    // Slashed native ETH does not move: it stays in its pods, out of reach.
    let wei = isBurned ? origin.takenWei : moved.wei
    func tell(_ role: AccountabilityFact.Role, _ account: AccountID?, _ wei: UInt128, receives: Bool) {
      facts.append(
        .economy(
          .accountability(
            AccountabilityFact(
              at: moved.at, slash: origin.id.rawValue, service: moved.service,
              operatorIndex: origin.operatorNumber, offence: origin.offence, role: role, account: account,
              issuer: nil, wei: wei, receives: receives))))
    }
    tell(isBurned ? .burned : .recipient, recipient, wei, receives: true)
    // Prices moved in between: who received has more or less than was taken.
    if wei < origin.takenWei { tell(.revaluation, nil, origin.takenWei - wei, receives: true) }
    if wei > origin.takenWei { tell(.revaluation, nil, wei - origin.takenWei, receives: false) }
  }
}

// MARK: - Views

extension Coordinator {
  /// The stake graph as it stands.
  public func stakeGraph() -> StakeGraph? { state.economy?.stakeGraph(state.ledger, at: headBlock) }

  /// The economy, to look at.
  public var economy: Economy? { state.economy }

  /// Settles the economy at the end of a run.
  public mutating func finishEconomy(at: Instant) -> EconomyResult? {
    let block = headBlock
    return state.economy?.finish(
      at: at, block: block, ledger: state.ledger, balances: state.rewardBalances)
  }

  /// An account's name.
  public func name(of account: AccountID) -> String { state.accountNames[account.index] }
}
