// Who broke a liveness rule, judged from what operators did, not from what arrived. Same windows and thresholds as the
// rule; but a duty counts as missed only when the operator did not publish in time, so a partitioned or slow network
// makes nobody guilty.

import AVS
import Basics
import Contracts
import Participants
import Reporting

/// What one operator did in one window.
struct LivenessWindow: Equatable {
  var duties = 0
  var missed = 0
  /// Missed by choice.
  var withheld = 0

  func violates(_ thresholdBips: UInt64) -> Bool {
    duties > 0 && UInt64(missed) * 10_000 > thresholdBips * UInt64(duties)
  }
  /// The share of duties missed.
  var severityWad: UInt64 {
    duties == 0 ? 0 : UInt64(UInt128(missed) * 1_000_000_000_000_000_000 / UInt128(duties))
  }
  func isCulpable(_ thresholdBips: UInt64) -> Bool {
    duties > 0 && UInt64(withheld) * 10_000 > thresholdBips * UInt64(duties)
  }
}

extension Record {
  /// Adds the liveness offences of all windows that ended by `now`.
  func addLivenessOffences(_ now: Instant) {
    for (index, service) in deployment.services.enumerated() {
      guard let rule = rules[index].first(where: { $0.offence == .liveness }) else { continue }
      let windows = livenessWindows(ServiceID(index), rule, until: now)
      for (member, node) in service.members.enumerated() {
        var breachEnd: UInt64?
        for (number, row) in windows.enumerated() {
          let window = row[member]
          let end = UInt64(number + 1) * rule.window.nanoseconds
          guard window.violates(rule.thresholdBips) else {
            breachEnd = nil
            continue
          }
          let first = breachEnd ?? end
          breachEnd = first
          guard end - first >= rule.grace.nanoseconds else { continue }
          let culpable = window.isCulpable(rule.thresholdBips)
          var offence = OffenceRecord(
            operatorID: node, service: ServiceID(index), offenceClass: .liveness, key: UInt64(number),
            at: Instant(nanoseconds: end), violated: true, culpable: culpable, observable: true,
            evidenceAt: Instant(nanoseconds: end), dueWei: 0,
            cause: culpable ? "silent" : "crashed, overloaded or late")
          offence.severityWad = window.severityWad
          add(offence)
        }
      }
    }
  }

  /// Whether a duty was missed by choice: not done, or held back until it was too late. Whoever published too late and said
  /// nothing of either did not choose to.
  private func isByChoice(_ duty: Duty) -> Bool {
    switch DutyMiss(rawValue: duty.miss) {
    case .silent, .delayed: true
    case .crashed, .overloaded, .late, .skewed, nil: false
    }
  }

  /// Adds the offences against rules that look at each certificate: duties of certified tasks not done in time.
  func addLateOffences() {
    for (index, service) in deployment.services.enumerated() {
      guard rules[index].contains(where: { $0.offence == .late }) else { continue }
      for task in schedule.tasks(of: ServiceID(index)) where tasks[task.index].certifiedAt != nil {
        let deadline = schedule[task].deadline
        for (member, node) in service.members.enumerated() {
          let duty = duties[Int(schedule.dutyBase[task.index]) + member]
          guard duty.publishedAt > deadline.nanoseconds else { continue }
          let culpable = isByChoice(duty)
          add(
            OffenceRecord(
              operatorID: node, service: ServiceID(index), offenceClass: .late, key: UInt64(task.rawValue),
              at: deadline, violated: true, culpable: culpable, observable: true, evidenceAt: deadline,
              dueWei: 0, cause: culpable ? "held back" : Self.words(duty.miss)))
        }
      }
    }
  }

  static func words(_ miss: UInt8) -> String {
    switch DutyMiss(rawValue: miss) {
    case .silent: "silent"
    case .crashed: "crashed"
    case .overloaded: "overloaded"
    case .late: "finished after the deadline"
    case .skewed: "its clock was wrong"
    case .delayed: "held back"
    case nil: "unknown"
    }
  }

