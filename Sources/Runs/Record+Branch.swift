// What a reorg can still undo is not yet taken in: the chain's word on its last blocks is kept aside, and dropped when they
// are orphaned. So nothing in a record has to be undone. Without reorgs in sight nothing waits.

import AVS
import Basics
import Contracts
public import Participants
import Reporting

extension Record {
  /// Takes in one fact of the coordinator, at once or when no reorg can undo it any more.
  public func note(_ fact: CoordinatorFact) {
    guard reorgDepth > 0 else { return settle(fact) }
    switch fact {
    case .reorg(let reorg):
      settle(fact)
      rows.undone += undone.note(reorg)
      for group in unsettled where group.block > reorg.fork { orphan(group.facts) }
      unsettled.removeAll { $0.block > reorg.fork }
    case .missedSlots: settle(fact)
    case .block(let block):
      gathering.append(fact)
      unsettled.append((block.number, gathering))
      gathering.removeAll()
      let safe = unsettled.prefix { $0.block + reorgDepth <= block.number }
      for group in safe { for one in group.facts { settle(one) } }
      unsettled.removeFirst(safe.count)
    default: gathering.append(fact)
    }
  }

  /// The end: no reorg comes any more.
  func settleAll() {
    for group in unsettled { for fact in group.facts { settle(fact) } }
    unsettled.removeAll()
  }

  /// A block that does not count: its row says so, and its certificates'.
  private func orphan(_ facts: [CoordinatorFact]) {
    for fact in facts {
      switch fact {
      case .block(let block): rows.blocks.append(BlockRow(block, .orphaned, blockGas.take()))
      case .included(let inclusion):
        self.inclusion = inclusion
        blockGas.note(inclusion)
      case .certificateAccepted(let certificate):
        let members = deployment.services[certificate.service.index].members.count
        for member in 0..<members where ChainBooks.isSet(member, in: certificate.signerBits) {
          orphanedSignatures.insert(duty(certificate.task, UInt64(member)))
        }
        addCertificateRow(
          certificate.task, certificate.service, signers: certificate.signers, bips: 0, at: certificate.at,
          outcome: "orphaned")
      default: break
      }
    }
  }
}

extension BlockRow {
  init(_ block: BlockFact, _ fate: Fate, _ gas: BlockGas) {
    self.init(
      number: UInt64(block.number), at: block.at, transactions: block.transactions, gas: block.gasUsed,
      othersGas: block.othersGas, baseFee: block.baseFee, fate: fate)
    (certificateGas, evidenceGas, otherGas) = (gas.certificates, gas.evidence, gas.other)
    waitingCertificates = block.waitingCertificates
    waitingEvidence = block.waitingEvidence
    waiting = block.waiting
    censored = block.censored
  }
}

/// What the chain did, added up.
struct ChainTally: Sendable {
  var summary = RunSummary.Chain()
  private var certificateWait = Histogram()
  private var evidenceWait = Histogram()

  mutating func note(_ fact: CoordinatorFact) {
    switch fact {
    case .block(let block):
      summary.blocks += 1
      summary.gasUsed += block.gasUsed
      summary.censored += block.censored
      if let fee = block.baseFee {
        let before = summary.baseFee
        summary.baseFee = .init(
          start: before?.start ?? fee, maximum: max(before?.maximum ?? 0, fee), end: fee)
      }
    case .missedSlots(let missed): summary.missedSlots += Int(missed.count)
    case .reorg(let reorg):
      summary.reorgs += 1
      summary.orphanedBlocks += reorg.orphaned.count
      summary.returnedTransactions += reorg.returned
      summary.lostTransactions += reorg.lost.count
    case .vaultSlashed: summary.vaultSlashes += 1
    case .vaultSlashVetoed: summary.vaultVetoes += 1
    case .included(let inclusion):
      summary.gas.note(inclusion)
      let wait = (inclusion.at - inclusion.submittedAt).nanoseconds
      switch inclusion.kind {
      case .certificate:
        summary.certificateFees += inclusion.feeWei
        certificateWait.record(wait)
      case .evidence:
        summary.evidenceFees += inclusion.feeWei
        evidenceWait.record(wait)
      case .createTask, .dispute, .veto, .stake: summary.otherFees += inclusion.feeWei
      }
    default: break
    }
  }

  func concluded(dropped: UInt64, _ undone: UndoneBook) -> RunSummary.Chain {
    var summary = summary
    summary.undone = undone.totals
    summary.droppedTransactions = Int(dropped)
    summary.certificateWait = LatencySummary(certificateWait)
    summary.evidenceWait = LatencySummary(evidenceWait)
    return summary
  }
}

extension RunSummary.ChainGas {
  mutating func note(_ inclusion: InclusionFact) {
    switch inclusion.kind {
    case .certificate: certificates += inclusion.gas
    case .evidence: evidence += inclusion.gas
    case .createTask, .dispute, .veto, .stake: other += inclusion.gas
    }
  }
}

/// Gas of one block's transactions.
struct BlockGas: Sendable {
  private var sums = RunSummary.ChainGas()
  var certificates: UInt64 { sums.certificates }
  var evidence: UInt64 { sums.evidence }
  var other: UInt64 { sums.other }

  mutating func note(_ inclusion: InclusionFact) { sums.note(inclusion) }

  mutating func take() -> BlockGas {
    defer { self = BlockGas() }
    return self
  }
}
