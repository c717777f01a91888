// The numbers behind the economy's charts: what a share is worth and trades for, what an epoch brought in rewards, who has the
// stake; and the marks on all of them: faults while they last, slashes when they were executed.

/// Chart data of issuers, rewards and delegation.
struct EconomyChartData {
  var story: EconomyStory
  var faults: [RunRecord.Fault]

  /// Operators that are drawn by themselves; the others are one.
  static let operatorsShown = 7
  /// Issuers that are drawn.
  static let issuersShown = 8

  var members: [JSONValue.Member] {
    guard !story.issuers.isEmpty else { return [] }
    return [
      .init("navs", .array(navs)), .init("streams", .array(streams)),
      .init("delegation", .array(delegation)), .init("economyFaults", .array(faultMarks)),
      .init("economySlashes", .array(slashMarks)),
      .init("economySpan", .array([JSONValue(span.lowerBound), JSONValue(span.upperBound)])),
    ]
  }

  /// From the start to the last epoch's end.
  private var span: ClosedRange<Double> { 0...max(1e-9, story.issuers.map(\.at).max() ?? 1) }

  private var names: [String] {
    var names: [String] = []
    for row in story.issuers where !names.contains(row.name) { names.append(row.name) }
    return Array(names.prefix(Self.issuersShown))
  }

  /// Value of a share, and its price where it is traded.
  private var navs: [JSONValue] {
    let shown = names
    var points: [JSONValue] = []
    func add(_ at: Double, _ name: String, _ kind: String, _ wei: Double?) {
      guard let wei, shown.contains(name) else { return }
      points.append([
        "t": JSONValue(at), "issuer": JSONValue(name), "kind": JSONValue(kind), "wei": JSONValue(wei),
      ])
    }
    for (name, nav) in story.starts { add(0, name, "value", nav) }
    for row in story.issuers { add(row.at, row.name, "value", row.nav) }
    for row in story.prices { add(row.at, row.name, "price", row.price) }
    return points
  }

  /// What each epoch brought, all issuers together, in ETH.
  private var streams: [JSONValue] {
    var before: [String: EconomyStory.Issuer] = [:]
    var order: [Double] = []
    var sums: [Double: (staking: Double, services: Double, fees: Double)] = [:]
    for row in story.issuers {
      let last = before[row.name]
      func grown(_ path: KeyPath<EconomyStory.Issuer, UInt128?>) -> Double {
        let (now, then) = (row[keyPath: path] ?? 0, last?[keyPath: path] ?? 0)
        return Double(now - min(now, then)) / 1e18
      }
      if sums[row.at] == nil { order.append(row.at) }
      var sum = sums[row.at] ?? (0, 0, 0)
      sum.staking += grown(\.staking)
      sum.fees += grown(\.fees)
      sum.services += max(0, grown(\.income) - grown(\.fees))
      sums[row.at] = sum
      before[row.name] = row
    }
    return order.flatMap { at -> [JSONValue] in
      guard let sum = sums[at] else { return [] }
      return [
        ("staking", sum.staking), ("services, to holders", sum.services), ("issuers' fees", sum.fees),
      ].map { stream, eth in
        ["t": JSONValue(at), "stream": JSONValue(stream), "eth": JSONValue(eth)]
      }
    }
  }

  /// Stake by operator, the largest by themselves.
  private var delegation: [JSONValue] {
    var most: [String: Double] = [:]
    for row in story.stakes { most[row.name] = max(most[row.name] ?? 0, row.eth) }
    let ranked = most.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
    let shown = ranked.prefix(Self.operatorsShown).map(\.key)
    var others: [Double: Double] = [:]
    var order: [Double] = []
    var points: [JSONValue] = []
    func point(_ at: Double, _ name: String, _ eth: Double, _ rank: Int) -> JSONValue {
      [
        "t": JSONValue(at), "operator": JSONValue(name), "eth": JSONValue(eth), "rank": JSONValue(rank),
      ]
    }
    for row in story.stakes {
      if let rank = shown.firstIndex(of: row.name) {
        points.append(point(row.at, row.name, row.eth, rank))
      } else {
        if others[row.at] == nil { order.append(row.at) }
        others[row.at, default: 0] += row.eth
      }
    }
    let name = "\(max(0, most.count - shown.count)) others"
    return points + order.map { point($0, name, others[$0] ?? 0, shown.count) }
  }

  private var faultMarks: [JSONValue] {
    faults.filter { $0.at <= span.upperBound }.prefix(RunRecord.rowsShown).map { fault in
      let to = min(max(fault.healed ?? span.upperBound, fault.at + span.upperBound / 500), span.upperBound)
      return [
        "kind": JSONValue(fault.kind), "place": JSONValue(fault.place), "from": JSONValue(fault.at),
        "to": JSONValue(to),
      ]
    }
  }

  /// Executed slashes; those that would touch are one mark.
  private var slashMarks: [JSONValue] {
    var groups: [(at: Double, names: [String], wei: Double)] = []
    for one in story.slashes where one.at <= span.upperBound {
      if let last = groups.last, one.at - last.at < span.upperBound / 60 {
        groups[groups.count - 1].names.append(one.operatorName)
        groups[groups.count - 1].wei += one.wei
      } else {
        groups.append((one.at, [one.operatorName], one.wei))
      }
    }
    return groups.map { group in
      let rest = group.names.count - 1
      return [
        "t": JSONValue(group.at),
        "label": JSONValue(rest == 0 ? group.names[0] : "\(group.names[0]) +\(rest)"),
        "who": JSONValue(group.names.prefix(12).joined(separator: ", ")), "eth": JSONValue(group.wei / 1e18),
      ]
    }
  }
}
