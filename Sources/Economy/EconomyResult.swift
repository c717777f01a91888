// The end of a run: what issuers, holders and the market came to, and the checks on the books.

public import Basics
public import Contracts

/// One issuer over the run.
public struct IssuerResult: Sendable, Equatable {
  public var name: String
  public var supply: UInt128
  /// Wei a share, as WADs; nil without shares.
  public var navWad: UInt128?
  public var navStartWad: UInt128?
  /// Lost to slashing, of what there was and what came in; nil without assets.
  public var lossRatio: Double?
  public var slashedWei: UInt128
  public var incomeWei: UInt128
  public var feesWei: UInt128
  /// Share of its stake with operators that it runs itself; what they were paid, and what they lost it, in wei.
  public var ownShare: Double?
  public var ownPaidWei: UInt128 = 0
  public var ownSlashedWei: UInt128 = 0
}

/// Trading and lending of all issuers' tokens together, in wei.
public struct CreditResult: Sendable, Equatable {
  public var lentWei: UInt128 = 0
  public var interestWei: UInt128 = 0
  public var repaidWei: UInt128 = 0
  public var debtWei: UInt128 = 0
  /// Of the debt, what is not covered by the value of what is pledged.
  public var badDebtWei: UInt128 = 0
  public var liquidations = 0
  public var roundsMaximum = 0
  public var soldWei: UInt128 = 0
  public var boughtWei: UInt128 = 0
  /// Furthest below value that a token was traded at an epoch's end, of all of them.
  public var discountMaximum = 0.0
}

/// One holder's statement for one issuer: end = start + deposited - redeemed + staking + fees + left by others + price gain -
/// price loss - slashed - rounding - forgone + bought - sold + trade gain - trade loss, but for rounding; rewards that have to be claimed, and points, beside it.
public struct Statement: Sendable, Equatable {
  public var holder: Int
  public var issuer: Int
  public var shares: UInt128
  public var start, deposited, redeemed, end: UInt128
  public var staking, fees, priceGain, priceLoss, slashed, rounding: UInt128
  /// Left by those who got less than their shares were worth; left to others on leaving.
  public var left, forgone: UInt128
  /// Paid for shares bought, got for shares sold, and what was won and lost against their value.
  public var bought, sold, tradeGain, tradeLoss: UInt128
  /// Owed at the start and at the end; repaid by selling what was pledged.
  public var debtStart, debt, repaid: UInt128
  /// Nano-ETH-hours.
  public var points: UInt128
  /// Worth in wei, claimed or not; and by what it came from, which together are it.
  public var rewards: UInt128
  public var serviceRewards: UInt128 = 0
  public var eigenRewards: UInt128 = 0
  public var incentiveRewards: UInt128 = 0
  /// Of `rewards`: what it is not worth claiming.
  public var stranded: UInt128
  public var claims: Int
}

/// The holders together.
public struct HolderResult: Sendable, Equatable {
  public var count = 0
  /// Closed before the end.
  public var epochs = 0
  public var claims = 0
  public var rewardsWei: UInt128 = 0
  public var strandedWei: UInt128 = 0
  public var claimCostWei: UInt128 = 0
  public var slashedWei: UInt128 = 0
  /// Net yield over the run, as a share of what was there and came in: nearest-rank percentiles over holders.
  public var yieldP10, yieldP50, yieldP90: Double?
}

/// Everything.
public struct EconomyResult: Sendable, Equatable {
  public var issuers: [IssuerResult] = []
  public var holders = HolderResult()
  public var statements: [Statement] = []
  public var market = Economy.MarketTotals()
  /// Nil: no token is traded.
  public var credit: CreditResult?
  /// Moved by holders from one issuer to another, in wei.
  public var choicesWei: UInt128 = 0
  /// Of what services and the market paid to stakers: kept by issuers as fees or not passed on yet, and passed to holders.
  public var issuersWei: UInt128 = 0
  public var holdersWei: UInt128 = 0
  public var findings: [Finding] = []
  /// Of the last distribution.
  public var facts: [EconomyFact] = []
  /// Issuers against their holders' statements.
  public var balances: [BalanceFact] = []
}

