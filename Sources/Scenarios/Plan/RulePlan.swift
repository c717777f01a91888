// Slashing rules as data of a service: what is an offence, what proves it, what it costs, who may stop it.

public import AVS
public import Basics

/// One slashing rule of a service.
public struct RulePlan: Sendable, Equatable, Codable {
  public var offence: OffenceClass
  public var evidence: EvidencePlan
  /// Objective evidence: how long after the offence it is accepted. Absence: the span over which misses are counted.
  public var window: TimeSpan
  /// Absence: share of the attestations due in the window that must be missing. Unused for objective evidence.
  public var threshold: Share
  /// Attestations that come this much after the response window still count as sent.
  public var grace: TimeSpan
  public var guardRule: GuardPlan
  public var penalty: PenaltyPlan
  /// From the evidence's inclusion until the slash may execute.
  public var dispute: TimeSpan
  public var veto: VetoPlan?
  public var recipient: RecipientPlan
}

/// What proves an offence (`reference` classes: objective, or absence while others signed).
public enum EvidencePlan: String, CaseIterable, Sendable, Codable {
  /// Two attestations that contradict each other, both signed.
  case twoSignatures
  /// One attestation whose result anybody can recompute.
  case recomputation
  /// Attestations that are not in certificates.
  case absence
}

public enum GuardPlan: Sendable, Equatable, Codable {
  case none
  /// Only misses of tasks that at least this share of the service's stake did attest are counted: who is silent while
  /// nobody else was heard either is not guilty.
  case othersSigned(Share)
}

public enum PenaltyPlan: Sendable, Equatable, Codable {
  /// This share of the magnitude allocated to the service.
  case fixed(Share)
  /// `scale` times the missed share of the window (absence), at most `cap`.
  case proportional(scale: Share, cap: Share)
  /// `base + multiplier x share of the service's stake slashed by this rule within window`, at most everything.
  case correlated(base: Share, multiplier: Double, window: TimeSpan)
}

public struct VetoPlan: Sendable, Equatable, Codable {
  /// Name of the committee.
  public var resolver: String
  /// How long it may veto, from the request.
  public var window: TimeSpan
}

public enum RecipientPlan: Sendable, Equatable, Codable {
  case burn
  /// To this account.
  case redistribute(String)
}

extension RulePlan {
  /// Offences that this version has rules for, and their evidence.
  static let evidenceOf: [(OffenceClass, EvidencePlan)] = [
    (.equivocation, .twoSignatures), (.surround, .twoSignatures), (.invalidResult, .recomputation),
    (.liveness, .absence), (.late, .absence),
  ]

