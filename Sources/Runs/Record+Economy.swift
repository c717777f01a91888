// The economy's side of the record: facts into rows, gauges kept for the summary, and the end of a run.

import AVS
import Basics
import Contracts
import Economy
public import Participants
import Reporting

/// What of the economy the summary asks for.
struct EconomyRecord {
  /// By epoch, in order.
  var gauges: [(epoch: UInt64, gauge: RiskGauge)] = []
  /// Names for rows; set before the first fact.
  var issuers: [String] = []
  var assets: [String] = []
  var accounts: [String] = []
  var operators: [NodeID] = []
  /// Of slashes: borne by and given to, in wei, for the check that both sides agree.
  var borne: [UInt32: UInt128] = [:]
  var result: EconomyResult?
  /// Of services that registered during the run, by service: operators that joined.
  var joins: [Int: Int] = [:]
}

extension Record {
  /// Tells the record the names that facts' numbers stand for, and the graph at the start.
  public func introduce(_ coordinator: Coordinator) {
    let configuration = coordinator.configuration
    economy.issuers = configuration.economy.issuers.map(\.name)
    economy.assets = configuration.assets.map(\.name)
    economy.operators = configuration.operators.map(\.node)
    economy.accounts = coordinator.ledger.accounts.indices.map { coordinator.name(of: AccountID($0)) }
    if let gauge = coordinator.stakeGraph()?.gauge(at: .zero) { note(gauge, epoch: 0) }
  }

  private func add(_ table: EconomyTable, _ cells: [EconomyCell]) {
    rows.economy.append(EconomyRow(table, cells))
  }

  private func note(_ gauge: RiskGauge, epoch: UInt64) {
    economy.gauges.append((epoch, gauge))
    add(
      .risk,
      [
        .integer(Int(epoch)), .instant(gauge.at), .real(gauge.gammaCertified), .real(gauge.gammaShared),
        .real(gauge.hhi), gauge.nakamoto33.map { .integer($0) } ?? .null,
        gauge.nakamoto67.map { .integer($0) } ?? .null, .amount(gauge.freeProfit), .real(gauge.leverage),
        .real(gauge.baseExposure), .real(gauge.gammaExact), .real(RiskGauge.shockShare),
        .real(gauge.shockLoss), .real(gauge.shockBound), gauge.shockRounds.map { .integer($0) } ?? .null,
        .real(gauge.elasticMargin.map { $0 / 1e18 }),
      ])
  }

  private func issuer(_ k: Int) -> EconomyCell {
    .text(k < economy.issuers.count ? economy.issuers[k] : "")
  }
  private func node(_ number: Int) -> EconomyCell {
    .integer(number < economy.operators.count ? economy.operators[number].index : number)
  }

