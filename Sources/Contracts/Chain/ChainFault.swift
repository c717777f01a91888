// What can go wrong with the chain itself, as the coordinator is told: when a fault begins and ends is the driver's to say.

public import Basics

/// A fault of the chain.
public enum ChainFault: Sendable, Equatable {
  /// No blocks: nobody proposes, or nothing becomes canonical.
  case halt
  /// Slots stay empty with this chance, in bips, or with the chain's own when that is larger.
  case missedSlots(bips: UInt64)
  /// The other users want `permille / 1000` times as much gas. Nothing without a fee market.
  case gasSpike(permille: UInt64)
  /// Builders leave out transactions of these kinds from these nodes.
  case censor(Censorship)
  /// The last `depth` slots turn out empty on the branch that wins: everything that happened in their blocks is undone.
  /// Their transactions go back to the mempool, apart from those lost, drawn with this chance in bips.
  case reorg(depth: UInt64, lostBips: UInt64)
}

/// Whom builders leave out, and how many of them do.
public struct Censorship: Sendable, Equatable {
  /// Empty: every kind.
  public var kinds: [Transaction.Kind]
  /// Ascending; nil: whoever sends it.
  public var senders: [NodeID]?
  /// Share of the blocks whose builder censors, in bips.
  public var shareBips: UInt64

  public init(kinds: [Transaction.Kind] = [], senders: [NodeID]? = nil, shareBips: UInt64 = 10_000) {
    self.kinds = kinds
    self.senders = senders
    self.shareBips = shareBips
  }

  func strikes(_ transaction: Transaction) -> Bool {
    (kinds.isEmpty || kinds.contains(transaction.kind)) && (senders?.contains(transaction.sender) ?? true)
  }
}

/// The faults in force, and what they make of a block. A pure function of the block's number and the seed, so that
/// removing one fault changes no other draw.
public struct ChainConditions: Sendable {
  private var faults: [(id: UInt32, fault: ChainFault, until: Instant?)] = []
  private let draws: HashRandom

  public init(seed: UInt64) { draws = HashRandom(seed: seed, .blockProposal) }

  /// A fault is in force from now on, beside those that are.
  ///
  /// - Parameter until: when it ends by itself; nil: when somebody ends it.
  /// Effects: blocks after this are made under it. Requires: no fault of this id is in force.
  public mutating func begin(_ id: UInt32, _ fault: ChainFault, until: Instant?) {
    faults.append((id, fault, until))
  }
  /// Ends a fault; one that is not in force changes nothing.
  /// Effects: blocks after this are made without it.
  public mutating func end(_ id: UInt32) { faults.removeAll { $0.id == id } }

  /// Ends those whose time has come.
  /// Effects: as `end` of each.
  public mutating func end(dueBy instant: Instant) {
    faults.removeAll { $0.until.map { $0 <= instant } ?? false }
  }
  /// When the next one ends by itself.
  public var nextEnd: Instant? { faults.compactMap(\.until).min() }

  public var isHalted: Bool { faults.contains { $0.fault == .halt } }

  /// Whether the slot of a block stays empty, by the larger of the chain's chance and the faults'.
  public func isMissed(_ number: BlockNumber, ownBips: UInt64) -> Bool {
    var bips = ownBips
    for (_, fault, _) in faults { if case .missedSlots(let more) = fault { bips = max(bips, more) } }
    return bips > 0 && scale(draws.bits(number), 10_000) < bips
  }

  /// The other users' demand, as a factor.
  public var demandPermille: UInt64 {
    faults.reduce(1_000) { product, entry in
      guard case .gasSpike(let permille) = entry.fault else { return product }
      return UInt64(clamping: UInt128(product) * UInt128(permille) / 1_000)
    }
  }

  /// Draw for the others' demand in a block.
  public func demandBits(_ number: BlockNumber) -> UInt64 { draws.bits(number, 1) }

  /// Whom the builder of a block leaves out; nil when nobody.
  public func censors(_ number: BlockNumber) -> [Censorship]? {
    let struck = faults.compactMap { entry -> Censorship? in
      guard case .censor(let censorship) = entry.fault,
        scale(draws.bits(number, 2, UInt64(entry.id)), 10_000) < censorship.shareBips
      else { return nil }
      return censorship
    }
    return struck.isEmpty ? nil : struck
  }

  /// Whether a reorg loses a transaction of a block that it undoes.
  public func loses(_ transaction: TransactionID, reorg: UInt32, bips: UInt64) -> Bool {
    scale(draws.bits(UInt64(transaction.rawValue), 3, UInt64(reorg)), 10_000) < bips
  }
}
