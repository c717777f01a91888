// An issuer's token between two prices: what stands behind it, and what it is traded for. Who does not wait for a withdrawal sells at
// the exchange; who buys there below value redeems. Holders who borrowed against the token are liquidated when the lenders' price
// of it falls: their shares are sold where they are cheap already, which may make the next one fall.

import Basics
import Contracts

extension Economy {
  // MARK: - At the start

  /// Borrowers, drawn by the seed: all of their shares are bought with own money and a loan, and pledged.
  mutating func openLoans(_ k: Int) {
    guard let terms = configuration.issuers[k].loans, issuers[k].pool != nil else { return }
    let draws = HashRandom(seed: configuration.seed &+ 0x5EED_0F_0005, .sampling)
    var book = LoanBook()
    for place in holders.ofIssuer[k].dropLast(2) {
      let position = Int(place)
      let one = holders.positions[position]
      let draw = UInt128(draws.bits(UInt64(one.holder), UInt64(k)) >> 1)
      guard one.shares > 0, mulDiv(draw, wad, 1 << 63) < UInt128(terms.shareWad) else { continue }
      let worth = value(issuers[k].book.tokens(for: one.shares), at: price(k))
      let debt = worth - min(worth, mulDivUp(worth, wad, terms.leverageWad))
      guard debt > 0 else { continue }
      holders.change(position) {
        $0.pledged = $0.shares
        $0.debt = debt
        $0.debtStart = debt
      }
      book.borrowers.append(position)
      book.lent += debt
    }
    issuers[k].loans = book
  }

  // MARK: - Trading

  private func worth(_ k: Int, _ shares: UInt128) -> UInt128 {
    value(issuers[k].book.tokens(for: shares), at: price(k))
  }

  /// A holder sells at once for what the exchange pays.
  mutating func sell(_ k: Int, _ position: Int, _ shares: UInt128, at: Instant) {
    guard let house = holders.poolOf[k], var pool = issuers[k].pool else { return }
    let worth = worth(k, shares)
    let wei = pool.sell(shares)
    issuers[k].pool = pool
    holders.trade(shares, from: position, to: house, paid: wei, received: wei, worth: worth, at: at)
  }

  /// An epoch of an exchange: arbitrage, interest, liquidations, and the books.
  mutating func trade(_ k: Int, at: Instant, span: TimeSpan) {
    guard issuers[k].pool != nil else { return }
    chargeInterest(k, span: span)
    liquidate(k, at: at)
    arbitrage(k, at: at)
    checkCredit(k)
    tell(.exchange(exchangeFact(k, at: at)))
  }

  /// Those who can wait buy up to the value of a share, less the fee, and ask for it back.
  private mutating func arbitrage(_ k: Int, at: Instant) {
    guard let terms = configuration.issuers[k].exchange, terms.arbitrage > 0,
      let house = holders.poolOf[k], let place = holders.arbitrageOf[k], var pool = issuers[k].pool,
      let nav = Self.nav(issuers[k].book, price(k))
    else { return }
    let fair = mulDiv(nav, UInt128(10_000 - terms.feeBips), 10_000)
    let wei = pool.roomBelow(fair, most: terms.arbitrage)
    let shares = pool.quote(paying: wei)
    guard shares > 0 else { return }
    let worth = worth(k, shares)
    _ = pool.buy(wei)
    issuers[k].pool = pool
    holders.trade(shares, from: house, to: place, paid: wei, received: wei, worth: worth, at: at)
    guard (try? issuers[k].book.request(shares, by: place, at: at)) != nil else { return }
    holders.change(place) { $0.leaving += shares }
    tell(
      .redemption(
        RedemptionFact(
          at: at, issuer: k, holder: Int(holders.positions[place].holder), shares: shares,
          asked: issuers[k].book.tokens(for: shares), paid: nil)))
  }

  // MARK: - Lending

  private mutating func chargeInterest(_ k: Int, span: TimeSpan) {
    guard let terms = configuration.issuers[k].loans, terms.interestWad > 0 else { return }
    for position in issuers[k].loans?.borrowers ?? [] {
      let debt = holders.positions[position].debt
      let interest = mulDivUp(
        mulWad(debt, UInt128(terms.interestWad)), UInt128(span.nanoseconds), Self.year)
      holders.change(position) { $0.debt += interest }
      issuers[k].loans?.interest += interest
    }
  }

  /// The lenders' price of a share, as a WAD.
  private func collateralPrice(_ k: Int, _ terms: LoanTerms) -> UInt128 {
    switch terms.oracle {
    case .market: issuers[k].pool?.priceWad ?? 0
    case .nav: Self.nav(issuers[k].book, price(k)) ?? 0
    }
  }

  /// Round after round over all borrowers, until nobody is left whom it pays to liquidate.
  private mutating func liquidate(_ k: Int, at: Instant) {
    guard let terms = configuration.issuers[k].loans, var book = issuers[k].loans else { return }
    var round = 0
    var isMoving = true
    while isMoving, round < 100 {
      round += 1
      isMoving = false
      for position in book.borrowers {
        let price = collateralPrice(k, terms)
        let one = holders.positions[position]
        guard one.debt > 0, one.pledged > 0,
          one.debt > mulWad(mulWad(one.pledged, price), UInt128(terms.thresholdWad))
        else { continue }
        if liquidate(k, position, terms, price, round: round, &book, at: at) { isMoving = true }
      }
      if isMoving { book.roundsMaximum = max(book.roundsMaximum, round) }
    }
    issuers[k].loans = book
  }