  func note(_ fact: EconomyFact) {
    switch fact {
    case .price(let price):
      let name = price.asset.index < economy.assets.count ? economy.assets[price.asset.index] : ""
      add(.prices, [.instant(price.at), .text(name), .amount(price.priceWad), .amount(price.weightWad)])
    case .risk(let epoch, let gauge): note(gauge, epoch: epoch)
    case .issuer(let one):
      add(
        .issuers,
        [
          .integer(Int(one.epoch)), .instant(one.at), issuer(one.issuer), .amount(one.supply),
          .amount(one.navWad), .amount(one.staked), .amount(one.buffer), .amount(one.unstaking),
          .amount(one.asked), .amount(one.slashed), .amount(one.staking), .amount(one.income),
          .amount(one.fees), .amount(one.redeemed), .amount(one.deposited),
        ])
    case .moved(let move):
      add(
        .moves,
        [
          .instant(move.at), issuer(move.issuer), node(move.operatorIndex),
          .text(move.isDeposit ? "deposit" : "withdrawal"), .amount(move.tokens),
        ])
    case .operatorSeen(let one):
      add(
        .reputations,
        [
          .integer(Int(one.epoch)), .instant(one.at), node(one.operatorIndex), .amount(one.stake),
          .real(one.reputation), .real(one.yield), .real(one.lossRate),
        ])
    case .market(let epoch, let at, let clearing):
      add(
        .market,
        [
          .integer(Int(epoch)), .instant(at), .integer(clearing.service.index),
          .amount(clearing.tariffRate), .amount(clearing.clearingRate), .amount(clearing.wanted),
          .amount(clearing.available), .amount(clearing.filled), .amount(clearing.paid),
          .amount(clearing.left), .amount(clearing.fairRate),
        ])
    case .accountability(let part): note(part)
    case .distribution(let one):
      add(
        .distributions,
        [
          .integer(Int(one.epoch)), .instant(one.at), one.issuer.map { issuer($0) } ?? .text(""),
          .text(one.stream), .amount(one.amount), .amount(one.dust), one.root.map { .text($0) } ?? .null,
        ])
    case .outlook(let one):
      add(
        .outlooks,
        [
          .integer(Int(one.epoch)), .instant(one.at), issuer(one.issuer), .real(one.outlook.yield),
          .real(one.outlook.lossRate), .real(one.outlook.shortfall), .integer(Int(one.levelBips)),
          .real(one.outlook.returnOverRisk), .real(one.stakeShortfall), .real(one.ownShare),
          .amount(one.ownPaid), .amount(one.ownSlashed),
        ])
    case .entry(let one):
      switch one.kind {
      case .registers: economy.joins[one.service.index] = 0
      case .joins: economy.joins[one.service.index, default: 0] += 1
      case .declines, .refused: break
      }
      add(
        .entries,
        [
          .integer(Int(one.epoch)), .instant(one.at), .integer(one.service.index), .text(one.kind.rawValue),
          one.operatorIndex.map { node($0) } ?? .null, .amount(one.offered), .amount(one.asked),
        ])
    case .choice(let one):
      add(
        .choices,
        [
          .instant(one.at), .integer(one.holder), .text(one.kind), issuer(one.from),
          one.to.map { issuer($0) } ?? .text(""), .text(one.why.rawValue), .amount(one.shares),
          .amount(one.wei),
        ])
    case .emission(let one):
      add(
        .emissions,
        [
          .integer(Int(one.epoch)), .instant(one.at), .text(asset(one.asset)), .amount(one.minted),
          .amount(one.operators), .amount(one.issuers), .amount(one.direct), .amount(one.dust),
        ])
    case .exchange(let one): note(one)
    case .liquidation(let one):
      add(
        .liquidations,
        [
          .instant(one.at), issuer(one.issuer), .integer(one.holder), .integer(one.round),
          .amount(one.shares), .amount(one.repaid), .amount(one.proceeds), .amount(one.left),
          .amount(one.price),
        ])
    case .insurance(let one):
      add(
        .insurance,
        [
          .instant(one.at), .integer(one.service.index), .text(one.kind.rawValue),
          one.task.map { .integer($0.index) } ?? .null, .text(one.asset.map { asset($0) } ?? ""),
          .amount(one.tokens), .amount(one.wei),
        ])
    case .income(let one):
      add(
        .incomes,
        [
          .integer(Int(one.epoch)), .instant(one.at), issuer(one.issuer), node(one.operatorIndex),
          .amount(one.wei),
        ])
    case .redemption(let one):
      add(
        .redemptions,
        [
          .instant(one.at), issuer(one.issuer), .integer(one.holder), .amount(one.shares),
          .amount(one.asked), .amount(one.paid),
        ])
    }
  }

  private func asset(_ id: StrategyID) -> String {
    id.index < economy.assets.count ? economy.assets[id.index] : ""
  }

  private func note(_ one: ExchangeFact) {
    add(
      .exchanges,
      [
        .integer(Int(one.epoch)), .instant(one.at), issuer(one.issuer), .amount(one.price),
        .amount(one.nav), .amount(one.ether), .amount(one.shares), .amount(one.sold), .amount(one.bought),
        .amount(one.pledged), .amount(one.debt), .amount(one.bad),
      ])
  }

