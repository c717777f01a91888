// What watchers of checkpoint services remember of votes: spans for the verdict (`SpanWatch`), and the votes themselves, by which
// a verdict becomes evidence. Each watcher knows only what reached it.

import AVS
import Basics

/// Memory of the hosted watchers of checkpoint services whose rules punish surround votes.
struct CheckpointWatch: ~Copyable {
  /// Epochs remembered: as many as a run of usual length has, at most those of Lighthouse's slasher.
  static let historyMaximum = 4_096

  private struct Seat {
    var spans: SpanWatch
    /// By member and target epoch in the window: the first vote seen, as an index into `votes`; `.max`: none.
    var seen: [UInt32]
  }
  /// By service: a seat a watcher, made when it hears its first vote; empty where nothing is to be remembered.
  private var seats: [[Seat?]] = []
  private let members: [Int]
  private let history: Int
  /// Votes that some seat points to.
  private var votes: [SignedAttestation] = []
  private var references: [UInt32] = []
  private var free: [UInt32] = []

  init(_ services: [ServiceDeployment], _ schedule: TaskSchedule) {
    let last = schedule.tasks.reduce(UInt32(0)) { max($0, $1.target) }
    history = min(Int(last) + 8, Self.historyMaximum)
    members = services.map(\.members.count)
    seats = services.map { service in
      let isAsked = service.checkpointEpoch != nil && service.punishes.contains(.surround)
      return isAsked ? Array(repeating: nil, count: service.watchers.count) : []
    }
  }

  func remembers(_ service: ServiceID) -> Bool { !seats[service.index].isEmpty }

  /// The watcher `ordinal` has a vote of `member` in hands. Returns an older vote that it contradicts, when it holds one.
  mutating func hear(_ signed: SignedAttestation, member: Int, ordinal: Int) -> SignedAttestation? {
    let vote = signed.attestation
    let service = vote.service.index
    guard !seats[service].isEmpty, vote.target > vote.source else { return nil }
    if seats[service][ordinal] == nil {
      seats[service][ordinal] = Seat(
        spans: SpanWatch(signers: members[service], history: history),
        seen: Array(repeating: .max, count: members[service] * history))
    }
    guard
      let verdict = seats[service][ordinal]?.spans.record(member, source: vote.source, target: vote.target)
    else { return nil }
    if verdict == .surrounds || verdict == .surrounded {
      guard
        let target = seats[service][ordinal]?.spans.contradictedTarget(member, source: vote.source, verdict)
      else { return nil }
      let place = member * history + Int(target) % history
      guard let index = seats[service][ordinal]?.seen[place], index != .max else { return nil }
      let other = votes[Int(index)]
      // Further votes may contradict this one in their turn.
      seats[service][ordinal]?.spans.keep(member, source: vote.source, target: vote.target)
      keep(signed, service, ordinal, member * history + Int(vote.target) % history)
      return Equivocation.judge(older: other.attestation, newer: vote) == verdict ? other : nil
    }
    keep(signed, service, ordinal, member * history + Int(vote.target) % history)
    return nil
  }

  private mutating func keep(_ signed: SignedAttestation, _ service: Int, _ ordinal: Int, _ place: Int) {
    let old = seats[service][ordinal]?.seen[place] ?? .max
    if old != .max {
      if votes[Int(old)].attestation.target == signed.attestation.target { return }
      references[Int(old)] -= 1
      if references[Int(old)] == 0 { free.append(old) }
    }
    let index = index(of: signed, service, place)
    seats[service][ordinal]?.seen[place] = index
  }

  /// The place of a vote that another watcher of the service may hold already.
  private mutating func index(of signed: SignedAttestation, _ service: Int, _ place: Int) -> UInt32 {
    for seat in seats[service] {
      if let known = seat?.seen[place], known != .max, votes[Int(known)] == signed {
        references[Int(known)] += 1
        return known
      }
    }
    if let reused = free.popLast() {
      votes[Int(reused)] = signed
      references[Int(reused)] = 1
      return reused
    }
    votes.append(signed)
    references.append(1)
    return UInt32(votes.count - 1)
  }
}
