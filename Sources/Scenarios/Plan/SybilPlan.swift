// A swarm of Sybils as a scenario writes it: identities without stake that join the network beside its nodes, take places in
// the meshes of honest ones, and drop what they should pass on. The four attacks of GossipSub v1.1's evaluation are four
// words; what they share is here. `Resolution/Swarms` draws who they are, `Participants/Sybils` is what they do.

import Basics

/// One swarm of an adversary's entry.
public struct SybilPlan: Sendable, Equatable, Codable {
  /// The attack.
  public enum Attack: String, CaseIterable, Sendable, Codable {
    /// They come at `from`, dial anybody, and drop.
    case sybil
    /// They come at `from`, dial the victims alone, and drop.
    case eclipse
    /// They are there before anybody has a mesh, and drop from the first message.
    case coldBoot
    /// They are there from the first moment and serve like anybody; at `from` all drop at once.
    case covertFlash
  }

  /// Whom they dial.
  public enum Victims: Sendable, Equatable, Codable {
    /// Any node.
    case all
    /// One operator, drawn.
    case one
    /// Every operator: those who publish.
    case publishers
    /// These nodes, by number or name.
    case list([String])
  }

  public var attack: Attack
  /// Identities.
  public var count: Int
  /// Links that each opens, to victims drawn.
  public var dials: Int
  public var victims: Victims
  /// How many addresses they share; nil: one each.
  public var addresses: Int?
  /// What each passes on all the same when it attacks.
  public var passes: Share
  /// Whose topics they join, by name; nil: every service's.
  public var services: [String]?
}

extension SybilPlan.Attack {
  /// What a message says of a bare word.
  var example: String {
    self == .eclipse
      ? "write {eclipse: {victims: one, count: 40}}" : "write {\(rawValue): {count: 40}}"
  }

  var about: String {
    switch self {
    case .sybil: "identities without stake come at `from`, take places in meshes, and drop what they hear"
    case .eclipse: "the same around victims alone"
    case .coldBoot: "the same, there before anybody has a mesh"
    case .covertFlash: "the same, and good servants until `from`"
    }
  }
}

extension SybilPlan {
  /// Identities of one swarm; a scenario may have several.
  static let countMaximum = 20_000

  init(_ attack: Attack, _ o: ObjectReader) {
    self.attack = attack
    count = o.needed("count", "write how many identities", placeholder: 1) {
      $0.integer(1...Self.countMaximum)
    }
    dials = o.value("dials", "links that each opens, fewer where there are fewer victims", or: 10) {
      $0.integer(1...1_000)
    }
    if attack == .eclipse {
      victims = o.needed("victims", "write one, publishers, all or a list of nodes", placeholder: .one) {
        Victims.read($0)
      }
    } else {
      victims = o.value("victims", "whom they dial: all, publishers, one or a list of nodes", or: .all) {
        Victims.read($0)
      }
    }
    addresses = o.optional("addresses", "addresses that they share; absent: one each") {
      $0.integer(1...Self.countMaximum)
    }
    passes = o.value("passes", "share of what they hear that they pass on all the same", or: .zero) {
      $0.share()
    }
    services = o.optional("services", "join the topics of these services alone, by name") {
      $0.list(1...65_535) { $0.string() }
    }
    if let addresses, addresses > count {
      o.mistake("addresses", "\(count) identities cannot share \(addresses) addresses")
    }
    if passes == .whole { o.mistake("passes", "who passes everything on does no harm; write less than 100%") }
  }
}

extension SybilPlan.Victims {
  static func read(_ value: ValueReader) -> Self? {
    value.forms(
      scalar: {
        $0.word(["all", "one", "publishers"]).map { word in
          switch word {
          case "one": .one
          case "publishers": .publishers
          default: .all
          }
        }
      },
      list: {
        $0.list(1...100_000) { $0.string("write a node's number or name") }.map { .list($0) }
      }, expected: "all, publishers, one, or a list of nodes")
  }
}

extension AdversaryPlan {
  /// The four words.
  static var swarmVariants: [ObjectReader.Variant<Behaviour>] {
    SybilPlan.Attack.allCases.map { attack in
      .init(attack.rawValue, attack.about) { v in v.object { .swarm(SybilPlan(attack, $0)) } }
    }
  }

  /// The swarm of this entry; nil: operators of the network misbehave.
  public var swarm: SybilPlan? {
    if case .swarm(let plan) = behaviour { plan } else { nil }
  }
}

extension SybilPlan {
  /// Why the swarm cannot attack in this scenario; nil when it can.
  func misfit(_ plan: AdversaryPlan, in scenario: Scenario) -> String? {
    if case .list(let names) = victims,
      let name = names.first(where: { scenario.nodeIndex(named: $0) == nil })
    {
      return "there is no node '\(clip(name))'"
    }
    if let name = services?.first(where: { name in !scenario.services.contains { $0.name == name } }) {
      return "there is no service '\(clip(name))'"
    }
    if attack == .coldBoot, plan.from > .zero {
      return "coldBoot is there from the beginning; remove from, or write covertFlash or sybil"
    }
    if attack == .covertFlash, plan.from == .zero {
      return "covertFlash serves until from; write from, or coldBoot"
    }
    return nil
  }
}
