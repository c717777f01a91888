// Where an issuer's stake goes: the buffer's surplus to operators, what redemptions ask for back from them, and moves between
// operators under its policy. Moves take the ledger's way: a withdrawal, its delay (slashable all the while), a new deposit.

import Basics
import Contracts
import Risk

extension Economy {
  /// The unit of deposits: pods hold whole gwei.
  static let unit: UInt128 = 1_000_000_000

  /// - Parameter ahead: by operator, wei that this epoch's orders bring or take; what this issuer orders is added.
  mutating func moves(
    _ k: Int, _ graph: StakeGraph, _ ahead: inout [Double], ledger: borrowing RestakingLedger
  ) -> [EconomyOrder] {
    let terms = configuration.issuers[k]
    let book = issuers[k].book
    var current = [UInt128](repeating: 0, count: operators.count)
    var allowed = [Bool](repeating: false, count: operators.count)
    for (number, account) in issuers[k].accounts.enumerated() {
      guard let account else { continue }
      current[number] = ledger.tokens(for: ledger.withdrawableShares(account, terms.asset), terms.asset)
      // Nobody can deposit with who has lost everything.
      allowed[number] = ledger.slashingFactor(account, terms.asset) > 0
    }
    let asked = book.tokensAsked
    let idle = asked + mulWad(book.assets, UInt128(terms.bufferWad))
    let spare = book.buffer - min(book.buffer, idle)
    let short = asked - min(asked, book.buffer + book.unstaking)
    var orders: [EconomyOrder] = []
    var leaving = [UInt128](repeating: 0, count: operators.count)
    let staked = current.reduce(0, +)
    if short > 0, staked > 0 {
      let wanted = min(short, staked)
      for number in current.indices { leaving[number] = mulDivUp(wanted, current[number], staked) }
    }
    let total = staked + book.unstaking + spare - min(staked + book.unstaking + spare, asked)
    let targets = targets(k, current, allowed, total: total, graph, ahead)
    if terms.policy != .fixed, short == 0 {
      rebalance(terms, current, targets, staked, &leaving)
    }
    for number in leaving.indices where leaving[number] >= Self.unit || leaving[number] == current[number] {
      if let order = withdrawal(k, number, leaving[number], of: current[number], ledger) {
        orders.append(order)
      }
    }
    // Less than a hundred-thousandth is not worth a transaction to each operator.
    if spare >= max(Self.unit, book.assets / 100_000) {
      orders += deposits(k, spare, current, targets, allowed)
    }
    let worth = Double(prices[terms.asset.index]) / 1e18
    for order in orders {
      switch order {
      case .deposit(_, let number, _, _, let tokens): ahead[number] += Double(tokens) * worth
      case .withdraw(_, let number, _, _, _, let tokens): ahead[number] -= Double(tokens) * worth
      case .join: break
      }
    }
    return orders
  }

  /// Tokens by operator that the policy wants.
  private func targets(
    _ k: Int, _ current: [UInt128], _ allowed: [Bool], total: UInt128, _ graph: StakeGraph, _ ahead: [Double]
  ) -> [UInt128] {
    let terms = configuration.issuers[k]
    var byWeight = current.map { _ in UInt128(0) }
    let weights = terms.weights.reduce(UInt128(0)) {
      $0 + (allowed[$1.operatorIndex] ? UInt128($1.weight) : 0)
    }
    for one in terms.weights where allowed[one.operatorIndex] && weights > 0 {
      byWeight[one.operatorIndex] = mulDiv(total, UInt128(one.weight), weights)
    }
    guard terms.policy != .fixed else { return byWeight }
    let price = max(prices[terms.asset.index], 1)
    // What each holding adds to the loss of the whole in the worst epochs. A grain of everybody who may be used is part of the whole:
    // who was left for what it cost is not forgotten for being left.
    let tail = terms.tail.map { tail in
      let grain = Double(total) / 1_000_000
      let weights = current.indices.map { Double(current[$0]) + (allowed[$0] ? grain : 0) }
      return (
        aversion: tail.aversion,
        parts: TailRisk.contributions(
          reputations.map(\.losses), weights: weights, levelBips: tail.levelBips
        ).parts
      )
    }
    let outlook = operators.indices.map { number in
      let mine = Double(current[number]) * (Double(price) / 1e18)
      return OperatorOutlook(
        // Who does not do its work earns no trust in what it earned before.
        reward: reputations[number].reward * min(max(reputations[number].score, 0), 1),
        lossRate: reputations[number].lossRate + (tail.map { $0.aversion * $0.parts[number] } ?? 0),
        others: max(0, Double(graph.stakes[number]) - mine))
    }
    let worth = Double(price) / 1e18
    let wanted = Delegating.targets(
      terms.policy, total: Double(total) * worth, outlook: outlook,
      current: current.map { Double($0) * worth }, allowed: allowed,
      cap: Double(total) * worth * Double(terms.capWad) / 1e18)
    guard wanted.reduce(0, +) > 0 else { return byWeight }
    let result = wanted.map { UInt128(max($0, 0) / worth) }
    return withinMargin(terms, current, result, total: total, graph, ahead, worth)
  }

