// Slashing cases from evidence to where the stake went, judged from the rules as written.
//
//   no-double-jeopardy     one case at most about one thing, executed once at most.
//   evidence-judged-rightly  evidence inside its window is not refused as too old, older evidence is not accepted, and what
//                          is called a duplicate is about the same thing.
//   slashes-follow-their-rules  executed after the dispute and veto windows, never after a veto, on the accused; a fixed
//                          penalty takes its share of the allocation, rounded against the operator.
//   slashed-stake-moves    what was slashed was burned or paid to the rule's recipient when its delay was over.

import AVS
import Basics
import Contracts
import Participants

struct CaseChecker {
  static let double = "no-double-jeopardy"
  static let evidence = "evidence-judged-rightly"
  static let rules = "slashes-follow-their-rules"
  static let moves = "slashed-stake-moves"

  private struct Subject: Hashable {
    var service: ServiceID
    var node: NodeID
    var offence: OffenceClass
    var subject: CaseSubject
  }
  private struct Slash {
    var service: ServiceID
    var number: UInt64
    var at: Instant
    /// Nil: the service's.
    var recipient: SlashRecipient?
    var hasMoved = false
  }

  private var cases: [CaseFact] = []
  private var isClosed: [Bool] = []
  private var subjects: [Subject: CaseID] = [:]
  private var slashes: [Slash] = []
  var opened: Int { cases.count }
  var executed: Int { slashes.count }

  // MARK: Evidence

  mutating func judge(_ inclusion: InclusionFact, _ books: ChainBooks, _ breaches: inout BreachList) {
    guard let evidence = inclusion.evidence, case .evidence(let why) = inclusion.refusal else { return }
    let (node, task) = Self.accused(evidence)
    switch why {
    case .duplicate(let id):
      guard let node else { return }
      guard id.index < cases.count, cases[id.index].operatorNode == node,
        cases[id.index].subject == .task(task)
      else {
        breaches.add(
          Self.evidence, inclusion.at,
          "evidence about task \(task.rawValue) was refused as a duplicate of case \(id.rawValue)")
        return
      }
    case .outsideWindow(_, let window):
      guard task.index < books.schedule.tasks.count else { return }
      let due = books.schedule[task].due
      if inclusion.at - due <= window {
        breaches.add(
          Self.evidence, inclusion.at,
          "evidence about task \(task.rawValue), due at \(due), was refused as older than \(window)")
      }
    default: break
    }
  }

  /// Whom evidence accuses, and of which task; the later one, where there are two.
  private static func accused(_ evidence: Evidence) -> (NodeID?, TaskID) {
    switch evidence {
    case .pair(let a, let b): (a.attestation.operatorID, max(a.attestation.task, b.attestation.task))
    case .single(let one): (one.attestation.operatorID, one.attestation.task)
    case .certificate(_, let task): (nil, task)
    }
  }

  // MARK: Cases

  mutating func open(_ fact: CaseFact, _ books: ChainBooks, _ breaches: inout BreachList) {
    cases.append(fact)
    isClosed.append(false)
    let subject = Subject(
      service: fact.service, node: fact.operatorNode, offence: fact.offence, subject: fact.subject)
    let who = "node \(fact.operatorNode.rawValue) for \(fact.offence.rawValue)"
    if subjects.updateValue(fact.id, forKey: subject) != nil {
      breaches.add(Self.double, fact.openedAt, "a second case against \(who) about \(fact.subject)")
    }
    // A service that slashes as it likes follows no rule: that is what it is recorded for.
    if fact.offence == .maliciousService { return }
    guard let rule = rule(fact, books) else {
      breaches.add(Self.rules, fact.openedAt, "a case against \(who), and the service has no such rule")
      return
    }
    if fact.accuser != nil, fact.openedAt - fact.offenceAt > rule.window {
      breaches.add(
        Self.evidence, fact.openedAt,
        "evidence against \(who) was accepted \(fact.openedAt - fact.offenceAt) after the offence; the rule allows \(rule.window)"
      )
    }
    let veto = rule.veto?.window ?? .zero
    if fact.disputeEnds != fact.openedAt + rule.dispute || fact.vetoEnds != fact.disputeEnds + veto {
      breaches.add(Self.rules, fact.openedAt, "the windows of the case against \(who) are not its rule's")
    }
  }

