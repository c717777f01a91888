// The report's part on liquid restaking: issuers' value over time, who bore each slash, what holders got, what security cost, and
// the stake graph epoch by epoch.

/// The section; empty for a run that has nothing to say.
struct EconomySection {
  var summary: JSONValue
  var story: EconomyStory
  var charts = HTML.empty

  private func number(_ path: String) -> Double? { summary.value(at: path)?.double }
  private func amount(_ path: String) -> UInt128? { summary.value(at: path)?.amount }
  private func wei(_ value: UInt128?) -> HTMLTable.Cell {
    .number(Figures.wei(value), value.map { Double($0) })
  }
  private func ratio(_ value: Double?) -> HTMLTable.Cell { .number(Figures.ratio(value), value) }
  private func time(_ seconds: Double) -> HTMLTable.Cell { .number(Figures.seconds(seconds), seconds) }

  var html: HTML {
    var out = HTML.empty
    if !story.issuers.isEmpty {
      out += """
        <h2 id="issuers">Issuers and holders</h2><p class="caption">From what happened to operators to what a token is worth.</p>
        """
      out += totals + charts + navs + holders
    }
    out += markets
    out += losses
    out += gauges
    return out
  }

  private func card(_ title: String, _ caption: String, _ table: HTMLTable) -> HTML {
    "<h3>\(title)</h3><p class=\"caption\">\(caption)</p><div class=\"card\">\(table.html)</div>"
  }

  private var totals: HTML {
    var table = HTMLTable(
      columns: [.text("issuer")]
        + [
          "supply", "value at the start", "at the end", "lost to slashing", "share lost", "paid by services",
          "fee",
        ]
        .map { .number($0) })
    table.rows = (summary["issuers"]?.members ?? []).map { member in
      let one = member.value
      return [
        .label(member.key), wei(one["supply"]?.amount), ratio(one["navStart"]?.double),
        ratio(one["nav"]?.double), wei(one["slashedWei"]?.amount),
        .number(Figures.percent(one["lossRatio"]?.double), one["lossRatio"]?.double),
        wei(one["incomeWei"]?.amount), wei(one["feesWei"]?.amount),
      ]
    }
    return "<div class=\"card\">\(table.html)</div>"
  }

  /// The epochs in which an issuer's value moved most, and its first and last.
  private var navs: HTML {
    var table = HTMLTable(
      columns: [.text("issuer"), .number("epoch"), .number("at"), .number("value of a share")]
        + ["staked", "idle", "coming back", "asked back", "slashed so far"].map { .number($0) })
    table.isSorted = true
    var names: [String] = []
    for row in story.issuers where !names.contains(row.name) { names.append(row.name) }
    for name in names {
      let rows = story.issuers.filter { $0.name == name }
      for (k, row) in rows.enumerated() {
        let before = k > 0 ? rows[k - 1] : nil
        let isChanged = before.map { $0.nav != row.nav || $0.slashed != row.slashed } ?? true
        let isEnd = k == rows.count - 1
        // Quiet epochs are left out; slow growth is shown every so often.
        let isShown =
          before?.slashed != row.slashed || isEnd || isChanged && k % max(1, rows.count / 10) == 0
        guard isShown else { continue }
        table.rows.append([
          .label(row.name), .number(Figures.count(Double(row.epoch)), Double(row.epoch)), time(row.at),
          .number(row.nav.map { Figures.significant($0, 8) } ?? Figures.unknown, row.nav), wei(row.staked),
          wei(row.buffer), wei(row.unstaking), wei(row.asked), wei(row.slashed),
        ])
      }
    }
    return card(
      "Value of a share",
      "At the ends of epochs in which it changed. \(Figures.count(Double(story.moves))) moves of stake.",
      table)
  }

