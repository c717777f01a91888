// How each kind of submission is shared on one day.

/// Buffers that live as long as one submission's calculation.
struct RewardScratch {
  /// By strategy: what a share weighs in the submission; nil for strategies that are not in it.
  let multipliers: [UInt128?]
  /// By strategy, for the operator at hand: what a share of a staker weighs; zero where it does not count.
  var active: [UInt128]
  var wide: [WideWeight] = []
  var stakers: [AccountID] = []

  init(_ terms: RewardTerms) {
    var multipliers: [UInt128?] = []
    for one in terms.strategies {
      while multipliers.count <= one.strategy.index { multipliers.append(nil) }
      multipliers[one.strategy.index] = one.multiplier
    }
    self.multipliers = multipliers
    active = Array(repeating: 0, count: multipliers.count)
  }

  func multiplier(_ strategy: StrategyID) -> UInt128? {
    strategy.index < multipliers.count ? multipliers[strategy.index] : nil
  }

  /// Only these of the submission's strategies count. False: none of them is in it.
  mutating func activate(_ strategies: [StrategyID]) -> Bool {
    for k in active.indices { active[k] = 0 }
    var any = false
    for strategy in strategies {
      guard let multiplier = multiplier(strategy) else { continue }
      active[strategy.index] = multiplier
      any = true
    }
    return any
  }

  mutating func activateAll() {
    for k in active.indices { active[k] = multipliers[k] ?? 0 }
  }
}

extension RewardCalculation {
  // MARK: - All stakers

  /// A pool by stake over everybody who has any. Parts are rounded half up, as the cast to decimal(38,0) does; they may
  /// exceed the pool by half a unit each. Step 4.
  @specialized(where Sink == CumulativeEarnings)
  func shareAmongAll<Sink: RewardSink>(
    _ terms: RewardTerms, _ reward: Int, _ pool: UInt128, _ snapshot: RewardSnapshot,
    _ scratch: inout RewardScratch, _ sink: inout Sink
  ) {
    scratch.wide.removeAll(keepingCapacity: true)
    scratch.stakers.removeAll(keepingCapacity: true)
    scratch.activateAll()
    var total = WideWeight.zero
    for (staker, held) in snapshot.holders {
      var weight = WideWeight.zero
      for one in held {
        let fits = weight.add(one.amount, multiplier: scratch.multiplier(one.strategy) ?? 0)
        precondition(fits, "32 strategies of 10^38 shares at a uint96 weigh less than 2^256")
      }
      if weight.digits.isZero { continue }
      scratch.wide.append(weight)
      scratch.stakers.append(staker)
      let fits = total.add(weight)
      precondition(fits, "all shares of a strategy are below 10^38")
    }
    for k in scratch.wide.indices {
      let (quotient, remainder) = UInt256(pool, times: UInt128(scratch.wide[k].proportion(of: total)))
        .dividedBy(proportionUnit)
      // Staker and operator are one row here: nobody's cut.
      sink.stakerTokens(
        reward, day: snapshot.day, scratch.stakers[k], staker: scratch.stakers[k],
        quotient.low + (remainder >= proportionUnit / 2 ? 1 : 0))
    }
  }

  // MARK: - v1, all earners

  /// A pool by stake over all stakers of all registered operators; then the operator takes its cut of each. All earners:
  /// operators registered with anybody, all of the submission's strategies, the programmatic split.
  @specialized(where Sink == CumulativeEarnings)
  func shareByStaker<Sink: RewardSink>(
    _ terms: RewardTerms, _ reward: Int, _ pool: UInt128, _ snapshot: RewardSnapshot,
    _ scratch: inout RewardScratch, _ sink: inout Sink
  ) {
    let isForAll = terms.kind == .forAllEarners
    let members = isForAll ? snapshot.registered : snapshot.members(avs: terms.avs)
    if isForAll { scratch.activateAll() }
    scratch.wide.removeAll(keepingCapacity: true)
    scratch.stakers.removeAll(keepingCapacity: true)
    var ends: [Int] = []
    var total = WideWeight.zero
    for account in members {
      if isForAll || scratch.activate(snapshot.strategies(account, avs: terms.avs)) {
        guard weigh(snapshot.stakers(of: account), snapshot, &scratch, &total) else {
          preconditionFailure("32 strategies of 10^38 shares at a uint96 weigh less than 2^256")
        }
      }
      ends.append(scratch.stakers.count)
    }
    var first = 0
    for (account, end) in zip(members, ends) where end > first {
      let split =
        isForAll ? snapshot.programmaticSplit(account) : snapshot.split(account, avs: terms.avs)
      let bips = split ?? defaultSplitBips
      var cuts: UInt128 = 0
      for k in first..<end {
        let amount = proportionalPart(pool, scratch.wide[k].proportion(of: total))
        let cut = Self.cut(amount, bips)
        cuts += cut
        sink.stakerTokens(reward, day: snapshot.day, account, staker: scratch.stakers[k], amount - cut)
      }
      sink.operatorTokens(reward, day: snapshot.day, account, cuts)
      first = end
    }
  }

