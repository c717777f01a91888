// From a network event to a holder, read off the tables of a run: what happened (faults, misbehaviour, duties missed, prices), what came
// of it on chain (slashes, who bears them, rewards that were not earned), and what it did to each issuer's token and its holders.
// Sums are exact; where two books must say the same they are compared, and the report says so.

internal import GRDB

/// What the report's chain of consequences is made of. Empty for a run without issuers, or of before these tables.
struct Consequences {
  /// Something that happened on the network, among operators, or to a price.
  struct Event {
    var what, whom, cause: String
    var from: Double
    var to: Double?
    var count: Int
    /// Where the report says more of it.
    var anchor: String
  }
  /// Slashes of one class and verdict.
  struct Punishment {
    var offence, verdict, cause: String
    var slashes = 0
    var operators: Set<String> = []
    var at = 0.0
    var taken, issuers, others, burned, redistributed: UInt128
  }
  /// An issuer from the start to the end, and its holders' statements.
  struct Outcome {
    var issuer: String
    var start, lowest, lowestAt, end: Double?
    /// By its own books, by the rows of every slash, by its holders' statements.
    var slashed, accountable, holders: UInt128
    var income: UInt128
    var earned: UInt128
    var priceLoss: UInt128
    /// Rounded off on the way to holders, all streams together.
    var dust: UInt128
  }
  var events: [Event] = []
  var punishments: [Punishment] = []
  var outcomes: [Outcome] = []
  /// Reward pools of services: submitted = paid + dust + refunded.
  var paid: UInt128 = 0
  var refunded: UInt128 = 0
  var dust: UInt128 = 0
  /// What does not add up; empty: every wei is accounted for.
  var differences: [String] = []

  init() {}

  init(_ db: Database) throws {
    guard try db.tableExists("balances"),
      try Bool.fetchOne(db, sql: "SELECT count(*) > 0 FROM issuers") == true
    else { return }
    try readEvents(db)
    try readPunishments(db)
    try readRewards(db)
    try readOutcomes(db)
  }

  private static func seconds(_ nanoseconds: Int64) -> Double { Double(nanoseconds) / 1e9 }
  private static func amount(_ text: String?) -> UInt128 { text.flatMap { UInt128($0) } ?? 0 }

  // MARK: - What happened

  private mutating func readEvents(_ db: Database) throws {
    events += try Row.fetchAll(
      db, sql: "SELECT kind, place, at_ns, healed_ns FROM faults ORDER BY at_ns, id LIMIT 20"
    ).map {
      let healed: Int64? = $0[3]
      return Event(
        what: $0[0], whom: $0[1], cause: "fault", from: Self.seconds($0[2]),
        to: healed.map { Self.seconds($0) }, count: 1, anchor: "faults")
    }
    events += try Row.fetchAll(
      db,
      sql: """
        SELECT o.class, count(DISTINCT o.operator), o.cause, min(o.at_ns), max(o.at_ns), count(*) FROM offences o
        GROUP BY o.class, o.cause ORDER BY min(o.at_ns), o.class LIMIT 20
        """
    ).map {
      let operators: Int = $0[1]
      return Event(
        what: $0[0], whom: "\(operators) operator\(operators == 1 ? "" : "s")", cause: $0[2],
        from: Self.seconds($0[3]), to: Self.seconds($0[4]), count: $0[5], anchor: "slashing")
    }
    events += try Row.fetchAll(
      db,
      sql: """
        SELECT a.cause, count(DISTINCT a.operator), min(t.due_ns), max(t.due_ns), count(*)
        FROM attestations a JOIN tasks t ON t.id = a.task WHERE a.cause IS NOT NULL GROUP BY a.cause ORDER BY count(*) DESC, a.cause
        """
    ).map {
      let operators: Int = $0[1]
      return Event(
        what: "duties missed", whom: "\(operators) operator\(operators == 1 ? "" : "s")", cause: $0[0],
        from: Self.seconds($0[2]), to: Self.seconds($0[3]), count: $0[4], anchor: "load")
    }
    // Falls of more than a percent between two prices of an asset.
    var last: [String: Double] = [:]
    for row in try Row.fetchAll(db, sql: "SELECT asset, at_ns, price_wad FROM prices ORDER BY at_ns, rowid") {
      let asset: String = row[0]
      let price = Double(Self.amount(row[2])) / 1e18
      if let before = last[asset], price < before * 0.99, events.count < 60 {
        events.append(
          Event(
            what: "price falls", whom: asset,
            cause: "\(Figures.significant(before, 4)) → \(Figures.significant(price, 4)) ETH",
            from: Self.seconds(row[1]), to: nil, count: 1, anchor: "issuers"))
      }
      last[asset] = price
    }
  }

  // MARK: - What came of it