  /// The depositors of a vault bear its part of a slash.
  func noteVault(_ slash: VaultSlashFact, of index: Int) {
    let one = slashes[index]
    func row(_ side: String, _ role: String, _ account: String) {
      add(
        .accountability,
        [
          .integer(index), .instant(slash.at), .integer(one.service.index), .integer(one.operatorID.index),
          .text(one.offenceClass.rawValue), .text(side), .text(role), .text(account),
          .amount(slash.takenWei), .integer(0),
        ])
    }
    row("bears", "vault", slash.vault)
    row("receives", slash.recipient == .burn ? "burned" : "recipient", "")
  }

  private func note(_ part: AccountabilityFact) {
    // What rounding and prices explain is no loss of anybody's; the check on losses does without it.
    if !part.receives, part.role != .rounding, part.role != .revaluation {
      economy.borne[part.slash, default: 0] += part.wei
    }
    let name = part.account.map { $0.index < economy.accounts.count ? economy.accounts[$0.index] : "" }
    add(
      .accountability,
      [
        .integer(Int(part.slash)), .instant(part.at), .integer(part.service.index), node(part.operatorIndex),
        .text(part.offence.rawValue), .text(part.receives ? "receives" : "bears"), .text(part.role.rawValue),
        .text(name ?? ""), .amount(part.wei), .integer(part.isOwn ? 1 : 0),
      ])
  }

  // MARK: - The end

