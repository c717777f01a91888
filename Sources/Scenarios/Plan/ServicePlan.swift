// A service: who serves it, its tasks, its quorum and windows, what it pays. Its slashing rules are in `RulePlan`.

internal import AVS
public import Basics
public import Contracts

/// One service. `ServiceID` is its position in `Scenario.services`.
public struct ServicePlan: Sendable, Equatable, Codable {
  public var name: String
  public var operators: Membership
  /// How members are drawn when `operators` is a count or a share.
  public var selection: SelectionLaw
  public var task: TaskPlan
  public var kind: Kind
  /// Share of the service's stake that makes a certificate.
  public var quorum: Share
  /// From the instant a task falls due; later attestations are late.
  public var responseWindow: TimeSpan
  /// How long an aggregator waits after the quorum for further attestations.
  public var aggregationGrace: TimeSpan
  /// How long the next aggregator in line waits before it submits in the place of the one before it.
  public var backupDelay: TimeSpan
  public var sla: SLAPlan
  public var reward: RewardPlan
  public var rules: [RulePlan]
  /// Where slashed stake goes.
  public var recipient: RecipientPlan
  /// Share of the tasks that are canaries: given out with a result that is known to be wrong.
  public var canaries: Share = .zero
  /// What a challenge puts at risk; nil: nothing.
  public var challenge: ChallengePlan?
  /// Its place in the market for security, and what corrupting it gains.
  public var market: ServiceMarketPlan
  /// When it registers; nil: it is there from the start.
  public var registers: TimeSpan?

  /// Which operators serve it.
  public enum Membership: Sendable, Equatable, Codable {
    case all
    case count(Int)
    case share(Share)
    /// These, by number from zero.
    case list([Int])
  }

  /// How members are drawn. Every member is drawn at most once.
  public enum SelectionLaw: String, CaseIterable, Sendable, Codable {
    case uniform
    case byStake
    /// By the number of services the operator file gives the operator.
    case byServices
  }

  public enum Kind: Sendable, Equatable, Codable {
    case task
    /// Attestations vote from one epoch of this length to the next.
    case checkpoint(epoch: TimeSpan)
  }
}

public enum RecipientPlan: Sendable, Equatable, Codable {
  case burn
  /// To this account.
  case redistribute(String)

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
              ).map { .redistribute($0) }
            }
          ])
      }, expected: "burn, or {redistribute: ACCOUNT}")
  }
}

/// The bond of a challenge, lost when the evidence is worth nothing from the start, and what each node has for bonds.
public struct ChallengePlan: Sendable, Equatable, Codable {
  public var bond, purse: Ether
}

/// Share of its due attestations that an operator must have sent in time: nothing paid below `floor`, all from
/// `target`, linear between.
public struct SLAPlan: Sendable, Equatable, Codable {
  public var floor, target: Share
}

public struct RewardPlan: Sendable, Equatable, Codable {
  /// Paid out over 365 days, each reward epoch of the chain its part.
  public var annual: Ether
  /// What happens to the part that the SLA takes away.
  public var unearned: RewardPolicy.Unearned
}

extension ServicePlan {
  /// Defaults of a service named `name`.
  init(name: String) {
    self.init(
      name: name, operators: .all, selection: .byStake,
      task: TaskPlan(
        arrival: .periodic(every: .seconds(12), phase: .zero), size: ByteCount(256),
        compute: .constant(.milliseconds(10))),
      kind: .task, quorum: Share(wad: Share.one / 100 * 67), responseWindow: .seconds(8),
      aggregationGrace: .milliseconds(500), backupDelay: .seconds(24),
      sla: SLAPlan(floor: .percent(90), target: .percent(99)),
      reward: RewardPlan(annual: .zero, unearned: .forfeit), rules: [], recipient: .burn,
      market: ServiceMarketPlan())
  }

