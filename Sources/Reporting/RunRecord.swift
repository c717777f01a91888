// A run as its folder tells it: what the report, the terminal table and comparisons are made of. Reads only; a run that was
// killed, or that goes on, reads like any other, with less in it.

import Basics
internal import GRDB

/// A run read back from its folder.
struct RunRecord {
  var manifest: JSONValue
  var summary: JSONValue
  var latency: [LatencyPoint] = []
  var samples: [Sample] = []
  /// Empty when the offered rate did not rise.
  var ramp: [RampPoint] = []
  var faults: [Fault] = []
  var operators: [Operator] = []
  var services: [Service] = []
  var missing: [Missing] = []
  var offences: [Offence] = []
  var offencesInAll = 0
  var slashes: [Slash] = []
  var slashesInAll = 0
  var forks: [ForkStory] = []
  var forksInAll = 0
  var forkSides: [ForkSideStory] = []
  var economy = EconomyStory()
  var chain = ChainStory()
  var graylisted: [Graylisted] = []
  var graylistedInAll = 0
  /// Links on which a peer is or was graylisted, by what cost it most.
  var graylistings: [Missing] = []
  var meshes: [Mesh] = []

  /// How many rows of a kind the report shows at most; the rest is in the database.
  static let rowsShown = 250

  /// The share of a distribution that lies within a latency.
  struct LatencyPoint {
    var measure: String
    var milliseconds: Double
    var share: Double
  }

  /// Sums over an interval. Rates are sums over `seconds`.
  struct Sample {
    var end: Double
    var seconds: Double
    var offered = 0
    var published = 0
    /// Spread over the time between two blocks.
    var certified = 0.0
    /// The largest of the intervals that were put together.
    var quorumP99Milliseconds: Double?
  }

  struct Fault {
    var kind: String
    var place: String
    var at: Double
    var healed: Double?
  }

  struct Operator {
    var name: String
    var services: Int
    var due: Int
    var notOnTime: Int
  }

  struct Service {
    var name: String
    var operators: Int
    var stakeWei: UInt128
    var quorumBips: Int
    var windowSeconds: Double
    var tasks = 0
    var certified = 0
    var missed = 0
    var wrong = 0
    var due = 0
    var onTime = 0
    var offences = 0
    var slashes = 0
    /// Ascending, from the due instant.
    var quorumMilliseconds: [Double] = []
  }

  /// Attestations that were not on time, by cause.
  struct Missing {
    var cause: String
    var count: Int
  }

  struct Offence {
    var operatorName: String
    var service: String
    var offenceClass: String
    var task: Int64
    var at: Double
    var violated: Bool
    var culpable: Bool
    var observable: Bool
    var evidence: Double?
    var dueWei: UInt128?
    var cause: String
    var verdict: String
    var slashState: String?
    var slashExecuted: Double?
    var takenWei: UInt128?
  }

  /// A slashing request that punishes no offence.
  struct Slash {
    var operatorName: String
    var service: String
    var offenceClass: String
    var task: Int64
    var requested: Double
    var executed: Double?
    var state: String
    var takenWei: UInt128?
    var verdict: String
    var cause = ""
    var account = ""
    var remedy = ""
  }
}

// MARK: Reading

extension RunRecord {
  /// Reads a run.
  ///
  /// - Throws: `RunDirectory.Refusal` when a file is missing, or is not what a run writes.
  init(of directory: RunDirectory) throws(RunDirectory.Refusal) {
    manifest = try directory.readManifest()
    summary = try directory.readSummary()
    guard summary["schema"]?.double == Double(RunSummary.schema) else {
      throw .unreadable(
        path: directory.summaryPath, message: "is not a summary of schema \(RunSummary.schema)")
    }
    guard directory.hasDatabase else { throw .missing(directory.databasePath) }
    do {
      var configuration = Configuration()
      configuration.readonly = true
      let queue = try DatabaseQueue(path: directory.databasePath, configuration: configuration)
      try queue.read { try read($0) }
      try queue.close()
    } catch {
      throw .unreadable(path: directory.databasePath, message: "\(error)")
    }
  }

