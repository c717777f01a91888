// Evidence, cases, and the slashes they end in.

import AVS
import Basics
import Contracts

extension CoordinatorState {
  func examination(at: Instant, block: BlockNumber) -> Examination {
    Examination(
      tasks: tasks, services: services, ledger: ledger, accounts: accounts, isValid: isValid, at: at,
      block: block, plant: configuration.plant)
  }

  mutating func examine(
    _ evidence: Evidence, _ pending: PendingTransaction, at: Instant, block: BlockNumber,
    _ facts: inout [CoordinatorFact]
  ) throws(TransactionRefusal) {
    let sender = pending.transaction.sender
    let view = examination(at: at, block: block)
    let service = view.service(of: evidence)
    if let service { try requireBond(of: sender, in: service) }
    switch examination(at: at, block: block).examine(evidence, accuser: sender) {
    case .failure(let why):
      switch why {
      case .invalidSignature:
        accuseSender(sender, of: .forgedEvidence, evidence, at: at, block: block, &facts)
      case .noOffence, .resultIsTrue:
        accuseSender(sender, of: .griefing, evidence, at: at, block: block, &facts)
      default: break
      }
      if why.isFrivolous, let service { bonds[service.index]?.forfeit(sender) }
      throw .evidence(why)
    case .success(let accusations):
      let fresh = accusations.filter { court.existing($0) == nil }
      if fresh.isEmpty, let first = accusations.first, let id = court.existing(first) {
        throw .evidence(.duplicate(id))
      }
      if let service, let rule = services[service.index].rules.first(where: { $0.fork != nil }),
        let terms = rule.fork,
        case .certificate(_, let task) = evidence
      {
        openFork(of: service, task, by: sender, rule, terms, accused: accusations, at: at, &facts)
      }
      for accusation in fresh {
        guard let id = open(accusation, at: at, block: block, &facts) else { continue }
        facts.append(.evidenceAccepted(pending.id, id, at: at))
      }
    }
  }

  private mutating func requireBond(of sender: NodeID, in service: ServiceID) throws(TransactionRefusal) {
    do throws(EvidenceRefusal) { try bonds[service.index]?.require(of: sender) } catch {
      throw .evidence(error)
    }
  }

  /// Evidence with a signature that does not verify, or that shows nothing, accuses its sender, where the service has a rule
  /// for it and the sender something to lose.
  private mutating func accuseSender(
    _ sender: NodeID, of offence: OffenceClass, _ evidence: Evidence, at: Instant, block: BlockNumber,
    _ facts: inout [CoordinatorFact]
  ) {
    let view = examination(at: at, block: block)
    guard let task = view.tasks(of: evidence).max(), let record = tasks.record(task),
      services[record.service.index].rule(for: offence) != nil,
      let account = account(of: sender),
      let member = ledger.memberIndex(account, in: services[record.service.index].set),
      let table = services[record.service.index].stake.latest, table.weight(of: member) > 0
    else { return }
    let accusation = Accusation(
      service: record.service, operatorNode: sender, member: member, offence: offence,
      subject: .task(task), offenceAt: at, stake: table.weight(of: member), totalStake: table.total)
    if court.existing(accusation) == nil { _ = open(accusation, at: at, block: block, &facts) }
  }

  /// Opens a case and puts its execution on the agenda. Nil: the service has no rule for it.
  mutating func open(
    _ accusation: Accusation, under rule: SlashingRule? = nil, at: Instant, block: BlockNumber,
    _ facts: inout [CoordinatorFact]
  ) -> CaseID? {
    guard let rule = rule ?? services[accusation.service.index].rule(for: accusation.offence) else {
      return nil
    }
    let chain = configuration.chain
    let opened = court.open(
      accusation, rule: rule, at: at, finalAt: chain.instant(of: block + chain.finalityDepth))
    agenda.add(.slashing(opened.id), at: opened.executableAt)
    if let veto = rule.veto {
      agenda.add(.resolution(opened.id), at: opened.disputeEnds)
      // Once more in the last block of the window, when it knows most.
      let last = chain.instant(of: chain.firstBlock(notBefore: opened.vetoEnds) - 1)
      if veto.examines, last > opened.disputeEnds { agenda.add(.resolution(opened.id), at: last) }
    }
    facts.append(
      .caseOpened(
        CaseFact(
          id: opened.id, service: accusation.service, operatorNode: accusation.operatorNode,
          offence: accusation.offence, subject: accusation.subject, offenceAt: accusation.offenceAt,
          openedAt: at, accuser: accusation.accuser, disputeEnds: opened.disputeEnds,
          vetoEnds: opened.vetoEnds)))
    return opened.id
  }

  mutating func dispute(
    _ id: CaseID, at: Instant, block: BlockNumber, _ facts: inout [CoordinatorFact]
  ) throws(TransactionRefusal) {
    let view = examination(at: at, block: block)
    do throws(CaseActionRefusal) {
      try court.dispute(id, at: at) { found in
        // What the chain recorded itself stands.
        guard let evidence = found.accusation.evidence else { return true }
        return view.stands(evidence)
      }
    } catch {
      throw .caseAction(error)
    }
    facts.append(.caseEnded(id, .dismissed, at: at))
  }

  mutating func veto(
    _ id: CaseID, by node: NodeID, at: Instant, _ facts: inout [CoordinatorFact]
  ) throws(TransactionRefusal) {
    do throws(CaseActionRefusal) { try court.veto(id, by: node, at: at) } catch { throw .caseAction(error) }
    facts.append(.caseEnded(id, .vetoed(by: node), at: at))
  }

