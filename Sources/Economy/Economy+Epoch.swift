// The end of an epoch.

public import Basics
public import Contracts

extension Economy {
  /// Closes the epoch that ends at `at`. Returns what has to be done on the ledger; `confirm` each order that was.
  ///
  /// - Parameter balances: rewards that the chain paid, by account.
  public mutating func closeEpoch(
    at: Instant, block: BlockNumber, ledger: borrowing RestakingLedger, balances: [UInt128]
  ) -> [EconomyOrder] {
    epochs += 1
    let span = at - lastClose
    movePrices(at: at)
    let graph = stakeGraph(ledger, at: block)
    payMarket(graph, at: at, span: span, ledger: ledger)
    remember(graph, at: at)
    var orders = attract(graph, at: at)
    emit(graph, ledger: ledger, at: at, span: span)
    // What is ordered in this epoch already: an issuer's margin holds whatever others move at the same time.
    var ahead = [Double](repeating: 0, count: operators.count)
    for k in issuers.indices {
      look(k, ledger: ledger, at: at, block: block, span: span)
      earn(k, balances: balances, span: span, at: at, epoch: epochs)
      measure(k)
      welcome(k, at: at)
      leave(k, at: at)
      trade(k, at: at, span: span)
      orders += moves(k, graph, &ahead, ledger: ledger)
    }
    arrive(at: at)
    let outlooks = tellOutlooks(graph, ledger: ledger, at: at)
    choose(outlooks, at: at)
    distribute(at: at)
    for k in issuers.indices { tell(.issuer(state(k, at: at))) }
    tell(.risk(epoch: epochs, gauge(ledger, at: at, block: block)))
    for number in records.indices { records[number] = OperatorRecord() }
    for service in levels.indices { levels[service].removeAll(keepingCapacity: true) }
    lastClose = at
    return orders
  }

  /// The stake graph by present prices.
  public func stakeGraph(_ ledger: borrowing RestakingLedger, at block: BlockNumber) -> StakeGraph {
    var services = configuration.services
    // What does not exist yet can neither be corrupted nor is anything to be gained from it.
    for k in services.indices where !isRegistered[k] { services[k].profit = 0 }
    return StakeGraph(
      services, operators: operators, sets: sets, ledger: ledger, weights: weights,
      sharesStake: configuration.sharesStake, at: block)
  }

  /// The gauge of the stake graph, which is searched again only when something in it changed.
  public mutating func gauge(_ ledger: borrowing RestakingLedger, at: Instant, block: BlockNumber)
    -> RiskGauge
  {
    let graph = stakeGraph(ledger, at: block)
    if let known, known.graph.isSame(as: graph) {
      var gauge = known.gauge
      gauge.at = at
      return gauge
    }
    let gauge = graph.gauge(at: at)
    known = (graph, gauge)
    return gauge
  }

  // MARK: - The market

  private mutating func payMarket(
    _ graph: StakeGraph, at: Instant, span: TimeSpan, ledger: borrowing RestakingLedger
  ) {
    let years = mulDiv(wad, UInt128(span.nanoseconds), Self.year)
    for index in services.indices where services[index].isOpen && isRegistered[index] {
      let level = levels[index]
      let policy = RewardPolicy(
        annualPool: 0, floorBips: services[index].terms.floorBips,
        targetBips: services[index].terms.targetBips)
      let asks = operators.indices.map { ask($0) }
      let (clearing, dues) = services[index].clear(
        ServiceID(index), members: graph.members[index],
        level: { Self.level(level[$0], policy) },
        ask: { asks[$0] }, years: years)
      for due in dues { pay(due, service: index, ledger: ledger) }
      tell(.market(epoch: epochs, at: at, clearing))
    }
    let left = services.reduce(UInt128(0)) { $0 + $1.left }
    let accounted =
      market.operators + market.stakers + market.dust + market.refunded + left
      + services.reduce(UInt128(0)) { $0 + $1.refunded }
    if accounted != market.escrowed {
      find("market.conserved", "escrowed \(market.escrowed), accounted for \(accounted) at \(at)")
    }
  }

  /// Least rate a year that an operator takes, as a WAD: more for who has a bad name.
  func ask(_ number: Int) -> UInt128 {
    let terms = configuration.market
    let raise = 1 + terms.reputationPremium * (1 - min(max(reputations[number].score, 0), 1))
    return UInt128(Double(terms.ask) * raise)
  }