  /// Everything under `services:`, files read and replicas written out.
  static func list(_ o: ObjectReader) -> [ServicePlan] {
    var names: Set<String> = []
    func unique(_ services: [ServicePlan], _ entry: ObjectReader) -> [ServicePlan] {
      for service in services where !names.insert(service.name).inserted {
        entry.mistake("name", "a second service named '\(clip(service.name))'; names must differ")
      }
      return services
    }
    let read: (ValueReader) -> [ServicePlan]? = { value in value.object { unique(ServicePlan.read($0), $0) } }
    let services =
      o.optional("services", "the services; a mapping stands for a list of one") { value in
        value.forms(
          list: { v in v.list(0...65_535, read).map { $0.flatMap { $0 } } },
          mapping: { unique(ServicePlan.read($0), $0) },
          expected: "a list of services, or one mapping with 'file'")
      } ?? []
    if services.count > 65_535 { o.mistake("services", "\(services.count) services; at most 65535") }
    return services
  }

  /// One entry: a service, replicas of it, or the rows of a file, each changed by the keys beside `file`.
  private static func read(_ o: ObjectReader) -> [ServicePlan] {
    let bases = o.optional("file", "a CSV file of services in the form of synthetic_avs_2025.csv") { value in
      ServiceRows.read(value)
    }
    if let bases {
      for key in ["name", "count"] where o.has(key) {
        _ = o.optional(key, "") { _ in true }
        o.mistake(key, "the rows of the file decide it; remove it")
      }
      return bases.map { ServicePlan(o, base: $0, name: $0.name) }
    }
    if o.has("file") { return [] }
    let name =
      o.optional("name", "letters, digits, '.', '_' and '-'; names the topic and the measures") {
        $0.string(
          "write 1 to 80 letters, digits, '.', '_' or '-'", pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$",
          accepts: isName)
      }
    if name == nil, !o.has("name") {
      o.mistake("name", "is missing; write a name, or 'file' for the rows of a CSV file")
    }
    let count = o.optional("count", "so many services alike, named NAME-1, NAME-2, ...") {
      $0.integer(1...65_535)
    }
    let service = ServicePlan(o, base: ServicePlan(name: name ?? "unnamed"), name: name ?? "unnamed")
    guard let count else { return [service] }
    return (1...count).map { k in
      var replica = service
      replica.name = "\(service.name)-\(k)"
      return replica
    }
  }