extension Economy {
  /// Settles everything at the end. `balances`: as at an epoch's end.
  public mutating func finish(
    at: Instant, block: BlockNumber, ledger: borrowing RestakingLedger, balances: [UInt128]
  ) -> EconomyResult {
    for k in services.indices {
      market.refunded += services[k].left
      services[k].close()
    }
    let span = at - lastClose
    for k in issuers.indices {
      look(k, ledger: ledger, at: at, block: block, span: span)
      earn(k, balances: balances, span: span, at: at, epoch: epochs + 1)
      checkTokens(k)
      checkCredit(k)
    }
    distribute(at: at, isLast: true)
    for k in issuers.indices { tell(.issuer(state(k, at: at, epoch: epochs + 1))) }
    lastClose = max(at, lastClose)
    var result = EconomyResult()
    for k in issuers.indices {
      let (one, price) = (issuers[k], prices[configuration.issuers[k].asset.index])
      let base = one.startWei + one.depositedWei
      result.issuers.append(
        IssuerResult(
          name: configuration.issuers[k].name, supply: one.book.supply, navWad: Self.nav(one.book, price),
          navStartWad: one.navStart,
          lossRatio: base == 0 ? nil : Double(one.slashedWei) / Double(base), slashedWei: one.slashedWei,
          incomeWei: one.incomeWei, feesWei: one.feesWei, ownShare: ownShare(k, ledger),
          ownPaidWei: one.ownPaidWei, ownSlashedWei: one.ownSlashedWei))
      result.issuersWei += one.feesWei
      result.holdersWei += one.incomeWei - one.feesWei
      result.holders.slashedWei += one.slashedWei
    }
    makeStatements(at: at, &result)
    checkHolders(result)
    balance(&result)
    result.market = market
    result.credit = credit
    result.choicesWei = choicesWei
    result.findings = findings
    result.facts = takeFacts()
    return result
  }

  /// What came in is there, went out or was slashed; and the slashes themselves say the same.
  private mutating func checkTokens(_ k: Int) {
    let one = issuers[k]
    let came = one.startTokens + (one.book.deposited - configuration.issuers[k].deposited) + one.earnedTokens
    let went = one.book.assets + one.book.redeemed + one.slashedTokens
    if came != went {
      find(
        "issuer.tokens", "\(configuration.issuers[k].name): \(came) tokens came, \(went) are accounted for")
    }
    let room = (one.operations + 4) * (16 + one.book.assets / 100_000_000_000_000_000)
    let (a, b) = (one.slashedTokens, one.slashedSeen)
    if (a > b ? a - b : b - a) > room {
      find(
        "issuer.slashed",
        "\(configuration.issuers[k].name): \(a) tokens are gone, slashes took \(b), rounding explains \(room)"
      )
    }
    if one.book.supply != holders.ofIssuer[k].reduce(UInt128(0), { $0 + holders.positions[Int($1)].shares }) {
      find(
        "issuer.supply",
        "\(configuration.issuers[k].name): holders do not have the supply, \(one.book.supply)")
    }
  }

  private mutating func makeStatements(at: Instant, _ result: inout EconomyResult) {
    let terms = configuration.holders
    guard !issuers.isEmpty, terms.count > 0 else { return }
    let (vaultWei, vaultShares) = vaultValue
    let earned = vaultSharesByHolder()
    var yields: [Double] = []
    result.holders.count = terms.count
    result.holders.epochs = Int(epochs)
    result.statements.reserveCapacity(holders.positions.count)
    for k in holders.positions.indices {
      holders.settle(k, at: at)
      let one = holders.positions[k]
      let issuer = Int(one.issuer)
      let price = prices[configuration.issuers[issuer].asset.index]
      var statement = Statement(
        holder: Int(one.holder), issuer: issuer, shares: one.shares, start: one.start,
        deposited: one.deposited, redeemed: one.redeemed,
        end: value(issuers[issuer].book.tokens(for: one.shares), at: price),
        staking: one.streams[.staking], fees: one.streams[.fees], priceGain: one.streams[.priceGain],
        priceLoss: one.streams[.priceLoss], slashed: one.streams[.slashed], rounding: one.streams[.rounding],
        left: one.streams[.left],
        forgone: one.forgone, bought: one.bought, sold: one.sold, tradeGain: one.tradeGain,
        tradeLoss: one.tradeLoss, debtStart: one.debtStart, debt: one.debt, repaid: one.repaid,
        points: one.points, rewards: 0, stranded: 0, claims: 0)
      if configuration.vault != nil {
        func worth(_ shares: UInt128) -> UInt128 {
          vaultShares == 0 ? 0 : mulDiv(shares, vaultWei, vaultShares)
        }
        statement.rewards = worth(one.vaultShares)
        statement.eigenRewards = worth(one.own.eigen)
        statement.incentiveRewards = worth(one.own.incentive)
        statement.serviceRewards = statement.rewards - statement.eigenRewards - statement.incentiveRewards
        // One claim for everything that a holder has, entered with its first position.
        let all = worth(earned[Int(one.holder)])
        if all <= terms.claimCost {
          statement.stranded = statement.rewards
        } else if k == 0 || holders.positions[k - 1].holder != one.holder {
          statement.claims = 1
        }
      } else {
        (statement.serviceRewards, statement.eigenRewards, statement.incentiveRewards) = one.own
        for scheme in [one.own.fees, one.own.eigen, one.own.incentive] where scheme > 0 {
          statement.rewards += scheme
          if scheme <= terms.claimCost { statement.stranded += scheme } else { statement.claims += 1 }
        }
      }
      result.holders.claims += statement.claims
      result.holders.rewardsWei += statement.rewards
      result.holders.strandedWei += statement.stranded
      // Of one's own money: what was borrowed is not it. What liquidators repaid never was in the holder's hands.
      let base = Double(one.start) + Double(one.deposited) - Double(one.debtStart)
      if base > 0, Int(one.holder) < terms.count {
        let cost = Double(terms.claimCost) * Double(statement.claims)
        let traded = Double(one.sold) - Double(one.repaid) - Double(one.bought)
        let gained = Double(statement.end) - Double(one.debt) + Double(one.redeemed) + traded - base
        yields.append((gained + Double(statement.rewards - statement.stranded) - cost) / base)
      }
      result.statements.append(statement)
    }
    result.holders.claimCostWei = terms.claimCost * UInt128(result.holders.claims)
    yields.sort()
    func rank(_ hundredths: Int) -> Double? {
      yields.isEmpty ? nil : yields[max(0, (yields.count * hundredths + 99) / 100 - 1)]
    }
    result.holders.yieldP10 = rank(10)
    result.holders.yieldP50 = rank(50)
    result.holders.yieldP90 = rank(90)
  }

