// Issuers of liquid restaking tokens, their holders, and the reward vault that they may share.

import Basics
public import Economy

/// One issuer.
public struct IssuerPlan: Sendable, Equatable, Codable {
  public struct OperatorWeight: Sendable, Equatable, Codable {
    public var number: Int
    public var weight: Int
  }
  public struct RunPlan: Sendable, Equatable, Codable {
    public var threshold, share, sell: Share
  }
  public var name: String
  /// The asset that it takes and restakes; nil: the first one of the scenario.
  public var asset: String?
  /// In tokens of the asset, all of it before the run; a share of the token for each.
  public var deposited: Ether
  /// Part of its assets kept idle.
  public var buffer: Share
  public var fee: Share
  /// Nil: every operator alike.
  public var operators: [OperatorWeight]?
  public var policy: DelegationPolicy
  public var cap, turnover: Share
  public var margin: Double?
  public var income: IncomeUse
  public var incentive: Ether
  /// EIGEN for an ETH restaked and a week.
  public var eigen: Double
  /// An epoch's new deposits, in tokens.
  public var deposits: Ether
  public var run: RunPlan?
  /// Nil: by expected losses alone.
  public var tail: TailPlan?
  /// Operators that it runs itself, by number.
  public var runs: [Int]
  public var exchange: ExchangePlan?
  public var loans: LoanPlan?