  /// Judges the service's liveness windows that are over and whose tasks are all settled.
  mutating func judgeWindows(
    _ service: ServiceID, at: Instant, block: BlockNumber, _ facts: inout [CoordinatorFact]
  ) {
    let total = services[service.index].stake.latest?.total ?? 0
    let set = services[service.index].set
    let (verdicts, again) = services[service.index].judgeWindows(at: at)
    if let again { agenda.add(.livenessWindows(service), at: again) }
    for verdict in verdicts {
      for breach in verdict.breaches {
        guard let node = nodes[ledger.member(breach.member, of: set).index] else { continue }
        var accusation = Accusation(
          service: service, operatorNode: node, member: breach.member, offence: .liveness,
          subject: .window(UInt32(truncatingIfNeeded: verdict.index)), offenceAt: verdict.end,
          stake: breach.stake,
          totalStake: max(total, breach.stake))
        accusation.severityWad = UInt64(UInt128(breach.missed) * wad / UInt128(breach.duties))
        _ = open(accusation, at: at, block: block, &facts)
      }
    }
  }

  /// Executes a case whose windows are over, in EigenLayer and in the vaults behind the operator. Returns the gas used.
  mutating func executeCase(
    _ id: CaseID, at: Instant, block: BlockNumber, _ facts: inout [CoordinatorFact]
  ) -> UInt64 {
    let found = court.cases[id.index]
    guard found.state == .open else { return 0 }
    let accusation = found.accusation
    let service = services[accusation.service.index]
    guard let account = account(of: accusation.operatorNode) else {
      preconditionFailure("accused without account")
    }
    let strategies = ledger.strategies(of: service.set)
    let penalty = court.penalty(of: id)
    var share = penalty
    if let fork = fork(of: found) {
      share = decide(fork, at: at, &facts)
      if share == 0 {
        court.close(id, as: .dismissed)
        facts.append(.caseEnded(id, .dismissed, at: at))
        return configuration.gas.veto
      }
    }
    let before = exposures(to: account, strategies, at: block)
    let allocated = strategies.map { ledger.allocation(account, service.set, $0, at: block).current }
    var vaultFacts: [CoordinatorFact] = []
    let vaultsStruck = slashVaults(found, account, share: share, at: at, &vaultFacts)
    var receipt: SlashReceipt?
    do throws(RestakingError) {
      receipt = try ledger.slashOperator(
        account, in: service.set, by: service.account, strategies: strategies,
        wads: Array(repeating: share, count: strategies.count), at: block)
      conservation.recordOperation()
    } catch {
      guard vaultsStruck > 0 else {
        court.close(id, as: .expired)
        facts.append(.caseEnded(id, .expired(error), at: at))
        return configuration.gas.slash
      }
    }
    court.close(id, as: .executed)
    var taken: UInt128 = 0
    for (strategy, shares) in zip(strategies, receipt?.shares ?? []) {
      taken += value(ledger.tokens(for: shares, strategy), at: prices[strategy.index])
    }
    if configuration.sharesStake {
      taken += slashElsewhere(account, than: service.set, share: share, at: at, block: block)
    }
    markChanged(account)
    let slash = SlashFact(
      id: id, service: accusation.service, operatorNode: accusation.operatorNode,
      offence: accusation.offence,
      subject: accusation.subject, at: at, block: block, wad: share,
      dueWei: mulWad(accusation.stake, UInt128(penalty)), takenWei: taken, slashID: receipt?.slashID ?? 0,
      allocations: zip(strategies, allocated).map { strategy, before in
        SlashedAllocation(
          strategy: strategy, before: before,
          after: ledger.allocation(account, service.set, strategy, at: block).current)
      })
    facts.append(.slashExecuted(slash))
    noteSlash(slash, before: before, &facts)
    claim(accusation, at: at, &facts)
    facts += vaultFacts
    if let receipt, configuration.plant != .slashUnburned {
      agenda.add(
        .clearSlash(
          accusation.service, slashID: receipt.slashID,
          to: found.rule.recipient ?? configuration.services[accusation.service.index].recipient),
        at: at + configuration.slashResolutionDelay)
    }
    checkStake(at: at, block: block, &facts)
    return configuration.gas.slash
  }

  /// Burns or redistributes what a slash took. Native ETH stays where it is, out of reach.
  mutating func clearSlash(
    _ service: ServiceID, _ slashID: UInt64, to recipient: SlashRecipient, at: Instant, block: BlockNumber,
    _ facts: inout [CoordinatorFact]
  ) -> UInt64 {
    let set = services[service.index].set
    let account = account(of: recipient)
    let onward: RestakingLedger.RecipientChoice? =
      configuration.services[service.index].forwardsSlashes ? account.map { .account($0) } ?? .burn : nil
    var wei: UInt128 = 0
    do throws(RestakingError) {
      for (strategy, tokens) in try ledger.clearSlashedShares(
        set, slashID: slashID, onward: onward)
      {
        wei += value(tokens, at: prices[strategy.index])
        conservation.recordCleared(tokens, strategy, isBurn: account == nil)
        if let account, account == recipients[service.index] {
          noteRedistributed(service, tokens, strategy, at: at, &facts)
        }
      }
    } catch {
      facts.append(
        .checkBroken(
          Finding(check: "slash.clears", detail: "service \(service.rawValue), slash \(slashID): \(error)"),
          at: at))
      return configuration.gas.clearSlash
    }
    let moved = SlashedStakeFact(service: service, slashID: slashID, recipient: recipient, wei: wei, at: at)
    facts.append(.slashedStakeMoved(moved))
    noteMoved(moved, &facts)
    checkStake(at: at, block: block, &facts)
    return configuration.gas.transaction + configuration.gas.clearSlash
  }

  /// The account behind a recipient; nil: the burn address.
  func account(of recipient: SlashRecipient) -> AccountID? {
    guard case .redistribute(let name) = recipient else { return nil }
    return names[name]
  }
}
