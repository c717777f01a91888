// Disputes that no contract can judge. A challenger puts a bond at risk and forks the service's token: on the fork the accused
// have lost what the rule takes, on the original nothing has happened. Whoever holds stake and is not accused takes a side, and
// the share of that stake on the fork decides what either token is worth (shaped on the EIGEN token's whitepaper, *intersubjective
// forking*; the outcomes' names are its: cohesion when the honest pick one, fracture when they split).
//
// What is ours: sides are counted by stake in the operator set at the task's reference block; whoever does not move holds the
// original; in a fracture the two tokens are worth what their shares of the stake say, so that a holder of both loses nothing and
// the accused keep what the original is worth. The chain's ledger takes exactly that from them.

public import Basics

/// What a rule says of a fork.
public struct ForkTerms: Sendable, Equatable {
  /// Share of the deciding stake, in bips, that makes one token the only one. Above one half.
  public var cohesionBips: UInt64
  public init(cohesionBips: UInt64) { self.cohesionBips = cohesionBips }
}

/// How a fork ended.
public enum ForkOutcome: String, Sendable, CaseIterable {
  /// The honest follow the fork: the accused lose all that the rule takes.
  case cohesion
  /// They stay with the original: the challenge is lost, and its bond.
  case rejection
  /// Both tokens live.
  case fracture
}

/// Somebody with stake in the operator set when the challenged task fell due.
public struct ForkHolder: Sendable, Equatable {
  public var node: NodeID
  public var stake: UInt128
  public var isAccused: Bool
  /// Whether it went over to the fork.
  public internal(set) var joined = false

  public init(node: NodeID, stake: UInt128, isAccused: Bool) {
    self.node = node
    self.stake = stake
    self.isAccused = isAccused
  }
}

/// What a holder gets for its stake in the end, in wei.
public struct ForkClaim: Sendable, Equatable {
  public var node: NodeID
  public var original: UInt128
  public var fork: UInt128
}

/// One fork.
public struct Fork: Sendable, Equatable {
  public let service: ServiceID
  public let task: TaskID
  public let challenger: NodeID
  public let openedAt: Instant
  /// Sides are taken before this instant (exclusive).
  public let closesAt: Instant
  public let terms: ForkTerms
  /// Share of the stake that the accused lose on the fork, of 10^18.
  public let penaltyWad: UInt64
  public internal(set) var holders: [ForkHolder]
  public internal(set) var outcome: ForkOutcome?

  public init(
    service: ServiceID, task: TaskID, challenger: NodeID, openedAt: Instant, closesAt: Instant,
    terms: ForkTerms, penaltyWad: UInt64, holders: [ForkHolder]
  ) {
    self.service = service
    self.task = task
    self.challenger = challenger
    self.openedAt = openedAt
    self.closesAt = closesAt
    self.terms = terms
    self.penaltyWad = penaltyWad
    self.holders = holders
  }

  /// Stake of those who decide, the holders who are not accused; and how much of it joined.
  public var deciding: (joined: UInt128, total: UInt128) {
    var (joined, total) = (UInt128(0), UInt128(0))
    for holder in holders where !holder.isAccused {
      total += holder.stake
      if holder.joined { joined += holder.stake }
    }
    return (joined, total)
  }

  /// What the sides come to. Where everybody is accused nobody is left who could leave the original.
  public var verdict: ForkOutcome {
    let (joined, total) = deciding
    let needed = mulDivUp(total, UInt128(terms.cohesionBips), 10_000)
    if total == 0 { return .rejection }
    if joined >= needed { return .cohesion }
    return total - joined >= needed ? .rejection : .fracture
  }

  /// What one unit of the fork's token is worth once `outcome` is known, of 10^18; the original's is the rest. Rounds down.
  public var forkWorthWad: UInt64 {
    switch outcome {
    case nil, .rejection: return 0
    case .cohesion: return UInt64(wad)
    case .fracture:
      let (joined, total) = deciding
      return UInt64(mulDiv(joined, wad, total))
    }
  }

  /// The share of the accused's stake that is gone, of 10^18: the penalty, as far as the fork counts.
  public var takenWad: UInt64 { UInt64(mulWad(UInt128(penaltyWad), UInt128(forkWorthWad))) }

  /// What each holder redeems, in the order of the set. A fork's token of an accused holder is short of the penalty.
  public var claims: [ForkClaim] {
    let worth = UInt128(forkWorthWad)
    return holders.map { holder in
      let onFork = holder.isAccused ? holder.stake - mulWad(holder.stake, UInt128(penaltyWad)) : holder.stake
      return ForkClaim(
        node: holder.node, original: mulWad(holder.stake, wad - worth), fork: mulWad(onFork, worth))
    }
  }

  /// What the challenger loses of a bond: as much as the original is worth.
  /// Rounding: down, for the challenger.
  public func lost(of bond: UInt128) -> UInt128 { mulWad(bond, wad - UInt128(forkWorthWad)) }
}

/// Why nobody may change sides.
public enum ForkRefusal: Error, Sendable, Equatable {
  /// No challenge of this task is under way or was.
  case noFork(TaskID)
  /// Sides were taken until `end` (exclusive).
  case tooLate(end: Instant)
  /// It had no stake in the set when the task fell due.
  case notHolder(NodeID)
  /// The accused have no token on the fork to speak of.
  case isAccused(NodeID)
  /// It joined already.
  case joinedBefore(NodeID)
}

/// All forks of a run, one a service and task at most.
public struct ForkBook: Sendable, Equatable {
  public private(set) var forks: [Fork] = []

  public init() {}

  public func index(_ service: ServiceID, _ task: TaskID) -> Int? {
    forks.firstIndex { $0.service == service && $0.task == task }
  }

  /// There must be none about the same task.
  /// Effects: holders can take sides until its window ends.
  public mutating func open(_ fork: Fork) {
    precondition(index(fork.service, fork.task) == nil, "a second fork about task \(fork.task.rawValue)")
    forks.append(fork)
  }

  /// `node` goes over to the fork. Changes nothing when it throws.
  /// Effects: its stake counts for the fork. Errors, in order: noFork, tooLate, notHolder, isAccused, joinedBefore.
  public mutating func join(_ service: ServiceID, _ task: TaskID, by node: NodeID, at: Instant)
    throws(ForkRefusal)
  {
    guard let index = index(service, task) else { throw .noFork(task) }
    guard at < forks[index].closesAt else { throw .tooLate(end: forks[index].closesAt) }
    guard let k = forks[index].holders.firstIndex(where: { $0.node == node && $0.stake > 0 }) else {
      throw .notHolder(node)
    }
    if forks[index].holders[k].isAccused { throw .isAccused(node) }
    if forks[index].holders[k].joined { throw .joinedBefore(node) }
    forks[index].holders[k].joined = true
  }

  /// Ends a fork by the sides as they stand; once.
  /// Effects: nobody can take sides any more, and its outcome stands. Requires: it is open.
  public mutating func decide(_ index: Int) {
    precondition(forks[index].outcome == nil, "a fork is decided once")
    forks[index].outcome = forks[index].verdict
  }
}
