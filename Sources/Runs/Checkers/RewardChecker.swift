// rewards-follow-work: whoever is paid for an epoch owed and fulfilled what the certificates of that epoch say, and whoever
// fulfilled nothing is paid nothing (unless the service's target is zero).

import AVS
import Basics
import Contracts
import Participants

struct RewardChecker {
  static let name = "rewards-follow-work"

  private struct Row {
    var duties: UInt32 = 0
    var fulfilled: UInt32 = 0
  }
  /// By service: the epochs that are not closed, with everybody's work in them.
  private var epochs: [[(number: UInt64, rows: [Row])]]
  private(set) var judged = 0

  init(services: Int) { epochs = Array(repeating: [], count: services) }

  /// A task was certified.
  mutating func enter(_ task: TaskID, signers: [UInt64], at: Instant, _ books: ChainBooks) {
    let service = books.schedule[task].service
    guard books.configuration.services[service.index].rewards != nil,
      let table = books.table(service, at: books.reference(task))
    else { return }
    let number = at.nanoseconds / books.configuration.rewardEpoch.nanoseconds
    var place = epochs[service.index].firstIndex { $0.number == number }
    if place == nil {
      place = epochs[service.index].count
      let members = books.configuration.services[service.index].members.count
      epochs[service.index].append((number, Array(repeating: Row(), count: members)))
    }
    guard let place else { return }
    for member in epochs[service.index][place].rows.indices where table.weight(of: member) > 0 {
      epochs[service.index][place].rows[member].duties += 1
      if ChainBooks.isSet(member, in: signers) {
        epochs[service.index][place].rows[member].fulfilled += 1
      }
    }
  }

  mutating func judge(_ fact: RewardFact, _ books: ChainBooks, _ breaches: inout BreachList) {
    guard let member = books.member(fact.operatorNode, fact.service) else { return }
    judged += 1
    let epoch = epochs[fact.service.index].first { UInt32(truncatingIfNeeded: $0.number) == fact.epoch }
    let row = epoch?.rows[member] ?? Row()
    let paid = fact.operatorWei + fact.stakersWei
    let who = "node \(fact.operatorNode.rawValue), epoch \(fact.epoch)"
    if row.duties != fact.duties || row.fulfilled != fact.fulfilled {
      breaches.add(
        Self.name, fact.at,
        "\(who): paid for \(fact.fulfilled) of \(fact.duties) duties, its certificates show \(row.fulfilled) of \(row.duties)"
      )
    } else if row.fulfilled == 0, paid > 0,
      (books.configuration.services[fact.service.index].rewards?.targetBips ?? 0) > 0
    {
      breaches.add(Self.name, fact.at, "\(who): paid \(paid) wei, and signed nothing")
    }
  }

  mutating func close(_ fact: EpochFact) {
    epochs[fact.service.index].removeAll { UInt32(truncatingIfNeeded: $0.number) == fact.epoch }
  }
}
