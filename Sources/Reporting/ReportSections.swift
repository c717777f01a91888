// The page's text: what happened, in sentences, figures and tables, so that the report can be read without its charts.

/// The sections of a report.
struct ReportSections {
  var record: RunRecord
  /// What the page carries for its charts.
  var chartData: JSONValue
  var hasCharts: Bool

  private var summary: JSONValue { record.summary }
  func number(_ path: String) -> Double? { summary.value(at: path)?.double }
  func text(_ path: String) -> String? { summary.value(at: path)?.string }
  private func amount(_ path: String) -> UInt128? { summary.value(at: path)?.amount }

  var html: HTML {
    var out = header + HTML(markup: "<main>")
    out += incompleteNotice
    if summary["attack"] != nil {
      return out + chartNotice + attack + HTML(markup: "</main>") + footer
    }
    out += "<p class=\"story\">\(story)</p>"
    out += figures
    out += chartNotice
    out += verdicts
    out += network
    out += scores
    out += load
    out += faults
    out += slashing
    out += money
    out += EconomySection(summary: record.summary, story: record.economy).html
    out += services
    out += legend
    return out + HTML(markup: "</main>") + footer
  }

  // MARK: Head

  private var header: HTML {
    let engine = text("engine") ?? Figures.unknown
    let seed = record.manifest["seed"].map { $0.text() } ?? Figures.unknown
    let description = record.manifest.value(at: "scenario.description")?.string
    var out: HTML = """
      <header>
      <h1>\(text("name") ?? "")</h1>
      <div class="meta"><span>\(engine)</span><span>seed \(seed)</span><span>\(Figures.count(number("operators"))) operators, \
      \(Figures.count(number("services"))) services, \(Figures.count(number("nodes"))) nodes</span>
      """
    if let virtual = number("virtualSeconds") {
      out += "<span>\(Figures.seconds(virtual)) of \(engine == "cluster" ? "running" : "virtual") time"
      if let wall = number("wallSeconds"), wall > 0 { out += ", computed in \(Figures.seconds(wall))" }
      out += "</span>"
    }
    out += "<span>\(badge)</span></div>"
    if let description, !description.isEmpty { out += "<p class=\"description\">\(description)</p>" }
    out += """
      <nav><a href="#network">Network</a><a href="#load">Load</a><a href="#faults">Faults</a><a href="#slashing">Slashing</a>\
      <a href="#money">Stake and rewards</a><a href="#services">Services</a><a href="#reading">How to read this page</a></nav>
      </header>
      """
    return out
  }

  private var badge: HTML {
    let expectations = summary["expectations"]?.elements ?? []
    let broken = expectations.count { $0["holds"]?.boolean != true }
    if (summary["checks"]?.elements ?? []).contains(where: { $0["holds"]?.boolean == false }) {
      return "<span class=\"badge bad\">an invariant of avsim broke</span>"
    }
    if summary["complete"]?.boolean != true { return "<span class=\"badge warn\">incomplete</span>" }
    if expectations.isEmpty { return "<span class=\"badge plain\">complete, nothing was expected</span>" }
    return broken == 0
      ? "<span class=\"badge good\">all \(expectations.count) expectations hold</span>"
      : "<span class=\"badge bad\">\(broken) of \(expectations.count) expectations do not hold</span>"
  }

  private var incompleteNotice: HTML {
    guard summary["complete"]?.boolean != true else { return .empty }
    return """
      <div class="notice"><p>This run did not end: it was interrupted, or still goes on. What follows is what had been written \
      by then. Figures that are only known at the end show a dash.</p></div>
      """
  }

  private var chartNotice: HTML {
    if hasCharts { return .empty }
    return """
      <div class="notice"><p>The charts are missing, because the chart library was not there when this page was written. To have them: \
      <code>scripts/fetch-report-assets</code> (once), then <code>avsim report RUNDIR</code>.</p></div>
      """
  }

