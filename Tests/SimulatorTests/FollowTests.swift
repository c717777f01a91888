// An event followed to the last holder: the queries of topologies/restaking/FOLLOW.md, asked of runs, and the books that they read.
//
// The answers printed in the document are those of the partition's run here, word for word; the other two documents' queries are asked
// of shorter runs. FOLLOW_RECORD=1 runs all three as they are and writes their answers into the document.

import Basics
import Foundation
import GRDB
import Reporting
import Runs
import Scenarios
import Simulator
import Testing

/// A finished run's directory, gone when nobody needs it any more.
private final class FollowedRun {
  let directory: URL
  let summary: RunSummary
  let database: DatabaseQueue

  init(_ scenario: Scenario) throws {
    directory = FileManager.default.temporaryDirectory.appending(path: "avsim-follow-\(UUID().uuidString)")
    let blueprint = try Blueprint(scenario)
    let manifest = RunManifest(
      name: scenario.name, scenario: .object([]), seed: scenario.seed, engine: "simulator", version: "0",
      commandLine: [], startedAt: "")
    let writer = try RunWriter(at: directory.path, blueprint, manifest: manifest, force: true)
    var simulation = try Simulation(blueprint)
    simulation.run(until: .never)
    var conclusion = simulation.conclude(simulation.settle())
    conclusion.summary.complete = true
    try writer.write(simulation.takeRows())
    try writer.finish(conclusion)
    summary = conclusion.summary
    var configuration = Configuration()
    configuration.prepareDatabase { $0.add(function: FollowedRun.decimalSum) }
    database = try DatabaseQueue(path: directory.path + "/run.sqlite", configuration: configuration)
  }

  deinit {
    try? database.close()
    try? FileManager.default.removeItem(at: directory)
  }

  /// What the sqlite3 shell has of its own.
  private static let decimalSum = DatabaseFunction(
    "decimal_sum", argumentCount: 1, aggregate: DecimalSum.self)
  struct DecimalSum: DatabaseAggregate {
    var sum: UInt128 = 0
    mutating func step(_ values: [DatabaseValue]) throws {
      if let text = String.fromDatabaseValue(values[0]) { sum += UInt128(text) ?? 0 }
    }
    func finalize() throws -> (any DatabaseValueConvertible)? { String(sum) }
  }

  /// The answer to a query, as a table of the document.
  func answer(_ query: String) throws -> [String] {
    try database.read { db in
      let rows = try Row.fetchAll(db, sql: query)
      let names = try Array(db.makeStatement(sql: query).columnNames)
      var lines = ["| " + names.joined(separator: " | ") + " |"]
      lines.append("| " + names.map { _ in "---" }.joined(separator: " | ") + " |")
      for row in rows {
        let cells = row.databaseValues.map { value -> String in
          switch value.storage {
          case .null: ""
          case .int64(let number): String(number)
          case .double(let number): "\(number)"
          case .string(let text): text
          case .blob: "?"
          }
        }
        lines.append("| " + cells.joined(separator: " | ") + " |")
      }
      return lines
    }
  }

  func amounts(_ query: String) throws -> [[String: UInt128]] {
    try database.read { db in
      try Row.fetchAll(db, sql: query).map { row in
        var cells: [String: UInt128] = [:]
        for (name, value) in row {
          switch value.storage {
          case .int64(let number): cells[name] = UInt128(clamping: number)
          case .string(let text): cells[name] = UInt128(text) ?? 0
          default: cells[name] = 0
          }
        }
        return cells
      }
    }
  }
  func amount(_ query: String) throws -> UInt128 { try amounts(query).first?["wei"] ?? 0 }
}

/// The document: lines, and its chapters by scenario.
private struct FollowDocument {
  static let path = here + "/../../topologies/restaking/FOLLOW.md"
  var lines: [Substring]

  init() throws {
    lines = try String(contentsOfFile: Self.path, encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false)
  }

  struct Asked {
    var query: String
    /// Lines of the answer.
    var answer: Range<Int>
  }

  /// The queries of the chapter that runs a scenario, with where their answers stand.
  func queries(of scenario: String) -> [Asked] {
    var list: [Asked] = []
    var isThere = false
    var k = 0
    while k < lines.count {
      if lines[k].hasPrefix("`avsim run ") { isThere = lines[k].contains("/\(scenario).yaml`") }
      guard isThere, lines[k] == "```sql" else {
        k += 1
        continue
      }
      let end = lines[k...].firstIndex { $0 == "```" } ?? lines.count
      let query = lines[k + 1..<end].joined(separator: "\n")
      var first = end + 1
      if first + 1 < lines.count, lines[first].isEmpty, lines[first + 1].hasPrefix("|") { first += 1 }
      var last = first
      while last < lines.count, lines[last].hasPrefix("|") { last += 1 }
      list.append(Asked(query: query, answer: first..<last))
      k = last
    }
    return list
  }
}

