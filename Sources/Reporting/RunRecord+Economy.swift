// The economy's tables as the report shows them. A run of before these tables were written has none of them.

internal import GRDB

/// What the report says of issuers, holders, the market and the stake graph.
struct EconomyStory {
  struct Gauge {
    var epoch: Int
    var at: Double
    var gamma, gammaShared, hhi, baseExposure: Double?
    var nakamoto33: Int?
    var gammaExact, shockLoss, shockBound, elasticMargin: Double?
  }
  struct Issuer {
    var epoch: Int
    var at: Double
    var name: String
    var supply: UInt128?
    var nav: Double?
    var staked, buffer, unstaking, asked, slashed, income: UInt128?
    var staking, fees: UInt128?
  }
  struct Price {
    var at: Double
    var name: String
    var price: Double?
  }
  struct Stake {
    var at: Double
    var name: String
    var eth: Double
  }
  struct Slash {
    var at: Double
    var operatorName: String
    var wei: Double
  }
  struct Entry {
    var service, what, operatorName: String
    var at: Double
    var offered, asked: Double?
  }
  struct Loss {
    var slash: Int
    var at: Double
    var operatorName, service, offence, side, role, account: String
    var wei: UInt128?
  }
  struct Market {
    var service: String
    var epochs: Int
    var first, last, clearing: Double?
    var paid: UInt128
    var left: UInt128?
  }
  struct Statement {
    var holder: Int
    var issuer: String
    var start, end, slashed, rewards, stranded: UInt128?
    var points: Double
    var claims: Int
    /// Of the rewards: by what they came from.
    var services, eigen, incentive: UInt128?
  }
  var gauges: [Gauge] = []
  var issuers: [Issuer] = []
  var losses: [Loss] = []
  var lossesInAll = 0
  var markets: [Market] = []
  var statements: [Statement] = []
  var moves = 0
  /// Value of a share at the start, by issuer, where it is known.
  var starts: [(name: String, nav: Double?)] = []
  var prices: [Price] = []
  /// By operator, at the ends of epochs.
  var stakes: [Stake] = []
  var slashes: [Slash] = []
  var entries: [Entry] = []
  var consequences = Consequences()

  /// Rows of a table that are shown at most.
  static let rowsShown = 60

  init() {}

