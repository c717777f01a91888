// forks-follow-their-sides: a dispute that no contract can judge, counted again. Holders are those with stake at the reference
// block of the challenged task; each takes a side once, in time, and no accused does; the outcome is what the sides and the
// rule's share say; whoever is not accused redeems what it had, the accused that but for the penalty as far as the fork counts,
// and the challenger loses of its bond what the original is worth.

import AVS
import Basics
import Contracts
import Participants

struct ForkChecker {
  static let name = "forks-follow-their-sides"

  private struct Open {
    var fork: Fork
    var joined: Set<NodeID> = []
    var accused: Set<NodeID> = []
    /// What the accused are to lose, of 10^18, once decided.
    var takenWad: UInt64?
  }
  private struct Key: Hashable {
    var service: ServiceID
    var task: TaskID
  }
  private var open: [Key: Open] = [:]
  private(set) var judged = 0

  mutating func open(_ fork: Fork, _ books: ChainBooks, _ breaches: inout BreachList) {
    let rule = rule(fork.service, books)
    if open[Key(service: fork.service, task: fork.task)] != nil {
      breaches.add(Self.name, fork.openedAt, "task \(fork.task.rawValue) is challenged a second time")
    }
    open[Key(service: fork.service, task: fork.task)] = Open(fork: fork)
    guard let rule, fork.closesAt == fork.openedAt + rule.dispute else {
      breaches.add(Self.name, fork.openedAt, "the time for taking sides is not the rule's")
      return
    }
    guard let table = books.table(fork.service, at: books.reference(fork.task)) else { return }
    let members = books.configuration.services[fork.service.index].members
    for (member, one) in members.enumerated() {
      let stake = fork.holders.first { $0.node == one.node }?.stake ?? 0
      if stake != table.weight(of: member) {
        breaches.add(
          Self.name, fork.openedAt,
          "node \(one.node.rawValue) decides with \(stake) wei and had \(table.weight(of: member))")
      }
    }
  }

  mutating func accuse(_ fact: CaseFact) {
    guard fact.offence == .wrongQuorum || fact.offence == .withholding, case .task(let task) = fact.subject
    else { return }
    open[Key(service: fact.service, task: task)]?.accused.insert(fact.operatorNode)
  }

  mutating func join(
    _ service: ServiceID, _ task: TaskID, _ node: NodeID, _ at: Instant, _ breaches: inout BreachList
  ) {
    let key = Key(service: service, task: task)
    guard var one = open[key] else {
      breaches.add(Self.name, at, "node \(node.rawValue) joined a fork that nobody opened")
      return
    }
    if at >= one.fork.closesAt {
      breaches.add(Self.name, at, "node \(node.rawValue) took its side after \(one.fork.closesAt)")
    }
    if one.accused.contains(node) {
      breaches.add(Self.name, at, "node \(node.rawValue) is accused and took a side")
    }
    if !one.joined.insert(node).inserted {
      breaches.add(Self.name, at, "node \(node.rawValue) joined twice")
    }
    open[key] = one
  }

  mutating func decide(
    _ fork: Fork, bondLost: UInt128, _ at: Instant, _ books: ChainBooks, _ breaches: inout BreachList
  ) {
    let key = Key(service: fork.service, task: fork.task)
    guard var one = open[key], one.takenWad == nil, let rule = rule(fork.service, books),
      let terms = rule.fork, case .fixed(let penalty) = rule.penalty
    else {
      breaches.add(Self.name, at, "a fork about task \(fork.task.rawValue) was decided, and none was open")
      return
    }
    judged += 1
    if at < one.fork.closesAt { breaches.add(Self.name, at, "decided before \(one.fork.closesAt)") }
    let (wad, bips) = (UInt128(1_000_000_000_000_000_000), UInt128(terms.cohesionBips))
    var (joined, total) = (UInt128(0), UInt128(0))
    for holder in one.fork.holders where !one.accused.contains(holder.node) {
      total += holder.stake
      if one.joined.contains(holder.node) { joined += holder.stake }
    }
    // A share above the rule's on either side makes one token the only one.
    let expected: ForkOutcome =
      total > 0 && joined * 10_000 >= bips * total
      ? .cohesion : (total - joined) * 10_000 >= bips * total ? .rejection : .fracture
    if fork.outcome != expected {
      breaches.add(
        Self.name, at,
        "the fork about task \(fork.task.rawValue) ended as \(fork.outcome?.rawValue ?? "nothing"), with \(joined) of \(total) wei on it"
      )
    }
    let worth =
      switch expected {
      case .cohesion: wad
      case .rejection: UInt128(0)
      case .fracture: mulDiv(joined, wad, total)
      }
    one.takenWad = UInt64(mulDiv(UInt128(penalty), worth, wad))
    open[key] = one
    for (holder, claim) in zip(one.fork.holders, fork.claims) {
      let lost = one.accused.contains(holder.node) ? mulDiv(holder.stake, UInt128(one.takenWad ?? 0), wad) : 0
      let due = holder.stake - lost
      let got = claim.original + claim.fork
      if max(due, got) - min(due, got) > 4 {
        breaches.add(Self.name, at, "node \(holder.node.rawValue) redeems \(got) wei, and \(due) are its own")
      }
    }
    let bond = books.configuration.services[fork.service.index].bonds?.bond ?? 0
    if bondLost != mulDiv(bond, wad - worth, wad) {
      breaches.add(Self.name, at, "the challenger lost \(bondLost) of its bond of \(bond) wei")
    }
  }

  /// What a slash may take where holders decided, of 10^18; nil for a case that hangs on no decided fork.
  func takenWad(_ fact: CaseFact) -> UInt64? {
    guard case .task(let task) = fact.subject else { return nil }
    return open[Key(service: fact.service, task: task)]?.takenWad
  }

  private func rule(_ service: ServiceID, _ books: ChainBooks) -> SlashingRule? {
    books.configuration.services[service.index].rules.first { $0.fork != nil }
  }
}
