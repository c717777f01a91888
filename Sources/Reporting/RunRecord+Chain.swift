// The chain's story as a run's database tells it: its blocks in at most some hundred stretches, and what reorgs undid.

internal import GRDB

/// What the report tells of the chain.
struct ChainStory {
  /// Neighbouring slots, put together where there are many.
  struct Stretch {
    /// Seconds; the slots' beginning and end.
    var from, to: Double
    var certificates: Int64 = 0
    var evidence: Int64 = 0
    var other: Int64 = 0
    var keepers: Int64 = 0
    var others: Int64 = 0
    /// The largest.
    var waitingCertificates = 0
    var waitingEvidence = 0
    var waiting = 0
    /// The last, in gwei.
    var baseFee: Double?
    var missed = 0
    var orphaned = 0
  }

  struct Undone {
    var reorg: Double
    var kind: String
    var sender: String
    var block: Int64
    var isLost: Bool
    var resubmitted: Double?
    var included: Double?
    var outcome: String
  }

  /// One reorg, counted.
  struct Reorg {
    var at: Double
    var blocks: Int
    var certificates = 0
    var evidence = 0
    var other = 0
    var replayed = 0
    var resubmitted = 0
    var lost = 0
    var refused = 0
  }

  var stretches: [Stretch] = []
  var blocks = 0
  var undone: [Undone] = []
  var undoneInAll = 0
  var reorgs: [Reorg] = []

  init() {}

  static let stretchesShown = 300

  /// Reads what is there: a run of an earlier version has less.
  init(_ db: Database, until end: Double) throws {
    try readBlocks(db, until: end)
    guard try db.tableExists("undone") else { return }
    try readUndone(db)
  }

  private mutating func readBlocks(_ db: Database, until end: Double) throws {
    let known = Set(try db.columns(in: "blocks").map(\.name))
    func column(_ name: String) -> String { known.contains(name) ? name : "0" }
    let rows = try Row.fetchAll(
      db,
      sql: """
        SELECT number, at_ns, gas, \(column("others_gas")), \(known.contains("base_fee_wei") ? "base_fee_wei" : "NULL"), fate,
          \(column("certificate_gas")), \(column("evidence_gas")), \(column("other_gas")),
          \(column("waiting_certificates")), \(column("waiting_evidence")), \(column("waiting"))
        FROM blocks WHERE at_ns <= ? ORDER BY number
        """, arguments: [Int64(min(end, 9e9) * 1e9)])
    blocks = rows.count
    guard let first = rows.first, let last = rows.last else { return }
    let slots = (last[0] as Int64) - (first[0] as Int64)
    let time = slots > 0 ? Double((last[1] as Int64) - (first[1] as Int64)) / 1e9 / Double(slots) : 12
    let together = max(1, (rows.count + Self.stretchesShown - 1) / Self.stretchesShown)
    for start in stride(from: 0, to: rows.count, by: together) {
      let group = rows[start..<min(start + together, rows.count)]
      guard let opening = group.first, let closing = group.last else { continue }
      var one = Stretch(
        from: Double(opening[1] as Int64) / 1e9 - time, to: Double(closing[1] as Int64) / 1e9)
      for row in group { one.add(row) }
      stretches.append(one)
    }
  }

  private mutating func readUndone(_ db: Database) throws {
    func seconds(_ nanoseconds: Int64?) -> Double? { nanoseconds.map { Double($0) / 1e9 } }
    undoneInAll = try Int.fetchOne(db, sql: "SELECT count(*) FROM undone") ?? 0
    undone = try Row.fetchAll(
      db,
      sql: """
        SELECT u.reorg_ns, u.kind, coalesce(n.name, u.sender), u.block, u.lost, u.resubmitted_ns, u.included_ns, u.outcome
        FROM undone u LEFT JOIN nodes n ON n.id = u.sender ORDER BY u.id LIMIT \(RunRecord.rowsShown)
        """
    ).map {
      Undone(
        reorg: seconds($0[0]) ?? 0, kind: $0[1], sender: $0[2], block: $0[3], isLost: $0[4],
        resubmitted: seconds($0[5]), included: seconds($0[6]), outcome: $0[7])
    }
    reorgs = try Row.fetchAll(
      db,
      sql: """
        SELECT reorg_ns, count(DISTINCT block), sum(kind = 'certificate'), sum(kind = 'evidence'),
          sum(kind NOT IN ('certificate', 'evidence')), sum(outcome = 'replayed'), sum(outcome = 'resubmitted'),
          sum(outcome = 'lost'), sum(outcome = 'refused')
        FROM undone GROUP BY reorg_ns ORDER BY reorg_ns
        """
    ).map {
      Reorg(
        at: seconds($0[0]) ?? 0, blocks: $0[1], certificates: $0[2], evidence: $0[3], other: $0[4],
        replayed: $0[5], resubmitted: $0[6], lost: $0[7], refused: $0[8])
    }
  }
}

extension ChainStory.Stretch {
  fileprivate mutating func add(_ row: Row) {
    switch row[5] as String {
    case "missed": missed += 1
    case "orphaned": orphaned += 1
    default:
      let (gas, c, e, o) = (row[2] as Int64, row[6] as Int64, row[7] as Int64, row[8] as Int64)
      certificates += c
      evidence += e
      other += o
      keepers += max(gas - c - e - o, 0)
      others += row[3] as Int64
      waitingCertificates = max(waitingCertificates, row[9])
      waitingEvidence = max(waitingEvidence, row[10])
      waiting = max(waiting, row[11])
      if let fee = (row[4] as String?).flatMap({ Double($0) }) { baseFee = fee / 1e9 }
    }
  }
}
