// The page's text: what happened, in sentences, figures and tables, so that the report can be read without its charts.

/// The sections of a report.
struct ReportSections {
  var record: RunRecord
  /// What the page carries for its charts.
  var chartData: JSONValue
  var hasCharts: Bool

  var summary: JSONValue { record.summary }
  func number(_ path: String) -> Double? { summary.value(at: path)?.double }
  func text(_ path: String) -> String? { summary.value(at: path)?.string }
  func amount(_ path: String) -> UInt128? { summary.value(at: path)?.amount }

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
    out += chain
    out += slashing
    out += money
    out += consequences
    out += EconomySection(summary: record.summary, story: record.economy, charts: economyCharts).html
    out += economyTables
    out += services
    out += legend
    return out + HTML(markup: "</main>") + footer
  }

  // MARK: Head

  var header: HTML {
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
      <nav><a href="#network">Network</a><a href="#load">Load</a><a href="#faults">Faults</a>\
      \(record.chain.blocks > 0 ? "<a href=\"#chain\">Chain</a>" : HTML.empty)<a href="#slashing">Slashing</a>\
      <a href="#money">Stake and rewards</a>\
      \(record.economy.consequences.outcomes.isEmpty ? HTML.empty : "<a href=\"#consequences\">To the holder</a>")<a href="#services">Services</a><a href="#reading">How to read this page</a></nav>
      </header>
      """
    return out
  }

  var badge: HTML {
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

  var incompleteNotice: HTML {
    guard summary["complete"]?.boolean != true else { return .empty }
    return """
      <div class="notice"><p>This run did not end: it was interrupted, or still goes on. What follows is what had been written \
      by then. Figures that are only known at the end show a dash.</p></div>
      """
  }

  var chartNotice: HTML {
    if hasCharts { return .empty }
    return """
      <div class="notice"><p>The charts are missing, because the chart library was not there when this page was written. To have them: \
      <code>scripts/fetch-report-assets</code> (once), then <code>avsim report RUNDIR</code>.</p></div>
      """
  }

  /// What happened, in three sentences at most.
  var story: String {
    guard let issued = number("tasks.issued"), (number("virtualSeconds") ?? 0) > 0 else {
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

  func plural(_ n: Double, _ one: String, _ many: String) -> String {
    "\(Figures.count(n)) \(n == 1 ? one : many)"
  }

  var figures: HTML {
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

  var footer: HTML {
    let command = (record.manifest["commandLine"]?.elements ?? []).compactMap(\.string).joined(separator: " ")
    var out: HTML = "<footer>"
    if !command.isEmpty { out += "<pre>\(command)</pre>" }
    out += "<p>avsim \(record.manifest["version"]?.string ?? "")"
    if let started = record.manifest["startedAt"]?.string, !started.isEmpty { out += " · started \(started)" }
    if let digest = text("traceDigest") { out += " · trace <code>\(digest)</code>" }
    return out + "</p></footer>"
  }
}
