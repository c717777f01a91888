// Why an offence stayed unseen, and why somebody was slashed for nothing: found from what was recorded of the run (what each
// operator did and when, which faults the engine applied, who was in which certificate), never from what the scenario meant to
// happen.

import AVS
import Basics
import Contracts
import Network
import Participants
import Reporting

extension Record {
  /// Says of each offence that no honest running watcher could see why not.
  func explainOffences() {
    for k in offences.indices where !offences[k].observable {
      let offence = offences[k]
      if offence.offenceClass == .lazyCopy, !schedule[TaskID(UInt32(offence.key))].isCanary {
        offences[k].cause += "; unobservable: only a canary could tell"
        continue
      }
      let watchers = deployment.services[offence.service.index].watchers
      let why: String
      if offence.at > horizon {
        why = "nobody watches after the end of traffic"
      } else if watchers.isEmpty {
        why = "the service has no watcher"
      } else if !watchers.contains(where: { deployment.nodes[$0.index].accuses }) {
        why = "every watcher looks away"
      } else if let name = trouble(cutting: offence.operatorID, from: watchers, around: offence.at) {
        why = name
      } else if offence.offenceClass == .withholding {
        why = "its task was not certified, or every watcher had forgotten it"
      } else {
        why =
          offence.offenceClass == .equivocation
          ? "no watcher held both halves in time: the first valid vote counts, so each hop set the second aside where it arrived"
          : "no watcher held both halves in time"
      }
      offences[k].cause += "; unobservable: \(why)"
    }
  }

  /// A fault at that time that stood between an operator and every watcher.
  private func trouble(cutting node: NodeID, from watchers: [NodeID], around at: Instant) -> String? {
    let until = at + lifetime
    let cuts = availability.partitions(from: at, until: until)
    if cuts.contains(where: { cut in watchers.allSatisfy { !cut.passes(node, to: $0) } }) {
      return "a partition lay between"
    }
    if watchers.allSatisfy({ !availability.ran($0, from: at, until: until) }) { return "no watcher ran" }
    return troubles.first { trouble in
      trouble.from <= until && (trouble.until ?? .never) >= at && trouble.touchesLinks
    }.map { "under \($0.fault.name)" }
  }

  /// Says of each executed slash that punishes no offence what hit the operator instead, what was seen, and what would have
  /// saved it.
  func explainSlashes(at end: Instant) {
    for k in slashes.indices where slashes[k].state == .executed {
      let slash = slashes[k]
      let key = OffenceKey(
        operatorID: slash.operatorID, service: slash.service, offence: slash.offenceClass, key: slash.key)
      if let index = offenceIndex[key] {
        guard !offences[index].culpable else { continue }
        slashes[k].cause = offences[index].cause
        if let found = unchosen(offences[index], slash) {
          slashes[k].unchosen = found.cause
          slashes[k].account = found.account
          slashes[k].remedy = remedy(for: slash, found.cause)
        }
        continue
      }
      let found = explanation(of: slash)
      slashes[k].cause = found.cause.rawValue
      slashes[k].account = found.account
      slashes[k].remedy = remedy(for: slash, found.cause)
    }
  }

  /// Of an offence that the operator committed and did not choose: what made it, and what is on record.
  private func unchosen(_ offence: OffenceRecord, _ slash: SlashRecord) -> (
    cause: UnjustCause, account: String
  )? {
    let willing = " It broke the rule and did not choose to."
    if offence.offenceClass == .liveness || offence.offenceClass == .late {
      let found = explanation(of: slash)
      return (found.cause, found.account + willing)
    }
    guard
      let member = deployment.services[offence.service.index].members.firstIndex(of: offence.operatorID),
      Int(offence.key) < schedule.tasks.count
    else { return nil }
    let tasks = schedule.tasks(of: offence.service).filter { schedule[$0].due <= horizon }
    func count(_ cause: WrongCause) -> Int {
      tasks.count { wrongSigners[duty($0, UInt64(member))] == cause }
    }
    switch wrongSigners[duty(TaskID(UInt32(offence.key)), UInt64(member))] {
    case .keyDuplication:
      return (
        .keyDuplication,
        "Two instances ran with its key, and signed two results in \(count(.keyDuplication)) of \(tasks.count) tasks. It broke the rule and did not choose to."
      )
    case .faultySoftware:
      return (
        .faultySoftware,
        "Its software computed wrong results in \(count(.faultySoftware)) of \(tasks.count) tasks. It broke the rule and did not choose to."
      )
    case .intent, nil: return nil
    }
  }

