// Symbiotic's vaults: epochs, who bears a slash, what a capture allows, vetoes, and rewards.

import Basics
import Contracts
import Testing

private let alice = AccountID(1 as UInt32)
private let bob = AccountID(2 as UInt32)
private let worker = AccountID(3 as UInt32)
private let resolver = AccountID(4 as UInt32)
private let subnetwork = Subnetwork(network: AccountID(9 as UInt32))
private let day: Timestamp = 86_400

private func vault(_ slasher: SymbioticVault.Slasher, stake: UInt128 = 1_000) throws -> SymbioticVault {
  var vault = try SymbioticVault(
    clock: EpochClock(start: 0, duration: day), delegator: .networkRestake, slasher: slasher)
  try vault.book.deposit(stake, for: alice, at: 0)
  try vault.delegator.setMaxNetworkLimit(subnetwork, to: stake, at: 0)
  try vault.delegator.setNetworkLimit(subnetwork, to: stake, at: 0)
  try vault.delegator.setOperatorShares(subnetwork, worker, to: 1, at: 0)
  try vault.delegator.optIntoVault(worker, at: 0)
  try vault.delegator.optIntoNetwork(worker, subnetwork.network, at: 0)
  return vault
}

@Suite("Symbiotic vaults") struct SymbioticTests {
  @Test("a withdrawal is at risk until the next epoch's end, and is paid once") func withdrawal() throws {
    var vault = try vault(.instant)
    try vault.book.withdraw(400, by: alice, at: 10)
    #expect(vault.book.withdrawals(1) == 400 && vault.book.activeStake == 600)
    #expect(throws: SymbioticError.invalidEpoch) { try vault.book.claim(1, by: alice, at: 2 * day - 1) }
    // In epoch 1, for an offence in epoch 0: the withdrawal bears its part.
    #expect(try vault.slash(500, of: worker, in: subnetwork, capture: 5, at: day + 4) == 500)
    #expect(vault.book.activeStake == 300 && vault.book.withdrawals(1) == 200)
    #expect(try vault.book.claim(1, by: alice, at: 2 * day) == 200)
    #expect(throws: SymbioticError.alreadyClaimed) { try vault.book.claim(1, by: alice, at: 2 * day) }
    #expect(vault.book.balance == 300 && vault.book.burned == 500)
  }

  @Test("all depositors of a vault pay for one operator") func lossIsShared() throws {
    var vault = try vault(.instant)
    try vault.book.deposit(1_000, for: bob, at: 1)
    _ = try vault.slash(500, of: worker, in: subnetwork, capture: 2, at: 3)
    #expect(try vault.book.activeBalance(of: alice) == 750)
    #expect(try vault.book.activeBalance(of: bob) == 750)
  }

