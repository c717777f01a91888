// Who misbehaves, how, from when. Ground truth is recorded where it happens; this only says what shall happen.

public import Basics
public import Participants

/// A group of operators that misbehave together.
public struct AdversaryPlan: Sendable, Equatable, Codable {
  public var who: Who
  public var behaviour: Behaviour
  /// From this instant, until that one (nil: to the end).
  public var from: TimeSpan
  public var until: TimeSpan?
  /// Probability that the behaviour shows, drawn for each task.
  public var probability: Share
  /// The members draw together: what shows, shows in all of them in the same tasks.
  public var together: Bool
  /// Only while a fault of this kind is in force: what an attacker can see, and waits for.
  public var during: String?
  /// Only while each of them sees all of this itself: what it heard, whom it is connected to, what the chain told it.
  public var when: [Misconduct.Sight]?
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
    /// These nodes, whatever they are, by number or name: for aggregators and resolvers.
    case nodes([String])
  }

  /// What they do instead of what the protocol asks.
  public enum Behaviour: Sendable, Equatable, Codable {
    /// Receives the task, signs nothing.
    case silent
    /// Publishes so long after it would have.
    case late(by: TimeSpan)
    /// Publishes this much before the response window's end, or after it.
    case lateInside(TimeSpan)
    case latePast(TimeSpan)
    /// Signs a second, different payload. Disjoint: `share` of its peers get the second and only that one; openly:
    /// everybody gets both.
    case equivocate(Manner, share: Share)
    /// Signs a result that contradicts the fact.
    case invalidResult
    /// They agree on one wrong result, and sign it where it can get the quorum; found by its certificate.
    case wrongQuorum
    /// Votes around older votes of its own, reaching back so many epochs.
    case surround(back: Int)
    /// Signs what came with the task, without computing.
    case lazyCopy
    /// Neither signs nor passes on.
    case withhold
    case invalidSignature
    /// Does not pass on what the victims signed.
    case censor([Int])
    /// Passes on this share only.
    case degrade(passes: Share)
    /// Publishes in the victims' names.
    case impersonate([Int])
    /// Publishes so many old attestations again, a task.
    case replay(Int)
    /// Publishes so many copies more of its own, a task.
    case spam(Int)
    /// Announces to each peer so many messages that exist nowhere, a task.
    case ihaveFlood(Int)
    /// Asks each peer so many times for what it has, a task.
    case iwantFlood(Int)
    /// Leaves each peer's mesh and asks to be in it again, so many times a task.
    case graftSpam(Int)
    /// Brings forged evidence against the victims.
    case forgedEvidence([Int])
    /// Brings so many challenges without ground, a task.
    case griefing(Int)
    /// As an aggregator: leaves the victims out; without victims sends nothing.
    case aggregatorWithholding([Int])
    /// As a resolver: vetoes every case.
    case vetoAbuse
    /// The services under `who` slash the operators under `who` without cause, this share of what was allocated to them.
    case maliciousService(Share)
    /// Identities without stake that join the network, instead of operators who misbehave.
    case swarm(SybilPlan)
  }

  public enum Manner: String, CaseIterable, Sendable, Codable {
    case disjoint, openly
  }

  /// Words that need nothing more.
  static let plain = [
    "silent", "equivocate", "invalidResult", "wrongQuorum", "surround", "lazyCopy", "withhold",
    "invalidSignature", "aggregatorWithholding", "vetoAbuse", "maliciousService",
  ]
}

