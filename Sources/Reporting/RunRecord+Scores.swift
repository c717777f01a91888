// Peers that were graylisted and why, and meshes over time, read back from a run's database.

internal import GRDB

extension RunRecord {
  /// A peer that some node graylisted.
  struct Graylisted {
    var name: String
    var role: String
    /// Nodes that graylisted it, and when the first was seen to.
    var nodes: Int
    var first: Double
    var lowest: Double
    /// What cost it most, in the eyes of most: a component, and the topic's name.
    var worst: String
    var service: String?
    /// What moved its scores, and how often; empty when scores were not observed.
    var causes: [Missing] = []
  }

  /// All meshes of honest nodes at an instant.
  struct Mesh {
    var at: Double
    var links: Int
    var sybilLinks: Int
    var surrounded: Int
    var honestGraylisted: Int
    var sybilsGraylisted: Int
  }

  mutating func readScores(_ db: Database) throws {
    // Runs of earlier versions have no such tables.
    guard try db.tableExists("scores"), try db.tableExists("meshes") else { return }
    let of = "FROM scores s WHERE s.standing = 'graylisted'"
    graylistedInAll = try Int.fetchOne(db, sql: "SELECT count(DISTINCT s.peer) \(of)") ?? 0
    guard graylistedInAll > 0 else { return try readMeshes(db) }
    graylistings = try Row.fetchAll(
      db,
      sql: "SELECT coalesce(s.worst, 'none'), count(*) \(of) GROUP BY 1 ORDER BY 2 DESC, 1"
    ).map { Missing(cause: $0[0], count: $0[1]) }
    var index: [Int: Int] = [:]
    // Honest peers first: that they are there at all is a finding.
    for row in try Row.fetchAll(
      db,
      sql: """
        SELECT s.peer, coalesce(n.name, s.peer), coalesce(n.role, ''), count(DISTINCT s.node), min(s.at_ns), min(s.score)
        FROM scores s LEFT JOIN nodes n ON n.id = s.peer WHERE s.standing = 'graylisted'
        GROUP BY s.peer ORDER BY n.role = 'sybil', 4 DESC, s.peer LIMIT \(RunRecord.rowsShown)
        """)
    {
      index[row[0]] = graylisted.count
      graylisted.append(
        Graylisted(
          name: row[1], role: row[2], nodes: row[3], first: Double(row[4] as Int64) / 1e9, lowest: row[5],
          worst: ""))
    }
    for row in try Row.fetchAll(
      db,
      sql: """
        SELECT s.peer, coalesce(s.worst, ''), v.name, count(*)
        FROM scores s LEFT JOIN services v ON v.id = s.worst_service WHERE s.standing = 'graylisted'
        GROUP BY s.peer, s.worst, s.worst_service ORDER BY s.peer, 4 DESC, 2, 3
        """)
    {
      guard let k = index[row[0]], graylisted[k].worst.isEmpty else { continue }
      graylisted[k].worst = row[1]
      graylisted[k].service = row[2]
    }
    for row in try Row.fetchAll(
      db,
      sql: """
        SELECT peer, cause, count(*) FROM score_moves WHERE component != 'threshold'
        GROUP BY peer, cause ORDER BY peer, 3 DESC, 2
        """)
    {
      guard let k = index[row[0]] else { continue }
      graylisted[k].causes.append(Missing(cause: row[1], count: row[2]))
    }
    try readMeshes(db)
  }

  private mutating func readMeshes(_ db: Database) throws {
    meshes = try Row.fetchAll(
      db,
      sql: """
        SELECT at_ns, links, sybil_links, surrounded, honest_graylisted, sybils_graylisted FROM meshes ORDER BY at_ns
        """
    ).map {
      Mesh(
        at: Double($0[0] as Int64) / 1e9, links: $0[1], sybilLinks: $0[2], surrounded: $0[3],
        honestGraylisted: $0[4], sybilsGraylisted: $0[5])
    }
  }
}
