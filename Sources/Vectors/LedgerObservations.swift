// Observation keys of the `core` family, read from the ledger.

import Contracts

extension LedgerReplay {
  /// The value of `name|a|b...` now; null for a key that means nothing.
  mutating func observe(_ key: String) -> JSONValue {
    let parts = key.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    guard let head = parts.first else { return .null }
    if head == "burnableETHShares" { return .amount(ledger.burnableETHShares) }
    guard parts.count >= 2 else { return .null }
    if head == "strategyTotalShares" || head == "tokenBalance" { return observeStrategy(head, parts) }
    if head.hasSuffix("|set") || ["slashCount", "slasher", "strategies", "pendingBurn"].contains(head) {
      return observeSet(head, parts)
    }
    let who = account(parts[1])
    if parts.count == 2 { return observePerson(head, who) }
    if head == "member" { return .bool(ledger.isMember(who, of: set(parts[2]))) }
    if head == "slashable" { return .bool(ledger.isSlashable(who, by: set(parts[2]), at: block)) }
    if parts.count == 3 { return observeHolding(head, who, strategies[parts[2]]) }
    return observeAllocation(head, who, set(parts[2]), strategies[parts[3]])
  }

  func observeStrategy(_ head: String, _ parts: [String]) -> JSONValue {
    guard let strategy = strategies[parts[parts.count - 1]] else { return .null }
    let pool = ledger.strategies[strategy.index]
    if head == "strategyTotalShares" { return .amount(pool.totalShares) }
    switch parts[1] {
    case "strategy": return .amount(pool.balance)
    case "burn": return .amount(pool.burned)
    default:
      guard let who = accounts[parts[1]] else { return .amount(UInt128(0)) }
      let received = ledger.accounts[who.index].received
      return .amount(strategy.index < received.count ? received[strategy.index] : 0)
    }
  }

  func observeSet(_ head: String, _ parts: [String]) -> JSONValue {
    let set = set(parts[1])
    guard set.index < ledger.setCount else { return .null }
    switch head {
    case "slashCount": return .amount(ledger.slashCount(of: set))
    case "slasher": return .string(name(ledger.slasher(of: set, at: block)))
    case "strategies":
      return .array(ledger.strategies(of: set).map { strategyNames[$0.index] }.sorted().map { .string($0) })
    default:
      guard parts.count == 3, let id = UInt64(parts[2]) else { return .null }
      var shares: [String: JSONValue] = [:]
      for one in ledger.slashedShares(set, slashID: id) {
        shares[strategyNames[one.strategy.index]] = .amount(one.shares)
      }
      return .object(shares)
    }
  }

  func observePerson(_ head: String, _ who: AccountID) -> JSONValue {
    let row = ledger.accounts[who.index]
    switch head {
    case "allocationDelay":
      return ledger.allocationDelay(of: who, at: block).map { .amount($0) } ?? .string("unset")
    case "delegatedTo": return .string(name(row.delegatedTo))
    case "beaconSlashingFactor": return .amount(row.beaconSlashingFactor)
    case "podPaid":
      guard let beacon = strategies["beacon"] else { return .null }
      return .amount(beacon.index < row.received.count ? row.received[beacon.index] : 0)
    case "queued":
      var queued: [String: JSONValue] = [:]
      for (k, one) in ledger.withdrawals.enumerated() where one.staker == who && one.isPending {
        queued["w\(k)"] = .array(
          one.strategies.indices.map { .amount(ledger.payableShares(WithdrawalID(k), $0, at: block)) })
      }
      return .object(queued)
    default: return .null
    }
  }

  func observeHolding(_ head: String, _ who: AccountID, _ strategy: StrategyID?) -> JSONValue {
    guard let strategy else { return .null }
    switch head {
    case "maxMagnitude": return .amount(ledger.maxMagnitude(who, strategy))
    case "encumberedMagnitude": return .amount(ledger.encumberedMagnitude(who, strategy, at: block))
    case "allocatableMagnitude":
      return .amount(
        ledger.maxMagnitude(who, strategy) - ledger.encumberedMagnitude(who, strategy, at: block))
    case "operatorShares": return .amount(ledger.operatorShares(who, strategy))
    case "slashableSharesInQueue": return .amount(ledger.slashableSharesInQueue(who, strategy, at: block))
    case "depositShares": return .amount(ledger.holding(who, strategy).depositShares)
    case "depositScalingFactor": return .string(ledger.holding(who, strategy).scalingFactor.description)
    case "withdrawableShares": return .amount(ledger.withdrawableShares(who, strategy))
    default: return .null
    }
  }

  func observeAllocation(
    _ head: String, _ who: AccountID, _ set: OperatorSetID, _ strategy: StrategyID?
  ) -> JSONValue {
    guard let strategy, set.index < ledger.setCount else { return .null }
    switch head {
    case "allocation":
      let one = ledger.allocation(who, set, strategy, at: block)
      return .array([.amount(one.current), .string(String(one.pendingDiff)), .amount(one.effectBlock)])
    case "minSlashableStakeNow":
      return .amount(ledger.minimumSlashableStake(who, set, strategy, until: block, at: block))
    case "minSlashableStakeAfterDelay":
      return .amount(
        ledger.minimumSlashableStake(
          who, set, strategy, until: block + ledger.delays.deallocation + 1, at: block))
    case "allocatedStake": return .amount(ledger.allocatedStake(who, set, strategy, at: block))
    default: return .null
    }
  }
}