  /// The part of its pay that a service level leaves, in bips; nothing for who owed nothing.
  static func level(_ record: (duties: UInt64, fulfilled: UInt64)?, _ policy: RewardPolicy) -> UInt128 {
    guard let record, record.duties > 0 else { return 0 }
    let reached = UInt128(record.fulfilled) * 10_000
    let (floor, target) = (UInt128(policy.floorBips), UInt128(policy.targetBips))
    let duties = UInt128(record.duties)
    if reached >= target * duties { return 10_000 }
    if reached < floor * duties { return 0 }
    return mulDiv(reached - floor * duties, 10_000, (target - floor) * duties)
  }

  private mutating func pay(_ due: MarketDue, service: Int, ledger: borrowing RestakingLedger) {
    let split = OperatorSplit(
      amount: due.wei, splitBips: 1_000, operator: operators[due.operatorIndex], set: sets[service],
      ledger: ledger, prices: prices)
    var stakers: UInt128 = 0
    for part in split.stakers {
      while marketBalances.count <= part.account.index { marketBalances.append(0) }
      marketBalances[part.account.index] += part.amount
      stakers += part.amount
    }
    market.operators += split.operatorCut
    notePaid(due.operatorIndex, split.operatorCut)
    market.stakers += stakers
    market.dust += split.dust
    market.refunded += split.refunded
    records[due.operatorIndex].stakersWei += stakers
  }

  private mutating func remember(_ graph: StakeGraph, at: Instant) {
    let memory = Double(configuration.market.memoryWad) / 1e18
    for number in reputations.indices {
      reputations[number].note(records[number], stake: graph.stakes[number], memory: memory)
      let seen = reputations[number]
      let stake = graph.stakes[number]
      tell(
        .operatorSeen(
          OperatorFact(
            epoch: epochs, at: at, operatorIndex: number, stake: stake, reputation: seen.score,
            yield: stake == 0 ? nil : seen.reward / Double(stake), lossRate: seen.lossRate)))
    }
  }

  // MARK: - An issuer

  func price(_ k: Int) -> UInt128 { prices[configuration.issuers[k].asset.index] }

  /// Reads what it has off the ledger: the difference to last time is slashes, prices and rounding.
  mutating func look(
    _ k: Int, ledger: borrowing RestakingLedger, at: Instant, block: BlockNumber, span: TimeSpan
  ) {
    let asset = configuration.issuers[k].asset
    let stakedBefore = value(issuers[k].book.staked, at: issuers[k].priceBefore)
    var staked: UInt128 = 0
    for (number, account) in issuers[k].accounts.enumerated() {
      guard let account else { continue }
      staked += ledger.tokens(for: ledger.withdrawableShares(account, asset), asset)
      let received = Self.received(account, asset, ledger)
      issuers[k].book.receive(received - issuers[k].received[number])
      issuers[k].received[number] = received
    }
    let unstaking = issuers[k].withdrawals.reduce(UInt128(0)) {
      $0 + ledger.tokens(for: ledger.payableShares($1, 0, at: block), asset)
    }
    issuers[k].book.revalue(staked: staked, unstaking: unstaking)
    let book = issuers[k].book
    let (before, now) = (issuers[k].assetsBefore, book.assets)
    // What slashes took is known from the ledger's facts, at the prices of their moments; the rest that is gone are units that the
    // ledger rounded off, in its favour. What then still explains the difference are prices.
    let slashed = issuers[k].slashedSeenWei - issuers[k].slashedBookedWei
    let seen = issuers[k].slashedSeen - issuers[k].slashedBooked
    let lost = before - min(before, now)
    let rounded = lost > seen ? value(lost - seen, at: price(k)) : 0
    issuers[k].slashedTokens += lost
    issuers[k].earnedTokens += now - min(before, now)
    issuers[k].slashedWei += slashed
    holders.sums[k].add(slashed, .slashed, supply: book.supply)
    holders.sums[k].add(rounded, .rounding, supply: book.supply)
    if price(k) != issuers[k].priceBefore {
      let old = value(before, at: issuers[k].priceBefore)
      let explained = value(now, at: price(k)) + slashed + rounded
      if explained >= old {
        holders.sums[k].add(explained - old, .priceGain, supply: book.supply)
      } else {
        holders.sums[k].add(old - explained, .priceLoss, supply: book.supply)
        issuers[k].priceLossWei += old - explained
      }
    }
    issuers[k].slashedBookedWei = issuers[k].slashedSeenWei
    issuers[k].slashedBooked = issuers[k].slashedSeen
    // Points: what was restaked since the last look, in nano-ETH-hours.
    if book.supply > 0 {
      let hours = mulDiv(stakedBefore, UInt128(span.nanoseconds / 1_000_000_000), 3_600 * 1_000_000_000)
      holders.sums[k].points += mulDiv(hours, ShareSums.unit, book.supply)
    }
    issuers[k].assetsBefore = now
    issuers[k].priceBefore = price(k)
  }

