// liveness-follows-its-record: the liveness rule as its service wrote it, applied once more to the certificates that the
// chain accepted. Whoever is accused broke it, and whoever broke it is accused.

import AVS
import Basics
import Contracts
import Participants

struct LivenessChecker {
  static let name = "liveness-follows-its-record"

  /// What one member owed and did in one window.
  private struct Row: Equatable {
    var duties = 0
    var certified = 0
    var fulfilled = 0
    /// Stake over the certified tasks: its own, and of that what signed.
    var due: UInt128 = 0
    var signed: UInt128 = 0
  }
  private struct Window {
    var rows: [Row]
    var due: UInt128 = 0
    var signed: UInt128 = 0
    /// When the last of its tasks was settled; nil while one is open.
    var settledAt: Instant?
    var hasTasks = false
  }

  /// Cases that the chain opened: (service, window, member).
  private var opened: Set<[Int]> = []
  private(set) var judged = 0
  /// The window looked at last.
  private var cached: (service: Int, number: Int, window: Window)?

  /// The chain opened a case of the class liveness.
  mutating func judge(_ fact: CaseFact, _ books: ChainBooks, _ breaches: inout BreachList) {
    guard case .window(let number) = fact.subject, let member = books.member(fact.operatorNode, fact.service),
      let rule = rule(fact.service, books)
    else { return }
    judged += 1
    opened.insert([fact.service.index, Int(number), member])
    if isLastingBreach(fact.service, Int(number), member, rule, books) == false {
      breaches.add(
        Self.name, fact.openedAt,
        "node \(fact.operatorNode.rawValue) is accused for window \(number) of "
          + "\(books.configuration.services[fact.service.index].name) and did not break the rule"
      )
    }
  }

  /// At the end: nobody was forgotten.
  mutating func close(
    _ books: ChainBooks, horizon: Instant, duration: TimeSpan, settledAt: Instant,
    _ breaches: inout BreachList
  ) {
    let chain = books.configuration.chain
    let patience = chain.blockTime * (chain.missedSlotBips > 0 ? 64 : 4)
    for (index, service) in books.configuration.services.enumerated() {
      let id = ServiceID(index)
      guard let rule = rule(id, books), let last = books.schedule.tasks(of: id).last else { continue }
      let windows = Int(books.schedule[last].due.nanoseconds / rule.window.nanoseconds) + 1
      for number in 0..<windows {
        let end = Instant.zero + rule.window * UInt64(number + 1)
        guard end <= horizon || horizon.nanoseconds >= duration.nanoseconds else { break }
        guard let settled = window(id, number, rule, books)?.settledAt,
          max(settled, end) + patience <= settledAt
        else { continue }
        for (member, one) in service.members.enumerated()
        where !opened.contains([index, number, member])
          && isLastingBreach(id, number, member, rule, books) == true
        {
          breaches.add(
            Self.name, max(settled, end),
            "node \(one.node.rawValue) broke the rule of \(service.name) in window \(number) and is not accused"
          )
        }
      }
    }
  }

  private func rule(_ service: ServiceID, _ books: ChainBooks) -> SlashingRule? {
    books.configuration.services[service.index].rules.first { $0.offence == .liveness }
  }

  /// Whether a member is in breach in this window and was in every one before it, back over the grace; nil: not known.
  private mutating func isLastingBreach(
    _ service: ServiceID, _ number: Int, _ member: Int, _ rule: SlashingRule, _ books: ChainBooks
  ) -> Bool? {
    let length = rule.window.nanoseconds
    let back = Int((rule.grace.nanoseconds + length - 1) / length)
    guard number >= back else { return false }
    for earlier in stride(from: number, through: number - back, by: -1) {
      guard let window = window(service, earlier, rule, books) else { return nil }
      if !isBreach(window, member, rule) { return false }
    }
    return true
  }

  private func isBreach(_ window: Window, _ member: Int, _ rule: SlashingRule) -> Bool {
    guard member < window.rows.count else { return false }
    let row = window.rows[member]
    let duties = rule.guardShareBips == nil ? row.duties : row.certified
    guard duties > 0, UInt64(duties - row.fulfilled) * 10_000 > rule.thresholdBips * UInt64(duties) else {
      return false
    }
    guard let share = rule.guardShareBips else { return true }
    let due = window.due - row.due
    let signed = window.signed - row.signed
    return due > 0 && mulDivUp(due, UInt128(share), 10_000) <= signed
  }

  /// Everybody's duties in one window; nil when a stake table that it needs is not kept any more.
  private mutating func window(
    _ service: ServiceID, _ number: Int, _ rule: SlashingRule, _ books: ChainBooks
  ) -> Window? {
    if let cached, cached.service == service.index, cached.number == number, cached.window.settledAt != nil {
      return cached.window
    }
    let tasks = books.schedule.tasks(of: service)
    let start = Instant.zero + rule.window * UInt64(number)
    let end = Instant.zero + rule.window * UInt64(number + 1)
    var low = 0
    var high = tasks.count
    while low < high {
      let middle = (low + high) / 2
      if books.schedule[tasks[middle]].due < start { low = middle + 1 } else { high = middle }
    }
    let members = books.configuration.services[service.index].members.count
    var window = Window(rows: Array(repeating: Row(), count: members), settledAt: .zero)
    while low < tasks.count, books.schedule[tasks[low]].due < end {
      let task = tasks[low]
      low += 1
      window.hasTasks = true
      guard let table = books.table(service, at: books.reference(task)) else { return nil }
      guard let at = books.outcomes[task.index].at else {
        window.settledAt = nil
        continue
      }
      window.settledAt = window.settledAt.map { max($0, at) }
      enter(books.outcomes[task.index], table, &window)
    }
    cached = (service.index, number, window)
    return window
  }

  private func enter(_ outcome: ChainBooks.Outcome, _ table: StakeTable, _ window: inout Window) {
    var signers: [UInt64]?
    if case .certified(let bits, _) = outcome { signers = bits }
    for member in window.rows.indices where table.weight(of: member) > 0 {
      let weight = table.weight(of: member)
      window.rows[member].duties += 1
      guard let signers else { continue }
      window.rows[member].certified += 1
      window.rows[member].due += weight
      window.due += weight
      if ChainBooks.isSet(member, in: signers) {
        window.rows[member].fulfilled += 1
        window.rows[member].signed += weight
        window.signed += weight
      }
    }
  }
}
