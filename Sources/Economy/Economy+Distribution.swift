// Rewards on their way to the last holder. With a vault (LRT²): every issuer's rewards of whatever kind go into one basket, its
// shares go to holders by shares times time, one cumulative tree pays everything in one claim. Without (before 2.0): each issuer
// divides fees, EIGEN and its own tokens by a scheme each, and each has to be claimed.
//
// Source: King-Protocol/LRT2-protocol for the vault, ether.fi's and King's documents for the weekly cumulative distribution.

import Basics
import BigInt
import Contracts
import Signatures

extension Economy {
  /// Positions of the vault's basket: ether, EIGEN, then each issuer's own token at par.
  private var basketPrices: [UInt128] {
    [wad, configuration.eigenPriceWad] + configuration.issuers.map { _ in wad }
  }

  /// At the end of a period, or of the run (`isLast`).
  mutating func distribute(at: Instant, isLast: Bool = false) {
    guard !issuers.isEmpty else { return }
    guard let terms = configuration.vault else {
      if isLast || epochs % UInt64(max(configuration.ownPeriodEpochs, 1)) == 0 { distributeOwn(at: at) }
      return
    }
    for k in issuers.indices { fillVault(k, terms) }
    if isLast || epochs % UInt64(max(terms.periodEpochs, 1)) == 0 {
      distributeVault(at: at)
      letIn = 0
    }
  }

  /// Puts an issuer's pots into the vault, as far as the rate limit lets them in.
  private mutating func fillVault(_ k: Int, _ terms: RewardVaultTerms) {
    var amounts = [UInt128](repeating: 0, count: 2 + issuers.count)
    amounts[0] = issuers[k].pots.fees
    amounts[1] = issuers[k].pots.eigen
    amounts[2 + k] = issuers[k].pots.incentive
    let prices = basketPrices
    guard let worth = try? RewardVault.value(amounts, prices: prices), worth > 0 else { return }
    if let limit = terms.rateLimit, letIn + worth > limit { return }
    let before = vaultValue
    let had = vault?.shares(of: AccountID(k)) ?? 0
    guard (try? vault?.deposit(amounts, by: AccountID(k), prices: prices)) != nil else { return }
    letIn += worth
    // The deposit's shares by what brought them: by worth, the last gets what rounding leaves.
    let minted = (vault?.shares(of: AccountID(k)) ?? 0) - had
    let eigen = mulDiv(minted, mulWad(amounts[1], prices[1]), worth)
    let incentive = mulDiv(minted, mulWad(amounts[2 + k], prices[2 + k]), worth)
    issuers[k].fresh.eigen += eigen
    issuers[k].fresh.incentive += incentive
    issuers[k].fresh.fees += minted - eigen - incentive
    issuers[k].pots = (0, 0, 0)
    checkVault(before, k)
  }

  /// Value and shares of the vault.
  public var vaultValue: (wei: UInt128, shares: UInt128) {
    guard let vault else { return (0, 0) }
    return ((try? RewardVault.value(vault.balances, prices: basketPrices)) ?? 0, vault.totalShares)
  }

  /// A deposit of one issuer leaves what a share of the others is worth where it was, or above by rounding.
  private mutating func checkVault(_ before: (wei: UInt128, shares: UInt128), _ k: Int) {
    let after = vaultValue
    guard before.shares > 0 else { return }
    let old = before.wei.multipliedFullWidth(by: after.shares)
    let new = after.wei.multipliedFullWidth(by: before.shares)
    if (old.high, old.low) > (new.high, new.low) {
      find(
        "vault.value-a-share",
        "\(configuration.issuers[k].name): \(before.wei)/\(before.shares) before, \(after.wei)/\(after.shares) after"
      )
    }
  }

  /// Hands every issuer's new shares to its holders, and publishes the cumulative tree.
  private mutating func distributeVault(at: Instant) {
    guard let vault else { return }
    var handedOut = false
    for k in issuers.indices {
      let fresh = vault.shares(of: AccountID(k)) - issuers[k].vaultShares
      if fresh == 0 { continue }
      let sources = issuers[k].fresh
      var left = sources
      let dust = holders.divide(fresh, issuer: k, at: at) { position, part in
        position.vaultShares += part
        let eigen = mulDiv(part, sources.eigen, fresh)
        let incentive = mulDiv(part, sources.incentive, fresh)
        position.own.eigen += eigen
        position.own.incentive += incentive
        position.own.fees += part - eigen - incentive
        left.eigen -= eigen
        left.incentive -= incentive
      }
      issuers[k].fresh = (0, min(left.eigen, dust), min(left.incentive, dust - min(left.eigen, dust)))
      holders.forgetWeights(issuer: k)
      issuers[k].vaultShares += fresh - dust
      handedOut = handedOut || dust < fresh
      tell(
        .distribution(
          DistributionFact(
            epoch: epochs, at: at, root: nil, issuer: k, stream: "vault", amount: fresh - dust, dust: dust)))
    }
    guard handedOut else { return }
    let earned = vaultSharesByHolder()
    let leaves = earned.enumerated().filter { $0.element > 0 }.map { holder, shares in
      (
        address: Address(high: 0, middle: 0, low: UInt64(holder) + 1),
        earnings: [
          DistributionTree.Earning(token: Address(high: 0, middle: 1, low: 0), cumulative: BigUInt(shares))
        ]
      )
    }
    guard let tree = DistributionTree(leaves) else { return }
    let all = earned.reduce(0, +)
    let handed = issuers.reduce(UInt128(0)) { $0 + $1.vaultShares }
    if all != handed { find("vault.distribution", "\(handed) shares were handed out, holders have \(all)") }
    tell(
      .distribution(
        DistributionFact(
          epoch: epochs, at: at, root: "\(tree.root)", issuer: nil, stream: "vault", amount: all, dust: 0)))
  }

  /// Vault shares by holder, all issuers together.
  func vaultSharesByHolder() -> [UInt128] {
    var earned = [UInt128](repeating: 0, count: max(configuration.holders.count, holders.holderCount))
    for position in holders.positions where position.vaultShares > 0 {
      earned[Int(position.holder)] += position.vaultShares
    }
    return earned
  }

  /// Each issuer, each kind of reward by itself.
  private mutating func distributeOwn(at: Instant) {
    for k in issuers.indices {
      let pots = issuers[k].pots
      let eigen = mulWad(pots.eigen, configuration.eigenPriceWad)
      let dusts = (
        holders.divide(pots.fees, issuer: k, at: at) { $0.own.fees += $1 },
        holders.divide(eigen, issuer: k, at: at) { $0.own.eigen += $1 },
        holders.divide(pots.incentive, issuer: k, at: at) { $0.own.incentive += $1 }
      )
      holders.forgetWeights(issuer: k)
      for (stream, amount, dust) in [
        ("fees", pots.fees, dusts.0), ("eigen", eigen, dusts.1), ("incentive", pots.incentive, dusts.2),
      ] where amount > 0 {
        tell(
          .distribution(
            DistributionFact(
              epoch: epochs, at: at, root: nil, issuer: k, stream: stream, amount: amount - dust, dust: dust))
        )
      }
      issuers[k].distributedWei += pots.fees - dusts.0
      // What rounding left is divided next time.
      issuers[k].pots = (
        dusts.0,
        configuration.eigenPriceWad == 0 ? pots.eigen : mulDiv(dusts.1, wad, configuration.eigenPriceWad),
        dusts.2
      )
    }
  }
}
