// Evidence, cases, and the slashes they end in.

import AVS
import Basics
import Contracts

extension CoordinatorState {
  private func examination(at: Instant, block: BlockNumber) -> Examination {
    Examination(
      tasks: tasks, services: services, ledger: ledger, accounts: accounts, isValid: isValid, at: at,
      block: block, plant: configuration.plant)
  }

  mutating func examine(
    _ evidence: Evidence, _ pending: PendingTransaction, at: Instant, block: BlockNumber,
    _ facts: inout [CoordinatorFact]
  ) throws(TransactionRefusal) {
    let sender = pending.transaction.sender
    switch examination(at: at, block: block).examine(evidence, accuser: sender) {
    case .failure(let why):
      if why == .invalidSignature { accuseForger(sender, evidence, at: at, block: block, &facts) }
      throw .evidence(why)
    case .success(let accusations):
      let fresh = accusations.filter { court.existing($0) == nil }
      if fresh.isEmpty, let first = accusations.first, let id = court.existing(first) {
        throw .evidence(.duplicate(id))
      }
      for accusation in fresh {
        guard let id = open(accusation, at: at, block: block, &facts) else { continue }
        facts.append(.evidenceAccepted(pending.id, id, at: at))
      }
    }
  }

  /// Evidence with a signature that does not verify accuses its sender, where the service has a rule for it and the
  /// sender something to lose.
  private mutating func accuseForger(
    _ sender: NodeID, _ evidence: Evidence, at: Instant, block: BlockNumber, _ facts: inout [CoordinatorFact]
  ) {
    let view = examination(at: at, block: block)
    guard let task = view.tasks(of: evidence).max(), let record = tasks.record(task),
      services[record.service.index].rule(for: .forgedEvidence) != nil,
      let account = account(of: sender),
      let member = ledger.memberIndex(account, in: services[record.service.index].set),
      let table = services[record.service.index].stake.latest, table.weight(of: member) > 0
    else { return }
    let accusation = Accusation(
      service: record.service, operatorNode: sender, member: member, offence: .forgedEvidence,
      subject: .task(task), offenceAt: at, stake: table.weight(of: member), totalStake: table.total)
    if court.existing(accusation) == nil { _ = open(accusation, at: at, block: block, &facts) }
  }

  /// Opens a case and puts its execution on the agenda. Nil: the service has no rule for it.
  private mutating func open(
    _ accusation: Accusation, at: Instant, block: BlockNumber, _ facts: inout [CoordinatorFact]
  ) -> CaseID? {
    guard let rule = services[accusation.service.index].rule(for: accusation.offence) else { return nil }
    let chain = configuration.chain
    let opened = court.open(
      accusation, rule: rule, at: at, finalAt: chain.instant(of: block + chain.finalityDepth))
    agenda.add(.slashing(opened.id), at: opened.executableAt)
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

  /// Executes a case whose windows are over. Returns the gas used.
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
    let share = court.penalty(of: id)
    let before = strategies.map { ledger.allocation(account, service.set, $0, at: block).current }
    let receipt: SlashReceipt
    do throws(RestakingError) {
      receipt = try ledger.slashOperator(
        account, in: service.set, by: service.account, strategies: strategies,
        wads: Array(repeating: share, count: strategies.count), at: block)
    } catch {
      court.close(id, as: .expired)
      facts.append(.caseEnded(id, .expired(error), at: at))
      return configuration.gas.slash
    }
    court.close(id, as: .executed)
    conservation.recordOperation()
    var taken: UInt128 = 0
    for (strategy, shares) in zip(strategies, receipt.shares) {
      taken += value(ledger.tokens(for: shares, strategy), at: prices[strategy.index])
    }
    markChanged(account)
    facts.append(
      .slashExecuted(
        SlashFact(
          id: id, service: accusation.service, operatorNode: accusation.operatorNode,
          offence: accusation.offence,
          subject: accusation.subject, at: at, block: block, wad: share,
          dueWei: mulWad(accusation.stake, UInt128(share)), takenWei: taken, slashID: receipt.slashID,
          allocations: zip(strategies, before).map { strategy, before in
            SlashedAllocation(
              strategy: strategy, before: before,
              after: ledger.allocation(account, service.set, strategy, at: block).current)
          })))
    if configuration.plant != .slashUnburned {
      agenda.add(
        .clearSlash(accusation.service, slashID: receipt.slashID), at: at + configuration.slashResolutionDelay
      )
    }
    checkStake(at: at, block: block, &facts)
    return configuration.gas.slash
  }

  /// Burns or redistributes what a slash took. Native ETH stays where it is, out of reach.
  mutating func clearSlash(
    _ service: ServiceID, _ slashID: UInt64, at: Instant, block: BlockNumber, _ facts: inout [CoordinatorFact]
  ) -> UInt64 {
    let set = services[service.index].set
    let recipient = configuration.services[service.index].recipient
    var wei: UInt128 = 0
    do throws(RestakingError) {
      for (strategy, tokens) in try ledger.clearSlashedShares(set, slashID: slashID) {
        wei += value(tokens, at: prices[strategy.index])
        conservation.recordCleared(tokens, strategy, isBurn: recipients[service.index] == nil)
      }
    } catch {
      facts.append(
        .checkBroken(
          Finding(check: "slash.clears", detail: "service \(service.rawValue), slash \(slashID): \(error)"),
          at: at))
      return configuration.gas.stakeAction
    }
    facts.append(
      .slashedStakeMoved(
        SlashedStakeFact(service: service, slashID: slashID, recipient: recipient, wei: wei, at: at)))
    checkStake(at: at, block: block, &facts)
    return configuration.gas.transaction + configuration.gas.stakeAction
  }
}
