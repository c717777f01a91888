// The run over time: one row an interval.

import AVS
public import Basics
public import Gossip
import Participants
import Reporting

extension Record {
  /// Closes the interval that ends at `now`.
  public func sample(_ now: Instant, _ counters: Counters, busyNanoseconds: UInt64, cores: Int) {
    var row = SampleRow(at: now, interval: now - sample.at)
    while sample.nextDue < schedule.tasks.count, schedule.tasks[sample.nextDue].due <= now {
      row.tasksDue += 1
      row.offered += deployment.services[schedule.tasks[sample.nextDue].service.index].members.count
      rows.tasks.append(taskRow(sample.nextDue, undecided: .open))
      sample.open.append(sample.nextDue)
      sample.nextDue += 1
    }
    sample.open.removeAll { index in
      guard schedule.tasks[index].deadline <= now else { return false }
      if tasks[index].quorumAt == nil { row.tasksMissed += 1 }
      return true
    }
    tellEnded(now)
    row.published = sample.published
    row.certified = sample.certified
    row.tasksCertified = sample.tasksCertified
    row.copies = Int(counters.copiesReceived - sample.copies)
    row.bytes = Int(counters.bytesSent - sample.bytes)
    row.quorumP50 = sample.quorum.percentile(0.5).map { TimeSpan(nanoseconds: $0) }
    row.quorumP99 = sample.quorum.percentile(0.99).map { TimeSpan(nanoseconds: $0) }
    if cores > 0, row.interval.nanoseconds > 0 {
      row.cpuUtilisation =
        Double(busyNanoseconds - sample.busy) / (Double(row.interval.nanoseconds) * Double(cores))
    }
    row.nodesUp = deployment.nodes.indices.count { availability.isUp(NodeID($0)) }
    row.sybilMeshShare = sybils?.look()
    rows.samples.append(row)
    var next = SampleSums()
    next.nextDue = sample.nextDue
    next.open = sample.open
    next.told = sample.told
    next.copies = counters.copiesReceived
    next.bytes = counters.bytesSent
    next.busy = busyNanoseconds
    next.at = now
    sample = next
  }

  /// Hands out the rows of tasks whose last message has lived out its life. A certificate, or an attestation that is later
  /// than that, may still come: rows written at the end of the run replace these.
  private func tellEnded(_ now: Instant) {
    while sample.told < sample.nextDue, schedule.tasks[sample.told].deadline + lifetime <= now {
      rows.tasks.append(taskRow(sample.told, undecided: .open))
      rows.attestations += attestationRows(sample.told)
      sample.told += 1
    }
  }
}
