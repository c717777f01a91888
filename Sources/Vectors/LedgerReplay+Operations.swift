// The operations of the `core` family, read from their arguments and carried out on the ledger.

import Contracts

extension LedgerReplay {
  mutating func perform(_ step: VectorField) throws(MalformedVector) -> CallResult {
    do {
      return CallResult(values: try perform(try step["op"].text(), step))
    } catch let error as RestakingError {
      return .failed(error.name)
    } catch let error as MalformedVector {
      throw error
    } catch {
      preconditionFailure("an unexpected error: \(error)")
    }
  }

  private mutating func perform(_ op: String, _ step: VectorField) throws -> [String: JSONValue] {
    let args = step["args"]
    switch op {
    case "advanceOnly": return [:]
    case "registerOperator", "setAllocationDelay", "modifyAllocations", "clearDeallocationQueue",
      "registerForOperatorSets", "deregisterFromOperatorSets":
      try performOperator(op, args)
      return [:]
    case "createOperatorSet", "addStrategiesToOperatorSet", "removeStrategiesFromOperatorSet",
      "updateSlasher":
      try performSet(op, args)
      return [:]
    case "slashOperator": return try slash(args)
    case "clearBurnOrRedistributableShares":
      let moved = try ledger.clearSlashedShares(
        set(try args["set"].text()), slashID: try args["slashId"].number(UInt64.self))
      return ["amounts": .array(moved.map { .amount($0.tokens) })]
    case "deposit":
      let shares = try ledger.deposit(
        try person(args["staker"]), try strategy(args["strategy"]), amount: try args["amount"].saturated(),
        at: block)
      return ["shares": .amount(shares)]
    case "donate":
      try ledger.donate(try strategy(args["strategy"]), amount: try args["amount"].saturated())
      return [:]
    case "beaconBalanceUpdate":
      try updateBeaconBalance(args)
      return [:]
    case "delegateTo", "undelegate", "redelegate": return try performDelegation(op, args)
    case "queueWithdrawal", "completeWithdrawal": return try performWithdrawal(op, args)
    default: throw step["op"].wrong("the README of the vectors lists the operations")
    }
  }

  mutating func person(_ field: VectorField) throws(MalformedVector) -> AccountID {
    account(try field.text())
  }

  private mutating func performOperator(_ op: String, _ args: VectorField) throws {
    let who = try person(args["operator"])
    switch op {
    case "registerOperator":
      try ledger.registerOperator(
        who, allocationDelay: try args["allocationDelay"].number(UInt32.self), at: block)
    case "setAllocationDelay":
      try ledger.setAllocationDelay(who, delay: try args["delay"].number(UInt32.self), at: block)
    case "modifyAllocations":
      var changes: [AllocationChange] = []
      for entry in try args["allocations"].items() {
        let magnitudes = try entry["newMagnitudes"].items()
        let listed = try strategyList(entry["strategies"])
        guard magnitudes.count == listed.count else { throw RestakingError.inputArrayLengthMismatch }
        for (strategy, magnitude) in zip(listed, magnitudes) {
          changes.append(
            AllocationChange(
              set: set(try entry["set"].text()), strategy: strategy,
              magnitude: try magnitude.number(UInt64.self)))
        }
      }
      try ledger.modifyAllocations(who, changes, at: block)
    case "clearDeallocationQueue":
      ledger.clearDeallocationQueue(
        who, try strategy(args["strategy"]), most: Int(try args["numToClear"].number(UInt16.self)), at: block)
    case "registerForOperatorSets":
      try ledger.register(who, in: set(try args["set"].text()), at: block)
    default:
      let caller = try args["by"].ifPresent.map { field throws in try person(field) } ?? who
      let name = try args["set"].text()
      if let avs = name.split(separator: "/").first { _ = account(String(avs)) }
      try ledger.deregister(who, from: set(name), by: caller, at: block)
    }
  }

