// Disputes that holders decided on, read back from a run's database.

internal import GRDB

extension RunRecord {
  struct ForkStory {
    var service: String
    var task: Int64
    var challenger: String
    var opened: Double
    var outcome: String?
    /// Of the stake not accused.
    var joinedShare: Double?
    var bondLostWei: UInt128?
    var accusedStakeWei: UInt128 = 0
    var accusedRedeemWei: UInt128 = 0
    var othersStakeWei: UInt128 = 0
    var othersRedeemWei: UInt128 = 0
  }

  struct ForkSideStory {
    var service: String
    var task: Int64
    var holder: String
    var side: String
    var stakeWei: UInt128?
    var originalWei: UInt128?
    var forkWei: UInt128?
  }

  mutating func readForks(_ db: Database) throws {
    // Runs of earlier versions have no such tables.
    guard try db.tableExists("forks"), try db.tableExists("fork_sides") else { return }
    forksInAll = try Int.fetchOne(db, sql: "SELECT count(*) FROM forks") ?? 0
    var place: [Int64: Int] = [:]
    for row in try Row.fetchAll(
      db,
      sql: """
        SELECT f.id, coalesce(v.name, f.service), f.task, coalesce(n.name, f.challenger), f.opened_ns, f.outcome, f.joined_bips,
          f.bond_lost_wei
        FROM forks f LEFT JOIN services v ON v.id = f.service LEFT JOIN nodes n ON n.id = f.challenger
        ORDER BY f.id LIMIT \(RunRecord.rowsShown)
        """)
    {
      place[row[0]] = forks.count
      forks.append(
        ForkStory(
          service: row[1], task: row[2], challenger: row[3], opened: Double(row[4] as Int64) / 1e9,
          outcome: row[5], joinedShare: (row[6] as Int?).map { Double($0) / 10_000 },
          bondLostWei: UInt128(row[7] as String)))
    }
    for row in try Row.fetchAll(
      db,
      sql: """
        SELECT s.fork, coalesce(n.name, s.node), s.side, s.stake_wei, s.original_wei, s.fork_wei
        FROM fork_sides s LEFT JOIN nodes n ON n.id = s.node ORDER BY s.fork, s.node
        """)
    {
      guard let k = place[row[0]] else { continue }
      let side = ForkSideStory(
        service: forks[k].service, task: forks[k].task, holder: row[1], side: row[2],
        stakeWei: UInt128(row[3] as String), originalWei: (row[4] as String?).flatMap { UInt128($0) },
        forkWei: (row[5] as String?).flatMap { UInt128($0) })
      let redeemed = (side.originalWei ?? 0) + (side.forkWei ?? 0)
      if side.side == "accused" {
        forks[k].accusedStakeWei += side.stakeWei ?? 0
        forks[k].accusedRedeemWei += redeemed
      } else {
        forks[k].othersStakeWei += side.stakeWei ?? 0
        forks[k].othersRedeemWei += redeemed
      }
      if forkSides.count < RunRecord.rowsShown { forkSides.append(side) }
    }
  }
}