  @Test("one stake is not slashed twice, and captures do not go back") func captures() throws {
    var vault = try vault(.instant)
    #expect(try vault.slash(600, of: worker, in: subnetwork, capture: 100, at: 200) == 600)
    #expect(try vault.slash(600, of: worker, in: subnetwork, capture: 100, at: 201) == 400)
    #expect(throws: SymbioticError.insufficientSlash) {
      try vault.slash(1, of: worker, in: subnetwork, capture: 99, at: 202)
    }
    #expect(throws: SymbioticError.invalidCaptureTimestamp) {
      try vault.slash(1, of: worker, in: subnetwork, capture: 202, at: 202)
    }
    #expect(throws: SymbioticError.invalidCaptureTimestamp) {
      try vault.slash(1, of: worker, in: subnetwork, capture: 300, at: 301 + day)
    }
  }

  @Test("without both opt-ins there is no stake, and a later one does not count for the past") func optIns()
    throws
  {
    var vault = try vault(.instant)
    #expect(vault.stake(of: worker, in: subnetwork, at: 5) == 1_000)
    try vault.delegator.optOutOfNetwork(worker, subnetwork.network, at: 10)
    #expect(vault.stake(of: worker, in: subnetwork, at: 10) == 0)
    #expect(vault.stake(of: worker, in: subnetwork, at: 9) == 1_000)
    #expect(vault.slashableStake(of: worker, in: subnetwork, capture: 9, at: 11) == 1_000)
    try vault.delegator.optIntoNetwork(worker, subnetwork.network, at: 11)
    #expect(throws: SymbioticError.optOutCooldown) {
      try vault.delegator.optOutOfNetwork(worker, subnetwork.network, at: 11)
    }
    #expect(throws: SymbioticError.alreadyOptedIn) { try vault.delegator.optIntoVault(worker, at: 12) }
  }

  @Test("each delegator offers what it says") func delegators() throws {
    let other = AccountID(20 as UInt32)
    let elsewhere = Subnetwork(network: AccountID(21 as UInt32))
    func stakes(_ kind: Delegator.Kind, _ set: (inout Delegator) throws(SymbioticError) -> Void) throws
      -> [UInt128]
    {
      var delegator = Delegator(kind)
      for account in [worker, other] {
        try delegator.optIntoVault(account, at: 0)
        for place in [subnetwork, elsewhere] { try delegator.optIntoNetwork(account, place.network, at: 0) }
      }
      try set(&delegator)
      return [(worker, subnetwork), (other, subnetwork), (worker, elsewhere)].map {
        delegator.stake(of: $0.0, in: $0.1, at: 1, activeStake: 1_000)
      }
    }
    let limits: (inout Delegator) throws(SymbioticError) -> Void = { delegator throws(SymbioticError) in
      for place in [subnetwork, elsewhere] {
        try delegator.setMaxNetworkLimit(place, to: 800, at: 0)
        try delegator.setNetworkLimit(place, to: 700, at: 0)
      }
    }
    #expect(
      try stakes(.networkRestake) { delegator throws(SymbioticError) in
        try limits(&delegator)
        try delegator.setOperatorShares(subnetwork, worker, to: 2, at: 0)
        try delegator.setOperatorShares(subnetwork, other, to: 1, at: 0)
      } == [466, 233, 0])
    #expect(
      try stakes(.fullRestake) { delegator throws(SymbioticError) in
        try limits(&delegator)
        try delegator.setOperatorLimit(subnetwork, worker, to: 900, at: 0)
        try delegator.setOperatorLimit(elsewhere, worker, to: 10, at: 0)
      } == [700, 0, 10])
    #expect(try stakes(.operatorSpecific(worker), limits) == [700, 0, 700])
    #expect(
      try stakes(.operatorNetworkSpecific(worker, network: subnetwork.network)) {
        delegator throws(SymbioticError) in try delegator.setMaxNetworkLimit(subnetwork, to: 800, at: 0)
      } == [800, 0, 0])
    #expect(throws: SymbioticError.exceedsMaxNetworkLimit) {
      try stakes(.fullRestake) { delegator throws(SymbioticError) in
        try delegator.setNetworkLimit(subnetwork, to: 1, at: 0)
      }
    }
  }

  @Test("a network that wants less lowers the vault's limit, and the past keeps its own") func lowered()
    throws
  {
    var vault = try vault(.instant)
    try vault.delegator.setMaxNetworkLimit(subnetwork, to: 300, at: 50)
    #expect(vault.stake(of: worker, in: subnetwork, at: 50) == 300)
    #expect(vault.stake(of: worker, in: subnetwork, at: 49) == 1_000)
  }

  @Test("only the resolver of the capture may veto, before the deadline") func veto() throws {
    var vault = try vault(.veto(VetoRule(vetoDuration: 3_600)))
    try vault.setResolver(resolver, of: subnetwork, at: 0)
    let first = try vault.requestSlash(100, of: worker, in: subnetwork, capture: 1_000, at: 2_000)
    #expect(throws: SymbioticError.notResolver) { try vault.vetoSlash(first, by: bob, at: 2_001) }
    #expect(throws: SymbioticError.vetoPeriodNotEnded) { try vault.executeSlash(first, at: 5_599) }
    try vault.vetoSlash(first, by: resolver, at: 5_599)
    #expect(throws: SymbioticError.slashRequestCompleted) { try vault.executeSlash(first, at: 5_600) }
    let second = try vault.requestSlash(100, of: worker, in: subnetwork, capture: 1_000, at: 6_000)
    #expect(throws: SymbioticError.vetoPeriodEnded) { try vault.vetoSlash(second, by: resolver, at: 9_600) }
    #expect(try vault.executeSlash(second, at: 9_600) == 100)
    #expect(throws: SymbioticError.slashRequestNotExist) { try vault.executeSlash(7, at: 9_600) }
    #expect(throws: SymbioticError.invalidCaptureTimestamp) {
      try vault.requestSlash(1, of: worker, in: subnetwork, capture: 10_000, at: 10_000 + day - 3_599)
    }
    let late = try vault.requestSlash(
      1, of: worker, in: subnetwork, capture: 10_000, at: 10_000 + day - 3_600)
    #expect(throws: SymbioticError.slashPeriodEnded) { try vault.executeSlash(late, at: 10_001 + day) }
  }

  @Test("a change of resolver waits three epochs, and one to come can be replaced") func resolverChange()
    throws
  {
    var vault = try vault(.veto(VetoRule(vetoDuration: 3_600)))
    #expect(throws: SymbioticError.alreadySet) { try vault.setResolver(nil, of: subnetwork, at: 1) }
    try vault.setResolver(resolver, of: subnetwork, at: 1)
    try vault.setResolver(bob, of: subnetwork, at: day + 5)
    #expect(vault.resolvers.resolver(of: subnetwork, at: 4 * day - 1) == resolver)
    #expect(vault.resolvers.resolver(of: subnetwork, at: 4 * day) == bob)
    try vault.setResolver(resolver, of: subnetwork, at: day + 6)
    #expect(vault.resolvers.resolver(of: subnetwork, at: 9 * day) == resolver)
    #expect(throws: SymbioticError.alreadySet) {
      try vault.setResolver(resolver, of: subnetwork, at: day + 7)
    }
    #expect(throws: SymbioticError.invalidVetoDuration) {
      try SymbioticVault(
        clock: EpochClock(start: 0, duration: 10), delegator: .fullRestake,
        slasher: .veto(VetoRule(vetoDuration: 10)))
    }
  }

  @Test("drawn operations conserve collateral, and a refused one changes nothing", arguments: UInt64(0)..<200)
  func conservation(seed: UInt64) throws {
    let random = HashRandom(seed: seed, .keys)
    var vault = try vault(.instant, stake: 1 + UInt128(random.bits(99) % 5_000))
    var inflow = vault.book.balance
    var outflow: UInt128 = 0
    var now: Timestamp = 1
    for k in 0..<60 as Range<UInt64> {
      now += random.bits(k, 0) % (day / 3)
      let who = random.bits(k, 1) % 2 == 0 ? alice : bob
      let amount = UInt128(random.bits(k, 2) % 3_000)
      let before = vault.book
      do throws(SymbioticError) {
        switch random.bits(k, 3) % 5 {
        case 0:
          try vault.book.deposit(amount, for: who, at: now)
          inflow += amount
        case 1: try vault.book.withdraw(amount, by: who, at: now)
        case 2: try vault.book.redeem(shares: amount, by: who, at: now)
        case 3: outflow += try vault.book.claim(random.bits(k, 4) % (now / day + 1), by: who, at: now)
        default:
          _ = try vault.slash(
            amount, of: worker, in: subnetwork, capture: now - min(now, random.bits(k, 4) % day), at: now)
        }
      } catch {
        #expect(vault.book.balance == before.balance && vault.book.activeStake == before.activeStake)
      }
      #expect(vault.book.balance + vault.book.burned + outflow == inflow)
      let epochs: Range<UInt64> = 0..<(now / day + 3)
      let queued = epochs.reduce(0 as UInt128) { $0 + vault.book.withdrawals($1) }
      #expect(
        vault.book.activeStake <= vault.book.balance && vault.book.activeStake + queued >= vault.book.balance)
      let held = try vault.book.activeBalance(of: alice) + vault.book.activeBalance(of: bob)
      #expect(held <= vault.book.activeStake + 1)
    }
  }

  @Test("rewards go by shares at their time, and late deposits earn like old ones") func rewards() throws {
    var vault = try vault(.instant)
    try vault.book.deposit(3_000, for: bob, at: 100)
    var rewards = try StakerRewards(adminFeeBips: 1_000)
    let token = StrategyID(0 as UInt16)
    try rewards.distribute(1_000, token: token, from: subnetwork.network, for: 99, vault: vault.book, at: 200)
    try rewards.distribute(
      1_000, token: token, from: subnetwork.network, for: 100, vault: vault.book, at: 200)
    #expect(try rewards.claim(alice, token: token, from: subnetwork.network, vault: vault.book) == 900 + 225)
    #expect(try rewards.claim(bob, token: token, from: subnetwork.network, most: 1, vault: vault.book) == 0)
    #expect(try rewards.claim(bob, token: token, from: subnetwork.network, vault: vault.book) == 675)
    #expect(throws: SymbioticError.noRewardsToClaim) {
      try rewards.claim(bob, token: token, from: subnetwork.network, vault: vault.book)
    }
    #expect(try rewards.claimAdminFee(token: token) == 200)
    #expect(throws: SymbioticError.invalidRewardTimestamp) {
      try rewards.distribute(1, token: token, from: subnetwork.network, for: 200, vault: vault.book, at: 200)
    }
    #expect(throws: SymbioticError.highAdminFee) {
      try rewards.distribute(
        1, token: token, from: subnetwork.network, for: 1, maxAdminFeeBips: 999, vault: vault.book, at: 200)
    }
  }
}