extension AdversaryPlan {
  init(_ o: ObjectReader) {
    let read = o.needed("do", "write silent, late, equivocate or invalidResult", placeholder: .silent) {
      Behaviour.read($0)
    }
    behaviour = read
    let named = o.optional("who", "the operators that misbehave; absent for a swarm, which brings its own") {
      $0.object { Who($0) }
    }
    who = named ?? Who(operators: .list([]), services: nil)
    if case .swarm = read {
      if o.has("who") { o.mistake("who", "a swarm brings its own identities; remove it") }
    } else if !o.has("who") {
      o.lacks("who", "write {operators: COUNT | LIST | SHARE | {byStake: SHARE}}")
    }
    from = o.value("from", "when it begins", or: .zero) { $0.duration() }
    until = o.optional("until", "when it ends; absent: never") { $0.duration() }
    probability = o.value("probability", "probability that it shows, for each task", or: .whole) {
      $0.share()
    }
    together = o.value("together", "a coalition: the probability is drawn for all of them at once", or: false)
    {
      $0.bool()
    }
    during = o.optional("during", "only while a fault of this kind is in force anywhere") {
      $0.word(FaultPlan.simpleNames)
    }
    when = o.optional(
      "when", "only while it sees this itself: pivotal, unwatched, unaccused, or a list of them"
    ) {
      Self.sights($0)
    }
    if when != nil {
      switch read {
      case .swarm, .vetoAbuse, .maliciousService:
        o.mistake("when", "has a meaning for what nodes sign, pass on or accuse; remove it")
      default: break
      }
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
    o.afterwards("do") { scenario in plan.misfit(in: scenario) }
    if let until, until <= from { o.mistake("until", "\(until) is not after from, \(from)") }
  }
}

extension AdversaryPlan {
  /// One word, or a list of them.
  private static func sights(_ value: ValueReader) -> [Misconduct.Sight]? {
    value.forms(
      scalar: { $0.choice(Misconduct.Sight.self).map { [$0] } },
      list: { $0.list(1...Misconduct.Sight.allCases.count) { $0.choice(Misconduct.Sight.self) } },
      expected: "\(alternatives(Misconduct.Sight.allCases.map(\.rawValue))), or a list of them")
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
            },
            .init("nodes", "these nodes, whatever they are, by number or name") { v in
              v.list(1...100_000) { $0.string("write a node's number or name") }.map { .nodes($0) }
            },
          ])
      }, expected: "a count, a share, a list of operator numbers, {byStake: SHARE} or {nodes: [...]}")
  }
}

extension AdversaryPlan.Behaviour {
  static func read(_ value: ValueReader) -> Self? {
    value.forms(
      scalar: { v in
        v.word(AdversaryPlan.plain + AdversaryPlan.needy).flatMap { word in
          switch word {
          case "silent": return .silent
          case "equivocate": return .equivocate(.disjoint, share: .percent(50))
          case "invalidResult": return .invalidResult
          case "wrongQuorum": return .wrongQuorum
          case "surround": return .surround(back: 2)
          case "lazyCopy": return .lazyCopy
          case "withhold": return .withhold
          case "invalidSignature": return .invalidSignature
          case "aggregatorWithholding": return .aggregatorWithholding([])
          case "vetoAbuse": return .vetoAbuse
          case "maliciousService": return .maliciousService(.whole)
          case "late": v.mistake("'late' needs its delay; write {late: {by: 5s}}")
          case "degrade": v.mistake("'degrade' needs a share; write {degrade: {passes: 50%}}")
          case "replay", "spam", "griefing", "ihaveFlood", "iwantFlood", "graftSpam":
            v.mistake("'\(word)' needs a count; write {\(word): {count: 5}}")
          case "sybil", "eclipse", "coldBoot", "covertFlash":
            let attack = SybilPlan.Attack(rawValue: word) ?? .sybil
            v.mistake("'\(word)' needs a count; \(attack.example)")
            return .swarm(SybilPlan(attack: attack, count: 1, dials: 1, victims: .all, passes: .zero))
          default: v.mistake("'\(word)' needs its victims; write {\(word): {victims: [3]}}")
          }
          return nil
        }
      },
      mapping: { o in
        o.exactlyOne(
          "behaviour",
          [
            .init("late", "publishes later than it would have") { v in
              v.object { o in
                o.exactlyOne(
                  "delay",
                  [
                    .init("by", "so long after it would have") { $0.duration().map { .late(by: $0) } },
                    .init("inside", "so long before the response window ends") {
                      $0.duration().map { .lateInside($0) }
                    },
                    .init("past", "so long after it ended") { $0.duration().map { .latePast($0) } },
                  ])
              } ?? nil
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
          ] + AdversaryPlan.victimVariants + AdversaryPlan.countVariants + AdversaryPlan.swarmVariants)
      },
      expected: "one of \(AdversaryPlan.plain.joined(separator: ", ")), or a mapping such as {late: {by: 5s}}"
    )
  }
}

extension AdversaryPlan {
  /// Words that say too little alone.
  static let needy =
    [
      "late", "censor", "degrade", "impersonate", "replay", "spam", "forgedEvidence", "griefing",
      "ihaveFlood", "iwantFlood", "graftSpam",
    ] + SybilPlan.Attack.allCases.map(\.rawValue)

