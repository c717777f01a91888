// From an epoch's pool to what each member earned. Exact integers; what rounding leaves is counted as dust.

import Basics

/// How one epoch's pool was divided: pool = sum of earned + refunded + dust.
public struct RewardDistribution: Sendable, Equatable {
  /// By member index.
  public var earned: [UInt128]
  /// What nobody earned and goes back to the service.
  public var refunded: UInt128
  /// What rounding left; below one wei a member.
  public var dust: UInt128

  /// Divides `pool` by stake and performance.
  ///
  /// A member's base is floor(pool * its stake-duties / all stake-duties), its stake summed over its certified duties.
  /// Performance is duties fulfilled / duties; the multiplier is 0 below the floor, 1 from the target on, linear between.
  /// Forfeit: floor(base * multiplier), the rest is refunded. Reshare: the whole pool by stake-duties times multiplier
  /// (taken with six digits). If no task was certified, or nobody earned, everything is refunded.
  ///
  /// `paysAbsent` pays everybody's base, which is a defect put in on purpose (`PlantedDefect`).
  public init(pool: UInt128, policy: RewardPolicy, record: DutyRecord, paysAbsent: Bool = false) {
    earned = Array(repeating: 0, count: record.rows.count)
    refunded = 0
    dust = 0
    let total = record.stakeDue
    var weights: [UInt128] = []
    for row in record.rows {
      let (numerator, denominator) = Self.multiplier(row, policy, paysAbsent)
      weights.append(denominator == 0 ? 0 : mulDiv(row.stakeDue, numerator * 1_000_000, denominator))
    }
    let weight = weights.reduce(0, +)
    guard total > 0, weight > 0 else {
      refunded = pool
      return
    }
    switch policy.unearned {
    case .forfeit:
      var bases: UInt128 = 0
      for (k, row) in record.rows.enumerated() where row.stakeDue > 0 {
        let base = mulDiv(pool, row.stakeDue, total)
        let (numerator, denominator) = Self.multiplier(row, policy, paysAbsent)
        earned[k] = denominator == 0 ? 0 : mulDiv(base, numerator, denominator)
        refunded += base - earned[k]
        bases += base
      }
      dust = pool - bases
    case .reshare:
      var paid: UInt128 = 0
      for k in weights.indices {
        earned[k] = mulDiv(pool, weights[k], weight)
        paid += earned[k]
      }
      dust = pool - paid
    }
  }

  /// The service-level multiplier as a fraction; 0/0 for a member without certified duties.
  static func multiplier(
    _ row: DutyRecord.Row, _ policy: RewardPolicy, _ paysAbsent: Bool = false
  ) -> (UInt128, UInt128) {
    let duties = UInt64(row.duties - row.uncertified)
    if duties == 0 { return (0, 0) }
    if paysAbsent { return (1, 1) }
    let reached = UInt64(row.fulfilled) * 10_000
    if reached >= policy.targetBips * duties { return (1, 1) }
    if reached < policy.floorBips * duties { return (0, 1) }
    return (
      UInt128(reached - policy.floorBips * duties), UInt128((policy.targetBips - policy.floorBips) * duties)
    )
  }
}