  /// Settles the economy, writes the last rows and fills its part of the summary.
  func concludeEconomy(
    _ summary: inout RunSummary, _ coordinator: Coordinator, settledAt: Instant
  ) {
    var chain = coordinator
    let start = economy.gauges.first?.gauge
    summary.risk.gammaCertified = start?.gammaCertified
    summary.risk.gammaShared = start?.gammaShared
    summary.risk.leverage = start?.leverage
    summary.risk.baseExposure = start?.baseExposure
    summary.risk.gammaExact = start?.gammaExact
    summary.risk.shockBound = start?.shockBound
    summary.risk.freeProfitWei = start?.freeProfit ?? 0
    if let gauge = chain.stakeGraph()?.gauge(at: settledAt) {
      note(gauge, epoch: (economy.gauges.last?.epoch ?? 0) + 1)
      summary.risk.end = RunSummary.RiskEnd(
        gammaCertified: gauge.gammaCertified, hhi: gauge.hhi, nakamoto33: gauge.nakamoto33,
        nakamoto67: gauge.nakamoto67)
    }
    let gammas = economy.gauges.map(\.gauge.gammaCertified)
    summary.risk.gammaLowest = gammas.contains(nil) ? nil : gammas.compactMap { $0 }.min()
    summary.risk.shockLoss = economy.gauges.compactMap(\.gauge.shockLoss).max()
    summary.risk.elasticMarginEth = economy.gauges.compactMap(\.gauge.elasticMargin).min().map { $0 / 1e18 }
    summary.insurance = insurance(coordinator)
    if !economy.joins.isEmpty {
      var entries = RunSummary.Entries()
      entries.services = economy.joins.count
      entries.joins = economy.joins.values.reduce(0, +)
      entries.unserved = economy.joins.values.count { $0 == 0 }
      summary.entries = entries
    }
    guard coordinator.configuration.economy.isActive, let result = chain.finishEconomy(at: settledAt) else {
      return
    }
    economy.result = result
    for fact in result.facts { note(fact) }
    for finding in result.findings { checkers.breaches.add(Checkers.stake, settledAt, "\(finding)") }
    summary.issuers = result.issuers.map { one in
      var issuer = RunSummary.Issuer(
        name: one.name, supply: one.supply, nav: one.navWad.map { Double($0) / 1e18 },
        navStart: one.navStartWad.map { Double($0) / 1e18 }, lossRatio: one.lossRatio,
        slashedWei: one.slashedWei, incomeWei: one.incomeWei, feesWei: one.feesWei)
      issuer.ownShare = one.ownShare
      issuer.ownPaidWei = one.ownPaidWei
      issuer.ownSlashedWei = one.ownSlashedWei
      return issuer
    }
    summary.lending = result.credit.map { RunSummary.Lending($0) }
    let market = result.market
    summary.rewards.submittedWei += market.escrowed
    summary.rewards.paidWei += market.operators + market.stakers
    summary.rewards.dustWei += market.dust
    summary.rewards.refundedWei += market.refunded
    summary.rewards.operatorsWei += market.operators
    let passed = result.issuersWei + result.holdersWei
    summary.rewards.stakersWei += market.stakers
    let isBalanced = passed <= summary.rewards.stakersWei
    summary.rewards.stakersWei -= min(passed, summary.rewards.stakersWei)
    summary.rewards.issuersWei = result.issuersWei
    summary.rewards.holdersWei = result.holdersWei
    let rewards = summary.rewards
    let given = rewards.paidWei + rewards.unclaimedWei
    let shares =
      rewards.operatorsWei + rewards.stakersWei + rewards.curatorsWei + rewards.issuersWei
      + rewards.holdersWei
    // The books of the chain judged themselves; here what the economy made of them is judged.
    summary.rewards.conserved =
      rewards.conserved != false && isBalanced && given == shares
      && rewards.submittedWei == given + rewards.dustWei + rewards.refundedWei
    if market.escrowed > 0 {
      summary.market = RunSummary.Market(
        escrowedWei: market.escrowed, paidWei: market.operators + market.stakers, dustWei: market.dust,
        refundedWei: market.refunded)
    }
    let holders = result.holders
    if holders.count > 0 {
      summary.holders = RunSummary.Holders(
        count: holders.count, claims: holders.claims, rewardsWei: holders.rewardsWei,
        strandedWei: holders.strandedWei, claimCostWei: holders.claimCostWei,
        slashedWei: holders.slashedWei, yieldP10: holders.yieldP10, yieldP50: holders.yieldP50,
        yieldP90: holders.yieldP90)
      summary.holders?.movedWei = result.choicesWei
      summary.holders?.epochs = holders.epochs
    }
    for one in result.statements {
      add(
        .statements,
        [
          .integer(one.holder), issuer(one.issuer), .amount(one.shares), .amount(one.start),
          .amount(one.deposited), .amount(one.redeemed), .amount(one.end), .amount(one.staking),
          .amount(one.fees), .amount(one.priceGain), .amount(one.priceLoss), .amount(one.slashed),
          .amount(one.left),
          .amount(one.forgone), .amount(one.bought), .amount(one.sold), .amount(one.tradeGain),
          .amount(one.tradeLoss), .amount(one.debtStart), .amount(one.debt), .amount(one.repaid),
          .real(Double(one.points) / 1e9), .amount(one.rewards), .amount(one.stranded),
          .integer(one.claims), .amount(one.serviceRewards), .amount(one.eigenRewards),
          .amount(one.incentiveRewards), .amount(one.rounding),
        ])
    }
    for one in result.balances {
      add(
        .balances,
        [
          issuer(one.issuer), .text(one.stream), .amount(one.issuerWei), .amount(one.holdersWei),
          .amount(one.issuerWei - min(one.issuerWei, one.holdersWei)),
        ])
    }
  }
}

extension RunSummary.Lending {
  init(_ credit: CreditResult) {
    self.init()
    lentWei = credit.lentWei
    interestWei = credit.interestWei
    repaidWei = credit.repaidWei
    debtWei = credit.debtWei
    badDebtWei = credit.badDebtWei
    liquidations = credit.liquidations
    rounds = credit.roundsMaximum
    soldWei = credit.soldWei
    boughtWei = credit.boughtWei
    discountMax = credit.discountMaximum
  }
}