private let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path

private func run(_ scenario: String, _ overrides: [String] = []) throws -> FollowedRun {
  let path = here + "/../../topologies/restaking/\(scenario).yaml"
  return try FollowedRun(try Scenario.load(path, overrides: overrides))
}

/// Every wei: both sides of slashes, issuers' books by slash and by operator, their holders' statements, the pools of rewards.
private func expectAccounted(_ run: FollowedRun, _ name: String) throws {
  let slashes = try run.amounts(
    """
    SELECT s.taken_wei AS taken, decimal_sum(CASE a.side WHEN 'bears' THEN a.wei ELSE '0' END) AS borne,
      decimal_sum(CASE a.side WHEN 'receives' THEN a.wei ELSE '0' END) AS received,
      decimal_sum(CASE a.role WHEN 'revaluation' THEN a.wei ELSE '0' END) AS revalued,
      decimal_sum(CASE WHEN a.role IN ('burned', 'recipient') THEN a.wei ELSE '0' END) AS went,
      decimal_sum(CASE a.role WHEN 'rounding' THEN a.wei ELSE '0' END) AS rounded
    FROM slashes s JOIN accountability a ON a.slash = s.id WHERE s.state = 'executed' GROUP BY s.id
    """)
  for one in slashes {
    #expect(one["borne"] == one["received"], "\(name): \(one)")
    if one["revalued"] == 0 { #expect(one["went"] == one["taken"], "\(name): \(one)") }
    #expect(one["rounded"] ?? .max < 100, "\(name): \(one)")
  }
  for issuer in run.summary.issuers {
    let last = try #require(
      try run.amounts(
        "SELECT slashed_wei, income_wei, fees_wei FROM issuers WHERE issuer = '\(issuer.name)' ORDER BY epoch DESC LIMIT 1"
      ).first)
    #expect(last["slashed_wei"] == issuer.slashedWei && last["income_wei"] == issuer.incomeWei, "\(name)")
    let bySlash = try run.amount(
      """
      SELECT decimal_sum(wei) AS wei FROM accountability
      WHERE side = 'bears' AND role IN ('issuer', 'queue') AND account LIKE '%/\(issuer.name)'
      """)
    #expect(bySlash == issuer.slashedWei, "\(name), \(issuer.name)")
    let byOperator = try run.amount(
      "SELECT decimal_sum(wei) AS wei FROM incomes WHERE issuer = '\(issuer.name)'")
    #expect(byOperator == issuer.incomeWei, "\(name), \(issuer.name)")
    for stream in [
      "slashed", "staking", "fees", "price_gain", "price_loss", "rounding", "left", "deposited", "redeemed",
      "end",
    ] {
      let balance = try #require(
        try run.amounts(
          """
          SELECT issuer_wei, holders_wei, dust_wei, (SELECT decimal_sum(\(stream)_wei) FROM statements
            WHERE issuer = '\(issuer.name)') AS stated
          FROM balances WHERE issuer = '\(issuer.name)' AND stream = '\(stream)'
          """
        ).first)
      #expect(balance["stated"] == balance["holders_wei"], "\(name), \(issuer.name), \(stream)")
      let (whole, parts, dust) = (
        balance["issuer_wei"] ?? 0, balance["holders_wei"] ?? 0, balance["dust_wei"] ?? 0
      )
      #expect(whole == parts + dust, "\(name), \(issuer.name), \(stream)")
      #expect(dust < 1_000_000, "\(name), \(issuer.name), \(stream): \(dust)")
    }
  }
  // The rows of the pools, and the market's escrow, are what services put up.
  let pools = try run.amount("SELECT decimal_sum(wei) AS wei FROM rewards")
  #expect(pools + (run.summary.market?.escrowedWei ?? 0) == run.summary.rewards.submittedWei, "\(name)")
  for one in try run.amounts(
    "SELECT rewards_wei, service_rewards_wei, eigen_rewards_wei, incentive_rewards_wei FROM statements")
  {
    let parts = ["service_rewards_wei", "eigen_rewards_wei", "incentive_rewards_wei"].map { one[$0] ?? 0 }
    #expect(one["rewards_wei"] == parts.reduce(0, +), "\(name)")
  }
  // And the report says so.
  let report = try String(contentsOfFile: run.directory.path + "/report.html", encoding: .utf8)
  #expect(report.contains("From the event to the holder"), "\(name)")
  #expect(!report.contains("books do not agree"), "\(name)")
}