  private static func victims(_ v: ValueReader, _ make: @escaping ([Int]) -> Behaviour) -> Behaviour? {
    v.object { o in
      make(
        o.needed("victims", "write a list of operator numbers", placeholder: [0]) {
          $0.list(1...100_000) { $0.integer(0...999_999) }
        })
    }
  }

  static var victimVariants: [ObjectReader.Variant<Behaviour>] {
    [
      .init("censor", "does not pass on what the victims signed") { v in victims(v) { .censor($0) } },
      .init("impersonate", "publishes in the victims' names") { v in victims(v) { .impersonate($0) } },
      .init("forgedEvidence", "brings forged evidence against the victims") { v in
        victims(v) { .forgedEvidence($0) }
      },
      .init("aggregatorWithholding", "as an aggregator, leaves the victims out of certificates") { v in
        victims(v) { .aggregatorWithholding($0) }
      },
    ]
  }

  private static func count(_ v: ValueReader, _ most: Int, _ make: @escaping (Int) -> Behaviour) -> Behaviour?
  {
    v.object { o in
      make(o.value("count", "so many for each task", or: 1) { $0.integer(1...most) })
    }
  }

  static var countVariants: [ObjectReader.Variant<Behaviour>] {
    [
      .init("replay", "publishes old attestations again") { v in count(v, 1_000) { .replay($0) } },
      .init("spam", "publishes further copies of its own") { v in count(v, 10_000) { .spam($0) } },
      .init("ihaveFlood", "announces to each peer messages that exist nowhere") { v in
        count(v, 1_000) { .ihaveFlood($0) }
      },
      .init("iwantFlood", "asks each peer for what it has") { v in count(v, 1_000) { .iwantFlood($0) } },
      .init("graftSpam", "leaves each peer's mesh and asks to be in it again") { v in
        count(v, 1_000) { .graftSpam($0) }
      },
      .init("griefing", "brings challenges without ground") { v in count(v, 10_000) { .griefing($0) } },
      .init("surround", "votes around older votes of its own") { v in
        v.object { o in
          .surround(back: o.value("back", "epochs that it reaches back", or: 2) { $0.integer(2...4_000) })
        }
      },
      .init("degrade", "passes on a part of what it should") { v in
        v.object { o in
          .degrade(
            passes: o.needed("passes", "write the share that it passes on", placeholder: .whole) {
              $0.share()
            })
        }
      },
      .init("maliciousService", "slashes without cause") { v in
        v.object { o in
          .maliciousService(
            o.value("share", "share of what was allocated to the service", or: .whole) {
              $0.share(Share(wad: 1) ... .whole)
            })
        }
      },
    ]
  }

  /// Why the behaviour cannot show in this scenario; nil when it can.
  func misfit(in scenario: Scenario) -> String? {
    let served = scenario.services.filter { who.services?.contains($0.name) ?? true }
    func victim(_ list: [Int]) -> String? {
      list.first { $0 >= scenario.operators.count }.map {
        "there is no operator \($0); operators are numbered 0 to \(scenario.operators.count - 1)"
      }
    }
    switch behaviour {
    case .surround:
      return served.contains { if case .checkpoint = $0.kind { true } else { false } }
        ? nil : "surround needs a service of kind checkpoint"
    case .lazyCopy, .silent, .late, .lateInside, .latePast, .equivocate, .invalidResult, .wrongQuorum,
      .withhold,
      .invalidSignature, .degrade, .replay, .spam, .griefing, .ihaveFlood, .iwantFlood, .graftSpam:
      return nil
    case .censor(let list), .impersonate(let list), .forgedEvidence(let list),
      .aggregatorWithholding(let list):
      return victim(list)
    case .vetoAbuse:
      guard case .nodes(let names) = who.operators else { return nil }
      let resolvers = scenario.services.flatMap(\.rules).compactMap { $0.veto?.resolver }
      let nodes = Set(names.compactMap { scenario.nodeIndex(named: $0) })
      return resolvers.contains { scenario.nodeIndex(named: $0).map(nodes.contains) ?? false }
        ? nil : "none of these nodes is the resolver of a rule"
    case .swarm(let plan): return plan.misfit(self, in: scenario)
    case .maliciousService:
      return who.services == nil ? "maliciousService needs who.services: the services that slash" : nil
    }
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