  /// Appends the weights of those stakers that have any, and adds them to `total`.
  private func weigh(
    _ stakers: ArraySlice<RewardSnapshot.Staker>, _ snapshot: RewardSnapshot, _ scratch: inout RewardScratch,
    _ total: inout WideWeight
  ) -> Bool {
    for staker in stakers {
      var weight = WideWeight.zero
      for k in staker.shares {
        let held = snapshot.shares[k]
        guard held.strategy.index < scratch.active.count else { continue }
        let multiplier = scratch.active[held.strategy.index]
        if multiplier != 0, !weight.add(held.amount, multiplier: multiplier) { return false }
      }
      if weight.digits.isZero { continue }
      scratch.wide.append(weight)
      scratch.stakers.append(staker.account)
      if !total.add(weight) { return false }
    }
    return true
  }

  // MARK: - v2, v2.1

  /// Each operator's amount over the days that it was registered; its cut, and the rest to its stakers. What nobody can
  /// earn goes back: all of it for those who were never registered, the stakers' part on days on which the set has none of
  /// the strategies.
  @specialized(where Sink == CumulativeEarnings)
  func direct<Sink: RewardSink>(
    _ terms: RewardTerms, _ reward: Int, _ days: ClosedRange<Int>, _ scratch: inout RewardScratch,
    _ sink: inout Sink
  ) {
    let snapshots = days.map { snapshot($0) }
    let members = snapshots.map { snapshot in
      terms.set.map { snapshot.members(of: $0) } ?? snapshot.members(avs: terms.avs)
    }
    var daily: [(account: AccountID, tokens: UInt128, isRegistered: Bool)] = []
    for directed in terms.operators {
      let registered = members.count { Self.contains($0, directed.account) }
      let divisor = UInt128(registered == 0 ? terms.days : registered)
      daily.append((directed.account, postgresFloor(directed.amount, dividedBy: divisor), registered > 0))
    }
    for (snapshot, members) in zip(snapshots, members) {
      var unregistered: UInt128?
      var unearned: UInt128?
      let counts: Bool
      if let set = terms.set {
        counts = scratch.activate(snapshot.strategies(of: set))
      } else {
        scratch.activateAll()
        counts = true
      }
      for one in daily {
        sink.operatorPool(reward, day: snapshot.day, one.account, one.tokens)
        if !one.isRegistered { unregistered = (unregistered ?? 0) + one.tokens }
        guard Self.contains(members, one.account) else { continue }
        let split =
          terms.set.map { snapshot.split(one.account, set: $0) }
          ?? snapshot.split(one.account, avs: terms.avs)
        let cut = Self.cut(one.tokens, split ?? defaultSplitBips)
        sink.operatorTokens(reward, day: snapshot.day, one.account, cut)
        if counts {
          shareAmongStakers(reward, one.account, one.tokens - cut, snapshot, &scratch, &sink)
        } else {
          unearned = (unearned ?? 0) + one.tokens - cut
        }
      }
      if unregistered != nil || unearned != nil {
        sink.refund(reward, day: snapshot.day, (unregistered ?? 0) + (unearned ?? 0))
      }
    }
  }

