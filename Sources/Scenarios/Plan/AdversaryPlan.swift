// Who misbehaves, how, from when. Ground truth is recorded where it happens; this only says what shall happen.

public import Basics

/// A group of operators that misbehave together.
public struct AdversaryPlan: Sendable, Equatable, Codable {
  public var who: Who
  public var behaviour: Behaviour
  /// From this instant, until that one (nil: to the end).
  public var from: TimeSpan
  public var until: TimeSpan?
  /// Probability that the behaviour shows, drawn for each task.
  public var probability: Share
  /// Names the draw behind a count or share. Nil: who and how name it, so that removing one group changes no other.
  public var draw: UInt64?

  public struct Who: Sendable, Equatable, Codable {
    public var operators: Selection
    /// Only in these services, by name; nil: in all that they serve.
    public var services: [String]?
  }

  /// Which operators.
  public enum Selection: Sendable, Equatable, Codable {
    /// So many, drawn by the seed.
    case count(Int)
    /// These, by number from zero.
    case list([Int])
    /// This share of all operators, drawn by the seed.
    case share(Share)
    /// Drawn by the seed until their stake reaches this share of all stake.
    case byStake(Share)
  }

  /// What they do instead of what the protocol asks.
  public enum Behaviour: Sendable, Equatable, Codable {
    /// Receives the task, signs nothing.
    case silent
    /// Publishes so long after it would have.
    case late(by: TimeSpan)
    /// Signs a second, different payload. Disjoint: `share` of its peers get the second and only that one; openly:
    /// everybody gets both.
    case equivocate(Manner, share: Share)
    /// Signs a result that contradicts the fact.
    case invalidResult
  }

  public enum Manner: String, CaseIterable, Sendable, Codable {
    case disjoint, openly
  }

  /// DESIGN.md's further names: refused with the reason, not silently ignored.
  static let absent = [
    "surround", "lazyCopy", "wrongQuorum", "withhold", "censor", "degrade", "invalidSignature", "impersonate",
    "replay",
    "spam", "ihaveFlood", "iwantFlood", "graftSpam", "sybil", "eclipse", "coldBoot", "covertFlash",
    "aggregatorWithholding", "forgedEvidence", "griefing", "vetoAbuse", "maliciousService",
  ]
}

extension AdversaryPlan {
  init(_ o: ObjectReader) {
    who = o.needed(
      "who", "write {operators: COUNT | LIST | SHARE | {byStake: SHARE}}",
      placeholder: Who(operators: .count(1), services: nil)
    ) {
      $0.object { Who($0) }
    }
    behaviour = o.needed("do", "write silent, late, equivocate or invalidResult", placeholder: .silent) {
      Behaviour.read($0)
    }
    from = o.value("from", "when it begins", or: .zero) { $0.duration() }
    until = o.optional("until", "when it ends; absent: never") { $0.duration() }
    probability = o.value("probability", "probability that it shows, for each task", or: .whole) {
      $0.share()
    }
    draw = o.optional("draw", "names the draw behind a count or share; absent: the entry itself names it") {
      $0.seed()
    }
    let plan = self
    o.afterwards("who") { scenario in scenario.wrong(plan.who.operators, in: plan.who.services) }
    o.afterwards("who") { scenario in
      guard
        let name = plan.who.services?.first(where: { name in !scenario.services.contains { $0.name == name } }
        )
      else { return nil }
      let names = scenario.services.map(\.name)
      let hint = nearest(name, in: names).map { " (did you mean '\($0)'?)" } ?? ""
      return
        "there is no service '\(clip(name))'\(hint); services: \(names.prefix(20).joined(separator: ", "))"
    }
    o.afterwards("from") { scenario in
      plan.from >= scenario.duration
        ? "\(plan.from) is after the last task; the duration is \(scenario.duration)" : nil
    }
    if let until, until <= from { o.mistake("until", "\(until) is not after from, \(from)") }
  }
}

