// Signatures, the chain, assets, and what is recorded.

public import Basics
public import Signatures

/// Which signatures, computed or priced.
public struct CryptoPlan: Sendable, Equatable, Codable {
  public var scheme: SignatureScheme
  public var mode: SignatureMode
  /// Times that replace the scheme's table of costs; nil: the table's.
  public var sign, verify: TimeSpan?
  /// Core time of taking one gossip message off the wire; nil: the engine's.
  public var receive: TimeSpan?

  init(_ o: ObjectReader) {
    scheme = o.value("scheme", "signature scheme", or: .ecdsaSecp256k1) { $0.choice() }
    mode = o.value("mode", "computed, or same sizes with costs charged as time", or: .modelled) {
      $0.word(["real", "modelled"]).flatMap { SignatureMode(rawValue: $0) }
    }
    let costs = o.object("costs", "core time that replaces the scheme's cost table (modelled)") { c in
      (
        c.optional("sign", "one signature") { $0.duration(.zero ... .seconds(10)) },
        c.optional("verify", "one verification") { $0.duration(.zero ... .seconds(10)) },
        c.optional("receive", "taking one gossip message off the wire") {
          $0.duration(.zero ... .seconds(10))
        }
      )
    }
    (sign, verify, receive) = costs
    if mode == .real, o.has("costs") {
      o.mistake("costs", "means nothing when signatures are real; remove it or write mode: modelled")
    }
  }
}

/// Blocks and transactions.
public struct ChainPlan: Sendable, Equatable, Codable {
  public var blockTime: TimeSpan
  /// From a transaction's arrival at the pool to the earliest block that may hold it.
  public var inclusion: DelayPlan
  /// Blocks after which a block is final.
  public var finality: Int
  public var gasLimit: Int
  /// Chance that a slot stays empty, in whole bips.
  public var missedSlots: Share
  /// Length of a reward epoch.
  public var rewardEpoch: TimeSpan
  /// Until a slashable deallocation stops being slashable; until a queued withdrawal can be completed.
  public var deallocationDelay, withdrawalDelay: TimeSpan
  /// From an executed slash to the burning or redistribution of its shares.
  public var slashResolutionDelay: TimeSpan
  /// From a node to the chain or back.
  public var rpcDelay: DelayPlan
  /// Nil: block space costs nothing.
  public var fees: FeePlan?
  public var gas: GasPlan
  /// A transaction that waited longer is dropped; nil: never.
  public var transactionLifetime: TimeSpan?
  /// From a reward root to the claims against it.
  public var rewardActivationDelay: TimeSpan
  /// Deepest reorg that a live fault may ask for.
  public var reorgs: Int
  /// Nodes send again what a reorg undid and nobody kept.
  public var resubmit: Bool

  init(_ o: ObjectReader) {
    blockTime = o.value("blockTime", "time between two blocks", or: .seconds(12)) {
      $0.duration(.milliseconds(10) ... .seconds(86_400))
    }
    inclusion = o.value("inclusion", "delay before a transaction may be included", or: .constant(.zero)) {
      DelayPlan.read($0)
    }
    finality = o.value("finality", "blocks until a block is final", or: 64) { $0.integer(0...100_000) }
    gasLimit = o.value("gasLimit", "gas a block holds", or: 36_000_000) {
      $0.integer(1_000_000...1_000_000_000_000)
    }
    missedSlots = o.value("missedSlots", "chance that a slot stays empty", or: .zero) {
      $0.wholeBips(.zero...Share(wad: Share.one - Share.bip))
    }
    rewardEpoch = o.value("rewardEpoch", "length of a reward epoch", or: .seconds(86_400)) {
      $0.duration(.seconds(1) ... .seconds(366 * 86_400))
    }
    deallocationDelay = o.value(
      "deallocationDelay", "until deallocated magnitude stops being slashable", or: .seconds(14 * 86_400)
    ) {
      $0.duration()
    }
    withdrawalDelay = o.value(
      "withdrawalDelay", "until a queued withdrawal can be completed", or: .seconds(14 * 86_400)
    ) {
      $0.duration()
    }
    slashResolutionDelay = o.value(
      "slashResolutionDelay", "from an executed slash to burning or redistribution", or: .zero
    ) {
      $0.duration()
    }
    rpcDelay = o.value("rpcDelay", "from a node to the chain, or back", or: .constant(.milliseconds(50))) {
      DelayPlan.read($0)
    }
    fees = o.optional("fees", "the market for block space; absent: it costs nothing") { v in
      v.object { FeePlan($0) }
    }
    gas = o.object("gas", "gas by kind of transaction, where it differs from the scheme's") { GasPlan($0) }
    transactionLifetime = o.optional(
      "transactionLifetime", "a transaction that waited longer is dropped; absent: never"
    ) {
      $0.duration(.seconds(1) ... .century)
    }
    rewardActivationDelay = o.value(
      "rewardActivationDelay", "from an epoch's reward root to the claims; mainnet has 7d", or: .zero
    ) {
      $0.duration(.zero ... .seconds(3_650 * 86_400))
    }
    reorgs = o.value(
      "reorgs", "deepest reorg that 'avsim fault inject' may ask for; the state of so many blocks is kept",
      or: 0
    ) {
      $0.integer(0...10_000)
    }
    resubmit = o.value(
      "resubmit",
      "whether aggregators and watchers send certificates and evidence again that a reorg undid and that nobody kept",
      or: true
    ) { $0.bool() }
    if reorgs > finality {
      o.mistake("reorgs", "\(reorgs) is above finality, \(finality): final blocks stay")
    }
  }
}

/// What is recorded beside the measures.
public struct ObservePlan: Sendable, Equatable, Codable {
  /// Writes `trace.json`.
  public var trace: Bool
  /// Time between two rows of the table `samples`.
  public var sampleEvery: TimeSpan
  /// Writes every change of a peer's standing into the table `scores`, every move of its counters into `score_moves`.
  public var scores: Bool
  /// Writes what came into the nodes and what they decided into files of the run's directory.
  public var inputs: Bool

  init(_ o: ObjectReader) {
    inputs = o.value(
      "inputs", "write every input of the nodes for 'avsim replay' (cluster), about 300 bytes a message copy",
      or: false
    ) { $0.bool() }
    scores = o.value(
      "scores", "write why and when peers' scores moved, for every node and peer (simulator)", or: false
    ) { $0.bool() }
    trace = o.value("trace", "write trace.json (Chrome trace events)", or: false) { $0.bool() }
    sampleEvery = o.value("sampleEvery", "time between two samples of rates and queues", or: .seconds(1)) {
      $0.duration(.milliseconds(10) ... .seconds(86_400))
    }
  }
}