  private mutating func read(_ db: Database) throws {
    try readLatency(db)
    try readSamples(db)
    try readServices(db)
    faults = try Row.fetchAll(db, sql: "SELECT kind, place, at_ns, healed_ns FROM faults ORDER BY at_ns, id")
      .map {
        Fault(
          kind: $0[0], place: $0[1], at: seconds($0[2]) ?? 0, healed: seconds($0[3]))
      }
    operators = try Row.fetchAll(
      db,
      sql: """
        SELECT n.name, n.services, count(*), sum(1 - a.on_time)
        FROM attestations a JOIN nodes n ON n.id = a.operator GROUP BY n.id ORDER BY n.id
        """
    ).map { Operator(name: $0[0], services: $0[1], due: $0[2], notOnTime: $0[3]) }
    missing = try Row.fetchAll(
      db,
      sql: """
        SELECT coalesce(cause, 'unknown'), count(*) FROM attestations WHERE on_time = 0
        GROUP BY 1 ORDER BY 2 DESC, 1
        """
    ).map { Missing(cause: $0[0], count: $0[1]) }
    ramp = try Self.ramp(db)
    try readCases(db)
    try readForks(db)
    economy = try EconomyStory(db)
    chain = try ChainStory(db, until: samples.last?.end ?? .infinity)
    economy.addStarts(summary)
    try readScores(db)
  }

  private mutating func readLatency(_ db: Database) throws {
    for measure in ["propagation", "quorum", "certificate"] {
      let rows = try Row.fetchAll(
        db,
        sql: "SELECT lower_ns, width_ns, count FROM histograms WHERE measure = ? ORDER BY lower_ns",
        arguments: [measure])
      let total = rows.reduce(0.0) { $0 + Double($1[2] as Int64) }
      guard total > 0, let first = rows.first else { continue }
      // Below a microsecond nothing is drawn: the axis is logarithmic.
      func point(_ nanoseconds: Int64, _ count: Double) -> LatencyPoint {
        LatencyPoint(
          measure: measure, milliseconds: max(0.001, Double(nanoseconds) / 1e6), share: count / total)
      }
      var seen = 0.0
      latency.append(point(first[0], 0))
      for row in rows {
        seen += Double(row[2] as Int64)
        latency.append(point((row[0] as Int64) + (row[1] as Int64) - 1, seen))
      }
    }
  }

  private mutating func readSamples(_ db: Database) throws {
    let rows = try Row.fetchAll(
      db,
      sql: """
        SELECT at_ns, interval_ns, offered, published, certified, quorum_p99_ns FROM samples
        WHERE at_ns <= (SELECT max(at_ns) FROM samples WHERE offered + published + certified > 0)
        ORDER BY at_ns
        """)
    let block = try Self.blockSeconds(db)
    // At most 600 points: neighbours are put together.
    let together = max(1, (rows.count + 599) / 600)
    for start in stride(from: 0, to: rows.count, by: together) {
      let group = rows[start..<min(start + together, rows.count)]
      var sample = Sample(end: 0, seconds: 0)
      for row in group {
        sample.end = seconds(row[0]) ?? 0
        sample.seconds += seconds(row[1]) ?? 0
        sample.offered += row[2] as Int
        sample.published += row[3] as Int
        sample.certified += Double(row[4] as Int)
        if let p99 = row[5] as Int64? {
          sample.quorumP99Milliseconds = max(sample.quorumP99Milliseconds ?? 0, Double(p99) / 1e6)
        }
      }
      if sample.seconds > 0 { samples.append(sample) }
    }
    spreadCertified(over: block)
  }

  /// The mean time between blocks; nil with fewer than two.
  private static func blockSeconds(_ db: Database) throws -> Double? {
    try Double.fetchOne(
      db, sql: "SELECT (max(at_ns) - min(at_ns)) / 1e9 / nullif(count(*) - 1, 0) FROM blocks WHERE at_ns > 0")
  }

  /// Certificates come by the block: each counts in equal parts in the intervals that its block waited for.
  private mutating func spreadCertified(over block: Double?) {
    guard let block, let first = samples.first, block > 1.5 * first.seconds else { return }
    let width = Int(block / first.seconds + 0.5)
    var spread = Array(repeating: 0.0, count: samples.count)
    for k in samples.indices where samples[k].certified > 0 {
      let from = max(0, k + 1 - width)
      for j in from...k { spread[j] += samples[k].certified / Double(k + 1 - from) }
    }
    for k in samples.indices { samples[k].certified = spread[k] }
  }