  init(_ db: Database) throws {
    guard try db.tableExists("risk") else { return }
    func seconds(_ nanoseconds: Int64) -> Double { Double(nanoseconds) / 1e9 }
    func amount(_ text: String?) -> UInt128? { text.flatMap { UInt128($0) } }
    func wad(_ text: String?) -> Double? { amount(text).map { Double($0) / 1e18 } }
    let hasSearch = try db.columns(in: "risk").contains { $0.name == "shock_loss" }
    gauges = try Row.fetchAll(
      db,
      sql: """
        SELECT epoch, at_ns, gamma_certified, gamma_shared, hhi, base_exposure, nakamoto33,
          \(hasSearch ? "gamma_exact, shock_loss, shock_bound, elastic_margin_eth" : "NULL, NULL, NULL, NULL")
        FROM risk ORDER BY at_ns, epoch
        """
    ).map {
      Gauge(
        epoch: $0[0], at: seconds($0[1]), gamma: $0[2], gammaShared: $0[3], hhi: $0[4], baseExposure: $0[5],
        nakamoto33: $0[6], gammaExact: $0[7], shockLoss: $0[8], shockBound: $0[9], elasticMargin: $0[10])
    }
    issuers = try Row.fetchAll(
      db,
      sql: """
        SELECT epoch, at_ns, issuer, supply, nav_wad, staked_wei, buffer_wei, unstaking_wei, asked_wei, slashed_wei, income_wei,
          staking_wei, fees_wei
        FROM issuers ORDER BY at_ns, issuer
        """
    ).map {
      Issuer(
        epoch: $0[0], at: seconds($0[1]), name: $0[2], supply: amount($0[3]), nav: wad($0[4]),
        staked: amount($0[5]), buffer: amount($0[6]), unstaking: amount($0[7]), asked: amount($0[8]),
        slashed: amount($0[9]), income: amount($0[10]), staking: amount($0[11]), fees: amount($0[12]))
    }
    lossesInAll = try Int.fetchOne(db, sql: "SELECT count(*) FROM accountability") ?? 0
    losses = try Row.fetchAll(
      db,
      sql: """
        SELECT a.slash, a.at_ns, coalesce(n.name, a.operator), coalesce(v.name, a.service), a.class, a.side, a.role,
          a.account, a.wei
        FROM accountability a LEFT JOIN nodes n ON n.id = a.operator LEFT JOIN services v ON v.id = a.service
        ORDER BY a.slash, a.at_ns, a.rowid LIMIT \(Self.rowsShown)
        """
    ).map {
      Loss(
        slash: $0[0], at: seconds($0[1]), operatorName: $0[2], service: $0[3], offence: $0[4], side: $0[5],
        role: $0[6], account: $0[7], wei: amount($0[8]))
    }
    for row in try Row.fetchAll(
      db,
      sql: """
        SELECT coalesce(v.name, m.service), m.tariff_wad, m.clearing_wad, m.paid_wei, m.escrow_wei
        FROM market m LEFT JOIN services v ON v.id = m.service ORDER BY m.service, m.epoch
        """)
    {
      let name: String = row[0]
      if markets.last?.service != name {
        markets.append(
          Market(service: name, epochs: 0, first: wad(row[1]), last: nil, clearing: nil, paid: 0, left: nil))
      }
      let k = markets.count - 1
      markets[k].epochs += 1
      markets[k].last = wad(row[1])
      markets[k].clearing = wad(row[2]) ?? markets[k].clearing
      markets[k].paid += amount(row[3]) ?? 0
      markets[k].left = amount(row[4])
    }
    let hasSources = try db.columns(in: "statements").contains { $0.name == "eigen_rewards_wei" }
    statements = try Row.fetchAll(
      db,
      sql: """
        SELECT holder, issuer, start_wei, end_wei, slashed_wei, rewards_wei, stranded_wei, points, claims,
          \(hasSources ? "service_rewards_wei, eigen_rewards_wei, incentive_rewards_wei" : "NULL, NULL, NULL")
        FROM statements ORDER BY holder, issuer LIMIT \(Self.rowsShown)
        """
    ).map {
      Statement(
        holder: $0[0], issuer: $0[1], start: amount($0[2]), end: amount($0[3]), slashed: amount($0[4]),
        rewards: amount($0[5]), stranded: amount($0[6]), points: $0[7], claims: $0[8],
        services: amount($0[9]), eigen: amount($0[10]), incentive: amount($0[11]))
    }
    moves = try Int.fetchOne(db, sql: "SELECT count(*) FROM moves") ?? 0
    stakes = try Row.fetchAll(
      db,
      sql: """
        SELECT r.at_ns, coalesce(n.name, r.operator), r.stake_wei FROM reputations r LEFT JOIN nodes n ON n.id = r.operator
        ORDER BY r.at_ns, r.operator
        """
    ).map { Stake(at: seconds($0[0]), name: $0[1], eth: Double(amount($0[2]) ?? 0) / 1e18) }
    slashes = try Row.fetchAll(
      db,
      sql: """
        SELECT s.executed_ns, coalesce(n.name, s.operator), s.taken_wei FROM slashes s LEFT JOIN nodes n ON n.id = s.operator
        WHERE s.state = 'executed' AND s.executed_ns IS NOT NULL ORDER BY s.executed_ns, s.id
        """
    ).map { Slash(at: seconds($0[0]), operatorName: $0[1], wei: Double(amount($0[2]) ?? 0)) }
    consequences = try Consequences(db)
    // Runs of earlier versions have none of these.
    guard try db.tableExists("exchanges") else { return }
    prices = try Row.fetchAll(
      db, sql: "SELECT at_ns, issuer, price_wad FROM exchanges ORDER BY at_ns, issuer"
    ).map { Price(at: seconds($0[0]), name: $0[1], price: wad($0[2])) }
    entries = try Row.fetchAll(
      db,
      sql: """
        SELECT coalesce(v.name, e.service), e.what, coalesce(n.name, e.operator, ''), e.at_ns, e.offered_wad, e.asked_wad
        FROM entries e LEFT JOIN services v ON v.id = e.service LEFT JOIN nodes n ON n.id = e.operator
        ORDER BY e.at_ns, e.rowid LIMIT \(Self.rowsShown)
        """
    ).map {
      Entry(
        service: $0[0], what: $0[1], operatorName: $0[2], at: seconds($0[3]), offered: wad($0[4]),
        asked: wad($0[5]))
    }
  }

  /// Adds the values at the start, which the summary has.
  mutating func addStarts(_ summary: JSONValue) {
    starts = (summary["issuers"]?.members ?? []).map { ($0.key, $0.value["navStart"]?.double) }
  }
}
