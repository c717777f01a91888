// Challenges that no contract can judge: a fork is opened, holders go over to it, and when the dispute window is over its sides
// say what the accused lose.

import AVS
import Basics
import Contracts

extension CoordinatorState {
  /// A challenge was accepted: the service's token forks. The challenger's bond is at risk from now on.
  mutating func openFork(
    of service: ServiceID, _ task: TaskID, by challenger: NodeID, _ rule: SlashingRule, _ terms: ForkTerms,
    accused: [Accusation], at: Instant, _ facts: inout [CoordinatorFact]
  ) {
    guard forks.index(service, task) == nil, case .fixed(let penalty) = rule.penalty,
      let record = tasks.record(task), let result = tasks.certificate(task)?.result,
      let table = services[service.index].stake.table(at: record.referenceBlock)
    else { return }
    let set = services[service.index].set
    var holders: [ForkHolder] = []
    for member in 0..<ledger.memberCount(of: set) where table.weight(of: member) > 0 {
      guard let node = nodes[ledger.member(member, of: set).index] else { continue }
      holders.append(
        ForkHolder(
          node: node, stake: table.weight(of: member),
          isAccused: accused.contains { $0.operatorNode == node }))
    }
    let fork = Fork(
      service: service, task: task, challenger: challenger, openedAt: at, closesAt: at + rule.dispute,
      terms: terms, penaltyWad: penalty, holders: holders)
    forks.open(fork)
    bonds[service.index]?.hold(challenger)
    facts.append(.forkOpened(fork, challenged: result))
  }

  mutating func join(
    _ service: ServiceID, _ task: TaskID, by node: NodeID, at: Instant, _ facts: inout [CoordinatorFact]
  ) throws(TransactionRefusal) {
    do throws(ForkRefusal) { try forks.join(service, task, by: node, at: at) } catch { throw .fork(error) }
    facts.append(.forkJoined(service, task, by: node, at: at))
  }

  /// The fork that a case hangs on; nil for cases that a contract has judged.
  func fork(of found: SlashingCase) -> Int? {
    guard found.rule.fork != nil, case .task(let task) = found.accusation.subject else { return nil }
    return forks.index(found.accusation.service, task)
  }

  /// What the fork takes of the accused, of 10^18. The first case that asks has it decided.
  mutating func decide(_ index: Int, at: Instant, _ facts: inout [CoordinatorFact]) -> UInt64 {
    if forks.forks[index].outcome == nil {
      forks.decide(index)
      let fork = forks.forks[index]
      let service = fork.service.index
      let lost = fork.lost(of: bonds[service]?.bond ?? 0)
      bonds[service]?.release(fork.challenger, losing: lost)
      facts.append(.forkDecided(fork, bondLost: lost, at: at))
    }
    return forks.forks[index].takenWad
  }
}