  private mutating func readServices(_ db: Database) throws {
    var indexOf: [Int: Int] = [:]
    for row in try Row.fetchAll(db, sql: "SELECT * FROM services ORDER BY id") {
      indexOf[row["id"]] = services.count
      services.append(
        Service(
          name: row["name"], operators: row["operators"], stakeWei: UInt128(row["stake_wei"] as String) ?? 0,
          quorumBips: row["quorum_bips"], windowSeconds: seconds(row["window_ns"]) ?? 0))
    }
    for row in try Row.fetchAll(db, sql: "SELECT service, state, due_ns, quorum_ns FROM tasks") {
      guard let k = indexOf[row[0]] else { continue }
      services[k].tasks += 1
      switch TaskState(rawValue: row[1]) {
      case .certified: services[k].certified += 1
      case .missed: services[k].missed += 1
      case .wrong: services[k].wrong += 1
      case .open, nil: break
      }
      if let quorum = row[3] as Int64? {
        services[k].quorumMilliseconds.append(Double(quorum - (row[2] as Int64)) / 1e6)
      }
    }
    for k in services.indices { services[k].quorumMilliseconds.sort() }
    for row in try Row.fetchAll(
      db,
      sql: """
        SELECT t.service, count(*), sum(a.on_time) FROM attestations a JOIN tasks t ON t.id = a.task GROUP BY 1
        """)
    {
      guard let k = indexOf[row[0]] else { continue }
      services[k].due = row[1]
      services[k].onTime = row[2]
    }
    for row in try Row.fetchAll(db, sql: "SELECT service, count(*) FROM offences WHERE violated GROUP BY 1") {
      if let k = indexOf[row[0]] { services[k].offences = row[1] }
    }
    for row in try Row.fetchAll(
      db, sql: "SELECT service, count(*) FROM slashes WHERE state = 'executed' GROUP BY 1")
    {
      if let k = indexOf[row[0]] { services[k].slashes = row[1] }
    }
  }

  private mutating func readCases(_ db: Database) throws {
    offencesInAll = try Int.fetchOne(db, sql: "SELECT count(*) FROM offences") ?? 0
    // What was missed comes first. A request that came to nothing is named by the case that it was about.
    offences = try Row.fetchAll(
      db,
      sql: """
        SELECT coalesce(n.name, o.operator), coalesce(v.name, o.service), o.class, o.task, o.at_ns, o.violated, o.culpable,
          o.observable, o.evidence_ns, o.due_wei, o.cause, coalesce(o.verdict, ''), s.state, s.executed_ns, s.taken_wei
        FROM offences o LEFT JOIN nodes n ON n.id = o.operator LEFT JOIN services v ON v.id = o.service
        LEFT JOIN slashes s ON s.id = coalesce(
          (SELECT id FROM slashes WHERE offence = o.id LIMIT 1),
          (SELECT id FROM slashes WHERE offence IS NULL AND state != 'executed' AND operator = o.operator
            AND service = o.service AND class = o.class AND task = o.task LIMIT 1))
        ORDER BY CASE o.verdict WHEN 'false_negative' THEN 0 WHEN 'true_positive' THEN 1 ELSE 2 END, o.culpable DESC,
          o.at_ns, o.id LIMIT \(RunRecord.rowsShown)
        """
    ).map {
      Offence(
        operatorName: $0[0], service: $0[1], offenceClass: $0[2], task: $0[3], at: seconds($0[4]) ?? 0,
        violated: $0[5], culpable: $0[6], observable: $0[7], evidence: seconds($0[8]),
        dueWei: UInt128($0[9] as String), cause: $0[10], verdict: $0[11], slashState: $0[12],
        slashExecuted: seconds($0[13]), takenWei: ($0[14] as String?).flatMap { UInt128($0) })
    }
    let unjust = "verdict IN ('false_positive', 'wrong_class')"
    slashesInAll = try Int.fetchOne(db, sql: "SELECT count(*) FROM slashes WHERE \(unjust)") ?? 0
    // Runs of earlier versions have no causes.
    let hasCauses = try db.columns(in: "slashes").contains { $0.name == "remedy" }
    slashes = try Row.fetchAll(
      db,
      sql: """
        SELECT coalesce(n.name, s.operator), coalesce(v.name, s.service), s.class, s.task, s.requested_ns, s.executed_ns,
          s.state, s.taken_wei, s.verdict, \(hasCauses ? "s.cause, s.account, s.remedy" : "'', '', ''")
        FROM slashes s LEFT JOIN nodes n ON n.id = s.operator LEFT JOIN services v ON v.id = s.service
        WHERE s.\(unjust)\(hasCauses ? " OR s.remedy != ''" : "") ORDER BY s.executed_ns, s.id
        LIMIT \(RunRecord.rowsShown)
        """
    ).map {
      Slash(
        operatorName: $0[0], service: $0[1], offenceClass: $0[2], task: $0[3], requested: seconds($0[4]) ?? 0,
        executed: seconds($0[5]), state: $0[6], takenWei: UInt128($0[7] as String), verdict: $0[8],
        cause: $0[9], account: $0[10], remedy: $0[11])
    }
  }

  private func seconds(_ nanoseconds: Int64?) -> Double? { nanoseconds.map { Double($0) / 1e9 } }
}
