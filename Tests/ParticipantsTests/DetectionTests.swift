// Detection against theory: when each half of an equivocation reaches each of W watchers with its own probability, and watchers do
// not exchange, nobody sees both halves with probability (1 - p q)^W. Through the watchers' own code: admission, verification,
// comparison, evidence. AVSIM_TRIALS asks for more trials; see scripts/slash-accuracy.

import AVS
import Basics
import Contracts
import Foundation
import Gossip
import Network
import Signatures
import Testing

@testable import Participants

/// One operator (node 0) and its watchers, each linked to it alone.
private func deployment(watchers: Int, tasks: Int) -> Deployment {
  let nodes = (0...watchers).map {
    NodeDeployment(name: "\($0)", region: 0, host: $0, cores: 1, queueBound: 1_000)
  }
  let service = ServiceDeployment(
    name: "s", members: [NodeID(0)], aggregators: [], watchers: (1...watchers).map { NodeID($0) },
    quorumBips: 6_700, responseWindow: .milliseconds(500), aggregationGrace: .zero, backupDelay: .zero,
    compute: .constant(.milliseconds(1)), attestationBytes: 128,
    arrival: .periodic(every: .seconds(1), phase: .zero), punishes: [.equivocation])
  var offsets: [UInt32] = [0, UInt32(watchers)]
  for k in 1...watchers { offsets.append(UInt32(watchers + k)) }
  return Deployment(
    seed: 1, nodes: nodes, services: [service], offsets: offsets,
    neighbors: (1...watchers).map { NodeID($0) } + Array(repeating: NodeID(0), count: watchers),
    reverse: (0..<watchers).map { UInt32(watchers + $0) } + (0..<watchers).map { UInt32($0) },
    outbound: Array(repeating: true, count: 2 * watchers), gossip: Parameters(), scheme: .ecdsaSecp256k1,
    mode: .modelled, costs: .standard(.ecdsaSecp256k1), receiveCost: .zero, rpcDelay: .constant(.zero),
    inclusionDelay: .constant(.zero), duration: .seconds(UInt64(tasks)), warmup: .zero, misconduct: [])
}

@Suite struct DetectionTests {
  private static let trials =
    ProcessInfo.processInfo.environment["AVSIM_TRIALS"].flatMap { Int($0) } ?? 400

  /// The share of trials in which no watcher brought evidence.
  private func undetected(_ p: Double, _ q: Double, _ watchers: Int, seed: UInt64) throws -> Double {
    let trials = Self.trials
    var participants = try Participants(deployment(watchers: watchers, tasks: trials))
    var effects = Effects()
    let random = HashRandom(seed: seed, .sampling)
    participants.start(.zero, &effects)
    for slot in 0..<UInt32(2 * watchers) { participants.connected(slot, .zero, &effects) }
    effects.timers.removeAll()
    effects.outbox.removeAll()
    var unseen = 0
    for trial in 0..<trials {
      let task = TaskID(trial)
      let record = participants.schedule[task]
      let now = record.due + .milliseconds(1)
      let halves = [record.truth, record.wrongResult(variant: 1)].map {
        participants.sign(task, record, $0, by: NodeID(0), publishedAt: now, now)
      }
      for watcher in 0..<watchers {
        for (half, chance) in [p, q].enumerated()
        where unit(random.bits(UInt64(trial), UInt64(watcher), UInt64(half))) < chance {
          participants.arrive(Payload(halves[half]), on: UInt32(watchers + watcher), now, &effects)
        }
      }
      // Nobody passes anything on: what the routers say is not carried. Work is done, in order.
      while effects.timers.count > 0 {
        let due = (0..<effects.timers.count).map { effects.timers[$0] }.sorted { $0.at < $1.at }
        effects.timers.removeAll()
        for one in due where one.timer.kind == .job {
          participants.wake(one.timer, at: one.node, one.at, &effects)
        }
      }
      let isSeen = effects.submissions.contains {
        if case .evidence(.pair) = $0.body { true } else { false }
      }
      if !isSeen { unseen += 1 }
      effects.submissions.removeAll()
      effects.facts.removeAll()
      effects.outbox.removeAll()
    }
    return Double(unseen) / Double(trials)
  }

  @Test(arguments: [
    (0.5, 0.5, 1), (0.5, 0.5, 4), (0.5, 0.5, 8), (0.2, 0.8, 2), (0.3, 0.3, 5), (0.1, 0.9, 10), (0.9, 0.9, 1),
    (0.7, 0.4, 3), (0.15, 0.15, 12),
  ])
  func escapesAsOftenAsTheorySays(p: Double, q: Double, watchers: Int) throws {
    let found = try undetected(p, q, watchers, seed: 11)
    var expected = 1.0
    for _ in 0..<watchers { expected *= 1 - p * q }
    let n = Double(Self.trials)
    let half = 2.5758 * (expected * (1 - expected) / n).squareRoot() + 0.5 / n
    #expect(abs(found - expected) <= half, "\(found) of \(n) trials, expected \(expected) +- \(half)")
  }
}
