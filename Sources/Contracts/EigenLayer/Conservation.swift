// Wei neither appear nor vanish. This checker stands outside the ledger: it keeps its own account of what came in and
// what went out, from what the operations returned, and adds up the ledger's tables itself.

import Basics

/// Judges a ledger after each operation. It returns findings and goes on.
///
/// Checks: *tokens* (what came in is in the pools or went out, exactly), *wallets* (what went out arrived, exactly),
/// *shares* (a pool's shares are staked, queued or waiting to be burned, but for rounding), *operatorShares* (an operator
/// has its stakers' shares, but for rounding), *magnitudes* (encumbered = sum of allocations <= maximum, which never
/// rises).
///
/// Rounding: each operation leaves at most a few shares, and 10^-18 of the largest deposit, in a pool; a slash of a
/// queue may take a share a withdrawal too many. The bound is counted here, operation by operation.
public struct Conservation: Sendable {
  /// By strategy.
  public private(set) var deposited: [UInt128] = []
  public private(set) var withdrawn: [UInt128] = []
  public private(set) var burned: [UInt128] = []
  public private(set) var redistributed: [UInt128] = []
  /// Native ETH lost on the beacon chain.
  public private(set) var lost: [UInt128] = []
  /// Tokens that came into accounts' hands from outside.
  public private(set) var funded: [UInt128] = []
  private var operations: UInt128 = 0
  private var largest: UInt128 = 0
  private var magnitudes: [[UInt64]] = []

  public init() {}

  private static func add(_ amount: UInt128, _ strategy: StrategyID, _ table: inout [UInt128]) {
    while table.count <= strategy.index { table.append(0) }
    table[strategy.index] += amount
  }

  /// Tokens (or native ETH) came in, by deposit or donation.
  /// Effects: the strategy has so much more to account for. Errors: none; the sums are the judge's own and no ledger is asked.
  public mutating func recordDeposit(_ amount: UInt128, _ strategy: StrategyID) {
    Self.add(amount, strategy, &deposited)
    largest = max(largest, amount)
    operations += 1
  }

  /// A withdrawal paid tokens.
  /// Effects: the strategy has so much less to account for. Errors: none; the sums are the judge's own and no ledger is asked.
  public mutating func recordWithdrawal(_ amount: UInt128, _ strategy: StrategyID) {
    Self.add(amount, strategy, &withdrawn)
    operations += 1
  }

  /// Slashed shares left their pool.
  /// Effects: it counts as burned or as redistributed. Errors: none; the sums are the judge's own and no ledger is asked.
  public mutating func recordCleared(_ amount: UInt128, _ strategy: StrategyID, isBurn: Bool) {
    if isBurn { Self.add(amount, strategy, &burned) } else { Self.add(amount, strategy, &redistributed) }
    operations += 1
  }

  /// Tokens were brought from outside, to somebody's hands and into no pool.
  /// Effects: it counts as held in wallets. Errors: none; the sums are the judge's own and no ledger is asked.
  public mutating func recordFunded(_ amount: UInt128, _ strategy: StrategyID) {
    Self.add(amount, strategy, &funded)
  }

  /// Native ETH was lost on the beacon chain.
  /// Effects: it counts as lost there. Errors: none; the sums are the judge's own and no ledger is asked.
  public mutating func recordBeaconLoss(_ amount: UInt128, _ strategy: StrategyID) {
    Self.add(amount, strategy, &lost)
    operations += 1
  }

  /// Any other operation that rounds: slash, delegation, queueing.
  /// Effects: what rounding may leave as dust grows by one operation's bound. Errors: none; the sums are the judge's own and no ledger is asked.
  public mutating func recordOperation() { operations += 1 }

  static func at(_ table: [UInt128], _ k: Int) -> UInt128 { k < table.count ? table[k] : 0 }

  /// The sums by strategy that the tables must agree with.
  public struct Sums: Sendable, Equatable {
    /// Shares that stakers could withdraw.
    public var staked: UInt128 = 0
    /// Shares that queued withdrawals would pay.
    public var queued: UInt128 = 0
    /// Shares that wait to be burned or redistributed.
    public var pending: UInt128 = 0
    /// Tokens that accounts received.
    public var received: UInt128 = 0
    var positions: UInt128 = 0
  }

  /// Adds up the ledger's tables. Cost: linear in accounts, withdrawals and slashes.
  public static func sums(of ledger: borrowing RestakingLedger, at block: BlockNumber) -> [Sums] {
    var sums = Array(repeating: Sums(), count: ledger.strategies.count)
    for k in ledger.accounts.indices {
      for held in ledger.accounts[k].holdings {
        sums[held.strategy.index].staked += ledger.withdrawableShares(AccountID(k), held.strategy)
        sums[held.strategy.index].positions += 1
      }
      if let native = ledger.accounts[k].native {
        sums[native.strategy.index].staked += ledger.withdrawableShares(AccountID(k), native.strategy)
        sums[native.strategy.index].positions += 1
      }
      for (strategy, amount) in ledger.accounts[k].received.enumerated() { sums[strategy].received += amount }
    }
    for k in ledger.withdrawals.indices where ledger.withdrawals[k].isPending {
      for (position, strategy) in ledger.withdrawals[k].strategies.enumerated() {
        sums[strategy.index].queued += ledger.payableShares(WithdrawalID(k), position, at: block)
        sums[strategy.index].positions += 1
      }
    }
    for set in ledger.sets {
      for slash in set.slashed {
        for one in slash { sums[one.strategy.index].pending += one.shares }
      }
    }
    if let native = ledger.strategies.firstIndex(where: \.isNativeETH) {
      sums[native].pending = ledger.burnableETHShares
    }
    return sums
  }