  /// Defaults for an offence: the suggestions of the literature on AVS slashing.
  init(_ offence: OffenceClass) {
    let evidence = Self.evidenceOf.first { $0.0 == offence }?.1 ?? .twoSignatures
    let isAbsence = evidence == .absence
    self.init(
      offence: offence, evidence: evidence, window: isAbsence ? .seconds(600) : .seconds(14 * 86_400),
      threshold: .percent(50), grace: .zero, guardRule: isAbsence ? .othersSigned(.percent(67)) : .none,
      penalty: .fixed(
        offence == .invalidResult
          ? .percent(25) : isAbsence ? Share(wad: Share.one / 1_000) : .percent(50)),
      dispute: .seconds(3 * 86_400), veto: nil, recipient: .burn)
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
    let names = Self.evidenceOf.map { $0.0.rawValue }
    let others = OffenceClass.allCases.map(\.rawValue).filter { !names.contains($0) }
    let offence = o.needed("offence", "write \(alternatives(names))", placeholder: OffenceClass.equivocation)
    {
      $0.word(names, absent: others).flatMap { OffenceClass(rawValue: $0) }
    }
    let start = base.first { $0.offence == offence } ?? RulePlan(offence)
    self = start
    evidence = o.value("evidence", "what proves it; follows from the offence", or: start.evidence) {
      $0.choice()
    }
    if evidence != start.evidence {
      o.mistake(
        "evidence", "\(offence.rawValue) is proved by \(start.evidence.rawValue), not by \(evidence.rawValue)"
      )
    }
    window = o.value(
      "window", "objective: how long evidence is accepted; absence: span in which misses count",
      or: start.window
    ) {
      $0.duration(.milliseconds(1) ... .century)
    }
    threshold = o.value(
      "threshold", "absence: missed share of the window that is an offence", or: start.threshold
    ) {
      $0.share(Share(wad: 1) ... .whole)
    }
    grace = o.value("grace", "absence: lateness beyond the response window that is forgiven", or: start.grace)
    { $0.duration() }
    guardRule = o.value("guard", "absence: none, or {othersSigned: SHARE}", or: start.guardRule) {
      GuardPlan.read($0)
    }
    penalty = o.value("penalty", "what it costs, as part of the allocated magnitude", or: start.penalty) {
      PenaltyPlan.read($0)
    }
    dispute = o.value("dispute", "from the evidence's inclusion to execution", or: start.dispute) {
      $0.duration()
    }
    veto =
      o.optional("veto", "a committee that may cancel the slash") { $0.object { VetoPlan($0) } } ?? start.veto
    recipient = o.value("recipient", "burn, or {redistribute: ACCOUNT}", or: start.recipient) {
      RecipientPlan.read($0)
    }
    if start.evidence != .absence {
      for key in ["threshold", "grace", "guard"] where o.has(key) {
        o.mistake(
          key,
          "means nothing for \(offence.rawValue), whose evidence is \(start.evidence.rawValue); remove it")
      }
      if case .proportional = penalty {
        o.mistake(
          "penalty",
          "proportional needs a missed share; \(offence.rawValue) has none: write fixed or correlated")
      }
    }
  }
}

extension VetoPlan {
  init(_ o: ObjectReader) {
    resolver = o.needed("resolver", "write the committee's name", placeholder: "committee") {
      $0.string(
        "write letters, digits, '.', '_' or '-'", pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$",
        accepts: isName)
    }
    window = o.needed("window", "write a duration", placeholder: .zero) { $0.duration() }
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
            .init("othersSigned", "count only tasks that this share of stake did attest") {
              $0.share(Share(wad: 1) ... .whole).map { .othersSigned($0) }
            }
          ])
      }, expected: "none, or {othersSigned: SHARE}")
  }
}

extension PenaltyPlan {
  static func read(_ value: ValueReader) -> PenaltyPlan? {
    value.forms(
      scalar: { $0.share().map { .fixed($0) } },
      mapping: { o in
        o.exactlyOne(
          "penalty",
          [
            .init("fixed", "this share of the allocated magnitude") { $0.share().map { .fixed($0) } },
            .init("proportional", "scale times the missed share, at most cap") { v in
              v.object { o in
                .proportional(
                  scale: o.needed("scale", "write a share", placeholder: .zero) { $0.share() },
                  cap: o.value("cap", "at most this", or: .whole) { $0.share() })
              }
            },
            .init("correlated", "base plus multiplier times the stake slashed within the window") { v in
              v.object { o in
                .correlated(
                  base: o.value("base", "at least this", or: .zero) { $0.share() },
                  multiplier: o.needed("multiplier", "write a number", placeholder: 3) {
                    $0.number(0...1_000)
                  },
                  window: o.needed("window", "write a duration", placeholder: .zero) {
                    $0.duration(.milliseconds(1) ... .century)
                  })
              }
            },
          ])
      }, expected: "a share, or one of fixed, proportional, correlated")
  }
}

extension RecipientPlan {
  static func read(_ value: ValueReader) -> RecipientPlan? {
    value.forms(
      scalar: { v in v.word(["burn"]).map { _ in .burn } },
      mapping: { o in
        o.exactlyOne(
          "recipient",
          [
            .init("redistribute", "to this account") { v in
              v.string(
                "write letters, digits, '.', '_' or '-'", pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$",
                accepts: isName
              )
              .map { .redistribute($0) }
            }
          ])
      }, expected: "burn, or {redistribute: ACCOUNT}")
  }
}