  private var holders: HTML {
    guard number("holders.count") != nil else { return .empty }
    var table = HTMLTable(columns: [
      .number("holders"), .number("claims needed"), .number("rewards"), .number("not worth claiming"),
      .number("gas of claims"), .number("slashed"), .number("net yield p10"), .number("p50"), .number("p90"),
    ])
    table.rows = [
      [
        .number(Figures.count(number("holders.count")), nil),
        .number(Figures.count(number("holders.claims")), nil), wei(amount("holders.rewardsWei")),
        wei(amount("holders.strandedWei")), wei(amount("holders.claimCostWei")),
        wei(amount("holders.slashedWei")), .number(Figures.percent(number("holders.yieldP10")), nil),
        .number(Figures.percent(number("holders.yieldP50")), nil),
        .number(Figures.percent(number("holders.yieldP90")), nil),
      ]
    ]
    var some = HTMLTable(
      columns: [.number("holder"), .text("issuer")]
        + [
          "value at the start", "at the end", "slashed", "rewards", "from services", "EIGEN",
          "issuer's own", "stranded", "points (ETH-hours)", "claims",
        ]
        .map { .number($0) })
    some.isSorted = true
    some.rows = story.statements.prefix(20).map { one in
      [
        .number("\(one.holder)", Double(one.holder)), .label(one.issuer), wei(one.start), wei(one.end),
        wei(one.slashed), wei(one.rewards), wei(one.services), wei(one.eigen), wei(one.incentive),
        wei(one.stranded),
        .number(Figures.significant(one.points, 5), one.points),
        .number("\(one.claims)", Double(one.claims)),
      ]
    }
    return card("Holders", "All together; yields are over the run, by position.", table)
      + "<span id=\"statements\"></span>"
      + card(
        "Statements",
        "The first of them; the table statements of run.sqlite has all. Rewards of every source are one claim with a reward vault, one for each source without.",
        some)
  }

  private var markets: HTML {
    guard !story.markets.isEmpty else { return .empty }
    var table = HTMLTable(
      columns: [.text("service")]
        + ["epochs", "rate at first", "at last", "bounty's last rate", "paid", "left in escrow"].map {
          .number($0)
        })
    table.isSorted = true
    table.rows = story.markets.map { one in
      [
        .label(one.service), .number("\(one.epochs)", Double(one.epochs)),
        .number(Figures.percent(one.first), one.first), .number(Figures.percent(one.last), one.last),
        .number(Figures.percent(one.clearing), one.clearing), wei(one.paid), wei(one.left),
      ]
    }
    return "<h2 id=\"market\">Market</h2>" + card("What security cost", "Rates are a year's.", table)
  }

  private var losses: HTML {
    guard !story.losses.isEmpty else { return .empty }
    var table = HTMLTable(columns: [
      .number("slash"), .number("at"), .text("caused by"), .text("service"), .text("offence"), .text(""),
      .text("role"), .text("account"), .number("amount"),
    ])
    table.isSorted = true
    table.rows = story.losses.map { one in
      [
        .number("\(one.slash)", Double(one.slash)), time(one.at), .label(one.operatorName),
        .label(one.service), .label(Figures.words(one.offence)), .label(one.side), .label(one.role),
        .label(one.account), wei(one.wei),
      ]
    }
    return "<h2 id=\"accountability\">Who caused it, who bears it, where it went</h2>"
      + card(
        "Slashes",
        "\(Figures.count(Double(story.losses.count))) of \(Figures.count(Double(story.lossesInAll))) rows.",
        table)
  }

  private var gauges: HTML {
    guard story.gauges.count > 1 else { return .empty }
    var table = HTMLTable(
      columns: [
        "epoch", "at", "certified slack γ", "if stake were shared", "HHI", "operators with a third",
        "base exposure", "true slack", "lost after 1 % is lost", "its bound", "elastic margin, ETH",
      ]
      .map { .number($0) })
    let step = max(1, story.gauges.count / 40)
    for (k, one) in story.gauges.enumerated() where k % step == 0 || k == story.gauges.count - 1 {
      table.rows.append([
        .number("\(one.epoch)", Double(one.epoch)), time(one.at), ratio(one.gamma), ratio(one.gammaShared),
        ratio(one.hhi), .number(one.nakamoto33.map { "\($0)" } ?? Figures.unknown, nil),
        .number(Figures.percent(one.baseExposure), one.baseExposure), ratio(one.gammaExact),
        .number(Figures.percent(one.shockLoss), one.shockLoss),
        .number(Figures.percent(one.shockBound), one.shockBound), ratio(one.elasticMargin),
      ])
    }
    return "<h2 id=\"risk\">The stake graph</h2>"
      + card(
        "Epoch by epoch",
        "A slack of γ: every attack costs (1 + γ) times what it gains, at least; a dash: nothing to gain, or something to be had for nothing. The true slack is known where the graph is small. The loss is what greedy attacks find after a first loss of 1 %, beside the bound of Durvasula and Roughgarden; the elastic margin is what the cheapest attack on one service costs above its profit.",
        table)
  }
}