  /// What happened, in three sentences at most.
  private var story: String {
    guard let issued = number("tasks.issued"), summary["complete"]?.boolean == true else {
      return "The run has no summary yet."
    }
    var sentences: [String] = []
    if issued > 0 {
      let certified = number("tasks.certified") ?? 0
      let wrong = number("tasks.wrong") ?? 0
      var line =
        "\(Figures.count(issued)) tasks fell due and \(certified == issued ? "all" : Figures.count(certified)) were certified"
      if certified < issued { line += " (\(Figures.percent(number("tasks.certifiedRatio"))))" }
      if wrong > 0 { line += ", \(Figures.count(wrong)) more with a result that is not the truth" }
      if let p50 = number("latency.quorum.p50"), let p99 = number("latency.quorum.p99") {
        line +=
          "; half had their quorum within \(Figures.milliseconds(p50)), 99 % within \(Figures.milliseconds(p99))"
      }
      sentences.append(line + ".")
    }
    let found = number("slashing.micro.truePositive") ?? 0
    let missed = number("slashing.micro.falseNegative") ?? 0
    let unjust = number("slashing.micro.falsePositive") ?? 0
    if found + missed > 0 {
      var line =
        found + missed == 1
        ? "One offence happened and was \(found == 1 ? "slashed" : "not slashed")"
        : "Of \(Figures.count(found + missed)) offences \(missed == 0 ? "all" : Figures.count(found)) were slashed"
      line +=
        unjust == 0
        ? ", and nobody else was." : "; \(plural(unjust, "slash", "slashes")) hit without a cause."
      sentences.append(line)
    } else if unjust > 0 {
      sentences.append("Nobody did wrong, and yet \(plural(unjust, "slash was", "slashes were")) executed.")
    } else {
      sentences.append("Nobody broke a rule and nobody was slashed.")
    }
    if let loss = amount("slashing.amounts.honestLossWei"), loss > 0 {
      sentences.append("Those who had not chosen to do wrong lost \(Figures.wei(loss)).")
    }
    return sentences.joined(separator: " ")
  }

  private func plural(_ n: Double, _ one: String, _ many: String) -> String {
    "\(Figures.count(n)) \(n == 1 ? one : many)"
  }

  private var figures: HTML {
    func figure(_ name: String, _ value: String, _ note: String) -> HTML {
      // A unit after the first space is set smaller.
      let parts = value.split(separator: " ", maxSplits: 1)
      let unit: HTML = parts.count == 2 ? " <span class=\"unit\">\(String(parts[1]))</span>" : .empty
      return """
        <div class="figure"><div class="name">\(name)</div><div class="value">\(String(parts.first ?? ""))\(unit)</div>\
        <div class="note">\(note)</div></div>
        """
    }
    let found = number("slashing.micro.truePositive")
    let unjust = number("slashing.micro.falsePositive")
    return "<div class=\"figures\">"
      + figure(
        "Tasks certified", Figures.percent(number("tasks.certifiedRatio")),
        "\(Figures.count(number("tasks.missed"))) missed, \(Figures.count(number("tasks.wrong"))) wrong")
      + figure(
        "Certified attestations", Figures.rate(number("attestations.perSecond")),
        "\(Figures.count(number("attestations.certified"))) of \(Figures.count(number("attestations.due"))) owed"
      )
      + figure(
        "Quorum latency, p99", Figures.milliseconds(number("latency.quorum.p99")),
        "p50 \(Figures.milliseconds(number("latency.quorum.p50")))")
      + figure(
        "Propagation, p99", Figures.milliseconds(number("latency.propagation.p99")),
        "p50 \(Figures.milliseconds(number("latency.propagation.p50")))")
      + figure(
        "Delivered", Figures.percent(number("attestations.deliveryRatio")),
        "of \(Figures.count(number("attestations.expectedDeliveries"))) expected")
      + figure(
        "Slash precision", Figures.ratio(number("slashing.micro.precision")),
        "\(Figures.count(found)) right, \(Figures.count(unjust)) not")
      + figure(
        "Slash recall", Figures.ratio(number("slashing.micro.recall")),
        "\(Figures.count(number("slashing.micro.falseNegative"))) offences unpunished")
      + figure(
        "Slashed", Figures.wei(amount("stake.slashedWei")),
        "\(Figures.wei(amount("rewards.paidWei"))) paid as rewards")
      + "</div>"
  }

  // MARK: Expectations and checks

