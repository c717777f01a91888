// What would have saved an operator from a liveness slash: the rule is applied again to the recorded duties with one thing
// changed at a time, and only what makes the breach go away is said, with the figure from which on it does.
//
// What is tried: a higher threshold, a guard (or a higher one), a longer grace, certificates that wait longer for who signed in
// time, a higher quorum where the certificates were of a wrong result. What is held equal: everything that happened.

import AVS
import Basics
import Contracts
import Participants
import Reporting

/// One duty as the chain's record has it, and what became of its attestation.
struct RecordedDuty: Equatable {
  var isCertified = true
  var isIncluded = false
  /// Stake of the other members, and of that what signed the certificate.
  var others: UInt128 = 0
  var othersSigned: UInt128 = 0
  /// How long after the quorum an aggregator held the attestation, where it came in time and is in no certificate.
  var behindQuorum: TimeSpan?
  /// The share of the stake behind a certificate of a wrong result, in bips.
  var wrongBips: Int?
}

/// One operator's duties by liveness window, and the rule that they are judged by.
struct Rescue {
  var rule: SlashingRule
  var windows: [[RecordedDuty]]

  /// Whether these duties break the rule, with this threshold and guard.
  private func isBreach(_ duties: [RecordedDuty], threshold: UInt64, guardBips: UInt64?) -> Bool {
    let counted = guardBips == nil ? duties : duties.filter(\.isCertified)
    let missed = UInt64(counted.count { !$0.isIncluded })
    guard !counted.isEmpty, missed * 10_000 > threshold * UInt64(counted.count) else { return false }
    guard let share = guardBips else { return true }
    let (due, signed) = others(counted)
    return due > 0 && signed >= mulDivUp(due, UInt128(share), 10_000)
  }

  private func isBreach(_ duties: [RecordedDuty]) -> Bool {
    isBreach(duties, threshold: rule.thresholdBips, guardBips: rule.guardShareBips)
  }

  private func others(_ duties: [RecordedDuty]) -> (due: UInt128, signed: UInt128) {
    duties.reduce((0, 0)) { ($0.0 + $1.others, $0.1 + $1.othersSigned) }
  }

  /// Whether the record, as it is told here, breaks the rule in window `number`.
  func breaks(_ number: Int) -> Bool { windows.indices.contains(number) && isBreach(windows[number]) }

  /// Each change that alone would have spared the operator the slash for window `number`, as a sentence's part.
  func changes(_ number: Int) -> [String] {
    guard breaks(number) else { return [] }
    let duties = windows[number]
    return [
      higherThreshold(duties), higherGuard(duties), longerGrace(number), longerWait(duties),
      higherQuorum(duties),
    ].compactMap { $0 }
  }

  private func higherThreshold(_ duties: [RecordedDuty]) -> String? {
    let counted = rule.guardShareBips == nil ? duties : duties.filter(\.isCertified)
    let missed = counted.count { !$0.isIncluded }
    // More than the threshold is a breach; all of them is more than any.
    let needed = (UInt64(missed) * 10_000 + UInt64(counted.count) - 1) / UInt64(counted.count)
    guard needed < 10_000, !isBreach(duties, threshold: needed, guardBips: rule.guardShareBips) else {
      return nil
    }
    return "a threshold of \(Self.percent(needed)) (it missed \(missed) of \(counted.count))"
  }

  private func higherGuard(_ duties: [RecordedDuty]) -> String? {
    let certified = duties.filter(\.isCertified)
    if rule.guardShareBips == nil, !isBreach(duties, threshold: rule.thresholdBips, guardBips: 1) {
      let missed = certified.count { !$0.isIncluded }
      return certified.isEmpty
        ? "any guard (none of \(duties.count) tasks was certified)"
        : "any guard (of \(duties.count) tasks \(certified.count) were certified, and of those it missed \(missed))"
    }
    let (due, signed) = others(certified)
    guard due > 0 else { return nil }
    let share = UInt64(mulDiv(signed, 10_000, due))
    guard share < 10_000, share + 1 > rule.guardShareBips ?? 0,
      !isBreach(duties, threshold: rule.thresholdBips, guardBips: share + 1)
    else { return nil }
    return "a guard above \(Self.percent(share)), which is what the others signed"
  }

  private func longerGrace(_ number: Int) -> String? {
    var first = number
    while first > 0, isBreach(windows[first - 1]) { first -= 1 }
    var last = number
    while last + 1 < windows.count, isBreach(windows[last + 1]) { last += 1 }
    // Where the breach lasted to the end of the record nobody knows what grace would have been long enough.
    guard last + 1 < windows.count else { return nil }
    let lasted = rule.window * UInt64(last - first)
    let windows = last == first ? "one window" : "\(last - first + 1) windows in a row"
    return "a grace of more than \(lasted) (the breach lasted \(windows))"
  }

  private func longerWait(_ duties: [RecordedDuty]) -> String? {
    for wait in duties.compactMap(\.behindQuorum).sorted() {
      var patient = duties
      var spared = 0
      for k in patient.indices {
        guard let behind = patient[k].behindQuorum, behind <= wait else { continue }
        patient[k].isIncluded = true
        spared += 1
      }
      if !isBreach(patient) {
        return
          "certificates that wait \(Self.milliseconds(wait)) beyond the quorum (it was there by then in \(spared) of its misses)"
      }
    }
    return nil
  }

