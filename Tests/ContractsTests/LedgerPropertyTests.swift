// Random walks over the ledger's operations: whatever comes, stake is conserved, magnitudes never rise, a set takes no
// more than was allocated to it, and who is refused has changed nothing.

import Basics
import Contracts
import Testing

/// A ledger under a random client.
struct Walk {
  var ledger = RestakingLedger(delays: .testnet)
  var conservation = Conservation()
  var random: RandomStream
  var block: BlockNumber = 1_000_000
  var operators: [AccountID] = []
  var stakers: [AccountID] = []
  var sets: [OperatorSetID] = []
  var avs: [AccountID] = []
  var recipient: AccountID
  let hasNative: Bool
  var refused = 0
  var done = 0

  init(seed: UInt64) {
    random = RandomStream(seed: seed)
    hasNative = seed % 3 == 0
    for _ in 0..<2 { _ = ledger.addStrategy() }
    if hasNative { _ = ledger.addStrategy(isNativeETH: true) }
    recipient = ledger.addAccount()
    for _ in 0..<3 { operators.append(ledger.addAccount()) }
    for _ in 0..<4 { stakers.append(ledger.addAccount()) }
    for _ in 0..<3 { avs.append(ledger.addAccount()) }
    for (k, one) in avs.enumerated() {
      let strategies = hasNative && k == 0 ? [0, 1, 2] : [0, 1]
      if let set = try? ledger.createOperatorSet(
        avs: one, strategies: strategies.map { StrategyID($0) }, slasher: one,
        recipient: k == 1 ? .account(recipient) : .burn)
      {
        sets.append(set)
      }
    }
  }

  mutating func amount() -> UInt128 {
    let sizes: [UInt128] = [1, 999, 1_000_000_007, 1_000_000_000_000_000_000, 32_000_000_000_000_000_000_000]
    return sizes[random.below(sizes.count)] * UInt128(random.below(1_000) + 1)
  }

  mutating func share() -> UInt64 {
    let shares: [UInt64] = [
      1, 1_000_000_007, 100_000_000_000_000_000, 333_333_333_333_333_333, 1_000_000_000_000_000_000,
    ]
    return shares[random.below(shares.count)]
  }

  mutating func strategy() -> StrategyID { StrategyID(random.below(2)) }
  mutating func pick<T>(_ items: [T]) -> T { items[random.below(items.count)] }

  /// One random operation. Returns the slash it made, if it did.
  mutating func step() -> (set: OperatorSetID, who: AccountID, receipt: SlashReceipt)? {
    block += [0, 1, 1, 7, 49, 51, 76][random.below(7)]
    let staker = pick(stakers + operators)
    let who = pick(operators)
    let set = pick(sets)
    var slash: (OperatorSetID, AccountID, SlashReceipt)?
    do throws(RestakingError) {
      switch random.below(16) {
      case 0: try ledger.registerOperator(who, allocationDelay: UInt32(random.below(3) * 5), at: block)
      case 1, 2:
        let (strategy, amount) = (strategy(), amount())
        try ledger.deposit(staker, strategy, amount: amount, at: block)
        conservation.recordDeposit(amount, strategy)
      case 3: try ledger.delegate(staker, to: who, at: block)
      case 4: try ledger.undelegate(staker, by: staker, at: block)
      case 5, 6:
        let strategy = strategy()
        let held = ledger.holding(staker, strategy).depositShares
        try ledger.queueWithdrawal(
          staker, [strategy], depositShares: [mulDiv(held, UInt128(random.below(5)), 3)], at: block)
      case 7, 8: try complete()
      case 9: try ledger.register(who, in: set, at: block)
      case 10: try ledger.deregister(who, from: set, by: who, at: block)
      case 11, 12:
        let changes = (0...random.below(2)).map { _ in
          AllocationChange(
            set: pick(sets), strategy: strategy(), magnitude: share() / UInt64(random.below(3) + 1))
        }
        try ledger.modifyAllocations(who, changes, at: block)
      case 13, 14:
        let caller = avs[set.index]
        let receipt = try ledger.slashOperator(
          who, in: set, by: caller, strategies: ledger.strategies(of: set),
          wads: ledger.strategies(of: set).map { _ in share() }, at: block)
        slash = (set, who, receipt)
      default:
        if hasNative && random.below(2) == 0 {
          let amount = UInt128(random.below(64) + 1) * 1_000_000_000_000_000_000
          try ledger.recordBeaconBalance(staker, previous: 0, change: .gain(amount), at: block)
          conservation.recordDeposit(amount, StrategyID(2))
        } else {
          let count = ledger.slashCount(of: set)
          let id = count == 0 ? 0 : UInt64(random.below(Int(count))) + 1
          for (strategy, tokens) in try ledger.clearSlashedShares(set, slashID: id) {
            conservation.recordCleared(tokens, strategy, isBurn: set.index != 1)
          }
        }
      }
      conservation.recordOperation()
      done += 1
    } catch {
      refused += 1
    }
    return slash
  }

