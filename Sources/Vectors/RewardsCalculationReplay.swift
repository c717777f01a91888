// Replays recorded reward calculations: one scenario a step, its daily tables in, who earns how much out.

import Contracts

/// The rows of a calculation, by the keys under which documents expect them.
private struct RewardRows: RewardSink {
  let rewards: [String]
  let names: [String]
  /// By table, then by key.
  var tables: [String: [[String]: UInt128]] = [:]

  mutating func enter(_ table: String, _ key: [String], _ tokens: UInt128) {
    tables[table, default: [:]][key] = tokens
  }
  mutating func pool(_ reward: Int, day: Int, _ tokens: UInt128) {
    enter("pool", [rewards[reward], CivilDay.text(day)], tokens)
  }
  mutating func operatorPool(_ reward: Int, day: Int, _ account: AccountID, _ tokens: UInt128) {
    // A pool by stakers has no operators' parts.
    enter("operatorPool", [rewards[reward], CivilDay.text(day), names[account.index]], tokens)
  }
  mutating func operatorTokens(_ reward: Int, day: Int, _ account: AccountID, _ tokens: UInt128) {
    enter("operatorTokens", [rewards[reward], CivilDay.text(day), names[account.index]], tokens)
  }
  mutating func stakerTokens(
    _ reward: Int, day: Int, _ account: AccountID, staker: AccountID, _ tokens: UInt128
  ) {
    enter(
      "stakerTokens",
      [rewards[reward], CivilDay.text(day), names[account.index], names[staker.index]], tokens)
  }
  mutating func refund(_ reward: Int, day: Int, _ tokens: UInt128) {
    enter("avsRefund", [rewards[reward], CivilDay.text(day)], tokens)
  }
}

/// Days since 1970 of dates like 2026-03-02, in the Gregorian calendar.
enum CivilDay {
  static func number(_ field: VectorField) throws(MalformedVector) -> Int {
    let parts = try field.text().split(separator: "-").map { Int($0) }
    guard parts.count == 3, let year = parts[0], let month = parts[1], let day = parts[2],
      (1...12).contains(month), (1...31).contains(day), (1970...9999).contains(year)
    else { throw field.wrong("a day like 2026-03-02 belongs here") }
    // Years begin in March, so that leap days end them.
    let shifted = month > 2 ? year : year - 1
    let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + ofYear - 719_468
  }

  static func text(_ number: Int) -> String {
    let z = number + 719_468
    let era = z / 146_097
    let ofEra = z - era * 146_097
    let years = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365
    let ofYear = ofEra - (365 * years + years / 4 - years / 100)
    let shifted = (5 * ofYear + 2) / 153
    let day = ofYear - (153 * shifted + 2) / 5 + 1
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let year = years + era * 400 + (month <= 2 ? 1 : 0)
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return "\(year)-\(two(month))-\(two(day))"
  }
}

struct RewardsCalculationReplay {
  private var ids: [String: AccountID] = [:]
  private var names: [String] = []
  private var strategies: [String: StrategyID] = [:]
  private var sets: [String: OperatorSetID] = [:]
  private var days: [Int: RewardSnapshot] = [:]

  static func run(_ document: VectorField, _ outcome: inout ReplayOutcome) throws(MalformedVector) {
    for step in try document["steps"].items() {
      let place = "step \(step["i"].value.count ?? UInt64(outcome.steps))"
      outcome.steps += 1
      var replay = RewardsCalculationReplay()
      try replay.run(step, place, &outcome)
    }
  }

  private mutating func run(
    _ step: VectorField, _ place: String, _ outcome: inout ReplayOutcome
  ) throws(MalformedVector) {
    for field in try step["days"].items() {
      let day = try CivilDay.number(field)
      days[day] = RewardSnapshot(day: day)
    }
    try readPeople(step["input"])
    try readPlaces(step["input"])
    for day in days.keys { days[day]?.seal() }
    let calculation = RewardCalculation(
      snapshots: days.keys.sorted().compactMap { days[$0] },
      defaultSplitBips: try step["defaultSplitBips"].number(UInt16.self),
      cutoffDay: try CivilDay.number(step["cutoffDate"]))
    var terms: [RewardTerms] = []
    var labels: [String] = []
    for field in try step["rewards"].items() {
      terms.append(try self.terms(field))
      labels.append(try field["id"].text())
    }
    var rows = RewardRows(rewards: labels, names: names)
    for (k, one) in terms.enumerated() { calculation.calculate(one, as: k, into: &rows) }
    for (table, field) in try step["expected"].members() {
      try compare(field, rows.tables[table] ?? [:], "\(place) \(table)", &outcome)
    }
  }

