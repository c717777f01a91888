// progress-returns: when the last fault has been over for `recovery`, and enough honest stake publishes in the first half of
// the response window, at least one of three such tasks is certified.
//
// No claim is made where something else could explain silence: a fault without an end, links that lose more than a
// twentieth by themselves, queues that were full after the last fault, dropped transactions, misconduct other than of attesters, or a network that
// certified nothing before the first fault either.

import AVS
import Basics
import Contracts
import Network
import Participants

enum ProgressChecker {
  static let name = "progress-returns"
  /// From the end of the last fault until progress is due: twenty heartbeats of a second.
  static let recovery = TimeSpan.seconds(20)
  /// Tasks that must all have failed.
  static let tasks = 3

  /// Why no claim is made; nil: one is.
  static func exemption(
    _ blueprint: Blueprint, _ totals: PopulationTotals, droppedTransactions: UInt64
  ) -> String? {
    if blueprint.faults.isEmpty { return "no fault" }
    if blueprint.faults.contains(where: { $0.until == nil }) { return "a fault never ends" }
    if blueprint.conditions.contains(where: { $0.loss > 0.05 }) { return "the links lose too much" }
    if droppedTransactions > 0 { return "the mempool was full" }
    let isOther = blueprint.deployment.misconduct.contains { !isAttesters($0.kind) }
    return isOther ? "others than attesters misbehave" : nil
  }

  /// Whether it changes nothing but the attestations of who misbehaves.
  private static func isAttesters(_ kind: Misconduct.Kind) -> Bool {
    if case .late = kind { return true }
    if case .equivocate = kind { return true }
    return kind == .silent || kind == .invalidResult
  }
}

extension Record {
  /// Judges progress at the end of a run. Returns what the check says when it holds.
  func judgeProgress(
    _ blueprint: Blueprint, _ totals: PopulationTotals, _ coordinator: Coordinator
  ) -> String {
    if let why = ProgressChecker.exemption(
      blueprint, totals, droppedTransactions: coordinator.droppedTransactions)
    {
      return "no claim: \(why)"
    }
    let begin = blueprint.faults.map(\.at).min() ?? .zero
    let end = blueprint.faults.compactMap(\.until).max() ?? .never
    // Work is dropped before and while faults are in force; what is dropped afterwards explains silence.
    if checkers.lastQueueDrop > end { return "no claim: a queue was full after the last fault" }
    let works = zip(schedule.tasks, tasks).contains { $0.due < begin && $1.certifiedAt != nil }
    guard works else { return "no claim: nothing was certified before the first fault" }
    let guilty = Set(deployment.misconduct.map(\.operatorID))
    var owing = 0
    var first: Instant?
    for (index, service) in deployment.services.enumerated() {
      var candidates: [TaskID] = []
      for task in schedule.tasks(of: ServiceID(index))
      where schedule[task].due >= end + ProgressChecker.recovery && schedule[task].deadline <= horizon {
        guard let table = checkers.books.table(ServiceID(index), at: checkers.books.reference(task)) else {
          continue
        }
        let half = schedule[task].due + TimeSpan(nanoseconds: service.responseWindow.nanoseconds / 2)
        var stake: UInt128 = 0
        for (member, node) in service.members.enumerated() where !guilty.contains(node) {
          let duty = duties[Int(schedule.dutyBase[task.index]) + member]
          if duty.publishedAt <= half.nanoseconds { stake += table.weight(of: member) }
        }
        if table.total > 0, stake * 10_000 >= UInt128(service.quorumBips) * table.total {
          candidates.append(task)
        }
      }
      guard candidates.count >= ProgressChecker.tasks else { continue }
      owing += 1
      if !candidates.contains(where: { tasks[$0.index].certifiedAt != nil }) {
        first = first ?? schedule[candidates[0]].due
        checkers.breaches.add(
          ProgressChecker.name, schedule[candidates[0]].due,
          "\(candidates.count) tasks of \(service.name) fell due \(ProgressChecker.recovery) and more after the last fault, at \(end), were signed in time by a quorum, and none is certified"
        )
      }
    }
    return owing == 0
      ? "no claim: fewer than \(ProgressChecker.tasks) tasks after the last fault" : "in \(owing) services"
  }
}