  /// Halves the way to the targets until the certified slack, with what others move in the same epoch, is the least allowed, or at
  /// least no lower than it is; stays with the present division when no step does.
  private func withinMargin(
    _ terms: IssuerTerms, _ current: [UInt128], _ targets: [UInt128], total: UInt128, _ graph: StakeGraph,
    _ ahead: [Double], _ worth: Double
  ) -> [UInt128] {
    guard let margin = terms.marginMinimum,
      let now = graph.moved(ahead).allocated.gammaCertified
    else { return targets }
    var way = targets
    for _ in 0..<4 {
      let moved = graph.moved(
        way.indices.map { ahead[$0] + min(0, Double(way[$0]) - Double(current[$0])) * worth })
      if let gamma = moved.allocated.gammaCertified, gamma >= min(margin, now) { return way }
      way = zip(way, current).map { $0 > $1 ? $1 + ($0 - $1) / 2 : $1 - ($1 - $0) / 2 }
    }
    let staked = current.reduce(0, +)
    return staked == 0 ? targets : current.map { mulDiv($0, max(total, staked), staked) }
  }

  private func rebalance(
    _ terms: IssuerTerms, _ current: [UInt128], _ targets: [UInt128], _ staked: UInt128,
    _ leaving: inout [UInt128]
  ) {
    let excess = zip(current, targets).map { $0 - min($0, $1) }
    let all = excess.reduce(0, +)
    let most = mulWad(staked, UInt128(terms.turnoverWad))
    // Less than a thousandth is not worth two weeks in a queue.
    guard all > staked / 1_000 else { return }
    for number in excess.indices where excess[number] > 0 {
      leaving[number] += all <= most ? excess[number] : mulDiv(excess[number], most, all)
    }
  }

  private func withdrawal(
    _ k: Int, _ number: Int, _ tokens: UInt128, of held: UInt128, _ ledger: borrowing RestakingLedger
  ) -> EconomyOrder? {
    let asset = configuration.issuers[k].asset
    guard tokens > 0, held > 0, let account = issuers[k].accounts[number] else { return nil }
    let shares = ledger.holding(account, asset).depositShares
    let part = tokens >= held ? shares : mulDiv(shares, tokens, held)
    if part == 0 { return nil }
    return .withdraw(
      issuer: k, operatorIndex: number, account, asset, depositShares: part, tokens: min(tokens, held))
  }

  /// The surplus to those who have less than their target, by what they lack.
  private func deposits(
    _ k: Int, _ spare: UInt128, _ current: [UInt128], _ targets: [UInt128], _ allowed: [Bool]
  ) -> [EconomyOrder] {
    let asset = configuration.issuers[k].asset
    var lack = zip(targets, current).map { $0 - min($0, $1) }
    for number in lack.indices where !allowed[number] { lack[number] = 0 }
    let all = lack.reduce(0, +)
    if all == 0 { return [] }
    var orders: [EconomyOrder] = []
    for number in lack.indices where lack[number] > 0 {
      guard let account = issuers[k].accounts[number] else { continue }
      let tokens = mulDiv(min(spare, all), lack[number], all) / Self.unit * Self.unit
      if tokens == 0 { continue }
      orders.append(.deposit(issuer: k, operatorIndex: number, account, asset, tokens: tokens))
    }
    return orders
  }
}

extension StakeGraph {
  /// With stake moved: `change` wei more or less by operator, the parts of its services in proportion.
  func moved(_ change: [Double]) -> StakeGraph {
    func factor(_ number: Int) -> Double {
      let stake = Double(stakes[number])
      return stake > 0 ? max(0, 1 + change[number] / stake) : 1
    }
    return StakeGraph(
      services,
      stakes: stakes.indices.map { UInt128(Double(stakes[$0]) * factor($0)) },
      members: members.map { list in
        list.map { ($0.operatorIndex, UInt128(Double($0.weight) * factor($0.operatorIndex))) }
      })
  }
}
