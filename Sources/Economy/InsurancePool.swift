// The pot of one service's insurance: what premiums and slashes brought in tokens, who claims, and what each gets when the claims of a
// period are settled together. The tokens lie in the redistribution recipient's wallet of the ledger; this says which of them are
// the pot's. Strong safety after Deb, Raynor and Kannan, "STAKESURE" (2024); the division is `Risk/StrongSafety`.

public import Basics
public import Contracts
import Exact
import Risk

/// What an insurance promises.
public struct InsuranceTerms: Sendable, Equatable {
  /// What a wrongly certified task costs its users, and what of that is insured, in wei.
  public var harm, cover: UInt128
  /// A year's, in wei.
  public var premium: UInt128
  /// From the first claim to the settlement of all that came by then.
  public var period: TimeSpan
  public init(harm: UInt128, cover: UInt128, premium: UInt128 = 0, period: TimeSpan = .seconds(600)) {
    self.harm = harm
    self.cover = cover
    self.premium = premium
    self.period = period
  }
}

/// One service's pot.
public struct InsurancePool: Sendable, Equatable {
  public let terms: InsuranceTerms
  /// Tokens of the pot by strategy; brought by slashes, by premiums; paid out.
  public private(set) var tokens: [UInt128] = []
  public private(set) var slashed: [UInt128] = []
  public private(set) var premiums: [UInt128] = []
  public private(set) var paid: [UInt128] = []
  public private(set) var waiting: [TaskID] = []
  public private(set) var claims: [TaskID] = []
  // Worth when it moved, in wei.
  public private(set) var slashedWei: UInt128 = 0
  public private(set) var premiumWei: UInt128 = 0
  public private(set) var dueWei: UInt128 = 0
  public private(set) var paidWei: UInt128 = 0

  public init(_ terms: InsuranceTerms) { self.terms = terms }

  private static func add(_ amount: UInt128, _ strategy: StrategyID, _ table: inout [UInt128]) {
    while table.count <= strategy.index { table.append(0) }
    table[strategy.index] += amount
  }

  /// Slashed stake, or a premium, arrived.
  public mutating func receive(_ amount: UInt128, _ strategy: StrategyID, worth: UInt128, isPremium: Bool) {
    Self.add(amount, strategy, &tokens)
    if isPremium {
      Self.add(amount, strategy, &premiums)
      premiumWei += worth
    } else {
      Self.add(amount, strategy, &slashed)
      slashedWei += worth
    }
  }

  /// The users of a task that was certified wrong claim, once. True: it is the first that waits.
  public mutating func claim(_ task: TaskID) -> Bool {
    if claims.contains(task) { return false }
    claims.append(task)
    waiting.append(task)
    return waiting.count == 1
  }

  /// Settles what waits: each claim in full if the pot suffices, else all by the same share. Returns what leaves the pot, by
  /// strategy; whole tokens, so that at most one of each strategy more goes out than is owed.
  public mutating func settle(prices: [UInt128]) -> [(strategy: StrategyID, tokens: UInt128, wei: UInt128)] {
    let claim = InsuranceClaim(harm: Rational(terms.harm), cover: Rational(terms.cover))
    let pot = tokens.indices.reduce(UInt128(0)) { $0 + value(tokens[$1], at: prices[$1]) }
    let settled = InsuranceSettlement(
      slashed: Rational(pot), redistributableShare: .one, claims: waiting.map { _ in claim })
    // Parts round down: a wei a claim stays in the pot.
    var left = settled.paid.reduce(UInt128(0)) { $0 + ($1.amount ?? 0) }
    dueWei += settled.due.amount ?? 0
    paidWei += left
    waiting = []
    var moves: [(strategy: StrategyID, tokens: UInt128, wei: UInt128)] = []
    for k in tokens.indices where left > 0 && tokens[k] > 0 {
      let amount = min(tokens[k], mulDivUp(left, wad, prices[k]))
      let wei = min(left, value(amount, at: prices[k]))
      left -= wei
      tokens[k] -= amount
      Self.add(amount, StrategyID(k), &paid)
      moves.append((StrategyID(k), amount, wei))
    }
    paidWei -= left
    return moves
  }

  /// By strategy: what came is there or was paid.
  public var isConserved: Bool {
    tokens.indices.allSatisfy { k in
      func at(_ table: [UInt128]) -> UInt128 { k < table.count ? table[k] : 0 }
      return at(slashed) + at(premiums) == tokens[k] + at(paid)
    }
  }

  /// Every claim that was settled was paid in full.
  public var isStronglySafe: Bool { paidWei == dueWei }
}
