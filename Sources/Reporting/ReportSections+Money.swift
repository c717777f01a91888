// Stake, rewards, and the services one by one.

import Basics

extension ReportSections {
  var money: HTML {
    var out: HTML = """
      <h2 id="money">Stake and rewards</h2><p class="caption">Where stake went and who was paid, to the wei.</p>
      """
    func conserved(_ path: String) -> HTML {
      switch summary.value(at: path)?.boolean {
      case true?: "<span class=\"badge good\">every wei accounted for</span>"
      case false?: "<span class=\"badge bad\">wei were lost or made</span>"
      case nil: "<span class=\"badge plain\">not checked</span>"
      }
    }
    out += pair(
      chart("stake", of: "stake", "Stake", "All services and operators together.", empty: "Not known yet."),
      chart(
        "slashAmounts", of: "slashAmounts", "Slashing",
        "What the rules take, what was taken, and from whom it should not have been.", empty: "Not known yet."
      ))
    out += chart(
      "rewards", of: "rewards", "Rewards", "From the services' submissions down to the last holder.",
      empty: "Not known yet.")
    var table = HTMLTable(columns: [.text(""), .number("amount"), .text("")])
    let rows: [(String, String, HTML)] = [
      ("Deposited", "stake.depositedWei", conserved("stake.conserved")),
      ("Restaked", "stake.restakedWei", .empty),
      ("Queued for withdrawal", "stake.queuedWei", .empty), ("Withdrawn", "stake.withdrawnWei", .empty),
      ("Slashed", "stake.slashedWei", .empty),
      ("Due for offences", "slashing.amounts.dueWei", .empty),
      ("Taken by slashes", "slashing.amounts.takenWei", .empty),
      ("Burned", "slashing.amounts.burnedWei", .empty),
      ("Redistributed", "slashing.amounts.redistributedWei", .empty),
      ("Taken too much", "slashing.amounts.overSlashedWei", .empty),
      ("Due and not taken", "slashing.amounts.underSlashedWei", .empty),
      ("Lost by those who chose no wrong", "slashing.amounts.honestLossWei", .empty),
      ("Rewards submitted", "rewards.submittedWei", conserved("rewards.conserved")),
      ("Rewards paid", "rewards.paidWei", .empty), ("Refunded", "rewards.refundedWei", .empty),
      ("Dust", "rewards.dustWei", .empty),
    ]
    table.rows = rows.map { [.text($0.0), .number(Figures.wei(amount($0.1)), nil), .html($0.2)] }
    out += "<div class=\"card\">\(table.html)</div>"
    let issuers = summary["issuers"]?.members ?? []
    if !issuers.isEmpty {
      var table = HTMLTable(columns: [
        .text("liquid restaking token"), .number("supply"), .number("assets per token, start"),
        .number("end"),
        .number("lost"),
      ])
      table.rows = issuers.map {
        [
          .text($0.key), .number(Figures.tokens($0.value["supply"]?.amount), nil),
          .number(Figures.precise($0.value["navStart"]?.double), nil),
          .number(Figures.precise($0.value["nav"]?.double), nil),
          .number(Figures.percent($0.value["lossRatio"]?.double), nil),
        ]
      }
      out += "<div class=\"card\">\(table.html)</div>"
    }
    return out + risk
  }

  var risk: HTML {
    var table = HTMLTable(columns: [
      .number("certified overcollateralisation γ"), .number("concentration (HHI)"),
      .number("operators holding a third"),
      .number("two thirds"),
    ])
    table.rows = [
      [
        .number(Figures.ratio(number("risk.gammaCertified")), nil),
        .number(Figures.ratio(number("risk.hhi")), nil),
        .number(Figures.count(number("risk.nakamoto33")), nil),
        .number(Figures.count(number("risk.nakamoto67")), nil),
      ]
    ]
    return "<div class=\"card\">\(table.html)</div>"
  }

  // MARK: Services

  var services: HTML {
    var out: HTML = """
      <h2 id="services">Services</h2><p class="caption">A click on a heading sorts.</p>
      """
    var table = HTMLTable(
      columns: [.text("service")]
        + [
          "operators", "stake", "quorum", "window", "tasks", "certified", "missed", "wrong", "on time",
          "quorum p50", "p99",
          "offences", "slashes",
        ].map { .number($0) })
    table.isSorted = true
    table.rows = record.services.map { s in
      func count(_ n: Int) -> HTMLTable.Cell { .number(Figures.count(Double(n)), Double(n)) }
      let p50 = nearestRank(s.quorumMilliseconds, hundredths: 50)
      let p99 = nearestRank(s.quorumMilliseconds, hundredths: 99)
      let certified = s.tasks == 0 ? nil : Double(s.certified) / Double(s.tasks)
      let onTime = s.due == 0 ? nil : Double(s.onTime) / Double(s.due)
      return [
        .label(s.name), count(s.operators), .number(Figures.wei(s.stakeWei), Double(s.stakeWei)),
        .number(Figures.percent(Double(s.quorumBips) / 10_000), Double(s.quorumBips)),
        .number(Figures.seconds(s.windowSeconds), s.windowSeconds), count(s.tasks),
        .number(Figures.percent(certified), certified), count(s.missed), count(s.wrong),
        .number(Figures.percent(onTime), onTime), .number(Figures.milliseconds(p50), p50),
        .number(Figures.milliseconds(p99), p99), count(s.offences), count(s.slashes),
      ]
    }
    out += "<div class=\"card\">\(table.html)</div>"
    return out
  }
}