  private func higherQuorum(_ duties: [RecordedDuty]) -> String? {
    let wrong = duties.compactMap(\.wrongBips)
    guard let most = wrong.max(), most < 10_000 else { return nil }
    var without = duties
    for k in without.indices where without[k].wrongBips != nil {
      (without[k].isCertified, without[k].othersSigned) = (false, 0)
    }
    guard !isBreach(without) else { return nil }
    return
      "a quorum above \(Self.percent(UInt64(most))) (\(wrong.count) certificates of a wrong result had so much)"
  }

  /// Rounded up.
  private static func milliseconds(_ span: TimeSpan) -> TimeSpan {
    .milliseconds((span.nanoseconds + 999_999) / 1_000_000)
  }

  private static func percent(_ bips: UInt64) -> String {
    bips % 100 == 0
      ? "\(bips / 100) %" : "\(bips / 100).\(bips % 100 < 10 ? "0" : "")\(bips % 100) %"
  }
}

extension Record {
  /// What would have saved the operator of this slash, by the record: one sentence, and the advice that goes with the cause.
  func remedy(for slash: SlashRecord, _ cause: UnjustCause) -> String {
    var parts: [String] = []
    if let rescue = rescue(slash) {
      let changes = rescue.changes(Int(slash.key))
      if changes.count == 1 {
        parts.append("By the record, \(changes[0]) would have.")
      } else if !changes.isEmpty {
        parts.append("By the record, any one of these would have: \(changes.joined(separator: "; ")).")
      } else if rescue.breaks(Int(slash.key)) {
        parts.append("By the record, no threshold, guard, grace or patience of the rule would have.")
      }
    }
    if let found = correlated(slash) { parts.append(found) }
    if cause != .unknown || parts.isEmpty { parts.append(cause.remedy) }
    return parts.joined(separator: " ")
  }

  /// The operator's duties of all windows of the liveness rule; nil for other slashes.
  func rescue(_ slash: SlashRecord) -> Rescue? {
    guard slash.offenceClass == .liveness,
      let rule = rules[slash.service.index].first(where: { $0.offence == .liveness }),
      let member = deployment.services[slash.service.index].members.firstIndex(of: slash.operatorID)
    else { return nil }
    var rescue = Rescue(rule: rule, windows: [])
    for task in schedule.tasks(of: slash.service) where schedule[task].due <= horizon {
      let number = Int(schedule[task].due.nanoseconds / rule.window.nanoseconds)
      while rescue.windows.count <= number { rescue.windows.append([]) }
      if let duty = recordedDuty(task, member) { rescue.windows[number].append(duty) }
    }
    return rescue
  }

  /// Nil: the member had no stake then, or nobody remembers how much.
  private func recordedDuty(_ task: TaskID, _ member: Int) -> RecordedDuty? {
    let service = schedule[task].service
    guard let table = checkers.books.table(service, at: checkers.books.reference(task)),
      table.weight(of: member) > 0
    else { return nil }
    let index = duty(task, UInt64(member))
    let outcome = tasks[task.index]
    var result = RecordedDuty(
      isCertified: outcome.certifiedAt != nil, isIncluded: inCertificate.contains(index))
    if result.isCertified {
      result.others = table.total - table.weight(of: member)
      for other in deployment.services[service.index].members.indices
      where other != member && inCertificate.contains(duty(task, UInt64(other))) {
        result.othersSigned += table.weight(of: other)
      }
      if outcome.isWrong { result.wrongBips = outcome.signedBips }
    }
    if !result.isIncluded, !outcome.isWrong, duties[index].collectedAt != .max, wrongSigners[index] == nil,
      let quorum = outcome.quorumAt
    {
      result.behindQuorum = TimeSpan(
        nanoseconds: max(duties[index].collectedAt, quorum.nanoseconds) - quorum.nanoseconds)
    }
    return result
  }

  /// How much of the stake was accused of the same class about the same task or window; nil where it was this operator alone.
  private func correlated(_ slash: SlashRecord) -> String? {
    guard slash.offenceClass != .maliciousService else { return nil }
    let about = tasks(of: slash)
    guard let task = about.first,
      let table = checkers.books.table(slash.service, at: checkers.books.reference(task)), table.total > 0
    else { return nil }
    var hit: Set<NodeID> = []
    for other in slashes
    where other.service == slash.service && other.offenceClass == slash.offenceClass && other.key == slash.key
    {
      hit.insert(other.operatorID)
    }
    guard hit.count > 1 else { return nil }
    var stake: UInt128 = 0
    for (member, node) in deployment.services[slash.service.index].members.enumerated()
    where hit.contains(node) { stake += table.weight(of: member) }
    return
      "\(hit.count) operators with \(mulDiv(stake, 100, table.total)) % of the stake were accused of the same at once: a resolver that vetoes from such a share on would have stopped it."
  }
}
