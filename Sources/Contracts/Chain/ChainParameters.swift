// When blocks come and how much fits into them.

public import Basics

/// The chain's constants for a run.
///
/// Block `startBlock + n` carries the time `n * blockTime`, n = 0 being the start of the run. Numbers follow time even
/// where no block is simulated, so delays counted in blocks and delays counted in seconds agree.
public struct ChainParameters: Sendable, Equatable {
  /// Time between two blocks. Ethereum: 12 s a slot (consensus-specs, SECONDS_PER_SLOT).
  public var blockTime: TimeSpan = .seconds(12)
  /// Gas of one block. Ethereum mainnet: 36 million since February 2025.
  public var gasLimit: UInt64 = 36_000_000
  /// Least time from reaching the mempool to the block that may include a transaction. Zero: the next block, however
  /// close. Builders close their blocks about a second before the slot starts (our estimate).
  public var inclusionDelay: TimeSpan = .zero
  /// Blocks on top of a block that make it final. Ethereum: two epochs of 32 slots.
  public var finalityDepth: UInt64 = 64
  /// Chance that a slot stays empty, in bips. Ethereum mainnet misses about 1 % of its slots.
  public var missedSlotBips: UInt64 = 0
  /// Most transactions that the mempool holds; further ones are dropped and counted.
  public var mempoolCapacity: Int = 100_000
  /// The market for block space; nil: no base fee, and nobody else on the chain.
  public var fees: FeeMarket?
  /// What senders offer, by kind of transaction; kinds that are not here offer 1 gwei and pay whatever it costs.
  public var offers: [Transaction.Kind: FeeOffer] = [:]
  /// A transaction that waited longer is dropped and counted; nil: it waits for ever. go-ethereum keeps transactions for
  /// three hours (`txpool.lifetime`).
  public var transactionLifetime: TimeSpan?
  /// Slots that a reorg may undo. The coordinator keeps its state before each block of so many slots.
  public var reorgDepth: UInt64 = 0
  /// Number of the block at the start of the run. High enough for the contracts' delays to lie behind it.
  public var startBlock: BlockNumber = 1_000_000

  public init() {}

  /// The last block whose time is at or before `instant`.
  public func block(at instant: Instant) -> BlockNumber {
    startBlock + instant.nanoseconds / blockTime.nanoseconds
  }

  /// The time of block `number`; `number` at or after `startBlock`.
  public func instant(of number: BlockNumber) -> Instant {
    precondition(number >= startBlock)
    return Instant.zero + blockTime * (number - startBlock)
  }

  /// The first block whose time is at or after `instant`.
  public func firstBlock(notBefore instant: Instant) -> BlockNumber {
    let whole = block(at: instant)
    return self.instant(of: whole) < instant ? whole + 1 : whole
  }

  /// Whole blocks that cover `span`: a delay given in time, in the contracts' unit.
  public func blocks(covering span: TimeSpan) -> BlockNumber {
    let whole = span.nanoseconds / blockTime.nanoseconds
    return whole * blockTime.nanoseconds < span.nanoseconds ? whole + 1 : whole
  }

  /// What is wrong with these values; empty when nothing is.
  public func validate() -> [String] {
    var mistakes: [String] = []
    if blockTime == .zero { mistakes.append("blockTime: 0s is not allowed") }
    if gasLimit < 1_000_000 { mistakes.append("gasLimit: \(gasLimit) is below 1000000, no certificate fits") }
    if missedSlotBips >= 10_000 { mistakes.append("missedSlotBips: \(missedSlotBips) is not below 10000") }
    if mempoolCapacity < 1 { mistakes.append("mempoolCapacity: \(mempoolCapacity) is below 1") }
    if let fees { mistakes += fees.validate().map { "fees.\($0)" } }
    if reorgDepth > finalityDepth {
      mistakes.append("reorgDepth: \(reorgDepth) is above the finality of \(finalityDepth) blocks")
    }
    return mistakes
  }

  /// A transaction with what its sender offers for this kind.
  public func transaction(from sender: NodeID, _ body: Transaction.Body) -> Transaction {
    var transaction = Transaction(sender: sender, body: body)
    if let offer = offers[transaction.kind] {
      transaction.tip = offer.tip
      transaction.maxFee = offer.maxFee
    }
    return transaction
  }
}
