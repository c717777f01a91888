// What an adversary's own node has seen, as far as what it does hangs on it: whose votes reached it, what the chain told it of
// itself. Nothing here looks at another node, at the scenario, or at what is still on its way.

import AVS
public import Basics
import Gossip

extension Misconduct {
  /// What an adversary can tell from where it stands, at the moment of acting.
  public enum Sight: String, CaseIterable, Sendable, Codable {
    /// The votes that it has heard for some result of this task lack the quorum by its own stake at most: its vote decides.
    case pivotal
    /// None of the peers it is connected to watches the service. Who watches is known of peers; what reaches a watcher over others
    /// is not.
    case unwatched
    /// It has not heard from the chain that a case was opened against it.
    case unaccused
  }
}

/// The books of hosted adversaries who look before they act.
struct Sights {
  /// Tasks of which one node remembers the votes, the latest that it heard of.
  static let tasksMaximum = 32
  /// Results of one task that are told apart; votes for more are not remembered.
  static let resultsMaximum = 4

  private struct Votes {
    var task: TaskID
    /// Members heard, by bits.
    var heard: [UInt64] = []
    var results: [(result: Digest, stake: UInt128)] = []
  }
  /// By node: whether any of its misconduct looks at votes.
  private let listens: [Bool]
  private var votes: [[Votes]]
  /// By node: since when it knows of a case against it.
  private var accusedSince: [Instant]
  /// Votes not remembered, for a fifth result.
  private(set) var overflows: UInt64 = 0

  init(_ misconduct: [[Misconduct]]) {
    listens = misconduct.map { $0.contains { $0.looksAtVotes } }
    votes = misconduct.map { _ in [] }
    accusedSince = misconduct.map { _ in .never }
  }

  /// `node` has checked the vote of `member`, which weighs `stake`.
  mutating func hear(_ attestation: Attestation, _ member: Int, _ stake: UInt128, by node: NodeID) {
    guard listens[node.index] else { return }
    let task = attestation.task
    var place = votes[node.index].lastIndex { $0.task == task }
    if place == nil {
      if votes[node.index].count == Self.tasksMaximum { votes[node.index].removeFirst() }
      votes[node.index].append(Votes(task: task))
      place = votes[node.index].count - 1
    }
    guard let place else { return }
    var row = votes[node.index][place]
    while row.heard.count <= member / 64 { row.heard.append(0) }
    guard row.heard[member / 64] >> UInt64(member % 64) & 1 == 0 else { return }
    row.heard[member / 64] |= 1 << UInt64(member % 64)
    if let k = row.results.firstIndex(where: { $0.result == attestation.result }) {
      row.results[k].stake += stake
    } else if row.results.count < Self.resultsMaximum {
      row.results.append((attestation.result, stake))
    } else {
      overflows += 1
    }
    votes[node.index][place] = row
  }

  /// The stake heard for each result of `task`.
  func heard(_ task: TaskID, by node: NodeID) -> [(result: Digest, stake: UInt128)] {
    votes[node.index].last { $0.task == task }?.results ?? []
  }

  func hasHeard(_ member: Int, _ task: TaskID, by node: NodeID) -> Bool {
    guard let bits = votes[node.index].last(where: { $0.task == task })?.heard, member / 64 < bits.count
    else {
      return false
    }
    return bits[member / 64] >> UInt64(member % 64) & 1 == 1
  }

  mutating func accuse(_ node: NodeID, from at: Instant) {
    accusedSince[node.index] = min(accusedSince[node.index], at)
  }

  func isAccused(_ node: NodeID, _ now: Instant) -> Bool { accusedSince[node.index] <= now }
}

extension Misconduct {
  var looksAtVotes: Bool {
    if case .wrongQuorum = kind { return true }
    return when.contains(.pivotal)
  }
}

extension Participants {
  /// The chain opened a case against `node`, which hears of it at `at`.
  public mutating func accused(_ node: NodeID, from at: Instant) {
    guard node.index < isHosted.count, isHosted[node.index] else { return }
    sights.accuse(node, from: at)
  }

  /// Whether everything that `item` waits for is seen by `node` in `task`.
  func sees(_ item: Misconduct, _ task: TaskID, at node: NodeID, _ now: Instant) -> Bool {
    if case .wrongQuorum(let fellows) = item.kind, !reachesQuorum(fellows, task, at: node) { return false }
    return item.when.allSatisfy { sight in
      switch sight {
      case .pivotal: isPivotal(task, node)
      case .unwatched: !isWatched(schedule[task].service, node)
      case .unaccused: !sights.isAccused(node, now)
      }
    }
  }

  private func isPivotal(_ task: TaskID, _ node: NodeID) -> Bool {
    let service = schedule[task].service
    guard let member = roles.member(service, node) else { return false }
    let quorum = UInt128(self.service(service).quorumBips) * aggregation.totals[service.index]
    let own = aggregation.weights[service.index][member]
    return sights.heard(task, by: node).contains {
      $0.stake * 10_000 < quorum && ($0.stake + own) * 10_000 >= quorum
    }
  }

  private func isWatched(_ service: ServiceID, _ node: NodeID) -> Bool {
    router.slots(of: node).contains {
      router.isConnected(slot: $0) && roles.watcher(service, router.neighbor($0)) != nil
    }
  }

  /// Whether a coalition's agreed result can get the quorum, by what one of it knows: the stake that they hold together by
  /// the chain's table, and that of others from whom it heard the same result.
  private func reachesQuorum(_ fellows: [NodeID], _ task: TaskID, at node: NodeID) -> Bool {
    let service = schedule[task].service
    let total = aggregation.totals[service.index]
    guard total > 0 else { return false }
    let weights = aggregation.weights[service.index]
    let lie = schedule.wrongResult(task, variant: 0)
    var stake: UInt128 = 0
    // A fellow that was heard is in both sums: what was heard of it is left out of the first.
    for fellow in fellows {
      guard let member = roles.member(service, fellow) else { continue }
      if fellow == node || !sights.hasHeard(member, task, by: node) { stake += weights[member] }
    }
    stake += sights.heard(task, by: node).first { $0.result == lie }?.stake ?? 0
    return stake * 10_000 >= UInt128(self.service(service).quorumBips) * total
  }
}
