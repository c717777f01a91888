// The aggregator's side: tallies what it hears, and sends a certificate when a result has its quorum. The aggregators
// of a service take turns by task; those further back in line step in when no certificate shows up on chain.

import AVS
import Basics
import Contracts
import Gossip

extension Participants {
  /// A valid attestation is in the hands of `node`: received and checked, or its own.
  mutating func collect(_ message: MessageHandle, at node: NodeID, _ now: Instant, _ effects: inout Effects) {
    let body = store[message]
    let attestation = body.signed.attestation
    guard let ordinal = roles.aggregator(attestation.service, node) else { return }
    let task = schedule[attestation.task]
    guard clock(node, now) <= task.deadline,
      let (index, isNew) = aggregation.tally(attestation.task, ordinal: ordinal, aggregator: node)
    else { return }
    let service = service(attestation.service)
    if isNew {
      aggregation[index].wakeUps = 1
      awaitEnd(of: index, at: node, now, &effects)
    }
    let outcome = aggregation.count(
      index, attestation.service, member: Int(body.member), result: attestation.result,
      quorumBips: service.quorumBips)
    switch outcome {
    case .repeated, .tooManyResults, .weightless: return
    case .counted, .complete, .quorum:
      aggregation.keep(index, member: Int(body.member), body.signed)
      effects.facts.append(
        Fact(.collected, node: node, task: attestation.task, at: now, value: UInt64(body.member)))
    }
    if case .quorum(let row) = outcome {
      let truth = attestation.result == task.truth
      effects.facts.append(
        Fact(.quorum, node: node, task: attestation.task, at: now, value: UInt64(row), detail: truth ? 1 : 0))
      let rank = rank(of: ordinal, in: service, for: attestation.task)
      let wait = service.aggregationGrace + service.backupDelay * UInt64(rank)
      aggregation[index].wakeUps += 1
      effects.wake(node, at: now + wait, .certificate, index)
    }
    // Everybody has been heard: nothing is gained by waiting.
    if outcome == .complete, rank(of: ordinal, in: service, for: attestation.task) == 0 {
      submitCertificate(index, now, &effects)
    }
  }

  /// Asks for the wake-up that closes a tally: when the window is over for everybody, and by the aggregator's own clock, which is
  /// what lets attestations in. Whether a certificate of late ones still counts is the chain's to say.
  private mutating func awaitEnd(
    of index: UInt32, at node: NodeID, _ now: Instant, _ effects: inout Effects
  ) {
    let deadline = schedule[aggregation[index].task].deadline
    let shown = clock(node, now)
    let left = shown < deadline ? deadline - shown : .zero
    let end = max(deadline, now + left) + TimeSpan(nanoseconds: 1)
    aggregation[index].closesAt = end
    effects.wake(node, at: end, .certificate, index)
  }

  /// The place of aggregator `ordinal` in the line for `task`: 0 submits first.
  func rank(of ordinal: Int, in service: ServiceDeployment, for task: TaskID) -> Int {
    let count = service.aggregators.count
    return (ordinal + count - task.index % count) % count
  }

  /// A wake-up of a tally: the window has ended, or its turn to submit has come. A certificate may be on its way for some
  /// blocks after the window; whether it is too late is the chain's to say.
  mutating func certificateDue(_ index: UInt32, at node: NodeID, _ now: Instant, _ effects: inout Effects) {
    let tally = aggregation[index]
    if !tally.closed && now >= tally.closesAt {
      // The clock was set back meanwhile, or loses time: there is some left.
      if clock(node, now) <= schedule[tally.task].deadline {
        awaitEnd(of: index, at: node, now, &effects)
        return
      }
      aggregation[index].closed = true
    } else if availability.isUp(node) && !certified.contains(0, tally.task.index) {
      submitCertificate(index, now, &effects)
    }
    aggregation.woke(index)
  }

  /// The planted defect `absent-signers`: a bit for every member.
  private static func everybody(_ members: Int) -> [UInt64] {
    (0..<(members + 63) / 64).map { word in
      members - word * 64 >= 64 ? .max : (1 << UInt64(members - word * 64)) - 1
    }
  }

  private mutating func submitCertificate(_ index: UInt32, _ now: Instant, _ effects: inout Effects) {
    let tally = aggregation[index]
    guard tally.winner != 255, !tally.submitted else { return }
    let service = schedule[tally.task].service
    let row = Int(tally.winner)
    let members = self.service(service).members.count
    var signers =
      deployment.plant == .absentSigners
      ? Self.everybody(members) : aggregation.signerBits(index, row: row, members: members)
    for item in behaviours(of: tally.aggregator, in: tally.task, at: now) {
      guard case .aggregatorWithholding(let victims) = item.kind else { continue }
      if victims.isEmpty { return }
      omit(victims, from: &signers, tally, service, now, &effects)
    }
    aggregation[index].submitted = true
    effects.submissions.append(
      Submission(
        node: tally.aggregator,
        body: .certificate(
          Certificate(
            service: service, task: tally.task, result: tally.result(row), signers: signers,
            attestations: aggregation.attestations(index, result: tally.result(row), signers: signers)))))
  }

  /// Takes victims out of the signers as long as a quorum remains.
  private func omit(
    _ victims: [NodeID], from signers: inout [UInt64], _ tally: Tally, _ service: ServiceID, _ now: Instant,
    _ effects: inout Effects
  ) {
    let weights = aggregation.weights[service.index]
    let total = aggregation.totals[service.index]
    let quorum = UInt128(self.service(service).quorumBips) * total
    func signed(_ words: [UInt64]) -> UInt128 {
      weights.indices.reduce(0) { words[$1 / 64] >> UInt64($1 % 64) & 1 == 1 ? $0 + weights[$1] : $0 }
    }
    for victim in victims {
      guard let member = roles.member(service, victim) else { continue }
      var fewer = signers
      fewer[member / 64] &= ~(1 << UInt64(member % 64))
      guard fewer != signers, signed(fewer) * 10_000 >= quorum else { continue }
      signers = fewer
      effects.facts.append(
        Fact(.omitted, node: tally.aggregator, task: tally.task, at: now, value: UInt64(member)))
    }
  }
}
