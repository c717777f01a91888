// From a ledger with stake to the last claim: submission, calculation, distribution, claims.

import Basics
import BigInt
import Contracts
import Signatures
import Testing

@Suite("Rewards flow from a submission to every earner")
struct RewardFlowTests {
  private static let day = 20_255
  private static let now = UInt64(day) * 86_400 + 100

  /// Three operators, nine stakers, one set with two strategies; operator 2 slashed by a third.
  private func ledger(_ random: inout RandomStream) throws -> (RestakingLedger, [AccountID], OperatorSetID) {
    var ledger = RestakingLedger(delays: .testnet)
    let strategies = [ledger.addStrategy(), ledger.addStrategy()]
    let operators = (0..<3).map { _ in ledger.addAccount() }
    let avs = ledger.addAccount()
    for one in operators { try ledger.registerOperator(one, allocationDelay: 0, at: 1) }
    for k in 0..<9 {
      let staker = ledger.addAccount()
      for strategy in strategies {
        try ledger.deposit(staker, strategy, amount: UInt128(random.next()) + 1_000, at: 1)
      }
      try ledger.delegate(staker, to: operators[k % 3], at: 1)
    }
    let set = try ledger.createOperatorSet(avs: avs, strategies: strategies, slasher: avs)
    for one in operators {
      try ledger.register(one, in: set, at: 1)
      for strategy in strategies {
        let change = AllocationChange(
          set: set, strategy: strategy, magnitude: UInt64(random.below(1 << 30) + 1) << 29)
        try ledger.modifyAllocations(one, [change], at: 1)
      }
    }
    _ = try ledger.slashOperator(
      operators[2], in: set, by: avs, strategies: strategies,
      wads: [333_333_333_333_333_333, 333_333_333_333_333_333], at: 2)
    return (ledger, operators, set)
  }

  private func coordinator(_ ledger: RestakingLedger) -> (RewardsCoordinator, AccountID) {
    var book = AddressBook()
    for k in ledger.accounts.indices { book.addAccount(Address(keccak256("account \(k)".utf8))) }
    for k in ledger.strategies.indices {
      // Ascending ids stand for ascending addresses.
      book.addStrategy(Address(high: 0, middle: 0, low: UInt64(k + 1)))
    }
    book.addToken(Address(keccak256("token".utf8)))
    let own = book.addAccount(Address(keccak256("coordinator".utf8)))
    let updater = book.addAccount(Address(keccak256("updater".utf8)))
    return (
      RewardsCoordinator(
        parameters: .mainnet, addresses: book, account: own, owner: own, updater: updater, feeRecipient: own),
      updater
    )
  }

  @Test(
    "nobody is paid twice, and what stays is dust", arguments: RewardTerms.Kind.allCases,
    [1, 2, 3] as [UInt64])
  func flow(kind: RewardTerms.Kind, seed: UInt64) throws {
    var random = RandomStream(seed: seed)
    let (ledger, operators, set) = try ledger(&random)
    var (coordinator, updater) = coordinator(ledger)
    let avs = ledger.avs(of: set)
    let token = TokenID(0)
    let multipliers = [
      StrategyMultiplier(strategy: StrategyID(0), multiplier: wad),
      StrategyMultiplier(strategy: StrategyID(1), multiplier: wad / 3),
    ]
    let amount: UInt128 = 1_000_003 * wad
    let permissions = PermissionController()
    let isDirected = kind == .operatorDirectedAVS || kind == .operatorDirectedSet
    let directed = [operators[0], operators[1]].sorted {
      coordinator.addresses.accounts[$0.index] < coordinator.addresses.accounts[$1.index]
    }
    let submission = RewardSubmission(
      strategies: multipliers, token: token,
      amount: isDirected
        ? .operators(
          directed.map { OperatorReward(account: $0, amount: BigUInt(amount / 2)) }, description: "")
        : .pool(BigUInt(amount)), start: UInt32(Self.day - 2) * 86_400, duration: 86_400)
    switch kind {
    case .avs: try coordinator.submitForAVS(submission, by: avs, at: Self.now)
    case .operatorDirectedAVS:
      try coordinator.submitDirected(submission, avs: avs, by: avs, at: Self.now, permissions)
    case .operatorDirectedSet:
      try coordinator.submitDirected(
        submission, set: set, avs: avs, by: avs, at: Self.now, permissions, ledger)
    case .forAll, .forAllEarners:
      try coordinator.setForAllSubmitter(avs, true, by: coordinator.owner)
      try coordinator.submitForAll(submission, earnersOnly: kind == .forAllEarners, by: avs, at: Self.now)
    case .uniqueStake, .totalStake:
      try coordinator.submitByStake(
        submission, unique: kind == .uniqueStake, for: set, avs: avs, by: avs, at: Self.now, permissions,
        ledger)
    }

    let snapshot = RewardSnapshot(of: ledger, day: Self.day - 1, at: 3)
    let calculation = RewardCalculation(
      snapshots: [snapshot], defaultSplitBips: 1_000, cutoffDay: Self.day)
    let terms = RewardTerms(
      kind: kind, avs: avs,
      set: [.operatorDirectedSet, .uniqueStake, .totalStake].contains(kind) ? set : nil,
      startDay: Self.day - 2, days: 1, strategies: multipliers, pool: isDirected ? 0 : amount,
      operators: isDirected ? directed.map { RewardTerms.Directed(account: $0, amount: amount / 2) } : [])
    var earnings = CumulativeEarnings(
      sources: [CumulativeEarnings.Source(token: token, avs: avs)], accounts: ledger.accounts.count, tokens: 1
    )
    earnings.add(terms, as: 0, by: calculation)
    let tree = try #require(earnings.tree(coordinator.addresses))
    try coordinator.submitRoot(tree.root, calculationEnd: UInt32(Self.now - 50), by: updater, at: Self.now)

    var claimed: BigUInt = 0
    for (index, earner) in tree.earners.enumerated() {
      let account = try #require(coordinator.addresses.accounts.firstIndex(of: earner.address))
      let claim = RewardClaim(
        rootIndex: 0, earnerIndex: UInt32(index), earnerProof: tree.earnerProof(index),
        earner: AccountID(account), earnerTokenRoot: earner.tokens.root, tokenIndices: [0],
        tokenProofs: [earner.tokens.proof(0)],
        tokenLeaves: [RewardClaim.TokenLeaf(token: token, cumulativeEarnings: earner.earnings[0].cumulative)])
      let paid = try coordinator.processClaim(
        claim, to: AccountID(account), by: AccountID(account), at: Self.now + 604_800)
      #expect(paid == [BigUInt(earnings.earned(by: AccountID(account), token))])
      claimed += paid[0]
      #expect(throws: RewardsError.earningsNotGreaterThanClaimed) {
        try coordinator.processClaim(
          claim, to: AccountID(account), by: AccountID(account), at: Self.now + 604_800)
      }
    }
    // Operators' cuts, and the parts of everybody whose operator took part.
    #expect(tree.earners.count == (isDirected ? 2 + 6 : (kind == .forAll ? 0 : 3) + 9))
    #expect(claimed == BigUInt(earnings.distributed[0]) && claimed <= BigUInt(amount))
    let dust = BigUInt(amount) - claimed
    #expect(dust <= BigUInt(amount / 1_000_000_000_000_000) * 20 + 40, "\(dust)")
    #expect(coordinator.balance(of: coordinator.account, token) == dust)
  }
}