  init(_ o: ObjectReader) {
    let preset = o.optional("preset", "a protocol with its figures") { $0.word(IssuerPreset.names) }
    let date = o.optional("date", "of the preset's figures, 2025-06-22; absent: the latest known") {
      $0.string("write a date such as 2025-06-22", pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", accepts: isDate)
    }
    var found: IssuerPreset?
    if let preset {
      found = IssuerPreset.find(preset, by: date ?? "9999-12-31")
      if found == nil {
        o.mistake(
          "date",
          "no figure of \(preset) is known by \(date ?? ""); the first is of \(IssuerPreset.firstDate(preset))"
        )
      }
    } else if date != nil {
      o.mistake("date", "means nothing without preset")
    }
    name =
      o.optional("name", "letters, digits, '.', '_' and '-'; names the measures") {
        $0.string(
          "write letters, digits, '.', '_' or '-'", pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$",
          accepts: isName)
      } ?? preset ?? "unnamed"
    if preset == nil, !o.has("name"), !o.isRecording {
      o.mistake("name is missing; write a name, or a preset")
    }
    asset = o.optional("asset", "what it takes and restakes; absent: the first asset") { $0.string() }
    deposited = o.value("deposited", "tokens of the asset before the run", or: found?.supply ?? .zero) {
      $0.ether(.zero ... .eth(1_000_000_000))
    }
    if deposited == .zero, preset == nil, !o.isRecording, !o.has("deposited") {
      o.mistake("deposited is missing; write an amount, or a preset")
    }
    buffer = o.value("buffer", "part of its assets kept idle", or: found?.idle ?? .zero) {
      $0.share(.zero ... .percent(100))
    }
    fee = o.value("fee", "its part of what services pay (whole bips)", or: .percent(10)) {
      $0.wholeBips(.zero ... .whole)
    }
    operators = o.value(
      "operators", "whom it delegates to: all, or a list of numbers or of {operator, weight}", or: nil
    ) {
      value in Self.operatorList(value)
    }
    policy = o.value("policy", "how it spreads stake: fixed weights, bestYield or equalYield", or: .fixed) {
      $0.choice()
    }
    cap = o.value("cap", "most of its stake with one operator", or: .whole) {
      $0.share(Share(wad: 1) ... .whole)
    }
    turnover = o.value("turnover", "most of its stake moved in an epoch", or: .whole) { $0.share() }
    margin = o.optional("margin", "least certified slack that its moves may leave, 0.1 for 10 %") {
      $0.number(-1...1_000)
    }
    income = o.value("income", "what services pay is compounded, or distributed to holders", or: .compound) {
      $0.choice()
    }
    incentive = o.value("incentive", "worth of its own tokens given to holders in a year", or: .zero) {
      $0.ether(.zero ... .eth(1_000_000_000))
    }
    eigen = o.value(
      "eigen", "EIGEN of programmatic incentives for an ETH restaked and a week", or: found?.eigen ?? 0
    ) {
      $0.number(0...10)
    }
    deposits = o.value("deposits", "new deposits an epoch, in tokens", or: .zero) {
      $0.ether(.zero ... .eth(1_000_000_000))
    }
    run = o.optional("run", "holders leave after a loss") { value in
      value.object { r in
        RunPlan(
          threshold: r.value(
            "threshold", "loss of a share's value in an epoch that starts it", or: .percent(1)
          ) {
            $0.share(Share(wad: 1) ... .whole)
          },
          share: r.value("share", "of the holders who leave then", or: .percent(50)) { $0.share() },
          sell: r.value("sell", "of those, who sell at the exchange and do not wait", or: .zero) {
            $0.share()
          })
      }
    }
    tail = o.value(
      "risk", "what counts against an operator's yield: expected losses, or their tail beside them", or: nil
    ) {
      TailPlan.read($0)
    }
    runs = o.value("runs", "operators that the issuer runs itself, by number", or: []) { v in
      v.list(1...1_000_000) { $0.integer(0...999_999) }
    }
    exchange = o.optional("exchange", "where its token is traded for ether") { v in
      v.object { ExchangePlan($0) }
    }
    loans = o.optional("loans", "holders who borrowed against the token to have more of it") { v in
      v.object { LoanPlan($0) }
    }
    if loans != nil, exchange == nil {
      o.mistake("loans", "needs 'exchange' beside it: collateral has to be sold somewhere")
    }
    if run?.sell ?? .zero > .zero, exchange == nil {
      o.mistake("run", "sell needs 'exchange' beside it")
    }
    if tail != nil, policy != .equalYield {
      o.mistake("risk", "means nothing without policy: equalYield, which alone weighs losses")
    }
    for key in ["cap", "turnover", "margin"] where o.has(key) && policy == .fixed {
      o.mistake(key, "means nothing with fixed weights; write policy: equalYield or bestYield")
    }
    let plan = self
    o.afterwards("asset") { scenario in
      guard let name = plan.asset, !scenario.assets.contains(where: { $0.name == name }) else { return nil }
      return
        "there is no asset '\(clip(name))'; assets: \(scenario.assets.map(\.name).joined(separator: ", "))"
    }
    o.afterwards("operators") { scenario in
      guard let wrong = plan.operators?.first(where: { $0.number >= scenario.operators.count }) else {
        return nil
      }
      return
        "there is no operator \(wrong.number); operators are numbered 0 to \(scenario.operators.count - 1)"
    }
    o.afterwards("runs") { scenario in
      let known = plan.operators?.map(\.number)
      if let wrong = plan.runs.first(where: { $0 >= scenario.operators.count }) {
        return
          "there is no operator \(wrong); operators are numbered 0 to \(scenario.operators.count - 1)"
      }
      guard let known, let wrong = plan.runs.first(where: { !known.contains($0) }) else { return nil }
      return "the issuer does not delegate to operator \(wrong); add it to operators"
    }
    o.afterwards("exchange") { scenario in
      guard let exchange = plan.exchange else { return nil }
      let price =
        scenario.assets.first { $0.name == plan.asset ?? scenario.assets.first?.name }?.price ?? .eth(1)
      let worth = mulDiv(plan.deposited.wei, price.wei, UInt128(Share.one))
      return exchange.liquidity.wei * 2 > worth
        ? "liquidity \(exchange.liquidity) is more than half of what the issuer has" : nil
    }
    o.afterwards("eigen") { scenario in
      if plan.eigen > 0, o.has("eigen"), scenario.market.emission != nil {
        return "market.emission divides the protocol's EIGEN by gauges; remove one of the two"
      }
      return plan.eigen > 0 && o.has("eigen") && scenario.market.eigenPrice == .zero
        ? "EIGEN are worth nothing; write market: {eigenPrice: ...}" : nil
    }
  }

  private static func operatorList(_ value: ValueReader) -> [OperatorWeight]?? {
    value.forms(
      scalar: { v in v.word(["all"]).map { _ in nil } },
      list: { v in
        v.list(1...1_000_000) { item in
          item.forms(
            scalar: { $0.integer(0...999_999).map { OperatorWeight(number: $0, weight: 1) } },
            mapping: { o in
              OperatorWeight(
                number: o.needed("operator", "write a number", placeholder: 0) { $0.integer(0...999_999) },
                weight: o.needed("weight", "write a whole number", placeholder: 1) {
                  $0.integer(1...1_000_000_000)
                })
            }, expected: "an operator's number, or {operator: NUMBER, weight: NUMBER}")
        }.map { list in
          for (k, one) in list.enumerated() where list[..<k].contains(where: { $0.number == one.number }) {
            v.mistake("operator \(one.number) is listed twice")
          }
          return list
        }
      }, expected: "all, or a list of operators")
  }
}

private func isDate(_ text: String) -> Bool {
  let parts = text.split(separator: "-", omittingEmptySubsequences: false)
  guard parts.count == 3, parts[0].count == 4, parts[1].count == 2, parts[2].count == 2 else { return false }
  return parts.allSatisfy { part in part.utf8.allSatisfy { $0 >= 48 && $0 <= 57 } }
}

/// Who holds the issuers' tokens.
public struct HolderPlan: Sendable, Equatable, Codable {
  public var count: Int
  /// How many issuers' tokens each holds.
  public var issuersEach: Int
  /// Amounts fall with rank to the power of minus this.
  public var exponent: Double
  public var claimCost: Ether
  public var kinds: [HolderKindPlan]

