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

  /// The earliest instant from which a waiting transaction may be included; nil when none waits.
  public private(set) var nextReady: Instant?

  /// Adds a transaction that a block at or after `readyAt` may include. False: the mempool is full.
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
  public mutating func take(at instant: Instant, gas limit: UInt64) -> [PendingTransaction] {
    var left = limit
    var taken: [PendingTransaction] = []
    var kept = 0
    for k in keys.indices {
      let key = keys[k]
      if key.readyAt <= instant && key.gas <= left, let pending = slots[key.slot] {
        left -= key.gas
        taken.append(pending)
        slots[key.slot] = nil
        free.append(key.slot)
      } else {
        keys[kept] = key
        kept += 1
      }
    }
    keys.removeLast(keys.count - kept)
    nextReady = keys.lazy.map(\.readyAt).min()
    return taken
  }
}
