// Resolvers: of vaults, whether a request that waits in the veto window is cancelled, and of services' rules, whether a case is
// (`resolve`). An honest one looks at the case with what it has itself; the others do not look. It acts in the last moment of its
// window, when it knows most.
//
// What an honest resolver has: the evidence of the case, which it examines again with all that became known since; the service's
// rules; and the attestations that reached an aggregator in time, which it heard as they did. So it cancels what an aggregator
// that leaves somebody out brings about, and what a service asks for without a rule. It does not excuse: an operator that was
// cut off or down did not do its duty, and the vault pays.

import AVS
public import Basics
import Contracts

/// Why a resolver cancelled a request.
public enum VetoReason: String, Sendable, CaseIterable {
  /// The evidence does not show any more what it showed.
  case evidenceFails
  /// No rule of the service is behind the case.
  case noRule
  /// The attestations that are said to be missing were heard in time.
  case attestationsHeard
  /// The resolver is captured: it looks at nothing.
  case captured
  /// Chance, as the scenario asks.
  case chance
}

/// Attestations heard in time, for resolvers that look. Bounded by the number of duties.
struct Hearing: Sendable {
  /// By service: whether a resolver that looks could need them.
  let listens: [Bool]
  private var heard: Set<UInt64> = []

  init(_ configuration: CoordinatorConfiguration) {
    listens = configuration.services.indices.map { index in
      let isRecord = configuration.services[index].rules.contains {
        $0.offence == .late || $0.offence == .liveness
      }
      guard isRecord else { return false }
      return configuration.services[index].rules.contains { $0.veto?.examines == true }
        || configuration.vaults.contains {
          guard case .veto(_, .honest) = $0.slasher else { return false }
          return $0.services.contains(ServiceID(index))
        }
    }
  }

  private func key(_ task: TaskID, _ member: Int) -> UInt64 { UInt64(task.rawValue) << 20 | UInt64(member) }
  mutating func hear(_ task: TaskID, _ member: Int) { heard.insert(key(task, member)) }
  func hasHeard(_ task: TaskID, _ member: Int) -> Bool { heard.contains(key(task, member)) }
}

extension Coordinator {
  /// Whether any resolver needs `hear`.
  public var hasListeners: Bool { state.hearing.listens.contains(true) }

  /// The valid attestation of `member` for `task` was in time in an aggregator's hands, and in those of resolvers.
  public mutating func hear(_ task: TaskID, of service: ServiceID, member: Int) {
    if state.hearing.listens[service.index] { state.hearing.hear(task, member) }
  }
}

extension CoordinatorState {
  /// Whether the resolver of a vault cancels a request, and why; nil: it lets it pass.
  func vetoReason(vault index: Int, request: Int, at: Instant, block: BlockNumber) -> VetoReason? {
    guard case .veto(_, let resolver) = vaults[index].configuration.slasher else { return nil }
    switch resolver {
    case .absent: return nil
    case .captured: return .captured
    case .chance(let bips):
      let bits = HashRandom(seed: configuration.seed, .blockProposal).bits(4, UInt64(index), UInt64(request))
      return scale(bits, 10_000) < bips ? .chance : nil
    case .honest: return injustice(court.cases[vaults[index].cases[request].index], at: at, block: block)
    }
  }

  /// What an honest resolver finds wrong with a case; nil: nothing.
  func injustice(_ found: SlashingCase, at: Instant, block: BlockNumber) -> VetoReason? {
    let accusation = found.accusation
    let service = services[accusation.service.index]
    guard let rule = service.rule(for: accusation.offence) else { return .noRule }
    if let evidence = accusation.evidence {
      return examination(at: at, block: block).stands(evidence) ? nil : .evidenceFails
    }
    switch (accusation.offence, accusation.subject) {
    case (.late, .task(let task)):
      return hearing.hasHeard(task, accusation.member) ? .attestationsHeard : nil
    case (.liveness, .window(let number)):
      return wasAlive(accusation.member, in: number, of: service, rule) ? .attestationsHeard : nil
    default: return nil
    }
  }

  /// Whether the rule would find no breach if the attestations heard in time counted, certified or not.
  private func wasAlive(
    _ member: Int, in window: UInt32, of service: ServiceBook, _ rule: SlashingRule
  ) -> Bool {
    var (duties, heard): (UInt64, UInt64) = (0, 0)
    for record in tasks.records(of: service.id)
    where record.dueAt.nanoseconds / rule.window.nanoseconds == UInt64(window) {
      if rule.guardShareBips != nil, tasks.state(record.task) != .certified { continue }
      if let table = service.stake.table(at: record.referenceBlock), table.weight(of: member) == 0 {
        continue
      }
      duties += 1
      if hearing.hasHeard(record.task, member) { heard += 1 }
    }
    return duties > 0 && (duties - heard) * 10_000 <= rule.thresholdBips * duties
  }
}
