// Vectors of Symbiotic's vaults: each is played on a vault of the model.

import Contracts
import Exact
import Vectors

enum SymbioticVectors {
  private static let network = AccountID(0 as UInt32)
  private static let holder = AccountID(1 as UInt32)
  private static let subnetwork = Subnetwork(network: network)
  private static let day = EpochClock(start: 0, duration: 86_400)

  private static func following<T>(_ body: () throws(SymbioticError) -> T) throws(UnreadableVector) -> T {
    do throws(SymbioticError) { return try body() } catch {
      throw UnreadableVector(reason: "setting up the vault: \(error.name)")
    }
  }

  // MARK: - Slashing a vault

  static func vaultSlash(_ input: Reader, _ expect: Reader) throws(UnreadableVector) -> Computed {
    var withdrawals: [UInt64: UInt128] = [:]
    for (epoch, amount) in input["withdrawals"].members {
      guard let epoch = UInt64(epoch) else { throw UnreadableVector(reason: "\(amount.path): not an epoch") }
      withdrawals[epoch] = try amount.amount()
    }
    var book = VaultBook(
      clock: EpochClock(
        start: try input["epoch_init"].count(), duration: try input["epoch_duration"].count()),
      activeStake: try input["active_stake"].amount(), withdrawals: withdrawals, holder: holder)
    let before = book.balance
    let amount = try input["amount"].amount()
    let capture = try input["capture"].count()
    let now = try input["now"].count()
    let taken: UInt128
    do throws(SymbioticError) { taken = try book.slash(amount, capture: capture, at: now) } catch {
      return .record(["error": .text(error.name)])
    }
    var after: [String: Computed] = [:]
    var held = book.activeStake
    for epoch in withdrawals.keys {
      after[String(epoch)] = .exact(book.withdrawals(epoch))
      held += book.withdrawals(epoch)
    }
    guard held == book.balance, book.balance + book.burned == before else {
      throw UnreadableVector(reason: "stake is not conserved: \(held) of \(before), \(book.burned) burned")
    }
    return .record([
      "slashed": .exact(taken), "active_stake": .exact(book.activeStake), "withdrawals": .table(after),
    ])
  }

  // MARK: - Delegators

  private static func vault(_ kind: Delegator.Kind, active: UInt128) throws(UnreadableVector)
    -> SymbioticVault
  {
    try following { () throws(SymbioticError) in
      var vault = try SymbioticVault(clock: day, delegator: kind, slasher: .none)
      if active > 0 { try vault.book.deposit(active, for: holder, at: 0) }
      try vault.delegator.setMaxNetworkLimit(subnetwork, to: .max, at: 0)
      return vault
    }
  }

  private static func enrol(_ account: AccountID, _ vault: inout SymbioticVault) throws(SymbioticError) {
    try vault.delegator.optIntoVault(account, at: 0)
    try vault.delegator.optIntoNetwork(account, network, at: 0)
  }

  static func networkRestake(_ input: Reader, _ expect: Reader) throws(UnreadableVector) -> Computed {
    var vault = try vault(.networkRestake, active: try input["active_stake"].amount())
    let limit = try input["network_limit"].amount()
    let operators = input["operator_shares"].members
    var left = try input["total_shares"].amount()
    var shares: [UInt128] = []
    for (_, one) in operators {
      let amount = try one.amount()
      guard amount <= left else { throw UnreadableVector(reason: "\(one.path): more shares than all") }
      left -= amount
      shares.append(amount)
    }
    // Shares that no listed operator has belong to one more.
    if left > 0 { shares.append(left) }
    try following { () throws(SymbioticError) in
      if limit > 0 { try vault.delegator.setNetworkLimit(subnetwork, to: limit, at: 0) }
      for (k, amount) in shares.enumerated() {
        let account = AccountID(k + 10)
        try enrol(account, &vault)
        if amount > 0 { try vault.delegator.setOperatorShares(subnetwork, account, to: amount, at: 0) }
      }
    }
    var got: [String: Computed] = [:]
    for (k, (name, _)) in operators.enumerated() {
      got[name] = .exact(vault.stake(of: AccountID(k + 10), in: subnetwork, at: 1))
    }
    return .table(got)
  }