  /// What the record says of the duties that a slash was for.
  private struct DutyCount {
    var due = 0, published = 0, heard = 0, received = 0, included = 0, orphaned = 0, omitted = 0, cut = 0,
      disturbed = 0
    /// Duties that were published in time while the clock of every aggregator was wrong, and that none of them took.
    var deaf = 0
    var faults: [String] = []
    var misses: [UInt8: Int] = [:]
    var wrongCertificates = 0
    /// Duties for which it signed something else than the truth, and why the last time.
    var wrongSigned = 0
    var wrongCause = WrongCause.intent
  }

  private func explanation(of slash: SlashRecord) -> (cause: UnjustCause, account: String) {
    if slash.offenceClass == .maliciousService {
      return (.maliciousService, "The service slashed it without a rule and without evidence.")
    }
    guard let member = deployment.services[slash.service.index].members.firstIndex(of: slash.operatorID)
    else { return (.unknown, "Nothing on record explains it.") }
    let windows = countedWindows(slash)
    let tasks = windows.flatMap { $0 }
    if tasks.isEmpty { return (.unknown, "Nothing on record explains it.") }
    let count = count(tasks, member, slash)
    // Where the operator broke the rule in a part of the windows itself, the injustice lies in the others.
    let cause = cause(self.count(unbroken(windows, member, slash), member, slash), slash)
    var account =
      (windows.count > 1 ? "In the \(windows.count) windows in a row that the rule counted, of " : "Of ")
      + "\(count.due) duties it published \(count.published) in time; watchers heard \(count.heard), aggregators had \(count.received) in time, and "
      + "certificates named it \(count.included) times."
    if count.wrongSigned > 0 {
      account += " For \(count.wrongSigned) it signed another result than the truth."
    }
    if count.omitted > 0 { account += " An aggregator left it out on purpose \(count.omitted) times." }
    if count.orphaned > 0 {
      account +=
        " \(count.orphaned) times it was in a certificate that a reorg undid, and in none that stayed."
    }
    if count.cut > 0 { account += " In \(count.cut) it was cut off from every aggregator." }
    if slash.offenceClass == .liveness || slash.offenceClass == .late {
      account += " No watcher accused it: the rule reads the chain's own record."
    }
    for (miss, times) in count.misses.sorted(by: { $0.key < $1.key }) {
      account += " Not published: \(times) (\(Self.words(miss)))."
    }
    if !count.faults.isEmpty { account += " In force: \(count.faults.joined(separator: ", "))." }
    return (cause, account)
  }

  private func cause(_ count: DutyCount, _ slash: SlashRecord) -> UnjustCause {
    if count.omitted > 0 { return .aggregatorCensorship }
    if count.wrongCertificates * 2 > count.due { return .quorumCapture }
    if count.wrongSigned * 2 > count.due - count.included {
      return switch count.wrongCause {
      case .intent: .minority
      case .faultySoftware: .faultySoftware
      case .keyDuplication: .keyDuplication
      }
    }
    if count.orphaned * 2 > count.due - count.included { return .reorg }
    if count.cut > 0 { return .partition }
    let skewed = count.misses[DutyMiss.skewed.rawValue] ?? 0
    if skewed > 0 || count.faults.contains("clock") || count.deaf > 0 { return .clock }
    if count.disturbed > 0 { return .network }
    // Who came back within the window may have signed after its end.
    let delayed = count.faults.contains("crash") ? count.misses[DutyMiss.late.rawValue] ?? 0 : 0
    let down = (count.misses[DutyMiss.crashed.rawValue] ?? 0) + delayed
    if down * 2 > count.due - count.published { return .crash }
    let busy = [DutyMiss.overloaded, .late].reduce(0) { $0 + (count.misses[$1.rawValue] ?? 0) }
    if busy > 0 { return .overload }
    if count.received < count.published { return .network }
    if count.included < count.received { return .aggregation }
    return .unknown
  }

  /// The tasks of the windows that a slash is for, window by window: with a grace, from the one in which the breach began, as the
  /// chain's record has it. Another slash: its task.
  private func countedWindows(_ slash: SlashRecord) -> [[TaskID]] {
    let last = tasks(of: slash)
    guard slash.offenceClass == .liveness, slash.key > 0, let rescue = rescue(slash),
      rescue.rule.grace > .zero
    else { return last.isEmpty ? [] : [last] }
    var windows = [last]
    var earlier = slash
    while earlier.key > 0, rescue.breaks(Int(earlier.key) - 1) {
      earlier.key -= 1
      windows.insert(tasks(of: earlier), at: 0)
    }
    return windows
  }

