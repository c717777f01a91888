// Slashing cases from opening to end. The court knows time, rules and who asked; the ledger does the slashing.

public import AVS
public import Basics

/// Where a case stands.
public enum CaseState: Sendable, Equatable {
  /// In its dispute or veto window, or waiting for execution.
  case open
  case executed
  case vetoed
  /// A dispute showed that the evidence does not hold.
  case dismissed
  /// It could not be executed: the operator was not slashable any more.
  case expired
}

/// One case.
public struct SlashingCase: Sendable, Equatable {
  public let id: CaseID
  public let accusation: Accusation
  public let rule: SlashingRule
  public let openedAt: Instant
  /// Disputes count before this instant (exclusive).
  public let disputeEnds: Instant
  /// Vetoes count from `disputeEnds` (inclusive) to this instant (exclusive); equal when the rule has no veto.
  public let vetoEnds: Instant
  /// Execution is due from here on: windows over, and the opening block final.
  public let executableAt: Instant
  public internal(set) var state = CaseState.open
}

/// All cases of a run.
///
/// One case for each (operator, service, class, task or window): evidence for the same thing again is a duplicate,
/// whatever became of the first case. So nobody is slashed twice for one offence.
public struct Court: Sendable {
  struct Key: Hashable {
    var service: ServiceID
    var node: NodeID
    var offence: OffenceClass
    var subject: CaseSubject
  }

  public private(set) var cases: [SlashingCase] = []
  public private(set) var openCount = 0
  private var index: [Key: CaseID] = [:]
  private let plant: PlantedDefect?

  /// - Parameter plant: a defect put in on purpose; nil: none.
  public init(plant: PlantedDefect? = nil) { self.plant = plant }

  private func key(_ accusation: Accusation) -> Key {
    Key(
      service: accusation.service, node: accusation.operatorNode, offence: accusation.offence,
      subject: plant == .evidenceUnbound && accusation.evidence != nil
        ? .task(TaskID(0)) : accusation.subject)
  }

  /// The case about the same thing, if there is one.
  public func existing(_ accusation: Accusation) -> CaseID? { index[key(accusation)] }

  /// Opens a case; there must be none about the same thing.
  /// Effects: the case is open; whoever may dispute or veto it can. Errors: none; see `existing`.
  public mutating func open(
    _ accusation: Accusation, rule: SlashingRule, at: Instant, finalAt: Instant
  ) -> SlashingCase {
    let id = CaseID(cases.count)
    let disputeEnds = at + rule.dispute
    let vetoEnds = rule.veto.map { disputeEnds + $0.window } ?? disputeEnds
    let opened = SlashingCase(
      id: id, accusation: accusation, rule: rule, openedAt: at, disputeEnds: disputeEnds, vetoEnds: vetoEnds,
      executableAt: plant == .disputeSkipped ? finalAt : max(vetoEnds, finalAt))
    let previous = index.updateValue(id, forKey: key(accusation))
    precondition(previous == nil, "a second case about the same thing")
    cases.append(opened)
    openCount += 1
    return opened
  }

  private func openCase(_ id: CaseID) throws(CaseActionRefusal) -> SlashingCase {
    guard id.index < cases.count else { throw .unknownCase(id) }
    guard cases[id.index].state == .open else { throw .closed(id) }
    return cases[id.index]
  }

  /// Cancels a case for its resolver. Effects: the case is closed as vetoed; nothing is slashed for it any more.
  /// Errors, in order: unknownCase, closed, noVeto, notResolver, outsideVetoWindow. Changes nothing when it throws.
  public mutating func veto(_ id: CaseID, by node: NodeID, at: Instant) throws(CaseActionRefusal) {
    let found = try openCase(id)
    guard let veto = found.rule.veto else { throw .noVeto }
    guard veto.resolver == node else { throw .notResolver(veto.resolver) }
    guard at >= found.disputeEnds, at < found.vetoEnds else {
      throw .outsideVetoWindow(start: found.disputeEnds, end: found.vetoEnds)
    }
    close(id, as: .vetoed)
  }