  init(_ o: ObjectReader) {
    count = o.value("count", "how many", or: 100) { $0.integer(1...1_000_000) }
    issuersEach = o.value("issuersEach", "how many issuers' tokens each holds", or: 1) { $0.integer(1...100) }
    exponent = o.value(
      "exponent", "amounts fall with rank to the power of minus this; 0: all the same", or: 0
    ) {
      $0.number(0...5)
    }
    claimCost = o.value("claimCost", "gas of a claim; who is due less does not claim", or: .zero) {
      $0.ether(.zero ... .eth(1))
    }
    kinds = o.list("kinds", "those who choose between issuers; the others stay where they are") { item in
      item.object { HolderKindPlan($0) }
    }
    var names: Set<String> = []
    for kind in kinds where !names.insert(kind.name).inserted {
      o.mistake("kinds", "'\(kind.name)' is listed twice")
    }
    if kinds.reduce(UInt128(0), { $0 + UInt128($1.share.wad) }) > UInt128(Share.one) {
      o.mistake("kinds", "the shares add up to more than 100 %")
    }
    if kinds.count > 100 { o.mistake("kinds", "\(kinds.count) kinds; at most 100") }
    for key in ["count", "issuersEach", "exponent", "claimCost", "kinds"] {
      o.afterwards(key) { scenario in
        o.has(key) && scenario.issuers.isEmpty ? "means nothing without issuers" : nil
      }
    }
    let each = issuersEach
    o.afterwards("issuersEach") { scenario in
      each > max(scenario.issuers.count, 1)
        ? "\(each) issuers each are asked for and there are \(scenario.issuers.count)" : nil
    }
  }
}

/// The reward vault that issuers share; without it each has schemes of its own.
public struct RewardVaultPlan: Sendable, Equatable, Codable {
  public var fee: Share
  /// Reward epochs between two distributions.
  public var period: Int
  public var rateLimit: Ether?

  init(_ o: ObjectReader) {
    fee = o.value("fee", "shares of a deposit that go to the vault's treasury (whole bips)", or: .zero) {
      $0.wholeBips(.zero ... .whole)
    }
    period = o.value("period", "reward epochs between two distributions", or: 7) { $0.integer(1...1_000) }
    rateLimit = o.optional("rateLimit", "worth let in between two distributions") {
      $0.ether(.zero ... .eth(1_000_000_000))
    }
  }
}
