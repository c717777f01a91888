// The truth side: what participants did, in their own words at the moment they did it.

import AVS
public import Basics
public import Participants
public import Reporting
import Contracts

extension Record {
  /// Takes in one fact of a participant. Facts come in the order of time, or, from several processes, nearly so.
  public func note(_ fact: Fact) {
    switch fact.kind {
    case .published:
      duties[duty(fact.task, fact.value)].publishedAt = fact.at.nanoseconds
      sample.published += 1
    case .missed:
      let index = duty(fact.task, fact.value)
      // A crashed node may come back in time: then the publication counts.
      if duties[index].publishedAt == .max { duties[index].miss = fact.detail }
      if fact.detail == DutyMiss.silent.rawValue { offend(.withholding, fact, "withholds", by: .intent) }
    case .collected:
      // An aggregator whose clock is behind takes what is late for timely.
      if fact.at > schedule[fact.task].deadline { return }
      let index = duty(fact.task, fact.value)
      if duties[index].collectedAt == .max { duties[index].collectedAt = fact.at.nanoseconds }
    case .heard: duties[duty(fact.task, fact.value)].isHeard = true
    case .quorum:
      quorumHeld[QuorumKey(task: fact.task, aggregator: fact.node)] = fact.at
      guard tasks[fact.task.index].quorumAt == nil else { return }
      tasks[fact.task.index].quorumAt = fact.at
      let due = schedule[fact.task].due
      if isMeasured(due) {
        quorumLatency.record((fact.at - due).nanoseconds)
        quorumWaits.append((fact.at - due).nanoseconds)
        sample.quorum.record((fact.at - due).nanoseconds)
      }
    case .equivocated:
      checkers.certificates.signedTwice(fact.task, Int(fact.value))
      offend(.equivocation, fact, "equivocates")
    case .signedWrong:
      wrongSigners[duty(fact.task, fact.value)] = WrongCause(rawValue: fact.detail) ?? .intent
      // A canary's bait is lazy copying where the service punishes that, and no other offence.
      if !isCopiedBait(fact) { offend(.invalidResult, fact, "signs a wrong result") }
    case .surrounded: offend(.surround, fact, "votes around its own vote")
    case .copied:
      offend(
        .lazyCopy, fact, fact.detail == 1 ? "copies a canary's bait" : "copies; the task was no canary",
        by: .intent)
    case .forged:
      offend(
        fact.detail == 1 ? .griefing : .forgedEvidence, fact,
        fact.detail == 1 ? "challenges without ground" : "forges evidence", by: .intent, isSeen: true)
    case .resubmitted: if let row = undone.noteResubmission(fact) { rows.undone.append(row) }
    case .omitted: omitted.insert(duty(fact.task, fact.value))
    case .evident:
      guard let offence = fact.accusation else { return }
      let task = schedule[fact.task]
      let members = deployment.services[task.service.index].members
      // A certificate's evidence is against all who signed it.
      for member in offence == .wrongQuorum ? members : [members[Int(fact.value)]] {
        let key = OffenceKey(
          operatorID: member, service: task.service, offence: offence, key: UInt64(fact.task.rawValue))
        guard let index = offenceIndex[key], isInTime(offence, task, fact.at) else { continue }
        offences[index].observable = true
        if offences[index].evidenceAt == nil { offences[index].evidenceAt = fact.at }
      }
    case .accused:
      guard let offence = fact.accusation else { return }
      let task = schedule[fact.task]
      let key = EvidenceKey(
        watcher: fact.node, operatorID: deployment.services[task.service.index].members[Int(fact.value)],
        service: task.service, offence: offence, key: UInt64(fact.task.rawValue))
      let row = EvidenceRow(
        id: evidenceMade, offenceClass: key.offence, operatorID: key.operatorID, service: key.service,
        key: key.key, watcher: fact.node, firstSeenAt: fact.at, submittedAt: fact.at, includedAt: nil,
        outcome: "pending")
      evidenceMade += 1
      pendingEvidence[key] = row
      rows.evidence.append(row)
    case .sent:
      underWay.append((fact.node, schedule[fact.task].service, fact.task, fact.at))
    case .delivered:
      if isMeasured(fact.at) { count(Delivered(end: fact.at + lifetime, nodes: Int(clamping: fact.value))) }
      if let member = deployment.services[schedule[fact.task].service.index].members.firstIndex(of: fact.node)
      {
        duties[duty(fact.task, UInt64(member))].received += UInt32(clamping: fact.value)
      }
    case .meshed: sybils?.note(fact)
    case .down:
      availability.goDown(fact.node, at: fact.at)
      sybils?.forget(fact.node)
    case .up: availability.comeUp(fact.node, at: fact.at)
    }
  }

  /// Evidence counts inside the rule's window after the task fell due.
  private func isInTime(_ offence: OffenceClass, _ task: ScheduledTask, _ at: Instant) -> Bool {
    guard let rule = rules[task.service.index].first(where: { $0.offence == offence }) else { return false }
    return at <= task.due + rule.window
  }

