// What reorgs undid, transaction by transaction: waited and was included again, was sent again by its sender, or is gone.

import AVS
import Basics
import Contracts
import Participants
import Reporting

/// Transactions that reorgs undid, as a record keeps them.
struct UndoneBook: Sendable {
  private var entries: [(row: UndoneRow, inclusion: InclusionFact)] = []

  /// A reorg happened; returns its rows.
  mutating func note(_ reorg: ReorgFact) -> [UndoneRow] {
    let first = entries.count
    for one in reorg.undone {
      let inclusion = one.inclusion
      let row = UndoneRow(
        id: entries.count, reorgAt: reorg.at, transaction: UInt64(inclusion.transaction.rawValue),
        kind: inclusion.kind.rawValue, sender: inclusion.sender, block: UInt64(inclusion.block),
        isLost: one.isLost)
      entries.append((row, inclusion))
    }
    return entries[first...].map(\.row)
  }

  /// A sender sent its transaction about `task` again. Returns the row that is new.
  mutating func noteResubmission(_ fact: Fact) -> UndoneRow? {
    let kind: Transaction.Kind = fact.detail == 1 ? .evidence : .certificate
    let found = entries.firstIndex {
      $0.row.isLost && $0.row.resubmittedAt == nil && $0.row.sender == fact.node && $0.inclusion.kind == kind
        && $0.inclusion.task == fact.task
    }
    guard let found else { return nil }
    entries[found].row.resubmittedAt = fact.at
    return entries[found].row
  }

  /// A transaction is in a block that no reorg undoes any more. Returns the rows that are new.
  mutating func note(_ inclusion: InclusionFact) -> [UndoneRow] {
    var changed: [UndoneRow] = []
    for k in entries.indices where entries[k].row.includedAt == nil {
      let entry = entries[k]
      let isReplayed = !entry.row.isLost && entry.inclusion.transaction == inclusion.transaction
      let isResent =
        entry.row.resubmittedAt != nil && entry.row.sender == inclusion.sender
        && entry.inclusion.kind == inclusion.kind && entry.inclusion.certificate == inclusion.certificate
        && entry.inclusion.evidence == inclusion.evidence
      guard isReplayed || isResent else { continue }
      entries[k].row.includedAt = inclusion.at
      // Refused in the block undone, and refused again, is as it was.
      let isWorse = inclusion.refusal != nil && entry.inclusion.refusal == nil
      entries[k].row.outcome = isWorse ? "refused" : isReplayed ? "replayed" : "resubmitted"
      changed.append(entries[k].row)
    }
    return changed
  }

  var isEmpty: Bool { entries.isEmpty }

  var totals: RunSummary.Undone {
    var totals = RunSummary.Undone()
    for (row, inclusion) in entries {
      switch inclusion.kind {
      case .certificate: totals.certificates += 1
      case .evidence: totals.evidence += 1
      case .createTask, .dispute, .veto, .stake: totals.other += 1
      }
      if row.resubmittedAt != nil { totals.sentAgain += 1 }
      switch row.outcome {
      case "replayed": totals.replayed += 1
      case "resubmitted": totals.resubmitted += 1
      case "refused": totals.refused += 1
      case "lost": totals.lost += 1
      default: totals.pending += 1
      }
    }
    return totals
  }
}

extension InclusionFact {
  /// The task that a certificate or evidence is about.
  fileprivate var task: TaskID? {
    if let certificate { return certificate.task }
    switch evidence {
    case .pair(_, let second): return second.attestation.task
    case .single(let one): return one.attestation.task
    case .certificate(_, let task): return task
    case nil: return nil
    }
  }
}
