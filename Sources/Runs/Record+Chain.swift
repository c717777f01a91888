// The other side: what the chain decided. Nothing here knows what was true.

import AVS
import Basics
import Contracts
public import Participants
import Reporting

extension Record {
  /// Takes in one fact of the coordinator.
  public mutating func note(_ fact: CoordinatorFact) {
    switch fact {
    case .block(let block):
      rows.blocks.append(
        BlockRow(
          number: UInt64(block.number), at: block.at, transactions: block.transactions, gas: block.gasUsed))
    case .certificateAccepted(let certificate): accept(certificate)
    case .caseOpened(let opened):
      slashIndex[opened.id] = slashes.count
      cases.append(opened)
      slashes.append(
        SlashRecord(
          operatorID: opened.operatorNode, service: opened.service, offenceClass: opened.offence,
          key: Self.key(opened.subject), requestedAt: opened.openedAt, executedAt: nil, state: .pending,
          dueWei: 0, takenWei: 0))
    case .caseEnded(let id, let end, _):
      guard let index = slashIndex[id] else { return }
      switch end {
      case .vetoed: slashes[index].state = .vetoed
      case .dismissed: slashes[index].state = .disputed
      case .expired: slashes[index].state = .expired
      }
    case .slashExecuted(let slash):
      guard let index = slashIndex[slash.id] else { return }
      slashes[index].state = .executed
      slashes[index].executedAt = slash.at
      slashes[index].dueWei = slash.dueWei
      slashes[index].takenWei = slash.takenWei
      slashNumbers[SlashNumber(service: slash.service, number: slash.slashID)] = index
      // What the rule takes, as the ledger stood when it took it, is what the offence was due.
      let key = OffenceKey(
        operatorID: slash.operatorNode, service: slash.service, offence: slash.offence,
        key: Self.key(slash.subject))
      if let offence = offenceIndex[key] { offences[offence].dueWei = slash.dueWei }
    case .slashedStakeMoved(let moved):
      guard let index = slashNumbers[SlashNumber(service: moved.service, number: moved.slashID)] else {
        return
      }
      switch moved.recipient {
      // Native ETH stays in its pod, out of everybody's reach: burned as well, though nothing moved.
      case .burn: slashes[index].burnedWei = slashes[index].takenWei
      case .redistribute: slashes[index].redistributedWei += moved.wei
      }
    case .rewardsPaid(let reward):
      let name = deployment.nodes[reward.operatorNode.index].name
      rows.rewards.append(
        RewardRow(
          epoch: UInt64(reward.epoch), service: reward.service, role: "operator", account: name,
          wei: reward.operatorWei))
      rows.rewards.append(
        RewardRow(
          epoch: UInt64(reward.epoch), service: reward.service, role: "stakers", account: name,
          wei: reward.stakersWei))
    case .checkBroken(let finding, let at):
      broken.append(("\(finding)", at))
    case .missedSlot, .included, .certificateRefused, .taskExpired, .evidenceAccepted, .evidenceRefused,
      .withdrawalQueued, .withdrawalCompleted, .epochEnded:
      break
    }
  }

  static func key(_ subject: CaseSubject) -> UInt64 {
    switch subject {
    case .task(let task): UInt64(task.rawValue)
    case .window(let number): UInt64(number)
    }
  }

  private mutating func accept(_ certificate: CertificateFact) {
    let task = schedule[certificate.task]
    let latency = (certificate.at - task.due).nanoseconds
    let bips =
      certificate.totalStake == 0
      ? 0 : Int(mulDiv(certificate.signedStake, 10_000, certificate.totalStake))
    tasks[certificate.task.index].certifiedAt = certificate.at
    tasks[certificate.task.index].isWrong = certificate.result != task.truth
    tasks[certificate.task.index].signers = certificate.signers
    tasks[certificate.task.index].signedBips = bips
    sample.certified += certificate.signers
    sample.tasksCertified += 1
    if isMeasured(task.due) {
      certificateLatency.record(latency)
      certifiedAttestations += certificate.signers
    }
    rows.certificates.append(
      CertificateRow(
        task: certificate.task, service: certificate.service, aggregator: NodeID(UInt32.max),
        signers: certificate.signers, signedBips: bips,
        quorumAt: tasks[certificate.task.index].quorumAt ?? certificate.at, submittedAt: certificate.at,
        includedAt: certificate.at, block: UInt64(certificate.block), outcome: "accepted"))
  }
}
