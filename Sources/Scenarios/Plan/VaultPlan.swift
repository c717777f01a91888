// Vaults beside what operators stake themselves: a pool of EigenLayer stakers behind one operator, or a Symbiotic vault.

public import Basics
public import Participants

/// One entry of `vaults:`.
public struct VaultPlan: Sendable, Equatable, Codable {
  public enum Kind: String, CaseIterable, Sendable, Codable {
    /// Depositors of an asset's strategy who delegate to one operator.
    case eigenlayer
    case symbiotic
  }
  /// Who can take stake for an offence.
  public enum Slasher: Sendable, Equatable, Codable {
    case none, instant
    /// A slash waits, and a resolver may cancel it.
    case veto(window: TimeSpan, resolver: Resolver)
  }
  /// How a resolver decides.
  public enum Resolver: Sendable, Equatable, Codable {
    case honest, captured, absent
    /// This share of the requests is cancelled, drawn one by one.
    case chance(Share)
  }
  public struct Withdrawal: Sendable, Equatable, Codable {
    public var depositor: Int
    public var at: TimeSpan
    /// Of what the depositor has then.
    public var share: Share
  }

  public var name: String
  public var kind: Kind
  /// The asset's name.
  public var asset: String
  /// All depositors together, in equal parts.
  public var stake: Ether
  public var depositors: Int
  public var epoch: TimeSpan
  public var delegator: VaultConfiguration.DelegatorKind
  public var slasher: Slasher
  /// By number.
  public var operators: [Int]
  /// By name; empty: all.
  public var services: [String]
  public var networkLimit, operatorLimit: Ether?
  public var recipient: RecipientPlan
  /// The curator's part of its depositors' rewards.
  public var adminFee: Share
  public var withdrawals: [Withdrawal]

  private static let own = [
    "epoch", "delegator", "slasher", "services", "networkLimit", "operatorLimit", "recipient", "adminFee",
  ]

  init(_ o: ObjectReader) {
    name = o.needed("name", "write the vault's name", placeholder: "vault") {
      $0.string(
        "write letters, digits, '.', '_' or '-'", pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$",
        accepts: isName)
    }
    let kind = o.needed("kind", "write eigenlayer or symbiotic", placeholder: Kind.symbiotic) {
      $0.choice(Kind.self)
    }
    self.kind = kind
    asset = o.needed("asset", "write the name of an asset", placeholder: "stETH") { $0.string() }
    stake = o.needed("stake", "write what all depositors bring together", placeholder: .eth(32)) {
      $0.ether(Ether(wei: 1)...Ether.eth(1_000_000_000))
    }
    depositors = o.value("depositors", "how many they are, with equal parts", or: 1) {
      $0.integer(1...10_000)
    }
    epoch = o.value(
      "epoch", "a withdrawal stays at risk until the end of the next one", or: .seconds(7 * 86_400)
    ) {
      $0.duration(.seconds(1) ... .century)
    }
    delegator = o.value("delegator", "how stake is offered to operators and services", or: .networkRestake) {
      $0.choice()
    }
    slasher = o.value("slasher", "who takes stake for an offence", or: .instant) { Self.slasher($0) }
    operators = o.needed("operators", "write the numbers of its operators", placeholder: [0]) { v in
      v.list(1...100_000) { $0.integer(0...10_000_000) }
    }
    services = o.list("services", "services that it secures; absent: all") { $0.string() }
    networkLimit = o.optional("networkLimit", "most stake that one service gets; absent: all") {
      $0.ether(Ether(wei: 1)...Ether.eth(1_000_000_000))
    }
    operatorLimit = o.optional("operatorLimit", "fullRestake: most stake behind one operator in one service")
    {
      $0.ether(Ether(wei: 1)...Ether.eth(1_000_000_000))
    }
    recipient = o.value("recipient", "where slashed stake goes: burn, or {redistribute: ACCOUNT}", or: .burn)
    {
      RecipientPlan.read($0)
    }
    adminFee = o.value("adminFee", "the curator's part of its depositors' rewards", or: .zero) {
      $0.wholeBips(.zero ... .whole)
    }
    withdrawals = o.list("withdrawals", "depositors that leave") { v in
      v.object { o in
        Withdrawal(
          depositor: o.value("depositor", "which depositor, from 0", or: 0) { $0.integer(0...9_999) },
          at: o.needed("at", "write when, such as 30s", placeholder: .zero) { $0.duration() },
          share: o.value("share", "part of what it has then", or: .whole) {
            $0.wholeBips(Share(wad: Share.bip) ... .whole)
          })
      }
    }
    if kind == .eigenlayer {
      for key in Self.own where o.has(key) {
        o.mistake(key, "belongs to vaults of kind symbiotic; remove it")
      }
    }
    if operatorLimit != nil, delegator != .fullRestake {
      o.mistake("operatorLimit", "belongs to the delegator fullRestake; remove it")
    }
    let plan = self
    o.afterwards("asset") { plan.wrongAsset(in: $0) }
    o.afterwards("operators") { plan.wrongOperators(in: $0) }
    o.afterwards("services") { plan.wrongServices(in: $0) }
    if let last = withdrawals.map(\.depositor).max(), last >= depositors {
      o.mistake(
        "withdrawals", "there is no depositor \(last); depositors are numbered 0 to \(depositors - 1)")
    }
    if case .veto(let window, _) = slasher, window >= epoch {
      o.mistake("slasher", "a veto of \(window) is not shorter than the epoch, \(epoch)")
    }
  }

