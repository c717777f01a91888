// The chain's part of a summary: how many slots had blocks, what space in them cost, how long transactions waited.

extension RunSummary {
  /// What the chain did. Blocks that a reorg undid count as orphaned and as nothing else.
  public struct Chain: Sendable, Equatable {
    /// With something in them; quiet ones are not produced.
    public var blocks = 0
    /// Slots in which something waited and no block came.
    public var missedSlots = 0
    public var reorgs = 0
    public var orphanedBlocks = 0
    /// Transactions of orphaned blocks that waited again; those that were lost.
    public var returnedTransactions = 0
    public var lostTransactions = 0
    /// That waited longer than transactions live, found the mempool full, or needed more gas than a block has.
    public var droppedTransactions = 0
    /// Times that a builder left out a transaction that would have fitted.
    public var censored = 0
    /// By transactions of ours and keepers.
    public var gasUsed: UInt64 = 0
    /// Of it, by kind of transaction.
    public var gas = ChainGas()
    /// What became of the transactions of orphaned blocks.
    public var undone = Undone()
    /// Slashes of vaults, and those that a vault's resolver cancelled.
    public var vaultSlashes = 0
    public var vaultVetoes = 0
    /// In wei a gas; nil without a fee market.
    public var baseFee: BaseFee?
    /// What senders paid, in wei.
    public var certificateFees: UInt128 = 0
    public var evidenceFees: UInt128 = 0
    public var otherFees: UInt128 = 0
    /// From the mempool to the block.
    public var certificateWait = LatencySummary()
    public var evidenceWait = LatencySummary()
    public init() {}
  }

  /// Keepers used what is missing to `gasUsed`.
  public struct ChainGas: Sendable, Equatable {
    public var certificates: UInt64 = 0
    public var evidence: UInt64 = 0
    public var other: UInt64 = 0
    public init() {}
  }

  /// Transactions that reorgs undid: by kind, and by what became of them.
  public struct Undone: Sendable, Equatable {
    public var certificates = 0
    public var evidence = 0
    public var other = 0
    /// Waited again and were included.
    public var replayed = 0
    /// Sent again by those who had sent them; of these, included and as good as before.
    public var sentAgain = 0
    public var resubmitted = 0
    /// Came again, and were refused as they had not been before.
    public var refused = 0
    /// Gone for good.
    public var lost = 0
    /// Still waiting.
    public var pending = 0
    public init() {}
  }

  public struct BaseFee: Sendable, Equatable {
    /// Of the first block produced, of the dearest, of the last.
    public var start, maximum, end: UInt64
    public init(start: UInt64, maximum: UInt64, end: UInt64) {
      self.start = start
      self.maximum = maximum
      self.end = end
    }
  }
}

extension RunSummary.Chain {
  var json: JSONValue {
    let fee = { (value: UInt64?) in value.map { JSONValue(amount: UInt128($0)) } ?? .null }
    return [
      "blocks": JSONValue(blocks), "missedSlots": JSONValue(missedSlots), "reorgs": JSONValue(reorgs),
      "orphanedBlocks": JSONValue(orphanedBlocks), "returnedTransactions": JSONValue(returnedTransactions),
      "lostTransactions": JSONValue(lostTransactions), "droppedTransactions": JSONValue(droppedTransactions),
      "censored": JSONValue(censored), "gasUsed": JSONValue(gasUsed),
      "gas": [
        "certificates": JSONValue(gas.certificates), "evidence": JSONValue(gas.evidence),
        "other": JSONValue(gas.other),
      ],
      "undone": [
        "certificates": JSONValue(undone.certificates), "evidence": JSONValue(undone.evidence),
        "other": JSONValue(undone.other), "replayed": JSONValue(undone.replayed),
        "sentAgain": JSONValue(undone.sentAgain), "resubmitted": JSONValue(undone.resubmitted),
        "refused": JSONValue(undone.refused), "lost": JSONValue(undone.lost),
        "pending": JSONValue(undone.pending),
      ],
      "vaultSlashes": JSONValue(vaultSlashes), "vaultVetoes": JSONValue(vaultVetoes),
      "baseFeeWei": [
        "start": fee(baseFee?.start), "max": fee(baseFee?.maximum), "end": fee(baseFee?.end),
      ],
      "feesWei": [
        "certificate": JSONValue(amount: certificateFees), "evidence": JSONValue(amount: evidenceFees),
        "other": JSONValue(amount: otherFees),
      ],
      "wait": ["certificate": certificateWait.json, "evidence": evidenceWait.json],
    ]
  }
}