  /// What the chain and the market paid since last time, less the fee; the beacon chain's reward; programmes.
  ///
  /// - Parameter tells: the epoch's number in what is told.
  mutating func earn(_ k: Int, balances: [UInt128], span: TimeSpan, at: Instant, epoch tells: UInt64) {
    let terms = configuration.issuers[k]
    var income: UInt128 = 0
    for (number, account) in issuers[k].accounts.enumerated() {
      guard let account else { continue }
      var total = account.index < balances.count ? balances[account.index] : 0
      if account.index < marketBalances.count { total += marketBalances[account.index] }
      let fresh = total - issuers[k].booked[number]
      if fresh > 0 {
        tell(
          .income(
            IncomeFact(epoch: tells, at: at, issuer: k, operatorIndex: number, wei: fresh)))
      }
      income += fresh
      issuers[k].booked[number] = total
    }
    let fee = mulDiv(income, UInt128(terms.feeBips), 10_000)
    issuers[k].incomeWei += income
    issuers[k].feesWei += fee
    let net = income - fee
    let elapsed = UInt128(span.nanoseconds)
    let restakedWei = value(issuers[k].book.staked, at: price(k))
    let eigen = mulDiv(
      mulWad(restakedWei, UInt128(terms.eigenWeeklyWad)), elapsed, 7 * 86_400 * 1_000_000_000)
    let incentive = mulDiv(terms.incentiveAnnual, elapsed, Self.year)
    issuers[k].pots.eigen += eigen
    issuers[k].pots.incentive += incentive
    issuers[k].programmesWei += mulWad(eigen, configuration.eigenPriceWad) + incentive
    switch terms.income {
    case .compound:
      let tokens = buy(k, net)
      if tokens > 0 { holders.sums[k].add(net, .fees, supply: issuers[k].book.supply) }
    case .distribute: issuers[k].pots.fees += net
    }
    let asset = configuration.assets[terms.asset.index]
    if asset.isNativeETH, asset.annualRateWad > 0 {
      let reward = mulDiv(mulWad(issuers[k].book.staked, UInt128(asset.annualRateWad)), elapsed, Self.year)
      issuers[k].book.receive(reward)
      issuers[k].earnedTokens += reward
      issuers[k].stakingWei += reward
      holders.sums[k].add(reward, .staking, supply: issuers[k].book.supply)
    }
    issuers[k].assetsBefore = issuers[k].book.assets
  }

  /// Buys tokens for wei at the market price; what is too little for one is kept.
  private mutating func buy(_ k: Int, _ wei: UInt128) -> UInt128 {
    let ether = issuers[k].etherDust + wei
    let tokens = mulDiv(ether, wad, price(k))
    issuers[k].etherDust = ether - min(ether, value(tokens, at: price(k)))
    issuers[k].book.receive(tokens)
    issuers[k].earnedTokens += tokens
    return tokens
  }

  /// New deposits: one an epoch, by a holder drawn by the seed.
  mutating func welcome(_ k: Int, at: Instant) {
    let terms = configuration.issuers[k]
    // The places of the exchange and of its arbitrageurs come last.
    let list = holders.ofIssuer[k].dropLast(holders.poolOf[k] == nil ? 0 : 2)
    guard terms.depositsPerEpoch > 0, !list.isEmpty else { return }
    let draws = HashRandom(seed: configuration.seed &+ 0x5EED_0F_0002, .sampling)
    let position = Int(list[Int(scale(draws.bits(UInt64(k), epochs), UInt64(list.count)))])
    let before = issuers[k].book
    guard let shares = try? issuers[k].book.mint(terms.depositsPerEpoch) else { return }
    let worth = value(terms.depositsPerEpoch, at: price(k))
    holders.settle(position, at: at)
    holders.change(position) {
      $0.shares += shares
      $0.deposited += worth
    }
    issuers[k].depositedWei += worth
    checkOthers(k, before, "deposit")
    issuers[k].assetsBefore = issuers[k].book.assets
  }

