// Disputes that no contract could judge: who held which side, and what it redeems.

import Basics

extension ReportSections {
  var forks: HTML {
    if record.forks.isEmpty { return .empty }
    var out: HTML = """
      <h2>Disputes that holders decided</h2><p class="caption">A challenger puts a bond at risk and forks the service's token. Those \
      not accused take sides by stake: cohesion, and the accused lose on the only token left; rejection, and the bond is lost; \
      fracture, and both tokens live, each worth its share.</p>
      """
    var table = HTMLTable(columns: [
      .text("service"), .number("task"), .text("challenger"), .number("opened"), .text("outcome"),
      .number("on the fork"), .number("bond lost"), .number("accused held"), .number("accused redeem"),
      .number("others held"), .number("others redeem"),
    ])
    table.isSorted = true
    table.rows = record.forks.map { fork in
      [
        .label(fork.service), .number(String(fork.task), Double(fork.task)), .label(fork.challenger),
        .number(Figures.seconds(fork.opened), fork.opened), .text(fork.outcome ?? "open"),
        .number(Figures.ratio(fork.joinedShare), fork.joinedShare), wei(fork.bondLostWei),
        wei(fork.accusedStakeWei), wei(fork.accusedRedeemWei), wei(fork.othersStakeWei),
        wei(fork.othersRedeemWei),
      ]
    }
    out += "<div class=\"card\">\(table.html)</div>"
    return out + shown(record.forks.count, of: record.forksInAll, "disputes") + sides
  }

  /// Who holds what, in the disputes that the report shows.
  private var sides: HTML {
    var table = HTMLTable(columns: [
      .text("service"), .number("task"), .text("holder"), .text("side"), .number("stake"),
      .number("redeems in the original"), .number("and in the fork"),
    ])
    table.isSorted = true
    table.rows = record.forkSides.map { side in
      [
        .label(side.service), .number(String(side.task), Double(side.task)), .label(side.holder),
        .text(side.side), wei(side.stakeWei), wei(side.originalWei), wei(side.forkWei),
      ]
    }
    return "<div class=\"card\">\(table.html)</div>"
  }

  private func wei(_ amount: UInt128?) -> HTMLTable.Cell {
    .number(Figures.wei(amount), amount.map { Double($0) })
  }
}
