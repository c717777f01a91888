// Transactions that wait for a block.

public import Basics

/// A waiting transaction.
public struct PendingTransaction: Sendable {
  public let id: TransactionID
  public let transaction: Transaction
  public let submittedAt: Instant
  public let gas: UInt64

  public init(id: TransactionID, transaction: Transaction, submittedAt: Instant, gas: UInt64) {
    self.id = id
    self.transaction = transaction
    self.submittedAt = submittedAt
    self.gas = gas
  }
}

/// The mempool: by tip, highest first, then by arrival. The order is total, so a block's content is a function of what
/// was submitted when.
public struct Mempool: Sendable {
  struct Key: Sendable {
    var tip: UInt64
    var id: TransactionID
    var readyAt: Instant
    var gas: UInt64
    var slot: Int
  }
  private var keys: [Key] = []
  private var slots: [PendingTransaction?] = []
  private var free: [Int] = []
  public let capacity: Int

  public init(capacity: Int) { self.capacity = capacity }

  public var count: Int { keys.count }

  /// Waiting transactions of a kind. Cost: the number of all that wait.
  public func count(of kind: Transaction.Kind) -> Int {
    keys.count { slots[$0.slot]?.transaction.kind == kind }
  }

  /// The earliest instant from which a waiting transaction may be included; nil when none waits.
  public private(set) var nextReady: Instant?

  /// Adds a transaction that a block at or after `readyAt` may include. False: the mempool is full.
  /// Effects: it waits. Changes nothing when it answers false. Cost: linear in those that wait.
  public mutating func add(_ pending: PendingTransaction, readyAt: Instant) -> Bool {
    guard keys.count < capacity else { return false }
    let slot = free.popLast() ?? slots.count
    if slot == slots.count { slots.append(pending) } else { slots[slot] = pending }
    let key = Key(
      tip: pending.transaction.tip, id: pending.id, readyAt: readyAt, gas: pending.gas, slot: slot)
    var low = 0
    var high = keys.count
    while low < high {
      let middle = (low + high) / 2
      let other = keys[middle]
      let before = other.tip != key.tip ? other.tip > key.tip : other.id < key.id
      if before { low = middle + 1 } else { high = middle }
    }
    keys.insert(key, at: low)
    nextReady = min(nextReady ?? .never, readyAt)
    return true
  }

  /// Takes what a block at `instant` with `gas` left includes: in order, each that fits into what is left.
  /// Effects: what it returns waits no more.
  public mutating func take(at instant: Instant, gas limit: UInt64) -> [PendingTransaction] {
    var space = BlockSpace(gas: limit)
    return take(at: instant, &space)
  }

  /// Takes what a block includes, in order of the tips that its builder would get, then of arrival: each that fits into what
  /// keepers, better-paying others and earlier transactions leave. Whoever cannot pay the base fee waits.
  /// Effects: what it returns waits no more, and its gas is used in `space`; what builders censor goes on waiting and is counted there.
  public mutating func take(at instant: Instant, _ space: inout BlockSpace) -> [PendingTransaction] {
    var order = keys.indices.filter { keys[$0].readyAt <= instant }
    var tips: [UInt64] = []
    if space.market != nil {
      // What the builder gets of each; nil: it cannot pay the base fee.
      let offers = keys.map { key in slots[key.slot].flatMap { space.tip(of: $0.transaction) } }
      order.removeAll { offers[$0] == nil }
      tips = offers.map { $0 ?? 0 }
      order.sort { tips[$0] != tips[$1] ? tips[$0] > tips[$1] : keys[$0].id < keys[$1].id }
    }
    var taken: [PendingTransaction] = []
    var isTaken = [Bool](repeating: false, count: keys.count)
    for k in order {
      guard let pending = slots[keys[k].slot],
        space.fits(pending.gas, tip: tips.isEmpty ? keys[k].tip : tips[k])
      else { continue }
      if space.isCensored(pending.transaction) {
        space.censored += 1
        continue
      }
      space.used += pending.gas
      isTaken[k] = true
      taken.append(pending)
    }
    remove { isTaken[$0] }
    return taken
  }

  /// Drops what reached the mempool before `instant`, and returns it, in order of arrival.
  /// Effects: it waits no more.
  public mutating func dropExpired(before instant: Instant) -> [PendingTransaction] {
    let old = keys.compactMap { slots[$0.slot] }.filter { $0.submittedAt < instant }.sorted { $0.id < $1.id }
    if !old.isEmpty { drop { $0.submittedAt < instant } }
    return old
  }

  /// Drops what `isDropped` says.
  /// Effects: it waits no more. Cost: one question a waiting transaction.
  public mutating func drop(_ isDropped: (PendingTransaction) -> Bool) {
    let gone = keys.map { key in slots[key.slot].map(isDropped) ?? false }
    remove { gone[$0] }
  }

  private mutating func remove(_ isGone: (Int) -> Bool) {
    var kept = 0
    for k in keys.indices {
      let key = keys[k]
      if isGone(k) {
        slots[key.slot] = nil
        free.append(key.slot)
      } else {
        keys[kept] = key
        kept += 1
      }
    }
    keys.removeLast(keys.count - kept)
    nextReady = keys.lazy.map(\.readyAt).min()
  }
}

/// The room of one block, and who competes for it.
public struct BlockSpace: Sendable {
  /// Gas for everybody.
  public var gas: UInt64
  /// Gas taken so far by keepers and included transactions.
  public var used: UInt64 = 0
  /// Base fee in wei a gas, the market, and what its other users want; nil: nobody else, nothing to pay.
  public var market: (fees: FeeMarket, baseFee: UInt64, demand: UInt64)?
  public var censorships: [Censorship] = []
  /// Transactions that fitted and were left out.
  public var censored = 0

  public init(gas: UInt64) { self.gas = gas }

  /// The tip that the builder gets of a transaction, in wei a gas; nil when its sender does not pay the base fee.
  public func tip(of transaction: Transaction) -> UInt64? {
    guard let baseFee = market?.baseFee, let most = transaction.maxFee else { return transaction.tip }
    return most < baseFee ? nil : min(transaction.tip, most - baseFee)
  }

  /// Whether `gas` more fits behind those who bid more.
  func fits(_ gas: UInt64, tip: UInt64) -> Bool {
    let others = market.map { $0.fees.outbidding(tip: tip, of: $0.demand) } ?? 0
    return UInt128(used) + UInt128(others) + UInt128(gas) <= UInt128(self.gas)
  }

  func isCensored(_ transaction: Transaction) -> Bool { censorships.contains { $0.strikes(transaction) } }

  /// Gas that the others take of what is left, however little they tip.
  public var others: UInt64 { min(market?.demand ?? 0, gas - min(used, gas)) }
}