@Suite struct FollowTests {
  /// The document's answers are what the tables say, word for word; the books agree; and the report has the chain.
  @Test(arguments: [
    (
      "correlated-slash",
      ["equivocation", "3 operators", "true positive", "alpha", "apart", "burned", "#accountability"]
    ),
    ("partition", ["partition", "partitioned", "false positive", "liveness", "west", "east", "went back"]),
    (
      "overload-learned",
      ["duties missed", "overloaded", "late", "Nobody was slashed", "learner", "went back"]
    ),
  ])
  func theDocumentSaysWhatTheTablesSay(scenario: String, words: [String]) throws {
    let followed = try run(scenario)
    try expectAccounted(followed, scenario)
    let document = try FollowDocument()
    let queries = document.queries(of: scenario)
    #expect(queries.count >= 8)
    for one in queries {
      #expect(try followed.answer(one.query) == document.lines[one.answer].map(String.init), "\(one.query)")
      #expect(one.answer.count > 2, "\(one.query)")
    }
    let report = try String(contentsOfFile: followed.directory.path + "/report.html", encoding: .utf8)
    let section = report.components(separatedBy: "From the event to the holder</h2>").last ?? ""
    for word in words { #expect(section.contains(word), "\(word)") }
  }

  /// A wei that is missing from one book is named by the report.
  @Test(arguments: [
    "UPDATE balances SET holders_wei = '1' WHERE stream = 'slashed' AND issuer = 'west'",
    "UPDATE accountability SET wei = wei || '0' WHERE rowid = 2",
    "DELETE FROM incomes WHERE rowid = 3",
  ])
  func aBookThatDoesNotAgreeIsNamed(damage: String) throws {
    let followed = try run("partition", ["duration=60s"])
    try followed.database.write { try $0.execute(sql: damage) }
    let page = try Report(of: RunDirectory(path: followed.directory.path), assets: nil).page
    #expect(page.contains("books do not agree"), "\(damage)")
  }

  /// Naive delegation loses most, careful delegation least; and a margin keeps the slack that leaving would cost.
  @Test func policiesDiffer() throws {
    let careful = try run("policies")
    try expectAccounted(careful, "policies")
    let careless = try run("policies", ["issuers[2].margin=-1"])
    func loss(_ run: FollowedRun, _ name: String) -> Double {
      run.summary.issuers.first { $0.name == name }?.lossRatio ?? .nan
    }
    #expect(loss(careful, "naive") > 2 * loss(careful, "still"))
    #expect(loss(careful, "wise") < loss(careful, "still"))
    #expect(careful.summary.risk.gammaLowest ?? -1 > 0.1)
    #expect(careless.summary.risk.gammaLowest ?? 1 < 0)
    // Caps and the allow-list.
    let most = try careful.amounts(
      "SELECT count(*) AS wei FROM moves WHERE issuer = 'wise' AND operator = 0")
    #expect(most.first?["wei"] == 0)
  }

  /// Whatever happens: a run, a market, a vault that is paid out at another price, an LST that is slashed, a conversion, vaults of
  /// Symbiotic with a curator's fee beside a token.
  @Test(arguments: [
    "assets", "insured", "leverage-unwind", "redemption-run", "newcomers", "symbiotic-beside-eigenlayer",
    "resolvers",
  ])
  func everyWeiIsAccountedFor(scenario: String) throws {
    let followed = try run(scenario)
    try expectAccounted(followed, scenario)
  }

  /// Not a test: writes the documents' answers.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["FOLLOW_RECORD"] != nil))
  func record() throws {
    for scenario in ["correlated-slash", "partition", "overload-learned"] {
      let followed = try run(scenario)
      var document = try FollowDocument()
      for one in document.queries(of: scenario).reversed() {
        let answer = try followed.answer(one.query).map { Substring($0) }
        let isNew = one.answer.isEmpty
        document.lines.replaceSubrange(one.answer, with: isNew ? [""] + answer : answer)
      }
      try document.lines.joined(separator: "\n").write(
        toFile: FollowDocument.path, atomically: true, encoding: .utf8)
    }
  }
}