  static func fullRestake(_ input: Reader, _ expect: Reader) throws(UnreadableVector) -> Computed {
    var vault = try vault(.fullRestake, active: try input["active_stake"].amount())
    let limit = try input["network_limit"].amount()
    let operatorLimit = try input["operator_network_limit"].amount()
    let account = AccountID(10)
    try following { () throws(SymbioticError) in
      try enrol(account, &vault)
      if limit > 0 { try vault.delegator.setNetworkLimit(subnetwork, to: limit, at: 0) }
      if operatorLimit > 0 {
        try vault.delegator.setOperatorLimit(subnetwork, account, to: operatorLimit, at: 0)
      }
    }
    return .record(["stake": .exact(vault.stake(of: account, in: subnetwork, at: 1))])
  }

  // MARK: - Capture times and vetoes

  static func slashableStake(_ input: Reader, _ expect: Reader) throws(UnreadableVector) -> Computed {
    let captured = CapturedStake(
      now: try input["now"].count(), capture: try input["capture"].count(),
      epochDuration: try input["epoch_duration"].count(),
      latestSlashedCapture: try input["latest_slashed_capture"].count(),
      stakeAtCapture: try input["stake_at_capture"].amount(),
      cumulativeSlashNow: try input["cumulative_slash_now"].amount(),
      cumulativeSlashAtCapture: try input["cumulative_slash_at_capture"].amount())
    return .record(["slashable": .exact(captured.slashable)])
  }

  /// Request, veto and execution at their times on a vault whose stake and resolver stand from the beginning.
  static func vetoTimeline(_ input: Reader, _ expect: Reader) throws(UnreadableVector) -> Computed {
    let clock = EpochClock(start: 0, duration: try input["epoch_duration"].count())
    let rule = VetoRule(vetoDuration: try input["veto_duration"].count())
    let account = AccountID(10)
    let resolver = AccountID(11)
    let hasResolver = try input["has_resolver"].flag()
    var vault = try following { () throws(SymbioticError) in
      var vault = try SymbioticVault(
        clock: clock, delegator: .operatorSpecific(account), slasher: .veto(rule))
      try vault.book.deposit(1_000, for: holder, at: 0)
      try vault.delegator.setMaxNetworkLimit(subnetwork, to: .max, at: 0)
      try vault.delegator.setNetworkLimit(subnetwork, to: 1_000, at: 0)
      try enrol(account, &vault)
      if hasResolver { try vault.setResolver(resolver, of: subnetwork, at: 0) }
      return vault
    }
    let capture = try input["capture"].count()
    let requestAt = try input["request_at"].count()
    let executeAt = try input["execute_at"].count()
    let vetoAt = input["veto_at"].isMissing ? nil : try input["veto_at"].count()
    do throws(SymbioticError) {
      let index = try vault.requestSlash(100, of: account, in: subnetwork, capture: capture, at: requestAt)
      if let vetoAt {
        do throws(SymbioticError) {
          try vault.vetoSlash(index, by: resolver, at: vetoAt)
          return .record(["outcome": .text("vetoed")])
        } catch {
          // A veto that comes too late, or from nobody, leaves the request as it is.
        }
      }
      let taken = try vault.executeSlash(index, at: executeAt)
      return .record(["outcome": .text(taken == 100 ? "executed" : "executed \(taken) of 100")])
    } catch {
      return .record(["outcome": .text(error.name)])
    }
  }

  // MARK: - Rewards

  static func stakerRewards(_ input: Reader, _ expect: Reader) throws(UnreadableVector) -> Computed {
    let stakers = input["shares_of"].members
    var left = try input["active_shares_at"].amount()
    var shares: [UInt128] = []
    for (_, one) in stakers {
      let amount = try one.amount()
      guard amount <= left else { throw UnreadableVector(reason: "\(one.path): more shares than all") }
      left -= amount
      shares.append(amount)
    }
    if left > 0 { shares.append(left) }
    let amount = try input["amount"].amount()
    let feeBips = try input["admin_fee_bips"].count()
    let token = StrategyID(0 as UInt16)
    return try following { () throws(SymbioticError) in
      // While nobody is slashed, a share is minted for every unit deposited.
      var book = VaultBook(clock: day)
      for (k, share) in shares.enumerated() where share > 0 {
        try book.deposit(share, for: AccountID(k + 10), at: 0)
      }
      var rewards = try StakerRewards(adminFeeBips: feeBips)
      let (distributed, fee) = try rewards.distribute(
        amount, token: token, from: network, for: 0, vault: book, at: 1)
      var claims: [String: Computed] = [:]
      for (k, (name, _)) in stakers.enumerated() {
        claims[name] = .exact(
          distributed == 0
            ? 0 : try rewards.claim(AccountID(k + 10), token: token, from: network, vault: book))
      }
      return .record([
        "admin_fee": .exact(fee), "distributed": .exact(distributed), "claims": .table(claims),
      ])
    }
  }
}
