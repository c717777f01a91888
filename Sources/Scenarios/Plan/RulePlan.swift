// Slashing rules as data of a service: what is an offence, what proves it, what it costs, who may stop it. Meanings are
// those of `Contracts.SlashingRule`; a key that a rule would ignore is a mistake.

public import AVS
public import Basics
public import Contracts

/// One slashing rule of a service.
public struct RulePlan: Sendable, Equatable, Codable {
  public var offence: OffenceClass
  public var evidence: EvidenceKind
  /// Evidence counts until this long after the task fell due. Liveness: the length of the measured window.
  public var window: TimeSpan
  /// Liveness: the share of duties that may be missed, in whole bips; more is an offence.
  public var threshold: Share
  /// Liveness: a breach counts only if the operator is still in breach this long afterwards.
  public var grace: TimeSpan
  public var guardRule: GuardPlan
  public var penalty: PenaltyPlan
  /// Time for disputes after a case is opened.
  public var dispute: TimeSpan
  public var veto: VetoPlan?
  /// Intersubjective evidence: what makes one token of the fork the only one.
  public var fork: ForkPlan?
  /// Where what the rule takes goes; nil: where the service sends all that it slashes. How a set of one recipient comes to
  /// have several: `Contracts.SlashingRule.recipient`.
  public var recipient: RecipientPlan?
}

public struct ForkPlan: Sendable, Equatable, Codable {
  /// Share of the stake that decides.
  public var cohesion: Share
}

public enum GuardPlan: Sendable, Equatable, Codable {
  case none
  /// Misses count only when the others together signed at least this share of their stake over the window.
  case othersSigned(Share)
}

public enum PenaltyPlan: Sendable, Equatable, Codable {
  /// This share of the magnitude allocated to the service.
  case fixed(Share)
  /// `maximum` times the measured severity: for liveness the share of duties missed, 1 for every other class.
  case proportional(maximum: Share)
  /// min(1, max(base, multiplier x s)), s the share of the set's stake guilty of the class within `window`.
  case correlated(base: Share, multiplier: Int, window: TimeSpan)
}

public struct VetoPlan: Sendable, Equatable, Codable {
  /// The node that may cancel a case, by number or name.
  public var resolver: String
  /// Length of the veto window, which follows the dispute window.
  public var window: TimeSpan
  /// The resolver vetoes when so much of the set's stake is accused of the class at once; nil: never.
  public var mass: Share?
  /// What the resolver looks at besides, unless it is captured.
  public var looks: Look

  public enum Look: String, CaseIterable, Sendable, Codable {
    /// Each case, with the evidence and the attestations that it heard itself.
    case evidence
    /// Nothing.
    case nothing
  }
}

extension RulePlan {
  /// Offences that a rule can name.
  static let offences = OffenceClass.allCases.filter { SlashingRule.evidence(for: $0) != nil }

  /// Defaults for an offence, the suggestions of the literature on slashing by services. Requires an offence that
  /// evidence can prove.
  init(_ offence: OffenceClass) {
    let isLiveness = offence == .liveness
    let penalty: Share =
      switch offence {
      case .liveness, .late: Share(wad: Share.one / 1_000)
      case .lazyCopy: .percent(10)
      case .griefing: .percent(1)
      case .invalidResult: .percent(25)
      case .forgedEvidence: .percent(1)
      default: .percent(50)
      }
    self.init(
      offence: offence, evidence: SlashingRule.evidence(for: offence) ?? .twoAttestations,
      window: isLiveness ? .seconds(600) : .seconds(14 * 86_400),
      threshold: isLiveness ? .percent(50) : .zero,
      grace: .zero, guardRule: isLiveness || offence == .late ? .othersSigned(.percent(67)) : .none,
      penalty: .fixed(penalty),
      dispute: .seconds(3 * 86_400), veto: nil, fork: nil, recipient: nil)
  }

