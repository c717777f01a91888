// Holders who choose between issuers by what they can know at the end of an epoch: what a token yielded, what it lost on average and in
// its worst epochs, what it is made of, which services can slash it. Whoever leaves goes the way of every redemption, queue and
// all; the ether buys the next token when it is paid. The choice itself is in `HolderKind`.

import Basics
import Contracts

/// Money that was redeemed to be put in elsewhere.
struct Arrival: Sendable {
  var holder: Int
  var from: Int
  var to: Int
  var wei: UInt128
  var why: HolderKind.Reason
}

extension Economy {
  /// Which kind each holder is: consecutive parts of the unit interval, a draw each.
  static func kinds(_ terms: HolderTerms, seed: UInt64) -> [Int8] {
    if terms.kinds.isEmpty { return [] }
    let draws = HashRandom(seed: seed &+ 0x5EED_0F_0004, .sampling)
    return (0..<terms.count).map { holder in
      let draw = mulDiv(UInt128(draws.bits(UInt64(holder)) >> 1), wad, 1 << 63)
      var end: UInt128 = 0
      for (k, kind) in terms.kinds.enumerated() {
        end += UInt128(kind.shareWad)
        if draw < end { return Int8(k) }
      }
      return -1
    }
  }

  // MARK: - What is known

  /// Enters the epoch with what is known of the issuer's token: what came and went since last time, of what there was.
  mutating func measure(_ k: Int) {
    let one = issuers[k]
    let gained = one.stakingWei + one.incomeWei - one.feesWei + one.programmesWei
    let lost = one.slashedWei + one.priceLossWei
    let worth = value(one.book.assets, at: price(k)) + (lost - one.measured.lost)
    if worth > 0 {
      issuers[k].record.note(
        gained: Double(gained - one.measured.gained) / Double(worth),
        lost: Double(lost - one.measured.lost) / Double(worth),
        memory: Double(configuration.market.memoryWad) / 1e18)
    }
    issuers[k].measured = (gained, lost)
  }

  /// Share of an issuer's stake that is with operators it runs itself; nil without stake.
  func ownShare(_ k: Int, _ ledger: borrowing RestakingLedger) -> Double? {
    let asset = configuration.issuers[k].asset
    var (own, all) = (UInt128(0), UInt128(0))
    for (number, account) in issuers[k].accounts.enumerated() {
      guard let account else { continue }
      let shares = ledger.withdrawableShares(account, asset)
      all += shares
      if runs(k, number) { own += shares }
    }
    return all == 0 ? nil : Double(own) / Double(all)
  }

  /// Every issuer as holders see it now; each is told.
  mutating func tellOutlooks(
    _ graph: StakeGraph, ledger: borrowing RestakingLedger, at: Instant
  ) -> [TokenOutlook] {
    var all: [TokenOutlook] = []
    for k in issuers.indices {
      let asset = configuration.issuers[k].asset
      let level = configuration.issuers[k].tail?.levelBips ?? TailTerms().levelBips
      var stakes = operators.map { _ in 0.0 }
      for (number, account) in issuers[k].accounts.enumerated() {
        guard let account else { continue }
        stakes[number] = Double(ledger.withdrawableShares(account, asset))
      }
      let exposed =
        configuration.holders.kinds.isEmpty
        ? []
        : graph.members.map { list in list.contains { $0.weight > 0 && stakes[$0.operatorIndex] > 0 } }
      let record = issuers[k].record
      let outlook = TokenOutlook(
        yield: record.yield, lossRate: record.lossRate,
        shortfall: TailRisk.shortfall(record.losses, levelBips: level), asset: asset.index, exposed: exposed)
      all.append(outlook)
      tell(
        .outlook(
          OutlookFact(
            epoch: epochs, at: at, issuer: k, outlook: outlook, levelBips: level,
            stakeShortfall: TailRisk.contributions(
              reputations.map(\.losses), weights: stakes, levelBips: level
            ).whole,
            ownShare: ownShare(k, ledger), ownPaid: issuers[k].ownPaidWei,
            ownSlashed: issuers[k].ownSlashedWei)))
    }
    return all
  }

  // MARK: - What is done

  /// Those who look in this epoch and find something better, or can bear it no longer, ask for everything back.
  mutating func choose(_ outlooks: [TokenOutlook], at: Instant) {
    let kinds = configuration.holders.kinds
    if kinds.isEmpty { return }
    let draws = HashRandom(seed: configuration.seed &+ 0x5EED_0F_0006, .sampling)
    // The same for all holders of a kind and a token.
    let choices = kinds.map { kind in outlooks.indices.map { kind.choice(of: outlooks, present: $0) } }
    for (holder, kind) in kindOf.enumerated() where kind >= 0 {
      let terms = kinds[Int(kind)]
      let draw = UInt128(draws.bits(UInt64(holder), epochs) >> 1)
      guard mulDiv(draw, wad, 1 << 63) < UInt128(terms.attentionWad) else { continue }
      for k in issuers.indices {
        guard let (to, why) = choices[Int(kind)][k] else { continue }
        let position = holders.place(of: holder, with: k)
        let free = holders.positions[position].free
        guard free > 0, holders.positions[position].leaving == 0,
          (try? issuers[k].book.request(free, by: position, at: at)) != nil
        else { continue }
        holders.change(position) {
          $0.leaving += free
          $0.destination = Int32(to ?? -1)
          $0.why = why
        }
        tell(
          .redemption(
            RedemptionFact(
              at: at, issuer: k, holder: holder, shares: free, asked: issuers[k].book.tokens(for: free),
              paid: nil)))
        tell(
          .choice(
            ChoiceFact(
              at: at, holder: holder, kind: terms.name, from: k, to: to, why: why, shares: free, wei: nil)))
      }
    }
  }

  /// A redemption was paid: its ether goes on to where its holder wanted it.
  mutating func sendOn(_ position: Int, _ wei: UInt128) {
    let one = holders.positions[position]
    guard one.destination >= 0, wei > 0 else { return }
    arrivals.append(
      Arrival(
        holder: Int(one.holder), from: Int(one.issuer), to: Int(one.destination), wei: wei, why: one.why))
    holders.change(position) { if $0.leaving == 0 { $0.destination = -1 } }
  }

  /// Money that came from one issuer buys another's asset and token, by the value of this epoch.
  mutating func arrive(at: Instant) {
    for one in arrivals {
      let tokens = mulDiv(one.wei, wad, price(one.to))
      let before = issuers[one.to].book
      // A token that stands for nothing is not bought: the ether stays with its holder.
      guard tokens > 0, let shares = try? issuers[one.to].book.mint(tokens) else { continue }
      let worth = value(tokens, at: price(one.to))
      let position = holders.place(of: one.holder, with: one.to)
      holders.settle(position, at: at)
      holders.change(position) {
        $0.shares += shares
        $0.deposited += worth
      }
      issuers[one.to].depositedWei += worth
      issuers[one.to].assetsBefore += tokens
      choicesWei += worth
      checkOthers(one.to, before, "move")
      tell(
        .choice(
          ChoiceFact(
            at: at, holder: one.holder, kind: configuration.holders.kinds[Int(kindOf[one.holder])].name,
            from: one.from, to: one.to, why: one.why, shares: shares, wei: worth)))
    }
    arrivals.removeAll(keepingCapacity: true)
  }
}