extension AdversaryPlan.Who {
  init(_ o: ObjectReader) {
    operators = o.needed(
      "operators", "write a count, a list of operator numbers, a share, or {byStake: SHARE}",
      placeholder: .count(1)
    ) {
      AdversaryPlan.Selection.read($0)
    }
    services = o.optional("services", "only in these services, by name") {
      $0.list(1...65_535) { $0.string() }
    }
  }
}

extension AdversaryPlan.Selection {
  static func read(_ value: ValueReader) -> Self? {
    value.forms(
      scalar: { v in
        v.countOrShare(least: 1).map {
          switch $0 {
          case .count(let n): .count(n)
          case .share(let share): .share(share)
          }
        }
      },
      list: { $0.list(1...1_000_000) { $0.integer(0...1_000_000) }.map { .list($0) } },
      mapping: { o in
        o.exactlyOne(
          "selection",
          [
            .init("byStake", "operators holding this share of all stake") {
              $0.share(Share(wad: 1) ... .whole).map { .byStake($0) }
            }
          ])
      }, expected: "a count, a share, a list of operator numbers, or {byStake: SHARE}")
  }
}

extension AdversaryPlan.Behaviour {
  static func read(_ value: ValueReader) -> Self? {
    value.forms(
      scalar: { v in
        v.word(["silent", "late", "equivocate", "invalidResult"], absent: AdversaryPlan.absent).flatMap {
          word in
          switch word {
          case "silent": return .silent
          case "late":
            v.mistake("'late' needs its delay; write {late: {by: 5s}}")
            return nil
          case "equivocate": return .equivocate(.disjoint, share: .percent(50))
          default: return .invalidResult
          }
        }
      },
      mapping: { o in
        o.exactlyOne(
          "behaviour",
          [
            .init("late", "publishes later than it would have") { v in
              v.object { o in
                .late(by: o.needed("by", "write a duration", placeholder: .zero) { $0.duration() })
              }
            },
            .init("equivocate", "signs two different payloads for one task") { v in
              v.forms(
                scalar: { $0.choice(AdversaryPlan.Manner.self).map { .equivocate($0, share: .percent(50)) } },
                mapping: { o in
                  .equivocate(
                    o.value("manner", "to disjoint peers, or openly to all", or: .disjoint) { $0.choice() },
                    share: o.value(
                      "share", "share of its peers that get the second payload (disjoint)", or: .percent(50)
                    ) {
                      $0.share(Share(wad: 1) ... .whole)
                    })
                }, expected: "disjoint, openly, or {manner, share}")
            },
          ], absent: AdversaryPlan.absent)
      },
      expected: "silent, equivocate, invalidResult, {late: {by: DURATION}} or {equivocate: disjoint | openly}"
    )
  }
}

/// A number of things, or a part of all.
public enum CountOrShare: Sendable, Equatable, Codable {
  case count(Int)
  case share(Share)
}

extension ValueReader {
  func countOrShare(least: Int, most: Int = 1_000_000) -> CountOrShare? {
    let share = QuantityKind.share
    let schema = JSONText.object([
      "anyOf": .array([
        .object(["type": .string("integer"), "minimum": .integer(least), "maximum": .integer(most)]),
        .object(["type": .string("string"), "pattern": .string(share.pattern)]),
      ])
    ])
    return scalar(
      Allowed(text: "write a count from \(least) to \(most), or a share such as 10%", schema: schema)
    ) {
      (text) throws(QuantityError) in
      if let value = wholeNumber(text) {
        guard value >= Int128(least), value <= Int128(most) else {
          throw QuantityError(reason: "\(clip(text)) is out of range")
        }
        return .count(Int(value))
      }
      let value = try Share(text: text)
      guard value > .zero, value <= .whole else {
        throw QuantityError(reason: "\(clip(text)) is out of range")
      }
      return .share(value)
    }
  }
}