  private static func slasher(_ value: ValueReader) -> Slasher? {
    value.forms(
      scalar: { v in v.word(["instant", "none"]).map { $0 == "none" ? .none : .instant } },
      mapping: { o in
        o.exactlyOne(
          "slasher",
          [
            .init("veto", "a slash waits, and may be vetoed") { v in
              v.object { o in
                .veto(
                  window: o.needed("window", "write how long, such as 1d", placeholder: .seconds(86_400)) {
                    $0.duration(.seconds(1) ... .century)
                  },
                  resolver: o.value(
                    "resolver",
                    "honest: vetoes what its own evidence shows to be unjust; captured: everything; absent: nothing",
                    or: .honest
                  ) { Self.resolver($0) })
              }
            }
          ])
      }, expected: "instant, none, or {veto: {window, resolver}}")
  }

  private static func resolver(_ value: ValueReader) -> Resolver? {
    value.forms(
      scalar: { v in
        v.word(["honest", "captured", "absent"]).map {
          $0 == "honest" ? .honest : $0 == "captured" ? .captured : .absent
        }
      },
      mapping: { o in
        o.exactlyOne(
          "resolver",
          [
            .init("chance", "share of the requests that are vetoed, whatever the case") { v in
              v.wholeBips(.zero ... .whole).map { .chance($0) }
            }
          ])
      }, expected: "honest, captured, absent, or {chance: SHARE}")
  }

  private func wrongAsset(in scenario: Scenario) -> String? {
    guard let found = scenario.assets.first(where: { $0.name == asset }) else {
      return
        "there is no asset '\(clip(asset))'; assets: \(scenario.assets.map(\.name).joined(separator: ", "))"
    }
    return found.kind == .native && kind == .symbiotic
      ? "'\(clip(asset))' is native ETH; a Symbiotic vault holds tokens" : nil
  }

  private func wrongOperators(in scenario: Scenario) -> String? {
    if let wrong = operators.first(where: { $0 >= scenario.operators.count }) {
      return "there is no operator \(wrong); operators are numbered 0 to \(scenario.operators.count - 1)"
    }
    if Set(operators).count != operators.count { return "an operator is named twice" }
    let isSingle =
      kind == .eigenlayer || delegator == .operatorSpecific || delegator == .operatorNetworkSpecific
    if isSingle, operators.count != 1 {
      let what =
        kind == .eigenlayer ? "stakers delegate to one operator" : "\(delegator.rawValue) has one operator"
      return "\(what); \(operators.count) are named"
    }
    return nil
  }

  private func wrongServices(in scenario: Scenario) -> String? {
    if let wrong = services.first(where: { name in !scenario.services.contains { $0.name == name } }) {
      return "there is no service '\(clip(wrong))'"
    }
    let count = services.isEmpty ? scenario.services.count : services.count
    return kind == .symbiotic && delegator == .operatorNetworkSpecific && count != 1
      ? "operatorNetworkSpecific has one service; \(count) are secured" : nil
  }
}
