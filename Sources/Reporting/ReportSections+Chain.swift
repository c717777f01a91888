// The page's part about the chain: what its blocks held, what space in them cost, who waited for it, what reorgs undid.

import Basics

extension ReportSections {
  var chain: HTML {
    guard record.chain.blocks > 0 || (number("chain.blocks") ?? 0) > 0 else { return .empty }
    var out: HTML = """
      <h2 id="chain">Chain</h2><p class="caption">What blocks held of this project's transactions, what space in them cost, and who \
      waited for it. Quiet slots, in which nothing could change, are left out.</p>
      """
    out += blockTable
    out += chart(
      "chainGas", of: "blocks", "Gas by kind of transaction",
      "Keepers execute slashes, settle tasks and complete withdrawals. Red below the axis: slots without a block (missed), and blocks "
        + "that a reorg undid (orphaned).",
      empty: "No block was produced.")
    out += pair(
      chart(
        "waiting", of: "blocks", "Waiting for space",
        "Certificates and evidence left in the pool of waiting transactions after each block; shaded: faults.",
        empty: "No block was produced."),
      (chartData["baseFees"]?.elements ?? []).isEmpty
        ? .empty
        : chart("baseFee", of: "baseFees", "Base fee", "Gwei a gas, by EIP-1559.", empty: ""))
    out += spaceTable
    return out + reorgTables
  }

  private var blockTable: HTML {
    func cell(_ path: String) -> HTMLTable.Cell {
      .number(Figures.count(number("chain.\(path)")), number("chain.\(path)"))
    }
    var table = HTMLTable(columns: [
      .number("blocks"), .number("missed slots"), .number("reorgs"), .number("orphaned blocks"),
      .number("left out by builders"), .number("dropped"), .number("base fee, start"), .number("highest"),
      .number("end"),
    ])
    table.rows = [
      ["blocks", "missedSlots", "reorgs", "orphanedBlocks", "censored", "droppedTransactions"].map(cell)
        + ["start", "max", "end"].map { key in
          .number(amount("chain.baseFeeWei.\(key)").map { Figures.wei($0) } ?? Figures.unknown, nil)
        }
    ]
    return "<div class=\"card\">\(table.html)</div>"
  }

  /// Evidence against certificates for space.
  private var spaceTable: HTML {
    let all = number("chain.gasUsed") ?? 0
    var table = HTMLTable(columns: [
      .text("who took space"), .number("gas"), .number("share"), .number("fees"), .number("included"),
      .number("wait, p50"), .number("p90"), .number("max"),
    ])
    let kinds = [
      ("certificates", "certificate"), ("evidence", "evidence"), ("other transactions", "other"),
    ]
    var rest = all
    for (name, key) in kinds {
      let gas = number("chain.gas.\(key == "certificate" ? "certificates" : key)") ?? 0
      rest -= gas
      let wait = "chain.wait.\(key)"
      table.rows.append(
        [
          .text(name), .number(Figures.count(gas), gas),
          .number(Figures.percent(all > 0 ? gas / all : nil), gas),
          .number(Figures.wei(amount("chain.feesWei.\(key)")), nil),
          .number(Figures.count(number(wait + ".count")), number(wait + ".count")),
        ]
          + ["p50", "p90", "max"].map {
            .number(Figures.milliseconds(number("\(wait).\($0)")), number("\(wait).\($0)"))
          })
    }
    table.rows.append(
      [
        .text("keepers"), .number(Figures.count(max(rest, 0)), rest),
        .number(Figures.percent(all > 0 ? max(rest, 0) / all : nil), rest),
      ] + Array(repeating: .number(Figures.unknown, nil), count: 5))
    return """
      <h3>Evidence against certificates for space</h3><p class="caption">Waits run from the pool of waiting transactions to the block.</p>\
      <div class="card">\(table.html)</div>
      """
  }

  private var reorgTables: HTML {
    guard !record.chain.reorgs.isEmpty else { return .empty }
    var out: HTML = """
      <h3>What reorgs undid</h3><p class="caption">Replayed: waited again and was included. Resubmitted: nobody had it any more, its \
      sender saw that and sent it again, and it was included. Refused: came again, too late. Lost: never came back.</p>
      """
    var table = HTMLTable(columns: [
      .number("reorg at"), .number("blocks with transactions"), .number("certificates"), .number("evidence"),
      .number("other"), .number("replayed"), .number("resubmitted"), .number("refused"), .number("lost"),
    ])
    table.rows = record.chain.reorgs.map { one in
      [.number(Figures.seconds(one.at), one.at)]
        + [
          one.blocks, one.certificates, one.evidence, one.other, one.replayed, one.resubmitted, one.refused,
          one.lost,
        ].map { .number(Figures.count(Double($0)), Double($0)) }
    }
    out += "<div class=\"card\">\(table.html)</div>"
    var rows = HTMLTable(columns: [
      .text("undone"), .text("sender"), .number("block"), .text("waited again"), .number("sent again"),
      .number("included"), .text("outcome"),
    ])
    rows.isSorted = true
    rows.rows = record.chain.undone.map { one in
      [
        .word(one.kind), .label(one.sender), .number("\(one.block)", Double(one.block)),
        .word(one.isLost ? "no" : "yes"),
        .number(one.resubmitted.map { Figures.seconds($0) } ?? Figures.unknown, one.resubmitted),
        .number(one.included.map { Figures.seconds($0) } ?? Figures.unknown, one.included),
        .html(badge(of: one.outcome)),
      ]
    }
    out += shown(rows.rows.count, of: record.chain.undoneInAll, "transactions undone")
    return out + "<div class=\"card\">\(rows.html)</div>"
  }

  private func badge(of outcome: String) -> HTML {
    switch outcome {
    case "replayed", "resubmitted": "<span class=\"badge good\">\(outcome)</span>"
    case "lost", "refused": "<span class=\"badge bad\">\(outcome)</span>"
    default: "<span class=\"badge plain\">\(outcome)</span>"
    }
  }
}

extension ReportChartData {
  var blocks: [JSONValue] {
    record.chain.stretches.map { one in
      [
        "from": JSONValue(one.from), "to": JSONValue(one.to),
        "certificates": JSONValue(Double(one.certificates) / 1e6),
        "evidence": JSONValue(Double(one.evidence) / 1e6), "other": JSONValue(Double(one.other) / 1e6),
        "keepers": JSONValue(Double(one.keepers) / 1e6),
        "waitingCertificates": JSONValue(one.waitingCertificates),
        "waitingEvidence": JSONValue(one.waitingEvidence), "waiting": JSONValue(one.waiting),
        "missed": JSONValue(one.missed), "orphaned": JSONValue(one.orphaned),
      ]
    }
  }

  var baseFees: [JSONValue] {
    record.chain.stretches.compactMap { one in
      one.baseFee.map {
        ["t": JSONValue(one.to), "gwei": JSONValue($0), "others": JSONValue(Double(one.others) / 1e6)]
      }
    }
  }
}
