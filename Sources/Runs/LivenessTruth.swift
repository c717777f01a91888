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
          add(
            OffenceRecord(
              operatorID: node, service: ServiceID(index), offenceClass: .liveness, key: UInt64(number),
              at: Instant(nanoseconds: end), violated: true, culpable: culpable, observable: true,
              evidenceAt: Instant(nanoseconds: end), dueWei: 0,
              cause: culpable ? "silent" : "crashed, overloaded or late"))
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
      if rule.guardShareBips != nil, tasks[task.index].certifiedAt == nil { continue }
      for member in 0..<members {
        let duty = duties[Int(schedule.dutyBase[task.index]) + member]
        windows[number][member].duties += 1
        if duty.publishedAt > record.deadline.nanoseconds {
          windows[number][member].missed += 1
          if isByChoice(duty) { windows[number][member].withheld += 1 }
        }
      }
    }
    return windows
  }
}
