// Where charts stand in the page, each with what it shows in words and what is said when there is nothing to draw.

import Basics

extension ReportSections {
  /// A chart with its title and a line that says what it shows; nothing when the library is missing.
  func chart(_ name: String, of key: String, _ title: String, _ caption: String, empty: String)
    -> HTML
  {
    let place: HTML
    if (chartData[key]?.elements ?? []).isEmpty {
      place = "<div class=\"chart empty\">\(empty)</div>"
    } else if hasCharts {
      place = "<div class=\"chart\" data-chart=\"\(name)\"></div>"
    } else {
      return .empty
    }
    return "<div class=\"card\"><h3>\(title)</h3><p class=\"caption\">\(caption)</p>\(place)</div>"
  }

  func pair(_ a: HTML, _ b: HTML) -> HTML {
    a.markup.isEmpty && b.markup.isEmpty ? .empty : "<div class=\"pair\">\(a)\(b)</div>"
  }

  var network: HTML {
    var out: HTML = "<h2 id=\"network\">Network</h2>"
    out +=
      "<p class=\"caption\">How fast attestations travelled, and how many the services got certified.</p>"
    out += chart(
      "throughput", of: "samples", "Attestations over time",
      "Offered: fell due. Published: sent by their operators. Certified: counted in a certificate, spread over the time that its block waited for. Shaded: faults in force.",
      empty: "No samples were written.")
    out += chart(
      "latency", of: "latency", "Latency distributions",
      "Share of messages (propagation) and of tasks (quorum, certificate) within a time; the axis is logarithmic.",
      empty: "No latency was measured.")
    if !(chartData["ramp"]?.elements ?? []).isEmpty {
      out += pair(
        chart(
          "rampRate", of: "ramp", "Offered against certified",
          "By the instant at which tasks fell due. On the dashed line everything offered is certified.",
          empty: ""),
        chart(
          "rampLatency", of: "rampLatency", "Latency under load",
          "p99 from the instant a task fell due, so that a queue cannot hide its delay; of tasks that reached their quorum, which ends with the response window.",
          empty: "No task reached its quorum."))
    }
    var table = HTMLTable(columns: [
      .text("latency"), .number("count"), .number("p50"), .number("p90"), .number("p99"), .number("max"),
    ])
    for measure in ["propagation", "quorum", "certificate"] {
      let path = "latency.\(measure)"
      table.rows.append(
        [.word(measure), .number(Figures.count(number(path + ".count")), nil)]
          + ["p50", "p90", "p99", "max"].map {
            .number(Figures.milliseconds(number("\(path).\($0)")), number("\(path).\($0)"))
          })
    }
    var gossip = HTMLTable(columns: [
      .number("copies received"), .number("duplicates"), .number("IHAVE"), .number("IWANT"), .number("GRAFT"),
      .number("PRUNE"), .number("IDONTWANT"), .number("invalid"), .number("bytes sent"), .number("per node"),
    ])
    gossip.rows = [
      [.number(Figures.count(number("gossip.messageCopies")), nil)]
        + [.number(Figures.percent(number("gossip.duplicateRatio")), nil)]
        + ["ihave", "iwant", "graft", "prune", "idontwant", "invalid"].map {
          .number(Figures.count(number("gossip.\($0)")), nil)
        } + [
          .number(Figures.bytes(number("gossip.bytesSent")), nil),
          .number(
            number("gossip.bytesPerNodePerSecond").map { Figures.bytes($0) + "/s" } ?? Figures.unknown, nil),
        ]
    ]
    return out + "<div class=\"card\">\(table.html)</div><div class=\"card\">\(gossip.html)</div>" + sybils
  }

  /// How far an adversary's identities got; empty in a network without.
  private var sybils: HTML {
    guard number("sybils.count") != nil else { return .empty }
    var table = HTMLTable(columns: [
      .number("Sybils"), .number("of mesh places, peak"), .number("of mesh places, at the end"),
      .number("nodes with nobody else in their meshes, peak"),
    ])
    table.rows = [
      [
        .number(Figures.count(number("sybils.count")), nil),
        .number(Figures.percent(number("sybils.meshSharePeak")), nil),
        .number(Figures.percent(number("sybils.meshShareEnd")), nil),
        .number(Figures.count(number("sybils.surroundedPeak")), nil),
      ]
    ]
    return "<div class=\"card\">\(table.html)</div>"
  }

  var load: HTML {
    var out: HTML = """
      <h2 id="load">Load</h2><p class="caption">Operators that serve many services queue their work; lateness shows it first.</p>
      """
    out += chart(
      "load", of: "load", "Lateness by number of services",
      "Orange: all operators that serve so many services together. Blue: each operator.",
      empty: "No operator owed an attestation.")
    var table = HTMLTable(columns: [
      .number("busy cores, p50"), .number("p99"), .number("max"), .number("dropped from queues"),
      .number("late attestations"),
    ])
    table.rows = [
      ["p50", "p99", "max"].map { .number(Figures.percent(number("load.cpuUtilisation.\($0)")), nil) }
        + ["queueDrops", "lateAttestations"].map { .number(Figures.count(number("load.\($0)")), nil) }
    ]
    out += "<div class=\"card\">\(table.html)</div>"
    if !record.missing.isEmpty {
      let all = record.missing.reduce(0) { $0 + $1.count }
      var causes = HTMLTable(columns: [
        .text("why an attestation was not on time"), .number("attestations"), .number("share"),
      ])
      causes.rows = record.missing.map {
        [
          .text($0.cause), .number(Figures.count(Double($0.count)), Double($0.count)),
          .number(Figures.percent(Double($0.count) / Double(all)), Double($0.count)),
        ]
      }
      out += "<div class=\"card\">\(causes.html)</div>"
    }
    return out
  }

  var faults: HTML {
    var out: HTML = "<h2 id=\"faults\">Faults</h2>"
    if record.faults.isEmpty { return out + "<p class=\"caption\">None was injected.</p>" }
    var table = HTMLTable(columns: [.text("fault"), .text("where"), .number("at"), .number("lasted")])
    table.rows = record.faults.prefix(RunRecord.rowsShown).map { fault in
      let lasted = fault.healed.map { $0 - fault.at }
      return [
        .word(fault.kind), .text(fault.place), .number(Figures.seconds(fault.at), fault.at),
        .number(lasted.map { Figures.seconds($0) } ?? "to the end", lasted),
      ]
    }
    out += shown(table.rows.count, of: record.faults.count, "faults")
    return out + "<div class=\"card\">\(table.html)</div>"
  }
}