  private mutating func performSet(_ op: String, _ args: VectorField) throws {
    let name = try args["set"].text()
    switch op {
    case "createOperatorSet":
      let avs = account(name.split(separator: "/").first.map(String.init))
      var recipient = RestakingLedger.RecipientChoice.burn
      if let to = try args["redistributionRecipient"].ifPresent?.text() {
        recipient = to == "burn" ? .burnAddress : .account(account(to))
      }
      if recipient != .burnAddress && sets[name] != nil { throw RestakingError.invalidOperatorSet }
      sets[name] = try ledger.createOperatorSet(
        avs: avs, strategies: try strategyList(args["strategies"]), slasher: try person(args["slasher"]),
        recipient: recipient)
    case "addStrategiesToOperatorSet":
      try ledger.addStrategies(try strategyList(args["strategies"]), to: set(name))
    case "removeStrategiesFromOperatorSet":
      try ledger.removeStrategies(try strategyList(args["strategies"]), from: set(name))
    default: try ledger.updateSlasher(set(name), to: try person(args["slasher"]), at: block)
    }
  }

  private mutating func slash(_ args: VectorField) throws -> [String: JSONValue] {
    var wads: [UInt64] = []
    // A share beyond 64 bits is as wrong as any above WAD.
    for wad in try args["wadsToSlash"].items() {
      wads.append(UInt64(exactly: try wad.saturated()) ?? .max)
    }
    let receipt = try ledger.slashOperator(
      try person(args["operator"]), in: set(try args["set"].text()), by: try person(args["by"]),
      strategies: try strategyList(args["strategies"]), wads: wads, at: block)
    return [
      "slashId": .amount(receipt.slashID), "sharesSlashed": .array(receipt.shares.map { .amount($0) }),
      "eventWadSlashed": .array(receipt.wadSlashed.map { .amount($0) }),
    ]
  }

  private mutating func updateBeaconBalance(_ args: VectorField) throws {
    guard let text = args["balanceDeltaWei"].value.text else {
      throw args["balanceDeltaWei"].wrong("an integer as a string belongs here")
    }
    let isLoss = text.hasPrefix("-")
    guard let size = UInt128(isLoss ? text.dropFirst() : text[...]) else {
      throw args["balanceDeltaWei"].wrong("an integer belongs here")
    }
    try ledger.recordBeaconBalance(
      try person(args["staker"]), previous: try args["prevRestakedBalanceWei"].amount(),
      change: isLoss ? .loss(size) : .gain(size), at: block)
  }

  private mutating func performDelegation(_ op: String, _ args: VectorField) throws -> [String: JSONValue] {
    let staker = try person(args["staker"])
    switch op {
    case "delegateTo":
      try ledger.delegate(staker, to: try person(args["operator"]), at: block)
      return [:]
    case "undelegate":
      let caller = try args["by"].ifPresent.map { field throws in try person(field) } ?? staker
      let queued = try ledger.undelegate(staker, by: caller, at: block)
      return describe(queued)
    default:
      let target = try person(args["operator"])
      let queued = try ledger.redelegate(staker, to: target, at: block)
      return describe(queued)
    }
  }

  private mutating func performWithdrawal(_ op: String, _ args: VectorField) throws -> [String: JSONValue] {
    let staker = try person(args["staker"])
    if op == "queueWithdrawal" {
      var shares: [UInt128] = []
      for item in try args["depositShares"].items() { shares.append(try item.saturated()) }
      let id = try ledger.queueWithdrawal(
        staker, try strategyList(args["strategies"]), depositShares: shares, at: block)
      return describe([id])
    }
    let label = try args["withdrawal"].text()
    guard label.hasPrefix("w"), let id = UInt32(label.dropFirst()) else {
      throw args["withdrawal"].wrong("w and a number belong here")
    }
    try ledger.completeWithdrawal(
      WithdrawalID(id), by: staker, asTokens: try args["receiveAsTokens"].bool(), at: block)
    return [:]
  }

  private func describe(_ ids: [WithdrawalID]) -> [String: JSONValue] {
    ["withdrawals": .array(ids.map { describe($0) })]
  }

  private func describe(_ id: WithdrawalID) -> JSONValue {
    let one = ledger.withdrawals[id.index]
    let earlier = ledger.withdrawals[..<id.index].count { $0.staker == one.staker }
    return .object([
      "id": .string("w\(id.rawValue)"), "nonce": .amount(UInt64(earlier)),
      "startBlock": .amount(one.startBlock),
      "operator": .string(name(one.delegatedTo)),
      "strategies": .array(one.strategies.map { .string(strategyNames[$0.index]) }),
      "scaledShares": .array(one.scaledShares.map { .string($0.description) }),
      "withdrawableSharesAtQueue": .array(
        one.strategies.indices.map { .amount(ledger.payableShares(id, $0, at: block)) }),
    ])
  }
}