  /// Has a case's evidence examined again: `stands` says whether it still holds. Effects: a case whose evidence does not is closed
  /// as dismissed. Errors, in order: unknownCase, closed, disputeWindowOver, evidenceStands. Changes nothing when it throws.
  public mutating func dispute(
    _ id: CaseID, at: Instant, stands: (SlashingCase) -> Bool
  ) throws(CaseActionRefusal) {
    let found = try openCase(id)
    guard at < found.disputeEnds else { throw .disputeWindowOver(end: found.disputeEnds) }
    if stands(found) { throw .evidenceStands }
    close(id, as: .dismissed)
  }

  /// Ends an open case. Requires: it is open, and `state` is an end.
  /// Effects: it can be neither disputed, vetoed nor executed any more, and weighs in correlated penalties only if executed.
  public mutating func close(_ id: CaseID, as state: CaseState) {
    precondition(cases[id.index].state == .open)
    precondition(state != .open)
    cases[id.index].state = state
    openCount -= 1
    if plant == .caseReopened { index[key(cases[id.index].accusation)] = nil }
  }

  /// The share of the allocation that a case takes, as things stand: at least 1, at most WAD.
  ///
  /// Correlated: guilty stake is that of every operator with an open or executed case of the same service and class
  /// whose offence lies within the rule's window of this one, before or after, each operator once with its largest
  /// stake; as a share of the operator set's stake at this offence. Rounds down.
  public func penalty(of id: CaseID) -> UInt64 {
    let found = cases[id.index]
    switch found.rule.penalty {
    case .fixed(let share): return share
    case .proportional(let maximum):
      return max(1, UInt64(mulWad(UInt128(maximum), UInt128(found.accusation.severityWad))))
    case .correlated(let base, let multiplier, let window):
      let guilty = guiltyStake(found, window)
      return Self.correlatedPenalty(
        baseWad: base, multiplier: multiplier, guilty: guilty, total: found.accusation.totalStake)
    }
  }

  /// min(WAD, max(base, multiplier * guilty / total)), at least 1.
  /// Rounding: down, as shares of stake; the 1 at the end keeps a penalty from being nothing.
  public static func correlatedPenalty(
    baseWad: UInt64, multiplier: UInt64, guilty: UInt128, total: UInt128
  ) -> UInt64 {
    let (scaled, overflow) = guilty.multipliedReportingOverflow(by: UInt128(multiplier))
    if overflow || scaled >= total { return UInt64(wad) }
    return max(1, baseWad, UInt64(mulDiv(scaled, wad, total)))
  }

  /// The stake accused of the class of this case, within a span around its offence, and the set's; see `penalty`.
  public func accusedStake(around id: CaseID, within: TimeSpan) -> (accused: UInt128, total: UInt128) {
    (guiltyStake(cases[id.index], within), cases[id.index].accusation.totalStake)
  }

  private func guiltyStake(_ one: SlashingCase, _ window: TimeSpan) -> UInt128 {
    var largest: [(node: NodeID, stake: UInt128)] = []
    for other in cases where other.state == .open || other.state == .executed {
      let accusation = other.accusation
      guard accusation.service == one.accusation.service, accusation.offence == one.accusation.offence else {
        continue
      }
      let distance = max(
        accusation.offenceAt - one.accusation.offenceAt, one.accusation.offenceAt - accusation.offenceAt)
      guard distance <= window else { continue }
      if let k = largest.firstIndex(where: { $0.node == accusation.operatorNode }) {
        largest[k].stake = max(largest[k].stake, accusation.stake)
      } else {
        largest.append((accusation.operatorNode, accusation.stake))
      }
    }
    return largest.reduce(0) { $0 + $1.stake }
  }
}
