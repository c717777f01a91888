// A ledger under a random client, for the property tests.

import Basics
import Contracts

/// A ledger, its conservation checker, and draws of operations that mostly make sense.
struct Walk {
  /// A slash that a step made.
  struct Slash {
    var set: OperatorSetID
    var who: AccountID
    var receipt: SlashReceipt
  }

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
  /// The largest deposit.
  var largest: UInt128 = 0
  var hasDonated = false
  /// Native ETH in the accounts' pods, as the beacon chain has it.
  var pods: [UInt128] = []

  /// Everybody, and three sets: one burning with native ETH if there is any, one redistributing, one burning.
  init(seed: UInt64) {
    random = RandomStream(seed: seed)
    hasNative = seed % 3 == 0
    for _ in 0..<2 { _ = ledger.addStrategy() }
    if hasNative { _ = ledger.addStrategy(isNativeETH: true) }
    recipient = ledger.addAccount()
    for _ in 0..<3 { operators.append(ledger.addAccount()) }
    for _ in 0..<4 { stakers.append(ledger.addAccount()) }
    for _ in 0..<3 { avs.append(ledger.addAccount()) }
    pods = Array(repeating: 0, count: ledger.accounts.count)
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

  /// Operators with stake, stakers and allocations, so that a few steps are enough to come across something.
  mutating func furnish() {
    do throws(RestakingError) {
      for who in operators {
        try ledger.registerOperator(who, allocationDelay: UInt32(random.below(2) * 5), at: block)
      }
      for staker in stakers + operators {
        let (strategy, amount) = (strategy(), amount())
        try ledger.deposit(staker, strategy, amount: amount, at: block)
        noteDeposit(amount, strategy)
      }
      for staker in stakers where random.below(4) > 0 {
        try ledger.delegate(staker, to: pick(operators), at: block)
        conservation.recordOperation()
      }
      for who in operators {
        for set in sets where random.below(4) > 0 {
          try ledger.register(who, in: set, at: block)
          let change = AllocationChange(set: set, strategy: strategy(), magnitude: share() / 4 + 1)
          try ledger.modifyAllocations(who, [change], at: block)
        }
      }
    } catch {
      preconditionFailure("a fresh ledger refuses \(error)")
    }
    block += 6
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
  mutating func step() -> Slash? {
    block += [0, 1, 1, 7, 49, 51, 76][random.below(7)]
    var slash: Slash?
    do throws(RestakingError) {
      if random.below(2) == 0 {
        try stakerStep()
      } else {
        slash = try operatorStep()
      }
      conservation.recordOperation()
      done += 1
    } catch {
      refused += 1
    }
    return slash
  }

  private mutating func stakerStep() throws(RestakingError) {
    let staker = pick(stakers + operators)
    switch random.below(11) {
    case 0, 1:
      let (strategy, amount) = (strategy(), amount())
      try ledger.deposit(staker, strategy, amount: amount, at: block)
      noteDeposit(amount, strategy)
    case 2: try ledger.delegate(staker, to: pick(operators), at: block)
    case 3: try ledger.undelegate(staker, by: random.below(2) == 0 ? staker : pick(operators), at: block)
    case 4: try ledger.redelegate(staker, to: pick(operators), at: block)
    case 5, 6:
      let strategy = StrategyID(random.below(hasNative ? 3 : 2))
      let held = ledger.holding(staker, strategy).depositShares
      try ledger.queueWithdrawal(
        staker, [strategy], depositShares: [mulDiv(held, UInt128(random.below(5)), 3)], at: block)
    case 7, 8: try complete()
    case 9:
      let (strategy, amount) = (strategy(), UInt128(random.below(1_000)))
      try ledger.donate(strategy, amount: amount)
      hasDonated = true
      noteDeposit(amount, strategy)
    default: try beaconStep(staker)
    }
  }

  private mutating func beaconStep(_ staker: AccountID) throws(RestakingError) {
    guard hasNative else { return }
    let native = StrategyID(2)
    let ether: UInt128 = 1_000_000_000_000_000_000
    let pod = pods[staker.index]
    if pod > 2 * ether && random.below(3) == 0 {
      let loss = UInt128(random.below(2) + 1) * ether
      try ledger.recordBeaconBalance(staker, previous: pod, change: .loss(loss), at: block)
      pods[staker.index] -= loss
      conservation.recordBeaconLoss(loss, native)
    } else {
      let amount = UInt128(random.below(64) + 1) * ether
      try ledger.recordBeaconBalance(staker, previous: pod, change: .gain(amount), at: block)
      pods[staker.index] += amount
      noteDeposit(amount, native)
    }
  }

  private mutating func noteDeposit(_ amount: UInt128, _ strategy: StrategyID) {
    largest = max(largest, amount)
    conservation.recordDeposit(amount, strategy)
  }

  private mutating func operatorStep() throws(RestakingError) -> Slash? {
    let (who, set) = (pick(operators), pick(sets))
    switch random.below(13) {
    case 0:
      if random.below(2) == 0 {
        try ledger.registerOperator(who, allocationDelay: UInt32(random.below(3) * 5), at: block)
      } else {
        try ledger.setAllocationDelay(who, delay: UInt32(random.below(3) * 5), at: block)
      }
    case 1: try ledger.register(who, in: set, at: block)
    case 2: try ledger.deregister(who, from: set, by: random.below(3) == 0 ? recipient : who, at: block)
    case 3, 4, 5:
      let changes = (0...random.below(2)).map { _ in
        AllocationChange(
          set: pick(sets), strategy: StrategyID(random.below(hasNative ? 3 : 2)),
          magnitude: share() / UInt64(random.below(3) + 1))
      }
      try ledger.modifyAllocations(who, changes, at: block)
    case 6, 7, 8:
      let listed = ledger.strategies(of: set)
      let receipt = try ledger.slashOperator(
        who, in: set, by: ledger.slasher(of: set, at: block), strategies: listed,
        wads: listed.map { _ in share() }, at: block)
      return Slash(set: set, who: who, receipt: receipt)
    case 9: ledger.clearDeallocationQueue(who, strategy(), most: random.below(3), at: block)
    case 10: try setStep(set)
    default:
      let count = ledger.slashCount(of: set)
      let id = count == 0 ? 0 : UInt64(random.below(Int(count))) + 1
      for (strategy, tokens) in try ledger.clearSlashedShares(set, slashID: id) {
        conservation.recordCleared(tokens, strategy, isBurn: set.index != 1)
      }
    }
    return nil
  }

  private mutating func setStep(_ set: OperatorSetID) throws(RestakingError) {
    switch random.below(3) {
    case 0: try ledger.addStrategies([strategy()], to: set)
    case 1: try ledger.removeStrategies([strategy()], from: set)
    default: try ledger.updateSlasher(set, to: pick(avs), at: block)
    }
  }

  private mutating func complete() throws(RestakingError) {
    guard !ledger.withdrawals.isEmpty else { return }
    let id = WithdrawalID(random.below(ledger.withdrawals.count))
    let withdrawal = ledger.withdrawals[id.index]
    let paid = try ledger.completeWithdrawal(
      id, by: withdrawal.staker, asTokens: random.below(3) > 0, at: block)
    for (strategy, tokens) in zip(withdrawal.strategies, paid) {
      conservation.recordWithdrawal(tokens, strategy)
      if ledger.strategies[strategy.index].isNativeETH {
        pods[withdrawal.staker.index] -= min(tokens, pods[withdrawal.staker.index])
      }
    }
  }
}