  private init(_ o: ObjectReader, base: ServicePlan, name: String) {
    self.name = name
    operators = o.value(
      "operators", "who serves it: all, a count, a share, or a list of operator numbers", or: base.operators
    ) {
      Membership.read($0)
    }
    selection = o.value(
      "selection", "how members are drawn when operators is a count or a share", or: base.selection
    ) {
      $0.choice()
    }
    task = o.object("task", "its work") { TaskPlan($0, base: base.task) }
    kind = o.value("kind", "task, or checkpoint: attestations vote from one epoch to another", or: base.kind)
    { Kind.read($0) }
    quorum = o.value("quorum", "share of the service's stake that makes a certificate", or: base.quorum) {
      $0.wholeBips(Share(wad: Share.bip) ... .whole)
    }
    responseWindow = o.value(
      "responseWindow", "time for attesting, from the instant a task falls due", or: base.responseWindow
    ) {
      $0.duration(.milliseconds(1) ... .seconds(366 * 86_400))
    }
    aggregationGrace = o.value(
      "aggregationGrace", "wait after the quorum for further attestations", or: base.aggregationGrace
    ) {
      $0.duration(.zero ... .seconds(86_400))
    }
    sla = o.object("sla", "share of attestations in time: nothing paid below floor, all from target") { s in
      let plan = SLAPlan(
        floor: s.value("floor", "below it nothing is paid", or: base.sla.floor) {
          $0.wholeBips(.zero ... .whole)
        },
        target: s.value("target", "from it everything is paid", or: base.sla.target) {
          $0.wholeBips(.zero ... .whole)
        })
      if plan.target < plan.floor {
        s.mistake(s.has("target") ? "target" : "floor", "target \(plan.target) is below floor \(plan.floor)")
      }
      return plan
    }
    reward = o.object("reward", "what the service pays to operators and stakers") { r in
      RewardPlan(
        annual: r.value("annual", "paid in 365 days", or: base.reward.annual) {
          $0.ether(.zero ... .eth(1_000_000_000))
        },
        unearned: r.value(
          "unearned", "what the SLA takes away: forfeit to the service, or reshare", or: base.reward.unearned
        ) {
          $0.word(["forfeit", "reshare"]).flatMap { RewardPolicy.Unearned(rawValue: $0) }
        })
    }
    recipient = o.value(
      "recipient", "where slashed stake goes: burn, or {redistribute: ACCOUNT}", or: base.recipient
    ) {
      RecipientPlan.read($0)
    }
    backupDelay = o.value(
      "backupDelay", "wait of the next aggregator in line before it submits", or: base.backupDelay
    ) {
      $0.duration(.zero ... .seconds(86_400))
    }
    rules = RulePlan.list(o, base: base.rules)
    canaries = o.value("canaries", "share of the tasks given out with a wrong result", or: base.canaries) {
      $0.share()
    }
    challenge =
      o.optional("challenge", "what bringing evidence puts at risk") { value in
        value.object { c in
          let ether = Ether.zero ... .eth(1_000_000_000)
          let plan = ChallengePlan(
            bond: c.needed("bond", "write an amount such as 1ETH", placeholder: .zero) { $0.ether(ether) },
            purse: c.needed("purse", "write what each node has for bonds", placeholder: .zero) {
              $0.ether(ether)
            })
          if plan.purse < plan.bond {
            c.mistake("purse", "\(plan.purse) is less than the bond, \(plan.bond)")
          }
          return plan
        }
      } ?? base.challenge
    if rules.contains(where: { $0.offence == .withholding }),
      rules.contains(where: { $0.offence == .wrongQuorum })
    {
      o.mistake(
        "rules", "withholding and wrong_quorum are both challenged by a certificate; one of them a service")
    }
    if challenge == nil, rules.contains(where: { $0.evidence == .intersubjective }) {
      o.mistake("rules", "intersubjective evidence is challenged with a bond; write challenge: {bond, purse}")
    }
    market = ServiceMarketPlan(o, base: base.market)
    registers =
      o.optional(
        "registers", "when it comes; operators join it as far as its offer suits them; absent: from the start"
      ) {
        $0.duration(.milliseconds(1) ... .century)
      } ?? base.registers
    let plan = self
    o.afterwards("registers") { scenario in
      guard let registers = plan.registers, registers >= scenario.duration else { return nil }
      return "\(registers) is not before the end, \(scenario.duration)"
    }
    if market.insurance != nil, recipient == .burn {
      o.mistake(
        "insurance", "pays out of stake that is redistributed; write recipient: {redistribute: ACCOUNT}")
    }
    o.afterwards("operators") { scenario in plan.misfit(scenario.operators.count) }
    o.afterwards("selection") { scenario in
      guard plan.selection == .byServices else { return nil }
      if case .table = scenario.operators.stakes { return nil }
      return "byServices needs operators from a file that says how many services each serves"
    }
    if aggregationGrace > responseWindow {
      o.mistake(
        o.has("aggregationGrace") ? "aggregationGrace" : "responseWindow",
        "aggregationGrace \(aggregationGrace) is longer than responseWindow \(responseWindow)")
    }
  }
}

extension ServicePlan.Membership {
  static func read(_ value: ValueReader) -> Self? {
    value.forms(
      scalar: { v in
        if v.isRecording { _ = v.word(["all"]) }
        if case .scalar("all") = v.tree.content { return .all }
        return v.countOrShare(least: 1).map {
          switch $0 {
          case .count(let n): .count(n)
          case .share(let share): .share(share)
          }
        }
      },
      list: { v in
        v.list(1...1_000_000) { $0.integer(0...999_999) }.map { numbers in
          var seen: Set<Int> = []
          for number in numbers where !seen.insert(number).inserted {
            v.mistake("operator \(number) is listed twice")
          }
          return .list(numbers)
        }
      }, expected: "all, a count, a share, or a list of operator numbers")
  }
}

extension ServicePlan.Kind {
  static func read(_ value: ValueReader) -> Self? {
    value.forms(
      scalar: { v in
        v.word(["task", "checkpoint"]).map { $0 == "task" ? .task : .checkpoint(epoch: .seconds(384)) }
      },
      mapping: { o in
        o.exactlyOne(
          "kind",
          [
            .init("checkpoint", "votes from epoch to epoch") { v in
              v.object { o in
                .checkpoint(
                  epoch: o.value("epoch", "length of an epoch", or: .seconds(384)) {
                    $0.duration(.milliseconds(1) ... .seconds(366 * 86_400))
                  })
              }
            }
          ])
      }, expected: "task, checkpoint, or {checkpoint: {epoch: DURATION}}")
  }
}