  /// Whether a wrong signature is a canary's bait, copied in a service that punishes copying. What else the same operator signed
  /// for that task (another half, a second instance with its key) is a wrong result like any other.
  private func isCopiedBait(_ fact: Fact) -> Bool {
    fact.extra == 1 && rules[schedule[fact.task].service.index].contains { $0.offence == .lazyCopy }
  }

  /// An offence against a rule of the service. What no rule forbids is no offence. `cause` nil: as the fact says.
  private func offend(
    _ offence: OffenceClass, _ fact: Fact, _ act: String, by cause: WrongCause? = nil, isSeen: Bool = false
  ) {
    let service = schedule[fact.task].service
    guard rules[service.index].contains(where: { $0.offence == offence }) else { return }
    let why = cause ?? WrongCause(rawValue: fact.detail) ?? .intent
    let words: String =
      switch why {
      case .intent: act
      case .keyDuplication: "key duplication: two instances signed"
      case .faultySoftware: "faulty software"
      }
    add(
      OffenceRecord(
        operatorID: fact.node, service: service, offenceClass: offence, key: UInt64(fact.task.rawValue),
        at: fact.at, violated: true, culpable: why == .intent, observable: isSeen,
        evidenceAt: isSeen ? fact.at : nil, dueWei: 0, cause: words))
  }

  func add(_ offence: OffenceRecord) {
    let key = OffenceKey(
      operatorID: offence.operatorID, service: offence.service, offence: offence.offenceClass,
      key: offence.key)
    guard offenceIndex[key] == nil else { return }
    offenceIndex[key] = offences.count
    offences.append(offence)
  }

  /// A fault came into force: the engine says what it applies, when it does.
  public func began(_ fault: Fault, _ now: Instant) {
    troubles.append(Trouble(fault: fault, from: now, until: nil))
    rows.faults.append(row(of: troubles[troubles.count - 1]))
    switch fault.kind {
    case .partition(let sides): availability.cut(fault.id, sides: sides, at: now)
    case .oneWay(let sides): availability.cut(fault.id, sides: sides, isOneWay: true, at: now)
    default: break
    }
  }

  /// It ended.
  public func ended(_ fault: Fault, _ now: Instant) {
    if let k = troubles.lastIndex(where: { $0.fault.id == fault.id && $0.until == nil }) {
      troubles[k].until = now
      rows.faults.append(row(of: troubles[k]))
    }
    availability.mend(fault.id, at: now)
  }

  /// The faults that came into force, in that order, with their ends as they were.
  public var faultRows: [FaultRow] { troubles.map { row(of: $0) } }

  private func row(of trouble: Trouble) -> FaultRow {
    let fault = trouble.fault
    let place = Int(fault.id) < faultPlaces.count ? faultPlaces[Int(fault.id)] : ""
    return FaultRow(
      id: Int(fault.id), kind: fault.name, place: place, at: trouble.from, healedAt: trouble.until)
  }

  /// The chain went on alone until then: faults that were to end by then have ended.
  func endFaults(by instant: Instant) {
    for k in troubles.indices where troubles[k].until == nil {
      guard let end = troubles[k].fault.until, end <= instant else { continue }
      troubles[k].until = max(end, troubles[k].from)
      rows.faults.append(row(of: troubles[k]))
    }
  }

  /// Deliveries of a message count when what could have been delivered of it does. Nodes tell by clocks of their own.
  private func count(_ delivered: Delivered) {
    if delivered.end <= audited { firstDeliveries += delivered.nodes } else { early.append(delivered) }
  }

  /// The traffic has ended: what still had time to arrive counts among the deliveries that nobody could expect.
  func closeAudit() {
    for message in underWay[underWayHead...] where isMeasured(message.at) {
      unreachableDeliveries += subscribers[message.service.index].count - 1
    }
    underWay.removeAll()
    underWayHead = 0
    early.removeAll()
  }

  /// Counts what could have been delivered of the messages whose lifetime has ended by `now`.
  public func audit(_ now: Instant) {
    audited = max(audited, now)
    for delivered in early where delivered.end <= now { firstDeliveries += delivered.nodes }
    early.removeAll { $0.end <= now }
    while underWayHead < underWay.count {
      let message = underWay[underWayHead]
      let end = message.at + lifetime
      guard end <= now else { break }
      underWayHead += 1
      let all = subscribers[message.service.index]
      let overlapping = availability.partitions(from: message.at, until: end)
      var expected = 0
      for node in all where node != message.publisher {
        if availability.reaches(message.publisher, node, from: message.at, until: end, overlapping) {
          expected += 1
        }
      }
      if isMeasured(message.at) {
        expectedDeliveries += expected
        unreachableDeliveries += all.count - 1 - expected
      }
      let members = deployment.services[message.service.index].members
      if let member = members.firstIndex(of: message.publisher) {
        duties[duty(message.task, UInt64(member))].expected += UInt32(expected)
      }
    }
    if underWayHead > 4_096, underWayHead * 2 > underWay.count {
      underWay.removeFirst(underWayHead)
      underWayHead = 0
    }
  }
}
