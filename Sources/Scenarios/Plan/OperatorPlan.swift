// Who attests: stakes, capacity, commission, magnitude. And the other roles: watchers and aggregators.

import Basics

/// Operators: one node each, `NodeID` 0 ..< count in order of the list or file.
public struct OperatorPlan: Sendable, Equatable, Codable {
  public var count: Int
  public var stakes: StakePlan
  public var capacity: CapacityPlan
  /// The operator's part of its stakers' rewards, a whole number of bips.
  public var commission: Share
  public var allocation: AllocationPlan
}

/// How stake is spread over operators.
public enum StakePlan: Sendable, Equatable, Codable {
  /// Everybody the same.
  case uniform(each: Ether)
  /// Proportional to `rank^-exponent`, rank from 1, adding up to `total` (to the wei; the remainder goes to rank 1).
  case zipf(exponent: Double, total: Ether)
  /// One amount an operator.
  case list([Ether])
  /// Rows of a file in the form of `topologies/data/synthetic_operators_2025.csv`, read and inlined.
  case table([OperatorRow], file: String)
}

/// A row of an operator file.
public struct OperatorRow: Sendable, Equatable, Codable {
  public var stake: Ether
  /// How many services it serves.
  public var services: Int
  /// Part of its stake that comes from liquid restaking.
  public var liquidShare: Share
}

/// What an operator's machine can do.
public struct CapacityPlan: Sendable, Equatable, Codable {
  public var cores: Int
  /// Factor on every computing time: 200 % is twice as fast. Above 100 % allowed.
  public var speed: Share
  /// Upload rate of the node over all its links; nil: unbounded.
  public var uplink: BitRate?
  /// Jobs that may wait for a core; more are dropped and counted.
  public var queue: Int
}

/// How an operator's magnitude is spread over the services it joins.
public enum AllocationPlan: Sendable, Equatable, Codable {
  /// All of it, in equal parts.
  case equal
  /// This part to every service; must fit the operator with the most services.
  case each(Share)
  /// Nothing is set apart: every service counts, and can slash, all of an operator's stake. No deployed system of EigenLayer
  /// works so; it is what isolation is compared with.
  case shared
}

/// Nodes that look for offences in what they hear, numbered after the operators.
public struct WatcherPlan: Sendable, Equatable, Codable {
  public var count: Int
  /// How many of them watch each service, drawn by the seed; nil: all.
  public var perService: Int?
  /// Part of them that sends evidence; the rest looks away. Counted from the first.
  public var honest: Share
}

/// Who collects attestations and sends certificates.
public enum AggregatorPlan: Sendable, Equatable, Codable {
  /// One node of the coordinator, after the watchers, hears every topic.
  case coordinator
  /// So many members of each service, drawn anew for each task by the seed.
  case elected(Int)
  /// Every member; the first certificate wins.
  case every

  init?(_ value: ValueReader) {
    let plan: AggregatorPlan? = value.forms(
      scalar: { v in
        v.word(["coordinator", "every"]).map { $0 == "every" ? .every : .coordinator }
      },
      mapping: { o in
        o.exactlyOne(
          "mode",
          [
            .init("elected", "members of a service drawn for each task") {
              $0.integer(1...10_000).map { .elected($0) }
            }
          ])
      }, expected: "coordinator, every, or {elected: COUNT}")
    guard let plan else { return nil }
    self = plan
  }
}