  /// Somebody repays as much of a debt as the rules allow and as the sale of the collateral brings back; smaller parts when the exchange
  /// is too thin for it. Returns whether it was worth anybody's while.
  private mutating func liquidate(
    _ k: Int, _ position: Int, _ terms: LoanTerms, _ price: UInt128, round: Int, _ book: inout LoanBook,
    at: Instant
  ) -> Bool {
    guard price > 0, let house = holders.poolOf[k], var pool = issuers[k].pool else { return false }
    let one = holders.positions[position]
    // The last ether is closed at once.
    var repay = one.debt < wad ? one.debt : max(1, mulWad(one.debt, UInt128(terms.closeWad)))
    for _ in 0..<8 where repay > 0 {
      var shares = mulDiv(mulDiv(repay, UInt128(10_000 + terms.bonusBips), 10_000), wad, price)
      if shares > one.pledged {
        shares = one.pledged
        repay = min(repay, mulDiv(mulWad(shares, price), 10_000, UInt128(10_000 + terms.bonusBips)))
      }
      guard shares > 0, repay > 0 else { return false }
      let proceeds = pool.quote(selling: shares)
      guard proceeds >= repay else {
        repay /= 2
        continue
      }
      let worth = worth(k, shares)
      _ = pool.sell(shares)
      issuers[k].pool = pool
      holders.trade(shares, from: position, to: house, paid: proceeds, received: repay, worth: worth, at: at)
      holders.change(position) {
        $0.pledged -= shares
        $0.debt -= repay
        $0.repaid += repay
      }
      book.repaid += repay
      book.liquidators += proceeds - repay
      book.liquidations += 1
      tell(
        .liquidation(
          LiquidationFact(
            at: at, issuer: k, holder: Int(one.holder), round: round, shares: shares, repaid: repay,
            proceeds: proceeds, left: holders.positions[position].debt, price: price)))
      return true
    }
    return false
  }

  // MARK: - Books

  /// What is owed, and what of it the value of what is pledged does not cover.
  private func debts(_ k: Int) -> (owed: UInt128, bad: UInt128, pledged: UInt128) {
    var sum: (owed: UInt128, bad: UInt128, pledged: UInt128) = (0, 0, 0)
    for position in issuers[k].loans?.borrowers ?? [] {
      let one = holders.positions[position]
      let worth = worth(k, one.pledged)
      sum.owed += one.debt
      sum.bad += one.debt - min(one.debt, worth)
      sum.pledged += one.pledged
    }
    return sum
  }

  private mutating func exchangeFact(_ k: Int, at: Instant) -> ExchangeFact {
    guard let pool = issuers[k].pool else { preconditionFailure("a price without exchange") }
    let nav = Self.nav(issuers[k].book, price(k))
    if let nav, nav > 0 {
      let discount = 1 - Double(pool.priceWad) / Double(nav)
      issuers[k].discountMaximum = max(issuers[k].discountMaximum, discount)
    }
    let (owed, bad, pledged) = debts(k)
    let price = configuration.issuers[k].loans.map { collateralPrice(k, $0) } ?? 0
    return ExchangeFact(
      epoch: epochs, at: at, issuer: k, price: pool.priceWad, nav: nav, ether: pool.ether,
      shares: pool.shares, sold: pool.paidOut, bought: pool.paidIn, pledged: mulWad(pledged, price),
      debt: owed, bad: bad)
  }

  /// Ether of the exchange and of the lenders, and the exchange's shares.
  mutating func checkCredit(_ k: Int) {
    guard let pool = issuers[k].pool, let house = holders.poolOf[k] else { return }
    let name = configuration.issuers[k].name
    if !pool.isConserved || holders.positions[house].shares != pool.shares {
      find(
        "exchange.conserved",
        "\(name): \(pool.ether) wei and \(pool.shares) shares, the pool's place has \(holders.positions[house].shares)"
      )
    }
    if let book = issuers[k].loans, !book.isConserved(owed: debts(k).owed) {
      find(
        "loans.conserved",
        "\(name): \(book.lent) lent, \(book.interest) interest, \(book.repaid) repaid, \(debts(k).owed) owed")
    }
  }

  /// All issuers' together; nil when no token is traded.
  var credit: CreditResult? {
    guard issuers.contains(where: { $0.pool != nil }) else { return nil }
    var sum = CreditResult()
    for k in issuers.indices {
      guard let pool = issuers[k].pool else { continue }
      sum.soldWei += pool.paidOut
      sum.boughtWei += pool.paidIn
      sum.discountMaximum = max(sum.discountMaximum, issuers[k].discountMaximum)
      guard let book = issuers[k].loans else { continue }
      let (owed, bad, _) = debts(k)
      sum.lentWei += book.lent
      sum.interestWei += book.interest
      sum.repaidWei += book.repaid
      sum.debtWei += owed
      sum.badDebtWei += bad
      sum.liquidations += book.liquidations
      sum.roundsMaximum = max(sum.roundsMaximum, book.roundsMaximum)
    }
    return sum
  }
}
