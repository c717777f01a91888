// What a call costs by the operations in its source: for contracts whose calls nobody has published figures of. Counted are the
// operations that have a price of their own; everything between them (arithmetic, memory, keys of mappings) is taken for a tenth
// of their sum, which is the one guess in it.

/// Operations of one call.
public struct GasCount: Sendable, Equatable {
  /// Calls into further contracts that nothing called before. Each stands behind OpenZeppelin's transparent proxy: two cold
  /// accounts of 2,600 (EIP-2929), and the two words of the proxy.
  public var hops: UInt64 = 0
  /// First reads of words.
  public var reads: UInt64 = 0
  /// First touches of words that hold something and are overwritten; guards against reentrance are such words.
  public var updates: UInt64 = 0
  /// Empty words that are written.
  public var fresh: UInt64 = 0
  /// Words among `updates` that are cleared: 4,800 of each come back (EIP-3529).
  public var cleared: UInt64 = 0
  /// Events, of three topics and three words on the average.
  public var events: UInt64 = 0
  /// Words of calldata, half of their bytes zero on the average.
  public var calldataWords: UInt64 = 0
  /// Gas of precompiled contracts.
  public var precompiled: UInt64 = 0

  public init(
    hops: UInt64 = 0, reads: UInt64 = 0, updates: UInt64 = 0, fresh: UInt64 = 0, cleared: UInt64 = 0,
    events: UInt64 = 0, calldataWords: UInt64 = 0, precompiled: UInt64 = 0
  ) {
    self.hops = hops
    self.reads = reads
    self.updates = updates
    self.fresh = fresh
    self.cleared = cleared
    self.events = events
    self.calldataWords = calldataWords
    self.precompiled = precompiled
  }

  /// The first contract's proxy: its own account is warm (Yellow Paper, accessed addresses of a transaction), so two words and
  /// the account of the implementation.
  static let entry: UInt64 = 2 * 2_100 + 2_600
  static let hop: UInt64 = 2_600 + entry
  /// EIP-2929.
  static let read: UInt64 = 2_100
  /// EIP-2200 with EIP-2929: 2,900 and a cold 2,100; 20,000 and a cold 2,100.
  static let update: UInt64 = 5_000
  static let freshWord: UInt64 = 22_100
  /// Yellow Paper, appendix G: 375, 375 a topic, 8 a byte.
  static let event: UInt64 = 375 + 3 * 375 + 8 * 96
  /// EIP-2028: 4 a zero byte, 16 another.
  static let calldataWord: UInt64 = 16 * 4 + 16 * 16

  /// Gas of the call without the transaction's 21,000. What comes back is at most a fifth of all (EIP-3529).
  public var gas: UInt64 {
    let operations =
      Self.entry + Self.hop * hops + Self.read * reads + Self.update * updates + Self.freshWord * fresh
    let all = (operations + Self.event * events + Self.calldataWord * calldataWords) * 11 / 10 + precompiled
    return all - min(4_800 * cleared, (all + 21_000) / 5)
  }
}
