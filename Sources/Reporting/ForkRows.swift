// Disputes that no contract could judge: the tables `forks` and `fork_sides`, and their part of the summary.

public import Basics

/// Where a holder's stake stands.
public enum ForkSide: String, Sendable, CaseIterable {
  case original, fork
  /// On the original by need: on the fork its token is short of the penalty.
  case accused
}

/// A row of `fork_sides`.
public struct ForkSideRow: Sendable, Equatable {
  public var node: NodeID
  public var side: ForkSide
  public var stakeWei: UInt128
  /// What it redeems in each token; nil while undecided.
  public var originalWei: UInt128?
  public var forkWei: UInt128?

  public init(
    node: NodeID, side: ForkSide, stakeWei: UInt128, originalWei: UInt128?, forkWei: UInt128?
  ) {
    self.node = node
    self.side = side
    self.stakeWei = stakeWei
    self.originalWei = originalWei
    self.forkWei = forkWei
  }
}

/// A row of `forks`, with its sides.
public struct ForkRow: Sendable, Equatable {
  public var service: ServiceID
  public var task: TaskID
  public var challenger: NodeID
  public var openedAt: Instant
  public var closesAt: Instant
  public var decidedAt: Instant?
  /// cohesion, rejection, fracture; nil while undecided.
  public var outcome: String?
  /// Stake on the fork, of the stake not accused; nil when all of it is accused.
  public var joinedBips: Int?
  public var cohesionBips: Int
  public var bondLostWei: UInt128
  public var sides: [ForkSideRow]

  public init(
    service: ServiceID, task: TaskID, challenger: NodeID, openedAt: Instant, closesAt: Instant,
    decidedAt: Instant?, outcome: String?, joinedBips: Int?, cohesionBips: Int, bondLostWei: UInt128,
    sides: [ForkSideRow]
  ) {
    self.service = service
    self.task = task
    self.challenger = challenger
    self.openedAt = openedAt
    self.closesAt = closesAt
    self.decidedAt = decidedAt
    self.outcome = outcome
    self.joinedBips = joinedBips
    self.cohesionBips = cohesionBips
    self.bondLostWei = bondLostWei
    self.sides = sides
  }
}

extension RunSchema {
  static let forkTables = [
    """
    CREATE TABLE forks (          -- challenges that no contract can judge: the service's token forks
      id INTEGER PRIMARY KEY,
      service INTEGER NOT NULL,   -- services.id
      task INTEGER NOT NULL,      -- tasks.id whose certificate is called wrong
      challenger INTEGER NOT NULL, -- nodes.id
      opened_ns INTEGER NOT NULL,
      closes_ns INTEGER NOT NULL, -- sides are taken until then
      decided_ns INTEGER,
      outcome TEXT,               -- cohesion (the accused lose all that the rule takes), rejection, fracture; NULL: undecided
      joined_bips INTEGER,        -- stake on the fork, of the stake not accused; NULL when all of it is accused
      cohesion_bips INTEGER NOT NULL, -- share that makes one token the only one
      bond_lost_wei TEXT NOT NULL -- by the challenger
    ) STRICT
    """,
    """
    CREATE TABLE fork_sides (     -- who holds which side, and what for
      fork INTEGER NOT NULL,      -- forks.id
      node INTEGER NOT NULL,      -- nodes.id
      side TEXT NOT NULL,         -- original, fork, accused
      stake_wei TEXT NOT NULL,    -- in the operator set when the task fell due
      original_wei TEXT,          -- what it redeems in the original token; NULL while undecided
      fork_wei TEXT,              -- and in the fork's
      PRIMARY KEY (fork, node)
    ) STRICT, WITHOUT ROWID
    """,
  ]
}

extension RunDatabase {
  /// Writes forks and their sides; their ids are their places in the list.
  public func insert(_ forks: [ForkRow]) throws(Failure) {
    try insert(Array(forks.enumerated()), into: "forks", columns: 11) { item, values in
      let (k, row) = item
      values.add(k)
      values.add(row.service.index)
      values.add(row.task.index)
      values.add(row.challenger.index)
      values.add(row.openedAt)
      values.add(row.closesAt)
      values.add(row.decidedAt)
      values.add(row.outcome)
      values.add(row.joinedBips)
      values.add(row.cohesionBips)
      values.add(amount: row.bondLostWei)
    }
    var sides: [(fork: Int, row: ForkSideRow)] = []
    for (k, fork) in forks.enumerated() { for side in fork.sides { sides.append((k, side)) } }
    try insert(sides, into: "fork_sides", columns: 6) { item, values in
      values.add(item.fork)
      values.add(item.row.node.index)
      values.add(item.row.side.rawValue)
      values.add(amount: item.row.stakeWei)
      values.add(item.row.originalWei.map { String($0) })
      values.add(item.row.forkWei.map { String($0) })
    }
  }
}

extension RunSummary {
  /// Challenges that holders decided on, added up.
  public struct Forks: Sendable, Equatable {
    public var opened = 0
    public var cohesion = 0
    public var rejection = 0
    public var fracture = 0
    /// Stake on the fork, of the stake not accused: the mean over the decided ones; nil without any.
    public var joinedShare: Double?
    /// What challengers lost of their bonds.
    public var bondsLostWei: UInt128 = 0
    /// What holders redeem in both tokens together: those accused, and the others.
    public var accusedRedeemWei: UInt128 = 0
    public var othersRedeemWei: UInt128 = 0
    /// What the same held before.
    public var accusedStakeWei: UInt128 = 0
    public var othersStakeWei: UInt128 = 0

    public init(_ rows: [ForkRow]) {
      opened = rows.count
      var shares: [Double] = []
      for row in rows {
        switch row.outcome {
        case "cohesion": cohesion += 1
        case "rejection": rejection += 1
        case "fracture": fracture += 1
        default: continue
        }
        if let bips = row.joinedBips { shares.append(Double(bips) / 10_000) }
        bondsLostWei += row.bondLostWei
        for side in row.sides {
          let redeemed = (side.originalWei ?? 0) + (side.forkWei ?? 0)
          if side.side == .accused {
            accusedRedeemWei += redeemed
            accusedStakeWei += side.stakeWei
          } else {
            othersRedeemWei += redeemed
            othersStakeWei += side.stakeWei
          }
        }
      }
      if !shares.isEmpty { joinedShare = shares.reduce(0, +) / Double(shares.count) }
    }

    var json: JSONValue {
      [
        "opened": JSONValue(opened), "cohesion": JSONValue(cohesion), "rejection": JSONValue(rejection),
        "fracture": JSONValue(fracture), "joinedShare": JSONValue(joinedShare),
        "bondsLostWei": JSONValue(amount: bondsLostWei),
        "accusedStakeWei": JSONValue(amount: accusedStakeWei),
        "accusedRedeemWei": JSONValue(amount: accusedRedeemWei),
        "othersStakeWei": JSONValue(amount: othersStakeWei),
        "othersRedeemWei": JSONValue(amount: othersRedeemWei),
      ]
    }
  }
}