  private mutating func readPunishments(_ db: Database) throws {
    var sides: [Int: (bears: UInt128, receives: UInt128, issuers: UInt128)] = [:]
    for row in try Row.fetchAll(db, sql: "SELECT slash, side, role, account, wei FROM accountability") {
      let (slash, side, role, wei): (Int, String, String, UInt128) = (
        row[0], row[1], row[2], Self.amount(row[4])
      )
      var one = sides[slash] ?? (0, 0, 0)
      if side == "bears" { one.bears += wei } else { one.receives += wei }
      if side == "bears", role == "issuer" || role == "queue" { one.issuers += wei }
      sides[slash] = one
    }
    for row in try Row.fetchAll(
      db,
      sql: """
        SELECT s.id, s.class, coalesce(s.verdict, ''), s.cause, coalesce(n.name, s.operator), s.executed_ns, s.taken_wei,
          s.burned_wei, s.redistributed_wei
        FROM slashes s LEFT JOIN nodes n ON n.id = s.operator WHERE s.state = 'executed' AND s.executed_ns IS NOT NULL
        ORDER BY s.executed_ns, s.id
        """)
    {
      let (id, offence, verdict, cause): (Int, String, String, String) = (row[0], row[1], row[2], row[3])
      let taken = Self.amount(row[6])
      let side = sides[id] ?? (0, 0, 0)
      if taken > 0, side.bears != taken, side.bears != side.receives {
        differences.append("slash \(id) took \(taken) wei, \(side.bears) are borne")
      }
      if side.receives > 0, side.receives != side.bears {
        differences.append("of slash \(id) \(side.bears) wei are borne and \(side.receives) received")
      }
      var k = punishments.firstIndex {
        $0.offence == offence && $0.verdict == verdict && $0.cause == cause
      }
      if k == nil {
        k = punishments.count
        punishments.append(
          Punishment(
            offence: offence, verdict: verdict, cause: cause, at: Self.seconds(row[5]), taken: 0, issuers: 0,
            others: 0, burned: 0, redistributed: 0))
      }
      guard let k else { continue }
      punishments[k].slashes += 1
      punishments[k].operators.insert(row[4])
      punishments[k].taken += taken
      punishments[k].issuers += side.issuers
      punishments[k].others += side.bears - min(side.bears, side.issuers)
      punishments[k].burned += Self.amount(row[7])
      punishments[k].redistributed += Self.amount(row[8])
    }
  }

  private mutating func readRewards(_ db: Database) throws {
    for row in try Row.fetchAll(db, sql: "SELECT role, wei FROM rewards") {
      let (role, wei): (String, UInt128) = (row[0], Self.amount(row[1]))
      switch role {
      case "refunded": refunded += wei
      case "dust": dust += wei
      default: paid += wei
      }
    }
  }

  // MARK: - Issuers and holders

  private mutating func readOutcomes(_ db: Database) throws {
    var accountable: [String: UInt128] = [:]
    for row in try Row.fetchAll(
      db, sql: "SELECT account, wei FROM accountability WHERE side = 'bears' AND role IN ('issuer', 'queue')")
    {
      let account: String = row[0]
      // operator/issuer
      let name = account.split(separator: "/").last.map(String.init) ?? account
      accountable[name, default: 0] += Self.amount(row[1])
    }
    var incomes: [String: UInt128] = [:]
    for row in try Row.fetchAll(db, sql: "SELECT issuer, wei FROM incomes") {
      incomes[row[0], default: 0] += Self.amount(row[1])
    }
    var places: [String: Int] = [:]
    for row in try Row.fetchAll(
      db,
      sql:
        "SELECT issuer, at_ns, nav_wad, slashed_wei, income_wei, fees_wei FROM issuers ORDER BY at_ns, epoch")
    {
      let name: String = row[0]
      let nav = (row[2] as String?).map { Double(Self.amount($0)) / 1e18 }
      if places[name] == nil {
        places[name] = outcomes.count
        outcomes.append(
          Outcome(
            issuer: name, slashed: 0, accountable: accountable[name] ?? 0, holders: 0, income: 0, earned: 0,
            priceLoss: 0, dust: 0))
      }
      guard let k = places[name] else { continue }
      if outcomes[k].start == nil { outcomes[k].start = nav }
      if let nav, nav < outcomes[k].lowest ?? .infinity {
        outcomes[k].lowest = nav
        outcomes[k].lowestAt = Self.seconds(row[1])
      }
      outcomes[k].end = nav
      outcomes[k].slashed = Self.amount(row[3])
      outcomes[k].income = Self.amount(row[4])
      outcomes[k].earned = outcomes[k].income - min(outcomes[k].income, Self.amount(row[5]))
    }
    for row in try Row.fetchAll(
      db, sql: "SELECT issuer, stream, issuer_wei, holders_wei, dust_wei FROM balances")
    {
      let (name, stream): (String, String) = (row[0], row[1])
      guard let k = places[name] else { continue }
      let (whole, parts, dust) = (Self.amount(row[2]), Self.amount(row[3]), Self.amount(row[4]))
      if whole != parts + dust {
        differences.append("\(name), \(stream): \(whole) wei, its holders' statements say \(parts)")
      }
      outcomes[k].dust += dust
      if stream == "slashed" {
        outcomes[k].holders = parts
        if whole != outcomes[k].slashed {
          differences.append("\(name) lost \(outcomes[k].slashed) wei, its holders were told \(whole)")
        }
      }
      if stream == "price_loss" { outcomes[k].priceLoss = whole }
    }
    for one in outcomes where one.slashed != one.accountable {
      differences.append(
        "\(one.issuer) lost \(one.slashed) wei to slashes, by slash it is \(one.accountable)")
    }
    for one in outcomes where incomes[one.issuer] ?? 0 != one.income {
      differences.append(
        "\(one.issuer) was paid \(one.income) wei, by operator it is \(incomes[one.issuer] ?? 0)")
    }
  }
}