extension OperatorPlan {
  init(_ o: ObjectReader) {
    let given = o.optional("count", "how many operators") { $0.integer(1...1_000_000) }
    let stakes = o.value(
      "stakes", "how stake is spread over operators", or: StakePlan.uniform(each: .eth(32))
    ) {
      StakePlan.read($0)
    }
    let rows = stakes.rows
    let count = given ?? rows ?? 100
    if let rows, count > rows {
      o.mistake("count", "\(count) operators are asked for and the stakes name only \(rows)")
      self.count = rows
    } else {
      self.count = count
    }
    self.stakes = stakes.limited(to: self.count)
    capacity = o.object("capacity", "what an operator's machine can do") { CapacityPlan($0) }
    commission = o.value(
      "commission", "operator's part of its stakers' rewards (whole bips)", or: .percent(10)
    ) {
      $0.wholeBips(.zero ... .whole)
    }
    allocation = o.value("allocation", "magnitude given to each service", or: .equal) { value in
      value.forms(
        scalar: { v in v.word(["equal", "shared"]).map { $0 == "shared" ? .shared : .equal } },
        mapping: { o in
          o.exactlyOne(
            "allocation",
            [
              .init("each", "the same part to every service") {
                $0.share(Share(wad: 1) ... .whole).map { .each($0) }
              }
            ])
        }, expected: "equal, shared, or {each: SHARE}")
    }
  }
}

extension CapacityPlan {
  init(_ o: ObjectReader) {
    cores = o.value("cores", "cores of the machine", or: 4) { $0.integer(1...1_024) }
    speed = o.value("speed", "factor on computing, signing and verifying: 200% is twice as fast", or: .whole)
    {
      $0.share(.percent(1) ... .percent(1_500))
    }
    uplink = o.optional("uplink", "upload rate of the node over all links; absent: unbounded") {
      $0.bandwidth(BitRate(bitsPerSecond: 1_000)...BitRate(bitsPerSecond: 1_000_000_000_000))
    }
    queue = o.value("queue", "jobs that may wait for a core", or: 4_096) { $0.integer(1...10_000_000) }
  }
}

extension WatcherPlan {
  init(_ o: ObjectReader) {
    count = o.value("count", "how many watcher nodes", or: 3) { $0.integer(0...100_000) }
    perService = o.optional("perService", "how many of them watch each service; absent: all") {
      $0.integer(1...100_000)
    }
    honest = o.value("honest", "part of them that sends evidence", or: .whole) { $0.share() }
    if let perService, perService > count {
      o.mistake("perService", "\(perService) watchers a service are asked for and there are only \(count)")
    }
  }
}

extension StakePlan {
  /// How many operators it names; nil when it fits any number.
  var rows: Int? {
    switch self {
    case .uniform, .zipf: nil
    case .list(let amounts): amounts.count
    case .table(let rows, _): rows.count
    }
  }

  func limited(to count: Int) -> StakePlan {
    switch self {
    case .uniform, .zipf: self
    case .list(let amounts): .list(Array(amounts.prefix(count)))
    case .table(let rows, let file): .table(Array(rows.prefix(count)), file: file)
    }
  }

  static let amounts = Ether.zero ... .eth(1_000_000_000)

  static func read(_ value: ValueReader) -> StakePlan? {
    value.forms(
      scalar: { $0.ether(amounts).map { .uniform(each: $0) } },
      list: { $0.list(1...1_000_000) { $0.ether(amounts) }.map { .list($0) } },
      mapping: { o in
        o.exactlyOne(
          "stake law",
          [
            .init("uniform", "everybody the same") { v in
              v.object { o in
                .uniform(each: o.needed("each", "write a stake", placeholder: .eth(32)) { $0.ether(amounts) })
              }
            },
            .init("zipf", "proportional to rank to the power of minus the exponent") { v in
              v.object { o in
                .zipf(
                  exponent: o.needed("exponent", "write a number", placeholder: 1) { $0.number(0...10) },
                  total: o.needed("total", "write a stake", placeholder: .eth(32)) { $0.ether(amounts) })
              }
            },
            .init("list", "one amount an operator") { v in
              v.list(1...1_000_000) { $0.ether(amounts) }.map { .list($0) }
            },
            .init("file", "a CSV file with columns rank, stake_eth, avs_count, lrt_fraction") { v in
              OperatorRow.readFile(v)
            },
          ])
      }, expected: "a stake for everybody, a list of stakes, or one of uniform, zipf, list, file")
  }
}
