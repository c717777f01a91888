// Those who act on chain alone: resolvers, good and captured; services that slash without cause; and the rule that looks at each
// certificate for who is missing.

import AVS
import Basics
import Contracts

extension CoordinatorState {
  /// The veto window of a case begins, or is about to end. A captured resolver vetoes whatever it may; one of good will what looks
  /// like a common cause, so much stake accused at once, and what it finds unjust by what it has itself, as resolvers of vaults
  /// do (`CoordinatorResolvers`). Returns the gas used.
  mutating func resolve(_ id: CaseID, at: Instant, block: BlockNumber, _ facts: inout [CoordinatorFact])
    -> UInt64
  {
    let found = court.cases[id.index]
    guard found.state == .open, let terms = found.rule.veto else { return 0 }
    let isCaptured = configuration.capturedResolvers.contains {
      $0.node == terms.resolver && $0.from <= at && at < $0.until
    }
    var vetoes = isCaptured
    if !isCaptured, let share = terms.massBips {
      let (accused, total) = court.accusedStake(around: id, within: terms.window)
      vetoes = total > 0 && accused >= mulDivUp(total, UInt128(share), 10_000)
    }
    if !vetoes, !isCaptured, terms.examines { vetoes = injustice(found, at: at, block: block) != nil }
    guard vetoes else { return 0 }
    do throws(TransactionRefusal) { try veto(id, by: terms.resolver, at: at, &facts) } catch {
      // The block came after the window's end: the veto is too late, and the case goes on.
      return configuration.gas.veto
    }
    return configuration.gas.veto
  }

  /// A service's slasher opens a case against an operator for nothing. What it can take is bounded by what the operator
  /// allocated to it; nobody examines anything.
  mutating func openWithoutCause(
    _ slash: ArbitrarySlash, at: Instant, block: BlockNumber, _ facts: inout [CoordinatorFact]
  ) {
    let service = services[slash.service.index]
    guard let account = account(of: slash.victim), let member = ledger.memberIndex(account, in: service.set),
      let table = service.stake.latest, table.weight(of: member) > 0
    else { return }
    let accusation = Accusation(
      service: slash.service, operatorNode: slash.victim, member: member, offence: .maliciousService,
      subject: .window(0), offenceAt: at, stake: table.weight(of: member), totalStake: table.total)
    guard court.existing(accusation) == nil else { return }
    let rule = SlashingRule(
      offence: .maliciousService, evidence: .chainRecord, window: .seconds(1), penalty: .fixed(wad: slash.wad)
    )
    _ = open(accusation, under: rule, at: at, block: block, &facts)
  }

  /// A certificate was accepted: the rule against lateness accuses every member with stake that is not in it. With a guard
  /// only if the others together signed that share of their stake.
  mutating func judgeLateness(
    _ record: TaskRecord, _ table: StakeTable, signers: [UInt64], signed: UInt128, at: Instant,
    block: BlockNumber, _ facts: inout [CoordinatorFact]
  ) {
    let service = services[record.service.index]
    guard let rule = service.rule(for: .late) else { return }
    for member in 0..<ledger.memberCount(of: service.set) {
      let weight = table.weight(of: member)
      let isIn = member / 64 < signers.count && signers[member / 64] >> UInt64(member % 64) & 1 == 1
      guard weight > 0, !isIn, let node = nodes[ledger.member(member, of: service.set).index] else {
        continue
      }
      if let share = rule.guardShareBips,
        signed < mulDivUp(table.total - weight, UInt128(share), 10_000)
      {
        continue
      }
      let accusation = Accusation(
        service: record.service, operatorNode: node, member: member, offence: .late,
        subject: .task(record.task), offenceAt: record.deadline, stake: weight, totalStake: table.total)
      if court.existing(accusation) == nil { _ = open(accusation, at: at, block: block, &facts) }
    }
  }

  /// What challengers lost in all services, and how many challenges were turned away for want of a bond.
  var challengeTotals: (forfeited: UInt128, turnedAway: Int) {
    var forfeited: UInt128 = 0
    var turnedAway = 0
    for case let book? in bonds {
      forfeited += book.forfeited
      turnedAway += book.turnedAway
    }
    return (forfeited, turnedAway)
  }
}