  /// The rules under `rules:`. A rule of `base` with the same offence lends its values to the keys left out.
  static func list(_ o: ObjectReader, base: [RulePlan]) -> [RulePlan] {
    var rules = base
    var written: [OffenceClass] = []
    _ = o.list("rules", "slashing rules", 0...64) { item -> Bool? in
      item.object { r in
        let rule = RulePlan(r, base: base)
        if written.contains(rule.offence), r.has("offence") {
          r.mistake("offence", "a second rule for \(rule.offence.rawValue); one a service")
        }
        written.append(rule.offence)
        if let index = rules.firstIndex(where: { $0.offence == rule.offence }) {
          rules[index] = rule
        } else {
          rules.append(rule)
        }
        return true
      }
    }
    return rules
  }

  private init(_ o: ObjectReader, base: [RulePlan]) {
    let names = Self.offences.map(\.rawValue)
    let others = OffenceClass.allCases.map(\.rawValue).filter { !names.contains($0) }
    let offence = o.needed("offence", "write \(alternatives(names))", placeholder: OffenceClass.equivocation)
    {
      $0.word(names, absent: others).flatMap { OffenceClass(rawValue: $0) }
    }
    let start = base.first { $0.offence == offence } ?? RulePlan(offence)
    self = start
    let evidence = o.value(
      "evidence", "what proves it; follows from the offence. objective: whatever on chain proves it",
      or: start.evidence
    ) { v in
      v.word(EvidenceKind.allCases.map(\.rawValue) + ["objective"]).flatMap { word -> EvidenceKind? in
        if let kind = EvidenceKind(rawValue: word) { return kind }
        let kind = SlashingRule.evidence(for: offence)
        if kind == .intersubjective {
          v.mistake("nothing on chain proves \(offence.rawValue); write intersubjective")
          return nil
        }
        return kind
      }
    }
    if evidence == .intersubjective, offence == .wrongQuorum || offence == .withholding {
      self.evidence = evidence
    } else if evidence != start.evidence {
      o.mistake(
        "evidence", "\(offence.rawValue) is proved by \(start.evidence.rawValue), not by \(evidence.rawValue)"
      )
    }
    window = o.value(
      "window", "how long evidence counts after the task fell due; liveness: the measured window",
      or: start.window
    ) {
      $0.duration(.milliseconds(1) ... .century)
    }
    threshold = o.value("threshold", "liveness: share of duties that may be missed", or: start.threshold) {
      $0.wholeBips(.zero...Share(wad: Share.one - Share.bip))
    }
    grace = o.value(
      "grace", "liveness: a breach counts if it still holds this long afterwards", or: start.grace
    ) { $0.duration() }
    guardRule = o.value("guard", "liveness: none, or {othersSigned: SHARE}", or: start.guardRule) {
      GuardPlan.read($0)
    }
    penalty = o.value("penalty", "what it costs, as part of the allocated magnitude", or: start.penalty) {
      PenaltyPlan.read($0)
    }
    dispute = o.value("dispute", "time for disputes after a case is opened", or: start.dispute) {
      $0.duration()
    }
    veto =
      o.optional("veto", "who may cancel a case after the dispute window, and until when") {
        $0.object { VetoPlan($0) }
      } ?? start.veto
    recipient =
      o.optional(
        "recipient", "where what it takes goes: burn, or {redistribute: ACCOUNT}; absent: the service's"
      ) {
        RecipientPlan.read($0)
      } ?? start.recipient
    readFork(o)
    if offence != .liveness {
      for key in ["threshold", "grace"] where o.has(key) {
        o.mistake(key, "has a meaning for liveness only; remove it")
      }
      if offence != .late, o.has("guard") {
        o.mistake("guard", "has a meaning for liveness and late only; remove it")
      }
    }
  }
}