  /// By window and member. Windows that have not ended by `now` are left out.
  private func livenessWindows(_ service: ServiceID, _ rule: SlashingRule, until now: Instant)
    -> [[LivenessWindow]]
  {
    let length = rule.window.nanoseconds
    let members = deployment.services[service.index].members.count
    var windows: [[LivenessWindow]] = []
    for task in schedule.tasks(of: service) {
      let record = schedule[task]
      let number = Int(record.due.nanoseconds / length)
      guard UInt64(number + 1) * length <= now.nanoseconds else { break }
      while windows.count <= number { windows.append(Array(repeating: LivenessWindow(), count: members)) }
      for member in 0..<members { count(task, member, rule, into: &windows[number][member]) }
    }
    return windows
  }

  /// Counts one duty, where the rule does.
  private func count(_ task: TaskID, _ member: Int, _ rule: SlashingRule, into window: inout LivenessWindow) {
    if rule.guardShareBips != nil, tasks[task.index].certifiedAt == nil { return }
    let duty = duties[Int(schedule.dutyBase[task.index]) + member]
    window.duties += 1
    guard duty.publishedAt > schedule[task].deadline.nanoseconds else { return }
    window.missed += 1
    if isByChoice(duty) { window.withheld += 1 }
  }

  /// Whether what a member did in these tasks of a window breaks the rule.
  func breaksRule(_ member: Int, _ window: [TaskID], _ rule: SlashingRule) -> Bool {
    var counted = LivenessWindow()
    for task in window { count(task, member, rule, into: &counted) }
    return counted.violates(rule.thresholdBips)
  }

  /// Says of each offence and slash about a window which tasks it is about.
  func spanWindows() {
    for (index, list) in rules.enumerated() {
      guard let rule = list.first(where: { $0.offence == .liveness }) else { continue }
      let service = ServiceID(index)
      var spans: [UInt64: ClosedRange<UInt64>] = [:]
      for task in schedule.tasks(of: service) where schedule[task].due <= horizon {
        let number = schedule[task].due.nanoseconds / rule.window.nanoseconds
        let id = UInt64(task.rawValue)
        spans[number] = (spans[number]?.lowerBound ?? id)...id
      }
      for k in offences.indices where offences[k].service == service && offences[k].offenceClass == .liveness
      {
        offences[k].tasks = spans[offences[k].key]
      }
      for k in slashes.indices where slashes[k].service == service && slashes[k].offenceClass == .liveness {
        slashes[k].tasks = spans[slashes[k].key]
      }
    }
  }

  /// Of each class with a closed population how often an operator could have committed it: (operator, task) pairs of the services
  /// that have a rule for it, or (operator, window) pairs; those with stake then. Nobody can say how much evidence might have been
  /// forged, nor how often a service might have slashed without a rule: such classes have none.
  func populations() -> [OffenceClass: Int] {
    var populations: [OffenceClass: Int] = [:]
    for (index, list) in rules.enumerated() {
      let service = ServiceID(index)
      let members = deployment.services[index].members.indices
      let tasks = schedule.tasks(of: service).filter { schedule[$0].due <= horizon }
      var all = 0
      var certified = 0
      for task in tasks {
        let table = checkers.books.nearestTable(service, at: checkers.books.reference(task))
        let staked = members.count { member in table.map { $0.weight(of: member) > 0 } ?? true }
        all += staked
        if self.tasks[task.index].certifiedAt != nil { certified += staked }
      }
      for rule in list {
        switch rule.offence {
        case .equivocation, .surround, .invalidResult, .lazyCopy, .withholding:
          populations[rule.offence, default: 0] += all
        // These look at certificates.
        case .wrongQuorum, .late: populations[rule.offence, default: 0] += certified
        case .liveness:
          populations[.liveness, default: 0] += livenessWindows(service, rule, until: .never).reduce(0) {
            $0 + $1.count { $0.duties > 0 }
          }
        case .forgedEvidence, .griefing, .vetoAbuse, .maliciousService: break
        }
      }
    }
    return populations
  }
}