  mutating func end(_ id: CaseID, _ at: Instant, _ breaches: inout BreachList) {
    guard id.index < cases.count else { return }
    if isClosed[id.index] { breaches.add(Self.rules, at, "case \(id.rawValue) ended twice") }
    isClosed[id.index] = true
  }

  mutating func execute(
    _ fact: SlashFact, _ books: ChainBooks, _ forks: ForkChecker, _ breaches: inout BreachList
  ) {
    let named = books.configuration.services[fact.service.index].rules.first { $0.offence == fact.offence }
    slashes.append(
      Slash(service: fact.service, number: fact.slashID, at: fact.at, recipient: named?.recipient))
    let who = "node \(fact.operatorNode.rawValue) for \(fact.offence.rawValue)"
    guard fact.id.index < cases.count else {
      breaches.add(Self.rules, fact.at, "a slash of \(who) without a case")
      return
    }
    let opened = cases[fact.id.index]
    if isClosed[fact.id.index] {
      breaches.add(Self.rules, fact.at, "\(who) was slashed by case \(fact.id.rawValue), which had ended")
    }
    isClosed[fact.id.index] = true
    if fact.operatorNode != opened.operatorNode {
      breaches.add(
        Self.rules, fact.at, "\(who) was slashed, accused was node \(opened.operatorNode.rawValue)")
    }
    guard let rule = rule(opened, books) else { return }
    let ready = opened.openedAt + rule.dispute + (rule.veto?.window ?? .zero)
    if fact.at < ready {
      breaches.add(Self.rules, fact.at, "\(who) was slashed before \(ready), the end of its windows")
    }
    switch rule.penalty {
    case .fixed(let share):
      // Where holders decide, it is as much of it as the fork counts; nothing as long as they have not.
      let wad = rule.fork == nil ? share : forks.takenWad(opened) ?? 0
      if fact.wad != wad {
        breaches.add(Self.rules, fact.at, "\(who) lost \(fact.wad) of 10^18, the rule takes \(wad)")
      }
    case .proportional(let maximum):
      if fact.wad == 0 || fact.wad > maximum {
        breaches.add(Self.rules, fact.at, "\(who) lost \(fact.wad) of 10^18, the rule takes up to \(maximum)")
      }
    case .correlated(let base, _, _):
      if fact.wad < base || fact.wad == 0 {
        breaches.add(Self.rules, fact.at, "\(who) lost \(fact.wad) of 10^18, the rule takes \(base) at least")
      }
    }
    for one in fact.allocations {
      let due = mulDivUp(UInt128(one.before), UInt128(fact.wad), 1_000_000_000_000_000_000)
      if UInt128(one.before) != UInt128(one.after) + due {
        breaches.add(
          Self.rules, fact.at,
          "\(who): magnitude \(one.before) became \(one.after), and \(due) were to be taken")
      }
    }
  }

  mutating func move(_ fact: SlashedStakeFact, _ books: ChainBooks, _ breaches: inout BreachList) {
    var recipient = books.configuration.services[fact.service.index].recipient
    for k in slashes.indices where slashes[k].service == fact.service && slashes[k].number == fact.slashID {
      slashes[k].hasMoved = true
      if let named = slashes[k].recipient { recipient = named }
    }
    if fact.recipient != recipient {
      breaches.add(Self.moves, fact.at, "slash \(fact.slashID) went to \(fact.recipient)")
    }
  }

  /// At the end: nothing slashed is left lying.
  func close(_ books: ChainBooks, settledAt: Instant, _ breaches: inout BreachList) {
    let chain = books.configuration.chain
    let patience =
      books.configuration.slashResolutionDelay + chain.blockTime * (chain.missedSlotBips > 0 ? 64 : 4)
    for slash in slashes where !slash.hasMoved && slash.at + patience <= settledAt {
      breaches.add(
        Self.moves, slash.at,
        "slash \(slash.number) of \(books.configuration.services[slash.service.index].name) was neither burned nor paid out"
      )
    }
  }

  private func rule(_ fact: CaseFact, _ books: ChainBooks) -> SlashingRule? {
    books.configuration.services[fact.service.index].rules.first { $0.offence == fact.offence }
  }
}