  var verdicts: HTML {
    let expectations = summary["expectations"]?.elements ?? []
    let checks = summary["checks"]?.elements ?? []
    var out = HTML.empty
    func mark(_ holds: Bool?) -> HTMLTable.Cell {
      .html(
        holds == true ? "<span class=\"badge good\">holds</span>" : "<span class=\"badge bad\">broken</span>")
    }
    if !expectations.isEmpty {
      var table = HTMLTable(columns: [.text("expectation"), .number("value"), .text("")])
      table.rows = expectations.map { one in
        let value = one["value"] ?? .null
        return [
          .html("<code>\(one["expression"]?.string ?? "")</code>"),
          .number(
            value == .null
              ? "undefined"
              : (value.double.map { Figures.significant($0, 6) } ?? value.string ?? value.text()),
            value.double),
          mark(one["holds"]?.boolean),
        ]
      }
      out +=
        "<h2>Expectations</h2><p class=\"caption\">What the scenario demands of the run.</p><div class=\"card\">\(table.html)</div>"
    }
    if !checks.isEmpty {
      var table = HTMLTable(columns: [.text("check"), .text("detail"), .text("")])
      table.rows = checks.map { one in
        [.text(one["name"]?.string ?? ""), .text(one["detail"]?.string ?? ""), mark(one["holds"]?.boolean)]
      }
      out += """
        <h2>Checks</h2><p class="caption">Invariants of avsim itself, judged from outside by code that does not trust what it judges.</p>\
        <div class="card">\(table.html)</div>
        """
    }
    return out
  }

  // MARK: Charts

  /// A chart with its title and a line that says what it shows; nothing when the library is missing.
  private func chart(_ name: String, of key: String, _ title: String, _ caption: String, empty: String)
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

  private func pair(_ a: HTML, _ b: HTML) -> HTML {
    a.markup.isEmpty && b.markup.isEmpty ? .empty : "<div class=\"pair\">\(a)\(b)</div>"
  }