  private static func contains(_ sorted: [AccountID], _ account: AccountID) -> Bool {
    var (low, high) = (0, sorted.count)
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle] < account { low = middle + 1 } else { high = middle }
    }
    return low < sorted.count && sorted[low] == account
  }

  /// An amount among one operator's stakers, by weight; the parts round down.
  @specialized(where Sink == CumulativeEarnings)
  private func shareAmongStakers<Sink: RewardSink>(
    _ reward: Int, _ account: AccountID, _ amount: UInt128, _ snapshot: RewardSnapshot,
    _ scratch: inout RewardScratch, _ sink: inout Sink
  ) {
    scratch.wide.removeAll(keepingCapacity: true)
    scratch.stakers.removeAll(keepingCapacity: true)
    var total = WideWeight.zero
    guard weigh(snapshot.stakers(of: account), snapshot, &scratch, &total) else {
      preconditionFailure("32 strategies of 10^38 shares at a uint96 weigh less than 2^256")
    }
    for k in scratch.wide.indices {
      let part = proportionalPart(amount, scratch.wide[k].proportion(of: total))
      sink.stakerTokens(reward, day: snapshot.day, account, staker: scratch.stakers[k], part)
    }
  }

  // MARK: - v2.2

  /// A pool by the operators' stake: allocated to the set, or all of it.
  @specialized(where Sink == CumulativeEarnings)
  func shareByOperator<Sink: RewardSink>(
    _ terms: RewardTerms, _ reward: Int, _ pool: UInt128, _ snapshot: RewardSnapshot,
    _ scratch: inout RewardScratch, _ sink: inout Sink
  ) {
    guard let set = terms.set else { preconditionFailure("a reward by stake has an operator set") }
    let paid =
      shareByOperator(WideWeight.self, terms, set, reward, pool, snapshot, &scratch, &sink)
      ?? shareByOperator(PostgresNumeric.self, terms, set, reward, pool, snapshot, &scratch, &sink)
    guard let paid else { preconditionFailure("decimals hold every weight") }
    if paid == 0 { sink.refund(reward, day: snapshot.day, pool) }
  }

  /// Everything that was paid; nil, and nothing reported, where the representation cannot hold a weight.
  @specialized(where Weight == WideWeight, Sink == CumulativeEarnings)
  private func shareByOperator<Weight: RewardWeight, Sink: RewardSink>(
    _: Weight.Type, _ terms: RewardTerms, _ set: OperatorSetID, _ reward: Int, _ pool: UInt128,
    _ snapshot: RewardSnapshot, _ scratch: inout RewardScratch, _ sink: inout Sink
  ) -> UInt128? {
    var operators: [(account: AccountID, weight: Weight)] = []
    var stakers: [(account: AccountID, weight: Weight)] = []
    var parts: [(total: Weight, end: Int)] = []
    var total = Weight.zero
    for account in snapshot.members(of: set) {
      let allocated = terms.kind == .uniqueStake ? Self.table(snapshot.allocations(account, set: set)) : nil
      guard let found = operatorWeight(Weight.self, terms, account, allocated, snapshot) else { return nil }
      guard let weight = found else { continue }
      operators.append((account, weight))
      if !total.add(weight) { return nil }
      var sum = Weight.zero
      guard stakerWeights(account, allocated, snapshot, scratch, &stakers, &sum) else { return nil }
      parts.append((sum, stakers.count))
    }
    if total == .zero { return 0 }
    var paid: UInt128 = 0
    var first = 0
    for (one, stake) in zip(operators, parts) {
      let tokens = one.weight.part(of: pool, total: total)
      let cut = Self.cut(tokens, snapshot.split(one.account, set: set) ?? defaultSplitBips)
      sink.operatorPool(reward, day: snapshot.day, one.account, tokens)
      sink.operatorTokens(reward, day: snapshot.day, one.account, cut)
      paid += cut
      for staker in stakers[first..<stake.end] {
        let part = proportionalPart(tokens - cut, staker.weight.proportion(of: stake.total))
        sink.stakerTokens(reward, day: snapshot.day, one.account, staker: staker.account, part)
        paid += part
      }
      first = stake.end
    }
    return paid
  }

  /// The weight of an operator: of the submission's strategies those in which it has shares and, for unique stake, a
  /// magnitude. Inner nil: it takes no part. Outer nil: the representation cannot hold it.
  @specialized(where Weight == WideWeight)
  private func operatorWeight<Weight: RewardWeight>(
    _: Weight.Type, _ terms: RewardTerms, _ account: AccountID, _ allocated: [AllocatedShare?]?,
    _ snapshot: RewardSnapshot
  ) -> Weight?? {
    var weight = Weight.zero
    var takesPart = false
    for one in terms.strategies {
      let shares = snapshot.shares(ofOperator: account, one.strategy)
      if shares == 0 { continue }
      if let allocated {
        guard let share = Self.share(allocated, one.strategy) else { continue }
        guard weight.add(shares, share, multiplier: one.multiplier) else { return .none }
      } else {
        guard weight.add(shares, multiplier: one.multiplier) else { return .none }
      }
      takesPart = true
    }
    return .some(takesPart ? weight : nil)
  }

  private static func share(_ allocated: [AllocatedShare?], _ strategy: StrategyID) -> AllocatedShare? {
    strategy.index < allocated.count ? allocated[strategy.index] : nil
  }

  /// By strategy; nil where nothing is allocated.
  private static func table(_ allocated: [RewardSnapshot.Allocated]) -> [AllocatedShare?] {
    var table: [AllocatedShare?] = []
    for one in allocated where one.magnitude > 0 && one.maximum > 0 {
      while table.count <= one.strategy.index { table.append(nil) }
      table[one.strategy.index] = AllocatedShare(magnitude: one.magnitude, maximum: one.maximum)
    }
    return table
  }

  @specialized(where Weight == WideWeight)
  private func stakerWeights<Weight: RewardWeight>(
    _ account: AccountID, _ allocated: [AllocatedShare?]?, _ snapshot: RewardSnapshot,
    _ scratch: RewardScratch, _ stakers: inout [(account: AccountID, weight: Weight)], _ sum: inout Weight
  ) -> Bool {
    for staker in snapshot.stakers(of: account) {
      var weight = Weight.zero
      var takesPart = false
      for k in staker.shares {
        let held = snapshot.shares[k]
        guard let multiplier = scratch.multiplier(held.strategy), multiplier != 0 else { continue }
        if let allocated {
          guard let share = Self.share(allocated, held.strategy) else { continue }
          guard weight.add(held.amount, share, multiplier: multiplier) else { return false }
        } else {
          guard weight.add(held.amount, multiplier: multiplier) else { return false }
        }
        takesPart = true
      }
      if !takesPart { continue }
      stakers.append((staker.account, weight))
      if !sum.add(weight) { return false }
    }
    return true
  }
}
