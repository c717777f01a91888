// Adversaries drawn: which nodes misbehave in which services, and what the chain's own actors do wrong.

import Basics
import Contracts
import Participants

extension Scenario {
  /// What nodes do wrong, one entry a node and service choice.
  func misconduct(_ stakes: [Ether], _ members: [[Int]], _ ground: FaultGround) -> [Misconduct] {
    var result: [Misconduct] = []
    for plan in adversaries {
      guard let common = Misconduct.Kind(plan.behaviour) else { continue }
      let key = plan.key
      let placed = plan.placed(in: self, stakes, members, ground)
      var kind = common
      // Who colludes has agreed on when, as well.
      var isCoalition = plan.together
      if case .wrongQuorum = common {
        var fellows: [NodeID] = []
        for (node, _) in placed where !fellows.contains(node) { fellows.append(node) }
        kind = .wrongQuorum(fellows.sorted())
        isCoalition = true
      }
      for (node, service) in placed {
        result.append(
          Misconduct(
            operatorID: node, service: service, kind: kind,
            from: Instant(nanoseconds: plan.from.nanoseconds),
            until: plan.until.map { Instant(nanoseconds: $0.nanoseconds) } ?? .never,
            chance: UInt32(plan.probability.of(65_536)), coalition: isCoalition ? key : nil,
            during: plan.during, when: plan.when ?? []))
      }
    }
    return result
  }

  /// Resolvers that are captured, and services that slash without cause.
  func chainActors(_ stakes: [Ether], _ members: [[Int]], _ ground: FaultGround) -> (
    resolvers: [CapturedResolver], slashes: [ArbitrarySlash]
  ) {
    var resolvers: [CapturedResolver] = []
    var slashes: [ArbitrarySlash] = []
    for plan in adversaries {
      let from = Instant(nanoseconds: plan.from.nanoseconds)
      for (node, service) in plan.placed(in: self, stakes, members, ground) {
        switch plan.behaviour {
        case .vetoAbuse:
          resolvers.append(
            CapturedResolver(
              node: node, from: from,
              until: plan.until.map { Instant(nanoseconds: $0.nanoseconds) } ?? .never))
        case .maliciousService(let share):
          if let service {
            slashes.append(ArbitrarySlash(service: service, victim: node, at: from, wad: share.wad))
          }
        default: break
        }
      }
    }
    return (resolvers, slashes)
  }
}

extension AdversaryPlan {
  /// What the entry's draws hang on.
  var key: UInt64 { draw ?? drawKey(canonicalText(who) + canonicalText(behaviour)) }

  /// The nodes meant, with the services that the entry names; a nil service means all.
  func placed(
    in scenario: Scenario, _ stakes: [Ether], _ members: [[Int]], _ ground: FaultGround
  ) -> [(node: NodeID, service: ServiceID?)] {
    var stream = HashRandom(seed: scenario.seed, .adversary).stream(key)
    let chosen = who.services.map { names in
      names.compactMap { name in scenario.services.firstIndex { $0.name == name }.map { ServiceID($0) } }
    }
    // Among those that serve one of the services: others could not do what the plan says.
    var able = Array(0..<scenario.operators.count)
    if let chosen {
      let serving = Set(chosen.flatMap { members[$0.index] })
      able = able.filter { serving.contains($0) }
    }
    var isMember = true
    if case .nodes = who.operators { isMember = false }
    var placed: [(NodeID, ServiceID?)] = []
    for number in who.operators.draw(able, stakes, scenario.operators.count, &stream, ground) {
      for service in chosen.map({ $0.map { ServiceID?.some($0) } }) ?? [nil] {
        if let service, isMember, !members[service.index].contains(number) { continue }
        placed.append((NodeID(number), service))
      }
    }
    return placed
  }
}

extension Misconduct.Kind {
  /// Nil for what is not done on the network.
  init?(_ plan: AdversaryPlan.Behaviour) {
    func nodes(_ numbers: [Int]) -> [NodeID] { numbers.map { NodeID($0) } }
    switch plan {
    case .silent: self = .silent
    case .late(let by): self = .late(by)
    case .lateInside(let margin): self = .atDeadline(-Int64(clamping: margin.nanoseconds))
    case .latePast(let margin): self = .atDeadline(Int64(clamping: margin.nanoseconds))
    case .equivocate(.openly, _): self = .equivocate(split: nil)
    case .equivocate(.disjoint, let share): self = .equivocate(split: UInt32(share.of(65_536)))
    case .invalidResult: self = .invalidResult
    // Its members are known when all are placed.
    case .wrongQuorum: self = .wrongQuorum([])
    case .surround(let back): self = .surround(UInt32(back))
    case .lazyCopy: self = .lazyCopy
    case .withhold: self = .withhold
    case .invalidSignature: self = .invalidSignature
    case .censor(let victims): self = .censor(nodes(victims))
    case .degrade(let passes): self = .degrade(UInt32(passes.of(65_536)))
    case .impersonate(let victims): self = .impersonate(nodes(victims))
    case .replay(let count): self = .replay(count)
    case .spam(let count): self = .spam(count)
    case .ihaveFlood(let count): self = .ihaveFlood(count)
    case .iwantFlood(let count): self = .iwantFlood(count)
    case .graftSpam(let count): self = .graftSpam(count)
    case .forgedEvidence(let victims): self = .forgedEvidence(nodes(victims))
    case .griefing(let count): self = .griefing(count)
    case .aggregatorWithholding(let victims): self = .aggregatorWithholding(nodes(victims))
    case .vetoAbuse, .maliciousService, .swarm: return nil
    }
  }
}
