// Where the economy's charts stand, with what they show in words.

extension ReportSections {
  /// Charts of value, rewards and delegation; nothing without issuers.
  var economyCharts: HTML {
    guard !record.economy.issuers.isEmpty else { return .empty }
    let marks = "Red lines: executed slashes. Shaded: faults in force."
    return chart(
      "navs", of: "navs",
      record.economy.prices.isEmpty ? "Value of a share" : "Value of a share and its price",
      "Wei of ETH that stand behind a share, times 10⁻¹⁸; dashed: what it is traded for. \(marks)",
      empty: "No epoch ended.")
      + pair(
        chart(
          "streams", of: "streams", "Rewards by stream",
          "What each epoch brought to all issuers together; claims and points are in the statements.",
          empty: "No epoch ended."),
        chart(
          "delegation", of: "delegation", "Delegation",
          "Stake by operator at the ends of epochs, the largest by themselves. \(marks)",
          empty: "No epoch ended."))
  }

  /// Issuers that run operators themselves; who lends and who was liquidated; who joined which new service; whom insurance paid.
  var economyTables: HTML { ownTable + lendingTable + entryTable + insuranceTable }

  private func wei(_ value: UInt128?) -> HTMLTable.Cell {
    .number(Figures.wei(value), value.map { Double($0) })
  }

  private var ownTable: HTML {
    let issuers = (summary["issuers"]?.members ?? []).filter { ($0.value["ownShare"]?.double ?? 0) > 0 }
    if issuers.isEmpty { return .empty }
    var table = HTMLTable(columns: [
      .text("issuer and operator at once"), .number("of its stake with itself"),
      .number("paid to it as operator"), .number("lost its holders by its own operators"),
      .number("of all that they lost to slashing"),
    ])
    table.rows = issuers.map { member in
      let own = member.value["ownSlashedWei"]?.amount ?? 0
      let all = member.value["slashedWei"]?.amount ?? 0
      let share = all == 0 ? nil : Double(own) / Double(all)
      return [
        .label(member.key), .number(Figures.percent(member.value["ownShare"]?.double), nil),
        wei(member.value["ownPaidWei"]?.amount), wei(own), .number(Figures.percent(share), share),
      ]
    }
    return
      "<h3>Conflicts of interest</h3><p class=\"caption\">Who chooses the operator, is paid as the operator, and does not bear the slash.</p><div class=\"card\">\(table.html)</div>"
  }

  private var lendingTable: HTML {
    guard summary["lending"]?.members != nil else { return .empty }
    var table = HTMLTable(columns: [
      .number("lent"), .number("interest"), .number("repaid by liquidations"), .number("owed at the end"),
      .number("not covered"), .number("liquidations"), .number("longest chain"), .number("sold for"),
      .number("furthest below value"),
    ])
    func number(_ key: String) -> Double? { summary.value(at: "lending.\(key)")?.double }
    table.rows = [
      ["lentWei", "interestWei", "repaidWei", "debtWei", "badDebtWei"].map { wei(amount("lending.\($0)")) }
        + [
          .number(Figures.count(number("liquidations")), nil), .number(Figures.count(number("rounds")), nil),
          wei(amount("lending.soldWei")), .number(Figures.percent(number("discountMax")), nil),
        ]
    ]
    return
      "<h2 id=\"lending\">Trading and lending</h2><p class=\"caption\">All issuers' tokens together; a chain is liquidations of one epoch of which each brought the price down for the next.</p><div class=\"card\">\(table.html)</div>"
  }

  private var entryTable: HTML {
    if record.economy.entries.isEmpty { return .empty }
    var table = HTMLTable(columns: [
      .text("service"), .text(""), .number("at"), .text("operator"), .number("offered, a year"),
      .number("asked"),
    ])
    table.isSorted = true
    table.rows = record.economy.entries.map { one in
      [
        .label(one.service), .label(one.what), .number(Figures.seconds(one.at), one.at),
        .label(one.operatorName), .number(Figures.percent(one.offered), one.offered),
        .number(Figures.percent(one.asked), one.asked),
      ]
    }
    return
      "<h2 id=\"entries\">Services that came during the run</h2><p class=\"caption\">Operators join, the cheapest first, as long as the offer beside all who are there suits them.</p><div class=\"card\">\(table.html)</div>"
  }

  private var insuranceTable: HTML {
    guard summary["insurance"]?.members != nil else { return .empty }
    func number(_ key: String) -> Double? { summary.value(at: "insurance.\(key)")?.double }
    var table = HTMLTable(columns: [
      .number("proven claims"), .number("unproven"), .number("harm"), .number("owed"), .number("premiums"),
      .number("slashed into pots"), .number("paid"), .number("left in pots"),
    ])
    table.rows = [
      [
        .number(Figures.count(number("claims")), nil), .number(Figures.count(number("unproven")), nil),
      ]
        + ["harmWei", "dueWei", "premiumWei", "potWei", "paidWei", "leftWei"].map {
          wei(amount("insurance.\($0)"))
        }
    ]
    return
      "<h2 id=\"insurance\">Insurance</h2><p class=\"caption\">Pots are wallets of the ledger; every transfer is a row of the table insurance.</p><div class=\"card\">\(table.html)</div>"
  }
}
