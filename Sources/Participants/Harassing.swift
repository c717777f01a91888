// Misbehaviour beside one's own attestation: noise on the network, and noise before the chain. And what an adversary does not pass
// on. The counterpart of `Duties`, which holds what operators sign; copies of that are made where it is published (`Publishing`).

import AVS
import Basics
import Contracts
import Gossip

/// What adversaries remember of the past.
struct AdversaryMemory {
  private struct Key: Hashable {
    var node: NodeID
    var service: ServiceID
  }
  /// Most votes, and most messages, that one adversary remembers.
  private static let depth = 64
  private var votes: [Key: [(source: UInt32, target: UInt32, task: TaskID)]] = [:]
  private var heard: [NodeID: [SignedAttestation]] = [:]
  private var handles: [NodeID: [MessageHandle]] = [:]

  mutating func remember(_ vote: ScheduledTask, _ task: TaskID, of node: NodeID) {
    guard vote.target > 0 else { return }
    votes[Key(node: node, service: vote.service), default: []].append((vote.source, vote.target, task))
    if votes[Key(node: node, service: vote.service), default: []].count > Self.depth {
      votes[Key(node: node, service: vote.service)]?.removeFirst()
    }
  }

  /// The tasks of remembered votes of `node` that lie strictly inside this one's span, or enclose it.
  func contradicted(by vote: ScheduledTask, of node: NodeID) -> [TaskID] {
    (votes[Key(node: node, service: vote.service)] ?? []).filter {
      vote.source < $0.source && $0.target < vote.target || $0.source < vote.source && vote.target < $0.target
    }.map(\.task)
  }

  mutating func hear(_ signed: SignedAttestation, by node: NodeID) {
    heard[node, default: []].append(signed)
    if heard[node, default: []].count > Self.depth { heard[node]?.removeFirst() }
  }

  mutating func hear(_ message: MessageHandle, by node: NodeID) {
    handles[node, default: []].append(message)
    if handles[node, default: []].count > Self.depth { handles[node]?.removeFirst() }
  }

  /// The last messages that `node` heard, as far as it remembers; some may be forgotten by the network.
  func recent(of node: NodeID) -> [MessageHandle] { handles[node] ?? [] }

  /// Takes the oldest message, if it was published before `limit`.
  mutating func takeHeard(by node: NodeID, publishedBefore limit: Instant) -> SignedAttestation? {
    guard let oldest = heard[node]?.first, oldest.attestation.publishedAt < limit else { return nil }
    return heard[node]?.removeFirst()
  }
}

extension Participants {
  /// A vote around the regular one that encloses an older vote of the same operator; nil as long as there is none.
  func surroundingVote(_ record: ScheduledTask, by node: NodeID, reach: UInt32) -> ScheduledTask? {
    guard record.target > 0, record.source > 0 else { return nil }
    var wide = record
    wide.source = record.source > reach ? record.source - reach : 0
    wide.target = record.target + 1
    return memory.contradicted(by: wide, of: node).isEmpty ? nil : wide
  }

  /// What an adversary does beside its duty in `task`, for which it signs `vote` and `result`.
  mutating func harass(
    _ kind: Misconduct.Kind, _ task: TaskID, voting vote: ScheduledTask, _ result: Digest, by node: NodeID,
    _ member: Int, _ now: Instant, _ effects: inout Effects
  ) {
    let record = schedule[task]
    switch kind {
    case .impersonate(let victims):
      for victim in victims where roles.member(record.service, victim) != nil && victim != node {
        let lie = schedule.wrongResult(task, variant: UInt64(node.rawValue) + 1)
        let message = sign(task, record, lie, by: node, as: victim, publishedAt: now, now, forged: true)
        send(message, by: node, now, &effects)
      }
    case .replay(let count):
      // Seen caches forget after `seenTTL`; before, nobody would take it for new.
      let life = deployment.gossip.seenLife.nanoseconds
      let limit = Instant(nanoseconds: now.nanoseconds - min(life, now.nanoseconds))
      for _ in 0..<count {
        guard let old = memory.takeHeard(by: node, publishedBefore: limit) else { break }
        send(register(old, origin: node, now), by: node, now, &effects)
      }
    case .forgedEvidence(let victims):
      for victim in victims where roles.member(record.service, victim) != nil && victim != node {
        effects.facts.append(Fact(.forged, node: node, task: task, at: now, value: UInt64(member)))
        let halves = [record.truth, schedule.wrongResult(task, variant: UInt64(node.rawValue) + 1)].map {
          signed(task, record, $0, by: node, as: victim, publishedAt: now, forged: true)
        }
        effects.submissions.append(Submission(node: node, body: .evidence(.pair(halves[0], halves[1]))))
      }
    case .griefing(let count):
      for k in 0..<count {
        effects.facts.append(
          Fact(.forged, node: node, task: task, at: now, value: UInt64(member), detail: 1))
        let later = now + TimeSpan(nanoseconds: UInt64(k) + 1)
        // Nothing but what it signs anyway: another result would be a second vote. A wrong one would accuse itself, and is
        // shown beside itself, which contradicts nothing.
        let own = signed(task, vote, result, by: node, publishedAt: later, forged: false)
        let evidence: Evidence = result == record.truth ? .single(own) : .pair(own, own)
        effects.submissions.append(Submission(node: node, body: .evidence(evidence)))
      }
    case .ihaveFlood, .iwantFlood, .graftSpam: flood(kind, task, by: node, now, &effects)
    default: break
    }
  }

  /// Publishes something that is nobody's duty.
  private mutating func send(
    _ message: MessageHandle, by node: NodeID, _ now: Instant, _ effects: inout Effects
  ) {
    _ = router.publish(
      node, topic(store[message].signed.attestation.service), message, at: now, outbox: &effects.outbox)
    store.exempt(message)
  }

  /// A valid message of another operator is in the hands of `node`: whether it passes it on, as it should.
  mutating func passesOn(_ message: MessageHandle, at node: NodeID, _ now: Instant) -> Bool {
    let list = misconduct[node.index]
    if list.isEmpty { return true }
    let body = store[message]
    let signed = body.signed
    let service = signed.attestation.service
    sights.hear(
      signed.attestation, Int(body.member), aggregation.weights[service.index][Int(body.member)], by: node)
    for item in behaviours(of: node, in: signed.attestation.task, at: now) {
      switch item.kind {
      case .withhold: return false
      case .censor(let victims): if victims.contains(signed.attestation.operatorID) { return false }
      case .degrade(let chance):
        let draw = adversaryDraws.bits(UInt64(node.rawValue), UInt64(message.rawValue), 1 << 34) >> 48
        if draw >= UInt64(chance) { return false }
      case .replay: memory.hear(signed, by: node)
      case .iwantFlood: memory.hear(message, by: node)
      default: break
      }
    }
    return true
  }
}