  /// What befell an issuer, stream by stream, and what its holders' statements say of it together. They differ by the wei that
  /// divisions among holders round off: never to the holders' favour, and less than two a holder and time at which it was divided.
  private mutating func balance(_ result: inout EconomyResult) {
    guard !result.statements.isEmpty else { return }
    for k in issuers.indices {
      var sums = ValueStreams()
      var (redeemed, deposited, end, count): (UInt128, UInt128, UInt128, UInt128) = (0, 0, 0, 0)
      for one in result.statements where one.issuer == k {
        sums[.staking] += one.staking
        sums[.fees] += one.fees
        sums[.slashed] += one.slashed
        sums[.rounding] += one.rounding
        sums[.priceGain] += one.priceGain
        sums[.priceLoss] += one.priceLoss
        sums[.left] += one.left
        redeemed += one.redeemed
        deposited += one.deposited
        end += one.end
        count += 1
      }
      let totals = holders.sums[k].totals
      let worth = value(issuers[k].book.assets, at: price(k))
      let rows: [(String, UInt128, UInt128)] = [
        ("slashed", totals[.slashed], sums[.slashed]), ("staking", totals[.staking], sums[.staking]),
        ("fees", totals[.fees], sums[.fees]), ("price_gain", totals[.priceGain], sums[.priceGain]),
        ("price_loss", totals[.priceLoss], sums[.priceLoss]),
        ("rounding", totals[.rounding], sums[.rounding]), ("left", totals[.left], sums[.left]),
        ("deposited", issuers[k].depositedWei, deposited), ("redeemed", issuers[k].redeemedWei, redeemed),
        ("end", worth, end),
      ]
      // A share's part is rounded to 10^-18 wei, then a holder's to a wei: at each settlement.
      let room =
        (count + 1) * UInt128(4 + 2 * epochs)
        + (issuers[k].startWei + issuers[k].depositedWei) / 1_000_000_000_000_000
      for (stream, whole, parts) in rows {
        result.balances.append(
          BalanceFact(issuer: k, stream: stream, issuerWei: whole, holdersWei: parts))
        if parts > whole || whole - parts > room {
          find(
            "holders.balance",
            "\(configuration.issuers[k].name), \(stream): \(whole) wei befell the issuer, holders' statements say \(parts)"
          )
        }
      }
    }
  }

  /// Statements explain what changed, holder by holder, and together they are the issuer's.
  private mutating func checkHolders(_ result: EconomyResult) {
    let room = UInt128(16 + 4 * epochs)
    for one in result.statements {
      let up =
        one.start + one.deposited + one.staking + one.fees + one.priceGain + one.left + one.bought
        + one.tradeGain
      let down =
        one.end + one.redeemed + one.priceLoss + one.slashed + one.rounding + one.forgone + one.sold
        + one.tradeLoss
      let scale = (one.start + one.deposited + one.bought) / 1_000_000_000_000_000
      if (up > down ? up - down : down - up) > room + scale {
        find(
          "holder.statement",
          "holder \(one.holder) of \(configuration.issuers[one.issuer].name): \(up) came, \(down) is accounted for"
        )
        return
      }
    }
  }
}