  /// Everything that does not hold; empty when all is well.
  /// Effects: none on the ledger; remembers the sums, so that the next check sees what falls that may not. Cost: linear in accounts,
  /// operators and withdrawals.
  public mutating func check(_ ledger: borrowing RestakingLedger, at block: BlockNumber) -> [Finding] {
    var findings = checkTokens(ledger)
    let sums = Self.sums(of: ledger, at: block)
    for k in ledger.strategies.indices { checkShares(ledger, k, sums[k], &findings) }
    checkOperators(ledger, &findings)
    checkMagnitudes(ledger, &findings)
    return findings
  }

  /// The cheap part: pools against what came and went. Cost: the number of strategies.
  public func checkTokens(_ ledger: borrowing RestakingLedger) -> [Finding] {
    var findings: [Finding] = []
    for (k, pool) in ledger.strategies.enumerated() where !pool.isNativeETH {
      let out = Self.at(withdrawn, k) + Self.at(burned, k) + Self.at(redistributed, k)
      if Self.at(deposited, k) != pool.balance + out {
        findings.append(
          Finding(
            check: "conservation.tokens",
            detail:
              "strategy \(k): \(Self.at(deposited, k)) came in, \(pool.balance) are there, \(out) went out"))
      }
    }
    return findings
  }

  private func bound(_ positions: UInt128) -> UInt128 {
    (operations + positions) * (4 + 4 * (largest / wad + 1))
  }

  private func checkShares(
    _ ledger: borrowing RestakingLedger, _ k: Int, _ sums: Sums, _ findings: inout [Finding]
  ) {
    let pool = ledger.strategies[k]
    let arrived = Self.at(withdrawn, k) + Self.at(redistributed, k) + Self.at(funded, k)
    if sums.received != arrived {
      findings.append(
        Finding(
          check: "conservation.wallets",
          detail: "strategy \(k): \(arrived) went out, \(sums.received) arrived"))
    }
    let owed = sums.staked + sums.queued + sums.pending
    let held: UInt128
    if pool.isNativeETH {
      // A beacon-chain loss may hit what a service has slashed already: then less is there than is written down.
      if Self.at(lost, k) > 0 { return }
      held = Self.at(deposited, k) - Self.at(withdrawn, k)
    } else {
      held = pool.totalShares
    }
    let gap = held > owed ? held - owed : owed - held
    if gap > bound(sums.positions) {
      findings.append(
        Finding(
          check: "conservation.shares",
          detail: "strategy \(k): \(held) shares, of them \(sums.staked) staked, \(sums.queued) queued, "
            + "\(sums.pending) slashed; differs by \(gap), rounding explains \(bound(sums.positions))"))
    }
  }

  private func checkOperators(_ ledger: borrowing RestakingLedger, _ findings: inout [Finding]) {
    for op in ledger.operators.indices {
      for k in ledger.operators[op].strategies.indices {
        let strategy = StrategyID(k)
        var sum: UInt128 = 0
        for staker in ledger.operators[op].stakers { sum += ledger.withdrawableShares(staker, strategy) }
        let shares = ledger.operators[op].strategies[k].shares
        let stakers = UInt128(ledger.operators[op].stakers.count)
        // Native ETH multiplies two factors, and a slash rounds one of them anew: short by rounding only.
        let short = sum > shares ? sum - shares : 0
        let slack = ledger.strategies[k].isNativeETH ? bound(stakers) : 0
        if short > slack || (sum <= shares && shares - sum > bound(stakers)) {
          findings.append(
            Finding(
              check: "conservation.operatorShares",
              detail: "operator \(op), strategy \(k): \(shares) shares, its stakers have \(sum)"))
        }
      }
    }
  }

  private mutating func checkMagnitudes(_ ledger: borrowing RestakingLedger, _ findings: inout [Finding]) {
    for op in ledger.operators.indices {
      if magnitudes.count <= op { magnitudes.append([]) }
      for k in ledger.operators[op].strategies.indices {
        let row = ledger.operators[op].strategies[k]
        var sum: UInt64 = 0
        for slot in ledger.operators[op].memberships where slot >= 0 {
          for one in ledger.memberships[Int(slot)].allocations where one.strategy.index == k {
            sum += one.current + (one.pendingDiff > 0 ? UInt64(one.pendingDiff) : 0)
          }
        }
        if magnitudes[op].count <= k { magnitudes[op].append(UInt64(wad)) }
        let before = magnitudes[op][k]
        if sum != row.encumbered || row.encumbered > row.maxMagnitude || row.maxMagnitude > before {
          findings.append(
            Finding(
              check: "conservation.magnitudes",
              detail: "operator \(op), strategy \(k): allocations \(sum), encumbered \(row.encumbered), "
                + "maximum \(row.maxMagnitude), before \(before)"))
        }
        magnitudes[op][k] = row.maxMagnitude
      }
    }
  }
}