extension RulePlan {
  /// What a rule needs whose evidence no contract can judge, and what it cannot have.
  private mutating func readFork(_ o: ObjectReader) {
    let usual = ForkPlan(cohesion: .percent(80))
    let written = o.optional("fork", "intersubjective evidence: how the holders decide") { value in
      value.object { f in
        ForkPlan(
          cohesion: f.value(
            "cohesion", "share of the stake not accused that makes one token the only one",
            or: usual.cohesion
          ) { $0.wholeBips(Share(wad: Share.one / 2 + Share.bip) ... .whole) })
      }
    }
    guard evidence == .intersubjective else {
      if written != nil { o.mistake("fork", "has a meaning with evidence: intersubjective only; remove it") }
      return
    }
    fork = written ?? fork ?? usual
    if veto != nil { o.mistake("veto", "the holders decide what no contract can judge; remove it") }
    if dispute == .zero { o.mistake("dispute", "in 0s nobody can take a side; write a time above zero") }
    if case .fixed = penalty {} else { o.mistake("penalty", "a fork takes a fixed share; write one") }
  }
}

extension VetoPlan {
  init(_ o: ObjectReader) {
    resolver = o.needed("resolver", "write the number or name of a node", placeholder: "0") { v in
      v.string("write the number or name of a node").flatMap { name in
        v.afterwards { scenario in
          scenario.nodeIndex(named: name) == nil ? "'\(clip(name))' is no node; \(scenario.nodeNames)" : nil
        }
        return name
      }
    }
    window = o.needed("window", "write a duration", placeholder: .seconds(1)) {
      $0.duration(.milliseconds(1) ... .century)
    }
    mass = o.optional("mass", "it vetoes when this share of the set's stake is accused of the class at once")
    {
      $0.wholeBips(Share(wad: Share.bip) ... .whole)
    }
    looks = o.value(
      "looks", "evidence: it vetoes what its own evidence shows to be unjust; nothing: by mass alone",
      or: .evidence
    ) { $0.choice() }
  }
}

extension GuardPlan {
  static func read(_ value: ValueReader) -> GuardPlan? {
    value.forms(
      scalar: { v in v.word(["none"]).map { _ in GuardPlan.none } },
      mapping: { o in
        o.exactlyOne(
          "guard",
          [
            .init("othersSigned", "misses count only when the others signed this share of their stake") {
              $0.wholeBips(Share(wad: Share.bip) ... .whole).map { .othersSigned($0) }
            }
          ])
      }, expected: "none, or {othersSigned: SHARE}")
  }
}

extension PenaltyPlan {
  static func read(_ value: ValueReader) -> PenaltyPlan? {
    let some = Share(wad: 1)...Share.whole
    return value.forms(
      scalar: { $0.share(some).map { .fixed($0) } },
      mapping: { o in
        o.exactlyOne(
          "penalty",
          [
            .init("fixed", "this share of the allocated magnitude") { $0.share(some).map { .fixed($0) } },
            .init("proportional", "the maximum, times the severity: liveness: share of duties missed; else 1")
            { v in
              v.share(some).map { .proportional(maximum: $0) }
            },
            .init("correlated", "max(base, multiplier times the stake guilty within the window), at most all")
            { v in
              v.object { o in
                .correlated(
                  base: o.value("base", "at least this", or: .zero) { $0.share() },
                  multiplier: o.needed("multiplier", "write a whole number", placeholder: 3) {
                    $0.integer(1...1_000)
                  },
                  window: o.needed("window", "write a duration", placeholder: .seconds(1)) {
                    $0.duration(.milliseconds(1) ... .century)
                  })
              }
            },
          ])
      }, expected: "a share, or one of fixed, proportional, correlated")
  }
}

extension ValueReader {
  /// A share that is a whole number of bips, as the contracts count.
  func wholeBips(_ range: ClosedRange<Share>) -> Share? {
    guard let value = share(range) else { return nil }
    if value.wad % Share.bip != 0 {
      mistake("\(value) is not a whole number of bips; write a multiple of 0.01%")
      return nil
    }
    return value
  }
}