  /// Nobody else's share is worth less afterwards.
  mutating func checkOthers(_ k: Int, _ before: IssuerBook, _ what: String) {
    let after = issuers[k].book
    guard before.supply > 0, after.supply > 0 else { return }
    let left = before.assets.multipliedFullWidth(by: after.supply)
    let right = after.assets.multipliedFullWidth(by: before.supply)
    if (left.high, left.low) > (right.high, right.low) {
      find(
        "issuer.value-a-share",
        "\(configuration.issuers[k].name): a \(what) took \(before.assets)/\(before.supply) to \(after.assets)/\(after.supply)"
      )
    }
  }

  /// Runs start, and redemptions are paid as far as the buffer goes.
  mutating func leave(_ k: Int, at: Instant) {
    let terms = configuration.issuers[k]
    if let run = terms.run { flee(k, run, at: at) }
    let before = issuers[k].book
    while let (request, paid, worth) = issuers[k].book.payRequest() {
      let (paidWei, worthWei) = (value(paid, at: price(k)), value(worth, at: price(k)))
      holders.settle(request.position, at: at)
      holders.change(request.position) {
        $0.shares -= request.shares
        $0.leaving -= request.shares
        $0.redeemed += paidWei
        $0.forgone += worthWei - paidWei
      }
      sendOn(request.position, paidWei)
      issuers[k].redeemedWei += paidWei
      holders.sums[k].add(worthWei - paidWei, .left, supply: issuers[k].book.supply)
      tell(
        .redemption(
          RedemptionFact(
            at: at, issuer: k, holder: Int(holders.positions[request.position].holder),
            shares: request.shares, asked: request.tokens, paid: paid)))
    }
    checkOthers(k, before, "redemption")
    issuers[k].assetsBefore = issuers[k].book.assets
  }

  /// Holders ask for everything back when a share lost more than the threshold in this epoch.
  private mutating func flee(_ k: Int, _ run: RedemptionRun, at: Instant) {
    let lost = issuers[k].slashedWei - issuers[k].slashedBefore
    issuers[k].slashedBefore = issuers[k].slashedWei
    let worth = value(issuers[k].book.assets, at: price(k)) + lost
    guard lost > 0, mulDiv(lost, wad, worth) >= UInt128(run.thresholdWad) else { return }
    let draws = HashRandom(seed: configuration.seed &+ 0x5EED_0F_0003, .sampling)
    for position in holders.ofIssuer[k].dropLast(holders.poolOf[k] == nil ? 0 : 2) {
      let one = holders.positions[Int(position)]
      let free = one.free
      let draw = UInt128(draws.bits(UInt64(one.holder), UInt64(k), epochs) >> 1)
      guard free > 0, mulDiv(draw, wad, 1 << 63) < UInt128(run.shareWad) else { continue }
      if issuers[k].pool != nil, run.sellWad > 0 {
        let haste = UInt128(draws.bits(UInt64(one.holder), UInt64(k), epochs &+ 1 << 32) >> 1)
        if mulDiv(haste, wad, 1 << 63) < UInt128(run.sellWad) {
          sell(k, Int(position), free, at: at)
          continue
        }
      }
      guard (try? issuers[k].book.request(free, by: Int(position), at: at)) != nil else { continue }
      holders.change(Int(position)) { $0.leaving += free }
      tell(
        .redemption(
          RedemptionFact(
            at: at, issuer: k, holder: Int(one.holder), shares: free,
            asked: issuers[k].book.tokens(for: free), paid: nil)))
    }
  }

  func state(_ k: Int, at: Instant, epoch: UInt64? = nil) -> IssuerFact {
    let one = issuers[k]
    func worth(_ tokens: UInt128) -> UInt128 { value(tokens, at: price(k)) }
    return IssuerFact(
      epoch: epoch ?? epochs, at: at, issuer: k, supply: one.book.supply,
      navWad: Self.nav(one.book, price(k)),
      staked: worth(one.book.staked), buffer: worth(one.book.buffer), unstaking: worth(one.book.unstaking),
      asked: worth(one.book.tokensAsked), slashed: one.slashedWei, staking: one.stakingWei,
      income: one.incomeWei, fees: one.feesWei, redeemed: one.redeemedWei, deposited: one.depositedWei)
  }
}