  /// Every expected row, and no other.
  private func compare(
    _ expected: VectorField, _ got: [[String]: UInt128], _ place: String, _ outcome: inout ReplayOutcome
  ) throws(MalformedVector) {
    var left = got
    for row in try expected.items() {
      var cells: [String] = []
      for cell in try row.items() { cells.append(try cell.text()) }
      guard let amount = cells.popLast() else { throw row.wrong("keys and an amount belong here") }
      let tokens = left.removeValue(forKey: cells)
      outcome.compare(
        "\(place) \(cells.joined(separator: "|"))", expected: .string(amount),
        got: tokens.map { .amount($0) } ?? .null)
    }
    for (key, tokens) in left.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      outcome.compare(
        "\(place) \(key.joined(separator: "|"))", expected: .null, got: .amount(tokens))
    }
  }

  // MARK: - Tables

  private mutating func account(_ name: String) -> AccountID {
    if let known = ids[name] { return known }
    let id = AccountID(names.count)
    names.append(name)
    ids[name] = id
    return id
  }
  private mutating func strategy(_ name: String) -> StrategyID {
    if let known = strategies[name] { return known }
    let id = StrategyID(strategies.count)
    strategies[name] = id
    return id
  }
  private mutating func set(_ name: String) -> OperatorSetID {
    if let known = sets[name] { return known }
    let id = OperatorSetID(sets.count)
    sets[name] = id
    return id
  }

  /// The rows of a table, each with its day and the names that follow; the last `amounts` cells are numbers.
  private mutating func read(
    _ input: VectorField, _ table: String, names count: Int,
    _ enter: (inout Self, inout RewardSnapshot, [String], VectorField) throws(MalformedVector) -> Void
  ) throws(MalformedVector) {
    for row in try input[table].items() {
      let cells = try row.items()
      guard cells.count > count else { throw row.wrong("a row of \(count + 1) cells at least belongs here") }
      let day = try CivilDay.number(cells[0])
      var names: [String] = []
      for cell in cells[1...count] { names.append(try cell.text()) }
      var snapshot = days[day] ?? RewardSnapshot(day: day)
      // The table keeps no second reference while the row is entered.
      days[day] = nil
      try enter(&self, &snapshot, names, row)
      days[day] = snapshot
    }
  }

  private mutating func readPeople(_ input: VectorField) throws(MalformedVector) {
    try read(input, "delegation", names: 2) { replay, day, names, _ throws(MalformedVector) in
      day.addDelegation(replay.account(names[0]), to: replay.account(names[1]))
    }
    try read(input, "stakerShares", names: 2) { replay, day, names, row throws(MalformedVector) in
      day.addShares(
        replay.account(names[0]), replay.strategy(names[1]), try row.items()[3].amount())
    }
    try read(input, "operatorShares", names: 2) { replay, day, names, row throws(MalformedVector) in
      day.addOperatorShares(
        replay.account(names[0]), replay.strategy(names[1]), try row.items()[3].amount())
    }
  }

  private mutating func readPlaces(_ input: VectorField) throws(MalformedVector) {
    try read(input, "avsRegistration", names: 2) { replay, day, names, _ throws(MalformedVector) in
      day.addRegistration(replay.account(names[0]), avs: replay.account(names[1]))
    }
    try read(input, "avsStrategies", names: 3) { replay, day, names, _ throws(MalformedVector) in
      day.addStrategy(replay.strategy(names[2]), replay.account(names[0]), avs: replay.account(names[1]))
    }
    try read(input, "setRegistration", names: 2) { replay, day, names, _ throws(MalformedVector) in
      day.addRegistration(replay.account(names[0]), set: replay.set(names[1]))
    }
    try read(input, "setStrategies", names: 2) { replay, day, names, _ throws(MalformedVector) in
      day.addStrategy(replay.strategy(names[1]), set: replay.set(names[0]))
    }
    try read(input, "allocations", names: 3) { replay, day, names, row throws(MalformedVector) in
      let cells = try row.items()
      guard cells.count == 6 else { throw row.wrong("a row of 6 cells belongs here") }
      day.addAllocation(
        replay.account(names[0]), set: replay.set(names[1]), replay.strategy(names[2]),
        magnitude: try cells[4].number(UInt64.self), maximum: try cells[5].number(UInt64.self))
    }
    try read(input, "avsSplits", names: 2) { replay, day, names, row throws(MalformedVector) in
      day.setSplit(
        try row.items()[3].number(UInt16.self), replay.account(names[0]), avs: replay.account(names[1]))
    }
    try read(input, "setSplits", names: 2) { replay, day, names, row throws(MalformedVector) in
      day.setSplit(
        try row.items()[3].number(UInt16.self), replay.account(names[0]), set: replay.set(names[1]))
    }
  }

  private mutating func terms(_ field: VectorField) throws(MalformedVector) -> RewardTerms {
    guard let kind = RewardTerms.Kind(rawValue: try field["kind"].text()) else {
      let known = RewardTerms.Kind.allCases.map(\.rawValue).joined(separator: ", ")
      throw field["kind"].wrong("one of \(known) belongs here")
    }
    let days = Int(try field["durationDays"].number(UInt16.self))
    if days == 0 { throw field["durationDays"].wrong("a day at least belongs here") }
    var weights: [StrategyMultiplier] = []
    for pair in try field["strategiesAndMultipliers"].items() {
      let cells = try pair.items()
      guard cells.count == 2 else { throw pair.wrong("a strategy and a multiplier belong here") }
      weights.append(
        StrategyMultiplier(strategy: strategy(try cells[0].text()), multiplier: try cells[1].amount()))
    }
    var directed: [RewardTerms.Directed] = []
    let isDirected = kind == .operatorDirectedAVS || kind == .operatorDirectedSet
    if isDirected {
      for pair in try field["operatorAmounts"].items() {
        let cells = try pair.items()
        guard cells.count == 2 else { throw pair.wrong("an operator and an amount belong here") }
        directed.append(
          RewardTerms.Directed(account: account(try cells[0].text()), amount: try cells[1].amount()))
      }
    }
    return RewardTerms(
      kind: kind, avs: account(try field["avs"].text()),
      set: [.operatorDirectedSet, .uniqueStake, .totalStake].contains(kind)
        ? set(try field["set"].text()) : nil,
      startDay: try CivilDay.number(field["startDay"]), days: days, strategies: weights,
      pool: isDirected ? 0 : try field["amount"].amount(), operators: directed)
  }
}