  mutating func complete() throws(RestakingError) {
    guard !ledger.withdrawals.isEmpty else { return }
    let id = WithdrawalID(random.below(ledger.withdrawals.count))
    let withdrawal = ledger.withdrawals[id.index]
    let paid = try ledger.completeWithdrawal(
      id, by: withdrawal.staker, asTokens: random.below(3) > 0, at: block)
    for (strategy, tokens) in zip(withdrawal.strategies, paid) {
      conservation.recordWithdrawal(tokens, strategy)
    }
  }

  /// Everything that can be observed, as text: two ledgers that print the same are the same.
  var image: String { String(describing: ledger) }
}

@Suite("Whatever comes, the ledger holds")
struct LedgerPropertyTests {
  @Test("conservation and magnitudes", arguments: Array(0..<60) as [UInt64]) func conservation(seed: UInt64) {
    var walk = Walk(seed: seed)
    for step in 0..<150 {
      _ = walk.step()
      let findings = walk.conservation.check(walk.ledger, at: walk.block)
      #expect(findings.isEmpty, "step \(step): \(findings)")
      if !findings.isEmpty { return }
    }
    #expect(walk.done > 30)
  }

  @Test("a refused operation changes nothing", arguments: Array(100..<110) as [UInt64]) func refused(
    seed: UInt64
  ) {
    var walk = Walk(seed: seed)
    var seen = 0
    for step in 0..<120 {
      let before = walk.image
      let refused = walk.refused
      _ = walk.step()
      if walk.refused == refused { continue }
      seen += 1
      #expect(walk.image == before, "step \(step)")
      if walk.image != before { return }
    }
    #expect(seen > 10)
  }

  @Test(
    "a set takes no more than its allocation, and no other set's", arguments: Array(200..<240) as [UInt64])
  func isolation(seed: UInt64) {
    var walk = Walk(seed: seed)
    for _ in 0..<200 {
      let before = walk.ledger
      guard let (set, who, receipt) = walk.step() else { continue }
      let block = walk.block
      for (strategy, taken) in zip(before.strategies(of: set), receipt.shares) {
        let current = UInt128(before.allocation(who, set, strategy, at: block).current)
        let maximum = UInt128(max(before.maxMagnitude(who, strategy), 1))
        let reach =
          before.operatorShares(who, strategy) + before.slashableSharesInQueue(who, strategy, at: block)
        #expect(taken <= mulDivUp(reach, current, maximum))
        for other in walk.sets where other != set {
          #expect(
            walk.ledger.allocation(who, other, strategy, at: block)
              == before.allocation(who, other, strategy, at: block))
          let stake = before.allocatedStake(who, other, strategy, at: block)
          // Its share of a smaller whole is what it was, but for the rounding: a unit of magnitude is 10^-18 of the shares.
          let after = walk.ledger.allocatedStake(who, other, strategy, at: block)
          let unit = before.operatorShares(who, strategy) / 1_000_000_000_000_000_000
          #expect(after + 2 + unit >= stake)
        }
      }
    }
  }
}
