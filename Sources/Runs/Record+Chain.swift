// The other side: what the chain decided. Nothing here knows what was true.

import AVS
import Basics
import Contracts
import Participants
import Reporting

extension Record {
  /// Takes in what can no more be undone.
  func settle(_ fact: CoordinatorFact) {
    checkers.note(fact)
    chain.note(fact)
    switch fact {
    case .block(let block): rows.blocks.append(BlockRow(block, .canonical, blockGas.take()))
    case .missedSlots(let missed):
      for k in 0..<missed.count {
        rows.blocks.append(
          BlockRow(
            number: UInt64(missed.first + k), at: missed.at + missed.blockTime * k, transactions: 0, gas: 0,
            fate: .missed))
      }
    case .included(let inclusion):
      self.inclusion = inclusion
      blockGas.note(inclusion)
      if !undone.isEmpty { rows.undone += undone.note(inclusion) }
    case .certificateAccepted(let certificate): accept(certificate)
    case .certificateRefused(_, let service, let task, let why, let at):
      addCertificateRow(task, service, signers: 0, bips: 0, at: at, outcome: "\(why)")
    case .evidenceAccepted(_, let id, let at):
      guard let index = slashIndex[id], let sender = inclusion?.sender else { return }
      let slash = slashes[index]
      close(
        EvidenceKey(
          watcher: sender, operatorID: slash.operatorID, service: slash.service, offence: slash.offenceClass,
          key: slash.key), at: at, outcome: "accepted")
    case .evidenceRefused(_, let sender, let why, let at):
      guard let evidence = inclusion?.evidence, var key = EvidenceKey(sender, evidence) else { return }
      if key.offence == .invalidResult, pendingEvidence[key] == nil { key.offence = .lazyCopy }
      if case .duplicate = why {
        close(key, at: at, outcome: "duplicate")
      } else {
        close(key, at: at, outcome: "\(why)")
      }
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
    case .forkOpened(let fork, challenged: _): forks.append(ForkRow(fork))
    case .forkJoined: break
    case .forkDecided(let fork, let lost, let at):
      guard let k = forks.firstIndex(where: { $0.service == fork.service && $0.task == fork.task }) else {
        return
      }
      forks[k] = ForkRow(fork, bondLost: lost, at: at)
    case .slashExecuted(let slash):
      guard let index = slashIndex[slash.id] else { return }
      slashes[index].state = .executed
      slashes[index].executedAt = slash.at
      slashes[index].dueWei = slash.dueWei
      slashes[index].takenWei = slash.takenWei
      layerTaken[index] = slash.takenWei
      slashNumbers[SlashNumber(service: slash.service, number: slash.slashID)] = index
      askedShares[index] = slash.wad
    case .slashedStakeMoved(let moved):
      guard let index = slashNumbers[SlashNumber(service: moved.service, number: moved.slashID)] else {
        return
      }
      switch moved.recipient {
      // Native ETH stays in its pod, out of everybody's reach: burned as well, though nothing moved.
      case .burn: slashes[index].burnedWei += layerTaken[index] ?? 0
      case .redistribute: slashes[index].redistributedWei += moved.wei
      }
    case .vaultSlashed(let slash):
      guard let index = slashIndex[slash.id] else { return }
      slashes[index].takenWei += slash.takenWei
      slashes[index].collateralWei += slash.collateralWei
      // The vault's depositors bear it; that its books add up is the coordinator's check.
      economy.borne[UInt32(index), default: 0] += slash.takenWei
      noteVault(slash, of: index)
      switch slash.recipient {
      case .burn: slashes[index].burnedWei += slash.takenWei
      case .redistribute: slashes[index].redistributedWei += slash.takenWei
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
      if reward.curatorsWei > 0 {
        rows.rewards.append(
          RewardRow(
            epoch: UInt64(reward.epoch), service: reward.service, role: "curators", account: name,
            wei: reward.curatorsWei))
      }
    case .epochEnded(let epoch):
      // With these the rows of a service's epoch add up to what it submitted.
      for (role, wei) in [("dust", epoch.dustWei), ("refunded", epoch.refundedWei)] where wei > 0 {
        rows.rewards.append(
          RewardRow(epoch: UInt64(epoch.epoch), service: epoch.service, role: role, account: "", wei: wei))
      }
    case .economy(let fact): note(fact)
    case .checkBroken, .stakeTable, .taskExpired, .withdrawalQueued, .withdrawalCompleted, .reorg,
      .transactionDropped, .vaultSlashVetoed, .vaultSlashRefused, .vaultWithdrawalRefused, .stakeEventRefused:
      break
    }
  }

  static func key(_ subject: CaseSubject) -> UInt64 {
    switch subject {
    case .task(let task): UInt64(task.rawValue)
    case .window(let number): UInt64(number)
    }
  }

  private func accept(_ certificate: CertificateFact) {
    let task = schedule[certificate.task]
    let latency = (certificate.at - task.due).nanoseconds
    let bips =
      certificate.totalStake == 0
      ? 0 : Int(mulDiv(certificate.signedStake, 10_000, certificate.totalStake))
    tasks[certificate.task.index].certifiedAt = certificate.at
    tasks[certificate.task.index].isWrong = certificate.result != task.truth
    tasks[certificate.task.index].signers = certificate.signers
    tasks[certificate.task.index].signedBips = bips
    noteSigners(certificate, task)
    sample.certified += certificate.signers
    sample.tasksCertified += 1
    if isMeasured(task.due) {
      certificateLatency.record(latency)
      certificateWaits.append(latency)
      certifiedAttestations += certificate.signers
    }
    addCertificateRow(
      certificate.task, certificate.service, signers: certificate.signers, bips: bips, at: certificate.at,
      outcome: "accepted")
  }

  /// Who signed, where a rule asks for it. A certificate of a wrong result is the offence of all who are in it.
  private func noteSigners(_ certificate: CertificateFact, _ task: ScheduledTask) {
    let service = certificate.service
    let members = deployment.services[service.index].members
    let list = rules[service.index]
    let isWrong = certificate.result != task.truth && list.contains { $0.offence == .wrongQuorum }
    guard isWrong || list.contains(where: { [.late, .liveness, .withholding].contains($0.offence) }) else {
      return
    }
    for (member, node) in members.enumerated()
    where member / 64 < certificate.signerBits.count
      && certificate.signerBits[member / 64] >> UInt64(member % 64) & 1 == 1
    {
      let duty = duty(certificate.task, UInt64(member))
      inCertificate.insert(duty)
      guard isWrong else { continue }
      let cause = wrongSigners[duty] ?? .intent
      add(
        OffenceRecord(
          operatorID: node, service: service, offenceClass: .wrongQuorum,
          key: UInt64(certificate.task.rawValue),
          at: certificate.at, violated: true, culpable: cause == .intent, observable: false, dueWei: 0,
          cause: cause == .intent ? "signed a wrong result that was certified" : "faulty software"))
    }
  }

  /// The row of the certificate in the transaction that was included last.
  func addCertificateRow(
    _ task: TaskID, _ service: ServiceID, signers: Int, bips: Int, at: Instant, outcome: String
  ) {
    guard let inclusion else { preconditionFailure("a certificate outside of a transaction") }
    let held = quorumHeld[QuorumKey(task: task, aggregator: inclusion.sender)]
    rows.certificates.append(
      CertificateRow(
        task: task, service: service, aggregator: inclusion.sender, signers: signers, signedBips: bips,
        quorumAt: held, submittedAt: inclusion.submittedAt, includedAt: at, block: UInt64(inclusion.block),
        outcome: outcome))
  }

  /// Evidence of a watcher was decided on.
  private func close(_ key: EvidenceKey, at: Instant, outcome: String) {
    guard var row = pendingEvidence.removeValue(forKey: key) else { return }
    row.includedAt = at
    row.outcome = outcome
    rows.evidence.append(row)
  }
}

extension Record.EvidenceKey {
  /// What a participant's evidence accuses whom of; nil for a kind that no watcher of ours brings.
  init?(_ watcher: NodeID, _ evidence: Evidence) {
    let accused: Attestation
    let offence: OffenceClass
    switch evidence {
    case .pair(let one, let other):
      // Of a surround pair the later vote names the task, and the watcher names it second.
      accused = other.attestation
      offence = one.attestation.task == other.attestation.task ? .equivocation : .surround
    case .single(let one): (accused, offence) = (one.attestation, .invalidResult)
    case .certificate: return nil
    }
    self.init(
      watcher: watcher, operatorID: accused.operatorID, service: accused.service, offence: offence,
      key: UInt64(accused.task.rawValue))
  }
}