  var network: HTML {
    var out: HTML = "<h2 id=\"network\">Network</h2>"
    out +=
      "<p class=\"caption\">How fast attestations travelled, and how many the services got certified.</p>"
    out += chart(
      "throughput", of: "samples", "Attestations over time",
      "Offered: fell due. Published: sent by their operators. Certified: counted in a certificate. Shaded: faults in force.",
      empty: "No samples were written.")
    out += chart(
      "latency", of: "latency", "Latency distributions",
      "Share of messages (propagation) and of tasks (quorum, certificate) within a time; the axis is logarithmic.",
      empty: "No latency was measured.")
    if !(chartData["ramp"]?.elements ?? []).isEmpty {
      out += pair(
        chart(
          "rampRate", of: "ramp", "Offered against certified",
          "On the dashed line everything offered is certified.",
          empty: ""),
        chart(
          "rampLatency", of: "rampLatency", "Latency under load",
          "p99 from the instant a task fell due, so that a queue cannot hide its delay.",
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
    return out + "<div class=\"card\">\(table.html)</div><div class=\"card\">\(gossip.html)</div>"
  }

  private var load: HTML {
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

  private var faults: HTML {
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

  // MARK: Slashing

  private var slashing: HTML {
    var out: HTML = """
      <h2 id="slashing">Slashing</h2><p class="caption">What the coordinator decided, against what every node did and meant. The truth \
      is recorded at its source, before any network effect.</p>
      """
    let classes = (summary.value(at: "slashing.classes")?.members ?? []).filter { member in
      ["offences", "falsePositive", "pending", "vetoed", "disputed", "expired"].contains {
        (member.value[$0]?.double ?? 0) > 0
      }
    }
    if classes.isEmpty {
      return out + "<div class=\"card\"><p>Nobody broke a rule and nobody was accused.</p></div>"
    }
    out += pair(
      chart(
        "confusion", of: "confusion", "Truth against decision",
        "Green: rightly slashed. Red: missed, mistaken or without a cause.", empty: "No offence, no slash."),
      chart(
        "intervals", of: "intervals", "Precision and recall",
        "With Wilson intervals of 95 %: few cases, wide bars.", empty: "Nothing was executed."))
    var table = HTMLTable(
      columns: [.text("class")]
        + [
          "offences", "by choice", "slashed", "missed", "unjust", "unobservable", "pending", "vetoed",
          "precision",
          "recall", "evidence p50", "slash p50",
        ].map { .number($0) })
    table.isSorted = true
    table.rows = classes.map { member in
      let one = member.value
      func count(_ key: String) -> HTMLTable.Cell {
        .number(Figures.count(one[key]?.double), one[key]?.double)
      }
      func ratio(_ key: String) -> HTMLTable.Cell {
        .number(Figures.ratio(one[key]?.double), one[key]?.double)
      }
      func time(_ key: String) -> HTMLTable.Cell {
        let value = one[key]?["p50"]?.double
        return .number(Figures.seconds(value), value)
      }
      return [
        .word(Figures.words(member.key)), count("offences"), count("culpable"), count("truePositive"),
        count("falseNegative"), count("falsePositive"), count("unobservable"), count("pending"),
        count("vetoed"),
        ratio("precision"), ratio("recall"), time("timeToEvidence"), time("timeToSlash"),
      ]
    }
    out += "<div class=\"card\">\(table.html)</div>"
    return out + unjustSlashes + offences
  }

  private var unjustSlashes: HTML {
    if record.slashes.isEmpty { return .empty }
    var table = HTMLTable(columns: [
      .text("operator"), .text("service"), .text("slashed for"), .number("task"), .number("executed"),
      .number("taken"),
      .text("what was wrong with it"), .text("what hit the operator"),
    ])
    table.isSorted = true
    table.rows = record.slashes.map { s in
      [
        .label(s.operatorName), .label(s.service), .word(Figures.words(s.offenceClass)),
        .number(String(s.task), Double(s.task)), .number(Figures.seconds(s.executed), s.executed),
        .number(Figures.wei(s.takenWei), s.takenWei.map { Double($0) }),
        .html(
          s.verdict == "wrong_class"
            ? "<span class=\"bad\">another offence than the one that happened</span>"
            : "<span class=\"bad\">no offence left to punish</span>"),
        .text(s.cause),
      ]
    }
    return "<h2>Unjust slashes</h2>" + shown(table.rows.count, of: record.slashesInAll, "unjust slashes")
      + "<div class=\"card\">\(table.html)</div>" + wrongedOperators
  }

  /// For each operator slashed for nothing: what it did, what was seen of it, which rule fired, what would have saved it.
  private var wrongedOperators: HTML {
    var names: [String] = []
    for slash in record.slashes where !slash.account.isEmpty && !names.contains(slash.operatorName) {
      names.append(slash.operatorName)
    }
    if names.isEmpty { return .empty }
    var out: HTML = "<h2>Whom slashing wronged</h2>"
    for name in names {
      let own = record.slashes.filter { $0.operatorName == name && !$0.account.isEmpty }
      let taken = own.reduce(UInt128(0)) { $0 + ($1.takenWei ?? 0) }
      out +=
        "<div class=\"card\"><h3>Operator \(name)</h3><p>Lost \(Figures.wei(taken)) in \(Figures.count(Double(own.count))) \(own.count == 1 ? "slash" : "slashes") without an offence.</p>"
      // The same story is told once.
      var told: [String] = []
      for slash in own {
        let story = slash.service + slash.offenceClass + slash.cause + slash.account
        if told.contains(story) { continue }
        told.append(story)
        out +=
          "<p><b>Rule</b> \(Figures.words(slash.offenceClass)) of \(slash.service), first at task or window \(String(slash.task)). "
        out += "<b>What it did, and what was seen</b> \(slash.account) "
        out +=
          "<b>Cause</b> \(Figures.words(slash.cause)). <b>What would have saved it</b> \(slash.remedy)</p>"
      }
      out += "</div>"
    }
    return out
  }

  private var offences: HTML {
    if record.offences.isEmpty { return .empty }
    var table = HTMLTable(columns: [
      .text("operator"), .text("service"), .text("offence"), .number("task"), .number("at"), .text("cause"),
      .number("evidence after"), .number("slashed after"), .number("due"), .number("taken"), .text("outcome"),
    ])
    table.isSorted = true
    table.rows = record.offences.map { o in
      let isSlashed = o.verdict == "true_positive"
      let waited = isSlashed ? o.slashExecuted.map { $0 - o.at } : nil
      let evidence = o.evidence.map { $0 - o.at }
      return [
        .label(o.operatorName), .label(o.service), .word(Figures.words(o.offenceClass)),
        .number(String(o.task), Double(o.task)), .number(Figures.seconds(o.at), o.at), .text(o.cause),
        .number(Figures.seconds(evidence), evidence), .number(Figures.seconds(waited), waited),
        .number(Figures.wei(o.dueWei), o.dueWei.map { Double($0) }),
        .number(
          isSlashed ? Figures.wei(o.takenWei) : Figures.unknown,
          isSlashed ? o.takenWei.map { Double($0) } : nil),
        .html(outcome(of: o)),
      ]
    }
    return "<h2>Offences</h2>" + shown(table.rows.count, of: record.offencesInAll, "offences")
      + "<div class=\"card\">\(table.html)</div>"
  }

  private func outcome(of o: RunRecord.Offence) -> HTML {
    switch o.verdict {
    case "true_positive": return "<span class=\"good\">slashed</span>\(o.culpable ? "" : " (not by choice)")"
    case "no_violation": return "<span class=\"soft\">broke no rule</span>"
    case "false_negative":
      var why = "not slashed"
      if !o.observable {
        why = "nobody could see it"
      } else if let state = o.slashState, state != "executed" {
        why = "slash \(state)"
      } else if o.slashState == "executed" {
        why = "slashed for another offence"
      }
      return o.culpable
        ? "<span class=\"bad\">\(why)</span>" : "<span class=\"soft\">\(why) (not by choice)</span>"
    default: return "<span class=\"soft\">open</span>"
    }
  }

  func shown(_ n: Int, of all: Int, _ what: String) -> HTML {
    n >= all
      ? .empty
      : "<p class=\"caption\">\(n) of \(Figures.count(Double(all))) \(what); all are in <code>run.sqlite</code>.</p>"
  }

  // MARK: Money

  private var money: HTML {
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

  private var risk: HTML {
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

  private var services: HTML {
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

  // MARK: Foot

  var legend: HTML {
    """
    <h2 id="reading">How to read this page</h2>
    <dl>
    <dt>Propagation, quorum, certificate</dt><dd>Propagation runs from the publisher's publish instant to a subscriber's first receipt. \
    Quorum and certificate run from the instant at which the schedule made the task due, to the instant at which an aggregator first held a \
    quorum, and to the inclusion of the certificate's transaction. A stalled system cannot hide its delay.</dd>
    <dt>Delivered</dt><dd>Of the deliveries to subscribers that ran and were not cut off for the whole of a message's lifetime. The others are \
    counted apart, as unreachable.</dd>
    <dt>Offence, by choice</dt><dd>A rule that was broken. A crash, an overload or a partition breaks a rule too; it is an offence, and not by choice.</dd>
    <dt>Precision, recall</dt><dd>Of the executed slashes, the share that punished an offence; of the offences, the share that was punished. Slashes and \
    offences are matched one to one on operator, service, class and task, the earliest first: a second slash for one offence is unjust. \
    Vetoed and pending requests punish nobody. A dash means that there was nothing to divide.</dd>
    <dt>Unobservable</dt><dd>The evidence reached no honest running watcher inside the window. Such offences are among the missed ones.</dd>
    <dt>Taken too much, due and not taken</dt><dd>The excess over what was due, with all that unjust slashes took; the shortfall, with all that was due for \
    what went unpunished. Due plus too much equals taken plus not taken.</dd>
    <dt>Percentiles</dt><dd>Nearest rank. Latencies come from buckets and are within 1.6 %; their maxima are exact.</dd>
    <dt>Where the numbers are</dt><dd><code>summary.json</code> holds every figure, <code>run.sqlite</code> every row \
    (<code>sqlite3 run.sqlite .schema</code> explains its columns), <code>manifest.json</code> what it takes to run again.</dd>
    </dl>
    """
  }

  private var footer: HTML {
    let command = (record.manifest["commandLine"]?.elements ?? []).compactMap(\.string).joined(separator: " ")
    var out: HTML = "<footer>"
    if !command.isEmpty { out += "<pre>\(command)</pre>" }
    out += "<p>avsim \(record.manifest["version"]?.string ?? "")"
    if let started = record.manifest["startedAt"]?.string, !started.isEmpty { out += " · started \(started)" }
    if let digest = text("traceDigest") { out += " · trace <code>\(digest)</code>" }
    return out + "</p></footer>"
  }
}