  /// The tasks of those windows in which the operator did not break the rule, by what it did; all where it did in each.
  private func unbroken(_ windows: [[TaskID]], _ member: Int, _ slash: SlashRecord) -> [TaskID] {
    guard windows.count > 1,
      let rule = rules[slash.service.index].first(where: { $0.offence == .liveness })
    else { return windows.flatMap { $0 } }
    let innocent = windows.filter { !breaksRule(member, $0, rule) }
    return (innocent.isEmpty ? windows : innocent).flatMap { $0 }
  }

  /// The tasks that a slash is for.
  func tasks(of slash: SlashRecord) -> [TaskID] {
    guard slash.offenceClass == .liveness,
      let rule = rules[slash.service.index].first(where: { $0.offence == .liveness })
    else {
      let id = Int(slash.key)
      return id < schedule.tasks.count && schedule.tasks[id].service == slash.service ? [TaskID(id)] : []
    }
    return schedule.tasks(of: slash.service).filter {
      schedule[$0].due.nanoseconds / rule.window.nanoseconds == slash.key
    }
  }

  private func count(_ tasks: [TaskID], _ member: Int, _ slash: SlashRecord) -> DutyCount {
    var count = DutyCount()
    let aggregators = deployment.services[slash.service.index].aggregators
    for task in tasks {
      let record = schedule[task]
      let index = duty(task, UInt64(member))
      let duty = duties[index]
      count.due += 1
      if duty.publishedAt <= record.deadline.nanoseconds { count.published += 1 }
      if duty.isHeard { count.heard += 1 }
      if duty.collectedAt != .max { count.received += 1 }
      if inCertificate.contains(index) {
        count.included += 1
      } else if orphanedSignatures.contains(index) {
        count.orphaned += 1
      }
      if omitted.contains(index) { count.omitted += 1 }
      if duty.publishedAt == .max { count.misses[duty.miss, default: 0] += 1 }
      if self.tasks[task.index].isWrong { count.wrongCertificates += 1 }
      if let cause = wrongSigners[index] {
        count.wrongSigned += 1
        count.wrongCause = cause
      }
      let cuts = availability.partitions(from: record.due, until: record.deadline)
      // What came through in spite of it, before or after, was not cut off.
      if duty.collectedAt == .max, !inCertificate.contains(index),
        cuts.contains(where: { cut in aggregators.allSatisfy { !cut.passes(slash.operatorID, to: $0) } })
      {
        count.cut += 1
      }
      for trouble in troubles
      where trouble.from <= record.deadline && (trouble.until ?? .never) >= record.due
        && (trouble.touches(slash.operatorID) || trouble.misleads(aggregators))
      {
        if !count.faults.contains(trouble.fault.name) { count.faults.append(trouble.fault.name) }
        if trouble.touchesLinks, duty.collectedAt == .max { count.disturbed += 1 }
        if trouble.misleads(aggregators), duty.publishedAt <= record.deadline.nanoseconds,
          duty.collectedAt == .max
        {
          count.deaf += 1
        }
      }
    }
    return count
  }
}

extension Record.Trouble {
  /// Whether the fault does something to messages on their way.
  var touchesLinks: Bool {
    switch fault.kind {
    case .partition, .oneWay, .loss, .latency, .link, .eclipse: true
    case .node(_, .throttle), .node(_, .pause): true
    case .crash, .slowCPU, .node, .chain: false
    }
  }

  /// Whether the clock of every one of these nodes is wrong: what they are sent they take for old or for the future.
  func misleads(_ all: [NodeID]) -> Bool {
    guard case .node(let nodes, .clock) = fault.kind, !all.isEmpty else { return false }
    return all.allSatisfy { nodes.contains($0) }
  }

  /// Whether it can concern this node.
  func touches(_ node: NodeID) -> Bool {
    switch fault.kind {
    case .partition(let sides), .oneWay(let sides): sides[node.index] != Fault.everySide
    case .crash(let nodes, _), .slowCPU(let nodes, _), .eclipse(let nodes, _), .node(let nodes, _):
      nodes.contains(node)
    // What the chain does not take in concerns whoever sends to it.
    case .chain: true
    case .loss(let links, _), .latency(let links, _, _), .link(let links, _):
      switch links {
      case .all: true
      case .touching(let flags): flags[node.index]
      case .between(let first, let second): first[node.index] || second[node.index]
      case .pairs(let pairs): pairs.contains { $0.low == node || $0.high == node }
      }
    }
  }
}
